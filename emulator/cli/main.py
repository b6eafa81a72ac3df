"""The command line: serve, token, check, dump, settings, ca, verify."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
import orjson

from emulator.cli import verification
from emulator.cli.remote import Remote, RemoteError
from emulator.cli.verification import Options
from emulator.config import KNOBS, Config, ConfigError, unknown_variables, variable
from emulator.control.guard import HEADER as TOKEN_HEADER
from emulator.fixture import data_set as fixtures
from emulator.fixture.data_set import FixtureError
from emulator.http import certificate
from emulator.http.certificate import CertificateError
from emulator.http.crew import Crew, CrewError, Ready
from emulator.http.listener import bind
from emulator.ocapi.access.settings import SettingsError
from emulator.server import COLLECTIONS, Emulator
from emulator.store import StoreUnavailable
from emulator.workspace.failpoint import FailpointError

if TYPE_CHECKING:
    from dataclasses import Field

DEMO = "a" * 30
BROKEN_SET, UNANSWERED, DEAD_CREW, BAD_USE, INTERRUPTED = 1, 1, 1, 2, 130
ENDING = (signal.SIGINT, signal.SIGTERM)

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
    for complaint in unknown_variables(os.environ):
        _warn(complaint)
    # Blocked from here on, the signals wait for sigwait: none is lost in between.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        emulator = Emulator(Config(**knobs))
        # A full collection over a large data set would hold up all requests.
        gc.freeze()
        bound = bind(emulator.config.host, emulator.config.port)
    except (ConfigError, FixtureError, FailpointError, SettingsError, CertificateError) as error:
        fail(str(error))
    except StoreUnavailable as error:
        fail(f"can't use the store: {error}")
    except OSError as error:
        fail(_explain(error, knobs["host"], knobs["port"]))
    work = partial(_work, emulator, bound)
    if emulator.config.workers == 1:
        work(_announce)
        return
    try:
        Crew(emulator.config.workers, work, _warn).run(_announce)
    except CrewError as error:
        fail(str(error), DEAD_CREW)


def _work(emulator: Emulator, bound: socket, ready: Ready) -> None:
    """Serve until there is a signal to end."""
    emulator.start(bound)
    ready(emulator.url)
    signal.sigwait(ENDING)
    emulator.stop()


def _announce(url: str) -> None:
    click.echo(f"ocapi-emulator listening on {url}")


def _warn(told: str) -> None:
    click.echo(f"ocapi-emulator: {told}", err=True)


def _explain(error: OSError, host: str, port: int) -> str:
    reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    return f"can't listen on {host} port {port}: {reason} (--port 0 takes any free port)"


def asks_server(command: Command) -> Command:
    """Give a command the flags that name a running server."""
    options = (
        ("--url", "http://127.0.0.1:8080", "Base URL of the running server."),
        ("--ca-file", "", "Certificates that its own is trusted by, such as that of 'ca'."),
    )
    for flag, default, meaning in reversed(options):
        command = _option(flag, default, meaning)(command)
    return command


def _option(flag: str, default: str, meaning: str) -> Callable[[Command], Command]:
    name = flag.removeprefix("--").replace("-", "_")
    shown = bool(default) and default != DEMO
    return click.option(
        flag,
        envvar=variable(name),
        default=default,
        show_envvar=True,
        show_default=shown,
        help=meaning,
    )


@contextmanager
def asking(url: str) -> Iterator[None]:
    """End the command in one line where the server cannot be asked, or is another one."""
    try:
        yield
    except ConfigError as error:
        fail(str(error))
    except RemoteError as error:
        fail(str(error), UNANSWERED)
    except (AttributeError, KeyError, TypeError):
        fail(f"{url} answers, but not as expected: is it another server?", UNANSWERED)


@commands.command()
@asks_server
@_option("--client-id", DEMO, "API client.")
@_option("--client-secret", DEMO, "Its secret.")
@_option("--workspace", "", "Workspace that the token is to be good for.")
def token(url: str, ca_file: str, client_id: str, client_secret: str, workspace: str) -> None:
    """Print an access token of a running server."""
    form = {"client_id": client_id, "client_secret": client_secret}
    path = "/dwsso/oauth2/access_token?grant_type=client_credentials"
    with asking(url):
        click.echo(Remote(url, ca_file, _name(workspace)).ask(path, form)["access_token"])


@commands.command()
@asks_server
@click.option(
    "--wait",
    envvar=variable("wait"),
    type=click.FloatRange(0),
    default=0.0,
    show_envvar=True,
    metavar="SECONDS",
    help="Time to wait for a server that is about to start.",
)
def health(url: str, ca_file: str, wait: float) -> None:
    """Say whether a server answers; exit code 1 if none does."""
    with asking(url):
        told = Remote(url, ca_file).wait("/__emulator__/health", wait)
        click.echo(f"{url}: {', '.join(f'{name} {value}' for name, value in told.items())}")


def _name(workspace: str) -> dict[str, str]:
    return {"x-emulator-workspace": workspace} if workspace else {}


@commands.command()
@asks_server
@_option("--workspace", "", "Workspace whose data are taken.")
@_option("--control-token", "", "Secret that the control plane demands.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def dump(url: str, ca_file: str, workspace: str, control_token: str, folder: Path) -> None:
    """Write the data of a running server to a folder, as a data set that 'serve' can take."""
    with asking(url):
        files = Remote(url, ca_file, _guarded(workspace, control_token)).ask("/__emulator__/state")[
            "files"
        ]
        try:
            _write(folder, files)
        except OSError as error:
            fail(f"can't write to {folder}: {error.strerror}")
        click.echo(f"{folder}: {', '.join(files)}")


def _guarded(workspace: str, control_token: str) -> dict[str, str]:
    return _name(workspace) | ({TOKEN_HEADER: control_token} if control_token else {})


def _write(folder: Path, files: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        data = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        (folder / Path(name).name).write_bytes(data)  # whatever the server calls it


@commands.command()
@asks_server
@_option("--workspace", "", "Workspace whose settings are asked for.")
@_option("--control-token", "", "Secret that the control plane demands.")
@click.option("--from-journal", is_flag=True, help="The least that the recorded requests need.")
def settings(
    url: str, ca_file: str, workspace: str, control_token: str, *, from_journal: bool
) -> None:
    """Print the settings document of a running server, or the smallest that its traffic needs."""
    path = "/__emulator__/settings" + ("/from-journal" if from_journal else "")
    with asking(url):
        document = Remote(url, ca_file, _guarded(workspace, control_token)).ask(path)
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())


@commands.command()
def ca() -> None:
    """Print where the certificate authority of --tls lies, and how programs trust it."""
    try:
        path = certificate.authority()
    except CertificateError as error:
        fail(str(error))
    click.echo(f"{path}\n\n{certificate.trust(path)}")


@commands.command()
@click.argument("data_set", metavar="NAME|DIR")
def check(data_set: str) -> None:
    """Say whether a data set can be served, and if not, all that is wrong with it."""
    try:
        store = fixtures.load(data_set, COLLECTIONS)
    except FixtureError as error:
        click.echo(str(error), err=True)
        sys.exit(BROKEN_SET)
    counts = ((store.count(c.name), c.name) for c in COLLECTIONS if not c.single)
    held = (f"{count} {name}" for count, name in counts if count)
    click.echo(f"{Path(data_set)}: {', '.join(held)}")


@commands.command()
@_option("--target", "", "Base URL of the server to test, such as https://host.")
@_option("--client-id", DEMO, "API client.")
@_option("--client-secret", DEMO, "Its secret.")
@_option("--dialect", "documented", "How the target answers: documented or observed.")
@_option("--token-url", "", "Where tokens are granted, if not by the target.")
@_option("--ca-file", "", "Certificates that the target's is trusted by.")
@_option("--junit", "", "File that is written with the results in JUnit's XML.")
@_option("--rule", "", "Rules to test, such as RST-1,RST-2; all if empty.")
def verify(rule: str, **options: str) -> None:
    """Test a server against the contract, rule by rule; exit code 1 if it differs."""
    names = (name.strip() for name in rule.split(","))
    rules = tuple(name for name in names if name)
    sys.exit(verification.verify(Options(**options, rules=rules), click.echo))
