"""The order of checks: of two faults in one request the earlier check's is answered (ORD-1)."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api

Make = Callable[..., str]

# Each step adds its own mistake to a request that already makes all mistakes of later steps.
STEPS: list[tuple[str, str]] = [
    ("override", "IllegalHttpMethodOverride"),
    ("version", "InvalidVersion"),
    ("site", "UnknownSite"),
    ("path", "ResourcePathNotFound"),
    ("format", "UnsupportedFormat"),
    ("content type", "UnsupportedContentType"),
    ("charset", "CharsetNotAcceptable"),
    ("size", "RequestEntityTooLarge"),
    ("token", "InvalidAccessToken"),
    ("path parameter", "StringConstraintViolation"),
    ("select", "MalformedSelector"),
    ("body", "BodyDecoding"),
    ("property", "UnknownProperty"),
    ("state", "ResourceStateConflict"),
    ("if-match", "InvalidIfMatch"),
    ("id", "IdConflict"),
]
NAMES = [name for name, _ in STEPS]


def build(mistakes: set[str], name: str) -> dict[str, Any]:
    """Return the request that makes these mistakes, as arguments of ``Api.call``."""
    return {
        "method": "POST" if "override" in mistakes else "PUT",
        "path": _path(mistakes, name),
        "params": _query(mistakes),
        "headers": _headers(mistakes),
        "data": _body(mistakes),
    }


def _path(mistakes: set[str], name: str) -> str:
    site = "NoSuchSite" if "site" in mistakes else "-"
    version = "" if "version" in mistakes else "/v23_2"
    resource = "nope" if "path" in mistakes else "inventory_lists"
    identifier = "x" * 300 if "path parameter" in mistakes else name
    return f"/s/{site}/dw/data{version}/{resource}/{identifier}"


def _query(mistakes: set[str]) -> dict[str, str]:
    query = {"override": ("method", "GET"), "format": ("format", "csv"), "select": ("select", "(")}
    return dict(pair for name, pair in query.items() if name in mistakes)


def _headers(mistakes: set[str]) -> dict[str, str]:
    headers = {
        "token": ("Authorization", "Bearer nonsense"),
        "state": ("x-dw-resource-state", "0" * 64),
        "if-match": ("If-Match", '"x"'),
    }
    media_type = "text/csv" if "content type" in mistakes else "application/json"
    charset = ";charset=latin1" if "charset" in mistakes else ""
    return {"Content-Type": media_type + charset} | dict(
        pair for name, pair in headers.items() if name in mistakes
    )


def _body(mistakes: set[str]) -> bytes:
    members = '"description": "x"'
    members += ', "nope": 1' if "property" in mistakes else ""
    members += ', "id": "other"' if "id" in mistakes else ""
    body = "{" + members + ("" if "body" in mistakes else "}")
    return body.encode() + b" " * (6_000_000 if "size" in mistakes else 0)


@pytest.mark.rule("ORD-1")
@pytest.mark.parametrize(("name", "kind"), STEPS, ids=NAMES)
def test_the_first_check_that_fails_answers(api: Api, make: Make, name: str, kind: str) -> None:
    made = make()
    mistakes = set(NAMES[NAMES.index(name) :])
    answer = api.call(**build(mistakes, made))
    assert answer.json()["fault"]["type"] == f"{kind}Exception"


@pytest.mark.rule("ORD-1", "RST-4")
def test_a_missing_resource_is_told_before_its_state(api: Api, unused: str) -> None:
    headers = {"x-dw-resource-state": "0" * 64, "If-Match": '"x"'}
    answer = api.patch(f"/inventory_lists/{unused}", json={"id": "other"}, headers=headers)
    assert answer.json()["fault"]["type"] == "InventoryListNotFoundException"


@pytest.mark.rule("ORD-1")
def test_a_missing_document_above_is_told_before_a_state(api: Api, unused: str) -> None:
    path = f"/inventory_lists/{unused}/product_inventory_records/p"
    answer = api.put(path, json={}, headers={"x-dw-resource-state": "0" * 64})
    assert answer.json()["fault"]["type"] == "InventoryListNotFoundException"


@pytest.mark.rule("ORD-1")
def test_a_malformed_body_is_told_before_a_missing_resource(api: Api, unused: str) -> None:
    answer = api.patch(f"/inventory_lists/{unused}", data=b"{")
    assert answer.json()["fault"]["type"] == "BodyDecodingException"


@pytest.mark.rule("ORD-1", "SRC-1")
@pytest.mark.parametrize(
    ("option", "fault"),
    [({"select": "(("}, "MalformedSelector"), ({"expand": ["nope"]}, "InvalidExpandValue")],
)
def test_the_options_of_a_search_are_told_before_a_missing_document_above(
    api: Api, unused: str, option: dict[str, object], fault: str
) -> None:
    body = {"query": {"match_all_query": {}}, **option}
    answer = api.call("POST", f"{api.scope}/sites/{unused}/campaign_search", json=body)
    assert answer.status_code == 400
    assert answer.json()["fault"]["type"] == f"{fault}Exception"
