"""The store in memory: what only references can do, and threads that the interpreter switches."""

from collections.abc import Callable

from emulator.store import Key, MemoryStore, Presence, Record
from emulator.tests.rival import OLD, OTHER, keys

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


def test_page_and_total_of_a_scan_are_of_one_instant() -> None:
    store = holding(("a", "1"), ("a", "2"))
    parent = Meddlesome("a")
    parent.meddle = lambda: store.delete("things", ("a", "1"))
    page = store.scan("things", 0, 99, (parent,))
    assert ([record.key[1] for record in page.records], page.total) == (["1", "2"], 2)
    assert keys(store) == [("a", "2")]
