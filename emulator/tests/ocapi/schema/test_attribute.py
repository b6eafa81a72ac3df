"""Custom properties with an attribute definition: the values of each value type."""

from functools import partial
from typing import Any

import pytest
from marshmallow import ValidationError

from emulator.ocapi.schema.attribute import make_property
from emulator.ocapi.schema.custom import find_declared
from emulator.store import MemoryStore, Record
from emulator.tests.table import table

ENUMERATION = {
    "value_type": "enum_of_string",
    "value_definitions": [{"value": "a"}, {"value": "b"}],
}
HTML = {"_type": "markup_text", "markup": "<b>x</b>", "source": "<b>x</b>"}


@table(
    ("definition", "value", "stored"),
    [
        ({"value_type": "string"}, "x", "x"),
        ({"value_type": "email"}, "x@y", "x@y"),
        ({"value_type": "int"}, 3, 3),
        ({"value_type": "double"}, 1.5, 1.5),
        ({"value_type": "boolean"}, False, False),
        ({"value_type": "date"}, "2020-01-31", "2020-01-31T00:00:00.000Z"),
        ({"value_type": "date"}, "2020-01-31T01:00:00Z", "2020-01-31T01:00:00.000Z"),
        ({"value_type": "html"}, "<b>x</b>", HTML),
        ({"value_type": "html"}, HTML, HTML),
        ({"value_type": "set_of_int"}, [1, 2], [1, 2]),
        (ENUMERATION, "a", "a"),
        ({**ENUMERATION, "multi_value_type": True}, ["b", "a"], ["b", "a"]),
        ({"value_type": "enum_of_int"}, 7, 7),
        ({"value_type": "string", "localizable": True}, {"de": "x"}, {"de": "x"}),
        ({"value_type": "money"}, 1, 1),
    ],
)
def test_a_value_of_the_type_is_taken(definition: Any, value: Any, stored: Any) -> None:
    assert make_property(definition).deserialize(value) == stored


@table(
    ("definition", "value"),
    [
        ({"value_type": "string"}, 1),
        ({"value_type": "int"}, 1.5),
        ({"value_type": "double"}, "1"),
        ({"value_type": "date"}, "2020-02-31"),
        ({"value_type": "html"}, {"text": "x"}),
        ({"value_type": "set_of_string"}, "x"),
        ({"value_type": "set_of_string"}, [None]),
        (ENUMERATION, "c"),
        (ENUMERATION, ["a"]),
        ({"value_type": "string", "localizable": True}, "x"),
    ],
)
def test_a_value_of_another_type_is_refused(definition: Any, value: Any) -> None:
    with pytest.raises(ValidationError):
        make_property(definition).deserialize(value)


def test_definitions_of_custom_attributes_declare_properties() -> None:
    store = MemoryStore()
    custom = Record.of(("ProductInventoryList", "a"), {"id": "a", "value_type": "int"})
    system = Record.of(("ProductInventoryList", "b"), {"value_type": "int", "system": True})
    store.replace({"system_attribute_definitions": [custom, system]})
    declarations = partial(find_declared, store)
    found = declarations("inventory_list", "c_a")
    assert found is not None
    assert found.deserialize(3) == 3
    assert declarations("inventory_list", "c_b") is None
    assert declarations("product_inventory_record", "c_a") is None
