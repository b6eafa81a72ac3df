"""The fuzzer: repeatable cases, small findings, and bounds that are held."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from emulator.tests.process import interrupt
from fuzz import bounds, descriptions
from fuzz.__main__ import NAMES, main
from fuzz.bounds import Check, Finding, HangError, Meter
from fuzz.engine import Target, run
from fuzz.message import Message, MessageCorpus
from fuzz.mutation import Corpus
from fuzz.served import Served
from fuzz.targets import TARGETS
from fuzz.targets.wire import check_answers

WORDS = Corpus((b"alpha beta", b"gamma"), (b"needle",))
MESSAGES = MessageCorpus((Message(b"POST", b"/a?b=c", ((b"X", b"y"),), b"alpha"),), (b"needle",))


def make(check: Check, cases: Any = WORDS) -> Target:
    @contextmanager
    def open_() -> Iterator[Check]:
        yield check

    return Target("words", cases, open_)


def refuse_needle(case: Any) -> None:
    if b"needle" in repr(case).encode():
        raise Finding("a needle")


@pytest.mark.parametrize("corpus", [WORDS, MESSAGES], ids=["bytes", "messages"])
def test_same_seed_makes_the_same_cases(corpus: Any) -> None:
    def draw(seed: int) -> list[Any]:
        sources = [Random(f"{seed}/{number}") for number in range(50)]  # noqa: S311 - no secret
        return [corpus.draw(source) for source in sources]

    assert draw(1) == draw(1) != draw(2)
    assert len(set(draw(1))) > 20


@pytest.mark.parametrize("corpus", [WORDS, MESSAGES], ids=["bytes", "messages"])
def test_finding_has_a_small_case(corpus: Any) -> None:
    report = run(make(refuse_needle, corpus), 2000, 60, seed=1)
    assert report.finding.startswith("a needle\n  with ")
    assert b"needle" in (report.case if corpus is WORDS else report.case.render())
    assert len(report.case if corpus is WORDS else report.case.render()) < 100


def test_error_of_a_reader_is_a_finding() -> None:
    report = run(make(lambda case: case.decode("ascii")), 2000, 60, seed=1)
    assert report.finding.startswith("UnicodeDecodeError: ")


def test_run_without_a_finding_has_all_cases() -> None:
    report = run(make(len), 700, 60, seed=1)
    assert (report.finding, report.meter.cases) == ("", 700)


@pytest.mark.parametrize("cases", [100, 101])
def test_growth_of_a_run_counts_after_the_warm_up(
    cases: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = iter([10**9, 2 * 10**9])
    monkeypatch.setattr(bounds, "read_resident_bytes", lambda: next(sizes))
    finding = run(make(len), cases, 60, seed=1).finding
    assert finding.startswith("the process has grown by 953 MB") == (cases > 100)


def test_run_ends_in_time() -> None:
    assert run(make(len), 10**9, 0.0, seed=1).meter.cases == 0


def test_slow_case_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_CASE_SECONDS", -1.0)
    with pytest.raises(Finding, match="of processor time"):
        Meter().check(lambda _: sum(range(1000)), None)


def test_endless_case_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_HANG_SECONDS", 0.01)

    def hang(_: object) -> None:
        while True:
            pass

    with pytest.raises(HangError):
        Meter().check(hang, None)


def test_large_case_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "TRACED_CASES", 1)
    monkeypatch.setattr(bounds, "MAX_CASE_BYTES", 100_000)
    with pytest.raises(Finding, match="MB of memory"):
        Meter().check(lambda _: bytes(200_000), None)


def test_growth_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    meter = Meter()
    monkeypatch.setattr(bounds, "read_resident_bytes", lambda: 10**9)
    with pytest.raises(Finding, match="has grown by"):
        meter.measure_growth()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", "the answer is 500"),
        (b"HTTP/1.1 200 OK\r\nX: a\nb\r\n\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\nno field\r\n\r\n", "malformed"),
    ],
)
def test_wrong_answer_on_a_connection_is_a_finding(answer: bytes, reason: str) -> None:
    with pytest.raises(Finding, match=reason):
        check_answers(answer)


def test_answers_of_a_connection_are_counted() -> None:
    first = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"
    assert check_answers(first + b"HTTP/1.1 204 No Content\r\n\r\n") == 2


def test_internal_error_of_an_application_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    served = Served()
    monkeypatch.setattr("emulator.webdav.app.find", lambda *_: 1 / 0)
    token = (b"Authorization", b"Bearer " + served.token.encode())
    message = Message(b"GET", b"/on/demandware.servlet/webdav/Sites/Temp", (token,))
    with pytest.raises(Finding, match="ZeroDivisionError"):
        served.check(message)


def test_change_by_a_refused_request_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    served = Served()
    store = served.workspace.store

    def escape(text: str) -> str:
        store.delete("sites", ("SiteGenesis",))
        return text

    monkeypatch.setattr("emulator.webdav.app.escape", escape)
    with pytest.raises(Finding, match=r"refused request \(401\) has changed the data"):
        served.check(Message(b"GET", b"/on/demandware.servlet/webdav/Sites/Temp"))


def test_names_of_targets_differ_and_have_no_blank() -> None:
    assert len(set(NAMES)) == len(NAMES) == len(TARGETS) + 2 > 20
    assert [name for name in NAMES if not re.fullmatch("[a-z-]+", name)] == []


def test_ids_of_a_data_set_are_bound_to_paths() -> None:
    files = {"catalogs.json": [{"id": "c"}], "stores.json": [{"id": "s", "site_id": "a"}]}
    ids = descriptions.list_ids(files)
    settings = descriptions.bind_ids(
        ids, ["/catalogs/{catalog_id}", "/sites/{site_id}/stores/{id}"]
    )
    assert '[dictionaries.catalog_id]\nvalues = ["c"]' in settings
    assert '"path.site_id" = {dictionary = "site_id", probability = 0.8}' in settings
    assert 'include-path-regex = "/stores/[{]id[}]"' in settings


def test_main_runs_chosen_targets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--cases", "5", "--seed", "3", "selectors"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert (printed[0], printed[-1]) == ("seed 3, 5 cases", "50 cases, 0 findings")


@pytest.mark.long
def test_main_tells_that_time_has_cut_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--cases", "1000000", "--seconds", "10", "--seed", "3")
    assert main([*options, "selectors", "heads", "inventory-service-description"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert re.search(r"cut after \d+ of 5000000 cases$", printed[1])
    assert printed[2:4] == [
        "heads                          not run: the time was over",
        "inventory-service-description  not run: the time was over",
    ]
    assert printed[4].endswith("0 findings; NOT A WHOLE RUN: the time cut 3 of 3 targets")


def test_run_without_a_case_has_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seconds", "1e-9", "selectors"]) == 2
    assert "not run: the time was over" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--cases", "--seconds"])
@pytest.mark.parametrize("value", ["0", "-1", "x"])
def test_main_refuses_a_run_of_nothing(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([f"{option}={value}"])
    assert ended.value.code == 2
    assert f"'{value}' is not a positive" in capsys.readouterr().err


@pytest.mark.long
def test_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    ended = interrupt(("fuzz", "archives"), "seed ", tmp_path)
    assert ended == (130, "fuzz: interrupted\n")
    assert list(tmp_path.iterdir()) == []


REPORT = """
==== WARNINGS ====

Missing authentication: 300 operations

==== FAILURES ====
____ GET /sites ____
1. Test Case ID: x

- Server error

==== SUMMARY ====
"""


def test_finding_of_a_description_has_the_failures_alone() -> None:
    failures = "____ GET /sites ____\n1. Test Case ID: x\n\n- Server error"
    assert descriptions.list_failures(REPORT, 1) == [failures]
    assert descriptions.list_failures(REPORT, None) == [failures]
    assert descriptions.list_failures("no such option", 2) == ["no such option"]
    assert descriptions.list_failures("==== SUMMARY ====\n", 0) == []


@pytest.mark.long
def test_command_is_ended_after_its_time_with_its_report(tmp_path: Path) -> None:
    script = (
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, lambda *_: (print('report'), sys.exit()))\n"
        "signal.pause()"
    )
    command = [sys.executable, "-I", "-S", "-c", script]
    assert descriptions.run_for(command, tmp_path, 3.0) == (None, "report\n")


def test_main_refuses_an_unknown_target(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["none"])
    assert ended.value.code == 2
    assert "unknown targets: none; known: " in capsys.readouterr().err


def test_empty_answers_need_no_media_type() -> None:
    paths: dict[str, Any] = {
        "/a": {"delete": {"responses": {"204": {}}}, "get": {"responses": {"200": {}}}}
    }
    settings = descriptions.excuse_empty_answers(paths)
    assert 'include-name = "DELETE /a"\nchecks.content_type_conformance.enabled = false' in settings
    assert "GET" not in settings
