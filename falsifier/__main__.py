"""Try mutations of the protocol, and write ``docs/falsifier.md``.

The exit code is 1 if a mutation survives without an explanation, or does not count.

    python -m falsifier [--list] [--jobs N] [mutation ...]
"""

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from falsifier import page
from falsifier.mutation import Mutation, MutationError, UnknownMutationError, mutations, pick
from falsifier.program import read_count, run_program
from falsifier.trial import Outcome, end_trials, find_failing_anyway, try_mutation

USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Try mutations; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m falsifier", description="Try wrong servers.")
    parser.add_argument("mutation", nargs="*", help="names of mutations; default: all")
    parser.add_argument("--list", action="store_true", help="list the mutations, and try none")
    parser.add_argument("--why", action="store_true", help="show the failure of each test")
    jobs = "mutations at a time; default: one for each processor"
    parser.add_argument("--jobs", type=read_count, default=os.cpu_count() or 1, help=jobs)
    given = parser.parse_args(arguments)
    try:
        wanted = pick(given.mutation)
    except MutationError as error:
        parser.exit(USAGE_ERROR, f"falsifier: {error}\n")
    except UnknownMutationError as error:
        parser.error(str(error))
    if given.list:
        print("\n".join(f"{one.name:40} {one.wrong}" for one in wanted))
        return 0
    outcomes = dict(_try_all(wanted, given.jobs, why=given.why))
    return _conclude(wanted, outcomes)


def _try_all(wanted: Sequence[Mutation], jobs: int, *, why: bool) -> Iterator[tuple[str, Outcome]]:
    """Try mutations at the same time, and print a line for each; yield name and outcome."""
    started = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        trials = {pool.submit(try_mutation, one): one for one in wanted}
        try:
            for number, trial in enumerate(as_completed(trials), 1):
                name, outcome = trials[trial].name, trial.result()
                unfit = f"UNFIT: {outcome.unfit}" if outcome.unfit else "SURVIVES"
                seconds = time.monotonic() - started
                head = f"[{number:3}/{len(wanted)} {seconds:4.0f} s] {name:40}"
                print(head, outcome.killer or unfit, flush=True)
                if why and outcome.why:
                    print(outcome.why)
                yield name, outcome
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            end_trials()
            raise


def _conclude(wanted: Sequence[Mutation], outcomes: dict[str, Outcome]) -> int:
    """Write the page, and return the exit code."""
    killers = page.read_killers() | {name: one.killer for name, one in outcomes.items()}
    page.PAGE.write_text(page.render(mutations(), killers), encoding="utf-8")
    failing = [*find_failing_anyway(one.killer for one in outcomes.values())]
    unfit = [name for name, one in outcomes.items() if one.unfit]
    survivors = [one.name for one in wanted if not outcomes[one.name].killer and not one.survives]
    for text, names in (
        ("fails without a mutation, too", failing),
        ("does not count", unfit),
        ("survives", [name for name in survivors if name not in unfit]),
    ):
        print("".join(f"{text}: {name}\n" for name in names), end="")
    noticed = sum(bool(one.killer) for one in outcomes.values())
    print(f"{noticed} of {len(wanted)} mutations are noticed")
    return 1 if failing or survivors else 0


if __name__ == "__main__":
    run_program("falsifier", main)
