"""Catalogs (CAT-1): owners of products, and trees of categories."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from emulator.fixture.reference import Records, Reference
from emulator.ocapi.call import SITES, Call
from emulator.ocapi.resource import Resource, Search
from emulator.ocapi.resources.catalog.category_tree import ROOT, ROOT_CATEGORY
from emulator.ocapi.resources.catalog.names import (
    ASSIGNMENTS,
    CATALOGS_NAME,
    CATEGORIES_NAME,
    OWNED_PRODUCTS,
)
from emulator.ocapi.resources.object_type.localized import texts_of
from emulator.ocapi.resources.site.sites import Site
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Integer,
    Localized,
    String,
)
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SearchResult
from emulator.store import Change, Put, Record

Properties = Mapping[str, Any]

ASSIGNED_SITES = "assigned_sites"
STATS = "stats"
COUNTS = ("assigned_product_count", "category_count", "owned_product_count", "recommendation_count")
SHARED = ("description", "name", "online")
"""The properties of a catalog that the root category has, too."""


class Catalog(Document):
    """A catalog."""

    custom = True

    assigned_product_count = Integer(read_only=True)
    assigned_sites = Array(Embedded(Site()), read_only=True)
    category_count = Integer(read_only=True)
    creation_date = DateTime(read_only=True)
    description = Localized()
    id = String(allow_none=False)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    name = Localized()
    online = Boolean(load_default=False)
    owned_product_count = Integer(read_only=True)
    recommendation_count = Integer(read_only=True)
    root_category = String(read_only=True)


class Catalogs(Collection):
    """A page of catalogs."""

    data = Array(Embedded(Catalog()))


class CatalogSearchResult(SearchResult):
    """A page of the catalogs found by a search."""

    hits = Array(Embedded(Catalog()))


def derive(
    _before: Properties | None, after: dict[str, Any], _changes: Properties, _now: str
) -> dict[str, Any]:
    """Return a catalog with a root category, and without the counts."""
    kept = {name: value for name, value in after.items() if name not in COUNTS}
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
    if STATS in call.expansions:
        # The documentation calls the numbers expensive: this one counts a product once.
        assigned = store.scan(ASSIGNMENTS, 0, store.count(ASSIGNMENTS, key), key).records
        shown["assigned_product_count"] = len({record.key[2] for record in assigned})
        shown["owned_product_count"] = store.count(OWNED_PRODUCTS, key)
    sites = [site["id"] for site in catalog.get(ASSIGNED_SITES) or ()]
    linked = [{"id": id_, "link": call.link_to(SITES, id_)} for id_ in sites]
    return {**shown, ASSIGNED_SITES: linked or None}


def imply_root(catalogs: Iterable[Record]) -> Mapping[str, Sequence[Record]]:
    """Return the root categories of catalogs, for a data set without these categories."""
    return {CATEGORIES_NAME: [_make_root(catalog) for catalog in catalogs]}


def _make_root(catalog: Record) -> Record:
    names = (*SHARED, "creation_date", "last_modified")
    taken = {name: catalog.get(name) for name in names if name in catalog.names}
    root = catalog.get(ROOT_CATEGORY)
    return Record((*catalog.key, root), {**taken, "catalog_id": catalog.key[0], "id": root})


def mirror(record: Record, properties: Properties, now: str) -> Record | None:
    """Return a catalog or its root category with the common properties of the other document.

    The result is None if these properties are the same.
    """
    before = {name: record.get(name) for name in SHARED if name in record.names}
    after = {name: properties[name] for name in SHARED if name in properties}
    if before == after:
        return None
    kept = {name: value for name, value in record.properties.items() if name not in SHARED}
    return Record(record.key, {**kept, **after, "last_modified": now})


def change_root(call: Call, _: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Yield the change of the root category for a changed catalog."""
    if after is None:
        return
    root = call.store.get(CATEGORIES_NAME, (*call.key, after[ROOT_CATEGORY]))
    if root is None:
        yield Put(CATEGORIES_NAME, _make_root(Record(call.key, after)))
    elif (changed := mirror(root, after, call.now)) is not None:
        yield Put(CATEGORIES_NAME, changed, root.state)


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
    expansions=(STATS,),
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
