"""A configuration file: values for the options of all commands, below flags and variables.

::

    # ocapi-emulator.toml
    port = 9000
    fixtures = "data/shop"
    without = ["inventory-service"]

The file is ``ocapi-emulator.toml`` or the table ``[tool.ocapi-emulator]`` of ``pyproject.toml`` in
the working folder, or the file of ``--config``.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import click

from emulator.config import COMMAND_OPTIONS, KNOBS, ConfigError

FILE_NAME, PROJECT_FILE_NAME, TABLE = "ocapi-emulator.toml", "pyproject.toml", "ocapi-emulator"
DATA_SET_PLACEHOLDER = "NAME|DIR|ARCHIVE"
PATH_PLACEHOLDERS = frozenset({"FILE", "DIR", "FILE.py", DATA_SET_PLACEHOLDER})
"""Placeholders of options with a path as value."""
OPTION = "config"
"""The option with the file itself, which no file may name."""


class ConfigFile(NamedTuple):
    """A file, and the values by the names of options with underscores."""

    path: Path
    values: Mapping[str, Any]


def find(folder: Path, name: str = "") -> ConfigFile | None:
    """Return the configuration file, None for none.

    Args:
        folder: The folder to look for a file in.
        name: The path of the file; must exist if it is not empty.

    Raises:
        ConfigError: A file cannot be read, is not TOML, or has an unknown key.
    """
    if name:
        path = folder / name
        values = _read(path)
        if values is None:
            raise ConfigError(f"{path} has no table [tool.{TABLE}]")
        return ConfigFile(path, values)
    for path in (folder / FILE_NAME, folder / PROJECT_FILE_NAME):
        if path.is_file() and (values := _read(path)) is not None:
            return ConfigFile(path, values)
    return None


def _read(path: Path) -> Mapping[str, Any] | None:
    """Return the values of a file, None for a ``pyproject.toml`` without our table."""
    import tomllib  # noqa: PLC0415 - commands without a file start faster

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"can't read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # of TOML or of UTF-8; of deep arrays
        raise ConfigError(f"{path} is not TOML: {error}") from error
    if path.name == PROJECT_FILE_NAME:
        tools = content.get("tool")
        table = tools.get(TABLE) if isinstance(tools, dict) else None
        if not isinstance(table, dict):
            return None
        content = table
    values = {key.replace("-", "_"): value for key, value in content.items()}
    for complaint in _find_unknown(content):
        raise ConfigError(f"{path}: {complaint}")
    return values


def _find_unknown(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each unknown key, with the nearest known one."""
    known = {*(knob.name for knob in KNOBS), *COMMAND_OPTIONS} - {OPTION}
    for key, value in content.items():
        name = key.replace("-", "_")
        if name in known:
            continue
        if isinstance(value, dict):
            yield f"unknown table '{key}': write options outside of tables"
            continue
        near = get_close_matches(name, sorted(known), 1)
        yield f"unknown key '{key}'" + (f": did you mean '{near[0]}'?" if near else "")


def convert(file: ConfigFile, command: click.Command) -> dict[str, Any]:
    """Return the values of a file for the options of a command.

    Relative paths are relative to the file.

    Raises:
        ConfigError: A value has another type than the option.
    """
    converted: dict[str, Any] = {}
    for option in command.params:
        name = option.name or ""
        if isinstance(option, click.Option) and option.envvar and name in file.values:
            try:
                converted[name] = _convert(file.values[name], option, file.path.parent)
            except TypeError as error:
                raise ConfigError(f"{file.path}: {name} {error}") from None
    return converted


def _convert(value: Any, option: click.Option, folder: Path) -> Any:
    """Return a value in the form of an option.

    Raises:
        TypeError: The value has another type.
    """
    if option.is_flag:
        return _expect(value, bool, "true or false")
    if isinstance(option.type, (click.types.IntParamType, click.types.FloatParamType)):
        return _expect(value, (int, float), "a number")
    if isinstance(value, list):
        value = ",".join(_expect(text, str, "an array of texts") for text in value)
    text = _expect(value, str, "a text")
    is_path = option.metavar in PATH_PLACEHOLDERS and text
    is_name = option.metavar == DATA_SET_PLACEHOLDER and _is_bundled(text)
    located = str(folder / text) if is_path and not is_name else text
    return (located,) if option.multiple else located


def _is_bundled(name: str) -> bool:
    """Return True for the name of a bundled data set; a folder of the same name counts less."""
    from emulator.fixture.data_set import list_bundled  # noqa: PLC0415 - serve needs it anyway

    return name in list_bundled()


def _expect(value: Any, kind: type | tuple[type, ...], description: str) -> Any:
    is_other_bool = isinstance(value, bool) and kind is not bool
    if is_other_bool or not isinstance(value, kind):
        raise TypeError(f"is not {description}")
    return value
