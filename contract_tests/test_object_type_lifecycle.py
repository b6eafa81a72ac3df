"""Attribute definitions and groups of both kinds of types: create, list, change, delete (OBJ)."""

import pytest

from contract_tests.api import Api

CUSTOM_TYPE = pytest.mark.needs("a custom object type: no request creates one")
TYPES = (
    "/system_object_definitions/SitePreferences",
    pytest.param("/custom_object_definitions/Showroom", marks=CUSTOM_TYPE),
)
DEFINITION = {"display_name": {"default": "Colour"}, "value_type": "string"}
GROUP = {"display_name": {"default": "Style"}, "position": 3.0}


def list_ids(api: Api, path: str) -> list[str]:
    """Return the ids of a collection."""
    answer = api.get(f"{path}?count=200&select=(data.(id),total)").json()
    found = [item["id"] for item in answer.get("data", [])]
    assert answer["total"] == len(found)
    return found


@pytest.mark.rule("OBJ-2", "OBJ-3")
@pytest.mark.parametrize("object_type", TYPES)
def test_the_life_of_an_attribute_definition(shop: Api, object_type: str) -> None:
    collection = f"{object_type}/attribute_definitions"
    path, before = f"{collection}/contract-colour", list_ids(shop, collection)
    assert shop.put(path, json=DEFINITION).status_code == 201
    assert sorted(list_ids(shop, collection)) == sorted([*before, "contract-colour"])
    state = shop.get(path).json()["_resource_state"]
    change = {"_resource_state": state, "display_name": {"default": "Color"}, "mandatory": True}
    changed = shop.patch(path, json=change)
    assert changed.status_code == 200
    assert shop.get(path).json() == changed.json()
    assert changed.json()["display_name"] == {"default": "Color"}
    assert changed.json()["mandatory"] is True
    assert shop.patch(path, json=change).status_code == 409
    assert shop.delete(path).status_code == 204
    assert shop.delete(path).status_code == 404
    assert list_ids(shop, collection) == before


@pytest.mark.rule("OBJ-5")
@pytest.mark.parametrize("object_type", TYPES)
def test_the_life_of_an_attribute_group(shop: Api, object_type: str) -> None:
    collection = f"{object_type}/attribute_groups"
    path, before = f"{collection}/contract-style", list_ids(shop, collection)
    assert shop.put(path, json=GROUP).status_code == 201
    assert sorted(list_ids(shop, collection)) == sorted([*before, "contract-style"])
    state = shop.get(path).json()["_resource_state"]
    change = {"_resource_state": state, "position": 1.0}
    changed = shop.patch(path, json=change)
    assert changed.status_code == 200
    assert shop.get(path).json() == changed.json()
    assert (changed.json()["position"], changed.json()["display_name"]) == (
        1.0,
        {"default": "Style"},
    )
    assert shop.patch(path, json=change).status_code == 409
    assert shop.delete(path).status_code == 204
    assert shop.delete(path).status_code == 404
    assert list_ids(shop, collection) == before
