"""Promotions in campaigns, and the search of these assignments (MKT-7, MKT-8)."""

from collections.abc import Iterator
from typing import Any

from emulator.fixture.reference import SameSite
from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties, Resource, fault_of, make_index
from emulator.ocapi.resources.customer.customer_groups import CUSTOMER_GROUPS
from emulator.ocapi.resources.id_lists import arrange, lists_of, move_entries, references_of
from emulator.ocapi.resources.marketing.assignment_information import show_assignment
from emulator.ocapi.resources.marketing.assignments import Kind, declare, declare_listed
from emulator.ocapi.resources.marketing.campaigns import CAMPAIGNS
from emulator.ocapi.resources.marketing.documents import (
    ASSIGNMENT,
    PromotionCampaignAssignmentSearchResult,
)
from emulator.ocapi.resources.marketing.faults import (
    COUPON_NOT_FOUND,
    SOURCE_CODE_GROUP_NOT_FOUND,
)
from emulator.ocapi.resources.marketing.names import (
    ASSIGNMENTS,
    CAMPAIGNS_BY_PROMOTION,
    PROMOTIONS_NAME,
    list_assignment_entries,
)
from emulator.ocapi.resources.marketing.pages import require_site, show_record
from emulator.ocapi.resources.marketing.promotions import PROMOTIONS
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.document import Collection
from emulator.ocapi.schema.faults import ID_CONFLICT, FaultType
from emulator.ocapi.schema.fields import Array, Embedded
from emulator.ocapi.search.answer import answer_search, read_expansions
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SEARCH_FAULTS, SearchRequest
from emulator.ocapi.wire import state
from emulator.store import Change, Delete, Key, Presence, Put, Record, Require

NOT_FOUND: dict[str, FaultType] = {
    PROMOTIONS_NAME: PROMOTIONS.not_found,
    "coupons": COUPON_NOT_FOUND,
    "customer_groups": CUSTOMER_GROUPS.not_found,
    "source_code_groups": SOURCE_CODE_GROUP_NOT_FOUND,
}
"""The faults of missing promotions and qualifiers, by collection."""


class PromotionCampaignAssignments(Collection):
    """A page of assignments; no path of the Data API shows the page."""

    data = Array(Embedded(ASSIGNMENT))


def find(call: Call) -> Record | None:
    """Return the assignment of the path, None for a missing assignment.

    Raises:
        Fault: PromotionNotFound, or the fault of the state that the client expects.
    """
    promotion = (call.key[0], call.key[-1])
    if call.store.get(PROMOTIONS_NAME, promotion) is None:
        raise fault_of(PROMOTIONS.not_found, promotion)
    found = call.store.get(ASSIGNMENTS, call.key)
    sent = call.content.get("_resource_state")
    state.check_write(found.state if found else None, call.request.headers, sent)
    return found


def assign(call: Call, _: Record) -> Iterator[Change]:
    """Yield the changes of PUT, which creates or replaces an assignment."""
    yield from _write(call, find(call), {})


def change(call: Call, _: Record) -> Iterator[Change]:
    """Yield the changes of PATCH.

    Raises:
        Fault: PromotionNotFound: the campaign has no such promotion.
    """
    found = find(call)
    if found is None:
        raise PROMOTIONS.not_found(call.key[-1], call.key[0])
    yield from _write(call, found, found.properties)


def unassign(call: Call, _: Record) -> Iterator[Change]:
    """Yield the changes of DELETE."""
    found = find(call)
    if found is not None:
        yield Delete(ASSIGNMENTS, call.key, found.state)
        yield from find_effects(call, found.properties, None)


def _write(call: Call, found: Record | None, stored: Properties) -> Iterator[Change]:
    for name, value in zip(PROMOTION_ASSIGNMENTS.keys, call.key, strict=True):
        if call.changes.get(name, value) != value:
            raise ID_CONFLICT(call.changes[name], value)
    merged = arrange(ASSIGNMENT.merge(stored, call.changes))
    record = PROMOTION_ASSIGNMENTS.record(call.key, merged, call.now, created=found is None)
    yield from find_effects(call, found.properties if found else None, record.properties)
    yield Put(ASSIGNMENTS, record, found.state if found else Presence.ABSENT)


def find_effects(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Check the promotion and the qualifiers of an assignment; keep the further directions.

    Raises:
        Fault: The fault of the first missing document.
    """
    old, new = (None if one is None else Record(call.key, one) for one in (before, after))
    if new:
        promotion = (call.key[0], call.key[-1])
        yield from _require(call, PROMOTIONS_NAME, promotion)
        for one in lists_of(ASSIGNMENTS):
            for name in new.get(one.name) or ():
                yield from _require(call, one.referenced, (call.key[0], name))
    entries = (list_assignment_entries(one) if one else () for one in (old, new))
    yield from move_entries(*entries)


def _require(call: Call, collection: str, key: Key) -> Iterator[Change]:
    """Yield the expectation that a document exists.

    Raises:
        Fault: The fault of the missing document.
    """
    if call.store.get(collection, key) is None:
        raise fault_of(NOT_FOUND[collection], key)
    yield Require(collection, key, Presence.PRESENT)


def search(call: Call) -> Answer:
    """Search the assignments of promotions to campaigns."""
    read_expansions(call)
    require_site(call)
    records = call.store.scan(ASSIGNMENTS, 0, call.store.count(ASSIGNMENTS, call.key), call.key)

    def show(record: Record, whole: bool) -> Properties:  # noqa: FBT001 - see Show
        shown = show_assignment(call, record)
        if not whole:
            return {name: shown[name] for name in ("campaign_id", "promotion_id", "link")}
        return shown | dict(_expand(call, record))

    return answer_search(call, RESULT, SEARCH_FIELDS, records.records, show)


def _expand(call: Call, assignment: Record) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the campaign and the promotion of an assignment, if expanded."""
    site_id, campaign_id, promotion_id = assignment.key
    expanded = {"campaign": (CAMPAIGNS, campaign_id), "promotion": (PROMOTIONS, promotion_id)}
    for name in call.expansions:
        resource, one = expanded[name]
        found = call.store.get(resource.name, (site_id, one))
        if found is not None:
            yield name, show_record(call, resource, found)


RESULT = PromotionCampaignAssignmentSearchResult()
SEARCH_FIELDS = {
    "rank": SearchField("number"),
    "start_date": SearchField("date", path="schedule.start_date"),
    "end_date": SearchField("date", path="schedule.end_date"),
    "campaign_id": SearchField("string"),
    "promotion_id": SearchField("string"),
    "description": SearchField("text"),
    "enabled": SearchField("boolean"),
    "coupon_id": SearchField("string", path="coupons"),
}
OPERATIONS = declare(
    Kind(
        noun="promotion",
        path="promotions/{promotion_id}",
        changes={"PUT": assign, "PATCH": change, "DELETE": unassign},
        body=ASSIGNMENT,
        faults={
            "PUT": (*NOT_FOUND.values(), ID_CONFLICT),
            "PATCH": (*NOT_FOUND.values(), ID_CONFLICT),
            "DELETE": (PROMOTIONS.not_found,),
        },
    )
)
PROMOTION_ASSIGNMENTS = Resource(
    path="promotions",
    name=ASSIGNMENTS,
    parent=CAMPAIGNS,
    parent_key="campaign_id",
    document=ASSIGNMENT,
    collection=PromotionCampaignAssignments(),
    key="promotion_id",
    verbs=frozenset(),
    not_found=PROMOTIONS.not_found,
    references={
        "promotion_id": SameSite(PROMOTIONS_NAME, "promotion_id"),
        **references_of(ASSIGNMENTS),
    },
    derive=lambda _before, after, _changes, _now: arrange(after),
    effects=find_effects,
    index=make_index(
        list_assignment_entries,
        CAMPAIGNS_BY_PROMOTION,
        *(one.index for one in lists_of(ASSIGNMENTS)),
    ),
    operations=(
        *OPERATIONS,
        *declare(declare_listed("customer group", "customer_groups", "customer_group_id")),
        Operation(
            method="POST",
            path="sites/{site_id}/promotion_campaign_assignment_search",
            answer=search,
            shows=RESULT,
            body=SearchRequest(),
            expansions=("campaign", "promotion"),
            faults=(SITES.not_found, *SEARCH_FAULTS),
        ),
    ),
)
