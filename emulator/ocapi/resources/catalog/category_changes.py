"""The changes of the tree and of related documents for a written category (CAT-3, CAT-5)."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.catalog.catalog_root import mirror
from emulator.ocapi.resources.catalog.category import CATEGORY_INVALID
from emulator.ocapi.resources.catalog.category_removal import remove_category
from emulator.ocapi.resources.catalog.category_tree import (
    PARENT_ID,
    child_key,
    find_category,
    find_root,
    walk_up,
)
from emulator.ocapi.resources.catalog.names import (
    CATALOGS_NAME,
    CATEGORIES_NAME,
    CHILDREN_BY_PARENT,
)
from emulator.ocapi.verbs import VALIDATE_EXISTING
from emulator.store import Change, Delete, Presence, Put, Record, Require

Properties = Mapping[str, Any]


def change(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Check the parent of a category, and keep the tree and related documents consistent.

    Raises:
        Fault: CATEGORY_INVALID: the parent is missing or below the category; the root category
            has no parent and is not deleted; the request does not overwrite.
    """
    catalog_id, category_id = call.key
    root = find_root(call.store, catalog_id)
    if after is None:
        if category_id == root:
            raise CATEGORY_INVALID("id")
        if before is not None:
            yield from remove_category(call.store, Record(call.key, before), root)
        return
    if before is not None and call.method == "PUT" and _refuses_existing(call):
        raise CATEGORY_INVALID("id")
    if category_id == root:
        yield from _change_root(call, after)
    elif before is None or before.get(PARENT_ID) != after.get(PARENT_ID):
        yield from _move(call, before, after, root)


def _refuses_existing(call: Call) -> bool:
    return call.request.headers.get(VALIDATE_EXISTING, "").lower() == "true"


def _change_root(call: Call, after: Properties) -> Iterator[Change]:
    """Yield the change of the catalog for a changed root category."""
    if after.get(PARENT_ID) is not None:
        raise CATEGORY_INVALID(PARENT_ID)
    catalog = call.store.get(CATALOGS_NAME, call.key[:1])
    changed = mirror(catalog, after, call.now) if catalog else None
    if catalog is not None and changed is not None:
        yield Put(CATALOGS_NAME, changed, catalog.state)


def _move(call: Call, before: Properties | None, after: Properties, root: str) -> Iterator[Change]:
    """Yield the changes of the tree for a category with a new parent."""
    parent = find_category(call.store, call.key[0], after.get(PARENT_ID) or root)
    if parent is None:
        raise CATEGORY_INVALID(PARENT_ID)
    yield Require(CATEGORIES_NAME, parent.key, Presence.PRESENT)
    if before is not None:
        for above in walk_up(call.store, parent, root):
            if above.key == call.key:
                raise CATEGORY_INVALID(PARENT_ID)
            # The state: no other request may move the category above meanwhile.
            yield Require(CATEGORIES_NAME, above.key, above.state)
        yield Delete(CHILDREN_BY_PARENT, child_key(Record(call.key, before)))
    yield Put(CHILDREN_BY_PARENT, Record(child_key(Record(call.key, after)), {}))
