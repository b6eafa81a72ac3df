"""The collections of marketing in the store, and the keys of assignments in further directions."""

from collections.abc import Iterator

from emulator.ocapi.resources.id_lists import entries_of
from emulator.store import Key, Record

CAMPAIGNS_NAME = "campaigns"  # site and campaign
PROMOTIONS_NAME = "promotions"  # site and promotion
COUPONS_NAME = "coupons"  # site and coupon
SOURCE_CODE_GROUPS_NAME = "source_code_groups"  # site and group
RULES_NAME = "sorting_rules"  # site, or ORGANIZATION for a global rule, and rule

ASSIGNMENTS = "promotion_campaign_assignments"  # site, campaign and promotion
CAMPAIGNS_BY_PROMOTION = f"{ASSIGNMENTS}.by_promotion"  # site, promotion and campaign


def list_assignment_entries(assignment: Record) -> Iterator[tuple[str, Key]]:
    """Yield collection and key of each entry of an assignment of a promotion."""
    site_id, campaign_id, promotion_id = assignment.key
    yield CAMPAIGNS_BY_PROMOTION, (site_id, promotion_id, campaign_id)
    yield from entries_of(assignment, ASSIGNMENTS)
