"""Access roles, and the users of roles (ROLE)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

Start = Callable[..., Api]
MERCHANDISER = "/roles/Merchandiser"
SIGNON = "signon@storefront.example"


@pytest.fixture
def storefront(start: Start) -> Api:
    """A server with the roles of the data set ``storefront``."""
    return start(fixtures="storefront")


def post(api: Api, path: str, content: Any) -> Any:
    answer = api.call("POST", api.scope + path, json=content)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.rule("ROLE-1")
def test_a_role_shows_users_and_permissions_by_expansion_only(storefront: Api) -> None:
    document = storefront.get(MERCHANDISER).json()
    assert len(document.pop("_resource_state")) == 64
    assert document == {
        "_v": "23.2",
        "_type": "role",
        "creation_date": "2023-01-09T09:00:00.000Z",
        "description": "Works on the storefront",
        "id": "Merchandiser",
        "last_modified": "2023-02-20T14:00:00.000Z",
        "link": f"{storefront.url}/s/-/dw/data/v23_2/roles/Merchandiser",
        "user_count": 2,
        "user_manager": False,
    }
    expanded = storefront.get(f"{MERCHANDISER}?expand=users,permissions").json()
    assert [user["login"] for user in expanded["users"]] == ["merchant", SIGNON]
    merchant = storefront.get("/users/merchant").json()
    assert {"_v": "23.2", **expanded["users"][0]} == merchant
    permissions = expanded["permissions"]
    assert permissions["_type"] == "role_permissions"
    assert permissions["webdav"]["unscoped"] == [
        {
            "_type": "role_webdav_permission",
            "folder": "/impex",
            "type": "webdav",
            "value": "ACCESS",
        }
    ]
    assert permissions["module"] == {
        "_type": "role_module_permissions",
        "organization": [],
        "site": [],
    }
    refused = storefront.get(f"{MERCHANDISER}?expand=other")
    assert_fault(refused, 400, "InvalidExpandValue", {"expandValue": "other"})


@pytest.mark.rule("ROLE-1")
def test_roles_are_listed(storefront: Api) -> None:
    page = storefront.get("/roles").json()
    assert (page["_type"], page["total"]) == ("roles", 2)
    assert [role["id"] for role in page["data"]] == ["Administrator", "Merchandiser"]
    assert set(page["data"][0]) - {"_v"} == {"_type", "_resource_state", "id", "link"}
    whole = storefront.get("/roles?select=(**)&expand=users").json()
    assert [len(role["users"]) for role in whole["data"]] == [1, 2]


@pytest.mark.rule("ROLE-1")
@pytest.mark.parametrize("dialect", ["documented", "observed"])
def test_a_role_is_created_once_and_deleted(start: Start, dialect: str) -> None:
    api = start(fixtures="storefront", dialect=dialect)
    created = api.put("/roles/helper", json={"description": "Helps"})
    assert (created.status_code, created.json()["user_count"]) == (201, 0)
    message = "The access role with ID 'helper' already exists."
    again = api.put("/roles/helper", json={})
    assert_fault(again, 409, "RoleAlreadyExists", {"roleId": "helper"}, message)
    assert api.get("/roles/helper").json()["description"] == "Helps"
    assert api.delete("/roles/helper").status_code == 204
    for answer in (api.delete("/roles/helper"), api.get("/roles/helper")):
        assert_fault(answer, 404, "RoleNotFound", {"roleId": "helper"})


@pytest.mark.rule("ROLE-1")
def test_the_administrator_cannot_be_deleted(storefront: Api) -> None:
    answer = storefront.delete("/roles/Administrator")
    assert_fault(answer, 403, "RoleOperationNotAllowed", {"roleId": "Administrator"})
    assert storefront.get("/roles/Administrator").json()["user_count"] == 1


@pytest.mark.rule("ROLE-2")
def test_a_role_is_given_to_users_and_taken_away(storefront: Api) -> None:
    answer = storefront.put("/roles/Administrator/users/merchant")
    assert answer.status_code == 200
    assert (answer.json()["_type"], answer.json()["login"]) == ("user", "merchant")
    assert answer.json()["roles"] == ["Administrator", "Merchandiser"]
    assert storefront.put("/roles/Administrator/users/merchant").json() == answer.json()
    users = storefront.get("/roles/Administrator/users?select=(**)").json()
    assert (users["_type"], users["total"]) == ("users", 2)
    assert {"_v": "23.2", **users["data"][1]} == storefront.get("/users/merchant").json()
    page = storefront.get("/roles/Administrator/users?start=1&count=1").json()
    assert [user["login"] for user in page["data"]] == ["merchant"]
    assert set(page["data"][0]) - {"_v"} == {"_type", "_resource_state", "login", "link"}
    assert storefront.delete("/roles/Administrator/users/merchant").status_code == 204
    assert storefront.delete("/roles/Administrator/users/merchant").status_code == 204
    assert storefront.get("/users/merchant").json()["roles"] == ["Merchandiser"]
    last = storefront.delete("/roles/Administrator/users/admin")
    assert_fault(last, 403, "UserOperationNotAllowed", {"login": "admin"})


@pytest.mark.rule("ROLE-2", "RST-5")
def test_one_administrator_is_left_by_concurrent_requests(storefront: Api) -> None:
    logins = ["admin", "merchant", SIGNON]
    for login in logins:
        storefront.put(f"/roles/Administrator/users/{login}")
    with ThreadPoolExecutor(3) as pool:
        paths = [f"/roles/Administrator/users/{login}" for login in logins]
        answers = list(pool.map(storefront.delete, paths))
    assert sorted(answer.status_code for answer in answers) == [204, 204, 403]
    assert storefront.get("/roles/Administrator").json()["user_count"] == 1


@pytest.mark.rule("ROLE-2")
def test_an_assignment_needs_role_and_user(storefront: Api) -> None:
    put, delete = storefront.put, storefront.delete
    role, user = {"roleId": "none"}, {"login": "none"}
    assert_fault(put("/roles/none/users/admin"), 400, "InvalidRole", role)
    assert_fault(put(f"{MERCHANDISER}/users/none"), 400, "InvalidUserLogin", user)
    assert_fault(delete("/roles/none/users/admin"), 404, "RoleNotFound", role)
    assert_fault(delete(f"{MERCHANDISER}/users/none"), 404, "UserNotFound", user)
    assert_fault(storefront.get("/roles/none/users"), 404, "RoleNotFound", role)


@pytest.mark.rule("ROLE-2")
def test_a_deleted_role_or_user_leaves_no_assignment(storefront: Api) -> None:
    assert storefront.delete(MERCHANDISER).status_code == 204
    assert "roles" not in storefront.get("/users/merchant").json()
    storefront.put("/roles/Administrator/users/merchant")
    assert storefront.delete("/users/merchant").status_code == 204
    assert storefront.get("/roles/Administrator").json()["user_count"] == 1


@pytest.mark.rule("ROLE-3")
def test_the_users_of_a_role_are_searched(storefront: Api) -> None:
    query = {"text_query": {"fields": ["login"], "search_phrase": "merch"}}
    found = post(storefront, f"{MERCHANDISER}/user_search", {"query": {"match_all_query": {}}})
    assert (found["_type"], found["total"]) == ("user_search_result", 2)
    found = post(storefront, f"{MERCHANDISER}/user_search", {"query": query, "select": "(**)"})
    assert [hit["login"] for hit in found["hits"]] == ["merchant"]
    assert "Secret" not in str(found)
    answer = storefront.call(
        "POST", f"{storefront.scope}/roles/none/user_search", json={"query": query}
    )
    assert_fault(answer, 404, "RoleNotFound", {"roleId": "none"})


def permission(kind: str, scope: str, **members: Any) -> dict[str, Any]:
    return {"permissions": {kind: {scope: [{"type": kind, **members}]}}}


@pytest.mark.rule("ROLE-3")
@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, ["Administrator", "Merchandiser"]),
        ({"user_id": "merchant"}, ["Merchandiser"]),
        ({"user_id": "none"}, []),
        (permission("webdav", "unscoped", folder="/impex"), ["Merchandiser"]),
        (permission("webdav", "unscoped", folder="/impex", value="READONLY"), []),
        (permission("webdav", "unscoped", folder="/temp"), []),
        (permission("functional", "site", name="View_Coupon_Codes"), ["Merchandiser"]),
        (
            permission(
                "functional", "site", name="View_Coupon_Codes", values={"RefArch": "ACCESS"}
            ),
            ["Merchandiser"],
        ),
        (
            permission(
                "functional", "site", name="View_Coupon_Codes", values={"RefArchGlobal": "ACCESS"}
            ),
            [],
        ),
    ],
)
def test_roles_are_searched_by_user_or_permission(
    storefront: Api, members: dict[str, Any], expected: list[str]
) -> None:
    found = post(storefront, "/role_search", {"query": {"match_all_query": {}}, **members})
    assert [hit["id"] for hit in found["hits"]] == expected
    assert found["_type"] == "role_search_result"


@pytest.mark.rule("ROLE-3")
def test_found_roles_can_be_expanded_and_sorted(storefront: Api) -> None:
    request = {
        "query": {"text_query": {"fields": ["id", "description"], "search_phrase": "t"}},
        "sorts": [{"field": "description", "sort_order": "desc"}],
        "select": "(**)",
        "expand": ["users", "permissions"],
    }
    found = post(storefront, "/role_search", request)
    assert [hit["id"] for hit in found["hits"]] == ["Merchandiser", "Administrator"]
    single = storefront.get(f"{MERCHANDISER}?expand=users,permissions").json()
    assert {"_v": "23.2", **found["hits"][0]} == single


@pytest.mark.rule("ROLE-3")
@pytest.mark.parametrize(
    "members",
    [
        {"permissions": {}},
        {"permissions": {"webdav": {"unscoped": [{"folder": "a", "type": "webdav"}] * 2}}},
        permission("functional", "site", name="x", values={"A": "ACCESS", "B": "ACCESS"}),
        {"user_id": "admin", **permission("webdav", "unscoped", folder="a")},
    ],
)
def test_a_search_takes_one_user_or_one_permission(
    storefront: Api, members: dict[str, Any]
) -> None:
    request = {"query": {"match_all_query": {}}, **members}
    answer = storefront.call("POST", f"{storefront.scope}/role_search", json=request)
    assert answer.status_code == 400
    assert answer.json()["fault"]["type"] == "InvalidSearchQueryException"
    assert set(answer.json()["fault"]["arguments"]) == {"message"}
