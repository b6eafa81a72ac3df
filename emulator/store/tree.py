"""A persistent ordered map: every change returns a new tree that shares what is unchanged.

A B+ tree: entries lie in leaves, all at the same depth, and each node but the root has between
``LEAST`` and ``MOST`` members. A change copies the nodes on the way to one leaf, four among a
million entries, and shares all others. Branches know how many entries are below each child, so
the n-th entry and the rank of a key are found in O(log n) as well. An entry costs two pointers
besides its key and its value.

Because a tree never changes, holding one *is* a snapshot: readers need no lock, restoring is
one assignment, and copies cost what differs between them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from emulator.store.record import Key

MOST = 32
LEAST = MOST // 2


class Leaf(NamedTuple):
    """Entries in the order of their keys, as columns."""

    keys: tuple[Key, ...] = ()
    values: tuple[Any, ...] = ()


class Branch(NamedTuple):
    """Nodes of one depth, as columns: the smallest key of each, itself, its number of entries."""

    keys: tuple[Key, ...]
    children: tuple["Node", ...]
    sizes: tuple[int, ...]


Node = Leaf | Branch
EMPTY = Leaf()


@dataclass(frozen=True, slots=True)
class Tree:
    """An immutable map from keys to values, in the order of the keys."""

    root: Node = EMPTY

    @classmethod
    def of(cls, keys: Sequence[Key], values: Sequence[Any]) -> "Tree":
        """Build a tree from keys in strictly ascending order and their values, in O(n)."""
        columns = tuple(keys), tuple(values)
        nodes: list[Node] = [Leaf(*(c[part] for c in columns)) for part in _parts(len(keys))]
        while len(nodes) > 1:
            nodes = [_branch(nodes[part]) for part in _parts(len(nodes))]
        return cls(*nodes)

    def __len__(self) -> int:
        return _size(self.root)

    def get(self, key: Key) -> Any:
        """Return the value of ``key``, or None."""
        node = self.root
        while isinstance(node, Branch):
            node = node.children[_child(node, key)]
        place = bisect_left(node.keys, key)
        return node.values[place] if _holds(node, place, key) else None

    def put(self, key: Key, value: Any) -> "Tree":
        """Return a tree in which ``key`` has ``value``."""
        nodes = _put(self.root, key, value)
        return Tree(nodes[0] if len(nodes) == 1 else _branch(nodes))

    def delete(self, key: Key) -> "Tree":
        """Return a tree without ``key``, which must be in this one."""
        root = _delete(self.root, key)
        if isinstance(root, Branch) and len(root.children) == 1:
            return Tree(root.children[0])
        return Tree(root)

    def cut(self, start: int, stop: int) -> "Tree":
        """Return a tree without the entries from index ``start`` up to ``stop``."""
        tree = self
        for leaf in list(_leaves(self.root, start, stop)):
            for key in leaf.keys:
                tree = tree.delete(key)
        return tree

    def rank(self, key: Key) -> int:
        """Return how many keys come before ``key``."""
        node, before = self.root, 0
        while isinstance(node, Branch):
            place = _child(node, key)
            before += sum(node.sizes[:place])
            node = node.children[place]
        return before + bisect_left(node.keys, key)

    def values(self, start: int, stop: int) -> Iterator[Any]:
        """Yield the values from index ``start`` up to ``stop``, in O(log n + their number)."""
        return chain.from_iterable(leaf.values for leaf in _leaves(self.root, start, stop))


def _parts(count: int) -> Iterator[slice]:
    """Yield the parts of so many members that make nodes of about the same size."""
    nodes = max(1, -(-count // MOST))
    return (slice(n * count // nodes, (n + 1) * count // nodes) for n in range(nodes))


def _size(node: Node) -> int:
    return len(node.keys) if isinstance(node, Leaf) else sum(node.sizes)


def _branch(nodes: Sequence[Node]) -> Branch:
    return Branch(tuple([n.keys[0] for n in nodes]), tuple(nodes), tuple(map(_size, nodes)))


def _child(node: Branch, key: Key) -> int:
    """Return the place of the child that a key belongs to: the first, if it is before all."""
    return bisect_right(node.keys, key, 1) - 1


def _holds(leaf: Leaf, place: int, key: Key) -> bool:
    return place < len(leaf.keys) and leaf.keys[place] == key


def _splice(node: Node, start: int, stop: int, columns: Node) -> Node:
    """Return a node with the members of another in the place of some of its own."""
    return _like(node, [c[:start] + new + c[stop:] for c, new in zip(node, columns, strict=True)])


def _like(node: Node, columns: Iterable[tuple[Any, ...]]) -> Node:
    """Return a node of the same kind."""
    kind: type[Any] = type(node)
    made: Node = kind(*columns)
    return made


def _split(node: Node) -> tuple[Node, ...]:
    """Return a node, or its halves if it has too many members."""
    if len(node.keys) <= MOST:
        return (node,)
    return tuple(_like(node, (c[part] for c in node)) for part in _parts(len(node.keys)))


def _put(node: Node, key: Key, value: Any) -> tuple[Node, ...]:
    if isinstance(node, Leaf):
        place = bisect_left(node.keys, key)
        after = place + _holds(node, place, key)
        return _split(_splice(node, place, after, Leaf((key,), (value,))))
    place = _child(node, key)
    changed = _branch(_put(node.children[place], key, value))
    return _split(_splice(node, place, place + 1, changed))


def _delete(node: Node, key: Key) -> Node:
    """Return a node without a key; it may have one member less than it should."""
    if isinstance(node, Leaf):
        place = bisect_left(node.keys, key)
        if not _holds(node, place, key):
            raise KeyError(key)
        return _splice(node, place, place + 1, EMPTY)
    place = _child(node, key)
    child = _delete(node.children[place], key)
    if len(child.keys) >= LEAST:
        return _splice(node, place, place + 1, _branch([child]))
    first = max(0, place - 1)
    pair = [*node.children[first:place], child, *node.children[place + 1 : first + 2]]
    return _splice(node, first, first + 2, _branch(_join(*pair)))


def _join(left: Node, right: Node) -> tuple[Node, ...]:
    """Return two nodes of one depth as one, or with the same number of members each."""
    return _split(_splice(left, len(left.keys), len(left.keys), right))


def _leaves(node: Node, start: int, stop: int) -> Iterator[Leaf]:
    """Yield the entries from index ``start`` up to ``stop``, leaf by leaf."""
    if isinstance(node, Leaf):
        part = slice(max(0, start), max(0, stop))
        yield Leaf(node.keys[part], node.values[part])
        return
    begin = 0
    for child, size in zip(node.children, node.sizes, strict=True):
        if begin < stop and start < begin + size:
            yield from _leaves(child, start - begin, stop - begin)
        begin += size
