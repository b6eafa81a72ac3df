"""The documents of catalogs."""

from emulator.ocapi.resources.site.sites import Site
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Integer,
    Localized,
    String,
)
from emulator.ocapi.search.query import SearchResult


class Catalog(Document):
    """A catalog."""

    custom = True

    assigned_product_count = Integer(read_only=True)
    assigned_sites = Array(Embedded(Site()), read_only=True)
    category_count = Integer(read_only=True)
    creation_date = DateTime(read_only=True)
    description = Localized()
    id = String(allow_none=False)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    name = Localized()
    online = Boolean(load_default=False)
    owned_product_count = Integer(read_only=True)
    recommendation_count = Integer(read_only=True)
    root_category = String(read_only=True)


class Catalogs(Collection):
    """A page of catalogs."""

    data = Array(Embedded(Catalog()))


class CatalogSearchResult(SearchResult):
    """A page of the catalogs found by a search."""

    hits = Array(Embedded(Catalog()))
