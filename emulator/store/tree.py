"""A persistent ordered map: every change returns a new tree that shares what is unchanged.

A weight-balanced binary search tree (S. Adams, "Efficient sets: a balancing act", 1993) with
the parameters that Y. Hirai and K. Yamamoto proved sound ("Balancing weight-balanced trees",
2011): no subtree outweighs its sibling more than three times. Each node knows its size, so
the n-th key and the rank of a key are found in O(log n) as well.

Because a tree never changes, holding one *is* a snapshot: readers need no lock, restoring is
one assignment, and copies cost what differs between them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

from emulator.store.record import Key

OUTWEIGHS = 3
ROTATES_ONCE = 2


class Node(NamedTuple):
    """One entry with the entries before it (left) and after it (right)."""

    key: Key
    value: Any
    left: Optional["Node"]
    right: Optional["Node"]
    size: int


@dataclass(frozen=True, slots=True)
class Tree:
    """An immutable map from keys to values, in the order of the keys."""

    root: Node | None = None

    @classmethod
    def of(cls, entries: Sequence[tuple[Key, Any]]) -> "Tree":
        """Build a balanced tree from entries in strictly ascending order of key, in O(n)."""
        return cls(_build(entries, 0, len(entries)))

    def __len__(self) -> int:
        return _size(self.root)

    def get(self, key: Key) -> Any:
        """Return the value of ``key``, or None."""
        node = self.root
        while node is not None and node.key != key:
            node = node.left if key < node.key else node.right
        return None if node is None else node.value

    def put(self, key: Key, value: Any) -> "Tree":
        """Return a tree in which ``key`` has ``value``."""
        return Tree(_put(self.root, key, value))

    def delete(self, key: Key) -> "Tree":
        """Return a tree without ``key``, which must be in this one."""
        return Tree(_delete(self.root, key))

    def cut(self, start: int, stop: int) -> "Tree":
        """Return a tree without the entries from index ``start`` up to ``stop``."""
        tree = self
        for node in list(_nodes(self.root, start, stop)):
            tree = tree.delete(node.key)
        return tree

    def rank(self, key: Key) -> int:
        """Return how many keys come before ``key``."""
        node, before = self.root, 0
        while node is not None:
            if key <= node.key:
                node = node.left
            else:
                before += _size(node.left) + 1
                node = node.right
        return before

    def values(self, start: int, stop: int) -> Iterator[Any]:
        """Yield the values from index ``start`` up to ``stop``, in O(log n + their number)."""
        return (node.value for node in _nodes(self.root, start, stop))


def _size(node: Node | None) -> int:
    return 0 if node is None else node.size


def _node(key: Key, value: Any, left: Node | None, right: Node | None) -> Node:
    return Node(key, value, left, right, _size(left) + _size(right) + 1)


def _build(entries: Sequence[tuple[Key, Any]], low: int, high: int) -> Node | None:
    if low == high:
        return None
    middle = (low + high) // 2
    key, value = entries[middle]
    return _node(key, value, _build(entries, low, middle), _build(entries, middle + 1, high))


def _put(node: Node | None, key: Key, value: Any) -> Node:
    if node is None:
        return _node(key, value, None, None)
    if key < node.key:
        return _balance(node.key, node.value, _put(node.left, key, value), node.right)
    if key > node.key:
        return _balance(node.key, node.value, node.left, _put(node.right, key, value))
    return _node(key, value, node.left, node.right)


def _delete(node: Node | None, key: Key) -> Node | None:
    if node is None:
        raise KeyError(key)
    if key < node.key:
        return _balance(node.key, node.value, _delete(node.left, key), node.right)
    if key > node.key:
        return _balance(node.key, node.value, node.left, _delete(node.right, key))
    return _join(node.left, node.right)


def _join(left: Node | None, right: Node | None) -> Node | None:
    """Join two trees whose weights are in balance and whose keys do not overlap."""
    if left is None or right is None:
        return left or right
    first, rest = _take_first(right)
    return _balance(first.key, first.value, left, rest)


def _take_first(node: Node) -> tuple[Node, Node | None]:
    if node.left is None:
        return node, node.right
    first, rest = _take_first(node.left)
    return first, _balance(node.key, node.value, rest, node.right)


def _balance(key: Key, value: Any, left: Node | None, right: Node | None) -> Node:
    """Make a node of two subtrees of which one has gained or lost a single entry."""
    weight_left, weight_right = _size(left) + 1, _size(right) + 1
    if right is not None and weight_right > OUTWEIGHS * weight_left:
        return _rotate_left(key, value, left, right)
    if left is not None and weight_left > OUTWEIGHS * weight_right:
        return _rotate_right(key, value, left, right)
    return Node(key, value, left, right, weight_left + weight_right - 1)


def _rotate_left(key: Key, value: Any, left: Node | None, right: Node) -> Node:
    inner = right.left
    if inner is None or inner.size + 1 < ROTATES_ONCE * (_size(right.right) + 1):
        return _node(right.key, right.value, _node(key, value, left, inner), right.right)
    return _node(
        inner.key,
        inner.value,
        _node(key, value, left, inner.left),
        _node(right.key, right.value, inner.right, right.right),
    )


def _rotate_right(key: Key, value: Any, left: Node, right: Node | None) -> Node:
    inner = left.right
    if inner is None or inner.size + 1 < ROTATES_ONCE * (_size(left.left) + 1):
        return _node(left.key, left.value, left.left, _node(key, value, inner, right))
    return _node(
        inner.key,
        inner.value,
        _node(left.key, left.value, left.left, inner.left),
        _node(key, value, inner.right, right),
    )


def _nodes(node: Node | None, start: int, stop: int) -> Iterator[Node]:
    if node is None or start >= stop or stop <= 0 or start >= node.size:
        return
    here = _size(node.left)
    yield from _nodes(node.left, start, min(stop, here))
    if start <= here < stop:
        yield node
    yield from _nodes(node.right, start - here - 1, stop - here - 1)
