"""Variation attributes and values: the rules for products and for catalogs (PRD-8)."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.object_type.attribute_definition import (
    NOT_FOUND as DEFINITION_NOT_FOUND,
)
from emulator.ocapi.resources.object_type.system_object_definitions import (
    DEFINITIONS,
    SYSTEM_OBJECT_DEFINITIONS,
)
from emulator.ocapi.resources.product.family import Family
from emulator.ocapi.resources.product.options import list_below, read_values
from emulator.ocapi.resources.product.variation_attribute import (
    VariationAttribute,
    VariationAttributes,
    VariationAttributeValue,
    VariationAttributeValues,
)
from emulator.ocapi.wire.envelope import embed
from emulator.store import Change, Clear, Put, Record, Store

Properties = Mapping[str, Any]

PRODUCT_TYPE = "Product"
DEFINITION_ID = "attribute_definition_id"
TYPES = {"string": "string", "enum_of_string": "string", "int": "int", "enum_of_int": "int"}
NOT_PATCHED = frozenset({DEFINITION_ID, "default_value", "values"})

PRODUCT_FAMILY = Family(
    path="variation_attributes",
    owners="products",
    members="product_variation_attributes",
    values="product_variation_attribute_values",
)
CATALOG_FAMILY = Family(
    path="shared_variation_attributes",
    owners="catalogs",
    members="shared_variation_attributes",
    values="shared_variation_attribute_values",
    shared=True,
)


def find_definition(store: Store, definition_id: str | None) -> Record | None:
    """Return the attribute definition of products with an id, None for none."""
    return store.get(DEFINITIONS, (PRODUCT_TYPE, definition_id or ""))


def check_definition(store: Store, definition_id: str) -> None:
    """Check the id of an attribute definition of products.

    Without system object types any id is valid.

    Raises:
        Fault: DEFINITION_NOT_FOUND.
    """
    if store.get(SYSTEM_OBJECT_DEFINITIONS.name, (PRODUCT_TYPE,)) is None:
        return
    if find_definition(store, definition_id) is None:
        raise DEFINITION_NOT_FOUND(definition_id, PRODUCT_TYPE)


def list_values(store: Store, attribute: Record, family: Family) -> list[Record]:
    """Return the values of an attribute by position; values without a position are last."""
    found = list_below(store, family.values, attribute.key)
    return sorted(found, key=lambda value: value.get("position", float("inf")))


def show_attribute(call: Call, attribute: Record, family: Family) -> dict[str, Any]:
    """Return the properties of an attribute from definition, values and path."""
    definition = find_definition(call.store, attribute.get(DEFINITION_ID))
    known = definition.get("value_type") if definition else "string"
    default = attribute.get("default_value")
    is_known = default and call.store.get(family.values, (*attribute.key, default))
    return {
        "attribute_definition_name": definition.get("display_name") if definition else None,
        "default_value": default if is_known else None,
        "link": call.link_to(family.owners, *attribute.key[:-1], family.path, attribute.key[-1]),
        "shared": family.shared,
        "variation_attribute_type": TYPES.get(known, "unknown"),
    }


def show_whole_attribute(call: Call, attribute: Record, family: Family) -> dict[str, Any]:
    """Return all properties of an attribute inside another document, with the values."""
    values = [
        embed(value.state, {**value.properties, **show_value(call, value, family)})
        for value in list_values(call.store, attribute, family)
    ]
    shown = {**attribute.properties, **show_attribute(call, attribute, family), "values": values}
    return embed(attribute.state, shown)


def show_value(call: Call, value: Record, family: Family) -> dict[str, Any]:
    """Return the properties of a value from the path."""
    *owner, attribute_id, name = value.key
    path = (family.owners, *owner, family.path, attribute_id, "values", name)
    return {"link": call.link_to(*path)}


def drop_values(
    _before: Properties | None, after: dict[str, Any], _changes: Properties, _now: str
) -> dict[str, Any]:
    """Return an attribute without the values: a value is a record below the attribute."""
    return {name: value for name, value in after.items() if name != "values"}


def change_values(call: Call, *, family: Family) -> Iterator[Change]:
    """Yield the changes of the values for the sent document of an attribute."""
    if call.method != "PUT":
        return
    yield Clear(family.values, call.key)
    for value in read_values(call):
        yield Put(family.values, Record((*call.key, value["value"]), value))


def declare_attributes(family: Family, parent: Resource, parent_key: str, **more: Any) -> Resource:
    """Return the resource of variation attributes below an owner.

    Args:
        family: Where the attributes are.
        parent: The resource of the owners.
        parent_key: The name of the path parameter with the owner's id.
        **more: Further fields of the resource, such as ``not_found`` and ``effects``.
    """
    return Resource(
        name=family.members,
        path=family.path,
        parent=parent,
        parent_key=parent_key,
        document=VariationAttribute(),
        collection=VariationAttributes(),
        key="id",
        verbs=frozenset({"list", "read", "create", "update", "delete"}),
        created_status=200,
        deletes_missing=False,
        derive=drop_values,
        view=partial(show_attribute, family=family),
        ignored={"update": NOT_PATCHED},
        **more,
    )


def declare_values(family: Family, attributes: Resource, **more: Any) -> Resource:
    """Return the resource of the values of variation attributes."""

    def list_records(call: Call) -> list[Record]:
        return list_values(call.store, Record(call.parents, {}), family)

    return Resource(
        name=family.values,
        path="values",
        parent=attributes,
        parent_key="attribute_id",
        document=VariationAttributeValue(),
        collection=VariationAttributeValues(),
        key="value",
        parameter="id",
        verbs=frozenset({"list", "read", "create", "update", "delete"}),
        created_status=200,
        deletes_missing=False,
        **{
            "view": partial(show_value, family=family),
            "records": list_records,
            **more,
        },
    )
