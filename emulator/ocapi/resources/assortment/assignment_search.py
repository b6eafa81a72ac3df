"""The search of the product assignments of a category (CAT-9)."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties
from emulator.ocapi.resources.assortment.assignment import (
    EXPANSIONS_OF_HIT,
    CategoryProductAssignmentSearchRequest,
    CategoryProductAssignmentSearchResult,
    link_assignment,
    show_assignment,
)
from emulator.ocapi.resources.catalog.catalogs import CATALOGS
from emulator.ocapi.resources.catalog.categories import check_category
from emulator.ocapi.resources.catalog.category import CATEGORY_NOT_FOUND
from emulator.ocapi.resources.catalog.names import ASSIGNMENTS
from emulator.ocapi.resources.product.availability import SITE_PARAMETER, make_reader, read_site
from emulator.ocapi.resources.product.relations import PRODUCTS_NAME, find_product
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import Kind, SearchField, exact
from emulator.ocapi.search.query import SEARCH_FAULTS
from emulator.store import Record, Store, read_values

PRODUCT_ID = "product_id"
RESULT = CategoryProductAssignmentSearchResult()
FIELDS_OF_SITE: Mapping[str, Kind] = {
    "online_flag": "boolean",
    "searchable": "boolean",
    "valid_from": "date",
    "valid_to": "date",
}
ONE_BY_ONE_SHARE = 10
"""A search reads single products up to this fraction of all products, else all at once."""


def search_assignments(call: Call) -> Answer:
    """Show a page of the product assignments of a category for a query."""
    site = read_site(call)
    check_category(call)
    found = _find_candidates(call)

    def show(assignment: Record, whole: bool) -> Properties:  # noqa: FBT001 - see Show
        if whole:
            return show_assignment(call, assignment)
        return {
            PRODUCT_ID: assignment.key[-1],
            "link": link_assignment(call, assignment),
        }

    fields = _make_fields(call.store, len(found), site)
    return answer_search(call, RESULT, fields, found, show)


def _find_candidates(call: Call) -> list[Record]:
    """Return the assignments of the category, or of queried products alone."""
    store, category = call.store, call.key
    ids = exact(call.changes["query"], PRODUCT_ID)
    if ids is None:
        return list(
            store.scan(ASSIGNMENTS, 0, store.count(ASSIGNMENTS, category), category).records
        )
    found = (store.get(ASSIGNMENTS, (*category, name)) for name in sorted(ids))
    return [assignment for assignment in found if assignment is not None]


class _ValuesOfProducts(dict[str, Any]):
    """The search values of products by product id, read from the store when needed.

    Args:
        store: The store.
        count: The number of assignments to look at.
        name: The property of the products.
        read: Returns the search value for the value of the property.
    """

    def __init__(self, store: Store, count: int, name: str, read: Callable[[Any], Any]) -> None:
        self._store = store
        self._known = store.count(PRODUCTS_NAME)
        self._reads_all = count * ONE_BY_ONE_SHARE >= self._known
        self._name = name
        self._read = read

    def __missing__(self, product_id: str) -> Any:
        if self._reads_all:
            self._reads_all = False
            found = self._store.scan(PRODUCTS_NAME, 0, self._known).records
            ids = [product.key[0] for product in found]
            self.update(zip(ids, map(self._read, read_values(found, self._name)), strict=True))
            return self.get(product_id)
        product = find_product(self._store, product_id)
        self[product_id] = value = self._read(product.get(self._name)) if product else None
        return value


def _list_texts(texts: Mapping[str, str] | None) -> list[str] | None:
    return [*texts.values()] if texts else None


def _make_fields(store: Store, count: int, site: str | None) -> dict[str, SearchField]:
    """Return the search fields; fields of the product by site have the value of a single site."""

    def of_product(
        kind: Kind, name: str, read: Callable[[Any], Any], *, sortable: bool = False
    ) -> SearchField:
        values = _ValuesOfProducts(store, count, name, read)
        return SearchField(kind, values.__getitem__, sources=(PRODUCT_ID,), sortable=sortable)

    read_value = make_reader(site)
    return {
        PRODUCT_ID: SearchField("string"),
        "product_name": of_product("text", "name", _list_texts, sortable=True),
        "creation_date": SearchField("date"),
        "position": SearchField("number", queryable=False),
        **{name: of_product(kind, name, read_value) for name, kind in FIELDS_OF_SITE.items()},
    }


ASSIGNMENT_SEARCH = Operation(
    method="POST",
    path=("catalogs/{catalog_id}/categories/{category_id}/category_product_assignment_search"),
    answer=search_assignments,
    shows=RESULT,
    body=CategoryProductAssignmentSearchRequest(),
    parameters=SITE_PARAMETER,
    expansions=EXPANSIONS_OF_HIT,
    faults=(*SEARCH_FAULTS, CATALOGS.not_found, CATEGORY_NOT_FOUND),
)
