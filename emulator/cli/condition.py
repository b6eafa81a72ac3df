"""Options for conditions on requests and answers: of ``journal``, ``fail`` and ``stub``."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click

from emulator.cli.option import Command

REQUEST_CONDITIONS = {
    "method": ("METHOD", "Method of the request."),
    "path": ("PATTERN", "Path: * is a segment or a part of it, ** any number of segments."),
    "operation": ("PATTERN", "Operation, such as patchInventoryListsByID or get*."),
    "client": ("ID", "API client of the request."),
    "family": ("API", "API: data, batch, meta, token, account_manager, webdav, ..."),
}
ANSWER_CONDITIONS = {
    "status": ("STATUS", "Status, such as 404 or 4xx; 0 is a dropped connection."),
    "fault": ("PATTERN", "Fault, such as SiteOffline."),
    "failpoint": ("ID", "Failpoint that was applied."),
    "stub": ("ID", "Stub that answered."),
    "upstream": ("PATTERN", "URL of the real instance that answered."),
    "body": ("TEXT", "Text in the body of the request."),
}
PAIRS = {
    "header": ("NAME:PATTERN", "Header of the request; may be repeated."),
    "query": ("NAME:PATTERN", "Parameter of the query; may be repeated."),
}


def condition_options(
    conditions: Mapping[str, tuple[str, str]],
) -> Callable[[Command], Command]:
    """Return a decorator to add the options for conditions on requests and answers.

    Args:
        conditions: Placeholder and help text by name.
    """

    def decorate(command: Command) -> Command:
        for name, (placeholder, meaning) in reversed(PAIRS.items()):
            command = pair_option(f"--{name}", placeholder, meaning)(command)
        for name, (placeholder, meaning) in reversed([*conditions.items()]):
            command = click.option(f"--{name}", metavar=placeholder, help=meaning)(command)
        return command

    return decorate


def pair_option(
    flag: str, placeholder: str, meaning: str, name: str = "", separator: str = ":"
) -> Callable[[Command], Command]:
    """Return a decorator to add a repeatable option for a name with a value."""

    def read(_: click.Context, __: click.Parameter, given: Iterable[str]) -> dict[str, str]:
        return dict(_split(text, flag, placeholder, separator) for text in given)

    names = (flag, name) if name else (flag,)
    return click.option(*names, metavar=placeholder, help=meaning, multiple=True, callback=read)


def _split(text: str, flag: str, placeholder: str, separator: str) -> tuple[str, str]:
    name, found, value = text.partition(separator)
    if not (found and name.strip()):
        raise click.BadParameter(f"'{text}' is not of the form {placeholder}", param_hint=flag)
    return name.strip(), value.strip()


def take_conditions(given: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Take the given conditions out of the values of a command's options.

    Args:
        given: The values by name.
        names: The conditions besides ``header`` and ``query``.
    """
    taken = {name: given.pop(name) for name in (*names, *PAIRS)}
    return {name: condition for name, condition in taken.items() if condition}
