"""The store in memory: conditional writes, pages, parents, snapshots, and threads that collide."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.store import Expected, Key, MemoryStore, Presence, Record, StateConflict

OLD = Record.of(("a",), {"id": "a", "text": "old"})
NEW = Record.of(("a",), {"id": "a", "text": "new"})
OTHER = Record.of(("b",), {"id": "b"})
RIVALS = [Record.of(("a",), {"rival": number}) for number in range(8)]
ABSENT, ANY = Presence.ABSENT, Presence.ANY
TEXTS = st.text("\0a/", max_size=3)


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


def keys(store: MemoryStore, parent: Key = (), start: int = 0, count: int = 99) -> list[Key]:
    return [record.key for record in store.scan("things", start, count, parent).records]


def numbered(count: int) -> MemoryStore:
    return holding(*((f"{number:02}",) for number in range(count)))


def race(count: int, step: Callable[[int], Any]) -> list[Any]:
    """Return what ``step`` returned in each of as many threads, all let go at once."""
    start = Barrier(count)

    def run(number: int) -> Any:
        start.wait()
        return step(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def put_rival(store: MemoryStore, expected: Expected, number: int) -> bool:
    try:
        store.put("things", RIVALS[number], expected)
    except StateConflict:
        return False
    return True


def delete_old(store: MemoryStore, _: int) -> bool:
    try:
        return store.delete("things", ("a",), OLD.state)
    except StateConflict:
        return False


@pytest.fixture
def eager_switching() -> Iterator[None]:
    """Make the interpreter switch threads as often as it can, so that races show."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_a_new_store_is_empty() -> None:
    store = MemoryStore()
    assert store.get("things", ("a",)) is None
    assert store.count("things") == 0
    assert store.scan("things", 0, 25) == ((), 0)


def test_put_then_get_returns_the_record() -> None:
    store = MemoryStore()
    store.put("things", OLD)
    assert store.get("things", ("a",)) == OLD


def test_collections_do_not_see_each_other() -> None:
    store = holding(("a",))
    assert store.get("others", ("a",)) is None
    assert store.count("others") == 0
    assert store.delete("others", ("a",)) is False
    assert keys(store) == [("a",)]


@pytest.mark.parametrize(
    ("present", "expected"),
    [(None, ANY), (None, ABSENT), (OLD, ANY), (OLD, OLD.state)],
    ids=["none-any", "none-absent", "one-any", "one-its-state"],
)
def test_put_writes_where_what_is_there_is_expected(
    present: Record | None, expected: Expected
) -> None:
    store = MemoryStore()
    store.load("things", [present] if present else [])
    store.put("things", NEW, expected)
    assert store.get("things", ("a",)) == NEW
    assert store.count("things") == 1


@pytest.mark.parametrize(
    ("present", "expected"),
    [(None, OLD.state), (OLD, ABSENT), (OLD, NEW.state), (OLD, ""), (OLD, "any")],
    ids=["none-state", "one-absent", "one-other-state", "one-empty", "one-word"],
)
def test_put_writes_nothing_where_something_else_is_there(
    present: Record | None, expected: Expected
) -> None:
    store = MemoryStore()
    store.load("things", [present] if present else [])
    with pytest.raises(StateConflict):
        store.put("things", NEW, expected)
    assert store.get("things", ("a",)) == present


@pytest.mark.parametrize(
    ("present", "expected", "found"),
    [(None, ANY, False), (None, ABSENT, False), (OLD, ANY, True), (OLD, OLD.state, True)],
    ids=["none-any", "none-absent", "one-any", "one-its-state"],
)
def test_delete_removes_what_is_expected_and_tells_whether_it_was_there(
    present: Record | None, expected: Expected, *, found: bool
) -> None:
    store = MemoryStore()
    store.load("things", [present, OTHER] if present else [OTHER])
    assert store.delete("things", ("a",), expected) is found
    assert keys(store) == [("b",)]


@pytest.mark.parametrize(
    ("present", "expected"),
    [(None, OLD.state), (OLD, ABSENT), (OLD, NEW.state)],
    ids=["none-state", "one-absent", "one-other-state"],
)
def test_delete_removes_nothing_where_something_else_is_there(
    present: Record | None, expected: Expected
) -> None:
    store = MemoryStore()
    store.load("things", [present] if present else [])
    with pytest.raises(StateConflict):
        store.delete("things", ("a",), expected)
    assert store.get("things", ("a",)) == present


def test_load_replaces_the_collection_and_takes_records_in_any_order() -> None:
    store = holding(("x",), ("y",))
    store.load("things", iter([OTHER, OLD]))
    assert keys(store) == [("a",), ("b",)]


def test_load_leaves_other_collections_alone() -> None:
    store = holding(("x",))
    store.load("others", [OLD])
    assert keys(store) == [("x",)]


@pytest.mark.parametrize(
    ("start", "count", "found"),
    [
        (0, 3, ["00", "01", "02"]),
        (5, 2, ["05", "06"]),
        (8, 5, ["08", "09"]),
        (9, 1, ["09"]),
        (10, 5, []),
        (99, 5, []),
        (0, 0, []),
        (2, 0, []),
    ],
)
def test_scan_returns_one_page_and_the_whole_size(start: int, count: int, found: list[str]) -> None:
    page = numbered(10).scan("things", start, count)
    assert [record.key[0] for record in page.records] == found
    assert page.total == 10


def test_scan_is_in_the_byte_order_of_ids() -> None:
    store = holding(("b",), ("é",), ("B",), ("😀",), ("a",), ("10",), ("9",), ("\uffff",))
    found = [key[0] for key in keys(store)]
    assert found == ["10", "9", "B", "a", "b", "é", "\uffff", "😀"]


def test_scan_pages_below_a_parent() -> None:
    store = holding(("a", "9"), *(("b", str(number)) for number in range(4)), ("c", "0"))
    page = store.scan("things", 1, 2, ("b",))
    assert [record.key for record in page.records] == [("b", "1"), ("b", "2")]
    assert page.total == 4


def test_a_page_past_the_end_of_a_parent_does_not_reach_the_next_one() -> None:
    store = holding(("a", "1"), ("b", "1"))
    assert store.scan("things", 1, 5, ("a",)) == ((), 1)


@pytest.mark.parametrize(
    ("parent", "children"),
    [
        (("",), [("", "1")]),
        (("\0",), [("\0", "1")]),
        (("a",), [("a", ""), ("a", "\0"), ("a", "\uffff"), ("a", "b")]),
        (("a\0",), [("a\0", "1")]),
        (("a\0\0",), [("a\0\0", "1")]),
        (("ab",), [("ab", "1")]),
        (("missing",), []),
        (("a", "b"), [("a", "b")]),
    ],
    ids=repr,
)
def test_a_parent_has_its_own_children_only(parent: Key, children: list[Key]) -> None:
    store = holding(
        *[("", "1"), ("\0", "1"), ("a", ""), ("a", "\0"), ("a", "b"), ("a", "\uffff")],
        *[("a\0", "1"), ("a\0\0", "1"), ("ab", "1"), ("b", "1")],
    )
    assert sorted(keys(store, parent)) == sorted(children)
    assert store.count("things", parent) == len(children)


@settings(deadline=None, max_examples=100)
@given(st.sets(st.tuples(TEXTS, TEXTS, TEXTS), max_size=30), TEXTS, TEXTS)
def test_scan_and_count_below_any_parent_agree_with_a_filter(
    held: set[Key], outer: str, inner: str
) -> None:
    store = holding(*held)
    for parent in ((), (outer,), (outer, inner)):
        below = sorted(key for key in held if key[: len(parent)] == parent)
        assert keys(store, parent) == below
        assert store.count("things", parent) == len(below)


def test_restore_brings_back_every_collection() -> None:
    store = MemoryStore()
    store.put("things", OLD)
    snapshot = store.snapshot()
    store.put("things", NEW)
    store.put("others", OTHER)
    store.restore(snapshot)
    assert store.get("things", ("a",)) == OLD
    assert store.count("others") == 0


def test_a_snapshot_can_be_restored_again_after_more_writes() -> None:
    store = holding(("a",))
    snapshot = store.snapshot()
    for _ in range(2):
        store.delete("things", ("a",))
        store.restore(snapshot)
        assert keys(store) == [("a",)]


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
