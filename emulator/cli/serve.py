"""``ocapi-emulator serve``."""

import errno
import gc
import logging
import os
import signal
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from emulator.cli.failure import FAILED, fail, warn
from emulator.cli.option import CONFIG_FILE, examples, knob_options
from emulator.config import Config, ConfigError, unknown_variables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from socket import socket

    from emulator.server import Emulator

logger = logging.getLogger("emulator")

END_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@click.command(
    epilog=examples(
        "serve",
        "serve --port 9000 --fixtures samples",
        "serve --fixtures data/shop.zip --settings settings.json",
        "serve --host 127.0.0.1 --host ::1",
    )
)
@knob_options
def serve(**knobs: Any) -> None:
    """Serve a data set until SIGINT (Ctrl-C) or SIGTERM."""
    for complaint in unknown_variables(os.environ):
        warn(complaint)
    try:
        config = Config(**knobs)
        config = replace(config, log=config.log or "text")
    except ConfigError as error:
        fail(str(error))
    # From here on a signal stays pending until sigwait takes it: no signal is lost in between.
    signal.pthread_sigmask(signal.SIG_BLOCK, END_SIGNALS)
    emulator, listening = _open(config)
    emulator.start(listening, on_failure=lambda: os.kill(os.getpid(), signal.SIGTERM))
    with emulator.log.taking_records() if emulator.log else nullcontext():
        for url in emulator.urls:
            click.echo(f"ocapi-emulator listening on {url}")
        _introduce(emulator, str(click.get_current_context().meta.get(CONFIG_FILE, "")))
        signal.sigwait(END_SIGNALS)
        failure = emulator.failure
        emulator.stop()
        _summarize(emulator.unserved)
    if failure:
        fail(f"the server ends after an internal error: {failure!r}", FAILED)


def _introduce(emulator: "Emulator", config_file: str) -> None:
    """Write the data set, the configuration and the addresses, in the form of the log."""
    # Help texts appear faster without the server.
    from emulator.cli.banner import render_json, render_text  # noqa: PLC0415

    if emulator.config.log != "none":
        render = render_json if emulator.config.log == "json" else render_text
        with suppress(OSError):  # nobody reads standard error
            click.echo(render(emulator, config_file), err=True, nl=False)


def _summarize(unserved: "Mapping[str, int]") -> None:
    """Log the requested operations that the server does not have (URL-8)."""
    if not unserved:
        return
    lines = ["ocapi-emulator: not emulated, but asked for:"]
    for hint, count in sorted(unserved.items()):
        times = "request" if count == 1 else "requests"
        lines.append(f"  {hint.removeprefix('not emulated: ')} ({count} {times})")
    logger.warning("%s", "\n".join(lines))


def _open(config: Config) -> "tuple[Emulator, Sequence[socket]]":
    """Return an emulator and listening sockets; end the process on an error."""
    # Modules and data set stay until the end: a collection while they load finds nothing.
    gc.disable()
    # Help texts appear faster without the server.
    from emulator.cli.progress import showing_progress  # noqa: PLC0415
    from emulator.fallback.upstream import leads_to  # noqa: PLC0415
    from emulator.fixture.data_set import FixtureError  # noqa: PLC0415
    from emulator.http.certificate import CertificateError  # noqa: PLC0415
    from emulator.ocapi.access.settings import SettingsError  # noqa: PLC0415
    from emulator.ocapi.wire.versions import PUBLISHED  # noqa: PLC0415
    from emulator.server import Emulator  # noqa: PLC0415
    from emulator.store import StoreUnavailable  # noqa: PLC0415
    from emulator.workspace.rule import RuleError  # noqa: PLC0415

    if unpublished := sorted(config.versions - PUBLISHED - {"any"}):
        warn(f"accepts versions that were never published: {', '.join(unpublished)}")
    leads_here = any(leads_to(config.upstream, host, config.port) for host in config.hosts)
    if config.upstream and leads_here:
        fail("--upstream is the address of this server: name another server")
    try:
        with showing_progress(config.fixtures) if config.log == "text" else nullcontext():
            emulator = Emulator(config)
        # A full garbage collection over a large data set would delay all requests.
        gc.freeze()
        return emulator, _bind(config)
    except (ConfigError, FixtureError, RuleError, SettingsError, CertificateError) as error:
        fail(str(error))
    except StoreUnavailable as error:
        fail(f"can't use the store: {error}")
    except OSError as error:
        fail(f"can't read {error.filename or config.fixtures}: {error.strerror or error}")
    finally:
        gc.enable()


def _bind(config: Config) -> "Sequence[socket]":
    """Return listening sockets; end the process if an address is not free."""
    # Help texts appear faster without the server.
    from emulator.http.listener import bind  # noqa: PLC0415

    try:
        return bind(config.hosts, config.port)
    except OSError as error:
        fail(explain(error, error.filename or config.host, config.port))


def explain(error: OSError, host: str, port: int) -> str:
    """Return why a server can't listen on an address."""
    reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    hint = " (--port 0 takes any free port)" if error.errno == errno.EADDRINUSE else ""
    return f"can't listen on {host} port {port}: {reason}{hint}"
