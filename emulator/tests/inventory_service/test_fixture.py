"""Fixtures of the Inventory Service API: what is read, and what is refused with which reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from emulator.fixture import data_set
from emulator.fixture.data_set import FixtureError
from emulator.inventory_service.fixture import COLLECTIONS
from emulator.store import MemoryStore

ITEM = {"itemId": "i", "sku": "s", "productVariant": {"variantId": "v"}}
INVENTORY = {
    "inventoryId": "n",
    "itemId": "i",
    "location": {"locationId": "l"},
    "onHandQuantity": 5,
}


def load(folder: Path, items: list[Any], inventories: list[Any]) -> MemoryStore:
    (folder / "items.json").write_text(json.dumps(items))
    (folder / "inventories.json").write_text(json.dumps(inventories))
    return data_set.load(str(folder), COLLECTIONS)


def test_ids_lead_to_rows_in_the_order_of_the_file(tmp_path: Path) -> None:
    other = ITEM | {"itemId": "a", "sku": "t"}
    store = load(tmp_path, [ITEM, other], [INVENTORY])
    rows = store.scan("items", 0, 10).records
    assert [row.properties["itemId"] for row in rows] == ["i", "a"]
    inventory = store.scan("inventories", 0, 1).records[0].properties
    assert (inventory["availableQuantity"], inventory["reservedQuantity"]) == (5, 0)
    assert inventory["createdAt"] == "2024-07-17T00:00:00.000Z"


@pytest.mark.parametrize(
    ("items", "inventories", "reason"),
    [
        (["x"], [], "items.json: items entry 1: is not an object"),
        ([{**ITEM, "colour": 1}], [], "items.json: items entry 1: colour: ['Unknown field.']"),
        ([{**ITEM, "itemId": "a b"}], [], "itemId: ['Not 1 to 64 of A-Za-z0-9._-.']"),
        ([{**ITEM, "itemId": None}], [], "itemId"),
        ([{**ITEM, "createdAt": "soon"}], [], "Not a date-time of RFC 3339."),
        ([ITEM, {**ITEM, "itemId": "j"}], [], "shares 's' with items.json: items entry 1 ('i')"),
        ([ITEM], [INVENTORY, {**INVENTORY, "inventoryId": "m"}], "shares 'i/l' with"),
        ([], [INVENTORY], "itemId: there is no 'i' in items"),
        ([ITEM], [{**INVENTORY, "reservedQuantity": 6}], "reservedQuantity"),
    ],
)
def test_a_broken_entry_is_refused_with_its_reason(
    tmp_path: Path, items: list[Any], inventories: list[Any], reason: str
) -> None:
    with pytest.raises(FixtureError) as raised:
        load(tmp_path, items, inventories)
    assert reason in str(raised.value)
