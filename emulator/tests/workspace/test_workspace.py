"""Workspaces come back to their first content, share nothing, and make room for each other."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from emulator.clock import Clock
from emulator.store import Key, MemoryStore, Record
from emulator.tests.table import table
from emulator.workspace.crash import CrashLog
from emulator.workspace.error import WorkspaceError
from emulator.workspace.registry import WORKSPACE_KEY, Workspaces, current
from emulator.workspace.snapshot import Snapshot
from emulator.workspace.workspace import Workspace

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


@table("name", ["", "-a", "a-", ".", "_a", "a b", "a/b", "\xe4", "\u0661", "a\n", "a" * 65])
def test_what_is_no_name_is_refused(name: str) -> None:
    workspaces = Workspaces(bare, 9, 60)
    for step in (workspaces.get, lambda n: workspaces.assign(n, ["c"])):
        with pytest.raises(WorkspaceError, match="is not a valid workspace name"):
            step(name)
    assert [workspace.name for workspace in workspaces] == ["default"]
    assert dict(workspaces.owners) == {}


def test_of_a_long_name_the_beginning_is_told() -> None:
    with pytest.raises(WorkspaceError) as caught:
        Workspaces(bare, 9, 60).get("b" * 5000)
    assert len(str(caught.value)) < 200


def test_least_recently_used_is_evicted() -> None:
    time = Time()
    workspaces = Workspaces(bare, 3, 3600, time)
    at(time, 1, workspaces, "a")
    at(time, 2, workspaces, "b")
    at(time, 3, workspaces, "a")
    assert at(time, 62, workspaces, "c") == ["default", "a", "c"]


@pytest.mark.parametrize(("age", "protected"), [(3600, 60), (5, 5)])
def test_recently_used_is_not_evicted(age: int, protected: int) -> None:
    time = Time()
    workspaces = Workspaces(bare, 3, age, time)
    at(time, 1, workspaces, "a", "b")
    told = (
        f"^all 3 workspaces were used within the last {protected} seconds: delete one, "
        "raise --workspaces, or try again in 2 seconds$"
    )
    with pytest.raises(WorkspaceError, match=told) as caught:
        at(time, protected - 0.5, workspaces, "c")
    assert caught.value.status == 503
    assert [workspace.name for workspace in workspaces] == ["default", "a", "b"]
    assert at(time, protected + 1, workspaces, "b", "c") == ["default", "b", "c"]


FOREIGN = [
    {"HTTP_ORIGIN": "http://evil.example"},
    {"HTTP_ORIGIN": "null"},
    {"HTTP_ORIGIN": "http://ci.localhost"},  # another port
    {"HTTP_SEC_FETCH_SITE": "cross-site"},
    {"HTTP_SEC_FETCH_SITE": "same-site"},
]
OWN = [
    {},
    {"HTTP_ORIGIN": "http://CI.localhost:8080"},
    {"HTTP_SEC_FETCH_SITE": "same-origin"},
    {"HTTP_SEC_FETCH_SITE": "none"},
]


@table("environ", FOREIGN)
def test_page_of_another_origin_makes_no_workspace(environ: dict[str, str]) -> None:
    workspaces = Workspaces(bare, 3, 60)
    environ = {"HTTP_HOST": "ci.localhost:8080", **environ}
    with pytest.raises(WorkspaceError, match="cannot make the workspace 'ci'") as caught:
        workspaces.choose("ci", environ)
    assert caught.value.status == 403
    assert [workspace.name for workspace in workspaces] == ["default"]
    assert workspaces.choose("", environ) is workspaces.default
    made = workspaces.get("ci")
    assert workspaces.choose("CI", environ) is made


@table("environ", OWN)
def test_page_of_its_own_origin_makes_a_workspace(environ: dict[str, str]) -> None:
    environ = {"HTTP_HOST": "ci.localhost:8080", **environ}
    assert Workspaces(bare, 3, 60).choose("ci", environ).name == "ci"


def test_old_workspaces_are_freed_when_another_is_made() -> None:
    time = Time()
    workspaces = Workspaces(bare, 9, 60, time)
    at(time, 1, workspaces, "a")
    at(time, 2, workspaces, "b")
    assert at(time, 61, workspaces, "b") == ["default", "a", "b"]
    assert at(time, 61, workspaces, "c") == ["default", "a", "b", "c"]
    assert at(time, 61.5, workspaces, "d") == ["default", "b", "c", "d"]
    assert at(time, 1000, workspaces, "e") == ["default", "e"]


def test_default_is_never_freed() -> None:
    time = Time()
    workspaces = Workspaces(bare, 2, 60, time)
    first = workspaces.default
    for number in range(5):
        at(time, 1000 * number, workspaces, f"w{number}")
    assert [workspace.name for workspace in workspaces] == ["default", "w4"]
    assert workspaces.get("default") is first
    with pytest.raises(WorkspaceError, match="the workspace 'default' cannot be deleted"):
        workspaces.delete("Default")


def test_freed_workspace_loses_its_clients() -> None:
    time = Time()
    workspaces = Workspaces(bare, 2, 60, time)
    workspaces.assign("a", ["x", "y"])
    workspaces.assign("default", ["z"])
    at(time, 61, workspaces, "b")
    assert dict(workspaces.owners) == {"z": "default"}


def test_delete_tells_whether_there_was_one() -> None:
    workspaces = Workspaces(bare, 9, 60)
    workspaces.assign("a", ["x"])
    assert workspaces.delete("a") is True
    assert workspaces.delete("a") is False
    assert dict(workspaces.owners) == {}


def test_assigning_replaces_the_clients_of_a_workspace() -> None:
    workspaces = Workspaces(bare, 9, 60)
    workspaces.assign("a", ["y", "x", "y"])
    workspaces.assign("b", ["y"])
    assert dict(workspaces.owners) == {"x": "a", "y": "b"}
    workspaces.assign("a", [])
    assert dict(workspaces.owners) == {"y": "b"}


def test_assigned_clients_are_bounded_in_all() -> None:
    workspaces = Workspaces(bare, 9, 60)
    workspaces.assign("a", ["first"])
    full = [str(number) for number in range(9_999)]
    workspaces.assign("b", full)
    with pytest.raises(WorkspaceError, match="no more than 10000 clients") as caught:
        workspaces.assign("c", ["one more"])
    assert caught.value.status == 409
    assert "one more" not in workspaces.owners
    workspaces.assign("b", ["one more", *full[1:]])
    assert "0" not in workspaces.owners


def test_a_request_finds_its_workspace_in_its_environment() -> None:
    workspace = bare("a")
    assert current({WORKSPACE_KEY: workspace}) is workspace


def test_one_that_another_thread_made_meanwhile_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    workspaces, rivals = Workspaces(bare, 9, 60), list[Workspace]()

    class Pattern:
        def fullmatch(self, name: str) -> bool:
            if not rivals:
                rivals.append(bare(name))
                rivals[0] = workspaces.get(name)
            return True

    monkeypatch.setattr("emulator.workspace.registry.WORKSPACE_NAME", Pattern())
    assert workspaces.get("a") is rivals[0]
