"""Promotions of a site, and the promotion search (MKT-4, MKT-5)."""

from collections.abc import Iterator
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource, Search
from emulator.ocapi.resources import experiences
from emulator.ocapi.resources.id_lists import check_changes, move_entries
from emulator.ocapi.resources.marketing.assignment_information import (
    describe_assignments,
    list_assignments,
)
from emulator.ocapi.resources.marketing.documents import (
    CLASSES,
    EXCLUSIVITIES,
    PROMOTION,
    Promotions,
    PromotionSearchResult,
    StoredPromotion,
)
from emulator.ocapi.resources.marketing.faults import PROMOTION_NOT_FOUND
from emulator.ocapi.resources.marketing.names import (
    ASSIGNMENTS,
    CAMPAIGNS_BY_PROMOTION,
    PROMOTIONS_NAME,
    list_assignment_entries,
)
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.search.language import SearchField
from emulator.store import Change, Delete, Record

EXCLUDED, RULE = "disable_globally_excluded", "rule"


def derive(
    before: Properties | None, after: dict[str, Any], changes: Properties, _now: str
) -> dict[str, Any]:
    """Return a promotion; another class resets the rule (MKT-4)."""
    if not before or before["promotion_class"] == after["promotion_class"]:
        return after
    kept = {name: value for name, value in after.items() if name != RULE or name in changes}
    return kept if EXCLUDED in changes else {**kept, EXCLUDED: False}


def show(call: Call, promotion: Record) -> Properties:
    """Return the assignments and the rendered callout message of a promotion, and no rule."""
    shown = {"assignment_information": describe_assignments(call, promotion), RULE: None}
    messages = promotion.get("callout_msg")
    if messages:
        shown["callout_msg"] = {
            locale: {"markup": text["source"], "source": text["source"]}
            for locale, text in messages.items()
            if "source" in text
        }
    return shown


def remove_assignments(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Yield the deletion of all assignments of a deleted promotion (MKT-5).

    Raises:
        Fault: QUOTA_EXCEEDED.
    """
    if before is None or after is not None:
        return
    check_changes(call.store.count(CAMPAIGNS_BY_PROMOTION, call.key))
    for assignment in list_assignments(call.store, call.key):
        yield Delete(ASSIGNMENTS, assignment.key, assignment.state)
        yield from move_entries(list_assignment_entries(assignment), ())
    yield from experiences.PROMOTIONS.rename(call.store, call.key, None)


PROMOTIONS = Resource(
    path=PROMOTIONS_NAME,
    parent=SITES,
    parent_key="site_id",
    document=PROMOTION,
    stored=StoredPromotion(),
    collection=Promotions(),
    key="id",
    verbs=frozenset({"read", "create", "update", "delete"}),
    not_found=PROMOTION_NOT_FOUND,
    created_status=200,
    derive=derive,
    view=show,
    viewed=lambda _call, _records: (),
    effects=remove_assignments,
    search=Search(
        path="promotion_search",
        result=PromotionSearchResult(),
        fields={
            "id": SearchField("string"),
            "name": SearchField("text", lambda name: [*(name or {}).values()], sources=("name",)),
            "currency_code": SearchField("string"),
            "exclusivity": SearchField("enum", values=EXCLUSIVITIES),
            "enabled": SearchField("boolean"),
            "promotion_class": SearchField("enum", values=CLASSES, queryable=False),
        },
    ),
)
