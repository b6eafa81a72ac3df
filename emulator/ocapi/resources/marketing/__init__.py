"""Campaigns, promotions, coupons, source codes and sorting rules."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.marketing.campaigns import CAMPAIGNS
from emulator.ocapi.resources.marketing.promotion_assignments import PROMOTION_ASSIGNMENTS
from emulator.ocapi.resources.marketing.promotions import PROMOTIONS

RESOURCES: tuple[Resource, ...] = (CAMPAIGNS, PROMOTIONS, PROMOTION_ASSIGNMENTS)
