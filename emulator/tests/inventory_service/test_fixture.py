"""Fixtures of the Inventory Service API: what is read, and what is refused with which reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from emulator.fixture import data_set
from emulator.fixture.data_set import FixtureError
from emulator.inventory_service.fixture import COLLECTIONS
from emulator.store import MemoryStore, thaw

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


def test_a_repeated_location_is_read_and_refused_in_each_entry(tmp_path: Path) -> None:
    full = {"locationId": "l", "address": {"countryCode": "US"}, "timezone": "Europe/Berlin"}
    items = [ITEM | {"itemId": name, "sku": name} for name in "ab"]
    inventories = [INVENTORY | {"inventoryId": one, "itemId": one} for one in "ab"]
    store = load(tmp_path, items, [one | {"location": full} for one in inventories])
    rows = store.scan("inventories", 0, 2).records
    assert [thaw(one.get("location")) for one in rows] == [full, full]
    wrong = [one | {"location": {**full, "timezone": "Nowhere"}} for one in inventories]
    with pytest.raises(FixtureError) as raised:
        load(tmp_path, items, wrong)
    problem = "location: {'timezone': ['Not a time zone of the IANA database.']}"
    assert [one.partition("entry ")[2] for one in raised.value.problems] == [
        f"1: {problem}",
        f"2: {problem}",
    ]


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
