"""The permissions of an instance, and of roles (PERM)."""

from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.place import here
from contract_tests.test_users import speak_as

HERE = here()
PATH = "/roles/contract-helper/permissions"
MODULE = "a custom module of the Business Manager"
CUSTOM = {"application": "bm", "name": "bm_own", "system": False, "type": "module"}
WEBDAV = {"folder": "/impex", "type": "webdav", "value": "ACCESS"}
LOCALE = {"locale_id": "default", "type": "locale", "value": "READONLY"}


@pytest.fixture
def shop(shop: Api) -> Api:
    """A server with a role of the tests."""
    assert shop.put("/roles/contract-helper", json={}).status_code == 201
    return shop


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
def test_expand_brings_the_documents_of_an_application(api: Api) -> None:
    plain = api.get("/permissions").json()
    shown = api.get("/permissions?expand=bm").json()
    kinds = {"functional", "locale", "module", "webdav"}
    assert shown["bm"].keys() - plain["bm"].keys() == kinds
    assert shown["csc"] == plain["csc"]
    assert api.get("/permissions?expand=csc").json()["csc"].keys() - plain["csc"].keys() == {
        "module"
    }
    csc = api.get("/permissions/csc?expand=module,functional,webdav,locale").json()
    assert kinds & csc.keys() == {"module"}
    refused = api.get("/permissions/bm?expand=bm")
    assert_fault(refused, 400, "InvalidExpandValue", {"expandValue": "bm"})


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
def test_the_permissions_of_a_role_are_replaced(shop: Api) -> None:
    before = shop.get(PATH)
    assert before.json()["_type"] == "role_permissions"
    sent = {
        "functional": {
            "site": [
                {
                    "name": "Export_Orders",
                    "type": "functional",
                    "values": {HERE.site: "ACCESS", HERE.other_site: "READONLY"},
                }
            ]
        },
        "locale": {"unscoped": [LOCALE]},
        "webdav": {"unscoped": []},
    }
    answer = shop.put(PATH, json=sent)
    assert answer.status_code == 200
    assert answer.json() == shop.get(PATH).json()
    shown = answer.json()
    assert shown["functional"]["site"][0]["values"][HERE.other_site] == "READONLY"
    assert shown["webdav"] == {"_type": "role_webdav_permissions", "unscoped": []}
    expanded = shop.get("/roles/contract-helper?expand=permissions").json()
    assert expanded["permissions"]["functional"] == shown["functional"]
    stale = {"_resource_state": before.json()["_resource_state"]}
    conflict = shop.put(PATH, json=stale)
    assert conflict.status_code == 409
    assert conflict.json()["fault"]["type"] == "ResourceStateConflictException"


@pytest.mark.rule("PERM-2")
@pytest.mark.needs(MODULE)
def test_a_custom_module_is_permitted(shop: Api) -> None:
    sent = {"module": {"organization": [{**CUSTOM, "value": "ACCESS"}]}}
    shown = shop.put(PATH, json=sent).json()
    assert shown["module"]["organization"][0]["name"] == "bm_own"


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
            {"webdav": {"unscoped": [{**WEBDAV, "values": {HERE.site: "ACCESS"}}]}},
            "InvalidPermissionValueScope",
            {"name": "/impex", "scope": "unscoped"},
        ),
        pytest.param(
            {"module": {"site": [{**CUSTOM, "value": "ACCESS"}]}},
            "InvalidPermissionValueScope",
            {"name": "bm_own", "scope": "site"},
            marks=pytest.mark.needs(MODULE),
        ),
        pytest.param(
            {"module": {"site": [{**CUSTOM, "values": {"none": "ACCESS"}}]}},
            "UnknownSiteId",
            {"siteId": "none"},
            marks=pytest.mark.needs(MODULE),
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
        pytest.param(
            {"locale": {"unscoped": [{**LOCALE, "locale_id": "de"}]}},
            None,
            {},
            marks=pytest.mark.needs("the locale 'de'"),
        ),
        (
            {"functional": {"site": [{"type": "functional"}]}},
            "PropertyConstraintViolation",
            {"document": "role_permissions", "path": "$.functional.site.[0].name"},
        ),
    ],
)
def test_wrong_permissions_are_refused(
    shop: Api, sent: Any, kind: str | None, arguments: dict[str, str]
) -> None:
    before = shop.get(PATH).json()
    kind = kind or "DefaultLocalePermissionMissing"
    assert_fault(shop.put(PATH, json=sent), 400, kind, arguments)
    assert shop.get(PATH).json() == before


@pytest.mark.rule("PERM-2")
@pytest.mark.needs("an administrator to change")
def test_the_administrator_takes_custom_modules_only(shop: Api) -> None:
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
    shown = shop.put(path, json=sent).json()
    assert shown["webdav"]["unscoped"] == []
    assert [one["name"] for one in shown["module"]["organization"]] == ["bm_own"]
    emptied = shop.put(path, json={})
    assert emptied.json()["module"]["organization"] == []


@pytest.mark.rule("PERM-2")
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_permissions_need_a_role(api: Api, method: str) -> None:
    answer = api.call(method, f"{api.scope}/roles/contract-none/permissions", json={})
    assert_fault(answer, 404, "RoleNotFound", {"roleId": "contract-none"})


@pytest.mark.rule("PERM-3")
@pytest.mark.needs("a user who signs in")
def test_the_roles_of_a_user_limit_no_request(shop: Api) -> None:
    headers = speak_as(shop, "merchant", "Secret:456")
    assert shop.get("/users/this", headers=headers).json()["roles"] == ["Merchandiser"]
    assert shop.get("/inventory_lists", headers=headers).status_code == 200
    created = shop.put("/inventory_lists/contract-new", json={}, headers=headers)
    assert created.status_code == 201
    assert shop.delete("/roles/Merchandiser", headers=headers).status_code == 204
