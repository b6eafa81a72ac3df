"""Customer groups of a site, their members, and both searches (CUS-7 to CUS-12)."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.place import here
from contract_tests.shop import ADA, CUSTOMERS, GRACE, JON, MARY, add_people

HERE = here()

GROUPS = f"/sites/{HERE.site}/customer_groups"
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
    missing = {"customerGroupId": name, "siteId": HERE.site}
    for answer in (shop.get(f"{GROUPS}/{name}"), shop.patch(f"{GROUPS}/{name}", json={})):
        assert_fault(answer, 404, "CustomerGroupNotFound", missing)
    message = f"No customer group with ID '{name}' for site '{HERE.site}' could be found."
    assert answer.json()["fault"]["message"] == message


@pytest.mark.rule("CUS-7")
def test_another_id_in_the_body_is_refused(shop: Api) -> None:
    name = f"contract-{uuid.uuid4().hex}"
    answer = shop.put(f"{GROUPS}/{name}", json={"id": "other"})
    assert_fault(answer, 400, "IdConflict", {"bodyID": "other", "urlID": name})
    assert shop.get(f"{GROUPS}/{name}").status_code == 404
    assert shop.put(f"{GROUPS}/{name}", json={}).status_code == 201
    answer = shop.patch(f"{GROUPS}/{name}", json={"id": "other"})
    assert_fault(answer, 400, "IdConflict", {"bodyID": "other", "urlID": name})


@pytest.mark.rule("CUS-7")
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
@pytest.mark.needs("a dynamic group: no request creates one")
def test_a_dynamic_group_shows_the_rule(shop: Api) -> None:
    document = shop.get(f"{GROUPS}/Big%20Spenders").json()
    assert document["type"] == "dynamic"
    assert document["rule"]["_type"] == "rule"
    assert document["link"].endswith(f"{GROUPS}/Big%20Spenders")
    changed = shop.patch(f"{GROUPS}/Big%20Spenders", json={"rule": {"description": "x"}}).json()
    assert changed["rule"] == document["rule"]


@pytest.mark.rule("CUS-7")
def test_groups_are_listed_by_id(shop: Api) -> None:
    names = [f"contract-{letter}" for letter in "bca"]
    for name in names:
        shop.put(f"{GROUPS}/{name}", json={})
    page = shop.get(f"{GROUPS}?count=1000").json()
    assert page["_type"] == "customer_groups"
    ids = [item["id"] for item in page["data"]]
    assert ids == sorted(ids)
    assert {"Everyone", "Registered", "Unregistered", *names} <= set(ids)
    assert set(page["data"][0]) - {"_v"} == {"_type", "_resource_state", "id", "link"}
    answer = shop.get("/sites/none/customer_groups")
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("CUS-8")
def test_the_number_of_members_is_shown_by_name_alone(shop: Api, group: str) -> None:
    add_people(shop, ADA)
    assert shop.put(f"{group}/members/{ADA}").status_code == 200
    assert "member_count" not in shop.get(group).json()
    assert "member_count" not in shop.get(f"{group}?select=(**)").json()
    assert shop.get(f"{group}?select=(**,member_count)").json()["member_count"] == 1
    name = group.rpartition("/")[2]
    found = search(
        shop,
        f"/sites/{HERE.site}/customer_group_search",
        term("id", "is", name),
        select="(**,hits.(**,member_count))",
    )
    assert found.json()["hits"][0]["member_count"] == 1
    everyone = shop.get(f"{GROUPS}/Everyone?select=(**,member_count)").json()
    assert "member_count" not in everyone


@pytest.mark.rule("CUS-9")
def test_groups_are_searched_by_id_description_and_type(shop: Api) -> None:
    path, names = f"/sites/{HERE.site}/customer_group_search", ["contract-a", "contract-b"]
    for name in names:
        shop.put(f"{GROUPS}/{name}", json={"description": f"of the contract {name[-1]}"})
    known = term("id", "one_of", *names, "Everyone", "Unregistered")
    for query, expected in [
        (term("type", "is", "static"), names),
        (term("type", "one_of", "system", "dynamic"), ["Everyone", "Unregistered"]),
        (text("description", "contract b"), ["contract-b"]),
    ]:
        both = {"bool_query": {"must": [known, query]}}
        assert find(shop, path, "id", both) == expected
        down = find(shop, path, "id", both, sorts=[{"field": "id", "sort_order": "desc"}])
        assert down == expected[::-1]
    answer = search(shop, path, term("type", "is", "stat"))
    assert_fault(answer, 400, "CustomerGroupTypeInvalid", {"type": "stat"})
    message = "The customer group type 'stat' is invalid."
    assert answer.json()["fault"]["message"] == message
    answer = search(shop, path, ALL, sorts=[{"field": "type"}])
    assert_fault(answer, 400, "FieldNotSortable", {"field": "type"})
    answer = search(shop, path, {})
    assert answer.json()["fault"]["type"] == "MalformedSearchParameterException"


@pytest.mark.rule("CUS-10")
def test_a_member_shows_the_customer(shop: Api, group: str) -> None:
    add_people(shop, MARY)
    answer = shop.put(f"{group}/members/{MARY}")
    assert answer.status_code == 200
    member = answer.json()
    assert member == shop.get(f"{group}/members/{MARY}").json()
    root = f"{shop.url}/s/-/dw/data/v23_2"
    kept = set(member) - {"_resource_state", "creation_date", "last_modified"}
    assert {n: member[n] for n in kept} == {
        "_v": "23.2",
        "_type": "customer_group_member",
        "active": False,
        "customer_link": f"{root}{CUSTOMERS}/{MARY}",
        "customer_no": MARY,
        "email": "mary@contract.example",
        "first_name": "Mary",
        "last_name": "Jackson",
        "link": f"{root}{group}/members/{MARY}",
        "login": MARY,
    }
    assert shop.put(f"{group}/members/{MARY}").json() == member
    page = shop.get(f"{group}/members?select=(**)").json()
    assert (page["_type"], page["total"]) == ("customer_group_members", 1)
    assert {**page["data"][0], "_v": "23.2"} == member


@pytest.mark.rule("CUS-10")
def test_groups_without_a_list_of_members_answer_nothing(shop: Api) -> None:
    for name in ("Everyone", "Unregistered"):
        answers = (
            shop.get(f"{GROUPS}/{name}/members"),
            search(shop, f"{GROUPS}/{name}/member_search", ALL),
        )
        assert [(a.status_code, a.content) for a in answers] == [(204, b"")] * 2


@pytest.mark.rule("CUS-10")
def test_all_customers_are_members_of_registered(shop: Api) -> None:
    add_people(shop, ADA, GRACE)
    path = f"{GROUPS}/Registered/members"
    page = shop.get(f"{path}?count=2&select=(**)").json()
    assert (page["_type"], page["count"]) == ("customer_group_members", 2)
    assert page["total"] == shop.get(f"{path}?start=2").json()["total"] >= 2
    found = search(
        shop, f"{GROUPS}/Registered/member_search", term("login", "is", GRACE), select="(**)"
    )
    member = shop.get(f"{path}/{GRACE}").json()
    assert [{**hit, "_v": "23.2"} for hit in found.json()["hits"]] == [member]
    unchanged = {"If-None-Match": f'"{member["_resource_state"]}"'}
    assert shop.get(f"{path}/{GRACE}", headers=unchanged).status_code == 304
    answer = shop.get(f"{path}/none")
    arguments = {"customerNo": "none", "customerGroupId": "Registered", "siteId": HERE.site}
    assert_fault(answer, 404, "CustomerGroupMemberNotFound", arguments)


@pytest.mark.rule("CUS-11")
def test_members_are_customers_of_a_static_group(shop: Api, group: str) -> None:
    add_people(shop, ADA)
    for name in ("Everyone", "Registered"):
        arguments = {"customerGroupId": name, "siteId": HERE.site}
        for method in ("PUT", "DELETE"):
            path = f"{shop.scope}{GROUPS}/{name}/members/{ADA}"
            answer = shop.call(method, path)
            assert_fault(answer, 403, "CustomerGroupUnsupportedAssignment", arguments)
    message = "No customer can be assigned to the non-static group 'Registered' for site"
    assert answer.json()["fault"]["message"] == f"{message} '{HERE.site}'."
    unknown = {"customerNo": "none", "siteId": HERE.site}
    for method in ("PUT", "DELETE"):
        answer = shop.call(method, f"{shop.scope}{group}/members/none")
        assert_fault(answer, 404, "CustomerNotFound", unknown)
    name = group.rpartition("/")[2]
    arguments = {"customerNo": ADA, "customerGroupId": name, "siteId": HERE.site}
    answer = shop.get(f"{group}/members/{ADA}")
    assert_fault(answer, 404, "CustomerGroupMemberNotFound", arguments)
    assert shop.put(f"{group}/members/{ADA}").status_code == 200
    assert [shop.delete(f"{group}/members/{ADA}").status_code for _ in "12"] == [204, 204]
    assert shop.get(f"{group}/members").json()["total"] == 0
    arguments = {"customerGroupId": "none", "siteId": HERE.site}
    for answer in (
        shop.get(f"{GROUPS}/none/members"),
        shop.put(f"{GROUPS}/none/members/{ADA}"),
        search(shop, f"{GROUPS}/none/member_search", ALL),
    ):
        assert_fault(answer, 404, "CustomerGroupNotFound", arguments)


@pytest.mark.rule("CUS-11")
def test_members_go_with_the_group(shop: Api, group: str) -> None:
    add_people(shop, ADA)
    other = f"{GROUPS}/contract-other"
    assert shop.put(other, json={}).status_code == 201
    for path in (group, other):
        assert shop.put(f"{path}/members/{ADA}").status_code == 200
    assert shop.delete(group).status_code == 200
    assert shop.put(group, json={}).status_code == 201
    assert shop.get(f"{group}/members").json()["total"] == 0
    number = f"contract-{uuid.uuid4().hex}"
    assert shop.patch(f"{CUSTOMERS}/{ADA}", json={"customer_no": number}).status_code == 200
    assert shop.get(f"{group}/members").json()["total"] == 0
    assert shop.patch(f"{CUSTOMERS}/{number}", json={"customer_no": ADA}).status_code == 200
    assert shop.get(f"{other}/members/{ADA}").status_code == 200


@pytest.mark.rule("CUS-12")
def test_members_are_searched_by_these_fields(shop: Api, group: str) -> None:
    path = f"{group}/member_search"
    numbers = [ADA, GRACE, JON, MARY]
    add_people(shop, *numbers)
    for number in numbers:
        assert shop.put(f"{group}/members/{number}").status_code == 200
    assert find(shop, path, "customer_no", term("login", "is", ADA)) == [ADA]
    assert find(shop, path, "customer_no", term("active", "is", False)) == [MARY]
    assert find(shop, path, "customer_no", term("zip", "is", "22201")) == [GRACE]
    assert find(shop, path, "customer_no", text("first_name last_name", "jon contract")) == [JON]
    assert find(shop, path, "customer_no", text("email", "grace@contract.example")) == [GRACE]
    down = find(shop, path, "customer_no", ALL, sorts=[{"field": "login", "sort_order": "desc"}])
    assert down == [MARY, JON, GRACE, ADA]
    answer = search(shop, path, ALL, select="(**)", count=1)
    document = answer.json()
    assert document["_type"] == "customer_group_member_search_result"
    assert (document["count"], document["total"]) == (1, 4)
    assert "zip" not in document["hits"][0]
    assert document["hits"][0]["login"] == ADA
    for field in ("active", "first_name", "last_name", "email", "zip"):
        answer = search(shop, path, ALL, sorts=[{"field": field}])
        assert_fault(answer, 400, "FieldNotSortable", {"field": field})
