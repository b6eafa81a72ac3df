"""Variation attributes of masters, and values (PRD-8)."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.object_type.attribute_definition import (
    NOT_FOUND as DEFINITION_NOT_FOUND,
)
from emulator.ocapi.resources.product import attributes, faults
from emulator.ocapi.resources.product.attributes import DEFINITION_ID, PRODUCT_FAMILY
from emulator.ocapi.resources.product.availability import (
    SITE_PARAMETER,
    find_stock,
    list_inventories,
    read_site,
)
from emulator.ocapi.resources.product.options import list_below
from emulator.ocapi.resources.product.products import PRODUCTS
from emulator.ocapi.resources.product.relations import (
    GROUPS,
    PRODUCTS_NAME,
    VARIATIONS,
    find_master_id,
    find_product,
    has_kind,
    list_entries,
)
from emulator.store import Change, Put, Record, Store

Properties = Mapping[str, Any]

IMAGES = ("image", "image_swatch")
VARIATION_VALUES, IMAGE_GROUPS = "variation_values", "image_groups"
ATTRIBUTES = "variation_attributes"


def check_master(call: Call) -> None:
    """Refuse a product other than a master.

    Raises:
        Fault: NOT_MASTER.
    """
    of_attributes = call.route.resource is PRODUCT_VARIATION_ATTRIBUTES
    if of_attributes and call.route.of_collection:  # variants and groups show the master's
        return
    if not of_attributes and call.method in ("PATCH", "DELETE"):  # their attribute is missing
        return
    product = find_product(call.store, call.key[0])
    if product is not None and not has_kind(product, "master"):
        raise faults.NOT_MASTER(call.key[0])


def check_site(call: Call) -> None:
    """Check the site of a read.

    Raises:
        Fault: UNKNOWN_SITE.
    """
    if call.method in ("GET", "HEAD"):
        read_site(call)


def list_attributes(call: Call) -> list[Record]:
    """Return the variation attributes of a master, also for a variant or a group."""
    product = find_product(call.store, call.key[0])
    owner = (find_master_id(product) if product else None) or call.key[0]
    return list_below(call.store, PRODUCT_FAMILY.members, (owner,))


def change(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Check the definition of an attribute, and keep values and variants consistent.

    Raises:
        Fault: DEFINITION_NOT_UNIQUE, DEFINITION_NOT_FOUND.
    """
    master_id, attribute_id = call.key
    if after is None:
        yield from forget_value(call.store, master_id, attribute_id)
        return
    if before is None:
        definition = after[DEFINITION_ID]
        for other in list_below(call.store, PRODUCT_FAMILY.members, (master_id,)):
            if other.get(DEFINITION_ID) == definition and other.key != call.key:
                raise faults.DEFINITION_NOT_UNIQUE(definition)
        attributes.check_definition(call.store, definition)
        yield from attributes.change_values(call, family=PRODUCT_FAMILY)


def forget_value(
    store: Store, master_id: str, attribute_id: str, value: str | None = None
) -> Iterator[Change]:
    """Yield the changes of products for a deleted value, or for a deleted attribute.

    Variants and groups lose the value, and all products the image groups of the value.
    """
    members = (list_entries(store, entries, master_id) for entries in (VARIATIONS, GROUPS))
    for name in chain([master_id], *members):
        product = find_product(store, name)
        if product is None:
            continue
        changed = dict(product.properties)
        values = dict(product.get(VARIATION_VALUES) or {})
        if values.get(attribute_id) is not None and value in (None, values[attribute_id]):
            del values[attribute_id]
            changed[VARIATION_VALUES] = values
        if groups := changed.pop(IMAGE_GROUPS, None):
            kept = [*_drop_images(groups, attribute_id, value)]
            changed |= {IMAGE_GROUPS: kept} if kept else {}
        record = Record(product.key, changed)
        if record != product:
            yield Put(PRODUCTS_NAME, record, product.state)


def _drop_images(
    groups: Iterable[Properties], attribute_id: str, value: str | None
) -> Iterator[Properties]:
    """Yield image groups without a value; a group with no other value is left out."""
    for group in groups:
        found = [
            _drop_value(one, value) if one.get("id") == attribute_id else one
            for one in group.get(ATTRIBUTES) or ()
        ]
        if None not in found:
            yield {**group, ATTRIBUTES: found} if found else group


def _drop_value(attribute: Properties, value: str | None) -> Properties | None:
    """Return an attribute of an image group without a value; None if nothing is left."""
    before = attribute.get("values") or ()
    left = [one for one in before if one.get("value") != value]
    if value is None or (before and not left):
        return None
    return {**attribute, "values": left} if left else attribute


def forget_deleted_value(
    call: Call, _before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Yield the changes of the variants with a deleted value."""
    if after is None and len(call.key) == 3:  # noqa: PLR2004 - product, attribute and value
        yield from forget_value(call.store, *call.key)


def show_value(call: Call, value: Record) -> dict[str, Any]:
    """Return the shown properties of a value: images and stock by expansion only."""
    shown: dict[str, Any] = attributes.show_value(call, value, PRODUCT_FAMILY)
    if "image" not in call.expansions:
        shown |= dict.fromkeys(IMAGES)
    if "availability" in call.expansions:
        shown["orderable"] = _is_orderable(call, *value.key)
    return shown


def _is_orderable(call: Call, master_id: str, attribute_id: str, value: str) -> bool:
    """Look for a variant with a value in the stock of the call's site."""
    lists = list_inventories(call.store, read_site(call))
    for name in list_entries(call.store, VARIATIONS, master_id):
        variant = find_product(call.store, name)
        values = (variant.get("variation_values") if variant else None) or {}
        if values.get(attribute_id) == value and find_stock(call.store, lists, name)[1]:
            return True
    return False


PRODUCT_VARIATION_ATTRIBUTES = attributes.declare_attributes(
    PRODUCT_FAMILY,
    PRODUCTS,
    "product_id",
    not_found=faults.ATTRIBUTE_NOT_FOUND,
    duplicate=faults.ATTRIBUTE_NOT_UNIQUE,
    refuses_existing=True,
    check=check_master,
    records=list_attributes,
    effects=change,
    refusals={
        "read": (faults.NOT_MASTER,),
        "create": (faults.NOT_MASTER, faults.DEFINITION_NOT_UNIQUE, DEFINITION_NOT_FOUND),
        "update": (faults.NOT_MASTER,),
        "delete": (faults.NOT_MASTER,),
    },
)
PRODUCT_VARIATION_ATTRIBUTE_VALUES = attributes.declare_values(
    PRODUCT_FAMILY,
    PRODUCT_VARIATION_ATTRIBUTES,
    not_found=faults.VALUE_NOT_FOUND,
    check=check_site,
    view=show_value,
    effects=forget_deleted_value,
    expansions=("availability", "image"),
    parameters=SITE_PARAMETER,
    refusals={
        "list": (faults.NOT_MASTER,),
        "read": (faults.NOT_MASTER,),
        "create": (faults.NOT_MASTER, faults.VALUE_NOT_FOUND),
    },
)
