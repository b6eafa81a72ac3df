"""Servers in processes: start on one core, send a request, measure memory, end."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPMessage
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any, NamedTuple
from urllib.parse import urlsplit

HOST = "127.0.0.1"
ANSWER_TIMEOUT_SECONDS = 60.0
START_TIMEOUT_SECONDS = 120.0
POLL_SECONDS = 0.005  # a longer interval would add its half to the measured start
EXIT_TIMEOUT_SECONDS = 5.0
LISTENING = re.compile(rb"listening on (http://\S+)")
IDLE_SECONDS, IDLE_TIMEOUT_SECONDS = 0.03, 10.0
PROC = Path("/proc")
HAS_PROC = (PROC / "self" / "status").exists()
EXIT_INTERRUPTED = 130


class Cores(NamedTuple):
    """The processor cores of servers and client; None where the system offers no choice."""

    server: int | None
    client: int | None


class Server(NamedTuple):
    """A running server: process, base URL, the performance counter at the start, the output."""

    process: subprocess.Popen[bytes]
    url: str
    began: float
    output: IO[bytes]


class Answer(NamedTuple):
    """The answer of a server."""

    status: int
    headers: HTTPMessage
    body: bytes


class BenchmarkError(Exception):
    """A server did not start, or gave a wrong answer; the message says which server and why."""


Ready = Callable[[subprocess.Popen[bytes], IO[bytes]], str | None]
"""Returns the base URL of a process with its output so far; None before the server is ready."""


def log(text: str) -> None:
    """Print the progress on standard error."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def run_to_end(work: Callable[[], None]) -> None:
    """Do the work of a script; end in one line on an interruption or an expected error."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        work()
    except KeyboardInterrupt:
        log("interrupted")
        sys.exit(EXIT_INTERRUPTED)
    except (BenchmarkError, HTTPException, OSError) as error:
        log(str(error) or type(error).__name__)
        sys.exit(1)


def choose_cores() -> Cores:
    """Return one core for the servers and another one for the client, if there are two."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores(None, None)
    available = sorted(os.sched_getaffinity(0))
    return Cores(available[0], available[1]) if len(available) > 1 else Cores(None, None)


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Bind this process and new child processes to a core."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def environment() -> Mapping[str, str]:
    """Return the environment of servers: with bytecode files, without settings of the emulator."""
    excluded = ("PYTHONDONTWRITEBYTECODE", "OCAPI_EMULATOR_")
    return {name: value for name, value in os.environ.items() if not name.startswith(excluded)}


@contextmanager
def running(command: list[str], core: int | None, ready: Ready | None = None) -> Iterator[Server]:
    """Run a server, and end all its processes.

    The temporary files of the server lie in a folder of their own, and end with it: a process
    that is killed removes nothing, and gunicorn makes a file for each worker.

    Raises:
        BenchmarkError: It ended, or never answered.
    """
    began = time.perf_counter()
    # Errors are ignored: a process that outlives the wait may still make a file.
    with TemporaryFile() as written, TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        with on_core(core):
            # A session of its own: an interruption reaches it through us, with its children.
            process = subprocess.Popen(
                command,
                stdout=written,
                stderr=subprocess.STDOUT,
                env={**environment(), "TMPDIR": folder},
                start_new_session=True,
            )
        try:
            yield Server(process, _await_url(process, written, ready or find_url), began, written)
        finally:
            _end(process)


def _await_url(process: subprocess.Popen[bytes], written: IO[bytes], ready: Ready) -> str:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if url := ready(process, written):
            return url
        time.sleep(POLL_SECONDS)
    output = os.pread(written.fileno(), 1 << 16, 0).decode(errors="replace").strip()
    last = output.rpartition("\n")[2] or "no output"
    raise BenchmarkError(f"{Path(str(process.args[0])).name} did not start: {last}")  # type: ignore[index]


def find_url(_: subprocess.Popen[bytes], written: IO[bytes]) -> str | None:
    """Return the URL in the output of the emulator or the bare route."""
    found = LISTENING.search(os.pread(written.fileno(), 1 << 16, 0))
    return found[1].decode() if found else None


def answering(url: str, method: str, path: str, body: str, headers: Mapping[str, str]) -> Ready:
    """Return a check for servers without a message: any answer to a request counts as ready."""

    def ready(_: subprocess.Popen[bytes], __: IO[bytes]) -> str | None:
        with suppress(OSError, HTTPException):
            ask(url, method, path, body, headers)
            return url
        return None

    return ready


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a group of processes, and wait until none of them runs: one could still make a file."""
    # The group may still have members after its leader has ended.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(EXIT_TIMEOUT_SECONDS)
    deadline = time.monotonic() + EXIT_TIMEOUT_SECONDS
    # Some systems allow no signal to a group whose members have all ended.
    with suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < deadline:
            os.killpg(process.pid, 0)
            time.sleep(POLL_SECONDS)


@contextmanager
def reserving_port() -> Iterator[int]:
    """Yield a free port; only a server that asks for this port gets the port.

    Linux lets a server listen on the port of a socket that is bound and does not listen, if both
    have SO_REUSEADDR. On other systems nothing keeps the port free.
    """
    with socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind((HOST, 0))
        port: int = reserved.getsockname()[1]
        if sys.platform != "linux":
            reserved.close()
        yield port


def ask(
    url: str, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None
) -> Answer:
    """Return the answer to one request.

    Raises:
        OSError, HTTPException: The server does not answer.
    """
    connection = HTTPConnection(urlsplit(url).netloc, timeout=ANSWER_TIMEOUT_SECONDS)
    try:
        connection.request(method, path, body or None, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def ask_json(url: str, method: str, path: str, value: Any, **headers: str) -> Any:
    """Send JSON and return the JSON of the answer.

    Raises:
        BenchmarkError: The status is not 200 or 201.
    """
    named = {"Content-Type": "application/json"} | headers
    answer = ask(url, method, path, json.dumps(value), named)
    if answer.status not in {200, 201}:
        raise BenchmarkError(f"{method} {path}: the status is {answer.status}: {answer.body!r}")
    return json.loads(answer.body)


def resident_bytes(process: subprocess.Popen[bytes]) -> int:
    """Return the resident bytes of a process tree; shared pages count in each process."""
    table = _list_processes()
    return sum(table[pid].resident for pid in _find_family(process.pid, table))


def wait_until_idle(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process tree uses no processor time.

    A server may still work on requests of closed connections, and disturb the next measurement.
    Without ``/proc`` this is a short pause.
    """
    deadline, spent = time.monotonic() + IDLE_TIMEOUT_SECONDS, -1
    family = find_family(process.pid)
    while (now := _count_ticks(family)) != spent and time.monotonic() < deadline:
        spent = now
        time.sleep(IDLE_SECONDS)


class _Entry(NamedTuple):
    parent: int
    resident: int


def find_family(pid: int) -> set[int]:
    """Return the ids of a process tree."""
    return _find_family(pid, _list_processes())


def _find_family(pid: int, table: Mapping[int, _Entry]) -> set[int]:
    family = {pid} & table.keys()
    # A child may have a smaller id than its parent, so one pass is not enough.
    while more := {pid for pid, entry in table.items() if entry.parent in family} - family:
        family |= more
    return family


def _list_processes() -> dict[int, _Entry]:
    return _read_proc() if HAS_PROC else _ask_ps()


def _count_ticks(family: Iterable[int]) -> int:
    """Return the processor time of some processes in ticks; 0 without ``/proc``."""
    ticks = 0
    for pid in family:
        with suppress(OSError):
            # The name before the last bracket may have any characters; see proc(5).
            spent = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[11:13]
            ticks += sum(map(int, spent))
    return ticks


def _read_proc() -> dict[int, _Entry]:
    table = {}
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):
            status = (folder / "status").read_text()
            parent = re.search(r"^PPid:\s+(\d+)", status, re.MULTILINE)
            resident = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
            if parent and resident:
                table[int(folder.name)] = _Entry(int(parent[1]), int(resident[1]) * 1024)
    return table


def _ask_ps() -> dict[int, _Entry]:
    command = ["ps", "-axo", "pid=,ppid=,rss="]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    rows = (map(int, line.split()) for line in lines)
    return {pid: _Entry(parent, kib * 1024) for pid, parent, kib in rows}
