"""The command line: serve, token, check."""

import os
import signal
import sys
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import click
import orjson

from emulator import fixtures
from emulator.config import KNOBS, Config, ConfigError, variable
from emulator.fixtures import FixtureError
from emulator.server import COLLECTIONS, Emulator

if TYPE_CHECKING:
    from dataclasses import Field

DEMO = "a" * 30
BROKEN_SET, BAD_USE, INTERRUPTED = 1, 2, 130
ENDING = (signal.SIGINT, signal.SIGTERM)
PATIENCE = 10.0  # seconds

Command = TypeVar("Command", bound=Callable[..., Any])


def fail(message: str, code: int = BAD_USE) -> NoReturn:
    """Say in one line what is wrong, and end."""
    click.echo(f"ocapi-emulator: {message}", err=True)
    sys.exit(code)


def flags(command: Command) -> Command:
    """Give a command one flag for each knob of ``Config``, with its environment variable."""
    for knob in reversed(KNOBS):
        command = _flag(knob)(command)
    return command


def _flag(knob: "Field[Any]") -> Callable[[Command], Command]:
    boolean = isinstance(knob.default, bool)
    return click.option(
        f"--{knob.name.replace('_', '-')}",
        envvar=variable(knob.name),
        type=type(knob.default),
        default=knob.default,
        is_flag=boolean,
        metavar=knob.metadata["placeholder"] or None,
        help=knob.metadata["help"],
        show_envvar=True,
        show_default=bool(knob.default),
    )


def main() -> None:
    """Run the command line; what is wrong with its use is told in one line, exit code 2."""
    try:
        commands.main(prog_name="ocapi-emulator", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(BAD_USE)
    except click.Abort:
        fail("interrupted", INTERRUPTED)
    except click.ClickException as error:
        fail(f"{error.format_message()} (try --help)")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ocapi-emulator", message="%(prog)s %(version)s")
def commands() -> None:
    """Answer like the Open Commerce API's Data API 23.2, for tests."""


@commands.command()
@flags
def serve(**knobs: Any) -> None:
    """Serve a data set until interrupted."""
    # Blocked from here on, the signals wait for sigwait: none is lost in between.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        emulator = Emulator(Config(**knobs))
        emulator.start()
    except (ConfigError, FixtureError) as error:
        fail(str(error))
    except OSError as error:
        fail(_explain(error, knobs["host"], knobs["port"]))
    click.echo(f"ocapi-emulator listening on {emulator.url}")
    signal.sigwait(ENDING)
    emulator.stop()


def _explain(error: OSError, host: str, port: int) -> str:
    reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    return f"can't listen on {host} port {port}: {reason} (--port 0 takes any free port)"


@commands.command()
@click.option(
    "--url",
    envvar=variable("url"),
    default="http://127.0.0.1:8080",
    show_default=True,
    show_envvar=True,
    help="Base URL of the running server.",
)
@click.option(
    "--client-id", envvar=variable("client_id"), default=DEMO, show_envvar=True, help="API client."
)
@click.option(
    "--client-secret",
    envvar=variable("client_secret"),
    default=DEMO,
    show_envvar=True,
    help="Its secret.",
)
def token(url: str, client_id: str, client_secret: str) -> None:
    """Print an access token of a running server."""
    form = urlencode({"client_id": client_id, "client_secret": client_secret})
    endpoint = f"{url.rstrip('/')}/dwsso/oauth2/access_token?grant_type=client_credentials"
    if not endpoint.startswith(("http://", "https://")):
        fail(f"'{url}' is no http or https URL")
    opener = build_opener(ProxyHandler({}))  # no proxy of the environment between us and a test
    try:
        with opener.open(Request(endpoint, form.encode()), timeout=PATIENCE) as response:  # noqa: S310
            click.echo(orjson.loads(response.read())["access_token"])
    except HTTPError as error:
        fail(f"{url} refused: {error.code} {error.read().decode(errors='replace')}", 1)
    except (OSError, HTTPException) as error:
        fail(f"no answer from {url}: {getattr(error, 'reason', error)}", 1)
    except (ValueError, KeyError, TypeError):
        fail(f"{url} answers, but not with a token: is it another server?", 1)


@commands.command()
@click.argument("data_set", metavar="NAME|DIR")
def check(data_set: str) -> None:
    """Say whether a data set can be served, and if not, all that is wrong with it."""
    try:
        store = fixtures.load(data_set, COLLECTIONS)
    except FixtureError as error:
        click.echo(str(error), err=True)
        sys.exit(BROKEN_SET)
    held = ", ".join(f"{store.count(c.name)} {c.name}" for c in COLLECTIONS)
    click.echo(f"{Path(data_set)}: {held}")
