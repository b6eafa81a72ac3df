"""Merge patch: the test cases of RFC 7396, appendix A."""

from types import MappingProxyType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from emulator.inventory_service.merge import merge
from emulator.tests.table import table

CASES: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=10,
)


@table(("target", "patch", "result"), CASES)
def test_the_cases_of_the_rfc_hold(target: Any, patch: Any, result: Any) -> None:
    assert merge(target, patch) == result


def test_a_frozen_target_is_merged_and_left_alone() -> None:
    target = MappingProxyType({"a": MappingProxyType({"b": 1})})
    assert merge(target, {"a": {"c": 2}}) == {"a": {"b": 1, "c": 2}}
    assert target == {"a": {"b": 1}}


@given(VALUES, VALUES)
def test_a_patch_applied_twice_changes_nothing_more(target: Any, patch: Any) -> None:
    once = merge(target, patch)
    assert merge(once, patch) == once
