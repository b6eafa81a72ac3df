"""Load generators: send requests again and again on several connections.

One generator is ``wrk``, the other one is this module. Texts of a request may have marks. Each
sending replaces ``$connection`` by the number of the connection in six digits, ``$unique`` by a
new text, and ``$state`` by the last resource state of the path on this connection. The generator
reads the path first if the connection has no state of the path yet.
"""

import json
import math
import re
import selectors
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.process import ANSWER_TIMEOUT_SECONDS, BenchmarkError

WRK_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
WRK_PERCENTILE = re.compile(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s|m)\s*$", re.MULTILINE)
WRK_ERROR = re.compile(r"(?:Non-2xx or 3xx responses|Socket errors): .*")
UNIT_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
STATUS_LINE = re.compile(rb"HTTP/1\.([01]) (\d{3})")
LENGTH_HEADER = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED_HEADER = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
CLOSE_HEADER = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
KEEP_ALIVE_HEADER = re.compile(rb"\r\nconnection: *keep-alive", re.IGNORECASE)
STATE_HEADER = re.compile(rb"\r\nx-dw-resource-state: *([^\r]*)", re.IGNORECASE)
LAST_CHUNK = b"0\r\n\r\n"
ANY_MARK = re.compile(r"\$(?:connection|unique|state)")
CONNECTION_MARK = re.compile(r"\$(?:connection|state)")
LUA_SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Request:
    """One request; path, headers and body may have marks."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def texts(self) -> str:
        """All texts with possible marks."""
        return "\n".join((self.path, self.body, *self.headers.values()))


@dataclass(frozen=True)
class Load:
    """Requests to one server; each connection sends all of them in turn."""

    url: str
    requests: tuple[Request, ...]
    connections: int

    @property
    def depends_on_connection(self) -> bool:
        """Whether a request depends on its connection."""
        return any(CONNECTION_MARK.search(request.texts) for request in self.requests)


class Outcome(NamedTuple):
    """Answers a second, and the 50th and 99th percentile of the latency in seconds."""

    rate: float
    p50: float
    p99: float


Generator = Callable[[Load, float], Outcome]
"""Sends a load for a number of seconds. Raises BenchmarkError."""


def choose_generator(name: str) -> Generator:
    """Return the generator ``wrk`` or the generator ``own`` of this module."""
    return run_wrk if name == "wrk" else run_own


def find_wrk() -> bool:
    """Return whether ``wrk`` is installed."""
    return shutil.which("wrk") is not None


# wrk


def run_wrk(load: Load, seconds: float) -> Outcome:
    """Send a load by ``wrk``, for whole seconds."""
    # A script of wrk cannot find out the connection of a request. But each thread has its own
    # script: one connection a thread makes the thread's number the connection's number.
    threads = load.connections if load.depends_on_connection else 1
    with TemporaryDirectory() as folder:
        script = Path(folder) / "load.lua"
        script.write_text(write_lua(load))
        counts = [f"-t{threads}", f"-c{load.connections}", f"-d{round(seconds)}s"]
        # By default wrk counts answers after two seconds as errors.
        options = ["--timeout", f"{ANSWER_TIMEOUT_SECONDS:.0f}s", "--latency", "-s", str(script)]
        command = [shutil.which("wrk") or "wrk", *counts, *options, load.url]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
    return read_wrk(finished.stdout + finished.stderr, load.requests[0])


def read_wrk(output: str, request: Request) -> Outcome:
    """Return the figures in the output of ``wrk``.

    Raises:
        BenchmarkError: The output has errors, no answers, or an unknown form.
    """
    rate, error = WRK_RATE.search(output), WRK_ERROR.search(output)
    latency = {
        number: float(n) * UNIT_SECONDS[unit] for number, n, unit in WRK_PERCENTILE.findall(output)
    }
    if error or not rate or len(latency) != len(("50", "99")):
        raise BenchmarkError(f"{request.method} {request.path}: {error[0] if error else output}")
    if not float(rate[1]):
        raise BenchmarkError(f"{request.method} {request.path}: no answer; use more --seconds")
    return Outcome(float(rate[1]), latency["50"], latency["99"])


def write_lua(load: Load) -> str:
    """Return the script of a load for ``wrk``."""
    requests = "".join(map(_write_lua_request, load.requests))
    stateful = any("$state" in request.texts for request in load.requests)
    known = {
        "requests": f"{{\n{requests}}}",
        "stateful": json.dumps(stateful),
        "run": _quote(_name_run()),
    }
    output = "".join(f"local {name} = {value}\n" for name, value in known.items())
    return output + LUA_SCRIPT.read_text()


def _write_lua_request(request: Request) -> str:
    headers = "".join(f"[{_quote(n)}] = {_quote(v)}, " for n, v in request.headers.items())
    members = {
        "method": _quote(request.method),
        "path": _quote(request.path),
        "body": _quote(request.body),
        "headers": f"{{{headers}}}",
        "changing": json.dumps(ANY_MARK.search(request.texts) is not None),
        "stateful": json.dumps("$state" in request.texts),
    }
    return f"  {{{', '.join(f'{name} = {value}' for name, value in members.items())}}},\n"


def _quote(text: str) -> str:
    """Return a Lua string literal; bytes other than ASCII letters and digits as numbers."""
    plain = (chr(b) if chr(b).isalnum() and b < 128 else f"\\{b:03}" for b in text.encode())  # noqa: PLR2004 - ASCII
    return f'"{"".join(plain)}"'


def _name_run() -> str:
    """Return a new text for each run."""
    return f"{time.time_ns():x}"


# The generator of this module


def run_own(load: Load, seconds: float) -> Outcome:
    """Send a load by this process; wait for at least one answer."""
    return _Run(load).go(seconds, sys.maxsize)


def send(load: Load, count: int, seconds: float = math.inf) -> Outcome:
    """Send a number of requests by this process, or fewer if the time is over."""
    return _Run(load).go(seconds, count)


class _Connection:
    """One connection with one open request at a time."""

    def __init__(self, load: Load, number: int, run: str) -> None:
        self._address = urlsplit(load.url)
        self._requests = cycle(load.requests)
        self._marks = {"$connection": f"{number:06}"}
        self._run = run
        self._states: dict[str, str] = {}
        self._next = next(self._requests)
        self._path = ""
        self._received = bytearray()
        self._count = 0
        self.sent_at = 0.0
        self.connect()

    def connect(self) -> None:
        self.closing = False
        self.socket = socket.create_connection(
            (self._address.hostname, self._address.port), ANSWER_TIMEOUT_SECONDS
        )
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        self.socket.close()

    def send(self) -> None:
        """Send the next request."""
        content = self._write()
        self.sent_at = time.perf_counter()
        self.socket.sendall(content)

    def _write(self) -> bytes:
        request = self._next
        self._count += 1
        self._marks["$unique"] = f"{self._run}-{self._marks['$connection']}-{self._count}"
        self._path = self._replace_marks(request.path)
        if "$state" in request.texts and self._path not in self._states:
            kept = {n: v for n, v in request.headers.items() if n == "Authorization"}
            request = Request("GET", request.path, kept)
        else:
            self._next = next(self._requests)
        self._marks["$state"] = self._states.get(self._path, "")
        headers = "".join(f"{n}: {self._replace_marks(v)}\r\n" for n, v in request.headers.items())
        body = self._replace_marks(request.body).encode()
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        host = f"Host: {self._address.netloc}\r\n"
        head = f"{request.method} {self._path} HTTP/1.1\r\n{host}{headers}{length}\r\n"
        return head.encode() + body

    def _replace_marks(self, text: str) -> str:
        return ANY_MARK.sub(lambda mark: self._marks[mark[0]], text) if "$" in text else text

    def receive(self) -> bool:
        """Receive available bytes; return whether the answer is complete.

        Raises:
            BenchmarkError: The status is not one of success, or the connection is closed.
        """
        data = self.socket.recv(1 << 16)
        self._received += data
        head, end, body = bytes(self._received).partition(b"\r\n\r\n")
        status = STATUS_LINE.match(head)
        if end and (status is None or not status[2].startswith(b"2")):
            raise BenchmarkError(f"{self._path}: the answer is {head!r} {body!r}")
        if not end or not _is_complete(head, body, closed=not data):
            if not data:
                raise BenchmarkError(
                    f"{self._path}: the connection was closed before the answer's end"
                )
            return False
        self._finish(head, closing=not data or _is_closing(head))
        return True

    def _finish(self, head: bytes, *, closing: bool) -> None:
        self._received.clear()
        if state := STATE_HEADER.search(head):
            self._states[self._path] = state[1].decode()
        self.closing = closing


def _is_complete(head: bytes, body: bytes, *, closed: bool) -> bool:
    if length := LENGTH_HEADER.search(head):
        return len(body) >= int(length[1])
    return body.endswith(LAST_CHUNK) if CHUNKED_HEADER.search(head) else closed


def _is_closing(head: bytes) -> bool:
    if head.startswith(b"HTTP/1.0"):
        return KEEP_ALIVE_HEADER.search(head) is None
    return CLOSE_HEADER.search(head) is not None


class _Run:
    """One run of a load, with the latencies of the answers."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._latencies: list[float] = []
        self._sent = 0

    def go(self, seconds: float, count: int) -> Outcome:
        """Send until the time is over, or until all requests have an answer."""
        run = _name_run()
        with ExitStack() as stack:
            selector = stack.enter_context(selectors.DefaultSelector())
            for number in range(min(self._load.connections, count)):
                connection = _Connection(self._load, number, run)
                stack.callback(connection.close)
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            began = time.perf_counter()
            for key in selector.get_map().values():
                self._send_next(key.data)
            while len(self._latencies) < count and not (
                self._latencies and self._passed(began) > seconds
            ):
                self._handle_ready(selector, count)
            return summarize(self._latencies, self._passed(began))

    @staticmethod
    def _passed(began: float) -> float:
        return time.perf_counter() - began

    def _send_next(self, connection: _Connection) -> None:
        self._sent += 1
        connection.send()

    def _handle_ready(self, selector: selectors.BaseSelector, count: int) -> None:
        ready = selector.select(ANSWER_TIMEOUT_SECONDS)
        if not ready:
            raise BenchmarkError(
                f"{self._load.requests[0].path}: no answer for {ANSWER_TIMEOUT_SECONDS:.0f} s"
            )
        for connection in [key.data for key, _ in ready if key.data.receive()]:
            self._latencies.append(time.perf_counter() - connection.sent_at)
            if connection.closing:
                selector.unregister(connection.socket)
                connection.close()
                connection.connect()
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            if self._sent < count:
                self._send_next(connection)


def summarize(latencies: list[float], seconds: float) -> Outcome:
    """Return the figures of a run; latencies and duration in seconds."""
    p99 = (
        quantiles(latencies, n=100, method="inclusive")[98] if len(latencies) > 1 else latencies[0]
    )
    return Outcome(len(latencies) / seconds, median(latencies), p99)
