"""Campaigns, promotions, and promotions in campaigns (MKT-1 to MKT-8)."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.conftest import DEMO
from contract_tests.place import here
from contract_tests.shop import ALL, CLOCK, find, search, strip, term, text

HERE = here()

SITE = f"/sites/{HERE.site}"
Start = Callable[..., Api]


@pytest.fixture
def campaign(shop: Api) -> Iterator[str]:
    """The path of a running campaign."""
    yield from make(shop, f"{SITE}/campaigns", {"enabled": True})


@pytest.fixture
def promotion(shop: Api) -> Iterator[str]:
    """The path of an enabled promotion."""
    yield from make(shop, f"{SITE}/promotions", {"enabled": True})


@pytest.fixture
def groups(shop: Api) -> list[str]:
    """The ids of two customer groups."""
    names = [f"contract-{number}-{uuid.uuid4().hex}" for number in range(2)]
    for name in names:
        assert shop.put(f"{SITE}/customer_groups/{name}", json={}).status_code == 201
    return names


def make(shop: Api, collection: str, document: Any) -> Iterator[str]:
    path = f"{collection}/contract-{uuid.uuid4().hex}"
    answer = shop.put(path, json=document)
    assert answer.status_code == 200, answer.text
    yield path
    shop.delete(path)


def freeze(shop: Api, at: str) -> None:
    """Stop the clock at an instant, and get a token of that time."""
    shop.call("POST", "/__emulator__/clock/freeze", json={"at": at})
    shop.token = shop.grant(DEMO, DEMO).json()["access_token"]


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


@pytest.mark.rule("MKT-1")
def test_put_creates_a_campaign(shop: Api) -> None:
    name = f"contract-{uuid.uuid4().hex}"
    path = f"{SITE}/campaigns/{name}"
    answer = shop.put(path, json={"description": "d", "start_date": "2024-04-01T11:30:15Z"})
    assert answer.status_code == 200
    document = answer.json()
    assert document == shop.get(path).json()
    assert document["creation_date"] == document["last_modified"]
    assert strip(document) == {
        "_type": "campaign",
        "campaign_id": name,
        "description": "d",
        "enabled": False,
        "link": f"{shop.url}/s/-/dw/data/v23_2{path}",
        "start_date": "2024-04-01T11:30:15.000Z",
    }
    replaced = shop.put(path, json={"enabled": True})
    assert replaced.status_code == 200
    assert "description" not in replaced.json()
    answer = shop.put(path, json={"campaign_id": "other"})
    assert_fault(answer, 400, "IdConflict", {"bodyID": "other", "urlID": name})
    changed = shop.patch(path, json={"description": "e"}).json()
    assert (changed["enabled"], changed["description"]) == (True, "e")
    assert [shop.delete(path).status_code for _ in "12"] == [204, 204]
    missing = {"campaignId": name, "siteId": HERE.site}
    for answer in (shop.get(path), shop.patch(path, json={})):
        assert_fault(answer, 404, "CampaignNotFound", missing)
    message = f"No campaign with ID '{name}' for site '{HERE.site}' was found."
    assert answer.json()["fault"]["message"] == message
    answer = shop.put("/sites/none/campaigns/c", json={})
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("MKT-1")
def test_a_campaign_moves_to_another_id_with_the_assignments(
    shop: Api, campaign: str, promotion: str, groups: list[str]
) -> None:
    assert shop.put(f"{campaign}/promotions/{id_of(promotion)}").status_code == 204
    assert shop.put(f"{campaign}/customer_groups/{groups[0]}").status_code == 204
    name = f"contract-{uuid.uuid4().hex}"
    taken = f"contract-{uuid.uuid4().hex}"
    assert shop.put(f"{SITE}/campaigns/{taken}", json={}).status_code == 200
    answer = shop.patch(campaign, json={"campaign_id": taken})
    arguments = {"campaignId": taken, "siteId": HERE.site}
    assert_fault(answer, 400, "CampaignDuplicate", arguments)
    message = f"The campaign couldn't be created because of duplicate ID '{taken}'."
    assert answer.json()["fault"]["message"] == message
    assert shop.patch(campaign, json={"campaign_id": None}).status_code == 400
    moved = shop.patch(campaign, json={"campaign_id": name}).json()
    assert moved["campaign_id"] == name
    assert moved["link"].endswith(f"{SITE}/campaigns/{name}")
    assert shop.get(campaign).status_code == 404
    information = shop.get(promotion).json()["assignment_information"]
    assert information["campaign_id"] == name
    found = search_assignments(shop, term("promotion_id", "is", id_of(promotion)))
    assert found == [(name, id_of(promotion))]
    assert shop.delete(f"{SITE}/campaigns/{name}").status_code == 204
    assert shop.get(promotion).json()["assignment_information"]["schedule_type"] == "none"
    assert search_assignments(shop, term("promotion_id", "is", id_of(promotion))) == []


@pytest.mark.rule("MKT-2")
def test_a_campaign_names_documents_of_the_site_once(
    shop: Api, campaign: str, groups: list[str]
) -> None:
    repeated = [groups[1], groups[0], groups[1]]
    changed = shop.patch(campaign, json={"customer_groups": repeated}).json()
    assert changed["customer_groups"] == [groups[1], groups[0]]
    assert "customer_groups" not in shop.patch(campaign, json={"customer_groups": []}).json()
    for name in ("coupons", "customer_groups", "source_code_groups"):
        for answer in (
            shop.patch(campaign, json={name: ["none"]}),
            shop.put(campaign, json={name: ["none"]}),
        ):
            arguments = {"document": "campaign", "path": f"$.{name}.[0]"}
            assert_fault(answer, 400, "PropertyConstraintViolation", arguments)


@pytest.mark.rule("MKT-2")
def test_a_deleted_customer_group_leaves_campaigns_and_assignments(
    shop: Api, campaign: str, promotion: str, groups: list[str]
) -> None:
    name, other = groups
    shop.patch(campaign, json={"customer_groups": [name, other]})
    assignment = f"{campaign}/promotions/{id_of(promotion)}"
    answer = shop.put(assignment, json={"customer_groups": [name]})
    assert answer.status_code == 204
    found = find(shop, f"{SITE}/campaign_search", "campaign_id", term("customer_group", "is", name))
    assert found == [id_of(campaign)]
    assert shop.delete(f"{SITE}/customer_groups/{name}").status_code == 200
    assert shop.get(campaign).json()["customer_groups"] == [other]
    [shown] = shop.get(promotion).json()["assignment_information"]["active_campaign_assignments"]
    assert "customer_groups" not in shown


@pytest.mark.rule("MKT-3")
@pytest.mark.needs(CLOCK)
def test_the_clock_decides_which_assignments_are_active(start: Start) -> None:
    shop = start(fixtures="storefront", seed="marketing")  # at 2026-01-01
    path = f"{SITE}/promotions/ten-percent"
    link = f"{shop.url}/s/-/dw/data/v23_2{SITE}/campaigns"
    members = {
        "_type": "promotion_campaign_assignment",
        "campaign_id": "members",
        "coupons_based": True,
        "customer_groups": ["VIP"],
        "customer_groups_based": True,
        "description": "For VIPs",
        "enabled": True,
        "link": f"{link}/members/promotions/ten-percent",
        "promotion_id": "ten-percent",
        "rank": 10,
        "required_qualifier": "any",
        "schedule": {"_type": "schedule", "start_date": "2023-02-01T00:00:00.000Z"},
        "source_code_based": True,
    }
    shown = shop.get(path).json()["assignment_information"]
    [active], [upcoming] = (
        shown.pop("active_campaign_assignments"),
        shown.pop("upcoming_campaign_assignments"),
    )
    assert strip(active) == members
    assert upcoming["campaign_id"] == "jubilee"
    assert upcoming["schedule"] == {"_type": "schedule"}
    assert shown == {
        "_type": "promotion_assignment_information",
        "active": True,
        "campaign_id": "members",
        "enabled": True,
        "schedule": members["schedule"],
        "schedule_type": "campaign",
        "start_date": "2023-01-10T00:00:00.000Z",
    }
    freeze(shop, "2098-06-01T00:00:00Z")
    shown = shop.get(path).json()["assignment_information"]
    assert (shown["active"], shown["schedule_type"]) == (True, "multiple")
    assert [one["campaign_id"] for one in shown["active_campaign_assignments"]] == [
        "jubilee",
        "members",
    ]
    assert "campaign_id" not in shown
    freeze(shop, "2098-06-30T22:00:00Z")
    assert shop.get(path).json()["assignment_information"]["campaign_id"] == "members"
    over = shop.get(f"{SITE}/promotions/lamp-sale").json()["assignment_information"]
    assert over == {
        "_type": "promotion_assignment_information",
        "active": False,
        "active_campaign_assignments": [],
        "schedule_type": "none",
    }


@pytest.mark.rule("MKT-3")
@pytest.mark.needs(CLOCK)
@pytest.mark.parametrize(
    ("schedule", "active"),
    [
        ({}, True),
        ({"start_date": "2026-01-01T00:00:00Z"}, True),
        ({"end_date": "2026-01-01T00:00:00Z"}, False),
        ({"recurrence": {"day_of_week": ["wednesday", "thursday"]}}, True),  # a Thursday
        ({"recurrence": {"day_of_week": ["friday"]}}, False),
        ({"recurrence": {"time_of_day": {"time_from": "00:00:59", "time_to": "06:00:00"}}}, True),
        ({"recurrence": {"time_of_day": {"time_from": "00:01:00"}}}, False),
        ({"recurrence": {"time_of_day": {"time_to": "00:00:00"}}}, False),
    ],
)
def test_a_schedule_bounds_an_assignment(start: Start, schedule: Any, active: bool) -> None:
    shop = start(fixtures="storefront", seed="marketing")  # at 2026-01-01T00:00:00Z
    path = f"{SITE}/campaigns/members/promotions/jubilee-gift"
    assert shop.put(path, json={"schedule": schedule}).status_code == 204
    shown = shop.get(f"{SITE}/promotions/jubilee-gift").json()["assignment_information"]
    assert shown["active"] is active


@pytest.mark.rule("MKT-3")
def test_disabled_campaigns_and_assignments_are_not_active(
    shop: Api, campaign: str, promotion: str
) -> None:
    assignment = f"{campaign}/promotions/{id_of(promotion)}"
    assert shop.put(assignment).status_code == 204
    assert shop.get(promotion).json()["assignment_information"]["active"] is True
    shop.patch(campaign, json={"enabled": False})
    assert shop.get(promotion).json()["assignment_information"]["active"] is False
    shop.patch(campaign, json={"enabled": True})
    shop.patch(assignment, json={"enabled": False})
    assert shop.get(promotion).json()["assignment_information"]["active"] is False


@pytest.mark.rule("MKT-4")
def test_put_creates_a_promotion(shop: Api) -> None:
    name = f"contract-{uuid.uuid4().hex}"
    path = f"{SITE}/promotions/{name}"
    body = {"name": {"default": "X"}, "callout_msg": {"default": {"source": "<b>x</b>"}}}
    answer = shop.put(path, json=body)
    assert answer.status_code == 200
    document = answer.json()
    assert document == shop.get(path).json()
    assert strip(document) == {
        "_type": "promotion",
        "archived": False,
        "assignment_information": {
            "_type": "promotion_assignment_information",
            "active": False,
            "active_campaign_assignments": [],
            "schedule_type": "none",
        },
        "callout_msg": {
            "default": {"_type": "markup_text", "markup": "<b>x</b>", "source": "<b>x</b>"}
        },
        "disable_globally_excluded": False,
        "enabled": False,
        "exclusivity": "no",
        "id": name,
        "link": f"{shop.url}/s/-/dw/data/v23_2{path}",
        "name": {"default": "X"},
        "promotion_class": "product",
    }
    answer = shop.put(path, json={"id": "other"})
    assert_fault(answer, 400, "IdConflict", {"bodyID": "other", "urlID": name})
    tags = [{"tag_id": "a"}, {"tag_id": "b"}]
    changed = shop.patch(path, json={"tags": tags, "currency_code": "EUR"}).json()
    assert [tag["tag_id"] for tag in changed["tags"]] == ["a", "b"]
    changed = shop.patch(path, json={"tags": tags[:1]}).json()
    assert [tag["tag_id"] for tag in changed["tags"]] == ["a"]
    assert shop.patch(path, json={"currency_code": "EURO"}).status_code == 400
    assert [shop.delete(path).status_code for _ in "12"] == [204, 204]
    missing = {"promotionId": name, "siteId": HERE.site}
    for answer in (shop.get(path), shop.patch(path, json={})):
        assert_fault(answer, 404, "PromotionNotFound", missing)
    message = f"No promotion with ID '{name}' for site '{HERE.site}' could be found."
    assert answer.json()["fault"]["message"] == message


@pytest.mark.rule("MKT-4")
def test_another_class_resets_the_rule_of_a_promotion(shop: Api, promotion: str) -> None:
    flag = "disable_globally_excluded"
    assert shop.patch(promotion, json={flag: True}).json()[flag] is True
    assert shop.patch(promotion, json={"promotion_class": "product"}).json()[flag] is True
    assert shop.patch(promotion, json={"promotion_class": "order"}).json()[flag] is False
    body = {"promotion_class": "shipping", flag: True}
    assert shop.patch(promotion, json=body).json()[flag] is True


@pytest.mark.rule("MKT-5")
def test_a_deleted_promotion_leaves_no_assignment(shop: Api, campaign: str, promotion: str) -> None:
    assert shop.put(f"{campaign}/promotions/{id_of(promotion)}").status_code == 204
    shop.delete(promotion)
    assert search_assignments(shop, term("promotion_id", "is", id_of(promotion))) == []
    assert shop.put(promotion, json={}).status_code == 200
    information = shop.get(promotion).json()["assignment_information"]
    assert information["schedule_type"] == "none"


@pytest.mark.rule("MKT-6")
def test_customer_groups_are_assigned_to_a_campaign(
    shop: Api, campaign: str, groups: list[str]
) -> None:
    names = [groups[1], groups[0], groups[1]]
    paths = [f"{campaign}/customer_groups/{name}" for name in names]
    answers = [shop.put(path) for path in paths]
    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 3
    assert shop.get(campaign).json()["customer_groups"] == [groups[1], groups[0]]
    assert [shop.delete(path).status_code for path in paths] == [204] * 3
    assert "customer_groups" not in shop.get(campaign).json()
    for method in ("PUT", "DELETE"):
        answer = shop.call(method, f"{shop.scope}{campaign}/customer_groups/none")
        assert_fault(answer, 400, "ConstraintViolation", {"parameter": "customer_group_id"})
        answer = shop.call(method, f"{shop.scope}{SITE}/campaigns/none/customer_groups/g")
        assert_fault(answer, 404, "CampaignNotFound", {"campaignId": "none", "siteId": HERE.site})
        answer = shop.call(method, f"{shop.scope}/sites/none/campaigns/c/customer_groups/g")
        assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("MKT-7")
def test_a_promotion_is_assigned_changed_and_taken_back(
    shop: Api, campaign: str, promotion: str
) -> None:
    path = f"{campaign}/promotions/{id_of(promotion)}"
    missing = {"promotionId": id_of(promotion), "siteId": HERE.site}
    assert_fault(shop.patch(path, json={"rank": 1}), 404, "PromotionNotFound", missing)
    answer = shop.put(path, json={"rank": 3, "description": "d"})
    assert (answer.status_code, answer.content) == (204, b"")
    recurrence = {"time_of_day": {"time_from": "08:00:30", "time_to": "17:30"}}
    body = {"rank": 5, "schedule": {"recurrence": recurrence}, "required_qualifier": "all"}
    assert shop.patch(path, json=body).status_code == 204
    [hit] = search(
        shop,
        f"{SITE}/promotion_campaign_assignment_search",
        term("promotion_id", "is", id_of(promotion)),
        select="(**)",
    ).json()["hits"]
    created = hit["creation_date"]
    assert strip(hit) == {
        "_type": "promotion_campaign_assignment",
        "campaign_id": id_of(campaign),
        "coupons_based": True,
        "customer_groups_based": True,
        "description": "d",
        "enabled": True,
        "link": f"{shop.url}/s/-/dw/data/v23_2{path}",
        "promotion_id": id_of(promotion),
        "rank": 5,
        "required_qualifier": "all",
        "schedule": {
            "_type": "schedule",
            "recurrence": {
                "_type": "recurrence",
                "time_of_day": {
                    "_type": "time_of_day",
                    "time_from": "08:00:00",
                    "time_to": "17:30:00",
                },
            },
        },
        "source_code_based": True,
    }
    answer = shop.put(path, json={"rank": 6})
    state = {"x-dw-resource-state": answer.headers["x-dw-resource-state"]}
    assert shop.put(path, json={"rank": 7}, headers=state).status_code == 204
    answer = shop.patch(path, json={"rank": 8}, headers=state)
    assert answer.json()["fault"]["type"] == "ResourceStateConflictException"
    [shown] = shop.get(promotion).json()["assignment_information"]["active_campaign_assignments"]
    assert (shown["rank"], "description" in shown) == (7, False)
    assert shown["creation_date"] == created
    assert [shop.delete(path).status_code for _ in "12"] == [204, 204]
    assert shop.get(promotion).json()["assignment_information"]["schedule_type"] == "none"


@pytest.mark.rule("MKT-7")
def test_an_assignment_needs_campaign_promotion_and_named_documents(
    shop: Api, campaign: str, promotion: str, groups: list[str]
) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        body: dict[str, Any] = {} if method == "DELETE" else {"json": {}}
        answer = shop.call(method, f"{shop.scope}{campaign}/promotions/none", **body)
        arguments = {"promotionId": "none", "siteId": HERE.site}
        assert_fault(answer, 404, "PromotionNotFound", arguments)
        answer = shop.call(method, f"{shop.scope}{SITE}/campaigns/none/promotions/p", **body)
        arguments = {"campaignId": "none", "siteId": HERE.site}
        assert_fault(answer, 404, "CampaignNotFound", arguments)
    path = f"{campaign}/promotions/{id_of(promotion)}"
    shop.put(path)
    for method in ("PUT", "PATCH"):
        body = {"customer_groups": [groups[0], "none"]}
        answer = shop.call(method, f"{shop.scope}{path}", json=body)
        arguments = {"customerGroupId": "none", "siteId": HERE.site}
        assert_fault(answer, 404, "CustomerGroupNotFound", arguments)
        answer = shop.call(method, f"{shop.scope}{path}", json={"promotion_id": "other"})
        arguments = {"bodyID": "other", "urlID": id_of(promotion)}
        assert_fault(answer, 400, "IdConflict", arguments)


@pytest.mark.rule("MKT-8")
def test_campaigns_are_searched_by_these_fields(shop: Api, groups: list[str]) -> None:
    path, key, names = f"{SITE}/campaign_search", "campaign_id", ["contract-a", "contract-b"]
    over = {"description": "Of the Contract SHOP", "end_date": "2023-12-31T00:00:00Z"}
    to_come = {"enabled": True, "start_date": "2098-06-01T00:00:00Z"}
    for name, body in zip(names, (over, {**to_come, "customer_groups": groups[:1]}), strict=True):
        assert shop.put(f"{SITE}/campaigns/{name}", json=body).status_code == 200
    known = term("campaign_id", "one_of", *names, "none")
    assert find(shop, path, key, known) == names
    for query, expected in [
        (text("description", "shop CONTRACT"), names[:1]),
        (term("customer_group", "is", groups[0]), names[1:]),
        (term("enabled", "is", False), names[:1]),
        (term("end_date", "less", "2024-01-01"), names[:1]),
        (term("start_date", "greater", "2098-01-01"), names[1:]),
    ]:
        assert find(shop, path, key, {"bool_query": {"must": [known, query]}}) == expected
    for field in ("coupon_id", "customer_group", "source_code", "start_date", "last_modified"):
        answer = search(shop, path, ALL, sorts=[{"field": field}])
        assert_fault(answer, 400, "FieldNotSortable", {"field": field})
    answer = search(shop, path, {})
    assert answer.json()["fault"]["type"] == "MalformedSearchParameterException"
    answer = search(shop, "/sites/none/campaign_search", ALL)
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("MKT-8")
def test_promotions_are_searched_by_these_fields(shop: Api) -> None:
    path, names = f"{SITE}/promotion_search", ["contract-a", "contract-b", "contract-c"]
    bodies: list[dict[str, Any]] = [
        {"name": {"default": "Sale", "de": "Vertragsrabatt"}, "enabled": True},
        {"currency_code": "USD", "enabled": True},
        {"exclusivity": "global"},
    ]
    for name, body in zip(names, bodies, strict=True):
        assert shop.put(f"{SITE}/promotions/{name}", json=body).status_code == 200
    known = term("id", "one_of", *names)
    for query, expected in [
        (term("id", "is", "contract-b"), names[1:2]),
        (text("name", "vertragsrabatt"), names[:1]),
        (term("currency_code", "is", "USD"), names[1:2]),
        (term("exclusivity", "is", "global"), names[2:]),
        (term("enabled", "is", True), names[:2]),
    ]:
        both = {"bool_query": {"must": [known, query]}}
        assert find(shop, path, "id", both) == expected
        sorts = [{"field": "promotion_class"}, {"field": "id", "sort_order": "desc"}]
        assert find(shop, path, "id", both, sorts=sorts) == expected[::-1]
    [hit] = search(shop, path, term("id", "is", "contract-a"), select="(**)").json()["hits"]
    assert {**hit, "_v": "23.2"} == shop.get(f"{SITE}/promotions/contract-a").json()
    answer = search(shop, path, term("promotion_class", "is", "order"))
    assert_fault(answer, 400, "UnqueryableField", {"field": "promotion_class"})


@pytest.mark.rule("MKT-8")
def test_assignments_are_searched_and_expanded(shop: Api, campaign: str, promotion: str) -> None:
    schedule = {"start_date": "2023-02-01T00:00:00Z"}
    body = {"rank": 10, "description": "Contract spring", "schedule": schedule}
    assert shop.put(f"{campaign}/promotions/{id_of(promotion)}", json=body).status_code == 204
    of_campaign = {"field": "campaign_id", "operator": "is", "values": [id_of(campaign)]}
    path = f"{SITE}/promotion_campaign_assignment_search"

    def narrow(query: Any) -> Any:
        return {"filtered_query": {"query": query, "filter": {"term_filter": of_campaign}}}

    for query, found in [
        (term("rank", "less", 20), True),
        (term("rank", "less", 10), False),
        (text("description", "spring"), True),
        (term("start_date", "less", "2023-03-01"), True),
        (term("start_date", "greater", "2023-03-01"), False),
    ]:
        expected = [(id_of(campaign), id_of(promotion))] if found else []
        assert search_assignments(shop, narrow(query)) == expected
    answer = search(shop, path, narrow(ALL), expand=["campaign", "promotion"], select="(**)")
    [hit] = answer.json()["hits"]
    assert strip(hit["campaign"]) == strip(shop.get(campaign).json())
    assert hit["promotion"]["assignment_information"]["active"] is True
    assert hit["promotion"]["link"].endswith(promotion)
    answer = search(shop, path, ALL, expand=["none"])
    assert_fault(answer, 400, "InvalidExpandValue", {"expandValue": "none"})
    answer = search(shop, "/sites/none/promotion_campaign_assignment_search", ALL)
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})


def search_assignments(shop: Api, query: Any) -> list[tuple[str, str]]:
    """Return campaign and promotion of the assignments that a search finds."""
    answer = search(shop, f"{SITE}/promotion_campaign_assignment_search", query)
    return [(hit["campaign_id"], hit["promotion_id"]) for hit in answer.json()["hits"]]
