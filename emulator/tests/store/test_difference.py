"""The difference of two states of a collection."""

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.store import MemoryStore, Record, Store
from emulator.store.difference import list_differences

if TYPE_CHECKING:
    import redis

NAMES = [f"{number:04}" for number in range(2000)]


def record(name: str, value: int = 0) -> Record:
    return Record.of((name,), {"value": value})


def show(before: Store, after: Store) -> list[tuple[str, object, object]]:
    return [
        (key[0], old and old.get("value"), new and new.get("value"))
        for key, old, new in list_differences(before, after, "c")
    ]


def read(store: Store) -> dict[str, int]:
    return {one.key[0]: one.get("value") for one in store.scan("c", 0, len(NAMES)).records}


def change(store: Store) -> None:
    store.put("c", record("0500", 1))
    store.put("c", record("0700"))  # as it was
    store.put("c", record("1999b"))
    store.delete("c", ("0000",))


def test_added_changed_and_removed_records_are_found() -> None:
    store = MemoryStore()
    store.load("c", [record(name) for name in NAMES])
    before = store.open_snapshot(store.snapshot())
    change(store)
    assert show(before, store) == [("0000", 0, None), ("0500", 0, 1), ("1999b", None, 0)]
    assert show(store, before) == [("0000", None, 0), ("0500", 1, 0), ("1999b", 0, None)]
    assert show(store, store) == []
    assert show(before, MemoryStore())[:1] == [("0000", 0, None)]


def test_a_shared_store_is_compared_with_its_snapshot(empty_redis: str) -> None:
    from emulator.store.redis import RedisStore, connect  # noqa: PLC0415 - only with a Redis

    with connect(empty_redis) as client:
        prefix = f"ocapi-emulator:{uuid4().hex}:"
        store = RedisStore(client, prefix, f"{prefix}snapshots:")
        store.replace({"c": [record(name) for name in NAMES]})
        before = store.open_snapshot(store.snapshot())
        change(store)
        assert show(before, store) == [("0000", 0, None), ("0500", 0, 1), ("1999b", None, 0)]


def test_a_lost_snapshot_is_reported(redis_client: "redis.Redis") -> None:
    from emulator.store.redis import RedisStore, SnapshotLost  # noqa: PLC0415 - as above

    store = RedisStore(redis_client, "ocapi-emulator:x:", "ocapi-emulator:y:")
    with pytest.raises(SnapshotLost):
        store.open_snapshot("none")


numbers = st.integers(0, 80)


@given(st.sets(numbers), st.lists(st.tuples(numbers, st.integers(0, 2))))
def test_the_difference_of_trees_is_the_difference_of_their_entries(
    first: set[int], writes: list[tuple[int, int]]
) -> None:
    store = MemoryStore()
    store.load("c", [record(f"{n:03}") for n in first])
    before = store.open_snapshot(store.snapshot())
    for number, value in writes:
        if value == 2:
            store.delete("c", (f"{number:03}",))
        else:
            store.put("c", record(f"{number:03}", value))
    old, new = (
        {r.key[0]: r.get("value") for r in s.scan("c", 0, 999).records} for s in (before, store)
    )
    names = sorted(old.keys() | new.keys())
    expected = [(n, old.get(n), new.get(n)) for n in names if old.get(n) != new.get(n)]
    assert show(before, store) == expected
