"""The searches of categories: in a catalog, and in all catalogs (CAT-6)."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties
from emulator.ocapi.resources.catalog.catalogs import CATALOGS
from emulator.ocapi.resources.catalog.category import CategorySearchResult
from emulator.ocapi.resources.catalog.category_tree import PARENT_ID, find_category, find_root
from emulator.ocapi.resources.catalog.category_view import (
    LEVELS_PARAMETER,
    Nesting,
    list_path,
    show_category,
)
from emulator.ocapi.resources.catalog.names import CATEGORIES_NAME
from emulator.ocapi.resources.object_type.localized import texts_of
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import SearchField, exact
from emulator.ocapi.search.query import SEARCH_FAULTS, SearchRequest
from emulator.store import Record

CATALOG_ID = "catalog_id"
FIELDS = {
    "id": SearchField("string"),
    "name": texts_of("name"),
    "description": texts_of("description"),
    "creation_date": SearchField("date"),
    "online": SearchField("boolean"),
    "position": SearchField("number", queryable=False),
}
RESULT, REQUEST = CategorySearchResult(), SearchRequest()


def search_all(call: Call) -> Answer:
    """Show a page of the categories of all catalogs for a query."""
    catalogs = exact(call.changes["query"], CATALOG_ID)
    parents = [()] if catalogs is None else [(name,) for name in sorted(catalogs)]
    found = chain.from_iterable(_list_below(call, parent) for parent in parents)
    fields = {**FIELDS, CATALOG_ID: SearchField("string", sortable=False)}
    return _answer(call, fields, found)


def search_catalog(call: Call) -> Answer:
    """Show a page of the categories of a catalog for a query.

    Raises:
        Fault: The catalog is missing.
    """
    [catalog_id] = CATALOGS.find(call.store, call.key).key
    ids = exact(call.changes["query"], "id")
    found: Iterable[Record]
    if ids is None:
        found = _list_below(call, call.key)
    else:
        one_by_one = (find_category(call.store, catalog_id, name) for name in sorted(ids))
        found = (category for category in one_by_one if category is not None)
    root = find_root(call.store, catalog_id)

    def find_parent(parent: str | None, category_id: str) -> str | None:
        return None if category_id == root else parent or root

    sources = (PARENT_ID, "id")
    parent = SearchField("string", find_parent, sources=sources, sortable=False)
    return _answer(call, {**FIELDS, PARENT_ID: parent}, found)


def _list_below(call: Call, parent: tuple[str, ...]) -> Iterable[Record]:
    count = call.store.count(CATEGORIES_NAME, parent)
    return call.store.scan(CATEGORIES_NAME, 0, count, parent).records


def _answer(call: Call, fields: dict[str, SearchField], found: Iterable[Record]) -> Answer:
    nesting = Nesting(call)

    def show(category: Record, whole: bool) -> Properties:  # noqa: FBT001 - see Show
        shown: dict[str, Any] = show_category(call, category)
        if not whole:
            return {"id": category.key[-1], "link": shown["link"]}
        shown |= {"categories": nesting.nest(category), "paths": list_path(call, category)}
        shown = {**category.properties, **shown}
        return {name: value for name, value in shown.items() if value not in (None, [])}

    return answer_search(call, RESULT, fields, found, show)


CATEGORY_SEARCH = Operation(
    method="POST",
    path="category_search",
    answer=search_all,
    shows=RESULT,
    body=REQUEST,
    parameters=LEVELS_PARAMETER,
    faults=SEARCH_FAULTS,
)
CATEGORY_SEARCH_OF_CATALOG = Operation(
    method="POST",
    path="catalogs/{catalog_id}/category_search",
    answer=search_catalog,
    shows=RESULT,
    body=REQUEST,
    parameters=LEVELS_PARAMETER,
    faults=(*SEARCH_FAULTS, CATALOGS.not_found),
)
