"""Inventory lists (section 13): stock of one or several sites."""

from collections.abc import Iterator

from emulator.ocapi.resource import Resource, Search, make_index
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Boolean, DateTime, Embedded, String
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SearchResult
from emulator.store import Key, Record

LISTS_BY_SITE = "inventory_lists.by_site"
"""The store's collection with the keys of site and inventory list."""


class InventoryList(Document):
    """An inventory list."""

    custom = True

    assigned_sites = Array(String(allow_none=False), read_only=True)
    creation_date = DateTime(read_only=True)
    default_in_stock = Boolean(load_default=False)
    description = String()
    id = String(min_length=1, max_length=256, allow_none=False)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    on_order_inventory_enabled = Boolean(load_default=False)
    use_bundle_inventory_only = Boolean(load_default=False)


class InventoryLists(Collection):
    """A page of inventory lists."""

    data = Array(Embedded(InventoryList()))


class InventoryListSearchResult(SearchResult):
    """A page of the inventory lists found by a search."""

    hits = Array(Embedded(InventoryList()))


def list_sites(inventory_list: Record) -> Iterator[tuple[str, Key]]:
    """Yield the entries of an inventory list in ``LISTS_BY_SITE``."""
    for site in inventory_list.get("assigned_sites", ()):
        yield LISTS_BY_SITE, (site, *inventory_list.key)


INVENTORY_LISTS = Resource(
    path="inventory_lists",
    aliases=("inventorylists",),
    document=InventoryList(),
    collection=InventoryLists(),
    key="id",
    verbs=frozenset({"list", "read", "create", "update", "delete"}),
    not_found=FaultType(
        404,
        "InventoryListNotFound",
        "No inventory list with ID '{inventorylistId}' was found.",
        ("inventorylistId",),
    ),
    duplicate=FaultType(
        404,
        "InventoryListDuplicate",
        "The inventory list could not be created because of duplicate ID '{inventorylistId}'.",
        ("inventorylistId",),
    ),
    references={"assigned_sites": "sites"},
    computed=("assigned_sites",),
    index=make_index(list_sites, LISTS_BY_SITE),
    search=Search(
        path="inventory_list_search",
        result=InventoryListSearchResult(),
        fields={
            "id": SearchField("string"),
            "description": SearchField("text"),
            "default_in_stock": SearchField("boolean"),
            "on_order_inventory_enabled": SearchField("boolean"),
            "use_bundle_inventory_only": SearchField("boolean"),
            # A deletion takes no time, so the status is never "delete".
            "status": SearchField("enum", lambda _: "normal", ("normal", "delete")),
        },
    ),
)
