"""The default storage engine: persistent trees in memory.

Reads use the current trees and need no lock. Writes take one lock, check the expectations, and
replace the tree of the collection: O(log n). A snapshot is a reference to the trees.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import attrgetter
from threading import Lock

from emulator.store.interface import (
    Change,
    Clear,
    Delete,
    Expected,
    Presence,
    Put,
    Require,
    Scan,
    Size,
    StateConflict,
)
from emulator.store.record import Key, Record
from emulator.store.tree import Tree

EMPTY_TREE = Tree()
Snapshot = Mapping[str, Tree]


class MemoryStore:
    """A ``Store`` in the memory of this process.

    Args:
        snapshot: The first content, a snapshot of another store.
    """

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self._trees: Snapshot = snapshot or {}
        self._version = 0
        self._lock = Lock()

    def get(self, collection: str, key: Key) -> Record | None:
        """See ``Store.get``."""
        record: Record | None = self._trees.get(collection, EMPTY_TREE).get(key)
        return record

    def put(self, collection: str, record: Record, expected: Expected = Presence.ANY) -> None:
        """See ``Store.put``."""
        with self._lock:
            tree = self.tree(collection)
            _require(expected, tree.get(record.key))
            self._set_trees({**self._trees, collection: tree.put(record.key, record)})

    def delete(self, collection: str, key: Key, expected: Expected = Presence.ANY) -> bool:
        """See ``Store.delete``."""
        with self._lock:
            tree = self.tree(collection)
            found = tree.get(key)
            _require(expected, found)
            if found is not None:
                self._set_trees({**self._trees, collection: tree.delete(key)})
            return found is not None

    def apply(self, *changes: Change) -> None:
        """See ``Store.apply``."""
        if len(changes) == 1 and isinstance(put := changes[0], Put):
            self.put(put.collection, put.record, put.expected)
            return
        with self._lock:
            runs = [(name, [*run]) for name, run in groupby(changes, _find_put_collection)]
            for collection, run in runs:
                self._check(collection, run)
            trees = dict(self._trees)
            for collection, run in runs:
                if collection is None:
                    for change in run:
                        _change(trees, change)
                else:
                    entries = [(put.record.key, put.record) for put in run if isinstance(put, Put)]
                    trees[collection] = trees.get(collection, EMPTY_TREE).put_all(entries)
            self._set_trees(trees)

    def scan(
        self, collection: str, start: int, count: int, parent: Key = (), after: Key | None = None
    ) -> Scan:
        """See ``Store.scan``."""
        tree = self.tree(collection)
        low, high = _bounds(tree, parent)
        # In the order of tuples, the key with "" appended is the next possible key after the key.
        first = start + (low if after is None else max(low, tree.rank((*after, ""))))
        return Scan(tuple(tree.values(first, min(first + count, high))), high - low)

    def count(self, collection: str, parent: Key = ()) -> int:
        """See ``Store.count``."""
        low, high = _bounds(self.tree(collection), parent)
        return high - low

    def tree(self, collection: str) -> Tree:
        """Return the records of a collection; the tree never changes."""
        return self._trees.get(collection, EMPTY_TREE)

    def load(self, collection: str, records: Iterable[Record]) -> None:
        """Replace a collection by ``records`` with different keys, in any order."""
        with self._lock:
            self._set_trees({**self._trees, collection: _build_tree(records)})

    def replace(self, contents: Mapping[str, Iterable[Record]]) -> None:
        """See ``Store.replace``; O(n log n)."""
        trees = {name: _build_tree(records) for name, records in contents.items()}
        with self._lock:
            self._set_trees(trees)

    def version(self) -> int:
        """See ``Store.version``."""
        return self._version

    def snapshot(self) -> Snapshot:
        """See ``Store.snapshot``; O(1)."""
        return self._trees

    def restore(self, snapshot: Snapshot) -> None:
        """See ``Store.restore``; O(1)."""
        with self._lock:
            self._set_trees(snapshot)

    def open_snapshot(self, snapshot: Snapshot) -> "MemoryStore":
        """See ``Store.open_snapshot``; O(1)."""
        return MemoryStore(snapshot)

    @contextmanager
    def frozen(self) -> Iterator["MemoryStore"]:
        """See ``Store.frozen``; O(1)."""
        yield MemoryStore(self._trees)

    def _check(self, collection: str | None, run: Sequence[Change]) -> None:
        """Check the expectations of changes; many writes to a collection are checked at once."""
        find = None if collection is None else self.tree(collection).make_finder(len(run))
        for change in run:
            match change:
                case Put(_, record, expected) if find is not None:
                    _require(expected, find(record.key))
                case Delete(name, key, expected) | Require(name, key, expected):
                    _require(expected, self.get(name, key))
                case Size(name, parent, count):
                    if self.count(name, parent) != count:
                        raise StateConflict

    def _set_trees(self, trees: Snapshot) -> None:
        # In this order, a reader of a version finds the content of the version, or newer content.
        self._trees = trees
        self._version += 1


def _build_tree(records: Iterable[Record]) -> Tree:
    ordered = sorted(records, key=attrgetter("key"))
    return Tree.of([record.key for record in ordered], ordered)


def _require(expected: Expected, found: Record | None) -> None:
    if expected is found or expected is Presence.ANY:
        return
    if expected is Presence.PRESENT and found is not None:
        return
    wanted = expected.state if isinstance(expected, Record) else expected
    actual: Expected = Presence.ABSENT if found is None else found.state
    if actual != wanted:
        raise StateConflict


def _find_put_collection(change: Change) -> str | None:
    """Return the collection of a ``Put``, so that many records in a row are written at once."""
    return change.collection if isinstance(change, Put) else None


def _change(trees: dict[str, Tree], change: Change) -> None:
    match change:
        case Delete(collection, key, _) if trees.get(collection, EMPTY_TREE).get(key) is not None:
            trees[collection] = trees[collection].delete(key)
        case Clear(collection, parent):
            tree = trees.get(collection, EMPTY_TREE)
            trees[collection] = tree.cut(*_bounds(tree, parent))


def _bounds(tree: Tree, parent: Key) -> tuple[int, int]:
    """Return the first index of the keys below ``parent``, and the index behind the last.

    In the order of tuples all keys that begin with ``parent`` come after ``parent`` itself
    and before the same tuple with the least possible string appended to its last id.
    """
    if not parent:
        return 0, len(tree)
    beyond = (*parent[:-1], parent[-1] + "\0")
    return tree.rank(parent), tree.rank(beyond)
