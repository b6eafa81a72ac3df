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
@pytest.mark.usefixtures("storefront")
def test_stores_belong_to_an_existing_site(shop: Api) -> None:
    assert [one["id"] for one in shop.get(STORES).json()["data"]] == [
        "exampleton",
        "maple-draft",
        "market-street",
        "mock-springs",
        "new-fixture",
        "pop-up-toronto",
        "port-sample",
    ]
    assert shop.get(f"/sites/{HERE.other_site}/stores").json()["total"] == 4
    for path in ("/sites/none/stores", "/sites/none/stores/market-street"):
        assert_fault(shop.get(path), 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("STO-2")
@pytest.mark.usefixtures("storefront")
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
@pytest.mark.usefixtures("storefront")
def test_a_store_has_the_custom_properties_of_the_object_type(shop: Api) -> None:
    definition = "/system_object_definitions/Store/attribute_definitions/parking"
    assert_fault(shop.put(NEW, json={"c_parking": 3}), 400, "InvalidCustomProperty", {})
    assert shop.put(definition, json={"value_type": "int"}).status_code in (200, 201)
    answer = shop.put(NEW, json={"c_parking": 3})
    assert (answer.status_code, answer.json()["c_parking"]) == (200, 3)
    assert_fault(shop.put(NEW, json={"c_parking": "x"}), 400, "InvalidCustomProperty", {})


@pytest.mark.rule("STO-2")
@pytest.mark.usefixtures("storefront")
def test_an_inventory_list_need_not_exist(shop: Api) -> None:
    answer = shop.put(NEW, json={"inventory_id": "none"})
    assert (answer.status_code, answer.json()["inventory_id"]) == (200, "none")
    assert shop.delete("/inventory_lists/inventory_store_sf").status_code == 204
    assert shop.get(MARKET).json()["inventory_id"] == "inventory_store_sf"


@pytest.mark.rule("STO-3")
@pytest.mark.usefixtures("storefront")
def test_a_search_finds_stores_of_a_site(shop: Api) -> None:
    ids = ["kurfuerstendamm", "market-street", "pop-up-toronto", "contract-kiosk"]
    some = {"term_query": {"fields": ["id"], "operator": "one_of", "values": ids}}
    assert find(shop, some) == ["market-street", "pop-up-toronto"]
    assert find(shop, some, HERE.other_site) == ["kurfuerstendamm"]
    backwards = [{"field": "longitude", "sort_order": "desc"}]
    assert find(shop, some, sorts=backwards) == ["pop-up-toronto", "market-street"]
    for phrase, field in (
        ("Market", "address1"),
        ("San", "city"),
        ("US", "country_code"),
        ("example.com", "email"),
        ("0101", "fax"),
        ("market", "id"),
        ("inventory_store", "inventory_id"),
        ("street", "name"),
        ("0100", "phone"),
        ("94105", "postal_code"),
        ("CA", "state_code"),
        ("Montag", "store_hours"),
        ("Repair", "store_events"),
    ):
        query = {"bool_query": {"must": [some, text(phrase, field)]}}
        assert find(shop, query) == ["market-street"], field
    term = {"term_query": {"fields": ["latitude"], "operator": "greater", "values": [40]}}
    assert find(shop, {"bool_query": {"must": [some, term]}}) == ["pop-up-toronto"]
    assert shop.put(NEW, json={"address2": "Gate 4"}).status_code == 200
    assert find(shop, text("Gate", "address2")) == ["contract-kiosk"]


@pytest.mark.rule("STO-3")
@pytest.mark.usefixtures("storefront")
def test_a_hit_shows_the_whole_store_on_request(shop: Api) -> None:
    path, query = f"{shop.scope}/sites/{HERE.site}/store_search", text("market", "id")
    answer = shop.call("POST", path, json={"query": query})
    [hit] = answer.json()["hits"]
    assert (answer.json()["_type"], hit["_type"]) == ("store_search_result", "store")
    assert set(hit) == {"_v", "_type", "_resource_state", "id", "link"}
    answer = shop.call("POST", path, json={"query": query, "select": "(**)"})
    [hit] = answer.json()["hits"]
    assert hit == shop.get(MARKET).json()


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
