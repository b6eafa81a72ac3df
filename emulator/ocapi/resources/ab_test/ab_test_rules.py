"""The rules of A/B tests: defaults, status and segments (ABT-1 to ABT-3)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from emulator.clock import render_instant
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, make_index
from emulator.ocapi.resources.ab_test.checks import check
from emulator.ocapi.resources.ab_test.documents import (
    IMMEDIATELY,
    PIPELINE_CALL,
)
from emulator.ocapi.resources.ab_test.segment_view import (
    make_control,
    show_segments,
)
from emulator.ocapi.resources.experiences import (
    AB_TESTS_NAME,
    SEGMENTS_NAME,
)
from emulator.ocapi.resources.id_lists import (
    entries_of,
    lists_of,
    move_entries,
    move_entries_below,
)
from emulator.ocapi.resources.marketing.schedule import check_dates, find_phase
from emulator.ocapi.resources.named import require_named
from emulator.store import Change, Clear, Key, Put, Record

GROUPS, EVERYONE = "customer_groups", "Everyone"
START_DELAY, END_DELAY = timedelta(weeks=1), timedelta(weeks=2)
STATUS_BY_PHASE = {"upcoming": "planned", "active": "running", "over": "ended"}


def derive(
    before: Properties | None, after: dict[str, Any], _changes: Properties, now: str
) -> dict[str, Any]:
    """Return an A/B test with defaults for missing properties (ABT-2).

    The default of the customer groups is only shown: a write of the shown document changes nothing.
    """
    trigger = {"trigger_type": IMMEDIATELY, **(after.get("trigger") or {})}
    trigger["is_pipeline_based"] = trigger["trigger_type"] == PIPELINE_CALL
    after = {**after, "trigger": trigger}
    groups = after.get(GROUPS)
    if not groups or (before and not before.get(GROUPS) and [*groups] == [EVERYONE]):
        after.pop(GROUPS, None)
    is_open = before is not None and not _has_dates(before)  # a data set has no date to keep
    if now and not is_open and not _has_dates(after):
        created = datetime.fromisoformat(now)
        after["start_date"] = render_instant(created + START_DELAY)
        after["end_date"] = render_instant(created + END_DELAY)
    return after


def _has_dates(ab_test: Properties) -> bool:
    return bool(ab_test.get("start_date") or ab_test.get("end_date"))


def show(call: Call, ab_test: Record) -> Properties:
    """Return the segments of an A/B test, and the status by the workspace's clock (ABT-3)."""
    call.prevent_caching()
    now = call.workspace.clock.now()
    phase = find_phase(now, ab_test.get("start_date"), ab_test.get("end_date"))
    groups = ab_test.get(GROUPS) or (EVERYONE,)
    shown = {GROUPS: groups, "status": STATUS_BY_PHASE[phase]}
    return {**shown, **show_segments(call, ab_test.key)}


def find_effects(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Check an A/B test; give a new or replaced test a control segment alone.

    Raises:
        Fault: TEST_DUPLICATE, one of WRITE_FAULTS, PROPERTY_CONSTRAINT_VIOLATION, START_AFTER_END.
    """
    old = None if before is None else Record(call.key, before)
    new = None if after is None else Record((*call.parents, after["id"]), after)
    if new is not None:
        check(call, new.properties)
        check_dates("ab_test", new)
        yield from require_named(call.store, AB_TESTS_NAME, "ab_test", new, old)
    yield from move_entries(_list_groups(old), _list_groups(new))
    if old is None or call.method == "PUT":
        yield from _renew_segments(call)
    elif new is None or new.key != old.key:
        yield from move_entries_below(call, new.key if new else None)


def _list_groups(ab_test: Record | None) -> Iterator[tuple[str, Key]]:
    return entries_of(ab_test, AB_TESTS_NAME) if ab_test else iter(())


def index(ab_tests: Sequence[Record]) -> Mapping[str, Sequence[Record]]:
    """Return the entries of the customer groups, and the control segments.

    A control segment stands for the missing entry of a data set.
    """
    names = (one.index for one in lists_of(AB_TESTS_NAME))
    entries = make_index(_list_groups, *names)(ab_tests)
    return {**entries, SEGMENTS_NAME: [make_control(one.key) for one in ab_tests]}


def _renew_segments(call: Call) -> Iterator[Change]:
    """Yield the changes to the segments of a new or replaced test: a control segment alone."""
    yield from move_entries_below(call, None)
    for child in call.route.children:
        yield Clear(child.name, call.key)
    yield Put(SEGMENTS_NAME, make_control(call.key))
