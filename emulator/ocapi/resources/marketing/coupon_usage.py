"""The campaigns and promotions of a coupon, and the coupons of a campaign (MKT-6, MKT-12)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.id_lists import list_of
from emulator.ocapi.resources.marketing.assignments import declare, declare_listed, find_above
from emulator.ocapi.resources.marketing.campaigns import CAMPAIGNS
from emulator.ocapi.resources.marketing.coupons import COUPONS
from emulator.ocapi.resources.marketing.documents import Campaigns, Promotions
from emulator.ocapi.resources.marketing.faults import CAMPAIGN_NOT_FOUND
from emulator.ocapi.resources.marketing.names import ASSIGNMENTS, CAMPAIGNS_NAME, COUPONS_NAME
from emulator.ocapi.resources.marketing.pages import answer_records
from emulator.ocapi.resources.marketing.promotions import PROMOTIONS
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.document import Collection
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import String
from emulator.store import Change, Key, Record, Store


def _find_assignments(store: Store, coupon: Key, campaign_id: str = "") -> Iterator[Key]:
    """Yield the keys of the assignments with a coupon, directly or through the campaign."""
    below = (campaign_id,) if campaign_id else ()
    for campaign in list_of(CAMPAIGNS_NAME, COUPONS_NAME).list_keys(store, coupon, below):
        count = store.count(ASSIGNMENTS, campaign)
        yield from (one.key for one in store.scan(ASSIGNMENTS, 0, count, campaign).records)
    yield from list_of(ASSIGNMENTS, COUPONS_NAME).list_keys(store, coupon, below)


def _answer(call: Call, resource: Resource, names: Iterable[str]) -> Answer:
    """Answer a page of the documents with some ids, in the order of the ids."""
    ids = sorted({*names})
    page = ids[call.page.start : call.page.start + call.page.count]
    found = (call.store.get(resource.name, (call.key[0], name)) for name in page)
    return answer_records(call, resource, [one for one in found if one is not None], len(ids))


def list_campaigns(call: Call) -> Answer:
    """Show a page of the campaigns with a coupon, directly or through a promotion."""
    coupon = find_above(call, SITES, COUPONS)
    lists = [list_of(holder, COUPONS_NAME) for holder in (CAMPAIGNS_NAME, ASSIGNMENTS)]
    keys = (key for one in lists for key in one.list_keys(call.store, coupon.key))
    return _answer(call, CAMPAIGNS, (key[1] for key in keys))


def list_promotions(call: Call) -> Answer:
    """Show a page of the promotions with a coupon, directly or through a campaign."""
    coupon = find_above(call, SITES, COUPONS)
    keys = _find_assignments(call.store, coupon.key)
    return _answer(call, PROMOTIONS, (key[-1] for key in keys))


def list_promotions_of_campaign(call: Call) -> Answer:
    """Show a page of the promotions of a campaign with a coupon."""
    site_id, _, campaign_id = call.key
    coupon = find_above(call, SITES, COUPONS)
    if call.store.get(CAMPAIGNS_NAME, (site_id, campaign_id)) is None:
        raise CAMPAIGN_NOT_FOUND(campaign_id, site_id)
    keys = _find_assignments(call.store, coupon.key, campaign_id)
    return _answer(call, PROMOTIONS, (key[-1] for key in keys))


def unassign(call: Call, campaign: Record) -> Iterator[Change]:
    """Yield the changes of DELETE; with ``removeInPCA``, the promotions lose the coupon, too."""
    yield from LISTED.changes["DELETE"](call, campaign)
    if call.request.parameters.get("removeInPCA") == "true":
        site_id, campaign_id, coupon_id = call.key
        listed = list_of(ASSIGNMENTS, COUPONS_NAME)
        yield from listed.release(call.store, (site_id, coupon_id), (campaign_id,))


def _declare(
    path: str, answer: Callable[[Call], Answer], shows: Collection, *more: FaultType
) -> Operation:
    """Return an operation below a coupon."""
    return Operation(
        method="GET",
        path=f"sites/{{site_id}}/coupons/{{coupon_id}}/{path}",
        answer=answer,
        shows=shows,
        faults=(SITES.not_found, COUPONS.not_found, *more),
    )


LISTED = declare_listed("coupon", COUPONS_NAME, "coupon_id")
COUPONS_OF_CAMPAIGNS = replace(
    LISTED,
    changes={**LISTED.changes, "DELETE": unassign},
    parameters={"DELETE": {"removeInPCA": String()}},
)
OPERATIONS = (
    _declare("campaigns", list_campaigns, Campaigns()),
    _declare("promotions", list_promotions, Promotions()),
    _declare(
        "campaigns/{campaign_id}/promotions",
        list_promotions_of_campaign,
        Promotions(),
        CAMPAIGN_NOT_FOUND,
    ),
    *declare(COUPONS_OF_CAMPAIGNS),
)
