"""Attribute groups: the documents, the faults and the search fields of all object types."""

from collections.abc import Mapping

from emulator.ocapi.resources.object_type.attribute_definition import ObjectAttributeDefinition
from emulator.ocapi.resources.object_type.localized import texts_of
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Integer,
    Localized,
    Number,
    String,
)
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SearchResult

DUPLICATE = FaultType(
    400,
    "AttributeGroupDuplicate",
    "The attribute group with ID '{attributeGroupId}' for object type '{objectType}' already "
    "exists.",
    ("attributeGroupId", "objectType"),
)
NOT_FOUND = FaultType(
    404,
    "AttributeGroupNotFound",
    "No attribute group with ID '{attributeGroupId}' for object type '{objectType}' could be "
    "found.",
    ("attributeGroupId", "objectType"),
)
READ_ONLY = FaultType(
    400,
    "AttributeGroupReadOnly",
    "The attribute group with ID '{attributeGroupId}' can't be changed.",
    ("attributeGroupId",),
)


class ObjectAttributeGroup(Document):
    """A group of attributes.

    A stored group knows the ids of its attributes alone: ``attribute_definitions`` holds a
    document with ``id`` for each attribute.
    """

    attribute_definitions = Array(
        Embedded(ObjectAttributeDefinition(), allow_none=False), read_only=True
    )
    attribute_definitions_count = Integer(read_only=True)
    creation_date = DateTime(read_only=True)
    description = Localized()
    display_name = Localized()
    id = String(min_length=1, max_length=256, allow_none=False)
    internal = Boolean(read_only=True, load_default=False)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    position = Number(minimum=0)


class ObjectAttributeGroups(Collection):
    """A page of attribute groups."""

    data = Array(Embedded(ObjectAttributeGroup()))


class ObjectAttributeGroupSearchResult(SearchResult):
    """A page of the attribute groups found by a search."""

    hits = Array(Embedded(ObjectAttributeGroup()))


SEARCH_FIELDS: Mapping[str, SearchField] = {
    "id": SearchField("string"),
    "display_name": texts_of("display_name"),
    "description": texts_of("description"),
    "position": SearchField("number"),
    "internal": SearchField("boolean"),
}
