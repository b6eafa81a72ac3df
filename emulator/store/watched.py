"""Reads of a store with notes: a write that expects the notes makes reads and write one step."""

from collections.abc import Iterator
from typing import Any

from emulator.store.interface import Change, Expected, Presence, Require, Scan, Size, Store
from emulator.store.record import Key, Record


class WatchedStore:
    """The reads of a store, with notes of found records and of numbers of records.

    Args:
        store: The store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records: dict[tuple[str, Key], Record | None] = {}
        self._sizes: dict[tuple[str, Key], int] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def get(self, collection: str, key: Key) -> Record | None:
        """See ``Store.get``."""
        found = self._store.get(collection, key)
        self._records[collection, key] = found
        return found

    def count(self, collection: str, parent: Key = ()) -> int:
        """See ``Store.count``."""
        found = self._store.count(collection, parent)
        self._sizes[collection, parent] = found
        return found

    def scan(
        self, collection: str, start: int, count: int, parent: Key = (), after: Key | None = None
    ) -> Scan:
        """See ``Store.scan``; the notes have the number of records, and not each record."""
        found = self._store.scan(collection, start, count, parent, after)
        self._sizes[collection, parent] = found.total
        return found

    def list_expectations(self, original: Store | None = None) -> Iterator[Change]:
        """Yield the expectations of a write: the found records, and the numbers of records.

        Args:
            original: The store to write to, before the reads; None for the read store.
        """
        for (collection, key), found in self._records.items():
            record = original.get(collection, key) if original else found
            expected: Expected = Presence.ABSENT if record is None else record
            yield Require(collection, key, expected)
        for (collection, parent), size in self._sizes.items():
            count = original.count(collection, parent) if original else size
            yield Size(collection, parent, count)
