"""The documents of product assignments to categories."""

from collections.abc import Mapping
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.catalog.names import CATALOGS_NAME, CATEGORIES_NAME
from emulator.ocapi.resources.product.availability import read_site
from emulator.ocapi.resources.product.expansions import ALL, EXPANSIONS, expand_by, show_base
from emulator.ocapi.resources.product.product import PRODUCT
from emulator.ocapi.resources.product.relations import PRODUCTS_NAME, find_product
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import Array, DateTime, Embedded, Localized, Number, String
from emulator.ocapi.search.query import SearchRequest, SearchResult
from emulator.ocapi.wire.envelope import embed
from emulator.store import Record, Store

PREFIX = "product_"
BASE = f"{PREFIX}base"
EXPANSIONS_OF_ASSIGNMENT = (BASE, f"{PREFIX}images", f"{PREFIX}all_images")
EXPANSIONS_OF_HIT = (
    *EXPANSIONS_OF_ASSIGNMENT,
    *(f"{PREFIX}{n}" for n in ("variations", "availability", "categories", "prices", "options")),
    f"{PREFIX}{ALL}",
)


class CategoryProductAssignment(Document):
    """The assignment of a product to a category."""

    catalog_id = String(min_length=1, max_length=256, allow_none=False)
    category_id = String(min_length=1, max_length=256, allow_none=False)
    creation_date = DateTime(read_only=True)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    owning_catalog_name = Localized(read_only=True)
    position = Number()
    product = Embedded(PRODUCT, read_only=True)
    product_id = String(min_length=1, max_length=256, allow_none=False)
    product_name = Localized(read_only=True)


ASSIGNMENT = CategoryProductAssignment()


class CategoryProductAssignments(Collection):
    """A page of product assignments; no path of the Data API shows a page."""

    data = Array(Embedded(ASSIGNMENT))


class CategoryProductAssignmentSearchRequest(SearchRequest):
    """A query of the product assignments of a category."""


class CategoryProductAssignmentSearchResult(SearchResult):
    """A page of the product assignments found by a search."""

    hits = Array(Embedded(ASSIGNMENT))


def link_assignment(call: Call, assignment: Record) -> str:
    """Return the URL of an assignment."""
    catalog_id, category_id, product_id = assignment.key
    path = (CATALOGS_NAME, catalog_id, CATEGORIES_NAME, category_id, PRODUCTS_NAME, product_id)
    return call.link_to(*path)


def show_assignment(call: Call, assignment: Record) -> dict[str, Any]:
    """Return all properties of an assignment, with the requested expansions of the product.

    Raises:
        Fault: UNKNOWN_SITE.
    """
    read_site(call)
    shown = {**assignment.properties, "link": link_assignment(call, assignment)}
    product = find_product(call.store, assignment.key[-1])
    if product is None:
        return shown
    shown |= _name(call.store, product)
    wanted = {name.removeprefix(PREFIX) for name in call.expansions}
    if wanted:
        shown["product"] = _show_product(call, product, wanted)
    return shown


def _name(store: Store, product: Record) -> Mapping[str, Any]:
    """Return the names of a product and of the owning catalog."""
    catalog = store.get(CATALOGS_NAME, (product.get("owning_catalog_id"),))
    names = {
        "owning_catalog_name": catalog.get("name") if catalog else None,
        "product_name": product.get("name"),
    }
    return {name: value for name, value in names.items() if value}


def _show_product(call: Call, product: Record, wanted: set[str]) -> dict[str, Any]:
    """Return the properties of a product for expansions without the prefix."""
    base = show_base(call, product)
    if not wanted & {"base", ALL}:
        base = {name: base[name] for name in ("id", "link")}
    expanded = expand_by(call, product, EXPANSIONS if ALL in wanted else wanted)
    return embed(product.state, base | expanded)
