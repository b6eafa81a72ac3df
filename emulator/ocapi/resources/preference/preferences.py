"""Custom preferences of sites and of the organization (PRF-1 to PRF-4)."""

from typing import Any

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource, fault_of
from emulator.ocapi.resources.object_type import object_type_definition
from emulator.ocapi.resources.object_type.attribute_definition import (
    VALUE_TYPES,
    ObjectAttributeDefinition,
)
from emulator.ocapi.resources.object_type.localized import texts_of
from emulator.ocapi.resources.object_type.rules import PREFERENCE_VALUES, embed_attribute
from emulator.ocapi.resources.object_type.system_object_definitions import PATH as SYSTEM_TYPES
from emulator.ocapi.resources.preference.values import (
    FALLBACKS,
    GLOBAL_PREFERENCES,
    GROUP_NOT_FOUND,
    MASK_PASSWORDS,
    SITE_PREFERENCES,
    PreferenceGroup,
    find_group,
    read_group,
)
from emulator.ocapi.resources.site.sites import SITES, Site
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Embedded, Enumeration, Localized, Map, String
from emulator.ocapi.search.answer import answer_search, read_expansions
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import MALFORMED_SEARCH_PARAMETER, SearchRequest, SearchResult
from emulator.ocapi.wire import state
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Record, retry_on_conflict

PREFERENCE_NOT_FOUND = FaultType(
    404,
    "PreferenceNotFound",
    "No preference with ID '{preferenceId}' could be found.",
    ("preferenceId",),
)


class SitePreferences(Document):
    """The preferences of a group, of one site."""

    custom = True

    link = String(read_only=True)
    site = Embedded(Site(), read_only=True)


class OrganizationPreferences(Document):
    """The global preferences of a group."""

    custom = True

    link = String(read_only=True)
    site_preferences = Array(Embedded(SitePreferences()), read_only=True)


class PreferenceValue(Document):
    """The values of a preference in all sites."""

    items_have_state = False

    attribute_definition = Embedded(ObjectAttributeDefinition())
    description = Localized()
    display_name = Localized()
    id = String()
    site_values = Map()
    value_type = Enumeration(*VALUE_TYPES)


class PreferenceValueSearchResult(SearchResult):
    """A page of the preferences found by a search."""

    hits = Array(Embedded(PreferenceValue()))


SITE_DOCUMENT, GLOBAL_DOCUMENT = SitePreferences(), OrganizationPreferences()
PREFERENCE_VALUE, SEARCH_RESULT = PreferenceValue(), PreferenceValueSearchResult()
SEARCH_FIELDS = {
    "id": SearchField("string"),
    "display_name": texts_of("display_name"),
    "description": texts_of("description"),
    "value_type": SearchField("enum", values=VALUE_TYPES),
}


def read_of_site(call: Call) -> Answer:
    """Show the preferences of a group, for one site."""
    site, group_id, instance_type = call.key
    _require_site(call, site)
    group = find_group(call, SITE_PREFERENCES, group_id, instance_type, allows_current=True)
    return _answer_group(call, SITE_DOCUMENT, group, site, _show_site(call, group, site))


def update_of_site(call: Call) -> Answer:
    """Change the sent preferences of a group, for one site."""
    site, group_id, instance_type = call.key
    _require_site(call, site)
    if call.store.get(SYSTEM_TYPES, (SITE_PREFERENCES,)) is None:
        raise object_type_definition.NOT_FOUND(SITE_PREFERENCES)
    group = find_group(call, SITE_PREFERENCES, group_id, instance_type, allows_current=False)
    _change(call, SITE_DOCUMENT, group, site)
    return _answer_group(call, SITE_DOCUMENT, group, site, _show_site(call, group, site))


def read_global(call: Call) -> Answer:
    """Show the global preferences of a group."""
    group = find_group(call, GLOBAL_PREFERENCES, *call.key, allows_current=True)
    return _answer_group(
        call, GLOBAL_DOCUMENT, group, ORGANIZATION, _show_organization(call, group)
    )


def update_global(call: Call) -> Answer:
    """Change the sent global preferences of a group."""
    group = find_group(call, GLOBAL_PREFERENCES, *call.key, allows_current=False)
    _change(call, GLOBAL_DOCUMENT, group, ORGANIZATION)
    return _answer_group(
        call, GLOBAL_DOCUMENT, group, ORGANIZATION, _show_organization(call, group)
    )


def read_preference(call: Call) -> Answer:
    """Show one preference with the values of all sites."""
    *path, name = call.key
    group = find_group(call, SITE_PREFERENCES, *path, allows_current=False)
    definition = group.definitions.get(name)
    if definition is None:
        raise PREFERENCE_NOT_FOUND(name)
    shown = _show_value(call, group, definition, whole=call.selector is not None)
    return answer_document(call, PREFERENCE_VALUE, shown)


def search(call: Call) -> Answer:
    """Show a page of the preferences of a group that match a query."""
    read_expansions(call)
    group = find_group(call, SITE_PREFERENCES, *call.key, allows_current=False)

    def show(definition: Record, whole: bool) -> dict[str, Any]:  # noqa: FBT001 - of Show
        return _show_value(call, group, definition, whole=whole)

    definitions = list(group.definitions.values())
    return answer_search(call, SEARCH_RESULT, SEARCH_FIELDS, definitions, show)


def _require_site(call: Call, site: str) -> None:
    if call.store.get(SITES.name, (site,)) is None:
        raise fault_of(SITES.not_found, (site,))


def _group_state(call: Call, group: PreferenceGroup, site: str) -> str:
    """Return the state of the stored values, of the fallback values as well (RST-1)."""
    stored = {}
    for instance_type in (group.instance_type, FALLBACKS.get(group.instance_type)):
        for name in group.definitions if instance_type else ():
            record = group.find(call, name, str(instance_type), site)
            stored[f"{instance_type}/{name}"] = record.state if record else None
    return Record((group.object_type, group.group_id, site), stored).state


def _answer_group(
    call: Call, document: Document, group: PreferenceGroup, site: str, shown: dict[str, Any]
) -> Answer:
    return answer_document(call, document, shown, _group_state(call, group, site))


def _change(call: Call, document: Document, group: PreferenceGroup, site: str) -> None:
    def change() -> None:
        before = _group_state(call, group, site)
        state.check_write(before, call.request.headers, call.content.get("_resource_state"))
        call.store.apply(*group.change(call, document, site))

    retry_on_conflict(change)


def _show_site(call: Call, group: PreferenceGroup, site: str) -> dict[str, Any]:
    tail = ("site_preferences", "preference_groups", group.group_id, group.instance_type)
    return {
        **group.values(call, site),
        "link": call.link_to("sites", site, *tail),
        "site": {"id": site, "link": call.link_to("sites", site)},
    }


def _show_organization(call: Call, group: PreferenceGroup) -> dict[str, Any]:
    tail = ("preference_groups", group.group_id, group.instance_type)
    shown = {
        **group.values(call, ORGANIZATION),
        "link": call.link_to("global_preferences", *tail),
    }
    if "sites" not in call.expansions:
        return shown
    of_sites = read_group(call, SITE_PREFERENCES, group.group_id, group.instance_type)
    if of_sites is None:
        return shown
    sites = [_show_site(call, of_sites, site) for site in list_sites(call)]
    return {**shown, "site_preferences": sites}


def list_sites(call: Call) -> list[str]:
    """Return the ids of all sites."""
    name = SITES.name
    return [record.key[0] for record in call.store.scan(name, 0, call.store.count(name)).records]


def _show_value(
    call: Call, group: PreferenceGroup, definition: Record, *, whole: bool
) -> dict[str, Any]:
    """Return the properties of a preference, with the value of each site (PRF-4)."""
    name = definition.key[-1]
    texts = ("description", "display_name")
    shown = {
        **{text: definition.get(text) for text in texts if definition.get(text)},
        "id": name,
        "site_values": {site: group.value(call, name, site) for site in list_sites(call)},
        "value_type": definition.get("value_type"),
    }
    if whole:
        shown["attribute_definition"] = embed_attribute(call, definition, SYSTEM_TYPES)
    return shown


_GROUP = "preference_groups/{group_id}/{instance_type}"
_OF_SITE = f"sites/{{site_id}}/site_preferences/{_GROUP}"
_OF_ALL = f"global_preferences/{_GROUP}"
_OF_SITES = f"site_preferences/{_GROUP}"
_MISSING, _FLAGS = (GROUP_NOT_FOUND,), (MASK_PASSWORDS,)
OPERATIONS = (
    Operation(
        method="GET",
        path=_OF_SITE,
        answer=read_of_site,
        shows=SITE_DOCUMENT,
        flags=_FLAGS,
        faults=_MISSING,
    ),
    Operation(
        method="PATCH",
        path=_OF_SITE,
        answer=update_of_site,
        shows=SITE_DOCUMENT,
        body=SITE_DOCUMENT,
        flags=_FLAGS,
        faults=(*_MISSING, object_type_definition.NOT_FOUND),
    ),
    Operation(
        method="GET",
        path=_OF_ALL,
        answer=read_global,
        shows=GLOBAL_DOCUMENT,
        expansions=("sites",),
        flags=_FLAGS,
        faults=_MISSING,
    ),
    Operation(
        method="PATCH",
        path=_OF_ALL,
        answer=update_global,
        shows=GLOBAL_DOCUMENT,
        body=GLOBAL_DOCUMENT,
        flags=_FLAGS,
        faults=_MISSING,
    ),
    Operation(
        method="GET",
        path=f"{_OF_SITES}/preferences/{{preference_id}}",
        answer=read_preference,
        shows=PREFERENCE_VALUE,
        flags=_FLAGS,
        faults=(*_MISSING, PREFERENCE_NOT_FOUND),
    ),
    Operation(
        method="POST",
        path=f"{_OF_SITES}/preference_search",
        answer=search,
        shows=SEARCH_RESULT,
        body=SearchRequest(),
        expansions=("value",),
        flags=_FLAGS,
        faults=(MALFORMED_SEARCH_PARAMETER, *_MISSING),
    ),
)
RESOURCE = Resource(
    name=PREFERENCE_VALUES,
    path="preferences",
    document=PREFERENCE_VALUE,
    collection=Collection(),
    key="id",
    verbs=frozenset(),
    not_found=PREFERENCE_NOT_FOUND,
    operations=OPERATIONS,
)
