"""A preference with the values of all sites, alone or found by a search (PRF-4)."""

from typing import Any

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resources.object_type.attribute_definition import VALUE_TYPES
from emulator.ocapi.resources.object_type.localized import texts_of
from emulator.ocapi.resources.object_type.rules import SYSTEM_TYPES, embed_attribute
from emulator.ocapi.resources.preference.documents import (
    PREFERENCE_NOT_FOUND,
    PREFERENCE_VALUE,
    SEARCH_RESULT,
)
from emulator.ocapi.resources.preference.values import (
    SITE_PREFERENCES,
    PreferenceGroup,
    find_group,
    list_sites,
)
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import SearchField
from emulator.store import Record

SEARCH_FIELDS = {
    "id": SearchField("string"),
    "display_name": texts_of("display_name"),
    "description": texts_of("description"),
    "value_type": SearchField("enum", values=VALUE_TYPES),
}


def read_preference(call: Call) -> Answer:
    """Show one preference with the values of all sites."""
    *path, name = call.key
    group = find_group(call, SITE_PREFERENCES, *path, allows_current=True)
    definition = group.definitions.get(name)
    if definition is None:
        raise PREFERENCE_NOT_FOUND(name)
    sites = list_sites(call)
    shown = _show_value(call, group, definition, sites, whole=call.selector is not None)
    return answer_document(call, PREFERENCE_VALUE, shown)


def search(call: Call) -> Answer:
    """Show a page of the preferences of a group that match a query."""
    group = find_group(call, SITE_PREFERENCES, *call.key, allows_current=False)

    def show(definition: Record, whole: bool) -> dict[str, Any]:  # noqa: FBT001 - of Show
        if not whole:
            return {"id": definition.key[-1]}
        return _show_value(call, group, definition, sites, whole=True)

    definitions, sites = list(group.definitions.values()), list_sites(call)
    return answer_search(call, SEARCH_RESULT, SEARCH_FIELDS, definitions, show)


def _show_value(
    call: Call, group: PreferenceGroup, definition: Record, sites: list[str], *, whole: bool
) -> dict[str, Any]:
    """Return the properties of a preference, with the value of each site (PRF-4)."""
    name = definition.key[-1]
    texts = ("description", "display_name")
    shown = {
        **{text: definition.get(text) for text in texts if definition.get(text)},
        "id": name,
        "site_values": {site: group.value(call, name, site) for site in sites},
        "value_type": definition.get("value_type"),
    }
    if whole:
        shown["attribute_definition"] = embed_attribute(call, definition, SYSTEM_TYPES)
    return shown
