"""The places of resources and hooks of users: values, a Python file, entry points."""

import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from importlib.util import module_from_spec, spec_from_file_location
from itertools import count
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any, NamedTuple

from emulator.extending.error import ExtensionError
from emulator.extending.hooks import check_hooks, read_hooks
from emulator.ocapi.hook.point import Hook
from emulator.ocapi.resource import Resource
from emulator.ocapi.resources import RESOURCES

ENTRY_POINT_GROUP = "ocapi_emulator.resources"
RESOURCE_LIST, HOOKS = "RESOURCES", "HOOKS"
FILE_NUMBERS = count(1)  # two applications with the same file have different modules


class Extension(NamedTuple):
    """Resources and hooks of users.

    Attributes:
        resources: The resources.
        hooks: Extension points and hooks, in the order of the calls.
    """

    resources: tuple[Resource, ...] = ()
    hooks: tuple[tuple[str, Hook], ...] = ()


def read_extensions(resources: Any = "", hooks: Any = "") -> Extension:
    """Return all resources and hooks: of the configuration, then of entry points.

    Args:
        resources: The path of a Python file, or resources; empty for none.
        hooks: The path of a JSON file, or hooks by extension point; empty for none.

    Raises:
        ExtensionError: A file or an entry point cannot be read, or has something else.
    """
    found = [Extension(hooks=read_hooks(hooks)), _read(resources)]
    found += [_load(point) for point in _find_entry_points()]
    return Extension(
        tuple(resource for one in found for resource in one.resources),
        tuple(hook for one in found for hook in one.hooks),
    )


def _read(resources: Any) -> Extension:
    if isinstance(resources, str):
        return collect(vars(load_file(resources)), f"resources {resources}") if resources else NONE
    return Extension(check_types(resources, "resources"))


def load_file(path: str) -> ModuleType:
    """Import a Python file as a module.

    Raises:
        ExtensionError: There is no such file, or the import fails.
    """
    file = Path(path)
    name = f"ocapi_emulator_extension_{next(FILE_NUMBERS)}"
    spec = spec_from_file_location(name, file)
    if not file.is_file() or spec is None or spec.loader is None:
        reason = "is not a Python file (.py)" if file.is_file() else "there is no such file"
        raise ExtensionError(f"resources {path}: {reason}")
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, too
        del sys.modules[name]
        raise ExtensionError(f"resources {path}{_describe(error, spec.origin)}") from error
    return module


def _describe(error: BaseException, file: str | None) -> str:
    """Return the end of a message about a failed import: the line of the file, and the error."""
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == file]
    if isinstance(error, SyntaxError) and error.filename == file:
        lines.append(error.lineno)
    place = f", line {lines[-1]}" if lines else ""
    reason = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{place}: {type(error).__name__}: {reason}"


def collect(namespace: Mapping[str, Any], place: str) -> Extension:
    """Return the resources and hooks of a module.

    The resources are those in ``RESOURCES``, or all resources of the module's own; the hooks are
    those in ``HOOKS``.

    Args:
        namespace: The names of the module.
        place: The name of the module for messages.

    Raises:
        ExtensionError: A value is not a resource or a hook, or the module has neither.
    """
    hooks = check_hooks(namespace.get(HOOKS, {}), f"{place}: {HOOKS}")
    if RESOURCE_LIST in namespace:
        return Extension(check_types(namespace[RESOURCE_LIST], f"{place}: {RESOURCE_LIST}"), hooks)
    found = [value for value in namespace.values() if isinstance(value, Resource)]
    own = tuple(dict.fromkeys(resource for resource in found if resource not in RESOURCES))
    if not own and HOOKS not in namespace:
        raise ExtensionError(f"{place}: defines no Resource, no {RESOURCE_LIST} and no {HOOKS}")
    return Extension(own, hooks)


def check_types(values: Any, place: str) -> tuple[Resource, ...]:
    """Return values as resources.

    Raises:
        ExtensionError: They are not resources.
    """
    if isinstance(values, Resource) or not isinstance(values, Iterable):
        raise ExtensionError(f"{place}: is not a list of Resource values")
    resources = tuple(values)
    for value in resources:
        if not isinstance(value, Resource):
            raise ExtensionError(f"{place}: {value!r} is not a Resource")
    return resources


@cache
def _find_entry_points() -> EntryPoints:
    """Return the entry points of installed distributions; a search takes 10 ms."""
    return entry_points(group=ENTRY_POINT_GROUP)


def _load(point: EntryPoint) -> Extension:
    owner = f" of {point.dist.name}" if point.dist else ""
    place = f"entry point '{point.name}'{owner} ({point.value})"
    try:
        value = point.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, too
        raise ExtensionError(f"{place}: {type(error).__name__}: {error}") from error
    if isinstance(value, ModuleType):
        return collect(vars(value), place)
    if isinstance(value, Resource):
        return Extension((value,))
    return Extension(check_types(value, place))


NONE = Extension()
