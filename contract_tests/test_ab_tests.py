"""A/B tests, segments, their experiences, and the A/B test search (ABT-1 to ABT-7)."""

import re
import uuid
from typing import Any

import pytest
import requests

from contract_tests.api import Api, assert_fault
from contract_tests.place import here
from contract_tests.shop import CLOCK, SORTING_RULE, make_slot

HERE = here()

SITE = f"/sites/{HERE.site}"
CATALOG = HERE.catalog
START = "2026-01-01T00:00:00Z"
CONTROL = {"_type": "ab_test_group", "custom_experience": False, "id": "Control"}


def unique() -> str:
    return f"contract-{uuid.uuid4().hex[:24]}"


def freeze(shop: Api, instant: str) -> None:
    answer = shop.call("POST", "/__emulator__/clock/freeze", json={"at": instant})
    assert answer.status_code == 200


def put(shop: Api, path: str, **members: Any) -> dict[str, Any]:
    answer = shop.put(path, json=members)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def make(shop: Api, *segments: str, **members: Any) -> str:
    """Create an A/B test with segments of 10 percent each; return the path."""
    path = f"{SITE}/ab_tests/{unique()}"
    put(shop, path, **members)
    for segment in segments:
        put(shop, f"{path}/segments/{segment}", allocation=10)
    return path


def find(shop: Api, query: Any, **members: Any) -> list[str]:
    body = {"query": query, **members}
    answer = shop.call("POST", f"{shop.scope}{SITE}/ab_test_search", json=body)
    assert answer.status_code == 200, answer.text
    return [hit["id"] for hit in answer.json()["hits"]]


def term(field: str, operator: str, *values: Any) -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": operator, "values": list(values)}}


def refuse_constraint(answer: requests.Response, document: str, path: str) -> None:
    arguments = {"document": document, "path": path}
    assert_fault(answer, 400, "PropertyConstraintViolation", arguments)


@pytest.mark.rule("ABT-1")
def test_an_ab_test_is_read_and_deleted(shop: Api) -> None:
    path = make(shop, description="d", tags=["t"], email_addresses=["a@shop.example"])
    document = shop.get(path).json()
    assert re.fullmatch("[0-9a-f]{64}", document.pop("_resource_state"))
    assert (document["_type"], document["description"], document["tags"]) == ("ab_test", "d", ["t"])
    assert document["link"] == f"{shop.url}{shop.scope}{path}"
    listed = shop.get(f"{SITE}/ab_tests?count=200").json()
    assert listed["_type"] == "ab_tests"
    assert document["id"] in [one["id"] for one in listed["data"]]
    assert {*listed["data"][0]} == {"_v", "_type", "_resource_state", "id", "link"}
    assert shop.delete(path).status_code == 204
    arguments = {"abtestId": document["id"], "siteId": HERE.site}
    for method in ("GET", "PATCH", "DELETE"):
        assert_fault(
            shop.call(method, f"{shop.scope}{path}", json={}),
            *(404, "ABTestNotFound", arguments),
            f"No ab_test with ID '{document['id']}' for site '{HERE.site}' could be found.",
        )


@pytest.mark.rule("ABT-1")
def test_a_missing_site_has_a_fault(shop: Api) -> None:
    for method, path in (
        ("GET", ""),
        ("GET", "/a"),
        ("PUT", "/a"),
        ("DELETE", "/a"),
        ("GET", "/a/segments/b"),
        ("PUT", "/a/segments/b"),
    ):
        answer = shop.call(method, f"{shop.scope}/sites/none/ab_tests{path}", json={})
        assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})
    body: Any = {"query": {"match_all_query": {}}}
    answer = shop.call("POST", f"{shop.scope}/sites/none/ab_test_search", json=body)
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("ABT-1")
def test_patch_changes_properties_and_the_id(shop: Api) -> None:
    path, other = make(shop, "a", description="d"), make(shop)
    changed = shop.patch(path, json={"description": None, "paused": True}).json()
    assert changed["paused"] is True
    assert "description" not in changed
    taken = other.rpartition("/")[2]
    answer = shop.patch(path, json={"id": taken})
    assert_fault(answer, 409, "ABTestDuplicate", {"abtestId": taken, "siteId": HERE.site})
    name = unique()
    assert shop.patch(path, json={"id": name}).json()["segment_count"] == 2
    assert shop.get(path).status_code == 404
    assert shop.get(f"{SITE}/ab_tests/{name}/segments/a").json()["allocation"] == 10
    refuse_constraint(shop.patch(other, json={"id": None}), "ab_test", "$.id")
    refuse_constraint(shop.patch(other, json={"id": "x" * 41}), "ab_test", "$.id")


@pytest.mark.rule("ABT-1")
def test_put_deletes_an_existing_ab_test_with_its_segments(shop: Api) -> None:
    path = make(shop, "a", description="d")
    header = {"x-dw-validate-existing": "true"}
    arguments = {"abtestId": path.rpartition("/")[2], "siteId": HERE.site}
    answer = shop.put(path, json={}, headers=header)
    assert_fault(answer, 409, "ABTestDuplicate", arguments)
    assert shop.get(path).json()["segment_count"] == 2
    again = put(shop, path, enabled=True)
    assert again["segment_count"] == 1
    assert "description" not in again
    assert shop.get(f"{path}/segments/a").status_code == 404
    assert shop.put(make(shop)[:-1], json={}, headers=header).status_code == 200


@pytest.mark.rule("ABT-2")
@pytest.mark.needs(CLOCK)
def test_a_new_ab_test_has_defaults(shop: Api) -> None:
    freeze(shop, START)
    path = f"{SITE}/ab_tests/{unique()}"
    document = put(shop, path)
    assert re.fullmatch("[0-9a-f]{64}", document["test_segments"][0].pop("_resource_state"))
    assert {name: value for name, value in document.items() if name[0] != "_"} == {
        "customer_groups": ["Everyone"],
        "enabled": False,
        "end_date": "2026-01-15T00:00:00.000Z",
        "expiration_type": "never",
        "id": path.rpartition("/")[2],
        "key_metric_id": "Revenue",
        "link": f"{shop.url}{shop.scope}{path}",
        "paused": False,
        "segment_count": 1,
        "start_date": "2026-01-08T00:00:00.000Z",
        "status": "planned",
        "test_groups": [{**CONTROL, "allocation": 100}],
        "test_segments": [
            {
                **CONTROL,
                "_type": "ab_test_segment",
                "allocation": 100,
                "link": f"{shop.url}{shop.scope}{path}/segments/Control",
            }
        ],
        "trigger": {
            "_type": "ab_test_trigger",
            "is_pipeline_based": False,
            "trigger_type": "immediately",
        },
    }
    assert "end_date" not in put(shop, path, start_date=START)
    assert "start_date" not in put(shop, path, end_date=START)


@pytest.mark.rule("ABT-2")
@pytest.mark.parametrize(
    ("member", "value", "fault", "arguments"),
    [
        ("email_addresses", ["a@b.c", "a b@c.d"], "ABTestInvalidEmail", {"email": "a b@c.d"}),
        ("email_addresses", [""], "ABTestInvalidEmail", {"email": ""}),
        (
            "trigger",
            {"trigger_type": "pipeline_call", "pipeline_calls": ["Account-Show", "Account"]},
            "ABTestInvalidPipeline",
            {"pipeline": "Account"},
        ),
        (
            "trigger",
            {"trigger_type": "pipeline_call"},
            "ABTestInvalidTrigger",
            {"triggerType": "pipeline_call"},
        ),
        (
            "trigger",
            {"trigger_type": "category_page_view", "categories": []},
            "ABTestInvalidTrigger",
            {"triggerType": "category_page_view"},
        ),
    ],
)
def test_emails_and_triggers_are_checked(
    shop: Api, member: str, value: Any, fault: str, arguments: dict[str, str]
) -> None:
    new = f"{SITE}/ab_tests/{unique()}"
    assert_fault(shop.put(new, json={member: value}), 400, fault, arguments)
    assert shop.get(new).status_code == 404
    assert_fault(shop.patch(make(shop), json={member: value}), 400, fault, arguments)


@pytest.mark.rule("ABT-2")
def test_triggers_have_what_their_types_need(shop: Api) -> None:
    path = make(shop)
    for trigger in (
        {"trigger_type": "pipeline_call", "pipeline_calls": ["Account-Show"]},
        {"trigger_type": "category_page_view", "categories": ["root"]},
        {"trigger_type": "home_page_view"},
    ):
        shown = put(shop, path, trigger=trigger)["trigger"]
        pipeline = trigger["trigger_type"] == "pipeline_call"
        assert shown == {"_type": "ab_test_trigger", **trigger, "is_pipeline_based": pipeline}
    answer = shop.put(path, json={"customer_groups": ["Everyone", "none"]})
    refuse_constraint(answer, "ab_test", "$.customer_groups.[1]")


@pytest.mark.rule("ABT-3")
@pytest.mark.needs(CLOCK)
def test_the_status_follows_the_clock(shop: Api) -> None:
    freeze(shop, START)
    path = make(shop, start_date="2026-02-01T00:00:00Z", end_date="2026-03-01T00:00:00Z")
    open_end = make(shop, start_date="2026-02-01T00:00:00Z")
    found = []
    for now in ("2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"):
        freeze(shop, now)
        found.append((shop.get(path).json()["status"], shop.get(open_end).json()["status"]))
    assert found == [("planned", "planned"), ("running", "running"), ("ended", "running")]


@pytest.mark.rule("ABT-4")
def test_a_segment_is_created_read_changed_and_deleted(shop: Api) -> None:
    path = f"{make(shop)}/segments/a"
    created = put(shop, path, allocation=30, description="d")
    assert created == shop.get(path).json()
    assert re.fullmatch("[0-9a-f]{64}", created.pop("_resource_state"))
    assert created == {
        "_v": "23.2",
        "_type": "ab_test_segment",
        "allocation": 30,
        "custom_experience": False,
        "description": "d",
        "id": "a",
        "link": f"{shop.url}{shop.scope}{path}",
    }
    changed = shop.patch(path, json={"custom_experience": True}).json()
    assert (changed["custom_experience"], changed["allocation"]) == (True, 30)
    assert put(shop, path)["allocation"] == 0
    answer = shop.put(path, json={"id": "b"})
    assert_fault(answer, 400, "IdConflict", {"bodyID": "b", "urlID": "a"})
    assert shop.delete(path).status_code == 204
    ab_test = path.split("/")[-3]
    arguments = {"abTestSegmentId": "a", "abtestId": ab_test, "siteId": HERE.site}
    for method in ("GET", "PATCH", "DELETE"):
        answer = shop.call(method, f"{shop.scope}{path}", json={})
        assert_fault(answer, 404, "ABTestSegmentNotFound", arguments)
        other = f"{SITE}/ab_tests/none/segments/a"
        answer = shop.call(method, f"{shop.scope}{other}", json={})
        assert_fault(answer, 404, "ABTestNotFound", {"abtestId": "none", "siteId": HERE.site})
    answer = shop.put(f"{SITE}/ab_tests/none/segments/a", json={})
    assert_fault(answer, 404, "ABTestNotFound", {"abtestId": "none", "siteId": HERE.site})


@pytest.mark.rule("ABT-5")
def test_the_control_segment_has_the_rest_of_the_participants(shop: Api) -> None:
    path = make(shop)
    for segment, allocation, rest in (("a", 30, 70), ("b", 70, 0), ("a", 10, 20)):
        put(shop, f"{path}/segments/{segment}", allocation=allocation)
        assert shop.get(f"{path}/segments/Control").json()["allocation"] == rest
    document = shop.get(path).json()
    groups = [(one["id"], one["allocation"]) for one in document["test_groups"]]
    assert groups == [("Control", 20), ("a", 10), ("b", 70)]
    assert [one["id"] for one in document["test_segments"]] == ["Control", "a", "b"]
    assert document["segment_count"] == 3
    for allocation in (31, -1):
        answer = shop.patch(f"{path}/segments/a", json={"allocation": allocation})
        refuse_constraint(answer, "ab_test_segment", "$.allocation")
    assert shop.patch(f"{path}/segments/a", json={"allocation": 30}).status_code == 200


@pytest.mark.rule("ABT-5")
def test_the_control_segment_always_exists(shop: Api) -> None:
    path = f"{make(shop, 'a')}/segments/Control"
    assert put(shop, path, description="d", allocation=5)["allocation"] == 90
    assert shop.patch(path, json={"allocation": 5}).json()["allocation"] == 90
    assert shop.delete(path).status_code == 204
    document = shop.get(path).json()
    assert (document["allocation"], document.get("description")) == (90, None)


def make_promotion(shop: Api) -> str:
    name = unique()
    assert shop.put(f"{SITE}/promotions/{name}", json={"enabled": True}).status_code in (200, 201)
    return name


def make_configuration(shop: Api, context: str = "") -> str:
    """Create a configuration of a slot; return the path below the site."""
    name = unique()
    slot = make_slot(shop, "category" if context else "global")
    url = f"{SITE}/slots/{slot}/slot_configurations/{name}{context}"
    put(shop, url, slot_content={"type": "recommended_products"})
    return f"slot_configurations/{slot}/{name}{context}"


def assign(shop: Api, segment: str, path: str, method: str = "PUT") -> requests.Response:
    return shop.call(method, f"{shop.scope}{segment}/{path}")


def show(shop: Api, segment: str, *expansions: str) -> dict[str, Any]:
    document: dict[str, Any] = shop.get(f"{segment}?expand={','.join(expansions)}").json()
    return document


@pytest.mark.rule("ABT-6")
def test_promotions_are_assigned_to_segments(shop: Api) -> None:
    segment = f"{make(shop, 'a')}/segments/a"
    first, second = make_promotion(shop), make_promotion(shop)
    for name in (first, second, first):
        answer = assign(shop, segment, f"promotions/{name}")
        assert (answer.status_code, answer.content) == (204, b"")
    shown = show(shop, segment, "promotions")
    assert shown["promotions"] == [{"_type": "promotion", "id": name} for name in (first, second)]
    assert "slot_configs" not in shown
    assert "promotions" not in shop.get(segment).json()
    for _ in range(2):
        assert assign(shop, segment, f"promotions/{first}", "DELETE").status_code == 204
    assert [one["id"] for one in show(shop, segment, "promotions")["promotions"]] == [second]
    assert put(shop, segment, allocation=5)["allocation"] == 5
    assert [one["id"] for one in show(shop, segment, "promotions")["promotions"]] == [second]


@pytest.mark.rule("ABT-6")
def test_slot_configurations_are_assigned_to_segments(shop: Api) -> None:
    ab_test = make(shop, "a")
    segment = f"{ab_test}/segments/a"
    paths = [make_configuration(shop), make_configuration(shop, "?context=category=x")]
    for path in paths:
        assert assign(shop, segment, path).status_code == 204
    shown = show(shop, ab_test, "slot_configs", "stats", "promotions", "sorting_rules")
    found = shown["test_segments"][1]
    assert [
        (one["_type"], one["slot_id"], one["context"], one.get("context_id"))
        for one in found["slot_configs"]
    ] == [
        ("slot_configuration", paths[0].split("/")[1], "global", None),
        ("slot_configuration", paths[1].split("/")[1], "category", "x"),
    ]
    assert (found["promotions"], found["sorting_rules"]) == ([], [])
    assert found["stats"]["visitors"] == 0
    assert assign(shop, segment, paths[1], "DELETE").status_code == 204
    assert len(show(shop, segment, "slot_configs")["slot_configs"]) == 1


@pytest.mark.rule("ABT-6")
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_assignments_to_segments_have_faults(shop: Api, method: str) -> None:
    segment = f"{make(shop, 'a')}/segments/a"
    ab_test, site = segment.split("/")[-3], {"siteId": HERE.site}
    promotion, configuration = f"promotions/{make_promotion(shop)}", make_configuration(shop)
    slots, slot = configuration.split("/")[:2]
    for path, status, fault, arguments in (
        ("promotions/none", 404, "PromotionNotFound", {"promotionId": "none", **site}),
        (
            f"{slots}/none/x",
            *(404, "SlotWithContextTypeNotFound"),
            {"slotId": "none", "contextType": "global", **site},
        ),
        (
            f"{configuration}?context=folder=a",
            *(404, "SlotWithContextTypeNotFound"),
            {"slotId": slot, "contextType": "folder", **site},
        ),
        (
            f"{slots}/{slot}/none",
            *(404, "SlotConfigurationIdentifierNotFound"),
            {"slotConfigurationId": "none", "slotId": slot, **site},
        ),
        (f"{configuration}?context=page=a", 400, "InvalidContextType", {"context": "page"}),
    ):
        assert_fault(assign(shop, segment, path, method), status, fault, arguments)
    missing = {"abTestSegmentId": "b", "abtestId": ab_test, **site}
    none = {"abtestId": "none", **site}
    for path in (promotion, configuration):
        answer = assign(shop, f"{segment[:-1]}b", path, method)
        assert_fault(answer, 404, "ABTestSegmentNotFound", missing)
        answer = assign(shop, f"{SITE}/ab_tests/none/segments/a", path, method)
        assert_fault(answer, 404, "ABTestNotFound", none)
        answer = assign(shop, "/sites/none/ab_tests/none/segments/a", path, method)
        assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("ABT-6")
def test_deleted_documents_are_no_experiences(shop: Api) -> None:
    segments = [f"{make(shop, 'a')}/segments/a" for _ in range(2)]
    promotion, path = make_promotion(shop), make_configuration(shop)
    _, slot, configuration = path.split("/")
    document = f"{SITE}/slots/{slot}/slot_configurations/{configuration}"
    for segment in segments:
        for one in (f"promotions/{promotion}", path):
            assert assign(shop, segment, one).status_code == 204
    assert shop.patch(document, json={"configuration_id": f"{configuration}-2"}).status_code == 200
    for segment in segments:
        [shown] = show(shop, segment, "slot_configs")["slot_configs"]
        assert shown["configuration_id"] == f"{configuration}-2"
    assert shop.delete(f"{document}-2").status_code == 204
    assert shop.delete(f"{SITE}/promotions/{promotion}").status_code == 204
    for segment in segments:
        shown = show(shop, segment, "slot_configs", "promotions")
        assert (shown["slot_configs"], shown["promotions"]) == ([], [])


@pytest.mark.rule("ABT-6", "SLOT-7", "MKT-3")
@pytest.mark.parametrize("kind", ["promotion", "slot configuration"])
@pytest.mark.needs(CLOCK)
def test_promotions_and_slot_configurations_show_ab_tests(shop: Api, kind: str) -> None:
    freeze(shop, START)
    dates = {"start_date": "2026-02-01T00:00:00.000Z", "end_date": "2026-03-01T00:00:00.000Z"}
    ab_test = make(shop, "a", enabled=True, description="d", **dates)
    if kind == "promotion":
        path = f"promotions/{make_promotion(shop)}"
        document = f"{SITE}/{path}"
    else:
        path = make_configuration(shop)
        _, slot, configuration = path.split("/")
        document = f"{SITE}/slots/{slot}/slot_configurations/{configuration}"
    assert assign(shop, f"{ab_test}/segments/a", path).status_code == 204
    ids = {"abtest_id": ab_test.rpartition("/")[2]}
    found = []
    for now in (START, dates["start_date"], dates["end_date"]):
        freeze(shop, now)
        found.append(shop.get(document).json()["assignment_information"])
    schedule = {"_type": "schedule", **dates}
    upcoming, active, over = (
        {name: value for name, value in one.items() if name != "_type"} for one in found
    )
    only = {**ids, "abtest_segment_id": "a", "enabled": True, "schedule": schedule, **dates}
    assigned = {**ids, "abtest_description": "d", "enabled": True, "schedule": schedule}
    shown = upcoming.pop("upcoming_abtest_assignments")
    assert [{n: v for n, v in one.items() if n != "_type"} for one in shown] == [
        {**assigned, "segment_id": "a"}
    ]
    assert active.pop("active_abtest_assignments") == shown
    nothing = {"active": False, "active_campaign_assignments": []}
    assert upcoming == {**nothing, **only, "schedule_type": "abtest"}
    assert active == {**nothing, **only, "active": True, "schedule_type": "abtest"}
    assert over == {**nothing, "schedule_type": "none"}
    assert shop.patch(ab_test, json={"paused": True}).status_code == 200
    assert shop.get(document).json()["assignment_information"]["schedule_type"] == "none"


@pytest.mark.rule("ABT-6", "MKT-2")
def test_a_deleted_customer_group_leaves_ab_tests_and_slots(shop: Api) -> None:
    group = unique()
    assert shop.put(f"{SITE}/customer_groups/{group}", json={}).status_code in (200, 201)
    ab_test = make(shop, customer_groups=[group])
    path = f"{SITE}/slots/{make_slot(shop)}/slot_configurations/{unique()}"
    content = {"type": "recommended_products"}
    put(shop, path, slot_content=content, customer_groups=[group, "Everyone"])
    assert shop.delete(f"{SITE}/customer_groups/{group}").status_code == 200
    assert shop.get(ab_test).json()["customer_groups"] == ["Everyone"]
    assert shop.get(path).json()["customer_groups"] == ["Everyone"]


def make_category(shop: Api) -> str:
    name = unique()
    path = f"/catalogs/{CATALOG}/categories/{name}"
    assert shop.put(path, json={"parent_category_id": "root"}).status_code in (200, 201)
    return name


def list_rules(shop: Api, segment: str) -> list[tuple[str, str, str]]:
    shown = show(shop, segment, "sorting_rules")["sorting_rules"]
    assert {one["_type"] for one in shown} <= {"sorting_rule"}
    return sorted((one["id"], one["category_id"], one["rule_context"]) for one in shown)


@pytest.mark.rule("ABT-8")
@pytest.mark.needs(SORTING_RULE)
def test_sorting_rules_are_assigned_to_segments(shop: Api) -> None:
    ab_test = make(shop, "a", "b")
    first, second = f"{ab_test}/segments/a", f"{ab_test}/segments/b"
    category, other = make_category(shop), make_category(shop)
    for path in (
        f"sorting_rules/by-name/{category}",
        f"sorting_rules/by-name/{category}",
        f"sorting_rules/newest-first/{other}?rule_context=global",
    ):
        assert assign(shop, first, path).status_code == 204
    assert list_rules(shop, first) == [
        ("by-name", category, "site"),
        ("newest-first", other, "global"),
    ]
    for segment in (first, second):
        for rule in ("newest-first", "by-name"):
            path = f"sorting_rules/{rule}/{category}?rule_context=global"
            answer = assign(shop, segment, path)
            arguments = {"sortingRuleId": rule, "categoryId": category}
            assert_fault(answer, 409, "SortingRuleCampaignAssignConflict", arguments)
    assert assign(shop, second, f"sorting_rules/by-name/{category}").status_code == 204
    for rule, query, left in (
        ("newest-first", "?rule_context=global", 2),
        ("by-name", "?rule_context=global", 2),
        ("by-name", "", 1),
        ("by-name", "", 1),
    ):
        answer = assign(shop, first, f"sorting_rules/{rule}/{category}{query}", "DELETE")
        assert answer.status_code == 204
        assert len(list_rules(shop, first)) == left


@pytest.mark.rule("ABT-8")
@pytest.mark.needs(SORTING_RULE)
def test_sorting_rules_go_with_category_segment_and_ab_test(shop: Api) -> None:
    category = make_category(shop)
    path = f"sorting_rules/by-name/{category}"
    kept, replaced, emptied = (make(shop, "a") for _ in range(3))
    for ab_test in (kept, replaced, emptied):
        assert assign(shop, f"{ab_test}/segments/a", path).status_code == 204
    name = unique()
    assert shop.patch(kept, json={"id": name}).status_code == 200
    renamed = f"{SITE}/ab_tests/{name}/segments/a"
    assert list_rules(shop, renamed) == [("by-name", category, "site")]
    put(shop, replaced)
    put(shop, f"{replaced}/segments/a")
    assert shop.delete(f"{emptied}/segments/a").status_code == 204
    put(shop, f"{emptied}/segments/a")
    for ab_test in (replaced, emptied):
        assert list_rules(shop, f"{ab_test}/segments/a") == []
    assert shop.delete(f"/catalogs/{CATALOG}/categories/{category}").status_code == 204
    assert list_rules(shop, renamed) == []


@pytest.mark.rule("ABT-8")
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.needs(SORTING_RULE)
def test_sorting_rules_and_categories_may_be_missing(shop: Api, method: str) -> None:
    segment, category = f"{make(shop, 'a')}/segments/a", make_category(shop)
    missing = {"sortingRuleId": "lamps-first", "siteId": HERE.site}
    for rule, arguments in (
        (f"none/{category}", {**missing, "sortingRuleId": "none"}),
        (f"lamps-first/{category}?rule_context=global", missing),
        (f"newest-first/{category}", {**missing, "sortingRuleId": "newest-first"}),
        (
            f"newest-first/{category}?rule_context=site",
            {**missing, "sortingRuleId": "newest-first"},
        ),
    ):
        answer = assign(shop, segment, f"sorting_rules/{rule}", method)
        assert_fault(answer, 404, "SortingRuleNotFound", arguments)
    answer = assign(shop, segment, "sorting_rules/by-name/none", method)
    assert_fault(answer, 400, "InvalidCategory", {"categoryId": "none"})
    answer = assign(shop, f"{segment}b", f"sorting_rules/by-name/{category}", method)
    assert answer.json()["fault"]["type"] == "ABTestSegmentNotFoundException"


@pytest.mark.rule("ABT-8")
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_missing_sorting_rule_is_reported_before_the_category(shop: Api, method: str) -> None:
    segment = f"{make(shop, 'a')}/segments/a"
    answer = assign(shop, segment, "sorting_rules/none/none", method)
    missing = {"sortingRuleId": "none", "siteId": HERE.site}
    assert_fault(answer, 404, "SortingRuleNotFound", missing)


@pytest.mark.rule("ABT-7")
def test_ab_tests_are_found(shop: Api) -> None:
    first: dict[str, Any] = {
        "description": "One page for the contract",
        "email_addresses": ["reports@contract.example"],
        "start_date": "2023-05-01T00:00:00Z",
    }
    second: dict[str, Any] = {
        "tags": ["banner"],
        "enabled": True,
        "paused": True,
        "end_date": "2098-01-01T00:00:00Z",
    }
    names = ["contract-checkout", "contract-home"]
    for name, members in zip(names, (first, second), strict=True):
        put(shop, f"{SITE}/ab_tests/{name}", **members)
    own = term("id", "one_of", *names)
    for query, found in [
        (term("id", "is", names[1]), names[1:]),
        ({"text_query": {"fields": ["description"], "search_phrase": "one page"}}, names[:1]),
        (term("enabled", "is", True), names[1:]),
        (term("paused", "is", False), names[:1]),
        (term("key_metric_id", "is", "Revenue"), names),
        (term("email_addresses", "is", "reports@contract.example"), names[:1]),
        (term("tags", "one_of", "banner", "x"), names[1:]),
        (term("expiration_type", "is", "never"), names),
        (term("start_date", "less", "2023-06-01T00:00:00Z"), names[:1]),
        (term("end_date", "is_null"), names[:1]),
    ]:
        both = {"bool_query": {"must": [query, own]}}
        assert find(shop, both, sorts=[{"field": "id"}]) == found


@pytest.mark.rule("ABT-7")
@pytest.mark.parametrize("field", ["tags", "start_date", "expiration_type"])
def test_some_fields_cannot_be_sorted(shop: Api, field: str) -> None:
    body = {"query": {"match_all_query": {}}, "sorts": [{"field": field}]}
    answer = shop.call("POST", f"{shop.scope}{SITE}/ab_test_search", json=body)
    assert_fault(answer, 400, "FieldNotSortable", {"field": field})
