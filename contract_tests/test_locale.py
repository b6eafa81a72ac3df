"""Localized properties in one locale (LOC-1), and expansions, of which there are none (EXP-1)."""

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

Start = Callable[..., Api]

SITE = "/sites/SiteGenesis"
LIST = "/inventory_lists/my-inventorylist1"
NAMES = {"default": "Shop", "de": "Laden", "de-DE": "Geschäft"}
TITLES = {"default": "Customers", "de": "Kunden"}
ALL = {"query": {"match_all_query": {}}, "select": "(**)"}


@pytest.fixture(scope="module")
def localized_data_set(data_set: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A data set with localized properties of a site, of a document in it, and of a list."""
    folder = tmp_path_factory.mktemp("localized") / "fixtures"
    shutil.copytree(data_set, folder)
    link = {"customer_list_id": "all", "title": TITLES}
    site = {"id": "SiteGenesis", "display_name": NAMES, "customer_list_link": link}
    (folder / "sites.json").write_text(json.dumps([site, {"id": "MyOtherSite"}]))
    (folder / "customer_lists.json").write_text(json.dumps([{"id": "all"}]))
    declared = {"document": "inventory_list", "name": "c_note", "type": "string", "localized": True}
    declarations = {"custom_properties": [declared], "allow_undeclared": True}
    (folder / "custom_properties.json").write_text(json.dumps(declarations))
    return str(folder)


@pytest.fixture
def shop(start: Start, request: pytest.FixtureRequest) -> Api:
    """A server with localized properties."""
    return start(fixtures=request.getfixturevalue("localized_data_set"))


def search(api: Api, query: str) -> dict[str, Any]:
    """Return the site that a search shows."""
    sent = {
        "query": {"term_query": {"fields": ["id"], "operator": "is", "values": ["SiteGenesis"]}}
    }
    body = sent | {"select": "(**)"}
    answer = api.call("POST", f"{api.scope}/site_search{query}", json=body)
    found: dict[str, Any] = answer.json()["hits"][0]
    return found


@pytest.mark.rule("LOC-1")
def test_without_a_locale_all_are_shown(shop: Api) -> None:
    site = shop.get(SITE).json()
    assert (site["display_name"], site["customer_list_link"]["title"]) == (NAMES, TITLES)


@pytest.mark.rule("LOC-1")
@pytest.mark.parametrize("locale", ["default", "de", "de-DE"])
def test_a_locale_leaves_its_entry_alone(shop: Api, locale: str) -> None:
    expected = {locale: NAMES[locale]}
    assert shop.get(f"{SITE}?locale={locale}").json()["display_name"] == expected
    page = shop.get(f"/sites?locale={locale}&select=(**)").json()["data"]
    [listed] = [site for site in page if site["id"] == "SiteGenesis"]
    assert listed["display_name"] == expected
    assert search(shop, f"?locale={locale}")["display_name"] == expected


@pytest.mark.rule("LOC-1")
def test_a_locale_counts_inside_of_documents_too(shop: Api) -> None:
    site = shop.get(f"{SITE}?locale=de").json()
    assert site["customer_list_link"]["title"] == {"de": "Kunden"}
    assert site["customer_list_link"]["customer_list_id"] == "all"
    assert site["customer_list_link"]["link"] == f"{shop.url}{shop.scope}/customer_lists/all"


@pytest.mark.rule("LOC-1", "DEC-5")
def test_a_locale_counts_for_localized_custom_properties(shop: Api) -> None:
    texts = {"default": "a", "de": "b"}
    sent = {"c_note": texts, "c_undeclared": texts, "c_tags": ["default", "de"]}
    narrow = {"c_note": {"de": "b"}, "c_undeclared": {"de": "b"}, "c_tags": ["default", "de"]}
    answer = shop.patch(f"{LIST}?locale=de", json=sent).json()
    assert {name: answer[name] for name in sent} == narrow
    whole = shop.get(LIST).json()
    assert {name: whole[name] for name in sent} == sent


@pytest.mark.rule("LOC-1", "ENV-5")
@pytest.mark.parametrize("locale", ["fr", "de-AT", "de_DE", "en-US", "x-default", "fil"])
def test_a_property_without_the_locale_is_absent(shop: Api, locale: str) -> None:
    site = shop.get(f"{SITE}?locale={locale}").json()
    assert "display_name" not in site
    assert site["id"] == "SiteGenesis"


@pytest.mark.rule("LOC-1", "RST-1")
def test_a_locale_changes_no_state(shop: Api) -> None:
    whole, narrow = shop.get(SITE), shop.get(f"{SITE}?locale=de")
    assert whole.json()["_resource_state"] == narrow.json()["_resource_state"]
    assert whole.headers["ETag"] == narrow.headers["ETag"]


@pytest.mark.rule("LOC-1")
@pytest.mark.parametrize(
    "locale", ["", "d", "DE", "de-de", "de-", "-DE", "de-DE-x", "german", "*", "de,en", "d\u00e9"]
)
def test_what_is_no_locale_is_refused(api: Api, unused: str, locale: str) -> None:
    asked = {"params": {"locale": locale}}
    told = {"locale": locale}
    assert_fault(api.get("/sites", **asked), 400, "MalformedLocale", told)
    written = api.put(f"/inventory_lists/{unused}", json={}, **asked)
    assert_fault(written, 400, "MalformedLocale", told)
    assert api.get(f"/inventory_lists/{unused}").status_code == 404


@pytest.mark.rule("EXP-1")
@pytest.mark.parametrize(
    ("value", "told"),
    [("nope", "nope"), ("nope,other", "nope"), (" nope ,other", "nope"), (",nope", "nope")],
)
def test_an_expansion_that_there_is_not_is_refused(
    api: Api, unused: str, value: str, told: str
) -> None:
    asked = {"params": {"expand": value}}
    for path in ("/sites", "/inventory_lists", f"/inventory_lists/{unused}"):
        assert_fault(api.get(path, **asked), 400, "InvalidExpandValue", {"expandValue": told})
    written = api.put(f"/inventory_lists/{unused}", json={}, **asked)
    assert_fault(written, 400, "InvalidExpandValue", {"expandValue": told})
    assert api.get(f"/inventory_lists/{unused}").status_code == 404


@pytest.mark.rule("EXP-1", "SRC-1")
def test_a_search_names_its_expansions_in_its_body(api: Api) -> None:
    for expand in (["nope"], ["nope", "other"]):
        body = ALL | {"expand": expand}
        answer = api.call("POST", f"{api.scope}/inventory_list_search", json=body)
        assert_fault(answer, 400, "InvalidExpandValue", {"expandValue": "nope"})


@pytest.mark.rule("EXP-1")
@pytest.mark.parametrize("value", ["", ",", " "])
def test_no_expansion_is_none(api: Api, value: str) -> None:
    assert api.get("/sites", params={"expand": value}).status_code == 200
