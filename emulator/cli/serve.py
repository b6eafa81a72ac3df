"""``ocapi-emulator serve``."""

import gc
import os
import signal
from functools import partial
from socket import socket
from typing import TYPE_CHECKING, Any

import click

from emulator.cli.failure import FAILED, fail, warn
from emulator.cli.option import knob_options
from emulator.config import Config, ConfigError, unknown_variables

if TYPE_CHECKING:
    from emulator.http.crew import Ready
    from emulator.server import Emulator

END_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@click.command()
@knob_options
def serve(**knobs: Any) -> None:
    """Serve a data set until SIGINT (Ctrl-C) or SIGTERM."""
    for complaint in unknown_variables(os.environ):
        warn(complaint)
    try:
        config = Config(**knobs)
    except ConfigError as error:
        fail(str(error))
    # From here on a signal stays pending until sigwait takes it: no signal is lost in between.
    signal.pthread_sigmask(signal.SIG_BLOCK, END_SIGNALS)
    run = partial(_run, *_open(config))
    if config.workers == 1:
        run(_announce)
        return
    from emulator.http.crew import Crew, CrewError  # noqa: PLC0415 - a single process has none

    try:
        Crew(config.workers, run, warn).run(_announce)
    except CrewError as error:
        fail(str(error), FAILED)


def _open(config: Config) -> "tuple[Emulator, socket]":
    """Return an emulator and a listening socket; end the process on an error."""
    # Help texts appear faster without the server.
    from emulator.fixture.data_set import FixtureError  # noqa: PLC0415
    from emulator.http.certificate import CertificateError  # noqa: PLC0415
    from emulator.http.listener import bind  # noqa: PLC0415
    from emulator.ocapi.access.settings import SettingsError  # noqa: PLC0415
    from emulator.server import Emulator  # noqa: PLC0415
    from emulator.store import StoreUnavailable  # noqa: PLC0415
    from emulator.workspace.failpoint import FailpointError  # noqa: PLC0415

    try:
        emulator = Emulator(config)
        # A full garbage collection over a large data set would delay all requests.
        gc.freeze()
        return emulator, bind(config.host, config.port)
    except (ConfigError, FixtureError, FailpointError, SettingsError, CertificateError) as error:
        fail(str(error))
    except StoreUnavailable as error:
        fail(f"can't use the store: {error}")
    except OSError as error:
        fail(_explain(error, config.host, config.port))


def _run(emulator: "Emulator", listening: socket, ready: "Ready") -> None:
    """Serve until a signal arrives."""
    emulator.start(listening)
    ready(emulator.url)
    signal.sigwait(END_SIGNALS)
    emulator.stop()


def _announce(url: str) -> None:
    click.echo(f"ocapi-emulator listening on {url}")


def _explain(error: OSError, host: str, port: int) -> str:
    reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    return f"can't listen on {host} port {port}: {reason} (--port 0 takes any free port)"
