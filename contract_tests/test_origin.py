"""Requests of web pages (SET-4)."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from contract_tests.api import Api, assert_fault

Start = Callable[..., Api]

DEMO = "a" * 30
SHOP = "https://shop.example"
FOREIGN = "https://attacker.example"
LISTS = "/inventory_lists"
LIST = "/inventory_lists/my-inventorylist1"
EXPOSED = {
    "authorization",
    "etag",
    "location",
    "x-dw-version-status",
    "x-dw-resource-state",
    "x-dw-request-base-id",
}
CORS = "access-control-"


def trusting(*origins: str, client: str = DEMO) -> dict[str, Any]:
    """Return a settings document by which pages of these origins may do everything."""
    entry = {
        "resource_id": "/**",
        "methods": ["get", "put", "patch", "delete", "post"],
        "read_attributes": "(**)",
        "write_attributes": "(**)",
    }
    resources = {"client_id": DEMO, "resources": [entry]}
    if client == DEMO:
        return {"_v": "23.2", "clients": [{**resources, "allowed_origins": list(origins)}]}
    others = {"client_id": client, "allowed_origins": list(origins)}
    return {"_v": "23.2", "clients": [resources, others]}


def permit(api: Api, document: dict[str, Any]) -> None:
    """Load a settings document."""
    answer = api.call("POST", "/__emulator__/settings", json=document)
    assert answer.status_code == 200, answer.text


def told(answer: requests.Response) -> dict[str, str]:
    """Return the headers of an answer that speak of origins, in lower case."""
    return {n.lower(): v for n, v in answer.headers.items() if n.lower().startswith(CORS)}


def listed(header: str) -> set[str]:
    """Return the names that a header lists, in lower case."""
    return {name.strip().lower() for name in header.split(",")}


@pytest.fixture
def api(start: Start) -> Api:
    """A server whose demo client trusts the pages of a shop."""
    api = start()
    permit(api, trusting(SHOP))
    return api


@pytest.mark.rule("SET-4")
def test_a_page_of_an_allowed_origin_may_read_the_answer(api: Api) -> None:
    for path, status in ((LIST, 200), ("/inventory_lists/contract-none", 404)):
        answer = api.get(path, headers={"Origin": SHOP})
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == SHOP
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert listed(answer.headers["Access-Control-Expose-Headers"]) == EXPOSED
        assert answer.headers["Vary"] == "Origin"


@pytest.mark.rule("SET-4")
def test_a_page_may_write(api: Api) -> None:
    answer = api.put("/inventory_lists/contract-x", json={}, headers={"Origin": SHOP})
    assert answer.status_code == 201
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP


@pytest.mark.rule("SET-4")
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_page_of_a_foreign_origin_is_refused(api: Api, method: str) -> None:
    before = api.get(LIST).json()
    headers = {"Origin": FOREIGN}
    answer = api.call(method, api.scope + LIST, json={"description": "x"}, headers=headers)
    assert_fault(answer, 401, "UnauthorizedOrigin", {"origin": FOREIGN})
    assert told(answer) == {}
    assert api.get(LIST).json() == before


@pytest.mark.rule("SET-4")
@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://shop.example", True),
        ("HTTPS://Shop.Example", True),
        ("https://shop.example:443", True),
        ("https://shop.example:8443", False),
        ("http://shop.example", False),
        ("http://shop.example:443", False),
        ("https://shop.example.attacker.example", False),
        ("https://a.shop.example", False),
        ("https://shop.example/", False),
        ("https://shop.exampl", False),
        ("shop.example", False),
        ("null", False),
        ("*", False),
    ],
)
def test_origins_are_equal_by_scheme_host_and_port(api: Api, origin: str, allowed: bool) -> None:
    answer = api.get(LIST, headers={"Origin": origin})
    if not allowed:
        assert_fault(answer, 401, "UnauthorizedOrigin", {"origin": origin})
        return
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.rule("SET-4")
def test_origins_of_all_clients_are_those_of_each(api: Api) -> None:
    permit(api, trusting(SHOP, client="*"))
    assert api.get(LIST, headers={"Origin": SHOP}).status_code == 200
    assert api.get(LIST, headers={"Origin": FOREIGN}).status_code == 401


@pytest.mark.rule("SET-4")
def test_origins_of_another_client_are_none_of_ours(api: Api) -> None:
    permit(api, trusting(SHOP, client="signer"))
    assert api.get(LIST, headers={"Origin": SHOP}).status_code == 401


@pytest.mark.rule("SET-4")
def test_pages_of_the_server_itself_may_always_ask(api: Api) -> None:
    permit(api, trusting())
    assert api.get(LIST, headers={"Origin": api.url}).status_code == 200
    own = {"Host": "emulator.example", "Origin": "http://Emulator.example:80"}
    assert api.get(LIST, headers=own).status_code == 200
    secure = {"Host": "emulator.example", "Origin": "https://emulator.example"}
    assert api.get(LIST, headers=secure).status_code == 401


@pytest.mark.rule("SET-4")
def test_what_comes_from_no_page_hears_nothing_of_origins(api: Api) -> None:
    permit(api, trusting())
    answer = api.get(LIST)
    assert (answer.status_code, told(answer)) == (200, {})


@pytest.mark.rule("SET-4", "SET-3")
def test_without_a_settings_document_every_page_may_ask(start: Start) -> None:
    api = start()
    for origin in (SHOP, FOREIGN, "null"):
        answer = api.get(LIST, headers={"Origin": origin})
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.rule("SET-4", "MET-2")
@pytest.mark.parametrize("query", ["", f"?client_id={DEMO}"])
def test_a_preflight_needs_no_token(api: Api, query: str) -> None:
    headers = {
        "Authorization": None,
        "Origin": SHOP,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = api.call("OPTIONS", api.scope + LIST + query, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    methods = listed(answer.headers["Access-Control-Allow-Methods"])
    assert methods == {"get", "head", "put", "patch", "delete", "options"}
    assert listed(answer.headers["Access-Control-Allow-Headers"]) >= {
        "authorization",
        "content-type",
        "if-match",
        "if-none-match",
        "x-dw-client-id",
        "x-dw-http-method-override",
        "x-dw-resource-state",
    }


@pytest.mark.rule("SET-4")
def test_a_preflight_that_names_a_client_is_held_to_its_origins(api: Api) -> None:
    headers = {
        "Authorization": None,
        "Origin": FOREIGN,
        "Access-Control-Request-Method": "GET",
    }
    path = f"{api.scope}{LIST}"
    refused = api.call("OPTIONS", f"{path}?client_id={DEMO}", headers=headers)
    assert_fault(refused, 401, "UnauthorizedOrigin", {"origin": FOREIGN})
    assert told(refused) == {}
    assert api.call("OPTIONS", path, headers=headers).status_code == 204


@pytest.mark.rule("SET-4", "MET-2")
def test_options_of_no_preflight_tells_methods_alone(api: Api) -> None:
    answer = api.call("OPTIONS", api.scope + LIST, headers={"Origin": SHOP})
    assert answer.headers["Allow"] == "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
    assert "Access-Control-Allow-Methods" not in answer.headers


@pytest.mark.rule("SET-4", "ORD-1")
def test_the_origin_is_asked_between_token_and_permission(api: Api) -> None:
    nothing = {"client_id": DEMO, "allowed_origins": [SHOP]}
    permit(api, {"_v": "23.2", "clients": [nothing]})
    path = f"{LISTS}?start=a&select=("
    asked = {
        "InvalidAccessToken": {"Origin": FOREIGN, "Authorization": "Bearer x"},
        "UnauthorizedOrigin": {"Origin": FOREIGN},
        "ClientAccessForbidden": {"Origin": SHOP},
    }
    for kind, headers in asked.items():
        answer = api.get(path, headers=headers)
        assert answer.json()["fault"]["type"] == f"{kind}Exception"
