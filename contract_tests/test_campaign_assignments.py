"""Sorting rules, and sorting rules and slot configurations in campaigns (MKT-16 to MKT-19)."""

from collections.abc import Iterator

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.conftest import DEMO
from contract_tests.server import BUNDLED, serve
from contract_tests.shop import ALL, find, search, term, text

SITE = "/sites/RefArch"


@pytest.fixture(scope="module")
def shop(request: pytest.FixtureRequest) -> Iterator[Api]:
    """A server with the data set ``storefront``; each test writes documents of its own."""
    if request.config.getoption("--target"):
        pytest.skip("needs the data set 'storefront'")
    with serve(BUNDLED, fixtures="storefront") as url:
        yield Api(url, DEMO, DEMO, "documented")


@pytest.mark.rule("MKT-16")
def test_sorting_rules_are_searched_by_context(shop: Api) -> None:
    path = f"{SITE}/sorting_rule_search"
    own, shared = ["by-name", "lamps-first"], ["by-name", "newest-first"]
    assert find(shop, path, "id", ALL) == [*own, *shared]
    assert find(shop, f"{path}?rule_context=any", "id", ALL) == [*own, *shared]
    assert find(shop, f"{path}?rule_context=site", "id", ALL) == own
    assert find(shop, f"{path}?rule_context=global", "id", ALL) == shared
    assert find(shop, path, "id", text("description", "before")) == ["lamps-first"]
    late = term("creation_date", "greater", "2023-02-01")
    sorts = [{"field": "id", "sort_order": "desc"}]
    assert find(shop, path, "id", late, sorts=sorts) == ["lamps-first", "by-name"]
    [short] = search(shop, path, term("id", "is", "newest-first")).json()["hits"]
    assert set(short) == {"_v", "_type", "_resource_state", "id"}
    [hit] = search(shop, path, term("id", "is", "newest-first"), select="(**)").json()["hits"]
    assert (hit["_type"], hit["rule_context"], "site" in hit) == ("sorting_rule", "global", False)
    assert [step["attribute_id"] for step in hit["product_sorting_rule_steps"]] == [
        "creationDate",
        "ID",
    ]
    [hit] = search(shop, path, term("id", "is", "lamps-first"), select="(**)").json()["hits"]
    assert (hit["rule_context"], hit["site"]) == ("site", "RefArch")
    answer = search(shop, f"{path}?rule_context=shop", ALL)
    assert answer.json()["fault"]["type"] == "MalformedParameterException"
    answer = search(shop, "/sites/none/sorting_rule_search", ALL)
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})
