"""Declarations of custom properties: how they are read, and what they take."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import orjson
import pytest
from marshmallow import ValidationError

from emulator.fixture.data_set import FixtureError, load
from emulator.ocapi.schema.custom import (
    find_declared,
    list_collections,
    read_declaration,
    read_permission,
)
from emulator.ocapi.schema.fields import Place, Property, Violation
from emulator.store import MemoryStore
from emulator.tests.table import table

DOCUMENTS = ("inventory_list", "product_inventory_record")
COLLECTIONS = list_collections(DOCUMENTS)
Find = Callable[[str, str], Property | None]
TEXT = {"document": "inventory_list", "name": "c_a", "type": "string"}


def declaring(*declarations: Mapping[str, Any], undeclared: bool | None = None) -> Find:
    store = MemoryStore()
    records = {"custom_properties": [read_declaration(entry, DOCUMENTS) for entry in declarations]}
    if undeclared is not None:
        records["allow_undeclared"] = [read_permission(undeclared)]
    store.replace(records)
    return partial(find_declared, store)


def field(**members: Any) -> Property:
    found = declaring({**TEXT, **members})("inventory_list", "c_a")
    assert found is not None
    return found


def test_a_declaration_names_document_and_property_and_has_defaults() -> None:
    record = read_declaration(TEXT, DOCUMENTS)
    assert record.key == ("inventory_list", "c_a")
    assert record.properties == {**TEXT, "multiple": False, "localized": False}


@table(
    ("entry", "reason"),
    [
        (3, "is not an object"),
        ({**TEXT, "type": "text"}, "unknown enum value 'text'"),
        ({**TEXT, "type": None}, "'$.type'"),
        (
            {**TEXT, "multiple": "yes"},
            "'$.multiple' failed because the expected type is 'VALUE_TRUE",
        ),
        ({**TEXT, "unit": "kg"}, "unknown property 'unit'"),
        ({"name": "c_a", "type": "string"}, "'$.document'"),
        ({"document": "inventory_list", "type": "string"}, "'$.name'"),
        ({"document": "inventory_list", "name": "c_a"}, "'$.type'"),
        ({**TEXT, "name": "a"}, "name: 'a' is not c_ followed by letters, digits, _ or -"),
        ({**TEXT, "name": "c_"}, "name: 'c_' is not c_ followed by letters, digits, _ or -"),
        ({**TEXT, "name": "c_a b"}, "name: 'c_a b' is not c_ followed by"),
        (
            {**TEXT, "document": "inventory_lst"},
            (
                "document: 'inventory_lst' has no custom properties; "
                "documents with custom properties: inventory_list, product_inventory_record"
            ),
        ),
        ({**TEXT, "document": "site"}, "document: 'site' has no custom properties"),
    ],
)
def test_a_broken_declaration_is_refused_with_the_reason(entry: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        read_declaration(entry, DOCUMENTS)


@table("entry", [None, 1, "true", [], {}])
def test_whether_undeclared_ones_are_taken_is_true_or_false(entry: Any) -> None:
    with pytest.raises(ValueError, match="is neither true nor false"):
        read_permission(entry)


@table(
    ("members", "value", "stored"),
    [
        ({}, "x", "x"),
        ({}, None, None),
        ({"type": "number"}, 2.5, 2.5),
        ({"type": "boolean"}, False, False),
        ({"type": "datetime"}, "2024-01-01T00:00Z", "2024-01-01T00:00:00.000Z"),
        ({"multiple": True}, ["x", ""], ["x", ""]),
        ({"multiple": True}, [], []),
        ({"multiple": True}, None, None),
        (
            {"type": "datetime", "multiple": True},
            ["2024-01-01T00:00Z"],
            ["2024-01-01T00:00:00.000Z"],
        ),
        ({"localized": True}, {"de": "x", "fr": None}, {"de": "x", "fr": None}),
        ({"localized": True, "type": "number"}, {"de": 1}, {"de": 1}),
        ({"localized": True, "multiple": True}, {"de": ["x"]}, {"de": ["x"]}),
    ],
)
def test_a_value_of_the_declared_type_is_taken(
    members: dict[str, Any], value: Any, stored: Any
) -> None:
    assert field(**members).deserialize(value) == stored


@table(
    ("members", "value"),
    [
        ({}, 1),
        ({}, ["x"]),
        ({}, {"de": "x"}),
        ({"type": "number"}, "1"),
        ({"type": "number"}, True),
        ({"type": "boolean"}, 1),
        ({"type": "datetime"}, "soon"),
        ({"multiple": True}, "x"),
        ({"multiple": True}, ["x", None]),
        ({"multiple": True}, [["x"]]),
        ({"localized": True}, "x"),
        ({"localized": True}, ["x"]),
        ({"localized": True}, {"de": 1}),
        ({"localized": True, "multiple": True}, {"de": "x"}),
        ({"localized": True, "multiple": True}, {"de": [None]}),
    ],
)
def test_a_value_of_another_type_breaks_one_rule_whatever_it_is(
    members: dict[str, Any], value: Any
) -> None:
    with pytest.raises(ValidationError) as refused:
        field(**members).deserialize(value)
    [violation] = cast("list[Violation]", refused.value.messages)
    fault = violation(Place("inventory_list", "$.c_a", "c_a"))
    assert (fault.kind.type, dict(fault.arguments)) == ("InvalidCustomPropertyException", {})


def test_a_property_is_found_by_document_and_name() -> None:
    declarations = declaring(TEXT)
    assert declarations("inventory_list", "c_a") is not None
    assert declarations("product_inventory_record", "c_a") is None
    assert declarations("inventory_list", "c_b") is None


@table(("undeclared", "taken"), [(None, False), (False, False), (True, True)])
def test_undeclared_ones_are_taken_where_it_is_said(
    *, undeclared: bool | None, taken: bool
) -> None:
    declarations = declaring(TEXT, undeclared=undeclared)
    assert (declarations("inventory_list", "c_b") is not None) is taken
    declared = declarations("inventory_list", "c_a")
    assert declared is not None
    with pytest.raises(ValidationError):
        declared.deserialize(1)


@pytest.mark.parametrize(
    "content",
    [
        {"custom_properties": [TEXT], "allow_undeclared": True},
        {"custom_properties": [TEXT], "allow_undeclared": False},
        {"custom_properties": [TEXT]},
        [TEXT],
    ],
)
def test_a_file_holds_declarations_and_whether_others_are_taken(
    tmp_path: Path, content: Any
) -> None:
    (tmp_path / "custom_properties.json").write_bytes(orjson.dumps(content))
    declarations = partial(find_declared, load(str(tmp_path), COLLECTIONS))
    assert declarations("inventory_list", "c_a") is not None
    allowed = isinstance(content, dict) and content.get("allow_undeclared") is True
    assert (declarations("inventory_list", "c_b") is not None) is allowed


def test_a_property_is_declared_once(tmp_path: Path) -> None:
    again = {**TEXT, "type": "number"}
    (tmp_path / "custom_properties.json").write_bytes(orjson.dumps([TEXT, again]))
    with pytest.raises(FixtureError, match=r"custom_properties entry 2"):
        load(str(tmp_path), COLLECTIONS)
