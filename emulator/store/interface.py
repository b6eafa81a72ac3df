"""The interface of storage engines: stores, changes, expectations and errors."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import Enum
from typing import Any, NamedTuple, Protocol

from emulator.store.record import Key, Record

__all__ = [
    "Change",
    "Clear",
    "Delete",
    "Expected",
    "Key",
    "Presence",
    "Put",
    "Require",
    "Scan",
    "Size",
    "StateConflict",
    "Store",
    "StoreUnavailable",
]


class Presence(Enum):
    """The expectations of a write, besides an exact state."""

    ANY = "any"
    ABSENT = "absent"
    PRESENT = "present"


Expected = str | Presence | Record
"""The state of the present record, or a record with the same state, which saves to compute it."""


class StateConflict(Exception):  # noqa: N818 - an outcome of a race, no error of the program
    """The record does not meet the expectation of the write; nothing was written."""


class StoreUnavailable(Exception):  # noqa: N818 - an expected outcome
    """The storage cannot be reached; a write may or may not have been made."""


class Put(NamedTuple):
    """Write a record, if the present record meets the expectation."""

    collection: str
    record: Record
    expected: Expected = Presence.ANY


class Delete(NamedTuple):
    """Remove the record of a key, if the record meets the expectation."""

    collection: str
    key: Key
    expected: Expected = Presence.ANY


class Require(NamedTuple):
    """Change nothing, but expect a record, or none, under a key."""

    collection: str
    key: Key
    expected: Expected


class Size(NamedTuple):
    """Change nothing, but expect a number of records below a key."""

    collection: str
    parent: Key
    number: int = 0


class Clear(NamedTuple):
    """Remove all records below a key."""

    collection: str
    parent: Key


Change = Put | Delete | Require | Size | Clear


class Scan(NamedTuple):
    """A page of a collection and the size of the collection, both of the same instant."""

    records: Sequence[Record]
    total: int


class Store(Protocol):
    """Collections of records in the order of keys; every call is an atomic step."""

    def get(self, collection: str, key: Key) -> Record | None:
        """Return the record of ``key``, or None."""
        ...

    def put(self, collection: str, record: Record, expected: Expected = Presence.ANY) -> None:
        """Write ``record`` if the present record is ``expected`` (RST-5).

        Raises:
            StateConflict: The present record is not ``expected``; nothing was written.
        """
        ...

    def delete(self, collection: str, key: Key, expected: Expected = Presence.ANY) -> bool:
        """Remove the record of ``key`` if ``expected``; return whether a record existed.

        Raises:
            StateConflict: The present record is not ``expected``; nothing was removed.
        """
        ...

    def apply(self, *changes: Change) -> None:
        """Make all changes in a single atomic step.

        Raises:
            StateConflict: An expectation does not hold; no change was made.
        """
        ...

    def scan(
        self, collection: str, start: int, count: int, parent: Key = (), after: Key | None = None
    ) -> Scan:
        """Return up to ``count`` records below ``parent``, from index ``start`` on.

        With ``after`` the index counts from the first key behind ``after``, even if ``after`` has
        no record. The total is the number of all records below ``parent`` in any case.
        """
        ...

    def count(self, collection: str, parent: Key = ()) -> int:
        """Return the number of records below ``parent``."""
        ...

    def replace(self, contents: Mapping[str, Iterable[Record]]) -> None:
        """Replace all content by records by collection, in any order, with different keys."""
        ...

    def version(self) -> int:
        """Return the version of the content; every change makes a new version.

        Read the version before the content: then the version is never newer than the content.
        """
        ...

    def snapshot(self) -> Any:
        """Return an opaque snapshot of all content of this instant."""
        ...

    def restore(self, snapshot: Any) -> None:
        """Replace all content by the content of a snapshot."""
        ...

    def open_snapshot(self, snapshot: Any) -> "Store":
        """Return the content of a snapshot, to read.

        Raises:
            StoreUnavailable: The snapshot does not exist.
        """
        ...

    def frozen(self) -> AbstractContextManager["Store"]:
        """Return a copy of all content of this instant, for several reads of the same state."""
        ...
