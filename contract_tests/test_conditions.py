"""The resource state at every document that a request can write."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from contract_tests.api import Api, assert_fault
from contract_tests.shop import DATA_SET

STALE = "0" * 64
ALL = {"PUT": 200, "PATCH": 200, "DELETE": 204}
"""The writes of a document, and their statuses with the present state."""
NO_PUT = {"PATCH": 200, "DELETE": 204}
NO_PATCH = {"PUT": 200, "DELETE": 204}
REFUSED = {"PUT": 400, "PATCH": 200, "DELETE": 204}
"""PUT of an existing id is refused for another reason."""
CONFLICT = {"PUT": 409, "PATCH": 200, "DELETE": 200}
Writes = Mapping[str, Mapping[str, int]]
"""For each path of a document the writes, and their statuses."""

DOCUMENTS: Mapping[str, Writes] = {
    "/inventory_lists/inventory_digital": {
        "/product_inventory_records/gift-card-100": ALL,
        "": {"PUT": 404, "PATCH": 200, "DELETE": 204},
    },
    "/customer_lists/RefArch/customers/00000001": {"/addresses/work": NO_PUT, "": ALL},
    "/custom_object_definitions": {
        "/Newsletter/attribute_definitions/locales": ALL,
        "/Showroom/attribute_groups/Main": ALL,
    },
    "/system_object_definitions": {
        "/Product/attribute_definitions/color": ALL,
        "/OrganizationPreferences/attribute_groups/Integration": ALL,
    },
    "/catalogs/master-catalog": {
        "/shared_product_options/giftWrapping/values/box": ALL,
        "/shared_product_options/giftWrapping": REFUSED,
        "/shared_variation_attributes/color/values/black": ALL,
        "/shared_variation_attributes/color": REFUSED,
    },
    "/catalogs/storefront-catalog": {
        "/categories/clothing/category_links/storefront-catalog/care/accessories": ALL,
        "/categories/accessories/products/wool-scarf": ALL,
        "/categories/accessories": ALL,
        "": {"PATCH": 200},
    },
    "/products": {
        "/bundle-office-l": ALL,
        "/cable-cardigan/variations/cable-cardigan-ivory-l": ALL,
        "/cable-cardigan/variation_groups/cable-cardigan-ivory": ALL,
        "/cable-cardigan/variation_attributes/color/values/ivory": ALL,
        "/cable-cardigan/variation_attributes/color": REFUSED,
        "/card-holder/product_options/engraving/values/initials": ALL,
        "/card-holder/product_options/engraving": ALL,
    },
    "/libraries/RefArch": {
        "/folder_assignments/banner-welcome/banners": ALL,
        "/content/banner-decade": ALL,
        "/folders/about": ALL,
    },
    "/sites/RefArch": {
        "/ab_tests/checkout-2023/segments/one-page": ALL,
        "/ab_tests/checkout-2023": ALL,
        "/campaigns/decade": ALL,
        "/coupons/welcome": ALL,
        "/custom_objects/Newsletter/ann%40example.com": ALL,
        "/customer_groups/Newsletter/members/00000008": NO_PATCH,
        "/customer_groups/Big%20Spenders": CONFLICT,
        "/gift_certificates/gc-000001": NO_PUT,
        "/promotions/care-gift": ALL,
        "/site_preferences/preference_groups/Storefront/staging": {"PATCH": 200},
        "/slots/home-banner/slot_configurations/welcome?context=global": ALL,
        "/source_code_groups/ally-shops": ALL,
        "/stores/exampleton": ALL,
    },
    "": {
        "/code_versions/version1": NO_PUT,
        "/custom_objects/Newsletter/ann%40example.com": ALL,
        "/global_preferences/preference_groups/Integration/staging": {"PATCH": 200},
        "/jobs/ExportOrders/executions/41265": {"DELETE": 204},
        "/users/merchant": {"PUT": 200, "PATCH": 200, "DELETE": 204},
        "/roles/Merchandiser/permissions": {"PUT": 200},
        "/settings/logging/custom": {"PATCH": 200},
        "/roles/Merchandiser": {"PUT": 409, "DELETE": 204},
    },
}


@pytest.mark.rule("RST-2", "RST-4")
@pytest.mark.needs(DATA_SET)
@pytest.mark.parametrize("above", DOCUMENTS)
def test_every_write_compares_the_state(shop: Api, above: str) -> None:
    for below, writes in DOCUMENTS[above].items():
        path = f"{above}{below}"
        before = shop.get(path)
        document = before.json()
        state = document.pop("_resource_state")
        bodies = {"PUT": document, "PATCH": {}, "DELETE": None}
        for method in writes:
            answer = write(shop, method, path, bodies[method], STALE)
            assert_fault(answer, 409, "ResourceStateConflict", {"client": STALE, "server": state})
            answer = write_if_match(shop, method, path, bodies[method])
            assert_fault(answer, 412, "InvalidIfMatch", {"ifMatch": '"zz"'})
        assert shop.get(path).content == before.content
        for method, status in writes.items():
            state = shop.get(path).json()["_resource_state"]
            answer = write(shop, method, path, bodies[method], state)
            assert answer.status_code == status, (method, path, answer.text)
        assert shop.get(path).ok is ("DELETE" not in writes), path


def write(shop: Api, method: str, path: str, body: object, state: str) -> requests.Response:
    headers = {"x-dw-resource-state": state}
    return shop.call(method, shop.scope + path, json=body, headers=headers)


def write_if_match(shop: Api, method: str, path: str, body: object) -> requests.Response:
    headers = {"If-Match": '"zz"'}
    return shop.call(method, shop.scope + path, json=body, headers=headers)


@pytest.mark.rule("RST-2", "RST-4", "ROLE-2")
@pytest.mark.needs(DATA_SET)
def test_the_user_of_a_role_has_the_state_of_the_user(shop: Api) -> None:
    path = "/roles/Merchandiser/users/merchant"
    before = shop.get("/users/merchant")
    state = before.json()["_resource_state"]
    for method in ("PUT", "DELETE"):
        answer = write(shop, method, path, None, STALE)
        assert_fault(answer, 409, "ResourceStateConflict", {"client": STALE, "server": state})
        answer = write_if_match(shop, method, path, None)
        assert_fault(answer, 412, "InvalidIfMatch", {"ifMatch": '"zz"'})
    assert shop.get("/users/merchant").content == before.content
    assert write(shop, "DELETE", path, None, state).status_code == 204
    other = shop.get("/users/merchant").json()["_resource_state"]
    assert write(shop, "PUT", path, None, other).status_code == 200


WRITERS = 4
TEXTS: Mapping[str, tuple[str, ...]] = {
    "c_name": (
        "/custom_objects/Newsletter/ann%40example.com",
        "/sites/RefArch/custom_objects/Newsletter/ann%40example.com",
    ),
    "description": (
        "/inventory_lists/inventory_digital",
        "/sites/RefArch/ab_tests/checkout-2023",
        "/sites/RefArch/ab_tests/checkout-2023/segments/one-page",
        "/sites/RefArch/campaigns/decade",
        "/sites/RefArch/coupons/welcome",
        "/sites/RefArch/customer_groups/Big%20Spenders",
        "/sites/RefArch/gift_certificates/gc-000001",
        "/sites/RefArch/slots/home-banner/slot_configurations/welcome?context=global",
        "/sites/RefArch/source_code_groups/ally-shops",
    ),
    "last_name": (
        "/customer_lists/RefArch/customers/00000001",
        "/customer_lists/RefArch/customers/00000001/addresses/work",
        "/users/merchant",
    ),
    "name": ("/sites/RefArch/stores/exampleton",),
}
LOCALIZED_TEXTS: Mapping[str, tuple[str, ...]] = {
    "description": (
        "/catalogs/master-catalog/shared_product_options/giftWrapping",
        "/catalogs/master-catalog/shared_variation_attributes/color/values/black",
        "/catalogs/storefront-catalog",
        "/catalogs/storefront-catalog/categories/accessories",
        "/custom_object_definitions/Newsletter/attribute_definitions/locales",
        "/custom_object_definitions/Showroom/attribute_groups/Main",
        "/libraries/RefArch/content/banner-decade",
        "/libraries/RefArch/folders/about",
        "/products/cable-cardigan/variation_attributes/color/values/ivory",
        "/products/card-holder/product_options/engraving",
        "/system_object_definitions/OrganizationPreferences/attribute_groups/Integration",
        "/system_object_definitions/Product/attribute_definitions/color",
    ),
    "name": (
        "/catalogs/master-catalog/shared_variation_attributes/color",
        "/products/bundle-office-l",
        "/products/cable-cardigan/variation_attributes/color",
        "/sites/RefArch/promotions/care-gift",
    ),
}
"""The documents by a property with a text."""


@pytest.mark.rule("RST-5")
@pytest.mark.needs(DATA_SET)
@pytest.mark.parametrize(
    ("texts", "localized"), [(TEXTS, False), (LOCALIZED_TEXTS, True)], ids=["text", "localized"]
)
def test_one_writer_wins_and_every_loser_reads_the_new_text(
    shop: Api, texts: Mapping[str, tuple[str, ...]], localized: bool
) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        for name, path in ((name, path) for name, paths in texts.items() for path in paths):
            state = shop.get(path).json()["_resource_state"]
            values = [f"writer {number}" for number in range(WRITERS)]
            sent = [{"default": value} if localized else value for value in values]

            def change(
                value: object, name: str = name, path: str = path, state: str = state
            ) -> Any:
                status = write(shop, "PATCH", path, {name: value}, state).status_code
                return status, shop.get(path).json()[name]

            done = list(pool.map(change, sent))
            assert sorted(status for status, _ in done) == [200, 409, 409, 409], path
            [winner] = [
                value for (status, _), value in zip(done, sent, strict=True) if status == 200
            ]
            assert all(shown == winner for _, shown in done), path
