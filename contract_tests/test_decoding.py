"""Request documents (DEC-1 to DEC-5)."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

Make = Callable[..., str]
Start = Callable[..., Api]
SCALARS = "VALUE_STRING|VALUE_NUMBER_INT|VALUE_NUMBER_FLOAT|VALUE_TRUE|VALUE_FALSE"


@pytest.mark.rule("DEC-1", "INV-7")
@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("name", ["nope", "Description", "_id", "c_", "c_a b", "ats"])
def test_an_unknown_property_is_refused(api: Api, make: Make, method: str, name: str) -> None:
    made = make(description="one")
    path = f"/s/-/dw/data/v23_2/inventory_lists/{made}"
    answer = api.call(method, path, json={"description": "two", name: 1})
    message = (
        "An error occurred while decoding the request. "
        f"There's an unknown property '{name}' in document 'inventory_list'."
    )
    told = {"property": name, "document": "inventory_list"}
    assert_fault(answer, 400, "UnknownProperty", told, message)
    assert api.get(f"/inventory_lists/{made}").json()["description"] == "one"


@pytest.mark.rule("DEC-1", "INV-7")
@pytest.mark.parametrize(
    ("name", "value", "expected", "actual"),
    [
        ("description", 1, "VALUE_STRING", "VALUE_NUMBER_INT"),
        ("description", True, "VALUE_STRING", "VALUE_TRUE"),
        ("description", ["x"], "VALUE_STRING", "START_ARRAY"),
        ("description", {"default": "x"}, "VALUE_STRING", "START_OBJECT"),
        ("default_in_stock", "true", "VALUE_TRUE|VALUE_FALSE", "VALUE_STRING"),
        ("default_in_stock", 1, "VALUE_TRUE|VALUE_FALSE", "VALUE_NUMBER_INT"),
        ("on_order_inventory_enabled", 0.0, "VALUE_TRUE|VALUE_FALSE", "VALUE_NUMBER_FLOAT"),
        ("use_bundle_inventory_only", "", "VALUE_TRUE|VALUE_FALSE", "VALUE_STRING"),
        ("id", 3, "VALUE_STRING", "VALUE_NUMBER_INT"),
        ("_v", 23.2, "VALUE_STRING", "VALUE_NUMBER_FLOAT"),
        ("_type", None, "VALUE_STRING", "VALUE_NULL"),
    ],
)
def test_another_json_type_is_refused(
    api: Api, make: Make, name: str, value: Any, expected: str, actual: str
) -> None:
    answer = api.patch(f"/inventory_lists/{make()}", json={name: value})
    told = {"path": f"$.{name}", "expectedTypes": expected, "actualType": actual}
    assert_fault(answer, 400, "TypeDecoding", told)


@pytest.mark.rule("DEC-1")
@pytest.mark.parametrize(
    ("body", "actual"),
    [
        ("[]", "START_ARRAY"),
        ("null", "VALUE_NULL"),
        ('"x"', "VALUE_STRING"),
        ("3", "VALUE_NUMBER_INT"),
        ("false", "VALUE_FALSE"),
    ],
)
@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_a_body_that_is_no_object_is_refused(
    api: Api, make: Make, method: str, body: str, actual: str
) -> None:
    answer = api.call(method, f"/s/-/dw/data/v23_2/inventory_lists/{make()}", data=body)
    told = {"path": "$", "expectedTypes": "START_OBJECT", "actualType": actual}
    assert_fault(answer, 400, "TypeDecoding", told)


@pytest.mark.rule("DEC-1", "INV-7")
@pytest.mark.parametrize("value", ["", "x" * 257, None])
def test_an_id_out_of_its_bounds_is_refused(api: Api, make: Make, value: str | None) -> None:
    answer = api.patch(f"/inventory_lists/{make()}", json={"id": value})
    told = {"document": "inventory_list", "path": "$.id"}
    assert_fault(answer, 400, "PropertyConstraintViolation", told)


@pytest.mark.rule("DEC-2")
def test_version_and_type_of_the_body_are_those_of_the_request(api: Api, make: Make) -> None:
    path = f"/inventory_lists/{make()}"
    good = {"_v": "23.2", "_type": "inventory_list", "description": "two"}
    assert api.patch(path, json=good).status_code == 200
    version = api.patch(path, json={"_v": "23.1"})
    assert_fault(version, 400, "UnexpectedVersion", {"version": "23.1"})
    kind = api.patch(path, json={"_type": "site"})
    told = {"document": "inventory_list", "path": "$._type"}
    assert_fault(kind, 400, "PropertyConstraintViolation", told)


@pytest.mark.rule("DEC-2", "URL-3")
def test_the_version_of_the_body_follows_the_url(api: Api, make: Make) -> None:
    path = f"/s/-/dw/data/v19_5/inventory_lists/{make()}"
    assert api.call("PATCH", path, json={"_v": "19.5"}).status_code == 200
    refused = api.call("PATCH", path, json={"_v": "23.2"})
    fault = refused.json()["fault"]
    assert (refused.status_code, fault["type"]) == (400, "UnexpectedVersionException")
    assert fault["arguments"] == {"version": "23.2"}


@pytest.mark.rule("DEC-3")
def test_what_was_read_can_be_sent_back(samples: Api, make: Make) -> None:
    for name in (make(description="x", c_a=[1]), "my-inventorylist1"):
        path = f"/inventory_lists/{name}"
        document = samples.get(path).json()
        answer = samples.patch(path, json=document)
        assert (answer.status_code, answer.json()) == (200, document)


@pytest.mark.rule("DEC-3", "INV-7")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("link", "https://elsewhere.example.com"),
        ("link", 5),
        ("assigned_sites", ["MyOtherSite"]),
        ("assigned_sites", "none"),
        ("creation_date", "1999-01-01T00:00:00.000Z"),
        ("last_modified", None),
    ],
)
def test_read_only_properties_are_ignored(api: Api, make: Make, name: str, value: Any) -> None:
    path = f"/inventory_lists/{make()}"
    before = api.get(path).json()
    answer = api.patch(path, json={name: value})
    assert (answer.status_code, answer.json()) == (200, before)


@pytest.mark.rule("DEC-4")
def test_null_clears_a_property_and_brings_a_boolean_back(api: Api, make: Make) -> None:
    path = f"/inventory_lists/{make(description='x', default_in_stock=True, c_a='b')}"
    cleared = {"description": None, "default_in_stock": None, "c_a": None}
    document = api.patch(path, json=cleared).json()
    assert not {"description", "c_a"} & set(document)
    assert document["default_in_stock"] is False


@pytest.mark.rule("DEC-4")
def test_null_in_a_document_of_a_map_is_no_value(start: Start) -> None:
    api = start(fixtures="storefront")
    texts = {"default": {"source": None}, "de": {"source": "Schal"}}
    answer = api.patch("/products/garment-bag", json={"long_description": texts})
    assert answer.status_code == 200
    products = api.call("GET", "/__emulator__/state").json()["files"]["products.json"]
    [bag] = [each for each in products if each["id"] == "garment-bag"]
    assert bag["long_description"] == {"default": {}, "de": {"source": "Schal"}}


@pytest.mark.rule("DEC-4", "INV-5")
def test_put_replaces_all_writable_properties(
    observed: Api, make_observed: Callable[..., str]
) -> None:
    path = f"/inventory_lists/{make_observed(description='x', default_in_stock=True, c_a='b')}"
    before = observed.get(path).json()
    document = observed.put(path, json={"on_order_inventory_enabled": True}).json()
    assert not {"description", "c_a"} & set(document)
    flags = document["default_in_stock"], document["on_order_inventory_enabled"]
    assert flags == (False, True)
    assert document["creation_date"] == before["creation_date"]


@pytest.mark.rule("DEC-5")
@pytest.mark.parametrize(
    "value",
    [
        "text",
        "",
        0,
        -1.5,
        1e300,
        2**53,
        True,
        [],
        ["a", "b"],
        [1, 2.5],
        [True, False],
        {},
        {"default": "x", "de-DE": None, "fr": 1},
        {"default": ["a", "b"]},
    ],
)
def test_a_custom_property_holds_a_scalar_an_array_or_a_map(
    api: Api, make: Make, value: Any
) -> None:
    path = f"/inventory_lists/{make(c_some_Name9=value)}"
    stored = api.get(path).json()["c_some_Name9"]
    assert (stored, type(stored)) == (value, type(value))


@pytest.mark.rule("DEC-5")
@pytest.mark.parametrize(
    ("value", "place", "expected", "actual"),
    [
        ([1, "a"], ".[1]", "VALUE_NUMBER_INT|VALUE_NUMBER_FLOAT", "VALUE_STRING"),
        ([None], ".[0]", SCALARS, "VALUE_NULL"),
        ([[1]], ".[0]", SCALARS, "START_ARRAY"),
        (["a", {"a": 1}], ".[1]", SCALARS, "START_OBJECT"),
        ({"default": {"a": 1}}, ".default", f"{SCALARS}|START_ARRAY", "START_OBJECT"),
        ({"de": [True, 1]}, ".de.[1]", "VALUE_TRUE|VALUE_FALSE", "VALUE_NUMBER_INT"),
    ],
)
def test_a_custom_property_of_another_shape_is_refused(
    api: Api, make: Make, value: Any, place: str, expected: str, actual: str
) -> None:
    answer = api.patch(f"/inventory_lists/{make()}", json={"c_a": value})
    told = {"path": f"$.c_a{place}", "expectedTypes": expected, "actualType": actual}
    assert_fault(answer, 400, "TypeDecoding", told)
