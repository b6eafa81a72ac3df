"""Object type definitions: the documents and the faults of system and custom object types."""

from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
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

NOT_FOUND = FaultType(
    404,
    "ObjectTypeNotFound",
    "No object type with ID '{objectType}' could be found.",
    ("objectType",),
)


class ObjectTypeDefinition(Document):
    """The definition of an object type."""

    attribute_definition_count = Integer(read_only=True)
    attribute_group_count = Integer(read_only=True)
    content_object = Boolean(load_default=False)
    creation_date = DateTime(read_only=True)
    description = Localized()
    display_name = Localized()
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    object_type = String(min_length=1, allow_none=False)
    queryable = Boolean(load_default=True)
    read_only = Boolean(read_only=True, load_default=False)  # type: ignore[assignment]  # taken out by marshmallow


class ObjectTypeDefinitions(Collection):
    """A page of object type definitions."""

    data = Array(Embedded(ObjectTypeDefinition()))


class ObjectTypeDefinitionSearchResult(SearchResult):
    """A page of the object type definitions found by a search."""

    hits = Array(Embedded(ObjectTypeDefinition()))
