"""Options of several commands; each option has an environment variable."""

from collections.abc import Callable
from dataclasses import Field
from typing import Any, TypeVar

import click

from emulator.config import KNOBS, variable

Command = TypeVar("Command", bound=Callable[..., Any])

WORKSPACE_HEADER = "x-emulator-workspace"
CONTROL_TOKEN_HEADER = "x-emulator-control-token"  # noqa: S105 - the name of a header


def knob_options(command: Command) -> Command:
    """Add an option for each field of ``Config``."""
    for knob in reversed(KNOBS):
        command = _knob_option(knob)(command)
    return command


def _knob_option(knob: Field[Any]) -> Callable[[Command], Command]:
    return click.option(
        f"--{knob.name.replace('_', '-')}",
        envvar=variable(knob.name),
        type=type(knob.default),
        default=knob.default,
        is_flag=isinstance(knob.default, bool),
        metavar=knob.metadata["placeholder"] or None,
        help=knob.metadata["help"],
        show_envvar=True,
        show_default=bool(knob.default),
    )


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


def server_options(command: Command) -> Command:
    """Add the options for the address of a running server."""
    url = text_option("--url", "Base URL of the server.", "URL", "http://127.0.0.1:8080")
    ca_file = text_option(
        "--ca-file",
        "CA certificate to verify the server with; by default those of the system and of 'ca'.",
        "FILE",
    )
    return url(ca_file(command))


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
