"""Products with variants, options and variation attributes."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.product.product_attributes import (
    PRODUCT_VARIATION_ATTRIBUTE_VALUES,
    PRODUCT_VARIATION_ATTRIBUTES,
)
from emulator.ocapi.resources.product.product_options import (
    PRODUCT_OPTION_VALUES,
    PRODUCT_OPTIONS,
)
from emulator.ocapi.resources.product.products import PRODUCTS

RESOURCES: tuple[Resource, ...] = (
    PRODUCTS,
    PRODUCT_OPTIONS,
    PRODUCT_OPTION_VALUES,
    PRODUCT_VARIATION_ATTRIBUTES,
    PRODUCT_VARIATION_ATTRIBUTE_VALUES,
)
