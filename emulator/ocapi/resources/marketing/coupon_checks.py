"""The checks of written coupons (MKT-10)."""

from marshmallow import ValidationError

from emulator.ocapi.call import Call
from emulator.ocapi.resources.marketing import faults
from emulator.ocapi.resources.marketing.codes import (
    ISSUED,
    REDEMPTIONS,
    list_holders,
    list_taken,
)
from emulator.ocapi.resources.marketing.coupon import SINGLE_CODE, SYSTEM_CODES, TYPES
from emulator.ocapi.resources.marketing.generated_codes import CONFIG, NUMBER, PREFIX
from emulator.ocapi.schema.document import first_fault
from emulator.ocapi.schema.faults import (
    ID_CONFLICT,
    PROPERTY_CONSTRAINT_VIOLATION,
    SITE_ACCESS_FORBIDDEN,
)
from emulator.ocapi.schema.fields import Enumeration, Place
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Record

TYPE = Enumeration(*TYPES)
FIRST_EDITABLE_DATE = "2016-07-01T00:00:00.000Z"  # of a coupon that PATCH may change
MAX_SYSTEM_CODES = 5_000_000


def check_new(call: Call, coupon: Record) -> None:
    """Check PUT.

    Raises:
        Fault: SITE_ACCESS_FORBIDDEN, ID_CONFLICT, COUPON_CREATE_SINGLE_CODE, COUPON_INVALID, or a
            fault of DEC-1 for the type.
    """
    wanted = _read_type(call) or coupon.get("type")
    site, sent = call.address.site, call.content.get("coupon_id")
    if site not in ("", ORGANIZATION):
        raise SITE_ACCESS_FORBIDDEN(site)
    if isinstance(sent, str) and sent != call.key[-1]:
        raise ID_CONFLICT(sent, call.key[-1])
    if not (coupon.get("single_code") or "x").strip():
        raise faults.COUPON_CREATE_SINGLE_CODE(call.key[-1])
    if wanted == SINGLE_CODE and coupon.get("type") != SINGLE_CODE:
        raise faults.COUPON_CREATE_SINGLE_CODE(call.key[-1])
    if wanted != coupon.get("type"):
        raise faults.COUPON_INVALID("type")
    if coupon.get("type") == SINGLE_CODE and coupon.get(CONFIG) is not None:
        raise faults.COUPON_INVALID(CONFIG)
    if _count(coupon) < 0:
        raise faults.COUPON_INVALID(f"{CONFIG}/{NUMBER}")


def _read_type(call: Call) -> str | None:
    """Return the type in the request; the type is read-only, but has to suit the codes.

    Raises:
        Fault: TYPE_DECODING, ENUM_CONSTRAINT_VIOLATION.
    """
    try:
        sent: str | None = TYPE.deserialize(call.content.get("type"))
    except ValidationError as error:
        place = Place("coupon", "$", "")
        raise first_fault({"type": error.messages}, call.content, place) from error
    return sent


def check_change(call: Call, old: Record, new: Record) -> None:
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
    if new.get("type") == SINGLE_CODE and new.get(CONFIG) is not None:
        raise faults.COUPON_UPDATE_READ_ONLY(coupon_id, CONFIG)
    if not any(call.store.count(name, call.key) for name in (ISSUED, REDEMPTIONS)):
        return
    if old.get("single_code") != new.get("single_code"):
        raise faults.COUPON_UPDATE_READ_ONLY(coupon_id, "single_code")
    if (old.get(CONFIG) or {}).get(PREFIX) != (new.get(CONFIG) or {}).get(PREFIX):
        raise faults.COUPON_UPDATE_READ_ONLY(coupon_id, f"{CONFIG}/{PREFIX}")


def _count(coupon: Record) -> int:
    """Return the number of generated codes."""
    return int((coupon.get(CONFIG) or {}).get(NUMBER, 0))


def check_codes(call: Call, coupon: Record) -> None:
    """Check the single code, or the generated codes and their number.

    Raises:
        Fault: COUPON_CODE_DUPLICATE, PROPERTY_CONSTRAINT_VIOLATION, SYSTEM_COUPON_QUOTA.
    """
    (site_id, coupon_id), code = call.key, coupon.get("single_code")
    if _count(coupon) < 0:
        raise PROPERTY_CONSTRAINT_VIOLATION("coupon", f"$.{CONFIG}.{NUMBER}")
    if _count(coupon) > MAX_SYSTEM_CODES:
        raise faults.SYSTEM_COUPON_QUOTA(coupon_id, MAX_SYSTEM_CODES)
    if coupon.get("type") == SYSTEM_CODES:
        for holder, taken in list_taken(call.store, coupon):
            raise faults.COUPON_CODE_DUPLICATE(holder, taken)
    if code is None:
        return
    insensitive = bool(coupon.get("case_insensitive"))
    for holder in list_holders(call.store, site_id, code, case_insensitive=insensitive):
        if holder != coupon_id:
            raise faults.COUPON_CODE_DUPLICATE(holder, code)
