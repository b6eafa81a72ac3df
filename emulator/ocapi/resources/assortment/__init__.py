"""Products in catalogs: shared options and variation attributes, assignments to categories."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.assortment.assignments import CATEGORY_PRODUCT_ASSIGNMENTS
from emulator.ocapi.resources.assortment.shared_options import (
    SHARED_OPTION_VALUES,
    SHARED_OPTIONS,
)
from emulator.ocapi.resources.assortment.shared_variation_attributes import (
    SHARED_VARIATION_ATTRIBUTE_VALUES,
    SHARED_VARIATION_ATTRIBUTES,
)

RESOURCES: tuple[Resource, ...] = (
    SHARED_OPTIONS,
    SHARED_OPTION_VALUES,
    SHARED_VARIATION_ATTRIBUTES,
    SHARED_VARIATION_ATTRIBUTE_VALUES,
    CATEGORY_PRODUCT_ASSIGNMENTS,
)
