"""The falsifier: mutations fit the sources, the page is current, trials tell the truth."""

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from contract_tests import ledger
from emulator.tests.process import interrupt
from falsifier import __main__ as program
from falsifier import mutation, page
from falsifier.hook import ROOT, Edit, EditError, environment, install
from falsifier.mutation import UnknownMutationError, mutations, pick
from falsifier.trial import REPLAY_NAME, Outcome, find_failing_anyway, list_tests, run_tests

PAGING = "emulator.ocapi.wire.paging"
TESTS = ["contract_tests/test_envelope.py::test_next_and_previous_keep_the_other_parameters"]
NEXT = "        beyond = self.start + self.count\n"
WRONG_NEXT = Edit(PAGING, NEXT, NEXT.replace("count\n", "count + 1\n"))
HARMLESS = Edit(PAGING, "2**31 - 1", "-1 + 2**31")
BROKEN = Edit(PAGING, "MAX_INTEGER = 2**31 - 1", "MAX_INTEGER = 1 // 0")


def test_every_mutation_changes_one_place_of_its_module() -> None:
    for one in mutations():
        source = one.edit.file().read_text()
        assert one.edit.apply(source) != source, one.name


def test_no_two_mutations_have_a_name_or_a_change_in_common() -> None:
    for values in ([one.name for one in mutations()], [one.edit for one in mutations()]):
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_there_is_a_mutation_of_every_family_of_rules() -> None:
    families = {rule.id.partition("-")[0] for rule in ledger.rules()}
    mutated = {rule for one in mutations() for rule in one.rules}
    assert mutated <= {rule.id for rule in ledger.rules()}
    assert families - {rule.partition("-")[0] for rule in mutated} == set()


def test_the_page_has_all_mutations_and_none_survives_without_a_reason() -> None:
    killers = page.read_killers()
    assert page.PAGE.read_text() == page.render(mutations(), killers), "run make falsify"
    unexplained = [one.name for one in mutations() if not (killers.get(one.name) or one.survives)]
    assert unexplained == []


def test_the_tests_of_the_page_exist() -> None:
    killers = {*page.read_killers().values()} - {REPLAY_NAME}
    known = {f"{file.name}::{name}" for file in _list_files() for name in _list_tests(file)}
    assert killers - known == set()


def _list_files() -> list[Path]:
    return sorted((ROOT / "contract_tests").glob("test_*.py"))


def _list_tests(file: Path) -> list[str]:
    body = ast.parse(file.read_text()).body
    return [node.name for node in body if isinstance(node, ast.FunctionDef)]


def test_rules_have_the_tests_of_the_ledger() -> None:
    tests = list_tests(["PAG-2", "PAG-1"])
    first = "test_collections_are_in_the_byte_order_of_their_ids"
    assert tests[0] == f"contract_tests/test_paging.py::{first}"
    assert len(set(tests)) == len(tests) > 5
    assert all("::" in test for one in mutations() for test in list_tests(one.rules))


def test_wrong_server_fails_a_test() -> None:
    outcome = run_tests([WRONG_NEXT], TESTS)
    assert (outcome.killer, outcome.unfit) == (TESTS[0], "")


def test_change_without_effect_survives() -> None:
    assert run_tests([HARMLESS], TESTS) == Outcome()


def test_server_that_does_not_start_does_not_count() -> None:
    outcome = run_tests([BROKEN], TESTS)
    assert outcome.killer == ""
    assert "ZeroDivisionError" in outcome.unfit


def test_missing_killer_is_no_failing_test() -> None:
    assert [*find_failing_anyway(["", REPLAY_NAME])] == []


def test_edit_reaches_children_and_leaves_no_byte_code() -> None:
    script = f"import {PAGING} as p; print(p.Page(0, 2).next(9), p.__spec__.loader.__module__)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {script!r}])"
    command = [sys.executable, "-c", child]
    for edits, shown in (
        ([WRONG_NEXT], "Page(start=3, count=2) falsifier.hook\n"),
        ([], "Page(start=2, count=2) _frozen_importlib_external\n"),
    ):
        run = subprocess.run(  # noqa: S603 - Python
            command, env=environment(edits), cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert (run.stdout, run.stderr) == (shown, "")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (Edit(PAGING, "no such text", ""), f"{PAGING}: 0 occurrences of 'no such text', not 1"),
        (Edit(PAGING, "self.count", ""), f"{PAGING}: 6 occurrences of 'self.count', not 1"),
        (Edit("emulator.nothing", "a", "b"), "emulator.nothing: no such module"),
    ],
)
def test_edit_of_another_place_is_refused(edit: Edit, message: str) -> None:
    with pytest.raises(EditError) as caught:
        edit.check()
    assert str(caught.value) == message


def test_edit_of_an_imported_module_is_refused() -> None:
    with pytest.raises(EditError, match=r"imported before the edit: falsifier\.hook"):
        install([Edit("falsifier.hook", "EDITS_VARIABLE", "NAME")])


def test_unknown_mutation_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnknownMutationError):
        pick(["nothing"])
    with pytest.raises(SystemExit):
        program.main(["nothing"])
    assert "unknown mutation: nothing" in capsys.readouterr().err


ROW = """
name = "one"
rules = ["PAG-1"]
wrong = "A page is empty."
module = "emulator.ocapi"
before = "a"
after = "b"
"""
MEMBERS = "name, rules, wrong, module, before, after, survives"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ROW.replace("module", "modul"), "mutation 1 'one': the member 'module' is missing"),
        (ROW.replace("name", "nam"), "mutation 1: the member 'name' is missing"),
        (f"{ROW}why = 'x'", f"mutation 1 'one': unknown member 'why', known are {MEMBERS}"),
        (ROW.replace('"b"', "1"), "mutation 1 'one': the member 'after' is not a text"),
        (
            ROW.replace('["PAG-1"]', '"PAG-1"'),
            "mutation 1 'one': the member 'rules' is not a list of rule ids",
        ),
        (f"{ROW}[[mutation]]", "mutation 2: the member 'name' is missing"),
    ],
)
def test_wrong_row_is_reported_with_file_row_and_member(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str,
    message: str,
) -> None:
    (tmp_path / "own.toml").write_text(f'area = "Pages"\n[[mutation]]\n{content}')
    assert _list_mutations_of(tmp_path, monkeypatch) == 2
    assert capsys.readouterr().err == f"falsifier: own.toml, {message}\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("area = 'Pages'", "own.toml: the file needs 'area' and rows '[[mutation]]'"),
        ("area =", "own.toml: Invalid value (at end of document)"),
    ],
)
def test_wrong_file_is_reported(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str,
    message: str,
) -> None:
    (tmp_path / "own.toml").write_text(content)
    assert _list_mutations_of(tmp_path, monkeypatch) == 2
    assert capsys.readouterr().err == f"falsifier: {message}\n"


def _list_mutations_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Return the exit code of the program with the files of another folder."""
    monkeypatch.setattr(mutation, "MUTATION_FOLDER", folder)
    monkeypatch.setattr(mutation, "mutations", mutation.mutations.__wrapped__)
    with pytest.raises(SystemExit) as ended:
        program.main(["--list"])
    return ended.value.code


def test_list_has_a_line_for_each_mutation(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(mutations())
    assert lines[0].split()[0] == mutations()[0].name


@pytest.mark.long
def test_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    names = [one.name for one in mutations()][:8]
    before = page.PAGE.read_bytes()
    ended = interrupt(("falsifier", "--jobs", "2", *names), "[  1/8 ", tmp_path)
    assert ended == (130, "falsifier: interrupted\n")
    assert list(tmp_path.iterdir()) == []
    assert page.PAGE.read_bytes() == before
