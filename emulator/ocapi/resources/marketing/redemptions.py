"""Redemptions of coupons, and the search of redemptions (MKT-13)."""

from collections.abc import Iterator

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties, Resource, make_index
from emulator.ocapi.resources.marketing.code_mask import mask_codes
from emulator.ocapi.resources.marketing.codes import REDEMPTIONS, REDEMPTIONS_BY_ORDER
from emulator.ocapi.resources.marketing.coupon import (
    CouponRedemption,
    CouponRedemptions,
    CouponRedemptionSearchResult,
)
from emulator.ocapi.resources.marketing.coupons import COUPONS
from emulator.ocapi.resources.marketing.names import COUPONS_NAME
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.resources.slot.stored import KeyBelowSite, list_of_site
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SEARCH_FAULTS, SearchRequest
from emulator.store import Key, Record


def search(call: Call) -> Answer:
    """Search the redemptions of coupons."""
    records = list_of_site(call, REDEMPTIONS)

    def show(record: Record, _whole: bool) -> Properties:  # noqa: FBT001 - see Show
        return {**record.properties, **mask_codes(call, record.properties, "code")}

    return answer_search(call, RESULT, SEARCH_FIELDS, records, show)


def list_entries(redemption: Record) -> Iterator[tuple[str, Key]]:
    """Yield collection and key of the entry by the order of a redemption."""
    site_id, coupon_id, code, order_no = redemption.key
    yield REDEMPTIONS_BY_ORDER, (site_id, order_no, coupon_id, code)


RESULT = CouponRedemptionSearchResult()
SEARCH_FIELDS = {
    name: SearchField("string") for name in ("code", "coupon_id", "customer_email", "order_no")
}
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
    index=make_index(list_entries, REDEMPTIONS_BY_ORDER),
    references={"coupon_id": KeyBelowSite(COUPONS_NAME, ("site_id", "coupon_id"))},
    operations=(
        Operation(
            method="POST",
            path="sites/{site_id}/coupon_redemption_search",
            answer=search,
            shows=RESULT,
            body=SearchRequest(),
            faults=(SITES.not_found, *SEARCH_FAULTS),
        ),
    ),
)
