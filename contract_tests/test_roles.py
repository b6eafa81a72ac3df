"""Access roles, and the users of roles (ROLE)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.place import here

Start = Callable[..., Api]
HERE = here()
SIGNON = "signon@storefront.example"


ROLE, OTHER = "contract-helper", "contract-keeper"
ANN, BEE = "contract-ann", "contract-bee"
ADMINISTRATOR = "the only administrator: another server may lose it"
GRANTED = {
    "functional": {
        "site": [
            {
                "name": "View_Coupon_Codes",
                "type": "functional",
                "values": {HERE.site: "ACCESS"},
            }
        ]
    },
    "locale": {"unscoped": [{"locale_id": "default", "type": "locale", "value": "ACCESS"}]},
    "webdav": {"unscoped": [{"folder": "/impex", "type": "webdav", "value": "ACCESS"}]},
}


@pytest.fixture
def shop(shop: Api) -> Api:
    """A server with two users of a role of the tests, and another role."""
    for role in (ROLE, OTHER):
        assert shop.put(f"/roles/{role}", json={"description": f"A {role}"}).status_code == 201
    assert shop.put(f"/roles/{ROLE}/permissions", json=GRANTED).status_code == 200
    for login in (ANN, BEE):
        user = {"email": f"{login}@shop.example", "last_name": "L", "password": "Secret:789"}
        assert shop.put(f"/users/{login}", json={**user, "roles": [ROLE]}).status_code == 201
    return shop


def post(api: Api, path: str, content: Any) -> Any:
    answer = api.call("POST", api.scope + path, json=content)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.rule("ROLE-1")
def test_a_role_shows_users_and_permissions_by_expansion_only(shop: Api) -> None:
    document = shop.get(f"/roles/{ROLE}").json()
    assert len(document.pop("_resource_state")) == 64
    assert document.pop("creation_date") <= document.pop("last_modified")
    assert document == {
        "_v": "23.2",
        "_type": "role",
        "description": "A contract-helper",
        "id": ROLE,
        "link": f"{shop.url}/s/-/dw/data/v23_2/roles/{ROLE}",
        "user_count": 2,
        "user_manager": False,
    }
    expanded = shop.get(f"/roles/{ROLE}?expand=users,permissions").json()
    users, permissions = expanded["users"], expanded["permissions"]
    assert permissions["_type"] == "role_permissions"
    webdav = {"folder": "/impex", "type": "webdav", "value": "ACCESS"}
    assert permissions["webdav"]["unscoped"] == [{"_type": "role_webdav_permission", **webdav}]
    empty = {"_type": "role_module_permissions", "organization": [], "site": []}
    assert permissions["module"] == empty
    assert [{"_v": "23.2", **user} for user in users] == [
        shop.get(f"/users/{login}").json() for login in (ANN, BEE)
    ]
    refused = shop.get(f"/roles/{ROLE}?expand=other")
    assert_fault(refused, 400, "InvalidExpandValue", {"expandValue": "other"})


@pytest.mark.rule("ROLE-1")
def test_roles_are_listed(shop: Api) -> None:
    page = shop.get("/roles?count=200").json()
    ids = [role["id"] for role in page["data"]]
    assert (page["_type"], page["total"], ids) == ("roles", len(ids), sorted(ids))
    assert {ROLE, OTHER} <= set(ids)
    assert set(page["data"][0]) - {"_v"} == {"_type", "_resource_state", "id", "link"}
    whole = shop.get("/roles?select=(**)&expand=users&count=200").json()["data"]
    assert [len(role["users"]) for role in whole if role["id"] in {ROLE, OTHER}] == [2, 0]


@pytest.mark.rule("ROLE-1")
def test_a_role_is_created_once_and_deleted(shop: Api) -> None:
    check_life(shop)


@pytest.mark.rule("ROLE-1")
def test_a_role_is_created_once_in_the_observed_dialect(start: Start) -> None:
    check_life(start(fixtures="storefront", dialect="observed"))


def check_life(api: Api) -> None:
    path = "/roles/contract-new"
    created = api.put(path, json={"description": "Helps"})
    assert (created.status_code, created.json()["user_count"]) == (201, 0)
    message = "The access role with ID 'contract-new' already exists."
    again = api.put(path, json={})
    assert_fault(again, 409, "RoleAlreadyExists", {"roleId": "contract-new"}, message)
    assert api.get(path).json()["description"] == "Helps"
    assert api.delete(path).status_code == 204
    for answer in (api.delete(path), api.get(path)):
        assert_fault(answer, 404, "RoleNotFound", {"roleId": "contract-new"})


@pytest.mark.rule("ROLE-1")
@pytest.mark.needs(ADMINISTRATOR)
def test_the_administrator_cannot_be_deleted(shop: Api) -> None:
    answer = shop.delete("/roles/Administrator")
    assert_fault(answer, 403, "RoleOperationNotAllowed", {"roleId": "Administrator"})
    assert shop.get("/roles/Administrator").json()["user_count"] == 1


@pytest.mark.rule("ROLE-2")
def test_a_role_is_given_to_users_and_taken_away(shop: Api) -> None:
    path = f"/roles/{OTHER}/users"
    answer = shop.put(f"{path}/{ANN}")
    assert answer.status_code == 200
    assert (answer.json()["_type"], answer.json()["login"]) == ("user", ANN)
    assert answer.json()["roles"] == [ROLE, OTHER]
    assert shop.put(f"{path}/{ANN}").json() == answer.json()
    assert shop.put(f"{path}/{BEE}").status_code == 200
    users = shop.get(f"{path}?select=(**)").json()
    assert (users["_type"], users["total"]) == ("users", 2)
    assert {"_v": "23.2", **users["data"][1]} == shop.get(f"/users/{BEE}").json()
    page = shop.get(f"{path}?start=1&count=1").json()
    assert [user["login"] for user in page["data"]] == [BEE]
    assert set(page["data"][0]) - {"_v"} == {"_type", "_resource_state", "login", "link"}
    assert [shop.delete(f"{path}/{ANN}").status_code for _ in "12"] == [204, 204]
    assert shop.get(f"/users/{ANN}").json()["roles"] == [ROLE]


@pytest.mark.rule("ROLE-2")
@pytest.mark.needs(ADMINISTRATOR)
def test_the_last_administrator_keeps_the_role(shop: Api) -> None:
    last = shop.delete("/roles/Administrator/users/admin")
    assert_fault(last, 403, "UserOperationNotAllowed", {"login": "admin"})


@pytest.mark.rule("ROLE-2", "RST-5")
@pytest.mark.needs(ADMINISTRATOR)
def test_one_administrator_is_left_by_concurrent_requests(shop: Api) -> None:
    logins = ["admin", "merchant", SIGNON]
    for login in logins:
        shop.put(f"/roles/Administrator/users/{login}")
    with ThreadPoolExecutor(3) as pool:
        paths = [f"/roles/Administrator/users/{login}" for login in logins]
        answers = list(pool.map(shop.delete, paths))
    assert sorted(answer.status_code for answer in answers) == [204, 204, 403]
    assert shop.get("/roles/Administrator").json()["user_count"] == 1


@pytest.mark.rule("ROLE-2")
def test_an_assignment_needs_role_and_user(shop: Api) -> None:
    put, delete = shop.put, shop.delete
    role, user = {"roleId": "none"}, {"login": "none"}
    assert_fault(put("/roles/none/users/contract-ann"), 400, "InvalidRole", role)
    assert_fault(put(f"/roles/{ROLE}/users/none"), 400, "InvalidUserLogin", user)
    assert_fault(delete("/roles/none/users/contract-ann"), 404, "RoleNotFound", role)
    assert_fault(delete(f"/roles/{ROLE}/users/none"), 404, "UserNotFound", user)
    assert_fault(shop.get("/roles/none/users"), 404, "RoleNotFound", role)


@pytest.mark.rule("ROLE-2")
def test_a_deleted_role_or_user_leaves_no_assignment(shop: Api) -> None:
    assert shop.put(f"/roles/{OTHER}/users/{ANN}").status_code == 200
    assert shop.delete(f"/roles/{ROLE}").status_code == 204
    assert "roles" not in shop.get(f"/users/{BEE}").json()
    assert shop.get(f"/users/{ANN}").json()["roles"] == [OTHER]
    assert shop.delete(f"/users/{ANN}").status_code == 204
    assert shop.get(f"/roles/{OTHER}").json()["user_count"] == 0


@pytest.mark.rule("ROLE-3")
def test_the_users_of_a_role_are_searched(shop: Api) -> None:
    path = f"/roles/{ROLE}/user_search"
    query = {"text_query": {"fields": ["login"], "search_phrase": BEE}}
    found = post(shop, path, {"query": {"match_all_query": {}}})
    assert (found["_type"], found["total"]) == ("user_search_result", 2)
    found = post(shop, path, {"query": query, "select": "(**)"})
    assert [hit["login"] for hit in found["hits"]] == [BEE]
    assert "Secret" not in str(found)
    answer = shop.call("POST", f"{shop.scope}/roles/none/user_search", json={"query": query})
    assert_fault(answer, 404, "RoleNotFound", {"roleId": "none"})


@pytest.mark.rule("ROLE-3")
def test_found_roles_can_be_expanded_and_sorted(shop: Api) -> None:
    request = {
        "query": {"text_query": {"fields": ["id", "description"], "search_phrase": "contract"}},
        "sorts": [{"field": "description", "sort_order": "desc"}],
        "select": "(**)",
        "expand": ["users", "permissions"],
    }
    found = post(shop, "/role_search", request)
    assert [hit["id"] for hit in found["hits"]] == [OTHER, ROLE]
    single = shop.get(f"/roles/{ROLE}?expand=users,permissions").json()
    assert {"_v": "23.2", **found["hits"][1]} == single


def permission(kind: str, scope: str, **members: Any) -> dict[str, Any]:
    return {"permissions": {kind: {scope: [{"type": kind, **members}]}}}


@pytest.mark.rule("ROLE-3")
def test_roles_are_searched_by_user_or_permission(shop: Api) -> None:
    query = {"text_query": {"fields": ["id"], "search_phrase": "contract"}}
    values, other = {HERE.site: "ACCESS"}, {HERE.other_site: "ACCESS"}
    coupons = {"kind": "functional", "scope": "site", "name": "View_Coupon_Codes"}
    for members, expected in [
        ({}, [ROLE, OTHER]),
        ({"user_id": ANN}, [ROLE]),
        ({"user_id": "none"}, []),
        (permission("webdav", "unscoped", folder="/impex"), [ROLE]),
        (permission("webdav", "unscoped", folder="/impex", value="READONLY"), []),
        (permission("webdav", "unscoped", folder="/temp"), []),
        (permission(**coupons), [ROLE]),
        (permission(**coupons, values=values), [ROLE]),
        (permission(**coupons, values=other), []),
    ]:
        found = post(shop, "/role_search", {"query": query, **members})
        assert [hit["id"] for hit in found["hits"]] == expected, members
        assert found["_type"] == "role_search_result"


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
def test_a_search_takes_one_user_or_one_permission(shop: Api, members: dict[str, Any]) -> None:
    request = {"query": {"match_all_query": {}}, **members}
    answer = shop.call("POST", f"{shop.scope}/role_search", json=request)
    assert answer.status_code == 400
    assert answer.json()["fault"]["type"] == "InvalidSearchQueryException"
    assert set(answer.json()["fault"]["arguments"]) == {"message"}
