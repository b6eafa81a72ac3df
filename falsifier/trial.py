"""The trial of a mutation: the tests of its rules, then all contract tests, then the recordings."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from contract_tests import ledger
from falsifier import hook, probe
from falsifier.hook import ROOT, Edit, EditError
from falsifier.mutation import Mutation

TIMEOUT_SECONDS = 300
PYTEST = (
    *("-m", "pytest", "-q", "-x", "--assert=plain", "--no-header"),
    *("-p", "no:cacheprovider", "-p", "falsifier.probe"),
)
CONTRACT_TESTS = ("-m", "not long", "contract_tests", "--ignore=contract_tests/test_ledger.py")
CORPUS = ROOT / "corpus"
REPLAY = "replay of corpus/"
"""The name of the recordings in place of a test."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a trial.

    Attributes:
        killer: The first test that fails, or ``REPLAY``; empty if the mutation survives.
        unfit: The reason why the mutation does not count; empty for a mutation that counts.
        why: The end of the report of the failure.
    """

    killer: str = ""
    unfit: str = ""
    why: str = ""


def try_mutation(mutation: Mutation) -> Outcome:
    """Return whether a test notices a mutation."""
    try:
        mutation.edit.check()
    except (EditError, SyntaxError) as error:
        return Outcome(unfit=str(error))
    for arguments in (list_tests(mutation.rules), CONTRACT_TESTS):
        outcome = run_tests([mutation.edit], arguments)
        if outcome.killer or outcome.unfit:
            return outcome
    return _replay(mutation.edit)


def list_tests(rules: Iterable[str]) -> list[str]:
    """Return the contract tests that the ledger names for rules, each once, as pytest names them.

    Raises:
        LookupError: There is no such rule.
    """
    named = {rule.id: rule.tests for rule in ledger.rules()}
    tests = [test for rule in rules for test in named[rule] if "::" in test]
    return [f"contract_tests/{test}" for test in dict.fromkeys(tests)]


def run_tests(edits: Sequence[Edit], arguments: Sequence[str]) -> Outcome:
    """Run pytest with changed modules, up to the first failure."""
    with TemporaryDirectory(prefix="falsifier-") as folder:
        report = Path(folder) / "report.json"
        report.write_text("{}", encoding="utf-8")
        variables = {
            probe.VARIABLE: str(report),
            "HYPOTHESIS_STORAGE_DIRECTORY": folder,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # to import them takes longer than the tests
        }
        command = [*PYTEST, f"--basetemp={folder}/tests", *arguments]
        code, output = _run(command, edits, variables)
        found: dict[str, str] = json.loads(report.read_text(encoding="utf-8"))
    if code == 0:
        return Outcome()
    if code == 1 and "test" in found:
        return Outcome(killer=found["test"], why=found["why"])
    return Outcome(unfit=found.get("unfit") or f"pytest ended with {code}: {output[-500:]}")


def _replay(edit: Edit) -> Outcome:
    """Replay the recordings against a server with a changed module."""
    if not any(CORPUS.glob("*.jsonl")):
        return Outcome()
    code, output = _run(("-m", "emulator", "replay", str(CORPUS)), [edit], {})
    return Outcome(killer=REPLAY, why=output[-2000:]) if code else Outcome()


def _run(
    arguments: Sequence[str], edits: Sequence[Edit], variables: dict[str, str]
) -> tuple[int, str]:
    """Run Python with changed modules; return the exit code and the output."""
    run = subprocess.run(  # noqa: S603 - tests of our own
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **hook.environment(edits), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    return run.returncode, run.stdout


def find_failing_anyway(killers: Iterable[str]) -> Iterator[str]:
    """Yield the tests that fail without a mutation, too; the first one at least."""
    tests = sorted({killer for killer in killers if killer != REPLAY})
    if tests:
        outcome = run_tests([], tests)
        yield from filter(None, [outcome.killer, outcome.unfit])
