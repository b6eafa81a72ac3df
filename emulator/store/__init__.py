"""The store: immutable records in ordered collections, behind one narrow interface.

Nothing in this folder does I/O for a request or knows a resource, a document or Flask.
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
    StateConflict,
    Store,
    StoreUnavailable,
    Vacant,
)
from emulator.store.memory import MemoryStore
from emulator.store.record import Record
from emulator.store.settle import settle

__all__ = [
    "Change",
    "Clear",
    "Delete",
    "Expected",
    "Key",
    "MemoryStore",
    "Presence",
    "Put",
    "Record",
    "Require",
    "Scan",
    "StateConflict",
    "Store",
    "StoreUnavailable",
    "Vacant",
    "settle",
]
