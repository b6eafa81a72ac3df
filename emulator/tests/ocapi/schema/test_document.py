"""Request documents: what a body changes, and the one fault that tells what is wrong with it."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.ocapi.resources.inventory.inventory_lists import InventoryList
from emulator.ocapi.schema.document import FAULT, Collection, Document
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    Custom,
    DateTime,
    Embedded,
    Enumeration,
    Map,
    Number,
    String,
)
from emulator.tests.table import table


class OrderLine(Document):
    amount = Number(minimum=0)
    product = String(min_length=1, required=True)
    codes = Array(String(max_length=3))


class PurchaseOrder(Document):
    custom = True

    approved = Boolean(load_default=False)
    created = DateTime(read_only=True)
    due = DateTime()
    first = Embedded(OrderLine())
    handling = Enumeration("none", "preorder", "backorder")
    id = String(min_length=1, max_length=8, allow_none=False)
    lines = Array(Embedded(OrderLine()))
    link = String(read_only=True)
    note = String(max_length=5)
    tags = Array(String(max_length=3))
    texts = Map()
    total = Number(minimum=0)


class ReturnedOrder(Document):
    last = Embedded(PurchaseOrder())
    orders = Array(Embedded(PurchaseOrder()))


class StrictNote(Document):
    id = String(required=True)
    text = String(required=True, allow_none=False)


class ReadOnlyLists(Document):
    own = Array(String())
    told = Array(String(), read_only=True)


class Page(Collection):
    data = Array(Embedded(PurchaseOrder()))


ORDER = PurchaseOrder()
PLAIN = StrictNote()
DEFAULTS = {"approved": False}


def patch(body: Any, document: Document = ORDER) -> dict[str, Any]:
    return document.decode(body, version="23.2", partial=True)


def put(body: Any, document: Document = ORDER) -> dict[str, Any]:
    return document.decode(body, version="23.2", partial=False)


def told(fault: Fault) -> tuple[str, list[tuple[str, Any]]]:
    return fault.kind.type, list(fault.arguments.items())


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


def mistyped(path: str, expected: str, actual: str) -> tuple[str, list[tuple[str, str]]]:
    tokens = "|".join(EXPECTED_TOKENS[name] for name in expected.split(","))
    arguments = [("path", path), ("expectedTypes", tokens), ("actualType", ACTUAL_TOKENS[actual])]
    return "TypeDecodingException", arguments


def constrained(path: str, document: str = "purchase_order") -> tuple[str, list[tuple[str, str]]]:
    return "PropertyConstraintViolationException", [("document", document), ("path", path)]


def unknown(name: str, document: str = "purchase_order") -> tuple[str, list[tuple[str, str]]]:
    return "UnknownPropertyException", [("property", name), ("document", document)]


def unlisted(value: str) -> tuple[str, list[tuple[str, str]]]:
    return (
        "EnumConstraintViolationException",
        [("document", "purchase_order"), ("enumValue", value)],
    )


@table(
    ("document", "name"),
    [
        (ORDER, "purchase_order"),
        (OrderLine(), "order_line"),
        (Page(), "page"),
        (InventoryList(), "inventory_list"),
        (FAULT, "fault"),
    ],
)
def test_a_document_is_named_after_its_class(document: Document, name: str) -> None:
    assert document.type_name == name


def test_a_document_knows_its_properties() -> None:
    assert isinstance(ORDER.property_of("due"), DateTime)
    assert isinstance(ORDER.property_of("lines"), Array)
    assert isinstance(ORDER.property_of("c_any-Name_1"), Custom)
    assert ORDER.property_of("c_") is None
    assert ORDER.property_of("_type") is None
    assert ORDER.property_of("nothing") is None
    assert PLAIN.property_of("c_any") is None


def test_a_document_knows_its_read_only_properties() -> None:
    assert ORDER.read_only == {"created", "link"}
    assert PLAIN.read_only == frozenset()


def test_every_page_of_a_collection_has_the_same_members() -> None:
    names = {"count", "data", "expand", "next", "previous", "select", "start", "total"}
    assert set(Page().fields) == names


def test_a_patch_changes_only_what_is_sent() -> None:
    assert patch({}) == {}
    assert patch({"note": "hi", "total": 3}) == {"note": "hi", "total": 3}


def test_a_put_defaults_what_is_not_sent() -> None:
    assert put({}) == DEFAULTS
    assert put({"approved": True, "note": "hi"}) == {"approved": True, "note": "hi"}


def test_every_kind_of_property_is_decoded() -> None:
    body = {
        "approved": True,
        "due": "2024-02-19T11:18:31+01:00",
        "first": {"product": "p", "amount": 0},
        "handling": "preorder",
        "id": "o1",
        "lines": [{"product": "p"}, {"product": "q", "codes": ["a", "b"]}],
        "note": "",
        "tags": [],
        "texts": {"a": [1, None]},
        "total": 0.5,
        "c_size": 4,
        "c_names": {"default": "x", "de": None},
    }
    assert patch(body) == body | {"due": "2024-02-19T10:18:31.000Z"}


def test_null_clears_a_property_or_brings_back_its_default() -> None:
    body = {"note": None, "lines": None, "c_size": None, "approved": None}
    cleared = {"note": None, "lines": None, "c_size": None, "approved": False}
    assert patch(body) == cleared
    assert put(body) == cleared


def test_read_only_properties_are_accepted_and_ignored_whatever_they_are() -> None:
    body = {"created": 17, "link": [], "note": "hi"}
    assert patch(body) == {"note": "hi"}
    assert put(body) == DEFAULTS | {"note": "hi"}


@pytest.mark.parametrize("decode", [patch, put])
def test_read_only_properties_of_embedded_documents_are_ignored_too(decode: Any) -> None:
    order = {"note": "hi", "approved": True, "link": "x", "created": 17}
    body = {"last": order, "orders": [order]}
    kept = {"note": "hi", "approved": True}
    assert decode(body, ReturnedOrder()) == {"last": kept, "orders": [kept]}


def test_read_only_properties_of_embedded_documents_are_stored_too() -> None:
    order = {"approved": True, "created": "2024-02-19T00:00:00.000Z"}
    entry = {"last": order, "orders": [order]}
    assert ReturnedOrder().decode_stored(entry) == entry


def test_an_embedded_document_has_an_envelope_and_custom_properties_too() -> None:
    order = {"_type": "purchase_order", "_v": "23.2", "c_size": 3, "c_none": None}
    changes = patch({"last": order, "orders": [order]}, ReturnedOrder())
    assert changes == {
        "last": {"c_size": 3, "c_none": None},
        "orders": [{"approved": False, "c_size": 3}],
    }


def test_a_patch_of_an_embedded_document_changes_what_it_sends_alone() -> None:
    document = ReturnedOrder()
    changes = patch({"last": {"c_size": 3, "c_none": None}}, document)
    stored = {"last": {"approved": True, "c_size": 1, "c_none": 2, "c_other": 4}}
    kept = {"approved": True, "c_size": 3, "c_other": 4}
    assert document.merge(stored, changes) == {"last": kept}


def test_a_patch_of_an_embedded_document_that_is_not_there_makes_it_whole() -> None:
    changes = patch({"last": {"c_size": 3}}, ReturnedOrder())
    assert ReturnedOrder().merge({}, changes) == {"last": {"approved": False, "c_size": 3}}


@table(
    ("body", "fault"),
    [
        (
            {"last": {"c_a": [[]]}},
            mistyped("$.last.c_a.[0]", "string,number,boolean", "array"),
        ),
        (
            {"orders": [{"note": "ok"}, {"c_a": {"de": ["x", 1]}}]},
            mistyped("$.orders.[1].c_a.de.[1]", "string", "integer"),
        ),
        (
            {"orders": [{"note": "ok"}, {"c_": 1, "note": "too long"}]},
            ("UnknownPropertyException", [("property", "c_"), ("document", "returned_order")]),
        ),
        (
            {"orders": [{"first": {"codes": ["a", "long"]}}]},
            (
                "PropertyConstraintViolationException",
                [("document", "returned_order"), ("path", "$.orders.[0].first.codes.[1]")],
            ),
        ),
    ],
)
def test_what_is_wrong_in_an_embedded_document_is_told_of_the_outer_one(
    body: dict[str, Any], fault: tuple[str, list[tuple[str, Any]]]
) -> None:
    with pytest.raises(Fault) as raised:
        patch(body, ReturnedOrder())
    assert told(raised.value) == fault


def test_null_clears_a_property_of_an_embedded_document() -> None:
    changes = patch({"first": {"product": "p", "amount": None}})
    assert ORDER.merge({}, changes) == {"first": {"product": "p"}}


def test_the_envelope_is_no_property() -> None:
    body = {"_v": "23.2", "_type": "purchase_order", "_resource_state": "0f", "note": "hi"}
    assert patch(body) == {"note": "hi"}


def test_decoding_leaves_the_body_alone() -> None:
    body = {"link": "x", "_v": "23.2", "c_a": [1], "note": None}
    patch(body)
    assert body == {"link": "x", "_v": "23.2", "c_a": [1], "note": None}


@table(
    ("body", "fault"),
    [
        pytest.param([], mistyped("$", "object", "array"), id="array for the document"),
        pytest.param("x", mistyped("$", "object", "string"), id="string for the document"),
        pytest.param(1.5, mistyped("$", "object", "fraction"), id="number for the document"),
        pytest.param(True, mistyped("$", "object", "true"), id="boolean for the document"),
        pytest.param(None, mistyped("$", "object", "null"), id="null for the document"),
        # DEC-1: unknown properties
        pytest.param({"nope": 1}, unknown("nope"), id="unknown"),
        pytest.param({"nope": None}, unknown("nope"), id="unknown null"),
        pytest.param({"": 1}, unknown(""), id="empty name"),
        pytest.param({"Note": "x"}, unknown("Note"), id="another case"),
        pytest.param({"c_": 1}, unknown("c_"), id="no custom name"),
        pytest.param({"c_a b": 1}, unknown("c_a b"), id="no custom name, space"),
        pytest.param({"first": {"product": "p", "x": 1}}, unknown("x"), id="unknown, embedded"),
        pytest.param(
            {"lines": [{"product": "p"}, {"product": "p", "c_a": 1}]},
            unknown("c_a"),
            id="unknown, in an array",
        ),
        # DEC-1: types
        pytest.param({"note": 1}, mistyped("$.note", "string", "integer"), id="no string"),
        pytest.param(
            {"approved": "true"}, mistyped("$.approved", "boolean", "string"), id="no bool"
        ),
        pytest.param(
            {"approved": 0}, mistyped("$.approved", "boolean", "integer"), id="0 is no bool"
        ),
        pytest.param({"total": "3"}, mistyped("$.total", "number", "string"), id="no number"),
        pytest.param({"total": True}, mistyped("$.total", "number", "true"), id="no number, bool"),
        pytest.param({"due": 5}, mistyped("$.due", "string", "integer"), id="no date"),
        pytest.param({"handling": 1}, mistyped("$.handling", "string", "integer"), id="no enum"),
        pytest.param({"tags": "a"}, mistyped("$.tags", "array", "string"), id="no array"),
        pytest.param({"tags": {}}, mistyped("$.tags", "array", "object"), id="no array, object"),
        pytest.param({"texts": []}, mistyped("$.texts", "object", "array"), id="no map"),
        pytest.param({"first": 5}, mistyped("$.first", "object", "integer"), id="no document"),
        pytest.param({"id": {}}, mistyped("$.id", "string", "object"), id="no id"),
        pytest.param(
            {"tags": ["a", "b", False]}, mistyped("$.tags.[2]", "string", "false"), id="element"
        ),
        pytest.param(
            {"lines": [{"product": "p"}, 5]},
            mistyped("$.lines.[1]", "object", "integer"),
            id="line",
        ),
        pytest.param(
            {"first": {"product": "p", "amount": "1"}},
            mistyped("$.first.amount", "number", "string"),
            id="embedded",
        ),
        pytest.param(
            {"lines": [{"product": "p"}, {"product": "p", "codes": ["a", 1]}]},
            mistyped("$.lines.[1].codes.[1]", "string", "integer"),
            id="array in a document in an array",
        ),
        # DEC-1: constraints
        pytest.param({"id": ""}, constrained("$.id"), id="too short"),
        pytest.param({"id": "x" * 9}, constrained("$.id"), id="too long"),
        pytest.param({"id": None}, constrained("$.id"), id="not nullable"),
        pytest.param({"total": -1}, constrained("$.total"), id="below the minimum"),
        pytest.param({"due": "soon"}, constrained("$.due"), id="no instant"),
        pytest.param({"tags": ["abc", "abcd"]}, constrained("$.tags.[1]"), id="long element"),
        pytest.param({"first": {}}, constrained("$.first.product"), id="required"),
        pytest.param(
            {"first": {"product": "p", "amount": -1}}, constrained("$.first.amount"), id="inner"
        ),
        pytest.param(
            {"lines": [{"product": "p"}, {"amount": 1}]},
            constrained("$.lines.[1].product"),
            id="required in an array",
        ),
        # DEC-1: enumerations
        pytest.param({"handling": "None"}, unlisted("None"), id="unlisted"),
        pytest.param({"handling": ""}, unlisted(""), id="unlisted, empty"),
        # DEC-2: the envelope
        pytest.param(
            {"_v": "23.1"}, ("UnexpectedVersionException", [("version", "23.1")]), id="version"
        ),
        pytest.param(
            {"_v": ""}, ("UnexpectedVersionException", [("version", "")]), id="no version"
        ),
        pytest.param({"_v": 23.2}, mistyped("$._v", "string", "fraction"), id="version, a number"),
        pytest.param({"_v": None}, mistyped("$._v", "string", "null"), id="version, null"),
        pytest.param({"_type": "order"}, constrained("$._type"), id="type of another document"),
        pytest.param({"_type": 1}, mistyped("$._type", "string", "integer"), id="type, a number"),
        pytest.param(
            {"_resource_state": 1},
            mistyped("$._resource_state", "string", "integer"),
            id="state, a number",
        ),
        pytest.param(
            {"_resource_state": None},
            mistyped("$._resource_state", "string", "null"),
            id="state, null",
        ),
        # DEC-5: custom properties
        pytest.param(
            {"c_a": {"de": {"x": 1}}},
            mistyped("$.c_a.de", "string,number,boolean,array", "object"),
            id="object in a map",
        ),
        pytest.param(
            {"c_a": {"default": {}}},
            mistyped("$.c_a.default", "string,number,boolean,array", "object"),
            id="empty object in a map",
        ),
        pytest.param(
            {"c_a": {"de": "x", "fr": ["y", 1], "it": {}}},
            mistyped("$.c_a.fr.[1]", "string", "integer"),
            id="array of two types in a map",
        ),
        pytest.param(
            {"c_a": [1, "a"]}, mistyped("$.c_a.[1]", "number", "string"), id="array of two types"
        ),
        pytest.param(
            {"c_a": [[]]},
            mistyped("$.c_a.[0]", "string,number,boolean", "array"),
            id="nested array",
        ),
        pytest.param(
            {"c_a": [{}]},
            mistyped("$.c_a.[0]", "string,number,boolean", "object"),
            id="array of objects",
        ),
        pytest.param(
            {"c_a": [None]},
            mistyped("$.c_a.[0]", "string,number,boolean", "null"),
            id="array of nulls",
        ),
    ],
)
@table("decode", [patch, put])
def test_a_body_that_is_not_of_the_document_is_refused(
    decode: Any, body: Any, fault: tuple[str, list[tuple[str, Any]]]
) -> None:
    with pytest.raises(Fault) as raised:
        decode(body)
    assert told(raised.value) == fault
    assert raised.value.kind.status == 400


def test_a_document_without_custom_properties_knows_none() -> None:
    with pytest.raises(Fault) as raised:
        patch({"c_a": 1}, PLAIN)
    assert told(raised.value) == unknown("c_a", "strict_note")


FIRST_OF_TWO: list[tuple[str, dict[str, Any], Any]] = [
    ("declared order is not asked", {"total": -1, "id": ""}, constrained("$.total")),
    ("unknown before known", {"nope": 1, "id": ""}, unknown("nope")),
    ("known before unknown", {"id": "", "nope": 1}, constrained("$.id")),
    ("good ones are passed", {"note": "ok", "id": "", "total": -1}, constrained("$.id")),
    (
        "custom before declared",
        {"c_a": [[]], "total": -1},
        mistyped("$.c_a.[0]", "string,number,boolean", "array"),
    ),
    ("declared before custom", {"total": -1, "c_a": [[]]}, constrained("$.total")),
    (
        "order within a custom map",
        {"c_a": {"x": "ok", "z": [None], "b": {}}},
        mistyped("$.c_a.z.[0]", "string,number,boolean", "null"),
    ),
    (
        "version before others",
        {"_v": "1.0", "id": ""},
        ("UnexpectedVersionException", [("version", "1.0")]),
    ),
    ("others before version", {"id": "", "_v": "1.0"}, constrained("$.id")),
    ("type before version", {"_type": "x", "_v": "1.0"}, constrained("$._type")),
    (
        "state before type",
        {"_resource_state": 1, "_type": "x"},
        mistyped("$._resource_state", "string", "integer"),
    ),
    ("first index", {"tags": ["ok", 1, "long"]}, mistyped("$.tags.[1]", "string", "integer")),
    ("array before its successor", {"tags": ["long"], "id": ""}, constrained("$.tags.[0]")),
    (
        "order within an embedded document",
        {"first": {"x": 1, "amount": -1, "product": ""}},
        unknown("x"),
    ),
    ("sent before missing", {"first": {"amount": -1}}, constrained("$.first.amount")),
    (
        "ten comes after two",
        {"tags": [*"ab", 1, *"abcdefg", 2]},
        mistyped("$.tags.[2]", "string", "integer"),
    ),
    (
        "order within nested arrays",
        {
            "lines": [
                {"product": "p", "codes": ["a"]},
                {"codes": ["a", "long", 1], "amount": "x"},
                7,
            ]
        },
        constrained("$.lines.[1].codes.[1]"),
    ),
]


@table(("body", "fault"), [row[1:] for row in FIRST_OF_TWO])
def test_of_several_faults_the_first_in_document_order_is_told(
    body: dict[str, Any], fault: tuple[str, list[tuple[str, Any]]]
) -> None:
    with pytest.raises(Fault) as raised:
        patch(body)
    assert told(raised.value) == fault


def test_what_is_required_must_be_sent_with_put() -> None:
    with pytest.raises(Fault) as raised:
        put({"text": "x"}, PLAIN)
    assert told(raised.value) == constrained("$.id", "strict_note")


def test_what_is_required_need_not_be_sent_with_patch() -> None:
    assert patch({"text": "x"}, PLAIN) == {"text": "x"}


def test_what_is_sent_is_told_before_what_is_missing() -> None:
    with pytest.raises(Fault) as raised:
        put({"nope": 1}, PLAIN)
    assert told(raised.value) == unknown("nope", "strict_note")


def test_the_version_of_the_body_is_that_of_the_request() -> None:
    assert ORDER.decode({"_v": "19.5"}, version="19.5", partial=True) == {}
    with pytest.raises(Fault) as raised:
        ORDER.decode({"_v": "23.2"}, version="19.5", partial=True)
    assert told(raised.value) == ("UnexpectedVersionException", [("version", "23.2")])


def test_the_message_names_property_and_document() -> None:
    with pytest.raises(Fault) as raised:
        patch({"lines": [{"product": ""}]})
    assert str(raised.value) == (
        "An error occurred while decoding the request. There's a value constraint violation of "
        "property '$.lines.[0].product' in document 'purchase_order'."
    )


def test_a_stored_document_has_its_read_only_properties_and_its_defaults() -> None:
    entry = {"id": "o1", "created": "2024-02-19T00:00Z", "link": "http://h/o1", "c_a": [1]}
    assert ORDER.decode_stored(entry) == {
        "id": "o1",
        "approved": False,
        "created": "2024-02-19T00:00:00.000Z",
        "c_a": [1],
    }


def test_nulls_are_absent_from_a_stored_document() -> None:
    entry: dict[str, Any] = {"approved": None, "note": None, "total": 0, "texts": {}, "c_a": None}
    assert ORDER.decode_stored(entry) == {"approved": False, "total": 0, "texts": {}}


def test_an_empty_array_is_absent_from_a_stored_document_where_it_is_read_only() -> None:
    assert ReadOnlyLists().decode_stored({"own": [], "told": []}) == {"own": []}
    assert ReadOnlyLists().decode_stored({"own": ["a"], "told": ["b"]}) == {
        "own": ["a"],
        "told": ["b"],
    }


def test_an_empty_custom_array_is_stored() -> None:
    entry: dict[str, Any] = {"c_a": [], "tags": [], "lines": []}
    assert ORDER.decode_stored(entry) == DEFAULTS | {"c_a": [], "tags": [], "lines": []}


def test_nulls_are_absent_from_a_stored_embedded_document() -> None:
    entry = {"id": "o1", "first": {"product": "p", "amount": None}}
    assert ORDER.decode_stored(entry) == DEFAULTS | {"id": "o1", "first": {"product": "p"}}


def test_the_envelope_is_left_out_of_a_stored_document() -> None:
    entry = {"_v": "1.0", "_type": "other", "_resource_state": 5, "note": "hi"}
    assert ORDER.decode_stored(entry) == DEFAULTS | {"note": "hi"}


VIOLATED = "There's a value constraint violation of property '{}' in document '{}'."
NO_ID = VIOLATED.format("$.id", "purchase_order")
NOT_DECODED = (
    "Decoding of the property with path '{}' failed because the expected type is "
    "'VALUE_STRING' but the actual type was 'VALUE_NUMBER_INT'."
)
NO_DATE = NOT_DECODED.format("$.created")
NO_SUCH = "There's an unknown property 'nope' in document 'purchase_order'."


@table(
    ("entry", "reason"),
    [
        ([], "is not an object"),
        (None, "is not an object"),
        ("x", "is not an object"),
        ({"nope": 1, "id": ""}, f"{NO_SUCH} {NO_ID}"),
        ({"id": "", "created": 1}, f"{NO_ID} {NO_DATE}"),
        ({"created": 1, "id": ""}, f"{NO_DATE} {NO_ID}"),
        ({"created": "soon"}, VIOLATED.format("$.created", "purchase_order")),
        (
            {"lines": [{"product": "p"}, {}, {"product": 1}], "nope": 1},
            VIOLATED.format("$.lines.[1].product", "purchase_order")
            + f" {NOT_DECODED.format('$.lines.[2].product')} {NO_SUCH}",
        ),
    ],
)
def test_a_stored_document_is_checked_like_a_sent_one_and_all_is_told(
    entry: Any, reason: str
) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - compared below
        ORDER.decode_stored(entry)
    assert str(raised.value) == reason


def test_a_stored_document_has_what_is_required() -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - compared below
        PLAIN.decode_stored({"id": "x"})
    assert str(raised.value) == VIOLATED.format("$.text", "strict_note")


STORED = {"id": "o1", "note": "old", "total": 5, "created": "2024-02-19T00:00:00.000Z", "c_a": 1}


@table(
    ("changes", "merged"),
    [
        ({}, STORED),
        ({"note": "new"}, STORED | {"note": "new"}),
        ({"tags": ["a"], "c_b": 2}, STORED | {"tags": ["a"], "c_b": 2}),
        (
            {"note": None, "c_a": None, "tags": None},
            {n: STORED[n] for n in ("id", "total", "created")},
        ),
        (
            {"approved": False, "total": 0, "note": ""},
            STORED | {"approved": False, "total": 0, "note": ""},
        ),
    ],
)
def test_merging_changes_what_is_sent_and_removes_what_is_null(
    changes: Mapping[str, Any], merged: dict[str, Any]
) -> None:
    assert ORDER.merge(STORED, changes) == merged


@table(
    ("changes", "replaced"),
    [
        ({}, {"created": "2024-02-19T00:00:00.000Z"}),
        ({"note": "new", "total": None}, {"created": "2024-02-19T00:00:00.000Z", "note": "new"}),
        ({"c_b": 2}, {"created": "2024-02-19T00:00:00.000Z", "c_b": 2}),
    ],
)
def test_replacing_keeps_only_what_is_read_only(
    changes: Mapping[str, Any], replaced: dict[str, Any]
) -> None:
    assert ORDER.replace(STORED, changes) == replaced


def test_merging_and_replacing_leave_the_stored_properties_alone() -> None:
    stored = {"id": "o1", "note": "old", "link": "x"}
    ORDER.merge(stored, {"note": None})
    ORDER.replace(stored, {"note": "new"})
    assert stored == {"id": "o1", "note": "old", "link": "x"}


NAMES = ["id", "note", "total", "tags", "lines", "first", "texts", "handling", "approved", "due"]
MEMBERS = st.sampled_from([*NAMES, "link", "_v", "_type", "_resource_state", "c_a", "nope", ""])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["product", "amount", "codes", "x"]), inner)
    ),
    max_leaves=6,
)


@given(body=st.dictionaries(MEMBERS, VALUES), partial=st.booleans())
def test_any_body_is_decoded_or_refused_by_one_fault(
    body: dict[str, Any], *, partial: bool
) -> None:
    try:
        changes = ORDER.decode(body, version="23.2", partial=partial)
    except Fault as fault:
        assert fault.kind.status == 400  # noqa: PT017 - either outcome is right
    else:
        assert set(changes) - {"approved"} <= set(body) - {"link", "nope", ""}


def test_embedded_documents_list_declared_properties_first_in_the_order_of_declaration() -> None:
    order = {"c_size": 1, "total": 3, "note": "hi", "approved": True}
    ordered = ["approved", "note", "total", "c_size"]
    stored = ReturnedOrder().decode_stored({"last": order, "orders": [order]})
    assert (list(stored["last"]), list(stored["orders"][0])) == (ordered, ordered)
    assert list(patch({"last": order}, ReturnedOrder())["last"]) == ordered


def test_decoding_a_stored_document_leaves_the_entry_as_it_is() -> None:
    entry: dict[str, Any] = {"own": [], "told": []}
    assert ReadOnlyLists().decode_stored(entry) == {"own": []}
    assert entry == {"own": [], "told": []}


def test_what_a_request_sends_is_not_what_is_stored() -> None:
    tags = ["a"]
    changes = patch({"tags": tags})
    assert changes["tags"] == tags
    assert changes["tags"] is not tags


class Shout(String):
    def check(self, value: str) -> str:
        return value.upper()


class Speech(Document):
    words = Array(Shout())
    title = Shout()


def test_a_property_with_a_check_of_its_own_is_always_asked() -> None:
    assert put({"title": "a", "words": ["b"]}, Speech()) == {"title": "A", "words": ["B"]}


class Group(Document):
    kind = Enumeration("static", "system", read_only=True, load_default="static")
    name = String()


def test_a_replaced_document_keeps_read_only_properties_with_a_default() -> None:
    changes = Group().decode({"name": "b", "kind": "static"}, version="23.2", partial=False)
    stored = {"kind": "system", "name": "a"}
    assert Group().replace(stored, changes) == {"kind": "system", "name": "b"}
