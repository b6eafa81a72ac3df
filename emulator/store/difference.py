"""The difference of two states of a collection."""

from collections.abc import Iterator
from typing import NamedTuple

from emulator.store.interface import Store
from emulator.store.memory import MemoryStore
from emulator.store.record import Key, Record

PAGE_RECORDS = 500


class Difference(NamedTuple):
    """A record that differs: None before a record was added, and after a record was removed."""

    key: Key
    before: Record | None
    after: Record | None


def list_differences(before: Store, after: Store, collection: str) -> Iterator[Difference]:
    """Yield the differences of two states of a collection, in the order of the keys.

    Two stores in memory that share their content are compared in a time for the changed records;
    other stores are read as a whole.
    """
    if isinstance(before, MemoryStore) and isinstance(after, MemoryStore):
        trees = before.tree(collection), after.tree(collection)
        old = dict(trees[0].list_unshared(trees[1]))
        new = dict(trees[1].list_unshared(trees[0]))
    else:
        old = {record.key: record for record in _read(before, collection)}
        new = {record.key: record for record in _read(after, collection)}
    for key in sorted(old.keys() | new.keys()):
        was, is_ = old.get(key), new.get(key)
        if was is not is_ and was != is_:
            yield Difference(key, was, is_)


def _read(store: Store, collection: str) -> Iterator[Record]:
    """Yield all records, page by page, so that no answer of a shared store is large."""
    start, total = 0, 1
    while start < total:
        records, total = store.scan(collection, start, PAGE_RECORDS)
        yield from records
        start += PAGE_RECORDS
