"""The resources of attribute definitions and groups, the same for all kinds of object types."""

from functools import partial
from typing import Any

from emulator.ocapi.resource import Resource, Search
from emulator.ocapi.resources.object_type import attribute_definition, attribute_group, rules
from emulator.ocapi.resources.object_type.assignments import make_operations
from emulator.ocapi.resources.object_type.listing import make_search


def declare_definitions(
    types: Resource, definitions: str, groups: str, *, queryable: bool, **more: Any
) -> Resource:
    """Return the resource of the attribute definitions of a kind of object types.

    Args:
        types: The object types.
        definitions: The store's collection of attribute definitions.
        groups: The store's collection of attribute groups.
        queryable: Whether attributes of the kind are queryable.
        **more: Further fields of the resource, such as ``effects`` and ``refusals``.
    """
    return Resource(
        name=definitions,
        path="attribute_definitions",
        parent=types,
        parent_key="object_type",
        document=attribute_definition.ObjectAttributeDefinition(),
        collection=attribute_definition.ObjectAttributeDefinitions(),
        key="id",
        verbs=frozenset({"list", "read", "create", "update", "delete"}),
        not_found=attribute_definition.NOT_FOUND,
        deletes_missing=False,
        derive=attribute_definition.derive,
        view=partial(rules.show_attribute, queryable=queryable),
        expansions=("value",),
        references={"value_type": rules.list_mistakes},
        survives_empty_reset=True,
        operations=(make_search(types, definitions, groups),),
        **more,
    )


def declare_groups(types: Resource, definitions: str, groups: str, **more: Any) -> Resource:
    """Return the resource of the attribute groups of a kind of object types.

    Args:
        types: The object types.
        definitions: The store's collection of attribute definitions.
        groups: The store's collection of attribute groups.
        **more: Further fields of the resource, such as ``effects`` and ``refusals``.
    """
    return Resource(
        name=groups,
        path="attribute_groups",
        parent=types,
        parent_key="object_type",
        document=attribute_group.ObjectAttributeGroup(),
        collection=attribute_group.ObjectAttributeGroups(),
        key="id",
        verbs=frozenset({"list", "read", "create", "update", "delete"}),
        not_found=attribute_group.NOT_FOUND,
        deletes_missing=False,
        derive=rules.replace_group,
        references=rules.make_references(definitions),
        view=partial(rules.show_group, definitions=definitions, path=types.path),
        expansions=("definition",),
        search=Search(
            path="attribute_group_search",
            result=attribute_group.ObjectAttributeGroupSearchResult(),
            fields=attribute_group.SEARCH_FIELDS,
        ),
        survives_empty_reset=True,
        operations=make_operations(types, definitions, groups),
        **more,
    )
