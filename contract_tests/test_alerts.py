"""Alerts of the Business Manager (ALERT)."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.shop import DATA_SET
from contract_tests.test_users import speak_as

Start = Callable[..., Api]
DESCRIPTOR = "bm/inventory/list_with_few_records"
ITEM = f"/alerts/items/{DESCRIPTOR}/inventory_digital"


@pytest.fixture
def storefront(start: Start) -> Api:
    """A server with the alerts of the data set ``storefront``."""
    return start(fixtures="storefront")


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["message_id"] for one in answer.json()["data"]]


@pytest.mark.rule("ALERT-1", "ALERT-2")
def test_missing_alerts_and_a_missing_user_have_faults(shop: Api) -> None:
    path = "/alerts/descriptors/bm/users/contract-none"
    arguments = {"messageId": "contract-none", "applicationContextPath": "users"}
    arguments["applicationId"] = "bm"
    assert_fault(shop.get(path), 404, "AlertDescriptorNotFound", arguments)
    item = "/alerts/items/bm/users/contract-none/-"
    for answer in (shop.get(item), shop.delete(item)):
        assert_fault(answer, 404, "AlertItemNotFound", {"messageId": "contract-none"})
    message = "No user was provided with the OAuth token."
    for refused in (shop.get("/alerts/usersettings"), shop.patch("/alerts/usersettings", json={})):
        assert_fault(refused, 403, "AccessWithoutUserForbidden", {}, message)


@pytest.mark.rule("ALERT-1")
@pytest.mark.needs(DATA_SET)
def test_descriptors_are_listed_and_read(storefront: Api) -> None:
    path = "/alerts/descriptors"
    all_names = ["list_with_few_records", "password_expires", "queue_is_long"]
    assert names(storefront.get(path)) == all_names
    assert names(storefront.get(f"{path}/bm")) == all_names[:2]
    users = f"{path}/bm?application_context_path=users"
    assert names(storefront.get(users)) == ["password_expires"]
    assert names(storefront.get(f"{path}/none")) == []
    assert storefront.get(f"{path}/{DESCRIPTOR}").json() == {
        "_v": "23.2",
        "_type": "alert_descriptor",
        "application_context_path": "inventory",
        "application_id": "bm",
        "context_object_type": "inventory_list",
        "default_priority": "warning",
        "link": f"{storefront.url}/s/-/dw/data/v23_2{path}/{DESCRIPTOR}",
        "message_id": "list_with_few_records",
    }
    arguments = {
        "messageId": "none",
        "applicationContextPath": "users",
        "applicationId": "bm",
    }
    missing = storefront.get(f"{path}/bm/users/none")
    assert_fault(missing, 404, "AlertDescriptorNotFound", arguments)


@pytest.mark.rule("ALERT-1")
@pytest.mark.needs(DATA_SET)
def test_a_validation_needs_the_context_object(storefront: Api) -> None:
    path = f"/alerts/descriptors/{DESCRIPTOR}/revalidate"
    refused = storefront.patch(path, json={})
    assert_fault(refused, 400, "ContextObjectIdRequired", {"messageId": "list_with_few_records"})
    assert storefront.patch(path, json={"context_object_id": "x"}).status_code == 204
    other = storefront.patch("/alerts/descriptors/bm/users/password_expires/revalidate")
    assert other.status_code == 204
    assert storefront.get("/alerts/items").json()["data"]


@pytest.mark.rule("ALERT-1")
@pytest.mark.needs(DATA_SET)
def test_alerts_are_listed_read_and_deleted(storefront: Api) -> None:
    both = ["list_with_few_records", "password_expires"]
    assert names(storefront.get("/alerts/items")) == both
    assert names(storefront.get("/alerts/items/bm")) == both
    assert names(storefront.get("/alerts/items/csc")) == []
    context = "/alerts/items/bm?context_object_id=inventory_digital"
    assert names(storefront.get(context)) == both[:1]
    assert storefront.get(ITEM).json() == {
        "_v": "23.2",
        "_type": "alert_item",
        "application_context_path": "inventory",
        "application_id": "bm",
        "context_object_id": "inventory_digital",
        "description": "Products of the list are not available.",
        "display_message": "An inventory list has few records.",
        "link": f"{storefront.url}/s/-/dw/data/v23_2{ITEM}",
        "message_id": "list_with_few_records",
        "remediation_action": "Import records.",
        "user_priority": "warning",
    }
    independent = "/alerts/items/bm/users/password_expires/-"
    assert storefront.get(independent).status_code == 200
    assert storefront.delete(ITEM).status_code == 204
    for answer in (storefront.delete(ITEM), storefront.get(ITEM)):
        assert_fault(answer, 404, "AlertItemNotFound", {"messageId": "list_with_few_records"})
    assert names(storefront.get("/alerts/items")) == both[1:]


@pytest.mark.rule("ALERT-2")
@pytest.mark.needs(DATA_SET)
def test_a_user_overrides_the_settings_of_a_descriptor(storefront: Api) -> None:
    path = "/alerts/usersettings"
    message = "No user was provided with the OAuth token."
    for refused in (storefront.get(path), storefront.patch(path, json={})):
        assert_fault(refused, 403, "AccessWithoutUserForbidden", {}, message)
    admin = speak_as(storefront, "admin", "Secret:123")
    settings = storefront.get(path, headers=admin).json()["settings"]
    assert [one["priority"] for one in settings] == ["warning", "informational", "hidden"]
    assert [one["show_in_header"] for one in settings] == [True, True, False]
    own = {**settings[0], "priority": "hidden", "is_user_override": True, "show_in_header": False}
    answer = storefront.patch(path, json={"settings": [own]}, headers=admin)
    assert answer.status_code == 200
    assert answer.json()["settings"] == [own, *settings[1:]]
    merchant = speak_as(storefront, "merchant", "Secret:456")
    assert storefront.get(path, headers=merchant).json()["settings"] == settings
    reset = {"settings": [{**own, "is_user_override": False}]}
    assert storefront.patch(path, json=reset, headers=admin).json()["settings"] == settings
    unknown = {"settings": [{**own, "message_id": "none"}]}
    refused = storefront.patch(path, json=unknown, headers=admin)
    assert refused.status_code == 404
    assert refused.json()["fault"]["type"] == "AlertDescriptorNotFoundException"


@pytest.mark.rule("ALERT-2", "VER-1")
@pytest.mark.needs(DATA_SET)
def test_settings_have_a_banner_from_25_6_on(storefront: Api) -> None:
    admin = speak_as(storefront, "admin", "Secret:123")
    data = "/s/-/dw/data"
    for version, has_banner in (("v23_2", False), ("v25_6", True)):
        path = f"{data}/{version}/alerts/usersettings"
        [shown, *_] = storefront.call("GET", path, headers=admin).json()["settings"]
        assert ("show_on_banner" in shown) is has_banner
        own = {**shown, "is_user_override": True, "show_on_banner": True}
        answer = storefront.call("PATCH", path, json={"settings": [own]}, headers=admin)
        assert answer.status_code == (200 if has_banner else 400)
    assert answer.json()["settings"][0]["show_on_banner"] is True


@pytest.mark.rule("ALERT-2")
@pytest.mark.needs(DATA_SET)
def test_the_settings_of_a_deleted_user_are_deleted(storefront: Api) -> None:
    path = "/alerts/usersettings"
    merchant = speak_as(storefront, "merchant", "Secret:456")
    settings = storefront.get(path, headers=merchant).json()["settings"]
    own = {**settings[0], "priority": "hidden", "is_user_override": True}
    changed = storefront.patch(path, json={"settings": [own]}, headers=merchant)
    assert changed.json()["settings"] == [own, *settings[1:]]
    assert storefront.delete("/users/merchant").status_code == 204
    refused = storefront.patch(path, json={"settings": [own]}, headers=merchant)
    assert_fault(refused, 403, "AccessWithoutUserForbidden", {})
    state = storefront.call("GET", "/__emulator__/state").json()
    assert state["files"]["alert_settings.json"] == []
    assert storefront.call("PUT", "/__emulator__/state", json=state).status_code == 200
    user = {"email": "m@shop.example", "last_name": "M", "password": "Secret:456"}
    assert storefront.put("/users/merchant", json=user).status_code in (200, 201)
    again = speak_as(storefront, "merchant", "Secret:456")
    assert storefront.get(path, headers=again).json()["settings"] == settings
