"""Variants, variation groups and variation attributes of masters (PRD-7, PRD-8, PRD-10)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

Start = Callable[..., Api]

MASTER = "/products/merino-crew"
VARIANTS, GROUPS = f"{MASTER}/variations", f"{MASTER}/variation_groups"
ATTRIBUTES = f"{MASTER}/variation_attributes"
COLORS = f"{ATTRIBUTES}/color/values"
SIZES = ("l", "m", "s", "xl", "xs")
BLACK, NAVY, SAND = (
    [f"merino-crew-{color}-{size}" for size in SIZES] for color in ("black", "navy", "sand")
)


@pytest.fixture
def shop(start: Start) -> Api:
    """A server with the data set ``storefront``."""
    return start(fixtures="storefront")


def show(api: Api, path: str) -> Any:
    """Return the document of a path."""
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def term(field: str, *values: Any, operator: str = "is") -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": operator, "values": list(values)}}


def search(api: Api, query: Any, path: str = MASTER, parameters: str = "", **members: Any) -> Any:
    """Return the result of a search of variants."""
    url = f"{api.scope}{path}/variant_search{parameters}"
    answer = api.call("POST", url, json={"query": query, **members})
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(result: Any) -> list[str]:
    return [hit["product_id"] for hit in result.get("hits", result.get("data"))]


@pytest.mark.rule("PRD-7")
def test_the_variants_of_a_master_are_listed(shop: Api) -> None:
    page = show(shop, VARIANTS)
    assert (page["_type"], page["total"]) == ("variants", 15)
    assert ids(page) == [*BLACK, *NAVY, *SAND]
    assert set(page["data"][0]) - {"_v"} == {"_type", "_resource_state", "link", "product_id"}
    [second] = show(shop, f"{VARIANTS}?start=1&count=1&select=(**)")["data"]
    alone = show(shop, f"{VARIANTS}/merino-crew-black-m")
    assert {**second, "_v": "23.2"} == alone
    assert len(alone.pop("_resource_state")) == 64
    assert alone == {
        "_v": "23.2",
        "_type": "variant",
        "default_product_variation": True,
        "link": f"{shop.url}/s/-/dw/data/v23_2/products/merino-crew-black-m",
        "product_id": "merino-crew-black-m",
        "variation_values": {"color": "black", "size": "m"},
    }


@pytest.mark.rule("PRD-7")
def test_variants_show_more_by_expansion(shop: Api) -> None:
    path = f"{VARIANTS}/merino-crew-black-m"
    plain = set(show(shop, path))
    for expansion, added in [
        ("prices", {"price", "price_currency"}),
        ("availability", {"ats", "in_stock", "online", "orderable", "searchable"}),
        ("attributes", {"variation_attributes"}),
        ("variation", set()),
    ]:
        shown = show(shop, f"{path}?site_id=RefArch&expand={expansion}")
        assert set(shown) - plain == added, expansion
    assert set(show(shop, f"{path}?expand=availability")) - plain == {"searchable"}
    [item] = show(shop, f"{VARIANTS}?expand=price&count=1&select=(**)")["data"]
    assert item["price"] == 89.0
    answer = shop.get(f"{VARIANTS}?expand=prices")
    assert_fault(answer, 400, "InvalidExpandValue", {"expandValue": "prices"})
    group = show(shop, f"{GROUPS}/merino-crew-navy?expand=price,availability&site_id=RefArch")
    assert group["orderable"] is True


@pytest.mark.rule("PRD-7")
def test_a_variant_is_created_changed_and_taken_away(shop: Api) -> None:
    path = f"{VARIANTS}/contract-variant"
    answer = shop.put(path, json={"variation_values": {"color": "sand", "size": "l"}})
    assert (answer.status_code, answer.json()["_type"]) == (200, "variant")
    product = show(shop, "/products/contract-variant?expand=variations")
    assert product["type"] == {"_type": "product_type", "variant": True}
    assert product["owning_catalog_id"] == "master-catalog"
    assert product["master"]["master_id"] == "merino-crew"
    assert product["variation_values"] == {"color": "sand", "size": "l"}
    answer = shop.patch(path, json={"variation_values": {"size": "xl"}})
    assert answer.json()["variation_values"] == {"color": "sand", "size": "xl"}
    assert shop.delete(path).status_code == 204
    product = show(shop, "/products/contract-variant?expand=variations")
    assert product["type"] == {"_type": "product_type", "item": True}
    assert not {"master", "variation_values"} & set(product)
    assert_fault(shop.get(path), 400, "ProductIsNotVariation", {"productId": "contract-variant"})


@pytest.mark.rule("PRD-7")
def test_a_product_has_one_role_and_one_master(shop: Api) -> None:
    shop.patch(MASTER, json={"default_variant_id": "merino-crew-navy-m"})
    other = {"owning_catalog_id": "master-catalog", "type": {"master": True}}
    shop.put("/products/contract-master", json=other)
    moved = shop.put("/products/contract-master/variations/merino-crew-navy-m", json={})
    assert moved.status_code == 200
    left = [name for name in (*BLACK, *NAVY, *SAND) if name != "merino-crew-navy-m"]
    assert ids(show(shop, VARIANTS)) == left
    assert "default_variant_id" not in show(shop, MASTER)
    arguments = {"productId": "merino-crew-navy-m", "masterProductId": "merino-crew"}
    answer = shop.get(f"{VARIANTS}/merino-crew-navy-m")
    assert_fault(answer, 404, "VariationNotFound", arguments)
    body = {"variation_values": {"color": "black"}}
    assert shop.put(f"{GROUPS}/merino-crew-black-s", json=body).status_code == 200
    left.remove("merino-crew-black-s")
    assert ids(show(shop, VARIANTS)) == left
    assert ids(show(shop, GROUPS)) == ["merino-crew-black-s", "merino-crew-navy"]
    for name in ("merino-crew", "shoe-care", "bundle-office-s"):
        answer = shop.put(f"{VARIANTS}/{name}", json={})
        assert_fault(answer, 400, "ProductIsNotVariation", {"productId": name})


@pytest.mark.rule("PRD-7")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("kind", "fault"),
    [("variations", "ProductIsNotVariation"), ("variation_groups", "ProductIsNotVariationGroup")],
)
def test_master_and_member_are_checked(shop: Api, method: str, kind: str, fault: str) -> None:
    def ask(path: str) -> Any:
        return shop.call(method, f"{shop.scope}/products/{path}", json={})

    answer = ask(f"none/{kind}/merino-crew-navy")
    assert_fault(answer, 404, "ProductNotFound", {"productId": "none"})
    answer = ask(f"garment-bag/{kind}/merino-crew-navy")
    assert_fault(answer, 400, "ProductNotMaster", {"productId": "garment-bag"})
    if method != "PUT":
        answer = ask(f"merino-crew/{kind}/none")
        assert_fault(answer, 404, "ProductNotFound", {"productId": "none"})
        answer = ask(f"merino-crew/{kind}/garment-bag")
        assert_fault(answer, 400, fault, {"productId": "garment-bag"})


@pytest.mark.rule("PRD-7")
def test_values_of_a_variant_are_values_of_the_master(shop: Api) -> None:
    path = f"{VARIANTS}/merino-crew-navy-m"
    for method, values, status, kind, arguments in [
        ("PUT", {"shape": "v"}, 400, "VariationValueNotValid", {"variationAttributeId": "shape"}),
        ("PUT", {"color": "red"}, 404, "VariationAttributeValueNotFound", {"value": "red"}),
        ("PATCH", {"color": "red"}, 400, "VariationValueNotValid", {"value": "red"}),
    ]:
        body = {"variation_values": values}
        fault = shop.call(method, shop.scope + path, json=body).json()["fault"]
        assert fault["type"] == f"{kind}Exception", (method, status)
        assert arguments.items() <= fault["arguments"].items()
    answer = shop.put(path, json={"product_id": "other"})
    assert answer.json()["fault"]["type"] == "IdConflictException"
    assert show(shop, path)["variation_values"] == {"color": "navy", "size": "m"}


@pytest.mark.rule("PRD-7", "RST-2")
def test_writes_of_variants_look_at_the_state(shop: Api) -> None:
    path = f"{VARIANTS}/merino-crew-navy-m"
    for method in ("PUT", "PATCH", "DELETE"):
        headers = {"x-dw-resource-state": "0" * 64}
        answer = shop.call(method, shop.scope + path, json={}, headers=headers)
        assert (answer.status_code, answer.json()["fault"]["type"]) == (
            409,
            "ResourceStateConflictException",
        )
    state = show(shop, path)["_resource_state"]
    assert shop.get(path, headers={"If-None-Match": f'"{state}"'}).status_code == 304
    body = {"_resource_state": state, "variation_values": {"size": "s"}}
    assert shop.patch(path, json=body).status_code == 200


@pytest.mark.rule("PRD-7")
def test_a_variation_group_is_changed_and_deleted(shop: Api) -> None:
    path = f"{GROUPS}/merino-crew-navy"
    state = show(shop, path)["_resource_state"]
    body = {"_resource_state": state, "variation_values": {"color": "black"}}
    changed = shop.patch(path, json=body)
    assert changed.status_code == 200, changed.text
    assert changed.json() == show(shop, path)
    assert changed.json()["variation_values"] == {"color": "black"}
    assert shop.patch(path, json=body).status_code == 409
    assert shop.delete(path).status_code == 204
    missing = shop.get(path)
    assert missing.json()["fault"]["type"] == "ProductIsNotVariationGroupException"


@pytest.mark.rule("PRD-7", "PRD-3")
def test_products_show_their_variations_by_expansion(shop: Api) -> None:
    master = show(shop, f"{MASTER}?expand=variations")
    assert [variant["product_id"] for variant in master["variants"]] == ids(show(shop, VARIANTS))
    assert [group["product_id"] for group in master["variation_groups"]] == ["merino-crew-navy"]
    attributes = master["variation_attributes"]
    assert [attribute["id"] for attribute in attributes] == ["color", "size"]
    assert [value["value"] for value in attributes[1]["values"]] == ["xs", "s", "m", "l", "xl"]
    group = show(shop, "/products/merino-crew-navy?expand=variations")
    assert [variant["product_id"] for variant in group["variants"]] == NAVY
    variant = show(shop, "/products/merino-crew-navy-m?expand=variations")
    assert variant["master"] == {
        "_type": "master",
        "link": f"{shop.url}/s/-/dw/data/v23_2/products/merino-crew",
        "master_id": "merino-crew",
        "price": 89.0,
        "price_max": 89.0,
    }
    assert variant["variation_attributes"] == attributes


@pytest.mark.rule("PRD-7")
def test_variants_are_shown_for_a_locale_and_a_site(shop: Api) -> None:
    path = f"{VARIANTS}/merino-crew-black-m?locale=de&expand=attributes"
    [item] = show(shop, f"{VARIANTS}?locale=de&select=(**)&start=1&count=1")["data"]
    assert item["product_id"] == "merino-crew-black-m"
    attribute = show(shop, path)["variation_attributes"][0]
    assert (attribute["name"], attribute["values"][0]["name"]) == (
        {"de": "Farbe"},
        {"de": "Schwarz"},
    )
    for name in (f"{VARIANTS}?site_id=none", f"{MASTER}?site_id=none"):
        assert_fault(shop.get(name), 404, "UnknownSite", {"siteId": "none"})


@pytest.mark.rule("PRD-8")
def test_variation_attributes_are_listed_for_master_and_variant(shop: Api) -> None:
    page = show(shop, f"{ATTRIBUTES}?select=(**)")
    assert (page["_type"], page["total"]) == ("variation_attributes", 2)
    color = show(shop, f"{ATTRIBUTES}/color")
    assert {**page["data"][0], "_v": "23.2"} == color
    assert len(color.pop("_resource_state")) == 64
    assert color == {
        "_v": "23.2",
        "_type": "variation_attribute",
        "attribute_definition_id": "color",
        "attribute_definition_name": {"default": "Color"},
        "id": "color",
        "link": f"{shop.url}/s/-/dw/data/v23_2{ATTRIBUTES}/color",
        "name": {"default": "Color", "de": "Farbe"},
        "shared": False,
        "slicing": True,
        "variation_attribute_type": "string",
    }
    for name, total in [("merino-crew-navy-m", 2), ("merino-crew-navy", 2), ("garment-bag", 0)]:
        assert show(shop, f"/products/{name}/variation_attributes")["total"] == total
    values = show(shop, f"{COLORS}?select=(**)")["data"]
    assert [value["value"] for value in values] == ["black", "navy", "sand"]


@pytest.mark.rule("PRD-8")
def test_a_variation_attribute_is_created_changed_and_deleted(shop: Api) -> None:
    path = f"{ATTRIBUTES}/contract-brand"
    body = {"attribute_definition_id": "brand", "values": [{"value": "a", "position": 2}]}
    answer = shop.put(path, json=body)
    assert (answer.status_code, answer.json()["slicing"]) == (200, False)
    changes = {"name": {"default": "Brand"}, "slicing": True, "attribute_definition_id": "upc"}
    changed = shop.patch(path, json=changes).json()
    assert (changed["name"], changed["slicing"]) == ({"default": "Brand"}, True)
    assert changed["attribute_definition_id"] == "brand"
    value = f"{path}/values/b"
    answer = shop.put(value, json={"value": "b", "position": 1, "name": {"default": "B"}})
    assert (answer.status_code, answer.json()["value"]) == (200, "b")
    page = show(shop, f"{path}/values")
    assert [item["value"] for item in page["data"]] == ["b", "a"]
    assert shop.patch(value, json={"position": 3}).json()["position"] == 3
    assert shop.delete(value).status_code == 204
    arguments = {"value": "b", "variationAttributeId": "contract-brand", "productId": "merino-crew"}
    for answer in (shop.get(value), shop.patch(value, json={}), shop.delete(value)):
        assert_fault(answer, 404, "VariationAttributeValueNotFound", arguments)
    assert shop.delete(path).status_code == 204
    arguments = {"variationAttributeId": "contract-brand", "productId": "merino-crew"}
    for answer in (shop.get(path), shop.patch(path, json={}), shop.delete(path)):
        assert_fault(answer, 404, "VariationAttributeNotFound", arguments)
    assert_fault(shop.get(f"{path}/values"), 404, "VariationAttributeNotFound", arguments)


def list_images(api: Api) -> list[str]:
    groups = show(api, f"{MASTER}?expand=all_images")["image_groups"]
    return [image["path"] for group in groups for image in group["images"]]


@pytest.mark.rule("PRD-8")
@pytest.mark.parametrize(
    ("path", "left"),
    [
        (f"{ATTRIBUTES}/color", ["large/merino-crew.jpg"]),
        (f"{COLORS}/navy", ["large/merino-crew.jpg"]),
        (f"{COLORS}/black", ["large/merino-crew.jpg", "large/merino-crew-navy.jpg"]),
        (f"{ATTRIBUTES}/size", ["large/merino-crew.jpg", "large/merino-crew-navy.jpg"]),
    ],
)
def test_a_product_loses_the_images_of_a_deleted_value(shop: Api, path: str, left: Any) -> None:
    assert list_images(shop) == ["large/merino-crew.jpg", "large/merino-crew-navy.jpg"]
    assert shop.delete(path).status_code == 204
    assert list_images(shop) == left


@pytest.mark.rule("PRD-8")
def test_variation_attributes_are_unique_and_have_a_definition(shop: Api) -> None:
    answer = shop.put(f"{ATTRIBUTES}/color", json={"attribute_definition_id": "brand"})
    arguments = {"variationAttributeId": "color"}
    assert_fault(answer, 400, "ProductVariationAttributeIDNotUnique", arguments)
    answer = shop.put(f"{ATTRIBUTES}/contract-x", json={"attribute_definition_id": "color"})
    arguments = {"attributeDefinitionId": "color"}
    assert_fault(answer, 400, "ProductVariationAttributeDefinitionNotUnique", arguments)
    answer = shop.put(f"{ATTRIBUTES}/contract-x", json={"attribute_definition_id": "none"})
    arguments = {"attributeDefinitionId": "none", "objectType": "Product"}
    assert_fault(answer, 404, "AttributeDefinitionNotFound", arguments)
    answer = shop.put(f"{ATTRIBUTES}/contract-x", json={})
    assert answer.json()["fault"]["type"] == "PropertyConstraintViolationException"


@pytest.mark.rule("PRD-8")
def test_masters_alone_have_variation_attributes_of_their_own(shop: Api) -> None:
    path = "/products/garment-bag/variation_attributes/color"
    body = {"attribute_definition_id": "color"}
    refused = [
        shop.get(path),
        shop.put(path, json=body),
        shop.patch(path, json={}),
        shop.delete(path),
        shop.get(f"{path}/values"),
        shop.get(f"{path}/values/red"),
        shop.put(f"{path}/values/red", json={"value": "red"}),
    ]
    for answer in refused:
        assert_fault(answer, 400, "ProductNotMaster", {"productId": "garment-bag"})
    arguments = {"variationAttributeId": "color", "productId": "garment-bag"}
    for answer in (shop.patch(f"{path}/values/red", json={}), shop.delete(f"{path}/values/red")):
        assert_fault(answer, 404, "VariationAttributeNotFound", arguments)


@pytest.mark.rule("PRD-8")
def test_values_show_images_and_stock_by_expansion(shop: Api) -> None:
    path = f"{COLORS}/navy"
    plain = set(show(shop, path))
    assert set(show(shop, f"{path}?expand=image")) - plain == {"image_swatch"}
    assert shop.put(f"{COLORS}/contract-red", json={"value": "contract-red"}).status_code == 200
    for value, orderable in [("navy", True), ("contract-red", False)]:
        shown = show(shop, f"{COLORS}/{value}?expand=availability&site_id=RefArch")
        assert shown["orderable"] is orderable


@pytest.mark.rule("PRD-8")
def test_variants_lose_a_deleted_value(shop: Api) -> None:
    assert shop.delete(f"{COLORS}/navy").status_code == 204
    variant = f"{VARIANTS}/merino-crew-navy-m"
    assert show(shop, variant)["variation_values"] == {"size": "m"}
    assert show(shop, f"{GROUPS}/merino-crew-navy")["variation_values"] == {}
    assert shop.delete(f"{ATTRIBUTES}/size").status_code == 204
    assert show(shop, variant)["variation_values"] == {}
    left = show(shop, f"{VARIANTS}/merino-crew-black-m")["variation_values"]
    assert left == {"color": "black"}


@pytest.mark.rule("PRD-10")
def test_variants_are_searched_by_these_fields(shop: Api) -> None:
    site = "?site_id=RefArch"
    every, one = [*BLACK, *NAVY, *SAND], ["merino-crew-navy-m"]
    sold_out = ["merino-crew-sand-xs"]
    for query, parameters, expected in [
        ({"match_all_query": {}}, "", every),
        (term("id", "merino-crew-navy-m"), "", one),
        (term("product_id", "merino-crew-navy-m"), "", one),
        (term("variation_attribute.color", "black"), "", BLACK),
        ({"text_query": {"fields": ["name"], "search_phrase": "navy"}}, "", NAVY),
        (term("in_stock", True), site, every[:-1]),
        (term("in_stock", False), site, sold_out),
        (term("online", False), site, []),
        (term("searchable", True), site, every),
        (term("ats", 0, operator="greater"), site, every[:-1]),
        (term("ats", 0), site, sold_out),
    ]:
        found = search(shop, query, parameters=parameters)
        assert sorted(ids(found)) == expected, query
    group = search(shop, {"match_all_query": {}}, "/products/merino-crew-navy")
    assert (group["_type"], ids(group)) == ("variant_search_result", NAVY)
    descending = [{"field": "id", "sort_order": "desc"}]
    assert ids(search(shop, {"match_all_query": {}}, sorts=descending)) == every[::-1]
    [hit] = search(
        shop,
        term("id", "merino-crew-navy-m"),
        parameters=site,
        select="(**)",
        expand=["availability", "attributes"],
    )["hits"]
    alone = show(shop, f"{VARIANTS}/merino-crew-navy-m{site}&expand=availability,attributes")
    assert {**hit, "_v": "23.2"} == alone


@pytest.mark.rule("PRD-10")
def test_a_search_of_variants_may_need_a_site(shop: Api) -> None:
    path = f"{shop.scope}{MASTER}/variant_search"
    everything: Any = {"match_all_query": {}}
    for field in ("online", "in_stock", "searchable", "ats"):
        for request in (
            {"query": term(field, True)},
            {"query": everything, "sorts": [{"field": field}]},
        ):
            answer = shop.call("POST", path, json=request)
            assert_fault(answer, 400, "SiteIdMissingForSiteSpecificFilter", {})
    answer = shop.call("POST", path, json={"query": term("brand", "x")})
    assert_fault(answer, 400, "UnknownSearchField", {"field": "brand"})
    for name, status, kind in [
        ("garment-bag", 400, "ProductNotMasterGroup"),
        ("none", 404, "ProductNotFound"),
    ]:
        url = f"{shop.scope}/products/{name}/variant_search"
        answer = shop.call("POST", url, json={"query": everything})
        assert_fault(answer, status, kind, {"productId": name})


@pytest.mark.rule("RST-5")
def test_no_variant_outlives_the_master_under_races(shop: Api) -> None:
    body = {"owning_catalog_id": "master-catalog", "type": {"master": True}}
    for turn in range(8):
        master = f"/products/contract-master-{turn}"
        assert shop.put(master, json=body).status_code == 200
        variants = [f"{master}/variations/contract-{turn}-{number}" for number in range(4)]
        with ThreadPoolExecutor(5) as pool:
            put = [pool.submit(shop.put, path, json={}) for path in variants]
            assert pool.submit(shop.delete, master).result().status_code == 204
        statuses = {answer.result().status_code for answer in put}
        assert statuses <= {200, 404}
        for path in variants:
            product = shop.get(f"/products/{path.rpartition('/')[2]}").json()
            assert "master" not in product
            assert "variant" not in product.get("type", {})
