"""Campaigns, promotions, coupons, source codes and sorting rules."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.marketing.campaigns import CAMPAIGNS
from emulator.ocapi.resources.marketing.coupon_codes import COUPON_CODES
from emulator.ocapi.resources.marketing.coupons import COUPONS
from emulator.ocapi.resources.marketing.promotion_assignments import PROMOTION_ASSIGNMENTS
from emulator.ocapi.resources.marketing.promotions import PROMOTIONS
from emulator.ocapi.resources.marketing.redemptions import COUPON_REDEMPTIONS
from emulator.ocapi.resources.marketing.slot_assignments import SLOT_ASSIGNMENTS
from emulator.ocapi.resources.marketing.sorting_rule_assignments import SORTING_RULE_ASSIGNMENTS
from emulator.ocapi.resources.marketing.sorting_rules import SORTING_RULES
from emulator.ocapi.resources.marketing.source_code_groups import SOURCE_CODE_GROUPS

RESOURCES: tuple[Resource, ...] = (
    CAMPAIGNS,
    PROMOTIONS,
    PROMOTION_ASSIGNMENTS,
    COUPONS,
    COUPON_CODES,
    COUPON_REDEMPTIONS,
    SOURCE_CODE_GROUPS,
    SORTING_RULES,
    SORTING_RULE_ASSIGNMENTS,
    SLOT_ASSIGNMENTS,
)
