"""System object types (OBJ-1 to OBJ-5) with attribute definitions and attribute groups."""

from dataclasses import replace
from functools import partial

from emulator.ocapi.resource import Resource, Search
from emulator.ocapi.resources.object_type import (
    attribute_checks,
    attribute_definition,
    attribute_group,
    rules,
)
from emulator.ocapi.resources.object_type import object_type_definition as object_type
from emulator.ocapi.resources.object_type.declaration import declare_definitions, declare_groups
from emulator.ocapi.resources.object_type.listing import LIST_TYPES
from emulator.ocapi.resources.object_type.localized import texts_of
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.search.language import SearchField

PATH = "system_object_definitions"
DEFINITIONS, GROUPS = "system_attribute_definitions", "system_attribute_groups"
"""The collections of the store."""

SYSTEM_OBJECT_DEFINITIONS = Resource(
    path=PATH,
    document=object_type.ObjectTypeDefinition(),
    collection=object_type.ObjectTypeDefinitions(),
    key="object_type",
    verbs=frozenset({"read"}),
    not_found=FaultType(
        404,
        "SystemObjectNotFound",
        "No system object with ID '{objectType}' could be found.",
        ("objectType",),
    ),
    view=partial(rules.show_type, definitions=DEFINITIONS, groups=GROUPS),
    search=Search(
        path="system_object_definition_search",
        result=object_type.ObjectTypeDefinitionSearchResult(),
        fields={
            "object_type": SearchField("string"),
            "display_name": texts_of("display_name"),
            "description": texts_of("description"),
            "read_only": SearchField("boolean"),
        },
    ),
    survives_empty_reset=True,
    operations=(LIST_TYPES,),
)
PARENT = replace(SYSTEM_OBJECT_DEFINITIONS, not_found=object_type.NOT_FOUND)
"""The types as the parents of attributes and groups: there, a missing type is another fault."""

SYSTEM_ATTRIBUTE_DEFINITIONS = declare_definitions(
    PARENT,
    DEFINITIONS,
    GROUPS,
    queryable=False,
    duplicate_if_validated=attribute_definition.DUPLICATE,
    effects=rules.change_system_attribute,
    after_delete=rules.sweep_system_values,
    refusals={
        "create": (attribute_checks.CREATE_FAILED, attribute_definition.READ_ONLY),
        "update": (attribute_checks.PROPERTY_READ_ONLY,),
        "delete": (attribute_definition.READ_ONLY,),
    },
)
SYSTEM_ATTRIBUTE_GROUPS = declare_groups(
    PARENT,
    DEFINITIONS,
    GROUPS,
    duplicate_if_validated=attribute_group.DUPLICATE,
    effects=rules.change_group,
    refusals=dict.fromkeys(("create", "update", "delete"), (attribute_group.READ_ONLY,)),
)
