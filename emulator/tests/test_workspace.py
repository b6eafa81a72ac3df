"""A workspace comes back to its first content and shares nothing with another."""

from emulator.clock import Clock
from emulator.crash import CrashLog
from emulator.store import Key, MemoryStore, Record
from emulator.workspace import Workspace

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
