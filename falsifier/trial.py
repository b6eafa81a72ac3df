"""The trial of a mutation: tests of the rules, all contract tests, recordings.

Each run of tests is a process of its own. A process with the packages of others is forked for each
run: to import these packages takes longer than most runs.
"""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING

from contract_tests import ledger
from falsifier import hook, probe
from falsifier.hook import ROOT, Edit, EditError
from falsifier.mutation import Mutation

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

TIMEOUT_SECONDS = 600
PYTEST_OPTIONS = (
    *("-q", "-x", "--assert=plain", "--no-header"),
    *("-p", "no:cacheprovider", "-p", "falsifier.probe"),
)
CONTRACT_TESTS = ("-m", "not long", "contract_tests", "--ignore=contract_tests/test_ledger.py")
CORPUS_FOLDER = ROOT / "corpus"
REPLAY_NAME = "replay of corpus/"
"""The name of the recordings in place of a test."""
EXIT_WRONG = 1
"""The exit code of ``ocapi-emulator replay`` if an answer is wrong."""
PRELOADED_MODULES = (
    *("pytest", "requests", "flask", "marshmallow", "orjson", "jwt", "itsdangerous", "hypothesis"),
    *("cryptography.x509", "cryptography.hazmat.primitives.asymmetric.rsa", "werkzeug.test"),
    *("defusedxml.ElementTree", "http.server", "falsifier.probe"),
)
"""The packages of others that the tests import; none imports the emulator."""
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([*PRELOADED_MODULES])
_running: set[int] = set()
"""The processes of running trials, each the first of a group."""
_lock = Lock()
_is_ended = False


class TrialsEndedError(Exception):
    """The trials were ended, so no process may go on."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a trial.

    Attributes:
        killer: The first test that fails, or ``REPLAY_NAME``; empty if the mutation survives.
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
    """Return the contract tests of rules by the ledger, each once, in the names of pytest.

    Raises:
        LookupError: There is no such rule.
    """
    named = {rule.id: rule.tests for rule in ledger.rules()}
    tests = [test for rule in rules for test in named[rule] if "::" in test]
    return [f"contract_tests/{test}" for test in dict.fromkeys(tests)]


def run_tests(edits: Sequence[Edit], arguments: Sequence[str]) -> Outcome:
    """Run pytest with changed modules, up to the first failure."""
    with TemporaryDirectory(prefix="falsifier-") as folder:
        report, output = Path(folder) / "report.json", Path(folder) / "output"
        report.write_text("{}", encoding="utf-8")
        variables = {
            **hook.environment(edits),
            probe.REPORT_VARIABLE: str(report),
            "HYPOTHESIS_STORAGE_DIRECTORY": folder,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # to import them takes longer than the tests
        }
        command = [*PYTEST_OPTIONS, f"--basetemp={folder}/tests", *arguments]
        process = _context.Process(target=_run_pytest, args=(edits, variables, command, output))
        process.start()
        try:
            with _may_run(process):
                process.join(TIMEOUT_SECONDS)
        finally:
            process.kill()
            process.join()
        found: dict[str, str] = json.loads(report.read_text(encoding="utf-8"))
        written = output.read_text(encoding="utf-8", errors="replace")
    if process.exitcode == 0:
        return Outcome()
    if process.exitcode == 1 and "test" in found:
        return Outcome(killer=found["test"], why=found["why"])
    ended = f"pytest ended with {process.exitcode}: {written[-500:]}"
    return Outcome(unfit=found.get("unfit") or ended)


def _run_pytest(
    edits: Sequence[Edit], variables: Mapping[str, str], arguments: Sequence[str], output: Path
) -> None:
    """Run pytest, and end the process with the exit code of pytest."""
    import pytest  # noqa: PLC0415 - here only

    os.setsid()
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(ROOT)
    os.environ.update(variables)
    # Without compiled modules each of hundreds of processes would compile all sources.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    hook.install(edits)
    sys.exit(pytest.main([*arguments]))


def _replay(edit: Edit) -> Outcome:
    """Replay the recordings against a server with a changed module."""
    if not any(CORPUS_FOLDER.glob("*.jsonl")):
        return Outcome()
    run = subprocess.Popen(  # noqa: S603 - the emulator
        [sys.executable, "-m", "emulator", "replay", str(CORPUS_FOLDER)],
        cwd=ROOT,
        env={**os.environ, **hook.environment([edit])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with run, _may_run(run):
        written, _ = run.communicate(timeout=TIMEOUT_SECONDS)
    if run.returncode == EXIT_WRONG:
        return Outcome(killer=REPLAY_NAME, why=written[-2000:])
    return Outcome(unfit=written[-500:]) if run.returncode else Outcome()


@contextmanager
def _may_run(process: "BaseProcess | subprocess.Popen[str]") -> Iterator[None]:
    """Let a process run until the end of the block, or until ``end_trials``; then kill its group.

    Raises:
        TrialsEndedError: The trials were ended before.
    """
    number = process.pid
    assert number, "the process has started"  # noqa: S101 - 0 would be the group of this process
    with _lock:
        _running.add(number)
        is_ended = _is_ended
    try:
        if is_ended:
            raise TrialsEndedError
        yield
    finally:
        with _lock:
            _running.discard(number)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(number, signal.SIGKILL)


def end_trials() -> None:
    """Kill the processes of all trials, now and later."""
    global _is_ended  # noqa: PLW0603 - the end of the program
    with _lock:
        _is_ended = True
        for number in _running:
            for kill in (os.killpg, os.kill):  # a new process may not have its group yet
                with suppress(ProcessLookupError, PermissionError):
                    kill(number, signal.SIGKILL)


def find_failing_anyway(killers: Iterable[str]) -> Iterator[str]:
    """Yield the first failing test of a run without a mutation."""
    if tests := sorted({killer for killer in killers if killer not in ("", REPLAY_NAME)}):
        outcome = run_tests([], tests)
        yield from filter(None, [outcome.killer, outcome.unfit])
