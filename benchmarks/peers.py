"""Measure mock servers that others use beside the emulator and a bare Flask route.

They are installed into the user's cache unless they are there.
``python -m benchmarks.peers --help`` tells the options.
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

from benchmarks import subject
from benchmarks.case import Case, Comparison, Plan, run_rounds
from benchmarks.installation import InstallationError, find_version, install
from benchmarks.load import Load, Request, send
from benchmarks.option import add_options, make_plan, read_options
from benchmarks.peer import OPERATIONS, PEERS, SIZE, Peer
from benchmarks.process import (
    HOST,
    BenchmarkError,
    Server,
    answering,
    ask,
    find_port,
    run_to_end,
    running,
    tell,
    weigh,
)
from benchmarks.report import publish
from benchmarks.subject import BARE, PAGE_SIZE
from benchmarks.table import Goal, Row, divide

FULL = {"seconds": 3.0, "rounds": 5, "connections": 16, "starts": 5}
QUICK = {"seconds": 2.0, "rounds": 1, "starts": 1}
MB = 1_000_000
PROOF = 50  # requests
PROPERTY = b"on_order_inventory_enabled"  # once in each document
EMULATOR = "emulator"
ASKED = ("GET of a list", "GET, `select=(**)`", "PATCH with state check")
FASTER = {("GET one", "json-server"): Goal("ratio", "at least", 1.3, "≥ 1.3 x json-server")}


class Running(NamedTuple):
    """A server that runs, after how many seconds it answered first, and what it is to be asked."""

    server: Server
    started: float
    requests: Mapping[str, Request]


Start = Callable[[Path, int | None], AbstractContextManager[Running]]
"""Runs a server on a core, with content that it may put into a folder."""


@dataclass(frozen=True)
class Contender:
    """A server that takes part, and what was measured of it.

    Attributes:
        name: What it is called.
        version: Which of its versions runs.
        start: Runs it.
        asked: What it is asked, in words, by operation.
        starts: Seconds from each start to the first answer.
        cases: What it is asked, by operation.
        resident: Bytes after its start, and after all rounds.
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
    """Measure as the arguments say, print tables, write figures."""
    options = _read_options()
    plan = make_plan(options)
    with TemporaryDirectory() as folder:
        contenders, left_out = gather(options.cache, Path(folder), plan)
        report = measure(contenders, options, Path(folder), plan)
    publish(report, options, plan, left_out)


def measure(
    contenders: Sequence[Contender], options: Namespace, folder: Path, plan: Plan
) -> dict[str, list[Row]]:
    """Return the tables of some servers, of which the emulator is the first."""
    measure_starts(contenders, options.starts, folder, plan)
    bare = measure_rates(contenders, options.connections, folder, plan)
    return {
        "Requests a second": [bare.row(), *_list_rates(contenders)],
        "The emulator beside each peer": list(_compare_rates(contenders)),
        "Start to first answer, and memory": list(_list_costs(contenders)),
    }


def _read_options() -> Namespace:
    parser = ArgumentParser("bench-peers", description="Measure other mock servers as well.")
    add_options(parser, Path("build/bench-peers.json"))
    parser.add_argument("--starts", type=int, help="that are timed (default: %(default)s)")
    cache = user_cache_path("ocapi-emulator") / "peers"
    told = "folder that peers are installed in"
    parser.add_argument("--cache", type=Path, default=cache, metavar="DIR", help=told)
    options = read_options(parser, FULL, QUICK)
    if options.starts < 1:
        parser.error("--starts is at least 1")
    if options.connections > SIZE:
        parser.error(f"--connections is at most {SIZE}: each changes a document of its own")
    options.cache = options.cache.resolve()
    return options


# Who takes part


def gather(cache: Path, folder: Path, plan: Plan) -> tuple[list[Contender], dict[str, str]]:
    """Return the servers that can be measured, and by name why the others cannot."""
    asked = dict(zip(OPERATIONS, ASKED, strict=True))
    contenders, left_out = [Contender(EMULATOR, "", start_emulator, asked)], {}
    for peer in PEERS:
        try:
            contenders.append(_admit(peer, cache, folder, plan))
        except (InstallationError, BenchmarkError, OSError) as error:
            left_out[peer.name] = str(error)
            tell(f"{peer.name} is left out: {error}")
    return contenders, left_out


def _admit(peer: Peer, cache: Path, folder: Path, plan: Plan) -> Contender:
    """Install a peer and see that it answers what it is asked."""
    home = install(peer.package, cache)
    contender = Contender(
        peer.name, find_version(peer.package, home), partial(start_peer, peer, home), peer.asked
    )
    tell(f"trying {contender.title}")
    with contender.start(folder, plan.cores.server) as running_one:
        _prove(running_one)
    return contender


def _prove(one: Running) -> None:
    """See that documents and pages are what they should be, and that changes are taken."""
    for operation, count in (("GET one", 1), ("list of 25", PAGE_SIZE)):
        asked = one.requests[operation]
        answer = ask(one.server.url, asked.method, asked.path, asked.body, asked.headers)
        if answer.status >= 300 or answer.body.count(PROPERTY) != count:  # noqa: PLR2004 - no success
            told = f"answered {answer.status} {answer.body[:200]!r}"
            raise BenchmarkError(f"{operation} was {told}")
    send(Load(one.server.url, tuple(one.requests.values()), 2), PROOF)


@contextmanager
def start_emulator(folder: Path, core: int | None) -> Iterator[Running]:
    """Run an emulator with all its checks on."""
    with subject.serving(folder, SIZE, core) as one:
        requests = (subject.read_one(one), subject.read_page(one), subject.change_one(one))
        yield Running(one.server, one.started, dict(zip(OPERATIONS, requests, strict=True)))


@contextmanager
def start_peer(peer: Peer, home: Path, folder: Path, core: int | None) -> Iterator[Running]:
    """Run a peer that is installed in a folder, with its content in another one."""
    port, first = find_port(), peer.first
    url = f"http://{HOST}:{port}"
    ready = answering(url, first.method, first.path, first.body, first.headers)
    with running(peer.command(home, folder, port), core, ready) as server:
        started = time.perf_counter() - server.began
        peer.fill(url)
        yield Running(server, started, peer.requests)


# What they take


def measure_starts(contenders: Sequence[Contender], count: int, folder: Path, plan: Plan) -> None:
    """Note the time of so many starts of each."""
    for number in range(1, count + 1):
        tell(f"start {number} of {count}")
        for contender in contenders:
            with contender.start(folder, plan.cores.server) as one:
                contender.starts.append(one.started)


def measure_rates(
    contenders: Sequence[Contender], connections: int, folder: Path, plan: Plan
) -> Case:
    """Note rates and memory of each; return the case of the bare route beside them."""
    core = plan.cores.server
    with ExitStack() as stack:
        route = stack.enter_context(subject.serving_bare_route(core))
        bare = Case("bare Flask route", route, Load(route.url, (BARE,), connections))
        servers = []
        for contender in contenders:
            one = stack.enter_context(contender.start(folder, core))
            servers.append(one.server)
            contender.cases.update(_make_cases(contender, one, connections, bare))
        _weigh_all(contenders, servers)
        cases = [one.cases[operation] for operation in OPERATIONS for one in contenders]
        run_rounds([bare, *cases], plan, "requests a second")
        _weigh_all(contenders, servers)
    return bare


def _make_cases(
    contender: Contender, one: Running, connections: int, bare: Case
) -> Iterator[tuple[str, Case]]:
    for operation, request in one.requests.items():
        name = f"{operation}: {contender.title}, {contender.asked[operation]}"
        load = Load(one.server.url, (request,), connections)
        yield operation, Case(name, one.server, load, Comparison(bare, "bare Flask"))


def _weigh_all(contenders: Sequence[Contender], servers: Sequence[Server]) -> None:
    for contender, server in zip(contenders, servers, strict=True):
        contender.resident.append(weigh(server.process))


# Rows


def _list_rates(contenders: Sequence[Contender]) -> Iterator[Row]:
    for operation in OPERATIONS:
        yield from (contender.cases[operation].row() for contender in contenders)


def _compare_rates(contenders: Sequence[Contender]) -> Iterator[Row]:
    """Yield the emulator's rates with their ratios to those of each peer."""
    emulator, *peers = contenders
    for operation in OPERATIONS:
        rates = emulator.cases[operation].rates
        for peer in peers:
            ratios = divide(rates, peer.cases[operation].rates)
            goal = FASTER.get((operation, peer.name))
            yield Row(f"{operation}: emulator", "requests/s", rates, ratios, peer.title, goal)


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
