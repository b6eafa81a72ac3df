"""Workspaces come back to their first content, share nothing, and make room for each other."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from emulator.clock import Clock
from emulator.store import Key, MemoryStore, Record
from emulator.workspace.crash import CrashLog
from emulator.workspace.snapshot import Snapshot
from emulator.workspace.workspace import WORKSPACE, Workspace, WorkspaceError, Workspaces, current

FIRST = Record.of(("a",), {"text": "first"})
CHANGED = Record.of(("a",), {"text": "changed"})


def stored() -> MemoryStore:
    store = MemoryStore()
    store.load("things", [FIRST])
    return store


def content(workspace: Workspace) -> dict[Key, Record]:
    return {record.key: record for record in workspace.store.scan("things", 0, 99).records}


def test_reset_brings_back_what_was_changed_deleted_and_added() -> None:
    workspace = Workspace(stored())
    workspace.store.put("things", CHANGED)
    workspace.store.put("things", Record.of(("b",), {}))
    workspace.store.put("others", FIRST)
    workspace.reset()
    assert content(workspace) == {("a",): FIRST}
    assert workspace.store.count("others") == 0


def test_reset_works_every_time() -> None:
    workspace = Workspace(stored())
    for _ in range(2):
        workspace.store.delete("things", ("a",))
        workspace.reset()
        assert content(workspace) == {("a",): FIRST}


def test_the_origin_is_what_the_store_held_when_the_workspace_was_made() -> None:
    store = stored()
    store.put("things", CHANGED)
    workspace = Workspace(store)
    store.put("things", FIRST)
    workspace.reset()
    assert content(workspace) == {("a",): CHANGED}


def test_workspaces_do_not_see_each_other() -> None:
    first, second = Workspace(stored()), Workspace(stored())
    first.store.put("things", CHANGED)
    first.crashes.record("GET", "/", ValueError("broken"))
    second.crashes.check()
    assert content(second) == {("a",): FIRST}


def test_resetting_one_workspace_leaves_another_as_it_is() -> None:
    first, second = Workspace(stored()), Workspace(stored())
    second.store.put("things", CHANGED)
    first.reset()
    assert content(second) == {("a",): CHANGED}


def test_clock_and_crash_log_can_be_handed_in() -> None:
    clock, crashes = Clock(), CrashLog()
    workspace = Workspace(stored(), clock=clock, crashes=crashes)
    assert workspace.clock is clock
    assert workspace.crashes is crashes


def bare(name: str) -> Workspace:
    return Workspace(MemoryStore(), name)


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def at(time: Time, now: float, workspaces: Workspaces, *names: str) -> list[str]:
    """Use workspaces at a time; return the names of all that are there then."""
    time.now = now
    for name in names:
        workspaces.get(name)
    return [workspace.name for workspace in workspaces]


def test_an_empty_reset_leads_to_the_blank_snapshot() -> None:
    blank = MemoryStore()
    blank.put("clients", FIRST)
    workspace = Workspace(stored(), blank=blank.snapshot())
    workspace.reset(empty=True)
    assert workspace.store.count("things") == 0
    assert workspace.store.get("clients", ("a",)) == FIRST
    workspace.reset()
    assert content(workspace) == {("a",): FIRST}


def test_an_empty_reset_without_a_blank_snapshot_leads_to_the_start() -> None:
    workspace = Workspace(stored())
    workspace.store.put("things", CHANGED)
    workspace.reset(empty=True)
    assert content(workspace) == {("a",): FIRST}


def test_a_reset_gives_the_time_back_and_keeps_snapshots_and_crashes() -> None:
    workspace = Workspace(stored())
    workspace.clock.freeze()
    workspace.snapshots.save(Snapshot("s", workspace.clock.now(), workspace.store.snapshot()))
    workspace.crashes.record("GET", "/", ValueError("broken"))
    workspace.reset()
    assert not workspace.clock.is_frozen
    assert [snapshot.name for snapshot in workspace.snapshots.list()] == ["s"]
    with pytest.raises(ValueError, match="broken"):
        workspace.crashes.check()


def test_one_is_made_once_and_found_again() -> None:
    made: list[str] = []

    def make(name: str) -> Workspace:
        made.append(name)
        return bare(name)

    workspaces = Workspaces(make, 9, 60)
    assert workspaces.find("a") is None
    first = workspaces.get("a")
    assert workspaces.get("a") is first
    assert workspaces.find("a") is first
    assert workspaces.get("default") is workspaces.default
    assert made == ["default", "a"]


def test_many_threads_get_the_same_one() -> None:
    workspaces, start = Workspaces(bare, 9, 60), Barrier(8)

    def get(_: int) -> Workspace:
        start.wait()
        return workspaces.get("a")

    with ThreadPoolExecutor(8) as pool:
        assert len({id(workspace) for workspace in pool.map(get, range(8))}) == 1


@pytest.mark.parametrize(
    "name", ["", "-a", "a-", ".", "_a", "a b", "a/b", "\xe4", "\u0661", "a\n", "a" * 65]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    workspaces = Workspaces(bare, 9, 60)
    for step in (workspaces.get, lambda n: workspaces.assign(n, ["c"])):
        with pytest.raises(WorkspaceError, match="is no name of a workspace"):
            step(name)
    assert [workspace.name for workspace in workspaces] == ["default"]
    assert dict(workspaces.owners) == {}


def test_of_a_long_name_the_beginning_is_told() -> None:
    with pytest.raises(WorkspaceError) as caught:
        Workspaces(bare, 9, 60).get("b" * 5000)
    assert len(str(caught.value)) < 200


def test_what_was_not_used_for_longest_makes_room() -> None:
    time = Time()
    workspaces = Workspaces(bare, 3, 60, time)
    at(time, 1, workspaces, "a")
    at(time, 2, workspaces, "b")
    at(time, 3, workspaces, "a")
    assert at(time, 4, workspaces, "c") == ["default", "a", "c"]


def test_what_is_too_old_is_freed_when_another_is_made() -> None:
    time = Time()
    workspaces = Workspaces(bare, 9, 60, time)
    at(time, 1, workspaces, "a")
    at(time, 2, workspaces, "b")
    assert at(time, 61, workspaces, "b") == ["default", "a", "b"]
    assert at(time, 61, workspaces, "c") == ["default", "a", "b", "c"]
    assert at(time, 61.5, workspaces, "d") == ["default", "b", "c", "d"]
    assert at(time, 1000, workspaces, "e") == ["default", "e"]


def test_the_default_one_is_never_freed() -> None:
    time = Time()
    workspaces = Workspaces(bare, 2, 60, time)
    first = workspaces.default
    for number in range(5):
        at(time, 1000 * number, workspaces, f"w{number}")
    assert [workspace.name for workspace in workspaces] == ["default", "w4"]
    assert workspaces.get("default") is first
    with pytest.raises(WorkspaceError, match="the default workspace is always there"):
        workspaces.delete("default")


def test_what_is_freed_loses_its_clients() -> None:
    time = Time()
    workspaces = Workspaces(bare, 2, 60, time)
    workspaces.assign("a", ["x", "y"])
    workspaces.assign("default", ["z"])
    at(time, 1, workspaces, "b")
    assert dict(workspaces.owners) == {"z": "default"}
    assert workspaces.clients_of("a") == []


def test_delete_tells_whether_there_was_one() -> None:
    workspaces = Workspaces(bare, 9, 60)
    workspaces.assign("a", ["x"])
    assert workspaces.delete("a") is True
    assert workspaces.delete("a") is False
    assert dict(workspaces.owners) == {}


def test_clients_are_assigned_anew_each_time() -> None:
    workspaces = Workspaces(bare, 9, 60)
    workspaces.assign("a", ["y", "x", "y"])
    workspaces.assign("b", ["y"])
    assert (workspaces.clients_of("a"), workspaces.clients_of("b")) == (["x"], ["y"])
    workspaces.assign("a", [])
    assert dict(workspaces.owners) == {"y": "b"}


def test_a_request_finds_its_workspace_in_its_environment() -> None:
    workspace = bare("a")
    assert current({WORKSPACE: workspace}) is workspace


def test_one_that_another_thread_made_meanwhile_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    workspaces, rivals = Workspaces(bare, 9, 60), list[Workspace]()

    class Pattern:
        def fullmatch(self, name: str) -> bool:
            if not rivals:
                rivals.append(bare(name))
                rivals[0] = workspaces.get(name)
            return True

    monkeypatch.setattr("emulator.workspace.workspace.NAME", Pattern())
    assert workspaces.get("a") is rivals[0]
