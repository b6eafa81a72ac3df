"""The documents of source code groups."""

from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Integer,
    String,
)
from emulator.ocapi.search.query import SearchResult

PLACELESS = ("default", "home")  # redirects without a location


class SourceCodeRedirectInfo(Document):
    """The target of a source code."""

    location = String()
    location_type = Enumeration(*PLACELESS, "product", "category", "page", "url")


class SourceCodeSpecification(Document):
    """A source code, or a pattern of source codes."""

    expression = String()


class SourceCodeGroup(Document):
    """A group of source codes: links of partners and mails to the storefront."""

    custom = True

    active = Boolean(read_only=True)
    active_redirect = Embedded(SourceCodeRedirectInfo())
    cookie_duration = Integer(minimum=0, maximum=999)
    creation_date = DateTime(read_only=True)
    description = String()
    enabled = Boolean(load_default=False)
    end_time = DateTime()
    id = String(min_length=1, max_length=28, allow_none=False)
    inactive_redirect = Embedded(SourceCodeRedirectInfo())
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    specifications = Array(Embedded(SourceCodeSpecification(), allow_none=False))
    start_time = DateTime()


class SourceCodeGroups(Collection):
    """A page of source code groups."""

    data = Array(Embedded(SourceCodeGroup()))


class SourceCodeGroupSearchResult(SearchResult):
    """A page of the source code groups found by a search."""

    hits = Array(Embedded(SourceCodeGroup()))
