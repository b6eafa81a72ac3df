"""The ten operations and their documents (OPS-1, ITEM-1, ITEM-2, STOCK-1, STOCK-2)."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api
from contract_tests.service import Service, assert_problem

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
MAX_INT32 = 2147483647


@pytest.mark.rule("OPS-1")
def test_an_item_is_created_read_changed_listed_and_deleted(service: Service) -> None:
    created = service.post("/items", json={"sku": "ops-1", "productVariant": {"variantId": "v"}})
    assert created.status_code == 201
    path = f"/items/{created.json()['itemId']}"
    assert service.get(path).json() == created.json()
    changed = service.patch(path, json={"name": "Scarf"})
    assert (changed.status_code, changed.json()["name"]) == (200, "Scarf")
    page = service.get("/items?pageSize=200")
    assert page.status_code == 200
    assert set(page.json()) <= {"items", "nextToken"}
    deleted = service.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert_problem(service.get(path), 404, "NOT_FOUND")


@pytest.mark.rule("OPS-1")
def test_an_inventory_is_created_read_changed_listed_and_deleted(service: Service) -> None:
    item = service.make_item().removeprefix("/items/")
    body = {"itemId": item, "location": {"locationId": "x"}, "onHandQuantity": 5}
    created = service.post("/inventories", json=body)
    assert created.status_code == 201
    path = f"/inventories/{created.json()['inventoryId']}"
    assert service.get(path).json() == created.json()
    changed = service.patch(path, json={"onHandQuantity": 7})
    assert (changed.status_code, changed.json()["onHandQuantity"]) == (200, 7)
    assert set(service.get("/inventories?pageSize=200").json()) <= {"inventories", "nextToken"}
    assert service.delete(path).status_code == 204
    assert_problem(service.get(path), 404, "NOT_FOUND")


@pytest.mark.rule("ITEM-1")
def test_a_new_item_has_these_defaults(service: Service) -> None:
    path = service.make_item(sku="item-defaults")
    item = service.get(path).json()
    assert path == f"/items/{item.pop('itemId')}"
    created, updated = item.pop("createdAt"), item.pop("updatedAt")
    assert INSTANT.fullmatch(created)
    assert created == updated
    assert item == {
        "sku": "item-defaults",
        "productVariant": {"variantId": "v"},
        "unitOfMeasure": "EA",
        "tracked": True,
        "requiresShipping": True,
        "status": "ACTIVE",
    }


@pytest.mark.rule("ITEM-1")
def test_an_item_keeps_all_its_members(service: Service) -> None:
    members = {
        "sku": "item-whole",
        "name": "Merino sweater",
        "description": "",
        "productVariant": {
            "variantId": "v-1",
            "productId": "p.1",
            "name": "Navy M",
            "gtin": "4006381333931",
            "attributes": {"color": "navy", "": "empty"},
        },
        "unitOfMeasure": "PR",
        "tracked": False,
        "requiresShipping": False,
        "countryCodeOfOrigin": "IT",
        "harmonizedSystemCode": "611011",
        "status": "ARCHIVED",
        "metadata": {f"k{n}": "v" for n in range(50)},
    }
    path = service.make_item(**members)
    item = service.get(path).json()
    assert {name: item[name] for name in members} == members


ITEM = {"sku": "never", "productVariant": {"variantId": "v"}}


@pytest.mark.rule("ITEM-1", "ERR-1")
@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"sku": ""}, "/sku"),
        ({"sku": "x" * 256}, "/sku"),
        ({"sku": 5}, "/sku"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 513}, "/name"),
        ({"name": None}, "/name"),
        ({"description": "x" * 4097}, "/description"),
        ({"productVariant": {}}, "/productVariant/variantId"),
        ({"productVariant": {"variantId": "a b"}}, "/productVariant/variantId"),
        ({"productVariant": {"variantId": "x" * 65}}, "/productVariant/variantId"),
        ({"productVariant": {"variantId": "v", "gtin": "123456789"}}, "/productVariant/gtin"),
        ({"productVariant": {"variantId": "v", "gtin": "1234567\uff18"}}, "/productVariant/gtin"),
        (
            {"productVariant": {"variantId": "v", "attributes": {"a/b~": 1}}},
            "/productVariant/attributes/a~1b~0",
        ),
        ({"productVariant": "v"}, "/productVariant"),
        ({"tracked": "true"}, "/tracked"),
        ({"tracked": 1}, "/tracked"),
        ({"countryCodeOfOrigin": "XX"}, "/countryCodeOfOrigin"),
        ({"countryCodeOfOrigin": "it"}, "/countryCodeOfOrigin"),
        ({"harmonizedSystemCode": "12345"}, "/harmonizedSystemCode"),
        ({"status": "active"}, "/status"),
        ({"metadata": {f"k{n}": "v" for n in range(51)}}, "/metadata"),
        ({"metadata": {"k": 1}}, "/metadata/k"),
        ({"metadata": []}, "/metadata"),
        ({"colour": "red"}, "/colour"),
        ({"itemId": "mine"}, "/itemId"),
        ({"createdAt": "2024-01-01T00:00:00Z"}, "/createdAt"),
    ],
)
def test_an_item_that_breaks_the_schema_is_refused(
    service: Service, changes: dict[str, Any], pointer: str
) -> None:
    answer = service.post("/items", json=ITEM | changes)
    assert_problem(answer, 422, "INVALID_BODY")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.rule("ITEM-2")
def test_a_page_of_items_shows_summaries(start: Callable[..., Api]) -> None:
    service = Service(start().url)
    assert service.get("/items").json() == {
        "items": [
            {
                "itemId": "item-1",
                "sku": "sku-1",
                "name": "First item",
                "variantId": "variant-1",
                "status": "ACTIVE",
                "updatedAt": "2024-07-17T08:00:00.000Z",
            },
            {
                "itemId": "item-2",
                "sku": "sku-2",
                "variantId": "variant-2",
                "status": "INACTIVE",
                "updatedAt": "2024-07-17T08:00:01.000Z",
            },
        ]
    }


@pytest.mark.rule("STOCK-1")
def test_a_new_inventory_has_these_defaults(service: Service) -> None:
    path = service.make_inventory(onHandQuantity=4)
    inventory = service.get(path).json()
    for name in ("inventoryId", "itemId", "createdAt", "updatedAt"):
        assert inventory.pop(name)
    assert inventory == {
        "location": {"locationId": "here"},
        "onHandQuantity": 4,
        "reservedQuantity": 0,
        "availableQuantity": 4,
        "incomingQuantity": 0,
        "backorderable": False,
    }


@pytest.mark.rule("STOCK-1")
def test_an_inventory_keeps_all_its_members(service: Service) -> None:
    members: dict[str, Any] = {
        "location": {
            "locationId": "dc-1",
            "name": "Newark",
            "type": "DISTRIBUTION_CENTER",
            "status": "ACTIVE",
            "address": {
                "addressLine1": "400 Doremus Avenue",
                "addressLine2": "Gate 4",
                "city": "Newark",
                "stateOrRegion": "NJ",
                "postalCode": "07105",
                "countryCode": "US",
            },
            "timezone": "America/New_York",
        },
        "onHandQuantity": MAX_INT32,
        "reservedQuantity": 1,
        "incomingQuantity": 2,
        "safetyStockQuantity": 3,
        "reorderPoint": 4,
        "backorderable": True,
        "metadata": {"aisle": "7"},
    }
    path = service.make_inventory(expectedDelivery="2024-08-05T02:00:00+02:00", **members)
    inventory = service.get(path).json()
    assert {name: inventory[name] for name in members} == members
    assert inventory["availableQuantity"] == 2147483646
    assert inventory["expectedDelivery"] == "2024-08-05T00:00:00.000Z"


@pytest.mark.rule("STOCK-1", "ERR-1")
@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"onHandQuantity": -1}, "/onHandQuantity"),
        ({"onHandQuantity": 2147483648}, "/onHandQuantity"),
        ({"onHandQuantity": 1.5}, "/onHandQuantity"),
        ({"onHandQuantity": "1"}, "/onHandQuantity"),
        ({"onHandQuantity": True}, "/onHandQuantity"),
        ({"onHandQuantity": None}, "/onHandQuantity"),
        ({"location": {}}, "/location/locationId"),
        ({"location": {"locationId": "x", "type": "SHOP"}}, "/location/type"),
        ({"location": {"locationId": "x", "timezone": "Mars/Base"}}, "/location/timezone"),
        ({"location": {"locationId": "x", "timezone": "localtime"}}, "/location/timezone"),
        ({"location": {"locationId": "x\n"}}, "/location/locationId"),
        ({"location": {"locationId": "x", "address": {}}}, "/location/address/countryCode"),
        ({"expectedDelivery": "2024-08-05"}, "/expectedDelivery"),
        ({"expectedDelivery": "2024-08-05T00:00:00"}, "/expectedDelivery"),
        ({"expectedDelivery": "2024-13-05T00:00:00Z"}, "/expectedDelivery"),
        ({"availableQuantity": 10}, "/availableQuantity"),
        ({"reservedQuantity": 11}, "/reservedQuantity"),
    ],
)
def test_an_inventory_that_breaks_the_schema_is_refused(
    service: Service, changes: dict[str, Any], pointer: str
) -> None:
    item = service.make_item().removeprefix("/items/")
    body = {"itemId": item, "location": {"locationId": "x"}, "onHandQuantity": 10}
    answer = service.post("/inventories", json=body | changes)
    assert_problem(answer, 422, "INVALID_BODY")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.rule("STOCK-1")
def test_more_may_be_reserved_than_there_is_where_it_can_be_ordered_back(
    service: Service,
) -> None:
    path = service.make_inventory(onHandQuantity=1, reservedQuantity=3, backorderable=True)
    assert service.get(path).json()["availableQuantity"] == -2
    answer = service.patch(path, json={"backorderable": False})
    assert_problem(answer, 422, "INVALID_BODY")
    assert service.get(path).json()["backorderable"] is True


@pytest.mark.rule("STOCK-2")
def test_a_page_of_inventories_shows_summaries(start: Callable[..., Api]) -> None:
    service = Service(start().url)
    assert service.get("/inventories?pageSize=1").json()["inventories"] == [
        {
            "inventoryId": "inventory-1",
            "itemId": "item-1",
            "locationId": "location-1",
            "onHandQuantity": 10,
            "reservedQuantity": 3,
            "availableQuantity": 7,
            "updatedAt": "2024-07-17T08:01:00.000Z",
        }
    ]
