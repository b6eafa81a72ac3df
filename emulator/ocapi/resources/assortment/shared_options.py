"""Shared product options of catalogs (CAT-10)."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.catalog.catalogs import CATALOGS
from emulator.ocapi.resources.object_type.attribute_definition import ATTRIBUTE_ID
from emulator.ocapi.resources.object_type.attribute_definition import (
    NOT_FOUND as DEFINITION_NOT_FOUND,
)
from emulator.ocapi.resources.product import options
from emulator.ocapi.resources.product.options import CATALOG_FAMILY, PRODUCT_FAMILY, SHARED
from emulator.ocapi.resources.product.relations import BOUND_OPTIONS, find_product, list_entries
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Change, Delete

Properties = Mapping[str, Any]

OPTION_TYPE = "ProductOption"
NOT_FOUND = FaultType(
    404,
    "ProductOptionNotFound",
    "No product option with ID '{productOptionId}' could be found.",
    ("productOptionId", "catalogId"),
)
VALUE_NOT_FOUND = FaultType(
    404,
    "ProductOptionValueNotFound",
    "No value with ID '{productOptionValueId}' of the product option '{productOptionId}' "
    "could be found.",
    ("productOptionValueId", "productOptionId", "catalogId"),
)
DUPLICATE = FaultType(
    400,
    "ProductOptionDuplicate",
    "There is a shared product option with ID '{productOptionId}'.",
    ("productOptionId", "catalogId"),
)


def derive(
    before: Properties | None, after: dict[str, Any], changes: Properties, now: str
) -> dict[str, Any]:
    """Return an option without values and flag: every option of a catalog is shared."""
    kept = options.drop_values(before, after, changes, now)
    return {name: value for name, value in kept.items() if name != SHARED}


def change(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Check the id of a new option; products lose a deleted option.

    Raises:
        Fault: DEFINITION_NOT_FOUND.
    """
    catalog_id, option_id = call.key
    if after is None:
        yield from _unbind(call, catalog_id, option_id)
        return
    if before is None and not ATTRIBUTE_ID.fullmatch(option_id):
        raise DEFINITION_NOT_FOUND(option_id, OPTION_TYPE)
    yield from options.change_values(call, before, after, family=CATALOG_FAMILY)


def _unbind(call: Call, catalog_id: str, option_id: str) -> Iterator[Change]:
    """Yield the changes of the products with a deleted option."""
    for product_id in list_entries(call.store, BOUND_OPTIONS, option_id):
        product = find_product(call.store, product_id)
        if product is not None and product.get("owning_catalog_id") == catalog_id:
            yield Delete(PRODUCT_FAMILY.members, (product_id, option_id))
            yield Delete(BOUND_OPTIONS, (option_id, product_id))


SHARED_OPTIONS = options.declare_options(
    CATALOG_FAMILY,
    CATALOGS,
    "catalog_id",
    not_found=NOT_FOUND,
    duplicate=DUPLICATE,
    refuses_existing=True,
    derive=derive,
    effects=change,
    refusals={"create": (DEFINITION_NOT_FOUND,)},
)
SHARED_OPTION_VALUES = options.declare_values(CATALOG_FAMILY, SHARED_OPTIONS, VALUE_NOT_FOUND)
