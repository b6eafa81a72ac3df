"""Attribute definitions: the documents, the faults and the rules of all object types."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from marshmallow import ValidationError

from emulator.ocapi.resource import Properties
from emulator.ocapi.resources.object_type.localized import texts_of
from emulator.ocapi.schema.attribute import PROPERTIES
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
    Property,
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
NOT_CREATABLE_TYPES = ("money", "quantity", "unknown")
LOCALIZABLE_TYPES = ("string", "text", "html", "image", "enum_of_string")
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
LENGTHS = ("field_height", "field_length", "min_length", "scale")
"""Members with a number of characters, lines or digits."""
FIXED_MEMBERS = ("key", "set_value_type", "value_type")
"""Members of a custom attribute that no PATCH can change."""
FIXED_SYSTEM_MEMBERS = (
    *FIXED_MEMBERS,
    "default_value",
    "externally_defined",
    "externally_managed",
    "localizable",
    "mandatory",
    "multi_value_type",
    "site_specific",
)
"""Members of a system attribute that no PATCH can change."""

CREATE_FAILED = FaultType(
    400,
    "AttributeDefinitionCreate",
    "The attribute definition with ID '{attributeDefinitionId}' couldn't be created.",
    ("attributeDefinitionId",),
)
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
PROPERTY_READ_ONLY = FaultType(
    400,
    "AttributeDefinitionPropertyReadOnly",
    "The property '{property}' of attribute definition '{attributeDefinitionId}' can't be changed.",
    ("property", "attributeDefinitionId"),
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
    value_definitions = Array(Embedded(ObjectAttributeValueDefinition()))
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


SEARCH_FIELDS: Mapping[str, SearchField] = {
    "id": SearchField("string"),
    "display_name": texts_of("display_name"),
    "description": texts_of("description"),
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
    """Return a definition with a value type."""
    return {"value_type": "unknown", **after}


def find_defaults(definition: Properties, *, queryable: bool) -> dict[str, Any]:
    """Return the flags and the least length of texts that a definition does not state (OBJ-2).

    Args:
        definition: The stored properties.
        queryable: Whether attributes of the kind of object types are queryable.
    """
    value_type = definition["value_type"]
    defaults: dict[str, Any] = dict.fromkeys(FLAGS, False)
    defaults |= {"queryable": queryable, "set_value_type": value_type.startswith("set_of_")}
    if value_type in ("string", "text", "datetime"):
        defaults["min_length"] = 0
    return {name: value for name, value in defaults.items() if name not in definition}


def is_contradictory(definition: Mapping[str, Any]) -> bool:
    """Return whether an attribute is localizable and cannot be."""
    has_languages = definition["value_type"] in LOCALIZABLE_TYPES
    return bool(definition.get("localizable")) and (
        bool(definition.get("site_specific")) or not has_languages
    )


def list_contradictions(definition: Mapping[str, Any]) -> Iterator[str]:
    """Yield the members in contradiction to the definition (OBJ-3)."""
    yield from (name for name in LENGTHS if (definition.get(name) or 0) < 0)
    least, greatest = definition.get("min_value"), definition.get("max_value")
    if least is not None and greatest is not None and least > greatest:
        yield from ("min_value", "max_value")
    schema = PROPERTIES.get(definition["value_type"].rpartition("_of_")[-1])
    if schema is None:
        return
    values = _list_values(definition.get("value_definitions") or ())
    if len({*values}) < len(values) or not all(_is_valid(one, schema()) for one in values):
        yield "value_definitions"
    defaults = _list_values([definition.get("default_value") or {}])
    if not all(_is_valid(one, schema()) for one in defaults):
        yield "default_value"


def _list_values(definitions: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Return the values of value definitions: strings, numbers or booleans."""
    values = (definition.get("value") for definition in definitions)
    return [value for value in values if value is not None]


def _is_valid(value: Any, schema: Property) -> bool:
    try:
        schema.deserialize(value)
    except ValidationError:
        return False
    return True


def check_new(name: str, after: Mapping[str, Any]) -> None:
    """Check a new definition of a custom attribute.

    Raises:
        Fault: CREATE_FAILED: the id or the type is not valid, an attribute is localizable and
            site-specific, or a member contradicts the definition.
    """
    value_type = after["value_type"]
    both = after.get("localizable") and after.get("site_specific")
    if not ATTRIBUTE_ID.fullmatch(name) or value_type in NOT_CREATABLE_TYPES or both:
        raise CREATE_FAILED(name)
    if any(list_contradictions(after)):
        raise CREATE_FAILED(name)


def check_change(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Check a PATCH of a definition.

    Raises:
        Fault: PROPERTY_READ_ONLY: a fixed member would change, the attribute cannot be
            localizable, or a changed member contradicts the definition.
    """
    fixed = FIXED_SYSTEM_MEMBERS if before.get("system") else FIXED_MEMBERS
    languages = ("localizable", "site_specific") if is_contradictory(after) else ()
    for member in (*fixed, *languages, *list_contradictions(after)):
        default = False if member in FLAGS else None
        if before.get(member, default) != after.get(member, default):
            raise PROPERTY_READ_ONLY(member, name)
