"""Options of several commands; each option has an environment variable."""

from collections.abc import Callable, Iterable
from dataclasses import Field
from pathlib import Path
from typing import Any, TypeVar

import click

from emulator.cli.config_file import FILE_NAME, convert, find
from emulator.cli.failure import fail
from emulator.cli.remote import CONTROL_TOKEN_HEADER
from emulator.config import KNOBS, ConfigError, variable

Command = TypeVar("Command", bound=Callable[..., Any])

CONFIG_FILE = "emulator.config_file"
"""The key of a context's ``meta`` with the path of the configuration file."""
WORKSPACE_HEADER = "x-emulator-workspace"
DEMO = "a" * 30
"""The client id and the secret of the API client of the bundled data sets."""


def knob_options(command: Command) -> Command:
    """Add an option for each field of ``Config``."""
    for knob in reversed(KNOBS):
        command = _knob_option(knob)(command)
    return config_option(command)


def _knob_option(knob: Field[Any]) -> Callable[[Command], Command]:
    return click.option(
        f"--{knob.name.replace('_', '-')}",
        envvar=variable(knob.name),
        type=type(knob.default),
        default=(knob.default,) if knob.metadata["several"] else knob.default,
        multiple=knob.metadata["several"],
        callback=_join if knob.metadata["several"] else None,
        is_flag=isinstance(knob.default, bool),
        metavar=knob.metadata["placeholder"] or None,
        help=knob.metadata["help"],
        show_envvar=True,
        show_default=bool(knob.default),
    )


def _join(_: click.Context, __: click.Parameter, given: Iterable[str]) -> str:
    return ",".join(given)


def text_option(
    flag: str, meaning: str, placeholder: str, default: str = ""
) -> Callable[[Command], Command]:
    """Return a decorator to add an option with a text as value.

    Args:
        flag: The option, such as ``--ca-file``.
        meaning: The help text, a sentence.
        placeholder: The value in the help.
        default: The value by default; the help shows it unless it is empty.
    """
    return click.option(
        flag,
        envvar=variable(flag.removeprefix("--").replace("-", "_")),
        default=default,
        metavar=placeholder,
        help=meaning,
        show_envvar=True,
        show_default=bool(default),
    )


def config_option(command: Command) -> Command:
    """Add the option for a configuration file, to be read before all other options."""
    return click.option(
        "--config",
        envvar=variable("config"),
        metavar="FILE",
        is_eager=True,
        expose_value=False,
        callback=_read_config,
        help=f"Configuration file; by default {FILE_NAME}, or pyproject.toml, of this folder.",
        show_envvar=True,
    )(command)


def _read_config(context: click.Context, _: click.Parameter, name: str | None) -> None:
    """Take the values of the configuration file as defaults of a command."""
    if context.resilient_parsing:  # for the completion of a shell
        return
    try:
        file = find(Path.cwd(), name or "")
        if file is not None:
            context.default_map = convert(file, context.command)
            context.meta[CONFIG_FILE] = file.path
    except ConfigError as error:
        fail(str(error))


def server_options(command: Command) -> Command:
    """Add the options for the address of a running server."""
    url = text_option("--url", "Base URL of the server.", "URL", "http://127.0.0.1:8080")
    ca_file = text_option(
        "--ca-file",
        "CA certificate to verify the server with; by default those of the system and of 'ca'.",
        "FILE",
    )
    return config_option(url(ca_file(command)))


def guarded_options(command: Command) -> Command:
    """Add the options of requests to the control plane of a running server as a whole."""
    token = text_option("--control-token", "Secret of the server's control plane.", "SECRET")
    return server_options(token(command))


def control_options(command: Command) -> Command:
    """Add the options of requests to the control plane of a workspace."""
    workspace = text_option(
        "--workspace", "Name of the workspace; the default one if empty.", "NAME"
    )
    return guarded_options(workspace(command))


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def examples(*lines: str) -> str:
    """Return the end of a help text: examples of a command, without the name of the program."""
    return "\b\nExamples:\n" + "\n".join(f"  ocapi-emulator {line}" for line in lines)


def control_headers(workspace: str, control_token: str) -> dict[str, str]:
    """Return the request headers for a workspace and a control token."""
    named = {WORKSPACE_HEADER: workspace, CONTROL_TOKEN_HEADER: control_token}
    return {name: value for name, value in named.items() if value}
