"""The list of object types (OBJ-1) and the search of attribute definitions (OBJ-2)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from emulator.ocapi.answer import Answer, answer_page
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.object_type import attribute_definition
from emulator.ocapi.resources.object_type.object_type_definition import (
    ObjectTypeDefinition,
    ObjectTypeDefinitions,
)
from emulator.ocapi.resources.object_type.rules import (
    CUSTOM_TYPES,
    SYSTEM_TYPES,
    embed_attribute,
    list_members,
    show_type,
)
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import MALFORMED_SEARCH_PARAMETER, SearchRequest
from emulator.ocapi.wire import envelope
from emulator.store import Record

DOCUMENT, COLLECTION = ObjectTypeDefinition(), ObjectTypeDefinitions()
CUSTOM_OBJECT = "CustomObject"
"""The name of every custom type in the list."""
RESULT = attribute_definition.ObjectAttributeDefinitionSearchResult()


def list_types(call: Call) -> Answer:
    """Show a page of the system types and the custom types, by name."""
    system = [(record.key[0], "system", record) for record in _scan(call, SYSTEM_TYPES)]
    custom = [(CUSTOM_OBJECT, "custom", record) for record in _scan(call, CUSTOM_TYPES)]
    named = sorted([*system, *custom], key=lambda one: one[0].encode())
    page, selector = call.page, call.selector
    whole = selector is not None and selector.reaches_into("data")
    shown = named[page.start : page.start + page.count]
    items = [_show_item(call, *one, whole=whole) for one in shown]
    return answer_page(call, COLLECTION, items, len(named))


def _scan(call: Call, name: str, parent: tuple[str, ...] = ()) -> list[Record]:
    return list(call.store.scan(name, 0, call.store.count(name), parent).records)


def _show_item(
    call: Call, object_type: str, kind: str, record: Record, *, whole: bool
) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if whole:
        collections = (f"{kind}_attribute_definitions", f"{kind}_attribute_groups")
        counts = show_type(call, record, definitions=collections[0], groups=collections[1])
        shown = {**record.properties, **counts}
    shown |= {
        "link": call.link_to(SYSTEM_TYPES, object_type),
        "object_type": object_type,
    }
    localized = shown if call.locale is None else DOCUMENT.localize(shown, call.locale)
    return envelope.wrap_item(DOCUMENT, call.version, record.state, localized, call.dialect)


LIST_TYPES = Operation(
    method="GET", path="system_object_definitions", answer=list_types, shows=COLLECTION
)


def make_search(types: Resource, definitions: str, groups: str) -> Operation:
    """Return the search of attribute definitions, for a kind of object types."""

    def search(call: Call) -> Answer:
        """Show a page of the attribute definitions that match a query."""
        key = call.key
        types.find(call.store, key)
        fields = {
            **attribute_definition.SEARCH_FIELDS,
            "group": SearchField("string", _find_groups(_scan(call, groups, key))),
        }

        def show(record: Record, whole: bool) -> Mapping[str, Any]:  # noqa: FBT001 - of Show
            shown = embed_attribute(call, record, types.path)
            names = shown if whole else ("id", "link")
            return {name: shown[name] for name in names if name != "_resource_state"}

        return answer_search(call, RESULT, fields, _scan(call, definitions, key), show)

    path = f"{types.path}/{{object_type}}/attribute_definition_search"
    return Operation(
        method="POST",
        path=path,
        answer=search,
        shows=RESULT,
        body=SearchRequest(),
        expansions=("value",),
        faults=(types.not_found, MALFORMED_SEARCH_PARAMETER),
    )


def _find_groups(groups: list[Record]) -> Callable[[Mapping[str, Any]], list[str]]:
    """Return a function from an attribute definition to the ids of its groups."""
    found: dict[str, list[str]] = {}
    for attribute, group in _list_assignments(groups):
        found.setdefault(attribute, []).append(group)
    return lambda definition: found.get(definition["id"], [])


def _list_assignments(groups: list[Record]) -> Iterator[tuple[str, str]]:
    for group in groups:
        for attribute in list_members(group.properties):
            yield attribute, group.key[-1]
