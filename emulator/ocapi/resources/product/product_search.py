"""The search of products (PRD-5)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation
from emulator.ocapi.resources.catalog.category_removal import list_keys
from emulator.ocapi.resources.catalog.names import (
    ASSIGNMENTS,
    CATALOGS_NAME,
    CATEGORIES_OF_PRODUCTS,
)
from emulator.ocapi.resources.object_type.localized import texts_of
from emulator.ocapi.resources.product.availability import (
    DEFAULT,
    SITE_PARAMETER,
    make_reader,
    read_clock,
    read_site,
)
from emulator.ocapi.resources.product.expansions import ALL, expand, show_base
from emulator.ocapi.resources.product.options import PRODUCT_FAMILY
from emulator.ocapi.resources.product.product import KINDS, ProductSearchResult
from emulator.ocapi.resources.product.relations import (
    BUNDLES,
    PRODUCTS_NAME,
    SETS,
    find_product,
)
from emulator.ocapi.schema import faults
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import Kind, SearchField, exact
from emulator.ocapi.search.query import MALFORMED_SEARCH_PARAMETER, SearchRequest
from emulator.store import Record

Properties = Mapping[str, Any]

RESULT = ProductSearchResult()
EXPANSIONS_OF_HITS = (
    ALL,
    "availability",
    "categories",
    "images",
    "all_images",
    "prices",
    "sets",
    "bundles",
)
KINDS_OF_MEMBERS = {
    "part_of_product_set": SETS,
    "bundled": BUNDLES,
    "option": PRODUCT_FAMILY.members,
}
ONE_BY_ONE_SHARE = 10
"""A search looks up single products up to this fraction of all products, else reads all at once."""
MAX_CATEGORIES = 1000  # of a search that looks up the products of categories
PERIOD = ("online_flag", "valid_from", "valid_to")


def search_products(call: Call) -> Answer:
    """Show a page of the products for a query."""
    site = read_site(call)

    def show(record: Record, whole: bool) -> Properties:  # noqa: FBT001 - see Show
        if not whole:
            return {"id": record.key[-1], "link": call.link_to(PRODUCTS_NAME, record.key[-1])}
        return show_base(call, record) | expand(call, record)

    found = _find_candidates(call)
    return answer_search(call, RESULT, _make_fields(call, site, len(found)), found, show)


def _find_candidates(call: Call) -> Sequence[Record]:
    """Return all products, or the products with queried ids or in queried categories."""
    store, query = call.store, call.changes["query"]
    count = store.count(PRODUCTS_NAME)
    ids = exact(query, "id")
    if ids is None:
        categories = exact(query, "category_id")
        ids = categories and _find_few_of_categories(call, categories, count // ONE_BY_ONE_SHARE)
    if ids is None:
        return store.scan(PRODUCTS_NAME, 0, count).records
    found = (find_product(store, name) for name in sorted(ids))
    return [product for product in found if product is not None]


def _find_few_of_categories(
    call: Call, categories: Iterable[str], limit: int
) -> frozenset[str] | None:
    """Return the ids of the products of categories in all catalogs; None for more than a limit."""
    store = call.store
    catalogs = [record.key for record in _list_records(call, CATALOGS_NAME)]
    keys = [(*catalog, category) for catalog in catalogs for category in categories]
    if len(keys) > MAX_CATEGORIES:
        return None
    counts = {key: store.count(ASSIGNMENTS, key) for key in keys}
    if sum(counts.values()) > limit:
        return None
    return frozenset(
        assignment.key[-1]
        for key, count in counts.items()
        for assignment in store.scan(ASSIGNMENTS, 0, count, key).records
    )


def _make_fields(call: Call, site: str | None, count: int) -> dict[str, SearchField]:
    """Return the search fields; fields by site have the value of one site.

    Args:
        call: The call.
        site: The site.
        count: The number of products to look at.
    """
    is_few = count * ONE_BY_ONE_SHARE <= call.store.count(PRODUCTS_NAME)
    prepare = _find_assignments_one_by_one if is_few else _find_assignments
    now: list[str] = []
    find_value = make_reader(site)

    def online(flags: Any, begins: Any, ends: Any) -> bool:
        # As ``is_online``, without a further call for each product.
        if not flags or not flags.get(site, flags.get(DEFAULT)):
            return False
        if not begins and not ends:
            return True
        if not now:
            now.append(read_clock(call))
        begin = begins.get(site, begins.get(DEFAULT)) if begins else None
        end = ends.get(site, ends.get(DEFAULT)) if ends else None
        return (begin is None or begin <= now[0]) and (end is None or now[0] < end)

    def of(kind: Kind, name: str) -> SearchField:
        return SearchField(kind, find_value, sources=(name,), sortable=False)

    return {
        "id": SearchField("string"),
        "name": texts_of("name"),
        "online": SearchField("boolean", online, sources=PERIOD, sortable=False),
        "searchable": of("boolean", "searchable"),
        "valid_from": of("date", "valid_from"),
        "valid_to": of("date", "valid_to"),
        "type": SearchField(
            "enum", _find_kinds(call), KINDS, sources=("type", "id"), sortable=False
        ),
        "creation_date": SearchField("date"),
        "last_modified": SearchField("date", sortable=False),
        "catalog_id": SearchField(
            "string", prepare=partial(prepare, call, 0), sources=("id",), sortable=False
        ),
        "category_id": SearchField(
            "string", prepare=partial(prepare, call, 1), sources=("id",), sortable=False
        ),
    }


def _find_kinds(call: Call) -> Callable[[Any, str], Any]:
    """Return a function from stored type and id of a product to all flags of the type."""
    members: dict[str, list[str]] = {}

    def find(kinds: Mapping[str, bool], product_id: str) -> Sequence[str]:
        if not members:
            members[""] = []  # marks the read members, also where there are none
            for kind, name in KINDS_OF_MEMBERS.items():
                for key in {record.key[0] for record in _list_records(call, name)}:
                    members.setdefault(key, []).append(kind)
        more = members.get(product_id)
        return [*kinds, *more] if more else next(iter(kinds))

    return find


def _find_assignments(call: Call, position: int) -> Callable[[str], Any]:
    """Return a function from the id of a product to assigned catalogs or categories.

    Args:
        call: The call.
        position: The place of the wanted id in the key of an assignment.
    """
    assigned: dict[str, Any] = {}
    for assignment in _list_records(call, ASSIGNMENTS):
        key = assignment.key
        name, value = key[2], key[position]
        known = assigned.get(name)
        if known is None:
            assigned[name] = value
        elif type(known) is list:
            known.append(value)
        else:
            assigned[name] = [known, value]
    return assigned.get


def _find_assignments_one_by_one(call: Call, position: int) -> Callable[[str], Any]:
    """Return the same function for few products: a product's assignments are looked up."""
    store = call.store

    def find(product_id: str) -> list[str]:
        keys = list_keys(store, CATEGORIES_OF_PRODUCTS, (product_id,))
        return [
            key[position]
            for _, *key in keys
            if store.get(ASSIGNMENTS, (*key, product_id)) is not None
        ]

    return find


def _list_records(call: Call, name: str) -> Sequence[Record]:
    return call.store.scan(name, 0, call.store.count(name)).records


PRODUCT_SEARCH = Operation(
    method="POST",
    path="product_search",
    answer=search_products,
    shows=RESULT,
    body=SearchRequest(),
    parameters=SITE_PARAMETER,
    expansions=EXPANSIONS_OF_HITS,
    faults=(MALFORMED_SEARCH_PARAMETER, faults.MALFORMED_SELECTOR, faults.QUOTA_EXCEEDED),
)
