"""The servers that can serve the application under test: the bundled one, gunicorn, waitress.

The other servers run as processes of their own, by the application that ``create_app`` returns for
the ``OCAPI_EMULATOR_*`` variables. Each inherits a listening socket: a client may connect at once.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import requests

from emulator import Emulator

BUNDLED = "bundled"
COMMANDS = {
    "gunicorn": (
        *("-m", "gunicorn", "emulator:create_app()", "--bind", "fd://{fd}"),
        *("--worker-class", "gthread", "--threads", "8", "--log-level", "error"),
        *("--forwarded-allow-ips", ""),  # X-Forwarded-Proto is for the emulator to trust or not
        "--no-control-socket",  # it would be a file in the home of the user
        *("--graceful-timeout", "1"),  # else connections that are kept alive delay the end
        # A query of 5,000 digits and an Accept of 200 KB are longer than gunicorn takes by default.
        *("--limit-request-line", "0", "--limit-request-field_size", "0"),
    ),
    "waitress": (
        "-c",
        """
import socket, waitress, emulator
waitress.serve(
    emulator.create_app(),
    sockets=[socket.socket(fileno={fd})],
    ident=None,
    log_socket_errors=False,
    clear_untrusted_proxy_headers=False,
)
""",
    ),
}
"""The arguments of Python that serve on the listening socket of a file descriptor."""
SERVERS = (BUNDLED, *COMMANDS)
MAX_IDLE_EMULATORS = 12
START_SECONDS, STOP_SECONDS = 60.0, 20.0


@contextmanager
def serve(server: str, **knobs: Any) -> Iterator[str]:
    """Serve the application, and yield its base URL.

    Args:
        server: A name of ``SERVERS``.
        **knobs: The configuration of the emulator.

    Raises:
        Exception: An internal error of the application, at the end; or no answer.
    """
    if server == BUNDLED:
        with Emulator(**knobs) as emulator:
            yield emulator.url
        emulator.check()
        return
    with running(server, **knobs) as (_, url):
        yield url
        workspaces = _get(f"{url}/__emulator__/workspaces")
        crashes = {each["name"]: each["crashes"] for each in workspaces if each["crashes"]}
        assert not crashes, f"internal errors: {crashes}"


class Pool:
    """Emulators for one test after the other: equal configurations share an emulator.

    Each use begins with a reset. What a reset leaves (further workspaces, snapshots) ends the
    emulator, as does an internal error.
    """

    def __init__(self) -> None:
        self._idle: list[tuple[dict[str, Any], Emulator]] = []

    @contextmanager
    def serve(self, **knobs: Any) -> Iterator[Emulator]:
        """Serve the application, and yield the emulator; see the function ``serve``."""
        emulator = self._take(knobs)
        with ExitStack() as stack:
            stack.callback(emulator.stop)
            yield emulator
            emulator.check()
            if len(list(emulator.workspaces)) == 1 and not emulator.workspace.snapshots.list():
                stack.pop_all()
                self._keep(knobs, emulator)

    def close(self) -> None:
        """Stop all emulators."""
        for _, emulator in self._idle:
            emulator.stop()

    def _take(self, knobs: dict[str, Any]) -> Emulator:
        for number, (given, emulator) in enumerate(self._idle):
            if given == knobs:
                del self._idle[number]
                emulator.reset()
                return emulator
        emulator = Emulator(**knobs)
        emulator.start()
        return emulator

    def _keep(self, knobs: dict[str, Any], emulator: Emulator) -> None:
        """Keep an emulator, and stop the least recently used one if there are too many."""
        self._idle.append((knobs, emulator))
        if len(self._idle) > MAX_IDLE_EMULATORS:
            self._idle.pop(0)[1].stop()


def _get(url: str) -> Any:
    """Return the JSON of a URL; a server that starts may take its time."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=START_SECONDS).json()


@contextmanager
def running(
    server: str, *arguments: str, **knobs: Any
) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """Run a server as a process of its own; end all its processes.

    Args:
        server: A name of ``COMMANDS``.
        *arguments: Further arguments of the server.
        **knobs: The configuration of the emulator.

    Yields:
        The process, and the base URL.
    """
    environ = {n: v for n, v in os.environ.items() if not n.startswith("OCAPI_EMULATOR_")}
    environ |= {f"OCAPI_EMULATOR_{name.upper()}": str(knob) for name, knob in knobs.items()}
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        fd = listening.fileno()
        command = [argument.replace("{fd}", str(fd)) for argument in COMMANDS[server]]
        process = subprocess.Popen(  # noqa: S603 - a server of our own
            [sys.executable, *command, *arguments],
            env=environ,
            pass_fds=[fd],
            start_new_session=True,
        )
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        _get(f"{url}/__emulator__/health")
        yield process, url
    finally:
        # For gunicorn SIGTERM would mean: wait for connections that are kept alive.
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
