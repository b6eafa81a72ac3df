"""Hooks of a configuration: functions, URLs, or a JSON file of URLs."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from emulator.extending.callback import Callback
from emulator.extending.error import ExtensionError
from emulator.ocapi.hook.point import Hook

PREFIX = "dw.ocapi.data."


def read_hooks(given: Any) -> tuple[tuple[str, Hook], ...]:
    """Return extension points with hooks, in the order of the calls.

    Args:
        given: The path of a JSON file, or hooks by extension point; empty for none.

    Raises:
        ExtensionError: The file cannot be read, or a value is not a hook.
    """
    if not isinstance(given, str):
        return check_hooks(dict(given), "hooks")
    if not given:
        return ()
    place = f"hooks {given}"
    try:
        hooks = orjson.loads(Path(given).read_bytes())
    except OSError as error:
        raise ExtensionError(f"{place}: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise ExtensionError(f"{place}: line {error.lineno}: {error.msg}") from error
    return check_hooks(hooks, place)


def check_hooks(hooks: Any, place: str) -> tuple[tuple[str, Hook], ...]:
    """Return extension points with hooks, in the order of the calls.

    Args:
        hooks: A function, the URL of a callback, or a list of both, by extension point.
        place: The source of the hooks, for messages.

    Raises:
        ExtensionError: The value is something else.
    """
    if not isinstance(hooks, Mapping):
        raise ExtensionError(f"{place}: is not a map of hooks by their names")
    return tuple((name, hook) for name in hooks for hook in _read(name, hooks[name], place))


def _read(name: Any, value: Any, place: str) -> Iterator[Hook]:
    """Yield the hooks of an extension point.

    Raises:
        ExtensionError: The value is not a hook, or the name is not a text.
    """
    if not isinstance(name, str):
        raise ExtensionError(f"{place}: {name!r} is not the name of a hook")
    for one in value if isinstance(value, (list, tuple)) else [value]:
        if callable(one):
            yield one
        elif isinstance(one, str) and one.startswith(("http://", "https://")):
            yield Callback(one)
        else:
            raise ExtensionError(f"{place}: {name}: {one!r} is neither a function nor an http URL")
