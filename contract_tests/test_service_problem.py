"""Problems, authorization, version and description (ERR-1, AUTH-1, VERSION-1, DOC-1)."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from contract_tests.api import Api
from contract_tests.service import Service, assert_problem

Start = Callable[..., Api]
JSON = {"Content-Type": "application/json"}
DEEP = '{"a":' * 300 + "1" + "}" * 300


def validate(description: Any) -> None:
    """Raise if a description is no OpenAPI; skip the test where nothing can tell."""
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(description)


@pytest.mark.rule("ERR-1")
def test_all_violations_are_told_at_once(service: Service) -> None:
    body = {"sku": "", "status": "NEW", "colour": "red", "productVariant": {"gtin": "1"}}
    answer = service.post("/items", json=body)
    told = {
        "/sku": "Length must be between 1 and 255.",
        "/status": "Must be one of: ACTIVE, INACTIVE, ARCHIVED.",
        "/colour": "Unknown field.",
        "/productVariant/gtin": "Not 8 or 12 to 14 digits.",
        "/productVariant/variantId": "Missing data for required field.",
    }
    assert_problem(answer, 422, "INVALID_BODY", told)
    assert answer.json()["instance"] == "/items"


@pytest.mark.rule("ERR-1", "STOCK-1")
def test_violations_of_the_whole_are_told_with_those_of_members(service: Service) -> None:
    body = {"location": {"locationId": "x"}, "onHandQuantity": 1, "reservedQuantity": 2, "a": 1}
    told = {
        "/itemId": "Missing data for required field.",
        "/a": "Unknown field.",
        "/reservedQuantity": "More than onHandQuantity, though not backorderable.",
    }
    assert_problem(service.post("/inventories", json=body), 422, "INVALID_BODY", told)


@pytest.mark.rule("ERR-1")
@pytest.mark.parametrize(
    "body", ["", "{", "{'a': 1}", '{"sku": NaN}', "\ufeff{}", "[" * 100_000, DEEP]
)
def test_malformed_json_is_refused(service: Service, body: str) -> None:
    answer = service.post("/items", data=body.encode(), headers=JSON)
    assert_problem(answer, 400, "MALFORMED_JSON")


@pytest.mark.rule("ERR-1")
@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"1," * 10_000 + b"1]",
        b'{"sku": [' + b"{}," * 10_000 + b"{}]}",
        b"{" + b",".join(b'"%d": 1' % number for number in range(10_000)) + b"}",
    ],
    ids=["array", "inside", "members"],
)
def test_a_body_of_more_than_10000_values_is_too_large(service: Service, body: bytes) -> None:
    answer = service.post("/items", data=body, headers=JSON)
    assert_problem(answer, 413, "CONTENT_TOO_LARGE")


@pytest.mark.rule("ERR-1")
@pytest.mark.parametrize("query", ["a=%E9", "%ff=1", "nextToken=%C3%28", "&".join(["a=1"] * 101)])
def test_a_malformed_query_is_refused_by_every_operation(service: Service, query: str) -> None:
    for method, path in [
        ("GET", "/items"),
        ("POST", "/items"),
        ("GET", "/inventories/x"),
        ("PATCH", "/items/x"),
        ("DELETE", "/inventories/x"),
    ]:
        answer = service.call(method, f"{path}?{query}", json={})
        assert_problem(answer, 400, "INVALID_PARAMETER")


@pytest.mark.rule("ERR-1", "WRITE-2")
@pytest.mark.parametrize("depth", [65, 300, 990, 1020, 5000])
def test_a_deep_patch_is_refused(service: Service, depth: int) -> None:
    path = service.make_item()
    body = '{"a":' * depth + "1" + "}" * depth
    assert_problem(service.patch(path, data=body, headers=JSON), 400, "MALFORMED_JSON")


@pytest.mark.rule("ERR-1")
def test_a_pointer_leads_to_the_member_whatever_its_name(service: Service) -> None:
    body = {
        "sku": "never",
        "value": 1,
        "_schema": 2,
        "productVariant": {"variantId": "v", "key": 1, "_schema": 1},
        "metadata": {"value": 1, "key": 2, "_schema": 3, "~/": 4},
    }
    unknown, no_string = "Unknown field.", "Not a valid string."
    told = {
        "/value": unknown,
        "/_schema": unknown,
        "/productVariant/key": unknown,
        "/productVariant/_schema": unknown,
        "/metadata/value": no_string,
        "/metadata/key": no_string,
        "/metadata/_schema": no_string,
        "/metadata/~0~1": no_string,
    }
    assert_problem(service.post("/items", json=body), 422, "INVALID_BODY", told)


@pytest.mark.rule("ERR-1")
@pytest.mark.parametrize("body", ["[]", "null", "3", '"x"'])
def test_a_body_that_is_no_object_breaks_the_schema(service: Service, body: str) -> None:
    answer = service.post("/items", data=body, headers=JSON)
    assert_problem(answer, 422, "INVALID_BODY", {"": "Not an object."})


@pytest.mark.rule("ERR-1")
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/items/none", 404, "NOT_FOUND"),
        ("GET", "/items/a/b", 404, "NOT_FOUND"),
        ("PATCH", "/inventories/none", 404, "NOT_FOUND"),
        ("DELETE", "/inventories/%00", 404, "NOT_FOUND"),
        ("PUT", "/items", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/items/x", 405, "METHOD_NOT_ALLOWED"),
        ("TRACE", "/openapi.json", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_errors_are_problems_and_never_pages(
    service: Service, method: str, path: str, status: int, code: str
) -> None:
    answer = service.call(method, path, json={})
    assert_problem(answer, status, code)
    assert "<" not in answer.text


@pytest.mark.rule("ERR-1")
@pytest.mark.parametrize(
    ("path", "allow"),
    [("/items", "GET, HEAD, POST"), ("/inventories/x", "DELETE, GET, HEAD, PATCH")],
)
def test_a_method_that_is_not_offered_is_told_those_that_are(
    service: Service, path: str, allow: str
) -> None:
    assert service.call("PUT", path).headers["Allow"] == allow


@pytest.mark.rule("ERR-1")
@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/xml",
        "image/*",
        "*/*, application/json;q=0",
        pytest.param(
            "a/b," * 50_000,
            marks=pytest.mark.fails_on("gunicorn", "takes no header of 200 KB"),
        ),
    ],
)
def test_only_json_is_answered(service: Service, accept: str) -> None:
    assert_problem(service.get("/items", headers={"Accept": accept}), 406, "NOT_ACCEPTABLE")


@pytest.mark.rule("ERR-1")
@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/*",
        "text/html, application/json;q=0.1",
        "application/json; charset=utf-8",
        "",
    ],
)
def test_who_takes_json_gets_it(service: Service, accept: str) -> None:
    assert service.get("/items", headers={"Accept": accept}).status_code == 200


@pytest.mark.rule("ERR-1")
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_1_mb_is_refused(service: Service, chunked: bool) -> None:
    body = b'{"name": "' + b"x" * 1024 * 1024 + b'"}'
    answer = service.post("/items", data=iter([body]) if chunked else body, headers=JSON)
    assert_problem(answer, 413, "CONTENT_TOO_LARGE")


@pytest.mark.rule("ERR-1")
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/merge-patch+json", "application/json;charset=x", ""]
)
def test_a_body_of_another_media_type_is_refused(service: Service, content_type: str) -> None:
    answer = service.post("/items", data=b"{}", headers={"Content-Type": content_type})
    assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert answer.headers["Accept"] == "application/json"


@pytest.mark.rule("AUTH-1")
def test_without_a_key_nobody_has_to_show_one(service: Service) -> None:
    assert service.get("/items").status_code == 200
    assert service.get("/items", headers={"Authorization": "Basic x"}).status_code == 200


@pytest.mark.rule("AUTH-1")
@pytest.mark.parametrize("header", [None, "Bearer", "Bearer no", "Basic secret", "Bearer secret2"])
@pytest.mark.parametrize("path", ["/items", "/inventories/x", "/openapi.json", "/items/a/b"])
def test_with_a_key_everybody_has_to_show_it(keyed: Service, header: str | None, path: str) -> None:
    answer = keyed.get(path, headers={"Authorization": header})
    assert_problem(answer, 401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.rule("AUTH-1", "DOC-1")
def test_the_description_tells_of_the_key_where_one_is_demanded(
    keyed: Service, service: Service
) -> None:
    told = keyed.get("/openapi.json", headers={"Authorization": "Bearer secret"}).json()
    assert told["security"] == [{"key": []}]
    assert told["components"]["securitySchemes"] == {"key": {"type": "http", "scheme": "bearer"}}
    validate(told)
    assert "security" not in service.get("/openapi.json").json()


@pytest.mark.rule("DOC-1")
def test_patterns_are_such_that_javascript_reads_them_alike(service: Service) -> None:
    text = service.get("/openapi.json").text
    assert "pattern" in text
    assert not any(anchor in text for anchor in ("\\A", "\\Z", "(?P"))


@pytest.mark.rule("AUTH-1")
def test_who_shows_the_key_is_served(keyed: Service) -> None:
    headers = {"Authorization": "Bearer secret"}
    assert keyed.get("/items", headers=headers).status_code == 200


@pytest.fixture
def keyed(start: Start) -> Service:
    """A service that demands a key."""
    return Service(start(inventory_api_key="secret").url)


@pytest.mark.rule("VERSION-1")
def test_the_version_may_be_named_and_no_other(service: Service) -> None:
    named = service.get("/items", headers={"api-version": "2024-07-17"})
    assert named.status_code == 200
    for other in ("2024-07-18", "", "latest"):
        answer = service.get("/items", headers={"api-version": other})
        assert_problem(answer, 400, "UNSUPPORTED_VERSION")


@pytest.mark.rule("DOC-1", "OPS-1")
def test_the_description_is_valid_and_names_the_ten_operations(service: Service) -> None:
    document = service.get("/openapi.json").json()
    validate(document)
    assert (document["openapi"], document["info"]["version"]) == ("3.1.0", "2024-07-17")
    success = {
        (path, method): next(status for status in operation["responses"] if status < "300")
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }
    assert success == {
        ("/inventories", "get"): "200",
        ("/inventories", "post"): "201",
        ("/inventories/{inventoryId}", "get"): "200",
        ("/inventories/{inventoryId}", "patch"): "200",
        ("/inventories/{inventoryId}", "delete"): "204",
        ("/items", "get"): "200",
        ("/items", "post"): "201",
        ("/items/{itemId}", "get"): "200",
        ("/items/{itemId}", "patch"): "200",
        ("/items/{itemId}", "delete"): "204",
    }


@pytest.mark.rule("DOC-1")
def test_reset_brings_items_and_inventories_back(start: Start) -> None:
    service = Service(start().url)
    before = service.get("/items").json(), service.get("/inventories").json()
    service.make_inventory()
    assert service.delete("/inventories/inventory-1").status_code == 204
    reset = requests.post(f"{service.url}/__emulator__/reset", timeout=10)
    assert reset.status_code == 200
    assert (service.get("/items").json(), service.get("/inventories").json()) == before
