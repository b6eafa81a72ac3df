"""The documents of coupons, codes and redemptions."""

from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Integer,
    String,
)
from emulator.ocapi.search.query import SearchResult

SINGLE_CODE, MULTIPLE_CODES, SYSTEM_CODES = TYPES = (
    "single_code",
    "multiple_codes",
    "system_codes",
)


class RedemptionLimitPerPeriod(Document):
    """A limit of redemptions within some days."""

    limit = Integer(minimum=0)
    redemption_time_frame = Integer(minimum=0, maximum=999)


class RedemptionLimits(Document):
    """The limits of the redemptions of a coupon."""

    limit_per_code = Integer(minimum=0)
    limit_per_customer = Integer(minimum=0)
    limit_per_time_frame = Embedded(RedemptionLimitPerPeriod())


class CouponSystemCodeConfig(Document):
    """The prefix and the number of generated codes."""

    code_prefix = String()
    number_of_codes = Integer()


class Coupon(Document):
    """A coupon: a code, a list of codes, or generated codes."""

    case_insensitive = Boolean(load_default=False)
    coupon_id = String(min_length=1, max_length=256, allow_none=False, read_only=True)
    creation_date = DateTime(read_only=True)
    description = String(max_length=4000)
    enabled = Boolean(load_default=False)
    exported_code_count = Integer(read_only=True)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    multiple_codes_per_basket = Boolean(load_default=False)
    redemption_count = Integer(read_only=True)
    redemption_limits = Embedded(RedemptionLimits())
    single_code = String(min_length=1, max_length=256)
    system_codes_config = Embedded(CouponSystemCodeConfig())
    total_codes_count = Integer(read_only=True)
    type = Enumeration(*TYPES, read_only=True)


class Coupons(Collection):
    """A page of coupons."""

    data = Array(Embedded(Coupon()))


class CouponSearchResult(SearchResult):
    """A page of the coupons found by a search."""

    hits = Array(Embedded(Coupon()))


class CouponCode(Document):
    """A code of a coupon."""

    items_are_whole = True
    items_have_state = False

    code = String(allow_none=False)
    issued = Boolean(load_default=False)
    redemption_count = Integer(read_only=True)


class CouponCodes(Collection):
    """A page of the codes of a coupon."""

    max_count = 10_000

    data = Array(Embedded(CouponCode()))


class CouponMultiCodesRequest(Document):
    """The codes to add to a coupon, or to remove."""

    codes = Array(String(allow_none=False), required=True, allow_none=False)


class CouponRedemption(Document):
    """The redemption of a code by an order."""

    items_have_state = False

    code = String(allow_none=False)
    coupon_id = String(allow_none=False)
    creation_date = DateTime()
    customer_email = String()
    last_modified = DateTime()
    order_no = String(allow_none=False)
    view_order_url = String()


class CouponRedemptions(Collection):
    """A page of redemptions; no path of the Data API shows the page."""

    data = Array(Embedded(CouponRedemption()))


class CouponRedemptionSearchResult(SearchResult):
    """A page of the redemptions found by a search."""

    hits = Array(Embedded(CouponRedemption()))
