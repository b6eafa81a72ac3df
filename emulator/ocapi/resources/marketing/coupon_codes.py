"""The codes of a coupon (MKT-11)."""

from collections.abc import Iterable, Iterator, Sequence

from emulator.fixture.reference import Records, Reference
from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties, Resource, make_index
from emulator.ocapi.resources.marketing.assignments import find_above
from emulator.ocapi.resources.marketing.code_mask import mask_codes
from emulator.ocapi.resources.marketing.codes import (
    CODES,
    COUPONS_BY_CODE,
    ISSUED,
    REDEMPTIONS,
    Codes,
    expect_holders,
    list_code,
    list_holders,
    list_other_holders,
    put_code,
)
from emulator.ocapi.resources.marketing.coupon import (
    MULTIPLE_CODES,
    CouponCode,
    CouponCodes,
    CouponMultiCodesRequest,
)
from emulator.ocapi.resources.marketing.coupon_usage import OPERATIONS
from emulator.ocapi.resources.marketing.coupons import COUPONS
from emulator.ocapi.resources.marketing.faults import COUPON_CODE_CREATE
from emulator.ocapi.resources.marketing.names import COUPONS_NAME
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.resources.system.parameters import read_flag
from emulator.ocapi.schema.faults import PROPERTY_CONSTRAINT_VIOLATION
from emulator.ocapi.schema.fields import Boolean
from emulator.store import Change, Delete, Presence, Record, Require, Store

MAX_CODES_OF_REQUEST = 2_000
MAX_CODE_LENGTH = 256


def list_codes(call: Call) -> Sequence[Record]:
    """Return the codes of the coupon of a call."""
    return Codes(call.store, find_above(call, SITES, COUPONS))


def show(call: Call, code: Record) -> Properties:
    """Return the masked code and the number of redemptions."""
    masked = mask_codes(call, code.properties, "code")
    return {"redemption_count": call.store.count(REDEMPTIONS, code.key), **masked}


def change_codes(call: Call) -> Answer:
    """Add codes to a coupon, or remove codes."""
    codes, deletes = dict.fromkeys(call.changes["codes"]), read_flag(call, "delete")
    coupon = find_above(call, SITES, COUPONS)
    if len(codes) > MAX_CODES_OF_REQUEST:
        raise PROPERTY_CONSTRAINT_VIOLATION("coupon_multi_codes_request", "$.codes")
    changes = (_remove if deletes else _add)(call.store, coupon, codes)
    call.store.apply(Require(COUPONS_NAME, coupon.key, Presence.PRESENT), *changes)
    return Answer(204)


def _add(store: Store, coupon: Record, codes: Iterable[str]) -> list[Change]:
    """Return the changes for new codes of a coupon.

    Raises:
        Fault: COUPON_CODE_CREATE: the coupon takes no codes, or another coupon has the code.
    """
    insensitive = bool(coupon.get("case_insensitive"))
    changes: dict[str, list[Change]] = {}
    for code in codes:
        known = code.casefold() if insensitive else code
        expected = [*expect_holders(store, coupon.key[0], code)]
        holders = {*list_holders(store, coupon.key[0], code, case_insensitive=insensitive)}
        valid = code.strip() and len(code) <= MAX_CODE_LENGTH
        if not valid or holders - {coupon.key[1]} or coupon.get("type") != MULTIPLE_CODES:
            raise COUPON_CODE_CREATE(code)
        if not holders:
            changes.setdefault(known, [*expected, *put_code(coupon.key, code)])
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


def list_coupon_of_code(record: Record, records: Records) -> Iterator[Reference | str]:
    """Yield the reference of a stored code to a coupon with several codes alone."""
    yield Reference(COUPONS_NAME, record.key[:2], {"type": MULTIPLE_CODES})
    coupon = records.get(COUPONS_NAME, record.key[:2])
    if coupon is not None:
        yield from list_other_holders(coupon, record.key[-1], records)


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
    view=show,
    effects=find_effects,
    references={"code": list_coupon_of_code},
    index=make_index(list_code, COUPONS_BY_CODE, ISSUED),
    operations=(
        Operation(
            method="POST",
            path="sites/{site_id}/coupons/{coupon_id}/multiple_codes",
            answer=change_codes,
            body=CouponMultiCodesRequest(),
            needs_body=False,
            parameters={"delete": Boolean()},
            faults=(SITES.not_found, COUPONS.not_found, COUPON_CODE_CREATE),
        ),
        *OPERATIONS,
    ),
)
