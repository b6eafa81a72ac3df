"""Documents made from a few properties."""

from typing import Any

import pytest

from emulator import Emulator
from emulator.ocapi.factory import FactoryError
from emulator.ocapi.resources import RESOURCES
from emulator.testing.ocapi import Ocapi, RefusedError

LIST = "inventory_list"
RECORD = "product_inventory_record"


@pytest.fixture(scope="module")
def shared_emulator() -> Emulator:
    """An emulator for one test after the other."""
    return Emulator(fixtures="storefront")


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Emulator:
    """An emulator with the data set ``storefront`` alone."""
    shared_emulator.reset()
    return shared_emulator


def read(emulator: Emulator, path: str) -> Any:
    client = emulator.app.test_client()
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    return client.get(f"/s/-/dw/data/v23_2/{path}", headers=headers).json


def test_the_given_properties_are_those_of_the_document() -> None:
    emulator = Emulator(fixtures="samples")
    made = emulator.create(LIST, id="mine", description="of a test", default_in_stock=True)
    shown = read(emulator, "inventory_lists/mine")
    assert (shown["description"], shown["default_in_stock"]) == ("of a test", True)
    assert {name: shown[name] for name in made} == made


def test_missing_ids_are_new() -> None:
    emulator = Emulator(fixtures="samples")
    first, second = emulator.create(LIST), emulator.create(LIST)
    assert first["id"] != second["id"]
    assert read(emulator, "inventory_lists?count=0")["total"] == 4


def test_missing_documents_above_are_found_or_created() -> None:
    emulator = Emulator(fixtures="samples")
    made = emulator.create(RECORD, product_id="sku")
    assert made["inventory_list_id"] == "my-inventorylist1"
    emulator.workspace.reset(empty=True)
    made = emulator.create(RECORD, product_id="sku", allocation={"amount": 5})
    path = f"inventory_lists/{made['inventory_list_id']}/product_inventory_records/sku"
    assert read(emulator, path)["ats"] == 5


def test_a_login_belongs_to_one_customer(emulator: Emulator) -> None:
    customer: dict[str, Any] = {
        "list_id": "RefArch",
        "customer_no": "1",
        "credentials": {"login": "ada"},
    }
    with pytest.raises(FactoryError, match=r"^customers has 'RefArch/ada' already$"):
        emulator.create("customer", **customer)
    assert "fault" in read(emulator, "customer_lists/RefArch/customers/1")
    customer |= {"customer_no": "00000001", "credentials": {"login": "other"}}
    with pytest.raises(FactoryError, match=r"^customers has 'RefArch/00000001' already$"):
        emulator.create("customer", **customer)
    customer |= {"credentials": {"login": "ada"}}
    both = r"^customers has 'RefArch/00000001' and 'RefArch/ada' already$"
    with pytest.raises(FactoryError, match=both):
        emulator.create("customer", **customer)


@pytest.mark.parametrize(
    ("document", "name", "value"),
    [
        ("customer_address", "country_code", "US"),
        ("object_attribute_definition", "value_type", "string"),
        ("user", "email", "robin.sample@example.com"),
        ("access_key", "expiration_date", "2099-01-01T00:00:00.000Z"),
        ("alert_descriptor", "application_id", "test-application"),
        ("alert_descriptor", "application_context_path", "/test"),
        ("variation_attribute", "attribute_definition_id", "test-attribute-definition"),
        ("resource_info", "resources", [{"methods": ["get"], "resource_id": "/sites"}]),
    ],
)
def test_missing_properties_have_believable_values(
    emulator: Emulator, document: str, name: str, value: Any
) -> None:
    assert emulator.create(document)[name] == value


def test_no_answer_shows_a_password(emulator: Emulator) -> None:
    assert "password" not in emulator.create("user")
    assert "password" not in emulator.create("user", login="robin", password="Secret:123")
    answer = emulator.app.test_client().post(
        "/dwsso/oauth2/access_token",
        data={"grant_type": "password", "username": "robin", "password": "Secret:123"},
        auth=("a" * 30, "a" * 30),
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("document", "collection"),
    [
        ("locale", "locales"),
        ("recommender", "recommenders"),
        ("alert_descriptor", "alert_descriptors"),
        ("alert_item", "alert_items"),
        ("alert_settings", "alert_settings"),
        ("access_key", "access_keys"),
        ("resource_info", "ocapi_configs"),
        ("custom_log_settings", "log_settings"),
        ("log_request", "log_requests"),
    ],
)
def test_a_document_has_the_name_of_the_answered_document(
    emulator: Emulator, document: str, collection: str
) -> None:
    before = emulator.workspace.store.count(collection)
    emulator.create(document)
    emulator.create(collection)
    assert emulator.workspace.store.count(collection) == before + 2


@pytest.mark.parametrize(
    ("document", "properties", "reason"),
    [
        ("nothing", {}, "there is no document 'nothing': use one of "),
        (LIST, {"colour": "red"}, "inventory_list: .*colour"),
        (LIST, {"id": "my-inventorylist1"}, "inventory_lists has 'my-inventorylist1' already"),
        (LIST, {"assigned_sites": ["none"]}, "assigned_sites: there is no 'none' in sites"),
        (LIST, {"c_x": 1}, "inventory_list: the custom property 'c_x' is not declared"),
        (
            RECORD,
            {"inventory_list_id": "none"},
            "inventory_list_id: there is no 'none' in inventory_lists",
        ),
    ],
)
def test_what_is_not_valid_is_refused(
    document: str, properties: dict[str, Any], reason: str
) -> None:
    emulator = Emulator(fixtures="samples")
    before = emulator.workspace.store.version()
    with pytest.raises(FactoryError, match=reason):
        emulator.create(document, **properties)
    assert emulator.workspace.store.version() == before


def test_the_fixture_creates_documents_over_http(ocapi: Ocapi) -> None:
    made = ocapi.create(LIST, description="of a test")
    answer = ocapi.session.get(f"{ocapi.data_url}/inventory_lists/{made['id']}")
    assert answer.json()["description"] == "of a test"
    made = ocapi.create(RECORD, allocation={"amount": 5})
    assert (made["allocation"]["amount"], made["ats"]) == (5, 5)
    with pytest.raises(RefusedError, match="there is no document 'nothing'"):
        ocapi.create("nothing")


PREFERENCE = {
    "object_type": "SitePreferences",
    "site_id": "RefArch",
    "instance_type": "sandbox",
    "id": "storefrontName",
    "value": "Shop",
}
OBJECT = {"object_type": "Newsletter", "site_id": "RefArch", "key_value_string": "x"}
MEMBER = {"site_id": "RefArch", "id": "VIP", "customer_no": "00000005"}
ASSIGNMENT = {"library_id": "SharedLibrary", "content_id": "imprint", "folder_id": "root"}
CODE = {"site_id": "RefArch", "coupon_id": "flyer", "code": "FLYER-D4"}
IN_CAMPAIGN = {"site_id": "RefArch", "campaign_id": "paused"}
RULE = {
    **IN_CAMPAIGN,
    "catalog_id": "storefront-catalog",
    "category_id": "root",
    "sorting_rule_id": "lamps-first",
}
TESTED_RULE = {
    "site_id": "RefArch",
    "ab_test_id": "home-banner",
    "segment_id": "winter",
    "catalog_id": "storefront-catalog",
    "category_id": "root",
    "sorting_rule_id": "lamps-first",
}


def test_a_missing_document_above_is_one_of_the_right_kind() -> None:
    emulator = Emulator(fixtures="storefront")
    for _ in range(2):
        made = emulator.create("product_variation_attributes")
        product = read(emulator, f"products/{made['product_id']}")
        assert product["type"]["master"] is True
    made = emulator.create("product_variation_attribute_values")
    assert read(emulator, f"products/{made['product_id']}")["type"]["master"] is True
    emulator.workspace.reset(empty=True)
    made = emulator.create("product_variation_attributes")
    assert read(emulator, f"products/{made['product_id']}")["type"]["master"] is True


def test_a_member_belongs_to_a_static_group() -> None:
    emulator = Emulator(fixtures="storefront")
    number = emulator.create("customer", list_id="RefArch")["customer_no"]
    made = emulator.create("customer_group_member", site_id="RefArch", customer_no=number)
    assert read(emulator, f"sites/RefArch/customer_groups/{made['id']}")["type"] == "static"


def test_a_configuration_belongs_to_a_site() -> None:
    emulator = Emulator(fixtures="samples")
    made = [emulator.create("resource_info")["site_id"] for _ in range(3)]
    assert made[:2] == ["MyOtherSite", "SiteGenesis"]
    assert read(emulator, f"sites/{made[2]}")["id"] == made[2]


def test_an_error_names_the_property_to_give() -> None:
    emulator = Emulator(fixtures="storefront")
    reason = r"there is no 'RefArch/.*' in customers; give 'site_id', 'id', 'customer_no'$"
    with pytest.raises(FactoryError, match=reason):
        emulator.create("customer_group_member")
    reason = r"there is no 'RefArch/.*' in customers; give 'customer_no'$"
    with pytest.raises(FactoryError, match=reason):
        emulator.create("customer_group_member", site_id="RefArch", id="VIP")


GIVEN: dict[str, dict[str, Any]] = {
    "preference_values": PREFERENCE,
    "custom_objects": OBJECT,
    "customer_group_members": MEMBER,
    "folder_assignments": ASSIGNMENT,
    "coupon_codes": CODE,
    "sorting_rule_campaign_assignments": RULE,
    "ab_test_sorting_rules": TESTED_RULE,
}


@pytest.mark.parametrize("name", [resource.name for resource in RESOURCES])
def test_every_document_can_be_created(emulator: Emulator, name: str) -> None:
    before = emulator.workspace.store.count(name)
    made = emulator.create(name, **GIVEN.get(name, {}))
    assert emulator.workspace.store.count(name) == before + 1
    [resource] = [resource for resource in RESOURCES if resource.name == name]
    assert made.keys() >= {*GIVEN.get(name, resource.keys)} - {*resource.key_defaults}


@pytest.mark.parametrize("data_set", ["samples", "storefront"])
def test_a_data_set_may_hold_every_created_document(data_set: str) -> None:
    emulator = Emulator(fixtures=data_set)
    for resource in RESOURCES:
        if data_set == "storefront" or resource.name not in GIVEN:
            emulator.create(resource.name, **GIVEN.get(resource.name, {}))
    client = emulator.app.test_client()
    state = client.get("/__emulator__/state").json
    answer = client.put("/__emulator__/state", json=state)
    assert answer.status_code == 200, answer.text
    assert client.get("/__emulator__/state").json == state


@pytest.mark.parametrize("name", GIVEN)
def test_what_an_entry_of_a_data_set_needs_is_not_added(emulator: Emulator, name: str) -> None:
    before = emulator.workspace.store.version()
    with pytest.raises(FactoryError):
        emulator.create(name)
    with pytest.raises(FactoryError):
        emulator.create(name, **{**GIVEN[name], "colour": "red"})
    assert emulator.workspace.store.version() == before


IMPOSSIBLE = {
    "an unknown role": (
        "user",
        {"login": "x", "roles": ["Nobody"]},
        "roles: there is no 'Nobody' in roles",
    ),
    "an unknown customer": (
        "customer_group_members",
        {**MEMBER, "customer_no": "none"},
        "customer_no: there is no 'RefArch/none' in customers",
    ),
    "a member of a group that is not static": (
        "customer_group_members",
        {**MEMBER, "id": "Everyone"},
        'customer_no: there is no \'RefArch/Everyone\' in customer_groups with {"type":"static"}',
    ),
    "an unknown master": (
        "product",
        {"id": "x", "master": {"master_id": "none"}},
        'master: there is no \'none\' in products with {"type":{"master":true}}',
    ),
    "a second active code version": (
        "code_version",
        {"id": "x", "active": True},
        "code_versions: shares 'active' with 'version2'",
    ),
    "an unknown descriptor": (
        "alert_items",
        {"application_id": "a", "application_context_path": "b", "message_id": "c"},
        "message_id: there is no 'a/b/c' in alert_descriptors",
    ),
    "an unknown preference": (
        "preference_values",
        {**PREFERENCE, "id": "none"},
        "id: there is no 'SitePreferences/none' in system_attribute_definitions",
    ),
}


@pytest.mark.parametrize(("name", "given", "reason"), IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_an_impossible_document_is_refused(
    emulator: Emulator, name: str, given: dict[str, Any], reason: str
) -> None:
    before = emulator.workspace.store.version()
    with pytest.raises(FactoryError) as caught:
        emulator.create(name, **given)
    assert str(caught.value) == reason
    assert emulator.workspace.store.version() == before


def test_a_referenced_document_is_found_or_created(emulator: Emulator) -> None:
    logins = [emulator.create("alert_settings")["login"] for _ in range(4)]
    assert logins[:3] == ["admin", "merchant", "signon@storefront.example"]
    assert emulator.workspace.store.get("users", (logins[3],)) is not None
    scopes = [emulator.create("access_keys", login="merchant")["scope"] for _ in range(3)]
    assert scopes == ["WEBDAV_AND_STUDIO", "AGENT_USER_AND_OCAPI", "STOREFRONT"]
    made = emulator.create("alert_items")
    key = made["application_id"], made["application_context_path"], made["message_id"]
    assert emulator.workspace.store.get("alert_descriptors", key) is not None
