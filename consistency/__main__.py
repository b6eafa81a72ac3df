"""Look for wrong answers of servers under concurrent requests and faults.

The exit code is 0 for no violation, 1 for a violation, and 2 for a run without a result.
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
from consistency.plant import PLANTS, find_store, list_edits
from consistency.report import render_judgement
from consistency.run import Finding, Run
from consistency.server import serving
from consistency.session import SessionError
from falsifier.hook import environment
from falsifier.program import read_positive, run_program

EXIT_VIOLATION, EXIT_NO_RESULT = 1, 2
FOLDER = Path("build/consistency")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the check, or check a stored history; return the exit code."""
    options = _parse(arguments)
    try:
        return _check_file(options.check) if options.check else _run(options)
    except (BenchmarkError, HistoryError, SessionError, OSError) as error:
        _log(str(error))
    return EXIT_NO_RESULT


def _run(options: argparse.Namespace) -> int:
    seed = SystemRandom().randrange(10**9) if options.seed is None else options.seed
    with serving(options.store, environment(list_edits(options.plant))) as target:
        _log(f"{options.seconds:g} s of {target.url}, store {options.store}, seed {seed}")
        run = Run(target, seed, options.seconds, _log)
        run.run()
    if run.finding:
        return _report(run.finding, options.folder / f"{options.store}-{seed}.jsonl", seed)
    if not run.figures.outcomes:
        _log("no operation was done: use more --seconds")
        return EXIT_NO_RESULT
    print(f"store {options.store}, no violation: {run.figures.describe()}")
    return 0


def _report(finding: Finding, path: Path, seed: int) -> int:
    history.write(path, finding.history)
    _log(f"{finding.workspace}, seed {seed}:\n{render_judgement(finding.judgement)}")
    _log(f"the history is in {path}: python -m consistency --check {path}")
    return EXIT_VIOLATION


def _check_file(path: Path) -> int:
    stored = history.read(path)
    if not stored.operations:
        raise HistoryError(f"{path} has no operation")
    judgement = judge(stored)
    if judgement.is_clean:
        print(f"{path}: no violation in {judgement.checked} documents")
        return 0
    print(render_judgement(judgement))
    return EXIT_VIOLATION


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m consistency", description=__doc__)
    add = parser.add_argument
    text = "duration of the load (default: %(default)s)"
    add("--seconds", type=read_positive, default=60.0, help=text)
    add("--seed", type=int, help="seed of the random choices (default: a new seed)")
    text = "where the servers keep the data (default: %(default)s)"
    add("--store", choices=("memory", "redis"), default="memory", help=text)
    add(
        "--plant",
        choices=sorted(PLANTS),
        default="",
        help="break the servers, to see the check find it",
    )
    add("--folder", type=Path, default=FOLDER, help="folder of histories (default: %(default)s)")
    add("--check", type=Path, metavar="FILE", help="check a stored history, and nothing else")
    options = parser.parse_args(arguments)
    store = find_store(options.plant)
    if store not in ("", options.store):
        parser.error(f"--plant '{options.plant}' needs --store {store}")
    return options


def _log(text: str) -> None:
    print(f"consistency: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    # A thread may still search an order of a round; ``sys.exit`` would wait for the thread.
    run_program("consistency", main, leave=os._exit)
