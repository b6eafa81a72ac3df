"""Measure other mock servers beside the emulator and a bare Flask route.

Missing servers are installed into the user's cache first.
Run ``python -m benchmarks.peers --help`` for the options.
"""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from platformdirs import user_cache_path

from benchmarks import servers
from benchmarks.case import Case, Comparison, Plan, run_rounds
from benchmarks.installation import InstallationError, find_version, install
from benchmarks.load import Load, Request, send
from benchmarks.options import add_options, make_plan, read_options
from benchmarks.peer import DOCUMENT_COUNT, OPERATIONS, PEERS, Peer
from benchmarks.process import (
    HOST,
    BenchmarkError,
    Server,
    answering,
    ask,
    log,
    reserving_port,
    resident_bytes,
    run_to_end,
    running,
)
from benchmarks.report import publish
from benchmarks.servers import BARE_REQUEST, PAGE_SIZE
from benchmarks.table import Goal, Row, divide

FULL_OPTIONS = {"seconds": 3.0, "rounds": 5, "connections": 16, "starts": 5}
QUICK_OPTIONS = {"seconds": 2.0, "rounds": 1, "starts": 1}
MB = 1_000_000
TRIAL_REQUESTS = 50
DOCUMENT_PROPERTY = b"on_order_inventory_enabled"  # once in each document
EMULATOR = "emulator"
EMULATOR_REQUESTS = ("GET of a list", "GET, `select=(**)`", "PATCH with state check")
FASTER_GOAL = Goal("ratio", "at least", 1, "≥ 1 x")


class Running(NamedTuple):
    """A running server, the seconds from its start to the first answer, and its requests."""

    server: Server
    started: float
    requests: Mapping[str, Request]


Start = Callable[[Path, int | None], AbstractContextManager[Running]]
"""Runs a server on a core; the folder is for files of content."""


@dataclass(frozen=True)
class Contender:
    """A server of the comparison, and its figures.

    Attributes:
        name: The name of the server.
        version: The version of the server.
        start: Runs the server.
        asked: The requests in words, by operation.
        starts: Seconds from each start to the first answer.
        cases: The loads and their outcomes, by operation.
        resident: Resident bytes after the start, and after all rounds.
    """

    name: str
    version: str
    start: Start
    asked: Mapping[str, str]
    starts: list[float] = field(default_factory=list)
    cases: dict[str, Case] = field(default_factory=dict)
    resident: list[int] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}".strip()


def main() -> None:
    """Measure, print the tables, write the figures."""
    options = _read_options()
    plan = make_plan(options)
    with TemporaryDirectory() as folder:
        contenders, left_out = gather(options.cache, Path(folder), plan)
        report = measure(contenders, options, Path(folder), plan)
    publish(report, options, plan, left_out)


def measure(
    contenders: Sequence[Contender], options: Namespace, folder: Path, plan: Plan
) -> dict[str, list[Row]]:
    """Return the tables of some servers; the first server is the emulator."""
    measure_starts(contenders, options.starts, folder, plan)
    bare = measure_rates(contenders, options.connections, folder, plan)
    return {
        "Requests a second": [bare.row(), *_list_rates(contenders)],
        "The emulator beside each peer": list(_compare_rates(contenders)),
        "Start to first answer, and memory": list(_list_costs(contenders)),
    }


def _read_options() -> Namespace:
    parser = ArgumentParser(
        "bench-peers", description="Measure other mock servers beside the emulator."
    )
    add_options(parser, Path("build/bench-peers.json"))
    parser.add_argument("--starts", type=int, help="number of starts (default: %(default)s)")
    cache = user_cache_path("ocapi-emulator") / "peers"
    text = "folder of the installed servers (default: %(default)s)"
    parser.add_argument("--cache", type=Path, default=cache, metavar="DIR", help=text)
    options = read_options(parser, FULL_OPTIONS, QUICK_OPTIONS)
    if options.starts < 1:
        parser.error("--starts must be at least 1")
    if options.connections > DOCUMENT_COUNT:
        parser.error(
            f"--connections must be at most {DOCUMENT_COUNT}: each changes its own document"
        )
    options.cache = options.cache.resolve()
    return options


# Installation and trial


def gather(cache: Path, folder: Path, plan: Plan) -> tuple[list[Contender], dict[str, str]]:
    """Return the usable servers, and the reasons against the others by name."""
    asked = dict(zip(OPERATIONS, EMULATOR_REQUESTS, strict=True))
    contenders, left_out = [Contender(EMULATOR, "", start_emulator, asked)], {}
    for peer in PEERS:
        try:
            contenders.append(_install_and_try(peer, cache, folder, plan))
        except (InstallationError, BenchmarkError, OSError) as error:
            left_out[peer.name] = str(error)
            log(f"{peer.name} is left out: {error}")
    return contenders, left_out


def _install_and_try(peer: Peer, cache: Path, folder: Path, plan: Plan) -> Contender:
    """Install a peer and verify its answers."""
    home = install(peer.package, cache)
    contender = Contender(
        peer.name, find_version(peer.package, home), partial(start_peer, peer, home), peer.asked
    )
    log(f"trying {contender.title}")
    with contender.start(folder, plan.cores.server) as running_one:
        _verify(running_one)
    return contender


def _verify(one: Running) -> None:
    """Verify the answers to reads, and send each request some times."""
    for operation, count in (("GET one", 1), ("list of 25", PAGE_SIZE)):
        asked = one.requests[operation]
        answer = ask(one.server.url, asked.method, asked.path, asked.body, asked.headers)
        if answer.status >= 300 or answer.body.count(DOCUMENT_PROPERTY) != count:  # noqa: PLR2004 - no success
            raise BenchmarkError(f"{operation}: {answer.status} {answer.body[:200]!r}")
    send(Load(one.server.url, tuple(one.requests.values()), 2), TRIAL_REQUESTS)


@contextmanager
def start_emulator(folder: Path, core: int | None) -> Iterator[Running]:
    """Run an emulator with all checks on."""
    with servers.run_emulator(folder, DOCUMENT_COUNT, core) as one:
        requests = (servers.read_one(one), servers.read_page(one), servers.change_one(one))
        yield Running(one.server, one.started, dict(zip(OPERATIONS, requests, strict=True)))


@contextmanager
def start_peer(peer: Peer, home: Path, folder: Path, core: int | None) -> Iterator[Running]:
    """Run an installed peer."""
    first = peer.first
    with reserving_port() as port:
        url = f"http://{HOST}:{port}"
        ready = answering(url, first.method, first.path, first.body, first.headers)
        with running(peer.command(home, folder, port), core, ready) as server:
            started = time.perf_counter() - server.began
            peer.fill(url)
            yield Running(server, started, peer.requests)


# Measurements


def measure_starts(contenders: Sequence[Contender], count: int, folder: Path, plan: Plan) -> None:
    """Measure the starts of each server, in turn."""
    for number in range(1, count + 1):
        log(f"start {number} of {count}")
        for contender in contenders:
            with contender.start(folder, plan.cores.server) as one:
                contender.starts.append(one.started)


def measure_rates(
    contenders: Sequence[Contender], connections: int, folder: Path, plan: Plan
) -> Case:
    """Measure rate and memory of each server; return the case of the bare route."""
    core = plan.cores.server
    with ExitStack() as stack:
        route = stack.enter_context(servers.run_bare_route(core))
        bare = Case("bare Flask route", route, Load(route.url, (BARE_REQUEST,), connections))
        processes = []
        for contender in contenders:
            one = stack.enter_context(contender.start(folder, core))
            processes.append(one.server)
            contender.cases.update(_make_cases(contender, one, connections, bare))
        _measure_memory(contenders, processes)
        cases = [one.cases[operation] for operation in OPERATIONS for one in contenders]
        run_rounds([bare, *cases], plan, "requests a second")
        _measure_memory(contenders, processes)
    return bare


def _make_cases(
    contender: Contender, one: Running, connections: int, bare: Case
) -> Iterator[tuple[str, Case]]:
    for operation, request in one.requests.items():
        name = f"{operation}: {contender.title}, {contender.asked[operation]}"
        load = Load(one.server.url, (request,), connections)
        yield operation, Case(name, one.server, load, Comparison(bare, "bare Flask"))


def _measure_memory(contenders: Sequence[Contender], processes: Sequence[Server]) -> None:
    for contender, server in zip(contenders, processes, strict=True):
        contender.resident.append(resident_bytes(server.process))


# Rows


def _list_rates(contenders: Sequence[Contender]) -> Iterator[Row]:
    for operation in OPERATIONS:
        yield from (contender.cases[operation].row() for contender in contenders)


def _compare_rates(contenders: Sequence[Contender]) -> Iterator[Row]:
    """Yield the emulator's rates with the ratios to each peer's rates."""
    emulator, *peers = contenders
    for operation in OPERATIONS:
        rates = emulator.cases[operation].rates
        for peer in peers:
            ratios = divide(rates, peer.cases[operation].rates)
            name = f"{operation}: emulator"
            yield Row(name, "requests/s", rates, ratios, peer.title, FASTER_GOAL)


def _list_costs(contenders: Sequence[Contender]) -> Iterator[Row]:
    own = contenders[0].starts
    for one in contenders:
        yield Row(f"start: {one.title}", "s", one.starts, divide(one.starts, own), EMULATOR)
    for number, when in enumerate(("after start", "after all rounds")):
        weights = [one.resident[number] / MB for one in contenders]
        for one, weight in zip(contenders, weights, strict=True):
            name = f"resident {when}: {one.title}"
            yield Row(name, "MB", [weight], [weight / weights[0]], EMULATOR)


if __name__ == "__main__":
    run_to_end(main)
