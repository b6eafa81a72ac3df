"""A document is deleted while another request refers to it: no reference is left dangling."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from emulator import Emulator
from emulator.fixture.impex.writer import make_zip
from emulator.store import Change, Delete, MemoryStore

SCOPE = "/s/-/dw/data/v23_2"
LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
MASTER, VARIANT = "/products/merino-crew", "merino-crew-black-m"
CUSTOMER = "/customer_lists/RefArch/customers/00000003"
SIZE = f"{MASTER}/variation_attributes/size"
GROUP = "/system_object_definitions/SitePreferences/attribute_groups/Reviews"
LIBRARY = "/libraries/SharedLibrary"
DEFINITIONS = "/system_object_definitions/SitePreferences/attribute_definitions"

SEGMENT = "/sites/RefArch/ab_tests/home-banner/segments/Control"
PROMOTION = "/sites/RefArch/promotions/new"
SLOT_CONFIGURATION = "/sites/RefArch/slots/home-banner/slot_configurations/new"

Send = Callable[..., TestResponse]


@pytest.fixture(scope="module")
def shared_emulator() -> Emulator:
    return Emulator(fixtures="storefront", seed="rival")


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Emulator:
    shared_emulator.reset()
    return shared_emulator


def connect(emulator: Emulator) -> Send:
    """Return a function that sends a request with a token."""
    client, headers = Client(emulator.app), {"Authorization": f"Bearer {emulator.token()}"}

    def send(method: str, path: str, body: Any = None) -> TestResponse:
        return client.open(SCOPE + path, method=method, json=body, headers=headers)

    return send


def let_in(
    patch: pytest.MonkeyPatch, rival: Callable[[], object], collection: str | None = None
) -> None:
    """Let a rival act before the next write, or before the next deletion from a collection."""
    apply, waiting = MemoryStore.apply, [rival]

    def apply_after_rival(store: MemoryStore, *changes: Change) -> None:
        deletes = any(isinstance(one, Delete) and one.collection == collection for one in changes)
        if waiting and (deletes or collection is None):
            waiting.pop()()
        apply(store, *changes)

    patch.setattr(MemoryStore, "apply", apply_after_rival)


SYSTEM, CUSTOM = "/system_object_definitions", "/custom_object_definitions"
LIST_ATTRIBUTE = f"{SYSTEM}/ProductInventoryList/attribute_definitions/rival"
OBJECT_ATTRIBUTE = f"{CUSTOM}/Newsletter/attribute_definitions/rival"
INVENTORY_LIST, OBJECT = "/inventory_lists/inventory_m", "/custom_objects/Newsletter/rival"
DOCUMENTS_WITH_VALUES = [
    pytest.param(LIST_ATTRIBUTE, "system_attribute_definitions", INVENTORY_LIST, id="list"),
    pytest.param(OBJECT_ATTRIBUTE, "custom_attribute_definitions", OBJECT, id="object"),
]


@pytest.mark.parametrize(("attribute", "collection", "path"), DOCUMENTS_WITH_VALUES)
def test_value_of_a_write_before_the_deletion_is_removed(
    emulator: Emulator, attribute: str, collection: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = connect(emulator)
    assert send("PUT", attribute, {"value_type": "string"}).status_code == 201
    send("PUT", path, {})
    statuses = []

    def write() -> None:
        statuses.append(send("PATCH", path, {"c_rival": "late"}).status_code)

    let_in(monkeypatch, write, collection)
    assert send("DELETE", attribute).status_code == 204
    assert statuses == [200]
    assert send("PUT", attribute, {"value_type": "string"}).status_code == 201
    assert "c_rival" not in (send("GET", path).json or {})


@pytest.mark.parametrize("name", ["c_rival", "c_other"])
@pytest.mark.parametrize(("attribute", "_collection", "path"), DOCUMENTS_WITH_VALUES)
def test_value_of_a_deleted_attribute_is_refused(
    emulator: Emulator,
    attribute: str,
    _collection: str,
    path: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send = connect(emulator)
    other = attribute.replace("rival", "other")
    for one in (attribute, other):
        assert send("PUT", one, {"value_type": "string"}).status_code == 201
    send("PUT", path, {})
    let_in(monkeypatch, lambda: send("DELETE", attribute))
    answer = send("PATCH", path, {name: "late"})
    assert answer.status_code == (400 if name == "c_rival" else 200)
    assert (send("GET", path).json or {}).get(name) == (None if name == "c_rival" else "late")


@pytest.mark.parametrize(
    ("deleted", "collection", "rival"),
    [
        pytest.param(
            MASTER,
            "products",
            ("PUT", f"{MASTER}/variations/new", {"variation_values": {"size": "m"}}),
            id="master-and-new-variant",
        ),
        pytest.param(
            MASTER,
            "products",
            ("PUT", f"{MASTER}/variation_groups/new", {"variation_values": {"size": "m"}}),
            id="master-and-new-group",
        ),
        pytest.param(
            f"/products/{VARIANT}",
            "products",
            ("PATCH", MASTER, {"default_variant_id": VARIANT}),
            id="variant-and-default",
        ),
        pytest.param(
            f"{SIZE}/values/m",
            "product_variation_attribute_values",
            ("PUT", f"{MASTER}/variations/new", {"variation_values": {"size": "m"}}),
            id="value-and-new-variant",
        ),
        pytest.param(
            f"{SIZE}/values/m",
            "product_variation_attribute_values",
            (
                "PATCH",
                f"{MASTER}/variations/merino-crew-black-s",
                {"variation_values": {"size": "m"}},
            ),
            id="value-and-changed-variant",
        ),
        pytest.param(
            CUSTOMER,
            "customers",
            ("PUT", "/sites/RefArch/customer_groups/VIP/members/00000003", None),
            id="customer-and-member",
        ),
        pytest.param(
            f"{DEFINITIONS}/new",
            "system_attribute_definitions",
            ("PUT", f"{GROUP}/attribute_definitions/new", None),
            id="attribute-and-group",
        ),
        pytest.param(
            "/roles/Merchandiser",
            "roles",
            ("PUT", "/roles/Merchandiser/users/admin", None),
            id="role-and-user",
        ),
        pytest.param(
            f"{LIBRARY}/content/imprint",
            "content",
            ("PUT", f"{LIBRARY}/folder_assignments/imprint/returns", None),
            id="content-and-assignment",
        ),
        pytest.param(
            f"{LIBRARY}/folders/delivery",
            "content_folders",
            ("PUT", f"{LIBRARY}/folder_assignments/imprint/delivery", None),
            id="folder-and-assignment",
        ),
        pytest.param(
            f"{LIBRARY}/folders/service",
            "content_folders",
            ("PUT", f"{LIBRARY}/folders/new", {"parent_folder_id": "delivery"}),
            id="folder-and-folder-below",
        ),
        pytest.param(
            "/catalogs/storefront-catalog/categories/bags",
            "categories",
            ("PUT", "/catalogs/storefront-catalog/categories/bags/products/merino-crew", {}),
            id="category-and-product",
        ),
        pytest.param(
            "/catalogs/storefront-catalog/categories/bags",
            "categories",
            (
                "PUT",
                "/catalogs/storefront-catalog/categories/small",
                {"parent_category_id": "bags"},
            ),
            id="category-and-category",
        ),
        pytest.param(
            "/products/garment-bag",
            "products",
            ("PUT", "/catalogs/storefront-catalog/categories/care/products/garment-bag", {}),
            id="product-and-category",
        ),
        pytest.param(
            "/sites/RefArch/coupons/flyer",
            "coupons",
            ("PUT", "/sites/RefArch/campaigns/paused/coupons/flyer", None),
            id="coupon-and-campaign",
        ),
        pytest.param(
            "/sites/RefArch/source_code_groups/partners",
            "source_code_groups",
            ("PUT", "/sites/RefArch/campaigns/paused/source_code_groups/partners", None),
            id="source-codes-and-campaign",
        ),
        pytest.param(
            "/sites/RefArch/customer_groups/VIP",
            "customer_groups",
            ("PUT", "/sites/RefArch/campaigns/paused/customer_groups/VIP", None),
            id="group-and-campaign",
        ),
        pytest.param(
            "/sites/RefArch/promotions/lamp-sale",
            "promotions",
            ("PUT", "/sites/RefArch/campaigns/paused/promotions/lamp-sale", {}),
            id="promotion-and-campaign",
        ),
        pytest.param(
            "/sites/RefArch/campaigns/paused",
            "campaigns",
            ("PUT", "/sites/RefArch/campaigns/paused/promotions/lamp-sale", {"coupons": ["flyer"]}),
            id="campaign-and-promotion",
        ),
        pytest.param(
            PROMOTION,
            "promotions",
            ("PUT", f"{SEGMENT}/promotions/new", None),
            id="promotion-and-segment",
        ),
        pytest.param(
            SLOT_CONFIGURATION,
            "slot_configurations",
            ("PUT", f"{SEGMENT}/slot_configurations/home-banner/new", None),
            id="slot-configuration-and-segment",
        ),
        pytest.param(
            "/catalogs/storefront-catalog/categories/care",
            "categories",
            ("PUT", f"{SEGMENT}/sorting_rules/by-name/care", None),
            id="category-and-segment",
        ),
    ],
)
def test_a_deletion_leaves_no_reference_of_a_rival(
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    deleted: str,
    collection: str,
    rival: tuple[str, str, Any],
) -> None:
    send = connect(emulator)
    send("PATCH", MASTER, {"default_variant_id": None})
    send("PUT", f"{DEFINITIONS}/new", {"value_type": "string"})
    send("PUT", PROMOTION, {})
    content = {"slot_content": {"type": "recommended_products"}}
    send("PUT", SLOT_CONFIGURATION, content)
    answers: list[TestResponse] = []
    let_in(monkeypatch, lambda: answers.append(send(*rival)), collection)
    assert send("DELETE", deleted).status_code in {200, 204}
    assert [answer.status_code < 300 for answer in answers] == [True]
    assert send("GET", deleted).status_code in {404, 405}
    control = Client(emulator.app)
    state = control.get("/__emulator__/state", environ_base=LOCAL)
    again = control.put("/__emulator__/state", json=state.json, environ_base=LOCAL)
    assert (state.status_code, again.status_code) == (200, 200), again.text


def test_a_renamed_customer_takes_the_membership_of_a_rival_along(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, members = connect(emulator), "/sites/RefArch/customer_groups/VIP/members"
    let_in(monkeypatch, lambda: send("PUT", f"{members}/00000003"), "customers")
    assert send("PATCH", CUSTOMER, {"customer_no": "new"}).status_code == 200
    found = send("GET", f"{members}?count=200").json
    assert found is not None
    assert [one["customer_no"] for one in found["data"]][-1] == "new"
    assert "00000003" not in [one["customer_no"] for one in found["data"]]


def test_an_import_leaves_no_reference_of_a_rival(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, members = connect(emulator), "/sites/RefArch/customer_groups/VIP/members"
    text = (
        '<customer-list xmlns="http://www.demandware.com/xml/impex/customer/2006-10-31" '
        'list-id="RefArch"><customer customer-no="00000003" mode="delete"/></customer-list>'
    )
    archive = make_zip({"customer-lists/RefArch.xml": text.encode()}, "a")
    now = emulator.workspace.clock.now()
    emulator.workspace.files.write("Impex/src/instance/a.zip", archive, now)
    answers: list[TestResponse] = []
    let_in(monkeypatch, lambda: answers.append(send("PUT", f"{members}/00000003")), "customers")
    send("POST", "/jobs/sfcc-site-archive-import/executions", {"file_name": "a.zip"})
    emulator.workspace.work.finish()
    assert [answer.status_code for answer in answers] == [200]
    assert send("GET", CUSTOMER).status_code == 404
    found = send("GET", f"{members}?count=200").json
    assert found is not None
    assert "00000003" not in [one["customer_no"] for one in found["data"]]


def test_no_access_key_outlives_the_user(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, user = connect(emulator), "/users/signon@storefront.example"
    let_in(monkeypatch, lambda: send("DELETE", user))
    answer = send("PUT", f"{user}/access_key/STOREFRONT", {})
    assert (answer.status_code, "UserNotFoundException" in answer.text) == (404, True)
    assert not emulator.workspace.store.count("access_keys")


def test_an_operation_starts_again_after_the_write_of_a_rival(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, path = connect(emulator), "/sites/RefArch/slots/home-banner/slot_configurations/winter"
    let_in(monkeypatch, lambda: send("PATCH", path, {"rank": 30}))
    assert send("PATCH", path, {"description": "Warm"}).status_code == 200
    found = send("GET", path).json
    assert found is not None
    assert (found["rank"], found["description"]) == (30, "Warm")


@pytest.mark.parametrize(
    ("method", "path", "refused"),
    [
        pytest.param(
            "DELETE",
            "/alerts/items/bm/inventory/list_with_few_records/inventory_digital",
            (404, "AlertItemNotFoundException"),
            id="deleted-alert",
        ),
        pytest.param(
            "PUT",
            "/code_versions/next",
            (409, "CodeVersionIdAlreadyExistsException"),
            id="created-code-version",
        ),
    ],
)
def test_the_same_request_of_a_rival_comes_first(
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    refused: tuple[int, str],
) -> None:
    send = connect(emulator)
    send("GET", "/code_versions")
    answers: list[TestResponse] = []
    let_in(monkeypatch, lambda: answers.append(send(method, path)))
    answer = send(method, path)
    assert [one.status_code < 300 for one in answers] == [True]
    fault = answer.json["fault"] if answer.json else {}
    assert (answer.status_code, fault.get("type")) == refused
