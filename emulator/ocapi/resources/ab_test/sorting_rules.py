"""Sorting rules as experiences of segments, one for each category of an A/B test (ABT-8)."""

from collections.abc import Iterator

from emulator.fixture.reference import KeyOf, Records, Reference
from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource, make_index
from emulator.ocapi.resources.ab_test.assignments import ABOVE, PATH, find_segment
from emulator.ocapi.resources.ab_test.segments import SEGMENTS
from emulator.ocapi.resources.catalog.names import CATEGORIES_NAME
from emulator.ocapi.resources.experiences import (
    SEGMENTS_BY_CATEGORY,
    SEGMENTS_NAME,
    SORTING_RULES_NAME,
    list_sorting_rules,
)
from emulator.ocapi.resources.marketing.faults import (
    INVALID_CATEGORY,
    SORTING_RULE_CONFLICT,
    SORTING_RULE_NOT_FOUND,
)
from emulator.ocapi.resources.marketing.names import RULES_NAME
from emulator.ocapi.resources.marketing.sorting_rule_assignments import find_category
from emulator.ocapi.resources.marketing.sorting_rules import (
    CONTEXT_PARAMETER,
    GLOBAL,
    SITE,
    find_rule,
)
from emulator.ocapi.resources.slot.stored import KeyBelowSite
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import Array, Embedded, Enumeration, String
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Delete, Key, Presence, Put, Record, Require, retry_on_conflict


class AbTestSortingRule(Document):
    """A sorting rule of a segment, for a category."""

    ab_test_id = String(required=True, allow_none=False)
    catalog_id = String(required=True, allow_none=False)
    category_id = String(min_length=1, max_length=256, allow_none=False)
    rule_context = Enumeration(SITE, GLOBAL, load_default=SITE)
    segment_id = String(required=True, allow_none=False)
    sorting_rule_id = String(required=True, allow_none=False)


class AbTestSortingRules(Collection):
    """A page of sorting rules of segments. No operation answers the page."""

    data = Array(Embedded(AbTestSortingRule()))


def assign(call: Call) -> Answer:
    """Assign a sorting rule to a segment of an A/B test, for a category."""
    return retry_on_conflict(lambda: _assign(call))


def unassign(call: Call) -> Answer:
    """End the assignment of a sorting rule to a segment of an A/B test."""
    return retry_on_conflict(lambda: _unassign(call))


def _assign(call: Call) -> Answer:
    """Assign the rule of the path.

    Raises:
        Fault: SORTING_RULE_CONFLICT: the A/B test has another rule for the category.
    """
    segment, record, category = _read(call)
    others = list_sorting_rules(call.store, segment.key[:-1])
    rules = [one for one in others if one.get("category_id") == record.get("category_id")]
    if any(one.get("sorting_rule_id") != record.get("sorting_rule_id") for one in rules):
        raise SORTING_RULE_CONFLICT(record.get("sorting_rule_id"), record.get("category_id"))
    call.store.apply(
        Require(SEGMENTS_NAME, segment.key, Presence.PRESENT),
        Require(CATEGORIES_NAME, category, Presence.PRESENT),
        Put(SORTING_RULES_NAME, record),
        *(Put(name, Record(key, {})) for name, key in list_entries(record)),
    )
    return Answer(204)


def _unassign(call: Call) -> Answer:
    """End the assignment of the rule; the assignment of another rule stays."""
    _, record, _ = _read(call)
    found = call.store.get(SORTING_RULES_NAME, record.key)
    if found is not None and found.get("sorting_rule_id") == record.get("sorting_rule_id"):
        entries = (Delete(name, key) for name, key in list_entries(found))
        call.store.apply(Delete(SORTING_RULES_NAME, found.key, found.state), *entries)
    return Answer(204)


def _read(call: Call) -> tuple[Record, Record, Key]:
    """Return segment, assignment and key of the category that a call names.

    Raises:
        Fault: A document above is missing, SORTING_RULE_NOT_FOUND, INVALID_CATEGORY.
    """
    segment, (*_, rule_id, category_id) = find_segment(call), call.key
    rule = find_rule(call, rule_id)
    category = find_category(call.store, call.key[0], category_id)
    if category is None:
        raise INVALID_CATEGORY(category_id)
    properties = {
        "ab_test_id": segment.key[1],
        "catalog_id": category[0],
        "category_id": category_id,
        "rule_context": GLOBAL if rule.key[0] == ORGANIZATION else SITE,
        "segment_id": segment.key[2],
        "sorting_rule_id": rule_id,
    }
    return segment, Record((*segment.key, category_id), properties), category


def list_entries(assignment: Record) -> Iterator[tuple[str, Key]]:
    """Yield the entry of an assignment with the category at the beginning."""
    *segment, category_id = assignment.key
    yield SEGMENTS_BY_CATEGORY, (assignment.get("catalog_id"), category_id, *segment)


def list_rule(assignment: Record, _: Records) -> Iterator[Reference]:
    """Yield the reference of an assignment to the sorting rule."""
    scope = ORGANIZATION if assignment.get("rule_context") == GLOBAL else assignment.key[0]
    yield Reference(RULES_NAME, (scope, assignment.get("sorting_rule_id")))


RULE_PATH = f"{PATH}/sorting_rules/{{sorting_rule_id}}/{{category_id}}"
FAULTS = (*(fault for _, fault in ABOVE), SORTING_RULE_NOT_FOUND, INVALID_CATEGORY)
SORTING_RULES = Resource(
    path=SORTING_RULES_NAME,
    parent=SEGMENTS,
    parent_key="segment_id",
    key_names=("site_id", "ab_test_id", "segment_id", "category_id"),
    document=AbTestSortingRule(),
    collection=AbTestSortingRules(),
    key="category_id",
    verbs=frozenset(),
    not_found=SORTING_RULE_NOT_FOUND,
    references={
        "segment_id": KeyBelowSite(SEGMENTS_NAME, ("site_id", "ab_test_id", "segment_id")),
        "category_id": KeyOf(CATEGORIES_NAME, ("catalog_id", "category_id")),
        "sorting_rule_id": list_rule,
    },
    index=make_index(list_entries, SEGMENTS_BY_CATEGORY),
    operations=(
        Operation(
            method="PUT",
            path=RULE_PATH,
            answer=assign,
            parameters=CONTEXT_PARAMETER,
            faults=(*FAULTS, SORTING_RULE_CONFLICT),
        ),
        Operation(
            method="DELETE",
            path=RULE_PATH,
            answer=unassign,
            parameters=CONTEXT_PARAMETER,
            faults=FAULTS,
        ),
    ),
)
