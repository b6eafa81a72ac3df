"""The products of categories, looked up one by one or by a scan of all products (PRD-5)."""

import json
from collections import defaultdict
from typing import Any

import pytest
from werkzeug.test import Client

from emulator import Emulator
from emulator.fixture.data_set import BUNDLED_FOLDER
from emulator.ocapi.resources.product import product_search

PATH = "/s/-/dw/data/v23_2/product_search"


def term(field: str, *values: str) -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": "one_of", "values": values}}


@pytest.mark.parametrize("share", [1, 10, 100_000], ids=["most are few", "some", "none are few"])
def test_the_products_of_categories_are_found(monkeypatch: pytest.MonkeyPatch, share: int) -> None:
    monkeypatch.setattr(product_search, "ONE_BY_ONE_SHARE", share)
    emulator = Emulator(fixtures="storefront")
    client, headers = Client(emulator.app), {"Authorization": f"Bearer {emulator.token()}"}
    expected: dict[str, set[str]] = defaultdict(set)
    file = BUNDLED_FOLDER / "storefront" / "category_product_assignments.json"
    for one in json.loads(file.read_bytes()):
        expected[one["category_id"]].add(one["product_id"])

    def find(query: dict[str, Any]) -> list[str]:
        answer = client.post(PATH, headers=headers, json={"query": query, "count": 200})
        assert answer.json is not None
        return [hit["id"] for hit in answer.json.get("hits", ())]

    assert find(term("category_id", "none")) == []
    for category, ids in expected.items():
        assert find(term("category_id", category)) == sorted(ids)
    both = [*expected][:2]
    assert find(term("category_id", *both)) == sorted(expected[both[0]] | expected[both[1]])
    in_both = {"bool_query": {"must": [term("category_id", one) for one in both]}}
    assert find(in_both) == sorted(expected[both[0]] & expected[both[1]])
