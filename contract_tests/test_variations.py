"""Variants, variation groups and variation attributes of masters (PRD-7, PRD-8, PRD-10)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.assortment import (
    BLACK,
    MASTER,
    NAVY,
    OWNER,
    PLAIN,
    VARIED,
    build,
)
from contract_tests.place import here
from contract_tests.shop import DATA_SET

HERE = here()

CREW = "/products/merino-crew"  # of the data set
CREW_COLORS = f"{CREW}/variation_attributes/color"
IMAGE, NAVY_IMAGE = "large/merino-crew.jpg", "large/merino-crew-navy.jpg"
VARIANTS, GROUPS = f"{MASTER}/variations", f"{MASTER}/variation_groups"
ATTRIBUTES = f"{MASTER}/variation_attributes"
COLORS = f"{ATTRIBUTES}/color/values"


@pytest.fixture
def shop(shop: Api) -> Api:
    """A server with the products of the tests."""
    build(shop, VARIED | PLAIN)
    return shop


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
    assert (page["_type"], page["total"]) == ("variants", 4)
    assert ids(page) == [*BLACK, *NAVY]
    assert set(page["data"][0]) - {"_v"} == {"_type", "_resource_state", "link", "product_id"}
    [second] = show(shop, f"{VARIANTS}?count=1&select=(**)")["data"]
    alone = show(shop, f"{VARIANTS}/contract-crew-black-m")
    assert {**second, "_v": "23.2"} == alone
    assert len(alone.pop("_resource_state")) == 64
    assert alone == {
        "_v": "23.2",
        "_type": "variant",
        "default_product_variation": False,
        "link": f"{shop.url}/s/-/dw/data/v23_2/products/contract-crew-black-m",
        "product_id": "contract-crew-black-m",
        "variation_values": {"color": "black", "size": "m"},
    }


@pytest.mark.rule("PRD-7")
@pytest.mark.needs(DATA_SET)
def test_variants_show_more_by_expansion(shop: Api) -> None:
    path = f"{CREW}/variations/merino-crew-black-m"
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
    [item] = show(shop, f"{CREW}/variations?expand=price&count=1&select=(**)")["data"]
    assert item["price"] == 89.0
    path = f"{CREW}/variation_groups/merino-crew-navy"
    group = show(shop, f"{path}?expand=price,availability&site_id=RefArch")
    assert group["orderable"] is True


@pytest.mark.rule("PRD-7")
def test_a_variant_is_created_changed_and_taken_away(shop: Api) -> None:
    path = f"{VARIANTS}/contract-variant"
    answer = shop.put(path, json={"variation_values": {"color": "black", "size": "s"}})
    assert (answer.status_code, answer.json()["_type"]) == (200, "variant")
    product = show(shop, "/products/contract-variant?expand=variations")
    assert product["type"] == {"_type": "product_type", "variant": True}
    assert product["owning_catalog_id"] == OWNER
    assert product["master"]["master_id"] == "contract-crew"
    assert product["variation_values"] == {"color": "black", "size": "s"}
    answer = shop.patch(path, json={"variation_values": {"size": "m"}})
    assert answer.json()["variation_values"] == {"color": "black", "size": "m"}
    assert shop.delete(path).status_code == 204
    product = show(shop, "/products/contract-variant?expand=variations")
    assert product["type"] == {"_type": "product_type", "item": True}
    assert not {"master", "variation_values"} & set(product)
    assert_fault(shop.get(path), 400, "ProductIsNotVariation", {"productId": "contract-variant"})


@pytest.mark.rule("PRD-7")
def test_a_product_has_one_role_and_one_master(shop: Api) -> None:
    shop.patch(MASTER, json={"default_variant_id": "contract-crew-navy-m"})
    other = {"owning_catalog_id": OWNER, "type": {"master": True}}
    shop.put("/products/contract-master", json=other)
    moved = shop.put("/products/contract-master/variations/contract-crew-navy-m", json={})
    assert moved.status_code == 200
    left = [name for name in (*BLACK, *NAVY) if name != "contract-crew-navy-m"]
    assert ids(show(shop, VARIANTS)) == left
    assert "default_variant_id" not in show(shop, MASTER)
    arguments = {"productId": "contract-crew-navy-m", "masterProductId": "contract-crew"}
    answer = shop.get(f"{VARIANTS}/contract-crew-navy-m")
    assert_fault(answer, 404, "VariationNotFound", arguments)
    body = {"variation_values": {"color": "black"}}
    assert shop.put(f"{GROUPS}/contract-crew-black-s", json=body).status_code == 200
    left.remove("contract-crew-black-s")
    assert ids(show(shop, VARIANTS)) == left
    assert ids(show(shop, GROUPS)) == ["contract-crew-black-s", "contract-crew-navy"]
    answer = shop.put(f"{VARIANTS}/contract-crew", json={})
    assert_fault(answer, 400, "ProductIsNotVariation", {"productId": "contract-crew"})


@pytest.mark.rule("PRD-7")
@pytest.mark.needs("a set and a bundle: no request creates one")
def test_a_set_and_a_bundle_are_no_variants(shop: Api) -> None:
    for name in ("shoe-care", "bundle-office-s"):
        answer = shop.put(f"{VARIANTS}/{name}", json={})
        assert_fault(answer, 400, "ProductIsNotVariation", {"productId": name})
        answer = shop.put(f"{GROUPS}/{name}", json={})
        assert_fault(answer, 400, "ProductIsNotVariationGroup", {"productId": name})


@pytest.mark.rule("PRD-7")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("kind", "fault"),
    [("variations", "ProductIsNotVariation"), ("variation_groups", "ProductIsNotVariationGroup")],
)
def test_master_and_member_are_checked(shop: Api, method: str, kind: str, fault: str) -> None:
    def ask(path: str) -> Any:
        return shop.call(method, f"{shop.scope}/products/{path}", json={})

    answer = ask(f"none/{kind}/contract-crew-navy")
    assert_fault(answer, 404, "ProductNotFound", {"productId": "none"})
    answer = ask(f"contract-bag/{kind}/contract-crew-navy")
    assert_fault(answer, 400, "ProductNotMaster", {"productId": "contract-bag"})
    if method != "PUT":
        answer = ask(f"contract-crew/{kind}/none")
        assert_fault(answer, 404, "ProductNotFound", {"productId": "none"})
        answer = ask(f"contract-crew/{kind}/contract-bag")
        assert_fault(answer, 400, fault, {"productId": "contract-bag"})


@pytest.mark.rule("PRD-7")
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("kind", "fault"),
    [("variations", "VariationNotFound"), ("variation_groups", "VariationGroupNotFound")],
)
def test_members_of_another_master_are_not_found(
    shop: Api, method: str, kind: str, fault: str
) -> None:
    build(shop, {"/products/contract-polo": VARIED[MASTER]})
    member = {"variations": "contract-crew-navy-m", "variation_groups": "contract-crew-navy"}[kind]
    path = f"{shop.scope}/products/contract-polo/{kind}/{member}"
    arguments = {"productId": member, "masterProductId": "contract-polo"}
    assert_fault(shop.call(method, path, json={}), 404, fault, arguments)
    assert show(shop, f"{MASTER}/{kind}/{member}")["product_id"] == member


@pytest.mark.rule("PRD-7")
@pytest.mark.parametrize("kind", ["variations", "variation_groups"])
def test_other_products_have_no_list_of_members(shop: Api, kind: str) -> None:
    answer = shop.get(f"/products/contract-bag/{kind}")
    assert_fault(answer, 400, "ProductNotMaster", {"productId": "contract-bag"})


@pytest.mark.rule("PRD-7")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{VARIANTS}/contract-crew-navy-m", {"color": "navy", "size": "m"}),
        (f"{GROUPS}/contract-crew-navy", {"color": "navy"}),
    ],
)
def test_values_of_a_member_are_values_of_the_master(
    shop: Api, path: str, expected: dict[str, str]
) -> None:
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
    assert show(shop, path)["variation_values"] == expected


@pytest.mark.rule("PRD-7", "RST-2")
def test_writes_of_variants_look_at_the_state(shop: Api) -> None:
    path = f"{VARIANTS}/contract-crew-navy-m"
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
    path = f"{GROUPS}/contract-crew-navy"
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
    assert [group["product_id"] for group in master["variation_groups"]] == ["contract-crew-navy"]
    attributes = master["variation_attributes"]
    assert [attribute["id"] for attribute in attributes] == ["color", "size"]
    assert [value["value"] for value in attributes[1]["values"]] == ["s", "m"]
    group = show(shop, "/products/contract-crew-navy?expand=variations")
    assert [variant["product_id"] for variant in group["variants"]] == NAVY
    variant = show(shop, "/products/contract-crew-navy-m?expand=variations")
    assert variant["master"] == {
        "_type": "master",
        "link": f"{shop.url}/s/-/dw/data/v23_2/products/contract-crew",
        "master_id": "contract-crew",
    }
    assert variant["variation_attributes"] == attributes


@pytest.mark.rule("PRD-7")
def test_variants_are_shown_for_a_locale_and_a_site(shop: Api) -> None:
    path = f"{VARIANTS}/contract-crew-black-m?locale=de&expand=attributes"
    [item] = show(shop, f"{VARIANTS}?locale=de&select=(**)&count=1")["data"]
    assert item["product_id"] == "contract-crew-black-m"
    attribute = show(shop, path)["variation_attributes"][0]
    assert (attribute["name"], attribute["values"][0]["name"]) == (
        {"de": "Farbe"},
        {"de": "Schwarz"},
    )
    answer = shop.get(f"{VARIANTS}?expand=prices")
    assert_fault(answer, 400, "InvalidExpandValue", {"expandValue": "prices"})
    for path in (VARIANTS, GROUPS, COLORS, MASTER, f"{VARIANTS}/contract-crew-black-m"):
        name = f"{path}?site_id=none"
        assert_fault(shop.get(name), 404, "UnknownSite", {"siteId": "none"})


@pytest.mark.rule("PRD-8")
def test_variation_attributes_are_listed_for_master_and_variant(shop: Api) -> None:
    page = show(shop, f"{ATTRIBUTES}?select=(**)")
    assert (page["_type"], page["total"]) == ("variation_attributes", 2)
    color = show(shop, f"{ATTRIBUTES}/color")
    assert {**page["data"][0], "_v": "23.2"} == color
    assert len(color.pop("_resource_state")) == 64
    assert color.pop("attribute_definition_name", {"default": "Color"})
    assert color == {
        "_v": "23.2",
        "_type": "variation_attribute",
        "attribute_definition_id": "color",
        "id": "color",
        "link": f"{shop.url}/s/-/dw/data/v23_2{ATTRIBUTES}/color",
        "name": {"default": "Color", "de": "Farbe"},
        "shared": False,
        "slicing": True,
        "variation_attribute_type": "string",
    }
    totals = {"contract-crew-navy-m": 2, "contract-crew-navy": 2, "contract-bag": 0}
    for name, total in totals.items():
        assert show(shop, f"/products/{name}/variation_attributes")["total"] == total
    values = show(shop, f"{COLORS}?select=(**)")["data"]
    assert [value["value"] for value in values] == ["black", "navy"]


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
    place = {"variationAttributeId": "contract-brand", "productId": "contract-crew"}
    arguments = {"value": "b", **place}
    for answer in (shop.get(value), shop.patch(value, json={}), shop.delete(value)):
        assert_fault(answer, 404, "VariationAttributeValueNotFound", arguments)
    assert shop.delete(path).status_code == 204
    arguments = {"variationAttributeId": "contract-brand", "productId": "contract-crew"}
    for answer in (shop.get(path), shop.patch(path, json={}), shop.delete(path)):
        assert_fault(answer, 404, "VariationAttributeNotFound", arguments)
    assert_fault(shop.get(f"{path}/values"), 404, "VariationAttributeNotFound", arguments)


def list_images(api: Api) -> list[str]:
    groups = show(api, f"{CREW}?expand=all_images")["image_groups"]
    return [image["path"] for group in groups for image in group["images"]]


@pytest.mark.rule("PRD-8")
@pytest.mark.parametrize(
    ("path", "left"),
    [
        (CREW_COLORS, [IMAGE]),
        (f"{CREW_COLORS}/values/navy", [IMAGE]),
        (
            f"{CREW_COLORS}/values/black",
            [IMAGE, NAVY_IMAGE],
        ),
        (
            f"{CREW}/variation_attributes/size",
            [IMAGE, NAVY_IMAGE],
        ),
    ],
)
@pytest.mark.needs(DATA_SET)
def test_a_product_loses_the_images_of_a_deleted_value(shop: Api, path: str, left: Any) -> None:
    assert list_images(shop) == [IMAGE, NAVY_IMAGE]
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
    path = "/products/contract-bag/variation_attributes/color"
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
        assert_fault(answer, 400, "ProductNotMaster", {"productId": "contract-bag"})
    arguments = {"variationAttributeId": "color", "productId": "contract-bag"}
    for answer in (shop.patch(f"{path}/values/red", json={}), shop.delete(f"{path}/values/red")):
        assert_fault(answer, 404, "VariationAttributeNotFound", arguments)


@pytest.mark.rule("PRD-8")
@pytest.mark.needs(DATA_SET)
def test_values_show_images_and_stock_by_expansion(shop: Api) -> None:
    path = f"{CREW_COLORS}/values/navy"
    plain = set(show(shop, path))
    assert set(show(shop, f"{path}?expand=image")) - plain == {"image_swatch"}
    assert (
        shop.put(f"{CREW_COLORS}/values/contract-red", json={"value": "contract-red"}).status_code
        == 200
    )
    for value, orderable in [("navy", True), ("contract-red", False)]:
        path = f"{CREW_COLORS}/values/{value}?expand=availability&site_id=RefArch"
        shown = show(shop, path)
        assert shown["orderable"] is orderable


@pytest.mark.rule("PRD-8")
def test_variants_lose_a_deleted_value(shop: Api) -> None:
    assert shop.delete(f"{COLORS}/navy").status_code == 204
    variant = f"{VARIANTS}/contract-crew-navy-m"
    assert show(shop, variant)["variation_values"] == {"size": "m"}
    assert show(shop, f"{GROUPS}/contract-crew-navy")["variation_values"] == {}
    assert shop.delete(f"{ATTRIBUTES}/size").status_code == 204
    assert show(shop, variant)["variation_values"] == {}
    left = show(shop, f"{VARIANTS}/contract-crew-black-m")["variation_values"]
    assert left == {"color": "black"}


@pytest.mark.rule("PRD-10")
@pytest.mark.needs(DATA_SET)
def test_variants_are_searched_by_stock(shop: Api) -> None:
    sold_out, total = ["merino-crew-sand-xs"], 15
    for query, expected in [
        (term("in_stock", True), total - 1),
        (term("in_stock", False), sold_out),
        (term("ats", 0, operator="greater"), total - 1),
        (term("ats", 0), sold_out),
    ]:
        found = ids(search(shop, query, CREW, "?site_id=RefArch"))
        assert (len(found) if isinstance(expected, int) else found) == expected, query


@pytest.mark.rule("PRD-10")
def test_variants_are_searched_by_these_fields(shop: Api) -> None:
    site = f"?site_id={HERE.site}"
    every, one = [*BLACK, *NAVY], ["contract-crew-navy-m"]
    for name in NAVY:
        assert shop.patch(f"/products/{name}", json={"name": {"default": "Navy"}}).ok
    for query, parameters, expected in [
        ({"match_all_query": {}}, "", every),
        (term("id", "contract-crew-navy-m"), "", one),
        (term("product_id", "contract-crew-navy-m"), "", one),
        (term("variation_attribute.color", "black"), "", BLACK),
        ({"text_query": {"fields": ["name"], "search_phrase": "navy"}}, "", NAVY),
        (term("online", True), site, []),
        (term("searchable", True), site, every),
    ]:
        found = search(shop, query, parameters=parameters)
        assert sorted(ids(found)) == expected, query
    group = search(shop, {"match_all_query": {}}, "/products/contract-crew-navy")
    assert (group["_type"], ids(group)) == ("variant_search_result", NAVY)
    descending = [{"field": "id", "sort_order": "desc"}]
    assert ids(search(shop, {"match_all_query": {}}, sorts=descending)) == every[::-1]
    expand = ["availability", "attributes"]
    navy = term("id", *one)
    [hit] = search(shop, navy, parameters=site, select="(**)", expand=expand)["hits"]
    alone = show(shop, f"{VARIANTS}/{one[0]}{site}&expand=availability,attributes")
    assert {**hit, "_v": "23.2"} == alone


@pytest.mark.rule("PRD-10")
@pytest.mark.needs(DATA_SET)
def test_found_variants_have_prices_with_a_site_only(shop: Api) -> None:
    query, master = term("product_id", "merino-crew-black-m"), "/products/merino-crew"
    options = {"expand": ["all"], "select": "(**)"}
    prices = {"price": 89.0, "price_currency": "USD"}
    for parameters, expected in (("", {}), ("?site_id=RefArch", prices)):
        [hit] = search(shop, query, master, parameters=parameters, **options)["hits"]
        assert {n: v for n, v in hit.items() if n.startswith("price")} == expected
    answer = shop.get(f"{master}/variations/merino-crew-black-m?expand=prices").json()
    assert answer["price"] == 89.0


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
        ("contract-bag", 400, "ProductNotMasterGroup"),
        ("none", 404, "ProductNotFound"),
    ]:
        url = f"{shop.scope}/products/{name}/variant_search"
        answer = shop.call("POST", url, json={"query": everything})
        assert_fault(answer, status, kind, {"productId": name})


@pytest.mark.rule("RST-5")
def test_no_variant_outlives_the_master_under_races(shop: Api) -> None:
    body = {"owning_catalog_id": OWNER, "type": {"master": True}}
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
