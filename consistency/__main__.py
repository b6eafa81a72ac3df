"""Look for wrong answers of servers under concurrent requests and faults.

The exit code is 0 for no violation, else 1.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from random import SystemRandom

from benchmarks.process import BenchmarkError
from consistency import history
from consistency.history import HistoryError
from consistency.judgement import judge
from consistency.plant import PLANTS, list_edits
from consistency.report import render_judgement
from consistency.run import Finding, Run
from consistency.server import serving
from consistency.session import SessionError
from falsifier.hook import environment
from falsifier.program import run_program

EXIT_FAILURE = 1
FOLDER = Path("build/consistency")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the check, or check a stored history; return the exit code."""
    options = _parse(arguments)
    try:
        return _check_file(options.check) if options.check else _run(options)
    except (BenchmarkError, HistoryError, SessionError, OSError) as error:
        _log(str(error))
    return EXIT_FAILURE


def _run(options: argparse.Namespace) -> int:
    seed = SystemRandom().randrange(10**9) if options.seed is None else options.seed
    with serving(options.store, environment(list_edits(options.plant))) as target:
        _log(f"{options.seconds:g} s of {target.url}, store {options.store}, seed {seed}")
        run = Run(target, seed, options.seconds, _log)
        run.run()
    if run.finding:
        return _report(run.finding, options.folder / f"{options.store}-{seed}.jsonl", seed)
    print(f"store {options.store}, no violation: {run.figures.describe()}")
    return 0


def _report(finding: Finding, path: Path, seed: int) -> int:
    history.write(path, finding.history)
    _log(f"{finding.workspace}, seed {seed}:\n{render_judgement(finding.judgement)}")
    _log(f"the history is in {path}: python -m consistency --check {path}")
    return EXIT_FAILURE


def _check_file(path: Path) -> int:
    judgement = judge(history.read(path))
    if judgement.is_clean:
        print(f"{path}: no violation in {judgement.checked} documents")
        return 0
    print(render_judgement(judgement))
    return EXIT_FAILURE


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="consistency", description=__doc__)
    add = parser.add_argument
    add("--seconds", type=float, default=60, help="duration of the load (default: %(default)s)")
    add("--seed", type=int, help="seed of the random choices (default: a new seed)")
    add("--store", choices=("memory", "redis"), default="memory", help="(default: %(default)s)")
    add(
        "--plant",
        choices=sorted(PLANTS),
        default="",
        help="break the servers, to see the check find it",
    )
    add("--folder", type=Path, default=FOLDER, help="folder of histories (default: %(default)s)")
    add("--check", type=Path, metavar="FILE", help="check a stored history, and nothing else")
    return parser.parse_args(arguments)


def _log(text: str) -> None:
    print(f"consistency: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    # A thread may still search an order of a round; ``sys.exit`` would wait for the thread.
    run_program("consistency", main, leave=os._exit)
