"""Custom preferences of sites and of the organization (PRF)."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

Start = Callable[..., Api]

GROUPS = "site_preferences/preference_groups"
SITE = f"/sites/RefArch/{GROUPS}"
GLOBAL = "/global_preferences/preference_groups/Integration"
MASK = "************"
NO_GROUP = "No preference group with ID 'Nope' could be found."


@pytest.fixture
def shop(start: Start) -> Api:
    """A server with the data set ``storefront``."""
    return start(fixtures="storefront")


@pytest.mark.rule("PRF-5")
def test_the_journal_hides_passwords_of_any_name(shop: Api) -> None:
    base = "/system_object_definitions/SitePreferences"
    body = {"value_type": "password"}
    assert shop.put(f"{base}/attribute_definitions/pin", json=body).status_code == 201
    assigned = shop.put(f"{base}/attribute_groups/Reviews/attribute_definitions/pin")
    assert assigned.status_code == 204
    path, secret = f"{SITE}/Reviews/development", "plum4"
    changed = shop.patch(path, json={"c_pin": secret, "c_reviewsLayout": "list"})
    assert changed.json()["c_pin"] == secret
    for _ in range(2):
        assert shop.get(path).json()["c_pin"] == secret
        assert f"<c_pin>{secret}</c_pin>" in shop.get(f"{path}?format=xml").text
    of_sites = "/site_preferences/preference_groups/Reviews/development"
    alone = shop.get(f"{of_sites}/preferences/pin").json()
    assert alone["site_values"]["RefArch"] == secret
    found = shop.call(
        "POST",
        f"{shop.scope}/site_preferences/preference_groups/Reviews/development/preference_search",
        json={"query": {"match_all_query": {}}, "select": "(**)"},
    )
    assert secret in found.text
    part = f"--b\r\nx-dw-http-method: GET\r\nx-dw-resource-path: {shop.scope}{path}\r\n\r\n\r\n"
    batch = shop.call(
        "POST",
        "/s/-/dw/batch",
        data=f"{part}--b--",
        headers={"Content-Type": "multipart/mixed; boundary=b"},
    )
    assert secret in batch.text
    journal = shop.call("GET", "/__emulator__/journal").text
    assert secret not in journal
    assert r"\"c_pin\":\"***\"" in journal
    assert "<c_pin>***</c_pin>" in journal
    assert r"\"c_reviewsLayout\":\"list\"" in journal


@pytest.mark.rule("PRF-2")
def test_a_group_has_the_preferences_with_a_value(shop: Api) -> None:
    group = shop.get(f"{SITE}/Reviews/development").json()
    assert len(group.pop("_resource_state")) == 64
    assert group == {
        "_v": "23.2",
        "_type": "site_preferences",
        "c_enableReviews": True,
        "c_reviewsApiKey": "not-a-secret",
        "c_reviewsLayout": "grid",
        "link": f"{shop.url}{shop.scope}{SITE}/Reviews/development",
        "site": {
            "_type": "site",
            "id": "RefArch",
            "link": f"{shop.url}{shop.scope}/sites/RefArch",
        },
    }
    masked = shop.get(f"{SITE}/Reviews/development?mask_passwords=true").json()
    assert masked["c_reviewsApiKey"] == MASK
    answer = shop.get(f"{SITE}/Storefront/development?mask_passwords=x")
    malformed = {"parameter": "mask_passwords", "value": "x"}
    assert_fault(answer, 400, "MalformedParameter", malformed)
    empty = shop.get(f"{SITE}/Reviews/production").json()
    assert not [name for name in empty if name.startswith("c_")]


@pytest.mark.rule("PRF-2")
def test_a_client_has_a_group_already(shop: Api) -> None:
    path = f"{SITE}/Reviews/development"
    tag = {"If-None-Match": shop.get(path).headers["ETag"]}
    assert shop.get(path, headers=tag).status_code == 304
    assert shop.patch(path, json={"c_enableReviews": False}).status_code == 200
    assert shop.get(path, headers=tag).status_code == 200


@pytest.mark.rule("PRF-2")
def test_a_sandbox_falls_back_to_development(shop: Api) -> None:
    sandbox = shop.get(f"{SITE}/Storefront/sandbox").json()
    assert sandbox["c_maxCartLines"] == 5
    assert sandbox["c_shippingCountries"] == ["US", "CA"]
    current = shop.get(f"{SITE}/Storefront/current").json()
    assert current == sandbox
    assert current["link"].endswith(f"{SITE}/Storefront/sandbox")
    changed = shop.patch(f"{SITE}/Storefront/sandbox", json={"c_maxCartLines": None}).json()
    assert changed["c_maxCartLines"] == 50


@pytest.mark.rule("PRF-2")
def test_global_preferences_have_those_of_sites_by_expansion(shop: Api) -> None:
    group = shop.get(f"{GLOBAL}/development?mask_passwords=true").json()
    assert len(group.pop("_resource_state")) == 64
    assert group == {
        "_v": "23.2",
        "_type": "organization_preferences",
        "c_integrationToken": MASK,
        "c_supportEmail": "support@example.com",
        "link": f"{shop.url}{shop.scope}{GLOBAL}/development",
    }
    for system in ("OrganizationPreferences", "SitePreferences"):
        base = f"/system_object_definitions/{system}"
        definition = f"{base}/attribute_definitions/shared"
        assert shop.put(definition, json={"value_type": "string"}).status_code == 201
        assert shop.put(f"{base}/attribute_groups/Shared", json={}).status_code == 201
        member = f"{base}/attribute_groups/Shared/attribute_definitions/shared"
        assert shop.put(member).status_code == 204
    patched = shop.patch(f"/sites/RefArch/{GROUPS}/Shared/staging", json={"c_shared": "s"})
    assert patched.status_code == 200
    shared = "/global_preferences/preference_groups/Shared/staging"
    sites = shop.get(f"{shared}?expand=sites").json()["site_preferences"]
    assert [(one["site"]["id"], one.get("c_shared")) for one in sites] == [
        ("RefArch", "s"),
        ("RefArchGlobal", None),
    ]
    assert "site_preferences" not in shop.get(shared).json()


@pytest.mark.rule("PRF-1")
def test_groups_and_instance_types_that_are_unknown(shop: Api) -> None:
    query: Any = {"query": {"match_all_query": {}}}
    paths = (f"/sites/RefArch/{GROUPS}", "/global_preferences/preference_groups")
    calls: list[tuple[str, str, Any]] = [("GET", path, None) for path in paths]
    calls += [("PATCH", path, {}) for path in paths]
    for method, path, body in calls:
        answer = shop.call(method, f"{shop.scope}{path}/Nope/staging", json=body)
        arguments = {"preferenceGroupId": "Nope"}
        assert_fault(answer, 404, "CustomPreferenceGroupNotFound", arguments, NO_GROUP)
        answer = shop.call(method, f"{shop.scope}{path}/Reviews/nope", json=body)
        arguments = {"value": "nope", "type": "InstanceType"}
        assert_fault(answer, 400, "IllegalEnumerationValue", arguments)
    answer = shop.patch(f"{SITE}/Reviews/current", json={})
    current = {"value": "current", "type": "InstanceType"}
    assert_fault(answer, 400, "IllegalEnumerationValue", current)
    search = f"{shop.scope}/{GROUPS}/Nope/staging/preference_search"
    answer = shop.call("POST", search, json=query)
    assert_fault(
        answer, 404, "CustomPreferenceGroupNotFound", {"preferenceGroupId": "Nope"}, NO_GROUP
    )
    answer = shop.get(f"/{GROUPS}/Reviews/staging/preferences/nope")
    message = "No preference with ID 'nope' could be found."
    assert_fault(answer, 404, "PreferenceNotFound", {"preferenceId": "nope"}, message)
    answer = shop.get(f"/sites/nope/{GROUPS}/Reviews/staging")
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "nope"})


@pytest.mark.rule("PRF-3", "RST-2")
def test_patch_changes_single_preferences(shop: Api) -> None:
    path = f"{SITE}/Reviews/development"
    before = shop.get(path).json()
    changed = shop.patch(path, json={"c_enableReviews": False, "c_reviewsLayout": None}).json()
    assert changed["c_enableReviews"] is False
    assert "c_reviewsLayout" not in changed
    assert changed["c_reviewsApiKey"] == "not-a-secret"
    assert shop.get(path).json() == changed
    stale = {"c_enableReviews": True, "_resource_state": before["_resource_state"]}
    states = {"client": before["_resource_state"], "server": changed["_resource_state"]}
    assert_fault(shop.patch(path, json=stale), 409, "ResourceStateConflict", states)
    answer = shop.patch(f"{GLOBAL}/staging", json={"c_supportEmail": "new@example.com"})
    assert answer.json()["c_supportEmail"] == "new@example.com"


@pytest.mark.rule("PRF-3")
def test_a_localizable_preference_of_markup_takes_what_was_answered(shop: Api) -> None:
    base = "/system_object_definitions/SitePreferences"
    definition = {"value_type": "html", "localizable": True}
    assert shop.put(f"{base}/attribute_definitions/hint", json=definition).status_code == 201
    member = f"{base}/attribute_groups/Reviews/attribute_definitions/hint"
    assert shop.put(member).status_code == 204
    path = f"{SITE}/Reviews/development"
    answered = shop.patch(path, json={"c_hint": {"default": "<b>x</b>"}}).json()["c_hint"]
    markup = {"_type": "markup_text", "markup": "<b>x</b>", "source": "<b>x</b>"}
    assert answered == {"default": markup}
    assert shop.patch(path, json={"c_hint": answered}).json()["c_hint"] == answered


@pytest.mark.rule("PRF-3")
def test_without_the_type_no_preference_of_a_site_is_changed(start: Start) -> None:
    path = f"/sites/SiteGenesis/{GROUPS}/Reviews/development"
    answer = start(fixtures="samples").patch(path, json={})
    assert_fault(answer, 404, "ObjectTypeNotFound", {"objectType": "SitePreferences"})


@pytest.mark.rule("PRF-3")
def test_patch_refuses_other_values(shop: Api) -> None:
    path = f"{SITE}/Reviews/development"
    before = shop.get(path).text
    document = "site_preferences"
    for body, kind, arguments in [
        ({"c_other": 1}, "UnknownProperty", {"property": "c_other", "document": document}),
        ({"c_enableReviews": "x"}, "InvalidCustomProperty", {}),
        ({"c_reviewsLayout": "x"}, "InvalidCustomProperty", {}),
        (
            {"c_enableReviews": False, "c_reviewsApiKey": MASK},
            "PropertyConstraintViolation",
            {"document": document, "path": "$.c_reviewsApiKey"},
        ),
    ]:
        assert_fault(shop.patch(path, json=body), 400, kind, arguments)
    assert shop.get(path).text == before


@pytest.mark.rule("PRF-4")
def test_a_preference_has_the_values_of_all_sites(shop: Api) -> None:
    path = f"/{GROUPS}/Reviews/sandbox/preferences/enableReviews"
    preference = shop.get(path).json()
    assert shop.get(path.replace("sandbox", "current")).json() == preference
    preference.pop("_resource_state", None)
    assert preference == {
        "_v": "23.2",
        "_type": "preference_value",
        "description": {"default": "Whether customers may write reviews"},
        "display_name": {"default": "Enable reviews", "de": "Bewertungen aktivieren"},
        "id": "enableReviews",
        "site_values": {"RefArch": True, "RefArchGlobal": False},
        "value_type": "boolean",
    }


@pytest.mark.rule("PRF-4", "SRC-1")
def test_preferences_are_searched(shop: Api) -> None:
    base = f"{shop.scope}/{GROUPS}/Reviews/development/preference_search"

    def search(**request: Any) -> Any:
        answer = shop.call("POST", f"{base}?mask_passwords=true", json=request)
        assert answer.status_code == 200, answer.text
        return answer.json()

    query = {"term_query": {"fields": ["value_type"], "operator": "is", "values": ["password"]}}
    found = search(query=query)
    assert found["_type"] == "preference_value_search_result"
    [hit] = found["hits"]
    assert set(hit) - {"_v"} == {"_type", "display_name", "id", "site_values", "value_type"}
    assert hit["site_values"] == {"RefArch": MASK, "RefArchGlobal": None}
    sorts = [{"field": "id", "sort_order": "desc"}]
    everything: Any = {"match_all_query": {}}
    whole = search(query=everything, sorts=sorts, select="(**)", expand=["value"])
    assert [one["id"] for one in whole["hits"]] == [
        "reviewsLayout",
        "reviewsApiKey",
        "enableReviews",
    ]
    definition = whole["hits"][0]["attribute_definition"]
    assert len(definition["_resource_state"]) == 64
    assert [one["value"] for one in definition["value_definitions"]] == ["list", "grid"]
    text = {"text_query": {"fields": ["display_name"], "search_phrase": "bewertungen"}}
    assert [one["id"] for one in search(query=text)["hits"]] == ["enableReviews"]
