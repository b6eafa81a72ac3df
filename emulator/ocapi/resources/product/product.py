"""The documents of products, variants and variation groups."""

from emulator.ocapi.resources.product.media import CatalogCategoryId, MediaFile, localized_markup
from emulator.ocapi.resources.product.product_option import ProductOption
from emulator.ocapi.resources.product.variation_attribute import VariationAttribute
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Localized,
    Number,
    Property,
    String,
    Values,
)
from emulator.ocapi.search.query import SearchResult

KINDS = (
    "item",
    "set",
    "bundle",
    "master",
    "part_of_product_set",
    "bundled",
    "variant",
    "variation_group",
    "option",
    "retail_set",
    "part_of_retail_set",
)
"""The flags of a product type."""


def product_id(*, required: bool = False) -> String:
    """Return a property with the id of a product."""
    return String(min_length=1, max_length=100, required=required, allow_none=False)


def site_flag(*, read_only: bool = False, default: bool | None = None) -> Values:
    """Return a property with a flag for each site."""
    options = {} if default is None else {"load_default": {"default": default}}
    return Values(Boolean(), format="site-specific", read_only=read_only, **options)


def variation_values(*, read_only: bool = False) -> Values:
    """Return a property with the value of each variation attribute."""
    return Values(String(allow_none=False), read_only=read_only)


def _products() -> Property:
    return Array(Embedded(lambda: PRODUCT, allow_none=False), read_only=True)


class ImageGroup(Document):
    """The images of a product for a view, or for a view and a variation."""

    images = Array(Embedded(MediaFile()))
    variation_attributes = Array(Embedded(VariationAttribute()))
    view_type = String()


class ProductType(Document):
    """The type of a product."""

    class Meta(Document.Meta):
        """The flags: ``set`` is a name of Python, too."""

        include = {kind: Boolean() for kind in KINDS}  # noqa: RUF012 - read by marshmallow once


class Master(Document):
    """The master of a variant or of a variation group."""

    link = String(read_only=True)
    master_id = product_id(required=True)
    orderable = Boolean()
    price = Number()
    price_max = Number()
    price_per_unit = Number()
    price_per_unit_max = Number()
    prices = Values(Number())


class Variant(Document):
    """A product as a variant of a master."""

    ats = Number(read_only=True)
    default_product_variation = Boolean(read_only=True)
    image = Embedded(MediaFile(), read_only=True)
    in_stock = Boolean(read_only=True)
    link = String(read_only=True)
    online = Boolean(read_only=True)
    orderable = Boolean(read_only=True)
    price = Number(read_only=True)
    price_currency = String(read_only=True)
    price_per_unit = Number(read_only=True)
    product_id = product_id()
    searchable = site_flag(read_only=True)
    variation_attributes = Array(Embedded(VariationAttribute()), read_only=True)
    variation_values = variation_values()


class Variants(Collection):
    """A page of the variants of a master."""

    data = Array(Embedded(Variant()))


class VariantSearchResult(SearchResult):
    """A page of the variants found by a search."""

    hits = Array(Embedded(Variant()))


class VariationGroup(Document):
    """A product as a variation group: the variants of a master with some common values."""

    link = String(read_only=True)
    orderable = Boolean(read_only=True)
    price = Number(read_only=True)
    price_per_unit = Number(read_only=True)
    product_id = product_id()
    variation_values = variation_values()


class VariationGroups(Collection):
    """A page of the variation groups of a master."""

    data = Array(Embedded(VariationGroup()))


class Product(Document):
    """A product."""

    custom = True

    assigned_categories = Array(Embedded(CatalogCategoryId()), read_only=True)
    ats = Number(read_only=True)
    brand = String()
    bundled_products = _products()
    classification_category = Embedded(CatalogCategoryId(), read_only=True)
    creation_date = DateTime(read_only=True)
    default_variant_id = String()
    ean = String()
    id = product_id()
    image = Embedded(MediaFile(), read_only=True)
    image_groups = Array(Embedded(ImageGroup()), read_only=True)
    in_stock = Boolean(read_only=True)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    localized_tax_class_id = Localized()
    long_description = localized_markup()
    manufacturer_name = String()
    manufacturer_sku = String()
    master = Embedded(Master(), read_only=True)
    name = Localized()
    online = Boolean(read_only=True)
    online_flag = site_flag(default=False)
    owning_catalog_id = String(allow_none=False)
    owning_catalog_name = Localized(read_only=True)
    page_description = Localized()
    page_keywords = Localized()
    page_title = Localized()
    price = Number(read_only=True)
    price_currency = String(read_only=True)
    price_per_unit = Number(read_only=True)
    primary_categories = Array(Embedded(CatalogCategoryId()), read_only=True)
    primary_category_id = String(read_only=True)
    product_bundles = _products()
    product_options = Array(Embedded(ProductOption()), read_only=True)
    product_sets = _products()
    searchable = site_flag(default=True)
    set_products = _products()
    short_description = localized_markup()
    tax_class_id = String()
    type = Embedded(ProductType())
    unit = String()
    unit_measure = String()
    unit_quantity = Number()
    upc = String()
    valid_from = Values(DateTime(), format="site-specific")
    valid_to = Values(DateTime(), format="site-specific")
    variants = Array(Embedded(Variant()), read_only=True)
    variation_attributes = Array(Embedded(VariationAttribute()), read_only=True)
    variation_groups = Array(Embedded(VariationGroup()), read_only=True)
    variation_values = variation_values(read_only=True)


PRODUCT = Product()


class Products(Collection):
    """A page of products; no path of the Data API shows a page."""

    data = Array(Embedded(PRODUCT))


class ProductSearchResult(SearchResult):
    """A page of the products found by a search."""

    hits = Array(Embedded(PRODUCT))
