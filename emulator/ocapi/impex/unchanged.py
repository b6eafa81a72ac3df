"""The values of a file that change nothing in a stored document.

XML has one form for several stored forms. An empty promotion rule, for example, stands for a
promotion without a rule, too. The import of an unchanged export changes nothing (IMP-8).
"""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.fixture.impex.relations import pick_values
from emulator.fixture.impex.shop_tables import list_redemptions
from emulator.ocapi.resources.product.attributes import PRODUCT_FAMILY
from emulator.ocapi.resources.product.options import list_below
from emulator.store import Store, thaw

Changes = dict[str, Any]
Stored = Mapping[str, Any]


def drop_unchanged(store: Store, collection: str, stored: Stored, changes: Changes) -> None:
    """Remove the values that say no more than the stored document.

    Args:
        store: The store with the other documents.
        collection: The name of the document's collection.
        stored: The properties of the stored document; empty for a new document.
        changes: The properties of the file.
    """
    drop = DROPS.get(collection)
    if drop is not None:
        drop(store, stored, changes)


def _drop_rule(_store: Store, stored: Stored, changes: Changes) -> None:
    """Remove an empty rule of a promotion without a rule."""
    if not changes.get("rule") and not stored.get("rule"):
        changes.pop("rule", None)


def _drop_allocation(_store: Store, stored: Stored, changes: Changes) -> None:
    """Remove an allocation with the stored amount and the stored time (IMP-4)."""
    allocation = changes.get("allocation", {})
    if {"amount", "reset_date"} <= allocation.keys() and allocation == stored.get("allocation"):
        del changes["allocation"]


def _drop_transactions(_store: Store, stored: Stored, changes: Changes) -> None:
    """Remove transactions with the stored redemptions: other transactions have no element."""
    if "transactions" in changes and list_redemptions(changes) == list_redemptions(thaw(stored)):
        del changes["transactions"]


def _drop_variation_values(store: Store, stored: Stored, changes: Changes) -> None:
    """Remove custom attributes that stand for the stored variation values."""
    master_id = (stored.get("master") or {}).get("master_id")
    if master_id is None:
        return
    attributes = list_below(store, PRODUCT_FAMILY.members, (master_id,))
    definitions = {one.key[-1]: one.get("attribute_definition_id") for one in attributes}
    values = stored.get("variation_values") or {}
    for name, value in pick_values(changes, definitions).items():
        custom = f"c_{definitions[name]}"
        if values.get(name) == value and custom not in stored:
            changes.pop(custom, None)


DROPS: Mapping[str, Callable[[Store, Stored, Changes], None]] = {
    "gift_certificates": _drop_transactions,
    "product_inventory_records": _drop_allocation,
    "products": _drop_variation_values,
    "promotions": _drop_rule,
}
