"""Measure an emulator beside a bare Flask route: requests a second, start, memory.

All servers are processes of their own on one core, the load generator is one on another. Each
round asks every server in turn, so that what disturbs the machine disturbs all of them alike.
The script starts itself as ``bare``, the Flask route, and as ``load``, the load generator that is
taken where there is no ``wrk``.
"""

import argparse
import json
import os
import platform
import re
import selectors
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response

from emulator.listener import Listener

DEMO = "a" * 30
LISTS = "/s/-/dw/data/v23_2/inventory_lists"
# In a balanced tree the first key is one of those farthest from the root.
ONE = f"{LISTS}/list-000000"
PAGE = f"{LISTS}?select=(**)&count=25"
SIZES = (100, 10_000, 100_000)
STARTS = 5
PATIENCE = 60  # seconds
OK = 200
BODY = b'{"description":"' + b"x" * 400 + b'"}'
LISTENING = re.compile(r"listening on (http://\S+)")
RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
TROUBLE = re.compile(r"(?:Non-2xx or 3xx responses|Socket errors): .*")
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
LUA = """
wrk.method = "{method}"
wrk.headers["Authorization"] = "{authorization}"
"""
LUA_CHANGE = """
wrk.headers["Content-Type"] = "application/json"
local count = 0
request = function()
  count = count + 1
  return wrk.format(nil, nil, nil, '{"description":"changed ' .. count .. ' times"}')
end
"""


class Cores(NamedTuple):
    """The processor cores of servers and client, None where they cannot be chosen."""

    server: int | None
    client: int | None


class Server(NamedTuple):
    """A server that was started: its process and its base URL."""

    process: subprocess.Popen[str]
    url: str


@dataclass(frozen=True)
class Load:
    """What the load generator sends: one request, over and over, on several connections."""

    url: str
    path: str
    method: str
    authorization: str
    connections: int
    seconds: int


@dataclass(frozen=True)
class Case:
    """One request to one server, and its rate in each round, in requests a second."""

    name: str
    load: Load
    rates: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Store:
    """One emulator under load, with its resident memory in KiB before and after."""

    server: Server
    size: int
    memory: list[int] = field(default_factory=list)

    def weigh(self) -> None:
        """Note the resident memory of now."""
        status = Path(f"/proc/{self.server.process.pid}/status")
        found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text() if status.exists() else "")
        self.memory.append(int(found[1]) if found else 0)


@dataclass(frozen=True)
class Result:
    """All figures: of each case by round, of each store, of each start in seconds."""

    setting: Mapping[str, Any]
    cases: list[Case]
    stores: list[Store]
    starts: list[float]


def main() -> None:
    """Do what the arguments say."""
    if sys.argv[1:] == ["bare"]:
        serve_bare_route()
    elif sys.argv[1:] == ["load"]:
        print(drive(Load(**json.load(sys.stdin))))
    else:
        options = _parse_options()
        result = measure(options)
        print(render(result))
        if options.json:
            options.json.write_text(json.dumps(list_figures(result), indent=2) + "\n")


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the emulator beside a bare Flask route.")
    parser.add_argument("--seconds", type=int, default=2, help="of one run (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of all runs (default: %(default)s)")
    parser.add_argument("--connections", type=int, default=8, help="at once (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args()


def measure(options: argparse.Namespace) -> Result:
    """Start the servers, load them round by round, end them."""
    cores = _choose_cores()
    starts = [_time_start(cores.server) for _ in range(STARTS)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        bare = stack.enter_context(running([sys.executable, __file__, "bare"], cores.server))
        stores = [
            Store(stack.enter_context(serving(folder, size, cores.server)), size) for size in SIZES
        ]
        for store in stores:
            store.weigh()
        cases = make_cases(bare, stores, options)
        _run_rounds(cases, options.rounds, folder, cores.client)
        for store in stores:
            store.weigh()
    return Result(_describe(options, cores), cases, stores, starts)


def _describe(options: argparse.Namespace, cores: Cores) -> dict[str, Any]:
    return {
        "generator": "wrk" if shutil.which("wrk") else "the script's own",
        "connections": options.connections,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "cores": cores._asdict(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{platform.system()} {platform.machine()}",
    }


# Processes


def _choose_cores() -> Cores:
    if not hasattr(os, "sched_getaffinity"):
        return Cores(None, None)
    available = sorted(os.sched_getaffinity(0))
    return Cores(available[0], available[1]) if len(available) > 1 else Cores(None, None)


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Bind the processes that are started meanwhile to a core."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def running(command: list[str], core: int | None) -> Iterator[Server]:
    """Run a server that says where it listens; end it."""
    with on_core(core):
        # Its warnings about waiting requests would fill the terminal, or a pipe that nobody reads.
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
    with process:
        try:
            yield Server(process, _read_url(process))
        finally:
            process.kill()


def _read_url(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout else ""
    found = LISTENING.search(line)
    if found is None:
        raise SystemExit(f"bench: {process.args!r} did not start")
    return found[1]


def serve_command(*arguments: str) -> list[str]:
    """Return the command that serves on any free port."""
    program = Path(sys.executable).with_name("ocapi-emulator")
    return [str(program), "serve", "--port", "0", *arguments]


@contextmanager
def serving(folder: Path, size: int, core: int | None) -> Iterator[Server]:
    """Run an emulator of so many inventory lists."""
    _tell(f"an emulator of {size:,} lists")
    data_set = folder / str(size)
    data_set.mkdir()
    client = {"client_id": DEMO, "client_secret": DEMO}
    lists = [
        {"id": f"list-{number:06}", "description": f"List {number}", "assigned_sites": ["bench"]}
        for number in range(size)
    ]
    contents = {"sites": [{"id": "bench"}], "clients": [client], "inventory_lists": lists}
    for name, content in contents.items():
        (data_set / f"{name}.json").write_text(json.dumps(content))
    with running(serve_command("--fixtures", str(data_set)), core) as server:
        yield server


def serve_bare_route() -> None:
    """Serve one Flask route with a constant body, until the process is ended."""
    app = Flask("bare", static_folder=None)

    @app.get("/")
    def answer() -> Response:
        return Response(BODY, content_type="application/json;charset=UTF-8")

    listener = Listener(app, "127.0.0.1", 0)
    listener.start()
    print(f"bare route listening on {listener.url}", flush=True)
    Event().wait()


def _time_start(core: int | None) -> float:
    """Return the seconds from the start of a process to its first answer."""
    _tell("start to first answer")
    began = time.perf_counter()
    with running(serve_command(), core) as server:
        _ask(server.url, "GET", "/__emulator__/health")
        return time.perf_counter() - began


# Requests


def _ask(url: str, method: str, path: str, body: str = "", **headers: str) -> bytes:
    """Return the body of an answer, which must be 200."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    try:
        connection.request(method, path, body, {n.replace("_", "-"): v for n, v in headers.items()})
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    if response.status != OK:
        raise SystemExit(f"bench: {method} {path} was answered {response.status}: {content!r}")
    return content


def _authorize(url: str) -> str:
    """Return the Authorization header of a token of the emulator."""
    form = urlencode({"grant_type": "client_credentials", "client_id": DEMO, "client_secret": DEMO})
    media_type = "application/x-www-form-urlencoded"
    answer = _ask(url, "POST", "/dwsso/oauth2/access_token", form, Content_Type=media_type)
    return f"Bearer {json.loads(answer)['access_token']}"


def make_cases(bare: Server, stores: list[Store], options: argparse.Namespace) -> list[Case]:
    """Return what is measured, each asked once to see that it is answered."""
    runs = options.connections, options.seconds
    cases = [Case("bare Flask route", Load(bare.url, "/", "GET", "none", *runs))]
    for store in stores:
        url, token = store.server.url, _authorize(store.server.url)
        cases.append(Case(f"GET one of {store.size:,}", Load(url, ONE, "GET", token, *runs)))
        if store.size == SIZES[0]:
            cases.append(
                Case(f"GET 25 of {store.size:,}, select=(**)", Load(url, PAGE, "GET", token, *runs))
            )
            cases.append(
                Case(f"PATCH one of {store.size:,}", Load(url, ONE, "PATCH", token, *runs))
            )
    for case in cases:
        load = case.load
        body = '{"description":"asked once"}' if load.method == "PATCH" else ""
        _ask(load.url, load.method, load.path, body, Authorization=load.authorization)
    return cases


def _run_rounds(cases: list[Case], rounds: int, folder: Path, core: int | None) -> None:
    generate: Callable[[Load, Path], float] = run_wrk if shutil.which("wrk") else run_own
    for number in range(rounds + 1):
        # The first round warms up and does not count.
        _tell(f"round {number} of {rounds}" if number else "warming up")
        for case in cases:
            with on_core(core):
                rate = generate(case.load, folder)
            if number:
                case.rates.append(rate)


# Load generators


def run_wrk(load: Load, folder: Path) -> float:
    """Return the requests a second that ``wrk`` gets answered."""
    script = folder / "request.lua"
    head = LUA.format(method=load.method, authorization=load.authorization)
    script.write_text(head + (LUA_CHANGE if load.method == "PATCH" else ""))
    counts = ["-t1", f"-c{load.connections}", f"-d{load.seconds}s", "-s", str(script)]
    command = [shutil.which("wrk") or "wrk", *counts, load.url + load.path]
    told = subprocess.run(
        command, capture_output=True, text=True, timeout=load.seconds + PATIENCE, check=True
    ).stdout
    rate, trouble = RATE.search(told), TROUBLE.search(told)
    if trouble or not rate:
        raise SystemExit(f"bench: {load.method} {load.path}: {trouble[0] if trouble else told}")
    return float(rate[1])


def run_own(load: Load, _: Path) -> float:
    """Return the requests a second that the load generator of this script gets answered."""
    finished = subprocess.run(
        [sys.executable, __file__, "load"],
        input=json.dumps(asdict(load)),
        stdout=subprocess.PIPE,
        text=True,
        timeout=load.seconds + PATIENCE,
        check=True,
    )
    return float(finished.stdout)


class Connection:
    """One kept connection of the load generator, with one request under way at a time."""

    def __init__(self, load: Load) -> None:
        address = urlsplit(load.url)
        self.socket = socket.create_connection((address.hostname, address.port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self._head = (
            f"{load.method} {load.path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Authorization: {load.authorization}\r\n"
        )
        self._changes = load.method == "PATCH"
        self._asked = 0
        self._heard = b""

    def ask(self) -> None:
        """Send the next request."""
        self._asked += 1
        body = f'{{"description":"changed {self._asked} times"}}' if self._changes else ""
        about = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        self.socket.sendall(f"{self._head}{about}\r\n{body}".encode())

    def hear(self) -> bool:
        """Take in what has arrived; return whether the answer is complete."""
        piece = self.socket.recv(1 << 16)
        self._heard += piece
        head, end, body = self._heard.partition(b"\r\n\r\n")
        length = CONTENT_LENGTH.search(head)
        if not piece or (end and not (length and head.startswith(b"HTTP/1.1 200"))):
            raise SystemExit(f"bench: answered by {head!r}")
        if not end or length is None or len(body) < int(length[1]):
            return False
        self._heard = b""
        return True


def drive(load: Load) -> float:
    """Send a load and return the requests a second that were answered."""
    answered = 0
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for connection in [Connection(load) for _ in range(load.connections)]:
            stack.enter_context(connection.socket)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.ask()
        began = time.perf_counter()
        while (left := began + load.seconds - time.perf_counter()) > 0:
            for key, _ in selector.select(left):
                if key.data.hear():
                    answered += 1
                    key.data.ask()
        return answered / (time.perf_counter() - began)


# Results


def _ratio(case: Case, bare: Case) -> float:
    """Return the median of the ratios of each round, which what disturbs a round leaves alone."""
    return median(rate / other for rate, other in zip(case.rates, bare.rates, strict=True))


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def render(result: Result) -> str:
    """Return the result as Markdown."""
    parts = (
        [_render_setting(result.setting)],
        _render_rates(result),
        _render_stores(result),
        [_render_starts(result.starts)],
    )
    return "\n\n".join("\n".join(part) for part in parts)


def _render_setting(setting: Mapping[str, Any]) -> str:
    cores = setting["cores"]
    pinned = f"server on core {cores['server']}, client on core {cores['client']}"
    return (
        f"{setting['python']}, {setting['machine']}; load generator: {setting['generator']}, "
        f"{setting['connections']} connections; medians of {setting['rounds']} rounds of "
        f"{setting['seconds']} s; {'cores not chosen' if cores['client'] is None else pinned}"
    )


def _render_starts(starts: list[float]) -> str:
    span = f"{min(starts):.2f} to {max(starts):.2f} s"
    return f"Start to first answer: {median(starts):.2f} s, the median of {len(starts)} ({span})."


def _render_rates(result: Result) -> Iterator[str]:
    yield _row("request", "requests/s", "lowest to highest", "to the bare route")
    yield _row("---", "---:", "---:", "---:")
    for case in result.cases:
        rates = f"{min(case.rates):,.0f} to {max(case.rates):,.0f}"
        ratio = f"{_ratio(case, result.cases[0]):.2f}"
        yield _row(case.name, f"{median(case.rates):,.0f}", rates, ratio)


def _render_stores(result: Result) -> Iterator[str]:
    yield _row("lists in the store", "resident after start", "after the load")
    yield _row("---:", "---:", "---:")
    for store in result.stores:
        yield _row(f"{store.size:,}", *(f"{kib / 1024:.0f} MiB" for kib in store.memory))


def list_figures(result: Result) -> dict[str, Any]:
    """Return all figures as a JSON value."""
    return {
        "setting": result.setting,
        "requests_per_second": {case.name: case.rates for case in result.cases},
        "resident_kib": {store.size: store.memory for store in result.stores},
        "seconds_to_first_answer": result.starts,
    }


def _tell(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
