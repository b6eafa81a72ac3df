"""Faults of many operations: a missing parent, a malformed query, a malformed selector."""

from collections.abc import Mapping
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.place import here
from contract_tests.shop import ALL, DATA_SET

NO_POST = ("GET", "PUT", "PATCH", "DELETE")
NO_READ = ("PUT", "PATCH", "DELETE")
ASSIGNMENT = ("PUT", "DELETE")
READ, SEARCH, ADD = ("GET",), ("POST",), ("POST",)
Paths = Mapping[str, tuple[str, ...]]
"""The methods of paths below a parent."""
DEFINITIONS: Paths = {
    "/attribute_definitions/x": NO_POST,
    "/attribute_definition_search": SEARCH,
    "/attribute_groups": READ,
    "/attribute_groups/x": NO_POST,
    "/attribute_groups/x/attribute_definitions/x": ASSIGNMENT,
    "/attribute_group_search": SEARCH,
}
BELOW: Mapping[str, tuple[str, str, Paths]] = {
    "/sites/contract-none": (
        *("SiteNotFound", "siteId"),
        {
            "/ab_tests/x": NO_POST,
            "/ab_tests/x/segments/x": NO_POST,
            "/ab_tests/x/segments/x/sorting_rules/x/x": ASSIGNMENT,
            "/campaigns/x": NO_POST,
            "/campaigns/x/coupons/x": ASSIGNMENT,
            "/campaigns/x/promotions/x": NO_READ,
            "/campaigns/x/slot_configurations/x/x": NO_READ,
            "/campaigns/x/sorting_rules/x/x": ASSIGNMENT,
            "/campaigns/x/source_code_groups/x": ASSIGNMENT,
            "/coupons": READ,
            "/coupons/x": NO_POST,
            "/coupons/x/campaigns": READ,
            "/coupons/x/campaigns/x/promotions": READ,
            "/coupons/x/codes": READ,
            "/coupons/x/multiple_codes": ADD,
            "/coupons/x/promotions": READ,
            "/customer_groups": READ,
            "/customer_groups/x": NO_POST,
            "/customer_groups/x/member_search": SEARCH,
            "/customer_groups/x/members": READ,
            "/customer_groups/x/members/x": ("GET", "PUT", "DELETE"),
            "/customer_group_search": SEARCH,
            "/gift_certificates": READ,
            "/gift_certificates/x": ("GET", "PATCH", "DELETE"),
            "/gift_certificate_search": SEARCH,
            "/promotions/x": NO_POST,
            "/promotion_search": SEARCH,
            "/site_preferences/preference_groups/x/staging": ("PATCH",),
            "/slots/x/slot_configurations/x?context=global": NO_READ,
            "/source_code_groups": READ,
            "/source_code_groups/x": NO_POST,
            "/stores/x": NO_READ,
        },
    ),
    "/catalogs/contract-none": (
        *("CatalogNotFound", "catalogId"),
        {
            "/categories/x": NO_POST,
            "/categories/x/category_links/x/x/cross_selling": NO_READ,
            "/shared_product_options/x": NO_POST,
            "/shared_product_options/x/values": READ,
            "/shared_product_options/x/values/x": NO_POST,
            "/shared_variation_attributes/x": NO_POST,
            "/shared_variation_attributes/x/values": READ,
            "/shared_variation_attributes/x/values/x": NO_POST,
        },
    ),
    "/customer_lists/contract-none": (
        *("CustomerListNotFound", "customerListId"),
        {
            "/customers/x": NO_POST,
            "/customers/x/addresses": ("GET", "POST"),
            "/customers/x/addresses/x": ("GET", "PATCH", "DELETE"),
        },
    ),
    "/products/contract-none": (
        *("ProductNotFound", "productId"),
        {
            "/product_options": READ,
            "/product_options/x": NO_POST,
            "/product_options/x/values": READ,
            "/product_options/x/values/x": NO_POST,
            "/variation_attributes": READ,
            "/variation_attributes/x": NO_POST,
            "/variation_attributes/x/values": READ,
            "/variation_attributes/x/values/x": NO_POST,
            "/variation_groups": READ,
            "/variations": READ,
        },
    ),
    "/custom_object_definitions/ContractNone": ("ObjectTypeNotFound", "objectType", DEFINITIONS),
    "/system_object_definitions/ContractNone": ("ObjectTypeNotFound", "objectType", DEFINITIONS),
}
REQUIRED: Mapping[str, Mapping[str, Any]] = {
    "PUT /ab_tests/x": {"description": "x"},
    "POST /coupons/x/multiple_codes": {"codes": ["x"]},
    "POST /customers/x/addresses": {"address_id": "x", "country_code": "US", "last_name": "x"},
    "PUT /shared_variation_attributes/x": {"attribute_definition_id": "x"},
    "PUT /shared_variation_attributes/x/values/x": {"value": "x"},
    "PUT /slots/x/slot_configurations/x?context=global": {"slot_content": {"type": "html"}},
    "PUT /variation_attributes/x": {"attribute_definition_id": "x"},
    "PUT /variation_attributes/x/values/x": {"value": "x"},
}
"""The required members of bodies."""


@pytest.mark.rule("ORD-1")
@pytest.mark.parametrize("parent", BELOW)
def test_a_missing_parent_is_told_by_all_operations_below(api: Api, parent: str) -> None:
    kind, argument, paths = BELOW[parent]
    arguments = {argument: parent.rpartition("/")[2]}
    for path, methods in paths.items():
        for method in methods:
            body = None
            if method not in {"GET", "DELETE"}:
                body = {"query": ALL} if path.endswith("_search") else {}
                body |= REQUIRED.get(f"{method} {path}", {})
            answer = api.call(method, f"{api.scope}{parent}{path}", json=body)
            assert answer.status_code == 404, (method, path, answer.text)
            assert_fault(answer, 404, kind, arguments)


CATALOG, SITE = f"/catalogs/{here().catalog}", f"/sites/{here().site}"
SEARCHES = (
    *("/catalog_search", "/category_search", "/inventory_list_search", "/job_execution_search"),
    *("/product_search", "/role_search", "/site_search", "/user_search"),
    "/system_object_definition_search",
    "/system_object_definitions/Product/attribute_definition_search",
    "/system_object_definitions/Product/attribute_group_search",
    f"{CATALOG}/category_search",
    f"{CATALOG}/categories/{here().root}/category_product_assignment_search",
    f"/customer_lists/{here().customer_list}/customer_search",
    f"{SITE}/ab_test_search",
    f"{SITE}/campaign_search",
    f"{SITE}/coupon_search",
    f"{SITE}/coupon_redemption_search",
    f"{SITE}/customer_group_search",
    f"{SITE}/gift_certificate_search",
    f"{SITE}/promotion_search",
    f"{SITE}/promotion_campaign_assignment_search",
    f"{SITE}/slot_search",
    f"{SITE}/slot_configuration_search",
    f"{SITE}/slot_configuration_campaign_assignment_search",
    f"{SITE}/sorting_rule_search",
    f"{SITE}/source_code_group_search",
    f"{SITE}/store_search",
)
STOREFRONT_SEARCHES = (
    "/custom_object_definitions/Newsletter/attribute_definition_search",
    "/custom_object_definitions/Newsletter/attribute_group_search",
    "/custom_objects_search/Newsletter",
    "/products/cable-cardigan/variant_search",
    "/roles/Administrator/user_search",
    "/site_preferences/preference_groups/Storefront/staging/preference_search",
    f"{SITE}/customer_groups/Newsletter/member_search",
)


@pytest.mark.rule("SRC-1", "SEL-1")
@pytest.mark.parametrize(
    "paths",
    [
        pytest.param(SEARCHES, id="any server"),
        pytest.param(STOREFRONT_SEARCHES, id="storefront", marks=pytest.mark.needs(DATA_SET)),
    ],
)
def test_no_search_takes_a_malformed_query_or_selector(shop: Api, paths: tuple[str, ...]) -> None:
    for path in paths:
        malformed = shop.call("POST", shop.scope + path, json={"query": {}})
        assert malformed.status_code == 400, (path, malformed.text)
        assert_fault(malformed, 400, "MalformedSearchParameter", {})
        body = {"query": ALL, "select": "(("}
        malformed = shop.call("POST", shop.scope + path, json=body)
        assert malformed.status_code == 400, (path, malformed.text)
        assert_fault(malformed, 400, "MalformedSelector", {"selector": "(("})


@pytest.mark.rule("SEL-1")
def test_no_list_takes_a_malformed_selector(api: Api) -> None:
    for path in (
        *("/alerts/descriptors", "/alerts/items", "/catalogs", "/code_versions"),
        *("/locale_info/locales", "/roles", "/settings/logging/custom", "/users", "/sites"),
        *(f"/permissions/bm/{kind}" for kind in ("functional", "locale", "module", "webdav")),
        *("/permissions/csc/module", "/system_object_definitions", "/custom_objects/x/y"),
        *("/alerts/descriptors/bm", "/alerts/items/bm"),
    ):
        answer = api.get(f"{path}?select=((")
        assert answer.status_code == 400, (path, answer.text)
        assert_fault(answer, 400, "MalformedSelector", {"selector": "(("})


BOTH, CHANGE, REPLACE = ("PUT", "PATCH"), ("PATCH",), ("PUT",)
KEYS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "/catalogs/master-catalog/shared_product_options/giftWrapping": ("id", BOTH),
    "/catalogs/master-catalog/shared_product_options/giftWrapping/values/box": ("id", BOTH),
    "/catalogs/master-catalog/shared_variation_attributes/color": ("id", BOTH),
    "/catalogs/master-catalog/shared_variation_attributes/color/values/black": ("value", BOTH),
    "/catalogs/storefront-catalog": ("id", CHANGE),
    "/catalogs/storefront-catalog/categories/accessories": ("id", BOTH),
    "/catalogs/storefront-catalog/categories/accessories/products/wool-scarf": ("product_id", BOTH),
    "/custom_object_definitions/Newsletter/attribute_definitions/locales": ("id", BOTH),
    "/custom_object_definitions/Showroom/attribute_groups/Main": ("id", BOTH),
    "/products/bundle-office-l": ("id", BOTH),
    "/products/cable-cardigan/variations/cable-cardigan-ivory-l": ("product_id", BOTH),
    "/products/cable-cardigan/variation_attributes/color": ("id", BOTH),
    "/products/cable-cardigan/variation_attributes/color/values/ivory": ("value", BOTH),
    "/products/cable-cardigan/variation_groups/cable-cardigan-ivory": ("product_id", BOTH),
    "/products/card-holder/product_options/engraving": ("id", BOTH),
    "/products/card-holder/product_options/engraving/values/initials": ("id", BOTH),
    "/roles/Merchandiser": ("id", REPLACE),
    "/sites/RefArch/ab_tests/checkout-2023": ("id", REPLACE),
    "/sites/RefArch/ab_tests/checkout-2023/segments/one-page": ("id", BOTH),
    "/sites/RefArch/promotions/care-gift": ("id", BOTH),
    "/sites/RefArch/source_code_groups/ally-shops": ("id", BOTH),
    "/sites/RefArch/stores/exampleton": ("id", BOTH),
    "/system_object_definitions/OrganizationPreferences/attribute_groups/Integration": ("id", BOTH),
    "/system_object_definitions/Product/attribute_definitions/color": ("id", BOTH),
}
"""The ids of documents, and the methods that cannot change the id."""


@pytest.mark.rule("INV-3")
@pytest.mark.needs(DATA_SET)
def test_no_write_takes_another_id_in_the_body(shop: Api) -> None:
    for path, (key, methods) in KEYS.items():
        before = shop.get(path)
        document = before.json()
        other = {**document, key: "contract-other"}
        del other["_resource_state"]
        for method in methods:
            answer = shop.call(method, shop.scope + path, json=other)
            assert answer.status_code == 400, (method, path, answer.text)
            arguments = {"bodyID": "contract-other", "urlID": path.rpartition("/")[2]}
            assert_fault(answer, 400, "IdConflict", arguments)
        assert shop.get(path).content == before.content


@pytest.mark.rule("SRC-4")
@pytest.mark.parametrize(
    "paths",
    [
        pytest.param(SEARCHES, id="any server"),
        pytest.param(STOREFRONT_SEARCHES, id="storefront", marks=pytest.mark.needs(DATA_SET)),
    ],
)
def test_no_search_takes_more_than_20000_values(shop: Api, paths: tuple[str, ...]) -> None:
    told = {"msg": "a search request holds at most 20000 values"}
    body: Any = {"query": {"bool_query": {"must": [{}] * 20_000}}}
    for path in paths:
        answer = shop.call("POST", shop.scope + path, json=body)
        assert answer.status_code == 400, (path, answer.text)
        assert_fault(answer, 400, "QuotaExceeded", told)


LIST, MASTER = "/customer_lists/RefArch", "/products/cable-cardigan"
OF_SITE = {"siteId": "RefArch"}
NO_CAMPAIGN = ("CampaignNotFound", {"campaignId": "contract-none", **OF_SITE})
NO_CUSTOMER = (
    "CustomerListCustomerNotFound",
    {"customerNo": "contract-none", "customerListId": "RefArch"},
)
MISSING: Mapping[str, tuple[tuple[str, ...], str, Mapping[str, str]]] = {
    "/sites/RefArch/ab_tests/contract-none/segments/x/sorting_rules/x/x": (
        *(ASSIGNMENT, "ABTestNotFound"),
        {"abtestId": "contract-none", **OF_SITE},
    ),
    "/sites/RefArch/campaigns/contract-none/coupons/x": (ASSIGNMENT, *NO_CAMPAIGN),
    "/sites/RefArch/campaigns/contract-none/source_code_groups/x": (ASSIGNMENT, *NO_CAMPAIGN),
    "/sites/RefArch/customer_groups/contract-none/members/x": (
        *(("GET", "DELETE"), "CustomerGroupNotFound"),
        {"customerGroupId": "contract-none", **OF_SITE},
    ),
    "/catalogs/storefront-catalog/categories/contract-none/category_links"
    "/storefront-catalog/root/cross_selling": (
        *(CHANGE, "CategoryNotFound"),
        {"categoryId": "contract-none", "catalogId": "storefront-catalog"},
    ),
    "/catalogs/master-catalog/shared_product_options/contract-none": (
        *(CHANGE, "ProductOptionNotFound"),
        {"productOptionId": "contract-none", "catalogId": "master-catalog"},
    ),
    "/catalogs/master-catalog/shared_product_options/contract-none/values/x": (
        *(NO_POST, "ProductOptionNotFound"),
        {"productOptionId": "contract-none", "catalogId": "master-catalog"},
    ),
    "/catalogs/master-catalog/shared_variation_attributes/contract-none/values": (
        *(READ, "VariationAttributeNotFound"),
        {"variationAttributeId": "contract-none", "catalogId": "master-catalog"},
    ),
    "/catalogs/master-catalog/shared_variation_attributes/contract-none/values/x": (
        *(NO_POST, "VariationAttributeNotFound"),
        {"variationAttributeId": "contract-none", "catalogId": "master-catalog"},
    ),
    "/products/card-holder/product_options/contract-none/values/x": (
        *(NO_POST, "ProductOptionNotFound"),
        {"productOptionId": "contract-none", "productId": "card-holder"},
    ),
    f"{MASTER}/variation_attributes/contract-none/values/x": (
        *(NO_POST, "VariationAttributeNotFound"),
        {"variationAttributeId": "contract-none", "productId": "cable-cardigan"},
    ),
    f"{LIST}/customers/contract-none/addresses": (ADD, *NO_CUSTOMER),
    f"{LIST}/customers/contract-none/addresses/x": (("GET", "PATCH", "DELETE"), *NO_CUSTOMER),
    f"{LIST}/customers/00000001/addresses/contract-none": (
        *(CHANGE, "CustomerListCustomerAddressNotFound"),
        {"addressId": "contract-none", "customerNo": "00000001", "customerListId": "RefArch"},
    ),
    "/code_versions/contract-none": (
        *(CHANGE, "CodeVersionIdNotFound"),
        {"codeVersionId": "contract-none"},
    ),
    "/site_preferences/preference_groups/ContractNone/staging/preferences/x": (
        *(READ, "CustomPreferenceGroupNotFound"),
        {"preferenceGroupId": "ContractNone"},
    ),
    "/alerts/descriptors/bm/inventory/contract-none/revalidate": (
        *(CHANGE, "AlertDescriptorNotFound"),
        {
            "messageId": "contract-none",
            "applicationContextPath": "inventory",
            "applicationId": "bm",
        },
    ),
    **{
        f"/{kind}_object_definitions/{name}/attribute_groups/None/attribute_definitions/x": (
            *(("DELETE",), "AttributeGroupNotFound"),
            {"attributeGroupId": "None", "objectType": name},
        )
        for kind, name in (("custom", "Showroom"), ("system", "OrganizationPreferences"))
    },
    **{
        f"/{kind}_object_definitions/{name}/attribute_groups/{group}/attribute_definitions/None": (
            *(("DELETE",), "AttributeDefinitionNotFound"),
            {"attributeDefinitionId": "None", "objectType": name},
        )
        for kind, name, group in (
            ("custom", "Showroom", "Main"),
            ("system", "OrganizationPreferences", "Integration"),
        )
    },
}
"""Paths through a document that does not exist: the methods, the fault and its arguments."""


@pytest.mark.rule("ORD-1")
@pytest.mark.needs(DATA_SET)
@pytest.mark.parametrize("path", MISSING)
def test_a_missing_document_on_the_path_is_told(shop: Api, path: str) -> None:
    methods, kind, arguments = MISSING[path]
    for method in methods:
        body = None
        if method not in {"GET", "DELETE"}:
            body = {"value": "x"} if "/variation" in path or "_variation_" in path else {}
            if path.endswith("/addresses"):
                body = {"address_id": "x", "country_code": "US", "last_name": "x"}
        answer = shop.call(method, shop.scope + path, json=body)
        assert answer.status_code == 404, (method, answer.text)
        assert_fault(answer, 404, kind, dict(arguments))


LINK = "/catalogs/storefront-catalog/categories/clothing/category_links/storefront-catalog/gifts"
ADDRESS = {"address_id": "", "country_code": "US", "last_name": "x"}
CUSTOMER = {
    "credentials": {"enabled": True, "login": "contract@shop.example"},
    "email": "contract@shop.example",
    "last_name": "x",
    "primary_address": ADDRESS,
}
NO_COUPON = ("CouponNotFound", {"couponId": "contract-none", **OF_SITE})
NO_CODES = ("SourceCodeGroupNotFound", {"sourceCodeGroupId": "contract-none", **OF_SITE})
REFUSED: Mapping[str, tuple[Mapping[str, Any], int, str, Mapping[str, str]]] = {
    "PATCH /users/merchant?id": (
        *({"login": "contract-other"}, 400, "IdConflict"),
        {"bodyID": "contract-other", "urlID": "merchant"},
    ),
    "PATCH /users/merchant?locale": (
        *({"preferred_ui_locale": "no locale"}, 400, "UnknownLocale"),
        {"locale": "no locale"},
    ),
    "PATCH /users/merchant?role": (
        *({"roles": ["contract-none"]}, 400, "InvalidRole"),
        {"roleId": "contract-none"},
    ),
    f"PATCH {LINK}/cross_selling": (
        *({"target_category_id": "contract-other"}, 400, "IdConflict"),
        {"bodyID": "contract-other", "urlID": "gifts"},
    ),
    f"POST {LIST}/customers": (CUSTOMER, 400, "InvalidAddressId", {"addressId": ""}),
    f"PUT {LIST}/customers/contract-new": (CUSTOMER, 400, "InvalidAddressId", {"addressId": ""}),
    "PATCH /sites/RefArch/source_code_groups/ally-shops": (
        *({"specifications": [{"expression": ""}]}, 400, "SourceCodeGroupInvalid"),
        {"fieldId": "specifications"},
    ),
    "PATCH /sites/RefArch/coupons/lottery": (
        {"system_codes_config": {"number_of_codes": 5_000_001}},
        *(400, "SystemGeneratedCouponQuota", {"couponId": "lottery", "limit": "5000000"}),
    ),
    **{
        f"{method} /sites/RefArch/campaigns/decade/promotions/coats-20?{name}": (
            {name: ["contract-none"]},
            *(404, kind, arguments),
        )
        for method in BOTH
        for name, (kind, arguments) in (("coupons", NO_COUPON), ("source_code_groups", NO_CODES))
    },
}
"""Requests, each with the body, the status, the fault and its arguments.

The query only tells requests of the same path from each other.
"""


@pytest.mark.rule("CAT-7", "CUS-6", "MKT-7", "MKT-10", "MKT-14", "USER-2")
@pytest.mark.needs(DATA_SET)
@pytest.mark.parametrize("request_line", REFUSED)
def test_a_refused_body_changes_nothing(shop: Api, request_line: str) -> None:
    method, target = request_line.split(" ")
    path = target.partition("?")[0]
    body, status, kind, arguments = REFUSED[request_line]
    before = shop.get(path).content
    answer = shop.call(method, shop.scope + path, json=body)
    assert answer.status_code == status, answer.text
    assert_fault(answer, status, kind, dict(arguments))
    assert shop.get(path).content == before
