"""Queries and searches for tests of a shop: a server with the data set ``storefront``."""

from typing import Any

from contract_tests.api import Api

ALL: dict[str, Any] = {"match_all_query": {}}


def term(field: str, operator: str, *values: Any) -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": operator, "values": list(values)}}


def text(fields: str, phrase: str) -> dict[str, Any]:
    return {"text_query": {"fields": fields.split(), "search_phrase": phrase}}


def search(shop: Api, path: str, query: Any, **members: Any) -> Any:
    return shop.call("POST", f"{shop.scope}{path}", json={"query": query, **members})


def find(shop: Api, path: str, key: str, query: Any, **members: Any) -> list[str]:
    """Return the ids that a search finds."""
    answer = search(shop, path, query, **members)
    assert answer.status_code == 200, answer.text
    return [hit[key] for hit in answer.json()["hits"]]


def strip(document: Any) -> Any:
    """Return a document without the version, the state and the dates of the write."""
    left_out = ("_v", "_resource_state", "creation_date", "last_modified")
    return {name: value for name, value in document.items() if name not in left_out}
