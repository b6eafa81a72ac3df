"""Queries, searches and customers for tests of a shop: ``storefront``, or that of a target."""

import uuid
from typing import Any

import pytest

from contract_tests.api import Api
from contract_tests.place import here

CLOCK = "the clock of an emulator"
DATA_SET = "the data set 'storefront'"
STATE = "the state of an emulator"
SORTING_RULE = "a sorting rule: no request creates one"
"""What tests need, for the mark ``needs``."""
ALL: dict[str, Any] = {"match_all_query": {}}
CUSTOMERS = f"/customer_lists/{here().customer_list}/customers"
ADA, GRACE, JON, JONATHAN, MARY = (
    f"contract-{name}" for name in ("ada", "grace", "jon", "jonathan", "mary")
)
PEOPLE: dict[str, dict[str, Any]] = {
    ADA: {
        "company_name": "Contract Engines Ltd",
        "email": "ada@contract.example",
        "first_name": "Ada",
        "gender": 2,
        "last_name": "Byron",
        "phone_home": "617-555-0101",
    },
    GRACE: {
        "email": "grace@contract.example",
        "first_name": "Grace",
        "gender": 2,
        "last_name": "Murray",
        "primary_address": {
            "address_id": "home",
            "country_code": "US",
            "last_name": "Murray",
            "postal_code": "22201",
        },
    },
    JON: {"first_name": "Jon", "gender": 1, "last_name": "Contract"},
    JONATHAN: {"first_name": "Jonathan", "gender": 1, "last_name": "Contract"},
    MARY: {
        "credentials": {"login": MARY, "enabled": False},
        "email": "mary@contract.example",
        "first_name": "Mary",
        "gender": 2,
        "last_name": "Jackson",
    },
}
"""Customers by their numbers, which are also their logins."""


def add_people(shop: Api, *numbers: str) -> None:
    """Create customers of ``PEOPLE``."""
    for number in numbers:
        body = {"credentials": {"login": number, "enabled": True}, **PEOPLE[number]}
        answer = shop.put(f"{CUSTOMERS}/{number}", json=body)
        assert answer.status_code in (200, 201), answer.text


def make_slot(shop: Api, *context_types: str) -> str:
    """Return the id of a slot for types of contexts: of a new slot, or a slot of the target."""
    wanted = context_types or ("global",)
    if (slots := here().slots) is not None:
        found = [name for name, types in slots.items() if types == {*wanted}]
        return (
            found[0]
            if found
            else pytest.skip(f"the site has no slot for {' and '.join(wanted)} only")
        )
    slot_id = uuid.uuid4().hex
    for context_type in wanted:
        properties = {"site_id": here().site, "slot_id": slot_id, "context_type": context_type}
        body = {"type": "slot", "properties": properties}
        answer = shop.call("POST", "/__emulator__/documents", json=body)
        assert answer.status_code in (200, 201), answer.text
    return slot_id


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
