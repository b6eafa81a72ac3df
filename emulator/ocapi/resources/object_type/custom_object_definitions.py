"""Custom object types (OBJ-4) with attribute definitions and attribute groups.

No request reads or writes a custom object type itself: only data sets have custom object types.
"""

from functools import partial

from emulator.ocapi.resource import Resource, Search
from emulator.ocapi.resources.object_type import attribute_definition, attribute_group, rules
from emulator.ocapi.resources.object_type import object_type_definition as object_type
from emulator.ocapi.resources.object_type.assignments import make_operations
from emulator.ocapi.resources.object_type.listing import make_search

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

CUSTOM_ATTRIBUTE_DEFINITIONS = Resource(
    name=DEFINITIONS,
    path="attribute_definitions",
    parent=CUSTOM_OBJECT_DEFINITIONS,
    parent_key="object_type",
    document=attribute_definition.ObjectAttributeDefinition(),
    collection=attribute_definition.ObjectAttributeDefinitions(),
    key="id",
    verbs=frozenset({"list", "read", "create", "update", "delete"}),
    not_found=attribute_definition.NOT_FOUND,
    deletes_missing=False,
    derive=attribute_definition.derive,
    view=partial(rules.show_attribute, queryable=True),
    effects=rules.change_custom_attribute,
    refusals={
        "create": (
            attribute_definition.CREATE_FAILED,
            attribute_definition.KEY_READ_ONLY,
            attribute_definition.LOCALIZABLE_NOT_ALLOWED,
        ),
        "update": (attribute_definition.KEY_READ_ONLY, attribute_definition.PROPERTY_READ_ONLY),
        "delete": (attribute_definition.KEY_READ_ONLY, attribute_definition.READ_ONLY),
    },
    expansions=("value",),
    survives_empty_reset=True,
    operations=(make_search(CUSTOM_OBJECT_DEFINITIONS, DEFINITIONS, GROUPS),),
)

CUSTOM_ATTRIBUTE_GROUPS = Resource(
    name=GROUPS,
    path="attribute_groups",
    parent=CUSTOM_OBJECT_DEFINITIONS,
    parent_key="object_type",
    document=attribute_group.ObjectAttributeGroup(),
    collection=attribute_group.ObjectAttributeGroups(),
    key="id",
    verbs=frozenset({"list", "read", "create", "update", "delete"}),
    not_found=attribute_group.NOT_FOUND,
    deletes_missing=False,
    derive=rules.replace_group,
    view=partial(rules.show_group, definitions=DEFINITIONS, path=PATH),
    expansions=("definition",),
    search=Search(
        path="attribute_group_search",
        result=attribute_group.ObjectAttributeGroupSearchResult(),
        fields=attribute_group.SEARCH_FIELDS,
    ),
    survives_empty_reset=True,
    operations=make_operations(CUSTOM_OBJECT_DEFINITIONS, DEFINITIONS, GROUPS),
)
