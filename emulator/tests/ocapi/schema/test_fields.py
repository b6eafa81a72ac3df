"""Property types: each is strict, coerces nothing, and tells what is wrong by a fault (DEC-1)."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError, missing

from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.schema.fields import (
    CUSTOM_NAME,
    Array,
    Boolean,
    Custom,
    Date,
    DateTime,
    Embedded,
    Enumeration,
    Map,
    Number,
    Place,
    Property,
    String,
    Values,
    render_instant,
    unknown,
)
from emulator.tests.table import table

PLACE = Place("some_document", "$.a.p", "p")
CONSTRAINED = (
    "PropertyConstraintViolationException",
    {"document": "some_document", "path": "$.a.p"},
)


class Part(Document):
    id = String(min_length=1)
    size = Number()


EXPECTED_TOKENS = {
    "string": "VALUE_STRING",
    "number": "VALUE_NUMBER_INT|VALUE_NUMBER_FLOAT",
    "integer": "VALUE_NUMBER_INT",
    "boolean": "VALUE_TRUE|VALUE_FALSE",
    "array": "START_ARRAY",
    "object": "START_OBJECT",
}
ACTUAL_TOKENS = {
    "string": "VALUE_STRING",
    "integer": "VALUE_NUMBER_INT",
    "fraction": "VALUE_NUMBER_FLOAT",
    "true": "VALUE_TRUE",
    "false": "VALUE_FALSE",
    "null": "VALUE_NULL",
    "array": "START_ARRAY",
    "object": "START_OBJECT",
}


def mistyped(expected: str, actual: str) -> tuple[str, dict[str, str]]:
    tokens = "|".join(EXPECTED_TOKENS[name] for name in expected.split(","))
    arguments = {"path": "$.a.p", "expectedTypes": tokens, "actualType": ACTUAL_TOKENS[actual]}
    return "TypeDecodingException", arguments


def errors_of(kind: Property, value: Any) -> Any:
    with pytest.raises(ValidationError) as raised:
        kind.deserialize(value)
    return raised.value.messages


def fault_of(violations: Any) -> tuple[str, dict[str, Any]]:
    [violation] = violations
    fault = violation(PLACE)
    return fault.kind.type, dict(fault.arguments)


@table(
    ("kind", "value"),
    [
        (String(), ""),
        (String(), " x "),
        (String(), "true"),
        (String(min_length=1, max_length=3), "x"),
        (String(min_length=1, max_length=3), "xyz"),
        (String(max_length=2), "\U0001f600\U0001f600"),
        (Enumeration("none", "preorder"), "none"),
        (Enumeration("none", "preorder"), "preorder"),
        (Boolean(), True),
        (Boolean(), False),
        (Number(), 0),
        (Number(), -3),
        (Number(), 1.5),
        (Number(), 10**18),
        (Number(minimum=0), 0),
        (Number(minimum=0), 0.0),
        (Number(minimum=-1.5), -1.5),
        (Array(String()), []),
        (Array(String()), ["a", "", "a"]),
        (Array(Number()), [1, 2.5]),
        (Array(Embedded(Part())), [{"id": "x", "size": 1}, {}]),
        (Map(), {}),
        (Map(), {"a": 1, "b": [True, None, {"c": "d"}]}),
        (Embedded(Part()), {}),
        (Embedded(Part()), {"id": "x", "size": 1}),
        (Custom(), ""),
        (Custom(), 0),
        (Custom(), 1.5),
        (Custom(), False),
        (Custom(), []),
        (Custom(), ["a", "b"]),
        (Custom(), [1, 2.5]),
        (Custom(), [True, False]),
        (Custom(), {}),
        (Custom(), {"default": "x", "de": ["y"], "fr": None, "it": 1, "es": True}),
    ],
)
def test_a_value_of_the_type_is_kept_as_it_is(kind: Property, value: Any) -> None:
    kept = kind.deserialize(value)
    assert kept == value
    assert type(kept) is type(value)


EXPECTED = [
    (String(), "string"),
    (Enumeration("x"), "string"),
    (DateTime(), "string"),
    (Date(), "string"),
    (Boolean(), "boolean"),
    (Number(), "number"),
    (Array(String()), "array"),
    (Map(), "object"),
    (Embedded(Part()), "object"),
]
ACTUAL: list[tuple[Any, str]] = [
    ("true", "string"),
    ("3", "string"),
    (True, "true"),
    (False, "false"),
    (0, "integer"),
    (1.0, "fraction"),
    ([], "array"),
    ({}, "object"),
]


def fits(expected: str, actual: str) -> bool:
    return ACTUAL_TOKENS[actual] in EXPECTED_TOKENS[expected].split("|")


@table(
    ("kind", "expected", "value", "actual"),
    [(*kind, *value) for kind in EXPECTED for value in ACTUAL if not fits(kind[1], value[1])],
)
def test_a_value_of_another_type_is_never_coerced(
    kind: Property, expected: str, value: Any, actual: str
) -> None:
    assert fault_of(errors_of(kind, value)) == mistyped(expected, actual)


@table(
    ("kind", "value"),
    [
        pytest.param(String(min_length=1), "", id="too short"),
        pytest.param(String(max_length=2), "abc", id="too long"),
        pytest.param(String(min_length=1, max_length=256), "x" * 257, id="257 characters"),
        pytest.param(Number(minimum=0), -1, id="below the minimum"),
        pytest.param(Number(minimum=0), -0.001, id="just below the minimum"),
        pytest.param(Date(), "", id="no day, empty"),
        pytest.param(Date(), "2024-02-30", id="no day of a month"),
        pytest.param(Date(), "2024-02-29T00:00:00Z", id="a day with a time"),
        pytest.param(Date(), "20240229", id="a day without hyphens"),
        pytest.param(DateTime(), "", id="no instant, empty"),
        pytest.param(DateTime(), "yesterday", id="no instant"),
        pytest.param(DateTime(), "2024-02-30T00:00:00.000Z", id="no day of the calendar"),
        pytest.param(DateTime(), "2024-02-19T25:00:00Z", id="no hour of the day"),
        pytest.param(DateTime(), "1708337911", id="seconds"),
        pytest.param(DateTime(), "0001-01-01T00:00:00+14:00", id="before the first year in UTC"),
        pytest.param(DateTime(), "9999-12-31T23:59:59-12:00", id="after the last year in UTC"),
    ],
)
def test_a_value_out_of_bounds_breaks_a_constraint(kind: Property, value: Any) -> None:
    assert fault_of(errors_of(kind, value)) == CONSTRAINED


@table("value", ["None", "NONE", "", " none", "x"])
def test_a_value_that_is_not_listed_is_told(value: str) -> None:
    assert fault_of(errors_of(Enumeration("none", "preorder"), value)) == (
        "EnumConstraintViolationException",
        {"document": "some_document", "enumValue": value},
    )


KINDS: list[Any] = [
    String,
    Boolean,
    Number,
    DateTime,
    Map,
    Custom,
    lambda **options: Enumeration("x", **options),
    lambda **options: Array(String(), **options),
    lambda **options: Embedded(Part(), **options),
]


@table("make", KINDS)
def test_null_is_allowed_unless_told_otherwise(make: Any) -> None:
    assert make().deserialize(None) is None
    assert fault_of(errors_of(make(allow_none=False), None)) == CONSTRAINED


def test_a_missing_value_breaks_a_constraint_where_it_is_required() -> None:
    with pytest.raises(ValidationError) as raised:
        String(required=True).deserialize(missing)
    assert fault_of(raised.value.messages) == CONSTRAINED


@table("make", KINDS)
def test_a_property_can_be_written_unless_told_otherwise(make: Any) -> None:
    assert make().read_only is False
    assert make(read_only=True).read_only is True


@table(
    ("text", "stored"),
    [
        ("2024-02-19T10:18:31.000Z", "2024-02-19T10:18:31.000Z"),
        ("2024-02-19T10:18:31Z", "2024-02-19T10:18:31.000Z"),
        ("2024-02-19T10:18Z", "2024-02-19T10:18:00.000Z"),
        ("2024-02-19T10:18:31.5+00:00", "2024-02-19T10:18:31.500Z"),
        ("2024-02-19T10:18:31.123456Z", "2024-02-19T10:18:31.123Z"),
        ("2024-02-19T10:18:31.999999Z", "2024-02-19T10:18:31.999Z"),
        ("2024-02-19T00:30:00+01:00", "2024-02-18T23:30:00.000Z"),
        ("2024-02-19T10:18:31", "2024-02-19T10:18:31.000Z"),
        ("2024-02-29T00", "2024-02-29T00:00:00.000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_an_instant_is_stored_in_utc_with_milliseconds(text: str, stored: str) -> None:
    assert DateTime().deserialize(text) == stored
    assert DateTime().deserialize(stored) == stored


@table(
    ("instant", "text"),
    [
        (datetime(2024, 2, 19, 10, 18, 31, tzinfo=UTC), "2024-02-19T10:18:31.000Z"),
        (datetime(2024, 2, 19, 10, 18, 31, 7999), "2024-02-19T10:18:31.007Z"),  # noqa: DTZ001
        (datetime(987, 6, 5, tzinfo=timezone(timedelta(hours=-5))), "0987-06-05T05:00:00.000Z"),
    ],
)
def test_an_instant_is_rendered_in_utc_with_milliseconds(instant: datetime, text: str) -> None:
    assert render_instant(instant) == text


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "EAST-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_east")
def test_an_instant_without_an_offset_is_in_utc_wherever_the_server_stands() -> None:
    assert DateTime().deserialize("2024-02-19T10:18:31") == "2024-02-19T10:18:31.000Z"


def test_what_is_wrong_in_an_array_is_told_by_index() -> None:
    errors = errors_of(Array(String(max_length=2)), ["ok", 1, "long", "", True])
    assert {index: fault_of(found) for index, found in errors.items()} == {
        1: mistyped("string", "integer"),
        2: CONSTRAINED,
        4: mistyped("string", "true"),
    }


def test_what_is_wrong_in_an_embedded_document_is_told_by_name() -> None:
    errors = errors_of(Embedded(Part()), {"size": "1", "id": "", "other": 1})
    assert {name: fault_of(found) for name, found in errors.items()} == {
        "size": mistyped("number", "string"),
        "id": CONSTRAINED,
        "other": (
            "UnknownPropertyException",
            {"property": "p", "document": "some_document"},
        ),
    }


def test_what_is_wrong_in_an_array_of_documents_is_told_by_index_and_name() -> None:
    errors = errors_of(Array(Embedded(Part())), [{"id": "x"}, {"id": 1}, "x"])
    assert fault_of(errors[1]["id"]) == mistyped("string", "integer")
    assert fault_of(errors[2]) == mistyped("object", "string")
    assert set(errors) == {1, 2}


def test_values_of_a_map_have_a_type_and_lose_nulls() -> None:
    flags = Values(Boolean(), format="site-specific")
    assert flags.deserialize({"default": True, "x": None}) == {"default": True}
    errors = errors_of(flags, {"default": True, "x": 3})
    assert {name: fault_of(found) for name, found in errors.items()} == {
        "x": mistyped("boolean", "integer")
    }
    parts = Values(Embedded(Part(), allow_none=False), format="localized")
    assert parts.deserialize({"de": {"size": 1}}) == {"de": {"size": 1}}
    errors = errors_of(parts, {"de": {"size": "1"}, "no locale": {}, "fr": None})
    assert set(errors) == {"de", "no locale", "fr"}
    assert fault_of(errors["de"]["size"]) == mistyped("number", "string")
    assert fault_of(errors["no locale"]) == fault_of(errors["fr"]) == CONSTRAINED


def test_an_unknown_property_is_told_by_name_and_document() -> None:
    fault = unknown(PLACE)
    assert (fault.kind.type, fault.arguments) == (
        "UnknownPropertyException",
        {"property": "p", "document": "some_document"},
    )


SCALAR_TYPES = "string,number,boolean"


@pytest.mark.parametrize(
    ("value", "index", "expected", "actual"),
    [
        pytest.param([None], 0, SCALAR_TYPES, "null", id="null"),
        pytest.param([[]], 0, SCALAR_TYPES, "array", id="array"),
        pytest.param([{}], 0, SCALAR_TYPES, "object", id="object"),
        pytest.param(["a", None], 1, SCALAR_TYPES, "null", id="null after a string"),
        pytest.param([1, 2, {}, "a"], 2, SCALAR_TYPES, "object", id="object after numbers"),
        pytest.param([1, "a"], 1, "number", "string", id="string after a number"),
        pytest.param(["a", 1], 1, "string", "integer", id="number after a string"),
        pytest.param([1, 2.5, True], 2, "number", "true", id="boolean after numbers"),
        pytest.param([True, 0], 1, "boolean", "integer", id="number after a boolean"),
        pytest.param(["a", 1, True, None], 1, "string", "integer", id="the first of several"),
    ],
)
def test_an_array_of_a_custom_property_is_of_scalars_of_the_type_of_the_first(
    value: Any, index: int, expected: str, actual: str
) -> None:
    errors = errors_of(Custom(), value)
    assert list(errors) == [index]
    assert fault_of(errors[index]) == mistyped(expected, actual)
    within = errors_of(Custom(), {"de": "x", "fr": value})
    assert list(within) == ["fr"]
    assert list(within["fr"]) == [index]
    assert fault_of(within["fr"][index]) == mistyped(expected, actual)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        pytest.param({"default": {}}, ["default"], id="empty"),
        pytest.param({"a": "x", "b": {"c": "d"}, "e": None}, ["b"], id="later"),
        pytest.param({"a": {}, "b": 1, "": {"x": 1}}, ["a", ""], id="several"),
    ],
)
def test_a_map_of_a_custom_property_holds_no_maps(value: Any, names: list[str]) -> None:
    errors = errors_of(Custom(), value)
    assert list(errors) == names
    told = [fault_of(found) for found in errors.values()]
    assert told == [mistyped("string,number,boolean,array", "object")] * len(names)


@table("name", ["c_a", "c_A-z_0", "c__", "c_1", "c_" + "x" * 200])
def test_the_name_of_a_custom_property(name: str) -> None:
    assert CUSTOM_NAME.fullmatch(name)


@table("name", ["", "c", "c_", "C_a", "a", "c-a", "c_a b", "c_ä", "c_a\n", "xc_a"])
def test_no_name_of_a_custom_property(name: str) -> None:
    assert not CUSTOM_NAME.fullmatch(name)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
EVERY_KIND = [make() for make in KINDS] + [Array(Embedded(Part())), Number(minimum=0)]


def faults_in(errors: Any) -> Iterator[Fault]:
    if isinstance(errors, list):
        yield from (violation(PLACE) for violation in errors)
    else:
        for inner in errors.values():
            yield from faults_in(inner)


@given(st.sampled_from(EVERY_KIND), VALUES)
def test_any_json_value_is_accepted_or_refused_with_faults(kind: Property, value: Any) -> None:
    try:
        kind.deserialize(value)
    except ValidationError as error:
        found = list(faults_in(error.messages))
        assert {fault.kind.status for fault in found} == {400}
