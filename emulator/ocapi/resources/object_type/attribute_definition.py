"""Attribute definitions: the documents, the faults and the rules of all object types."""

import re
from collections.abc import Mapping
from typing import Any

from emulator.ocapi.resource import Properties
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Integer,
    Localized,
    Number,
    String,
)
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import Scalar, SearchResult

VALUE_TYPES = (
    "string",
    "int",
    "double",
    "text",
    "html",
    "date",
    "image",
    "boolean",
    "money",
    "quantity",
    "datetime",
    "email",
    "password",
    "set_of_string",
    "set_of_int",
    "set_of_double",
    "enum_of_string",
    "enum_of_int",
    "unknown",
)
ATTRIBUTE_ID = re.compile(r"[A-Za-z0-9_-]{1,253}", re.ASCII)
FLAGS = (
    "externally_defined",
    "externally_managed",
    "key",
    "localizable",
    "mandatory",
    "multi_value_type",
    "order_required",
    "queryable",
    "read_only",
    "requires_encoding",
    "searchable",
    "set_value_type",
    "site_specific",
    "system",
    "visible",
)
READ_ONLY_FLAGS = ("queryable", "read_only", "requires_encoding", "set_value_type", "system")
SENT_FLAGS = tuple(name for name in FLAGS if name not in READ_ONLY_FLAGS)
TYPES_WITH_LENGTH = ("string", "text", "datetime")
DUPLICATE = FaultType(
    400,
    "AttributeDefinitionDuplicate",
    "The attribute definition with ID '{attributeDefinitionId}' for object type '{objectType}' "
    "already exists.",
    ("attributeDefinitionId", "objectType"),
)
KEY_READ_ONLY = FaultType(
    400,
    "AttributeDefinitionKeyReadOnly",
    "The key attribute '{attributeDefinitionId}' can't be changed.",
    ("attributeDefinitionId",),
)
LOCALIZABLE_NOT_ALLOWED = FaultType(
    400,
    "AttributeDefinitionLocalizableNotAllowed",
    "The attribute definition with ID '{attributeDefinitionId}' can't be localizable because of "
    "its value type '{valueType}'.",
    ("attributeDefinitionId", "valueType"),
)
NOT_FOUND = FaultType(
    404,
    "AttributeDefinitionNotFound",
    "No attribute definition with ID '{attributeDefinitionId}' for object type '{objectType}' "
    "could be found.",
    ("attributeDefinitionId", "objectType"),
)
READ_ONLY = FaultType(
    400,
    "AttributeDefinitionReadOnly",
    "The attribute definition with ID '{attributeDefinitionId}' can't be changed.",
    ("attributeDefinitionId",),
)


class ObjectAttributeValueDefinition(Document):
    """A value of an attribute: the default, or a value of an enumeration."""

    description = Localized()
    display_value = Localized()
    id = String()
    position = Number()
    value = Scalar()


class ObjectAttributeDefinition(Document):
    """The definition of an attribute."""

    creation_date = DateTime(read_only=True)
    default_value = Embedded(ObjectAttributeValueDefinition())
    description = Localized()
    display_name = Localized()
    effective_id = String(read_only=True)
    externally_defined = Boolean()
    externally_managed = Boolean()
    field_height = Integer()
    field_length = Integer()
    id = String(allow_none=False)
    key = Boolean()
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    localizable = Boolean()
    mandatory = Boolean()
    max_value = Number()
    min_length = Integer()
    min_value = Number()
    multi_value_type = Boolean()
    order_required = Boolean()
    queryable = Boolean(read_only=True)
    read_only = Boolean(read_only=True)  # type: ignore[assignment]  # taken out by marshmallow
    regular_expression = String()
    requires_encoding = Boolean(read_only=True)
    scale = Integer()
    searchable = Boolean()
    set_value_type = Boolean(read_only=True)
    site_specific = Boolean()
    system = Boolean(read_only=True)
    unit = Localized()
    value_definitions = Array(Embedded(ObjectAttributeValueDefinition(), allow_none=False))
    value_type = Enumeration(*VALUE_TYPES, allow_none=False)
    visible = Boolean()


class ObjectAttributeDefinitions(Collection):
    """A page of attribute definitions."""

    data = Array(Embedded(ObjectAttributeDefinition()))


class ObjectAttributeDefinitionSearchResult(SearchResult):
    """A page of the attribute definitions found by a search."""

    hits = Array(Embedded(ObjectAttributeDefinition()))


def _make_flag_field(flag: str) -> SearchField:
    return SearchField("boolean", lambda definition: definition.get(flag, False))


def _make_text_field(name: str) -> SearchField:
    """Return the field of a localized text, which a system attribute does not have (OBJ-2)."""

    def find(texts: Mapping[str, str] | None, system: Any) -> list[str] | None:
        return None if system or not texts else [*texts.values()]

    return SearchField("text", find, sources=(name, "system"))


SEARCH_FIELDS: Mapping[str, SearchField] = {
    "id": SearchField("string"),
    "display_name": _make_text_field("display_name"),
    "description": _make_text_field("description"),
    **{
        flag: _make_flag_field(flag)
        for flag in (
            "key",
            "mandatory",
            "searchable",
            "system",
            "visible",
            "localizable",
            "site_specific",
        )
    },
    "value_type": SearchField("enum", values=VALUE_TYPES),
}


def derive(
    _before: Properties | None, after: dict[str, Any], _changes: Properties, _now: str
) -> dict[str, Any]:
    """Return a definition with a value type, and without the defaults that answers show (OBJ-2)."""
    definition: dict[str, Any] = {"value_type": "unknown", **after}
    defaults: dict[str, Any] = dict.fromkeys(SENT_FLAGS, False)
    if definition["value_type"] in TYPES_WITH_LENGTH:
        defaults["min_length"] = 0
    if is_set(definition["value_type"]):
        definition.pop("multi_value_type", None)
    return {n: v for n, v in definition.items() if n not in defaults or v != defaults[n]}


def is_set(value_type: str) -> bool:
    """Return whether the values of a type are sets, which always have several values."""
    return value_type.startswith("set_of_")


def find_defaults(definition: Properties, *, queryable: bool) -> dict[str, Any]:
    """Return the flags and the least length of texts that a definition does not state (OBJ-2).

    Args:
        definition: The stored properties.
        queryable: Whether attributes of the kind of object types are queryable.
    """
    value_type = definition["value_type"]
    defaults: dict[str, Any] = dict.fromkeys(FLAGS, False)
    defaults |= dict.fromkeys(("multi_value_type", "set_value_type"), is_set(value_type))
    defaults["queryable"] = queryable
    if value_type in TYPES_WITH_LENGTH:
        defaults["min_length"] = 0
    return {name: value for name, value in defaults.items() if name not in definition}
