"""The documents of categories."""

from emulator.ocapi.resources.catalog.sorting_rule import SortingRule
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Localized,
    Number,
    Property,
    String,
)
from emulator.ocapi.search.query import SearchResult

CATEGORY_NOT_FOUND = FaultType(
    404,
    "CategoryNotFound",
    "No category with ID '{categoryId}' for catalog '{catalogId}' could be found.",
    ("categoryId", "catalogId"),
)
CATEGORY_INVALID = FaultType(
    400, "CategoryInvalid", "The field '{fieldId}' of the category is not valid.", ("fieldId",)
)


def _categories() -> Property:
    return Array(Embedded(lambda: CATEGORY), read_only=True)


class PathRecord(Document):
    """A category on the path to another category."""

    id = String()
    name = Localized()


class Category(Document):
    """A category."""

    custom = True

    catalog_id = String(allow_none=False)
    categories = _categories()
    creation_date = DateTime(read_only=True)
    description = Localized()
    id = String(min_length=1, max_length=256, allow_none=False)
    image = String(min_length=1, max_length=256)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    name = Localized()
    online = Boolean(load_default=False)
    page_description = Localized()
    page_keywords = Localized()
    page_title = Localized()
    parent_category_id = String(min_length=1, max_length=256)
    paths = Array(Embedded(PathRecord()), read_only=True)
    position = Number()
    sorting_rules = Array(Embedded(SortingRule()), read_only=True)
    thumbnail = String(min_length=1, max_length=256)


CATEGORY = Category()


class Categories(Collection):
    """A page of categories."""

    data = Array(Embedded(CATEGORY))


class CategorySearchResult(SearchResult):
    """A page of the categories found by a search."""

    hits = Array(Embedded(CATEGORY))
