"""What older versions of the Data API do not have (VER-1 to VER-6)."""

import json
import shutil
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.place import here
from contract_tests.shop import DATA_SET

Make = Callable[..., str]
Start = Callable[..., Api]
DATA = "/s/-/dw/data"
CUSTOM_TYPE = "a custom object type: no request creates one"


@pytest.mark.rule("VER-1")
@pytest.mark.parametrize(("version", "has_dates"), [("v20_4", False), ("v23_2", True)])
def test_an_answer_has_the_properties_of_its_version(
    start: Start, data_set: str, tmp_path: Path, version: str, has_dates: bool
) -> None:
    folder = Path(shutil.copytree(data_set, tmp_path / "fixtures"))
    dates = {"creation_date": "2023-01-16T08:00:00.000Z"}
    sites = json.loads((folder / "sites.json").read_text())
    (folder / "sites.json").write_text(json.dumps([*sites, {"id": "ADatedSite", **dates}]))
    api = start(fixtures=str(folder))
    page = api.call("GET", f"{DATA}/{version}/sites?select=(data.(**))").json()
    assert page["data"][0]["id"] == "ADatedSite"
    assert ("creation_date" in page["data"][0]) is has_dates
    document = api.call("GET", f"{DATA}/{version}/sites/ADatedSite").json()
    assert ("creation_date" in document) is has_dates


@pytest.mark.rule("VER-1", "SYS-3")
def test_a_request_sets_the_properties_of_its_version(shop: Api) -> None:
    start = datetime.now(UTC) - timedelta(hours=2)
    zone = {"zone_name": "contract-none", "zone_id": "contract-id"}
    sent = {**zone, "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}"}
    document = "ecdn_log_fetch_request"
    unknown = {"document": document, "property": "zone_id"}
    for version, status, kind, arguments in (
        ("v23_2", 400, "UnknownPropertyException", unknown),
        ("v24_5", 400, "UnknownPropertyException", unknown),
        ("v25_6", 404, "ZoneNotFoundException", {"id": "contract-id"}),
    ):
        answer = shop.call("POST", f"{DATA}/{version}/log_requests/ecdn", json=sent)
        fault = answer.json()["fault"]
        assert (answer.status_code, fault["type"]) == (status, kind)
        assert fault["arguments"] == arguments


@pytest.mark.rule("VER-1", "CUS-1")
@pytest.mark.needs(DATA_SET)
def test_a_customer_list_has_preferences_from_25_6_on(shop: Api) -> None:
    path = "customer_lists/RefArchGlobal"
    assert "preferences" not in shop.call("GET", f"{DATA}/v24_5/{path}").json()
    document = shop.call("GET", f"{DATA}/v25_6/{path}").json()
    assert document["preferences"] == {
        "_type": "customer_list_preferences",
        "customer_no_sequence_enabled": True,
        "data_retention_age": 0,
        "force_password_contains_alpha": True,
        "force_password_contains_numeric": True,
        "force_password_mixed_case": False,
        "lockout_effective_period": 30,
        "lockout_enabled": True,
        "login_attempt_reset_time": 5,
        "max_failed_logins": 6,
        "max_password_age": 0,
        "max_password_reset_token_age": 180,
        "min_password_length": 10,
        "min_password_special_chars": 0,
    }


@pytest.mark.rule("VER-6")
def test_an_assignment_of_a_promotion_has_no_body_before_21_9(shop: Api) -> None:
    site, name = f"sites/{here().site}", f"contract-{uuid.uuid4().hex[:24]}"
    path = f"{site}/campaigns/{name}/promotions/{name}"
    for above in ("campaigns", "promotions"):
        assert shop.put(f"/{site}/{above}/{name}", json={"enabled": True}).ok
    body = {"required_qualifier": "all", "no_such_property": 1}
    assert shop.call("PUT", f"{DATA}/v21_8/{path}", json=body).status_code == 204
    refused = shop.call("PUT", f"{DATA}/v21_9/{path}", json=body)
    assert refused.json()["fault"]["type"] == "UnknownPropertyException"
    for version, has_body in (("v21_8", False), ("v21_9", True)):
        description = shop.call("GET", f"/s/-/dw/meta/v1/rest/data/{version}").json()
        paths = description["paths"]
        put = paths["/sites/{site_id}/campaigns/{campaign_id}/promotions/{promotion_id}"]["put"]
        assert any(one["in"] == "body" for one in put["parameters"]) is has_body
    for above in ("campaigns", "promotions"):
        shop.delete(f"/{site}/{above}/{name}")


@pytest.mark.rule("VER-2")
def test_an_amount_below_zero_is_refused_from_23_2_on(api: Api, make: Make) -> None:
    path = f"inventory_lists/{make()}/product_inventory_records/sku-1"
    body = {"allocation": {"amount": -1}}
    refused = api.call("PUT", f"{DATA}/v23_2/{path}", json=body)
    told = {"document": "product_inventory_record", "path": "$.allocation.amount"}
    assert_fault(refused, 400, "PropertyConstraintViolation", told)
    answer = api.call("PUT", f"{DATA}/v22_6/{path}", json=body)
    assert answer.status_code == 201
    assert answer.json()["allocation"]["amount"] == -1


@pytest.mark.rule("VER-3")
@pytest.mark.parametrize(
    ("method", "path", "before", "since"),
    [
        ("GET", "permissions", "v18_7", "v18_8"),
        ("GET", "roles/Administrator/permissions", "v18_7", "v18_8"),
        ("GET", "ocapi_configs/contract-none", "v19_1", "v19_3"),
        ("GET", "users/contract-none/access_key/AGENT_USER_AND_OCAPI", "v22_4", "v22_6"),
    ],
)
def test_an_operation_is_unknown_before_its_version(
    api: Api, method: str, path: str, before: str, since: str
) -> None:
    unknown = f"{DATA}/{before}/{path}"
    answer = api.call(method, unknown)
    refused = answer.json()
    assert (answer.status_code, refused["_v"]) == (404, before[1:].replace("_", "."))
    assert refused["fault"]["type"] == "ResourcePathNotFoundException"
    assert refused["fault"]["arguments"] == {"path": unknown}
    known = api.call(method, f"{DATA}/{since}/{path}").json()
    assert known.get("fault", {}).get("type") != "ResourcePathNotFoundException"


@pytest.mark.rule("VER-3", "META-2")
@pytest.mark.parametrize(
    ("path", "before", "since"),
    [
        ("/permissions", "v18_7", "v18_8"),
        ("/metrics/{apitype}", "v21_9", "v21_10"),
        ("/alerts/items", "v25_6", "v24_5"),
    ],
)
def test_a_description_has_the_operations_of_its_version(
    api: Api, path: str, before: str, since: str
) -> None:
    for version, expected in ((before, False), (since, True)):
        description = api.call("GET", f"/s/-/dw/meta/v1/rest/data/{version}").json()
        assert (path in description["paths"]) is expected


@pytest.mark.rule("VER-4")
@pytest.mark.parametrize("field", ["creation_date", "last_modified"])
@pytest.mark.parametrize(
    "path",
    [
        pytest.param("custom_objects_search/Newsletter", marks=pytest.mark.needs(CUSTOM_TYPE)),
        f"customer_lists/{here().customer_list}/customer_search",
    ],
)
def test_dates_are_searched_from_22_4_on(shop: Api, path: str, field: str) -> None:
    query = {"term_query": {"fields": [field], "operator": "is_not_null"}}
    known = shop.call("POST", f"{DATA}/v22_4/{path}", json={"query": query})
    assert known.status_code == 200
    unknown = shop.call("POST", f"{DATA}/v22_1/{path}", json={"query": query})
    other = {"term_query": {"fields": ["no_such_field"], "operator": "is_not_null"}}
    refused = shop.call("POST", f"{DATA}/v22_4/{path}", json={"query": other})
    assert unknown.status_code == refused.status_code == 400
    assert unknown.json()["fault"]["type"] == refused.json()["fault"]["type"]
