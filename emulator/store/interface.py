"""The interface every storage engine implements, and the words it is stated in."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
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
    "StateConflict",
    "Store",
    "StoreUnavailable",
    "Vacant",
]


class Presence(Enum):
    """What a write may expect of a key besides an exact state."""

    ANY = "any"
    ABSENT = "absent"
    PRESENT = "present"


Expected = str | Presence


class StateConflict(Exception):  # noqa: N818 - an outcome of a race, no error of the program
    """The record was not what the write expected; nothing was written."""


class StoreUnavailable(Exception):  # noqa: N818 - an outcome that callers plan for
    """What keeps the content cannot be reached; whether a write was made is not known."""


@dataclass(frozen=True, slots=True)
class Put:
    """Write a record under its key, if what is there is expected."""

    collection: str
    record: Record
    expected: Expected = Presence.ANY


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove what is under a key, if it is expected."""

    collection: str
    key: Key
    expected: Expected = Presence.ANY


@dataclass(frozen=True, slots=True)
class Require:
    """Change nothing, but expect something of a key."""

    collection: str
    key: Key
    expected: Expected


@dataclass(frozen=True, slots=True)
class Vacant:
    """Change nothing, but expect that nothing lies below a key."""

    collection: str
    parent: Key


@dataclass(frozen=True, slots=True)
class Clear:
    """Remove all that lies below a key."""

    collection: str
    parent: Key


Change = Put | Delete | Require | Vacant | Clear


class Scan(NamedTuple):
    """One page of a collection and its whole size, both of the same instant."""

    records: Sequence[Record]
    total: int


class Store(Protocol):
    """Collections of records, ordered by key; every call is one atomic step."""

    def get(self, collection: str, key: Key) -> Record | None:
        """Return the record of ``key``, or None."""
        ...

    def put(self, collection: str, record: Record, expected: Expected = Presence.ANY) -> None:
        """Write ``record`` under its key if what is there is ``expected`` (RST-5).

        Raises:
            StateConflict: Something else is there; nothing was written.
        """
        ...

    def delete(self, collection: str, key: Key, expected: Expected = Presence.ANY) -> bool:
        """Remove the record of ``key`` if it is ``expected``; return whether there was one.

        Raises:
            StateConflict: Something else is there; nothing was removed.
        """
        ...

    def apply(self, *changes: Change) -> None:
        """Make all changes as one, or none of them.

        Raises:
            StateConflict: One of the expectations does not hold.
        """
        ...

    def scan(
        self, collection: str, start: int, count: int, parent: Key = (), after: Key | None = None
    ) -> Scan:
        """Return up to ``count`` records from index ``start``, of those below ``parent``.

        With ``after`` the index counts from the first key behind that one, there or not; the
        size told is that of all below ``parent`` nevertheless.
        """
        ...

    def count(self, collection: str, parent: Key = ()) -> int:
        """Return how many records lie below ``parent``."""
        ...

    def replace(self, contents: Mapping[str, Iterable[Record]]) -> None:
        """Replace all content: records by collection, in any order, whose keys must differ."""
        ...

    def version(self) -> int:
        """Return a number that another one takes the place of whenever content changes.

        Read before content, it is never newer than what was read.
        """
        ...

    def snapshot(self) -> Any:
        """Return an opaque value that stands for all content of this instant."""
        ...

    def restore(self, snapshot: Any) -> None:
        """Make all content what it was when ``snapshot`` was taken."""
        ...

    def frozen(self) -> AbstractContextManager["Store"]:
        """Return a copy of all content at this instant, so that several reads see the same."""
        ...
