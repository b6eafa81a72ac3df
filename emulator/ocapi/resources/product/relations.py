"""The relations between products: masters and variants, sets, bundles and members.

A product names the products that it depends on: a variant its master, a set its members. Further
collections of the store have the opposite direction, so that no request scans all products.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.fixture.reference import Records, Reference
from emulator.ocapi.resources.catalog.category_removal import CLASSIFICATION, list_keys
from emulator.ocapi.resources.catalog.names import (
    ASSIGNMENTS,
    CATEGORIES_NAME,
    CATEGORIES_OF_PRODUCTS,
    CLASSIFIED_PRODUCTS,
    OWNED_PRODUCTS,
    POSITIONED_PRODUCTS,
)
from emulator.store import Change, Clear, Delete, Key, Put, Record, Require, Store

Properties = Mapping[str, Any]

PRODUCTS_NAME = "products"
VARIATIONS = "products.variations"  # master and variant
GROUPS = "products.variation_groups"  # master and variation group
SETS = "products.sets"  # member and set
BUNDLES = "products.bundles"  # member and bundle
COLLECTIONS_OF_MEMBERS = {"set_products": SETS, "bundled_products": BUNDLES}
INDEXES = (VARIATIONS, GROUPS, SETS, BUNDLES, OWNED_PRODUCTS, CLASSIFIED_PRODUCTS)
BOUND_OPTIONS = "products.bound_options"  # shared option and product
ATTRIBUTES = "product_variation_attributes"
ATTRIBUTE_VALUES = "product_variation_attribute_values"
ITEM = {"item": True}


def find_product(store: Store, product_id: str) -> Record | None:
    """Return a product, None for a missing product."""
    return store.get(PRODUCTS_NAME, (product_id,))


def has_kind(product: Record, *kinds: str) -> bool:
    """Check the stored type of a product for a flag."""
    return any((product.get("type") or {}).get(kind) for kind in kinds)


def find_master_id(product: Properties | Record) -> str | None:
    """Return the id of the master of a variant or a variation group, else None."""
    found = (product.get("master") or {}).get("master_id")
    return None if found is None else str(found)


def list_entries(store: Store, name: str, parent: str) -> Iterator[str]:
    """Yield the ids at the other end of a relation, in order."""
    for record in store.scan(name, 0, store.count(name, (parent,)), (parent,)).records:
        yield record.key[-1]


def list_variants(store: Store, product: Record) -> list[str]:
    """Return the ids of the variants of a master or a variation group, else nothing."""
    if has_kind(product, "master"):
        return list(list_entries(store, VARIATIONS, product.key[-1]))
    if not has_kind(product, "variation_group"):
        return []
    values = dict(product.get("variation_values") or {})
    ids = list_entries(store, VARIATIONS, find_master_id(product) or "")
    found = (find_product(store, name) for name in ids)
    return [
        one.key[-1]
        for one in found
        if one and values.items() <= dict(one.get("variation_values") or {}).items()
    ]


def index(product: Record) -> Iterator[tuple[str, Key]]:
    """Yield collection and key of each entry of a product in the opposite direction."""
    name = product.key[-1]
    master = find_master_id(product)
    if master is not None:
        yield GROUPS if has_kind(product, "variation_group") else VARIATIONS, (master, name)
    for member, collection in COLLECTIONS_OF_MEMBERS.items():
        for other in product.get(member) or ():
            yield collection, (other["id"], name)
    yield OWNED_PRODUCTS, (product.get("owning_catalog_id"), name)
    category = _find_classification(product)
    if category is not None:
        yield CLASSIFIED_PRODUCTS, (*category, name)


def _find_classification(product: Record) -> Key | None:
    """Return the key of the classification category of a product, None for none."""
    found = product.get(CLASSIFICATION) or {}
    key = tuple(found[name] for name in ("catalog_id", "category_id") if name in found)
    return key if len(key) == 2 else None  # noqa: PLR2004 - both names


def list_classification(product: Record, _: Records) -> Iterator[Reference]:
    """Yield the reference of a product to the classification category."""
    category = _find_classification(product)
    if category is not None:
        yield Reference(CATEGORIES_NAME, category)


def list_master(product: Record, _: Records) -> Iterator[Reference]:
    """Yield the reference of a variant or a variation group to the master."""
    master_id = find_master_id(product)
    if master_id is not None:
        yield Reference(PRODUCTS_NAME, (master_id,), {"type": {"master": True}})


def list_others(product: Record, _: Records, *, name: str) -> Iterator[Reference | str]:
    """Yield the references of a set or a bundle to the members, the values of a property."""
    for other in product.get(name) or ():
        if other["id"] == product.key[-1]:
            yield "the product contains itself"
        yield Reference(PRODUCTS_NAME, (other["id"],))


def list_default(product: Record, _: Records) -> Iterator[Reference]:
    """Yield the reference of a master to the default variant."""
    variant_id = product.get("default_variant_id")
    if variant_id is not None:
        master = {"master_id": product.key[-1]}
        yield Reference(PRODUCTS_NAME, (variant_id,), {"master": master})


def release(product: Record) -> Put:
    """Return the change of a variant or a variation group without a master."""
    left = {n: v for n, v in product.properties.items() if n not in ("master", "variation_values")}
    return Put(PRODUCTS_NAME, Record(product.key, {**left, "type": ITEM}), product.state)


def forget_default(store: Store, master_id: str, variant_id: str) -> Iterator[Change]:
    """Yield the change of a master without the default variant, or expect the same master."""
    master = find_product(store, master_id)
    if master is None:
        return
    if master.get("default_variant_id") == variant_id:
        left = {n: v for n, v in master.properties.items() if n != "default_variant_id"}
        yield Put(PRODUCTS_NAME, Record(master.key, left), master.state)
    else:
        yield Require(PRODUCTS_NAME, master.key, master.state)


def remove_relations(store: Store, product: Record) -> Iterator[Change]:
    """Yield the changes of other products when a product is deleted (PRD-6).

    Variants and variation groups of a deleted master become items; sets, bundles and categories
    lose the product.
    """
    name = product.key[-1]
    for collection, key in index(product):
        yield Delete(collection, key)
    master_id = find_master_id(product)
    if master_id is not None:
        yield from forget_default(store, master_id, name)
    for collection in (VARIATIONS, GROUPS):
        for other in list_entries(store, collection, name):
            found = find_product(store, other)
            if found is not None:
                yield release(found)
        yield Clear(collection, (name,))
    for member, collection in COLLECTIONS_OF_MEMBERS.items():
        for other in list_entries(store, collection, name):
            found = find_product(store, other)
            if found is not None:
                yield _drop_member(found, member, name)
        yield Clear(collection, (name,))
    for _, *category in list_keys(store, CATEGORIES_OF_PRODUCTS, (name,)):
        yield Delete(ASSIGNMENTS, (*category, name))
        yield Delete(POSITIONED_PRODUCTS, (*category, name))
    yield Clear(CATEGORIES_OF_PRODUCTS, (name,))


def _drop_member(product: Record, member: str, name: str) -> Put:
    """Return the change of a set or a bundle without a member."""
    left = [other for other in product.get(member) or () if other["id"] != name]
    changed = {n: v for n, v in product.properties.items() if n != member}
    changed |= {member: left} if left else {"type": ITEM}
    return Put(PRODUCTS_NAME, Record(product.key, changed), product.state)
