"""Custom preferences of sites and of the organization (PRF)."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.place import here
from contract_tests.shop import DATA_SET

Start = Callable[..., Api]
HERE = here()

GROUPS = "site_preferences/preference_groups"
SITE = f"/sites/RefArch/{GROUPS}"
GLOBAL = "/global_preferences/preference_groups/Integration"
MASK = "************"
NO_GROUP = "No preference group with ID 'Nope' could be found."


OWN = f"/sites/{HERE.site}/{GROUPS}/contract-group"


@pytest.fixture
def own(shop: Api) -> str:
    """The path of a group of a site with three preferences of the tests."""
    base = "/system_object_definitions/SitePreferences"
    group = f"{base}/attribute_groups/contract-group"
    assert shop.put(group, json={}).status_code == 201
    layouts = {"value_definitions": [{"value": "list"}, {"value": "grid"}]}
    enable = {"display_name": {"default": "Enable", "de": "Vertrag"}, "value_type": "boolean"}
    for name, body in (
        ("contractEnable", enable),
        ("contractKey", {"value_type": "password"}),
        ("contractLayout", {"value_type": "enum_of_string", **layouts}),
    ):
        definition = f"{base}/attribute_definitions/{name}"
        assert shop.put(definition, json=body).status_code == 201
        assert shop.put(f"{group}/attribute_definitions/{name}").status_code == 204
    return OWN


@pytest.mark.rule("PRF-2", "PRF-3", "RST-2")
def test_preferences_of_a_site_are_changed_and_shown(shop: Api, own: str) -> None:
    path = f"{own}/staging"
    before = shop.get(path).json()
    assert not [name for name in before if name.startswith("c_")]
    values = {"c_contractEnable": True, "c_contractKey": "secret1", "c_contractLayout": "grid"}
    changed = shop.patch(path, json=values).json()
    assert changed == shop.get(path).json()
    state = changed.pop("_resource_state")
    assert changed == {
        "_v": "23.2",
        "_type": "site_preferences",
        **values,
        "link": f"{shop.url}{shop.scope}{path}",
        "site": {
            "_type": "site",
            "id": HERE.site,
            "link": f"{shop.url}{shop.scope}/sites/{HERE.site}",
        },
    }
    masked = shop.get(f"{path}?mask_passwords=true")
    assert masked.json()["c_contractKey"] == MASK
    tag = {"If-None-Match": f'"{state}"'}
    assert shop.get(path, headers=tag).status_code == 304
    cleared = shop.patch(path, json={"c_contractLayout": None}).json()
    assert (cleared["c_contractEnable"], "c_contractLayout" in cleared) == (True, False)
    assert shop.get(path, headers=tag).status_code == 200
    stale = {"c_contractEnable": False, "_resource_state": state}
    states = {"client": state, "server": cleared["_resource_state"]}
    assert_fault(shop.patch(path, json=stale), 409, "ResourceStateConflict", states)
    assert "c_contractEnable" not in shop.get(f"{own}/production").json()
    other = f"/sites/{HERE.other_site}/{GROUPS}/contract-group/staging"
    assert "c_contractEnable" not in shop.get(other).json()


@pytest.mark.rule("PRF-3")
def test_a_patch_of_own_preferences_refuses_other_values(shop: Api, own: str) -> None:
    path, document = f"{own}/staging", "site_preferences"
    before = shop.get(path).text
    for body, kind, arguments in [
        ({"c_other": 1}, "UnknownProperty", {"property": "c_other", "document": document}),
        ({"c_contractEnable": "x"}, "InvalidCustomProperty", {}),
        ({"c_contractLayout": "x"}, "InvalidCustomProperty", {}),
        (
            {"c_contractEnable": False, "c_contractKey": MASK},
            "PropertyConstraintViolation",
            {"document": document, "path": "$.c_contractKey"},
        ),
    ]:
        assert_fault(shop.patch(path, json=body), 400, kind, arguments)
    assert shop.get(path).text == before


@pytest.mark.rule("PRF-4", "SRC-1")
def test_a_preference_is_shown_and_found_with_the_values_of_all_sites(shop: Api, own: str) -> None:
    shop.patch(f"{own}/staging", json={"c_contractEnable": True, "c_contractKey": "secret1"})
    group = f"/{GROUPS}/contract-group/staging"
    preference = shop.get(f"{group}/preferences/contractEnable").json()
    values = preference.pop("site_values")
    assert (values[HERE.site], values[HERE.other_site]) == (True, None)
    preference.pop("_resource_state", None)
    assert preference == {
        "_v": "23.2",
        "_type": "preference_value",
        "display_name": {"default": "Enable", "de": "Vertrag"},
        "id": "contractEnable",
        "value_type": "boolean",
    }

    def search(**request: Any) -> Any:
        path = f"{shop.scope}{group}/preference_search?mask_passwords=true"
        answer = shop.call("POST", path, json=request)
        assert answer.status_code == 200, answer.text
        return answer.json()

    query = {"term_query": {"fields": ["value_type"], "operator": "is", "values": ["password"]}}
    found = search(query=query)
    assert found["_type"] == "preference_value_search_result"
    [hit] = found["hits"]
    assert set(hit) - {"_v"} == {"_type", "id"}
    [hit] = search(query=query, select="(hits.(id,site_values))")["hits"]
    assert (hit["id"], hit["site_values"][HERE.site]) == ("contractKey", MASK)
    everything: Any = {"match_all_query": {}}
    sorts = [{"field": "id", "sort_order": "desc"}]
    whole = search(query=everything, sorts=sorts, select="(**)", expand=["value"])["hits"]
    assert [one["id"] for one in whole] == ["contractLayout", "contractKey", "contractEnable"]
    definition = whole[0]["attribute_definition"]
    assert [one["value"] for one in definition["value_definitions"]] == ["list", "grid"]
    text = {"text_query": {"fields": ["display_name"], "search_phrase": "vertrag"}}
    assert [one["id"] for one in search(query=text)["hits"]] == ["contractEnable"]


@pytest.mark.rule("PRF-5")
@pytest.mark.needs("the journal of an emulator")
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
@pytest.mark.needs(DATA_SET)
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
@pytest.mark.needs(DATA_SET)
def test_a_sandbox_falls_back_to_development(shop: Api) -> None:
    sandbox = shop.get(f"{SITE}/Storefront/sandbox").json()
    assert sandbox["c_maxCartLines"] == 5
    assert sandbox["c_shippingCountries"] == ["US", "CA"]
    current = shop.get(f"{SITE}/Storefront/current").json()
    assert current == sandbox
    assert current["link"].endswith(f"{SITE}/Storefront/sandbox")
    changed = shop.patch(f"{SITE}/Storefront/sandbox", json={"c_maxCartLines": None}).json()
    assert changed["c_maxCartLines"] == 50


@pytest.mark.rule("PRF-2", "PRF-3")
@pytest.mark.needs(DATA_SET)
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
    changed = shop.patch(f"{GLOBAL}/staging", json={"c_supportEmail": "new@example.com"})
    assert changed.json()["c_supportEmail"] == "new@example.com"
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
def test_groups_and_instance_types_that_are_unknown(shop: Api, own: str) -> None:
    query: Any = {"query": {"match_all_query": {}}}
    paths = (f"/sites/{HERE.site}/{GROUPS}", "/global_preferences/preference_groups")
    calls: list[tuple[str, str, Any]] = [("GET", path, None) for path in paths]
    calls += [("PATCH", path, {}) for path in paths]
    for method, path, body in calls:
        answer = shop.call(method, f"{shop.scope}{path}/Nope/staging", json=body)
        arguments = {"preferenceGroupId": "Nope"}
        assert_fault(answer, 404, "CustomPreferenceGroupNotFound", arguments, NO_GROUP)
        answer = shop.call(method, f"{shop.scope}{path}/contract-group/nope", json=body)
        arguments = {"value": "nope", "type": "InstanceType"}
        assert_fault(answer, 400, "IllegalEnumerationValue", arguments)
    answer = shop.patch(f"{own}/current", json={})
    current = {"value": "current", "type": "InstanceType"}
    assert_fault(answer, 400, "IllegalEnumerationValue", current)
    search = f"{shop.scope}/{GROUPS}/Nope/staging/preference_search"
    answer = shop.call("POST", search, json=query)
    assert_fault(
        answer, 404, "CustomPreferenceGroupNotFound", {"preferenceGroupId": "Nope"}, NO_GROUP
    )
    answer = shop.get(f"/{GROUPS}/contract-group/staging/preferences/nope")
    message = "No preference with ID 'nope' could be found."
    assert_fault(answer, 404, "PreferenceNotFound", {"preferenceId": "nope"}, message)
    answer = shop.get(f"/sites/nope/{GROUPS}/contract-group/staging")
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "nope"})


@pytest.mark.rule("PRF-3")
def test_a_localizable_preference_of_markup_takes_what_was_answered(shop: Api, own: str) -> None:
    base, name = "/system_object_definitions/SitePreferences", "attribute_definitions/contractHint"
    definition = {"value_type": "html", "localizable": True}
    assert shop.put(f"{base}/{name}", json=definition).status_code == 201
    assert shop.put(f"{base}/attribute_groups/contract-group/{name}").status_code == 204
    path, sent = f"{own}/staging", {"c_contractHint": {"default": "<b>x</b>"}}
    answered = shop.patch(path, json=sent).json()["c_contractHint"]
    markup = {"_type": "markup_text", "markup": "<b>x</b>", "source": "<b>x</b>"}
    assert answered == {"default": markup}
    assert shop.patch(path, json={"c_contractHint": answered}).json()["c_contractHint"] == answered


@pytest.mark.rule("PRF-3")
def test_without_the_type_no_preference_of_a_site_is_changed(start: Start) -> None:
    path = f"/sites/SiteGenesis/{GROUPS}/Reviews/development"
    answer = start(fixtures="samples").patch(path, json={})
    assert_fault(answer, 404, "ObjectTypeNotFound", {"objectType": "SitePreferences"})


@pytest.mark.rule("PRF-4")
@pytest.mark.needs(DATA_SET)
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
@pytest.mark.needs(DATA_SET)
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
    assert set(hit) - {"_v"} == {"_type", "id"}
    [hit] = search(query=query, select="(hits.(display_name,site_values,value_type))")["hits"]
    assert set(hit) - {"_v"} == {"_type", "display_name", "site_values", "value_type"}
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
