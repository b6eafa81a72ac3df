"""Promotions in campaigns (MKT-7)."""

from collections.abc import Iterator

from emulator.fixture.reference import SameSite
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Resource, fault_of, make_index
from emulator.ocapi.resources.customer.customer_groups import CUSTOMER_GROUPS
from emulator.ocapi.resources.id_lists import arrange, lists_of, references_of
from emulator.ocapi.resources.marketing.assignments import Kind, declare, declare_listed
from emulator.ocapi.resources.marketing.campaigns import CAMPAIGNS
from emulator.ocapi.resources.marketing.document_assignments import make_changes, make_effects
from emulator.ocapi.resources.marketing.documents import ASSIGNMENT
from emulator.ocapi.resources.marketing.faults import (
    COUPON_NOT_FOUND,
    PROMOTION_NOT_FOUND,
    SOURCE_CODE_GROUP_NOT_FOUND,
)
from emulator.ocapi.resources.marketing.names import (
    ASSIGNMENTS,
    CAMPAIGNS_BY_PROMOTION,
    PROMOTIONS_NAME,
    list_assignment_entries,
)
from emulator.ocapi.resources.marketing.promotion_assignment_search import SEARCH
from emulator.ocapi.resources.marketing.schedule import list_early_ends
from emulator.ocapi.schema.document import Collection
from emulator.ocapi.schema.faults import ID_CONFLICT, FaultType
from emulator.ocapi.schema.fields import Array, Embedded
from emulator.store import Change, Key, Presence, Record, Require

NOT_FOUND: dict[str, FaultType] = {
    PROMOTIONS_NAME: PROMOTION_NOT_FOUND,
    "coupons": COUPON_NOT_FOUND,
    "customer_groups": CUSTOMER_GROUPS.not_found,
    "source_code_groups": SOURCE_CODE_GROUP_NOT_FOUND,
}
"""The faults of missing promotions and qualifiers, by collection."""


class PromotionCampaignAssignments(Collection):
    """A page of assignments; no path of the Data API shows the page."""

    data = Array(Embedded(ASSIGNMENT))


def address(call: Call) -> Key:
    """Return the key of the assignment of a path.

    Raises:
        Fault: PROMOTION_NOT_FOUND.
    """
    key = (call.ids[0], call.ids[-1])
    if call.store.get(PROMOTIONS_NAME, key) is None:
        raise fault_of(PROMOTION_NOT_FOUND, key)
    return call.ids


def require_named(call: Call, assignment: Record) -> Iterator[Change]:
    """Yield the expectations for the promotion, coupons and groups of an assignment.

    Raises:
        Fault: The fault of the first missing document.
    """
    yield from _require(call, PROMOTIONS_NAME, assignment.key[-1])
    for one in lists_of(ASSIGNMENTS):
        for name in assignment.get(one.name) or ():
            yield from _require(call, one.referenced, name)


def _require(call: Call, collection: str, name: str) -> Iterator[Change]:
    key = (call.key[0], name)
    if call.store.get(collection, key) is None:
        raise fault_of(NOT_FOUND[collection], key)
    yield Require(collection, key, Presence.PRESENT)


FAULTS = (*NOT_FOUND.values(), ID_CONFLICT)
PROMOTION_ASSIGNMENTS = Resource(
    path="promotions",
    name=ASSIGNMENTS,
    parent=CAMPAIGNS,
    parent_key="campaign_id",
    document=ASSIGNMENT,
    collection=PromotionCampaignAssignments(),
    key="promotion_id",
    verbs=frozenset(),
    not_found=PROMOTION_NOT_FOUND,
    references={
        "promotion_id": SameSite(PROMOTIONS_NAME, "promotion_id"),
        **references_of(ASSIGNMENTS),
        "schedule": list_early_ends,
    },
    derive=lambda _before, after, _changes, _now: arrange(after),
    effects=make_effects(require_named),
    index=make_index(
        list_assignment_entries,
        CAMPAIGNS_BY_PROMOTION,
        *(one.index for one in lists_of(ASSIGNMENTS)),
    ),
    operations=(
        *declare(
            Kind(
                noun="promotion",
                path="promotions/{promotion_id}",
                changes=make_changes(address, lambda key: fault_of(PROMOTION_NOT_FOUND, key[::2])),
                body=ASSIGNMENT,
                faults={"PUT": FAULTS, "PATCH": FAULTS, "DELETE": (PROMOTION_NOT_FOUND,)},
            )
        ),
        *declare(declare_listed("customer group", "customer_groups", "customer_group_id")),
        SEARCH,
    ),
)
