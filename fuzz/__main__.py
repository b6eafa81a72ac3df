"""Fuzz the descriptions and the readers: ``python -m fuzz --cases 20000 --seed 1 selectors``.

The cases of a run depend on the seed, so the same seed and number of cases repeat a run. The exit
code is 1 for a finding, and 2 for an unknown target.
"""

import logging
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from itertools import chain
from random import randrange
from time import monotonic
from warnings import simplefilter

from fuzz import descriptions
from fuzz.bounds import MIB
from fuzz.engine import Report, Target, run
from fuzz.targets import TARGETS

DEFAULT_CASES = 20_000
DEFAULT_SECONDS = 4 * 3600
READER_CASES = 10
"""The cases of all readers for each case of a description: they take a hundredth of the time."""
DESCRIPTIONS = {f"{name} by its description": name for name in descriptions.OPERATIONS}
NAMES = (*DESCRIPTIONS, *(target.name for target in TARGETS))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen targets; return the exit code."""
    options = _read(arguments)
    if unknown := sorted(set(options.targets) - set(NAMES)):
        print(f"unknown targets: {', '.join(unknown)}; known: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    print(f"seed {options.seed}, {options.cases} cases", flush=True)
    chosen = set(options.targets or NAMES)
    readers = [target for target in TARGETS if target.name in chosen]
    names = [name for title, name in DESCRIPTIONS.items() if title in chosen]
    until = monotonic() + options.seconds
    total = found = 0
    results = chain(_run_readers(readers, options, until), _run_descriptions(names, options, until))
    for line, cases, finding in results:
        print(line, flush=True)
        total, found = total + cases, found + bool(finding)
        if finding:
            print(f"  FOUND: {finding}", flush=True)
    print(f"{total} cases, {found} findings")
    return 1 if found else 0


Result = tuple[str, int, str]
"""A line of the table, the number of cases, and the finding; empty for none."""


def _run_readers(targets: Sequence[Target], options: Namespace, until: float) -> Iterator[Result]:
    weights = sum(target.weight for target in targets)
    for target in targets:
        cases = max(1, options.cases * READER_CASES * target.weight // weights)
        report = run(target, cases, max(0.0, until - monotonic()), options.seed)
        yield _show(report), report.meter.cases, report.finding


def _run_descriptions(names: Sequence[str], options: Namespace, until: float) -> Iterator[Result]:
    operations = sum(descriptions.OPERATIONS[name] for name in names)
    for name in names:
        cases = options.cases * descriptions.OPERATIONS[name] // operations
        if (left := until - monotonic()) <= 0:
            return
        done = descriptions.run(name, cases, left, options.seed)
        line = (
            f"{name:28} {done.cases:8} cases {done.seconds:7.1f} s,"
            f" slowest {done.watch.seconds:.3f} s, links: {done.links}"
        )
        yield line, done.cases, done.findings


def _show(report: Report) -> str:
    meter = report.meter
    return (
        f"{report.name:28} {meter.cases:8} cases {report.seconds:7.1f} s,"
        f" slowest {meter.seconds:.3f} s, peak {meter.peak / MIB:.1f} MB,"
        f" growth {report.growth / MIB:.1f} MB"
    )


def _read(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help="the names of targets; all by default")
    default = "(default: %(default)s)"
    text = f"the cases of the descriptions; the readers have {READER_CASES} times as many {default}"
    parser.add_argument("--cases", type=int, default=DEFAULT_CASES, help=text)
    text = f"the longest time {default}"
    parser.add_argument("--seconds", type=float, default=DEFAULT_SECONDS, help=text)
    text = "repeats a run; drawn by chance by default, and printed"
    parser.add_argument("--seed", type=int, default=randrange(10**6), help=text)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    logging.disable()  # refused requests of a fuzzer are no news, and findings have their reason
    simplefilter("ignore")
    sys.exit(main())
