"""The Meta API: the APIs, the versions, and a description of each version (META-1, META-2)."""

import re
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from contract_tests.api import JSON, Api, assert_fault

Start = Callable[..., Api]

ROOT = "/s/-/dw/meta/v1/rest"
DESCRIPTION = f"{ROOT}/data/v23_2"
DOCUMENTS = f"{DESCRIPTION}/documents"
PATHS = (ROOT, f"{ROOT}/data", DESCRIPTION, DOCUMENTS, f"{DOCUMENTS}/site")
RECORDS = "/inventory_lists/{inventory_list_id}/product_inventory_records"
CUSTOMER = "/customer_lists/{list_id}/customers/{customer_no}"
GROUPS = "/sites/{site_id}/customer_groups"
CATEGORY = "/catalogs/{catalog_id}/categories/{category_id}"
GROUP = "preference_groups/{group_id}/{instance_type}"
SEGMENT = "/sites/{site_id}/ab_tests/{ab_test_id}/segments/{segment_id}"
ORDER = "/sites/{site_id}/orders/{order_no}"
SERVED = {
    "/sites/{site_id}/campaign_search": {"post"},
    "/sites/{site_id}/campaigns/{campaign_id}": {"get", "put", "patch", "delete"},
    "/sites/{site_id}/campaigns/{campaign_id}/customer_groups/{customer_group_id}": {
        "put",
        "delete",
    },
    "/sites/{site_id}/campaigns/{campaign_id}/promotions/{promotion_id}": {
        "put",
        "patch",
        "delete",
    },
    "/sites/{site_id}/campaigns/{campaign_id}/coupons/{coupon_id}": {"put", "delete"},
    "/sites/{site_id}/campaigns/{campaign_id}/slot_configurations/{slot_id}/{slot_config_id}": {
        "put",
        "patch",
        "delete",
    },
    "/sites/{site_id}/campaigns/{campaign_id}/sorting_rules/{sorting_rule_id}/{category_id}": {
        "put",
        "delete",
    },
    "/sites/{site_id}/slot_configuration_campaign_assignment_search": {"post"},
    "/sites/{site_id}/campaigns/{campaign_id}/source_code_groups/{source_code_group_id}": {
        "put",
        "delete",
    },
    "/sites/{site_id}/coupon_redemption_search": {"post"},
    "/sites/{site_id}/coupon_search": {"post"},
    "/sites/{site_id}/coupons": {"get"},
    "/sites/{site_id}/coupons/{coupon_id}": {"get", "put", "patch", "delete"},
    "/sites/{site_id}/coupons/{coupon_id}/campaigns": {"get"},
    "/sites/{site_id}/coupons/{coupon_id}/campaigns/{campaign_id}/promotions": {"get"},
    "/sites/{site_id}/coupons/{coupon_id}/codes": {"get"},
    "/sites/{site_id}/coupons/{coupon_id}/multiple_codes": {"post"},
    "/sites/{site_id}/coupons/{coupon_id}/promotions": {"get"},
    "/sites/{site_id}/sorting_rule_search": {"post"},
    "/sites/{site_id}/source_code_group_search": {"post"},
    "/sites/{site_id}/source_code_groups": {"get"},
    "/sites/{site_id}/source_code_groups/{id}": {"get", "put", "patch", "delete"},
    "/sites/{site_id}/promotion_campaign_assignment_search": {"post"},
    "/sites/{site_id}/promotion_search": {"post"},
    "/sites/{site_id}/promotions/{id}": {"get", "put", "patch", "delete"},
    "/sites/{site_id}/slots": {"get"},
    "/sites/{site_id}/slots/{slot_id}/{context_type}": {"get"},
    "/sites/{site_id}/slot_search": {"post"},
    "/sites/{site_id}/slot_configurations": {"get"},
    "/sites/{site_id}/slots/{slot_id}/slot_configurations/{configuration_id}": {
        *("get", "put", "patch", "delete"),
    },
    "/sites/{site_id}/slot_configuration_search": {"post"},
    "/sites/{site_id}/ab_tests": {"get"},
    "/sites/{site_id}/ab_tests/{id}": {"get", "put", "patch", "delete"},
    "/sites/{site_id}/ab_tests/{id}/segments/{segment_id}": {"get", "put", "patch", "delete"},
    f"{SEGMENT}/promotions/{{promotion_id}}": {"put", "delete"},
    f"{SEGMENT}/sorting_rules/{{sorting_rule_id}}/{{category_id}}": {"put", "delete"},
    f"{SEGMENT}/slot_configurations/{{slot_id}}/{{slot_config_id}}": {"put", "delete"},
    "/sites/{site_id}/ab_test_search": {"post"},
    ORDER: {"patch"},
    **{
        f"{ORDER}/{kind}_status": {"put"}
        for kind in ("confirmation", "export", "external", "payment", "shipping")
    },
    f"{ORDER}/status": {"put"},
    f"{ORDER}/payment_instruments/{{payment_instrument_id}}": {"patch"},
    f"{ORDER}/payment_instruments/{{payment_instrument_id}}/transaction": {"patch"},
    f"{ORDER}/shipments/{{shipment_id}}/shipping_address": {"put"},
    "/sites": {"get"},
    "/sites/{site_id}": {"get"},
    "/site_search": {"post"},
    "/sites/Sites-Site": {"get"},
    "/sites/{site_id}/cartridges": {"put", "post"},
    "/sites/{site_id}/cartridges/{cartridge_name}": {"delete"},
    "/users": {"get"},
    "/users/this": {"get"},
    "/users/this/password": {"patch"},
    "/users/{login}": {"get", "put", "patch", "delete"},
    "/users/{login}/access_key/{scope}": {"get", "put", "patch", "delete"},
    "/user_search": {"post"},
    "/roles": {"get"},
    "/roles/{id}": {"get", "put", "delete"},
    "/roles/{id}/users": {"get"},
    "/roles/{id}/users/{login}": {"put", "delete"},
    "/roles/{id}/user_search": {"post"},
    "/role_search": {"post"},
    "/roles/{id}/permissions": {"get", "put"},
    "/locale_info/locales": {"get"},
    "/sites/{site_id}/locale_info/locales": {"get"},
    "/sites/{site_id}/ai/recommender_names": {"get"},
    "/settings/logging/custom": {"get", "patch"},
    "/log_requests/ecdn": {"post"},
    "/log_requests/ecdn/{id}": {"get"},
    "/metrics/{apitype}": {"get"},
    "/ocapi_configs/{clientId}": {"get", "put", "post", "delete"},
    "/alerts/descriptors": {"get"},
    "/alerts/descriptors/{application_id}": {"get"},
    "/alerts/descriptors/{application_id}/{application_context_path}/{message_id}": {"get"},
    "/alerts/descriptors/{application_id}/{application_context_path}/{message_id}/revalidate": {
        "patch"
    },
    "/alerts/items": {"get"},
    "/alerts/items/{application_id}": {"get"},
    "/alerts/items/{application_id}/{application_context_path}/{message_id}/{context_object_id}": {
        "get",
        "delete",
    },
    "/alerts/usersettings": {"get", "patch"},
    "/permissions": {"get"},
    "/permissions/bm": {"get"},
    "/permissions/bm/functional": {"get"},
    "/permissions/bm/locale": {"get"},
    "/permissions/bm/module": {"get"},
    "/permissions/bm/webdav": {"get"},
    "/permissions/csc": {"get"},
    "/permissions/csc/module": {"get"},
    "/inventory_lists": {"get"},
    "/inventory_lists/{id}": {"get", "put", "patch", "delete"},
    "/inventory_list_search": {"post"},
    RECORDS: {"get"},
    RECORDS + "/{product_id}": {"get", "put", "patch", "delete"},
    "/system_object_definitions": {"get"},
    "/system_object_definitions/{object_type}": {"get"},
    "/system_object_definition_search": {"post"},
    "/custom_objects/{object_type}/{key}": {"get", "put", "patch", "delete"},
    "/sites/{site_id}/custom_objects/{object_type}/{key}": {"get", "put", "patch", "delete"},
    "/custom_objects_search/{object_type}": {"post"},
    f"/global_preferences/{GROUP}": {"get", "patch"},
    f"/sites/{{site_id}}/site_preferences/{GROUP}": {"get", "patch"},
    f"/site_preferences/{GROUP}/preferences/{{preference_id}}": {"get"},
    f"/site_preferences/{GROUP}/preference_search": {"post"},
    **{
        f"/{kind}_object_definitions/{{object_type}}/{path}": methods
        for kind in ("system", "custom")
        for path, methods in {
            "attribute_definitions": {"get"},
            "attribute_definitions/{id}": {"get", "put", "patch", "delete"},
            "attribute_definition_search": {"post"},
            "attribute_groups": {"get"},
            "attribute_groups/{id}": {"get", "put", "patch", "delete"},
            "attribute_groups/{group_id}/attribute_definitions/{def_id}": {"put", "delete"},
            "attribute_group_search": {"post"},
        }.items()
    },
    "/code_versions": {"get"},
    "/code_versions/{code_version_id}": {"get", "put", "patch", "delete"},
    "/products/{id}": {"get", "put", "patch", "delete"},
    "/product_search": {"post"},
    "/products/{id}/variant_search": {"post"},
    **{
        f"/products/{{{parent}}}/{path}": methods
        for parent, kind, identifier in (
            ("master_product_id", "variations", ""),
            ("master_product_id", "variation_groups", ""),
            ("product_id", "product_options", "option_id"),
            ("product_id", "variation_attributes", "attribute_id"),
        )
        for path, methods in {
            kind: {"get"},
            f"{kind}/{{id}}": {"get", "put", "patch", "delete"},
            **({f"{kind}/{{{identifier}}}/values": {"get"}} if identifier else {}),
            **(
                {f"{kind}/{{{identifier}}}/values/{{id}}": {"get", "put", "patch", "delete"}}
                if identifier
                else {}
            ),
        }.items()
    },
    "/catalogs": {"get"},
    "/catalogs/{catalog_id}": {"get", "patch"},
    "/catalog_search": {"post"},
    "/catalogs/{catalog_id}/categories": {"get"},
    "/catalogs/{catalog_id}/categories/{category_id}": {"get", "put", "patch", "delete"},
    "/catalogs/{catalog_id}/category_search": {"post"},
    "/category_search": {"post"},
    f"{CATEGORY}/category_product_assignment_search": {"post"},
    f"{CATEGORY}/products/{{product_id}}": {"get", "put", "patch", "delete"},
    f"{CATEGORY}/category_links": {"get"},
    f"{CATEGORY}/category_links/{{target_catalog_id}}/{{target_category_id}}/{{type}}": {
        *("get", "put", "patch", "delete"),
    },
    **{
        f"/catalogs/{{catalog_id}}/{path}": methods
        for kind, identifier in (
            ("shared_product_options", "option_id"),
            ("shared_variation_attributes", "attribute_id"),
        )
        for path, methods in {
            kind: {"get"},
            f"{kind}/{{id}}": {"get", "put", "patch", "delete"},
            f"{kind}/{{{identifier}}}/values": {"get"},
            f"{kind}/{{{identifier}}}/values/{{id}}": {"get", "put", "patch", "delete"},
        }.items()
    },
    "/job_execution_search": {"post"},
    "/jobs/{job_id}/executions": {"post"},
    "/jobs/{job_id}/executions/{id}": {"get", "delete"},
    "/customer_lists/{list_id}": {"get"},
    "/customer_lists/{list_id}/customers": {"post"},
    CUSTOMER: {"get", "put", "patch", "delete"},
    CUSTOMER + "/addresses": {"get", "post"},
    CUSTOMER + "/addresses/{address_id}": {"get", "patch", "delete"},
    "/customer_lists/{customer_list_id}/customer_search": {"post"},
    GROUPS: {"get"},
    GROUPS + "/{id}": {"get", "put", "patch", "delete"},
    "/sites/{site_id}/customer_group_search": {"post"},
    GROUPS + "/{id}/members": {"get"},
    GROUPS + "/{id}/members/{customer_no}": {"get", "put", "delete"},
    GROUPS + "/{id}/member_search": {"post"},
    "/sites/{site_id}/stores": {"get"},
    "/sites/{site_id}/stores/{id}": {"get", "put", "patch", "delete"},
    "/sites/{site_id}/store_search": {"post"},
    "/sites/{site_id}/gift_certificates": {"get", "post"},
    "/sites/{site_id}/gift_certificates/{merchant_id}": {"get", "patch", "delete"},
    "/sites/{site_id}/gift_certificate_search": {"post"},
    "/libraries/{library_id}/content/{content_id}": {"get", "put", "patch", "delete"},
    "/libraries/{library_id}/content/{content_id}/folders": {"get"},
    "/libraries/{library_id}/folders/{folder_id}": {"get", "put", "patch", "delete"},
    "/libraries/{library_id}/folders/{folder_id}/content": {"get"},
    "/libraries/{library_id}/folders/{folder_id}/sub_folders": {"get"},
    "/libraries/{library_id}/folder_assignments/{content_id}/{folder_id}": {
        "get",
        "put",
        "patch",
        "delete",
    },
}
METHODS = ("get", "put", "patch", "delete", "post")


def describe(api: Api) -> dict[str, Any]:
    """Return the description of the Data API."""
    answer = api.call("GET", DESCRIPTION)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.rule("META-1")
@pytest.mark.parametrize("scope", ["", "/s/-", "/s/SiteGenesis"])
def test_every_form_of_the_path_has_links_in_the_same_form(
    request: pytest.FixtureRequest, api: Api, scope: str
) -> None:
    if "SiteGenesis" in scope:
        request.getfixturevalue("samples")
    root = f"{scope}/dw/meta/v1/rest"
    answer = api.call("GET", root)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, JSON)
    assert {"name": "data", "link": f"{api.url}{root}/data"} in answer.json()["apis"]
    version = {"name": "v23_2", "link": f"{api.url}{root}/data/v23_2", "status": "current"}
    assert version in api.call("GET", f"{root}/data").json()["versions"]
    described = api.call("GET", f"{root}/data/v23_2").json()
    assert described["basePath"] == f"{scope}/dw/data/v23_2"
    documents = f"{root}/data/v23_2/documents"
    site = {"name": "site", "link": f"{api.url}{documents}/site"}
    assert site in api.call("GET", documents).json()["documents"]
    assert api.call("GET", f"{documents}/site").status_code == 200


@pytest.mark.rule("META-1")
def test_an_unknown_site_is_not_found(api: Api) -> None:
    path = "/s/NoSuchSite/dw/meta/v1/rest"
    assert_fault(api.call("GET", path), 404, "UnknownSite", {"siteId": "NoSuchSite"})
    refused = api.call("GET", path, headers={"Authorization": None})
    assert_fault(refused, 401, "AuthorizationHeaderMissing", {})


@pytest.mark.rule("META-1", "URL-3")
def test_every_accepted_version_is_listed_with_its_status_and_described(api: Api) -> None:
    versions = api.call("GET", f"{ROOT}/data").json()["versions"]
    statuses = {version["name"]: version["status"] for version in versions}
    assert list(statuses)[:2] == ["v18_1", "v18_2"]
    assert list(statuses)[-2:] == ["v24_5", "v25_6"]
    assert len(statuses) == 34
    assert (statuses["v21_3"], statuses["v21_10"]) == ("obsolete", "deprecated")
    assert (statuses["v23_1"], statuses["v23_2"]) == ("deprecated", "current")
    for name, number in (("v19_10", "19.10"), ("v25_6", "25.6")):
        description = api.call("GET", f"{ROOT}/data/{name}").json()
        assert description["info"]["version"] == number
        assert description["basePath"] == f"/s/-/dw/data/{name}"
        documents = api.call("GET", f"{ROOT}/data/{name}/documents").json()["documents"]
        assert len(documents) == len(description["definitions"])


@pytest.mark.rule("META-1", "URL-3", "URL-8")
def test_the_list_of_versions_follows_the_accepted_ones(start: Start) -> None:
    api = start(accept_versions="v19_5,v17_1")
    versions = api.call("GET", f"{ROOT}/data").json()["versions"]
    assert [version["name"] for version in versions] == ["v17_1", "v19_5"]
    answer = api.call("GET", DESCRIPTION)
    assert_fault(answer, 404, "VersionNotFound", {"version": "v23_2"})
    assert "--accept-versions" in answer.headers["x-emulator-hint"]


@pytest.mark.rule("META-1")
def test_any_version_is_described_if_any_is_accepted(start: Start) -> None:
    api = start(accept_versions="any")
    assert api.call("GET", f"{ROOT}/data/v99_9").json()["info"]["version"] == "99.9"
    assert len(api.call("GET", f"{ROOT}/data").json()["versions"]) == 34


@pytest.mark.rule("META-1")
@pytest.mark.parametrize("path", PATHS)
def test_an_answer_may_be_cached_for_15_minutes(api: Api, path: str) -> None:
    assert api.call("GET", path).headers["Cache-Control"] == "max-age=900,must-revalidate"


@pytest.mark.rule("META-1")
@pytest.mark.parametrize("path", [*PATHS, f"{ROOT}/data/v9_9", f"{ROOT}/nope", "/dw/meta"])
def test_without_a_token_every_path_is_refused(api: Api, path: str) -> None:
    for query in ("", f"?client_id={api.client_id}"):
        answer = api.call("GET", path + query, headers={"Authorization": None})
        assert_fault(answer, 401, "AuthorizationHeaderMissing", {})
        assert "max-age=900" not in answer.headers["Cache-Control"]


@pytest.mark.rule("META-1", "AUT-1")
def test_an_invalid_token_is_refused(api: Api) -> None:
    answer = api.call("GET", ROOT, headers={"Authorization": "Bearer x"})
    assert_fault(answer, 401, "InvalidAccessToken", {"accessToken": "x"})
    answer = api.call("GET", ROOT, headers={"Authorization": "Basic eDp5"})
    assert_fault(answer, 401, "InvalidAuthorizationHeader", {})


@pytest.mark.rule("META-1", "SET-1")
def test_a_token_is_enough_without_any_permission(start: Start) -> None:
    api = start()
    nothing = {"_v": "23.2", "clients": []}
    assert api.call("POST", "/__emulator__/settings", json=nothing).status_code == 200
    assert api.get("/sites").status_code == 403
    for path in PATHS:
        assert api.call("GET", path).status_code == 200


@pytest.mark.rule("META-1")
@pytest.mark.parametrize("version", ["v9_9", "v23_20", "23_2", "V23_2", "data", "v23_2%2F"])
def test_an_unknown_version_is_not_found(api: Api, version: str) -> None:
    answer = api.call("GET", f"{ROOT}/data/{version}")
    assert_fault(answer, 404, "VersionNotFound", {"version": version})


@pytest.mark.rule("META-1")
@pytest.mark.parametrize(
    "path",
    [
        f"{ROOT}/nope",
        "/s/-/dw/meta/v2/rest",
        "/dw/meta",
        f"{ROOT}/data/a/b",
        f"{DOCUMENTS}/nope",
        f"{DOCUMENTS}/site/id",
    ],
)
def test_an_unknown_path_is_not_found(api: Api, path: str) -> None:
    assert_fault(api.call("GET", path), 404, "ResourcePathNotFound", {"path": path})


@pytest.mark.rule("META-1")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused(api: Api, method: str) -> None:
    answer = api.call(method, ROOT)
    assert_fault(answer, 405, "MethodNotAllowed", {"method": method})
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.rule("META-1", "ENV-6")
def test_links_have_host_and_scheme_of_the_request(start: Start) -> None:
    api = start(trust_forwarded_proto=True)
    headers = {"Host": "shop.example:8443", "X-Forwarded-Proto": "https"}
    listed = api.call("GET", ROOT, headers=headers).json()
    assert listed["apis"][0]["link"] == f"https://shop.example:8443{ROOT}/data"
    described = api.call("GET", DESCRIPTION, headers=headers).json()
    assert (described["host"], described["schemes"]) == ("shop.example:8443", ["https"])
    for host in ("bad host", "localhost:99999"):
        refused = api.call("GET", ROOT, headers={"Host": host})
        assert_fault(refused, 400, "InvalidHostHeader", {"host": host})


@pytest.mark.rule("META-2")
def test_the_description_is_valid_swagger(api: Api) -> None:
    validator = pytest.importorskip("openapi_spec_validator")
    description = describe(api)
    assert description["swagger"] == "2.0"
    validator.validate(description)


@pytest.mark.rule("META-2")
def test_the_description_has_the_served_paths_and_methods(start: Start) -> None:
    description = describe(start())
    assert description["basePath"] == "/s/-/dw/data/v23_2"
    assert description["info"]["version"] == "23.2"
    assert {path: set(one) for path, one in description["paths"].items()} == SERVED


def _matches(template: str, path: str) -> bool:
    """Return whether a path is one of a template; ``/users/this`` is also a path of a user."""
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


@pytest.mark.rule("META-2", "URL-6")
def test_exactly_the_described_methods_are_served(start: Start) -> None:
    api = start()
    for template in SERVED:
        named = re.sub(r"\{\w+\}", "contract-none", template)
        methods = set[str]().union(*(SERVED[other] for other in SERVED if _matches(other, named)))
        path = api.scope + named
        answers = {method: api.call(method.upper(), path, json={}) for method in METHODS}
        refused = {method for method, answer in answers.items() if answer.status_code == 405}
        assert refused == set(METHODS) - methods, template
        assert not any("ResourcePathNotFound" in answer.text for answer in answers.values())


@pytest.mark.rule("META-2")
def test_operation_ids_are_unique(api: Api) -> None:
    paths = describe(api)["paths"]
    names = [one[m]["operationId"] for one, m in product(paths.values(), METHODS) if m in one]
    assert len(names) == len(set(names))
    assert paths["/inventory_lists/{id}"]["put"]["operationId"] == "putInventoryListsByID"


@pytest.mark.rule("META-2", "INV-7")
def test_a_document_is_described_with_its_constraints_and_envelope(api: Api) -> None:
    properties = describe(api)["definitions"]["inventory_list"]["properties"]
    assert properties["id"] == {"type": "string", "minLength": 1, "maxLength": 256}
    assert properties["default_in_stock"]["type"] == "boolean"
    assert (properties["link"]["type"], properties["link"]["readOnly"]) == ("string", True)
    assert {"_v", "_type", "_resource_state"} <= set(properties)


@pytest.mark.rule("META-2", "FLT-1")
def test_the_description_has_enumerations_and_optional_arguments_of_faults(api: Api) -> None:
    definitions = describe(api)["definitions"]
    record = definitions["product_inventory_record"]["properties"]
    assert record["pre_order_back_order_handling"]["enum"] == ["none", "preorder", "backorder"]
    fault = definitions["fault"]["properties"]["fault"]
    assert "arguments" in fault["properties"]
    assert fault["required"] == ["message", "type"]


@pytest.mark.rule("META-2", "SRC-4")
def test_a_search_is_described_with_its_faults(api: Api) -> None:
    search = describe(api)["paths"]["/inventory_list_search"]["post"]
    faults = re.findall(r"`(\w+)Exception`", search["responses"]["400"]["description"])
    assert {"MalformedSearchParameter", "MalformedSelector", "QuotaExceeded"} <= set(faults)


@pytest.mark.rule("META-1", "META-2")
def test_a_document_is_shown_as_the_description_has_it(api: Api) -> None:
    described = describe(api)["definitions"]
    shown = api.call("GET", f"{DOCUMENTS}/product_inventory_record").json()
    inner = shown.pop("definitions")
    assert shown == described["product_inventory_record"]
    assert inner == {name: described[name] for name in ("product_inventory_record_allocation",)}


@pytest.mark.rule("META-2", "INV-5")
@pytest.mark.parametrize(
    ("dialect", "statuses"),
    [
        ("documented", {"201", "400", "404", "default"}),
        ("observed", {"200", "201", "400", "default"}),
    ],
)
def test_statuses_are_those_of_the_dialect(start: Start, dialect: str, statuses: set[str]) -> None:
    put = describe(start(dialect=dialect))["paths"]["/inventory_lists/{id}"]["put"]
    assert set(put["responses"]) == statuses
