"""The servers under test: one process, or three workers over a Redis that writes to disk."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from benchmarks.process import HOST, BenchmarkError, find_family, reserving_port, running
from benchmarks.servers import serve_command
from benchmarks.soak.server import find_gunicorn_url
from consistency import data_set

WORKERS = 3
POLL_SECONDS, START_SECONDS = 0.01, 20.0
JOURNAL_EXCHANGES = 20
AOF_FOLDER = "appendonlydir"


class Redis:
    """A Redis on a fixed port that has written each change to a file before its answer.

    Args:
        folder: The folder of the file.
        port: The port.
    """

    def __init__(self, folder: Path, port: int) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise BenchmarkError("redis-server is not installed; --store redis needs it")
        self.port = port
        self.folder = folder
        self._command = [program, *("--port", str(self.port), "--bind", HOST, "--save", "")]
        self._command += ["--appendonly", "yes", "--dir", str(folder), "--loglevel", "warning"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process, and wait until Redis has loaded the data.

        Raises:
            BenchmarkError: Redis does not answer.
        """
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        until = monotonic() + START_SECONDS
        while monotonic() < until:
            with suppress(OSError), socket.create_connection((HOST, self.port), 1.0) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(16).startswith(b"+PONG"):
                    return
            sleep(POLL_SECONDS)
        raise BenchmarkError("redis-server does not answer")

    def stop(self, *, lose: bool = False) -> None:
        """Kill the process; perhaps remove all data."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if lose:
            shutil.rmtree(self.folder / AOF_FOLDER, ignore_errors=True)

    @property
    def process(self) -> int:
        """The id of the process."""
        return self._process.pid if self._process else 0


@dataclass(frozen=True, slots=True)
class Target:
    """The servers under test.

    Attributes:
        url: The base URL.
        process: The first process.
        redis: The Redis; None for a server in memory.
    """

    url: str
    process: int
    redis: Redis | None = None

    def list_workers(self) -> list[int]:
        """Return the ids of the worker processes."""
        return sorted(find_family(self.process) - {self.process})


@contextmanager
def serving(store: str, variables: Mapping[str, str] | None = None) -> Iterator[Target]:
    """Run the servers over a store, ``memory`` or ``redis``.

    Args:
        store: The store.
        variables: Further environment variables of the servers.

    Raises:
        BenchmarkError: The servers or Redis do not start.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="consistency-")))
        data_set.write(folder / "data")
        environment = [f"{name}={value}" for name, value in (variables or {}).items()]
        if store == "memory":
            options = ("--fixtures", str(folder / "data"), "--log", "none")
            journal = ("--journal", str(JOURNAL_EXCHANGES))
            command = ["env", *environment, *serve_command(*options, *journal)]
            server = stack.enter_context(running(command, None))
            yield Target(server.url, server.process.pid)
            return
        # Nobody else gets the port while Redis is down.
        redis = Redis(folder, stack.enter_context(reserving_port()))
        stack.callback(redis.stop)
        redis.start()
        command = ["env", *environment, *_gunicorn_command(redis.port, folder / "data")]
        server = stack.enter_context(running(command, None, find_gunicorn_url))
        yield Target(server.url, server.process.pid, redis)


def _gunicorn_command(port: int, fixtures: Path) -> Sequence[str]:
    variables = {
        "STORE": f"redis://{HOST}:{port}/0",
        "FIXTURES": str(fixtures),
        "JOURNAL": str(JOURNAL_EXCHANGES),
        # Else the secret of tokens would be lost with all data and all processes that know it.
        "TOKEN_KEY": "consistency",
    }
    return [
        *(f"OCAPI_EMULATOR_{name}={value}" for name, value in variables.items()),
        *(sys.executable, "-m", "gunicorn", "emulator:create_app()"),
        *("--bind", f"{HOST}:0", "--workers", str(WORKERS)),
        *("--worker-class", "gthread", "--threads", "16", "--no-control-socket"),
    ]


def send_signal(process: int, number: signal.Signals) -> bool:
    """Send a signal; return whether the process exists."""
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return False
    return True
