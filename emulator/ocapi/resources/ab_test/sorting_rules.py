"""Sorting rules as experiences of segments (ABT-8)."""

from emulator.fixture.reference import KeyOf
from emulator.ocapi.resource import Operation, Resource, make_index
from emulator.ocapi.resources.ab_test.assignment_kinds import ABOVE, SEGMENT_PATH
from emulator.ocapi.resources.ab_test.segments import SEGMENTS
from emulator.ocapi.resources.ab_test.sorting_rule_assignments import assign, list_entries, unassign
from emulator.ocapi.resources.catalog.names import CATEGORIES_NAME
from emulator.ocapi.resources.experiences import (
    SEGMENTS_BY_CATEGORY,
    SEGMENTS_NAME,
    SORTING_RULES_NAME,
)
from emulator.ocapi.resources.marketing.faults import (
    INVALID_CATEGORY,
    SORTING_RULE_CONFLICT,
    SORTING_RULE_NOT_FOUND,
)
from emulator.ocapi.resources.marketing.sorting_rule_assignments import list_rule
from emulator.ocapi.resources.marketing.sorting_rules import (
    CONTEXT_PARAMETER,
    GLOBAL,
    SITE,
)
from emulator.ocapi.resources.slot.stored import KeyBelowSite
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import Array, Embedded, Enumeration, String


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


RULE_PATH = f"{SEGMENT_PATH}/sorting_rules/{{sorting_rule_id}}/{{category_id}}"
RULE_FAULTS = (*(fault for _, fault in ABOVE), SORTING_RULE_NOT_FOUND, INVALID_CATEGORY)
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
            faults=(*RULE_FAULTS, SORTING_RULE_CONFLICT),
        ),
        Operation(
            method="DELETE",
            path=RULE_PATH,
            answer=unassign,
            parameters=CONTEXT_PARAMETER,
            faults=RULE_FAULTS,
        ),
    ),
)
