"""The search of the product assignments of a category (CAT-9)."""

from collections.abc import Callable, Iterable, Mapping
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
from emulator.ocapi.resources.product.availability import SITE_PARAMETER, of_site, read_site
from emulator.ocapi.resources.product.relations import PRODUCTS_NAME, find_product
from emulator.ocapi.search.answer import answer_search, read_expansions
from emulator.ocapi.search.language import Kind, SearchField, exact
from emulator.ocapi.search.query import SEARCH_FAULTS
from emulator.store import Record, Store

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
    read_expansions(call)
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

    fields = _make_fields(_find_products(call.store, len(found)), site)
    return answer_search(call, RESULT, fields, found, show)


def _find_candidates(call: Call) -> list[Record]:
    """Return the assignments of the category, or those with queried products."""
    store, category = call.store, call.key
    ids = exact(call.changes["query"], PRODUCT_ID)
    if ids is None:
        return list(
            store.scan(ASSIGNMENTS, 0, store.count(ASSIGNMENTS, category), category).records
        )
    found = (store.get(ASSIGNMENTS, (*category, name)) for name in sorted(ids))
    return [assignment for assignment in found if assignment is not None]


def _find_products(store: Store, count: int) -> Callable[[str], Record | None]:
    """Return a function from the id of a product to the product.

    Args:
        store: The store.
        count: The number of assignments to look at.
    """
    known = store.count(PRODUCTS_NAME)
    if count * ONE_BY_ONE_SHARE < known:
        return lambda product_id: find_product(store, product_id)
    products: dict[str, Record] = {}

    def find(product_id: str) -> Record | None:
        if not products:
            found: Iterable[Record] = store.scan(PRODUCTS_NAME, 0, known).records
            products.update((product.key[0], product) for product in found)
        return products.get(product_id)

    return find


def _make_fields(find: Callable[[str], Record | None], site: str | None) -> dict[str, SearchField]:
    """Return the search fields; fields of the product by site have the value of one site."""

    def of_product(name: str) -> Callable[[str], Any]:
        def find_value(product_id: str) -> Any:
            product = find(product_id)
            return of_site(product.get(name), site) if product else None

        return find_value

    def list_names(product_id: str) -> list[str]:
        product = find(product_id)
        return list((product.get("name") or {}).values()) if product else []

    return {
        PRODUCT_ID: SearchField("string"),
        "product_name": SearchField("text", list_names, sources=(PRODUCT_ID,)),
        "creation_date": SearchField("date"),
        "position": SearchField("number", queryable=False),
        **{
            name: SearchField(kind, of_product(name), sources=(PRODUCT_ID,), sortable=False)
            for name, kind in FIELDS_OF_SITE.items()
        },
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
