"""Measure the emulator: speed beside a bare Flask route, start, memory, and 100,000 records.

Run ``python -m benchmarks.bench --help`` for the options.
"""

import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks import servers
from benchmarks.case import Case, Comparison, Plan, run_rounds
from benchmarks.load import Load, Request, send
from benchmarks.options import add_options, make_plan, read_options
from benchmarks.process import Server, environment, log, on_core, resident_bytes, run_to_end
from benchmarks.report import publish
from benchmarks.servers import PAGE_SIZE, Emulator
from benchmarks.table import Goal, Row, divide

MANY_CONNECTIONS = 64
SMALL_DATA_SET = 100  # lists
MEMORY_CHECKPOINTS = (0.1, 0.5, 1.0)  # shares of all requests
MB = 1_000_000
FULL_OPTIONS = {
    "seconds": 1.0,
    "rounds": 9,
    "connections": 16,
    "records": 100_000,
    "requests": 100_000,
    "starts": 7,
}
QUICK_OPTIONS = {"rounds": 1, "requests": 10_000, "starts": 3}

BARE = "bare Flask"
P99_GOAL = Goal("ratio", "at most", 4, "p99 ≤ 4 x p50")
START_GOAL = Goal("figure", "at most", 0.3, "≤ 0.30 s")
MEMORY_GOAL = Goal("figure", "at most", 80, "≤ 80 MB")
MEMORY_GROWTH_GOAL = Goal("ratio", "at most", 1.05, "≤ 1.05 x")
LOAD_GOAL = Goal("figure", "at most", 3, "≤ 3 s")
RECORD_GOAL = Goal("figure", "at most", 1_000, "≤ 1,000 bytes")
SAME_SPEED_GOAL = Goal("ratio", "at least", 0.9, f"≥ 0.9 x {SMALL_DATA_SET} lists")
LAST_PAGE_GOAL = Goal("ratio", "at least", 0.5, "≥ 0.5 x first page")


class Setting(NamedTuple):
    """The options, the plan of all loads, and a folder for data sets."""

    options: Namespace
    plan: Plan
    folder: Path


def main() -> None:
    """Measure, print the tables, write the figures."""
    options = _read_options()
    plan = make_plan(options)
    with TemporaryDirectory() as folder:
        setting = Setting(options, plan, Path(folder))
        speed, latency = measure_speed(setting)
        report = {
            "Requests a second": speed,
            "Latency, start, memory": [
                *latency,
                *measure_start(setting),
                *measure_memory(setting),
            ],
            f"{options.records:,} records": measure_records(setting),
        }
    publish(report, options, plan)


def _read_options() -> Namespace:
    parser = ArgumentParser("bench", description="Measure the emulator beside a bare Flask route.")
    add_options(parser, Path("build/bench.json"))
    parser.add_argument(
        "--records", type=int, help="inventory lists of the large data set (default: %(default)s)"
    )
    parser.add_argument(
        "--requests", type=int, help="requests of the memory test (default: %(default)s)"
    )
    parser.add_argument("--starts", type=int, help="number of starts (default: %(default)s)")
    options = read_options(parser, FULL_OPTIONS, QUICK_OPTIONS)
    if options.requests < 1 / MEMORY_CHECKPOINTS[0] or options.starts < 1:
        parser.error("--requests must be at least 10, --starts at least 1")
    if options.records <= SMALL_DATA_SET:
        parser.error(f"--records must be more than {SMALL_DATA_SET}")
    if options.connections > SMALL_DATA_SET:
        parser.error(f"--connections must be at most {SMALL_DATA_SET}: each changes its own list")
    return options


# Speed


def measure_speed(setting: Setting) -> tuple[list[Row], list[Row]]:
    """Return request rates beside the bare route's, and the latency at many connections."""
    core = setting.plan.cores.server
    with ExitStack() as stack:
        bare = stack.enter_context(servers.run_bare_route(core))
        emulator = stack.enter_context(servers.run_emulator(setting.folder, SMALL_DATA_SET, core))
        servers.verify_checks(emulator)
        cases = list(_make_cases(bare, emulator, setting.options.connections))
        run_rounds(cases, setting.plan, "requests a second")
        latency = list(_measure_latency(emulator, setting.plan))
    return [case.row() for case in cases], latency


def _make_cases(route: Server, emulator: Emulator, connections: int) -> Iterator[Case]:
    bare = Case("bare Flask route", route, Load(route.url, (servers.BARE_REQUEST,), connections))
    yield bare
    for name, request, least in _list_requests(emulator):
        load = Load(emulator.server.url, (request,), connections)
        goal = Goal("ratio", "at least", least, f"≥ {least} x {BARE}") if least else None
        yield Case(name, emulator.server, load, Comparison(bare, BARE, goal))


def _list_requests(emulator: Emulator) -> list[tuple[str, Request, float | None]]:
    """Return name, request, and lowest accepted ratio to the bare route."""
    return [
        ("GET one list, cached", servers.read_one(emulator), 1.4),
        ("GET one list, not cached", servers.read_one_uncached(emulator), 0.4),
        ("list of 25, `select=(**)`, cached", servers.read_page(emulator), 1.3),
        ("PATCH with state check", servers.change_one(emulator), 0.35),
        ("search, term on `id`, cached", servers.search_one(emulator), None),
        ("GET one list in XML, cached", servers.read_one(emulator, Accept="application/xml"), None),
        ("Inventory Service: GET one item", servers.read_service("/items/item-050"), None),
        ("Inventory Service: list of 25", servers.read_service("/items?pageSize=25"), None),
    ]


def _measure_latency(emulator: Emulator, plan: Plan) -> Iterator[Row]:
    name = f"GET one list, cached, {MANY_CONNECTIONS} connections"
    load = Load(emulator.server.url, (servers.read_one(emulator),), MANY_CONNECTIONS)
    case = Case(name, emulator.server, load)
    run_rounds([case], plan, f"{MANY_CONNECTIONS} connections")
    p50 = [outcome.p50 * 1000 for outcome in case.outcomes]
    p99 = [outcome.p99 * 1000 for outcome in case.outcomes]
    yield Row(f"{name}, p50", "ms", p50)
    yield Row(f"{name}, p99", "ms", p99, divide(p99, p50), "p50", P99_GOAL)


# Start, memory


def measure_start(setting: Setting) -> list[Row]:
    """Return the seconds from process start to first answers, beside an import of Flask."""
    log("start")
    core = setting.plan.cores.server
    servers.time_start(core)  # the first start writes the bytecode files
    starts, flask = [], []
    for _ in range(setting.options.starts):
        starts.append(servers.time_start(core))
        flask.append(_time_flask_import(core))
    health, page = ([times[n] for times in starts] for n in range(2))
    alone = "import of Flask"
    return [
        Row("start to first answer", "s", health, divide(health, flask), alone, START_GOAL),
        Row("start to first token and page", "s", page, divide(page, flask), alone),
        Row("Python process that imports Flask and ends", "s", flask),
    ]


def _time_flask_import(core: int | None) -> float:
    began = time.perf_counter()
    with on_core(core):
        subprocess.run([sys.executable, "-c", "import flask"], check=True, env=environment())
    return time.perf_counter() - began


def measure_memory(setting: Setting) -> list[Row]:
    """Return the resident memory after requests of all kinds."""
    total, core = setting.options.requests, setting.plan.cores.server
    counts = [0, *(round(total * share) for share in MEMORY_CHECKPOINTS)]
    with servers.run_emulator(setting.folder, SMALL_DATA_SET, core) as emulator:
        resident = [resident_bytes(emulator.server.process) / MB]
        requests = tuple(request for _, request, _ in _list_requests(emulator))
        load = Load(emulator.server.url, requests, setting.options.connections)
        for before, count in pairwise(counts):
            log(f"memory: {count:,} of {total:,} requests")
            with on_core(setting.plan.cores.client):
                send(load, count - before)
            resident.append(resident_bytes(emulator.server.process) / MB)
    return list(_make_memory_rows(counts, resident))


def _make_memory_rows(counts: Sequence[int], resident: Sequence[float]) -> Iterator[Row]:
    """Yield the figures, and the growth from the first checkpoint to the last."""
    for count, megabytes in zip(counts[:-1], resident[:-1], strict=True):
        yield Row(f"resident after {count:,} requests", "MB", [megabytes])
    name = f"resident after {counts[-1]:,} requests"
    yield Row(name, "MB", resident[-1:], goal=MEMORY_GOAL)
    growth = [resident[-1] / resident[1]]
    base = f"after {counts[1]:,} requests"
    yield Row(f"{name}, growth", "MB", resident[-1:], growth, base, MEMORY_GROWTH_GOAL)


# Many records


def measure_records(setting: Setting) -> list[Row]:
    """Return start, memory and read rates with a large data set; the start includes the load."""
    core, records = setting.plan.cores.server, setting.options.records
    with ExitStack() as stack:
        small, large = (
            stack.enter_context(servers.run_emulator(setting.folder, size, core))
            for size in (SMALL_DATA_SET, records)
        )
        before, after = (resident_bytes(one.server.process) for one in (small, large))
        cases = list(_compare_reads(small, large, setting.options.connections))
        run_rounds(cases, setting.plan, f"{records:,} records")
    further = records - SMALL_DATA_SET
    return [
        Row("start to first answer", "s", [large.started], goal=LOAD_GOAL),
        Row("resident", "MB", [after / MB]),
        Row("resident for each record", "bytes", [(after - before) / further], goal=RECORD_GOAL),
        *(case.row() for case in cases),
    ]


def _compare_reads(small: Emulator, large: Emulator, connections: int) -> Iterator[Case]:
    """Yield reads of the two data sets, and of the first and the last page."""

    def make(
        name: str, emulator: Emulator, request: Request, comparison: Comparison | None = None
    ) -> Case:
        load = Load(emulator.server.url, (request,), connections)
        return Case(f"{emulator.size:,} lists: {name}", emulator.server, load, comparison)

    one, last = "GET one list, not cached", large.size - PAGE_SIZE
    base = make(one, small, servers.read_one_uncached(small))
    yield base
    same = Comparison(base, f"{small.size:,} lists", SAME_SPEED_GOAL)
    yield make(one, large, servers.read_one_uncached(large), same)
    first = make("first page of 25, not cached", large, servers.read_page_uncached(large, 0))
    yield first
    half = Comparison(first, "first page", LAST_PAGE_GOAL)
    yield make("last page, not cached", large, servers.read_page_uncached(large, last), half)


if __name__ == "__main__":
    run_to_end(main)
