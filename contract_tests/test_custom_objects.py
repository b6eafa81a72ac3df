"""Custom objects, global and of sites (COB)."""

from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.place import here

ANN = "/custom_objects/Newsletter/ann@example.com"
ROOM = "/sites/RefArch/custom_objects/Showroom/7"
NO_TYPE = "No object type with ID 'Nope' could be found."


TYPE = "a custom object type: no request creates one"


def search(api: Api, type_: str, query: Any, **members: Any) -> Any:
    """Return the answer to a search."""
    path = f"{api.scope}/custom_objects_search/{type_}"
    return api.call("POST", path, json={"query": query, **members})


def term(field: str, *values: Any, operator: str = "is") -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": operator, "values": list(values)}}


@pytest.mark.rule("COB-1")
@pytest.mark.needs(TYPE)
def test_custom_objects_are_whole(shop: Api) -> None:
    ann = shop.get(ANN).json()
    assert len(ann.pop("_resource_state")) == 64
    assert ann == {
        "_v": "23.2",
        "_type": "custom_object",
        "c_active": True,
        "c_locales": ["en_US", "de_DE"],
        "c_name": "Ann",
        "key_property": "email",
        "key_value_string": "ann@example.com",
        "object_type": "Newsletter",
    }
    room = shop.get(ROOM).json()
    assert room["key_value_integer"] == 7
    assert room["c_title"] == {"default": "Centre", "de": "Mitte"}
    assert shop.get(f"{ROOM}?locale=de").json()["c_title"] == {"de": "Mitte"}
    of_site = shop.get("/sites/RefArch/custom_objects/Newsletter/ann@example.com").json()
    assert "c_name" not in of_site


@pytest.mark.rule("COB-1", "COB-2", "COB-3")
def test_a_missing_type_is_reported_by_every_operation(shop: Api) -> None:
    arguments = {"objectType": "Nope"}
    for path in ("/custom_objects/Nope/x", f"/sites/{here().site}/custom_objects/Nope/x"):
        for answer in (
            shop.get(path),
            shop.put(path, json={}),
            shop.patch(path, json={}),
            shop.delete(path),
        ):
            assert_fault(answer, 404, "ObjectTypeNotFound", arguments, NO_TYPE)
    answer = search(shop, "Nope", {"match_all_query": {}})
    assert_fault(answer, 404, "ObjectTypeNotFound", arguments, NO_TYPE)
    answer = shop.get("/sites/nope/custom_objects/Nope/x")
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "nope"})


@pytest.mark.rule("COB-1")
@pytest.mark.needs(TYPE)
def test_objects_that_are_not_found(shop: Api) -> None:
    for path, status, kind, arguments in [
        ("/custom_objects/Nope/x", 404, "ObjectTypeNotFound", {"objectType": "Nope"}),
        ("/sites/nope/custom_objects/Newsletter/x", 404, "SiteNotFound", {"siteId": "nope"}),
        (
            "/custom_objects/Showroom/7",
            404,
            "CustomObjectNotFound",
            {"key": "7", "objectType": "Showroom"},
        ),
        (
            "/custom_objects/Showroom/7a",
            400,
            "MalformedKeyParameter",
            {"value": "7a", "parameter": "key"},
        ),
        (
            "/custom_objects/Showroom/2147483648",
            400,
            "MalformedKeyParameter",
            {"value": "2147483648", "parameter": "key"},
        ),
    ]:
        assert_fault(shop.get(path), status, kind, arguments)
        assert_fault(shop.patch(path, json={}), status, kind, arguments)
    assert shop.delete("/custom_objects/Showroom/7").status_code == 204


@pytest.mark.rule("COB-1")
@pytest.mark.needs(TYPE)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("base", ["/custom_objects", "/sites/RefArch/custom_objects"])
def test_a_key_of_the_wrong_type_is_refused(shop: Api, method: str, base: str) -> None:
    answer = shop.call(method, f"{shop.scope}{base}/Showroom/7a", json={})
    arguments = {"value": "7a", "parameter": "key"}
    assert_fault(answer, 400, "MalformedKeyParameter", arguments)
    answer = shop.delete("/custom_objects/Nope/x")
    assert_fault(answer, 404, "ObjectTypeNotFound", {"objectType": "Nope"}, NO_TYPE)


@pytest.mark.rule("COB-2")
@pytest.mark.needs(TYPE)
def test_put_creates_and_overwrites(shop: Api) -> None:
    path = "/custom_objects/Showroom/007"
    created = shop.put(path, json={"c_area": 10, "c_kind": "small", "key_value_integer": 9})
    assert created.status_code == 201
    assert created.headers["Location"] == f"{shop.url}{shop.scope}/custom_objects/Showroom/7"
    assert created.json()["key_value_integer"] == 7
    replaced = shop.put(path, json={"c_area": 11})
    assert (replaced.status_code, replaced.json()["c_area"]) == (200, 11)
    assert "c_kind" not in replaced.json()
    assert shop.get(ROOM).json()["c_area"] == 120.5
    assert shop.delete(path).status_code == 204
    assert shop.get(path).status_code == 404


@pytest.mark.rule("COB-2")
@pytest.mark.needs(TYPE)
def test_each_site_has_objects_of_its_own(shop: Api) -> None:
    path = "/custom_objects/Newsletter/eve"
    of_site = f"/sites/RefArch{path}"
    created = shop.put(of_site, json={"c_name": "Eve"})
    assert created.status_code == 201
    assert created.headers["Location"] == f"{shop.url}{shop.scope}{of_site}"
    assert shop.get(path).status_code == 404
    changed = shop.patch(of_site, json={"c_active": True}).json()
    assert (changed["c_name"], changed["c_active"]) == ("Eve", True)
    assert shop.put(path, json={"c_name": "Everywhere"}).status_code == 201
    assert shop.delete(of_site).status_code == 204
    assert shop.get(of_site).status_code == 404
    assert shop.get(path).json()["c_name"] == "Everywhere"


@pytest.mark.rule("COB-2", "RST-2")
@pytest.mark.needs(TYPE)
def test_patch_changes_the_sent_attributes(shop: Api) -> None:
    before = shop.get(ANN).json()
    changed = shop.patch(ANN, json={"c_active": False, "c_name": None, "c_email": "x"}).json()
    assert changed["c_active"] is False
    assert changed["c_locales"] == ["en_US", "de_DE"]
    assert "c_name" not in changed
    assert "c_email" not in changed
    same = shop.patch(ANN, json={"c_active": False}).json()
    assert same["_resource_state"] == changed["_resource_state"]
    stale = {"c_active": True, "_resource_state": before["_resource_state"]}
    answer = shop.patch(ANN, json=stale)
    states = {"client": before["_resource_state"], "server": changed["_resource_state"]}
    assert_fault(answer, 409, "ResourceStateConflict", states)


@pytest.mark.rule("COB-1")
@pytest.mark.needs(TYPE)
def test_a_client_has_an_object_already(shop: Api) -> None:
    tag = shop.get(ANN).headers["ETag"]
    assert shop.get(ANN, headers={"If-None-Match": tag}).status_code == 304
    answer = shop.get(ANN, headers={"If-Match": '"other"'})
    assert_fault(answer, 412, "InvalidIfMatch", {"ifMatch": '"other"'})


@pytest.mark.rule("COB-2", "DEC-5")
@pytest.mark.needs(TYPE)
def test_attributes_hold_values_of_their_type(shop: Api) -> None:
    for values in (
        {"c_active": "true"},
        {"c_locales": "en_US"},
        {"c_other": 1},
        {"c_UUID": "x"},
    ):
        assert_fault(shop.patch(ANN, json=values), 400, "InvalidCustomProperty", {})
    answer = shop.patch(ANN, json={"other": 1})
    assert_fault(answer, 400, "UnknownProperty", {"property": "other", "document": "custom_object"})


@pytest.mark.rule("COB-2", "OBJ-7")
@pytest.mark.needs(TYPE)
def test_values_go_with_their_definition(shop: Api) -> None:
    definition = "/custom_object_definitions/Newsletter/attribute_definitions/name"
    assert shop.delete(definition).status_code == 204
    assert "c_name" not in shop.get(ANN).json()
    assert shop.put(definition, json={"value_type": "string"}).status_code == 201
    assert "c_name" not in shop.get(ANN).json()


@pytest.mark.rule("COB-3")
@pytest.mark.needs(TYPE)
def test_objects_are_searched_in_all_sites(shop: Api) -> None:
    for type_, query, expected in [
        ("Newsletter", {"match_all_query": {}}, 3),
        ("Newsletter", term("site_id", "RefArch"), 1),
        ("Newsletter", term("site_id", operator="is_null"), 2),
        ("Newsletter", term("c_active", True), 2),
        ("Newsletter", term("c_locales", "de_DE"), 1),
        ("Newsletter", term("key_value_string", "bob@example.com"), 1),
        ("Newsletter", term("last_modified", "2023-02-20T14:00:00.000Z"), 1),
        ("Showroom", term("key_value_integer", 7), 1),
        ("Showroom", term("c_area", 100, operator="greater"), 1),
        ("Showroom", term("c_title", "Mitte"), 1),
        ("Showroom", term("c_opened", "2020-05-04T00:00:00.000Z"), 1),
    ]:
        found = search(shop, type_, query).json()
        assert (found["_type"], found["total"]) == ("custom_object_search_result", expected), query
    query = term("key_value_string", "bob@example.com")
    [hit] = search(shop, "Newsletter", query).json()["hits"]
    assert set(hit) - {"_v"} == {"_type", "_resource_state", "key_value_string"}
    [whole] = search(shop, "Newsletter", query, select="(**)").json()["hits"]
    assert {**whole, "_v": "23.2"} == shop.get("/custom_objects/Newsletter/bob@example.com").json()


@pytest.mark.rule("COB-3")
@pytest.mark.needs(TYPE)
def test_searches_that_are_refused(shop: Api) -> None:
    answer = search(shop, "Nope", {"match_all_query": {}})
    assert_fault(answer, 404, "ObjectTypeNotFound", {"objectType": "Nope"}, NO_TYPE)
    answer = search(shop, "Showroom", term("c_area", "large"))
    assert_fault(answer, 400, "TypeMissmatch", {"field": "c_area"})
    answer = search(shop, "Showroom", term("c_active", True))
    assert_fault(answer, 400, "UnknownSearchField", {"field": "c_active"})
