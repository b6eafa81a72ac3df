"""The tree of the categories of a catalog (CAT-3).

A category without a stored parent is below the root category, or is the root category itself.
"""

from collections.abc import Iterator

from emulator.fixture.reference import Records, Reference
from emulator.ocapi.resources.catalog.names import (
    CATALOGS_NAME,
    CATEGORIES_NAME,
    CHILDREN_BY_PARENT,
)
from emulator.store import Key, Record, Store

ROOT = "root"
"""The id of a root category by default."""
ROOT_CATEGORY = "root_category"
PARENT_ID = "parent_category_id"
NO_PARENT = ""
"""Stands for a missing parent in the keys of ``CHILDREN_BY_PARENT``."""


def find_category(store: Store, *key: str) -> Record | None:
    """Return a category by the ids of catalog and category, None for a missing category."""
    return store.get(CATEGORIES_NAME, key)


def find_root(store: Store, catalog_id: str) -> str:
    """Return the id of the root category of a catalog."""
    catalog = store.get(CATALOGS_NAME, (catalog_id,))
    return str(catalog.get(ROOT_CATEGORY)) if catalog else ROOT


def find_parent(category: Record, root: str) -> str | None:
    """Return the id of the parent of a category, None for the root category."""
    if category.key[-1] == root:
        return None
    return str(category.get(PARENT_ID) or root)


def child_key(category: Record) -> Key:
    """Return the key of a category in ``CHILDREN_BY_PARENT``."""
    catalog_id, category_id = category.key
    return catalog_id, category.get(PARENT_ID) or NO_PARENT, category_id


def walk_up(store: Store, category: Record, root: str) -> Iterator[Record]:
    """Yield a category, the parent, and so on up to the root category."""
    above: Record | None = category
    while above is not None:
        yield above
        parent = find_parent(above, root)
        above = find_category(store, above.key[0], parent) if parent else None


def count_children(store: Store, key: Key, root: str) -> int:
    """Return the number of the categories directly below a category."""
    count = store.count(CHILDREN_BY_PARENT, key)
    return count + store.count(CHILDREN_BY_PARENT, (key[0], NO_PARENT)) if key[1] == root else count


def list_children(store: Store, key: Key, root: str) -> list[Record]:
    """Return the categories directly below a category, by position; without a position last."""
    catalog_id, category_id = key
    parents = (category_id, NO_PARENT) if category_id == root else (category_id,)
    ids = (
        entry.key[-1]
        for above in ((catalog_id, parent) for parent in parents)
        for entry in store.scan(
            CHILDREN_BY_PARENT, 0, store.count(CHILDREN_BY_PARENT, above), above
        ).records
    )
    found = (find_category(store, catalog_id, one) for one in sorted(ids) if one != root)
    return sorted((one for one in found if one is not None), key=_rank)


def _rank(category: Record) -> float:
    position = category.get("position")
    return float("inf") if position is None else float(position)


def list_below(store: Store, category: Record, root: str, bound: int) -> list[Record]:
    """Return a category and the categories below; stop at ``bound`` categories or soon after."""
    found = [category]
    for above in found:  # the loop visits the categories added on the way, too
        if len(found) >= bound:
            break
        found += list_children(store, above.key, root)
    return found


def list_parents(category: Record, records: Records) -> Iterator[Reference]:
    """Yield the reference of a category to the parent, and a dangling reference for a circle.

    The root category has no parent.
    """
    catalog_id, parent_id = category.key[0], category.get(PARENT_ID)
    if parent_id is None:
        return
    yield Reference(CATEGORIES_NAME, (catalog_id, parent_id))
    catalog = records.get(CATALOGS_NAME, (catalog_id,))
    root = catalog.get(ROOT_CATEGORY) if catalog else ROOT
    if category.key[-1] == root:
        yield Reference(CATEGORIES_NAME, category.key, {PARENT_ID: None})
        return
    seen, above = {root}, parent_id
    while above is not None and above not in seen:
        seen.add(above)
        found = records.get(CATEGORIES_NAME, (catalog_id, above))
        above = found.get(PARENT_ID) if found else None
    if category.key[-1] in seen:
        yield Reference(CATEGORIES_NAME, (catalog_id, parent_id), {PARENT_ID: "no category below"})
