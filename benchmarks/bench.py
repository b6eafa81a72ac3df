"""Measure an emulator beside a bare Flask route: speed, start, memory, and growth with its data.

``python -m benchmarks.bench --help`` tells the options.
"""

import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks import subject
from benchmarks.case import Case, Comparison, Plan, run_rounds
from benchmarks.load import Load, Request, send
from benchmarks.option import add_options, make_plan, read_options
from benchmarks.process import Server, environment, on_core, run_to_end, tell, weigh
from benchmarks.report import publish
from benchmarks.subject import PAGE_SIZE, Emulator
from benchmarks.table import Goal, Row, divide

MANY_CONNECTIONS = 64
STEPS = (0.1, 0.5, 1.0)  # of the requests after which memory is looked at
MB = 1_000_000
FULL = {
    "seconds": 1.0,
    "rounds": 9,
    "connections": 16,
    "sizes": "100,10000,100000,1000000",
    "requests": 100_000,
    "starts": 7,
}
QUICK = {"rounds": 1, "sizes": "100,10000", "requests": 10_000, "starts": 3}

BARE = "bare Flask"
SLOWEST_OF_MANY = Goal("ratio", "at most", 4, "p99 ≤ 4 x p50")
START = Goal("figure", "at most", 0.3, "≤ 0.30 s")
MEMORY = Goal("figure", "at most", 80, "≤ 80 MB")
FLAT = Goal("ratio", "at most", 1.05, "flat: ≤ 1.05 x")
LOADING = Goal("figure", "at most", 10, "≤ 10 s")
RECORD = Goal("figure", "at most", 1_000, "≤ 1,000 bytes a record")
SAME_SPEED = Goal("ratio", "at least", 0.9, "≥ 0.9 x the smallest")
ANY_PAGE = Goal("ratio", "at least", 0.5, "≥ 0.5 x the first page")


class Setting(NamedTuple):
    """What all measurements know: the options, how loads are sent, and a folder for data sets."""

    options: Namespace
    plan: Plan
    folder: Path


def main() -> None:
    """Measure as the arguments say, print tables, write figures."""
    options = _read_options()
    plan = make_plan(options)
    with TemporaryDirectory() as folder:
        setting = Setting(options, plan, Path(folder))
        speed, waiting = measure_speed(setting)
        costs = [*waiting, *measure_start(setting), *measure_memory(setting)]
        report = {
            "Requests a second": speed,
            "Waiting, start, memory": costs,
            "Growth with the number of lists": measure_growth(setting),
        }
    publish(report, options, plan)


def _read_options() -> Namespace:
    parser = ArgumentParser("bench", description="Measure the emulator beside a bare Flask route.")
    add_options(parser, Path("build/bench.json"))
    parser.add_argument("--sizes", help="numbers of inventory lists (default: %(default)s)")
    parser.add_argument(
        "--requests", type=int, help="before memory is looked at last (default: %(default)s)"
    )
    parser.add_argument("--starts", type=int, help="that are timed (default: %(default)s)")
    options = read_options(parser, FULL, QUICK)
    options.sizes = _read_sizes(parser, options)
    if options.requests < 1 / STEPS[0] or options.starts < 1:
        parser.error("--requests is at least 10, --starts at least 1")
    return options


def _read_sizes(parser: ArgumentParser, options: Namespace) -> list[int]:
    """Return the sizes in their order; lists are to be enough for a page and all connections."""
    numbers = options.sizes.split(",")
    if not all(number.strip().isdecimal() for number in numbers):
        parser.error(f"--sizes {options.sizes} are not numbers with commas between them")
    sizes = sorted({int(number) for number in numbers})
    least = max(PAGE_SIZE, options.connections)
    if sizes[0] < least:
        parser.error(f"--sizes: {sizes[0]} lists are too few, at least {least} are asked for")
    return sizes


# Requests a second


def measure_speed(setting: Setting) -> tuple[list[Row], list[Row]]:
    """Return rates beside that of the bare route, and how long many connections wait."""
    core, options = setting.plan.cores.server, setting.options
    with ExitStack() as stack:
        bare = stack.enter_context(subject.serving_bare_route(core))
        emulator = stack.enter_context(subject.serving(setting.folder, options.sizes[0], core))
        subject.prove_checks(emulator)
        cases = list(_make_cases(bare, emulator, options.connections))
        run_rounds(cases, setting.plan, "requests a second")
        waiting = list(_measure_waiting(emulator, setting.plan))
    return [case.row() for case in cases], waiting


def _measure_waiting(emulator: Emulator, plan: Plan) -> Iterator[Row]:
    """Yield within which time half and 99 % of many connections are answered."""
    name = f"GET one list at {MANY_CONNECTIONS} connections"
    load = Load(emulator.server.url, (subject.read_one(emulator),), MANY_CONNECTIONS)
    case = Case(name, emulator.server, load)
    run_rounds([case], plan, f"{MANY_CONNECTIONS} connections")
    half = [outcome.half * 1000 for outcome in case.outcomes]
    most = [outcome.most * 1000 for outcome in case.outcomes]
    yield Row(f"{name}, p50", "ms", half)
    yield Row(f"{name}, p99", "ms", most, divide(most, half), "p50", SLOWEST_OF_MANY)


def _make_cases(route: Server, emulator: Emulator, connections: int) -> Iterator[Case]:
    bare = Case("bare Flask route", route, Load(route.url, (subject.BARE,), connections))
    yield bare
    for name, request, least in _list_requests(emulator):
        load = Load(emulator.server.url, (request,), connections)
        goal = Goal("ratio", "at least", least, f"≥ {least} x {BARE}") if least else None
        yield Case(name, emulator.server, load, Comparison(bare, BARE, goal))


def _list_requests(emulator: Emulator) -> list[tuple[str, Request, float | None]]:
    """Return what is asked, by name, with the least ratio to the bare route that is wanted."""
    return [
        ("GET one list", subject.read_one(emulator), 1.5),
        ("GET one list, never asked so before", subject.read_one_anew(emulator), None),
        ("list of 25, `select=(**)`", subject.read_page(emulator), 1.2),
        ("PATCH with state check", subject.change_one(emulator), 0.7),
        ("search, term on `id`", subject.search_one(emulator), 0.7),
        ("GET one list in XML", subject.read_one(emulator, Accept="application/xml"), None),
        ("Inventory Service: GET one item", subject.read_service("/items/item-050"), None),
        ("Inventory Service: list of 25", subject.read_service("/items?pageSize=25"), None),
    ]


# Start, memory


def measure_start(setting: Setting) -> list[Row]:
    """Return the times from a process's start to its answers, with bytecode, beside Flask's."""
    tell("start")
    core = setting.plan.cores.server
    subject.time_start(core)  # leaves bytecode behind
    starts, flask = [], []
    for _ in range(setting.options.starts):
        starts.append(subject.time_start(core))
        flask.append(_time_flask(core))
    first, documents = ([times[n] for times in starts] for n in range(2))
    alone = "Flask alone"
    return [
        Row("start to first answer", "s", first, divide(first, flask), alone, START),
        Row("start to first token and page", "s", documents, divide(documents, flask), alone),
        Row("importing Flask alone, start of Python included", "s", flask),
    ]


def _time_flask(core: int | None) -> float:
    began = time.perf_counter()
    with on_core(core):
        subprocess.run([sys.executable, "-c", "import flask"], check=True, env=environment())
    return time.perf_counter() - began


def measure_memory(setting: Setting) -> list[Row]:
    """Return what is resident after so many requests of all kinds."""
    total = setting.options.requests
    counts = [round(total * step) for step in STEPS]
    core = setting.plan.cores.server
    with subject.serving(setting.folder, setting.options.sizes[0], core) as emulator:
        weights = [weigh(emulator.server.process) / MB]
        load = _mix(emulator, setting.options.connections)
        for before, count in zip([0, *counts], counts, strict=False):
            tell(f"memory: {count:,} of {total:,} requests")
            with on_core(setting.plan.cores.client):
                send(load, count - before)
            weights.append(weigh(emulator.server.process) / MB)
    return list(_compare_weights([0, *counts], weights))


def _mix(emulator: Emulator, connections: int) -> Load:
    requests = [request for _, request, _ in _list_requests(emulator)]
    return Load(emulator.server.url, tuple(requests), connections)


def _compare_weights(counts: Sequence[int], weights: Sequence[float]) -> Iterator[Row]:
    first, last = counts[1], counts[-1]
    for count, weight in zip(counts, weights, strict=True):
        goal = MEMORY if count == last else None
        yield Row(f"resident after {count:,} requests of all kinds", "MB", [weight], goal=goal)
    name = f"the same, beside that after {first:,}"
    yield Row(name, "MB", weights[-1:], [weights[-1] / weights[1]], f"after {first:,}", FLAT)


# Growth


class Grown(NamedTuple):
    """An emulator of some size, the bytes that were resident at its start, and what is asked."""

    emulator: Emulator
    resident: int
    cases: list[Case]


def measure_growth(setting: Setting) -> list[Row]:
    """Return what depends on the number of lists, or should not."""
    grown: list[Grown] = []
    with ExitStack() as stack:
        for size in setting.options.sizes:
            tell(f"growth: an emulator of {size:,} lists")
            emulator = stack.enter_context(
                subject.serving(setting.folder, size, setting.plan.cores.server)
            )
            cases = [*_read_ones(emulator, grown, setting), *_read_pages(emulator, setting)]
            grown.append(Grown(emulator, weigh(emulator.server.process), cases))
        run_rounds([case for one in grown for case in one.cases], setting.plan, "growth")
    return [row for one in grown for row in _list_growth(one, grown)]


def _read_ones(emulator: Emulator, smaller: Sequence[Grown], setting: Setting) -> Iterator[Case]:
    """Yield reads of one list, compared with the same ones of the smallest emulator."""
    requests = {
        "GET one": subject.read_one(emulator),
        "GET one, never asked so before": subject.read_one_anew(emulator),
    }
    for number, (name, request) in enumerate(requests.items()):
        comparison = None
        if smaller:
            called = f"{smaller[0].emulator.size:,} lists"
            comparison = Comparison(smaller[0].cases[number], called, SAME_SPEED)
        yield _ask_grown(emulator, name, request, comparison, setting)


def _read_pages(emulator: Emulator, setting: Setting) -> Iterator[Case]:
    """Yield reads of pages, compared with the first."""
    last = emulator.size - PAGE_SIZE
    starts = {"first page of 25": 0, "page from the middle": last // 2, "last page": last}
    comparison = None
    for name, start in starts.items():
        request = subject.read_page_anew(emulator, start)
        case = _ask_grown(emulator, name, request, comparison, setting)
        comparison = comparison or Comparison(case, "first page", ANY_PAGE)
        yield case


def _ask_grown(
    emulator: Emulator,
    name: str,
    request: Request,
    comparison: Comparison | None,
    setting: Setting,
) -> Case:
    load = Load(emulator.server.url, (request,), setting.options.connections)
    return Case(f"{emulator.size:,} lists: {name}", emulator.server, load, comparison)


def _list_growth(one: Grown, all_of_them: Sequence[Grown]) -> Iterator[Row]:
    emulator, smallest = one.emulator, all_of_them[0]
    name = f"{emulator.size:,} lists"
    goal = LOADING if one is all_of_them[-1] else None
    yield Row(f"{name}: start to first answer", "s", [emulator.started], goal=goal)
    yield Row(f"{name}: resident", "MB", [one.resident / MB])
    if one is not smallest:
        further = emulator.size - smallest.emulator.size
        each = (one.resident - smallest.resident) / further
        yield Row(f"{name}: resident for each", "bytes", [each], goal=RECORD)
    yield from (case.row() for case in one.cases)


if __name__ == "__main__":
    run_to_end(main)
