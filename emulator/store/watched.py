"""Reads of a store with notes: a write that expects the notes makes reads and write one step.

``WatchedStore`` makes the notes, and ``ExpectingStore`` adds expectations to each write.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from emulator.store.interface import (
    Change,
    Expected,
    Presence,
    Put,
    Require,
    Scan,
    Size,
    Store,
)
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


class ExpectingStore:
    """A store with expectations in each write of ``put`` and ``apply``.

    Args:
        store: The store.
        expectations: The expectations.
    """

    def __init__(self, store: Store, expectations: Sequence[Change]) -> None:
        self._store = store
        self._expectations = expectations

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put(self, collection: str, record: Record, expected: Expected = Presence.ANY) -> None:
        """See ``Store.put``."""
        self.apply(Put(collection, record, expected))

    def apply(self, *changes: Change) -> None:
        """See ``Store.apply``."""
        self._store.apply(*changes, *self._expectations)
