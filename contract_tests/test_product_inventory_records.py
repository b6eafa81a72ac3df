"""Product inventory records: five operations below a list, one document (INV-8 to INV-10)."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

Make = Callable[..., str]
Start = Callable[..., Api]
ALLOCATION = {"_type": "product_inventory_record_allocation"}
DEFAULTS = {
    "ats": 0,
    "inventory_turnover": 0,
    "perpetual_flag": False,
    "pre_order_back_order_allocation": 0,
    "pre_order_back_order_handling": "none",
    "quantity_on_order": 0,
    "stock_level": 0,
}


@pytest.fixture
def records(make: Make) -> str:
    """The path of the records of a list of its own, which has none."""
    return f"/inventory_lists/{make()}/product_inventory_records"


@pytest.fixture
def record(api: Api, records: str) -> str:
    """The path of a record of 10, of which 3 were taken; 5 more can be ordered back."""
    path = f"{records}/sku-1"
    sent = {"allocation": {"amount": 10}, "pre_order_back_order_allocation": 5}
    assert api.put(path, json=sent).status_code == 201
    assert api.patch(path, json={"inventory_turnover": 3}).status_code == 200
    return path


def quantities(document: dict[str, Any]) -> tuple[float, float, float]:
    """Return turnover, stock level and what is available to sell."""
    return document["inventory_turnover"], document["stock_level"], document["ats"]


@pytest.mark.rule("INV-8")
def test_put_creates_a_record_and_tells_where(api: Api, records: str) -> None:
    answer = api.put(f"{records}/sku-1", json={"product_name": "x"})
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{api.url}/s/-/dw/data/v23_2{records}/sku-1"
    document = answer.json()
    assert document["link"] == answer.headers["Location"]
    assert document == api.get(f"{records}/sku-1").json()
    assert document["creation_date"] == document["last_modified"]


@pytest.mark.rule("INV-8")
@pytest.mark.parametrize("server", ["documented", "observed"])
def test_put_of_a_record_that_exists_replaces_it(
    request: pytest.FixtureRequest, unused: str, server: str
) -> None:
    api: Api = request.getfixturevalue(server)
    path = f"/inventory_lists/{unused}/product_inventory_records/sku-1"
    assert api.put(f"/inventory_lists/{unused}", json={}).status_code == 201
    before = api.put(path, json={"allocation": {"amount": 9}, "product_name": "one"}).json()
    answer = api.put(path, json={"quantity_on_order": 4})
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    document = answer.json()
    assert document == api.get(path).json()
    assert not {"allocation", "product_name"} & set(document)
    assert document["creation_date"] == before["creation_date"]
    assert {n: document[n] for n in DEFAULTS} == DEFAULTS | {"quantity_on_order": 4}


@pytest.mark.rule("INV-8", "RST-2", "RST-3")
def test_put_of_a_record_heeds_the_state(api: Api, record: str) -> None:
    before = api.get(record).json()
    answer = api.put(record, json={"_resource_state": "not_exists"})
    assert_fault(answer, 409, "ResourceAlreadyExists", {})
    answer = api.put(record, json={"_resource_state": "0" * 64})
    told = {"client": "0" * 64, "server": before["_resource_state"]}
    assert_fault(answer, 409, "ResourceStateConflict", told)
    assert api.get(record).json() == before
    held = {"_resource_state": before["_resource_state"]}
    assert api.put(record, json=held).status_code == 200


@pytest.mark.rule("INV-8")
def test_patch_changes_what_is_sent_alone(api: Api, record: str) -> None:
    before = api.get(record).json()
    answer = api.patch(record, json={"product_name": "two", "quantity_on_order": 7})
    assert answer.status_code == 200
    changed = answer.json()
    assert changed == api.get(record).json()
    assert (changed.pop("product_name"), changed.pop("quantity_on_order")) == ("two", 7)
    kept = set(changed) - {"_resource_state", "last_modified"}
    assert {n: changed[n] for n in kept} == {n: before[n] for n in kept}
    assert kept == set(before) - {"_resource_state", "last_modified", "quantity_on_order"}


@pytest.mark.rule("INV-8")
def test_delete_removes_one_record(api: Api, records: str, record: str) -> None:
    assert api.put(f"{records}/sku-2", json={}).status_code == 201
    answer = api.delete(record)
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(record).status_code == 404
    assert [item["product_id"] for item in api.get(records).json()["data"]] == ["sku-2"]


@pytest.mark.rule("INV-8")
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_missing_record_is_not_found(api: Api, records: str, method: str) -> None:
    answer = api.call(method, f"{api.scope}{records}/sku%2F1", json={})
    arguments = {"productId": "sku/1", "inventorylistId": records.split("/")[2]}
    assert_fault(answer, 404, "ProductInventoryRecordNotFound", arguments)


@pytest.mark.rule("INV-8", "INV-2")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_missing_list_is_told_before_a_missing_record(api: Api, unused: str, method: str) -> None:
    path = f"{api.scope}/inventory_lists/{unused}/product_inventory_records/sku-1"
    answer = api.call(method, path, json={})
    message = f"No inventory list with ID '{unused}' was found."
    assert_fault(answer, 404, "InventoryListNotFound", {"inventorylistId": unused}, message)


@pytest.mark.rule("INV-8")
def test_the_records_of_a_missing_list_are_not_found(api: Api, unused: str) -> None:
    answer = api.get(f"/inventory_lists/{unused}/product_inventory_records")
    assert_fault(answer, 404, "InventoryListNotFound", {"inventorylistId": unused})


@pytest.mark.rule("INV-8", "URL-6")
@pytest.mark.parametrize(
    ("below", "method", "allow"),
    [
        ("", "POST", "GET, HEAD, OPTIONS"),
        ("", "DELETE", "GET, HEAD, OPTIONS"),
        ("/sku-1", "POST", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
    ],
)
def test_other_methods_are_refused(
    api: Api, records: str, below: str, method: str, allow: str
) -> None:
    answer = api.call(method, f"{api.scope}{records}{below}", json={})
    assert_fault(answer, 405, "MethodNotAllowed", {"method": method})
    assert answer.headers["Allow"] == allow


@pytest.mark.rule("INV-8", "URL-5")
def test_ids_of_lists_and_products_hold_any_character(api: Api, unused: str) -> None:
    parent = f"/inventory_lists/{unused}%2F1"
    path = f"{parent}/product_inventory_records/sku%2F%C3%BC%201"
    assert api.put(parent, json={}).status_code == 201
    created = api.put(path, json={}).json()
    assert (created["inventory_list_id"], created["product_id"]) == (f"{unused}/1", "sku/ü 1")
    assert created["link"] == f"{api.url}/s/-/dw/data/v23_2{path}"
    assert api.get(path).json() == created


@pytest.mark.rule("INV-8")
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("name", ["product_id", "inventory_list_id"])
def test_ids_in_the_body_are_those_of_the_url(
    api: Api, record: str, method: str, name: str
) -> None:
    before = api.get(record).json()
    answer = api.call(method, f"{api.scope}{record}", json={name: "other"})
    assert_fault(answer, 400, "IdConflict", {"bodyID": "other", "urlID": before[name]})
    assert api.get(record).json() == before
    same = api.call(method, f"{api.scope}{record}", json={name: before[name]})
    assert same.status_code == 200


@pytest.mark.rule("INV-8")
def test_a_product_id_has_1_to_256_characters(api: Api, records: str) -> None:
    assert api.put(f"{records}/{'ü' * 256}", json={}).status_code == 201
    refused = api.put(f"{records}/{'ü' * 257}", json={})
    assert refused.status_code == 400
    assert refused.json()["fault"]["type"] == "StringConstraintViolationException"
    answer = api.patch(f"{records}/{'ü' * 256}", json={"product_id": ""})
    told = {"document": "product_inventory_record", "path": "$.product_id"}
    assert_fault(answer, 400, "PropertyConstraintViolation", told)


@pytest.mark.rule("INV-9")
def test_a_new_record_has_these_defaults(documented: Api, unused: str) -> None:
    path = f"/inventory_lists/{unused}/product_inventory_records/sku-1"
    assert documented.put(f"/inventory_lists/{unused}", json={}).status_code == 201
    document = documented.put(path, json={}).json()
    assert set(document) == {
        *("_v", "_type", "_resource_state", "link", "creation_date", "last_modified"),
        *("inventory_list_id", "product_id"),
        *DEFAULTS,
    }
    assert {name: document[name] for name in DEFAULTS} == DEFAULTS
    assert document["_type"] == "product_inventory_record"
    assert (document["inventory_list_id"], document["product_id"]) == (unused, "sku-1")


@pytest.mark.rule("INV-9")
def test_a_record_keeps_all_its_properties(api: Api, records: str) -> None:
    sent = {
        "allocation": {**ALLOCATION, "amount": 12.5},
        "in_stock_date": "2031-02-03T04:05:06.000Z",
        "perpetual_flag": True,
        "pre_order_back_order_allocation": 7,
        "pre_order_back_order_handling": "preorder",
        "product_name": "Straße",
        "quantity_on_order": 3.25,
    }
    document = api.put(f"{records}/sku-1", json=sent).json()
    assert document["allocation"].pop("reset_date")
    assert {name: document[name] for name in sent} == sent
    assert quantities(document) == (0, 12.5, 19.5)


@pytest.mark.rule("INV-9")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (3, 7, 12)),
        ({"inventory_turnover": 0}, (0, 10, 15)),
        ({"inventory_turnover": 12}, (12, -2, 3)),
        ({"inventory_turnover": -2.5}, (-2.5, 12.5, 17.5)),
        ({"inventory_turnover": None}, (0, 10, 15)),
        ({"pre_order_back_order_allocation": 100}, (3, 7, 107)),
        ({"pre_order_back_order_allocation": None}, (3, 7, 7)),
        ({"pre_order_back_order_handling": "none", "perpetual_flag": True}, (3, 7, 12)),
        ({"quantity_on_order": 50}, (3, 7, 12)),
        ({"allocation": {"amount": 20}}, (0, 20, 25)),
        ({"allocation": {"amount": 10}}, (0, 10, 15)),
        ({"allocation": {"amount": 0}}, (0, 0, 5)),
        ({"allocation": {"amount": 4}, "inventory_turnover": 3}, (0, 4, 9)),
        ({"allocation": {"amount": 0.1}, "pre_order_back_order_allocation": 0.2}, (0, 0.1, 0.3)),
        ({"allocation": {"amount": None}}, (3, -3, 2)),
        ({"allocation": None}, (3, -3, 2)),
        ({"ats": 1000, "stock_level": 1000}, (3, 7, 12)),
    ],
)
def test_quantities_follow_from_allocation_and_turnover(
    api: Api, record: str, changes: dict[str, Any], expected: tuple[float, float, float]
) -> None:
    answer = api.patch(record, json=changes)
    assert answer.status_code == 200
    assert quantities(answer.json()) == expected
    assert quantities(api.get(record).json()) == expected


@pytest.mark.rule("INV-9")
@pytest.mark.parametrize("amount", [2**64 - 1, 1e308])
def test_quantities_beyond_all_bounds_are_still_numbers(
    api: Api, records: str, amount: float
) -> None:
    sent = {"allocation": {"amount": amount}, "pre_order_back_order_allocation": amount}
    answer = api.put(f"{records}/sku-1", json=sent)
    assert answer.status_code == 201
    found = answer.json()
    assert found["stock_level"] == float(amount)
    assert found["ats"] == pytest.approx(min(2 * amount, 1.7976931348623157e308))


@pytest.mark.rule("INV-9")
def test_whole_quantities_have_no_fraction(api: Api, record: str) -> None:
    body = {"allocation": {"amount": 7}, "pre_order_back_order_allocation": 2}
    text = api.patch(record, json=body).text
    for member in ('"ats":9,', '"stock_level":7}', '"amount":7,', '"inventory_turnover":0,'):
        assert member in text.replace(" ", "")


@pytest.mark.rule("INV-9")
def test_an_amount_that_is_set_begins_a_new_count(api: Api, record: str) -> None:
    old = "2020-01-01T00:00:00.000Z"
    before = api.patch(record, json={"allocation": {"reset_date": old}}).json()
    assert (before["allocation"], quantities(before)) == (
        {**ALLOCATION, "amount": 10, "reset_date": old},
        (3, 7, 12),
    )
    sent = {"allocation": {"amount": 10, "reset_date": old}}
    after = api.patch(record, json=sent).json()
    assert quantities(after) == (0, 10, 15)
    assert before["last_modified"] <= after["allocation"]["reset_date"] <= after["last_modified"]
    again = api.put(record, json=sent).json()
    assert again["allocation"]["reset_date"] >= after["allocation"]["reset_date"]


@pytest.mark.rule("INV-9")
def test_patch_merges_the_allocation_and_put_replaces_it(api: Api, record: str) -> None:
    date = "2020-01-01T00:00:00.000Z"
    merged = api.patch(record, json={"allocation": {"reset_date": "2020-01-01T01:00:00+01:00"}})
    assert merged.json()["allocation"] == {**ALLOCATION, "amount": 10, "reset_date": date}
    same = api.patch(record, json={"allocation": {}}).json()
    assert same == merged.json()
    cleared = api.patch(record, json={"allocation": {"amount": None}}).json()
    assert cleared["allocation"] == {**ALLOCATION, "reset_date": date}
    replaced = api.put(record, json={"allocation": {"reset_date": date}}).json()
    assert replaced["allocation"] == {**ALLOCATION, "reset_date": date}


@pytest.mark.rule("INV-9", "ENV-5")
def test_an_allocation_without_a_value_is_absent(api: Api, record: str) -> None:
    nothing = {"allocation": {"amount": None, "reset_date": None}}
    assert "allocation" not in api.patch(record, json=nothing).json()
    assert "allocation" not in api.put(record, json={"allocation": {}}).json()


@pytest.mark.rule("INV-9", "DEC-1")
@pytest.mark.parametrize(
    ("sent", "path", "expected", "actual"),
    [
        ({"allocation": 5}, "$.allocation", "START_OBJECT", "VALUE_NUMBER_INT"),
        ({"allocation": [5]}, "$.allocation", "START_OBJECT", "START_ARRAY"),
        (
            {"allocation": {"amount": "5"}},
            "$.allocation.amount",
            "VALUE_NUMBER_INT|VALUE_NUMBER_FLOAT",
            "VALUE_STRING",
        ),
        (
            {"allocation": {"reset_date": 5}},
            "$.allocation.reset_date",
            "VALUE_STRING",
            "VALUE_NUMBER_INT",
        ),
        (
            {"inventory_turnover": "1"},
            "$.inventory_turnover",
            "VALUE_NUMBER_INT|VALUE_NUMBER_FLOAT",
            "VALUE_STRING",
        ),
        ({"perpetual_flag": "true"}, "$.perpetual_flag", "VALUE_TRUE|VALUE_FALSE", "VALUE_STRING"),
        ({"perpetual_flag": 1}, "$.perpetual_flag", "VALUE_TRUE|VALUE_FALSE", "VALUE_NUMBER_INT"),
        (
            {"quantity_on_order": True},
            "$.quantity_on_order",
            "VALUE_NUMBER_INT|VALUE_NUMBER_FLOAT",
            "VALUE_TRUE",
        ),
        (
            {"pre_order_back_order_handling": 1},
            "$.pre_order_back_order_handling",
            "VALUE_STRING",
            "VALUE_NUMBER_INT",
        ),
        ({"in_stock_date": 20310203}, "$.in_stock_date", "VALUE_STRING", "VALUE_NUMBER_INT"),
        ({"product_name": {"default": "x"}}, "$.product_name", "VALUE_STRING", "START_OBJECT"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_another_type_is_refused(
    api: Api, record: str, method: str, sent: Any, path: str, expected: str, actual: str
) -> None:
    answer = api.call(method, f"{api.scope}{record}", json=sent)
    told = {"path": path, "expectedTypes": expected, "actualType": actual}
    assert_fault(answer, 400, "TypeDecoding", told)


@pytest.mark.rule("INV-9", "DEC-1")
@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({"allocation": {"amount": -1}}, "$.allocation.amount"),
        ({"allocation": {"amount": -0.001}}, "$.allocation.amount"),
        ({"allocation": {"reset_date": "today"}}, "$.allocation.reset_date"),
        ({"in_stock_date": "soon"}, "$.in_stock_date"),
        ({"product_id": None}, "$.product_id"),
        ({"inventory_list_id": None}, "$.inventory_list_id"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_value_out_of_its_bounds_is_refused(
    api: Api, record: str, method: str, sent: Any, path: str
) -> None:
    before = api.get(record).json()
    answer = api.call(method, f"{api.scope}{record}", json=sent)
    told = {"document": "product_inventory_record", "path": path}
    assert_fault(answer, 400, "PropertyConstraintViolation", told)
    assert api.get(record).json() == before


@pytest.mark.rule("INV-9", "DEC-1")
def test_a_handling_is_one_of_three(api: Api, record: str) -> None:
    for handling in ("preorder", "backorder", "none"):
        changed = api.patch(record, json={"pre_order_back_order_handling": handling}).json()
        assert changed["pre_order_back_order_handling"] == handling
    for handling in ("both", "NONE", ""):
        answer = api.patch(record, json={"pre_order_back_order_handling": handling})
        told = {"document": "product_inventory_record", "enumValue": handling}
        assert_fault(answer, 400, "EnumConstraintViolation", told)


@pytest.mark.rule("INV-9", "DEC-1")
@pytest.mark.parametrize(
    ("sent", "name"), [({"stock": 1}, "stock"), ({"allocation": {"quantity": 1}}, "quantity")]
)
def test_an_unknown_property_is_refused(api: Api, record: str, sent: Any, name: str) -> None:
    answer = api.patch(record, json=sent)
    told = {"property": name, "document": "product_inventory_record"}
    assert_fault(answer, 400, "UnknownProperty", told)


@pytest.mark.rule("INV-9", "DEC-3")
def test_what_was_read_can_be_sent_back(api: Api, record: str) -> None:
    before = api.get(record).json()
    del before["allocation"]["amount"]  # to set it would begin a new count
    answer = api.patch(record, json=before)
    assert answer.status_code == 200
    assert answer.json() == api.get(record).json()
    assert answer.json()["_resource_state"] == before["_resource_state"]
    assert answer.json()["last_modified"] == before["last_modified"]


@pytest.mark.rule("INV-9")
def test_null_brings_the_defaults_back(api: Api, record: str) -> None:
    sent = {
        "in_stock_date": "2031-02-03T04:05:06.000Z",
        "perpetual_flag": True,
        "pre_order_back_order_handling": "backorder",
        "product_name": "x",
        "quantity_on_order": 3,
    }
    assert api.patch(record, json=sent).status_code == 200
    document = api.patch(record, json=dict.fromkeys(sent)).json()
    assert not {"in_stock_date", "product_name"} & set(document)
    names = ("perpetual_flag", "pre_order_back_order_handling", "quantity_on_order")
    assert [document[name] for name in names] == [False, "none", 0]


@pytest.mark.rule("INV-10")
def test_a_list_takes_its_records_with_it(api: Api, make: Make) -> None:
    name, other = make(), make()
    parent = f"/inventory_lists/{name}"
    kept = f"/inventory_lists/{other}/product_inventory_records/sku-1"
    for path in (f"{parent}/product_inventory_records/{n}" for n in ("sku-1", "sku-2")):
        assert api.put(path, json={}).status_code == 201
    assert api.put(kept, json={}).status_code == 201
    assert api.delete(parent).status_code == 204
    gone = api.get(f"{parent}/product_inventory_records/sku-1")
    assert_fault(gone, 404, "InventoryListNotFound", {"inventorylistId": name})
    assert api.put(parent, json={}).status_code == 201
    assert api.get(f"{parent}/product_inventory_records").json()["total"] == 0
    assert api.get(kept).status_code == 200


@pytest.mark.rule("INV-10")
def test_no_record_outlives_its_list(api: Api, make: Make) -> None:
    parent = f"/inventory_lists/{make()}"
    records = f"{parent}/product_inventory_records"

    def write(number: int) -> int:
        if number == 20:
            return api.delete(parent).status_code
        return api.put(f"{records}/sku-{number}", json={}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(write, range(40)))
    assert statuses.pop(20) == 204
    assert {*statuses} <= {201, 404}
    assert api.put(parent, json={}).status_code == 201
    assert api.get(records).json()["total"] == 0


@pytest.mark.rule("INV-8", "PAG-2")
def test_records_are_in_the_byte_order_of_their_product_ids(api: Api, records: str) -> None:
    for name in ("b", "B", "a%2Fb", "%F0%9F%93%A6", "%EF%BF%BD", "10", "9", "%C3%A9", "a"):
        assert api.put(f"{records}/{name}", json={}).status_code == 201
    ids = [item["product_id"] for item in api.get(records).json()["data"]]
    assert ids == ["10", "9", "B", "a", "a/b", "b", "é", "\ufffd", "📦"]


@pytest.mark.rule("INV-8", "ENV-2")
def test_the_records_of_a_list_are_paged_apart_from_others(api: Api, make: Make) -> None:
    names = sorted([make(), make()])
    for name in names:
        for number in range(3):
            path = f"/inventory_lists/{name}/product_inventory_records/sku-{number}"
            assert api.put(path, json={"product_name": name}).status_code == 201
    for name in names:
        path = f"/inventory_lists/{name}/product_inventory_records"
        page = api.get(f"{path}?count=2&select=(**)").json()
        assert (page["_type"], page["count"], page["total"], page["start"]) == (
            "product_inventory_records",
            2,
            3,
            0,
        )
        assert [item["product_name"] for item in page["data"]] == [name, name]
        assert page["next"].startswith(f"{api.url}{api.scope}{path}?")
        rest = api.call("GET", page["next"].removeprefix(api.url)).json()
        assert [item["product_id"] for item in rest["data"]] == ["sku-2"]
        assert "next" not in rest


@pytest.mark.rule("INV-8", "ENV-4")
def test_without_a_selector_records_show_id_and_link_alone(documented: Api, unused: str) -> None:
    records = f"/inventory_lists/{unused}/product_inventory_records"
    assert documented.put(f"/inventory_lists/{unused}", json={}).status_code == 201
    made = documented.put(f"{records}/sku-1", json={"allocation": {"amount": 1}}).json()
    [item] = documented.get(records).json()["data"]
    assert item == {
        "_v": "23.2",
        "_type": "product_inventory_record",
        "_resource_state": made["_resource_state"],
        "link": f"{documented.url}/s/-/dw/data/v23_2{records}/sku-1",
        "product_id": "sku-1",
    }
    [whole] = documented.get(f"{records}?select=(**)").json()["data"]
    assert whole == made
    chosen = documented.get(f"{records}?select=(data.(allocation.(amount)))").json()
    assert [i["allocation"]["amount"] for i in chosen["data"]] == [1]


@pytest.mark.rule("INV-9", "DEC-5")
def test_a_record_takes_custom_properties(api: Api, record: str) -> None:
    sent = {"c_bin": "A-1", "c_count": 2.5, "c_ok": False, "c_note": {"default": "x", "de": "y"}}
    assert api.patch(record, json=sent).status_code == 200
    found = api.get(record).json()
    assert {name: found[name] for name in sent} == sent
    assert "c_bin" not in api.patch(record, json={"c_bin": None}).json()


@pytest.mark.rule("INV-9", "DEC-5")
def test_the_storefront_declares_its_custom_properties(start: Start) -> None:
    api = start(fixtures="storefront")
    path = f"/inventory_lists/inventory_eu/product_inventory_records/contract-{uuid.uuid4().hex}"
    sent = {
        "c_bin": "V-01-01",
        "c_click_and_collect": True,
        "c_counted_on": "2024-07-01T18:00:00.000Z",
        "c_note": {"default": "one", "de": "eins"},
        "c_safety_stock": 2.5,
    }
    created = api.put(path, json=sent).json()
    assert {name: created[name] for name in sent} == sent
    for wrong in ({"c_bin": 1}, {"c_note": "one"}, {"c_note": {"de": 1}}, {"c_other": "x"}):
        assert_fault(api.patch(path, json=wrong), 400, "InvalidCustomProperty", {})
    assert api.get(path).json() == created


@pytest.mark.rule("INV-9", "INV-1")
def test_the_storefront_has_stock_of_every_kind(start: Start) -> None:
    api = start(fixtures="storefront")
    lists = [item["id"] for item in api.get("/inventory_lists").json()["data"]]
    found: list[dict[str, Any]] = []
    for name in lists:
        path = f"/inventory_lists/{name}/product_inventory_records"
        page = api.get(f"{path}?count=1000&select=(**)").json()
        assert page["total"] == len(page["data"]) > 0
        found += page["data"]
    assert (len(lists), len(found)) == (8, 638)
    assert sum(record["perpetual_flag"] for record in found) == 12
    preorders = [r for r in found if r["pre_order_back_order_handling"] == "preorder"]
    assert {("in_stock_date" in r, r["stock_level"] <= 0 < r["ats"]) for r in preorders} == {
        (True, True)
    }
    backorders = [r for r in found if r["pre_order_back_order_handling"] == "backorder"]
    assert {r["stock_level"] < 0 < r["ats"] for r in backorders} == {True}
    assert any(record["stock_level"] == 0 for record in found)
    for record in found:
        level = record["allocation"]["amount"] - record["inventory_turnover"]
        more = record["pre_order_back_order_allocation"]
        assert (record["stock_level"], record["ats"]) == (level, level + more)
