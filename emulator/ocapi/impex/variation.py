"""The masters, variants and variation groups of an import."""

from collections.abc import Iterator

from emulator.fixture.impex.relations import Relations, pick_values
from emulator.ocapi.resources.product.attributes import PRODUCT_FAMILY
from emulator.ocapi.resources.product.options import list_below
from emulator.ocapi.resources.product.relations import (
    GROUPS,
    PRODUCTS_NAME,
    VARIATIONS,
    find_product,
    list_entries,
    release,
)
from emulator.store import Record, Store

PRODUCTS = PRODUCTS_NAME


def relate_products(store: Store, relations: Relations) -> Iterator[Record]:
    """Yield the products whose masters change. Write each product before you take the next.

    The members of a master are those of the import; other members become plain products.
    """
    members: dict[str, set[str]] = {master_id: set() for master_id in relations.masters}
    defaults = {}
    for master_id, member, kind, is_default in relations.list_members():
        product = find_product(store, member)
        if product is None or find_product(store, master_id) is None:
            continue
        members[master_id].add(member)
        if is_default:
            defaults[master_id] = member
        yield _make_member(store, product, master_id, kind)
    for master_id, ids in members.items():
        master = find_product(store, master_id)
        if master is None:
            continue
        kept = {n: v for n, v in master.properties.items() if n != "default_variant_id"}
        default = {"default_variant_id": defaults[master_id]} if master_id in defaults else {}
        yield Record(master.key, {**kept, **default, "type": {"master": True}})
        for name in (VARIATIONS, GROUPS):
            for other in set(list_entries(store, name, master_id)) - ids:
                found = find_product(store, other)
                if found is not None:
                    yield release(found).record


def _make_member(store: Store, product: Record, master_id: str, kind: str) -> Record:
    """Return a product as a variant or a variation group of a master."""
    attributes = list_below(store, PRODUCT_FAMILY.members, (master_id,))
    definitions = {one.key[-1]: one.get("attribute_definition_id") for one in attributes}
    stored = product.get("variation_values") or {}
    known = {name: value for name, value in stored.items() if name in definitions}
    values = known | pick_values(product.properties, definitions)
    return product.amend(
        {
            "master": {"master_id": master_id},
            "type": {kind: True},
            "variation_values": values or dict(stored),
        }
    )
