"""Catalogs (CAT-1): owners of products, and trees of categories."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from emulator.fixture.reference import Records, Reference
from emulator.ocapi.call import SITES, Call
from emulator.ocapi.resource import Resource, Search
from emulator.ocapi.resources.catalog.catalog import Catalog, Catalogs, CatalogSearchResult
from emulator.ocapi.resources.catalog.catalog_root import change_root, imply_root
from emulator.ocapi.resources.catalog.category_tree import ROOT, ROOT_CATEGORY
from emulator.ocapi.resources.catalog.names import (
    ASSIGNMENTS,
    CATALOGS_NAME,
    CATEGORIES_NAME,
    OWNED_PRODUCTS,
)
from emulator.ocapi.resources.object_type.localized import texts_of
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.search.language import SearchField
from emulator.store import Record

Properties = Mapping[str, Any]

ASSIGNED_SITES = "assigned_sites"
STATS_EXPANSION = "stats"
COUNT_NAMES = (
    "assigned_product_count",
    "category_count",
    "owned_product_count",
    "recommendation_count",
)


def derive(
    _before: Properties | None, after: dict[str, Any], _changes: Properties, _now: str
) -> dict[str, Any]:
    """Return a catalog with a root category, and without the counts."""
    kept = {name: value for name, value in after.items() if name not in COUNT_NAMES}
    if kept.get(ASSIGNED_SITES):
        kept[ASSIGNED_SITES] = [{"id": site["id"]} for site in kept[ASSIGNED_SITES]]
    return {ROOT_CATEGORY: ROOT, **kept}


def show(call: Call, catalog: Record) -> dict[str, Any]:
    """Return the counts of a catalog, and the assigned sites."""
    store, key = call.store, catalog.key
    shown: dict[str, Any] = {
        "category_count": store.count(CATEGORIES_NAME, key),
        "recommendation_count": 0,
    }
    if STATS_EXPANSION in call.expansions:
        # The documentation calls the numbers expensive: this one counts a product once.
        assigned = store.scan(ASSIGNMENTS, 0, store.count(ASSIGNMENTS, key), key).records
        shown["assigned_product_count"] = len({record.key[2] for record in assigned})
        shown["owned_product_count"] = store.count(OWNED_PRODUCTS, key)
    # Recorded test data of clients shows these sites without a state (ENV-9).
    sites = [site["id"] for site in catalog.get(ASSIGNED_SITES) or ()]
    linked = [{"id": id_, "link": call.link_to(SITES, id_)} for id_ in sites]
    return {**shown, ASSIGNED_SITES: linked or None}


def assign_sites(catalog: Record, sites: Iterable[str]) -> Record:
    """Return a catalog with other sites. Without sites, the property is left out."""
    kept = {name: value for name, value in catalog.properties.items() if name != ASSIGNED_SITES}
    assigned = [{"id": site} for site in sorted(sites)]
    return Record(catalog.key, {**kept, **({ASSIGNED_SITES: assigned} if assigned else {})})


def list_sites(catalog: Record, _: Records) -> Iterator[Reference]:
    """Yield the references of a catalog to the sites."""
    for site in catalog.get(ASSIGNED_SITES) or ():
        yield Reference(SITES, (site["id"],))


CATALOGS = Resource(
    path=CATALOGS_NAME,
    document=Catalog(),
    collection=Catalogs(),
    key="id",
    parameter="catalog_id",
    verbs=frozenset({"list", "read", "update"}),
    not_found=FaultType(
        404, "CatalogNotFound", "No catalog with ID '{catalogId}' could be found.", ("catalogId",)
    ),
    derive=derive,
    view=show,
    viewed=lambda _, __: (),
    effects=change_root,
    expansions=(STATS_EXPANSION,),
    index=imply_root,
    references={ASSIGNED_SITES: list_sites},
    search=Search(
        path="catalog_search",
        result=CatalogSearchResult(),
        fields={
            "id": SearchField("string"),
            "name": texts_of("name"),
            "description": texts_of("description"),
            "creation_date": SearchField("date"),
            "last_modified": SearchField("date", sortable=False),
            "is_master_catalog": SearchField(
                "boolean", lambda sites: not sites, sources=(ASSIGNED_SITES,), sortable=False
            ),
            "is_storefront_catalog": SearchField(
                "boolean", bool, sources=(ASSIGNED_SITES,), sortable=False
            ),
        },
    ),
)
