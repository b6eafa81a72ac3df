"""Fuzz the descriptions and the readers: ``python -m fuzz --cases 20000 --seed 1 selectors``.

The cases of a run depend on the seed, so the same seed and number of cases repeat a run. The exit
code is 1 for a finding, and 2 for wrong options and for a run without a case.
"""

import logging
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from random import randrange
from time import monotonic
from warnings import simplefilter

from falsifier.program import read_count, read_positive, run_program
from fuzz import descriptions
from fuzz.bounds import MIB
from fuzz.engine import Report, Target, run
from fuzz.targets import TARGETS

DEFAULT_CASES = 20_000
DEFAULT_SECONDS = 4 * 3600
EXIT_FOUND, EXIT_NO_RESULT = 1, 2
READER_CASES = 10
"""The cases of all readers for each case of a description: they take a hundredth of the time."""
NAMES = (*descriptions.OPERATIONS, *(target.name for target in TARGETS))


@dataclass(frozen=True)
class Result:
    """The result of a target.

    Attributes:
        line: The line of the table.
        cases: The number of cases.
        finding: The finding; empty for none.
        is_whole: No time has cut the cases.
    """

    line: str
    cases: int = 0
    finding: str = ""
    is_whole: bool = False


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen targets; return the exit code."""
    options = _read(arguments)
    print(f"seed {options.seed}, {options.cases} cases", flush=True)
    chosen = set(options.targets or NAMES)
    readers = [target for target in TARGETS if target.name in chosen]
    names = [name for name in descriptions.OPERATIONS if name in chosen]
    until = monotonic() + options.seconds
    results = []
    for result in chain(
        _run_readers(readers, options, until), _run_descriptions(names, options, until)
    ):
        print(result.line, flush=True)
        results.append(result)
        if result.finding:
            print(f"  FOUND: {result.finding}", flush=True)
    return _conclude(results)


def _conclude(results: Sequence[Result]) -> int:
    """Print the total; return the exit code."""
    total, found = sum(one.cases for one in results), sum(bool(one.finding) for one in results)
    missing = sum(not (one.is_whole or one.finding) for one in results)
    cut = f"; NOT A WHOLE RUN: the time cut {missing} of {len(results)} targets" if missing else ""
    print(f"{total} cases, {found} findings{cut}")
    if found:
        return EXIT_FOUND
    return 0 if total else EXIT_NO_RESULT


def _run_readers(targets: Sequence[Target], options: Namespace, until: float) -> Iterator[Result]:
    weights = sum(target.weight for target in targets)
    for target in targets:
        cases = max(1, options.cases * READER_CASES * target.weight // weights)
        if (left := until - monotonic()) <= 0:
            yield _skip(target.name)
            continue
        report = run(target, cases, left, options.seed)
        done = report.meter.cases
        is_whole = done == cases
        cut = "" if is_whole or report.finding else f", cut after {done} of {cases} cases"
        yield Result(_show(report) + cut, done, report.finding, is_whole)


def _run_descriptions(names: Sequence[str], options: Namespace, until: float) -> Iterator[Result]:
    operations = sum(descriptions.OPERATIONS[name] for name in names)
    for name in names:
        cases = options.cases * descriptions.OPERATIONS[name] // operations
        if (left := until - monotonic()) <= 0:
            yield _skip(name)
            continue
        done = descriptions.run(name, cases, left, options.seed)
        line = (
            f"{name:30} {done.cases:8} cases {done.seconds:7.1f} s,"
            f" slowest {done.watch.seconds:.3f} s, links: {done.links or 'none'}"
        )
        cut = f", cut after {done.cases} cases" if done.is_cut else ""
        yield Result(line + cut, done.cases, done.findings, not done.is_cut)


def _skip(name: str) -> Result:
    return Result(f"{name:30} not run: the time was over")


def _show(report: Report) -> str:
    meter = report.meter
    return (
        f"{report.name:30} {meter.cases:8} cases {report.seconds:7.1f} s,"
        f" slowest {meter.seconds:.3f} s, peak {meter.peak / MIB:.1f} MB,"
        f" growth {report.growth / MIB:.1f} MB"
    )


def _read(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help=f"default: all of {', '.join(NAMES)}")
    default = "(default: %(default)s)"
    text = f"the cases of the descriptions; the readers have {READER_CASES} times as many {default}"
    parser.add_argument("--cases", type=read_count, default=DEFAULT_CASES, help=text)
    text = f"the longest time {default}"
    parser.add_argument("--seconds", type=read_positive, default=DEFAULT_SECONDS, help=text)
    text = "repeats a run; drawn by chance by default, and printed"
    parser.add_argument("--seed", type=int, default=randrange(10**6), help=text)
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.targets) - set(NAMES)):
        parser.error(f"unknown targets: {', '.join(unknown)}; known: {', '.join(NAMES)}")
    return options


if __name__ == "__main__":
    logging.disable()  # refused requests of a fuzzer are no news, and findings have their reason
    simplefilter("ignore")
    run_program("fuzz", main)
