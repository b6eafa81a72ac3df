"""The shown form of segments, alone and inside of A/B tests (ABT-4, ABT-7)."""

from collections.abc import Mapping
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.ab_test.documents import AbTestSegmentStats
from emulator.ocapi.resources.experiences import (
    EXPERIENCES,
    NAMES,
    SORTING_RULES,
    list_segments,
    list_sorting_rules,
)
from emulator.ocapi.wire.envelope import embed
from emulator.store import Key, Record, Store

CONTROL_ID = "Control"
WHOLE_ALLOCATION = 100
STATS = "stats"
EXPANSIONS = (STATS, *NAMES)
NO_STATS = dict.fromkeys(AbTestSegmentStats().fields, 0)
GROUP_NAMES = ("allocation", "custom_experience", "description", "id")


def make_control(ab_test: Key) -> Record:
    """Return the control segment of an A/B test, with the participants of no other segment."""
    properties = {"id": CONTROL_ID, "allocation": WHOLE_ALLOCATION, "custom_experience": False}
    return Record((*ab_test, CONTROL_ID), properties)


def find_allocation(store: Store, segment: Record) -> int:
    """Return the percentage of the participants; the control segment has the rest."""
    own: int = segment.get("allocation")
    if segment.key[-1] != CONTROL_ID:
        return own
    segments = list_segments(store, segment.key[:-1])
    others: int = sum(one.get("allocation") for one in segments if one != segment)
    return WHOLE_ALLOCATION - others


def show_segment(call: Call, segment: Record) -> dict[str, Any]:
    """Return the computed properties of a segment; None hides a stored property."""
    site_id, ab_test_id, segment_id = segment.key
    link = call.link_to("sites", site_id, "ab_tests", ab_test_id, "segments", segment_id)
    stats = segment.get(STATS) or NO_STATS
    shown = {one.name: one.show(segment) for one in EXPERIENCES}
    rules = [_show_rule(one) for one in list_sorting_rules(call.store, segment.key)]
    experiences = {**shown, SORTING_RULES: rules}
    expanded = {n: v for n, v in {STATS: stats, **experiences}.items() if n in call.expansions}
    allocation = find_allocation(call.store, segment)
    return {"link": link, "allocation": allocation, **dict.fromkeys(EXPANSIONS), **expanded}


def _show_rule(rule: Record) -> dict[str, Any]:
    """Return the shown form of a sorting rule of a segment."""
    shown = {name: rule.get(name) for name in ("catalog_id", "category_id", "rule_context")}
    return {"_type": "sorting_rule", "id": rule.get("sorting_rule_id"), **shown}


def show_segments(call: Call, ab_test: Key) -> Mapping[str, Any]:
    """Return the segments of an A/B test, whole and in few words."""
    shown = [
        embed(one.state, {**one.properties, **show_segment(call, one)})
        for one in list_segments(call.store, ab_test)
    ]
    return {
        "segment_count": len(shown),
        "test_groups": [{n: one[n] for n in GROUP_NAMES if n in one} for one in shown],
        "test_segments": shown,
    }
