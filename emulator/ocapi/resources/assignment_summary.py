"""The active and upcoming assignments of a promotion or a slot configuration (MKT-3, SLOT-7)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from emulator.store import Record

CAMPAIGN: Literal["campaign"] = "campaign"
AB_TEST: Literal["abtest"] = "abtest"
Phase = Literal["over", "active", "upcoming"]
KINDS = (CAMPAIGN, AB_TEST)


@dataclass(frozen=True)
class Assigned:
    """An assignment to a campaign, or to a segment of an A/B test.

    Attributes:
        kind: The kind of the holder.
        phase: The phase of the assignment by the clock.
        holder: The campaign or the A/B test.
        ids: The ids of the holder, as the summary names them.
        shown: The shown assignment; ``schedule`` is a member.
    """

    kind: Literal["campaign", "abtest"]
    phase: Phase
    holder: Record
    ids: Mapping[str, str]
    shown: Mapping[str, Any]


def summarize(assigned: Iterable[Assigned]) -> dict[str, Any]:
    """Return the assignment information: lists by phase and kind, and the only assignment."""
    found = [*assigned]
    active = [one for one in found if one.phase == "active"]
    upcoming = [one for one in found if one.phase == "upcoming"]
    shown: dict[str, Any] = {"active": bool(active), "active_campaign_assignments": []}
    shown |= dict(_list_by_kind("active", active)) | dict(_list_by_kind("upcoming", upcoming))
    decisive = active or upcoming
    if len(decisive) == 1:
        return {**shown, **_describe_only(decisive[0])}
    return {**shown, "schedule_type": "multiple" if decisive else "none"}


def _list_by_kind(phase: str, assigned: list[Assigned]) -> Iterator[tuple[str, list[Any]]]:
    for kind in KINDS:
        if shown := [one.shown for one in assigned if one.kind == kind]:
            yield f"{phase}_{kind}_assignments", shown


def _describe_only(one: Assigned) -> dict[str, Any]:
    """Return the information about the only assignment."""
    dates = {name: one.holder.get(name) for name in ("start_date", "end_date")}
    return {
        **one.ids,
        "enabled": True,
        "schedule": one.shown["schedule"],
        "schedule_type": one.kind,
        **{name: date for name, date in dates.items() if date is not None},
    }


def assign_to_test(ab_test: Record, segment: Record, phase: Phase) -> Assigned:
    """Return the assignment to a segment of an A/B test."""
    dates = {name: ab_test.get(name) for name in ("start_date", "end_date")}
    texts = {
        "abtest_description": ab_test.get("description"),
        "segment_description": segment.get("description"),
    }
    shown = {
        "abtest_id": ab_test.key[-1],
        "enabled": ab_test.get("enabled"),
        "schedule": {name: date for name, date in dates.items() if date is not None},
        "segment_id": segment.key[-1],
        **{name: text for name, text in texts.items() if text is not None},
    }
    ids = {"abtest_id": ab_test.key[-1], "abtest_segment_id": segment.key[-1]}
    return Assigned(AB_TEST, phase, ab_test, ids, shown)
