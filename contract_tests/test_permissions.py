"""The permissions of an instance, and of roles (PERM)."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.test_users import speak_as

Start = Callable[..., Api]
PATH = "/roles/Merchandiser/permissions"
CUSTOM = {"application": "bm", "name": "bm_own", "system": False, "type": "module"}
WEBDAV = {"folder": "/impex", "type": "webdav", "value": "ACCESS"}
LOCALE = {"locale_id": "default", "type": "locale", "value": "READONLY"}


@pytest.fixture
def storefront(start: Start) -> Api:
    """A server with the roles of the data set ``storefront``."""
    return start(fixtures="storefront")


@pytest.mark.rule("PERM-1")
def test_permissions_are_shown_by_application_and_type(api: Api) -> None:
    root = f"{api.url}/s/-/dw/data/v23_2/permissions"
    shown = api.get("/permissions").json()
    bm = {
        "_type": "bmpermissions",
        "functional_link": f"{root}/bm/functional",
        "locale_link": f"{root}/bm/locale",
        "module_link": f"{root}/bm/module",
        "types": ["functional", "locale", "module", "webdav"],
        "webdav_link": f"{root}/bm/webdav",
    }
    csc = {"_type": "cscpermissions", "module_link": f"{root}/csc/module", "types": ["module"]}
    assert shown == {
        "_v": "23.2",
        "_type": "application_permissions",
        "applications": ["bm", "csc"],
        "bm": bm,
        "csc": csc,
    }
    assert api.get("/permissions/bm").json() == {"_v": "23.2", **bm}
    assert api.get("/permissions/csc").json() == {"_v": "23.2", **csc}


@pytest.mark.rule("PERM-1")
@pytest.mark.parametrize(
    ("application", "kind", "scopes"),
    [
        ("bm", "functional", ["organization", "site"]),
        ("bm", "locale", ["unscoped"]),
        ("bm", "module", ["organization", "site"]),
        ("bm", "webdav", ["unscoped"]),
        ("csc", "module", ["organization", "site"]),
    ],
)
def test_expand_brings_the_document_of_a_type(
    api: Api, application: str, kind: str, scopes: list[str]
) -> None:
    shown = api.get(f"/permissions/{application}/{kind}").json()
    assert (shown["_type"], shown["scopes"]) == (f"{kind}_permissions", scopes)
    assert set(shown) == {"_v", "_type", "scopes", *scopes}
    expanded = api.get(f"/permissions/{application}?expand={kind}").json()
    assert {"_v": "23.2", **expanded[kind]} == shown
    of_all = api.get(f"/permissions?expand={kind}").json()
    assert of_all[application][kind] == expanded[kind]
    refused = api.get(f"/permissions/{application}?expand=other")
    assert_fault(refused, 400, "InvalidExpandValue", {"expandValue": "other"})


@pytest.mark.rule("PERM-1")
def test_a_permission_has_names_and_values(api: Api) -> None:
    functional = api.get("/permissions/bm/functional").json()["site"]
    assert {
        "_type": "functional_permission",
        "description": {"default": "See the codes of coupons"},
        "display_name": {"default": "View coupon codes"},
        "name": "View_Coupon_Codes",
        "type": "functional",
        "values": ["ACCESS", "READONLY"],
    } in functional
    [menu] = api.get("/permissions/csc/module").json()["site"]
    assert (menu["_type"], menu["module_type"]) == ("menu_item", "CC")
    assert menu["menu_actions"][0]["system"] is True
    folders = api.get("/permissions/bm/webdav").json()["unscoped"]
    assert "/impex" in [one["folder"] for one in folders]
    locales = api.get("/permissions/bm/locale").json()["unscoped"]
    assert locales[0]["locale_id"] == "default"


@pytest.mark.rule("PERM-2")
def test_the_permissions_of_a_role_are_replaced(storefront: Api) -> None:
    before = storefront.get(PATH)
    assert before.json()["_type"] == "role_permissions"
    sent = {
        "functional": {
            "site": [
                {
                    "name": "Export_Orders",
                    "type": "functional",
                    "values": {"RefArch": "ACCESS", "RefArchGlobal": "READONLY"},
                }
            ]
        },
        "locale": {"unscoped": [LOCALE]},
        "module": {"organization": [{**CUSTOM, "value": "ACCESS"}]},
    }
    answer = storefront.put(PATH, json=sent)
    assert answer.status_code == 200
    assert answer.json() == storefront.get(PATH).json()
    shown = answer.json()
    assert shown["functional"]["site"][0]["values"]["RefArchGlobal"] == "READONLY"
    assert shown["webdav"] == {"_type": "role_webdav_permissions", "unscoped": []}
    assert shown["module"]["organization"][0]["name"] == "bm_own"
    expanded = storefront.get("/roles/Merchandiser?expand=permissions").json()
    assert expanded["permissions"]["functional"] == shown["functional"]
    stale = {"_resource_state": before.json()["_resource_state"]}
    conflict = storefront.put(PATH, json=stale)
    assert conflict.status_code == 409
    assert conflict.json()["fault"]["type"] == "ResourceStateConflictException"


@pytest.mark.rule("PERM-2")
@pytest.mark.parametrize(
    ("sent", "kind", "arguments"),
    [
        ({"webdav": {"unscoped": [WEBDAV, WEBDAV]}}, "DuplicatePermission", {"name": "/impex"}),
        (
            {"webdav": {"unscoped": [{**WEBDAV, "type": "locale"}]}},
            "InvalidPermissionType",
            {"name": "/impex", "type": "locale"},
        ),
        (
            {"webdav": {"unscoped": [{**WEBDAV, "value": "ALL"}]}},
            "InvalidPermissionValue",
            {"name": "/impex", "value": "ALL"},
        ),
        (
            {"webdav": {"unscoped": [{**WEBDAV, "folder": "/none"}]}},
            "UnknownPermission",
            {"name": "/none"},
        ),
        (
            {"webdav": {"unscoped": [{**WEBDAV, "values": {"RefArch": "ACCESS"}}]}},
            "InvalidPermissionValueScope",
            {"name": "/impex", "scope": "unscoped"},
        ),
        (
            {"module": {"site": [{**CUSTOM, "value": "ACCESS"}]}},
            "InvalidPermissionValueScope",
            {"name": "bm_own", "scope": "site"},
        ),
        (
            {"module": {"site": [{**CUSTOM, "values": {"none": "ACCESS"}}]}},
            "UnknownSiteId",
            {"siteId": "none"},
        ),
        (
            {"module": {"site": [{"application": "bm", "name": "orders", "type": "module"}]}},
            "SystemFlagMissing",
            {"name": "orders"},
        ),
        (
            {"module": {"organization": [{**CUSTOM, "system": True, "value": "ACCESS"}]}},
            "UnknownPermission",
            {"name": "bm_own"},
        ),
        ({"locale": {"unscoped": [{**LOCALE, "locale_id": "de"}]}}, None, {}),
        (
            {"functional": {"site": [{"type": "functional"}]}},
            "PropertyConstraintViolation",
            {"document": "role_permissions", "path": "$.functional.site.[0].name"},
        ),
    ],
)
def test_wrong_permissions_are_refused(
    storefront: Api, sent: Any, kind: str | None, arguments: dict[str, str]
) -> None:
    before = storefront.get(PATH).json()
    kind = kind or "DefaultLocalePermissionMissing"
    assert_fault(storefront.put(PATH, json=sent), 400, kind, arguments)
    assert storefront.get(PATH).json() == before


@pytest.mark.rule("PERM-2")
def test_the_administrator_takes_custom_modules_only(storefront: Api) -> None:
    path = "/roles/Administrator/permissions"
    sent = {
        "webdav": {"unscoped": [WEBDAV]},
        "module": {
            "organization": [
                {**CUSTOM, "value": "ACCESS"},
                {**CUSTOM, "name": "users", "system": True, "value": "READONLY"},
            ]
        },
    }
    shown = storefront.put(path, json=sent).json()
    assert shown["webdav"]["unscoped"] == []
    assert [one["name"] for one in shown["module"]["organization"]] == ["bm_own"]
    emptied = storefront.put(path, json={})
    assert emptied.json()["module"]["organization"] == []


@pytest.mark.rule("PERM-2")
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_permissions_need_a_role(api: Api, method: str) -> None:
    answer = api.call(method, f"{api.scope}/roles/contract-none/permissions", json={})
    assert_fault(answer, 404, "RoleNotFound", {"roleId": "contract-none"})


@pytest.mark.rule("PERM-3")
def test_the_roles_of_a_user_limit_no_request(storefront: Api) -> None:
    headers = speak_as(storefront, "merchant", "Secret:456")
    assert storefront.get("/users/this", headers=headers).json()["roles"] == ["Merchandiser"]
    assert storefront.get("/inventory_lists", headers=headers).status_code == 200
    created = storefront.put("/inventory_lists/contract-new", json={}, headers=headers)
    assert created.status_code == 201
    assert storefront.delete("/roles/Merchandiser", headers=headers).status_code == 204
