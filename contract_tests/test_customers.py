"""Customer lists, customers, addresses and the customer search (CUS-1 to CUS-6)."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.place import here
from contract_tests.shop import ADA, GRACE, JON, JONATHAN, MARY, add_people

HERE = here()
LIST_ID = HERE.customer_list
LIST = f"/customer_lists/{LIST_ID}"
CUSTOMERS = f"{LIST}/customers"
ADDRESS = {"address_id": "home", "last_name": "L", "country_code": "US"}


def unique() -> str:
    return f"contract-{uuid.uuid4().hex}"


def post(shop: Api, path: str, body: Any) -> Any:
    return shop.call("POST", f"{shop.scope}{path}", json=body)


def add(shop: Api, **members: Any) -> dict[str, Any]:
    """Create a customer with a login of its own; return the document."""
    body = {"credentials": {"login": unique()}, "last_name": "L", **members}
    answer = post(shop, CUSTOMERS, body)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def add_address(shop: Api, **members: Any) -> tuple[str, dict[str, Any]]:
    """Create a customer with an address; return the path of the addresses, and the address."""
    path = f"{CUSTOMERS}/{add(shop)['customer_no']}/addresses"
    answer = post(shop, path, {**ADDRESS, **members})
    assert answer.status_code == 200, answer.text
    return path, answer.json()


def add_group(shop: Api) -> str:
    """Create a customer group; return the path of the members."""
    path = f"/sites/{HERE.site}/customer_groups/{unique()}"
    assert shop.put(path, json={}).status_code == 201
    return f"{path}/members"


def find(shop: Api, query: Any, **members: Any) -> list[str]:
    """Return the numbers of the customers that a search finds."""
    answer = post(shop, f"{LIST}/customer_search", {"query": query, **members})
    assert answer.status_code == 200, answer.text
    return [hit["data"]["customer_no"] for hit in answer.json()["hits"]]


def text(fields: str, phrase: str) -> dict[str, Any]:
    return {"text_query": {"fields": fields.split(), "search_phrase": phrase}}


def term(field: str, operator: str, *values: Any) -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": operator, "values": list(values)}}


@pytest.mark.rule("CUS-1")
def test_a_customer_list_has_an_id_alone(shop: Api) -> None:
    document = shop.get(LIST).json()
    del document["_resource_state"]
    assert document == {"_v": "23.2", "_type": "customer_list", "id": LIST_ID}
    missing = {"customerListId": "none"}
    answer = shop.get("/customer_lists/none")
    assert_fault(answer, 404, "CustomerListNotFound", missing)
    assert answer.json()["fault"]["message"] == "No customer list with ID 'none' could be found."
    assert_fault(
        post(shop, "/customer_lists/none/customers", {}), 404, "CustomerListNotFound", missing
    )
    assert shop.call("GET", f"{shop.scope}/customer_lists").status_code == 404
    assert_fault(
        shop.put("/customer_lists/none", json={}), 405, "MethodNotAllowed", {"method": "PUT"}
    )


@pytest.mark.rule("CUS-2")
def test_post_creates_a_customer(shop: Api) -> None:
    login = unique()
    body = {
        "credentials": {"login": login, "enabled": True},
        "last_name": "L",
        "customer_no": login,
    }
    answer = post(shop, CUSTOMERS, body)
    assert answer.status_code == 200
    document = answer.json()
    assert document == shop.get(f"{CUSTOMERS}/{login}").json()
    assert re.fullmatch("[A-Za-z0-9]{26,28}", document.pop("customer_id"))
    assert document.pop("creation_date") == document.pop("last_modified")
    assert re.fullmatch("[0-9a-f]{64}", document.pop("_resource_state"))
    credentials = {"_type": "credentials", "enabled": True, "locked": False, "login": login}
    assert document == {
        "_v": "23.2",
        "_type": "customer",
        "credentials": credentials,
        "customer_no": login,
        "last_name": "L",
    }
    assert_fault(
        post(shop, CUSTOMERS, {**body, "credentials": {"login": unique()}}),
        400,
        "CustomerNumberAlreadyInUse",
        {"customerNo": login},
    )


@pytest.mark.rule("CUS-2")
def test_a_customer_without_a_number_gets_the_next_of_eight_digits(shop: Api) -> None:
    first, second = add(shop)["customer_no"], add(shop)["customer_no"]
    assert re.fullmatch("[0-9]{8}", first)
    assert int(second) > int(first) > 0


@pytest.mark.rule("CUS-2", "CUS-3")
def test_customers_of_concurrent_requests_share_no_number_and_no_login(shop: Api) -> None:
    login = unique()
    with ThreadPoolExecutor(8) as threads:
        added = list(threads.map(lambda _: add(shop)["customer_no"], range(24)))
        bodies = [{"credentials": {"login": login}}] * 8
        answers = list(threads.map(lambda body: post(shop, CUSTOMERS, body), bodies))
    assert len(set(added)) == 24
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7


@pytest.mark.rule("CUS-2")
def test_put_creates_or_replaces_a_customer(shop: Api) -> None:
    login = unique()
    path, body = f"{CUSTOMERS}/{login}", {"credentials": {"login": login}, "first_name": "F"}
    answer = shop.put(path, json=body)
    assert answer.status_code == 201
    before = answer.json()
    answer = shop.put(path, json={"credentials": {"login": login}, "last_name": "L"})
    assert answer.status_code == 200
    after = answer.json()
    assert (after.get("first_name"), after["last_name"]) == (None, "L")
    for name in ("customer_id", "creation_date"):
        assert after[name] == before[name]
    sent = shop.put(f"{CUSTOMERS}/{unique()}", json={**body, "customer_no": "other"})
    assert sent.json()["fault"]["type"] == "IdConflictException"


@pytest.mark.rule("CUS-3")
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_new_customer_needs_a_login_of_its_own(shop: Api, method: str) -> None:
    taken = add(shop)["credentials"]["login"]
    path = CUSTOMERS if method == "POST" else f"{CUSTOMERS}/{unique()}"
    cases: tuple[tuple[Any, str, dict[str, str]], ...] = (
        ({}, "CredentialsMissing", {}),
        ({"credentials": None}, "CredentialsMissing", {}),
        ({"credentials": {"enabled": True}}, "LoginMissing", {}),
        ({"credentials": {"login": None}}, "LoginMissing", {}),
        ({"credentials": {"login": ""}}, "InvalidLogin", {"login": ""}),
        ({"credentials": {"login": " "}}, "InvalidLogin", {"login": " "}),
        ({"credentials": {"login": taken}}, "LoginAlreadyInUse", {}),
    )
    for body, fault, arguments in cases:
        assert_fault(shop.call(method, f"{shop.scope}{path}", json=body), 400, fault, arguments)
    if method == "PUT":
        assert shop.get(path).status_code == 404


@pytest.mark.rule("CUS-3")
def test_a_login_belongs_to_one_customer_of_a_list(shop: Api) -> None:
    one, other = add(shop), add(shop)
    path, login = f"{CUSTOMERS}/{one['customer_no']}", other["credentials"]["login"]
    assert_fault(
        shop.patch(path, json={"credentials": {"login": login}}), 400, "LoginAlreadyInUse", {}
    )
    for credentials in (None, {"login": None}, {"login": ""}):
        answer = shop.patch(path, json={"credentials": credentials})
        assert_fault(answer, 400, "InvalidLogin", {"login": ""})
    assert shop.get(path).json() == one
    body = {"credentials": {"login": login}}
    assert (
        shop.put(f"/customer_lists/{HERE.other_site}/customers/{login}", json=body).status_code
        == 201
    )
    kept = shop.patch(path, json={"credentials": {"enabled": False}}).json()["credentials"]
    assert kept == {**one["credentials"], "enabled": False}
    freed = one["credentials"]["login"]
    assert shop.patch(path, json={"credentials": {"login": unique()}}).status_code == 200
    assert add(shop, credentials={"login": freed})["credentials"]["login"] == freed
    assert shop.delete(path).status_code == 204
    assert_fault(
        post(shop, CUSTOMERS, {"credentials": {"login": freed}}), 400, "LoginAlreadyInUse", {}
    )


@pytest.mark.rule("CUS-2")
@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"birthday": "1990-02-30"}, "$.birthday"),
        ({"gender": 3}, "$.gender"),
        ({"fax": "0" * 33}, "$.fax"),
        ({"customer_id": "i" * 29}, "$.customer_id"),
        ({"customer_no": None}, "$.customer_no"),
        ({"customer_no": ""}, "$.customer_no"),
    ],
)
def test_a_customer_is_within_these_bounds(shop: Api, body: Any, path: str) -> None:
    customer = f"{CUSTOMERS}/{add(shop)['customer_no']}"
    before = shop.get(customer).json()
    answer = shop.patch(customer, json=body)
    assert_fault(answer, 400, "PropertyConstraintViolation", {"document": "customer", "path": path})
    assert shop.get(customer).json() == before


@pytest.mark.rule("CUS-4")
def test_patch_may_change_the_number(shop: Api) -> None:
    path, _ = add_address(shop)
    number, new = path.split("/")[4], unique()
    group = add_group(shop)
    assert shop.put(f"{group}/{number}").status_code == 200
    answer = shop.patch(f"{CUSTOMERS}/{number}", json={"customer_no": new, "first_name": "F"})
    assert answer.status_code == 200
    assert answer.json() == shop.get(f"{CUSTOMERS}/{new}").json()
    assert shop.get(f"{CUSTOMERS}/{new}/addresses/home").status_code == 200
    assert shop.get(f"{group}/{new}").json()["first_name"] == "F"
    assert shop.get(f"{CUSTOMERS}/{number}").status_code == 404
    assert shop.get(f"{group}/{number}").status_code == 404
    taken = {"customer_no": add(shop)["customer_no"]}
    answer = shop.patch(f"{CUSTOMERS}/{new}", json=taken)
    arguments = {"customerNo": taken["customer_no"]}
    assert_fault(answer, 400, "CustomerNumberAlreadyInUse", arguments)


@pytest.mark.rule("CUS-4")
def test_delete_takes_addresses_and_memberships_along(shop: Api) -> None:
    path, _ = add_address(shop)
    customer, _, _ = path.rpartition("/")
    number = customer.rpartition("/")[2]
    group = f"{add_group(shop)}/{number}"
    assert shop.put(group).status_code == 200
    assert shop.delete(customer).status_code == 204
    missing = {"customerNo": number, "customerListId": LIST_ID}
    for answer in (shop.get(customer), shop.get(path), shop.patch(customer, json={})):
        assert_fault(answer, 404, "CustomerListCustomerNotFound", missing)
    message = f"No customer with number '{number}' for customer list '{LIST_ID}' could be found."
    assert shop.get(customer).json()["fault"]["message"] == message
    assert shop.get(group).status_code == 404
    assert shop.delete(customer).status_code == 204
    login = unique()
    assert shop.put(customer, json={"credentials": {"login": login}}).status_code == 201
    assert shop.get(path).json()["total"] == 0


@pytest.mark.rule("CUS-5")
def test_a_found_customer_is_inside_a_hit(shop: Api) -> None:
    add_people(shop, ADA, GRACE)
    query = term("email", "is", "grace@contract.example")
    answer = post(
        shop,
        f"{LIST}/customer_search",
        {"query": query, "select": "(**)"},
    )
    document = answer.json()
    assert (document["_type"], document["total"]) == ("customer_search_result", 1)
    [hit] = document["hits"]
    assert set(hit) == {"_type", "data", "relevance"}
    assert (hit["_type"], hit["relevance"]) == ("customer_search_hit", 1)
    alone = shop.get(f"{CUSTOMERS}/{GRACE}").json()
    assert {n: v for n, v in hit["data"].items() if n != "_v"} == {
        n: v for n, v in alone.items() if n != "_v"
    }
    answer = post(shop, f"{LIST}/customer_search", {"query": query})
    [hit] = answer.json()["hits"]
    assert set(hit["data"]) - {"_v"} == {"_type", "_resource_state", "customer_no"}


@pytest.mark.rule("CUS-5")
def test_customers_are_searched_by_these_fields(shop: Api) -> None:
    add_people(shop, ADA, JON, JONATHAN, MARY)
    assert find(shop, text("first_name last_name", "contract JON")) == [JON]
    assert find(shop, text("salutation title company_name", "Contract Engines")) == [ADA]
    known = term("customer_no", "one_of", ADA, JON, JONATHAN, MARY)
    for query, expected in [
        (text("first_name", "jon"), [JON]),  # rather than Jonathan, too
        (text("phone_home phone_business phone_mobile fax", "617-555-0101"), [ADA]),
        (term("credentials.enabled", "is", False), [MARY]),
        (term("gender", "is", 1), [JONATHAN, JON]),
        (text("suffix second_name", "x"), []),
        (term("last_modified", "less", "2023-03-02T00:00:00Z"), []),
        (term("creation_date", "greater", "2023-03-02T00:00:00Z"), [MARY, JONATHAN, JON, ADA]),
    ]:
        both = {"bool_query": {"must": [known, query]}}
        sorts = [{"field": "first_name", "sort_order": "desc"}]
        assert find(shop, both, sorts=sorts) == expected
    assert find(shop, term("credentials.login", "is", ADA)) == [ADA]
    assert find(shop, term("customer_no", "one_of", ADA, JON)) == [ADA, JON]
    for name in ("birthday", "credentials.locked", "login"):
        answer = post(
            shop,
            f"{LIST}/customer_search",
            {"query": term(name, "is_null")},
        )
        assert_fault(answer, 400, "UnknownSearchField", {"field": name})


@pytest.mark.rule("CUS-3", "CUS-4")
def test_a_deleted_customer_leaves_the_login(shop: Api) -> None:
    credentials = {"login": unique()}
    path = f"{CUSTOMERS}/{add(shop, credentials=credentials)['customer_no']}"
    assert shop.delete(path).status_code == 204
    assert shop.get(path).status_code == 404
    assert add(shop, credentials=credentials)["credentials"]["login"] == credentials["login"]


@pytest.mark.rule("CUS-5", "SRC-2")
def test_a_nested_query_asks_the_document_inside(shop: Api) -> None:
    name = unique()
    found, *others = [add(shop, first_name=name)["customer_no"] for _ in range(2)]
    login = shop.get(f"{CUSTOMERS}/{found}").json()["credentials"]["login"]
    inner = {"path": "credentials", "query": term("credentials.login", "is", login)}
    both = {"bool_query": {"must": [term("first_name", "is", name), {"nested_query": inner}]}}
    assert find(shop, both) == [found]
    assert others != [found]


@pytest.mark.rule("CUS-5")
def test_a_customer_search_is_within_a_list(shop: Api) -> None:
    path, name = f"/customer_lists/{HERE.other_site}/customers/{unique()}", unique()
    shop.put(path, json={"credentials": {"login": name}, "first_name": name})
    query = {"query": term("first_name", "is", name)}
    assert find(shop, query["query"]) == []
    answer = post(shop, f"/customer_lists/{HERE.other_site}/customer_search", query)
    assert path.endswith(answer.json()["hits"][0]["data"]["customer_no"])
    answer = post(shop, "/customer_lists/none/customer_search", query)
    assert_fault(answer, 404, "CustomerListNotFound", {"customerListId": "none"})


@pytest.mark.rule("CUS-6")
def test_post_creates_an_address(shop: Api) -> None:
    path, address = add_address(shop, first_name="F", second_name="M", suffix="Jr.")
    assert address == shop.get(f"{path}/home").json()
    assert address.pop("etag") == address.pop("_resource_state")
    assert address.pop("creation_date") == address.pop("last_modified")
    assert address == {
        "_v": "23.2",
        "_type": "customer_address",
        "address_id": "home",
        "country_code": "US",
        "first_name": "F",
        "full_name": "F M L Jr.",
        "last_name": "L",
        "second_name": "M",
        "suffix": "Jr.",
    }


@pytest.mark.rule("CUS-6")
def test_an_address_has_an_id_of_its_own(shop: Api) -> None:
    path, _ = add_address(shop)
    for taken in (post(shop, path, ADDRESS),):
        assert_fault(taken, 400, "AddressIdAlreadyInUse", {"addressId": "home"})
    for empty in ("", None):
        answer = post(shop, path, {**ADDRESS, "address_id": empty})
        assert_fault(answer, 400, "InvalidAddressId", {"addressId": ""})
    for name in ("address_id", "country_code", "last_name"):
        answer = post(shop, path, {n: v for n, v in ADDRESS.items() if n != name})
        arguments = {"document": "customer_address", "path": f"$.{name}"}
        assert_fault(answer, 400, "PropertyConstraintViolation", arguments)
    answer = post(shop, path, {**ADDRESS, "address_id": "x", "country_code": "DE"})
    arguments = {"document": "customer_address", "enumValue": "DE"}
    assert_fault(answer, 400, "EnumConstraintViolation", arguments)


@pytest.mark.rule("CUS-6")
def test_patch_may_change_the_address_id(shop: Api) -> None:
    path, _ = add_address(shop)
    assert post(shop, path, {**ADDRESS, "address_id": "work"}).status_code == 200
    answer = shop.patch(f"{path}/work", json={"address_id": "home"})
    assert_fault(answer, 400, "AddressIdAlreadyInUse", {"addressId": "home"})
    for empty in ("", None):
        answer = shop.patch(f"{path}/work", json={"address_id": empty})
        assert_fault(answer, 400, "InvalidAddressId", {"addressId": ""})
    answer = shop.patch(f"{path}/work", json={"address_id": "office", "first_name": "F"})
    assert answer.status_code == 200
    assert answer.json()["full_name"] == "F L"
    emptied = shop.patch(f"{path}/office", json={"second_name": ""}).json()
    assert (emptied["second_name"], emptied["full_name"]) == ("", "F L")
    assert [item["address_id"] for item in shop.get(path).json()["data"]] == ["home", "office"]
    assert shop.delete(f"{path}/office").status_code == 204
    customer_no = path.split("/")[4]
    arguments = {
        "addressId": "office",
        "customerNo": customer_no,
        "customerListId": LIST_ID,
    }
    answer = shop.get(f"{path}/office")
    assert_fault(answer, 404, "CustomerListCustomerAddressNotFound", arguments)


@pytest.mark.rule("CUS-6", "PAG-1")
def test_the_address_book_has_pages_of_ten_whole_addresses(shop: Api) -> None:
    path, _ = add_address(shop)
    for index in range(11):
        body = {**ADDRESS, "address_id": f"i{index:02}", "city": "X"}
        assert post(shop, path, body).status_code == 200
    page = shop.get(path).json()
    assert (page["_type"], page["count"], page["total"]) == ("customer_address_result", 10, 12)
    assert page["data"][1]["city"] == "X"
    assert page["next"].startswith(shop.url)
    assert shop.get(f"{path}?count=200").json()["count"] == 12
    expected = {"parameter": "count", "expected": "a number from 1 to 200"}
    for count in ("0", "201"):
        answer = shop.get(f"{path}?count={count}")
        assert_fault(answer, 400, "ValueConstraintViolation", expected)


@pytest.mark.rule("CUS-6")
def test_the_primary_address_is_in_the_address_book(shop: Api) -> None:
    customer = add(shop, primary_address={**ADDRESS, "first_name": "F"})
    path = f"{CUSTOMERS}/{customer['customer_no']}"
    assert customer["primary_address"]["full_name"] == "F L"
    for empty in ("", None):
        answer = shop.patch(path, json={"primary_address": {**ADDRESS, "address_id": empty}})
        assert_fault(answer, 400, "InvalidAddressId", {"addressId": ""})
    assert shop.get(f"{path}/addresses/home").json()["first_name"] == "F"
    assert post(shop, f"{path}/addresses", {**ADDRESS, "address_id": "work", "city": "Y"}).ok
    other = {"primary_address": {**ADDRESS, "address_id": "work", "suite": "4"}}
    primary = shop.patch(path, json=other).json()["primary_address"]
    assert primary == {**other["primary_address"], "_type": "customer_address", "full_name": "L"}
    work = shop.get(f"{path}/addresses/work").json()
    assert {name: work.get(name) for name in ("city", "suite")} == {"city": None, "suite": "4"}
    assert shop.patch(path, json={"primary_address": {**ADDRESS, "first_name": "F"}}).ok
    renamed = {"address_id": "house", "city": "X"}
    assert shop.patch(f"{path}/addresses/home", json=renamed).status_code == 200
    primary = shop.get(path).json()["primary_address"]
    assert (primary["address_id"], primary["city"]) == ("house", "X")
    assert shop.delete(f"{path}/addresses/house").status_code == 204
    assert "primary_address" not in shop.get(path).json()
