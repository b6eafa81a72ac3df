"""The fault document, its table and its messages (FLT-1 to FLT-5)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

Make = Callable[..., str]
BASE = "/s/-/dw/data/v23_2"


@pytest.mark.rule("FLT-1")
def test_a_fault_document_has_these_members_in_this_order(documented: Api) -> None:
    answer = documented.get("/inventory_lists/contract-none")
    assert answer.text == (
        '{"_v":"23.2","_type":"fault","fault":{'
        '"arguments":{"inventorylistId":"contract-none"},'
        '"type":"InventoryListNotFoundException",'
        '"message":"No inventory list with ID \'contract-none\' was found."}}'
    )


@pytest.mark.rule("FLT-1")
def test_the_observed_dialect_has_no_type_at_the_root(observed: Api) -> None:
    answer = observed.get("/inventory_lists/contract-none")
    assert answer.text == (
        '{"_v":"23.2","fault":{'
        '"arguments":{"inventorylistId":"contract-none"},'
        '"type":"InventoryListNotFoundException",'
        '"message":"No inventory list with ID \'contract-none\' was found."}}'
    )


@pytest.mark.rule("FLT-1")
def test_a_fault_without_arguments_has_no_member_for_them(api: Api) -> None:
    path = "/s/-/dw/data/inventory_lists"
    answer = api.call("GET", path).json()
    assert list(answer["fault"]) == ["type", "message"]
    assert "<arguments" not in api.call("GET", f"{path}?format=xml").text


# One request for each fault of the table that inventory lists can meet.
REACHABLE: list[tuple[str, str, dict[str, Any], int, str, dict[str, Any]]] = [
    ("PATCH", "/inventory_lists/ID", {"data": b"{"}, 400, "BodyDecoding", {"body": "{"}),
    (
        "POST",
        "/inventory_lists?method=GET",
        {},
        400,
        "IllegalHttpMethodOverride",
        {"method": "GET"},
    ),
    (
        "GET",
        "/inventory_lists",
        {"headers": {"Host": "bad host"}},
        400,
        "InvalidHostHeader",
        {"host": "bad host"},
    ),
    (
        "PATCH",
        "/inventory_lists/ID",
        {"data": b"{}", "headers": {"Content-Type": "x"}},
        400,
        "MalformedMediaType",
        {"mediaType": "x"},
    ),
    (
        "GET",
        "/inventory_lists?start=a",
        {},
        400,
        "MalformedParameter",
        {"parameter": "start", "value": "a"},
    ),
    ("GET", "/inventory_lists?select=x", {}, 400, "MalformedSelector", {"selector": "x"}),
    (
        "PATCH",
        "/inventory_lists/ID",
        {"json": {"id": ""}},
        400,
        "PropertyConstraintViolation",
        {"document": "inventory_list", "path": "$.id"},
    ),
    ("GET", "/inventory_lists/%FE", {}, 400, "ResourcePath", {"message": "an ID isn't UTF-8"}),
    (
        "PUT",
        "/inventory_lists/" + "x" * 257,
        {"json": {}},
        400,
        "StringConstraintViolation",
        {"parameter": "id", "expected": "a string of 1 to 256 characters"},
    ),
    (
        "PATCH",
        "/inventory_lists/ID",
        {"json": {"description": 1}},
        400,
        "TypeDecoding",
        {
            "path": "$.description",
            "expectedTypes": "VALUE_STRING",
            "actualType": "VALUE_NUMBER_INT",
        },
    ),
    (
        "PATCH",
        "/inventory_lists/ID",
        {"json": {"_v": "23.1"}},
        400,
        "UnexpectedVersion",
        {"version": "23.1"},
    ),
    (
        "PATCH",
        "/inventory_lists/ID",
        {"json": {"nope": 1}},
        400,
        "UnknownProperty",
        {"property": "nope", "document": "inventory_list"},
    ),
    (
        "GET",
        "/inventory_lists?count=-1",
        {},
        400,
        "ValueConstraintViolation",
        {"parameter": "count", "expected": "a number >= 0"},
    ),
    (
        "PATCH",
        "/inventory_lists/ID",
        {"json": {"id": "other"}},
        400,
        "IdConflict",
        {"bodyID": "other", "urlID": "ID"},
    ),
    (
        "GET",
        "/inventory_lists",
        {"headers": {"Authorization": "Bearer x.y.z"}},
        401,
        "InvalidAccessToken",
        {"accessToken": "x.y.z"},
    ),
    (
        "GET",
        "/inventory_lists",
        {"headers": {"Authorization": "Basic eDp5"}},
        401,
        "InvalidAuthorizationHeader",
        {},
    ),
    (
        "GET",
        "/inventory_lists",
        {"headers": {"Authorization": None}},
        400,
        "MissingClientId",
        {},
    ),
    (
        "GET",
        "/inventory_lists?client_id=x",
        {"headers": {"Authorization": None}},
        401,
        "AuthorizationHeaderMissing",
        {},
    ),
    ("DELETE", "/inventory_lists", {}, 405, "MethodNotAllowed", {"method": "DELETE"}),
    (
        "PATCH",
        "/inventory_lists/ID",
        {"data": b"{}", "headers": {"Content-Type": "application/json;charset=latin1"}},
        406,
        "CharsetNotAcceptable",
        {"charset": "latin1"},
    ),
    (
        "PATCH",
        "/inventory_lists/ID",
        {"json": {"_resource_state": "not_exists"}},
        409,
        "ResourceAlreadyExists",
        {},
    ),
    (
        "PATCH",
        "/inventory_lists/ID",
        {"json": {}, "headers": {"If-Match": '"x"'}},
        412,
        "InvalidIfMatch",
        {"ifMatch": '"x"'},
    ),
    (
        "PATCH",
        "/inventory_lists/ID",
        {"data": b"x", "headers": {"Content-Type": "text/csv"}},
        415,
        "UnsupportedContentType",
        {"contentType": "text/csv"},
    ),
    ("GET", "/inventory_lists?format=csv", {}, 415, "UnsupportedFormat", {"format": "csv"}),
]


@pytest.mark.rule("FLT-2")
@pytest.mark.parametrize(
    ("method", "path", "options", "status", "kind", "arguments"),
    REACHABLE,
    ids=[row[4] for row in REACHABLE],
)
def test_each_fault_has_its_status_and_arguments(
    api: Api,
    make: Make,
    method: str,
    path: str,
    options: dict[str, Any],
    status: int,
    kind: str,
    arguments: dict[str, Any],
) -> None:
    made = make() if "/ID" in path else "none"
    if "headers" in options:
        options = {**options, "headers": dict(options["headers"])}
    told = {n: made if v == "ID" else v for n, v in arguments.items()}
    answer = api.call(method, BASE + path.replace("/ID", f"/{made}"), **options)
    assert_fault(answer, status, kind, told)


@pytest.mark.rule("FLT-3")
@pytest.mark.parametrize(
    ("method", "path", "options", "message"),
    [
        (
            "GET",
            "/inventory_lists/contract-none",
            {},
            "No inventory list with ID 'contract-none' was found.",
        ),
        (
            "PATCH",
            "/inventory_lists/contract-none",
            {"json": {"p": 1}},
            (
                "An error occurred while decoding the request. "
                "There's an unknown property 'p' in document 'inventory_list'."
            ),
        ),
        (
            "PATCH",
            "/inventory_lists/contract-none",
            {"json": {"id": ""}},
            (
                "An error occurred while decoding the request. "
                "There's a value constraint violation "
                "of property '$.id' in document 'inventory_list'."
            ),
        ),
        (
            "PATCH",
            "/inventory_lists/contract-none",
            {"json": {"default_in_stock": "x"}},
            (
                "Decoding of the property with path '$.default_in_stock' failed because the "
                "expected type is 'VALUE_TRUE|VALUE_FALSE' but the actual type was 'VALUE_STRING'."
            ),
        ),
        (
            "PUT",
            "/inventory_lists/contract-none",
            {"json": {"id": "a"}},
            "The ID in the request body ('a') doesn't match the ID in the URL ('contract-none').",
        ),
        ("GET", "/none", {}, f"The resource path '{BASE}/none' is unknown."),
        (
            "GET",
            "/inventory_lists?select=(x",
            {},
            "The property selector '(x' is malformed.",
        ),
        (
            "GET",
            "/inventory_lists?expand=x",
            {},
            "The expand value 'x' is invalid.",
        ),
        (
            "GET",
            "/inventory_lists",
            {"headers": {"Authorization": None}},
            "The client ID is missing.",
        ),
        (
            "GET",
            "/inventory_lists",
            {"headers": {"Authorization": "Basic eDp5"}},
            (
                "The request is unauthorized. In the 'Authorization' header, "
                "the 'Bearer <access token>' is expected."
            ),
        ),
        (
            "GET",
            "/inventory_lists",
            {"headers": {"Authorization": "Bearer x.y.z"}},
            "Unauthorized request! The access token 'x.y.z' is invalid.",
        ),
    ],
)
def test_known_messages_are_word_for_word(
    api: Api, method: str, path: str, options: dict[str, Any], message: str
) -> None:
    if "headers" in options:
        options = {"headers": dict(options["headers"])}
    answer = api.call(method, BASE + path, **options)
    assert answer.json()["fault"]["message"] == message


@pytest.mark.rule("FLT-4")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/s/-/dw/data/v23_2/nope", 404),
        ("GET", "/favicon.ico", 404),
        ("POST", "/", 404),
        ("POST", "/s/-/dw/data/v23_2/inventory_lists", 405),
        ("PROPFIND", "/s/-/dw/data/v23_2/inventory_lists/x", 405),
        ("GET", "/s/-/dw/data/v23_2/inventory_lists?select=%00", 400),
        ("GET", "/s/%00/dw/data/v23_2/inventory_lists", 404),
        ("GET", "/s/%FF/dw/data/v23_2/inventory_lists", 404),
    ],
)
def test_no_answer_is_a_page_of_the_framework(
    api: Api, method: str, path: str, status: int
) -> None:
    for query, opening in (("", '{"_v":"23.2",'), ("format=xml", "<?xml")):
        joined = path + ("&" if "?" in path else "?") + query
        answer = api.call(method, joined, headers={"Accept": "text/html"})
        assert answer.status_code == status
        assert answer.text.startswith(opening)
        assert "Exception" in answer.text
        assert "html" not in answer.text.lower()


@pytest.mark.rule("FLT-4")
@pytest.mark.needs("the console")
def test_the_root_is_a_page_for_browsers_alone(api: Api) -> None:
    page = api.call("GET", "/", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "/__emulator__" in page.text
    answer = api.call("GET", "/", headers={"Accept": "*/*"})
    assert_fault(answer, 404, "ResourcePathNotFound", {"path": "/"})


@pytest.mark.rule("FLT-5")
def test_the_first_violation_of_the_document_is_told(api: Api, make: Make) -> None:
    path = f"/inventory_lists/{make()}"
    first = api.patch(path, data='{"zzz": 1, "description": 2, "id": ""}').json()
    assert first["fault"]["arguments"] == {"property": "zzz", "document": "inventory_list"}
    second = api.patch(path, data='{"description": 2, "zzz": 1, "id": ""}').json()
    assert second["fault"]["arguments"]["path"] == "$.description"
    third = api.patch(path, data='{"c_x": {"a": {}}, "_v": "1", "zzz": 1}').json()
    assert third["fault"]["arguments"]["path"] == "$.c_x.a"


@pytest.mark.rule("FLT-4")
@pytest.mark.fails_on("gunicorn", "refuses a raw byte beyond ASCII in a target")
@pytest.mark.fails_on("waitress", "refuses a raw byte beyond ASCII in a target")
@pytest.mark.parametrize("path", ["dw/data/v23_2/inventory_lists", "dw/data/v23_2/x", "dw/meta/x"])
def test_a_query_outside_of_utf_8_is_a_malformed_parameter(api: Api, path: str) -> None:
    status, headers, body = api.raw("GET", f"/s/-/{path}?b=c&a=\xe9", {})
    assert (status, headers["Content-Type"]) == (400, "application/json;charset=UTF-8")
    assert json.loads(body)["fault"] == {
        "arguments": {"parameter": "a", "value": "\ufffd"},
        "type": "MalformedParameterException",
        "message": "The value '\ufffd' of parameter 'a' is malformed.",
    }
