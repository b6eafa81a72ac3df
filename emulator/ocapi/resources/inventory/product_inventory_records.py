"""Product inventory records (section 14): the stock of a product in an inventory list."""

import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.inventory.inventory_lists import INVENTORY_LISTS
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Number,
    String,
)

Properties = Mapping[str, Any]

MAX_FLOAT = Decimal(sys.float_info.max)
MAX_INTEGER = 2**63 - 1  # a larger number is a floating-point number (DEC-5)


class ProductInventoryRecordAllocation(Document):
    """The allocated quantity and the date of the allocation."""

    amount = Number(minimum=0)
    reset_date = DateTime()


class ProductInventoryRecord(Document):
    """The stock of a product."""

    custom = True

    allocation = Embedded(ProductInventoryRecordAllocation())
    ats = Number(read_only=True)
    creation_date = DateTime(read_only=True)
    in_stock_date = DateTime()
    inventory_list_id = String(allow_none=False)
    inventory_turnover = Number(load_default=0)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    perpetual_flag = Boolean(load_default=False)
    pre_order_back_order_allocation = Number(load_default=0)
    pre_order_back_order_handling = Enumeration(
        "none", "preorder", "backorder", load_default="none"
    )
    product_id = String(min_length=1, max_length=256, allow_none=False)
    product_name = String()
    quantity_on_order = Number(load_default=0)
    stock_level = Number(read_only=True)


class ProductInventoryRecords(Collection):
    """A page of product inventory records."""

    data = Array(Embedded(ProductInventoryRecord()))


def derive(
    _before: Properties | None, after: dict[str, Any], changes: Properties, now: str
) -> dict[str, Any]:
    """Return a record with the quantities derived from allocation and turnover.

    A new amount resets the turnover to 0 and the date to now.
    """
    if (changes.get("allocation") or {}).get("amount") is not None:
        allocation = {**after["allocation"], "reset_date": now}
        after = {**after, "allocation": allocation, "inventory_turnover": 0}
    if after.get("allocation") == {}:  # without a value it is absent (ENV-5)
        after = {name: value for name, value in after.items() if name != "allocation"}
    amount = after.get("allocation", {}).get("amount", 0)
    turnover, more = after["inventory_turnover"], after["pre_order_back_order_allocation"]
    return {**after, "stock_level": _add(amount, -turnover), "ats": _add(amount, -turnover, more)}


def _add(*terms: float) -> float:
    """Return a decimal sum, not beyond the range of JSON numbers."""
    total = sum((Decimal(str(term)) for term in terms), Decimal(0))
    bounded = max(-MAX_FLOAT, min(total, MAX_FLOAT))
    whole = all(isinstance(term, int) for term in terms) and abs(bounded) <= MAX_INTEGER
    return int(bounded) if whole else float(bounded)


PRODUCT_INVENTORY_RECORDS = Resource(
    path="product_inventory_records",
    parent=INVENTORY_LISTS,
    parent_key="inventory_list_id",
    document=ProductInventoryRecord(),
    collection=ProductInventoryRecords(),
    key="product_id",
    verbs=frozenset({"list", "read", "create", "update", "delete"}),
    not_found=FaultType(
        404,
        "ProductInventoryRecordNotFound",
        "No inventory record of product '{productId}' was found.",
        ("productId", "inventorylistId"),
    ),
    deletes_missing=False,
    derive=derive,
)
