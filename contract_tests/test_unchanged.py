"""Writes that change nothing, for all kinds of documents of the data set ``storefront`` (RST-1)."""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest

from contract_tests.api import Api
from contract_tests.test_users import speak_as

META_PATH = "/s/-/dw/meta/v1/rest/data/v23_2"
STATE = "x-dw-resource-state"
Start = Callable[..., Api]
CAMPAIGN = "/sites/{site_id}/campaigns/{campaign_id}"
CATEGORY = "/catalogs/{source_catalog_id}/categories/{source_category_id}"
CONTEXT = "?context={context}={context_id}"
# The paths of the documents that PATCH changes, by collection of the data set. The names are
# those of the properties of an entry.
PATHS: Mapping[str, tuple[str, ...]] = {
    "ab_test_segments": ("/sites/{site_id}/ab_tests/{ab_test_id}/segments/{id}",),
    "ab_tests": ("/sites/{site_id}/ab_tests/{id}",),
    "campaigns": (CAMPAIGN,),
    "catalogs": ("/catalogs/{id}",),
    "categories": ("/catalogs/{catalog_id}/categories/{id}",),
    "category_links": (
        f"{CATEGORY}/category_links/{{target_catalog_id}}/{{target_category_id}}/{{type}}",
    ),
    "category_product_assignments": (
        "/catalogs/{catalog_id}/categories/{category_id}/products/{product_id}",
    ),
    "code_versions": ("/code_versions/{id}",),
    "content": ("/libraries/{library_id}/content/{id}",),
    "content_folders": ("/libraries/{library_id}/folders/{id}",),
    "coupons": ("/sites/{site_id}/coupons/{coupon_id}",),
    "custom_attribute_definitions": (
        "/custom_object_definitions/{object_type}/attribute_definitions/{id}",
    ),
    "custom_attribute_groups": ("/custom_object_definitions/{object_type}/attribute_groups/{id}",),
    "custom_objects": (
        "/custom_objects/{object_type}/{key_value_string}",
        "/sites/{site_id}/custom_objects/{object_type}/{key_value_string}",
    ),
    "customer_addresses": (
        "/customer_lists/{list_id}/customers/{customer_no}/addresses/{address_id}",
    ),
    "customer_groups": ("/sites/{site_id}/customer_groups/{id}",),
    "customers": ("/customer_lists/{list_id}/customers/{customer_no}",),
    "folder_assignments": ("/libraries/{library_id}/folder_assignments/{content_id}/{folder_id}",),
    "gift_certificates": ("/sites/{site_id}/gift_certificates/{merchant_id}",),
    "inventory_lists": ("/inventory_lists/{id}",),
    "product_inventory_records": (
        "/inventory_lists/{inventory_list_id}/product_inventory_records/{product_id}",
    ),
    "product_option_values": ("/products/{product_id}/product_options/{option_id}/values/{id}",),
    "product_options": ("/products/{product_id}/product_options/{id}",),
    "product_variation_attribute_values": (
        "/products/{product_id}/variation_attributes/{attribute_id}/values/{value}",
    ),
    "product_variation_attributes": ("/products/{product_id}/variation_attributes/{id}",),
    "products": (
        "/products/{id}",
        "/products/{master_id}/variations/{id}",
        "/products/{master_id}/variation_groups/{id}",
    ),
    "promotion_campaign_assignments": (f"{CAMPAIGN}/promotions/{{promotion_id}}",),
    "promotions": ("/sites/{site_id}/promotions/{id}",),
    "shared_product_option_values": (
        "/catalogs/{catalog_id}/shared_product_options/{option_id}/values/{id}",
    ),
    "shared_product_options": ("/catalogs/{catalog_id}/shared_product_options/{id}",),
    "shared_variation_attribute_values": (
        "/catalogs/{catalog_id}/shared_variation_attributes/{attribute_id}/values/{value}",
    ),
    "shared_variation_attributes": ("/catalogs/{catalog_id}/shared_variation_attributes/{id}",),
    "slot_configuration_campaign_assignments": (
        f"{CAMPAIGN}/slot_configurations/{{slot_id}}/{{slot_configuration_id}}{CONTEXT}",
    ),
    "slot_configurations": (
        f"/sites/{{site_id}}/slots/{{slot_id}}/slot_configurations/{{configuration_id}}{CONTEXT}",
    ),
    "source_code_groups": ("/sites/{site_id}/source_code_groups/{id}",),
    "stores": ("/sites/{site_id}/stores/{id}",),
    "system_attribute_definitions": (
        "/system_object_definitions/{object_type}/attribute_definitions/{id}",
    ),
    "system_attribute_groups": ("/system_object_definitions/{object_type}/attribute_groups/{id}",),
    "users": ("/users/{login}",),
}


ROLES = {
    "/products/{master_id}/variations/{id}": "variant",
    "/products/{master_id}/variation_groups/{id}": "variation_group",
}
# The faults of documents that no PATCH changes.
REFUSALS = {
    "AttributeDefinitionKeyReadOnlyException",
    "CodeVersionModificationException",
    "CouponLegacyUpdateForbiddenException",
    "ResourceLockedException",
    "SystemCustomerGroupUpdateForbiddenException",
}
# These have no state, no entry in the data set, or no document to read and send again.
NOT_WALKED = {
    "/alerts/descriptors/{}/{}/{}/revalidate",
    "/alerts/usersettings",
    "/global_preferences/preference_groups/{}/{}",
    "/settings/logging/custom",
    "/sites/{}/orders/{}",
    "/sites/{}/orders/{}/payment_instruments/{}",
    "/sites/{}/orders/{}/payment_instruments/{}/transaction",
    "/sites/{}/site_preferences/preference_groups/{}/{}",
    "/users/this/password",
    "/users/{}/access_key/{}",
}
# PUT refuses these as existing documents or as such; no GET shows assignments to campaigns; an
# inventory record sets the amount anew (INV-9).
NOT_REPLACED = {
    "catalogs",
    "code_versions",
    "customer_addresses",
    "customer_groups",
    "gift_certificates",
    "inventory_lists",
    "product_inventory_records",
    "product_variation_attributes",
    "promotion_campaign_assignments",
    "shared_product_options",
    "shared_variation_attributes",
    "slot_configuration_campaign_assignments",
}


def list_entries(files: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the entries of a data set by collection."""
    groups = (
        content if isinstance(content, dict) else {name.removesuffix(".json"): content}
        for name, content in files.items()
    )
    return {name: entries for group in groups for name, entries in group.items()}


def list_documents(files: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield collection and path of documents: of those with the same properties the first."""
    for name, entries in list_entries(files).items():
        seen = set()
        for path, entry in itertools.product(PATHS.get(name, ()), entries):
            ids = {"context_id": entry.get("slot_context_id", ""), **entry}
            ids |= entry.get("master", {})
            kind = next(iter(entry["type"]), "") if name == "products" else entry.get("context")
            role = ROLES.get(path, kind)
            names = re.findall(r"{(\w+)}", path)
            shape = (path, kind, *sorted(entry))
            if shape not in seen and role == kind and ids.keys() >= {*names}:
                seen.add(shape)
                yield name, path.format_map({one: quote(ids[one], safe="") for one in names})


@pytest.fixture
def everyone(start: Start) -> Callable[..., Any]:
    """Send a request with the token of a client, or of a user where only users may write."""
    api = start(fixtures="storefront")
    user = speak_as(api, "admin", "Secret:123")

    def send(method: str, path: str, **options: Any) -> Any:
        headers = user if path.startswith("/users/") else {}
        target = path if path.startswith("/__emulator__") else api.scope + path
        return api.call(method, target, headers=headers, **options)

    return send


def is_refused(answer: Any) -> bool:
    """Return whether the platform lets no request change a document."""
    return answer.status_code >= 400 and answer.json()["fault"]["type"] in REFUSALS


@pytest.mark.rule("RST-1")
def test_a_patch_that_changes_nothing_keeps_every_document(everyone: Callable[..., Any]) -> None:
    files = everyone("GET", "/__emulator__/state").json()["files"]
    walked = set()
    for name, path in list_documents(files):
        read = everyone("GET", path)
        shown = read.json() if read.status_code == 200 else {}
        if name == "product_inventory_records":  # an amount is set anew (INV-9)
            shown.pop("allocation", None)
        answers = [everyone("PATCH", path, json=body) for body in ({}, shown, {})]
        if is_refused(answers[0]):
            continue
        assert {answer.status_code for answer in answers} <= {200, 204}, (path, answers[1].text)
        states = {answer.headers[STATE] for answer in answers}
        assert states == {shown.get("_resource_state", answers[0].headers[STATE])}, path
        walked.add(name)
    assert walked == {*PATHS}
    assert everyone("GET", "/__emulator__/state").json()["files"] == files


@pytest.mark.rule("RST-1")
def test_a_put_of_the_same_document_keeps_the_document(everyone: Callable[..., Any]) -> None:
    files = everyone("GET", "/__emulator__/state").json()["files"]
    walked = set()
    for name, path in list_documents(files):
        read = everyone("GET", path)
        if name == "product_inventory_records" or read.status_code != 200:
            continue
        body = {n: value for n, value in read.json().items() if n != "_resource_state"}
        first, second = (everyone("PUT", path, json=body) for _ in range(2))
        if first.status_code < 400:
            assert second.json() == first.json(), path
            walked.add(name)
    assert {*PATHS} - walked == NOT_REPLACED


@pytest.mark.rule("RST-1")
def test_every_patch_of_a_document_is_walked(start: Start) -> None:
    paths = start(fixtures="storefront").call("GET", META_PATH).json()["paths"]
    patched = {re.sub(r"{\w+}", "{}", path) for path in paths if "patch" in paths[path]}
    walked = {re.sub(r"{\w+}", "{}", p).partition("?")[0] for all_ in PATHS.values() for p in all_}
    assert patched - walked == NOT_WALKED
