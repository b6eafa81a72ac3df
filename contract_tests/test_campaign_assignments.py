"""Sorting rules, and sorting rules and slot configurations in campaigns (MKT-16 to MKT-19)."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.place import here
from contract_tests.shop import ALL, DATA_SET, SORTING_RULE, find, search, strip, term, text

HERE = here()

SITE = f"/sites/{HERE.site}"
CATEGORIES = f"/catalogs/{HERE.catalog}/categories"
SLOT = next((name for name, types in (HERE.slots or {}).items() if types == {"category"}), "")
SLOT = SLOT or "category-top"
CONFIGURATIONS = f"{SITE}/slots/{SLOT}/slot_configurations"
CONTEXT = "?context=category=root"
STATE = "_resource_state"
Start = Callable[..., Api]


@pytest.fixture
def campaign(shop: Api) -> Iterator[str]:
    """The path of a running campaign."""
    path = f"{SITE}/campaigns/{unique()}"
    assert shop.put(path, json={"enabled": True}).status_code == 200
    yield path
    shop.delete(path)


@pytest.fixture
def configuration(shop: Api) -> Iterator[str]:
    """The id of a slot configuration in the context of a category."""
    if HERE.slots is not None and SLOT not in HERE.slots:
        pytest.skip("the site has no slot for category only")
    name = unique()
    body = {"slot_content": {"type": "html"}, "enabled": True}
    answer = shop.put(f"{CONFIGURATIONS}/{name}{CONTEXT}", json=body)
    assert answer.status_code == 200, answer.text
    yield name
    shop.delete(f"{CONFIGURATIONS}/{name}{CONTEXT}")


def unique() -> str:
    return f"contract-{uuid.uuid4().hex[:24]}"


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


@pytest.mark.rule("MKT-16")
@pytest.mark.needs(SORTING_RULE)
def test_sorting_rules_are_searched_by_context(shop: Api) -> None:
    path = f"{SITE}/sorting_rule_search"
    own, shared = ["by-name", "lamps-first"], ["by-name", "newest-first"]
    assert find(shop, path, "id", ALL) == [*own, *shared]
    assert find(shop, f"{path}?rule_context=any", "id", ALL) == [*own, *shared]
    assert find(shop, f"{path}?rule_context=site", "id", ALL) == own
    assert find(shop, f"{path}?rule_context=global", "id", ALL) == shared
    assert find(shop, path, "id", text("description", "before")) == ["lamps-first"]
    late = term("creation_date", "greater", "2023-02-01")
    sorts = [{"field": "id", "sort_order": "desc"}]
    assert find(shop, path, "id", late, sorts=sorts) == ["lamps-first", "by-name"]
    [short] = search(shop, path, term("id", "is", "newest-first")).json()["hits"]
    assert set(short) == {"_v", "_type", "_resource_state", "id"}
    [hit] = search(shop, path, term("id", "is", "newest-first"), select="(**)").json()["hits"]
    assert (hit["_type"], hit["rule_context"], "site" in hit) == ("sorting_rule", "global", False)
    assert [step["attribute_id"] for step in hit["product_sorting_rule_steps"]] == [
        "creationDate",
        "ID",
    ]
    [hit] = search(shop, path, term("id", "is", "lamps-first"), select="(**)").json()["hits"]
    assert (hit["rule_context"], hit["site"]) == ("site", HERE.site)


@pytest.mark.rule("MKT-16")
def test_a_search_of_sorting_rules_has_faults(shop: Api) -> None:
    path = f"{SITE}/sorting_rule_search"
    assert find(shop, path, "id", term("id", "is", "contract-none")) == []
    answer = search(shop, f"{path}?rule_context=shop", ALL)
    assert answer.json()["fault"]["type"] == "MalformedParameterException"
    answer = search(shop, "/sites/none/sorting_rule_search", ALL)
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("MKT-16")
@pytest.mark.usefixtures("storefront")
def test_a_created_rule_without_a_site_is_global(shop: Api) -> None:
    for properties in ({"id": "contract-rule"}, {"id": "contract-own", "site": HERE.site}):
        body = {"type": "sorting_rule", "properties": properties}
        made = shop.call("POST", "/__emulator__/documents", json=body)
        assert (made.status_code, made.json().get("site")) == (201, properties.get("site"))
    path = f"{SITE}/sorting_rule_search?rule_context=global"
    [hit] = search(shop, path, term("id", "is", "contract-rule"), select="(**)").json()["hits"]
    assert (hit["id"], hit["rule_context"], "site" in hit) == ("contract-rule", "global", False)
    state = shop.call("GET", "/__emulator__/state").json()
    assert shop.call("PUT", "/__emulator__/state", json=state).status_code == 200


def search_slots(shop: Api, query: Any, **members: Any) -> Any:
    path = f"{SITE}/slot_configuration_campaign_assignment_search"
    return search(shop, path, query, **members).json()


def hit_dates(shop: Api, query: Any) -> dict[str, Any]:
    """Return the dates and the state of the assignment that a search finds."""
    [hit] = search_slots(shop, query, select="(**)")["hits"]
    return {name: hit[name] for name in ("creation_date", "last_modified", STATE)}


def show(shop: Api, configuration: str) -> Any:
    document = shop.get(f"{CONFIGURATIONS}/{configuration}{CONTEXT}").json()
    return document["assignment_information"]


@pytest.mark.rule("MKT-18")
def test_a_slot_configuration_is_assigned_changed_and_taken_back(
    shop: Api, campaign: str, configuration: str
) -> None:
    path = f"{campaign}/slot_configurations/{SLOT}/{configuration}"
    missing = {
        "slotConfigurationId": configuration,
        "slotId": SLOT,
        "siteId": HERE.site,
    }
    answer = shop.patch(f"{path}{CONTEXT}", json={"rank": 1})
    assert_fault(answer, 404, "SlotConfigurationIdentifierNotFound", missing)
    answer = shop.put(f"{path}{CONTEXT}", json={"rank": 3, "description": "d"})
    assert (answer.status_code, answer.content) == (204, b"")
    body = {"rank": 5, "customer_groups": ["Registered"]}
    assert shop.patch(f"{path}{CONTEXT}", json=body).status_code == 204
    query = term("slot_configuration_id", "is", configuration)
    [hit] = search_slots(shop, query, select="(**)")["hits"]
    assert len(hit.pop("slot_configuration_uuid")) == 28
    assert strip(hit) == {
        "_type": "slot_configuration_campaign_assignment",
        "campaign_id": id_of(campaign),
        "context": "category",
        "customer_groups": ["Registered"],
        "description": "d",
        "enabled": True,
        "link": f"{shop.url}/s/-/dw/data/v23_2{path}{CONTEXT}",
        "rank": 5,
        "schedule": {"_type": "schedule"},
        "slot_configuration_id": configuration,
        "slot_context_id": "root",
        "slot_id": SLOT,
    }
    assert show(shop, configuration)["campaign_id"] == id_of(campaign)
    [created, state] = [hit_dates(shop, query)[name] for name in ("creation_date", STATE)]
    for _ in range(2):
        assert shop.put(f"{path}{CONTEXT}").status_code == 204
        dates = hit_dates(shop, query)
        assert (dates["creation_date"], dates[STATE] != state) == (created, True)
    assert shop.patch(f"{path}{CONTEXT}", json={}).headers["x-dw-resource-state"] == dates[STATE]
    assert hit_dates(shop, query) == dates
    [hit] = search_slots(shop, query, select="(**)")["hits"]
    assert {"rank", "description", "customer_groups"}.isdisjoint(hit)
    assert [shop.delete(f"{path}{CONTEXT}").status_code for _ in "12"] == [204, 204]
    assert show(shop, configuration)["schedule_type"] == "none"
    assert search_slots(shop, query)["total"] == 0


@pytest.mark.rule("MKT-18")
def test_an_assignment_of_a_slot_needs_slot_context_and_configuration(
    shop: Api, campaign: str, configuration: str
) -> None:
    below = f"{shop.scope}{campaign}/slot_configurations"
    for method in ("PUT", "PATCH", "DELETE"):
        body: dict[str, Any] = {} if method == "DELETE" else {"json": {}}
        answer = shop.call(method, f"{below}/{SLOT}/{configuration}?context=page=x", **body)
        assert_fault(answer, 400, "InvalidContextType", {"context": "page"})
        answer = shop.call(method, f"{below}/{SLOT}/{configuration}", **body)
        arguments = {"slotId": SLOT, "contextType": "global", "siteId": HERE.site}
        assert_fault(answer, 404, "SlotWithContextTypeNotFound", arguments)
        answer = shop.call(method, f"{below}/{SLOT}/none{CONTEXT}", **body)
        arguments = {"slotConfigurationId": "none", "slotId": SLOT, "siteId": HERE.site}
        assert_fault(answer, 404, "SlotConfigurationIdentifierNotFound", arguments)
        path = f"{SITE}/campaigns/none/slot_configurations/home-banner/winter"
        answer = shop.call(method, f"{shop.scope}{path}", **body)
        assert_fault(answer, 404, "CampaignNotFound", {"campaignId": "none", "siteId": HERE.site})
    path = f"{below}/{SLOT}/{configuration}{CONTEXT}"
    shop.call("PUT", path)
    for method in ("PUT", "PATCH"):
        answer = shop.call(method, path, json={"slot_id": "other"})
        assert_fault(answer, 400, "IdConflict", {"bodyID": "other", "urlID": SLOT})
        answer = shop.call(method, path, json={"context": "folder"})
        assert_fault(answer, 400, "IdConflict", {"bodyID": "folder", "urlID": "category"})
        answer = shop.call(method, path, json={"customer_groups": ["Registered", "none"]})
        arguments = {
            "document": "slot_configuration_campaign_assignment",
            "path": "$.customer_groups.[1]",
        }
        assert_fault(answer, 400, "PropertyConstraintViolation", arguments)


@pytest.mark.rule("MKT-18")
def test_assignments_of_slots_follow_campaign_and_configuration(
    shop: Api, campaign: str, configuration: str
) -> None:
    path = f"slot_configurations/{SLOT}/{configuration}{CONTEXT}"
    assert shop.put(f"{campaign}/{path}").status_code == 204
    name = unique()
    assert shop.patch(campaign, json={"campaign_id": name}).status_code == 200
    assert show(shop, configuration)["campaign_id"] == name
    other = unique()
    body = {"configuration_id": other}
    assert shop.patch(f"{CONFIGURATIONS}/{configuration}{CONTEXT}", json=body).status_code == 200
    query = term("campaign_id", "is", name)
    [hit] = search_slots(shop, query)["hits"]
    assert hit["slot_configuration_id"] == other
    assert show(shop, other)["campaign_id"] == name
    assert shop.delete(f"{CONFIGURATIONS}/{other}{CONTEXT}").status_code == 204
    assert search_slots(shop, query)["total"] == 0
    shop.delete(f"{SITE}/campaigns/{name}")


@pytest.mark.rule("MKT-18")
def test_a_deleted_campaign_and_a_deleted_group_leave_assignments_of_slots(
    shop: Api, campaign: str, configuration: str
) -> None:
    group = unique()
    shop.put(f"{SITE}/customer_groups/{group}", json={})
    path = f"{campaign}/slot_configurations/{SLOT}/{configuration}{CONTEXT}"
    assert shop.put(path, json={"customer_groups": [group]}).status_code == 204
    query = term("slot_configuration_id", "is", configuration)
    [hit] = search_slots(shop, query, select="(**)")["hits"]
    assert hit["customer_groups"] == [group]
    assert shop.delete(f"{SITE}/customer_groups/{group}").status_code == 200
    [hit] = search_slots(shop, query, select="(**)")["hits"]
    assert "customer_groups" not in hit
    shop.delete(campaign)
    assert search_slots(shop, query)["total"] == 0
    assert show(shop, configuration)["schedule_type"] == "none"


@pytest.mark.rule("MKT-18")
@pytest.mark.needs(DATA_SET)
def test_assignments_of_slots_are_searched_and_expanded(shop: Api) -> None:
    ranked = term("rank", "less", 20)
    assert [one["campaign_id"] for one in search_slots(shop, ranked)["hits"]] == ["members"]
    late = term("start_date", "greater", "2098-01-01")
    found = search_slots(shop, late)["hits"]
    assert [one["slot_configuration_id"] for one in found] == ["care"]
    warm = text("description", "warm")
    [hit] = search_slots(shop, warm, expand=["campaign", "slotConfiguration"], select="(**)")[
        "hits"
    ]
    assert strip(hit["campaign"]) == strip(shop.get(f"{SITE}/campaigns/members").json())
    whole = shop.get(f"{SITE}/slots/home-banner/slot_configurations/winter").json()
    assert strip(hit["slot_configuration"]) == strip(whole)
    assert "slot_context_id" not in hit
    path = "/sites/none/slot_configuration_campaign_assignment_search"
    assert_fault(search(shop, path, ALL), 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("MKT-19")
@pytest.mark.needs(SORTING_RULE)
def test_a_campaign_has_one_sorting_rule_for_a_category(shop: Api, campaign: str) -> None:
    rules = f"{campaign}/sorting_rules"
    assert shop.put(f"{rules}/lamps-first/care").status_code == 204
    assert shop.put(f"{rules}/lamps-first/care").status_code == 204
    answer = shop.put(f"{rules}/newest-first/care")
    arguments = {"sortingRuleId": "newest-first", "categoryId": "care"}
    assert_fault(answer, 409, "SortingRuleCampaignAssignConflict", arguments)
    assert shop.put(f"{rules}/newest-first/bags").status_code == 204
    assert shop.delete(f"{rules}/newest-first/care").status_code == 204
    assert shop.put(f"{rules}/newest-first/care").status_code == 409
    assert [shop.delete(f"{rules}/lamps-first/care").status_code for _ in "12"] == [204, 204]
    assert shop.put(f"{rules}/newest-first/care").status_code == 204


@pytest.mark.rule("MKT-19")
@pytest.mark.needs(SORTING_RULE)
def test_the_context_names_a_rule_of_the_site_or_a_global_rule(shop: Api, campaign: str) -> None:
    path = f"{campaign}/sorting_rules/by-name/care"
    assert shop.put(f"{path}?rule_context=global").status_code == 204
    assert shop.put(path).status_code == 409  # the rule of the site comes first
    assert shop.delete(path).status_code == 204
    assert shop.put(f"{path}?rule_context=site").status_code == 409
    assert shop.delete(f"{path}?rule_context=global").status_code == 204
    assert shop.put(f"{path}?rule_context=site").status_code == 204
    answer = shop.put(f"{path}?rule_context=shop")
    assert answer.json()["fault"]["type"] == "MalformedParameterException"


@pytest.mark.rule("MKT-19")
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_missing_campaign_and_a_missing_rule_are_reported_first(
    shop: Api, campaign: str, method: str
) -> None:
    answer = shop.call(method, f"{shop.scope}{campaign}/sorting_rules/none/none")
    arguments = {"sortingRuleId": "none", "siteId": HERE.site}
    assert_fault(answer, 404, "SortingRuleNotFound", arguments)
    answer = shop.call(method, f"{shop.scope}{SITE}/campaigns/none/sorting_rules/none/none")
    assert_fault(answer, 404, "CampaignNotFound", {"campaignId": "none", "siteId": HERE.site})


@pytest.mark.rule("MKT-19")
@pytest.mark.needs(SORTING_RULE)
def test_an_assignment_of_a_rule_needs_rule_category_and_campaign(shop: Api, campaign: str) -> None:
    for method in ("PUT", "DELETE"):
        rules = f"{shop.scope}{campaign}/sorting_rules"
        for path in ("flags-first/care", "lamps-first/care?rule_context=global"):
            answer = shop.call(method, f"{rules}/{path}")
            arguments = {"sortingRuleId": path.partition("/")[0], "siteId": HERE.site}
            assert_fault(answer, 404, "SortingRuleNotFound", arguments)
        answer = shop.call(method, f"{rules}/lamps-first/none")
        assert_fault(answer, 400, "InvalidCategory", {"categoryId": "none"})


@pytest.mark.rule("MKT-19")
@pytest.mark.needs(SORTING_RULE)
def test_a_deleted_category_leaves_no_sorting_rule(start: Start) -> None:
    shop = start(fixtures="storefront")
    path = f"{SITE}/campaigns/paused/sorting_rules/lamps-first/care"
    assert shop.put(path).status_code == 204
    assert named_rules(shop) == {("paused", "care"), ("members", "root"), ("spring-2023", "root")}
    assert shop.delete(f"{CATEGORIES}/care").status_code == 204
    assert named_rules(shop) == {("members", "root"), ("spring-2023", "root")}
    shop.patch(f"{SITE}/campaigns/members", json={"campaign_id": "people"})
    shop.delete(f"{SITE}/campaigns/spring-2023")
    assert named_rules(shop) == {("people", "root")}
    state = shop.call("GET", "/__emulator__/state").json()
    assert shop.call("PUT", "/__emulator__/state", json=state).status_code == 200


def named_rules(shop: Api) -> set[tuple[str, str]]:
    """Return campaign and category of all assignments of sorting rules."""
    files = shop.call("GET", "/__emulator__/state").json()["files"]
    assigned = files["sorting_rule_campaign_assignments.json"]
    return {(one["campaign_id"], one["category_id"]) for one in assigned}


@pytest.mark.rule("MKT-20")
def test_an_end_before_the_start_is_refused(shop: Api, campaign: str, configuration: str) -> None:
    promotion, ab_test = f"{SITE}/promotions/{configuration}", f"{SITE}/ab_tests/{configuration}"
    shop.put(promotion, json={})
    shop.put(ab_test, json={})
    start, end = "2026-02-01T00:00:00.000Z", "2026-01-31T23:59:59.999Z"
    late, reverse = {"start_date": start}, {"start_date": start, "end_date": end}
    own = f"{CONFIGURATIONS}/{configuration}{CONTEXT}"
    content = {"slot_content": {"type": "html"}}
    assigned = f"{campaign}/slot_configurations/{SLOT}/{configuration}{CONTEXT}"
    for document, path, fixed, dates, valid in (
        ("campaign", campaign, {}, reverse, late),
        ("ab_test", ab_test, {}, reverse, {**late, "end_date": start}),
        ("slot_configuration", own, content, {"schedule": reverse}, {"schedule": late}),
        (
            "promotion_campaign_assignment",
            f"{campaign}/promotions/{configuration}",
            {},
            {"schedule": reverse},
            {"schedule": {**late, "end_date": start}},
        ),
        (
            "slot_configuration_campaign_assignment",
            assigned,
            {},
            {"schedule": reverse},
            {"schedule": late},
        ),
    ):
        name = id_of(campaign) if document == "campaign" else configuration
        arguments = {"document": document, "resourceId": name, "startDate": start, "endDate": end}
        refused = shop.put(path, json={**fixed, **dates})
        assert_fault(refused, 400, "StartAfterEnd", arguments)
        assert shop.put(path, json={**fixed, **valid}).status_code in {200, 204}
        change = {"schedule": {"end_date": end}} if "schedule" in dates else {"end_date": end}
        assert_fault(shop.patch(path, json=change), 400, "StartAfterEnd", arguments)
    message = (
        f"The start date '{start}' of '{configuration}' in document "
        f"'slot_configuration_campaign_assignment' is after the end date '{end}'."
    )
    assert refused.json()["fault"]["message"] == message
    assert shop.get(campaign).json()["start_date"] == start
    assert "end_date" not in shop.get(campaign).json()
    shop.delete(promotion)
    shop.delete(ab_test)
