"""The checks of attribute definitions: fixed members and contradictions (OBJ-3, OBJ-4)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from marshmallow import ValidationError

from emulator.ocapi.resources.object_type.attribute_definition import ATTRIBUTE_ID, FLAGS
from emulator.ocapi.schema.attribute import PROPERTIES
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Property

NOT_CREATABLE_TYPES = ("money", "quantity", "unknown")
LOCALIZABLE_TYPES = ("string", "text", "html", "image", "enum_of_string")
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
PROPERTY_READ_ONLY = FaultType(
    400,
    "AttributeDefinitionPropertyReadOnly",
    "The property '{property}' of attribute definition '{attributeDefinitionId}' can't be changed.",
    ("property", "attributeDefinitionId"),
)


def is_contradictory(definition: Mapping[str, Any]) -> bool:
    """Return True if a localizable attribute has a type or a scope without languages."""
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
