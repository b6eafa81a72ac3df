"""Snapshots are kept under their names, a hundred of them."""

from datetime import UTC, datetime

import pytest

from emulator.workspace.error import WorkspaceError
from emulator.workspace.snapshot import Snapshot, Snapshots

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def take(name: str, content: object = None) -> Snapshot:
    return Snapshot(name, NOON, content)


def test_there_is_none_at_first() -> None:
    snapshots = Snapshots()
    assert (snapshots.list(), snapshots.find("a")) == ([], None)


def test_a_snapshot_is_found_by_its_name() -> None:
    snapshots, saved = Snapshots(), take("a", {"x": 1})
    assert snapshots.save(saved) is None
    assert snapshots.find("a") is saved
    assert snapshots.find("A") is None
    assert (saved.name, saved.at, saved.content) == ("a", NOON, {"x": 1})


def test_another_of_the_same_name_takes_its_place() -> None:
    snapshots, older, newer = Snapshots(), take("a", 1), take("a", 2)
    snapshots.save(older)
    assert snapshots.save(newer) is older
    assert snapshots.list() == [newer]


def test_they_are_listed_by_name() -> None:
    snapshots = Snapshots()
    for name in ("b", "a10", "", "a9", "B"):
        snapshots.save(take(name))
    assert [snapshot.name for snapshot in snapshots.list()] == ["", "B", "a10", "a9", "b"]


def test_what_is_deleted_is_gone_and_the_others_stay() -> None:
    snapshots = Snapshots()
    deleted = take("a")
    snapshots.save(deleted)
    snapshots.save(take("b"))
    assert snapshots.delete("a") is deleted
    assert snapshots.delete("a") is None
    assert [snapshot.name for snapshot in snapshots.list()] == ["b"]


def test_a_list_that_was_given_does_not_change() -> None:
    snapshots = Snapshots()
    snapshots.save(take("a"))
    given = snapshots.list()
    snapshots.delete("a")
    assert len(given) == 1


def test_there_are_a_hundred_at_most() -> None:
    snapshots = Snapshots()
    for number in range(100):
        snapshots.save(take(f"{number}"))
    with pytest.raises(WorkspaceError, match=r"^there are 100 snapshots already: delete one$") as e:
        snapshots.save(take("one more"))
    assert e.value.status == 409
    assert (len(snapshots.list()), snapshots.find("one more")) == (100, None)


def test_a_hundred_leave_room_for_one_in_the_place_of_another() -> None:
    snapshots = Snapshots()
    for number in range(100):
        snapshots.save(take(f"{number}"))
    assert snapshots.save(take("7", "newer")) == take("7")
    snapshots.delete("8")
    assert snapshots.save(take("one more")) is None
