"""The check of consistency: the emulator passes, planted defects are found and shown."""

import json
import re
import shutil
from pathlib import Path

import pytest

from consistency import history
from consistency.__main__ import main
from consistency.history import History, HistoryError, Operation
from consistency.judgement import judge
from consistency.plant import PLANTS, list_edits
from consistency.recorder import Recorder
from consistency.report import Figures, describe, draw, render_judgement
from consistency.wire import LOST, UNSENT, Connection, Request
from emulator import Emulator

HEAD = '{"format": "ocapi-emulator history 1", "first": {}}'
needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server")


def count(figure: str, output: str) -> int:
    """Return a number in the figures of a run."""
    found = re.search(rf"([\d,]+) {figure}", output)
    return int(found[1].replace(",", "")) if found else 0


def test_emulator_in_memory_passes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code = main(["--seconds", "1", "--folder", str(tmp_path)])
    shown = capsys.readouterr()
    assert code == 0, shown.err
    assert count("operations", shown.out) > 100
    assert count("declared failpoints", shown.out) > 0
    assert list(tmp_path.iterdir()) == []


@needs_redis
@pytest.mark.long
def test_emulator_over_redis_with_kills_passes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code = main(["--store", "redis", "--seconds", "20", "--folder", str(tmp_path)])
    shown = capsys.readouterr()
    assert code == 0, shown.err
    faults = ("killed workers", "paused workers", "pauses of Redis", "restarts of Redis")
    assert sum(count(fault, shown.out) for fault in faults) > 3
    assert count("with an unknown outcome", shown.out.replace("(", "")) > 0


@pytest.mark.parametrize(
    "plant",
    [
        pytest.param("lost update", marks=pytest.mark.long),
        pytest.param("stale read", marks=pytest.mark.long),
        pytest.param("second application", marks=pytest.mark.long),
        pytest.param("half a reset", marks=pytest.mark.long),
        pytest.param("lost update in Redis", marks=[pytest.mark.long, needs_redis]),
    ],
)
def test_planted_defect_is_found(
    plant: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store = "redis" if "Redis" in plant else "memory"
    # The run ends with the finding: the time is for a busy machine.
    options = ("--seconds", "600", "--folder", str(tmp_path), "--store", store)
    assert main([*options, "--plant", plant]) == 1
    shown = capsys.readouterr().err
    assert "is not linearizable" in shown
    (stored,) = tmp_path.glob("*.jsonl")
    assert main(["--check", str(stored)]) == 1
    assert "none of these fits" in capsys.readouterr().out


@pytest.mark.parametrize("plant", PLANTS)
def test_planted_defect_fits_the_source(plant: str) -> None:
    for edit in list_edits(plant):
        edit.file().read_text()
    for module in {edit.module for edit in list_edits(plant)}:
        edits = [edit for edit in list_edits(plant) if edit.module == module]
        source = edits[0].file().read_text()
        for edit in edits:
            source = edit.apply(source)
        compile(source, module, "exec")


def operation(action: str, times: tuple[int, int | None], **members: object) -> Operation:
    invoked, completed = times
    row = {"client": "c", "action": action, "key": "k", **members}
    outcome = "unknown" if completed is None else "ok"
    return Operation(**{"outcome": outcome, **row}, invoked=invoked, completed=completed)  # type: ignore[arg-type]


STALE = History(
    {"k": "0", "l": None},
    [
        operation("read", (0, 1), seen="0"),
        operation("write", (2, 4), value="a"),
        operation("write", (3, None), value="b"),
        operation("read", (5, 6), seen="a"),
        operation("read", (7, 8), seen="0"),
        operation("write", (9, 10), value="c"),
    ],
)


def test_violation_ends_with_the_wrong_answer() -> None:
    found = judge(STALE).violation
    assert found
    assert [(one.action, one.value, one.seen) for one in found.history.operations] == [
        ("write", "a", None),
        ("write", "b", None),
        ("read", None, "0"),
    ]
    assert found.result.blocked == (found.history.operations[-1],)


def test_violation_is_drawn() -> None:
    lines = render_judgement(judge(STALE)).splitlines()
    assert lines[0] == ("k is not linearizable: 3 operations, the wrong answer is marked with *")
    assert lines[1].split("|")[1] == "=" * 14 + " " * 26
    assert lines[2].split("|")[1:] == [" " * 6 + "=" * 33 + ">", " c: write k 'b': unknown"]
    assert lines[3].startswith(" * ")
    assert lines[-1] == "  read k: ok, seen '0'"


def test_long_timeline_is_cut() -> None:
    rows = [operation("read", (number, number + 1), seen="0") for number in range(50)]
    lines = list(draw(History({"k": "0"}, rows)))
    assert lines[0] == "  ... 10 operations before"
    assert len(lines) == 41


def test_operation_is_described() -> None:
    conflict = operation("write", (0, 1), value="b", expected="a", outcome="conflict", seen="c")
    assert describe(conflict) == "write k 'b' expecting 'a': conflict, seen 'c'"
    creation = operation("create", (0, 1), value="b", idempotency="i")
    assert describe(creation) == "create k 'b' with the idempotency key 'i': ok"
    assert describe(operation("page", (0, 1), key="", page={"k": None})) == (
        "page: ok, seen {'k': None}"
    )


def test_stored_history_is_read(tmp_path: Path) -> None:
    history.write(tmp_path / "new" / "h.jsonl", STALE)
    assert history.read(tmp_path / "new" / "h.jsonl") == STALE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a history"),
        ("[]", "is not a history"),
        ('{"format": "x"}', "has the format 'x', not 'ocapi-emulator history 1'"),
        ('{"format": "ocapi-emulator history 1"}', "'first'"),
        (f'{HEAD}\n{{"a": 1}}', "unknown member 'a'"),
        (f"{HEAD}\n{{'client': 'c', 'action': 'guess'}}".replace("'", '"'), "'guess' or 'ok'"),
    ],
)
def test_wrong_history_is_refused(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "h.jsonl"
    file.write_text(text)
    with pytest.raises(HistoryError, match=re.escape(message)):
        history.read(file)
    assert main(["--check", str(file)]) == 2
    assert message in capsys.readouterr().err


def test_history_without_evidence_has_no_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "h.jsonl"
    assert main(["--check", str(file)]) == 2
    assert "No such file" in capsys.readouterr().err
    file.write_text(HEAD)
    assert main(["--check", str(file)]) == 2
    assert capsys.readouterr().err == f"consistency: {file} has no operation\n"


def test_run_without_operations_has_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seconds", "1e-9"]) == 2
    assert "no operation was done: use more --seconds" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--seconds", "0"), "'0' is not a positive number"),
        (("--seconds", "nan"), "'nan' is not a positive number"),
        (("--plant", "lost update in Redis"), "needs --store redis"),
        (("--plant", "half a reset", "--store", "redis"), "needs --store memory"),
    ],
)
def test_run_that_cannot_tell_anything_is_refused(
    options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_line_of_figures_has_no_empty_field() -> None:
    assert "; no faults; " in Figures().describe()


def test_history_without_violation_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "h.jsonl"
    history.write(file, History(STALE.first, STALE.operations[:4]))
    assert main(["--check", str(file)]) == 0
    assert "no violation in 2 documents" in capsys.readouterr().out


def test_contradictions_are_reported() -> None:
    recorder = Recorder({"k": None})
    recorder.note_state("k", "a", "1")
    recorder.note_state("k", "a", "2")
    recorder.note_state("k", "b", "1")
    assert recorder.contradictions == [
        "k: 'a' has the states 1 and 2",
        "k: 'b' and 'a' have the same state",
    ]
    judgement = judge(recorder.history(), recorder)
    assert not judgement.is_clean
    assert render_judgement(judgement) == "\n".join(recorder.contradictions)


def test_refusal_gets_the_text_of_its_state() -> None:
    recorder = Recorder({"k": "0"})
    recorder.add(operation("write", (0, 1), value="b", expected="a", outcome="conflict"), "1")
    recorder.note_state("k", "c", "1")
    assert recorder.history().operations[0].seen == "c"


def test_lost_creation_gets_the_observed_id() -> None:
    recorder = Recorder({"k": None})
    recorder.add(operation("create", (0, None), value="a"))
    assert recorder.note_id("a", "7") == "7:a"
    assert recorder.history().operations[0].value == "7:a"
    assert not recorder.ambiguous
    recorder.note_id("a", "8")
    assert judge(recorder.history(), recorder).undecided == ("k",)


def test_lost_and_unsent_requests_are_told_apart() -> None:
    with Emulator(fixtures="samples") as emulator:
        control = Connection(emulator.url, {})
        failpoints = "/__emulator__/failpoints"
        control.ask(Request("POST", failpoints, {"action": {"drop": "after"}}))
        connection = Connection(emulator.url, {})
        assert connection.ask(Request("GET", "/items")).status == LOST
        assert control.ask(Request("DELETE", failpoints)).status == 204
        control.close()
        assert connection.ask(Request("GET", "/items")).status == 200
        connection.close()
    assert connection.ask(Request("GET", "/items")).status == UNSENT


def test_stored_history_is_json_lines(tmp_path: Path) -> None:
    file = tmp_path / "h.jsonl"
    history.write(file, STALE)
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert rows[0] == {"format": "ocapi-emulator history 1", "first": {"k": "0", "l": None}}
    assert rows[2] == {
        "client": "c",
        "action": "write",
        "key": "k",
        "value": "a",
        "invoked": 2,
        "completed": 4,
    }
