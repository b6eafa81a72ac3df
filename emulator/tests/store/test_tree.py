"""The persistent tree does what a dictionary does, in order, and never changes."""

from collections.abc import Iterable, Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.store import tree as trees
from emulator.store.record import Key
from emulator.store.tree import Branch, Leaf, Node, Tree
from emulator.tests.table import table

Model = dict[Key, int]
Step = tuple[Key, int | None]  # a key with the value to put, or None to delete it

KEYS: st.SearchStrategy[Key] = st.one_of(
    st.integers(0, 30).map(lambda number: (f"{number:02}",)),
    st.tuples(st.text("a\0", max_size=2), st.text("a\0", max_size=2)),
)
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(KEYS, st.none() | st.integers()), min_size=20, max_size=100
)
ORDERS = {
    "ascending": list(range(120)),
    "descending": list(range(119, -1, -1)),
    "scattered": [number * 377 % 120 for number in range(120)],
    "inside out": sorted(range(120), key=lambda number: abs(number - 60)),
}


@pytest.fixture(
    autouse=True, scope="module", params=[4, trees.MAX_MEMBERS], ids="up to {} each".format
)
def size_of_nodes(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let nodes have few members too, so that short histories make deep trees."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trees, "MAX_MEMBERS", request.param)
        patch.setattr(trees, "MIN_MEMBERS", request.param // 2)
        yield


def key_of(number: int) -> Key:
    return (f"{number:04}",)


def apply(tree: Tree, model: Model, step: Step) -> tuple[Tree, Model]:
    key, value = step
    if value is not None:
        return tree.put(key, value), {**model, key: value}
    if key not in model:
        return tree, model
    return tree.delete(key), {known: model[known] for known in model if known != key}


def replay(steps: list[Step]) -> list[tuple[Tree, Model]]:
    history: list[tuple[Tree, Model]] = [(Tree(), {})]
    for step in steps:
        history.append(apply(*history[-1], step))
    return history


def check_balance(tree: Tree) -> int:
    """Check sizes, keys and numbers of members of all nodes; return the number of entries."""
    depths, entries = set(), 0
    for depth, node in walk(tree.root):
        assert len(node.keys) <= trees.MAX_MEMBERS
        assert depth == 0 or len(node.keys) >= trees.MIN_MEMBERS
        assert list(node.keys) == sorted(set(node.keys))
        if isinstance(node, Leaf):
            assert len(node.values) == len(node.keys)
            depths.add(depth)
            entries += len(node.keys)
        else:
            assert len(node.children) > 1
            assert list(node.keys) == [child.keys[0] for child in node.children]
            assert list(node.sizes) == [len(Tree(child)) for child in node.children]
    assert len(depths) == 1
    return entries


def walk(node: Node, depth: int = 0) -> Iterator[tuple[int, Node]]:
    """Yield all nodes with their distance from the root."""
    yield depth, node
    for child in node.children if isinstance(node, Branch) else ():
        yield from walk(child, depth + 1)


def height(tree: Tree) -> int:
    return max(depth for depth, _ in walk(tree.root)) + 1


def build(entries: Iterable[tuple[Key, int]]) -> Tree:
    ordered = sorted(entries)
    return Tree.of([key for key, _ in ordered], [value for _, value in ordered])


def check_content(tree: Tree, model: Model) -> None:
    assert len(tree) == len(model)
    assert list(tree.values(0, len(model))) == [model[key] for key in sorted(model)]
    assert all(tree.get(key) == value for key, value in model.items())


@given(STEPS)
def test_every_tree_of_a_history_is_balanced_and_keeps_its_content(steps: list[Step]) -> None:
    for tree, model in replay(steps):
        check_content(tree, model)
        assert check_balance(tree) == len(model)


@given(STEPS)
def test_present_and_absent_keys_have_value_and_rank_of_the_model(steps: list[Step]) -> None:
    tree, model = replay(steps)[-1]
    for key, _ in steps:
        assert tree.get(key) == model.get(key)
        assert tree.rank(key) == sum(known < key for known in model)


@given(STEPS, st.integers(0, 10))
def test_values_are_a_slice_of_the_values_in_key_order(steps: list[Step], count: int) -> None:
    tree, model = replay(steps)[-1]
    ordered = [model[key] for key in sorted(model)]
    for start in range(len(model) + 2):
        assert list(tree.values(start, start + count)) == ordered[start : start + count]


@table("size", range(8))
def test_values_begin_and_end_where_they_are_asked_to(size: int) -> None:
    tree = build([(key_of(number), number) for number in range(size)])
    for start, stop in product(range(10), repeat=2):
        assert list(tree.values(start, stop)) == list(range(size))[start:stop]


@given(st.dictionaries(KEYS, st.integers(), max_size=60))
def test_a_tree_built_at_once_is_balanced_and_holds_all_entries(model: Model) -> None:
    tree = build(model.items())
    check_content(tree, model)
    assert check_balance(tree) == len(model)


@table("deletions", ORDERS.values())
@table("insertions", ORDERS.values())
def test_the_balance_holds_after_every_write_of_an_orderly_history(
    insertions: list[int], deletions: list[int]
) -> None:
    tree = Tree()
    for size, number in enumerate(insertions, start=1):
        tree = tree.put(key_of(number), number)
        assert check_balance(tree) == size
    for left, number in zip(range(119, -1, -1), deletions, strict=True):
        tree = tree.delete(key_of(number))
        assert check_balance(tree) == left


def test_a_thousand_entries_put_in_order_lie_as_deep_as_half_filled_nodes_make_them() -> None:
    tree = Tree()
    for number in range(1000):
        tree = tree.put(key_of(number), number)
    assert trees.MIN_MEMBERS ** (height(tree) - 1) <= 1000


def test_a_write_makes_few_nodes_and_shares_the_rest() -> None:
    before = build([(key_of(number), number) for number in range(1000)])
    old = {id(node) for _, node in walk(before.root)}
    for after in (
        before.put(key_of(500), 0),
        before.put(("0500x",), 0),
        before.delete(key_of(500)),
    ):
        made = sum(id(node) not in old for _, node in walk(after.root))
        assert made <= 2 * height(before) + 1


@given(st.sets(KEYS, max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_a_cut_leaves_what_is_before_and_behind_it(keys: set[Key], start: int, stop: int) -> None:
    ordered = sorted(keys)
    tree = build([(key, number) for number, key in enumerate(ordered)]).cut(start, stop)
    assert check_balance(tree) == len(tree)
    check_content(tree, {key: n for n, key in enumerate(ordered) if not start <= n < stop})


@given(st.dictionaries(KEYS, st.integers()), st.lists(st.tuples(KEYS, st.integers()), min_size=1))
def test_many_entries_are_put_at_once(model: Model, entries: list[tuple[Key, int]]) -> None:
    tree = build(model.items()).put_all(entries)
    assert check_balance(tree) == len(tree)
    check_content(tree, model | dict(entries))


def test_few_entries_are_put_into_a_large_tree() -> None:
    model = {key_of(number): number for number in range(100)}
    tree = build(model.items()).put_all([(key_of(7), -7), (key_of(200), 200)])
    assert check_balance(tree) == 101
    check_content(tree, model | {key_of(7): -7, key_of(200): 200})


@given(st.dictionaries(KEYS, st.integers()), st.lists(KEYS), st.integers(1, 1000))
def test_a_finder_finds_the_value_of_a_key(model: Model, keys: list[Key], count: int) -> None:
    find = build(model.items()).make_finder(count)
    assert [find(key) for key in (*model, *keys)] == [model.get(key) for key in (*model, *keys)]


def test_an_empty_tree_has_no_keys_and_no_values() -> None:
    tree = Tree.of([], [])
    assert (len(tree), tree.get(("a",)), tree.rank(("a",))) == (0, None, 0)
    assert list(tree.values(0, 10)) == []


def test_put_replaces_the_value_of_a_key() -> None:
    tree = Tree().put(("a",), 1).put(("a",), 2)
    assert (len(tree), tree.get(("a",))) == (1, 2)


def test_keys_are_ordered_as_tuples_of_code_points() -> None:
    ordered = [(), ("",), ("", "b"), ("A",), ("a",), ("a", "b"), ("a\0",), ("é",), ("😀",)]
    tree = Tree()
    for key in reversed(ordered):
        tree = tree.put(key, key)
    assert list(tree.values(0, 9)) == ordered
    assert [tree.rank(key) for key in ordered] == [0, 1, 2, 3, 4, 5, 6, 7, 8]


@table("key", [("a",), ("c",), ("e",)])
def test_deleting_an_absent_key_is_an_error_that_names_it(key: Key) -> None:
    tree = build([(("b",), 1), (("d",), 2)])
    with pytest.raises(KeyError) as error:
        tree.delete(key)
    assert error.value.args == (key,)
