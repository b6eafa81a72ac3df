"""The faults of campaigns, promotions, coupons and source codes."""

from emulator.ocapi.schema.faults import FaultType

CAMPAIGN_NOT_FOUND = FaultType(
    404,
    "CampaignNotFound",
    "No campaign with ID '{campaignId}' for site '{siteId}' was found.",
    ("campaignId", "siteId"),
)
CAMPAIGN_DUPLICATE = FaultType(
    400,
    "CampaignDuplicate",
    "The campaign couldn't be created because of duplicate ID '{campaignId}'.",
    ("campaignId", "siteId"),
)
PROMOTION_NOT_FOUND = FaultType(
    404,
    "PromotionNotFound",
    "No promotion with ID '{promotionId}' for site '{siteId}' could be found.",
    ("promotionId", "siteId"),
)
CONSTRAINT_VIOLATION = FaultType(
    400,
    "ConstraintViolation",
    "The value of the parameter '{parameter}' violates a constraint.",
    ("parameter",),
)
COUPON_NOT_FOUND = FaultType(
    404,
    "CouponNotFound",
    "No coupon with ID '{couponId}' for site '{siteId}' could be found.",
    ("couponId", "siteId"),
)
SOURCE_CODE_GROUP_NOT_FOUND = FaultType(
    404,
    "SourceCodeGroupNotFound",
    "No source code group with ID '{sourceCodeGroupId}' for site '{siteId}' could be found.",
    ("sourceCodeGroupId", "siteId"),
)
