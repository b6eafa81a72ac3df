"""Categories of catalogs (CAT-2 to CAT-5)."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Resource, make_index
from emulator.ocapi.resources.catalog.catalogs import CATALOGS
from emulator.ocapi.resources.catalog.category import (
    CATEGORY,
    CATEGORY_INVALID,
    CATEGORY_NOT_FOUND,
    Categories,
)
from emulator.ocapi.resources.catalog.category_changes import change
from emulator.ocapi.resources.catalog.category_search import (
    CATEGORY_SEARCH,
    CATEGORY_SEARCH_OF_CATALOG,
)
from emulator.ocapi.resources.catalog.category_tree import (
    PARENT_ID,
    ROOT,
    child_key,
    find_category,
    list_parents,
)
from emulator.ocapi.resources.catalog.category_view import (
    LEVELS_PARAMETER,
    Nesting,
    show_category,
)
from emulator.ocapi.resources.catalog.names import CATEGORIES_NAME, CHILDREN_BY_PARENT
from emulator.ocapi.schema.faults import QUOTA_EXCEEDED
from emulator.store import Key, Record

Properties = Mapping[str, Any]

COMPUTED = ("categories", "paths")
"""The properties that other categories give: a data set may have them without effect."""


def check_category(call: Call, key: Key = ()) -> None:
    """Check catalog and category, by default the first ids of the path.

    Raises:
        Fault: CATALOGS.not_found, CATEGORY_NOT_FOUND.
    """
    key = key or call.key[:2]
    if find_category(call.store, *key) is not None:
        return
    CATALOGS.find(call.store, key[:1])
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
    if category.get(PARENT_ID) or category.key[-1] != ROOT:
        yield CHILDREN_BY_PARENT, child_key(category)


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
    index=make_index(index, CHILDREN_BY_PARENT),
    references={PARENT_ID: list_parents},
    read_parameters=LEVELS_PARAMETER,
    refusals={
        "read": (QUOTA_EXCEEDED,),
        "create": (CATEGORY_INVALID,),
        "update": (CATEGORY_INVALID,),
        "delete": (CATEGORY_INVALID, QUOTA_EXCEEDED),
    },
    operations=(CATEGORY_SEARCH, CATEGORY_SEARCH_OF_CATALOG),
)
