"""Categories of catalogs (CAT-2 to CAT-5)."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Resource, make_index
from emulator.ocapi.resources.catalog.catalogs import CATALOGS, mirror
from emulator.ocapi.resources.catalog.category import (
    CATEGORY,
    CATEGORY_INVALID,
    CATEGORY_NOT_FOUND,
    Categories,
)
from emulator.ocapi.resources.catalog.category_removal import remove_category
from emulator.ocapi.resources.catalog.category_search import (
    CATEGORY_SEARCH,
    CATEGORY_SEARCH_OF_CATALOG,
)
from emulator.ocapi.resources.catalog.category_tree import (
    PARENT,
    ROOT,
    child_key,
    find_category,
    find_root,
    list_parents,
    walk_up,
)
from emulator.ocapi.resources.catalog.category_view import (
    LEVELS_PARAMETER,
    Nesting,
    show_category,
)
from emulator.ocapi.resources.catalog.names import CATEGORIES_NAME, CHILDREN
from emulator.ocapi.schema.faults import QUOTA_EXCEEDED
from emulator.ocapi.verbs import VALIDATE_EXISTING
from emulator.store import Change, Delete, Key, Presence, Put, Record, Require

Properties = Mapping[str, Any]

COMPUTED = ("categories", "paths")
"""The properties that other categories give: a data set may have them without effect."""


def check_category(call: Call, key: Key = ()) -> None:
    """Check catalog and category, by default those at the beginning of the path.

    Raises:
        Fault: CATALOGS.not_found, CATEGORY_NOT_FOUND.
    """
    key = key or call.key[:2]
    if find_category(call.store, *key) is not None:
        return
    if call.store.get(CATALOGS.name, key[:1]) is None:
        raise CATALOGS.not_found(key[0])
    raise CATEGORY_NOT_FOUND(key[1], key[0])


def derive(
    _before: Properties | None, after: dict[str, Any], _changes: Properties, _now: str
) -> dict[str, Any]:
    """Return a category without the properties that other categories give."""
    return {name: value for name, value in after.items() if name not in COMPUTED}


def show(call: Call, category: Record) -> dict[str, Any]:
    """Return link and parent of a category; a single category shows the categories below."""
    shown = show_category(call, category)
    if call.method in ("GET", "HEAD") and not call.route.of_collection:
        shown["categories"] = Nesting(call).nest(category) or None
    return shown


def index(category: Record) -> Iterator[tuple[str, Key]]:
    """Yield the entry of a category below the parent."""
    if category.get(PARENT) or category.key[-1] != ROOT:
        yield CHILDREN, child_key(category)


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
    elif before is None or before.get(PARENT) != after.get(PARENT):
        yield from _move(call, before, after, root)


def _refuses_existing(call: Call) -> bool:
    return call.request.headers.get(VALIDATE_EXISTING, "").lower() == "true"


def _change_root(call: Call, after: Properties) -> Iterator[Change]:
    """Yield the change of the catalog for a changed root category."""
    if after.get(PARENT) is not None:
        raise CATEGORY_INVALID(PARENT)
    catalog = call.store.get(CATALOGS.name, call.key[:1])
    changed = mirror(catalog, after, call.now) if catalog else None
    if catalog is not None and changed is not None:
        yield Put(CATALOGS.name, changed, catalog.state)


def _move(call: Call, before: Properties | None, after: Properties, root: str) -> Iterator[Change]:
    """Yield the changes of the tree for a category with a new parent."""
    parent = find_category(call.store, call.key[0], after.get(PARENT) or root)
    if parent is None:
        raise CATEGORY_INVALID(PARENT)
    yield Require(CATEGORIES_NAME, parent.key, Presence.PRESENT)
    if before is not None:
        for above in walk_up(call.store, parent, root):
            if above.key == call.key:
                raise CATEGORY_INVALID(PARENT)
            # The state: no other request may move the category above meanwhile.
            yield Require(CATEGORIES_NAME, above.key, above.state)
        yield Delete(CHILDREN, child_key(Record(call.key, before)))
    yield Put(CHILDREN, Record(child_key(Record(call.key, after)), {}))


CATEGORIES = Resource(
    path=CATEGORIES_NAME,
    parent=CATALOGS,
    parent_key="catalog_id",
    document=CATEGORY,
    collection=Categories(),
    key="id",
    parameter="category_id",
    verbs=frozenset({"list", "read", "create", "update", "delete"}),
    not_found=CATEGORY_NOT_FOUND,
    deletes_missing=False,
    created_status=200,
    derive=derive,
    view=show,
    effects=change,
    index=make_index(index, CHILDREN),
    references={PARENT: list_parents},
    read_parameters=LEVELS_PARAMETER,
    refusals={
        "read": (QUOTA_EXCEEDED,),
        "create": (CATEGORY_INVALID,),
        "update": (CATEGORY_INVALID,),
        "delete": (CATEGORY_INVALID, QUOTA_EXCEEDED),
    },
    operations=(CATEGORY_SEARCH, CATEGORY_SEARCH_OF_CATALOG),
)
