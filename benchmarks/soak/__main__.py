"""Put a server under mixed load for a while, and check every answer against a model of it.

Exit code 0 says that nothing was found, 1 that something was, which is told.
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

from benchmarks.soak.report import render, summarize
from benchmarks.soak.run import Plan, soak
from benchmarks.soak.server import Server, ServerError, serving
from benchmarks.soak.step import Mismatch

FOUND = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say, and return the exit code."""
    options = _parse(arguments)
    seed = SystemRandom().randrange(10**9) if options.seed is None else options.seed
    plan = Plan(options.seconds, options.connections, seed)
    try:
        return _run(options, plan)
    except ServerError as error:
        _tell(str(error))
    return FOUND


def _run(options: argparse.Namespace, plan: Plan) -> int:
    with _choose(options) as server:
        _tell(f"{plan.seconds:g} s of {server.url}, store {options.store}, seed {plan.seed}")
        try:
            outcome = asyncio.run(soak(server, plan))
        except Mismatch as found:
            _tell(f"{found}\n  seed:     {plan.seed}\n{server.tell()}".rstrip())
            return FOUND
    figures = summarize(options.store, plan, outcome)
    print(render(figures))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    for grown in outcome.grown:
        _tell(f"{grown}; seed {plan.seed}")
    return FOUND if outcome.grown else 0


def _choose(options: argparse.Namespace) -> AbstractContextManager[Server]:
    if options.url:
        return nullcontext(Server(options.url.rstrip("/")))
    return serving(options.store, options.workers)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    add = parser.add_argument
    add("--seconds", type=float, default=600, help="how long (default: %(default)s)")
    add("--connections", type=int, default=64, help="at once (default: %(default)s)")
    add("--seed", type=int, help="of chance (default: another one each time)")
    add("--store", choices=("memory", "redis"), default="memory", help="(default: %(default)s)")
    add("--workers", type=int, default=2, help="of a server over Redis (default: %(default)s)")
    add("--url", help="a server that runs already, instead of one of our own")
    add("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args(arguments)


def _end(*_: object) -> NoReturn:
    """End as Ctrl-C does, so that the servers are ended too."""
    raise KeyboardInterrupt


def _tell(text: str) -> None:
    print(f"soak: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
