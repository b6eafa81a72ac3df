"""The faults of products, variants, options and variation attributes."""

from emulator.ocapi.schema.faults import FaultType

PRODUCT_NOT_FOUND = FaultType(
    404, "ProductNotFound", "No product with ID '{productId}' could be found.", ("productId",)
)
NOT_MASTER = FaultType(
    400,
    "ProductNotMaster",
    "The product with ID '{productId}' is not a variation master.",
    ("productId",),
)
NOT_MASTER_OR_GROUP = FaultType(
    400,
    "ProductNotMasterGroup",
    "The product with ID '{productId}' is not a variation master or a variation group.",
    ("productId",),
)
NOT_VARIATION = FaultType(
    400,
    "ProductIsNotVariation",
    "The product with ID '{productId}' is not a variation.",
    ("productId",),
)
NOT_VARIATION_GROUP = FaultType(
    400,
    "ProductIsNotVariationGroup",
    "The product with ID '{productId}' is not a variation group.",
    ("productId",),
)
VARIATION_NOT_FOUND = FaultType(
    404,
    "VariationNotFound",
    "No variation with ID '{productId}' of the master with ID '{masterProductId}' could be found.",
    ("productId", "masterProductId"),
)
VARIATION_GROUP_NOT_FOUND = FaultType(
    404,
    "VariationGroupNotFound",
    "No variation group with ID '{productId}' of the master with ID '{masterProductId}' "
    "could be found.",
    ("productId", "masterProductId"),
)
VARIATION_VALUE_NOT_VALID = FaultType(
    400,
    "VariationValueNotValid",
    "'{value}' is not a valid value of the variation attribute '{variationAttributeId}'.",
    ("variationAttributeId", "value"),
)
ATTRIBUTE_NOT_FOUND = FaultType(
    404,
    "VariationAttributeNotFound",
    "No variation attribute with ID '{variationAttributeId}' could be found.",
    ("variationAttributeId", "productId"),
)
VALUE_NOT_FOUND = FaultType(
    404,
    "VariationAttributeValueNotFound",
    "No value '{value}' of the variation attribute '{variationAttributeId}' could be found.",
    ("value", "variationAttributeId", "productId"),
)
DEFINITION_NOT_UNIQUE = FaultType(
    400,
    "ProductVariationAttributeDefinitionNotUnique",
    "Another variation attribute has the attribute definition '{attributeDefinitionId}'.",
    ("attributeDefinitionId",),
)
ATTRIBUTE_NOT_UNIQUE = FaultType(
    400,
    "ProductVariationAttributeIDNotUnique",
    "There is a variation attribute with ID '{variationAttributeId}'.",
    ("variationAttributeId",),
)
OPTION_NOT_FOUND = FaultType(
    404,
    "ProductOptionNotFound",
    "No product option with ID '{productOptionId}' could be found.",
    ("productOptionId", "productId"),
)
OPTION_VALUE_NOT_FOUND = FaultType(
    404,
    "ProductOptionValueNotFound",
    "No value with ID '{productOptionValueId}' of the product option '{productOptionId}' "
    "could be found.",
    ("productOptionValueId", "productOptionId", "productId"),
)
OPTION_CREATE = FaultType(
    400,
    "ProductOptionCreate",
    "The product option '{productOptionId}' can't be created for the product with ID "
    "'{productId}'.",
    ("productOptionId", "productId"),
)
OPTION_UPDATE = FaultType(
    400,
    "ProductOptionUpdate",
    "The shared product option '{productOptionId}' can't be changed in the product with ID "
    "'{productId}'.",
    ("productOptionId", "productId"),
)
SITE_MISSING = FaultType(
    400,
    "SiteIdMissingForSiteSpecificFilter",
    "A search by a property that depends on the site needs the parameter 'site_id'.",
)
