"""The collections of items and inventories, and their rows in the store.

The key of a row is a sequence number, so that rows are in the order of their creation. An index
leads from the id of a document to the sequence number. Another index leads from the unique values
to the id. A row and its index entries are written in one step.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from emulator.inventory_service.documents import (
    Inventory,
    InventoryPage,
    InventorySummary,
    Item,
    ItemPage,
    ItemSummary,
)
from emulator.store import Change, Delete, Key, Presence, Put, Record, Require, Size, Store

Members = Mapping[str, Any]
SEQUENCE_DIGITS = 16
LAST_SEQUENCE_KEY = ("last",)


@dataclass(frozen=True, kw_only=True)
class Collection:
    """A collection of the API.

    Attributes:
        name: The path of the collection, and its member in pages.
        key: The member with the id.
        schema: The schema of a document.
        summary: The schema of a row of a page.
        page: The schema of a page.
        unique: Returns the values that are unique together.
        unique_pointers: The places of the unique values, as JSON Pointers.
        summarize: Returns a row of a page.
        complete: Adds the members computed from other members.
        requires: Returns the rows needed by a document, such as the item of an inventory.
        forbids: Returns the rows that prevent a delete, such as the inventories of an item.
    """

    name: str
    key: str
    schema: Schema
    summary: Schema
    page: Schema
    unique: Callable[[Members], Key]
    unique_pointers: tuple[str, ...]
    summarize: Callable[[Members], dict[str, Any]]
    complete: Callable[[dict[str, Any]], dict[str, Any]] = dict
    requires: Callable[[Members], tuple[Require, ...]] = lambda _: ()
    forbids: Callable[[Members], tuple[Size, ...]] = lambda _: ()

    @property
    def ids(self) -> str:
        """The store's collection from ids to sequence numbers."""
        return f"{self.name}.ids"

    @property
    def sequence(self) -> str:
        """The store's collection of the last sequence number."""
        return f"{self.name}.sequence"

    @property
    def uniques(self) -> str:
        """The store's collection from unique values to ids."""
        return f"{self.name}.uniques"

    def find(self, store: Store, identifier: str) -> Record | None:
        """Return the row of an id, or None.

        A reset or a restore between both look-ups may give the sequence number to another document.
        """
        while entry := store.get(self.ids, (identifier,)):
            row = store.get(self.name, (entry.properties["sequence"],))
            if row is not None and row.get(self.key) == identifier:
                return row
        return None

    def insert(self, store: Store, members: Members) -> tuple[Record, tuple[Change, ...]]:
        """Return the last row for a new document, and the changes to write it."""
        last = store.get(self.sequence, LAST_SEQUENCE_KEY)
        number = int(last.properties["last"]) + 1 if last else 1
        record = self._row((f"{number:0{SEQUENCE_DIGITS}}",), members)
        expected = last.state if last else Presence.ABSENT
        counted = Put(self.sequence, _counter(number), expected)
        return record, (counted, *self.requires(members), *self._entries(record))

    def _row(self, place: Key, members: Members) -> Record:
        """Return a document as a row; the state depends on the document alone, not on the key."""
        return Record.of((members[self.key],), members).at(place)

    def replace(self, row: Record, members: Members) -> tuple[Record, tuple[Change, ...]]:
        """Return the row of a changed document, and the changes to write it."""
        record = self._row(row.key, members)
        changes: list[Change] = [Put(self.name, record, row.state)]
        before, after = self.unique(row.properties), self.unique(members)
        if before != after:
            changes += [Delete(self.uniques, before), self._unique_entry(record)]
        return record, tuple(changes)

    def remove(self, row: Record) -> tuple[Change, ...]:
        """Return the changes to remove a document."""
        return (
            Delete(self.name, row.key, row.state),
            Delete(self.ids, (row.properties[self.key],)),
            Delete(self.uniques, self.unique(row.properties)),
            *self.forbids(row.properties),
        )

    def arrange(self, records: Iterable[Record]) -> dict[str, list[Record]]:
        """Return the store's collections for documents in the order of creation."""
        numbered = enumerate(records, start=1)
        rows = [record.at((f"{number:0{SEQUENCE_DIGITS}}",)) for number, record in numbered]
        return {
            self.sequence: [_counter(len(rows))],
            self.name: rows,
            self.ids: [self._id_entry(row).record for row in rows],
            self.uniques: [self._unique_entry(row).record for row in rows],
        }

    def _entries(self, record: Record) -> tuple[Put, ...]:
        row = Put(self.name, record, Presence.ABSENT)
        return row, self._id_entry(record), self._unique_entry(record)

    def _id_entry(self, record: Record) -> Put:
        entry = Record.of((record.get(self.key),), {"sequence": record.key[0]})
        return Put(self.ids, entry, Presence.ABSENT)

    def _unique_entry(self, record: Record) -> Put:
        entry = Record.of(self.unique(record.properties), {"id": record.get(self.key)})
        return Put(self.uniques, entry, Presence.ABSENT)


def _counter(number: int) -> Record:
    return Record.of(LAST_SEQUENCE_KEY, {"last": number})


def _summarize_item(item: Members) -> dict[str, Any]:
    names = ("itemId", "sku", "name", "status", "updatedAt")
    shown = {name: item[name] for name in names if name in item}
    return {**shown, "variantId": item["productVariant"]["variantId"]}


def _summarize_inventory(inventory: Members) -> dict[str, Any]:
    quantities = ("onHandQuantity", "reservedQuantity", "availableQuantity")
    shown = {name: inventory[name] for name in ("inventoryId", "itemId", *quantities, "updatedAt")}
    return {**shown, "locationId": inventory["location"]["locationId"]}


def _complete_inventory(inventory: dict[str, Any]) -> dict[str, Any]:
    available = inventory["onHandQuantity"] - inventory["reservedQuantity"]
    return {**inventory, "availableQuantity": available}


ITEMS = Collection(
    name="items",
    key="itemId",
    schema=Item(),
    summary=ItemSummary(),
    page=ItemPage(),
    unique=lambda item: (item["sku"],),
    unique_pointers=("/sku",),
    summarize=_summarize_item,
    forbids=lambda item: (Size("inventories.uniques", (item["itemId"],)),),
)
INVENTORIES = Collection(
    name="inventories",
    key="inventoryId",
    schema=Inventory(),
    summary=InventorySummary(),
    page=InventoryPage(),
    unique=lambda inventory: (inventory["itemId"], inventory["location"]["locationId"]),
    unique_pointers=("/itemId", "/location/locationId"),
    summarize=_summarize_inventory,
    complete=_complete_inventory,
    requires=lambda inventory: (Require("items.ids", (inventory["itemId"],), Presence.PRESENT),),
)
COLLECTIONS = (INVENTORIES, ITEMS)
