"""The stock of the products of an order (ORDER-7)."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.ocapi.resources.inventory.inventory_lists import INVENTORY_LISTS
from emulator.ocapi.resources.inventory.product_inventory_records import (
    PRODUCT_INVENTORY_RECORDS,
    derive,
)
from emulator.store import Change, Key, Put, Record, Store

Item = Mapping[str, Any]


class OutOfStockError(Exception):
    """An item has no stock to take."""


class Stock:
    """The changes of inventory records for an order.

    Args:
        store: The inventory lists and records.
        now: The time of the change.
    """

    def __init__(self, store: Store, now: str) -> None:
        self._store, self._now = store, now
        self._before: dict[Key, Record] = {}
        self._after: dict[Key, Record] = {}

    def take(self, item: Item) -> dict[str, Any]:
        """Return an item with stock: on order in a list for stock on order, else sold.

        Raises:
            OutOfStockError: The record has too little, or there is no record.
        """
        inventory_list = self._store.get(INVENTORY_LISTS.name, (item.get("inventory_id", ""),))
        if inventory_list is None:
            return {**item}
        record = self._find(item)
        if record is None:
            if not inventory_list.get("default_in_stock"):
                raise OutOfStockError
            return {**item}
        if not record.get("perpetual_flag") and record.get("ats") < item["quantity"]:
            raise OutOfStockError
        on_order = bool(inventory_list.get("on_order_inventory_enabled"))
        self._add(record, on_order, item["quantity"])
        return {**item, "on_order": on_order}

    def release(self, item: Item) -> dict[str, Any]:
        """Return an item without stock."""
        record = self._find(item)
        if record is not None:
            self._add(record, item.get("on_order", False), -item["quantity"])
        return {name: value for name, value in item.items() if name != "on_order"}

    def finish(self, item: Item) -> dict[str, Any]:
        """Return an item with sold stock; stock on order becomes sold stock."""
        return self._sell(item) if item.get("on_order") else {**item}

    def _sell(self, item: Item) -> dict[str, Any]:
        record = self._find(item)
        if record is not None:
            self._add(record, True, -item["quantity"])
            self._add(self._after[record.key], False, item["quantity"])
        return {**item, "on_order": False}

    def changes(self) -> Iterator[Change]:
        """Yield the changes of the inventory records."""
        for key, record in self._after.items():
            yield Put(PRODUCT_INVENTORY_RECORDS.name, record, self._before[key].state)

    def _find(self, item: Item) -> Record | None:
        key = (item.get("inventory_id", ""), item["product_id"])
        if key not in self._before:
            record = self._store.get(PRODUCT_INVENTORY_RECORDS.name, key)
            if record is None:
                return None
            self._before[key] = record
        return self._after.get(key) or self._before[key]

    def _add(self, record: Record, on_order: bool, quantity: float) -> None:  # noqa: FBT001
        name = "quantity_on_order" if on_order else "inventory_turnover"
        changed = {**record.properties, name: record.get(name, 0) + quantity}
        properties = derive(record.properties, changed, {}, self._now)
        self._after[record.key] = PRODUCT_INVENTORY_RECORDS.record(
            record.key, properties, self._now
        )
