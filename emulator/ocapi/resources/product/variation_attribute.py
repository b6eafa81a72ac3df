"""The documents of variation attributes and values, for products and for catalogs."""

from emulator.ocapi.resources.product.media import MediaFile
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    Embedded,
    Enumeration,
    Localized,
    Number,
    String,
)


class VariationAttributeValue(Document):
    """A value of a variation attribute, such as a color."""

    description = Localized()
    image = Embedded(MediaFile())
    image_swatch = Embedded(MediaFile())
    link = String(read_only=True)
    name = Localized()
    orderable = Boolean(read_only=True)
    position = Number()
    value = String(min_length=1, required=True, allow_none=False)


class VariationAttributeValues(Collection):
    """A page of values of a variation attribute."""

    data = Array(Embedded(VariationAttributeValue()))


class VariationAttribute(Document):
    """A variation attribute: an attribute with different values in the variants of a master."""

    attribute_definition_id = String(required=True, allow_none=False)
    attribute_definition_name = Localized(read_only=True)
    default_value = String()
    id = String(min_length=1, allow_none=False)
    link = String(read_only=True)
    name = Localized()
    shared = Boolean(read_only=True)
    slicing = Boolean(load_default=False)
    values = Array(Embedded(VariationAttributeValue(), allow_none=False))
    variation_attribute_type = Enumeration("string", "int", "unknown", read_only=True)


class VariationAttributes(Collection):
    """A page of variation attributes."""

    data = Array(Embedded(VariationAttribute()))
