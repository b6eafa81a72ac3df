"""The active and upcoming assignments of a promotion, by the workspace's clock (MKT-3)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.marketing.names import (
    ASSIGNMENTS,
    CAMPAIGNS_BY_PROMOTION,
    CAMPAIGNS_NAME,
)
from emulator.ocapi.resources.marketing.schedule import Phase, find_phase, find_phase_of_schedule
from emulator.store import Key, Record, Store

Properties = Mapping[str, Any]


def list_assignments(store: Store, promotion: Key) -> Iterator[Record]:
    """Yield the assignments of a promotion, by the id of the campaign."""
    count = store.count(CAMPAIGNS_BY_PROMOTION, promotion)
    for entry in store.scan(CAMPAIGNS_BY_PROMOTION, 0, count, promotion).records:
        site_id, promotion_id, campaign_id = entry.key
        assignment = store.get(ASSIGNMENTS, (site_id, campaign_id, promotion_id))
        if assignment is not None:
            yield assignment


def find_phase_of_assignment(now: datetime, campaign: Record, assignment: Record) -> Phase:
    """Return the phase of an assignment to a campaign; a disabled assignment is over."""
    if not campaign.get("enabled") or not assignment.get("enabled"):
        return "over"
    phases = (
        find_phase(now, campaign.get("start_date"), campaign.get("end_date")),
        find_phase_of_schedule(now, assignment.get("schedule") or {}),
    )
    if "over" in phases:
        return "over"
    return "upcoming" if "upcoming" in phases else "active"


def describe_assignments(call: Call, promotion: Record) -> dict[str, Any]:
    """Return the assignment information of a promotion."""
    call.prevent_caching()
    now = call.workspace.clock.now()
    by_phase: dict[Phase, list[tuple[Record, Record]]] = {"active": [], "upcoming": [], "over": []}
    for assignment in list_assignments(call.store, promotion.key):
        campaign = call.store.get(CAMPAIGNS_NAME, assignment.key[:2])
        if campaign is not None:
            phase = find_phase_of_assignment(now, campaign, assignment)
            by_phase[phase].append((campaign, assignment))
    active, upcoming = by_phase["active"], by_phase["upcoming"]
    shown: dict[str, Any] = {
        "active": bool(active),
        "active_campaign_assignments": [show_assignment(call, one) for _, one in active],
        "schedule_type": "multiple" if active or upcoming else "none",
    }
    if upcoming:
        shown["upcoming_campaign_assignments"] = [show_assignment(call, a) for _, a in upcoming]
    if len(active or upcoming) == 1:
        shown |= _describe_only(*(active or upcoming)[0])
    return shown


def _describe_only(campaign: Record, assignment: Record) -> dict[str, Any]:
    """Return the information about the only assignment of a promotion."""
    dates = {name: campaign.get(name) for name in ("start_date", "end_date")}
    return {
        "campaign_id": campaign.key[-1],
        "enabled": True,
        "schedule": dict(assignment.get("schedule") or {}),
        "schedule_type": "campaign",
        **{name: date for name, date in dates.items() if date is not None},
    }


def show_assignment(call: Call, assignment: Record) -> dict[str, Any]:
    """Return the shown properties of an assignment of a promotion."""
    site_id, campaign_id, promotion_id = assignment.key
    path = ("sites", site_id, "campaigns", campaign_id, "promotions", promotion_id)
    return {"schedule": {}, **assignment.properties, "link": call.link_to(*path)}
