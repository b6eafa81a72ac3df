"""The documents of A/B tests, segments and triggers."""

from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Integer,
    Map,
    Number,
    String,
)
from emulator.ocapi.search.query import SearchResult

MAX_ID_LENGTH, MAX_TEXT_LENGTH = 40, 4000
EXPIRATION_TYPES = ("session", "never")
STATUSES = ("ended", "planned", "running")
IMMEDIATELY, CATEGORY_VIEW, PIPELINE_CALL = "immediately", "category_page_view", "pipeline_call"
TRIGGER_TYPES = (IMMEDIATELY, CATEGORY_VIEW, "home_page_view", PIPELINE_CALL)


def texts() -> Array:
    """Return a property with texts, such as ids of other documents."""
    return Array(String(allow_none=False))


class AbTestTrigger(Document):
    """The event that makes a customer a participant."""

    categories = texts()
    is_pipeline_based = Boolean(read_only=True)
    pipeline_calls = texts()
    trigger_type = Enumeration(*TRIGGER_TYPES, load_default=IMMEDIATELY)


class AbTestGroup(Document):
    """A segment in few words."""

    allocation = Integer()
    custom_experience = Boolean()
    description = String()
    id = String()


class AbTestSegmentStats(Document):
    """The figures of a segment."""

    adds_to_baskets = Integer()
    average_adds_per_basket = Number()
    average_adds_per_basket_std_error = Number()
    average_discount_amount = Number()
    average_discount_amount_std_error = Number()
    average_discount_amount_with_coupon = Number()
    average_discount_amount_with_coupon_std_error = Number()
    average_discount_amount_without_coupon = Number()
    average_discount_amount_without_coupon_std_error = Number()
    average_order_value = Number()
    average_order_value_std_error = Number()
    average_revenue_per_visit = Number()
    average_revenue_per_visit_std_error = Number()
    average_units_added_per_basket = Number()
    average_units_adder_per_basket_std_error = Number()
    average_units_per_order_std_error = Number()
    average_units_per_visit = Number()
    average_units_per_visit_std_error = Number()
    basket_rate = Number()
    baskets = Number()
    checkout_rate = Number()
    checkouts = Integer()
    conversion_rate = Number()
    discount_amount_with_coupon = Number()
    discount_amount_without_coupon = Number()
    orders = Integer()
    revenue = Number()
    total_discount_amount = Number()
    units = Number()
    units_added_to_baskets = Number()
    visitors = Integer()
    visits = Integer()


class AbTestSegment(Document):
    """A part of the participants, with experiences."""

    allocation = Integer(load_default=0)
    custom_experience = Boolean(load_default=False)
    description = String(max_length=MAX_TEXT_LENGTH)
    id = String(min_length=1, max_length=MAX_ID_LENGTH, allow_none=False)
    link = String(read_only=True)
    promotions = Array(Map(allow_none=False), read_only=True)
    slot_configs = Array(Map(allow_none=False), read_only=True)
    sorting_rules = Array(Map(allow_none=False), read_only=True)
    stats = Embedded(AbTestSegmentStats(), read_only=True)


class AbTestSegments(Collection):
    """A page of segments. No operation answers the page."""

    data = Array(Embedded(AbTestSegment()))


class AbTest(Document):
    """An A/B test: segments with different experiences, compared for a time."""

    customer_groups = texts()
    description = String(max_length=MAX_TEXT_LENGTH)
    email_addresses = texts()
    enabled = Boolean(load_default=False)
    end_date = DateTime()
    expiration_type = Enumeration(*EXPIRATION_TYPES, load_default="never")
    id = String(min_length=1, max_length=MAX_ID_LENGTH, allow_none=False)
    key_metric_id = String(max_length=256, load_default="Revenue")
    link = String(read_only=True)
    paused = Boolean(load_default=False)
    segment_count = Integer(read_only=True)
    start_date = DateTime()
    status = Enumeration(*STATUSES, read_only=True)
    tags = texts()
    test_groups = Array(Embedded(AbTestGroup()), read_only=True)
    test_segments = Array(Embedded(AbTestSegment()), read_only=True)
    trigger = Embedded(AbTestTrigger())


class AbTests(Collection):
    """A page of A/B tests."""

    data = Array(Embedded(AbTest()))


class AbTestSearchResult(SearchResult):
    """A page of the A/B tests found by a search."""

    hits = Array(Embedded(AbTest()))
