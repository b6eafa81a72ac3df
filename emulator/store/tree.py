"""A persistent ordered map: every change returns a new tree, and both trees share nodes.

A B+ tree: entries lie in leaves, all at the same depth, and each node but the root has between
``MIN_MEMBERS`` and ``MAX_MEMBERS`` members. A change copies the nodes on the way
to one leaf, four among a million entries, and shares all other nodes. A branch holds the number of
entries below each child, so that the n-th entry and the rank of a key are found in O(log n), too.
An entry costs two pointers besides the key and the value.

A tree never changes, so that a reference to a tree is a snapshot. Readers need no lock, a restore
is one assignment, and two trees cost only the memory of the difference.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from emulator.store.record import Key

MAX_MEMBERS = 32  # of a node
MIN_MEMBERS = MAX_MEMBERS // 2
ENTRIES_BUILT_PER_DELETE = 64  # a new tree of so many entries takes about as long as one deletion
ENTRIES_MERGED_PER_PUT = 16  # likewise for a new tree from old and new entries, and ``put``


class Leaf(NamedTuple):
    """Entries in the order of keys, as columns."""

    keys: tuple[Key, ...] = ()
    values: tuple[Any, ...] = ()


class Branch(NamedTuple):
    """Nodes of equal depth, as columns: smallest keys, nodes, and numbers of entries."""

    keys: tuple[Key, ...]
    children: tuple["Node", ...]
    sizes: tuple[int, ...]


Node = Leaf | Branch
EMPTY_LEAF = Leaf()


@dataclass(frozen=True, slots=True)
class Tree:
    """An immutable map from keys to values, in the order of the keys."""

    root: Node = EMPTY_LEAF

    @classmethod
    def of(cls, keys: Sequence[Key], values: Sequence[Any]) -> "Tree":
        """Build a tree from keys in strictly ascending order and values, in O(n)."""
        columns = tuple(keys), tuple(values)
        nodes: list[Node] = [Leaf(*(c[run] for c in columns)) for run in _slices(len(keys))]
        while len(nodes) > 1:
            nodes = [_branch(nodes[run]) for run in _slices(len(nodes))]
        return cls(*nodes)

    def __len__(self) -> int:
        return _size(self.root)

    def get(self, key: Key) -> Any:
        """Return the value of ``key``, or None."""
        node = self.root
        while isinstance(node, Branch):
            node = node.children[_child(node, key)]
        index = bisect_left(node.keys, key)
        return node.values[index] if _holds(node, index, key) else None

    def make_finder(self, count: int) -> Callable[[Key], Any]:
        """Return ``get`` for a number of keys: for many keys, a faster function."""
        return self._as_dict().get if count * ENTRIES_MERGED_PER_PUT > len(self) else self.get

    def _as_dict(self) -> dict[Key, Any]:
        keys = chain.from_iterable(leaf.keys for leaf in _leaves(self.root, 0, len(self)))
        return dict(zip(keys, self.values(0, len(self)), strict=True))

    def put(self, key: Key, value: Any) -> "Tree":
        """Return a tree with ``value`` under ``key``."""
        nodes = _put(self.root, key, value)
        return Tree(nodes[0] if len(nodes) == 1 else _branch(nodes))

    def put_all(self, entries: Sequence[tuple[Key, Any]]) -> "Tree":
        """Return a tree with all entries; of entries with the same key, the last one counts."""
        if len(entries) > 1 and len(entries) * ENTRIES_MERGED_PER_PUT > len(self):
            merged = self._as_dict() | dict(entries)
            if len(merged) == len(self):  # all keys are known, and stay in order
                return Tree.of([*merged], [*merged.values()])
            ordered = sorted(merged)
            return Tree.of(ordered, [merged[key] for key in ordered])
        tree = self
        for key, value in entries:
            tree = tree.put(key, value)
        return tree

    def delete(self, key: Key) -> "Tree":
        """Return a tree without ``key``.

        Raises:
            KeyError: The tree has no such key.
        """
        root = _delete(self.root, key)
        if isinstance(root, Branch) and len(root.children) == 1:
            return Tree(root.children[0])
        return Tree(root)

    def cut(self, start: int, stop: int) -> "Tree":
        """Return a tree without the entries from index ``start`` up to ``stop``."""
        if (stop - start) * ENTRIES_BUILT_PER_DELETE > len(self):
            kept = [*_leaves(self.root, 0, start), *_leaves(self.root, stop, len(self))]
            keys = chain.from_iterable(leaf.keys for leaf in kept)
            values = chain.from_iterable(leaf.values for leaf in kept)
            return Tree.of([*keys], [*values])
        tree = self
        for leaf in list(_leaves(self.root, start, stop)):
            for key in leaf.keys:
                tree = tree.delete(key)
        return tree

    def rank(self, key: Key) -> int:
        """Return the number of keys before ``key``."""
        node, before = self.root, 0
        while isinstance(node, Branch):
            index = _child(node, key)
            before += sum(node.sizes[:index])
            node = node.children[index]
        return before + bisect_left(node.keys, key)

    def values(self, start: int, stop: int) -> Iterator[Any]:
        """Yield the values from index ``start`` up to ``stop``, in O(log n + number of values)."""
        return chain.from_iterable(leaf.values for leaf in _leaves(self.root, start, stop))

    def list_unshared(self, other: "Tree") -> Iterator[tuple[Key, Any]]:
        """Yield the entries of the leaves that another tree does not share.

        All entries that differ are among them. The trees of two states share most leaves, so the
        cost is the number of nodes and not of entries.
        """
        shared = set(map(id, _nodes(other.root)))
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            if id(node) in shared:
                continue
            if isinstance(node, Leaf):
                yield from zip(node.keys, node.values, strict=True)
            else:
                waiting.extend(reversed(node.children))


def _nodes(node: Node) -> Iterator[Node]:
    """Yield all nodes of a tree."""
    yield node
    if isinstance(node, Branch):
        for child in node.children:
            yield from _nodes(child)


def _slices(count: int) -> Iterator[slice]:
    """Yield slices of ``count`` members, to make nodes of about the same size."""
    nodes = max(1, -(-count // MAX_MEMBERS))
    return (slice(n * count // nodes, (n + 1) * count // nodes) for n in range(nodes))


def _size(node: Node) -> int:
    return len(node.keys) if isinstance(node, Leaf) else sum(node.sizes)


def _branch(nodes: Sequence[Node]) -> Branch:
    return Branch(tuple([n.keys[0] for n in nodes]), tuple(nodes), tuple(map(_size, nodes)))


def _child(node: Branch, key: Key) -> int:
    """Return the index of the child for a key; 0 for a key before all other keys."""
    return bisect_right(node.keys, key, 1) - 1


def _holds(leaf: Leaf, index: int, key: Key) -> bool:
    return index < len(leaf.keys) and leaf.keys[index] == key


def _splice(node: Node, start: int, stop: int, columns: Node) -> Node:
    """Return a node with some members replaced by the members of another node."""
    return _like(node, [c[:start] + new + c[stop:] for c, new in zip(node, columns, strict=True)])


def _like(node: Node, columns: Iterable[tuple[Any, ...]]) -> Node:
    """Return a node of the same kind."""
    kind: type[Any] = type(node)
    made: Node = kind(*columns)
    return made


def _split(node: Node) -> tuple[Node, ...]:
    """Return a node, or two halves of a node with too many members."""
    if len(node.keys) <= MAX_MEMBERS:
        return (node,)
    return tuple(_like(node, (c[run] for c in node)) for run in _slices(len(node.keys)))


def _put(node: Node, key: Key, value: Any) -> tuple[Node, ...]:
    if isinstance(node, Leaf):
        index = bisect_left(node.keys, key)
        after = index + _holds(node, index, key)
        keys = (*node.keys[:index], key, *node.keys[after:])
        return _split(Leaf(keys, (*node.values[:index], value, *node.values[after:])))
    index = _child(node, key)
    changed = _branch(_put(node.children[index], key, value))
    return _split(_splice(node, index, index + 1, changed))


def _delete(node: Node, key: Key) -> Node:
    """Return a node without a key; the node may lack a member to ``MIN_MEMBERS``."""
    if isinstance(node, Leaf):
        index = bisect_left(node.keys, key)
        if not _holds(node, index, key):
            raise KeyError(key)
        return _splice(node, index, index + 1, EMPTY_LEAF)
    index = _child(node, key)
    child = _delete(node.children[index], key)
    if len(child.keys) >= MIN_MEMBERS:
        return _splice(node, index, index + 1, _branch([child]))
    # Too few members: join the child with a neighbour, so that all leaves stay at the same depth.
    first = max(0, index - 1)
    pair = [*node.children[first:index], child, *node.children[index + 1 : first + 2]]
    return _splice(node, first, first + 2, _branch(_join(*pair)))


def _join(left: Node, right: Node) -> tuple[Node, ...]:
    """Join two nodes of the same depth to a node, or to two nodes of the same size."""
    return _split(_splice(left, len(left.keys), len(left.keys), right))


def _leaves(node: Node, start: int, stop: int) -> Iterator[Leaf]:
    """Yield the entries from index ``start`` up to ``stop``, leaf by leaf."""
    if isinstance(node, Leaf):
        if start <= 0 and stop >= len(node.keys):
            yield node
            return
        run = slice(max(0, start), max(0, stop))
        yield Leaf(node.keys[run], node.values[run])
        return
    begin = 0
    for child, size in zip(node.children, node.sizes, strict=True):
        if begin < stop and start < begin + size:
            yield from _leaves(child, start - begin, stop - begin)
        begin += size
