"""Customer groups of a site, their members, and both searches (CUS-7 to CUS-12)."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

GROUPS = "/sites/RefArch/customer_groups"
VIP = f"{GROUPS}/VIP"
ALL: dict[str, Any] = {"match_all_query": {}}


@pytest.fixture
def group(shop: Api) -> Iterator[str]:
    """The path of a static group without members."""
    path = f"{GROUPS}/contract-{uuid.uuid4().hex}"
    assert shop.put(path, json={"description": "d"}).status_code == 201
    yield path
    shop.delete(path)


def search(shop: Api, path: str, query: Any, **members: Any) -> Any:
    return shop.call("POST", f"{shop.scope}{path}", json={"query": query, **members})


def find(shop: Api, path: str, key: str, query: Any, **members: Any) -> list[str]:
    """Return the ids that a search finds."""
    answer = search(shop, path, query, **members)
    assert answer.status_code == 200, answer.text
    return [hit[key] for hit in answer.json()["hits"]]


def term(field: str, operator: str, *values: Any) -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": operator, "values": list(values)}}


def text(fields: str, phrase: str) -> dict[str, Any]:
    return {"text_query": {"fields": fields.split(), "search_phrase": phrase}}


@pytest.mark.rule("CUS-7")
def test_put_creates_a_static_group(shop: Api) -> None:
    name = f"contract-{uuid.uuid4().hex}"
    answer = shop.put(f"{GROUPS}/{name}", json={"description": "d"})
    assert answer.status_code == 201
    document = answer.json()
    assert document == shop.get(f"{GROUPS}/{name}").json()
    assert document["creation_date"] == document["last_modified"]
    kept = set(document) - {"_resource_state", "creation_date", "last_modified"}
    assert {n: document[n] for n in kept} == {
        "_v": "23.2",
        "_type": "customer_group",
        "description": "d",
        "id": name,
        "in_deletion": False,
        "link": f"{shop.url}/s/-/dw/data/v23_2{GROUPS}/{name}",
        "type": "static",
    }
    answer = shop.put(f"{GROUPS}/{name}", json={})
    assert_fault(answer, 409, "CustomerGroupAlreadyExists", {"customerGroupId": name})
    message = f"The customer group with ID '{name}' already exists"
    assert answer.json()["fault"]["message"] == message
    changed = shop.patch(f"{GROUPS}/{name}", json={"description": "e", "type": "dynamic"}).json()
    assert (changed["description"], changed["type"]) == ("e", "static")
    deleted = shop.delete(f"{GROUPS}/{name}")
    assert (deleted.status_code, deleted.json()["in_deletion"]) == (200, True)
    missing = {"customerGroupId": name, "siteId": "RefArch"}
    for answer in (shop.get(f"{GROUPS}/{name}"), shop.patch(f"{GROUPS}/{name}", json={})):
        assert_fault(answer, 404, "CustomerGroupNotFound", missing)
    message = f"No customer group with ID '{name}' for site 'RefArch' could be found."
    assert answer.json()["fault"]["message"] == message


@pytest.mark.rule("CUS-7")
@pytest.mark.usefixtures("storefront")
def test_another_id_in_the_body_is_refused(shop: Api) -> None:
    name = f"contract-{uuid.uuid4().hex}"
    answer = shop.put(f"{GROUPS}/{name}", json={"id": "other"})
    assert_fault(answer, 400, "IdConflict", {"bodyID": "other", "urlID": name})
    assert shop.get(f"{GROUPS}/{name}").status_code == 404
    answer = shop.patch(VIP, json={"id": "other"})
    assert_fault(answer, 400, "IdConflict", {"bodyID": "other", "urlID": "VIP"})


@pytest.mark.rule("CUS-7")
@pytest.mark.usefixtures("storefront")
def test_system_groups_cannot_be_written(shop: Api) -> None:
    for name in ("Everyone", "Registered", "Unregistered"):
        path, argument = f"{GROUPS}/{name}", {"customerGroupId": name}
        before = shop.get(path).json()
        assert before["type"] == "system"
        for answer, verb in (
            (shop.patch(path, json={"description": "x"}), "Update"),
            (shop.delete(path), "Delete"),
            (shop.put(path, json={}), "Create"),
        ):
            assert_fault(answer, 403, f"SystemCustomerGroup{verb}Forbidden", argument)
        message = f"The creation of system customer group with ID '{name}' is not allowed"
        assert answer.json()["fault"]["message"] == message
        assert shop.get(path).json() == before


@pytest.mark.rule("CUS-7")
@pytest.mark.usefixtures("storefront")
def test_a_dynamic_group_shows_the_rule(shop: Api) -> None:
    document = shop.get(f"{GROUPS}/Big%20Spenders").json()
    assert document["type"] == "dynamic"
    assert document["rule"]["_type"] == "rule"
    assert document["link"].endswith(f"{GROUPS}/Big%20Spenders")
    changed = shop.patch(f"{GROUPS}/Big%20Spenders", json={"rule": {"description": "x"}}).json()
    assert changed["rule"] == document["rule"]


@pytest.mark.rule("CUS-7")
@pytest.mark.usefixtures("storefront")
def test_groups_are_listed_by_id(shop: Api) -> None:
    page = shop.get("/sites/RefArchGlobal/customer_groups?count=1000").json()
    assert page["_type"] == "customer_groups"
    ids = [item["id"] for item in page["data"]]
    static = ["Newsletter", "VIP", "Wholesale"]
    assert sorted(ids) == ids
    assert ids == sorted(["Everyone", "Registered", "Unregistered", *static])
    assert set(page["data"][0]) - {"_v"} == {"_type", "_resource_state", "id", "link"}
    answer = shop.get("/sites/none/customer_groups")
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("CUS-8")
@pytest.mark.usefixtures("storefront")
def test_the_number_of_members_is_shown_by_name_alone(shop: Api, group: str) -> None:
    assert shop.put(f"{group}/members/00000001").status_code == 200
    assert "member_count" not in shop.get(group).json()
    assert "member_count" not in shop.get(f"{group}?select=(**)").json()
    assert shop.get(f"{group}?select=(**,member_count)").json()["member_count"] == 1
    name = group.rpartition("/")[2]
    found = search(
        shop,
        "/sites/RefArch/customer_group_search",
        term("id", "is", name),
        select="(**,hits.(**,member_count))",
    )
    assert found.json()["hits"][0]["member_count"] == 1
    everyone = shop.get(f"{GROUPS}/Everyone?select=(**,member_count)").json()
    assert "member_count" not in everyone


@pytest.mark.rule("CUS-9")
@pytest.mark.usefixtures("storefront")
def test_groups_are_searched_by_id_description_and_type(shop: Api) -> None:
    path = "/sites/RefArchGlobal/customer_group_search"
    static = find(shop, path, "id", term("type", "is", "static"))
    assert static == ["Newsletter", "VIP", "Wholesale"]
    assert find(shop, path, "id", text("description", "account without")) == ["Unregistered"]
    system = term("type", "one_of", "system", "dynamic")
    assert find(shop, path, "id", system, sorts=[{"field": "id", "sort_order": "desc"}]) == [
        "Unregistered",
        "Registered",
        "Everyone",
    ]
    answer = search(shop, path, term("type", "is", "stat"))
    assert_fault(answer, 400, "CustomerGroupTypeInvalid", {"type": "stat"})
    message = "The customer group type 'stat' is invalid."
    assert answer.json()["fault"]["message"] == message
    answer = search(shop, path, ALL, sorts=[{"field": "type"}])
    assert_fault(answer, 400, "FieldNotSortable", {"field": "type"})
    answer = search(shop, path, {})
    assert answer.json()["fault"]["type"] == "MalformedSearchParameterException"


@pytest.mark.rule("CUS-10")
@pytest.mark.usefixtures("storefront")
def test_a_member_shows_the_customer(shop: Api, group: str) -> None:
    answer = shop.put(f"{group}/members/00000004")
    assert answer.status_code == 200
    member = answer.json()
    assert member == shop.get(f"{group}/members/00000004").json()
    root = f"{shop.url}/s/-/dw/data/v23_2"
    kept = set(member) - {"_resource_state", "creation_date", "last_modified"}
    assert {n: member[n] for n in kept} == {
        "_v": "23.2",
        "_type": "customer_group_member",
        "active": False,
        "customer_link": f"{root}/customer_lists/RefArch/customers/00000004",
        "customer_no": "00000004",
        "email": "mary@shop.example",
        "first_name": "Mary",
        "last_name": "Jackson",
        "link": f"{root}{group}/members/00000004",
        "login": "mary",
    }
    assert shop.put(f"{group}/members/00000004").json() == member
    page = shop.get(f"{group}/members?select=(**)").json()
    assert (page["_type"], page["total"]) == ("customer_group_members", 1)
    assert {**page["data"][0], "_v": "23.2"} == member


@pytest.mark.rule("CUS-10")
@pytest.mark.usefixtures("storefront")
def test_groups_without_a_list_of_members_answer_nothing(shop: Api) -> None:
    for name in ("Everyone", "Unregistered", "Big%20Spenders"):
        answers = (
            shop.get(f"{GROUPS}/{name}/members"),
            search(shop, f"{GROUPS}/{name}/member_search", ALL),
        )
        assert [(a.status_code, a.content) for a in answers] == [(204, b"")] * 2


@pytest.mark.rule("CUS-10")
@pytest.mark.usefixtures("storefront")
def test_all_customers_are_members_of_registered(shop: Api) -> None:
    path = f"{GROUPS}/Registered/members"
    page = shop.get(f"{path}?count=2&select=(**)").json()
    assert [item["customer_no"] for item in page["data"]] == ["00000001", "00000002"]
    assert page["total"] == shop.get(f"{path}?start=2").json()["total"] > 5
    member = shop.get(f"{path}/00000002").json()
    assert member == {**page["data"][1], "_v": "23.2"}
    found = search(
        shop, f"{GROUPS}/Registered/member_search", term("login", "is", "grace"), select="(**)"
    )
    assert found.json()["hits"] == [page["data"][1]]
    unchanged = {"If-None-Match": f'"{member["_resource_state"]}"'}
    assert shop.get(f"{path}/00000002", headers=unchanged).status_code == 304
    answer = shop.get(f"{path}/none")
    arguments = {"customerNo": "none", "customerGroupId": "Registered", "siteId": "RefArch"}
    assert_fault(answer, 404, "CustomerGroupMemberNotFound", arguments)


@pytest.mark.rule("CUS-11")
@pytest.mark.usefixtures("storefront")
def test_members_are_customers_of_a_static_group(shop: Api, group: str) -> None:
    for name in ("Everyone", "Registered", "Big Spenders"):
        arguments = {"customerGroupId": name, "siteId": "RefArch"}
        for method in ("PUT", "DELETE"):
            path = f"{shop.scope}{GROUPS}/{name}/members/00000001"
            answer = shop.call(method, path)
            assert_fault(answer, 403, "CustomerGroupUnsupportedAssignment", arguments)
    message = (
        "No customer can be assigned to the non-static group 'Big Spenders' for site 'RefArch'."
    )
    assert answer.json()["fault"]["message"] == message
    unknown = {"customerNo": "none", "siteId": "RefArch"}
    for method in ("PUT", "DELETE"):
        answer = shop.call(method, f"{shop.scope}{group}/members/none")
        assert_fault(answer, 404, "CustomerNotFound", unknown)
    name = group.rpartition("/")[2]
    arguments = {"customerNo": "00000001", "customerGroupId": name, "siteId": "RefArch"}
    answer = shop.get(f"{group}/members/00000001")
    assert_fault(answer, 404, "CustomerGroupMemberNotFound", arguments)
    assert shop.put(f"{group}/members/00000001").status_code == 200
    assert [shop.delete(f"{group}/members/00000001").status_code for _ in "12"] == [204, 204]
    assert shop.get(f"{group}/members").json()["total"] == 0
    arguments = {"customerGroupId": "none", "siteId": "RefArch"}
    for answer in (
        shop.get(f"{GROUPS}/none/members"),
        shop.put(f"{GROUPS}/none/members/00000001"),
        search(shop, f"{GROUPS}/none/member_search", ALL),
    ):
        assert_fault(answer, 404, "CustomerGroupNotFound", arguments)


@pytest.mark.rule("CUS-11")
@pytest.mark.usefixtures("storefront")
def test_members_go_with_the_group(shop: Api, group: str) -> None:
    assert shop.put(f"{group}/members/00000001").status_code == 200
    assert shop.delete(group).status_code == 200
    assert shop.put(group, json={}).status_code == 201
    assert shop.get(f"{group}/members").json()["total"] == 0
    customer = "/customer_lists/RefArch/customers/00000001"
    number = uuid.uuid4().hex
    assert shop.patch(customer, json={"customer_no": number}).status_code == 200
    assert shop.get(f"{group}/members").json()["total"] == 0
    customer = f"/customer_lists/RefArch/customers/{number}"
    assert shop.patch(customer, json={"customer_no": "00000001"}).status_code == 200
    assert shop.get(f"{VIP}/members/00000001").status_code == 200


@pytest.mark.rule("CUS-12")
@pytest.mark.usefixtures("storefront")
def test_members_are_searched_by_these_fields(shop: Api, group: str) -> None:
    path = f"{group}/member_search"
    for number in ("00000001", "00000002", "00000004", "00000005"):
        assert shop.put(f"{group}/members/{number}").status_code == 200
    assert find(shop, path, "customer_no", term("login", "is", "ada")) == ["00000001"]
    assert find(shop, path, "customer_no", term("active", "is", False)) == ["00000004"]
    assert find(shop, path, "customer_no", term("zip", "is", "22201")) == ["00000002"]
    assert find(shop, path, "customer_no", text("first_name last_name", "jon smith")) == [
        "00000005"
    ]
    assert find(shop, path, "customer_no", text("email", "grace@shop.example")) == ["00000002"]
    numbers = find(shop, path, "customer_no", ALL, sorts=[{"field": "login", "sort_order": "desc"}])
    assert numbers == ["00000004", "00000005", "00000002", "00000001"]
    answer = search(shop, path, ALL, select="(**)", count=1)
    document = answer.json()
    assert document["_type"] == "customer_group_member_search_result"
    assert (document["count"], document["total"]) == (1, 4)
    assert "zip" not in document["hits"][0]
    assert document["hits"][0]["login"] == "ada"
    for field in ("active", "first_name", "last_name", "email", "zip"):
        answer = search(shop, path, ALL, sorts=[{"field": field}])
        assert_fault(answer, 400, "FieldNotSortable", {"field": field})
