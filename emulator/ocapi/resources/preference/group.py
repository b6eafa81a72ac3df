"""The preferences of a group, of one site or of the organization (PRF-2, PRF-3)."""

from typing import Any

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resources.object_type import object_type_definition
from emulator.ocapi.resources.object_type.rules import SYSTEM_TYPES
from emulator.ocapi.resources.preference.documents import GLOBAL_DOCUMENT, SITE_DOCUMENT
from emulator.ocapi.resources.preference.values import (
    FALLBACK_INSTANCES,
    GLOBAL_PREFERENCES,
    SITE_PREFERENCES,
    PreferenceGroup,
    find_group,
    list_sites,
    read_group,
)
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.document import Document
from emulator.ocapi.wire import state
from emulator.ocapi.wire.envelope import embed
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Record


def read_of_site(call: Call) -> Answer:
    """Show the preferences of a group, for one site."""
    site, group_id, instance_type = call.key
    SITES.find(call.store, (site,))
    group = find_group(call, SITE_PREFERENCES, group_id, instance_type, allows_current=True)
    return _answer_group(call, SITE_DOCUMENT, group, site, _show_site(call, group, site))


def update_of_site(call: Call) -> Answer:
    """Change the sent preferences of a group, for one site."""
    site, group_id, instance_type = call.key
    SITES.find(call.store, (site,))
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


def _group_state(call: Call, group: PreferenceGroup, site: str) -> str:
    """Return the state of the stored values, of the fallback values as well (RST-1)."""
    stored = {}
    for instance_type in (group.instance_type, FALLBACK_INSTANCES.get(group.instance_type)):
        for name in group.definitions if instance_type else ():
            record = group.find(call, name, str(instance_type), site)
            stored[f"{instance_type}/{name}"] = record.state if record else None
    return Record((group.object_type, group.group_id, site), stored).state


def _answer_group(
    call: Call, document: Document, group: PreferenceGroup, site: str, shown: dict[str, Any]
) -> Answer:
    return answer_document(call, document, shown, _group_state(call, group, site))


def _change(call: Call, document: Document, group: PreferenceGroup, site: str) -> None:
    before = _group_state(call, group, site)
    state.check_write(before, call.request.headers, call.content.get("_resource_state"))
    call.store.apply(*group.change(call, document, site))


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
    sites = [
        embed(_group_state(call, of_sites, site), _show_site(call, of_sites, site))
        for site in list_sites(call)
    ]
    return {**shown, "site_preferences": sites}
