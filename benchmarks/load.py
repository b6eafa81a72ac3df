"""Load: requests that are sent over and over on several connections, by ``wrk`` or by this module.

Texts of a request may hold marks that each sending replaces: ``$connection`` by the number of the
connection in six digits, ``$unique`` by what no request had before, ``$state`` by the resource
state that the connection saw last at the path. Before the first state is known, the path is read.
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

from benchmarks.process import PATIENCE, BenchmarkError

RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
PERCENTILE = re.compile(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s|m)\s*$", re.MULTILINE)
TROUBLE = re.compile(r"(?:Non-2xx or 3xx responses|Socket errors): .*")
SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
STATUS = re.compile(rb"HTTP/1\.([01]) (\d{3})")
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
CLOSING = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
KEEPING = re.compile(rb"\r\nconnection: *keep-alive", re.IGNORECASE)
STATE = re.compile(rb"\r\nx-dw-resource-state: *([^\r]*)", re.IGNORECASE)
LAST_CHUNK = b"0\r\n\r\n"
MARK = re.compile(r"\$(?:connection|unique|state)")
OF_CONNECTION = re.compile(r"\$(?:connection|state)")
LUA = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Request:
    """One request, whose texts may hold marks."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def texts(self) -> str:
        """All that may hold marks."""
        return "\n".join((self.path, self.body, *self.headers.values()))


@dataclass(frozen=True)
class Load:
    """Requests to one server, in turn on each of several connections."""

    url: str
    requests: tuple[Request, ...]
    connections: int

    @property
    def knows_connections(self) -> bool:
        """Whether a request depends on the connection that it is sent on."""
        return any(OF_CONNECTION.search(request.texts) for request in self.requests)


class Outcome(NamedTuple):
    """Answers a second, and within how many seconds half and 99 % of them came."""

    rate: float
    half: float
    most: float


Generator = Callable[[Load, float], Outcome]
"""Sends a load for so many seconds. Raises BenchmarkError."""


def choose_generator(name: str) -> Generator:
    """Return ``wrk`` or the module's ``own`` generator."""
    return run_wrk if name == "wrk" else run_own


def find_wrk() -> bool:
    """Return whether ``wrk`` is installed."""
    return shutil.which("wrk") is not None


# wrk


def run_wrk(load: Load, seconds: float) -> Outcome:
    """Send a load by ``wrk``, which takes whole seconds."""
    # It does not tell its script for which connection a request is, but each thread has a script of
    # its own: where it matters, each connection has a thread of its own.
    threads = load.connections if load.knows_connections else 1
    with TemporaryDirectory() as folder:
        script = Path(folder) / "load.lua"
        script.write_text(write_lua(load))
        counts = [f"-t{threads}", f"-c{load.connections}", f"-d{round(seconds)}s"]
        # Otherwise it takes answers for errors that come after two seconds.
        options = ["--timeout", f"{PATIENCE:.0f}s", "--latency", "-s", str(script)]
        command = [shutil.which("wrk") or "wrk", *counts, *options, load.url]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
    return read_wrk(finished.stdout + finished.stderr, load.requests[0])


def read_wrk(told: str, request: Request) -> Outcome:
    """Return the figures of what ``wrk`` wrote.

    Raises:
        BenchmarkError: It tells of errors, of no answer, or not what it should.
    """
    rate, trouble = RATE.search(told), TROUBLE.search(told)
    latency = {number: float(n) * SECONDS[unit] for number, n, unit in PERCENTILE.findall(told)}
    if trouble or not rate or len(latency) != len(("50", "99")):
        raise BenchmarkError(f"{request.method} {request.path}: {trouble[0] if trouble else told}")
    if not float(rate[1]):
        raise BenchmarkError(f"{request.method} {request.path}: no answer yet; more --seconds help")
    return Outcome(float(rate[1]), latency["50"], latency["99"])


def write_lua(load: Load) -> str:
    """Return the script that makes ``wrk`` send a load."""
    requests = "".join(map(_write_lua_request, load.requests))
    stateful = any("$state" in request.texts for request in load.requests)
    known = {
        "requests": f"{{\n{requests}}}",
        "stateful": json.dumps(stateful),
        "run": _quote(_name_run()),
    }
    told = "".join(f"local {name} = {value}\n" for name, value in known.items())
    return told + LUA.read_text()


def _write_lua_request(request: Request) -> str:
    headers = "".join(f"[{_quote(n)}] = {_quote(v)}, " for n, v in request.headers.items())
    members = {
        "method": _quote(request.method),
        "path": _quote(request.path),
        "body": _quote(request.body),
        "headers": f"{{{headers}}}",
        "changing": json.dumps(MARK.search(request.texts) is not None),
        "stateful": json.dumps("$state" in request.texts),
    }
    return f"  {{{', '.join(f'{name} = {value}' for name, value in members.items())}}},\n"


def _quote(text: str) -> str:
    """Return a text as Lua reads it: each byte that is not plain by its number."""
    plain = (chr(b) if chr(b).isalnum() and b < 128 else f"\\{b:03}" for b in text.encode())  # noqa: PLR2004 - ASCII
    return f'"{"".join(plain)}"'


def _name_run() -> str:
    """Return a text that no run had before."""
    return f"{time.time_ns():x}"


# The generator of our own


def run_own(load: Load, seconds: float) -> Outcome:
    """Send a load by this process, until at least one request is answered."""
    return _Run(load).go(seconds, sys.maxsize)


def send(load: Load, count: int, seconds: float = math.inf) -> Outcome:
    """Send so many requests by this process, or as many as are answered within some seconds."""
    return _Run(load).go(seconds, count)


class _Connection:
    """One connection, with one request under way at a time."""

    def __init__(self, load: Load, number: int, run: str) -> None:
        self._address = urlsplit(load.url)
        self._requests = cycle(load.requests)
        self._marks = {"$connection": f"{number:06}"}
        self._run = run
        self._states: dict[str, str] = {}
        self._next = next(self._requests)
        self._path = ""
        self._heard = bytearray()
        self._count = 0
        self.asked_at = 0.0
        self.connect()

    def connect(self) -> None:
        self.closing = False
        self.socket = socket.create_connection(
            (self._address.hostname, self._address.port), PATIENCE
        )
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        self.socket.close()

    def ask(self) -> None:
        """Send the next request."""
        content = self._write()
        self.asked_at = time.perf_counter()
        self.socket.sendall(content)

    def _write(self) -> bytes:
        request = self._next
        self._count += 1
        self._marks["$unique"] = f"{self._run}-{self._marks['$connection']}-{self._count}"
        self._path = self._fill(request.path)
        if "$state" in request.texts and self._path not in self._states:
            kept = {n: v for n, v in request.headers.items() if n == "Authorization"}
            request = Request("GET", request.path, kept)
        else:
            self._next = next(self._requests)
        self._marks["$state"] = self._states.get(self._path, "")
        headers = "".join(f"{n}: {self._fill(v)}\r\n" for n, v in request.headers.items())
        body = self._fill(request.body).encode()
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        host = f"Host: {self._address.netloc}\r\n"
        head = f"{request.method} {self._path} HTTP/1.1\r\n{host}{headers}{length}\r\n"
        return head.encode() + body

    def _fill(self, text: str) -> str:
        return MARK.sub(lambda mark: self._marks[mark[0]], text) if "$" in text else text

    def hear(self) -> bool:
        """Take in what has arrived; return whether the answer is complete.

        Raises:
            BenchmarkError: The status is not one of success, or the connection ended.
        """
        piece = self.socket.recv(1 << 16)
        self._heard += piece
        head, end, body = bytes(self._heard).partition(b"\r\n\r\n")
        status = STATUS.match(head)
        if end and (status is None or not status[2].startswith(b"2")):
            raise BenchmarkError(f"{self._path} was answered {head!r} {body!r}")
        if not end or not _is_complete(head, body, closed=not piece):
            if not piece:
                raise BenchmarkError(
                    f"{self._path}: the connection was closed before the answer's end"
                )
            return False
        self._finish(head, closing=not piece or _is_closing(head))
        return True

    def _finish(self, head: bytes, *, closing: bool) -> None:
        self._heard.clear()
        if state := STATE.search(head):
            self._states[self._path] = state[1].decode()
        self.closing = closing


def _is_complete(head: bytes, body: bytes, *, closed: bool) -> bool:
    if length := CONTENT_LENGTH.search(head):
        return len(body) >= int(length[1])
    return body.endswith(LAST_CHUNK) if CHUNKED.search(head) else closed


def _is_closing(head: bytes) -> bool:
    if head.startswith(b"HTTP/1.0"):
        return KEEPING.search(head) is None
    return CLOSING.search(head) is not None


class _Run:
    """One sending of a load, with what came of it."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._waits: list[float] = []
        self._asked = 0

    def go(self, seconds: float, count: int) -> Outcome:
        """Send for so many seconds, or so many requests if those are answered sooner."""
        run = _name_run()
        with ExitStack() as stack:
            selector = stack.enter_context(selectors.DefaultSelector())
            for number in range(min(self._load.connections, count)):
                connection = _Connection(self._load, number, run)
                stack.callback(connection.close)
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            began = time.perf_counter()
            for key in selector.get_map().values():
                self._ask(key.data)
            while len(self._waits) < count and not (self._waits and self._passed(began) > seconds):
                self._turn(selector, count)
            return summarize(self._waits, self._passed(began))

    @staticmethod
    def _passed(began: float) -> float:
        return time.perf_counter() - began

    def _ask(self, connection: _Connection) -> None:
        self._asked += 1
        connection.ask()

    def _turn(self, selector: selectors.BaseSelector, count: int) -> None:
        heard = selector.select(PATIENCE)
        if not heard:
            raise BenchmarkError(f"{self._load.requests[0].path}: no answer for {PATIENCE:.0f} s")
        for connection in [key.data for key, _ in heard if key.data.hear()]:
            self._waits.append(time.perf_counter() - connection.asked_at)
            if connection.closing:
                selector.unregister(connection.socket)
                connection.close()
                connection.connect()
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            if self._asked < count:
                self._ask(connection)


def summarize(waits: list[float], seconds: float) -> Outcome:
    """Return the figures of answers that took so many seconds each, and all together."""
    most = quantiles(waits, n=100, method="inclusive")[98] if len(waits) > 1 else waits[0]
    return Outcome(len(waits) / seconds, median(waits), most)
