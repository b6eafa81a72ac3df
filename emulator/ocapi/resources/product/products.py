"""Products (PRD): items, masters and variants, sets, bundles."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Resource, make_index
from emulator.ocapi.resources.catalog.catalogs import CATALOGS
from emulator.ocapi.resources.catalog.names import OWNED_PRODUCTS
from emulator.ocapi.resources.product.availability import SITE_PARAMETER, read_site
from emulator.ocapi.resources.product.expansions import ALL, EXPANSIONS, HIDDEN, expand, show_base
from emulator.ocapi.resources.product.faults import PRODUCT_NOT_FOUND
from emulator.ocapi.resources.product.options import PRODUCT_FAMILY, SHARED, list_below
from emulator.ocapi.resources.product.product import PRODUCT, Products
from emulator.ocapi.resources.product.product_search import PRODUCT_SEARCH
from emulator.ocapi.resources.product.relations import (
    BOUND_OPTIONS,
    COLLECTIONS_OF_MEMBERS,
    INDEXES,
    PRODUCTS_NAME,
    VARIATIONS,
    index,
    list_classification,
    list_default,
    list_master,
    list_others,
    remove_relations,
)
from emulator.ocapi.resources.product.variant_search import VARIANT_SEARCH
from emulator.ocapi.resources.product.variations import VARIANT, VARIATION_GROUP, declare_operations
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Change, Delete, Presence, Put, Record, Require

Properties = Mapping[str, Any]

DUPLICATE = FaultType(
    400, "ProductDuplicate", "There is a product with ID '{productId}'.", ("productId",)
)
INVALID = FaultType(
    400, "ProductInvalid", "The product has no value of the field '{fieldId}'.", ("fieldId",)
)
DEFAULT_VARIANT = FaultType(
    400,
    "ProductDefaultVariant",
    "'{defaultVariantId}' can't be the default variant of the product with ID '{productId}'.",
    ("productId", "defaultVariantId"),
)
COMPUTED = (
    "assigned_categories",
    "ats",
    "in_stock",
    "online",
    "owning_catalog_name",
    "primary_categories",
    "product_bundles",
    "product_options",
    "product_sets",
    "variants",
    "variation_attributes",
    "variation_groups",
)
"""The properties that other documents give: a data set may have them without effect."""
NOT_PATCHED = ("owning_catalog_id", "short_description", "type", "unit_measure", "unit_quantity")


def derive(
    before: Properties | None, after: dict[str, Any], _changes: Properties, _now: str
) -> dict[str, Any]:
    """Return a product with the type, and with ids alone of related products.

    A request decides on the type of a new product only: ``master`` makes a master.
    """
    kept = {name: value for name, value in after.items() if name not in COMPUTED}
    for name in ("set_products", "bundled_products"):
        if name in kept:
            kept[name] = [{"id": other["id"]} for other in kept[name] if other.get("id")]
    if "master" in kept:
        kept["master"] = {"master_id": kept["master"]["master_id"]}
    asked = (after if before is None else before).get("type") or {}
    kept["type"] = {_find_kind(kept, asked, is_new=before is None): True}
    return kept


def _find_kind(product: Properties, asked: Properties, *, is_new: bool) -> str:
    if "master" in product:
        return "variation_group" if asked.get("variation_group") and not is_new else "variant"
    if asked.get("master"):
        return "master"
    if product.get("set_products"):
        return "set"
    return "bundle" if product.get("bundled_products") else "item"


def show(call: Call, product: Record) -> dict[str, Any]:
    """Return the shown properties of a product, with the requested expansions.

    Raises:
        Fault: UNKNOWN_SITE.
    """
    read_site(call)
    return dict.fromkeys(HIDDEN) | show_base(call, product) | expand(call, product)


def change(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Check catalog and default variant of a product, and keep related products consistent.

    Raises:
        Fault: INVALID, CATALOG_NOT_FOUND, DEFAULT_VARIANT.
    """
    if after is None:
        product = call.store.get(PRODUCTS_NAME, call.key)
        if product is not None:
            yield from remove_relations(call.store, product)
        yield from unbind_options(call)
        return
    catalog = after.get("owning_catalog_id")
    if not catalog:
        raise INVALID("owning_catalog_id")
    if catalog != (before or {}).get("owning_catalog_id"):
        CATALOGS.find(call.store, (catalog,))
        yield Require(CATALOGS.name, (catalog,), Presence.PRESENT)
        yield Delete(OWNED_PRODUCTS, ((before or after)["owning_catalog_id"], *call.key))
        yield Put(OWNED_PRODUCTS, Record((catalog, *call.key), {}))
        yield from unbind_options(call)
    variant = after.get("default_variant_id")
    if variant is not None and variant != (before or {}).get("default_variant_id"):
        entry = (call.key[-1], variant)
        if call.store.get(VARIATIONS, entry) is None:
            raise DEFAULT_VARIANT(*entry)
        yield Require(VARIATIONS, entry, Presence.PRESENT)


def unbind_options(call: Call) -> Iterator[Change]:
    """Yield the changes of a product without the shared options."""
    for option in list_below(call.store, PRODUCT_FAMILY.members, call.key):
        if option.get(SHARED):
            yield Delete(PRODUCT_FAMILY.members, option.key)
            yield Delete(BOUND_OPTIONS, option.key[::-1])


PRODUCTS = Resource(
    path=PRODUCTS_NAME,
    document=PRODUCT,
    collection=Products(),
    key="id",
    verbs=frozenset({"read", "create", "update", "delete"}),
    not_found=PRODUCT_NOT_FOUND,
    duplicate_if_validated=DUPLICATE,
    deletes_missing=False,
    created_status=200,
    derive=derive,
    view=show,
    effects=change,
    index=make_index(index, *INDEXES),
    ignored={"create": frozenset({"default_variant_id"}), "update": frozenset(NOT_PATCHED)},
    refusals={"create": (INVALID, CATALOGS.not_found), "update": (DEFAULT_VARIANT,)},
    expansions=(ALL, *EXPANSIONS),
    parameters=SITE_PARAMETER,
    references={
        "owning_catalog_id": CATALOGS.name,
        "master": list_master,
        **{name: partial(list_others, name=name) for name in COLLECTIONS_OF_MEMBERS},
        "classification_category": list_classification,
        "default_variant_id": list_default,
    },
    needed=("owning_catalog_id",),
    operations=(
        PRODUCT_SEARCH,
        *declare_operations(VARIANT),
        *declare_operations(VARIATION_GROUP),
        VARIANT_SEARCH,
    ),
)
