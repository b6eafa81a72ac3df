"""Sorting rules in campaigns, one for each category (MKT-19)."""

from collections.abc import Iterator

from emulator.fixture.reference import KeyOf, Records, Reference
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Resource, make_index
from emulator.ocapi.resources.catalog.catalogs import ASSIGNED_SITES
from emulator.ocapi.resources.catalog.names import (
    CAMPAIGNS_BY_CATEGORY,
    CATALOGS_NAME,
    CATEGORIES_NAME,
    SORTING_ASSIGNMENTS,
)
from emulator.ocapi.resources.id_lists import move_entries
from emulator.ocapi.resources.marketing.assignments import Kind, declare
from emulator.ocapi.resources.marketing.campaigns import CAMPAIGNS
from emulator.ocapi.resources.marketing.faults import (
    INVALID_CATEGORY,
    SORTING_RULE_CONFLICT,
    SORTING_RULE_NOT_FOUND,
)
from emulator.ocapi.resources.marketing.names import CAMPAIGNS_NAME, RULES_NAME
from emulator.ocapi.resources.marketing.sorting_rules import (
    CONTEXT_PARAMETER,
    GLOBAL,
    SITE,
    find_context,
    find_rule,
)
from emulator.ocapi.resources.slot.stored import KeyBelowSite
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import Array, Embedded, Enumeration, String
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Change, Delete, Key, Presence, Put, Record, Require, Store


class SortingRuleCampaignAssignment(Document):
    """A sorting rule in a campaign, for a category."""

    campaign_id = String(min_length=1, max_length=256, allow_none=False)
    catalog_id = String(required=True, allow_none=False)
    category_id = String(min_length=1, max_length=256, allow_none=False)
    rule_context = Enumeration(SITE, GLOBAL, load_default=SITE)
    sorting_rule_id = String(required=True, allow_none=False)


class SortingRuleCampaignAssignments(Collection):
    """A page of assignments; no path of the Data API shows the page."""

    data = Array(Embedded(SortingRuleCampaignAssignment()))


def find_category(store: Store, site_id: str, category_id: str) -> Key | None:
    """Return the key of a category in a catalog of a site, None for a missing category.

    Requests make no catalog, so the number of catalogs is that of the data set.
    """
    catalogs = store.scan(CATALOGS_NAME, 0, store.count(CATALOGS_NAME)).records
    sites = {one.key[0]: [site["id"] for site in one.get(ASSIGNED_SITES) or ()] for one in catalogs}
    keys = [(name, category_id) for name, assigned in sites.items() if site_id in assigned]
    return next((key for key in keys if store.get(CATEGORIES_NAME, key) is not None), None)


def read_assigned(call: Call, default: str | None = None) -> tuple[dict[str, str], Key]:
    """Return rule and category of the path as properties of an assignment, and the category's key.

    Args:
        call: The call.
        default: The context of the rule without the parameter; None for both contexts.

    Raises:
        Fault: SORTING_RULE_NOT_FOUND, INVALID_CATEGORY.
    """
    *_, rule_id, category_id = call.key
    rule = find_rule(call, rule_id, default)
    category = find_category(call.store, call.key[0], category_id)
    if category is None:
        raise INVALID_CATEGORY(category_id)
    properties = {
        "catalog_id": category[0],
        "category_id": category_id,
        "rule_context": find_context(rule),
        "sorting_rule_id": rule_id,
    }
    return properties, category


def has_same_rule(one: Record, other: Record) -> bool:
    """Compare the rules of two assignments; a site and all sites may have rules of the same id."""
    return all(one.get(name) == other.get(name) for name in ("rule_context", "sorting_rule_id"))


def _read(call: Call) -> tuple[Record, Key]:
    """Return the assignment of the path, and the key of the category.

    Raises:
        Fault: SORTING_RULE_NOT_FOUND, INVALID_CATEGORY.
    """
    site_id, campaign_id, _, category_id = call.key
    properties, category = read_assigned(call)
    key = (site_id, campaign_id, category_id)
    return Record(key, {"campaign_id": campaign_id, **properties}), category


def assign(call: Call, _: Record) -> Iterator[Change]:
    """Yield the changes of PUT.

    Raises:
        Fault: Also SORTING_RULE_CONFLICT.
    """
    assignment, category = _read(call)
    found = call.store.get(SORTING_ASSIGNMENTS, assignment.key)
    if found is not None and not has_same_rule(found, assignment):
        raise SORTING_RULE_CONFLICT(assignment.get("sorting_rule_id"), assignment.key[2])
    if found is None:
        yield Require(CATEGORIES_NAME, category, Presence.PRESENT)
        yield Put(SORTING_ASSIGNMENTS, assignment, Presence.ABSENT)
        yield from move_entries((), list_entries(assignment))


def unassign(call: Call, _: Record) -> Iterator[Change]:
    """Yield the changes of DELETE; the assignment of another rule stays."""
    assignment, _category = _read(call)
    found = call.store.get(SORTING_ASSIGNMENTS, assignment.key)
    if found is not None and has_same_rule(found, assignment):
        yield Delete(SORTING_ASSIGNMENTS, found.key, found.state)
        yield from move_entries(list_entries(found), ())


def list_entries(assignment: Record) -> Iterator[tuple[str, Key]]:
    """Yield the entry of an assignment with the category at the beginning."""
    site_id, campaign_id, category_id = assignment.key
    catalog_id = assignment.get("catalog_id")
    yield CAMPAIGNS_BY_CATEGORY, (catalog_id, category_id, site_id, campaign_id)


def list_rule(assignment: Record, _: Records) -> Iterator[Reference]:
    """Yield the reference of an assignment to the sorting rule."""
    scope = ORGANIZATION if assignment.get("rule_context") == GLOBAL else assignment.key[0]
    yield Reference(RULES_NAME, (scope, assignment.get("sorting_rule_id")))


FAULTS = (SORTING_RULE_NOT_FOUND, INVALID_CATEGORY)
SORTING_RULE_ASSIGNMENTS = Resource(
    path="sorting_rules",
    name=SORTING_ASSIGNMENTS,
    parent=CAMPAIGNS,
    parent_key="campaign_id",
    document=SortingRuleCampaignAssignment(),
    collection=SortingRuleCampaignAssignments(),
    key="category_id",
    key_names=("site_id", "campaign_id", "category_id"),
    verbs=frozenset(),
    not_found=SORTING_RULE_NOT_FOUND,
    references={
        "campaign_id": KeyBelowSite(CAMPAIGNS_NAME, ("site_id", "campaign_id")),
        "category_id": KeyOf(CATEGORIES_NAME, ("catalog_id", "category_id")),
        "sorting_rule_id": list_rule,
    },
    index=make_index(list_entries, CAMPAIGNS_BY_CATEGORY),
    operations=declare(
        Kind(
            noun="sorting rule",
            path="sorting_rules/{sorting_rule_id}/{category_id}",
            changes={"PUT": assign, "DELETE": unassign},
            parameters=dict.fromkeys(("PUT", "DELETE"), CONTEXT_PARAMETER),
            faults={"PUT": (*FAULTS, SORTING_RULE_CONFLICT), "DELETE": FAULTS},
        )
    ),
)
