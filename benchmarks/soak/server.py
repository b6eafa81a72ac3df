"""The processes under load: an emulator, and a Redis where its data live there."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

JOURNAL = 100
LISTENING = re.compile(r"listening on (http://\S+)")
PATIENCE = 20.0  # seconds
TOLD = 4_000  # bytes of what a server has to say at its end


class ServerError(Exception):
    """A process does not start, or does not end."""


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Attributes:
        url: Its base URL.
        process: The id of its first process, None if it is not ours.
        redis: The port of its Redis, None without one.
        log: What it says.
        journal: How many exchanges it keeps of each workspace.
    """

    url: str
    process: int | None = None
    redis: int | None = None
    log: IO[bytes] | None = None
    journal: int = 1000

    def tell(self) -> str:
        """Return the last of what it has said."""
        if self.log is None:
            return ""
        self.log.seek(max(0, self.log.seek(0, os.SEEK_END) - TOLD))
        return self.log.read().decode(errors="replace")


@contextmanager
def serving(store: str, workers: int) -> Iterator[Server]:
    """Run an emulator over a store, ``memory`` or ``redis``; end all of it.

    Raises:
        ServerError: It does not start, or does not end when it is told to.
    """
    with ExitStack() as stack:
        if store == "memory":
            yield stack.enter_context(running_emulator())
            return
        port = stack.enter_context(running_redis())
        options = ("--store", f"redis://127.0.0.1:{port}/0", "--workers", str(workers))
        yield stack.enter_context(running_emulator(*options, redis=port))


@contextmanager
def running_emulator(*options: str, redis: int | None = None) -> Iterator[Server]:
    """Run an emulator on any free port."""
    program = str(Path(sys.executable).with_name("ocapi-emulator"))
    command = [program, "serve", "--port", "0", "--journal", str(JOURNAL), *options]
    with TemporaryFile() as log, _running(command, log) as process:
        line = process.stdout.readline() if process.stdout else b""
        found = LISTENING.search(line.decode())
        if found is None:
            process.wait(PATIENCE)
            server = Server("", log=log)
            raise ServerError(f"{' '.join(command)} does not start: {server.tell().strip()}")
        yield Server(found[1], process.pid, redis, log, JOURNAL)


@contextmanager
def running_redis() -> Iterator[int]:
    """Run a Redis that keeps nothing; yield its port."""
    program = shutil.which("redis-server")
    if program is None:
        raise ServerError("there is no redis-server, which --store redis needs")
    port = _find_port()
    command = [
        program,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--loglevel",
        "warning",
    ]
    with TemporaryFile() as log, _running([*command, "--appendonly", "no"], log) as process:
        _wait_for(port, process)
        yield port


@contextmanager
def _running(command: list[str], log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process in a group of its own, which Ctrl-C does not reach before we end it."""
    # What is set for other servers in the environment is not for this one.
    inherited = {n: v for n, v in os.environ.items() if not n.startswith("OCAPI_EMULATOR_")}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=log, env=inherited, start_new_session=True
    )
    with process:
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        # Whatever it still has to say must not keep it waiting.
        process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise ServerError(f"{process.args!r} does not end within {PATIENCE:.0f} s") from error
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise ServerError("redis-server does not start")
