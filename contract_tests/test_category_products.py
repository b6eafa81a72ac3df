"""Assignments of products to categories (CAT-8, CAT-9)."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

Start = Callable[..., Api]

SHOP = "/catalogs/storefront-catalog"
CARE = f"{SHOP}/categories/care"
SEARCH = "category_product_assignment_search"
MISSING = {"catalogId": "storefront-catalog", "categoryId": "care", "productId": "merino-crew"}
ALL: dict[str, Any] = {"match_all_query": {}}


@pytest.fixture
def shop(start: Start) -> Api:
    """A server with the data set ``storefront``."""
    return start(fixtures="storefront")


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
    path = f"{CARE}/products/merino-crew"
    created = shop.put(path, json={})
    assert created.status_code == 200
    document = created.json()
    assert len(document.pop("_resource_state")) == 64
    assert document.pop("creation_date") == document.pop("last_modified")
    assert document == {
        "_v": "23.2",
        "_type": "category_product_assignment",
        "catalog_id": "storefront-catalog",
        "category_id": "care",
        "link": f"{shop.url}/s/-/dw/data/v23_2{path}",
        "owning_catalog_name": {"default": "Products", "de": "Produkte"},
        "product_id": "merino-crew",
        "product_name": {"default": "Merino Crew Sweater", "de": "Merino-Pullover"},
    }
    assert show(shop, path)["product_id"] == "merino-crew"
    other = shop.put(path, json={"product_id": "garment-bag"})
    assert other.json()["fault"]["type"] == "IdConflictException"
    assert shop.delete(path).status_code == 204
    assert shop.delete(path).status_code == 204
    for answer in (shop.get(path), shop.patch(path, json={"position": 1})):
        assert_fault(answer, 404, "CategoryProductAssignmentNotFound", MISSING)


@pytest.mark.rule("CAT-8")
def test_catalog_category_and_product_are_checked_in_this_order(shop: Api) -> None:
    category = {"catalogId": "storefront-catalog", "categoryId": "none"}
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
    base, brush, care = "leather-balm", "shoe-brush", "shoe-care"
    start = [(base, 1), (brush, 2), (care, 3), ("garment-bag", None)]
    assert list_positions(shop) == start
    for method, product, position, expected in (
        ("PUT", "merino-crew", 2, [base, "merino-crew", brush, care]),
        ("PATCH", base, 3, ["merino-crew", brush, base, care]),
        ("PATCH", brush, None, ["merino-crew", base, care]),
        ("PUT", "gift-wrap", 99, ["merino-crew", base, care, "gift-wrap"]),
        ("PATCH", "merino-crew", 4, [base, care, "gift-wrap", "merino-crew"]),
    ):
        path = f"{shop.scope}{CARE}/products/{product}"
        answer = shop.call(method, path, json={"position": position})
        assert answer.status_code == 200
        assert answer.json().get("position") == dict(list_positions(shop))[product]
        placed = [one for one in list_positions(shop) if one[1] is not None]
        assert placed == [(name, number) for number, name in enumerate(expected, 1)]
    shop.delete(f"{CARE}/products/{care}")
    placed = [one for one in list_positions(shop) if one[1] is not None]
    assert placed == [(base, 1), ("gift-wrap", 3), ("merino-crew", 4)]


@pytest.mark.rule("CAT-8")
def test_products_know_their_categories(shop: Api) -> None:
    def categories() -> Any:
        return show(shop, "/products/garment-bag?expand=categories")

    def name(category: str, catalog: str = "storefront-catalog") -> dict[str, str]:
        return {"_type": "catalog_category_id", "catalog_id": catalog, "category_id": category}

    clothing = name("clothing", "storefront-catalog-global")
    assigned = [name("bags"), name("care"), name("clothing"), clothing]
    assert categories()["assigned_categories"] == assigned
    assert categories()["primary_categories"] == [name("bags")]
    found = shop.call(
        "POST", f"{shop.scope}/product_search", json={"query": term("category_id", "bags")}
    )
    bags = ["canvas-tote", "card-holder", "garment-bag", "wash-bag", "weekender"]
    assert [hit["id"] for hit in found.json()["hits"]] == bags
    shop.delete(f"{SHOP}/categories/bags/products/garment-bag")
    shown = categories()
    assert shown["assigned_categories"] == assigned[1:]
    assert not {"primary_category_id", "primary_categories"} & set(shown)
    stats = show(shop, f"{SHOP}?expand=stats")
    assert (stats["assigned_product_count"], stats["owned_product_count"]) == (74, 0)


@pytest.mark.rule("CAT-5", "CAT-8")
def test_assignments_go_with_the_category(shop: Api) -> None:
    assert shop.delete(f"{SHOP}/categories/clothing").status_code == 204
    shown = show(shop, "/products/merino-crew?expand=categories")
    assert [one["catalog_id"] for one in shown["assigned_categories"]] == [
        "storefront-catalog-global"
    ]
    assert "classification_category" not in shown
    assert show(shop, f"{SHOP}?expand=stats")["assigned_product_count"] == 55
    shop.put(f"{SHOP}/categories/sweaters", json={})
    assert shop.get(f"{SHOP}/categories/sweaters/products/merino-crew").status_code == 404


@pytest.mark.rule("PRD-6", "CAT-8")
def test_assignments_go_with_the_product(shop: Api) -> None:
    owned = show(shop, "/catalogs/master-catalog?expand=stats")["owned_product_count"]
    assert shop.delete("/products/shoe-brush").status_code == 204
    names = [name for name, _ in list_positions(shop)]
    assert names == ["leather-balm", "shoe-care", "garment-bag"]
    stats = show(shop, "/catalogs/master-catalog?expand=stats")
    assert stats["owned_product_count"] == owned - 1
    shop.put("/products/shoe-brush", json={"owning_catalog_id": "master-catalog"})
    assert shop.get(f"{CARE}/products/shoe-brush").status_code == 404
    stats = show(shop, "/catalogs/master-catalog?expand=stats")
    assert stats["owned_product_count"] == owned


@pytest.mark.rule("CAT-8", "CAT-9")
def test_the_product_is_shown_by_expansion(shop: Api) -> None:
    path = f"{CARE}/products/garment-bag"
    assert "product" not in show(shop, path)
    base = show(shop, f"{path}?expand=product_base")["product"]
    assert base["name"] == {"default": "Garment Bag", "de": "Kleidersack"}
    images = show(shop, f"{path}?expand=product_images")["product"]
    assert "name" not in images
    assert images["id"] == "garment-bag"
    refused = shop.get(f"{path}?expand=product_prices")
    assert refused.json()["fault"]["type"] == "InvalidExpandValueException"
    query = term("product_id", "garment-bag")
    [hit] = find(shop, query, select="(**)", expand=["product_prices", "product_categories"])
    assert hit["product"]["primary_category_id"] == "bags"
    assert "price" in hit["product"]
    [hit] = find(shop, query, select="(**)", expand=["product_all"])
    assert {"product_options", "online", "name", "price"} <= set(hit["product"])


@pytest.mark.rule("CAT-9")
@pytest.mark.parametrize(
    ("query", "parameters", "expected"),
    [
        (term("product_id", "shoe-brush", "none"), "", ["shoe-brush"]),
        (term("product_name", "Shoe Brush, horsehair"), "", ["shoe-brush"]),
        (
            {"text_query": {"fields": ["product_name"], "search_phrase": "schuh"}},
            "",
            ["shoe-brush", "shoe-care"],
        ),
        (term("online_flag", False), "?site_id=RefArchGlobal", ["shoe-brush"]),
        (term("online_flag", False), "", []),
        (term("searchable", False), "", []),
        (term("valid_from", "2023-03-01", operator="less"), "", ["garment-bag"]),
        (
            term("valid_to", "2030-01-01", operator="less"),
            "?site_id=RefArchGlobal",
            ["garment-bag"],
        ),
        (term("creation_date", "2023-01-01", operator="less"), "", []),
    ],
)
def test_assignments_are_searched_by_these_fields(
    shop: Api, query: Any, parameters: str, expected: list[str]
) -> None:
    assert [hit["product_id"] for hit in find(shop, query, parameters)] == expected


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
    assert by_name[0]["product_id"] == "shoe-care"
    for field in ("product_id", "position", "creation_date"):
        assert len(find(shop, ALL, sorts=[{"field": field}])) == 4
    for field in ("online_flag", "searchable", "valid_from", "valid_to"):
        body = {"query": ALL, "sorts": [{"field": field}]}
        answer = shop.call("POST", f"{shop.scope}{CARE}/{SEARCH}", json=body)
        assert answer.json()["fault"]["type"] == "FieldNotSortableException"
    answer = shop.call("POST", f"{shop.scope}{CARE}/{SEARCH}?site_id=none", json={"query": ALL})
    assert answer.json()["fault"]["type"] == "UnknownSiteException"
    [hit, *_] = find(shop, ALL)
    assert set(hit) - {"_v", "_type", "_resource_state"} == {"product_id", "link"}
