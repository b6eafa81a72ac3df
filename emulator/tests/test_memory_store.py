"""The store in memory: what only references can do, and threads that the interpreter switches."""

import sys
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from emulator.store import (
    Expected,
    Key,
    MemoryStore,
    Presence,
    Put,
    Record,
    StateConflict,
    Vacant,
)
from emulator.tests.rival import OLD, OTHER, RIVALS, delete_old, keys, put_rival, race

ABSENT = Presence.ABSENT


class Meddlesome(str):
    """An id that lets another writer in whenever it is compared."""

    __slots__ = ("meddle",)
    meddle: Callable[[], object]

    def __eq__(self, other: object) -> bool:
        self.meddle()
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def holding(*keys: Key) -> MemoryStore:
    store = MemoryStore()
    store.load("things", [Record.of(key, {}) for key in keys])
    return store


@pytest.fixture
def eager_switching() -> Iterator[None]:
    """Make the interpreter switch threads as often as it can, so that races show."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_load_replaces_the_collection_and_takes_records_in_any_order() -> None:
    store = holding(("x",), ("y",))
    store.load("things", iter([OTHER, OLD]))
    assert keys(store) == [("a",), ("b",)]


def test_load_leaves_other_collections_alone() -> None:
    store = holding(("x",))
    store.load("others", [OLD])
    assert keys(store) == [("x",)]


def test_a_snapshot_is_a_reference_and_restoring_it_an_assignment() -> None:
    store = holding(("a",))
    snapshot = store.snapshot()
    assert store.snapshot() is snapshot
    store.delete("things", ("a",))
    store.restore(snapshot)
    assert store.snapshot() is snapshot


@pytest.mark.usefixtures("eager_switching")
@pytest.mark.parametrize(
    ("present", "expected"), [(OLD, OLD.state), (None, ABSENT)], ids=["state", "absent"]
)
def test_of_writers_that_expect_the_same_exactly_one_wins(
    present: Record | None, expected: Expected
) -> None:
    for _ in range(40):
        store = MemoryStore()
        store.load("things", [present] if present else [])
        won = race(8, partial(put_rival, store, expected))
        assert won.count(True) == 1
        assert store.get("things", ("a",)) == RIVALS[won.index(True)]


@pytest.mark.usefixtures("eager_switching")
def test_of_deletions_of_one_state_exactly_one_wins() -> None:
    for _ in range(40):
        store = MemoryStore()
        store.load("things", [OLD])
        won = race(8, partial(delete_old, store))
        assert won.count(True) == 1
        assert store.count("things") == 0


def apply_rival(store: MemoryStore, number: int) -> bool:
    mark = Record.of((str(number),), {})
    try:
        store.apply(Put("marks", mark), Vacant("things", ()), Put("things", RIVALS[number]))
    except StateConflict:
        return False
    return True


@pytest.mark.usefixtures("eager_switching")
def test_of_colliding_changes_exactly_one_is_made_and_wholly() -> None:
    for _ in range(40):
        store = MemoryStore()
        won = race(8, partial(apply_rival, store))
        assert won.count(True) == 1
        winner = won.index(True)
        assert store.get("things", ("a",)) == RIVALS[winner]
        assert [record.key for record in store.scan("marks", 0, 9).records] == [(str(winner),)]


@pytest.mark.usefixtures("eager_switching")
def test_writers_of_different_keys_lose_nothing_of_each_other() -> None:
    store = MemoryStore()

    def write(number: int) -> None:
        for turn in range(50):
            store.put(f"collection {turn % 2}", Record.of((f"{number}", f"{turn}"), {}))

    race(8, write)
    assert (store.count("collection 0"), store.count("collection 1")) == (200, 200)


def test_page_and_total_of_a_scan_are_of_one_instant() -> None:
    store = holding(("a", "1"), ("a", "2"))
    parent = Meddlesome("a")
    parent.meddle = lambda: store.delete("things", ("a", "1"))
    page = store.scan("things", 0, 99, (parent,))
    assert ([record.key[1] for record in page.records], page.total) == (["1", "2"], 2)
    assert keys(store) == [("a", "2")]
