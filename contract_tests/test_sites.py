"""Sites: the storefronts that requests can be in the scope of (SITE-1)."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

Start = Callable[..., Api]


@pytest.fixture
def storefront(start: Start) -> Api:
    """A server with the data set ``storefront``, whose sites have all their properties."""
    return start(fixtures="storefront")


def find(api: Api, query: Any, **members: Any) -> list[str]:
    """Return the ids of the sites that a query finds."""
    answer = api.call("POST", f"{api.scope}/site_search", json={"query": query, **members})
    assert answer.status_code == 200, answer.text
    return [hit["id"] for hit in answer.json()["hits"]]


def term(field: str, operator: str, *values: Any) -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": operator, "values": list(values)}}


def text(fields: str, phrase: str) -> dict[str, Any]:
    return {"text_query": {"fields": fields.split(), "search_phrase": phrase}}


@pytest.mark.rule("SITE-1")
def test_the_collection_lists_every_site(api: Api) -> None:
    page = api.get("/sites?count=1000&select=(**)").json()
    assert (page["_type"], page["count"]) == ("sites", page["total"])
    ids = [site["id"] for site in page["data"]]
    assert len(ids) == page["total"] >= 1
    assert ids == sorted(ids, key=str.encode)
    for site in page["data"]:
        assert site["_type"] == "site"
        assert site["link"] == f"{api.url}/s/-/dw/data/v23_2/sites/{site['id']}"


@pytest.mark.rule("SITE-1", "ENV-4")
def test_a_site_is_the_same_alone(api: Api) -> None:
    [item] = api.get("/sites?count=1&select=(**)").json()["data"]
    answer = api.get(f"/sites/{item['id']}")
    assert answer.status_code == 200
    alone = answer.json()
    assert {**item, "_v": "23.2"} == alone
    [short] = api.get("/sites?count=1").json()["data"]
    assert set(short) - {"_v"} == {"_type", "_resource_state", "id", "link"}


@pytest.mark.rule("SITE-1", "URL-1")
def test_a_request_can_be_in_the_scope_of_each_site(api: Api) -> None:
    for site in api.get("/sites?count=1000").json()["data"]:
        answer = api.call("GET", f"/s/{site['id']}/dw/data/v23_2/sites/{site['id']}")
        assert answer.status_code == 200
        assert answer.json()["link"].startswith(f"{api.url}/s/{site['id']}/dw/data/")


@pytest.mark.rule("SITE-1", "FLT-3")
@pytest.mark.parametrize("name", ["contract-none", "-"])
def test_a_missing_site_is_not_found(api: Api, name: str) -> None:
    message = f"No site with ID '{name}' could be found."
    assert_fault(api.get(f"/sites/{name}"), 404, "SiteNotFound", {"siteId": name}, message)


@pytest.mark.rule("SITE-1", "URL-6")
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
@pytest.mark.parametrize("path", ["/sites", "/sites/contract-none"])
def test_sites_can_be_read_alone(api: Api, method: str, path: str) -> None:
    answer = api.call(method, f"{api.scope}{path}", json={})
    assert_fault(answer, 405, "MethodNotAllowed", {"method": method})
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.rule("SITE-1")
def test_a_site_has_these_properties(storefront: Api) -> None:
    document = storefront.get("/sites/RefArch").json()
    assert len(document.pop("_resource_state")) == 64
    assert document == {
        "_v": "23.2",
        "_type": "site",
        "cartridges": "app_custom_storefront:app_storefront_base:modules",
        "creation_date": "2023-01-09T10:00:00.000Z",
        "customer_list_link": {
            "_type": "customer_list_link",
            "customer_list_id": "RefArch",
            "link": f"{storefront.url}{storefront.scope}/customer_lists/RefArch",
        },
        "description": {
            "default": "The shop of the United States",
            "de": "Der Laden der Vereinigten Staaten",
        },
        "display_name": {"default": "Reference Store", "de": "Referenzladen"},
        "id": "RefArch",
        "in_deletion": False,
        "last_modified": "2023-02-20T14:00:00.000Z",
        "link": f"{storefront.url}/s/-/dw/data/v23_2/sites/RefArch",
        "storefront_status": "online",
    }


@pytest.mark.rule("SITE-1", "CUS-1")
def test_the_link_of_a_site_leads_to_the_customer_list(storefront: Api, start: Start) -> None:
    sites = storefront.get("/sites?select=(**)").json()["data"]
    for link in (site["customer_list_link"] for site in sites):
        answer = storefront.call("GET", link["link"].removeprefix(storefront.url))
        assert answer.json()["id"] == link["customer_list_id"]
    without_lists = start(fixtures="samples").get("/sites?select=(**)").json()["data"]
    assert not any("customer_list_link" in site for site in without_lists)


@pytest.mark.rule("SITE-1", "LOC-1")
def test_a_locale_narrows_the_localized_properties(storefront: Api) -> None:
    french = storefront.get("/sites/RefArchGlobal?locale=fr").json()
    assert french["display_name"] == {"fr": "Magasin de référence international"}
    assert french["description"] == {"fr": "La boutique du reste du monde"}
    assert french["storefront_status"] == "protected"
    assert not {"display_name", "description"} & set(
        storefront.get("/sites/RefArch?locale=fr").json()
    )
    page = storefront.get("/sites?locale=de&select=(data.(display_name))").json()
    names = [site["display_name"] for site in page["data"]]
    assert names == [{"de": "Referenzladen"}, {"de": "Referenzladen International"}]


@pytest.mark.rule("SITE-1", "SRC-2")
def test_sites_are_searched_in_all_their_languages(storefront: Api) -> None:
    for query, expected in [
        ({"match_all_query": {}}, ["RefArch", "RefArchGlobal"]),
        (term("id", "is", "RefArch"), ["RefArch"]),
        (term("display_name", "is", "Referenzladen"), ["RefArch"]),
        (term("display_name", "is", "Reference Store International"), ["RefArchGlobal"]),
        (term("display_name", "neq", "Referenzladen"), ["RefArchGlobal"]),
        (text("display_name", "magasin"), ["RefArchGlobal"]),
        (text("display_name", "store"), ["RefArch", "RefArchGlobal"]),
        (text("display_name description", "boutique laden"), ["RefArchGlobal"]),
        (term("description", "is_not_null"), ["RefArch", "RefArchGlobal"]),
        (term("in_deletion", "is", False), ["RefArch", "RefArchGlobal"]),
        (term("in_deletion", "is", True), []),
    ]:
        assert find(storefront, query) == expected, query


@pytest.mark.rule("SITE-1", "SRC-1")
@pytest.mark.parametrize("field", ["id", "display_name", "description", "in_deletion"])
def test_found_sites_are_sorted_by_every_field_of_the_search(api: Api, field: str) -> None:
    sorts = [{"field": field, "sort_order": "desc"}, {"field": "id", "sort_order": "desc"}]
    found = find(api, {"match_all_query": {}}, sorts=sorts, count=200)
    assert sorted(found) == sorted(s["id"] for s in api.get("/sites?count=200").json()["data"])
    if field == "id":
        assert found == sorted(found, key=str.encode, reverse=True)


@pytest.mark.rule("SITE-1", "SRC-1")
def test_the_text_that_comes_first_or_last_decides_the_order_of_sites(storefront: Api) -> None:
    for field, order, expected in [
        ("display_name", "asc", ["RefArchGlobal", "RefArch"]),
        ("display_name", "desc", ["RefArchGlobal", "RefArch"]),
        ("description", "asc", ["RefArch", "RefArchGlobal"]),
        ("description", "desc", ["RefArchGlobal", "RefArch"]),
    ]:
        sorts = [{"field": field, "sort_order": order}]
        assert find(storefront, {"match_all_query": {}}, sorts=sorts) == expected, sorts


@pytest.mark.rule("SITE-1", "SRC-3", "ENV-4")
def test_found_sites_show_id_and_link_unless_more_is_selected(api: Api) -> None:
    [site] = api.get("/sites?count=1&select=(**)").json()["data"]
    request = {"query": term("id", "is", site["id"])}
    found = api.call("POST", f"{api.scope}/site_search", json=request).json()
    assert (found["_type"], found["total"]) == ("site_search_result", 1)
    assert set(found["hits"][0]) - {"_v"} == {"_type", "_resource_state", "id", "link"}
    whole = api.call("POST", f"{api.scope}/site_search", json={**request, "select": "(**)"})
    assert whole.json()["hits"] == [site]


@pytest.mark.rule("SITE-1", "SRC-4")
@pytest.mark.parametrize("field", ["storefront_status", "cartridges", "link"])
def test_sites_are_not_searched_by_other_fields(api: Api, field: str) -> None:
    request = {"query": term(field, "is", "x")}
    answer = api.call("POST", f"{api.scope}/site_search", json=request)
    assert_fault(answer, 400, "UnknownSearchField", {"field": field})
