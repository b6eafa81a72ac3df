"""The documents of slots and slot configurations."""

from collections.abc import Mapping
from typing import Any

from emulator.ocapi.resources.marketing.documents import (
    AbtestGroupAssignment,
    AssignmentInformation,
    Campaign,
    ids,
)
from emulator.ocapi.resources.marketing.schedule import Schedule
from emulator.ocapi.resources.product.media import localized_markup
from emulator.ocapi.resources.slot.context import CONTEXT_TYPES
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Integer,
    String,
    constrained,
    refuse,
)
from emulator.ocapi.search.query import SearchResult

SLOT_RANKS = tuple(range(10, 101, 10))
CONTENT_TYPES = ("products", "categories", "content_assets", "html", "recommended_products")


class Rank(Integer):
    """A rank: 10, 20, ... 100."""

    def __init__(self) -> None:
        super().__init__(minimum=1, metadata={"enum": [*SLOT_RANKS]})

    def check(self, value: float) -> float:
        """See ``Property.check``."""
        return super().check(value) if value in SLOT_RANKS else refuse(constrained)


class SlotContent(Document):
    """The content of a slot: texts, or the ids of documents."""

    body = localized_markup()
    category_ids = ids()
    content_asset_ids = ids()
    product_ids = ids()
    type = Enumeration(*CONTENT_TYPES, required=True, allow_none=False)


class SlotConfigurationAbtestGroupAssignment(AbtestGroupAssignment):
    """The assignment of a slot configuration to a segment of an A/B test."""


class SlotConfigurationCampaignAssignment(Document):
    """The assignment of a slot configuration to a campaign."""

    campaign = Embedded(Campaign(), read_only=True)
    campaign_id = String(min_length=1, max_length=256, allow_none=False)
    context = Enumeration(*CONTEXT_TYPES)
    creation_date = DateTime(read_only=True)
    customer_groups = ids()
    description = String(max_length=4000)
    enabled = Boolean(load_default=True)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    rank = Integer(minimum=1)
    schedule = Embedded(Schedule())
    slot_configuration = Embedded(lambda: CONFIGURATION, read_only=True)
    slot_configuration_id = String(min_length=1, max_length=256, allow_none=False)
    slot_configuration_uuid = String(max_length=28)
    slot_context_id = String(max_length=256)
    slot_id = String(min_length=1, max_length=256, allow_none=False)


class SlotConfigurationAssignmentInformation(AssignmentInformation):
    """The active and upcoming assignments of a slot configuration."""

    active_abtest_assignments = Array(Embedded(SlotConfigurationAbtestGroupAssignment()))
    active_campaign_assignments = Array(Embedded(lambda: ASSIGNMENT))
    upcoming_abtest_assignments = Array(Embedded(SlotConfigurationAbtestGroupAssignment()))
    upcoming_campaign_assignments = Array(Embedded(lambda: ASSIGNMENT))


class SlotConfiguration(Document):
    """A configuration of a slot: content, and the time and the customers for the content."""

    custom = True
    items_are_whole = True

    assignment_information = Embedded(SlotConfigurationAssignmentInformation(), read_only=True)
    callout_msg = localized_markup()
    configuration_id = String(min_length=1, max_length=256, allow_none=False)
    context = Enumeration(*CONTEXT_TYPES, read_only=True)
    context_id = String(read_only=True)
    creation_date = DateTime(read_only=True)
    customer_groups = ids()
    default = Boolean(load_default=False)
    description = String(max_length=4000)
    enabled = Boolean(load_default=False)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    rank = Rank()
    schedule = Embedded(Schedule())
    slot_content = Embedded(SlotContent(), required=True, allow_none=False)
    slot_id = String(min_length=1, max_length=256, read_only=True)
    template = String(max_length=256)
    uuid = String(min_length=1, max_length=28, read_only=True)


CONFIGURATION: Document = SlotConfiguration()
ASSIGNMENT: Document = SlotConfigurationCampaignAssignment()


class SlotConfigurations(Collection):
    """A page of slot configurations."""

    data = Array(Embedded(CONFIGURATION))


class SlotConfigurationSearchResult(SearchResult):
    """A page of the slot configurations found by a search."""

    hits = Array(Embedded(CONFIGURATION))


class Slot(Document):
    """A place of the storefront for content."""

    items_are_whole = True

    context_type = Enumeration(*CONTEXT_TYPES, allow_none=False)
    creation_date = DateTime(read_only=True)
    description = String(max_length=4000)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    preview_url = String()
    slot_configurations = Array(Embedded(CONFIGURATION))
    slot_id = String(min_length=1, max_length=256, required=True, allow_none=False)


class Slots(Collection):
    """A page of slots."""

    data = Array(Embedded(Slot()))


class SlotSearchResult(SearchResult):
    """A page of the slots found by a search."""

    hits = Array(Embedded(Slot()))


def show_markup(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Return texts with markup by locale; no markup is rendered (PRD-2)."""
    return {
        locale: {"markup": text["source"], "source": text["source"]}
        for locale, text in texts.items()
        if "source" in text
    }


def show_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a slot, with markup in the texts."""
    body = content.get("body")
    return {**content, **({"body": show_markup(body)} if body else {})}
