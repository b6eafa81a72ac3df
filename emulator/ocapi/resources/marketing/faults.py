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
COUPON_CODE_DUPLICATE = FaultType(
    400,
    "CouponCodeDuplicate",
    "The coupon code '{couponCode}' is already used in coupon '{couponId}'. "
    "Please make sure the code is unique.",
    ("couponId", "couponCode"),
)
COUPON_CODE_CREATE = FaultType(
    400,
    "CouponCodeCreate",
    "The coupon code '{couponCode}' couldn't be created. Please make sure the code is valid.",
    ("couponCode",),
)
COUPON_CREATE_SINGLE_CODE = FaultType(
    400,
    "CouponCreateSingleCode",
    "The coupon '{couponId}' couldn't be created because of a missing single code.",
    ("couponId",),
)
COUPON_INVALID = FaultType(
    400, "CouponInvalid", "The field '{field}' of the coupon is invalid.", ("field",)
)
SYSTEM_COUPON_QUOTA = FaultType(
    400,
    "SystemGeneratedCouponQuota",
    "The coupon '{couponId}' can't have more than {limit} system-generated codes.",
    ("couponId", "limit"),
)
COUPON_UPDATE_READ_ONLY = FaultType(
    400,
    "CouponUpdateReadOnly",
    "The coupon field '{field}' in coupon '{couponId}' can't be updated. "
    "Once a coupon is redeemed or exported, certain fields can no longer be edited.",
    ("couponId", "field"),
)
COUPON_UPDATE_FORBIDDEN = FaultType(
    403,
    "CouponUpdateForbidden",
    "The coupon '{couponId}' can't be modified. Please delete and recreate the coupon.",
    ("couponId",),
)
COUPON_LEGACY_UPDATE_FORBIDDEN = FaultType(
    403,
    "CouponLegacyUpdateForbidden",
    "The coupon '{couponId}' can't be modified because it was created before Release 16.7.2. "
    "Customers can still redeem this coupon code on the Storefront.",
    ("couponId",),
)
SOURCE_CODE_GROUP_INVALID = FaultType(
    400, "SourceCodeGroupInvalid", "The source code group passed in is not valid.", ("fieldId",)
)
SORTING_RULE_NOT_FOUND = FaultType(
    404,
    "SortingRuleNotFound",
    "No sorting rule with ID '{sortingRuleId}' for site '{siteId}' could be found.",
    ("sortingRuleId", "siteId"),
)
SORTING_RULE_CONFLICT = FaultType(
    409,
    "SortingRuleCampaignAssignConflict",
    "The sorting rule '{sortingRuleId}' can't be assigned: another rule is assigned to the "
    "campaign for the category '{categoryId}'.",
    ("sortingRuleId", "categoryId"),
)
INVALID_CATEGORY = FaultType(
    400, "InvalidCategory", "No category with ID '{categoryId}' could be found.", ("categoryId",)
)
