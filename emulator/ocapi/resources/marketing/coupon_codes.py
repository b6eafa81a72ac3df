"""The codes, campaigns and promotions of a coupon, and redemptions (MKT-11 to MKT-13)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from emulator.fixture.reference import Records, Reference
from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties, Resource, make_index
from emulator.ocapi.resources.id_lists import list_of
from emulator.ocapi.resources.marketing import faults
from emulator.ocapi.resources.marketing.assignments import declare, declare_listed, find_above
from emulator.ocapi.resources.marketing.campaigns import CAMPAIGNS
from emulator.ocapi.resources.marketing.codes import (
    CODES,
    COUPONS_BY_CODE,
    ISSUED,
    REDEMPTIONS,
    Codes,
    list_code,
    list_holders,
    put_code,
)
from emulator.ocapi.resources.marketing.coupon import (
    MULTIPLE_CODES,
    CouponCode,
    CouponCodes,
    CouponMultiCodesRequest,
    CouponRedemption,
    CouponRedemptions,
    CouponRedemptionSearchResult,
)
from emulator.ocapi.resources.marketing.coupons import COUPONS
from emulator.ocapi.resources.marketing.documents import Campaigns, Promotions
from emulator.ocapi.resources.marketing.names import ASSIGNMENTS, CAMPAIGNS_NAME, COUPONS_NAME
from emulator.ocapi.resources.marketing.pages import answer_records, require_site
from emulator.ocapi.resources.marketing.promotions import PROMOTIONS
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.resources.slot.stored import KeyBelowSite
from emulator.ocapi.resources.system.parameters import read_flag
from emulator.ocapi.schema.faults import PROPERTY_CONSTRAINT_VIOLATION
from emulator.ocapi.schema.fields import Boolean, String
from emulator.ocapi.search.answer import answer_search, read_expansions
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SEARCH_FAULTS, SearchRequest
from emulator.store import (
    Change,
    Delete,
    Key,
    Presence,
    Record,
    Require,
    Store,
    retry_on_conflict,
)

MAX_CODES_OF_REQUEST = 10_000
MAX_CODE_LENGTH = 256
COUPON_PATH = "sites/{site_id}/coupons/{coupon_id}"


def list_codes(call: Call) -> Sequence[Record]:
    """Return the codes of the coupon of a call."""
    return Codes(call.store, find_above(call, SITES, COUPONS))


def count_redemptions(call: Call, code: Record) -> Properties:
    """Return the number of the redemptions of a code."""
    return {"redemption_count": call.store.count(REDEMPTIONS, code.key)}


def change_codes(call: Call) -> Answer:
    """Add codes to a coupon, or remove codes."""
    codes, deletes = dict.fromkeys(call.changes["codes"]), read_flag(call, "delete")

    def write() -> Answer:
        coupon = find_above(call, SITES, COUPONS)
        if len(codes) > MAX_CODES_OF_REQUEST:
            raise PROPERTY_CONSTRAINT_VIOLATION("coupon_multi_codes_request", "$.codes")
        changes = (_remove if deletes else _add)(call.store, coupon, codes)
        call.store.apply(Require(COUPONS_NAME, coupon.key, Presence.PRESENT), *changes)
        return Answer(204)

    return retry_on_conflict(write)


def _add(store: Store, coupon: Record, codes: Iterable[str]) -> list[Change]:
    """Return the changes for new codes of a coupon.

    Raises:
        Fault: COUPON_CODE_CREATE: the coupon takes no codes, or another coupon has the code.
    """
    insensitive = bool(coupon.get("case_insensitive"))
    changes: dict[str, list[Change]] = {}
    for code in codes:
        known = code.casefold() if insensitive else code
        holders = {*list_holders(store, coupon.key[0], code, case_insensitive=insensitive)}
        valid = code.strip() and len(code) <= MAX_CODE_LENGTH
        if not valid or holders - {coupon.key[1]} or coupon.get("type") != MULTIPLE_CODES:
            raise faults.COUPON_CODE_CREATE(code)
        if not holders:
            changes.setdefault(known, [*put_code(coupon.key, code)])
    return [change for some in changes.values() for change in some]


def _remove(store: Store, coupon: Record, codes: Iterable[str]) -> list[Change]:
    """Return the changes without codes of a coupon; a missing code changes nothing."""
    found = (store.get(CODES, (*coupon.key, code)) for code in codes)
    entries = (entry for one in found if one for entry in ((CODES, one.key), *list_code(one)))
    return [Delete(name, key) for name, key in entries]


def find_effects(
    call: Call, _before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Check a code of an archive; keep the coupon of the code.

    Raises:
        Fault: COUPON_CODE_CREATE.
    """
    site_id, coupon_id, code = call.key
    coupon = call.store.get(COUPONS_NAME, (site_id, coupon_id))
    if after is None:
        entries = list_code(Record(call.key, {"issued": True}))
        yield from (Delete(name, key) for name, key in entries)
    elif coupon is not None:
        yield from _add(call.store, coupon, [code])


def _find_assignments(store: Store, coupon: Key, campaign_id: str = "") -> Iterator[Key]:
    """Yield the keys of the assignments with a coupon, their own or that of the campaign."""
    below = (campaign_id,) if campaign_id else ()
    for campaign in list_of(CAMPAIGNS_NAME, COUPONS_NAME).list_holders(store, coupon, below):
        count = store.count(ASSIGNMENTS, campaign.key)
        yield from (one.key for one in store.scan(ASSIGNMENTS, 0, count, campaign.key).records)
    for one in list_of(ASSIGNMENTS, COUPONS_NAME).list_holders(store, coupon, below):
        yield one.key


def _answer(call: Call, resource: Resource, names: Iterable[str]) -> Answer:
    """Answer a page of the documents with some ids, in the order of the ids."""
    found = (call.store.get(resource.name, (call.key[0], name)) for name in sorted({*names}))
    return answer_records(call, resource, [record for record in found if record is not None])


def list_campaigns(call: Call) -> Answer:
    """Show a page of the campaigns with a coupon, their own or that of a promotion."""
    coupon = find_above(call, SITES, COUPONS)
    own = list_of(CAMPAIGNS_NAME, COUPONS_NAME).list_holders(call.store, coupon.key)
    others = list_of(ASSIGNMENTS, COUPONS_NAME).list_holders(call.store, coupon.key)
    names = [*(one.key[1] for one in own), *(one.key[1] for one in others)]
    return _answer(call, CAMPAIGNS, names)


def list_promotions(call: Call) -> Answer:
    """Show a page of the promotions with a coupon, their own or that of a campaign."""
    coupon = find_above(call, SITES, COUPONS)
    keys = _find_assignments(call.store, coupon.key)
    return _answer(call, PROMOTIONS, (key[-1] for key in keys))


def list_promotions_of_campaign(call: Call) -> Answer:
    """Show a page of the promotions of a campaign with a coupon."""
    site_id, _, campaign_id = call.key
    coupon = find_above(call, SITES, COUPONS)
    if call.store.get(CAMPAIGNS_NAME, (site_id, campaign_id)) is None:
        raise faults.CAMPAIGN_NOT_FOUND(campaign_id, site_id)
    keys = _find_assignments(call.store, coupon.key, campaign_id)
    return _answer(call, PROMOTIONS, (key[-1] for key in keys))


def search_redemptions(call: Call) -> Answer:
    """Search the redemptions of coupons."""
    read_expansions(call)
    require_site(call)
    records = call.store.scan(REDEMPTIONS, 0, call.store.count(REDEMPTIONS, call.key), call.key)
    return answer_search(
        call, RESULT, SEARCH_FIELDS, records.records, lambda one, _: one.properties
    )


def list_coupon_of_code(record: Record, _: Records) -> Iterator[Reference]:
    """Yield the reference of a stored code to the coupon, which takes several codes."""
    yield Reference(COUPONS_NAME, record.key[:2], {"type": MULTIPLE_CODES})


def unassign(call: Call, campaign: Record) -> Iterator[Change]:
    """Yield the changes of DELETE; with ``removeInPCA``, the promotions lose the coupon, too."""
    yield from LISTED.changes["DELETE"](call, campaign)
    if call.request.parameters.get("removeInPCA") == "true":
        site_id, campaign_id, coupon_id = call.key
        listed = list_of(ASSIGNMENTS, COUPONS_NAME)
        yield from listed.release(call.store, (site_id, coupon_id), (campaign_id,))


LISTED = declare_listed("coupon", COUPONS_NAME, "coupon_id")
COUPONS_OF_CAMPAIGNS = replace(
    LISTED,
    changes={**LISTED.changes, "DELETE": unassign},
    parameters={"DELETE": {"removeInPCA": String()}},
)
RESULT = CouponRedemptionSearchResult()
SEARCH_FIELDS = {
    name: SearchField("string") for name in ("code", "coupon_id", "customer_email", "order_no")
}
NOT_FOUND = (SITES.not_found, COUPONS.not_found)
COUPON_CODES = Resource(
    path="codes",
    name=CODES,
    parent=COUPONS,
    parent_key="coupon_id",
    document=CouponCode(),
    collection=CouponCodes(),
    key="code",
    verbs=frozenset({"list"}),
    not_found=COUPONS.not_found,
    records=list_codes,
    view=count_redemptions,
    effects=find_effects,
    references={"code": list_coupon_of_code},
    index=make_index(list_code, COUPONS_BY_CODE, ISSUED),
    operations=(
        Operation(
            method="POST",
            path=f"{COUPON_PATH}/multiple_codes",
            answer=change_codes,
            body=CouponMultiCodesRequest(),
            needs_body=False,
            parameters={"delete": Boolean()},
            faults=(*NOT_FOUND, faults.COUPON_CODE_CREATE),
        ),
        Operation(
            method="GET",
            path=f"{COUPON_PATH}/campaigns",
            answer=list_campaigns,
            shows=Campaigns(),
            faults=NOT_FOUND,
        ),
        Operation(
            method="GET",
            path=f"{COUPON_PATH}/promotions",
            answer=list_promotions,
            shows=Promotions(),
            faults=NOT_FOUND,
        ),
        Operation(
            method="GET",
            path=f"{COUPON_PATH}/campaigns/{{campaign_id}}/promotions",
            answer=list_promotions_of_campaign,
            shows=Promotions(),
            faults=(*NOT_FOUND, faults.CAMPAIGN_NOT_FOUND),
        ),
        *declare(COUPONS_OF_CAMPAIGNS),
    ),
)
COUPON_REDEMPTIONS = Resource(
    path=REDEMPTIONS,
    parent=COUPONS,
    parent_key="coupon_id",
    document=CouponRedemption(),
    collection=CouponRedemptions(),
    key="order_no",
    key_names=("site_id", "coupon_id", "code", "order_no"),
    needed=("code",),
    verbs=frozenset(),
    not_found=COUPONS.not_found,
    references={"coupon_id": KeyBelowSite(COUPONS_NAME, ("site_id", "coupon_id"))},
    operations=(
        Operation(
            method="POST",
            path="sites/{site_id}/coupon_redemption_search",
            answer=search_redemptions,
            shows=RESULT,
            body=SearchRequest(),
            faults=(SITES.not_found, *SEARCH_FAULTS),
        ),
    ),
)
