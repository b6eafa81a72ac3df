"""The active and upcoming assignments of a promotion, by the workspace's clock (MKT-3)."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.assignment_summary import (
    CAMPAIGN,
    Assigned,
    assign_to_test,
    summarize,
)
from emulator.ocapi.resources.experiences import PROMOTIONS, Experience
from emulator.ocapi.resources.marketing.names import (
    ASSIGNMENTS,
    CAMPAIGNS_BY_PROMOTION,
    CAMPAIGNS_NAME,
)
from emulator.ocapi.resources.marketing.schedule import Phase, find_phase, find_phase_of_schedule
from emulator.ocapi.wire.envelope import embed
from emulator.store import Key, Record, Store

ShowAssignment = Callable[[Call, Record], dict[str, Any]]


def list_assignments(store: Store, promotion: Key) -> Iterator[Record]:
    """Yield the assignments of a promotion, by the id of the campaign."""
    count = store.count(CAMPAIGNS_BY_PROMOTION, promotion)
    for entry in store.scan(CAMPAIGNS_BY_PROMOTION, 0, count, promotion).records:
        site_id, promotion_id, campaign_id = entry.key
        assignment = store.get(ASSIGNMENTS, (site_id, campaign_id, promotion_id))
        if assignment is not None:
            yield assignment


def _find_phase(now: datetime, campaign: Record, assignment: Record) -> Phase:
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


def _list_tests(call: Call, experience: Experience, key: Key) -> Iterator[Assigned]:
    """Yield the assignments of a document to segments of A/B tests.

    A disabled or paused test is over.
    """
    now = call.workspace.clock.now()
    for ab_test, segment in experience.list_tests(call.store, key):
        phase = find_phase(now, ab_test.get("start_date"), ab_test.get("end_date"))
        idle = ab_test.get("paused") or not ab_test.get("enabled")
        yield assign_to_test(ab_test, segment, "over" if idle else phase)


def describe_assignments(call: Call, promotion: Record) -> dict[str, Any]:
    """Return the assignment information of a promotion."""
    assignments = list_assignments(call.store, promotion.key)
    return describe(call, PROMOTIONS, promotion.key, assignments, show_assignment)


def describe(
    call: Call,
    experience: Experience,
    key: Key,
    assignments: Iterable[Record],
    show: ShowAssignment,
) -> dict[str, Any]:
    """Return the assignment information of a document.

    Args:
        call: The call; the answer follows the clock, and caches must not keep the answer.
        experience: The kind of the document.
        key: The key of the document.
        assignments: The assignments of the document to campaigns.
        show: Returns the shown properties of such an assignment.
    """
    call.prevent_caching()
    campaigns = _list_campaigns(call, assignments, show)
    return summarize([*campaigns, *_list_tests(call, experience, key)])


def _list_campaigns(
    call: Call, assignments: Iterable[Record], show: ShowAssignment
) -> Iterator[Assigned]:
    now = call.workspace.clock.now()
    for assignment in assignments:
        campaign = call.store.get(CAMPAIGNS_NAME, assignment.key[:2])
        if campaign is not None:
            phase = _find_phase(now, campaign, assignment)
            ids = {"campaign_id": campaign.key[-1]}
            shown = embed(assignment.state, show(call, assignment))
            yield Assigned(CAMPAIGN, phase, campaign, ids, shown)


def show_assignment(call: Call, assignment: Record) -> dict[str, Any]:
    """Return the shown properties of an assignment of a promotion."""
    site_id, campaign_id, promotion_id = assignment.key
    path = ("sites", site_id, "campaigns", campaign_id, "promotions", promotion_id)
    return {"schedule": {}, **assignment.properties, "link": call.link_to(*path)}
