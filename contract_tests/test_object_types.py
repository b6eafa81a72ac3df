"""System and custom object types with attribute definitions and groups (OBJ)."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.place import here
from contract_tests.shop import ADA, CUSTOMERS, DATA_SET, add_people

Start = Callable[..., Api]
HERE = here()

SYSTEM, CUSTOM = "/system_object_definitions", "/custom_object_definitions"
LIST_ATTRIBUTES = f"{SYSTEM}/ProductInventoryList/attribute_definitions"
ROOM_ATTRIBUTES = f"{CUSTOM}/Showroom/attribute_definitions"
PREFERENCE_GROUP = f"{SYSTEM}/SitePreferences/attribute_groups/Reviews"
FLAGS = {
    "externally_defined": False,
    "externally_managed": False,
    "key": False,
    "localizable": False,
    "mandatory": False,
    "multi_value_type": False,
    "order_required": False,
    "queryable": False,
    "read_only": False,
    "requires_encoding": False,
    "searchable": False,
    "set_value_type": False,
    "site_specific": False,
    "system": False,
    "visible": False,
}
NO_ATTRIBUTE = "No attribute definition with ID '{}' for object type '{}' could be found."
NO_GROUP = "No attribute group with ID '{}' for object type '{}' could be found."
NO_TYPE = "No object type with ID 'Nope' could be found."


CUSTOM_TYPE = "a custom object type: no request creates one"
LOST = "a system attribute to lose: another server may delete it"
GROUP = f"{SYSTEM}/SitePreferences/attribute_groups/contract-reviews"
HINT, HINTS, GONE, KEPT = (f"c_contract{name}" for name in ("Hint", "Hints", "Gone", "Kept"))


@pytest.fixture
def group(shop: Api) -> str:
    """The path of a group with two attributes of site preferences."""
    preferences = f"{SYSTEM}/SitePreferences"
    body = {"display_name": {"default": "Reviews"}, "position": 2}
    assert shop.put(GROUP, json=body).status_code == 201
    for name in ("contractEnable", "contractLayout"):
        definition = f"{preferences}/attribute_definitions/{name}"
        assert shop.put(definition, json={"value_type": "string"}).status_code == 201
        assert shop.put(f"{GROUP}/attribute_definitions/{name}").status_code == 204
    return GROUP


def search(api: Api, path: str, query: Any, **members: Any) -> Any:
    """Return the result of a search."""
    answer = api.call("POST", api.scope + path, json={"query": query, **members})
    assert answer.status_code == 200, answer.text
    return answer.json()


def term(field: str, *values: Any) -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": "is", "values": list(values)}}


def ids(result: Any, name: str = "id") -> list[str]:
    """Return the ids of hits."""
    return [hit[name] for hit in result["hits"]]


@pytest.mark.rule("OBJ-1")
@pytest.mark.needs(DATA_SET)
def test_a_system_type_has_counts(shop: Api) -> None:
    document = shop.get(f"{SYSTEM}/SitePreferences").json()
    assert len(document.pop("_resource_state")) == 64
    assert document == {
        "_v": "23.2",
        "_type": "object_type_definition",
        "attribute_definition_count": 21,
        "attribute_group_count": 2,
        "content_object": False,
        "creation_date": "2023-01-09T10:00:00.000Z",
        "description": {"default": "Preferences of sites"},
        "display_name": {"default": "Site Preferences"},
        "last_modified": "2023-01-09T10:00:00.000Z",
        "link": f"{shop.url}{shop.scope}{SYSTEM}/SitePreferences",
        "object_type": "SitePreferences",
        "queryable": True,
        "read_only": False,
    }
    product = shop.get(f"{SYSTEM}/Product").json()
    assert (product["content_object"], product["queryable"]) == (True, False)


@pytest.mark.rule("OBJ-1")
@pytest.mark.needs(CUSTOM_TYPE)
def test_the_list_of_types_has_custom_types_under_one_name(shop: Api) -> None:
    page = shop.get(f"{SYSTEM}?count=1000&select=(**)").json()
    assert (page["_type"], page["count"]) == ("object_type_definitions", page["total"])
    types = [item["object_type"] for item in page["data"]]
    assert types == sorted(types, key=str.encode)
    custom = [item for item in page["data"] if item["object_type"] == "CustomObject"]
    assert [item["display_name"]["default"] for item in custom] == [
        "Custom Object",
        "Newsletter",
        "Showroom",
    ]
    link = f"{shop.url}{shop.scope}{SYSTEM}/CustomObject"
    assert {item["link"] for item in custom} == {link}
    assert len({item["_resource_state"] for item in custom}) == 3
    short = shop.get(f"{SYSTEM}?start=1&count=1").json()
    [item] = short["data"]
    assert set(item) - {"_v"} == {"_type", "_resource_state", "object_type", "link"}
    assert (short["start"], short["count"], short["total"]) == (1, 1, page["total"])
    assert short["next"].endswith(f"{SYSTEM}?start=2&count=1")


@pytest.mark.rule("OBJ-1", "SRC-1")
def test_system_types_are_listed_read_and_found(shop: Api) -> None:
    page = shop.get(f"{SYSTEM}?count=1000&select=(**)").json()
    assert (page["_type"], page["count"]) == ("object_type_definitions", page["total"])
    types = [item["object_type"] for item in page["data"]]
    assert types == sorted(types, key=str.encode)
    assert {"Product", "ProductInventoryList", "SitePreferences"} <= set(types)
    product = shop.get(f"{SYSTEM}/Product").json()
    assert (product["object_type"], product["content_object"]) == ("Product", True)
    assert product["link"] == f"{shop.url}{shop.scope}{SYSTEM}/Product"
    new = f"{SYSTEM}/Product/attribute_definitions/contractNew"
    assert shop.put(new, json={"value_type": "string"}).status_code == 201
    count = shop.get(f"{SYSTEM}/Product").json()["attribute_definition_count"]
    assert count == product["attribute_definition_count"] + 1
    path = "/system_object_definition_search"
    [hit] = search(shop, path, term("object_type", "Product"), select="(**)")["hits"]
    assert hit["attribute_definition_count"] == count
    answer = shop.get(f"{SYSTEM}/Nope")
    message = "No system object with ID 'Nope' could be found."
    assert_fault(answer, 404, "SystemObjectNotFound", {"objectType": "Nope"}, message)


@pytest.mark.rule("OBJ-1", "SRC-1")
@pytest.mark.needs(DATA_SET)
def test_system_types_are_searched(shop: Api) -> None:
    path = "/system_object_definition_search"
    text = {"text_query": {"fields": ["display_name"], "search_phrase": "inventory"}}
    sorts = [{"field": "object_type", "sort_order": "desc"}]
    found = search(shop, path, text, sorts=sorts)
    assert found["_type"] == "object_type_definition_search_result"
    assert ids(found, "object_type") == ["ProductInventoryRecord", "ProductInventoryList"]
    assert ids(search(shop, path, term("read_only", True)), "object_type") == ["Order"]
    whole = search(shop, path, term("object_type", "Store"), select="(**)")
    assert whole["hits"][0]["attribute_definition_count"] == 23


@pytest.mark.rule("OBJ-2")
def test_attribute_definitions_are_whole(shop: Api) -> None:
    created = shop.put(
        f"{LIST_ATTRIBUTES}/contract-x",
        json={"display_name": {"default": "X"}, "value_type": "string", "visible": False},
    )
    assert created.status_code == 201
    document = shop.get(f"{LIST_ATTRIBUTES}/contract-x").json()
    assert document == created.json()
    for name in ("_resource_state", "creation_date", "last_modified"):
        assert document.pop(name)
    assert document == {
        "_v": "23.2",
        "_type": "object_attribute_definition",
        **FLAGS,
        "display_name": {"default": "X"},
        "effective_id": "c_contract-x",
        "id": "contract-x",
        "link": f"{shop.url}{shop.scope}{LIST_ATTRIBUTES}/contract-x",
        "min_length": 0,
        "value_type": "string",
    }
    system = shop.get(f"{SYSTEM}/Product/attribute_definitions/UUID").json()
    shown = {
        name: system[name]
        for name in ("effective_id", "field_length", "mandatory", "read_only", "system", "visible")
    }
    assert shown == {
        "effective_id": "UUID",
        "field_length": 28,
        "mandatory": True,
        "read_only": True,
        "system": True,
        "visible": False,
    }


@pytest.mark.rule("OBJ-2", "EXP-1")
def test_value_definitions_come_by_expansion(shop: Api) -> None:
    path = f"{LIST_ATTRIBUTES}/contractKind"
    sent = [
        {"id": name, "value": name, "position": place, "display_value": {"default": name.title()}}
        for place, name in ((1.0, "large"), (2.0, "small"))
    ]
    body = {"value_type": "enum_of_string", "value_definitions": sent}
    assert shop.put(path, json=body).status_code == 201
    assert "value_definitions" not in shop.get(path).json()
    values = shop.get(f"{path}?expand=value").json()["value_definitions"]
    assert values == [
        {
            "_type": "object_attribute_value_definition",
            "display_value": {"default": "Large"},
            "id": "large",
            "position": 1.0,
            "value": "large",
        },
        {
            "_type": "object_attribute_value_definition",
            "display_value": {"default": "Small"},
            "id": "small",
            "position": 2.0,
            "value": "small",
        },
    ]
    path = f"{SYSTEM}/ProductInventoryList/attribute_definition_search"
    query = term("id", "contractKind")
    for members, shown in (({}, None), ({"expand": ["value"]}, values)):
        [hit] = search(shop, path, query, select="(**)", **members)["hits"]
        assert hit.get("value_definitions") == shown


@pytest.mark.rule("OBJ-2", "SRC-1")
@pytest.mark.needs(CUSTOM_TYPE)
def test_attribute_definitions_are_listed_and_searched(shop: Api) -> None:
    page = shop.get(f"{ROOM_ATTRIBUTES}?count=100").json()
    assert page["_type"] == "object_attribute_definitions"
    assert [item["id"] for item in page["data"]] == [
        "UUID",
        "area",
        "creationDate",
        "kind",
        "lastModified",
        "number",
        "opened",
        "title",
    ]
    room, site = f"{CUSTOM}/Showroom", f"{SYSTEM}/SitePreferences"
    either = [term("id", "UUID"), term("value_type", "int"), term("group", "Main")]
    for base, query, expected in [
        (room, term("value_type", "int"), ["number"]),
        (room, term("key", True), ["number"]),
        (room, term("system", True), ["UUID", "creationDate", "lastModified"]),
        (room, term("localizable", True), ["title"]),
        (room, term("group", "Main"), ["number", "title"]),
        (site, term("group", "Reviews"), ["enableReviews", "reviewsApiKey", "reviewsLayout"]),
        (site, term("display_name", "Bewertungen aktivieren"), ["enableReviews"]),
        (site, term("id", "SiteCatalog"), ["SiteCatalog"]),
        (room, {"bool_query": {"should": either}}, ["UUID", "number", "title"]),
    ]:
        found = search(shop, f"{base}/attribute_definition_search", query)
        assert (ids(found), found["total"]) == (expected, len(expected)), query
        assert found["_type"] == "object_attribute_definition_search_result"


@pytest.mark.rule("OBJ-2", "SRC-1")
def test_attribute_definitions_of_a_group_are_searched(shop: Api, group: str) -> None:
    enable, layout = (
        f"{SYSTEM}/SitePreferences/attribute_definitions/contract{name}"
        for name in ("Enable", "Layout")
    )
    name = {"display_name": {"default": "Enable", "de": "Vertrag aktivieren"}}
    assert shop.patch(enable, json=name).status_code == 200
    assert shop.put(layout, json={"value_type": "int", "visible": True}).status_code == 200
    assert shop.put(f"{group}/attribute_definitions/contractLayout").status_code == 204
    for query, expected in [
        (term("group", "contract-reviews"), ["contractEnable", "contractLayout"]),
        (term("display_name", "Vertrag aktivieren"), ["contractEnable"]),
        (term("id", "contractLayout"), ["contractLayout"]),
    ]:
        found = search(shop, f"{SYSTEM}/SitePreferences/attribute_definition_search", query)
        assert (ids(found), found["total"]) == (expected, len(expected)), query
        assert found["_type"] == "object_attribute_definition_search_result"
    everything: Any = {"query": {"match_all_query": {}}}
    for base in (SYSTEM, CUSTOM):
        for path in ("attribute_definition_search", "attribute_group_search"):
            answer = shop.call("POST", f"{shop.scope}{base}/Nope/{path}", json=everything)
            assert_fault(answer, 404, "ObjectTypeNotFound", {"objectType": "Nope"}, NO_TYPE)


@pytest.mark.rule("OBJ-2")
@pytest.mark.parametrize(
    ("sent", "flags"),
    [
        ({"value_type": "set_of_string"}, (True, True)),
        ({"value_type": "set_of_int", "multi_value_type": False}, (True, True)),
        ({"value_type": "enum_of_string", "multi_value_type": True}, (True, False)),
        ({"value_type": "enum_of_string"}, (False, False)),
        ({"value_type": "string"}, (False, False)),
    ],
)
def test_sets_have_several_values(
    shop: Api, sent: dict[str, Any], flags: tuple[bool, bool]
) -> None:
    path = f"{LIST_ATTRIBUTES}/contract-x"
    created = shop.put(path, json=sent).json()
    assert (created["multi_value_type"], created["set_value_type"]) == flags
    changed = shop.patch(path, json={"multi_value_type": False}).json()
    assert changed["multi_value_type"] is flags[1]


@pytest.mark.rule("OBJ-2")
@pytest.mark.needs(DATA_SET)
def test_texts_of_system_attributes_are_not_searched(shop: Api) -> None:
    attributes = "/system_object_definitions/Product/attribute_definitions"
    own = {"display_name": {"default": "Brand"}, "value_type": "string"}
    assert shop.put(f"{attributes}/contract-brand", json=own).status_code == 201
    brand = shop.get(f"{attributes}/brand").json()
    assert (brand["system"], brand["display_name"]) == (True, {"default": "Brand"})
    path = "/system_object_definitions/Product/attribute_definition_search"
    for query in (
        term("display_name", "Brand"),
        {"text_query": {"fields": ["display_name"], "search_phrase": "brand"}},
    ):
        assert ids(search(shop, path, query)) == ["contract-brand"]
    text = {"text_query": {"fields": ["id", "display_name"], "search_phrase": "brand"}}
    assert ids(search(shop, path, text)) == ["brand", "contract-brand"]
    sorts = [{"field": "display_name"}]
    both = term("id", "brand", "contract-brand")
    assert ids(search(shop, path, both, sorts=sorts)) == ["contract-brand", "brand"]


@pytest.mark.rule("OBJ-2")
@pytest.mark.parametrize(
    ("base", "type_"),
    [
        (SYSTEM, "Product"),
        pytest.param(CUSTOM, "Showroom", marks=pytest.mark.needs(CUSTOM_TYPE)),
    ],
)
def test_missing_definitions_and_types_are_not_found(shop: Api, base: str, type_: str) -> None:
    for _ in "1":
        path = f"{base}/{type_}/attribute_definitions/nope"
        arguments = {"attributeDefinitionId": "nope", "objectType": type_}
        for answer in (shop.get(path), shop.patch(path, json={}), shop.delete(path)):
            message = NO_ATTRIBUTE.format("nope", type_)
            assert_fault(answer, 404, "AttributeDefinitionNotFound", arguments, message)
        path = f"{base}/{type_}/attribute_groups/nope"
        arguments = {"attributeGroupId": "nope", "objectType": type_}
        for answer in (shop.get(path), shop.patch(path, json={}), shop.delete(path)):
            message = NO_GROUP.format("nope", type_)
            assert_fault(answer, 404, "AttributeGroupNotFound", arguments, message)
        for path in ("attribute_definitions", "attribute_definitions/x", "attribute_groups"):
            answer = shop.get(f"{base}/Nope/{path}")
            assert_fault(answer, 404, "ObjectTypeNotFound", {"objectType": "Nope"}, NO_TYPE)


@pytest.mark.rule("OBJ-3")
@pytest.mark.needs(LOST)
def test_system_attributes_and_fixed_members_are_read_only(shop: Api) -> None:
    brand = f"{SYSTEM}/Product/attribute_definitions/brand"
    custom = f"{LIST_ATTRIBUTES}/cost_center"
    read_only = {"attributeDefinitionId": "brand"}
    for answer in (shop.delete(brand), shop.put(brand, json={"value_type": "string"})):
        assert_fault(answer, 400, "AttributeDefinitionReadOnly", read_only)
    for path, member, value in [
        (brand, "mandatory", True),
        (brand, "localizable", False),
        (custom, "value_type", "int"),
        (custom, "key", True),
        (f"{LIST_ATTRIBUTES}/floor_space", "localizable", True),
    ]:
        answer = shop.patch(path, json={member: value})
        arguments = {"property": member, "attributeDefinitionId": path.rpartition("/")[2]}
        assert_fault(answer, 400, "AttributeDefinitionPropertyReadOnly", arguments)
    changed = shop.patch(brand, json={"display_name": {"default": "Maker"}, "searchable": True})
    assert changed.status_code == 200
    assert changed.json()["display_name"] == {"default": "Maker"}
    assert changed.json()["searchable"] is True


@pytest.mark.rule("OBJ-3")
def test_definitions_that_cannot_be_created(shop: Api) -> None:
    for name, body in [
        ("contract-x", {}),
        ("contract-x", {"value_type": "money"}),
        ("contract.x", {"value_type": "string"}),
        ("contract-x", {"value_type": "string", "localizable": True, "site_specific": True}),
        ("contract-x", {"value_type": "string", "key": True}),
        ("contract-x", {"value_type": "int", "localizable": True}),
    ]:
        answer = shop.put(f"{LIST_ATTRIBUTES}/{name}", json=body)
        arguments = {"attributeDefinitionId": name}
        assert_fault(answer, 400, "AttributeDefinitionCreate", arguments)
    answer = shop.put(f"{LIST_ATTRIBUTES}/contract-x", json={"id": "y", "value_type": "string"})
    assert_fault(answer, 400, "IdConflict", {"bodyID": "y", "urlID": "contract-x"})
    made = f"{LIST_ATTRIBUTES}/contract-center"
    assert shop.put(made, json={"value_type": "string"}).status_code == 201
    for member, value in (("value_type", "int"), ("key", True)):
        answer = shop.patch(made, json={member: value})
        arguments = {"property": member, "attributeDefinitionId": "contract-center"}
        assert_fault(answer, 400, "AttributeDefinitionPropertyReadOnly", arguments)
    answer = shop.put(
        made,
        json={"value_type": "string"},
        headers={"x-dw-validate-existing": "true"},
    )
    arguments = {"attributeDefinitionId": "contract-center", "objectType": "ProductInventoryList"}
    assert_fault(answer, 400, "AttributeDefinitionDuplicate", arguments)
    replaced = shop.put(made, json={"value_type": "int"})
    assert (replaced.status_code, replaced.json()["value_type"]) == (200, "int")
    assert "display_name" not in replaced.json()


def enum(value_type: str, *values: Any) -> dict[str, Any]:
    """Return the body of a definition with values."""
    return {"value_type": value_type, "value_definitions": [{"value": one} for one in values]}


VALUE = "object_attribute_value_definition"
CONTRADICTIONS = [
    (enum("enum_of_string", "a", "b", "a"), "value_definitions"),
    (enum("enum_of_int", 1, 2, 1), "value_definitions"),
    (enum("enum_of_int", 1, "2"), "value_definitions"),
    (enum("enum_of_int", 1.5), "value_definitions"),
    (enum("enum_of_string", "a", 1), "value_definitions"),
    ({"value_type": "int", "default_value": {"value": "1"}}, "default_value"),
    ({"value_type": "string", "default_value": {"value": 1}}, "default_value"),
    ({"value_type": "boolean", "default_value": {"value": "true"}}, "default_value"),
    ({"value_type": "date", "default_value": {"value": "tomorrow"}}, "default_value"),
    ({"value_type": "set_of_int", "default_value": {"value": "a"}}, "default_value"),
    ({"value_type": "string", "min_length": -1}, "min_length"),
    ({"value_type": "string", "field_length": -1}, "field_length"),
    ({"value_type": "text", "field_height": -1}, "field_height"),
    ({"value_type": "double", "scale": -1}, "scale"),
    ({"value_type": "int", "min_value": 3, "max_value": 2}, "min_value"),
]


@pytest.mark.rule("OBJ-3")
@pytest.mark.parametrize(
    "attributes",
    [LIST_ATTRIBUTES, pytest.param(ROOM_ATTRIBUTES, marks=pytest.mark.needs(CUSTOM_TYPE))],
)
def test_a_definition_with_a_contradiction_is_refused(shop: Api, attributes: str) -> None:
    path = f"{attributes}/contract-x"
    created = {"attributeDefinitionId": "contract-x"}
    for body, member in CONTRADICTIONS:
        answer = shop.put(path, json=body)
        assert_fault(answer, 400, "AttributeDefinitionCreate", created)
        assert shop.get(path).status_code == 404
        assert shop.put(path, json={"value_type": body["value_type"]}).status_code == 201
        answer = shop.patch(path, json=body)
        changed = {"property": member, **created}
        assert_fault(answer, 400, "AttributeDefinitionPropertyReadOnly", changed)
        assert shop.delete(path).status_code == 204
    answer = shop.put(path, json=enum("enum_of_int", 1) | {"value_definitions": [None]})
    place = {"document": "object_attribute_definition", "path": "$.value_definitions.[0]"}
    assert_fault(answer, 400, "PropertyConstraintViolation", place)
    for body in [
        {**enum("enum_of_int", 1, 2), "default_value": {"value": 2}},
        {"value_type": "set_of_string", "default_value": {"value": "a"}},
        {"value_type": "double", "min_value": 2, "max_value": 2, "scale": 0, "min_length": 0},
        {"value_type": "date", "default_value": {"value": "2026-01-31"}},
    ]:
        answer = shop.put(path, json=body)
        assert {name: answer.json()[name] for name in body if name != "value_definitions"} == {
            name: value if name != "default_value" else {**value, "_type": VALUE}
            for name, value in body.items()
            if name != "value_definitions"
        }


@pytest.mark.rule("OBJ-4")
@pytest.mark.needs(CUSTOM_TYPE)
def test_the_key_of_a_custom_type_is_read_only(shop: Api) -> None:
    path = f"{ROOM_ATTRIBUTES}/number"
    arguments = {"attributeDefinitionId": "number"}
    for answer in (shop.patch(path, json={"visible": False}), shop.delete(path)):
        assert_fault(answer, 400, "AttributeDefinitionKeyReadOnly", arguments)
    new = f"{ROOM_ATTRIBUTES}/contract-x"
    answer = shop.put(new, json={"value_type": "int", "key": True})
    key = {"attributeDefinitionId": "contract-x"}
    assert_fault(answer, 400, "AttributeDefinitionKeyReadOnly", key)
    answer = shop.put(new, json={"value_type": "int", "localizable": True})
    localizable = {"attributeDefinitionId": "contract-x", "valueType": "int"}
    assert_fault(answer, 400, "AttributeDefinitionLocalizableNotAllowed", localizable)
    answer = shop.delete(f"{ROOM_ATTRIBUTES}/UUID")
    uuid = {"attributeDefinitionId": "UUID"}
    assert_fault(answer, 400, "AttributeDefinitionReadOnly", uuid)
    created = shop.put(new, json={"value_type": "text"}).json()
    assert (created["queryable"], created["effective_id"]) == (True, "c_contract-x")


@pytest.mark.rule("OBJ-5")
def test_a_group_shows_its_attributes_by_expansion(shop: Api, group: str) -> None:
    document = shop.get(group).json()
    assert len(document.pop("_resource_state")) == 64
    assert document.pop("creation_date") <= document.pop("last_modified")
    assert document == {
        "_v": "23.2",
        "_type": "object_attribute_group",
        "attribute_definitions_count": 2,
        "display_name": {"default": "Reviews"},
        "id": "contract-reviews",
        "internal": False,
        "link": f"{shop.url}{shop.scope}{group}",
        "position": 2.0,
    }
    shown = shop.get(f"{group}?expand=definition").json()["attribute_definitions"]
    assert [one["id"] for one in shown] == ["contractEnable", "contractLayout"]
    alone = shop.get(f"{SYSTEM}/SitePreferences/attribute_definitions/contractLayout").json()
    alone.pop("_v")
    assert shown[1] == alone


@pytest.mark.rule("OBJ-5")
@pytest.mark.parametrize(
    "base",
    [
        f"{SYSTEM}/SitePreferences",
        pytest.param(f"{CUSTOM}/Showroom", marks=pytest.mark.needs(CUSTOM_TYPE)),
    ],
)
def test_attributes_are_assigned_to_a_group(shop: Api, base: str) -> None:
    name, type_ = "creationDate", base.rpartition("/")[2]
    group, member = f"{base}/attribute_groups/contract x", f"attribute_definitions/{name}"
    created = shop.put(group, json={"display_name": {"default": "X"}, "position": 3})
    assert (created.status_code, created.json()["attribute_definitions_count"]) == (201, 0)
    assert created.json()["link"].endswith("/attribute_groups/contract%20x")
    for _ in range(2):
        assert shop.put(f"{group}/{member}").status_code == 204
        assert shop.get(group).json()["attribute_definitions_count"] == 1
    found = search(shop, f"{base}/attribute_group_search", term("position", 3))
    assert "contract x" in ids(found)
    assert shop.delete(f"{group}/{member}").status_code == 204
    assert shop.get(group).json()["attribute_definitions_count"] == 0
    missing = {"attributeDefinitionId": "nope", "objectType": type_}
    answer = shop.put(f"{group}/attribute_definitions/nope")
    assert_fault(answer, 404, "AttributeDefinitionNotFound", missing)
    answer = shop.put(f"{base}/attribute_groups/nope/{member}")
    arguments = {"attributeGroupId": "nope", "objectType": type_}
    assert_fault(answer, 404, "AttributeGroupNotFound", arguments)
    assert shop.delete(group).status_code == 204
    assert shop.get(f"{base}/{member}").status_code == 200


@pytest.mark.rule("OBJ-5")
def test_a_deleted_definition_leaves_its_groups(shop: Api, group: str) -> None:
    definition = f"{SYSTEM}/SitePreferences/attribute_definitions/contractEnable"
    assert shop.delete(definition).status_code == 204
    assert shop.get(group).json()["attribute_definitions_count"] == 1


@pytest.mark.rule("OBJ-5")
def test_put_replaces_a_group_unless_the_header_refuses(shop: Api, group: str) -> None:
    answer = shop.put(group, json={}, headers={"x-dw-validate-existing": "true"})
    arguments = {"attributeGroupId": "contract-reviews", "objectType": "SitePreferences"}
    assert_fault(answer, 400, "AttributeGroupDuplicate", arguments)
    replaced = shop.put(group, json={})
    assert replaced.status_code == 200
    assert replaced.json()["attribute_definitions_count"] == 0
    assert "display_name" not in replaced.json()


@pytest.mark.rule("OBJ-6", "DEC-5")
def test_attribute_definitions_declare_custom_properties(shop: Api) -> None:
    path = "/inventory_lists/contract-list"
    assert_fault(shop.put(path, json={"c_contractNew": "x"}), 400, "InvalidCustomProperty", {})
    for name, body in [
        ("New", {"value_type": "string"}),
        ("Count", {"value_type": "int"}),
        ("Day", {"value_type": "date"}),
        ("Names", {"value_type": "string", "localizable": True}),
        ("Sizes", {"value_type": "set_of_int"}),
        ("Kind", {"value_type": "enum_of_string", "value_definitions": [{"value": "a"}]}),
    ]:
        assert shop.put(f"{LIST_ATTRIBUTES}/contract{name}", json=body).status_code == 201
    values = {
        "c_contractNew": "x",
        "c_contractCount": 3,
        "c_contractDay": "2020-01-31",
        "c_contractNames": {"default": "x"},
        "c_contractSizes": [1, 2],
        "c_contractKind": "a",
    }
    stored = shop.put(path, json=values).json()
    shown = {name: stored[name] for name in values}
    assert shown == values | {"c_contractDay": "2020-01-31T00:00:00.000Z"}
    for name, value in [
        ("c_contractNew", 1),
        ("c_contractCount", "3"),
        ("c_contractCount", 1.5),
        ("c_contractDay", "yesterday"),
        ("c_contractNames", "x"),
        ("c_contractSizes", ["1"]),
        ("c_contractKind", "b"),
    ]:
        answer = shop.patch(path, json={name: value})
        assert_fault(answer, 400, "InvalidCustomProperty", {})
    assert shop.delete(f"{LIST_ATTRIBUTES}/contractNew").status_code == 204
    assert_fault(shop.patch(path, json={"c_contractNew": "y"}), 400, "InvalidCustomProperty", {})


@pytest.mark.rule("OBJ-6", "LOC-1")
def test_markup_is_no_map_of_locales(shop: Api) -> None:
    path = "/inventory_lists/contract-list"
    for name, localizable in (("contractHint", False), ("contractHints", True)):
        definition = {"value_type": "html", "localizable": localizable}
        assert shop.put(f"{LIST_ATTRIBUTES}/{name}", json=definition).status_code == 201
    markup = {"_type": "markup_text", "markup": "<b>x</b>", "source": "<b>x</b>"}
    texts = {"default": "<b>x</b>", "de": markup}
    values = {HINT: "<b>x</b>", HINTS: texts}
    stored = shop.put(path, json=values).json()
    assert (stored[HINT], stored[HINTS]) == (
        markup,
        {"default": markup, "de": markup},
    )
    in_german = shop.get(f"{path}?locale=de").json()
    assert (in_german[HINT], in_german[HINTS]) == (markup, {"de": markup})


@pytest.mark.rule("OBJ-6")
def test_a_definition_counts_before_a_declaration_of_the_data_set(
    start: Start, data_set: str, tmp_path: Path
) -> None:
    folder, type_ = Path(shutil.copytree(data_set, tmp_path / "set")), "ProductInventoryList"
    definition = {"object_type": type_, "id": "area", "value_type": "string"}
    for name, entry in (
        ("system_object_definitions", {"object_type": type_}),
        ("system_attribute_definitions", definition),
        ("custom_properties", {"document": "inventory_list", "name": "c_area", "type": "number"}),
    ):
        (folder / f"{name}.json").write_text(json.dumps([entry]))
    shop, path = start(fixtures=str(folder)), "/inventory_lists/contract-list"
    assert shop.put(path, json={"c_area": "north"}).json()["c_area"] == "north"
    assert shop.delete(f"{LIST_ATTRIBUTES}/area").status_code == 204
    answer = shop.patch(path, json={"c_area": "north"})
    assert_fault(answer, 400, "InvalidCustomProperty", {})
    assert shop.patch(path, json={"c_area": 3}).json()["c_area"] == 3


ADDRESS = {
    "address_id": "home",
    "country_code": "US",
    "last_name": "Byron",
    GONE: "old",
    KEPT: "old",
}


@pytest.mark.rule("OBJ-7")
@pytest.mark.parametrize(
    ("object_type", "path"),
    [
        ("Product", "/products/contract-lamp"),
        ("Profile", f"{CUSTOMERS}/{ADA}"),
        ("CustomerGroup", f"/sites/{HERE.site}/customer_groups/contract-group"),
    ],
)
def test_values_go_with_the_definition(shop: Api, object_type: str, path: str) -> None:
    if path.startswith(CUSTOMERS):
        add_people(shop, ADA)
    else:
        owner = {"owning_catalog_id": HERE.catalog} if object_type == "Product" else {}
        assert shop.put(path, json=owner).ok
    attributes = f"{SYSTEM}/{object_type}/attribute_definitions"
    for name in ("Gone", "Kept"):
        shop.put(f"{attributes}/contract{name}", json={"value_type": "string"})
    assert shop.patch(path, json={GONE: "old", KEPT: "old"}).json()[GONE] == "old"
    assert shop.delete(f"{attributes}/contractGone").status_code == 204
    left = shop.get(path).json()
    assert (left.get(GONE), left[KEPT]) == (None, "old")
    shop.put(f"{attributes}/contractGone", json={"value_type": "string"})
    assert GONE not in shop.get(path).json()


@pytest.mark.rule("OBJ-7")
def test_values_of_addresses_go_with_the_definition(shop: Api) -> None:
    attributes = f"{SYSTEM}/CustomerAddress/attribute_definitions"
    for name in ("Gone", "Kept"):
        shop.put(f"{attributes}/contract{name}", json={"value_type": "string"})
    add_people(shop, ADA)
    customer = f"{CUSTOMERS}/{ADA}"
    assert shop.patch(customer, json={"primary_address": ADDRESS}).status_code == 200
    assert shop.delete(f"{attributes}/contractGone").status_code == 204
    for address in (
        shop.get(customer).json()["primary_address"],
        shop.get(f"{customer}/addresses/home").json(),
    ):
        assert (address.get(GONE), address[KEPT]) == (None, "old")


@pytest.mark.rule("OBJ-7")
def test_values_go_when_the_definition_gets_another_type(shop: Api) -> None:
    path, attribute = "/inventory_lists/contract-list", f"{LIST_ATTRIBUTES}/contractSize"
    shop.put(attribute, json={"value_type": "string"})
    shop.put(path, json={"c_contractSize": "large"})
    assert shop.put(attribute, json={"value_type": "string", "visible": True}).status_code == 200
    assert shop.get(path).json()["c_contractSize"] == "large"
    assert shop.put(attribute, json={"value_type": "int"}).status_code == 200
    assert "c_contractSize" not in shop.get(path).json()
    assert shop.patch(path, json={"c_contractSize": 3}).json()["c_contractSize"] == 3
