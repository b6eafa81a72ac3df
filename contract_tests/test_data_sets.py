"""Data sets hold only documents that requests could write; factories create no others.

No test has a target: the endpoints are those of the emulator.
"""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api

Start = Callable[..., Api]
STATE, DOCUMENTS = "/__emulator__/state", "/__emulator__/documents"
EARLY_END = {"start_date": "2030-01-02T00:00:00.000Z", "end_date": "2030-01-01T00:00:00.000Z"}
IDS = {"site_id": "RefArch", "id": "contract"}
SEGMENT = {**IDS, "ab_test_id": "home-banner", "custom_experience": False}
COUPON = {"site_id": "RefArch", "coupon_id": "contract"}
CODE = {"site_id": "RefArch", "coupon_id": "flyer"}
GROUP = "source_code_groups"
CONFIGURATION = {
    "site_id": "RefArch",
    "slot_id": "home-banner",
    "context": "global",
    "configuration_id": "contract",
    "slot_content": {"type": "html"},
}
CONTENT = {"type": "content_assets", "content_asset_ids": ["imprint", "none"]}
PROMOTION = {"site_id": "RefArch", "campaign_id": "paused", "promotion_id": "ten-percent"}
SLOT = {
    "site_id": "RefArch",
    "campaign_id": "paused",
    "slot_id": "home-banner",
    "context": "global",
    "slot_configuration_id": "winter",
}
MONEY = {"currency_mnemonic": "USD", "value": -1}
STEP = {"step_id": "a", "include_steps_from_job_id": "none"}
PRODUCT = {"id": "contract", "owning_catalog_id": "storefront-catalog"}
LATE, HOLDER = "the end is before the start", "has the code"


def wrong(collection: str, reason: str, *entries: Any) -> Any:
    """Return the parameters of a case: properties together, and the reason."""
    entry = {name: value for each in entries for name, value in each.items()}
    name = f"{collection}: {reason}"
    return pytest.param(collection, entry, reason, id=name)


@pytest.mark.rule(
    "ABT-5", "GC-1", "JOB-1", "MKT-10", "MKT-14", "MKT-20", "PRD-1", "SLOT-2", "SLOT-3"
)
@pytest.mark.parametrize(
    ("collection", "entry", "reason"),
    [
        wrong("ab_test_segments", "allocation: is less than 0", SEGMENT, {"allocation": -1}),
        wrong(
            "ab_test_segments",
            "allocation: the segments of the A/B test have 101, more than 100",
            SEGMENT,
            {"allocation": 76},
        ),
        wrong(
            "coupons",
            f"single_code: the coupon 'welcome' {HOLDER} 'WELCOME10'",
            COUPON,
            {"single_code": "WELCOME10"},
        ),
        wrong(
            "coupons",
            f"single_code: the coupon 'flyer' {HOLDER} 'FLYER-A1'",
            COUPON,
            {"single_code": "flyer-a1"},
        ),
        wrong(
            "coupon_codes",
            f"code: the coupon 'welcome' {HOLDER} 'WELCOME10'",
            CODE,
            {"code": "WELCOME10"},
        ),
        wrong(
            "slot_configurations",
            "slot_content: there is no 'none' in content",
            CONFIGURATION,
            {"slot_content": CONTENT},
        ),
        wrong(
            "slot_configurations",
            "context_id: the context 'global' takes no ID",
            CONFIGURATION,
            {"context_id": "root"},
        ),
        wrong("ab_tests", f"end_date: {LATE}", IDS, EARLY_END),
        wrong(
            "campaigns",
            f"end_date: {LATE}",
            {"site_id": "RefArch", "campaign_id": "contract"},
            EARLY_END,
        ),
        wrong(
            "slot_configurations",
            f"schedule: {LATE}",
            CONFIGURATION,
            {"schedule": EARLY_END},
        ),
        wrong(
            "promotion_campaign_assignments",
            f"schedule: {LATE}",
            PROMOTION,
            {"schedule": EARLY_END},
        ),
        wrong(
            "slot_configuration_campaign_assignments",
            f"schedule: {LATE}",
            SLOT,
            {"schedule": EARLY_END},
        ),
        wrong(
            GROUP,
            f"end_time: {LATE}",
            IDS,
            {"start_time": EARLY_END["start_date"], "end_time": EARLY_END["end_date"]},
        ),
        wrong(
            GROUP,
            "active_redirect: a redirect of type 'url' needs a location",
            IDS,
            {"active_redirect": {"location_type": "url"}},
        ),
        wrong(
            GROUP,
            "specifications: 'a b' is not a valid source code",
            IDS,
            {"specifications": [{"expression": "a b"}]},
        ),
        wrong(
            "gift_certificates",
            "amount: is not greater than 0",
            {"site_id": "RefArch", "merchant_id": "contract"},
            {"amount": MONEY},
        ),
        wrong(
            "jobs",
            "steps: there is no 'none' in jobs",
            {"id": "contract", "steps": [STEP]},
        ),
        wrong(
            "products",
            "set_products: the product contains itself",
            PRODUCT,
            {"set_products": [{"id": "contract"}]},
        ),
    ],
)
def test_a_document_that_a_request_refuses_is_refused(
    start: Start, collection: str, entry: dict[str, Any], reason: str
) -> None:
    api = start(fixtures="storefront")
    state = api.call("GET", STATE).json()
    body = {"type": collection, "properties": entry}
    refused = api.call("POST", DOCUMENTS, json=body)
    assert (refused.status_code, refused.json()["detail"]) == (400, f"{reason}.")
    assert api.call("GET", STATE).json() == state
    entries = state["files"][f"{collection}.json"]
    entries.append(entry)
    refused = api.call("PUT", STATE, json=state)
    assert refused.status_code == 400
    place = f"files: {collection}.json: {collection} entry {len(entries)} "
    lines = refused.json()["detail"].splitlines()
    assert [line for line in lines if line.startswith(place) and line.endswith(f"): {reason}")]


@pytest.mark.rule("SLOT-3")
def test_a_context_of_a_category_needs_an_id(start: Start) -> None:
    api = start(fixtures="storefront")
    state = api.call("GET", STATE).json()
    made = api.call("POST", DOCUMENTS, json={"type": "slot_configuration", "properties": {}})
    assert (made.status_code, made.json()["context_id"]) == (201, "root")
    shown = made.json()
    context = f"context={shown['context']}=root"
    path = f"/sites/{shown['site_id']}/slots/{shown['slot_id']}/slot_configurations"
    assert api.get(f"{path}/{shown['configuration_id']}?{context}").status_code == 200
    entry = {**CONFIGURATION, "slot_id": "category-top", "context": "category"}
    state["files"]["slot_configurations.json"].append(entry)
    refused = api.call("PUT", STATE, json=state)
    assert "context_id: the context 'category' needs an ID" in refused.json()["detail"]
