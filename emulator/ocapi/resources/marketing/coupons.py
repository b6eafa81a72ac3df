"""Coupons of a site, and the coupon search (MKT-9, MKT-10)."""

from collections.abc import Iterator
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource, Search, make_index
from emulator.ocapi.resources.id_lists import move_entries, release_named
from emulator.ocapi.resources.marketing import faults
from emulator.ocapi.resources.marketing.code_mask import mask_codes
from emulator.ocapi.resources.marketing.codes import (
    CODES,
    COUPONS_BY_SINGLE_CODE,
    COUPONS_BY_STEM,
    ISSUED,
    REDEMPTIONS,
    Codes,
    expect_holders,
    list_coupon_entries,
    list_shared_codes,
)
from emulator.ocapi.resources.marketing.coupon import (
    MULTIPLE_CODES,
    SINGLE_CODE,
    SYSTEM_CODES,
    TYPES,
    Coupon,
    Coupons,
    CouponSearchResult,
)
from emulator.ocapi.resources.marketing.coupon_checks import check_change, check_codes, check_new
from emulator.ocapi.resources.marketing.generated_codes import CONFIG, NUMBER
from emulator.ocapi.resources.marketing.names import COUPONS_NAME
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.faults import SITE_ACCESS_FORBIDDEN
from emulator.ocapi.search.language import SearchField
from emulator.store import Change, Clear, Record, Size

STATS = ("exported_code_count", "redemption_count", "total_codes_count")


def derive(
    _before: Properties | None, after: dict[str, Any], _changes: Properties, _now: str
) -> dict[str, Any]:
    """Return a coupon with the type of the codes, and without counts from a data set."""
    properties = {name: value for name, value in after.items() if name not in STATS}
    if "single_code" in properties:
        return {**properties, "type": SINGLE_CODE, "multiple_codes_per_basket": False}
    config = properties.get(CONFIG)
    if config is None:
        return {**properties, "type": MULTIPLE_CODES}
    return {**properties, CONFIG: {NUMBER: 0, **config}, "type": SYSTEM_CODES}


def show(call: Call, coupon: Record) -> dict[str, Any]:
    """Return the masked code, and the numbers of codes and redemptions if expanded."""
    masked = mask_codes(call, coupon.properties, "single_code")
    if "stats" not in call.expansions:
        return masked
    counts = (call.store.count(name, coupon.key) for name in (ISSUED, REDEMPTIONS))
    total = len(Codes(call.store, coupon))
    return masked | dict(zip(STATS, (*counts, total), strict=True))


def change(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Check a write of a coupon, and keep campaigns and codes consistent.

    Raises:
        Fault: One of the faults of PUT and PATCH (MKT-10).
    """
    old = None if before is None else Record(call.key, before)
    new = None if after is None else Record(call.key, after)
    if new is None:
        yield from release_named(call.store, COUPONS_NAME, call.key)
        yield Clear(ISSUED, call.key)
    elif old and call.method == "PATCH":
        check_change(call, old, new)
    else:
        check_new(call, new)
        for name in (CODES, ISSUED):  # without codes the write may change nothing (RST-1)
            count = call.store.count(name, call.key)
            yield Clear(name, call.key) if count else Size(name, call.key, 0)
    if new:
        code = new.get("single_code")
        yield from expect_holders(call.store, call.key[0], code) if code is not None else ()
        check_codes(call, new)
    entries = (list_coupon_entries(one) if one else () for one in (old, new))
    yield from move_entries(*entries)


COUPONS = Resource(
    path=COUPONS_NAME,
    parent=SITES,
    parent_key="site_id",
    document=Coupon(),
    collection=Coupons(),
    key="coupon_id",
    verbs=frozenset({"list", "read", "create", "update", "delete"}),
    not_found=faults.COUPON_NOT_FOUND,
    created_status=200,
    expansions=("stats",),
    derive=derive,
    view=show,
    viewed=lambda _call, _records: (),
    effects=change,
    references={"single_code": list_shared_codes},
    refusals={
        "create": (
            faults.COUPON_CODE_DUPLICATE,
            faults.COUPON_CREATE_SINGLE_CODE,
            faults.COUPON_INVALID,
            faults.SYSTEM_COUPON_QUOTA,
            SITE_ACCESS_FORBIDDEN,
        ),
        "update": (
            faults.COUPON_CODE_DUPLICATE,
            faults.COUPON_UPDATE_READ_ONLY,
            faults.SYSTEM_COUPON_QUOTA,
            faults.COUPON_LEGACY_UPDATE_FORBIDDEN,
            faults.COUPON_UPDATE_FORBIDDEN,
        ),
    },
    index=make_index(list_coupon_entries, COUPONS_BY_SINGLE_CODE, COUPONS_BY_STEM),
    search=Search(
        path="coupon_search",
        result=CouponSearchResult(),
        fields={
            "coupon_id": SearchField("string"),
            "description": SearchField("text"),
            "type": SearchField("enum", values=TYPES),
            "enabled": SearchField("boolean"),
        },
    ),
)
