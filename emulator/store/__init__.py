"""The store: immutable records in ordered collections, behind a narrow interface.

This package knows no resource, no document and no Flask.
"""

from emulator.store.interface import (
    Change,
    Clear,
    Delete,
    Expected,
    Key,
    Presence,
    Put,
    Require,
    Scan,
    Size,
    StateConflict,
    Store,
    StoreUnavailable,
)
from emulator.store.memory import MemoryStore
from emulator.store.record import (
    Record,
    SharedValues,
    read_property,
    read_values,
    remove_property,
    thaw,
)
from emulator.store.retry import ATTEMPTS, StoreContended, retry_on_conflict
from emulator.store.watched import ExpectingStore, WatchedStore

__all__ = [
    "ATTEMPTS",
    "Change",
    "Clear",
    "Delete",
    "Expected",
    "ExpectingStore",
    "Key",
    "MemoryStore",
    "Presence",
    "Put",
    "Record",
    "Require",
    "Scan",
    "SharedValues",
    "Size",
    "StateConflict",
    "Store",
    "StoreContended",
    "StoreUnavailable",
    "WatchedStore",
    "read_property",
    "read_values",
    "remove_property",
    "retry_on_conflict",
    "thaw",
]
