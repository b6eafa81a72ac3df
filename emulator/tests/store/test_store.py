"""Every storage engine: conditional writes, pages, parents, snapshots, threads that collide."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.store import (
    Change,
    Delete,
    Expected,
    Key,
    MemoryStore,
    Presence,
    Put,
    Record,
    Require,
    Size,
    StateConflict,
    Store,
    WatchedStore,
)
from emulator.tests.rival import OLD, OTHER, RIVALS, delete_old, keys, put_rival, race
from emulator.tests.table import table

NEW = Record.of(("a",), {"id": "a", "text": "new"})
ABSENT, ANY, PRESENT = Presence.ABSENT, Presence.ANY, Presence.PRESENT
TEXTS = st.text("\0a/", max_size=3)
PLACES = count()

New = Callable[..., Store]


@pytest.fixture(scope="session", params=["memory", "redis"])
def new(request: pytest.FixtureRequest) -> New:
    """Return what makes a store that holds some things."""
    if request.param == "memory":
        return partial(filled, MemoryStore)
    from emulator.store.redis import RedisStore  # noqa: PLC0415 - only where it is wanted

    client = request.getfixturevalue("redis_client")
    return partial(filled, lambda: RedisStore(client, f"store {next(PLACES)}:", "stores' own:"))


def filled(make: Callable[[], Store], *things: Record | None) -> Store:
    store = make()
    if records := [thing for thing in things if thing]:
        store.replace({"things": records})
    return store


def blank(*keys: Key) -> list[Record]:
    return [Record.of(key, {}) for key in keys]


def numbered(count: int) -> list[Record]:
    return blank(*((f"{number:02}",) for number in range(count)))


def test_a_new_store_is_empty(new: New) -> None:
    store = new()
    assert store.get("things", ("a",)) is None
    assert store.count("things") == 0
    assert store.scan("things", 0, 25) == ((), 0)


def test_put_then_get_returns_the_record(new: New) -> None:
    store = new()
    store.put("things", OLD)
    assert store.get("things", ("a",)) == OLD


def test_collections_do_not_see_each_other(new: New) -> None:
    store = new(*blank(("a",)))
    assert store.get("others", ("a",)) is None
    assert store.count("others") == 0
    assert store.delete("others", ("a",)) is False
    assert keys(store) == [("a",)]


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (None, ANY),
        (None, ABSENT),
        (OLD, ANY),
        (OLD, PRESENT),
        (OLD, OLD.state),
        (OLD, Record.of(OLD.key, OLD.properties)),
    ],
    ids=["none-any", "none-absent", "one-any", "one-present", "one-its-state", "one-itself"],
)
def test_put_writes_where_what_is_there_is_expected(
    new: New, present: Record | None, expected: Expected
) -> None:
    store = new(present)
    store.put("things", NEW, expected)
    assert store.get("things", ("a",)) == NEW
    assert store.count("things") == 1


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        pytest.param(None, OLD.state, id="none-state"),
        pytest.param(None, PRESENT, id="none-present"),
        pytest.param(OLD, ABSENT, id="one-absent"),
        pytest.param(OLD, NEW.state, id="one-other-state"),
        pytest.param(OLD, "", id="one-empty"),
        pytest.param(OLD, "any", id="one-word"),
        pytest.param(OLD, "present", id="one-other-word"),
    ],
)
def test_put_writes_nothing_where_something_else_is_there(
    new: New, present: Record | None, expected: Expected
) -> None:
    store = new(present)
    with pytest.raises(StateConflict):
        store.put("things", NEW, expected)
    assert store.get("things", ("a",)) == present


@pytest.mark.parametrize(
    ("present", "expected", "found"),
    [
        pytest.param(None, ANY, False, id="none-any"),
        pytest.param(None, ABSENT, False, id="none-absent"),
        pytest.param(OLD, ANY, True, id="one-any"),
        pytest.param(OLD, PRESENT, True, id="one-present"),
        pytest.param(OLD, OLD.state, True, id="one-its-state"),
    ],
)
def test_delete_removes_what_is_expected_and_tells_whether_it_was_there(
    new: New, present: Record | None, expected: Expected, *, found: bool
) -> None:
    store = new(present, OTHER)
    assert store.delete("things", ("a",), expected) is found
    assert keys(store) == [("b",)]


@pytest.mark.parametrize(
    ("present", "expected"),
    [(None, OLD.state), (None, PRESENT), (OLD, ABSENT), (OLD, NEW.state), (OLD, NEW), (None, OLD)],
    ids=["none-state", "none-present", "one-absent", "one-other-state", "one-other", "none-one"],
)
def test_delete_removes_nothing_where_something_else_is_there(
    new: New, present: Record | None, expected: Expected
) -> None:
    store = new(present)
    with pytest.raises(StateConflict):
        store.delete("things", ("a",), expected)
    assert store.get("things", ("a",)) == present


def test_replace_takes_records_in_any_order_and_leaves_nothing_else(new: New) -> None:
    store = new(*blank(("x",), ("y",)))
    store.put("others", OLD)
    store.replace({"things": iter([OTHER, OLD]), "more": []})
    assert keys(store) == [("a",), ("b",)]
    assert store.get("things", ("x",)) is None
    assert (store.count("others"), store.count("more")) == (0, 0)


@table(
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
def test_scan_returns_one_page_and_the_whole_size(
    new: New, start: int, count: int, found: list[str]
) -> None:
    page = new(*numbered(10)).scan("things", start, count)
    assert [record.key[0] for record in page.records] == found
    assert page.total == 10


def test_scan_is_in_the_byte_order_of_ids(new: New) -> None:
    store = new(*blank(("b",), ("é",), ("B",), ("😀",), ("a",), ("10",), ("9",), ("\uffff",)))
    found = [key[0] for key in keys(store)]
    assert found == ["10", "9", "B", "a", "b", "é", "\uffff", "😀"]


def test_scan_pages_below_a_parent(new: New) -> None:
    store = new(*blank(("a", "9"), *(("b", str(number)) for number in range(4)), ("c", "0")))
    page = store.scan("things", 1, 2, ("b",))
    assert [record.key for record in page.records] == [("b", "1"), ("b", "2")]
    assert page.total == 4


def test_a_page_past_the_end_of_a_parent_does_not_reach_the_next_one(new: New) -> None:
    store = new(*blank(("a", "1"), ("b", "1")))
    assert store.scan("things", 1, 5, ("a",)) == ((), 1)


@table(
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
)
def test_a_parent_has_its_own_children_only(new: New, parent: Key, children: list[Key]) -> None:
    first = blank(("", "1"), ("\0", "1"), ("a", ""), ("a", "\0"), ("a", "b"), ("a", "\uffff"))
    store = new(*first, *blank(("a\0", "1"), ("a\0\0", "1"), ("ab", "1"), ("b", "1")))
    assert sorted(keys(store, parent)) == sorted(children)
    assert store.count("things", parent) == len(children)


@given(st.sets(st.tuples(TEXTS, TEXTS, TEXTS), max_size=30), TEXTS, TEXTS)
def test_scan_and_count_below_any_parent_agree_with_a_filter(
    new: New, held: set[Key], outer: str, inner: str
) -> None:
    store = new(*blank(*held))
    for parent in ((), (outer,), (outer, inner)):
        below = sorted(key for key in held if key[: len(parent)] == parent)
        assert keys(store, parent) == below
        assert store.count("things", parent) == len(below)


TREE = (("a",), ("a", "1"), ("b", "1"), ("b", "3"), ("b", "5"), ("c",))


@table(
    ("after", "parent", "found"),
    [
        pytest.param((), (), TREE, id="the empty key"),
        pytest.param(("A",), (), TREE, id="before all"),
        pytest.param(("a",), (), TREE[1:], id="a key that is there"),
        pytest.param(("a", "0"), (), TREE[1:], id="a key that is not there"),
        pytest.param(("a", "1"), (), TREE[2:], id="the last child"),
        pytest.param(("b",), (), TREE[2:], id="a parent that is not there"),
        pytest.param(("b", "3"), (), TREE[4:], id="a child that is there"),
        pytest.param(("b", "4"), (), TREE[4:], id="a child that is not there"),
        pytest.param(("c",), (), (), id="the last"),
        pytest.param(("d",), (), (), id="behind all"),
        pytest.param(("a", "1"), ("b",), TREE[2:5], id="before the parent"),
        pytest.param(("b",), ("b",), TREE[2:5], id="the parent"),
        pytest.param(("b", "1"), ("b",), TREE[3:5], id="its first child"),
        pytest.param(("b", "2"), ("b",), TREE[3:5], id="no child of it"),
        pytest.param(("b", "5"), ("b",), (), id="its last child"),
        pytest.param(("c",), ("b",), (), id="behind the parent"),
        pytest.param(("a",), ("missing",), (), id="a missing parent"),
    ],
)
def test_a_page_begins_behind_a_key_there_or_not(
    new: New, after: Key, parent: Key, found: tuple[Key, ...]
) -> None:
    page = new(*blank(*TREE)).scan("things", 0, 99, parent, after)
    assert tuple(record.key for record in page.records) == found


@table(
    ("start", "count", "found"),
    [(0, 2, ["04", "05"]), (1, 2, ["05", "06"]), (5, 9, ["09"]), (6, 9, []), (0, 0, [])],
)
def test_the_index_counts_from_behind_the_key_and_the_size_is_the_whole(
    new: New, start: int, count: int, found: list[str]
) -> None:
    page = new(*numbered(10)).scan("things", start, count, after=("03",))
    assert [record.key[0] for record in page.records] == found
    assert page.total == 10


def test_the_size_behind_a_key_is_that_of_the_parent(new: New) -> None:
    store = new(*blank(*TREE))
    for after in (("a",), ("b", "3"), ("z",)):
        assert store.scan("things", 0, 1, ("b",), after).total == 3


def test_a_key_with_an_empty_id_appended_lies_behind_it(new: New) -> None:
    store = new(*blank(("a",), ("a", ""), ("a\0",)))
    page = store.scan("things", 0, 9, after=("a",))
    assert [record.key for record in page.records] == [("a", ""), ("a\0",)]


@given(
    st.sets(st.tuples(TEXTS, TEXTS), max_size=30), TEXTS, st.tuples(TEXTS) | st.tuples(TEXTS, TEXTS)
)
def test_a_scan_behind_any_key_agrees_with_a_filter(
    new: New, held: set[Key], outer: str, after: Key
) -> None:
    store = new(*blank(*held))
    for parent in ((), (outer,)):
        below = sorted(key for key in held if key[: len(parent)] == parent)
        page = store.scan("things", 0, 99, parent, after)
        assert [record.key for record in page.records] == [key for key in below if key > after]
        assert page.total == len(below)


def test_all_changes_are_made_in_all_collections(new: New) -> None:
    store = new(OLD, OTHER)
    store.apply(
        Put("things", NEW, OLD.state),
        Delete("things", ("b",), PRESENT),
        Put("others", OTHER, ABSENT),
        Delete("others", ("nothing",)),
        Require("others", ("x",), ABSENT),
        Size("things", ("x",)),
    )
    assert store.scan("things", 0, 9).records == (NEW,)
    assert store.scan("others", 0, 9).records == (OTHER,)


def test_changes_of_one_key_are_made_in_order(new: New) -> None:
    store = new()
    store.apply(Put("things", OLD), Put("things", NEW), Put("things", OTHER))
    store.apply(Delete("things", ("b",)), Delete("things", ("b",)))
    assert store.scan("things", 0, 9).records == (NEW,)
    store.apply(Put("things", OTHER), Delete("things", ("b",)))
    store.apply(Delete("things", ("a",)), Put("things", OLD))
    assert store.scan("things", 0, 9).records == (OLD,)


def test_what_changes_expect_is_what_is_there_before_all_of_them(new: New) -> None:
    store = new()
    store.apply(Put("things", OLD, ABSENT), Require("things", ("a",), ABSENT))
    store.apply(Put("things", OTHER), Require("things", ("a",), OLD.state), Size("things", ("b",)))
    with pytest.raises(StateConflict):
        store.apply(Delete("things", ("a",)), Put("things", NEW, ABSENT))
    assert store.scan("things", 0, 9).records == (OLD, OTHER)


def test_no_changes_change_nothing(new: New) -> None:
    store = new(*blank(("a",)))
    store.apply()
    assert keys(store) == [("a",)]


FAILING: list[tuple[str, Change]] = [
    ("put-absent", Put("things", NEW, ABSENT)),
    ("put-other-state", Put("things", NEW, NEW.state)),
    ("put-present", Put("things", Record.of(("x",), {}), PRESENT)),
    ("put-state-of-none", Put("things", Record.of(("x",), {}), OLD.state)),
    ("put-in-a-new-collection", Put("new", OLD, PRESENT)),
    ("delete-absent", Delete("things", ("a",), ABSENT)),
    ("delete-other-state", Delete("things", ("a",), NEW.state)),
    ("delete-present", Delete("things", ("x",), PRESENT)),
    ("delete-state-of-none", Delete("things", ("x",), OLD.state)),
    ("require-absent", Require("things", ("a",), ABSENT)),
    ("require-other-state", Require("things", ("a",), NEW.state)),
    ("require-present", Require("things", ("x",), PRESENT)),
    ("require-state-of-none", Require("things", ("x",), OLD.state)),
    ("require-in-another-collection", Require("others", ("a",), PRESENT)),
    ("size", Size("things", ("a",))),
    ("size-deeper", Size("things", ("p", "q"))),
    ("size-everywhere", Size("things", ())),
    ("size-too-large", Size("things", ("a",), 2)),
]


@table("position", [0, 1, 2], ids=["first", "amid", "last"])
@table("failing", [row[1] for row in FAILING], ids=[row[0] for row in FAILING])
def test_an_expectation_that_fails_leaves_everything_as_it_was(
    new: New, failing: Change, position: int
) -> None:
    child = Record.of(("p", "q", "r"), {})
    store = new(OLD, OTHER, child)
    changes: list[Change] = [Put("others", OTHER), Delete("things", ("b",))]
    changes.insert(position, failing)
    with pytest.raises(StateConflict):
        store.apply(*changes)
    assert store.scan("things", 0, 9) == ((OLD, OTHER, child), 3)
    assert (store.count("others"), store.count("new")) == (0, 0)


@pytest.mark.parametrize(
    "held",
    [
        pytest.param(Require("things", ("a",), ANY), id="require-any"),
        pytest.param(Require("things", ("x",), ANY), id="require-any-of-none"),
        pytest.param(Require("things", ("a",), PRESENT), id="require-present"),
        pytest.param(Require("things", ("a",), OLD.state), id="require-state"),
        pytest.param(Require("things", ("x",), ABSENT), id="require-absent"),
        pytest.param(Size("things", ("aa",)), id="size"),
        pytest.param(Size("things", ("a", "b")), id="size-below-a-key"),
        pytest.param(Size("new", ()), id="size-of-no-collection"),
        pytest.param(Size("things", ("a",), 1), id="size-of-one"),
        pytest.param(Delete("things", ("x",), ABSENT), id="delete-absent"),
        pytest.param(Delete("new", ("x",)), id="delete-in-a-new-collection"),
    ],
)
def test_an_expectation_that_holds_changes_nothing_itself(new: New, held: Change) -> None:
    store = new(OLD)
    store.apply(held)
    assert store.scan("things", 0, 9) == ((OLD,), 1)
    assert store.count("new") == 0


def test_restore_undoes_what_was_applied(new: New) -> None:
    store = new(OLD)
    snapshot = store.snapshot()
    store.apply(Delete("things", ("a",)), Put("others", OTHER))
    store.restore(snapshot)
    assert (store.get("things", ("a",)), store.count("others")) == (OLD, 0)


def test_restore_brings_back_every_collection(new: New) -> None:
    store = new()
    store.put("things", OLD)
    snapshot = store.snapshot()
    store.put("things", NEW)
    store.put("others", OTHER)
    store.restore(snapshot)
    assert store.get("things", ("a",)) == OLD
    assert store.count("others") == 0


def test_a_snapshot_can_be_restored_again_after_more_writes(new: New) -> None:
    store = new(*blank(("a",)))
    snapshot = store.snapshot()
    for _ in range(2):
        store.delete("things", ("a",))
        store.restore(snapshot)
        assert keys(store) == [("a",)]


@pytest.fixture
def eager_switching() -> Iterator[None]:
    """Make the interpreter switch threads as often as it can, so that races show."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("eager_switching")
@pytest.mark.parametrize(
    ("present", "expected"), [(OLD, OLD.state), (None, ABSENT)], ids=["state", "absent"]
)
def test_of_writers_that_expect_the_same_exactly_one_wins(
    new: New, present: Record | None, expected: Expected
) -> None:
    for _ in range(40):
        store = new(present)
        won = race(8, partial(put_rival, store, expected))
        assert won.count(True) == 1
        assert store.get("things", ("a",)) == RIVALS[won.index(True)]


@pytest.mark.usefixtures("eager_switching")
def test_of_deletions_of_one_state_exactly_one_wins(new: New) -> None:
    for _ in range(40):
        store = new(OLD)
        won = race(8, partial(delete_old, store))
        assert won.count(True) == 1
        assert store.count("things") == 0


def apply_rival(store: Store, number: int) -> bool:
    mark = Record.of((str(number),), {})
    try:
        store.apply(Put("marks", mark), Size("things", ()), Put("things", RIVALS[number]))
    except StateConflict:
        return False
    return True


@pytest.mark.usefixtures("eager_switching")
def test_of_colliding_changes_exactly_one_is_made_and_wholly(new: New) -> None:
    for _ in range(40):
        store = new()
        won = race(8, partial(apply_rival, store))
        assert won.count(True) == 1
        winner = won.index(True)
        assert store.get("things", ("a",)) == RIVALS[winner]
        assert [record.key for record in store.scan("marks", 0, 9).records] == [(str(winner),)]


@pytest.mark.usefixtures("eager_switching")
def test_writers_of_different_keys_lose_nothing_of_each_other(new: New) -> None:
    store = new()

    def write(number: int) -> None:
        for turn in range(50):
            store.put(f"collection {turn % 2}", Record.of((f"{number}", f"{turn}"), {}))

    race(8, write)
    assert (store.count("collection 0"), store.count("collection 1")) == (200, 200)


@table(
    "change",
    [
        lambda store: store.put("things", OTHER),
        lambda store: store.delete("things", ("a",)),
        lambda store: store.apply(Put("things", OTHER)),
        lambda store: store.replace({"things": [OTHER]}),
        lambda store: store.restore(store.snapshot()),
    ],
)
def test_whatever_changes_content_gives_it_another_version(
    new: New, change: Callable[[Store], object]
) -> None:
    store = new(*blank(("a",)))
    before = store.version()
    assert store.version() == before
    change(store)
    assert store.version() != before


def test_frozen_copy_does_not_see_later_writes(new: New) -> None:
    store = new(OLD)
    with store.frozen() as copy:
        store.put("things", NEW)
        store.put("others", OTHER)
        store.delete("things", ("a",))
        assert copy.get("things", ("a",)) == OLD
        assert (copy.count("things"), copy.count("others")) == (1, 0)
    assert (store.count("things"), store.count("others")) == (0, 1)


def test_frozen_copy_of_nothing_is_empty(new: New) -> None:
    with new().frozen() as copy:
        assert copy.scan("things", 0, 9) == ((), 0)


def test_frozen_copy_leaves_the_version(new: New) -> None:
    store = new(OLD)
    before = store.version()
    with store.frozen():
        pass
    assert store.version() == before


@pytest.mark.parametrize(
    ("read", "rival", "holds"),
    [
        pytest.param(("get", "things", ("a",)), Put("things", NEW), False, id="changed"),
        pytest.param(("get", "things", ("a",)), Delete("things", ("a",)), False, id="deleted"),
        pytest.param(("get", "things", ("b",)), Put("things", OTHER), False, id="created"),
        pytest.param(("get", "things", ("b",)), Put("things", NEW), True, id="another"),
        pytest.param(("count", "things"), Put("things", OTHER), False, id="counted"),
        pytest.param(("count", "things", ("a",)), Put("things", OTHER), True, id="elsewhere"),
        pytest.param(("scan", "things", 0, 9), Put("things", OTHER), False, id="scanned"),
        pytest.param(("scan", "others", 0, 9), Put("things", OTHER), True, id="others"),
    ],
)
def test_a_write_expects_what_was_read(
    new: New, read: tuple[Any, ...], rival: Change, *, holds: bool
) -> None:
    store = new(OLD)
    watched, (method, *arguments) = WatchedStore(store), read
    assert getattr(watched, method)(*arguments) == getattr(store, method)(*arguments)
    store.apply(*watched.list_expectations())
    store.apply(rival)
    if holds:
        store.apply(*watched.list_expectations())
    else:
        with pytest.raises(StateConflict):
            store.apply(*watched.list_expectations())
