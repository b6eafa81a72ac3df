"""Catalogs and categories (CAT)."""

from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.place import here
from contract_tests.shop import DATA_SET

HERE = here()
SHOP = f"/catalogs/{HERE.catalog}"
CATEGORIES = f"{SHOP}/categories"
NEW = f"{CATEGORIES}/contract-lamps"
LAMPS = {"name": {"default": "Lamps", "de": "Lampen"}}


TOP, CLOTHING, CARE = (f"{CATEGORIES}/contract-{name}" for name in ("top", "clothing", "care"))
SWEATERS = f"/catalogs/{HERE.other_catalog}/categories/contract-sweaters"
CHANGED = "a catalog to change: no request creates one"
TREE: dict[str, dict[str, Any]] = {
    TOP: {"name": {"default": "Top"}, "online": True},
    CLOTHING: {
        "description": {"default": "Sweaters and bags"},
        "name": {"default": "Clothing", "de": "Kleidung"},
        "online": True,
        "parent_category_id": "contract-top",
        "position": 1,
    },
    f"{CATEGORIES}/contract-sweaters": {
        "name": {"default": "Sweaters", "de": "Pullover"},
        "online": True,
        "parent_category_id": "contract-clothing",
        "position": 1,
    },
    f"{CATEGORIES}/contract-bags": {
        "online": True,
        "parent_category_id": "contract-clothing",
        "position": 2,
    },
    CARE: {
        "name": {"default": "Care", "de": "Pflege"},
        "online": True,
        "parent_category_id": "contract-top",
        "position": 2,
    },
    f"{CATEGORIES}/contract-gifts": {"parent_category_id": "contract-top"},
    SWEATERS: {"name": {"default": "Sweaters", "fr": "Pulls"}},
    f"{CLOTHING}/category_links/{HERE.catalog}/contract-care/accessories": {"position": 2},
    f"{CLOTHING}/category_links/{HERE.catalog}/contract-gifts/cross_selling": {"position": 1},
}
"""Categories and links of the tests; the last category is in the other catalog."""


@pytest.fixture
def shop(shop: Api) -> Api:
    """A server with ``TREE`` in two catalogs."""
    for path, body in TREE.items():
        answer = shop.put(path, json=body)
        assert answer.status_code == 200, answer.text
    return shop


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
@pytest.mark.needs(DATA_SET)
def test_a_catalog_shows_what_belongs_to_it(shop: Api) -> None:
    document = show(shop, SHOP)
    assert len(document.pop("_resource_state")) == 64
    base = f"{shop.url}/s/-/dw/data/v23_2"
    site = {"_type": "site", "id": "RefArch", "link": f"{base}/sites/RefArch"}
    assert document == {
        "_v": "23.2",
        "_type": "catalog",
        "assigned_sites": [site],
        "category_count": 23,
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


@pytest.mark.rule("CAT-1")
@pytest.mark.needs(CHANGED)
def test_a_catalog_and_its_root_category_share_name_description_and_online(shop: Api) -> None:
    changes = {"name": {"default": "Lights"}, "description": {"default": "d"}, "online": False}
    fixed = {"root_category": "contract-bags", "category_count": 99}
    changed = shop.patch(SHOP, json=changes | fixed)
    assert changed.status_code == 200
    for document in (changed.json(), show(shop, f"{CATEGORIES}/root")):
        assert {name: document[name] for name in changes} == changes
    assert (changed.json()["root_category"], changed.json()["category_count"]) == ("root", 23)
    answer = shop.patch(f"{CATEGORIES}/root", json={"name": {"default": "Shop"}, "online": True})
    assert answer.status_code == 200
    catalog = show(shop, SHOP)
    assert (catalog["name"], catalog["online"]) == ({"default": "Shop"}, True)
    assert catalog["description"] == {"default": "d"}
    moved = shop.patch(f"{CATEGORIES}/root", json={"parent_category_id": "contract-bags"})
    assert_fault(moved, 400, "CategoryInvalid", {"fieldId": "parent_category_id"})
    assert_fault(shop.delete(f"{CATEGORIES}/root"), 400, "CategoryInvalid", {"fieldId": "id"})


@pytest.mark.rule("LOC-1")
@pytest.mark.parametrize("locale", ["German", "DE", "de-de", "de_DE_x", ""])
def test_a_localized_property_has_locales_as_names(shop: Api, locale: str) -> None:
    before = show(shop, SHOP)
    answer = shop.patch(SHOP, json={"name": {"default": "x", locale: "y"}})
    arguments = {"document": "catalog", "path": f"$.name.{locale}"}
    assert_fault(answer, 400, "PropertyConstraintViolation", arguments)
    assert show(shop, SHOP) == before


@pytest.mark.rule("CAT-1")
def test_catalogs_are_listed_read_and_found(shop: Api) -> None:
    listed = [one["id"] for one in show(shop, "/catalogs?count=200")["data"]]
    assert {HERE.catalog, HERE.other_catalog} <= set(listed)
    document = show(shop, SHOP)
    assert (document["_type"], document["id"]) == ("catalog", HERE.catalog)
    assert document["link"] == f"{shop.url}/s/-/dw/data/v23_2{SHOP}"
    assert document["root_category"] == HERE.root
    assert show(shop, f"{CATEGORIES}/{HERE.root}")["catalog_id"] == HERE.catalog
    assert shop.delete(CARE).status_code == 204
    assert show(shop, SHOP)["category_count"] == document["category_count"] - 1
    assert find_ids(shop, "/catalog_search", term("id", HERE.catalog, "none")) == [HERE.catalog]
    for answer in (shop.get("/catalogs/none"), shop.patch("/catalogs/none", json={})):
        message = "No catalog with ID 'none' could be found."
        assert_fault(answer, 404, "CatalogNotFound", {"catalogId": "none"}, message)


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
@pytest.mark.needs(DATA_SET)
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
        "catalog_id": HERE.catalog,
        "id": "contract-lamps",
        "link": f"{shop.url}/s/-/dw/data/v23_2{NEW}",
        "name": {"default": "Lamps", "de": "Lampen"},
        "online": False,
        "parent_category_id": HERE.root,
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
    arguments = {"catalogId": HERE.catalog, "categoryId": "contract-lamps"}
    message = f"No category with ID 'contract-lamps' for catalog '{HERE.catalog}' could be found."
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
    shop.put(NEW, json={"parent_category_id": "contract-bags"})
    assert shop.put(inner, json={"parent_category_id": "contract-lamps"}).status_code == 200
    refused = [
        shop.put(f"{CATEGORIES}/contract-x", json={"parent_category_id": "none"}),
        shop.patch(NEW, json={"parent_category_id": "none"}),
        shop.patch(NEW, json={"parent_category_id": "contract-lamps"}),
        shop.patch(NEW, json={"parent_category_id": "contract-inner"}),
        shop.patch(
            f"{CATEGORIES}/contract-clothing", json={"parent_category_id": "contract-inner"}
        ),
    ]
    for answer in refused:
        assert_fault(answer, 400, "CategoryInvalid", {"fieldId": "parent_category_id"})
    moved = shop.patch(NEW, json={"parent_category_id": None})
    assert moved.json()["parent_category_id"] == HERE.root
    assert "categories" not in show(shop, f"{CATEGORIES}/contract-bags")
    assert "parent_category_id" not in show(shop, f"{CATEGORIES}/{HERE.root}")


def _names(document: Any) -> Any:
    """Return the ids of a category and of the categories below."""
    return {document["id"]: [_names(one) for one in document.get("categories", ())]}


LEVELS = {
    "contract-clothing": ["contract-sweaters", "contract-bags"],
    "contract-care": [],
    "contract-gifts": [],
}
"""The categories below the top by position, and the categories below each of them."""


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
    top = show(shop, f"{TOP}{parameters}")
    assert _names(top) == {"contract-top": expected}
    for below in top.get("categories", ()):
        assert below["parent_category_id"] == "contract-top"
        assert below["link"] == f"{shop.url}/s/-/dw/data/v23_2{CATEGORIES}/{below['id']}"


@pytest.mark.rule("CAT-4")
def test_a_list_shows_all_categories_without_levels(shop: Api) -> None:
    page = show(shop, f"{CATEGORIES}?select=(**)&count=200")
    ids = [one["id"] for one in page["data"]]
    assert (ids, len(ids)) == (sorted(ids), page["count"])
    assert {"contract-top", "contract-bags", "contract-gifts"} <= set(ids)
    assert show(shop, f"{CATEGORIES}?count=3&start=1")["count"] == 3
    assert not any("categories" in one or "paths" in one for one in page["data"])
    for value, fault in (("x", "MalformedParameter"), ("-1", "ValueConstraintViolation")):
        answer = shop.get(f"{TOP}?levels={value}")
        assert answer.json()["fault"]["type"] == f"{fault}Exception"


@pytest.mark.rule("CAT-4")
def test_an_answer_shows_a_bounded_number_of_levels(shop: Api) -> None:
    parent = "contract-top"
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
    shop.put(NEW, json={"parent_category_id": "contract-sweaters"})
    assert shop.delete(CLOTHING).status_code == 204
    for name in ("clothing", "sweaters", "bags", "lamps"):
        assert shop.get(f"{CATEGORIES}/contract-{name}").status_code == 404
    assert _names(show(shop, TOP)) == {
        "contract-top": [{"contract-care": []}, {"contract-gifts": []}]
    }
    assert show(shop, SWEATERS)["id"] == "contract-sweaters"
    shop.put(CLOTHING, json={})
    assert "categories" not in show(shop, CLOTHING)


OWN = term(
    "id", *(path.rpartition("/")[2] for path in TREE if "links" not in path), operator="one_of"
)
SEARCHES = [
    (term("id", "contract-bags"), ["contract-bags"]),
    (text("pullover", "name"), ["contract-sweaters"]),
    (text("bags", "description"), ["contract-clothing"]),
    (term("online", False), ["contract-gifts"]),
    (term("creation_date", "2023-01-10T09:00:00.000Z", operator="less"), []),
]


@pytest.mark.rule("CAT-6")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        *SEARCHES,
        (term("parent_category_id", "contract-top"), sorted(LEVELS)),
        (
            term("parent_category_id", "contract-clothing"),
            ["contract-bags", "contract-sweaters"],
        ),
    ],
)
def test_categories_of_a_catalog_are_searched(shop: Api, query: Any, expected: list[str]) -> None:
    path, both = f"{SHOP}/category_search", {"bool_query": {"must": [OWN, query]}}
    assert find_ids(shop, path, both) == expected
    for field in ("id", "name", "description", "creation_date", "online", "position"):
        assert sorted(find_ids(shop, path, both, sorts=[{"field": field}])) == expected


@pytest.mark.rule("CAT-6")
@pytest.mark.parametrize(("query", "expected"), SEARCHES)
def test_categories_of_all_catalogs_are_searched(
    shop: Api, query: Any, expected: list[str]
) -> None:
    must = [term("catalog_id", HERE.catalog, "none", operator="one_of"), OWN, query]
    path = "/category_search"
    assert find_ids(shop, path, {"bool_query": {"must": must}}) == expected
    sweaters = term("id", "contract-sweaters")
    hits = find(shop, path, sweaters, select="(**)", sorts=[{"field": "position"}])["hits"]
    assert {hit["catalog_id"] for hit in hits} == {HERE.catalog, HERE.other_catalog}


@pytest.mark.rule("CAT-6")
def test_a_found_category_shows_path_and_levels(shop: Api) -> None:
    path = f"{SHOP}/category_search"
    [hit] = find(shop, path, term("id", "contract-clothing"), select="(**)")["hits"]
    root = show(shop, f"{CATEGORIES}/{HERE.root}")
    assert hit["paths"] == [
        {"_type": "path_record", **{n: root[n] for n in ("id", "name") if n in root}},
        {"_type": "path_record", "id": "contract-top", "name": {"default": "Top"}},
        {
            "_type": "path_record",
            "id": "contract-clothing",
            "name": {"default": "Clothing", "de": "Kleidung"},
        },
    ]
    below: list[dict[str, Any]] = [{"contract-sweaters": []}, {"contract-bags": []}]
    assert _names(hit) == {"contract-clothing": below}
    top = term("id", "contract-top")
    [hit] = find(shop, "/category_search?levels=0", top, select="(**)")["hits"]
    assert "categories" not in hit
    [hit] = find(shop, "/category_search", top)["hits"]
    assert set(hit) - {"_v", "_type", "_resource_state"} == {"id", "link"}
    sorted_by_parent = {"query": {"match_all_query": {}}, "sorts": [{"field": "catalog_id"}]}
    answer = shop.call("POST", f"{shop.scope}/category_search", json=sorted_by_parent)
    assert answer.json()["fault"]["type"] == "FieldNotSortableException"


LINKS = f"{CLOTHING}/category_links"
LINK = f"{NEW}/category_links/{HERE.other_catalog}/contract-sweaters"


@pytest.mark.rule("CAT-7")
def test_links_of_a_category_are_listed_by_position(shop: Api) -> None:
    listed = show(shop, LINKS)
    assert (listed["count"], listed["total"]) == (2, 2)
    base = f"{shop.url}/s/-/dw/data/v23_2"
    assert {n: v for n, v in listed["data"][0].items() if n not in ("_resource_state", "_v")} == {
        "_type": "category_link",
        "link": f"{base}{LINKS}/{HERE.catalog}/contract-gifts/cross_selling",
        "source_catalog_id": HERE.catalog,
        "source_category_id": "contract-clothing",
        "target_catalog_id": HERE.catalog,
        "target_category_id": "contract-gifts",
        "type": "cross_selling",
    }
    page = show(shop, f"{LINKS}?select=(**)&start=1&count=1")
    [whole] = page["data"]
    assert (page["total"], whole["target_category_id"], whole["position"]) == (
        2,
        "contract-care",
        2,
    )
    assert whole.get("source_catalog_name") == show(shop, SHOP).get("name")
    assert whole["target_category_name"] == {"default": "Care", "de": "Pflege"}


@pytest.mark.rule("CAT-7")
def test_a_link_is_created_moved_and_deleted(shop: Api) -> None:
    shop.put(NEW, json=LAMPS)
    created = shop.put(f"{LINK}/up_selling", json={"position": 2})
    assert created.status_code == 200
    document = created.json()
    assert len(document.pop("_resource_state")) == 64
    assert document.pop("last_modified").endswith("Z")
    for end, name in (("source", HERE.catalog), ("target", HERE.other_catalog)):
        known = show(shop, f"/catalogs/{name}").get("name")
        assert document.pop(f"{end}_catalog_name", None) == known
    assert document == {
        "_v": "23.2",
        "_type": "category_link",
        "link": f"{shop.url}/s/-/dw/data/v23_2{LINK}/up_selling",
        "position": 2,
        "source_catalog_id": HERE.catalog,
        "source_category_id": "contract-lamps",
        "source_category_name": {"default": "Lamps", "de": "Lampen"},
        "target_catalog_id": HERE.other_catalog,
        "target_category_id": "contract-sweaters",
        "target_category_name": {"default": "Sweaters", "fr": "Pulls"},
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
    names = (HERE.catalog, "contract-lamps", HERE.other_catalog, "contract-sweaters")
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
            f"{LINKS}/{HERE.catalog}/none/other",
            "CategoryNotFound",
            {"catalogId": HERE.catalog, "categoryId": "none"},
        ),
        (
            f"{CATEGORIES}/none/category_links/{HERE.catalog}/contract-care/other",
            "CategoryNotFound",
            {},
        ),
    ):
        for answer in (shop.get(path), shop.put(path, json={}), shop.delete(path)):
            fault = answer.json()["fault"]
            assert (answer.status_code, fault["type"]) == (404, f"{kind}Exception")
            assert not arguments or fault["arguments"] == arguments
    path = f"{LINKS}/{HERE.catalog}/contract-care"
    answer = shop.put(f"{path}/none", json={})
    expected = {"value": "none", "type": "CategoryLinkType"}
    assert_fault(answer, 400, "IllegalEnumerationValue", expected)
    other = shop.put(f"{path}/accessories", json={"target_category_id": "contract-gifts"})
    assert other.json()["fault"]["type"] == "IdConflictException"
    stale = {"position": 1, "_resource_state": "0" * 64}
    answer = shop.patch(f"{path}/accessories", json=stale)
    assert answer.json()["fault"]["type"] == "ResourceStateConflictException"
    for missing in ("/catalogs/none/categories/x", f"{CATEGORIES}/none"):
        assert shop.get(f"{missing}/category_links").status_code == 404


@pytest.mark.rule("CAT-5", "CAT-7")
def test_links_go_with_both_ends(shop: Api) -> None:
    shop.put(NEW, json=LAMPS)
    link = f"{LINKS}/{HERE.catalog}/contract-lamps/other"
    shop.put(link, json={})
    shop.put(f"{NEW}/category_links/{HERE.catalog}/contract-clothing/other", json={})
    assert shop.delete(NEW).status_code == 204
    assert show(shop, LINKS)["total"] == 2
    shop.put(NEW, json=LAMPS)
    assert shop.get(link).status_code == 404
    assert show(shop, f"{NEW}/category_links")["total"] == 0
    shop.delete(NEW)
