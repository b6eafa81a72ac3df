"""Stores of a site, and the store search (STO)."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.place import here

HERE = here()

Start = Callable[..., Api]

STORES = f"/sites/{HERE.site}/stores"
NEW = f"{STORES}/contract-kiosk"
MARKET = f"{STORES}/market-street"


MARKET_STREET = {
    "address1": "1 Market Street",
    "city": "San Example",
    "country_code": "US",
    "email": "market@contract.example.com",
    "fax": "415-555-0101",
    "inventory_id": "contract_store",
    "latitude": 37.8,
    "longitude": -122.4,
    "name": "Market Street",
    "phone": "415-555-0100",
    "postal_code": "94105",
    "state_code": "CA",
    "store_events": {"default": {"source": "Repair day"}},
    "store_hours": {"de": {"source": "Montag"}},
}


def find(shop: Api, query: Any, site: str = HERE.site, **members: Any) -> list[str]:
    """Return the ids of the stores that a query finds."""
    path = f"{shop.scope}/sites/{site}/store_search"
    answer = shop.call("POST", path, json={"query": query, **members})
    assert answer.status_code == 200, answer.text
    return [hit["id"] for hit in answer.json()["hits"]]


def text(phrase: str, *fields: str) -> dict[str, Any]:
    return {"text_query": {"fields": list(fields), "search_phrase": phrase}}


@pytest.mark.rule("STO-1")
def test_a_store_is_created_changed_and_deleted(shop: Api) -> None:
    created = shop.put(NEW, json={})
    assert created.status_code == 200
    document = created.json()
    assert len(document.pop("_resource_state")) == 64
    assert document.pop("creation_date") == document.pop("last_modified")
    assert document == {
        "_v": "23.2",
        "_type": "store",
        "id": "contract-kiosk",
        "link": f"{shop.url}/s/-/dw/data/v23_2{NEW}",
        "pos_enabled": False,
        "store_locator_enabled": False,
    }
    changed = shop.patch(NEW, json={"name": "Kiosk", "city": "Aachen"})
    assert (changed.status_code, changed.json()["city"]) == (200, "Aachen")
    replaced = shop.put(NEW, json={"name": "Other"})
    assert (replaced.status_code, replaced.json()["name"]) == (200, "Other")
    assert "city" not in replaced.json()
    assert shop.delete(NEW).status_code == 204
    message = f"No store with ID 'contract-kiosk' for site '{HERE.site}' could be found."
    arguments = {"storeId": "contract-kiosk", "siteId": HERE.site}
    for answer in (shop.get(NEW), shop.patch(NEW, json={}), shop.delete(NEW)):
        assert_fault(answer, 404, "StoreNotFound", arguments, message)


@pytest.mark.rule("STO-1")
def test_another_id_in_the_body_is_refused(shop: Api) -> None:
    answer = shop.put(NEW, json={"id": "contract-other"})
    ids = {"bodyID": "contract-other", "urlID": "contract-kiosk"}
    assert_fault(answer, 400, "IdConflict", ids)
    assert shop.get(NEW).status_code == 404


@pytest.mark.rule("STO-1")
def test_stores_belong_to_an_existing_site(shop: Api) -> None:
    for name in ("contract-b", "contract-a"):
        assert shop.put(f"{STORES}/{name}", json={}).status_code == 200
    ids = [one["id"] for one in shop.get(f"{STORES}?count=200").json()["data"]]
    assert ids == sorted(ids)
    assert {"contract-a", "contract-b"} <= set(ids)
    others = shop.get(f"/sites/{HERE.other_site}/stores?count=200").json()["data"]
    assert not {"contract-a", "contract-b"} & {one["id"] for one in others}
    for path in ("/sites/none/stores", "/sites/none/stores/market-street"):
        assert_fault(shop.get(path), 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("STO-2")
@pytest.mark.needs("a store with an image: no request sets one")
def test_texts_with_markup_and_the_image_are_completed(shop: Api) -> None:
    source = "<p>Monday to Saturday, 10 to 19</p>"
    document = shop.get(MARKET).json()
    text = {"_type": "markup_text", "markup": source, "source": source}
    assert document["store_hours"]["default"] == text
    path = "stores/market-street.jpg"
    assert document["image"] == {
        "_type": "media_file",
        "abs_url": f"{shop.url}/on/demandware.static/-/Sites-{HERE.site}-Library/default/{path}",
        "alt": {"default": "The entrance", "de": "Der Eingang"},
        "path": path,
    }
    german = shop.get(f"{MARKET}?locale=de").json()
    assert list(german["store_hours"]) == ["de"]


@pytest.mark.rule("STO-2")
@pytest.mark.parametrize(
    ("name", "fitting", "wrong"),
    [
        ("address1", "x" * 256, "x" * 257),
        ("postal_code", "x" * 10, "x" * 11),
        ("latitude", 90, 90.5),
        ("latitude", -90, -91),
        ("longitude", -180, -180.5),
        ("longitude", 180, 181),
    ],
)
def test_values_have_bounds(shop: Api, name: str, fitting: Any, wrong: Any) -> None:
    answer = shop.put(NEW, json={name: fitting})
    assert (answer.status_code, answer.json()[name]) == (200, fitting)
    answer = shop.patch(NEW, json={name: wrong})
    arguments = {"document": "store", "path": f"$.{name}"}
    assert_fault(answer, 400, "PropertyConstraintViolation", arguments)


@pytest.mark.rule("STO-2")
def test_a_country_is_one_of_the_listed_countries(shop: Api) -> None:
    for code in ("CA", "DE", "US"):
        assert shop.put(NEW, json={"country_code": code}).json()["country_code"] == code
    answer = shop.put(NEW, json={"country_code": "us"})
    arguments = {"document": "store", "enumValue": "us"}
    assert_fault(answer, 400, "EnumConstraintViolation", arguments)


@pytest.mark.rule("STO-2", "OBJ-4")
def test_a_store_has_the_custom_properties_of_the_object_type(shop: Api) -> None:
    definition = "/system_object_definitions/Store/attribute_definitions/contractParking"
    assert_fault(shop.put(NEW, json={"c_contractParking": 3}), 400, "InvalidCustomProperty", {})
    assert shop.put(definition, json={"value_type": "int"}).status_code in (200, 201)
    answer = shop.put(NEW, json={"c_contractParking": 3})
    assert (answer.status_code, answer.json()["c_contractParking"]) == (200, 3)
    assert_fault(shop.put(NEW, json={"c_contractParking": "x"}), 400, "InvalidCustomProperty", {})


@pytest.mark.rule("STO-2")
def test_an_inventory_list_need_not_exist(shop: Api) -> None:
    answer = shop.put(NEW, json={"inventory_id": "none"})
    assert (answer.status_code, answer.json()["inventory_id"]) == (200, "none")
    path = "/inventory_lists/contract-list"
    assert shop.put(path, json={}).status_code == 201
    assert shop.patch(NEW, json={"inventory_id": "contract-list"}).status_code == 200
    assert shop.delete(path).status_code == 204
    assert shop.get(NEW).json()["inventory_id"] == "contract-list"


@pytest.mark.rule("STO-3")
def test_a_search_finds_stores_of_a_site(shop: Api) -> None:
    ids = ["contract-market", "contract-north", "contract-other", "contract-kiosk"]
    shop.put(f"{STORES}/contract-market", json=MARKET_STREET)
    shop.put(f"{STORES}/contract-north", json={"latitude": 43.6, "longitude": -79.4})
    other = f"/sites/{HERE.other_site}/stores/contract-other"
    shop.put(other, json={"address2": "Contract Gate 4"})
    some = {"term_query": {"fields": ["id"], "operator": "one_of", "values": ids}}
    assert find(shop, some) == ["contract-market", "contract-north"]
    assert find(shop, some, HERE.other_site) == ["contract-other"]
    backwards = [{"field": "longitude", "sort_order": "desc"}]
    assert find(shop, some, sorts=backwards) == ["contract-north", "contract-market"]
    for phrase, field in (
        ("Market", "address1"),
        ("San", "city"),
        ("US", "country_code"),
        ("example.com", "email"),
        ("0101", "fax"),
        ("market", "id"),
        ("contract_store", "inventory_id"),
        ("street", "name"),
        ("0100", "phone"),
        ("94105", "postal_code"),
        ("CA", "state_code"),
        ("Montag", "store_hours"),
        ("Repair", "store_events"),
    ):
        query = {"bool_query": {"must": [some, text(phrase, field)]}}
        assert find(shop, query) == ["contract-market"], field
    term = {"term_query": {"fields": ["latitude"], "operator": "greater", "values": [40]}}
    assert find(shop, {"bool_query": {"must": [some, term]}}) == ["contract-north"]
    assert shop.put(NEW, json={"address2": "Contract Gate 4"}).status_code == 200
    assert find(shop, text("Contract Gate", "address2")) == ["contract-kiosk"]


@pytest.mark.rule("STO-3")
def test_a_hit_shows_the_whole_store_on_request(shop: Api) -> None:
    path, query = f"{shop.scope}/sites/{HERE.site}/store_search", text("contract-kiosk", "id")
    shop.put(NEW, json=MARKET_STREET)
    answer = shop.call("POST", path, json={"query": query})
    [hit] = answer.json()["hits"]
    assert (answer.json()["_type"], hit["_type"]) == ("store_search_result", "store")
    assert set(hit) == {"_v", "_type", "_resource_state", "id", "link"}
    answer = shop.call("POST", path, json={"query": query, "select": "(**)"})
    [hit] = answer.json()["hits"]
    assert hit == shop.get(NEW).json()


@pytest.mark.rule("STO-3")
def test_a_search_has_the_faults_of_every_search(shop: Api) -> None:
    path = f"{shop.scope}/sites/{HERE.site}/store_search"
    answer = shop.call("POST", path, json={"query": {}})
    assert_fault(answer, 400, "MalformedSearchParameter", {})
    answer = shop.call("POST", path, json={"query": text("x", "image")})
    assert_fault(answer, 400, "UnknownSearchField", {"field": "image"})
    path = f"{shop.scope}/sites/none/store_search"
    answer = shop.call("POST", path, json={"query": {"match_all_query": {}}})
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})
