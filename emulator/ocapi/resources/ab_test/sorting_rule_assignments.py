"""The assignment of sorting rules to segments, one for each category of an A/B test (ABT-8)."""

from collections.abc import Iterator

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resources.ab_test.assignment_kinds import find_segment
from emulator.ocapi.resources.catalog.names import CATEGORIES_NAME
from emulator.ocapi.resources.experiences import (
    SEGMENTS_BY_CATEGORY,
    SEGMENTS_NAME,
    SORTING_RULES_NAME,
    list_sorting_rules,
)
from emulator.ocapi.resources.marketing.faults import SORTING_RULE_CONFLICT
from emulator.ocapi.resources.marketing.sorting_rule_assignments import has_same_rule, read_assigned
from emulator.ocapi.resources.marketing.sorting_rules import SITE
from emulator.store import Delete, Key, Presence, Put, Record, Require


def assign(call: Call) -> Answer:
    """Assign a sorting rule to a segment of an A/B test, for a category.

    Raises:
        Fault: SORTING_RULE_CONFLICT: the A/B test has another rule for the category.
    """
    segment, record, category = _read(call)
    others = list_sorting_rules(call.store, segment.key[:-1])
    rules = [one for one in others if one.get("category_id") == record.get("category_id")]
    if not all(has_same_rule(one, record) for one in rules):
        raise SORTING_RULE_CONFLICT(record.get("sorting_rule_id"), record.get("category_id"))
    call.store.apply(
        Require(SEGMENTS_NAME, segment.key, Presence.PRESENT),
        Require(CATEGORIES_NAME, category, Presence.PRESENT),
        Put(SORTING_RULES_NAME, record),
        *(Put(name, Record(key, {})) for name, key in list_entries(record)),
    )
    return Answer(204)


def unassign(call: Call) -> Answer:
    """End the assignment of a sorting rule to a segment of an A/B test."""
    _, record, _ = _read(call)
    found = call.store.get(SORTING_RULES_NAME, record.key)
    if found is not None and has_same_rule(found, record):
        entries = (Delete(name, key) for name, key in list_entries(found))
        call.store.apply(Delete(SORTING_RULES_NAME, found.key, found.state), *entries)
    return Answer(204)


def _read(call: Call) -> tuple[Record, Record, Key]:
    """Return segment, assignment and key of the category of a call.

    Raises:
        Fault: A document above is missing, SORTING_RULE_NOT_FOUND, INVALID_CATEGORY.
    """
    segment = find_segment(call)
    assigned, category = read_assigned(call, default=SITE)
    properties = {"ab_test_id": segment.key[1], "segment_id": segment.key[2], **assigned}
    return segment, Record((*segment.key, call.key[-1]), properties), category


def list_entries(assignment: Record) -> Iterator[tuple[str, Key]]:
    """Yield the entry of an assignment with the category at the beginning."""
    *segment, category_id = assignment.key
    yield SEGMENTS_BY_CATEGORY, (assignment.get("catalog_id"), category_id, *segment)
