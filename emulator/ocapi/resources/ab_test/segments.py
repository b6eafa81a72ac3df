"""Segments of A/B tests (ABT-4, ABT-5)."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from emulator.fixture.reference import Records
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource, make_index
from emulator.ocapi.resources.ab_test.ab_tests import AB_TESTS
from emulator.ocapi.resources.ab_test.assignments import OPERATIONS
from emulator.ocapi.resources.ab_test.documents import AbTestSegment, AbTestSegments
from emulator.ocapi.resources.ab_test.faults import SEGMENT_NOT_FOUND
from emulator.ocapi.resources.ab_test.segment_view import (
    CONTROL_ID,
    EXPANSIONS,
    WHOLE_ALLOCATION,
    make_control,
    show_segment,
)
from emulator.ocapi.resources.experiences import (
    EXPERIENCES,
    NAMES,
    REFERENCES,
    SEGMENTS_NAME,
    SORTING_RULES,
    list_entries,
    list_segments,
)
from emulator.ocapi.resources.id_lists import move_entries, move_entries_below
from emulator.ocapi.schema.faults import PROPERTY_CONSTRAINT_VIOLATION
from emulator.store import Change, Put, Record, Require, Size


class SegmentResource(Resource):
    """The segments: the path names the A/B test's id as the path of an A/B test does."""

    @cached_property
    def template(self) -> tuple[str, ...]:
        """See ``Resource.template``."""
        return (*AB_TESTS.template, "{id}", self.path)


def derive(
    before: Properties | None, after: dict[str, Any], _changes: Properties, _now: str
) -> dict[str, Any]:
    """Return a segment without empty lists of experiences, and without sorting rules.

    The allocation of the control segment is computed: requests leave the stored one.
    """
    kept = {name: value for name, value in after.items() if name not in NAMES or value}
    if before is not None and before["id"] == CONTROL_ID:
        kept["allocation"] = before["allocation"]
    return {name: value for name, value in kept.items() if name != SORTING_RULES}


def find_effects(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Check the allocations of an A/B test; keep the entries of the experiences.

    The control segment has the rest of the participants, and is emptied by a deletion.

    Raises:
        Fault: PROPERTY_CONSTRAINT_VIOLATION: the allocations are more than 100.
    """
    old = None if before is None else Record(call.key, before)
    new = None if after is None else Record(call.key, after)
    if new is not None and call.key[-1] != CONTROL_ID:
        yield from _check_allocation(call, new.get("allocation"))
    yield from move_entries(list_entries(old) if old else (), list_entries(new) if new else ())
    if new is None:
        yield from move_entries_below(call, None)
    if new is None and call.key[-1] == CONTROL_ID:
        yield Put(SEGMENTS_NAME, make_control(call.parents))


def _check_allocation(call: Call, allocation: int) -> Iterator[Change]:
    """Yield the expectation that the other segments are the same when the segment is written."""
    segments = list_segments(call.store, call.parents)
    counted = [one for one in segments if one.key[-1] not in (CONTROL_ID, call.key[-1])]
    others = (one.get("allocation") for one in counted)
    yield Size(SEGMENTS_NAME, call.parents, len(segments))
    yield from (Require(SEGMENTS_NAME, one.key, one.state) for one in counted)
    if not 0 <= allocation <= WHOLE_ALLOCATION - sum(others):
        raise PROPERTY_CONSTRAINT_VIOLATION("ab_test_segment", "$.allocation")


def list_excess(segment: Record, records: Records) -> Iterator[str]:
    """Yield the problem of allocations in a data set that leave Control less than nothing."""
    if segment.key[-1] == CONTROL_ID:
        return
    keys = {*records.list_keys(SEGMENTS_NAME, segment.key[:-1])} - {segment.key}
    others = [records.get(SEGMENTS_NAME, key) for key in keys if key[-1] != CONTROL_ID]
    own: int = segment.get("allocation")
    total = own + sum(one.get("allocation") for one in others if one)
    if own < 0:
        yield "is less than 0"
    elif total > WHOLE_ALLOCATION:
        yield f"the segments of the A/B test have {total}, more than {WHOLE_ALLOCATION}"


def show(call: Call, segment: Record) -> Mapping[str, Any]:
    """Return the computed properties of a segment, and the requested expansions."""
    return show_segment(call, segment)


SEGMENTS = SegmentResource(
    path="segments",
    name=SEGMENTS_NAME,
    parent=AB_TESTS,
    parent_key="ab_test_id",
    document=AbTestSegment(),
    collection=AbTestSegments(),
    key="id",
    parameter="segment_id",
    verbs=frozenset({"read", "create", "update", "delete"}),
    not_found=SEGMENT_NOT_FOUND,
    deletes_missing=False,
    created_status=200,
    expansions=EXPANSIONS,
    derive=derive,
    view=show,
    effects=find_effects,
    references={**REFERENCES, "allocation": list_excess},
    index=make_index(list_entries, *(one.index for one in EXPERIENCES)),
    operations=OPERATIONS,
)
