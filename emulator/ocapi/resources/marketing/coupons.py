"""Coupons of a site, and the coupon search (MKT-9, MKT-10)."""

from collections.abc import Iterator
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource, Search, make_index
from emulator.ocapi.resources.id_lists import move_entries, release_named
from emulator.ocapi.resources.marketing import faults
from emulator.ocapi.resources.marketing.codes import (
    CODES,
    COUPONS_BY_SINGLE_CODE,
    ISSUED,
    REDEMPTIONS,
    Codes,
    list_holders,
    list_single_code,
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
from emulator.ocapi.resources.marketing.names import COUPONS_NAME
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.faults import ID_CONFLICT, SITE_ACCESS_FORBIDDEN
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Change, Clear, Record

FIRST_EDITABLE_DATE = "2016-07-01T00:00:00.000Z"  # of a coupon that PATCH may change
MAX_SYSTEM_CODES = 5_000_000
CONFIG, PREFIX, NUMBER = "system_codes_config", "code_prefix", "number_of_codes"
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
    """Return the numbers of codes and redemptions, if expanded."""
    if "stats" not in call.expansions:
        return {}
    counts = (call.store.count(name, coupon.key) for name in (ISSUED, REDEMPTIONS))
    return dict(zip(STATS, (*counts, len(Codes(call.store, coupon))), strict=True))


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
        _check_change(call, old, new)
    else:
        _check_new(call, new)
        yield Clear(CODES, call.key)
        yield Clear(ISSUED, call.key)
    if new:
        _check_codes(call, new)
    entries = (list_single_code(one) if one else () for one in (old, new))
    yield from move_entries(*entries)


def _check_new(call: Call, coupon: Record) -> None:
    """Check PUT.

    Raises:
        Fault: SITE_ACCESS_FORBIDDEN, ID_CONFLICT, COUPON_CREATE_SINGLE_CODE, COUPON_INVALID.
    """
    site, sent = call.address.site, call.content.get("coupon_id")
    if site not in ("", ORGANIZATION):
        raise SITE_ACCESS_FORBIDDEN(site)
    if isinstance(sent, str) and sent != call.key[-1]:
        raise ID_CONFLICT(sent, call.key[-1])
    if not (coupon.get("single_code") or "x").strip():
        raise faults.COUPON_CREATE_SINGLE_CODE(call.key[-1])
    wanted = call.content.get("type", coupon.get("type"))
    if wanted == SINGLE_CODE and coupon.get("type") != SINGLE_CODE:
        raise faults.COUPON_CREATE_SINGLE_CODE(call.key[-1])
    if wanted != coupon.get("type"):
        raise faults.COUPON_INVALID("type")
    if coupon.get("type") == SINGLE_CODE and coupon.get(CONFIG) is not None:
        raise faults.COUPON_INVALID(CONFIG)
    if coupon.get(CONFIG) is not None and coupon.get(CONFIG)[NUMBER] < 0:
        raise faults.COUPON_INVALID(f"{CONFIG}/{NUMBER}")


def _check_change(call: Call, old: Record, new: Record) -> None:
    """Check PATCH.

    Raises:
        Fault: COUPON_LEGACY_UPDATE_FORBIDDEN, COUPON_UPDATE_FORBIDDEN, COUPON_UPDATE_READ_ONLY.
    """
    coupon_id = call.key[-1]
    if (old.get("creation_date") or FIRST_EDITABLE_DATE) < FIRST_EDITABLE_DATE:
        raise faults.COUPON_LEGACY_UPDATE_FORBIDDEN(coupon_id)
    if old.get("case_insensitive") != new.get("case_insensitive"):
        raise faults.COUPON_UPDATE_FORBIDDEN(coupon_id)
    if old.get("type") != new.get("type"):
        changed = next(n for n in ("single_code", CONFIG) if old.get(n) != new.get(n))
        raise faults.COUPON_UPDATE_READ_ONLY(coupon_id, changed)
    if not any(call.store.count(name, call.key) for name in (ISSUED, REDEMPTIONS)):
        return
    if old.get("single_code") != new.get("single_code"):
        raise faults.COUPON_UPDATE_READ_ONLY(coupon_id, "single_code")
    if (old.get(CONFIG) or {}).get(PREFIX) != (new.get(CONFIG) or {}).get(PREFIX):
        raise faults.COUPON_UPDATE_READ_ONLY(coupon_id, f"{CONFIG}/{PREFIX}")


def _check_codes(call: Call, coupon: Record) -> None:
    """Check the single code, or the number of generated codes.

    Raises:
        Fault: COUPON_CODE_DUPLICATE, SYSTEM_COUPON_QUOTA.
    """
    (site_id, coupon_id), code = call.key, coupon.get("single_code")
    if (coupon.get(CONFIG) or {}).get(NUMBER, 0) > MAX_SYSTEM_CODES:
        raise faults.SYSTEM_COUPON_QUOTA(coupon_id, MAX_SYSTEM_CODES)
    if code is None:
        return
    insensitive = bool(coupon.get("case_insensitive"))
    for holder in list_holders(call.store, site_id, code, case_insensitive=insensitive):
        if holder != coupon_id:
            raise faults.COUPON_CODE_DUPLICATE(holder, code)


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
    index=make_index(list_single_code, COUPONS_BY_SINGLE_CODE),
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
