"""Resources inside other documents: type and state, and the way back (ENV-9, DEC-2, RST-1)."""

from typing import Any

import pytest

from contract_tests.api import Api
from contract_tests.shop import ALL, DATA_SET, search, term

SITE = "/sites/RefArch"
CREW, OFFICE = "/products/merino-crew", "/products/bundle-office-m"
CATALOG = "/catalogs/storefront-catalog"
GARMENT_BAG = f"{CATALOG}/categories/bags/products/garment-bag"
CONFIGURATIONS = f"{SITE}/slots/home-banner/slot_configurations"
GROUPS = "/system_object_definitions/Product/attribute_groups"
PREFERENCES = "site_preferences/preference_groups/Storefront/staging"
GLOBAL = "/global_preferences/preference_groups"
INFORMATION = "assignment_information.active_campaign_assignments"

pytestmark = [pytest.mark.needs(DATA_SET)]


def list_embedded(document: Any, names: str) -> list[dict[str, Any]]:
    """Return the documents at a path of names; a name reaches into all elements of an array."""
    found = [document]
    for name in names.split("."):
        inner = [one[name] for one in found if name in one]
        found = [one for each in inner for one in (each if isinstance(each, list) else [each])]
    assert found, f"no {names}"
    return found


def read(shop: Api, path: str) -> Any:
    answer = shop.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def find(shop: Api, path: str, query: Any, *expand: str) -> Any:
    """Return the result of a search with whole hits."""
    answer = search(shop, path, query, select="(**)", expand=list(expand))
    assert answer.status_code == 200, answer.text
    return answer.json()


def check_states(shop: Api, embedded: list[dict[str, Any]], own: str = "{link}") -> None:
    """Check the first members of embedded documents; each state is the resource's own.

    Args:
        shop: The server.
        embedded: The documents.
        own: The path of the resource, with members of the document in braces.
    """
    for one in embedded:
        assert list(one)[:2] == ["_type", "_resource_state"]
        assert "_v" not in one
        path = own.format(**one).removeprefix(shop.url + shop.scope)
        assert one["_resource_state"] == read(shop, path)["_resource_state"]


@pytest.mark.rule("ENV-9")
@pytest.mark.parametrize(
    ("path", "names"),
    [
        (f"{OFFICE}?expand=bundles", "bundled_products"),
        ("/products/garment-bag?expand=bundles", "product_bundles"),
        ("/products/shoe-care?expand=sets", "set_products"),
        ("/products/shoe-brush?expand=sets", "product_sets"),
        (f"{CREW}?expand=variations", "variants"),
        (f"{CREW}?expand=variations", "variation_groups"),
        (f"{CREW}?expand=variations", "variation_attributes"),
        (f"{CREW}?expand=variations", "variation_attributes.values"),
        (f"{CREW}/variations/merino-crew-navy-m?expand=attributes", "variation_attributes"),
        ("/products/garment-bag?expand=options", "product_options"),
        ("/products/garment-bag?expand=options", "product_options.values"),
        ("/products/garment-bag/product_options/monogram", "values"),
        (f"{GARMENT_BAG}?expand=product_base", "product"),
        (f"{SITE}/ab_tests/home-banner", "test_segments"),
        (f"{GROUPS}/General?expand=definition", "attribute_definitions"),
        (f"/{PREFERENCES}/preferences/storefrontName?select=(**)", "attribute_definition"),
        ("/roles/Merchandiser?expand=users", "users"),
    ],
)
def test_an_embedded_resource_has_its_state(shop: Api, path: str, names: str) -> None:
    check_states(shop, list_embedded(read(shop, path), names))


@pytest.mark.rule("ENV-9")
def test_an_embedded_resource_has_its_state_without_link(shop: Api) -> None:
    slot = read(shop, f"{SITE}/slots/home-banner/global")
    check_states(shop, slot["slot_configurations"], f"{CONFIGURATIONS}/{{configuration_id}}")
    organization = "/system_object_definitions/OrganizationPreferences/attribute_groups"
    assert shop.put(f"{organization}/Reviews", json={}).status_code == 201
    preferences = read(shop, f"{GLOBAL}/Reviews/staging?expand=sites")
    check_states(shop, list_embedded(preferences, "site_preferences"))
    answer = shop.patch(f"{GLOBAL}/Reviews/staging", json=preferences)
    assert answer.json()["_resource_state"] == preferences["_resource_state"]


@pytest.mark.rule("ENV-9")
@pytest.mark.parametrize(
    ("path", "query", "expand", "names"),
    [
        ("/product_search", term("id", "is", "bundle-office-m"), "bundles", "bundled_products"),
        (f"{SITE}/promotion_campaign_assignment_search", ALL, "campaign", "campaign"),
        (f"{SITE}/promotion_campaign_assignment_search", ALL, "promotion", "promotion"),
        (
            f"{SITE}/slot_configuration_campaign_assignment_search",
            ALL,
            "slotConfiguration",
            "slot_configuration",
        ),
        (f"{SITE}/slot_configuration_campaign_assignment_search", ALL, "campaign", "campaign"),
        (f"{SITE}/ab_test_search", ALL, "stats", "test_segments"),
        (
            f"{CATALOG}/categories/bags/category_product_assignment_search",
            ALL,
            "product_base",
            "product",
        ),
        (f"/{PREFERENCES}/preference_search", ALL, "value", "attribute_definition"),
    ],
)
def test_an_embedded_resource_of_a_hit_has_its_state(
    shop: Api, path: str, query: Any, expand: str, names: str
) -> None:
    check_states(shop, list_embedded(find(shop, path, query, expand), f"hits.{names}"))


@pytest.mark.rule("ENV-9")
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (f"{SITE}/promotions/free-shipping", "promotion"),
        (f"{CONFIGURATIONS}/winter", "slot_configuration"),
    ],
)
def test_an_assignment_in_a_summary_has_the_state_of_a_hit(shop: Api, path: str, kind: str) -> None:
    found = find(shop, f"{SITE}/{kind}_campaign_assignment_search", ALL)
    states = {hit["link"]: hit["_resource_state"] for hit in found["hits"]}
    for one in list_embedded(read(shop, path), INFORMATION):
        assert list(one)[:2] == ["_type", "_resource_state"]
        assert one["_resource_state"] == states[one["link"]]


@pytest.mark.rule("ENV-9")
@pytest.mark.parametrize(
    ("path", "names", "kind"),
    [
        (f"{CATALOG}/categories/clothing", "categories", "category"),
        (CATALOG, "assigned_sites", "site"),
        (f"{SITE}/{PREFERENCES}", "site", "site"),
        (f"{CREW}?expand=all", "type", "product_type"),
        (f"{CREW}-navy-m?expand=variations", "master", "master"),
        (f"{CREW}?expand=categories", "assigned_categories", "catalog_category_id"),
    ],
)
def test_these_embedded_documents_have_no_state(
    shop: Api, path: str, names: str, kind: str
) -> None:
    for one in list_embedded(read(shop, path), names):
        assert next(iter(one.items())) == ("_type", kind)
        assert not {"_v", "_resource_state"} & {*one}


@pytest.mark.rule("ENV-9", "DEC-2", "RST-1")
@pytest.mark.parametrize(
    ("methods", "path", "expand"),
    [
        ("PATCH PUT", OFFICE, "bundles"),
        ("PATCH PUT", "/products/shoe-care", "sets"),
        ("PATCH PUT", "/products/garment-bag", "all"),
        ("PATCH PUT", CREW, "all"),
        ("PATCH", f"{CREW}/variations/merino-crew-navy-m", "attributes"),
        ("PATCH PUT", "/products/garment-bag/product_options/monogram", ""),
        ("PATCH PUT", GARMENT_BAG, "product_base"),
        ("PATCH PUT", f"{CATALOG}/categories/clothing", ""),
        ("PATCH", CATALOG, ""),
        ("PATCH", f"{SITE}/ab_tests/checkout-2023", "stats"),
        ("PATCH PUT", f"{SITE}/promotions/free-shipping", ""),
        ("PATCH PUT", f"{CONFIGURATIONS}/winter", ""),
        ("PATCH", f"{GROUPS}/General", "definition"),
    ],
)
def test_a_document_sent_back_as_read_changes_nothing(
    shop: Api, methods: str, path: str, expand: str
) -> None:
    whole = f"{path}?expand={expand}" if expand else path
    document = read(shop, whole)
    for method in methods.split():
        answer = shop.call(method, shop.scope + path, json=document)
        assert answer.status_code == 200, answer.text
        assert answer.json()["_resource_state"] == document["_resource_state"]
        assert read(shop, whole) == document


@pytest.mark.rule("ENV-9", "FMT-5", "RST-1")
def test_an_embedded_resource_has_its_state_in_xml(shop: Api) -> None:
    read_as_xml = f"{OFFICE}?expand=bundles&format=xml"
    text = shop.get(read_as_xml).text
    state = read(shop, "/products/garment-bag")["_resource_state"]
    begin = f"<_type>product</_type><_resource_state>{state}</_resource_state>"
    assert f"<bundled_products>{begin}" in text
    sent = {"data": text.encode(), "headers": {"Content-Type": "application/xml"}}
    assert shop.patch(OFFICE, **sent).status_code == 200
    assert shop.get(read_as_xml).text == text
