"""Assignments of products to categories (CAT-8, CAT-9)."""

from operator import itemgetter
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.assortment import BAG, BRUSH, OWNER, PLAIN, build
from contract_tests.place import here

HERE = here()

SHOP = f"/catalogs/{HERE.catalog}"
CARE = f"{SHOP}/categories/contract-care"
SEARCH = "category_product_assignment_search"
MISSING = {
    "catalogId": HERE.catalog,
    "categoryId": "contract-care",
    "productId": "contract-crew",
}
ALL: dict[str, Any] = {"match_all_query": {}}


BAGS = f"{SHOP}/categories/contract-bags"
OTHER = f"/catalogs/{HERE.other_catalog}/categories/contract-clothing"
CREW, WRAP = "/products/contract-crew", "/products/contract-wrap"
NAMES = {"default": "Merino Crew Sweater", "de": "Merino-Pullover"}
FILLED: dict[str, dict[str, Any]] = {
    CARE: {},
    BAGS: {},
    OTHER: {},
    **PLAIN,
    CREW: {"name": NAMES},
    WRAP: {},
    f"{CARE}/products/contract-balm": {"position": 1},
    f"{CARE}/products/contract-brush": {"position": 2},
    f"{CARE}/products/contract-bag": {},
    f"{BAGS}/products/contract-bag": {},
    f"{OTHER}/products/contract-bag": {},
}
"""Categories, products, and assignments of the tests."""


@pytest.fixture
def shop(shop: Api) -> Api:
    """A server with ``FILLED``."""
    build(shop, FILLED)
    return shop


def show(api: Api, path: str) -> Any:
    """Return the document of a path."""
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def find(api: Api, query: Any, parameters: str = "", **members: Any) -> Any:
    """Return the hits of a search of the category ``care``."""
    path = f"{api.scope}{CARE}/{SEARCH}{parameters}"
    answer = api.call("POST", path, json={"query": query, **members})
    assert answer.status_code == 200, answer.text
    return answer.json()["hits"]


def list_positions(api: Api) -> list[tuple[str, Any]]:
    """Return ids and positions of the products in the category ``care``, in order."""
    hits = find(api, ALL, select="(**)", sorts=[{"field": "position"}])
    return [(hit["product_id"], hit.get("position")) for hit in hits]


def term(field: str, *values: Any, operator: str = "is") -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": operator, "values": list(values)}}


@pytest.mark.rule("CAT-8")
def test_a_product_is_assigned_to_a_category_and_taken_away(shop: Api) -> None:
    path = f"{CARE}/products/contract-crew"
    created = shop.put(path, json={})
    assert created.status_code == 200
    document = created.json()
    assert len(document.pop("_resource_state")) == 64
    assert document.pop("creation_date") == document.pop("last_modified")
    known = show(shop, f"/catalogs/{OWNER}").get("name")
    assert document.pop("owning_catalog_name", None) == known
    assert document == {
        "_v": "23.2",
        "_type": "category_product_assignment",
        "catalog_id": HERE.catalog,
        "category_id": "contract-care",
        "link": f"{shop.url}/s/-/dw/data/v23_2{path}",
        "product_id": "contract-crew",
        "product_name": NAMES,
    }
    assert show(shop, path)["product_id"] == "contract-crew"
    other = shop.put(path, json={"product_id": "contract-bag"})
    assert other.json()["fault"]["type"] == "IdConflictException"
    assert shop.delete(path).status_code == 204
    assert shop.delete(path).status_code == 204
    for answer in (shop.get(path), shop.patch(path, json={"position": 1})):
        assert_fault(answer, 404, "CategoryProductAssignmentNotFound", MISSING)


@pytest.mark.rule("CAT-8")
def test_catalog_category_and_product_are_checked_in_this_order(shop: Api) -> None:
    category = {"catalogId": HERE.catalog, "categoryId": "none"}
    for path, kind, arguments in (
        ("/catalogs/none/categories/x/products/y", "CatalogNotFound", {"catalogId": "none"}),
        (f"{SHOP}/categories/none/products/y", "CategoryNotFound", category),
        (f"{CARE}/products/none", "ProductNotFound", {"productId": "none"}),
    ):
        for answer in (shop.get(path), shop.put(path, json={}), shop.patch(path, json={})):
            assert_fault(answer, 404, kind, arguments)
        deleted = shop.delete(path)
        assert deleted.status_code == (204 if kind == "ProductNotFound" else 404)
    for path in ("/catalogs/none/categories/x", f"{SHOP}/categories/none"):
        answer = shop.call("POST", f"{shop.scope}{path}/{SEARCH}", json={"query": ALL})
        assert answer.status_code == 404


@pytest.mark.rule("CAT-8")
def test_positions_are_numbered_anew_by_writes_and_left_by_deletions(shop: Api) -> None:
    crew, wrap, bag = "contract-crew", "contract-wrap", "contract-bag"
    base, brush = "contract-balm", "contract-brush"
    assert list_positions(shop) == [(base, 1), (brush, 2), (bag, None)]
    for method, product, position, expected in (
        ("PUT", crew, 2, [base, crew, brush]),
        ("PATCH", base, 2, [crew, base, brush]),
        ("PATCH", brush, None, [crew, base]),
        ("PUT", wrap, 99, [crew, base, wrap]),
        ("PATCH", crew, 3, [base, wrap, crew]),
    ):
        path = f"{shop.scope}{CARE}/products/{product}"
        answer = shop.call(method, path, json={"position": position})
        assert answer.status_code == 200
        assert answer.json().get("position") == dict(list_positions(shop))[product]
        placed = [one for one in list_positions(shop) if one[1] is not None]
        assert placed == [(name, number) for number, name in enumerate(expected, 1)]
    shop.delete(f"{CARE}/products/{wrap}")
    placed = [one for one in list_positions(shop) if one[1] is not None]
    assert placed == [(base, 1), (crew, 3)]


@pytest.mark.rule("CAT-8")
def test_products_know_their_categories(shop: Api) -> None:
    def categories() -> Any:
        return show(shop, f"{BAG}?expand=categories")

    def name(category: str, catalog: str = HERE.catalog) -> dict[str, str]:
        return {"_type": "catalog_category_id", "catalog_id": catalog, "category_id": category}

    expected = [name("contract-bags"), name("contract-care")]
    expected.append(name("contract-clothing", HERE.other_catalog))
    key = itemgetter("catalog_id", "category_id")
    assert categories()["assigned_categories"] == sorted(expected, key=key)
    stats = show(shop, f"{SHOP}?expand=stats")
    found = shop.call(
        "POST", f"{shop.scope}/product_search", json={"query": term("category_id", "contract-bags")}
    )
    assert [hit["id"] for hit in found.json()["hits"]] == ["contract-bag"]
    shop.delete(f"{BAGS}/products/contract-bag")
    del expected[0]
    assert categories()["assigned_categories"] == sorted(expected, key=key)
    shop.delete(f"{CARE}/products/contract-bag")
    now = show(shop, f"{SHOP}?expand=stats")
    assert now["assigned_product_count"] == stats["assigned_product_count"] - 1
    assert now["owned_product_count"] == stats["owned_product_count"] >= 5


@pytest.mark.rule("CAT-8")
@pytest.mark.needs("a primary category: no request sets one")
def test_the_primary_category_is_taken_away_with_the_assignment(shop: Api) -> None:
    path, bags = "/products/garment-bag?expand=categories", {"catalog_id": "storefront-catalog"}
    bags |= {"_type": "catalog_category_id", "category_id": "bags"}
    assert show(shop, path)["primary_categories"] == [bags]
    shop.delete("/catalogs/storefront-catalog/categories/bags/products/garment-bag")
    assert not {"primary_category_id", "primary_categories"} & set(show(shop, path))


@pytest.mark.rule("CAT-5", "CAT-8")
def test_assignments_go_with_the_category(shop: Api) -> None:
    below = f"{SHOP}/categories/contract-below"
    shop.put(below, json={"parent_category_id": "contract-bags"})
    assert shop.put(f"{below}/products/contract-crew", json={}).status_code == 200
    assert shop.delete(BAGS).status_code == 204
    shown = show(shop, f"{BAG}?expand=categories")["assigned_categories"]
    left = {(one["catalog_id"], one["category_id"]) for one in shown}
    assert left == {
        (HERE.catalog, "contract-care"),
        (HERE.other_catalog, "contract-clothing"),
    }
    shop.put(below, json={})
    assert shop.get(f"{below}/products/contract-crew").status_code == 404
    assert "assigned_categories" not in show(shop, f"{CREW}?expand=categories")


@pytest.mark.rule("PRD-6", "CAT-8")
def test_assignments_go_with_the_product(shop: Api) -> None:
    owned = show(shop, f"{SHOP}?expand=stats")["owned_product_count"]
    assert shop.delete(BRUSH).status_code == 204
    names = [name for name, _ in list_positions(shop)]
    assert names == ["contract-balm", "contract-bag"]
    stats = show(shop, f"{SHOP}?expand=stats")
    assert stats["owned_product_count"] == owned - 1
    shop.put(BRUSH, json={"owning_catalog_id": OWNER})
    assert shop.get(f"{CARE}/products/contract-brush").status_code == 404
    stats = show(shop, f"{SHOP}?expand=stats")
    assert stats["owned_product_count"] == owned


@pytest.mark.rule("CAT-8", "CAT-9")
def test_the_product_is_shown_by_expansion(shop: Api) -> None:
    path = f"{CARE}/products/contract-bag"
    assert "product" not in show(shop, path)
    base = show(shop, f"{path}?expand=product_base")["product"]
    assert base["name"] == {"default": "Garment Bag", "de": "Kleidersack"}
    images = show(shop, f"{path}?expand=product_images")["product"]
    assert "name" not in images
    assert images["id"] == "contract-bag"
    refused = shop.get(f"{path}?expand=product_prices")
    assert refused.json()["fault"]["type"] == "InvalidExpandValueException"
    query = term("product_id", "contract-bag")
    [hit] = find(shop, query, select="(**)", expand=["product_prices", "product_categories"])
    assert len(hit["product"]["assigned_categories"]) == 3
    [hit] = find(shop, query, select="(**)", expand=["product_all"])
    assert {"assigned_categories", "name"} <= set(hit["product"])


@pytest.mark.rule("CAT-9")
def test_assignments_are_searched_by_these_fields(shop: Api) -> None:
    bag, brush = "contract-bag", "contract-brush"
    from_to = {"valid_from": {"default": "2023-02-01T00:00:00.000Z"}}
    from_to |= {"valid_to": {HERE.other_site: "2029-01-01T00:00:00.000Z"}}
    shop.patch(BAG, json=from_to)
    shop.patch(BRUSH, json={"online_flag": {"default": True, HERE.other_site: False}})
    other = f"?site_id={HERE.other_site}"
    for query, parameters, expected in [
        (term("product_id", brush, "none"), "", [brush]),
        (term("product_name", "Shoe Brush"), "", [brush]),
        ({"text_query": {"fields": ["product_name"], "search_phrase": "schuh"}}, "", [brush]),
        (term("online_flag", False), other, [brush]),
        (term("online_flag", False), "", []),
        (term("searchable", False), "", []),
        (term("valid_from", "2023-03-01", operator="less"), "", [bag]),
        (term("valid_to", "2030-01-01", operator="less"), other, [bag]),
        (term("creation_date", "2023-01-01", operator="less"), "", []),
    ]:
        found = [hit["product_id"] for hit in find(shop, query, parameters)]
        assert found == expected, query


@pytest.mark.rule("SRC-4")
@pytest.mark.parametrize("path", [f"{CARE}/{SEARCH}", "/product_search"])
@pytest.mark.parametrize("value", [1, True, None])
def test_the_id_to_search_is_a_string(shop: Api, path: str, value: Any) -> None:
    field = "product_id" if path.startswith(CARE) else "id"
    answer = shop.call("POST", f"{shop.scope}{path}", json={"query": term(field, value)})
    assert answer.json()["fault"]["type"] == "InvalidSearchFieldTypeException"


@pytest.mark.rule("CAT-9")
def test_found_assignments_are_sorted_by_four_fields(shop: Api) -> None:
    by_name = find(shop, ALL, sorts=[{"field": "product_name", "sort_order": "desc"}])
    assert by_name[0]["product_id"] == "contract-brush"
    for field in ("product_id", "position", "creation_date"):
        assert len(find(shop, ALL, sorts=[{"field": field}])) == 3
    for field in ("online_flag", "searchable", "valid_from", "valid_to"):
        body = {"query": ALL, "sorts": [{"field": field}]}
        answer = shop.call("POST", f"{shop.scope}{CARE}/{SEARCH}", json=body)
        assert answer.json()["fault"]["type"] == "FieldNotSortableException"
    answer = shop.call("POST", f"{shop.scope}{CARE}/{SEARCH}?site_id=none", json={"query": ALL})
    assert answer.json()["fault"]["type"] == "UnknownSiteException"
    [hit, *_] = find(shop, ALL)
    assert set(hit) - {"_v", "_type", "_resource_state"} == {"product_id", "link"}
