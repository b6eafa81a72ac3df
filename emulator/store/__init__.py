"""The store: immutable records in ordered collections, behind one narrow interface.

Nothing in this folder does I/O for a request or knows a resource, a document or Flask.
"""

from emulator.store.interface import Expected, Key, Presence, Scan, StateConflict, Store
from emulator.store.memory import MemoryStore
from emulator.store.record import Record

__all__ = [
    "Expected",
    "Key",
    "MemoryStore",
    "Presence",
    "Record",
    "Scan",
    "StateConflict",
    "Store",
]
