"""Servers as processes of their own: start them on one core, ask and weigh them, end them."""

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
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple
from urllib.parse import urlsplit

HOST = "127.0.0.1"
PATIENCE = 60.0  # seconds for one answer
LONGEST_START = 600.0  # seconds, of which a million records need some
TURN = 0.005  # seconds between two looks at a server that is starting
GRACE = 5.0  # seconds for the end of a process
LISTENING = re.compile(rb"listening on (http://\S+)")
QUIET, SETTLING = 0.03, 10.0  # seconds without work that are rest, seconds to wait for them
PROC = Path("/proc")
HAS_PROC = (PROC / "self" / "status").exists()
INTERRUPTED = 130


class Cores(NamedTuple):
    """The processor cores of servers and client, None where they cannot be chosen."""

    server: int | None
    client: int | None


class Server(NamedTuple):
    """A server that runs: its process, its base URL, the performance counter at its start."""

    process: subprocess.Popen[bytes]
    url: str
    began: float


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: HTTPMessage
    body: bytes


class BenchmarkError(Exception):
    """A server did not start, or not answer as it should; the message says which and how."""


Ready = Callable[[subprocess.Popen[bytes], IO[bytes]], str | None]
"""Returns the base URL of a process once it answers, by what it has written so far."""


def tell(text: str) -> None:
    """Tell whoever waits what is being done."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def run_to_end(work: Callable[[], None]) -> None:
    """Do the work of a script; an interruption ends what was started, and is told in one line."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        work()
    except KeyboardInterrupt:
        tell("interrupted")
        sys.exit(INTERRUPTED)
    except (BenchmarkError, HTTPException, OSError) as error:
        tell(str(error) or type(error).__name__)
        sys.exit(1)


def choose_cores() -> Cores:
    """Return one core for servers and another one for the client, if there are two to choose."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores(None, None)
    available = sorted(os.sched_getaffinity(0))
    return Cores(available[0], available[1]) if len(available) > 1 else Cores(None, None)


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Bind this process and those that are started meanwhile to a core."""
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
    """Return the environment of what is measured: bytecode is kept, and nothing is set up."""
    unfit = ("PYTHONDONTWRITEBYTECODE", "OCAPI_EMULATOR_")
    return {name: value for name, value in os.environ.items() if not name.startswith(unfit)}


@contextmanager
def running(command: list[str], core: int | None, ready: Ready | None = None) -> Iterator[Server]:
    """Run a server until it is not needed any more, with all processes that it starts itself.

    Raises:
        BenchmarkError: It ended, or never answered.
    """
    began = time.perf_counter()
    with TemporaryFile() as written:
        with on_core(core):
            # A session of its own: an interruption reaches it through us, with its children.
            process = subprocess.Popen(
                command,
                stdout=written,
                stderr=subprocess.STDOUT,
                env=environment(),
                start_new_session=True,
            )
        try:
            yield Server(process, _await_url(process, written, ready or find_url), began)
        finally:
            _end(process)


def _await_url(process: subprocess.Popen[bytes], written: IO[bytes], ready: Ready) -> str:
    deadline = time.monotonic() + LONGEST_START
    while process.poll() is None and time.monotonic() < deadline:
        if url := ready(process, written):
            return url
        time.sleep(TURN)
    said = os.pread(written.fileno(), 1 << 16, 0).decode(errors="replace").strip()
    last = said.rpartition("\n")[2] or "it said nothing"
    raise BenchmarkError(f"{Path(str(process.args[0])).name} did not start: {last}")  # type: ignore[index]


def find_url(_: subprocess.Popen[bytes], written: IO[bytes]) -> str | None:
    """Return the URL that a server of ours says it listens on."""
    found = LISTENING.search(os.pread(written.fileno(), 1 << 16, 0))
    return found[1].decode() if found else None


def answering(url: str, method: str, path: str, body: str, headers: Mapping[str, str]) -> Ready:
    """Return what finds a server ready when it answers a request, whatever it answers."""

    def ready(_: subprocess.Popen[bytes], __: IO[bytes]) -> str | None:
        with suppress(OSError, HTTPException):
            ask(url, method, path, body, headers)
            return url
        return None

    return ready


def _end(process: subprocess.Popen[bytes]) -> None:
    # The group outlives a leader that has ended while its children have not.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(GRACE)


def find_port() -> int:
    """Return a port that is free now."""
    with socket.create_server((HOST, 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def ask(
    url: str, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None
) -> Answer:
    """Return the answer to one request.

    Raises:
        OSError, HTTPException: There is none.
    """
    connection = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    try:
        connection.request(method, path, body or None, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def ask_json(url: str, method: str, path: str, value: Any, **headers: str) -> Any:
    """Return the JSON of an answer to JSON, which must be of status 200 or 201.

    Raises:
        BenchmarkError: It is not.
    """
    named = {"Content-Type": "application/json"} | headers
    answer = ask(url, method, path, json.dumps(value), named)
    if answer.status not in {200, 201}:
        raise BenchmarkError(f"{method} {path} was answered {answer.status}: {answer.body!r}")
    return json.loads(answer.body)


def weigh(process: subprocess.Popen[bytes]) -> int:
    """Return the resident bytes of a process and all below it; what they share counts in each."""
    table = _list_processes()
    return sum(table[pid].resident for pid in _find_family(process, table))


def settle(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process and all below it rest: requests whose sender has gone are work still.

    Where there is no ``/proc`` to see it in, this is a short pause.
    """
    deadline, spent = time.monotonic() + SETTLING, -1
    family = _find_family(process, _list_processes())
    while (now := _count_ticks(family)) != spent and time.monotonic() < deadline:
        spent = now
        time.sleep(QUIET)


class _Entry(NamedTuple):
    parent: int
    resident: int


def _find_family(process: subprocess.Popen[bytes], table: Mapping[int, _Entry]) -> set[int]:
    family = {process.pid} & table.keys()
    # A child may have a smaller id than its parent, so one pass is not enough.
    while more := {pid for pid, entry in table.items() if entry.parent in family} - family:
        family |= more
    return family


def _list_processes() -> dict[int, _Entry]:
    return _read_proc() if HAS_PROC else _ask_ps()


def _count_ticks(family: Iterable[int]) -> int:
    """Return the processor time that some processes have spent, in ticks; 0 where it is unknown."""
    ticks = 0
    for pid in family:
        with suppress(OSError):
            # The name before the last bracket may hold anything; see proc(5) for what follows it.
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
