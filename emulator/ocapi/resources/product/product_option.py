"""The documents of product options and values, for products and for catalogs."""

from emulator.ocapi.resources.product.media import MediaFile, Money
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    Embedded,
    Enumeration,
    Localized,
    String,
)


class ProductOptionValue(Document):
    """A value of a product option."""

    default_product_option_value = Boolean(load_default=False)
    id = String(min_length=1, allow_none=False)
    link = String(read_only=True)
    option_prices = Array(Embedded(Money(), allow_none=False))
    sku_extension = String()
    value = Localized()


class ProductOptionValues(Collection):
    """A page of values of a product option."""

    data = Array(Embedded(ProductOptionValue()))


class ProductOption(Document):
    """A product option, such as an engraving."""

    custom_name = Localized()
    default_product_option_value = String()
    description = Localized()
    id = String(min_length=1, allow_none=False)
    image = Embedded(MediaFile())
    link = String(read_only=True)
    name = String(read_only=True)
    selected_option_value = String(read_only=True)
    shared = Boolean(load_default=False)
    sorting_mode = Enumeration("byexplicitorder", "byoptionprice", load_default="byexplicitorder")
    values = Array(Embedded(ProductOptionValue(), allow_none=False))


class ProductOptions(Collection):
    """A page of product options."""

    data = Array(Embedded(ProductOption()))
