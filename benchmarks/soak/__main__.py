"""Put a server under mixed load, and compare each answer with a model of the server.

The exit code is 0 for no mismatch and no growth, else 1.
"""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from random import SystemRandom
from typing import NoReturn

from benchmarks.process import EXIT_INTERRUPTED, BenchmarkError
from benchmarks.soak.report import render, summarize
from benchmarks.soak.run import Plan, soak
from benchmarks.soak.server import Server, serving
from benchmarks.soak.step import Mismatch

EXIT_FAILURE = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak test, and return the exit code."""
    options = _parse(arguments)
    seed = SystemRandom().randrange(10**9) if options.seed is None else options.seed
    plan = Plan(options.seconds, options.connections, seed)
    try:
        return _run(options, plan)
    except BenchmarkError as error:
        _log(str(error))
    return EXIT_FAILURE


def _run(options: argparse.Namespace, plan: Plan) -> int:
    with _choose(options) as server:
        _log(f"{plan.seconds:g} s of {server.url}, store {options.store}, seed {plan.seed}")
        try:
            outcome = asyncio.run(soak(server, plan))
        except Mismatch as found:
            _log(f"{found}\n  seed:     {plan.seed}\n{server.read_output()}".rstrip())
            return EXIT_FAILURE
    figures = summarize(options.store, plan, outcome)
    print(render(figures))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    for grown in outcome.grown:
        _log(f"{grown}; seed {plan.seed}")
    return EXIT_FAILURE if outcome.grown else 0


def _choose(options: argparse.Namespace) -> AbstractContextManager[Server]:
    if options.url:
        return nullcontext(Server(options.url.rstrip("/")))
    return serving(options.store, options.workers)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    add = parser.add_argument
    add("--seconds", type=float, default=600, help="duration of the load (default: %(default)s)")
    add(
        "--connections",
        type=int,
        default=64,
        help="simultaneous connections (default: %(default)s)",
    )
    add("--seed", type=int, help="seed of the random choices (default: a new seed)")
    add("--store", choices=("memory", "redis"), default="memory", help="(default: %(default)s)")
    add("--workers", type=int, default=2, help="worker processes over Redis (default: %(default)s)")
    add("--url", help="URL of a running server, instead of a new one")
    add("--json", type=Path, metavar="FILE", help="file for all figures and samples")
    return parser.parse_args(arguments)


def _end(*_: object) -> NoReturn:
    """Raise what Ctrl-C raises, so that the servers are ended too."""
    raise KeyboardInterrupt


def _log(text: str) -> None:
    print(f"soak: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
