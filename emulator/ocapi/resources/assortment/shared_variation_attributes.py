"""Shared variation attributes of catalogs (CAT-11)."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.catalog.catalogs import CATALOGS
from emulator.ocapi.resources.object_type.attribute_definition import (
    NOT_FOUND as DEFINITION_NOT_FOUND,
)
from emulator.ocapi.resources.product import attributes
from emulator.ocapi.resources.product.attributes import CATALOG_FAMILY, DEFINITION_ID
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Change

Properties = Mapping[str, Any]

NOT_FOUND = FaultType(
    404,
    "VariationAttributeNotFound",
    "No variation attribute with ID '{variationAttributeId}' could be found.",
    ("variationAttributeId", "catalogId"),
)
VALUE_NOT_FOUND = FaultType(
    404,
    "VariationAttributeValueNotFound",
    "No value '{value}' of the variation attribute '{variationAttributeId}' could be found.",
    ("value", "variationAttributeId", "catalogId"),
)
NOT_UNIQUE = FaultType(
    400,
    "SharedVariationAttributeIDNotUnique",
    "There is a shared variation attribute with ID '{variationAttributeId}'.",
    ("variationAttributeId", "catalogId"),
)


def change(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Check the definition of a new attribute, and store the sent values.

    Raises:
        Fault: DEFINITION_NOT_FOUND.
    """
    if before is None and after is not None:
        attributes.check_definition(call.store, after[DEFINITION_ID])
        yield from attributes.change_values(call, family=CATALOG_FAMILY)


SHARED_VARIATION_ATTRIBUTES = attributes.declare_attributes(
    CATALOG_FAMILY,
    CATALOGS,
    "catalog_id",
    not_found=NOT_FOUND,
    duplicate=NOT_UNIQUE,
    refuses_existing=True,
    effects=change,
    refusals={"create": (DEFINITION_NOT_FOUND,)},
)
SHARED_VARIATION_ATTRIBUTE_VALUES = attributes.declare_values(
    CATALOG_FAMILY,
    SHARED_VARIATION_ATTRIBUTES,
    not_found=VALUE_NOT_FOUND,
    refusals={"create": (VALUE_NOT_FOUND,)},
)
