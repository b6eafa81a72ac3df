"""A record's state stands for its content, and its content never changes."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from emulator.store import Key, Record, SharedValues, read_property, read_values, remove_property
from emulator.store.record import freeze
from emulator.tests.table import table

SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
PROPERTIES = st.dictionaries(st.text(max_size=3), VALUES, max_size=5)
KEYS: st.SearchStrategy[Key] = st.lists(st.text(max_size=3), min_size=1, max_size=3).map(tuple)


def state(properties: Mapping[str, Any], key: Key = ("a",)) -> str:
    return Record.of(key, properties).state


def reverse(value: Any) -> Any:
    """Return an equal JSON value whose objects list their members the other way round."""
    if isinstance(value, dict):
        return {name: reverse(value[name]) for name in reversed(value)}
    return [reverse(entry) for entry in value] if isinstance(value, list) else value


def containers(value: Any) -> Iterator[Any]:
    """Yield the value and all within that has members or entries."""
    if value is None or isinstance(value, (str, int, float)):
        return
    yield value
    for member in value.values() if isinstance(value, Mapping) else value:
        yield from containers(member)


@given(KEYS, PROPERTIES)
def test_a_state_is_64_lower_case_hex_digits(key: Key, properties: dict[str, Any]) -> None:
    assert re.fullmatch("[0-9a-f]{64}", state(properties, key))


def test_a_state_is_the_same_in_every_process() -> None:
    expected = "d396d597ad1c011f40cb990abbd155404ed182856d5619cc42376f2f47819a6f"
    assert state({"id": "a", "on": True}) == expected


@given(KEYS, PROPERTIES)
def test_equal_content_in_any_order_has_the_same_state(
    key: Key, properties: dict[str, Any]
) -> None:
    assert state(reverse(properties), key) == state(properties, key)


@given(PROPERTIES, st.text(max_size=3), VALUES, VALUES)
def test_a_property_with_another_value_gives_another_state(
    others: dict[str, Any], name: str, value: Any, changed: Any
) -> None:
    assume(value != changed)
    assert state({**others, name: value}) != state({**others, name: changed})


@given(PROPERTIES, st.text(max_size=3), VALUES)
def test_a_property_more_gives_another_state(others: dict[str, Any], name: str, value: Any) -> None:
    assume(name not in others)
    assert state({**others, name: value}) != state(others)


@given(PROPERTIES, KEYS, KEYS)
def test_another_key_gives_another_state(
    properties: dict[str, Any], key: Key, changed: Key
) -> None:
    assume(key != changed)
    assert state(properties, key) != state(properties, changed)


@table(
    ("value", "lookalike"),
    [
        (True, 1),
        (False, 0),
        (1, "1"),
        (None, "null"),
        (None, ""),
        ([], {}),
        ([], None),
        (["a", "b"], ["b", "a"]),
        (["a"], "a"),
        (["a"], [["a"]]),
        ({"a": None}, {}),
        ({"a": {"b": 1}}, {"a": {"b": 2}}),
        ("e\u0301", "\u00e9"),
    ],
)
def test_lookalikes_have_different_states(value: Any, lookalike: Any) -> None:
    assert state({"p": value}) != state({"p": lookalike})


@table("key", [("a", "b"), ("ab",), ("a/b",), ("a\0b",), ("b", "a")])
def test_keys_are_not_confused_with_their_parts(key: Key) -> None:
    others = {("a", "b"), ("ab",), ("a/b",), ("a\0b",), ("b", "a")} - {key}
    assert state({}, key) not in {state({}, other) for other in others}


@given(PROPERTIES)
def test_no_level_of_the_properties_can_be_written(properties: dict[str, Any]) -> None:
    for container in containers(Record.of(("a",), properties).properties):
        for place in (0, "new"):
            with pytest.raises(TypeError):
                container[place] = "x"


def test_a_record_keeps_its_content_when_its_source_changes() -> None:
    source: dict[str, Any] = {"list": ["x"], "map": {"inner": {"n": 1}}}
    record = Record.of(("a",), source)
    source["list"].append("y")
    source["map"]["inner"]["n"] = 2
    source["new"] = True
    assert record == Record.of(("a",), {"list": ["x"], "map": {"inner": {"n": 1}}})
    assert dict(record.properties) == {"list": ("x",), "map": {"inner": {"n": 1}}}


@table("attribute", ["key", "properties", "state"])
def test_no_attribute_can_be_set(attribute: str) -> None:
    record = Record.of(("a",), {})
    with pytest.raises(AttributeError):
        setattr(record, attribute, None)


def test_properties_are_in_alphabetical_order() -> None:
    record = Record.of(("a",), {"link": 1, "id": 2, "c_x": 3, "description": 4})
    assert list(record.properties) == ["c_x", "description", "id", "link"]


def test_a_record_made_of_the_properties_of_another_equals_it() -> None:
    record = Record.of(("a",), {"list": [1, {"n": None}], "map": {"m": []}})
    assert Record.of(("a",), record.properties) == record


def test_records_of_equal_content_are_equal() -> None:
    assert Record.of(("a",), {"x": 1, "y": [2]}) == Record.of(("a",), {"y": [2], "x": 1})
    assert Record.of(("a",), {"x": 1}) != Record.of(("b",), {"x": 1})


@given(PROPERTIES, st.text(max_size=3))
def test_get_reads_one_property_or_the_default(properties: dict[str, Any], name: str) -> None:
    record = Record.of(("a",), properties)
    for known in properties:
        assert record.get(known) == record.properties[known]
    assert record.get(name, "none") == record.properties.get(name, "none")
    assert record.get(name) == record.properties.get(name)


@given(st.lists(PROPERTIES, max_size=4), st.text(max_size=3))
def test_a_reader_reads_one_property_of_records_and_mappings(
    documents: list[dict[str, Any]], name: str
) -> None:
    read = read_property(name)
    expected = [document.get(name) for document in documents]
    assert [read(document) for document in documents] == expected
    assert [read(Record.of(("a",), document)) for document in documents] == [
        freeze(value) for value in expected
    ]
    assert read_values(documents, name) == expected
    assert read_values([Record.of(("a",), document) for document in documents], name) == [
        freeze(value) for value in expected
    ]


@given(st.lists(PROPERTIES, max_size=4), st.text(max_size=3))
def test_a_property_is_removed_from_records_of_several_forms(
    documents: list[dict[str, Any]], name: str
) -> None:
    remove = remove_property(name)
    records = [Record.of(("a",), {**document, name: 1}) for document in documents]
    others = [{n: v for n, v in document.items() if n != name} for document in documents]
    assert [remove(record) for record in records] == [Record.of(("a",), one) for one in others]


@given(st.lists(PROPERTIES, max_size=4))
def test_records_with_shared_values_are_equal_to_the_records(
    documents: list[dict[str, Any]],
) -> None:
    shared = SharedValues()
    for document in documents:
        assert shared.share(Record.of(("a",), document)) == Record.of(("a",), document)


@table("value", ["Springfield " * 2, ["a", "b"], {"default": True, "de": False}])
def test_equal_values_of_records_are_once_in_memory(value: Any) -> None:
    shared = SharedValues()
    first, second = (
        shared.share(Record.of((key,), {"x": orjson.loads(orjson.dumps(value))})) for key in "ab"
    )
    assert first.get("x") is second.get("x")


@table(("value", "other"), [(["a", "b"], {"a": "b"}), ({"a": True}, {"a": 1}), (True, 1)])
def test_values_of_other_types_are_not_shared(value: Any, other: Any) -> None:
    shared = SharedValues()
    first, second = (shared.share(Record.of(("a",), {"x": one})) for one in (value, other))
    assert first.state == state({"x": value})
    assert second.state == state({"x": other})


@given(KEYS, PROPERTIES, st.text(max_size=3), VALUES)
def test_a_record_divides_into_one_property_and_the_others(
    key: Key, properties: dict[str, Any], name: str, value: Any
) -> None:
    others = {known: properties[known] for known in properties if known != name}
    rest, that = Record.of(key, {**properties, name: value}).divide(name)
    assert rest == Record.of(key, others)
    assert that == Record.of(key, {name: value})
    assert rest.names == tuple(sorted(others))


def test_a_record_cannot_be_divided_by_what_it_does_not_have() -> None:
    with pytest.raises(ValueError, match="tuple"):
        Record.of(("a",), {"x": 1}).divide("y")


@pytest.mark.parametrize("asked_before", [False, True])
def test_a_record_under_another_key_keeps_its_properties_and_its_state(
    *, asked_before: bool
) -> None:
    record = Record.of(("a",), {"x": [1]})
    known = record.state if asked_before else state({"x": [1]})
    moved = record.at(("b", "c"))
    assert (moved.key, moved.properties, moved.state) == (("b", "c"), {"x": (1,)}, known)
    assert (record.key, record.state) == (("a",), known)
    assert moved != record


def test_a_state_that_is_known_already_is_taken() -> None:
    kept = Record(("a",), {"y": 1, "x": [2]}, "0" * 64)
    assert (kept.state, list(kept.properties)) == ("0" * 64, ["x", "y"])


def test_records_whose_properties_have_the_same_names_share_them() -> None:
    first, second = Record.of(("a",), {"x": 1, "y": 2}), Record.of(("b",), {"y": 3, "x": 4})
    assert first.names is Record.of(("c",), {"x": 5, "y": 6}).names
    assert first.names == second.names == ("x", "y")


def test_what_is_done_to_the_properties_read_does_not_reach_the_record() -> None:
    record = Record.of(("a",), {"x": 1})
    dict(record.properties)["x"] = 2
    assert record.properties is not record.properties
    assert record.properties == {"x": 1}


def test_equal_records_have_equal_hashes_and_a_record_equals_no_other_thing() -> None:
    assert len({Record.of(("a",), {"x": [1]}), Record.of(("a",), {"x": [1]})}) == 1
    assert Record.of(("a",), {}) != ("a",)


def test_a_record_shows_its_key_properties_and_state() -> None:
    record = Record.of(("a",), {"x": 1})
    assert repr(record) == f"Record(('a',), {{'x': 1}}, {record.state!r})"


@given(PROPERTIES, PROPERTIES, KEYS)
def test_an_amended_record_is_that_of_the_properties_after(
    properties: dict[str, Any], changes: dict[str, Any], key: Key
) -> None:
    record = Record.of(key, properties)
    assert record.amend(changes) == Record.of(key, {**properties, **changes})
    assert record == Record.of(key, properties)
