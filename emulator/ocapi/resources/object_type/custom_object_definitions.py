"""Custom object types (OBJ-4) with attribute definitions and attribute groups.

No request reads or writes a custom object type itself: only data sets have custom object types.
"""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.object_type import attribute_checks, attribute_definition, rules
from emulator.ocapi.resources.object_type import object_type_definition as object_type
from emulator.ocapi.resources.object_type.declaration import declare_definitions, declare_groups

PATH = "custom_object_definitions"
DEFINITIONS, GROUPS = "custom_attribute_definitions", "custom_attribute_groups"
"""The collections of the store."""

CUSTOM_OBJECT_DEFINITIONS = Resource(
    path=PATH,
    document=object_type.ObjectTypeDefinition(),
    collection=object_type.ObjectTypeDefinitions(),
    key="object_type",
    verbs=frozenset(),
    not_found=object_type.NOT_FOUND,
    survives_empty_reset=True,
)

CUSTOM_ATTRIBUTE_DEFINITIONS = declare_definitions(
    CUSTOM_OBJECT_DEFINITIONS,
    DEFINITIONS,
    GROUPS,
    queryable=True,
    unique=lambda record: record.key[:1] if record.get("key") else None,
    effects=rules.change_custom_attribute,
    after_delete=rules.sweep_custom_values,
    refusals={
        "create": (
            attribute_checks.CREATE_FAILED,
            attribute_definition.KEY_READ_ONLY,
            attribute_definition.LOCALIZABLE_NOT_ALLOWED,
        ),
        "update": (attribute_definition.KEY_READ_ONLY, attribute_checks.PROPERTY_READ_ONLY),
        "delete": (attribute_definition.KEY_READ_ONLY, attribute_definition.READ_ONLY),
    },
)
CUSTOM_ATTRIBUTE_GROUPS = declare_groups(CUSTOM_OBJECT_DEFINITIONS, DEFINITIONS, GROUPS)
