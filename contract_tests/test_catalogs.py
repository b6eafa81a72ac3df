"""Catalogs and categories (CAT)."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

Start = Callable[..., Api]

SHOP = "/catalogs/storefront-catalog"
CATEGORIES = f"{SHOP}/categories"
NEW = f"{CATEGORIES}/contract-lamps"
LAMPS = {"name": {"default": "Lamps", "de": "Lampen"}}


@pytest.fixture
def shop(start: Start) -> Api:
    """A server with the data set ``storefront``."""
    return start(fixtures="storefront")


def show(api: Api, path: str) -> Any:
    """Return the document of a path."""
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def find(api: Api, path: str, query: Any, **members: Any) -> Any:
    """Return the answer to a search."""
    answer = api.call("POST", f"{api.scope}{path}", json={"query": query, **members})
    assert answer.status_code == 200, answer.text
    return answer.json()


def find_ids(api: Api, path: str, query: Any, **members: Any) -> list[str]:
    return [hit["id"] for hit in find(api, path, query, **members)["hits"]]


def term(field: str, *values: Any, operator: str = "is") -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": operator, "values": list(values)}}


def text(phrase: str, *fields: str) -> dict[str, Any]:
    return {"text_query": {"fields": list(fields), "search_phrase": phrase}}


@pytest.mark.rule("CAT-1")
def test_a_catalog_shows_what_belongs_to_it(shop: Api) -> None:
    document = show(shop, SHOP)
    assert len(document.pop("_resource_state")) == 64
    base = f"{shop.url}/s/-/dw/data/v23_2"
    site = {"_type": "site", "id": "RefArch", "link": f"{base}/sites/RefArch"}
    assert document == {
        "_v": "23.2",
        "_type": "catalog",
        "assigned_sites": [site],
        "category_count": 17,
        "creation_date": "2023-01-10T08:00:00.000Z",
        "id": "storefront-catalog",
        "last_modified": "2023-02-20T14:10:00.000Z",
        "link": f"{base}/catalogs/storefront-catalog",
        "name": {"default": "Reference Store"},
        "online": True,
        "recommendation_count": 0,
        "root_category": "root",
    }
    listed = show(shop, "/catalogs")["data"]
    ids = ["master-catalog", "storefront-catalog", "storefront-catalog-global"]
    assert [one["id"] for one in listed] == ids
    answer = shop.get("/catalogs/none")
    message = "No catalog with ID 'none' could be found."
    assert_fault(answer, 404, "CatalogNotFound", {"catalogId": "none"}, message)


@pytest.mark.rule("CAT-1")
def test_a_catalog_and_its_root_category_share_name_description_and_online(shop: Api) -> None:
    changes = {"name": {"default": "Lights"}, "description": {"default": "d"}, "online": False}
    fixed = {"root_category": "bags", "category_count": 99}
    changed = shop.patch(SHOP, json=changes | fixed)
    assert changed.status_code == 200
    for document in (changed.json(), show(shop, f"{CATEGORIES}/root")):
        assert {name: document[name] for name in changes} == changes
    assert (changed.json()["root_category"], changed.json()["category_count"]) == ("root", 17)
    answer = shop.patch(f"{CATEGORIES}/root", json={"name": {"default": "Shop"}, "online": True})
    assert answer.status_code == 200
    catalog = show(shop, SHOP)
    assert (catalog["name"], catalog["online"]) == ({"default": "Shop"}, True)
    assert catalog["description"] == {"default": "d"}
    missing = shop.patch("/catalogs/none", json={})
    assert_fault(missing, 404, "CatalogNotFound", {"catalogId": "none"})


@pytest.mark.rule("CAT-1")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (term("id", "master-catalog"), ["master-catalog"]),
        (text("referenzladen", "name"), ["storefront-catalog-global"]),
        (term("is_master_catalog", True), ["master-catalog"]),
        (
            term("is_storefront_catalog", True),
            ["storefront-catalog", "storefront-catalog-global"],
        ),
        (term("last_modified", "2023-02-20T14:10:00.000Z", operator="less"), []),
        (text("reference", "description"), []),
    ],
)
def test_catalogs_are_searched_by_these_fields(shop: Api, query: Any, expected: list[str]) -> None:
    assert find_ids(shop, "/catalog_search", query) == expected
    for field in ("id", "name", "description", "creation_date"):
        found = find_ids(shop, "/catalog_search", query, sorts=[{"field": field}])
        assert sorted(found) == expected


@pytest.mark.rule("CAT-2")
def test_a_category_is_created_changed_and_deleted(shop: Api) -> None:
    created = shop.put(NEW, json=LAMPS)
    assert created.status_code == 200
    document = created.json()
    assert len(document.pop("_resource_state")) == 64
    assert document.pop("creation_date") == document.pop("last_modified")
    assert document == {
        "_v": "23.2",
        "_type": "category",
        "catalog_id": "storefront-catalog",
        "id": "contract-lamps",
        "link": f"{shop.url}/s/-/dw/data/v23_2{NEW}",
        "name": {"default": "Lamps", "de": "Lampen"},
        "online": False,
        "parent_category_id": "root",
    }
    changes = {"online": True, "position": 2.5, "thumbnail": "lamps.jpg"}
    changed = shop.patch(NEW, json=changes)
    assert (changed.status_code, changed.json()["position"]) == (200, 2.5)
    replaced = shop.put(NEW, json={"page_title": {"default": "Lamps"}})
    assert replaced.status_code == 200
    assert not {"name", "position", "thumbnail"} & set(replaced.json())
    assert show(shop, NEW)["creation_date"] == created.json()["creation_date"]
    refused = shop.put(NEW, json=LAMPS, headers={"x-dw-validate-existing": "true"})
    assert_fault(refused, 400, "CategoryInvalid", {"fieldId": "id"})
    assert shop.delete(NEW).status_code == 204
    arguments = {"catalogId": "storefront-catalog", "categoryId": "contract-lamps"}
    message = (
        "No category with ID 'contract-lamps' for catalog 'storefront-catalog' could be found."
    )
    for answer in (shop.get(NEW), shop.delete(NEW), shop.patch(NEW, json={})):
        assert_fault(answer, 404, "CategoryNotFound", arguments, message)


@pytest.mark.rule("CAT-2")
def test_a_missing_catalog_is_reported_first(shop: Api) -> None:
    path = "/catalogs/none/categories"
    answers = [shop.get(path), shop.get(f"{path}/x"), shop.put(f"{path}/x", json={})]
    answers += [shop.patch(f"{path}/x", json={}), shop.delete(f"{path}/x")]
    search = f"{shop.scope}/catalogs/none/category_search"
    answers.append(shop.call("POST", search, json={"query": {"match_all_query": {}}}))
    for answer in answers:
        assert_fault(answer, 404, "CatalogNotFound", {"catalogId": "none"})
    other = shop.put(NEW, json={"id": "contract-other"})
    assert other.json()["fault"]["type"] == "IdConflictException"


@pytest.mark.rule("CAT-3")
def test_a_category_is_below_a_category_and_never_below_itself(shop: Api) -> None:
    inner = f"{CATEGORIES}/contract-inner"
    shop.put(NEW, json={"parent_category_id": "bags"})
    assert shop.put(inner, json={"parent_category_id": "contract-lamps"}).status_code == 200
    refused = [
        shop.put(f"{CATEGORIES}/contract-x", json={"parent_category_id": "none"}),
        shop.patch(NEW, json={"parent_category_id": "none"}),
        shop.patch(NEW, json={"parent_category_id": "contract-lamps"}),
        shop.patch(NEW, json={"parent_category_id": "contract-inner"}),
        shop.patch(f"{CATEGORIES}/clothing", json={"parent_category_id": "contract-inner"}),
        shop.patch(f"{CATEGORIES}/root", json={"parent_category_id": "bags"}),
    ]
    for answer in refused:
        assert_fault(answer, 400, "CategoryInvalid", {"fieldId": "parent_category_id"})
    moved = shop.patch(NEW, json={"parent_category_id": None})
    assert moved.json()["parent_category_id"] == "root"
    assert "categories" not in show(shop, f"{CATEGORIES}/bags")
    assert "parent_category_id" not in show(shop, f"{CATEGORIES}/root")


def _names(document: Any) -> Any:
    """Return the ids of a category and of the categories below."""
    return {document["id"]: [_names(one) for one in document.get("categories", ())]}


CLOTHING = ["sweaters", "bags", "shirts", "trousers", "dresses", "coats"]
LEVELS = {
    "clothing": CLOTHING,
    "care": ["garment-care", "leather-care"],
    "shoes": [],
    "accessories": [],
    "home": [],
    "looks": [],
    "gifts": ["gift-cards"],
}
"""The categories below the root by position, and the categories below each of them."""


@pytest.mark.rule("CAT-4")
@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("", [{name: []} for name in LEVELS]),
        ("?levels=0", []),
        ("?levels=9", [{name: [{one: []} for one in ones]} for name, ones in LEVELS.items()]),
    ],
)
def test_a_category_shows_the_levels_below(shop: Api, parameters: str, expected: Any) -> None:
    root = show(shop, f"{CATEGORIES}/root{parameters}")
    assert _names(root) == {"root": expected}
    for below in root.get("categories", ()):
        assert below["parent_category_id"] == "root"
        assert below["link"] == f"{shop.url}/s/-/dw/data/v23_2{CATEGORIES}/{below['id']}"


@pytest.mark.rule("CAT-4")
def test_a_list_shows_all_categories_without_levels(shop: Api) -> None:
    page = show(shop, f"{CATEGORIES}?select=(**)&count=3&start=1")
    assert (page["total"], page["count"]) == (17, 3)
    assert [one["id"] for one in page["data"]] == ["bags", "care", "clothing"]
    assert not any("categories" in one or "paths" in one for one in page["data"])
    for value, fault in (("x", "MalformedParameter"), ("-1", "ValueConstraintViolation")):
        answer = shop.get(f"{CATEGORIES}/root?levels={value}")
        assert answer.json()["fault"]["type"] == f"{fault}Exception"


@pytest.mark.rule("CAT-4")
def test_an_answer_shows_a_bounded_number_of_levels(shop: Api) -> None:
    parent = "root"
    for number in range(52):
        path = f"{CATEGORIES}/contract-{number}"
        assert shop.put(path, json={"parent_category_id": parent}).status_code == 200
        parent = f"contract-{number}"
    assert shop.get(f"{CATEGORIES}/contract-1?levels=50").status_code == 200
    answer = shop.get(f"{CATEGORIES}/contract-0?levels=99")
    assert (answer.status_code, answer.json()["fault"]["type"]) == (400, "QuotaExceededException")
    shop.delete(f"{CATEGORIES}/contract-0")


@pytest.mark.rule("CAT-5")
def test_a_category_goes_with_all_categories_below(shop: Api) -> None:
    shop.put(NEW, json={"parent_category_id": "sweaters"})
    assert shop.delete(f"{CATEGORIES}/clothing").status_code == 204
    left = {name: below for name, below in LEVELS.items() if name != "clothing"}
    ids = {one["id"] for one in show(shop, CATEGORIES)["data"]}
    assert ids == {"root", *left, *(one for below in left.values() for one in below)}
    assert _names(show(shop, f"{CATEGORIES}/root")) == {"root": [{name: []} for name in left]}
    other = show(shop, "/catalogs/storefront-catalog-global/categories")["data"]
    assert {"clothing", *CLOTHING} <= {one["id"] for one in other}
    answer = shop.delete(f"{CATEGORIES}/root")
    assert_fault(answer, 400, "CategoryInvalid", {"fieldId": "id"})
    shop.put(f"{CATEGORIES}/clothing", json={})
    assert "categories" not in show(shop, f"{CATEGORIES}/clothing")


SEARCHES = [
    (term("id", "bags"), ["bags"]),
    (text("pullover", "name"), ["sweaters"]),
    (text("bags", "description"), ["clothing"]),
    (term("online", False), ["gifts"]),
    (term("creation_date", "2023-01-10T09:00:00.000Z", operator="less"), ["root"]),
]


@pytest.mark.rule("CAT-6")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        *SEARCHES,
        (term("parent_category_id", "root"), sorted(LEVELS)),
        (term("parent_category_id", "clothing"), sorted(CLOTHING)),
    ],
)
def test_categories_of_a_catalog_are_searched(shop: Api, query: Any, expected: list[str]) -> None:
    path = f"{SHOP}/category_search"
    assert find_ids(shop, path, query) == expected
    for field in ("id", "name", "description", "creation_date", "online", "position"):
        assert sorted(find_ids(shop, path, query, sorts=[{"field": field}])) == expected


@pytest.mark.rule("CAT-6")
@pytest.mark.parametrize(("query", "expected"), SEARCHES)
def test_categories_of_all_catalogs_are_searched(
    shop: Api, query: Any, expected: list[str]
) -> None:
    must = [term("catalog_id", "storefront-catalog", "none", operator="one_of"), query]
    path = "/category_search"
    assert find_ids(shop, path, {"bool_query": {"must": must}}) == expected
    hits = find(shop, path, term("id", "sweaters"), select="(**)", sorts=[{"field": "position"}])
    catalogs = [hit["catalog_id"] for hit in hits["hits"]]
    assert catalogs == ["storefront-catalog", "storefront-catalog-global"]


@pytest.mark.rule("CAT-6")
def test_a_found_category_shows_path_and_levels(shop: Api) -> None:
    [hit] = find(shop, f"{SHOP}/category_search", term("id", "clothing"), select="(**)")["hits"]
    assert hit["paths"] == [
        {"_type": "path_record", "id": "root", "name": {"default": "Reference Store"}},
        {
            "_type": "path_record",
            "id": "clothing",
            "name": {"default": "Clothing", "de": "Kleidung"},
        },
    ]
    assert _names(hit) == {"clothing": [{name: []} for name in CLOTHING]}
    hits = find(shop, "/category_search?levels=0", term("id", "care"), select="(**)")["hits"]
    assert not any("categories" in hit for hit in hits)
    [hit, _] = find(shop, "/category_search", term("id", "care"))["hits"]
    assert set(hit) - {"_v", "_type", "_resource_state"} == {"id", "link"}
    sorted_by_parent = {"query": {"match_all_query": {}}, "sorts": [{"field": "catalog_id"}]}
    answer = shop.call("POST", f"{shop.scope}/category_search", json=sorted_by_parent)
    assert answer.json()["fault"]["type"] == "FieldNotSortableException"


LINKS = f"{CATEGORIES}/clothing/category_links"
LINK = f"{CATEGORIES}/contract-lamps/category_links/storefront-catalog-global/sweaters"


@pytest.mark.rule("CAT-7")
def test_links_of_a_category_are_listed_by_position(shop: Api) -> None:
    listed = show(shop, LINKS)
    assert (listed["count"], listed["total"]) == (2, 2)
    base = f"{shop.url}/s/-/dw/data/v23_2"
    assert {n: v for n, v in listed["data"][0].items() if n not in ("_resource_state", "_v")} == {
        "_type": "category_link",
        "link": f"{base}{LINKS}/storefront-catalog/gifts/cross_selling",
        "source_catalog_id": "storefront-catalog",
        "source_category_id": "clothing",
        "target_catalog_id": "storefront-catalog",
        "target_category_id": "gifts",
        "type": "cross_selling",
    }
    page = show(shop, f"{LINKS}?select=(**)&start=1&count=1")
    [whole] = page["data"]
    assert (page["total"], whole["target_category_id"], whole["position"]) == (2, "care", 2)
    assert whole["source_catalog_name"] == {"default": "Reference Store"}
    assert whole["target_category_name"] == {"default": "Care", "de": "Pflege"}


@pytest.mark.rule("CAT-7")
def test_a_link_is_created_moved_and_deleted(shop: Api) -> None:
    shop.put(NEW, json=LAMPS)
    created = shop.put(f"{LINK}/up_selling", json={"position": 2})
    assert created.status_code == 200
    document = created.json()
    assert len(document.pop("_resource_state")) == 64
    assert document.pop("last_modified").endswith("Z")
    assert document == {
        "_v": "23.2",
        "_type": "category_link",
        "link": f"{shop.url}/s/-/dw/data/v23_2{LINK}/up_selling",
        "position": 2,
        "source_catalog_id": "storefront-catalog",
        "source_catalog_name": {"default": "Reference Store"},
        "source_category_id": "contract-lamps",
        "source_category_name": {"default": "Lamps", "de": "Lampen"},
        "target_catalog_id": "storefront-catalog-global",
        "target_catalog_name": {
            "default": "Reference Store International",
            "de": "Referenzladen International",
        },
        "target_category_id": "sweaters",
        "target_category_name": {"default": "Sweaters", "de": "Pullover", "fr": "Pulls"},
        "type": "up_selling",
    }
    read = show(shop, f"{LINK}/up_selling")
    assert (read["link"], read["position"]) == (document["link"], 2)
    moved = shop.put(f"{LINK}/up_selling", json={"position": 1})
    assert (moved.status_code, moved.json()["position"]) == (200, 1)
    assert shop.put(f"{LINK}/other", json={}).status_code == 200
    assert show(shop, f"{NEW}/category_links")["total"] == 2
    changed = shop.patch(f"{LINK}/up_selling", json={"position": None})
    assert "position" not in changed.json()
    assert shop.delete(f"{LINK}/up_selling").status_code == 204
    names = ("storefront-catalog", "contract-lamps", "storefront-catalog-global", "sweaters")
    keys = ("catalogId", "categoryId", "targetCatalogId", "targetCategoryId")
    arguments = {**dict(zip(keys, names, strict=True)), "type": "up_selling"}
    path = f"{LINK}/up_selling"
    for answer in (shop.get(path), shop.delete(path), shop.patch(path, json={})):
        assert_fault(answer, 404, "CategoryLinkNotFound", arguments)
    shop.delete(NEW)


@pytest.mark.rule("CAT-7")
def test_source_target_and_type_of_a_link_are_checked(shop: Api) -> None:
    for path, kind, arguments in (
        (f"{LINKS}/none/x/other", "CatalogNotFound", {"catalogId": "none"}),
        ("/catalogs/none/categories/x/category_links/y/z/other", "CatalogNotFound", None),
        (
            f"{LINKS}/storefront-catalog/none/other",
            "CategoryNotFound",
            {"catalogId": "storefront-catalog", "categoryId": "none"},
        ),
        (f"{CATEGORIES}/none/category_links/storefront-catalog/care/other", "CategoryNotFound", {}),
    ):
        for answer in (shop.get(path), shop.put(path, json={}), shop.delete(path)):
            fault = answer.json()["fault"]
            assert (answer.status_code, fault["type"]) == (404, f"{kind}Exception")
            assert not arguments or fault["arguments"] == arguments
    path = f"{LINKS}/storefront-catalog/care"
    answer = shop.put(f"{path}/none", json={})
    expected = {"value": "none", "type": "CategoryLinkType"}
    assert_fault(answer, 400, "IllegalEnumerationValue", expected)
    other = shop.put(f"{path}/accessories", json={"target_category_id": "gifts"})
    assert other.json()["fault"]["type"] == "IdConflictException"
    stale = {"position": 1, "_resource_state": "0" * 64}
    answer = shop.patch(f"{path}/accessories", json=stale)
    assert answer.json()["fault"]["type"] == "ResourceStateConflictException"
    for missing in ("/catalogs/none/categories/x", f"{CATEGORIES}/none"):
        assert shop.get(f"{missing}/category_links").status_code == 404


@pytest.mark.rule("CAT-5", "CAT-7")
def test_links_go_with_both_ends(shop: Api) -> None:
    shop.put(NEW, json=LAMPS)
    link = f"{LINKS}/storefront-catalog/contract-lamps/other"
    shop.put(link, json={})
    shop.put(f"{NEW}/category_links/storefront-catalog/clothing/other", json={})
    assert shop.delete(NEW).status_code == 204
    assert show(shop, LINKS)["total"] == 2
    shop.put(NEW, json=LAMPS)
    assert shop.get(link).status_code == 404
    assert show(shop, f"{NEW}/category_links")["total"] == 0
    shop.delete(NEW)
