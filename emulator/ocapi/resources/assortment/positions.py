"""The positions of the products in a category (CAT-8).

A wanted position counts the products with a position, from 1 on. A write numbers these products
anew; a deletion does not.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.ocapi.resources.catalog.category_removal import list_keys
from emulator.ocapi.resources.catalog.names import (
    ASSIGNMENTS,
    NUMBERINGS_OF_CATEGORIES,
    POSITIONED_PRODUCTS,
)
from emulator.ocapi.schema.faults import QUOTA_EXCEEDED
from emulator.store import Change, Delete, Key, Presence, Put, Record, Store

POSITION = "position"
MAX_POSITIONED_PRODUCTS = 10_000  # of a category whose products a write numbers anew


def list_positioned(store: Store, category: Key) -> list[Record]:
    """Return the assignments of a category with a position, in order.

    Raises:
        Fault: QUOTA_EXCEEDED: there are too many.
    """
    if store.count(POSITIONED_PRODUCTS, category) > MAX_POSITIONED_PRODUCTS:
        bound = f"a category of at most {MAX_POSITIONED_PRODUCTS} products with a position"
        raise QUOTA_EXCEEDED(f"a position can be changed in {bound}")
    found = _list_all(store, category)
    return sorted(found, key=lambda one: (one.get(POSITION), one.key))


def _list_all(store: Store, category: Key) -> Iterator[Record]:
    """Yield the assignments of a category with a position, in any order."""
    for key in list_keys(store, POSITIONED_PRODUCTS, category):
        found = store.get(ASSIGNMENTS, key)
        if found is not None:
            yield found


def find_last(store: Store, category: Key) -> float:
    """Return the greatest position of a product in a category, 0 for none."""
    return max((float(one.get(POSITION)) for one in _list_all(store, category)), default=0)


def take_position(
    store: Store, key: Key, before: Mapping[str, Any] | None, wanted: float | None
) -> tuple[float | None, tuple[Change, ...]]:
    """Return the position of an assignment, and the changes of the other assignments.

    Args:
        store: The store.
        key: The ids of catalog, category and product.
        before: The properties of the assignment before the write, None for a new assignment.
        wanted: The wanted position, None for no position.

    Raises:
        Fault: QUOTA_EXCEEDED: too many assignments have a position.
    """
    if wanted == (before or {}).get(POSITION):
        return wanted, ()
    others = [one for one in list_positioned(store, key[:2]) if one.key != key]
    numbered = _count_numbering(store, key[:2])
    if wanted is None:
        return None, (numbered, Delete(POSITIONED_PRODUCTS, key), *_number(others, gap=None))
    place = min(max(int(wanted) - 1, 0), len(others))
    return place + 1, (
        numbered,
        Put(POSITIONED_PRODUCTS, Record(key, {})),
        *_number(others, gap=place),
    )


def _count_numbering(store: Store, category: Key) -> Change:
    """Return the change of the counter: no other request numbers the same products meanwhile."""
    last = store.get(NUMBERINGS_OF_CATEGORIES, category)
    number = last.get("number") + 1 if last else 1
    expected = last.state if last else Presence.ABSENT
    return Put(NUMBERINGS_OF_CATEGORIES, Record(category, {"number": number}), expected)


def _number(others: list[Record], gap: int | None) -> Iterator[Change]:
    """Yield the changes of assignments with positions from 1 on, and a free place at an index."""
    for index, one in enumerate(others):
        position = index + 1 if gap is None or index < gap else index + 2
        if one.get(POSITION) != position:
            yield Put(ASSIGNMENTS, one.amend({POSITION: position}), Presence.PRESENT)
