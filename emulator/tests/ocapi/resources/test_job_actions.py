"""The work of jobs: actions and their outcomes (JOB-2)."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from emulator import Emulator
from emulator.ocapi.call import Call
from emulator.ocapi.resources.job.actions import JOB_ACTIONS, Outcome
from emulator.ocapi.resources.job.course import plan, show
from emulator.store import Record
from emulator.workspace import work

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
SCOPE = "/s/-/dw/data/v23_2"
IMPORT = "sfcc-site-archive-import"


def execute(emulator: Emulator, outcome: Outcome, patch: pytest.MonkeyPatch) -> TestResponse:
    """Execute the import with an action of this outcome; return the answer after the end."""

    def work(_: Call, parameters: Mapping[str, str]) -> Outcome:
        assert parameters == {"ImportFile": "x.zip", "ImportMode": "merge"}
        return outcome

    patch.setitem(JOB_ACTIONS, IMPORT, work)
    client = Client(emulator.app)
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    path = f"{SCOPE}/jobs/{IMPORT}/executions"
    started = client.post(path, json={"file_name": "x.zip"}, headers=headers)
    assert started.status_code == 202
    assert started.json is not None
    assert started.json["status"] == "PENDING"
    emulator.workspace.clock.advance(1)
    return client.get(f"{path}/{started.json['id']}", headers=headers)


@pytest.mark.parametrize(
    ("outcome", "status", "message", "line"),
    [
        (Outcome(("WARN [DATAERROR] [4/56] no such site",)), "OK", "", "WARN [DATAERROR]"),
        (Outcome(failure="x.zip is no archive"), "ERROR", "x.zip is no archive", "ended: ERROR"),
    ],
)
def test_the_outcome_of_an_action_ends_the_execution(
    monkeypatch: pytest.MonkeyPatch, outcome: Outcome, status: str, message: str, line: str
) -> None:
    emulator = Emulator(fixtures="storefront", seed="actions")
    shown = execute(emulator, outcome, monkeypatch).json
    assert shown is not None
    assert (shown["status"], shown["exit_status"]["status"]) == (
        status,
        "ok" if status == "OK" else "error",
    )
    assert shown["step_executions"][-1]["exit_status"]["message"] == message
    name = shown["log_file_path"].rpartition("/")[2]
    log = emulator.workspace.files.locate(f"Logs/jobs/{IMPORT}/{name}")
    assert line in log.read_text()
    emulator.check()


def test_an_execution_without_a_duration_is_finished_at_once() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    execution = plan({"id": "Quick", "duration": 0}, 7, start)
    assert (execution["id"], execution["status"]) == ("7", "OK")
    assert show(execution, "2026-01-01T00:00:00.000Z") == {}
    assert show(execution, "2025-12-31T23:59:59.999Z")["status"] == "PENDING"


class Slow:
    """The import with an action that waits for the test, and the requests of a client."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.emulator = Emulator(fixtures="storefront", seed="actions")
        self.may_end = Event()
        self.client = Client(self.emulator.app)
        self.headers = {"Authorization": f"Bearer {self.emulator.token()}"}
        patch.setitem(JOB_ACTIONS, IMPORT, self.work)
        patch.setattr(work, "MAX_WAIT_SECONDS", 0.01)
        self.emulator.workspace.work = work.Work(grace=0.01)

    def work(self, call: Call, _: Mapping[str, str]) -> Outcome:
        assert self.may_end.wait(10)
        call.store.put("inventory_lists", Record.of(("slow",), {"id": "slow"}))
        return Outcome(failure="the end")

    def send(self, method: str, path: str = "", body: Any = None) -> TestResponse:
        url = f"{SCOPE}/jobs/{IMPORT}/executions{path}"
        return self.client.open(url, method=method, json=body, headers=self.headers)

    def start(self) -> TestResponse:
        return self.send("POST", body={"file_name": "x.zip"})

    def search(self, status: str) -> int:
        term = {"fields": ["status"], "operator": "is", "values": [status]}
        answer = self.client.post(
            f"{SCOPE}/job_execution_search",
            json={"query": {"term_query": term}},
            headers=self.headers,
        )
        assert answer.json is not None
        return int(answer.json["total"])


def test_an_execution_runs_until_the_work_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)
    failed = slow.search("ERROR")
    started = slow.start().json
    assert started is not None
    assert started["status"] == "PENDING"
    slow.emulator.workspace.clock.advance(60)
    shown = slow.send("GET", f"/{started['id']}").json
    assert shown is not None
    assert (shown["status"], shown["execution_status"]) == ("RUNNING", "running")
    assert {"end_time", "exit_status"}.isdisjoint(shown)
    assert slow.search("RUNNING") == 1
    assert slow.start().status_code == 400
    assert slow.send("DELETE", f"/{started['id']}").status_code == 403
    assert slow.emulator.workspace.store.get("inventory_lists", ("slow",)) is None
    slow.may_end.set()
    slow.emulator.workspace.work.finish()
    shown = slow.send("GET", f"/{started['id']}").json
    assert shown is not None
    assert (shown["status"], shown["execution_status"]) == ("ERROR", "finished")
    assert shown["step_executions"][-1]["exit_status"]["message"] == "the end"
    assert (slow.search("RUNNING"), slow.search("ERROR")) == (0, failed + 1)
    assert slow.emulator.workspace.store.get("inventory_lists", ("slow",)) is not None
    assert slow.send("DELETE", f"/{started['id']}").status_code == 204


def test_a_request_waits_for_work_that_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)
    monkeypatch.setattr(work, "MAX_WAIT_SECONDS", 10)
    started = slow.start().json
    assert started is not None
    shown = slow.send("GET", f"/{started['id']}").json  # not due: no wait
    assert shown is not None
    assert shown["status"] == "PENDING"
    slow.emulator.workspace.clock.advance(1)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(slow.send, "GET", f"/{started['id']}")
        slow.may_end.set()
        shown = waiting.result().json
    assert shown is not None
    assert shown["status"] == "ERROR"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "reset"),
        ("GET", "state"),
        ("PUT", "snapshots/new"),
        ("POST", "snapshots/old/restore"),
    ],
)
def test_the_control_plane_waits_for_all_work(
    monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    slow = Slow(monkeypatch)

    def control(verb: str, name: str) -> TestResponse:
        return slow.client.open(f"/__emulator__/{name}", method=verb, environ_base=LOCAL)

    assert control("PUT", "snapshots/old").status_code == 201
    slow.start()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(control, method, path)
        assert slow.emulator.workspace.store.get("inventory_lists", ("slow",)) is None
        slow.may_end.set()
        assert waiting.result().status_code < 300
    assert slow.emulator.workspace.work.list_running() == frozenset()
    found = slow.emulator.workspace.store.get("inventory_lists", ("slow",))
    assert (found is None) == (path in {"reset", "snapshots/old/restore"})


def test_an_internal_error_ends_the_execution(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)

    def fail(_: Call, __: Mapping[str, str]) -> Outcome:
        raise ZeroDivisionError

    monkeypatch.setitem(JOB_ACTIONS, IMPORT, fail)
    started = slow.start().json
    assert started is not None
    slow.emulator.workspace.work.finish()
    slow.emulator.workspace.clock.advance(1)
    shown = slow.send("GET", f"/{started['id']}").json
    assert shown is not None
    message = "An internal error has ended the job."
    assert shown["step_executions"][-1]["exit_status"]["message"] == message
    with pytest.raises(ZeroDivisionError):
        slow.emulator.check()
