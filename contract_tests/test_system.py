"""Small resources of the system: locales, logs, metrics, recommenders (SYS)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.place import here
from contract_tests.shop import CLOCK, DATA_SET

Start = Callable[..., Api]
LOGGING = "/settings/logging/custom"
ZONE = "shop.storefront.example"


@pytest.fixture
def storefront(start: Start) -> Api:
    """A server with the data set ``storefront`` and a frozen clock."""
    api = start(fixtures="storefront")
    move(api, "2024-09-14T16:48:07.000Z")
    return api


def move(api: Api, instant: str) -> None:
    answer = api.call("POST", "/__emulator__/clock/freeze", json={"at": instant})
    assert answer.status_code == 200, answer.text


@pytest.mark.rule("SYS-1")
@pytest.mark.needs(DATA_SET)
def test_the_active_locales_are_listed(storefront: Api) -> None:
    page = storefront.get("/locale_info/locales?select=(**)").json()
    hits = page.pop("hits")
    assert page == {
        "_v": "23.2",
        "_type": "locale_result",
        "count": 4,
        "select": "**",
        "start": 0,
        "total": 4,
    }
    assert [hit["id"] for hit in hits] == ["default", "de", "en-US", "fr"]
    assert hits[0] == {
        "_v": "23.2",
        "_type": "locale",
        "active": True,
        "country": "",
        "default": True,
        "display_country": "",
        "display_language": "",
        "display_name": "default",
        "id": "default",
        "iso3_country": "",
        "iso3_language": "",
        "language": "",
        "name": "default",
    }
    assert hits[2]["iso3_country"] == "USA"
    short = storefront.get("/locale_info/locales?count=1&start=1").json()
    assert short["hits"] == [{"_v": "23.2", "_type": "locale", "id": "de"}]
    assert short["next"].endswith("/locale_info/locales?start=2&count=1")
    one = storefront.get("/locale_info/locales?id=fr").json()
    assert (one["id"], one["total"], one["hits"][0]["id"]) == ("fr", 1, "fr")
    assert storefront.get("/locale_info/locales?id=xx").json()["hits"] == []


@pytest.mark.rule("SYS-1")
@pytest.mark.needs(DATA_SET)
def test_a_site_may_list_all_locales(storefront: Api) -> None:
    path = "/sites/RefArch/locale_info/locales"
    assert storefront.get(path).json()["total"] == 4
    every = storefront.get(f"{path}?include_all=true").json()
    assert (every["include_all"], every["total"]) == (True, 5)
    assert storefront.get(f"{path}?include_all=false").json()["total"] == 4
    wrong = storefront.get(f"{path}?include_all=maybe")
    arguments = {"parameter": "include_all", "value": "maybe"}
    assert wrong.status_code == 400
    assert wrong.json()["fault"]["type"] == "MalformedParameterException"
    assert set(wrong.json()["fault"]["arguments"].values()) == set(arguments.values())
    missing = storefront.get("/sites/contract-none/locale_info/locales")
    assert_fault(missing, 404, "SiteNotFound", {"siteId": "contract-none"})


@pytest.mark.rule("SYS-1")
def test_the_default_locale_is_listed_and_found(shop: Api) -> None:
    page = shop.get("/locale_info/locales?select=(**)&count=200").json()
    assert (page["_type"], page["count"]) == ("locale_result", page["total"])
    [default] = [hit for hit in page["hits"] if hit["id"] == "default"]
    assert (default["_type"], default["active"], default["default"]) == ("locale", True, True)
    one = shop.get("/locale_info/locales?id=default").json()
    assert (one["id"], one["total"], one["hits"][0]["id"]) == ("default", 1, "default")
    assert shop.get("/locale_info/locales?id=xx").json()["hits"] == []
    path = f"/sites/{here().site}/locale_info/locales"
    every = shop.get(f"{path}?include_all=true").json()
    assert (every["include_all"], every["total"] >= page["total"]) == (True, True)
    wrong = shop.get(f"{path}?include_all=maybe")
    assert wrong.json()["fault"]["type"] == "MalformedParameterException"
    missing = shop.get("/sites/contract-none/locale_info/locales")
    assert_fault(missing, 404, "SiteNotFound", {"siteId": "contract-none"})


@pytest.mark.rule("SYS-1")
def test_every_workspace_has_the_default_locale(start: Start) -> None:
    hits = start(fixtures="samples").get("/locale_info/locales").json()["hits"]
    assert hits == [{"_v": "23.2", "_type": "locale", "id": "default"}]


@pytest.mark.rule("SYS-2")
@pytest.mark.needs("settings of logs to change")
def test_the_settings_of_logs_are_changed(storefront: Api) -> None:
    answer = storefront.get(LOGGING)
    default = answer.json()
    state = default.pop("_resource_state")
    assert answer.headers["ETag"] == f'"{state}"'
    assert default == {
        "_v": "23.2",
        "_type": "custom_log_settings",
        "debug_permitted": True,
        "debug_to_file": False,
        "error_to_file": True,
        "fatal_to_file": True,
        "info_to_file": False,
        "root_level": "WARN",
        "warn_to_file": True,
    }
    changes = {
        "debug_permitted": False,
        "debug_to_file": True,
        "email_to": "a@shop.example, b@shop.example",
        "log_categories": [{"name": "checkout.pay", "level": "DEBUG", "enabled": True}],
    }
    answer = storefront.patch(LOGGING, json=changes)
    assert answer.status_code == 200
    changed = {**default, **changes, "debug_permitted": True}
    changed["log_categories"] = [{"_type": "log_category", **changes["log_categories"][0]}]  # type: ignore[index]
    document = answer.json()
    assert document == storefront.get(LOGGING).json()
    assert document.pop("_resource_state") != state
    assert document == changed


@pytest.mark.rule("SYS-2")
@pytest.mark.parametrize(
    ("changes", "kind", "arguments"),
    [
        ({"root_level": "LOUD"}, "InvalidLogLevel", {"level": "LOUD"}),
        (
            {"log_categories": [{"name": "a", "level": "x"}]},
            "InvalidLogLevel",
            {"level": "x"},
        ),
        (
            {"log_categories": [{"name": "a b"}]},
            "InvalidCustomLogCategory",
            {"category": "a b"},
        ),
        ({"log_categories": [{}]}, "InvalidCustomLogCategory", {"category": ""}),
        ({"email_to": "a@b"}, "InvalidRecipientEmail", {"recipientEmail": "a@b"}),
        (
            {"email_to": "x" * 1001},
            "PropertyConstraintViolation",
            {"document": "custom_log_settings", "path": "$.email_to"},
        ),
    ],
)
def test_wrong_settings_of_logs_are_refused(
    shop: Api, changes: Any, kind: str, arguments: dict[str, str]
) -> None:
    before = shop.get(LOGGING).json()
    assert_fault(shop.patch(LOGGING, json=changes), 400, kind, arguments)
    assert shop.get(LOGGING).json() == before


@pytest.mark.rule("SYS-3")
@pytest.mark.needs(CLOCK)
def test_a_log_of_the_ecdn_is_requested_and_fetched(storefront: Api) -> None:
    sent = {"zone_name": ZONE, "start_time": "2024-09-14T15:00:00Z"}
    created = storefront.call("POST", f"{storefront.scope}/log_requests/ecdn", json=sent)
    assert created.status_code == 200
    identifier = created.json()["id"]
    expected = {"_v": "23.2", "_type": "ecdn_log_fetch_response", "id": identifier}
    assert created.json() == {**expected, "status": "pending"}
    path = f"/log_requests/ecdn/{identifier}"
    move(storefront, "2024-09-14T16:48:08.500Z")
    assert storefront.get(path).json() == {**expected, "status": "running"}
    move(storefront, "2024-09-14T16:48:09.000Z")
    finished = storefront.get(path).json()
    assert finished["status"] == "finished"
    fetched = storefront.call("GET", finished["link"].removeprefix(storefront.url))
    assert fetched.status_code == 200
    move(storefront, "2024-09-14T17:18:07.000Z")
    assert storefront.get(path).json() == {**expected, "status": "finished"}


@pytest.mark.rule("SYS-3")
@pytest.mark.parametrize(
    ("sent", "status", "kind", "arguments"),
    [
        ({"zone_name": "none"}, 404, "ZoneNotFound", {"id": "none"}),
        ({"start_time": "2024-09-14T17:00:00Z"}, 400, None, "$.start_time"),
        ({"start_time": "2024-09-07T16:00:00Z"}, 400, None, "$.start_time"),
        ({"end_time": "2024-09-14T14:00:00Z"}, 400, None, "$.end_time"),
        ({"end_time": "2024-09-14T16:00:01Z"}, 400, None, "$.end_time"),
        ({"start_time": None}, 400, None, "$.start_time"),
    ],
)
@pytest.mark.needs(CLOCK)
def test_a_wrong_request_for_a_log_is_refused(
    storefront: Api, sent: Any, status: int, kind: str | None, arguments: Any
) -> None:
    request = {"zone_name": ZONE, "start_time": "2024-09-14T15:00:00Z", **sent}
    answer = storefront.call("POST", f"{storefront.scope}/log_requests/ecdn", json=request)
    if kind is None:
        arguments = {"document": "ecdn_log_fetch_request", "path": arguments}
    assert_fault(answer, status, kind or "PropertyConstraintViolation", arguments)


@pytest.mark.rule("SYS-3")
def test_a_missing_zone_and_a_missing_log_have_faults(shop: Api) -> None:
    start = datetime.now(UTC) - timedelta(hours=2)
    sent = {"zone_name": "contract-none", "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}"}
    refused = shop.call("POST", f"{shop.scope}/log_requests/ecdn", json=sent)
    assert_fault(refused, 404, "ZoneNotFound", {"id": "contract-none"})
    missing = shop.get("/log_requests/ecdn/contract-none")
    assert_fault(missing, 404, "LogRequestNotFound", {"id": "contract-none"})


@pytest.mark.rule("SYS-4")
@pytest.mark.needs(CLOCK)
def test_metrics_are_those_of_the_last_minute(storefront: Api) -> None:
    for _ in range(3):
        storefront.get("/sites")
    shown = storefront.get("/metrics/data").json()
    assert (shown["_type"], shown["limit"], shown["offset"]) == ("metric_response", 4500, 0)
    assert shown["total"] == len(shown["metrics"]) >= 6
    rate = 'ocapi_request_rate{operation="getSites"} 0.050000 1726332487000'
    assert rate in shown["metrics"]
    page = storefront.get("/metrics/data?offset=1&limit=2").json()
    assert (page["limit"], page["offset"]) == (2, 1)
    assert len(page["metrics"]) == 2
    assert storefront.get("/metrics/shop").json()["metrics"] == []
    move(storefront, "2024-09-14T16:50:00.000Z")
    later = storefront.get("/metrics/data").json()["metrics"]
    assert not any("getSites" in line for line in later)


@pytest.mark.rule("SYS-4")
@pytest.mark.parametrize("query", ["limit=0", "limit=4501", "offset=-1", "limit=x"])
def test_a_wrong_page_of_metrics_is_refused(shop: Api, query: str) -> None:
    answer = shop.get(f"/metrics/data?{query}")
    kind = "MalformedParameter" if query == "limit=x" else "ValueConstraintViolation"
    assert answer.status_code == 400
    assert answer.json()["fault"]["type"] == f"{kind}Exception"
    other = shop.get("/metrics/other")
    arguments = {"value": "other", "type": "ApiType"}
    assert_fault(other, 400, "IllegalEnumerationValue", arguments)


@pytest.mark.rule("SYS-5")
def test_recommenders_belong_to_a_site(shop: Api) -> None:
    shown = shop.get(f"/sites/{here().site}/ai/recommender_names").json()
    assert shown["_type"] == "recommenders_result"
    assert {one["_type"] for one in shown["recommenders"]} <= {"recommender"}
    missing = shop.get("/sites/contract-none/ai/recommender_names")
    assert_fault(missing, 404, "SiteNotFound", {"siteId": "contract-none"})


@pytest.mark.rule("SYS-5")
@pytest.mark.needs(DATA_SET)
def test_the_recommenders_of_a_site_are_listed(storefront: Api) -> None:
    path = "/sites/{}/ai/recommender_names"
    assert storefront.get(path.format("RefArch")).json() == {
        "_v": "23.2",
        "_type": "recommenders_result",
        "recommenders": [
            {
                "_type": "recommender",
                "description": "Similar products",
                "name": "product-to-product",
            },
            {"_type": "recommender", "name": "viewed-recently"},
        ],
    }
    assert storefront.get(path.format("RefArchGlobal")).json()["recommenders"] == []
    missing = storefront.get(path.format("contract-none"))
    assert_fault(missing, 404, "SiteNotFound", {"siteId": "contract-none"})
