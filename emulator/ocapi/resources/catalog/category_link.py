"""The documents of links between categories."""

from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import (
    Array,
    DateTime,
    Embedded,
    Enumeration,
    Localized,
    Number,
    String,
)

SOURCE_NAMES = ("source_catalog_id", "source_category_id")


TARGET_NAMES = ("target_catalog_id", "target_category_id")


LINK_TYPES = ("other", "accessories", "cross_selling", "up_selling", "spare_parts")


NOT_FOUND = FaultType(
    404,
    "CategoryLinkNotFound",
    "No link of type '{type}' from the category with ID '{categoryId}' for catalog '{catalogId}' "
    "to the category with ID '{targetCategoryId}' for catalog '{targetCatalogId}' could be found.",
    ("type", "targetCategoryId", "targetCatalogId", "categoryId", "catalogId"),
)


class CategoryLink(Document):
    """A link from a category to another category."""

    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    position = Number(minimum=0)
    source_catalog_id = String(allow_none=False)
    source_catalog_name = Localized(read_only=True)
    source_category_id = String(allow_none=False)
    source_category_name = Localized(read_only=True)
    target_catalog_id = String(allow_none=False)
    target_catalog_name = Localized(read_only=True)
    target_category_id = String(allow_none=False)
    target_category_name = Localized(read_only=True)
    type = Enumeration(*LINK_TYPES, allow_none=False)


CATEGORY_LINK = CategoryLink()


class CategoryLinks(Collection):
    """A page of the links from a category."""

    data = Array(Embedded(CATEGORY_LINK))
