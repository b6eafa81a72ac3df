"""Orders: ten writes without a document in the answer (ORDER-1 to ORDER-10)."""

import re
import shutil
import uuid
from typing import Any

import pytest
import requests

from contract_tests.api import Api, assert_fault
from contract_tests.conftest import Start
from contract_tests.place import here
from emulator.fixture.data_set import locate

HERE = here()

ORDER = "an order: no request of the Data API creates one"
CREATED = {"status": "created", "payment_instruments": [{"payment_instrument_id": "pay"}]}
EU, M = "inventory_eu", "inventory_m"
PLACED = ("new", "open", "completed")
# No operation reads an order: the tests read the whole state, so the data set is small.
FILES = ("inventory_lists", "roles", "clients", "sites", "system_object_definitions")
NO_ADDRESS = {"shipments": [{"shipment_id": "main"}]}
WRITES = {
    "": ("PATCH", {}),
    "/confirmation_status": ("PUT", {"status": "confirmed"}),
    "/export_status": ("PUT", {"status": "ready"}),
    "/external_status": ("PUT", {"status": "PICKED"}),
    "/payment_instruments/pay": ("PATCH", {}),
    "/payment_instruments/pay/transaction": ("PATCH", {}),
    "/payment_status": ("PUT", {"status": "paid"}),
    "/shipments/main/shipping_address": ("PUT", {"city": "Testville"}),
    "/shipping_status": ("PUT", {"status": "shipped"}),
    "/status": ("PUT", {"status": "new"}),
}


@pytest.fixture(scope="module")
def small_data_set(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("orders")
    for name in FILES:
        shutil.copy(locate("storefront") / f"{name}.json", folder)
    return str(folder)


@pytest.fixture
def shop(request: pytest.FixtureRequest, small_data_set: str) -> Api:
    """The server under test, or one with the sites and inventory lists of ``storefront``."""
    if request.config.getoption("--target"):
        if HERE.missing:
            pytest.skip(f"the target has no shop: {HERE.missing}")
        server: Api = request.getfixturevalue("documented")
        return server
    small: Api = request.getfixturevalue("start")(fixtures=small_data_set)
    return small


def create(shop: Api, kind: str, properties: dict[str, Any]) -> None:
    body = {"type": kind, "properties": properties}
    answer = shop.call("POST", "/__emulator__/documents", json=body)
    assert answer.status_code in (200, 201), answer.text


def make(shop: Api, /, **members: Any) -> str:
    """Create an order; return the number."""
    number = uuid.uuid4().hex
    create(shop, "order", {"site_id": "RefArch", "order_no": number, **members})
    return number


def stock(shop: Api, list_id: str, /, **members: Any) -> str:
    """Create a record in an inventory list; return the product."""
    product = uuid.uuid4().hex
    record = {"inventory_list_id": list_id, "product_id": product, **members}
    create(shop, "product_inventory_record", record)
    return product


def write(shop: Api, number: str, path: str, body: Any, **options: Any) -> requests.Response:
    method, _ = WRITES[path]
    url = f"{shop.scope}/sites/{HERE.site}/orders/{number}{path}"
    return shop.call(method, url, json=body, **options)


def show(shop: Api, number: str) -> dict[str, Any]:
    """Return an order as the state of the workspace has it."""
    files = shop.call("GET", "/__emulator__/state").json()["files"]
    [found] = [one for one in files["orders.json"] if one["order_no"] == number]
    return {name: value for name, value in found.items() if name[0] != "_"}


def change_status(shop: Api, number: str, *statuses: str) -> None:
    for status in statuses:
        answer = write(shop, number, "/status", {"status": status})
        assert answer.status_code == 204, answer.text
        assert show(shop, number)["status"] == status


def read_stock(shop: Api, list_id: str, product_id: str) -> tuple[float, float, float]:
    """Return turnover, quantity on order, and the quantity that is available."""
    record = shop.get(f"/inventory_lists/{list_id}/product_inventory_records/{product_id}").json()
    return record["inventory_turnover"], record["quantity_on_order"], record["ats"]


@pytest.mark.rule("ORDER-1")
@pytest.mark.needs(ORDER)
def test_every_write_of_an_order_answers_204_and_the_state(shop: Api) -> None:
    number = make(
        shop,
        status="created",
        payment_instruments=[{"payment_instrument_id": "pay", "payment_transaction": {}}],
        **NO_ADDRESS,
    )
    for path, (_, body) in WRITES.items():
        answer = write(shop, number, path, body)
        assert (answer.status_code, answer.content) == (204, b""), path
        assert re.fullmatch("[0-9a-f]{64}", answer.headers["x-dw-resource-state"])
    order = show(shop, number)
    assert order.pop("creation_date") < order.pop("last_modified")
    assert order == {
        "site_id": "RefArch",
        "order_no": number,
        "confirmation_status": "confirmed",
        "export_status": "ready",
        "external_order_status": "PICKED",
        "invoice_no": number,
        "payment_instruments": [{"payment_instrument_id": "pay", "payment_transaction": {}}],
        "payment_status": "paid",
        "shipments": [
            {
                "shipment_id": "main",
                "shipment_no": f"{number}-1",
                "shipping_address": {"city": "Testville"},
            }
        ],
        "shipping_status": "shipped",
        "status": "new",
    }


@pytest.mark.rule("ORDER-1")
def test_no_operation_reads_creates_or_deletes_orders(shop: Api) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = shop.call(method, f"{shop.scope}/sites/{HERE.site}/orders/none", json={})
        assert_fault(answer, 405, "MethodNotAllowed", {"method": method})
        assert answer.headers["Allow"] == "PATCH, OPTIONS"
    assert shop.get(f"/sites/{HERE.site}/orders").status_code == 404


@pytest.mark.rule("ORDER-1")
def test_a_missing_site_and_a_missing_order_have_faults(shop: Api) -> None:
    for path, (method, body) in WRITES.items():
        answer = write(shop, "none", path, body)
        assert_fault(
            answer,
            *(404, "OrderNotFound", {"orderNo": "none"}),
            "No order with number 'none' was found.",
        )
        answer = shop.call(method, f"{shop.scope}/sites/none/orders/1{path}", json=body)
        assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("ORDER-1", "RST-2")
@pytest.mark.needs(ORDER)
def test_a_write_expects_the_state_that_the_client_sends(shop: Api) -> None:
    number = make(shop)
    first = write(shop, number, "/payment_status", {"status": "paid"})
    state = first.headers["x-dw-resource-state"]
    again = write(shop, number, "/payment_status", {"status": "paid"})
    assert again.headers["x-dw-resource-state"] == state
    expected = {"x-dw-resource-state": state}
    body = {"status": "part_paid"}
    assert write(shop, number, "/payment_status", body, headers=expected).status_code == 204
    answer = write(shop, number, "/payment_status", body, headers=expected)
    assert answer.status_code == 409
    assert answer.json()["fault"]["type"] == "ResourceStateConflictException"


@pytest.mark.rule("ORDER-2")
@pytest.mark.parametrize(
    ("path", "document", "valid"),
    [
        ("/confirmation_status", "order_confirmation_status", "confirmed not_confirmed"),
        ("/export_status", "order_export_status", "exported not_exported ready failed"),
        ("/payment_status", "order_payment_status", "paid part_paid not_paid"),
        ("/shipping_status", "order_shipping_status", "shipped part_shipped not_shipped"),
    ],
)
@pytest.mark.needs(ORDER)
def test_a_status_is_one_of_these(shop: Api, path: str, document: str, valid: str) -> None:
    number = make(shop)
    for status in valid.split():
        assert write(shop, number, path, {"status": status}).status_code == 204
        assert show(shop, number)[path[1:]] == status
    kind = f"{document}_update_request"
    for status in ("", "CONFIRMED", "created"):
        arguments = {"document": kind, "enumValue": status}
        answer = write(shop, number, path, {"status": status})
        assert_fault(answer, 400, "EnumConstraintViolation", arguments)
    for body in ({}, {"status": None}):
        arguments = {"document": kind, "path": "$.status"}
        answer = write(shop, number, path, body)
        assert_fault(answer, 400, "PropertyConstraintViolation", arguments)


@pytest.mark.rule("ORDER-2")
@pytest.mark.needs(ORDER)
def test_an_external_status_is_any_text_of_1_to_256_characters(shop: Api) -> None:
    number = make(shop)
    for text in ("é", "x" * 256):
        assert write(shop, number, "/external_status", {"status": text}).status_code == 204
        assert show(shop, number)["external_order_status"] == text
    for text in ("", "x" * 257):
        answer = write(shop, number, "/external_status", {"status": text})
        assert_fault(
            answer,
            *(400, "PropertyConstraintViolation"),
            {"document": "order_external_status_update_request", "path": "$.status"},
        )


@pytest.mark.rule("ORDER-3")
@pytest.mark.parametrize(
    "path",
    [
        "created failed created",
        "created new open completed new completed open new",
        "created open cancelled new cancelled completed cancelled open",
        "created cancelled open",
        "created completed cancelled",
    ],
)
@pytest.mark.needs(ORDER)
def test_an_order_passes_through_statuses(shop: Api, path: str) -> None:
    change_status(shop, make(shop, **CREATED), *path.split())


@pytest.mark.rule("ORDER-3")
@pytest.mark.parametrize("source", [*PLACED, "cancelled", "failed"])
@pytest.mark.needs(ORDER)
def test_other_changes_of_the_status_are_refused(shop: Api, source: str) -> None:
    number = make(shop, **{**CREATED, "status": source})
    for target in (*PLACED, "cancelled") if source == "failed" else ("created", "failed"):
        answer = write(shop, number, "/status", {"status": target})
        assert_fault(
            answer,
            *(409, "OrderStatusTransition"),
            {"orderNo": number, "from": source.upper(), "to": target.upper()},
            f"The order status change from '{source.upper()}' to '{target.upper()}' for order with "
            f"number '{number}' is not supported.",
        )
    assert write(shop, number, "/status", {"status": source}).status_code == 204


@pytest.mark.rule("ORDER-3")
@pytest.mark.needs(ORDER)
def test_a_status_of_later_versions_is_unknown(shop: Api) -> None:
    for status in ("failed_with_reopen", "replaced"):
        answer = write(shop, make(shop), "/status", {"status": status})
        arguments = {"document": "order_status_update_request", "enumValue": status}
        assert_fault(answer, 400, "EnumConstraintViolation", arguments)


@pytest.mark.rule("ORDER-3", "VER-5")
@pytest.mark.needs(ORDER)
def test_an_order_may_fail_with_a_reopened_basket_from_25_6_on(shop: Api) -> None:
    number = make(shop, **CREATED)
    path = f"/sites/RefArch/orders/{number}/status"
    body = {"status": "failed_with_reopen"}
    for version, status in (("v23_2", 400), ("v25_6", 204)):
        answer = shop.call("PUT", f"/s/-/dw/data/{version}{path}", json=body)
        assert answer.status_code == status
    assert show(shop, number)["status"] == "failed"


@pytest.mark.rule("ORDER-4")
@pytest.mark.needs(ORDER)
def test_a_placed_order_has_numbers_of_invoice_and_shipments(shop: Api) -> None:
    shipments = [{"shipment_id": "a"}, {"shipment_id": "b", "shipment_no": "own"}]
    number = make(shop, **CREATED, shipments=shipments)
    change_status(shop, number, "failed", "created")
    assert "invoice_no" not in show(shop, number)
    change_status(shop, number, "open")
    order = show(shop, number)
    assert order["invoice_no"] == number
    assert [one["shipment_no"] for one in order["shipments"]] == [f"{number}-1", "own"]


@pytest.mark.rule("ORDER-4")
@pytest.mark.parametrize("status", [*PLACED, "cancelled"])
@pytest.mark.needs(ORDER)
def test_an_order_without_payment_is_not_placed(shop: Api, status: str) -> None:
    number = make(shop, status="created")
    assert_fault(
        write(shop, number, "/status", {"status": status}),
        *(409, "PlaceOrder", {"orderNo": number}),
        f"Order with number '{number}' can't be placed.",
    )
    change_status(shop, number, "failed", "created")


@pytest.mark.rule("ORDER-5")
@pytest.mark.parametrize("shipped", ["shipped", "part_shipped"])
@pytest.mark.needs(ORDER)
def test_an_order_with_shipped_products_is_not_cancelled(shop: Api, shipped: str) -> None:
    number = make(shop, **{**CREATED, "status": "completed"}, shipping_status=shipped)
    assert_fault(
        write(shop, number, "/status", {"status": "cancelled"}),
        *(409, "CancelOrder", {"orderNo": number}),
        f"Order with number '{number}' can't be cancelled.",
    )
    assert write(shop, number, "/shipping_status", {"status": "not_shipped"}).status_code == 204
    change_status(shop, number, "cancelled")


@pytest.mark.rule("ORDER-6")
@pytest.mark.parametrize(
    ("management", "fault"),
    [
        ("integrated", "OrderIntegrationStatus"),
        ("previously_integrated", "OrderPreviouslyIntegratedStatus"),
    ],
)
@pytest.mark.needs(ORDER)
def test_an_external_system_manages_placed_orders(shop: Api, management: str, fault: str) -> None:
    number = make(shop, **CREATED, order_management=management)
    change_status(shop, number, "failed", "created", "new")
    for status in ("open", "cancelled", "failed"):
        answer = write(shop, number, "/status", {"status": status})
        assert_fault(answer, 409, fault, {"orderNo": number})
    assert write(shop, number, "/shipping_status", {"status": "shipped"}).status_code == 204


@pytest.mark.rule("ORDER-7")
@pytest.mark.needs(ORDER)
def test_failed_and_cancelled_orders_return_stock(shop: Api) -> None:
    product = stock(
        shop,
        EU,
        allocation={"amount": 5},
        inventory_turnover=3,
    )
    item = {"product_id": product, "quantity": 3, "inventory_id": EU}
    number = make(shop, **CREATED, product_items=[item, {"product_id": "unknown"}])
    assert read_stock(shop, EU, product) == (3, 0, 2)
    change_status(shop, number, "failed")
    assert read_stock(shop, EU, product) == (0, 0, 5)
    change_status(shop, number, "created")
    assert read_stock(shop, EU, product) == (3, 0, 2)
    change_status(shop, number, "open", "completed", "cancelled")
    assert read_stock(shop, EU, product) == (0, 0, 5)
    change_status(shop, number, "new")
    assert read_stock(shop, EU, product) == (3, 0, 2)


def redeem(shop: Api, number: str, coupon: str, code: str) -> None:
    """Let an order redeem the code of a new coupon."""
    assert shop.put(f"/sites/{HERE.site}/coupons/{coupon}", json={}).status_code == 200
    ids = {"site_id": HERE.site, "coupon_id": coupon, "code": code, "order_no": number}
    email = {"customer_email": "ada@shop.example"}
    create(shop, "coupon_redemption", {**ids, **email, "creation_date": "2023-02-20T12:00:00.000Z"})


def find_redemptions(shop: Api, number: str) -> list[dict[str, Any]]:
    term = {"fields": ["order_no"], "operator": "is", "values": [number]}
    body = {"query": {"term_query": term}, "select": "(**)"}
    url = f"{shop.scope}/sites/{HERE.site}/coupon_redemption_search"
    answer = shop.call("POST", url, json=body)
    assert answer.status_code == 200, answer.text
    return [*answer.json().get("hits", ())]


@pytest.mark.rule("ORDER-12")
@pytest.mark.needs(ORDER)
def test_a_failed_order_releases_coupon_redemptions(shop: Api) -> None:
    number, coupon = make(shop, **CREATED), uuid.uuid4().hex
    path = f"/sites/{HERE.site}/coupons/{coupon}?expand=stats"
    redeem(shop, number, coupon, "WELCOME")
    redeem(shop, make(shop, **CREATED), coupon, "WELCOME")
    [before] = find_redemptions(shop, number)
    assert (before["coupon_id"], before["code"]) == (coupon, "WELCOME")
    assert shop.get(path).json()["redemption_count"] == 2
    for _ in "12":
        change_status(shop, number, "failed")
        assert find_redemptions(shop, number) == []
        assert shop.get(path).json()["redemption_count"] == 1
        [released] = show(shop, number)["released_redemptions"]
        assert (released["coupon_id"], released["code"]) == (coupon, "WELCOME")
        change_status(shop, number, "created")
        assert find_redemptions(shop, number) == [before]
        assert shop.get(path).json()["redemption_count"] == 2
        assert "released_redemptions" not in show(shop, number)
    change_status(shop, number, "new", "cancelled")
    assert find_redemptions(shop, number) == [before]


@pytest.mark.rule("ORDER-12")
@pytest.mark.needs(ORDER)
def test_an_order_without_the_coupon_is_not_reopened(shop: Api) -> None:
    product = stock(shop, EU, allocation={"amount": 5})
    item = {"product_id": product, "quantity": 2, "inventory_id": EU}
    number, coupon = make(shop, **CREATED, product_items=[item]), uuid.uuid4().hex
    redeem(shop, number, coupon, "GONE")
    change_status(shop, number, "failed")
    before = read_stock(shop, EU, product)
    assert shop.delete(f"/sites/{HERE.site}/coupons/{coupon}").status_code == 204
    assert_fault(
        write(shop, number, "/status", {"status": "created"}),
        *(409, "UndoFailOrder", {"orderNo": number}),
        f"The failed order with number '{number}' cannot be reopened.",
    )
    assert show(shop, number)["status"] == "failed"
    assert read_stock(shop, EU, product) == before


@pytest.mark.rule("ORDER-7")
@pytest.mark.needs(ORDER)
def test_a_failed_order_returns_stock_on_order(shop: Api) -> None:
    product = stock(shop, M, allocation={"amount": 5})
    item = {"product_id": product, "quantity": 2, "inventory_id": M}
    number = make(shop, **{**CREATED, "status": "failed"}, product_items=[item])
    change_status(shop, number, "created")
    assert read_stock(shop, M, product) == (0, 2, 5)
    change_status(shop, number, "failed")
    assert read_stock(shop, M, product) == (0, 0, 5)


@pytest.mark.rule("ORDER-7")
@pytest.mark.parametrize(
    ("status", "fault", "message"),
    [
        ("failed", "UndoFailOrder", "The failed order with number '{}' cannot be reopened."),
        (
            "cancelled",
            "UndoCancelOrder",
            "The cancelled order with number '{}' cannot be reopened.",
        ),
    ],
)
@pytest.mark.needs(ORDER)
def test_an_order_without_stock_is_not_reopened(
    shop: Api, status: str, fault: str, message: str
) -> None:
    product = stock(shop, EU, allocation={"amount": 3})
    items = [{"product_id": product, "quantity": 2, "inventory_id": EU}] * 2
    number = make(shop, **{**CREATED, "status": status}, product_items=items)
    target = {"status": "created" if status == "failed" else "open"}
    for _ in range(2):
        answer = write(shop, number, "/status", target)
        assert_fault(answer, 409, fault, {"orderNo": number}, message.format(number))
        assert read_stock(shop, EU, product) == (0, 0, 3)
    record = f"/inventory_lists/{EU}/product_inventory_records/{product}"
    assert shop.patch(record, json={"perpetual_flag": True}).status_code == 200
    assert write(shop, number, "/status", target).status_code == 204
    assert read_stock(shop, EU, product) == (4, 0, -1)


@pytest.mark.rule("ORDER-7")
@pytest.mark.needs(ORDER)
def test_a_product_without_a_record_has_the_stock_of_the_list(shop: Api) -> None:
    for list_id, status in (("inventory_digital", 204), ("inventory_eu", 409), ("none", 204)):
        items = [{"product_id": "unknown", "inventory_id": list_id}]
        number = make(shop, **{**CREATED, "status": "failed"}, product_items=items)
        answer = write(shop, number, "/status", {"status": "created"})
        assert answer.status_code == status, list_id


@pytest.mark.rule("ORDER-8")
@pytest.mark.needs(ORDER)
def test_an_exported_order_has_no_stock_on_order(shop: Api) -> None:
    product = stock(shop, M, allocation={"amount": 5})
    item = {"product_id": product, "quantity": 2, "inventory_id": M}
    number = make(shop, **{**CREATED, "status": "failed"}, product_items=[item])
    change_status(shop, number, "created", "new")
    assert read_stock(shop, M, product) == (0, 2, 5)
    for status, found in (("ready", (0, 2, 5)), ("exported", (2, 0, 3)), ("exported", (2, 0, 3))):
        assert write(shop, number, "/export_status", {"status": status}).status_code == 204
        assert read_stock(shop, M, product) == found
    change_status(shop, number, "cancelled")
    assert read_stock(shop, M, product) == (0, 0, 5)


@pytest.mark.rule("ORDER-9")
@pytest.mark.parametrize(
    ("path", "object_type"),
    [
        ("", "Order"),
        ("/payment_instruments/pay", "OrderPaymentInstrument"),
        ("/payment_instruments/pay/transaction", "PaymentTransaction"),
    ],
)
@pytest.mark.needs(ORDER)
def test_patch_changes_the_declared_custom_properties(
    shop: Api, path: str, object_type: str
) -> None:
    name = f"erp{uuid.uuid4().hex}"
    definition = f"/system_object_definitions/{object_type}/attribute_definitions/{name}"
    assert shop.put(definition, json={"value_type": "string"}).status_code in (200, 201)
    instrument = {
        "payment_instrument_id": "pay",
        "amount": 5,
        "payment_transaction": {"amount": 5, "transaction_id": "t"},
    }
    number = make(shop, payment_instruments=[instrument])

    def read() -> dict[str, Any]:
        order = show(shop, number)
        if not path:
            return order
        found: dict[str, Any] = order["payment_instruments"][0]
        return found["payment_transaction"] if path.endswith("transaction") else found

    before = read()
    assert write(shop, number, path, {f"c_{name}": "E1"}).status_code == 204
    after = {**read(), "last_modified": ""}
    assert after == {**before, f"c_{name}": "E1", "last_modified": ""}
    assert write(shop, number, path, {f"c_{name}": None}).status_code == 204
    assert f"c_{name}" not in read()
    assert_fault(write(shop, number, path, {"c_undeclared": "x"}), 400, "InvalidCustomProperty", {})
    answer = write(shop, number, path, {"amount": 1})
    assert answer.json()["fault"]["type"] == "UnknownPropertyException"


@pytest.mark.rule("ORDER-9")
@pytest.mark.needs(ORDER)
def test_missing_payment_instruments_and_transactions_have_faults(shop: Api) -> None:
    instruments = [{"payment_instrument_id": "a"}, {"payment_instrument_id": "pay"}]
    number = make(shop, payment_instruments=instruments)
    assert write(shop, number, "/payment_instruments/pay", {}).status_code == 204
    answer = write(shop, number, "/payment_instruments/pay/transaction", {})
    assert_fault(answer, 404, "PaymentTransactionNotFound", {"paymentInstrumentId": "pay"})
    for paid in ({}, {"payment_instruments": instruments[:1]}):
        number = make(shop, **paid)
        for path in ("/payment_instruments/pay", "/payment_instruments/pay/transaction"):
            assert_fault(
                write(shop, number, path, {}),
                *(404, "PaymentInstrumentNotFound", {"paymentInstrumentId": "pay"}),
                "The payment instrument with ID 'pay' couldn't be found.",
            )


@pytest.mark.rule("ORDER-10")
@pytest.mark.needs(ORDER)
def test_put_replaces_the_address_of_a_shipment(shop: Api) -> None:
    other = {"shipment_id": "other", "shipping_address": {"city": "Elsewhere"}}
    number = make(shop, shipments=[other, {"shipment_id": "main"}])
    path = "/shipments/main/shipping_address"
    for address in ({"last_name": "Sample", "city": "Testville"}, {"postal_code": "00000"}, {}):
        assert write(shop, number, path, address).status_code == 204
        assert show(shop, number)["shipments"] == [
            other,
            {"shipment_id": "main", "shipping_address": address},
        ]
    answer = write(shop, number, path, {"planet": "Earth"})
    arguments = {"document": "shipping_address_update_request", "property": "planet"}
    assert_fault(answer, 400, "UnknownProperty", arguments)
    number = make(shop)
    assert_fault(
        write(shop, number, path, {}),
        *(404, "ShipmentNotFound", {"shipmentId": "main"}),
        "No shipment with ID 'main' could be found.",
    )


@pytest.mark.rule("ORDER-1")
@pytest.mark.needs(ORDER)
def test_the_data_set_has_orders_in_every_status(start: Start) -> None:
    storefront = start(fixtures="storefront")
    files = storefront.call("GET", "/__emulator__/state").json()["files"]
    orders = [
        one for one in files["orders.json"] if re.fullmatch("00000[12]0[1-9]", one["order_no"])
    ]
    statuses = {"created", "new", "open", "completed", "cancelled", "failed"}
    assert {one["status"] for one in orders} == statuses
    customers = {(one["list_id"], one["customer_no"]) for one in files["customers.json"]}
    products = {one["id"] for one in files["products.json"]}
    for one in orders:
        assert {item["product_id"] for item in one["product_items"]} <= products
        customer = one.get("customer_info", {}).get("customer_no")
        assert customer is None or (one["site_id"], customer) in customers
