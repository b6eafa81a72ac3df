"""The server under load: an emulator, and a Redis if the data live there."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from benchmarks.process import HOST, BenchmarkError, reserving_port, running
from benchmarks.servers import serve_command

JOURNAL_EXCHANGES = 100  # small, so that the journal is full early in the run
MAX_OUTPUT_BYTES = 4_000
GUNICORN_LISTENING = re.compile(rb"Listening at: (http://\S+)")


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        url: The base URL.
        process: The id of the first process; None for a server that was running before.
        redis: The port of the Redis; None without Redis.
        output: The output of the processes; None for a server that was running before.
        journal: The bound of the journal of each workspace, in exchanges.
    """

    url: str
    process: int | None = None
    redis: int | None = None
    output: IO[bytes] | None = None
    journal: int = 1000

    def read_output(self) -> str:
        """Return the end of the output."""
        if self.output is None:
            return ""
        self.output.seek(max(0, self.output.seek(0, os.SEEK_END) - MAX_OUTPUT_BYTES))
        return self.output.read().decode(errors="replace")


@contextmanager
def serving(store: str, workers: int) -> Iterator[Server]:
    """Run an emulator over a store, ``memory`` or ``redis``.

    Raises:
        BenchmarkError: The emulator or Redis does not start.
    """
    with ExitStack() as stack:
        if store == "memory":
            # The output is for errors: lines of millions of requests would fill the disk.
            command = serve_command("--log", "none", "--journal", str(JOURNAL_EXCHANGES))
            server, port = stack.enter_context(running(command, None)), None
        else:
            port = stack.enter_context(running_redis())
            command = gunicorn_command(f"redis://{HOST}:{port}/0", workers)
            server = stack.enter_context(running(command, None, find_gunicorn_url))
        yield Server(server.url, server.process.pid, port, server.output, JOURNAL_EXCHANGES)


def gunicorn_command(store: str, workers: int) -> list[str]:
    """Return the command of gunicorn for several processes that share a store."""
    variables = (f"OCAPI_EMULATOR_STORE={store}", f"OCAPI_EMULATOR_JOURNAL={JOURNAL_EXCHANGES}")
    return [
        *("env", *variables, sys.executable, "-m", "gunicorn", "emulator:create_app()"),
        *("--bind", f"{HOST}:0", "--workers", str(workers)),
        *("--worker-class", "gthread", "--threads", "64", "--graceful-timeout", "5"),
        "--no-control-socket",
        *("--keep-alive", "75"),  # a connection that ends while it is idle would be a finding
        *("--limit-request-line", "0", "--limit-request-field_size", "0"),
    ]


def find_gunicorn_url(_: subprocess.Popen[bytes], written: IO[bytes]) -> str | None:
    """Return the URL in the output of gunicorn."""
    found = GUNICORN_LISTENING.search(os.pread(written.fileno(), 1 << 16, 0))
    return found[1].decode() if found else None


@contextmanager
def running_redis() -> Iterator[int]:
    """Run a Redis without persistence; yield its port."""
    program = shutil.which("redis-server")
    if program is None:
        raise BenchmarkError("redis-server is not installed; --store redis needs it")
    options = ("--bind", HOST, "--save", "", "--appendonly", "no")

    def ready(_: subprocess.Popen[bytes], __: IO[bytes]) -> str | None:
        with suppress(OSError), socket.create_connection((HOST, port)):
            return f"redis://{HOST}:{port}"
        return None

    with (
        reserving_port() as port,
        running([program, "--port", str(port), *options], None, ready),
    ):
        yield port
