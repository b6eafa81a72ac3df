"""WebDAV and the control plane: snapshots, forks, workspaces, the clock, failpoints."""

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from emulator import Emulator
from emulator.recording.match import Match
from emulator.tests.control_client import ask

PATH = "/on/demandware.servlet/webdav/Sites/Temp/x"
SNAPSHOT = "/__emulator__/snapshots/before"
BASIC = {"Authorization": "Basic YWRtaW46U2VjcmV0OjEyMw=="}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    made = Emulator()
    yield made
    made.check()


def write(emulator: Emulator, content: str, workspace: str = "default") -> TestResponse:
    return ask(emulator, "PUT", PATH, workspace, data=content, headers=BASIC)


def read(emulator: Emulator, workspace: str = "default", **options: Any) -> TestResponse:
    return ask(emulator, "GET", PATH, workspace, headers=BASIC, **options)


def test_restored_snapshot_has_the_files(emulator: Emulator) -> None:
    write(emulator, "before")
    ask(emulator, "PUT", SNAPSHOT)
    write(emulator, "after")
    ask(emulator, "POST", f"{SNAPSHOT}/restore")
    assert read(emulator).data == b"before"


def test_fork_has_the_files_of_the_snapshot(emulator: Emulator) -> None:
    write(emulator, "before")
    ask(emulator, "PUT", SNAPSHOT)
    ask(emulator, "POST", f"{SNAPSHOT}/fork", json={"workspace": "other"})
    write(emulator, "after")
    assert read(emulator, "other").data == b"before"


def test_refused_snapshots_leave_no_files(emulator: Emulator) -> None:
    write(emulator, "before")
    for number in range(100):
        assert ask(emulator, "PUT", f"/__emulator__/snapshots/{number}").status_code == 201
    assert ask(emulator, "PUT", "/__emulator__/snapshots/more").status_code == 409
    copies = emulator.workspace.files.root.parent / "copies"
    assert len(list(copies.iterdir())) == 100


def test_restoring_a_snapshot_without_its_files_changes_nothing(emulator: Emulator) -> None:
    write(emulator, "before")
    ask(emulator, "PUT", SNAPSHOT)
    write(emulator, "after")
    snapshot = emulator.workspace.snapshots.find("before")
    assert snapshot is not None
    emulator.workspace.files.drop(snapshot.files)  # as another request does between two steps
    before = emulator.workspace.version()
    assert ask(emulator, "POST", f"{SNAPSHOT}/restore").status_code == 500
    with pytest.raises(FileNotFoundError):
        emulator.check()
    assert read(emulator).data == b"after"
    assert emulator.workspace.version() == before


def test_replaced_and_deleted_snapshots_leave_no_files(emulator: Emulator) -> None:
    write(emulator, "before")
    for method in ("PUT", "PUT", "DELETE"):
        ask(emulator, method, SNAPSHOT)
    assert list((emulator.workspace.files.root.parent / "copies").iterdir()) == []


def test_workspaces_have_files_of_their_own(emulator: Emulator) -> None:
    write(emulator, "default")
    write(emulator, "other", "other")
    assert (read(emulator).data, read(emulator, "other").data) == (b"default", b"other")


def test_reset_removes_the_files(emulator: Emulator) -> None:
    write(emulator, "before")
    ask(emulator, "POST", "/__emulator__/reset")
    assert read(emulator).status_code == 404


def test_file_has_the_time_of_the_workspace(emulator: Emulator) -> None:
    at = {"at": "2030-06-15T12:00:00.000Z"}
    ask(emulator, "POST", "/__emulator__/clock/freeze", json=at)
    write(emulator, "text")
    assert read(emulator).headers["Last-Modified"] == "Sat, 15 Jun 2030 12:00:00 GMT"


def test_failpoint_slows_a_file_and_the_journal_has_the_content(emulator: Emulator) -> None:
    write(emulator, "0123456789")
    slow = {"match": {"family": "webdav"}, "action": {"delay": 0}}
    assert ask(emulator, "POST", "/__emulator__/failpoints", json=slow).status_code == 201
    assert read(emulator).data == b"0123456789"
    found = emulator.workspace.journal.find(Match({}))[-1]
    assert (found.failpoint != "", found.reply_body) == (True, (b"0123456789", 10))
