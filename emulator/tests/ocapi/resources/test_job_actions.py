"""The work of jobs: actions and their outcomes (JOB-2)."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from werkzeug.test import Client, TestResponse

from emulator import Emulator
from emulator.ocapi.call import Call
from emulator.ocapi.resources.job.actions import JOB_ACTIONS, Outcome
from emulator.ocapi.resources.job.course import plan, show

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
        (Outcome(("WARN [DATAERROR] [4/56] no such site",)), "OK", None, "WARN [DATAERROR]"),
        (Outcome(failure="x.zip is no archive"), "ERROR", "x.zip is no archive", "ended: ERROR"),
    ],
)
def test_the_outcome_of_an_action_ends_the_execution(
    monkeypatch: pytest.MonkeyPatch, outcome: Outcome, status: str, message: str | None, line: str
) -> None:
    emulator = Emulator(fixtures="storefront", seed="actions")
    shown = execute(emulator, outcome, monkeypatch).json
    assert shown is not None
    assert (shown["status"], shown["exit_status"]["status"]) == (
        status,
        "ok" if status == "OK" else "error",
    )
    assert shown["step_executions"][-1]["exit_status"].get("message") == message
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
