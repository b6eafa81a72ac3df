"""The documents of campaigns, of promotions, and of promotions in campaigns."""

from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from emulator.ocapi.resources.marketing.schedule import Schedule
from emulator.ocapi.resources.product.media import localized_markup
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Integer,
    Localized,
    String,
    constrained,
    refuse,
)
from emulator.ocapi.search.query import SearchResult

CLASSES = ("product", "shipping", "order")
EXCLUSIVITIES = ("no", "class", "global")


def ids() -> Array:
    """Return a property with ids of other documents."""
    return Array(String(allow_none=False))


class Campaign(Document):
    """A campaign: when, and for whom, promotions and slot configurations apply."""

    custom = True

    campaign_id = String(min_length=1, max_length=256, allow_none=False)
    coupons = ids()
    creation_date = DateTime(read_only=True)
    customer_groups = ids()
    description = String(max_length=4000, metadata={"format": "text"})
    enabled = Boolean(load_default=False)
    end_date = DateTime()
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    source_code_groups = ids()
    start_date = DateTime()


class Campaigns(Collection):
    """A page of campaigns."""

    data = Array(Embedded(Campaign()))


class CampaignSearchResult(SearchResult):
    """A page of the campaigns found by a search."""

    hits = Array(Embedded(Campaign()))


class Tag(Document):
    """A tag of a promotion."""

    tag_id = String()


class AbtestGroupAssignment(Document):
    """The assignment of a promotion or slot configuration to a segment of an A/B test."""

    abtest_description = String()
    abtest_id = String()
    enabled = Boolean()
    schedule = Embedded(Schedule())
    segment_description = String()
    segment_id = String()


class AssignmentInformation(Document):
    """The active and upcoming assignments of a promotion or slot configuration in short."""

    abtest_id = String()
    abtest_segment_id = String()
    active = Boolean()
    campaign_id = String()
    enabled = Boolean()
    end_date = DateTime()
    schedule = Embedded(Schedule())
    schedule_type = Enumeration("none", "campaign", "abtest", "multiple")
    start_date = DateTime()


class PromotionAbtestGroupAssignment(AbtestGroupAssignment):
    """The assignment of a promotion to a segment of an A/B test."""


class PromotionCampaignAssignment(Document):
    """The assignment of a promotion to a campaign."""

    campaign = Embedded(Campaign(), read_only=True)
    campaign_id = String(min_length=1, max_length=256, allow_none=False)
    coupons = ids()
    coupons_based = Boolean(load_default=True)
    creation_date = DateTime(read_only=True)
    customer_groups = ids()
    customer_groups_based = Boolean(load_default=True)
    description = String(max_length=4000)
    enabled = Boolean(load_default=True)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    promotion = Embedded(lambda: PROMOTION, read_only=True)
    promotion_id = String(min_length=1, max_length=256, allow_none=False)
    rank = Integer()
    required_qualifier = Enumeration("any", "all", load_default="any")
    schedule = Embedded(Schedule())
    source_code_based = Boolean(load_default=True)
    source_code_groups = ids()


class PromotionAssignmentInformation(AssignmentInformation):
    """The active and upcoming assignments of a promotion."""

    active_abtest_assignments = Array(Embedded(PromotionAbtestGroupAssignment()))
    active_campaign_assignments = Array(Embedded(lambda: ASSIGNMENT))
    upcoming_abtest_assignments = Array(Embedded(PromotionAbtestGroupAssignment()))
    upcoming_campaign_assignments = Array(Embedded(lambda: ASSIGNMENT))


class Promotion(Document):
    """A promotion: a benefit of campaigns and A/B tests."""

    custom = True

    archived = Boolean(load_default=False)
    assignment_information = Embedded(PromotionAssignmentInformation(), read_only=True)
    callout_msg = localized_markup()
    creation_date = DateTime(read_only=True)
    currency_code = String(max_length=3)
    disable_globally_excluded = Boolean(load_default=False)
    enabled = Boolean(load_default=False)
    exclusivity = Enumeration(*EXCLUSIVITIES, load_default="no")
    id = String(allow_none=False)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    name = Localized()
    promotion_class = Enumeration(*CLASSES, load_default="product")
    tags = Array(Embedded(Tag(), allow_none=False))


class Rule(String):
    """The XML of a promotion's rule: elements of the format of archives."""

    def check(self, value: str) -> str:
        """See ``Property.check``."""
        try:
            fromstring(f"<rule>{value}</rule>", forbid_dtd=True)
        except (ParseError, DefusedXmlException):
            refuse(constrained)
        return value


class StoredPromotion(Promotion):
    """A promotion in a data set, with the rule that no operation shows."""

    rule = Rule()


PROMOTION: Document = Promotion()
ASSIGNMENT: Document = PromotionCampaignAssignment()


class Promotions(Collection):
    """A page of promotions."""

    data = Array(Embedded(PROMOTION))


class PromotionSearchResult(SearchResult):
    """A page of the promotions found by a search."""

    hits = Array(Embedded(PROMOTION))


class PromotionCampaignAssignmentSearchResult(SearchResult):
    """A page of the assignments of promotions found by a search."""

    hits = Array(Embedded(ASSIGNMENT))
