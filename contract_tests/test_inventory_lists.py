"""Inventory lists: five operations and one document (INV-1 to INV-7)."""

from collections.abc import Callable

import pytest

from contract_tests.api import Api, assert_fault

Make = Callable[..., str]


@pytest.mark.rule("INV-1")
def test_the_collection_lists_every_list(api: Api, make: Make) -> None:
    made = {make(), make()}
    answer = api.get("/inventory_lists?count=1000")
    assert answer.status_code == 200
    page = answer.json()
    assert made <= {item["id"] for item in page["data"]}
    assert page["total"] == page["count"] == len(page["data"])


@pytest.mark.rule("INV-2", "FLT-3")
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_missing_list_is_not_found(api: Api, unused: str, method: str) -> None:
    path = f"/s/-/dw/data/v23_2/inventory_lists/{unused}"
    answer = api.call(method, path, json={})
    told = f"No inventory list with ID '{unused}' was found."
    assert_fault(answer, 404, "InventoryListNotFound", {"inventorylistId": unused}, told)


@pytest.mark.rule("INV-3")
def test_patch_answers_the_changed_list(api: Api, make: Make) -> None:
    path = f"/inventory_lists/{make(description='one')}"
    before = api.get(path).json()
    answer = api.patch(path, json={"description": "two", "on_order_inventory_enabled": True})
    assert answer.status_code == 200
    changed = answer.json()
    assert changed == api.get(path).json()
    same = {"id", "link", "creation_date", "default_in_stock", "_type", "_v"}
    assert {name: changed[name] for name in same} == {name: before[name] for name in same}
    assert changed["last_modified"] >= before["last_modified"]


@pytest.mark.rule("INV-3", "INV-4")
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_an_id_in_the_body_is_that_of_the_url(
    api: Api, make: Make, unused: str, method: str
) -> None:
    name = make() if method == "PATCH" else unused
    path = f"/s/-/dw/data/v23_2/inventory_lists/{name}"
    wrong = api.call(method, path, json={"id": "contract-other"})
    told = {"bodyID": "contract-other", "urlID": name}
    assert_fault(wrong, 400, "IdConflict", told)
    assert api.call(method, path, json={"id": name}).status_code in {200, 201}
    assert api.get("/inventory_lists/contract-other").status_code == 404


@pytest.mark.rule("INV-4", "MET-1")
def test_put_creates_and_tells_where(api: Api, unused: str) -> None:
    path = f"/inventory_lists/{unused}"
    answer = api.put(path, json={"description": "x", "default_in_stock": True})
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{api.url}/s/-/dw/data/v23_2{path}"
    assert answer.json() == api.get(path).json()
    assert answer.json()["creation_date"] == answer.json()["last_modified"]


@pytest.mark.rule("INV-4")
@pytest.mark.parametrize("length", [1, 256])
def test_an_id_has_up_to_256_characters(api: Api, length: int) -> None:
    name = "ü" * length
    answer = api.put(f"/inventory_lists/{name}", json={})
    if answer.status_code == 201:
        api.delete(f"/inventory_lists/{name}")
    assert (answer.status_code, answer.json().get("id")) == (201, name)


@pytest.mark.rule("INV-4")
def test_a_longer_id_is_refused(api: Api) -> None:
    answer = api.put("/inventory_lists/" + "ü" * 257, json={})
    told = {"parameter": "id", "expected": "a string of 1 to 256 characters"}
    assert_fault(answer, 400, "StringConstraintViolation", told)


@pytest.mark.rule("INV-5", "FLT-3")
def test_put_of_an_id_that_exists_is_refused_as_documented(documented: Api, make: Make) -> None:
    made = make(description="one")
    answer = documented.put(f"/inventory_lists/{made}", json={"description": "two"})
    told = f"The inventory list could not be created because of duplicate ID '{made}'."
    assert_fault(answer, 404, "InventoryListDuplicate", {"inventorylistId": made}, told)
    assert documented.get(f"/inventory_lists/{made}").json()["description"] == "one"


@pytest.mark.rule("INV-5")
def test_put_of_an_id_that_exists_replaces_as_observed(observed: Api, make_observed: Make) -> None:
    path = f"/inventory_lists/{make_observed(description='one')}"
    answer = observed.put(path, json={"description": "two"})
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert observed.get(path).json() == answer.json()
    assert answer.json()["description"] == "two"


@pytest.mark.rule("INV-6")
def test_delete_answers_204_also_when_there_is_nothing(api: Api, make: Make) -> None:
    path = f"/inventory_lists/{make()}"
    first, second = api.delete(path), api.delete(path)
    assert (first.status_code, second.status_code) == (204, 204)
    assert (first.content, second.content) == (b"", b"")
    assert api.get(path).status_code == 404


@pytest.mark.rule("INV-7")
def test_booleans_are_false_unless_given_and_always_answered(api: Api, make: Make) -> None:
    document = api.get(f"/inventory_lists/{make()}").json()
    names = ("default_in_stock", "on_order_inventory_enabled", "use_bundle_inventory_only")
    assert [document[name] for name in names] == [False, False, False]


@pytest.mark.rule("INV-7")
def test_assigned_sites_are_those_of_the_fixtures_in_their_order(samples: Api) -> None:
    document = samples.get("/inventory_lists/my-inventorylist1").json()
    assert document["assigned_sites"] == ["SiteGenesis", "MyOtherSite"]


@pytest.mark.rule("INV-7")
def test_a_new_list_has_no_assigned_sites(api: Api, make: Make) -> None:
    assert "assigned_sites" not in api.get(f"/inventory_lists/{make()}").json()
