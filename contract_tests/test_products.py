"""Products: items, masters and variants, sets, bundles (PRD)."""

from collections.abc import Sequence
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.assortment import (
    BAG,
    BALM,
    BRUSH,
    MASTER,
    NAVY,
    OWNER,
    PLAIN,
    VARIED,
    build,
)
from contract_tests.place import here
from contract_tests.shop import CLOCK, DATA_SET

HERE = here()

NEW = "/products/contract-lamp"
LAMP = {"owning_catalog_id": OWNER, "name": {"default": "Lamp", "de": "Lampe"}}
SOME = (
    "bundle-office-s",
    "garment-bag",
    "gift-wrap",
    "leather-balm",
    "merino-crew",
    "merino-crew-black-s",
    "merino-crew-navy",
    "merino-crew-navy-m",
    "shoe-brush",
    "shoe-care",
)


@pytest.fixture
def varied(shop: Api) -> Api:
    """A server with a master, variants and plain products of the tests."""
    build(shop, VARIED | PLAIN)
    return shop


def show(api: Api, path: str) -> Any:
    """Return the document of a path."""
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def pick(document: Any, *names: str) -> dict[str, Any]:
    return {name: document[name] for name in names if name in document}


def find(api: Api, query: Any, parameters: str = "", **members: Any) -> list[str]:
    """Return the ids of the products that a query finds."""
    path = f"{api.scope}/product_search{parameters}"
    answer = api.call("POST", path, json={"query": query, **members})
    assert answer.status_code == 200, answer.text
    return [hit["id"] for hit in answer.json()["hits"]]


def among(ids: Sequence[str], query: Any) -> dict[str, Any]:
    """Return a query for some of the products with these ids."""
    return {"bool_query": {"must": [term("id", *ids, operator="one_of"), query]}}


def term(field: str, *values: Any, operator: str = "is") -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": operator, "values": list(values)}}


@pytest.mark.rule("SRC-3")
def test_a_search_repeats_the_expansions_of_its_body(api: Api) -> None:
    path = f"{api.scope}/product_search"
    query: dict[str, Any] = {"match_all_query": {}}
    answer = api.call("POST", path, json={"query": query, "count": 1, "expand": ["images"]})
    assert answer.json()["expand"] == ["images"]
    bodies: tuple[dict[str, list[str]], ...] = ({}, {"expand": []})
    for body in bodies:
        answer = api.call("POST", f"{path}?expand=images", json={"query": query, **body})
        assert "expand" not in answer.json()


@pytest.mark.rule("PRD-1", "PRD-2")
def test_a_product_is_created_changed_and_deleted(shop: Api) -> None:
    created = shop.put(NEW, json=LAMP)
    assert created.status_code == 200
    document = created.json()
    assert len(document.pop("_resource_state")) == 64
    assert document.pop("creation_date") == document.pop("last_modified")
    known = show(shop, f"/catalogs/{OWNER}").get("name")
    assert document.pop("owning_catalog_name", None) == known
    assert document == {
        "_v": "23.2",
        "_type": "product",
        "id": "contract-lamp",
        "link": f"{shop.url}/s/-/dw/data/v23_2/products/contract-lamp",
        "name": {"default": "Lamp", "de": "Lampe"},
        "online_flag": {"default": False},
        "owning_catalog_id": OWNER,
        "searchable": {"default": True},
        "type": {"_type": "product_type", "item": True},
    }
    changed = shop.patch(NEW, json={"brand": "Lux", "online_flag": {"default": True}})
    assert (changed.status_code, changed.json()["brand"]) == (200, "Lux")
    assert show(shop, NEW)["online_flag"] == {"default": True}
    forbidden = shop.put(NEW, json=LAMP, headers={"x-dw-validate-existing": "true"})
    assert_fault(forbidden, 400, "ProductDuplicate", {"productId": "contract-lamp"})
    replaced = shop.put(NEW, json=LAMP)
    assert (replaced.status_code, "brand" in replaced.json()) == (200, False)
    assert shop.delete(NEW).status_code == 204
    for answer in (shop.get(NEW), shop.delete(NEW), shop.patch(NEW, json={})):
        message = "No product with ID 'contract-lamp' could be found."
        assert_fault(answer, 404, "ProductNotFound", {"productId": "contract-lamp"}, message)


@pytest.mark.rule("PRD-1")
def test_a_product_belongs_to_an_existing_catalog(shop: Api) -> None:
    for body in ({}, {"name": {"default": "Lamp"}}):
        answer = shop.put(NEW, json=body)
        assert_fault(answer, 400, "ProductInvalid", {"fieldId": "owning_catalog_id"})
    answer = shop.put(NEW, json={"owning_catalog_id": "none"})
    assert_fault(answer, 404, "CatalogNotFound", {"catalogId": "none"})
    assert shop.get(NEW).status_code == 404


@pytest.mark.rule("PRD-1", "INV-4")
def test_the_id_of_a_product_has_1_to_100_characters(shop: Api) -> None:
    longest = f"/products/contract-{'x' * 91}"
    assert shop.put(longest, json=LAMP).status_code == 200
    expected = {"parameter": "id", "expected": "a string of 1 to 100 characters"}
    answer = shop.put(f"{longest}x", json=LAMP)
    assert_fault(answer, 400, "StringConstraintViolation", expected)
    answer = shop.put(NEW, json={**LAMP, "id": "contract-other"})
    ids = {"documentId": "contract-other", "urlId": "contract-lamp"}
    assert answer.json()["fault"]["type"] == "IdConflictException"
    assert set(answer.json()["fault"]["arguments"].values()) == set(ids.values())


@pytest.mark.rule("PRD-1")
@pytest.mark.needs("a product with images: no request adds one")
def test_put_clears_an_existing_product_unless_the_request_forbids(shop: Api) -> None:
    path, lamp = "/products/merino-crew", {**LAMP, "owning_catalog_id": "master-catalog"}
    before = show(shop, f"{path}?expand=all")
    forbidden = shop.put(path, json=lamp, headers={"x-dw-validate-existing": "true"})
    assert_fault(forbidden, 400, "ProductDuplicate", {"productId": "merino-crew"})
    answer = shop.put(path, json={**lamp, "default_variant_id": "none", "type": {"item": True}})
    assert answer.status_code == 200
    after = show(shop, f"{path}?expand=all")
    assert after["name"] == {"default": "Lamp", "de": "Lampe"}
    assert not {"brand", "long_description", "page_title", "tax_class_id"} & set(after)
    kept = ("creation_date", "default_variant_id", "image", "image_groups", "type")
    assert pick(after, *kept) == pick(before, *kept)
    assert len(pick(after, *kept)) == 5


@pytest.mark.rule("PRD-4")
def test_patch_changes_some_properties_and_ignores_the_others(shop: Api) -> None:
    shop.put(NEW, json={**LAMP, "unit_measure": "ml"})
    flags = {"default": True, HERE.site: False}
    changes = {
        "brand": "Lux",
        "ean": "e",
        "localized_tax_class_id": {"default": "standard"},
        "long_description": {"default": {"source": "<b>Bright</b>"}},
        "manufacturer_name": "Lux Ltd",
        "manufacturer_sku": "L1",
        "name": {"default": "Light"},
        "online_flag": flags,
        "page_description": {"default": "d"},
        "page_keywords": {"default": "k"},
        "page_title": {"default": "t"},
        "searchable": flags,
        "tax_class_id": "standard",
        "unit": "piece",
        "upc": "u",
        "valid_from": {"default": "2024-01-01T00:00:00.000Z"},
        "valid_to": {HERE.site: "2025-01-01T00:00:00.000Z"},
    }
    ignored = {
        "owning_catalog_id": "none",
        "price": 3,
        "short_description": {"default": {"source": "s"}},
        "type": {"master": True},
        "unit_measure": "l",
    }
    answer = shop.patch(NEW, json={**changes, **ignored})
    assert answer.status_code == 200
    document = answer.json()
    markup = {"_type": "markup_text", "markup": "<b>Bright</b>", "source": "<b>Bright</b>"}
    assert pick(document, *changes) == {**changes, "long_description": {"default": markup}}
    assert pick(document, *ignored) == {
        "owning_catalog_id": OWNER,
        "type": {"_type": "product_type", "item": True},
        "unit_measure": "ml",
    }


@pytest.mark.rule("PRD-4")
def test_the_default_variant_is_a_variant_of_the_product(varied: Api) -> None:
    master, bag, navy = "contract-crew", "contract-bag", "contract-crew-navy-m"
    for name, variant in [(master, bag), (bag, navy)]:
        answer = varied.patch(f"/products/{name}", json={"default_variant_id": variant})
        arguments = {"productId": name, "defaultVariantId": variant}
        assert_fault(answer, 400, "ProductDefaultVariant", arguments)
    answer = varied.patch(MASTER, json={"default_variant_id": navy})
    assert answer.json()["default_variant_id"] == navy
    assert varied.delete(f"/products/{navy}").status_code == 204
    assert "default_variant_id" not in show(varied, MASTER)
    answer = varied.patch(MASTER, json={"default_variant_id": "contract-crew-navy-s"})
    assert answer.status_code == 200
    answer = varied.patch(MASTER, json={"default_variant_id": None})
    assert "default_variant_id" not in answer.json()


@pytest.mark.rule("PRD-2")
def test_a_new_product_may_be_a_master(shop: Api) -> None:
    answer = shop.put(NEW, json={**LAMP, "type": {"master": True}})
    assert answer.json()["type"] == {"_type": "product_type", "master": True}
    answer = shop.put("/products/contract-set", json={**LAMP, "type": {"set": True}})
    assert answer.json()["type"] == {"_type": "product_type", "item": True}


@pytest.mark.rule("PRD-3")
@pytest.mark.needs(DATA_SET)
def test_properties_of_an_expansion_are_shown_on_request_only(shop: Api) -> None:
    plain = set(show(shop, "/products/merino-crew-navy-m"))
    for expansion, name, added in [
        ("availability", "merino-crew-navy-m", {"online", "ats", "in_stock"}),
        ("prices", "leather-balm", {"price", "price_currency", "price_per_unit"}),
        ("images", "merino-crew", {"image", "image_groups"}),
        ("sets", "leather-balm", {"product_sets"}),
        ("sets", "shoe-care", {"set_products"}),
        ("bundles", "garment-bag", {"product_bundles"}),
        ("bundles", "bundle-office-s", {"bundled_products"}),
    ]:
        before = set(show(shop, f"/products/{name}"))
        after = set(show(shop, f"/products/{name}?site_id=RefArch&expand={expansion}"))
        assert after - before == added, expansion
    whole = set(show(shop, "/products/merino-crew-navy-m?expand=all&site_id=RefArch"))
    assert {"ats", "online", "price", "master", "variation_values"} <= whole - plain


@pytest.mark.rule("PRD-3")
@pytest.mark.needs(DATA_SET)
def test_images_of_variations_are_shown_with_all_images(shop: Api) -> None:
    some = show(shop, "/products/merino-crew?expand=images")["image_groups"]
    every = show(shop, "/products/merino-crew?expand=images,all_images")["image_groups"]
    assert (len(some), len(every)) == (1, 2)
    path = "on/demandware.static/-/Sites-master-catalog/default/large/merino-crew.jpg"
    assert some[0]["images"] == [
        {
            "_type": "media_file",
            "abs_url": f"{shop.url}/{path}",
            "dis_base_url": f"{shop.url}/dw/image/v2/-/{path}",
            "path": "large/merino-crew.jpg",
        }
    ]


@pytest.mark.rule("PRD-3")
@pytest.mark.needs("a set and a bundle: no request creates one")
def test_sets_and_bundles_show_their_members_both_ways(shop: Api) -> None:
    for path, name, expected in [
        ("shoe-care?expand=sets", "set_products", ["leather-balm", "shoe-brush"]),
        ("shoe-brush?expand=sets", "product_sets", ["shoe-care"]),
        (
            "bundle-office-s?expand=bundles",
            "bundled_products",
            ["merino-crew-black-s", "garment-bag"],
        ),
        ("merino-crew-black-s?expand=bundles", "product_bundles", ["bundle-office-s"]),
    ]:
        shown = show(shop, f"/products/{path}")[name]
        assert [product["id"] for product in shown] == expected
        assert {product["_type"] for product in shown} == {"product"}
    for name, kinds in [
        ("shoe-care", {"set"}),
        ("shoe-brush", {"item", "part_of_product_set"}),
        ("bundle-office-s", {"bundle"}),
        ("merino-crew-black-s", {"variant", "bundled"}),
        ("merino-crew-navy", {"variation_group"}),
        ("merino-crew", {"master"}),
    ]:
        shown = show(shop, f"/products/{name}")["type"]
        assert shown == {"_type": "product_type", **dict.fromkeys(kinds, True)}


@pytest.mark.rule("PRD-3")
def test_flags_and_dates_of_a_site_decide_what_is_online(shop: Api) -> None:
    both, not_there = {"default": True}, {"default": True, HERE.other_site: False}
    changes: Any
    over = {"default": "2023-01-01T00:00:00.000Z"}
    for changes, expected in [
        ({"online_flag": both}, (True, True)),
        ({"online_flag": not_there}, (True, False)),
        ({"online_flag": {"default": False}}, (False, False)),
        ({"online_flag": both, "valid_to": over}, (False, False)),
        ({"online_flag": both, "valid_from": over}, (True, True)),
    ]:
        assert shop.put(NEW, json={**LAMP, **changes}).status_code == 200
        shown = [
            show(shop, f"{NEW}?expand=availability&site_id={site}")["online"]
            for site in (HERE.site, HERE.other_site)
        ]
        assert tuple(shown) == expected, changes
    assert "online" not in show(shop, NEW)
    answer = shop.get(f"{NEW}?expand=availability&site_id=none")
    assert_fault(answer, 404, "UnknownSite", {"siteId": "none"})
    answer = shop.get(f"{NEW}?expand=none")
    assert_fault(answer, 400, "InvalidExpandValue", {"expandValue": "none"})


@pytest.mark.rule("PRD-2")
def test_a_flag_for_an_unknown_site_is_kept_without_effect(shop: Api) -> None:
    flag = {"default": False, "contract-none": True}
    assert shop.put(NEW, json={**LAMP, "online_flag": flag}).status_code == 200
    document = show(shop, f"{NEW}?expand=availability&site_id={HERE.site}")
    assert (document["online_flag"], document["online"]) == (flag, False)


@pytest.mark.rule("PRD-3")
@pytest.mark.needs(CLOCK)
def test_online_depends_on_the_clock(shop: Api) -> None:
    path = "/products/garment-bag?expand=availability&site_id=RefArch"
    for now, online in [("2023-01-31T23:59:59Z", False), ("2023-02-01T00:00:00Z", True)]:
        shop.call("POST", "/__emulator__/clock/freeze", json={"at": now})
        assert show(shop, path)["online"] is online


@pytest.mark.rule("PRD-3")
@pytest.mark.needs("an inventory list of the site: no request assigns one")
def test_stock_is_the_stock_of_the_sites_inventory_lists(shop: Api) -> None:
    def stock(name: str, parameters: str) -> dict[str, Any]:
        shown = show(shop, f"/products/{name}?expand=availability{parameters}")
        return pick(shown, "ats", "in_stock")

    assert stock("merino-crew-navy-m", "") == {}
    before = stock("merino-crew-navy-m", "&site_id=RefArch")["ats"]
    record = "/inventory_lists/inventory_m/product_inventory_records/merino-crew-navy-m"
    known = show(shop, record)["ats"]
    shop.patch(record, json={"allocation": {"amount": 7000}})
    now = show(shop, record)["ats"]
    after = stock("merino-crew-navy-m", "&site_id=RefArch")
    assert after == {"ats": before - known + now, "in_stock": True}
    variants = {
        (color, size): stock(f"merino-crew-{color}-{size}", "&site_id=RefArch")["ats"]
        for color in ("black", "navy", "sand")
        for size in ("xs", "s", "m", "l", "xl")
    }
    assert variants["navy", "m"] == after["ats"]
    assert stock("merino-crew", "&site_id=RefArch")["ats"] == sum(variants.values())
    navy = sum(ats for (color, _), ats in variants.items() if color == "navy")
    assert stock("merino-crew-navy", "&site_id=RefArch") == {"ats": navy, "in_stock": True}


@pytest.mark.rule("PRD-6")
@pytest.mark.needs("a set and a bundle: no request creates one")
def test_a_deleted_product_leaves_no_reference(shop: Api) -> None:
    for name in ("merino-crew-black-m", "shoe-brush", "garment-bag"):
        assert shop.delete(f"/products/{name}").status_code == 204
    assert "default_variant_id" not in show(shop, "/products/merino-crew")
    [left] = show(shop, "/products/shoe-care?expand=sets")["set_products"]
    assert left["id"] == "leather-balm"
    [left] = show(shop, "/products/bundle-office-s?expand=bundles")["bundled_products"]
    assert left["id"] == "merino-crew-black-s"
    assert shop.delete("/products/merino-crew-black-s").status_code == 204
    bundle = show(shop, "/products/bundle-office-s?expand=bundles")
    assert (bundle["type"]["item"], "bundled_products" in bundle) == (True, False)
    state = shop.call("GET", "/__emulator__/state").json()
    assert shop.call("PUT", "/__emulator__/state", json=state).status_code == 200
    assert shop.call("GET", "/__emulator__/state").json() == state
    assert shop.delete("/products/shoe-care").status_code == 204
    assert "product_sets" not in show(shop, "/products/leather-balm?expand=sets")


@pytest.mark.rule("PRD-6")
def test_the_variants_of_a_deleted_master_are_plain_products(varied: Api) -> None:
    assert varied.delete(MASTER).status_code == 204
    for name in ("contract-crew-black-s", "contract-crew-navy"):
        left = show(varied, f"/products/{name}?expand=variations")
        assert left["type"]["item"] is True
        assert not {"master", "variation_values"} & set(left)


@pytest.mark.rule("PRD-5")
@pytest.mark.needs("sets and bundles: no request creates one")
def test_members_of_sets_and_bundles_are_found(shop: Api) -> None:
    for query, expected in [
        (term("type", "bundled"), ["garment-bag", "merino-crew-black-s"]),
        (term("type", "part_of_product_set"), ["leather-balm", "shoe-brush"]),
        (term("type", "retail_set"), []),
    ]:
        assert sorted(find(shop, among(SOME, query))) == expected, query


@pytest.mark.rule("PRD-5")
@pytest.mark.needs(DATA_SET)
def test_fields_of_all_buckets_are_joined_by_or(shop: Api) -> None:
    either = [term("id", "gift-wrap"), term("category_id", "bags"), term("type", "set")]
    query = {"bool_query": {"should": either}}
    assert sorted(find(shop, among(SOME, query))) == ["garment-bag", "gift-wrap", "shoe-care"]


@pytest.mark.rule("PRD-5")
def test_products_are_searched_by_these_fields(varied: Api) -> None:
    valid = {"default": "2023-02-01T00:00:00.000Z"}, {"default": "2099-01-01T00:00:00.000Z"}
    dates = {"valid_from": valid[0], "valid_to": valid[1]}
    assert varied.patch(BAG, json=dates).status_code == 200
    flags = {"searchable": {"default": False}, "online_flag": {"default": False}}
    assert varied.patch(BALM, json=flags).status_code == 200
    local = {"online_flag": {"default": True, HERE.other_site: False}}
    assert varied.patch(BRUSH, json=local).status_code == 200
    bag, balm, brush = (path.rpartition("/")[2] for path in (BAG, BALM, BRUSH))
    some = [bag, balm, brush, "contract-crew", "contract-crew-navy"]
    every = [*some, *NAVY]
    for query, ids, expected in [
        (term("id", brush, bag, operator="one_of"), every, [bag, brush]),
        (term("name", "Kleidersack"), every, [bag]),
        ({"text_query": {"fields": ["id", "name"], "search_phrase": "bag"}}, every, [bag]),
        (term("type", "master"), every, ["contract-crew"]),
        (term("type", "variation_group"), every, ["contract-crew-navy"]),
        (term("type", "variant"), every, NAVY),
        (term("online", False), some, [balm, "contract-crew-navy"]),
        (term("searchable", False), every, [balm]),
        (term("valid_from", "2023-02-01T00:00:00.000Z"), every, [bag]),
        (term("valid_to", "2098-01-01T00:00:00.000Z", operator="greater"), every, [bag]),
        (term("creation_date", "2023-01-01T00:00:00.000Z", operator="less"), every, []),
        (term("catalog_id", "none"), every, []),
        (term("category_id", "none"), every, []),
    ]:
        assert sorted(find(varied, among(ids, query))) == expected, query
    plain = [bag, balm, brush]
    query = among(plain, term("online", False))
    assert sorted(find(varied, query, f"?site_id={HERE.other_site}")) == [balm, brush]
    path = f"{varied.scope}/product_search"
    answer = varied.call("POST", path, json={"query": term("brand", "Northfold")})
    assert_fault(answer, 400, "UnknownSearchField", {"field": "brand"})


@pytest.mark.rule("PRD-5")
def test_found_products_are_sorted_by_three_fields(varied: Api) -> None:
    plain = ["contract-bag", "contract-balm", "contract-brush"]
    everything = term("id", *plain, operator="one_of")
    by_name = find(varied, everything, sorts=[{"field": "name", "sort_order": "asc"}], count=2)
    assert by_name == plain[:2]
    last = find(varied, everything, sorts=[{"field": "id", "sort_order": "desc"}], count=1)
    assert last == plain[2:]
    for field in ("online", "searchable", "type", "last_modified"):
        request = {"query": everything, "sorts": [{"field": field}]}
        answer = varied.call("POST", f"{varied.scope}/product_search", json=request)
        assert_fault(answer, 400, "FieldNotSortable", {"field": field})


@pytest.mark.rule("PRD-5")
def test_hits_show_what_a_product_shows(shop: Api) -> None:
    shop.put(NEW, json=LAMP)
    request: dict[str, Any] = {"query": term("id", "contract-lamp")}
    path = f"{shop.scope}/product_search?site_id={HERE.site}"
    [short] = shop.call("POST", path, json=request).json()["hits"]
    assert set(short) - {"_v"} == {"_type", "_resource_state", "id", "link"}
    request |= {"select": "(**)", "expand": ["availability", "prices", "sets"]}
    [hit] = shop.call("POST", path, json=request).json()["hits"]
    alone = show(shop, f"{NEW}?site_id={HERE.site}&expand=availability,prices,sets")
    assert {**hit, "_v": "23.2"} == alone
    answer = shop.call("POST", path, json={**request, "expand": ["options"]})
    assert_fault(answer, 400, "InvalidExpandValue", {"expandValue": "options"})


@pytest.mark.rule("PRD-2")
def test_a_locale_narrows_texts_and_leaves_flags_of_sites(shop: Api) -> None:
    texts = {"long_description": {"default": {"source": "Bright"}}, "page_title": {"default": "t"}}
    shop.put(NEW, json={**LAMP, **texts, "online_flag": {"default": True}})
    shown = show(shop, f"{NEW}?locale=de")
    assert shown["name"] == {"de": "Lampe"}
    assert shown["online_flag"] == {"default": True}
    assert not {"long_description", "short_description", "page_title"} & set(shown)


@pytest.mark.rule("PRD-2", "FMT-5")
def test_maps_by_site_and_locale_have_types_in_xml_too(shop: Api) -> None:
    markup = "Bright"
    described = {"long_description": {"default": {"source": markup}}}
    shop.put(NEW, json={**LAMP, **described, "online_flag": {"default": True}})
    text = shop.get(NEW, headers={"Accept": "application/xml"}).text
    assert '<online_flag><entry key="default">true</entry></online_flag>' in text
    inside = f"<_type>markup_text</_type><markup>{markup}</markup><source>{markup}</source>"
    assert f'<entry key="default">{inside}</entry></long_description>' in text
    root = '<product xmlns="http://www.demandware.com/ocapi/data/23.2">'
    flags = '<searchable><entry key="default">false</entry></searchable>'
    sent = f"{root}<owning_catalog_id>{OWNER}</owning_catalog_id>{flags}</product>"
    headers = {"Content-Type": "application/xml"}
    assert shop.put(NEW, data=sent.encode(), headers=headers).status_code == 200
    assert show(shop, NEW)["searchable"] == {"default": False}


@pytest.mark.rule("PRD-2", "DEC-1")
@pytest.mark.parametrize(
    ("body", "kind", "path"),
    [
        ({"online_flag": {HERE.site: "x"}}, "TypeDecoding", f"$.online_flag.{HERE.site}"),
        ({"online_flag": True}, "TypeDecoding", "$.online_flag"),
        ({"long_description": {"default": "x"}}, "TypeDecoding", "$.long_description.default"),
        (
            {"long_description": {"no locale": {}}},
            "PropertyConstraintViolation",
            "$.long_description.no locale",
        ),
        ({"valid_to": {"default": "soon"}}, "PropertyConstraintViolation", "$.valid_to.default"),
        ({"unit_quantity": "1"}, "TypeDecoding", "$.unit_quantity"),
    ],
)
def test_a_product_with_a_wrong_value_is_refused(
    shop: Api, body: dict[str, Any], kind: str, path: str
) -> None:
    answer = shop.put(NEW, json={**LAMP, **body})
    fault = answer.json()["fault"]
    assert (answer.status_code, fault["type"]) == (400, f"{kind}Exception")
    assert fault["arguments"]["path"] == path
