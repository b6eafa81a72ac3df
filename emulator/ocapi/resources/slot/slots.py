"""Slots of a site, and the slot search (SLOT-1). Slots come from data sets."""

from typing import Any

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties, Resource
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.resources.slot.context import (
    CONFIGURATIONS_NAME,
    CONTEXT_TYPES,
    SLOT_NOT_FOUND,
    SLOTS_NAME,
)
from emulator.ocapi.resources.slot.documents import Slot, Slots, SlotSearchResult, show_content
from emulator.ocapi.resources.slot.stored import (
    KeyBelowSite,
    list_of_site,
    show_hit,
)
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SEARCH_FAULTS, SearchRequest
from emulator.ocapi.verbs import read
from emulator.ocapi.wire.envelope import embed
from emulator.store import Record

SHOWN_OF_CONFIGURATIONS = ("configuration_id", "default", "enabled", "uuid")
SEARCH_FIELDS = {
    "slot_id": SearchField("string"),
    "description": SearchField("text"),
    "context_type": SearchField("enum", values=CONTEXT_TYPES, ignores_case=True),
}


def read_slot(call: Call) -> Answer:
    """Show the slot of a type of context."""
    SITES.find(call.store, call.key[:1])
    site_id, *own = call.key
    if call.store.get(SLOTS_NAME, call.key) is None:
        raise SLOT_NOT_FOUND(*own, site_id)
    return read(call)


def search_slots(call: Call) -> Answer:
    """Show a page of the slots that match a query."""
    records = list_of_site(call, SLOTS_NAME)
    return answer_search(call, SEARCH_RESULT, SEARCH_FIELDS, records, show_hit(call))


def derive(
    _before: Properties | None, after: dict[str, Any], _changes: Properties, _now: str
) -> dict[str, Any]:
    """Return a slot without the configurations of an answer."""
    return {name: value for name, value in after.items() if name != "slot_configurations"}


def show(call: Call, slot: Record) -> Properties:
    """Return the configurations of a slot, and the link with the type of the context."""
    count = call.store.count(CONFIGURATIONS_NAME, slot.key)
    found = call.store.scan(CONFIGURATIONS_NAME, 0, count, slot.key).records
    site_id, *own = slot.key
    link = call.link_to("sites", site_id, "slots", *own)
    return {"link": link, "slot_configurations": [_show_configuration(one) for one in found]}


def _show_configuration(configuration: Record) -> dict[str, Any]:
    """Return the main properties of a configuration."""
    names = (name for name in SHOWN_OF_CONFIGURATIONS if name in configuration.names)
    shown = {name: configuration.get(name) for name in names}
    content = show_content(configuration.get("slot_content"))
    return embed(configuration.state, {**shown, "slot_content": content})


SEARCH_RESULT = SlotSearchResult()
SLOTS = Resource(
    path=SLOTS_NAME,
    parent=SITES,
    parent_key="site_id",
    key_names=("site_id", "slot_id", "context_type"),
    document=Slot(),
    collection=Slots(),
    key="context_type",
    verbs=frozenset({"list"}),
    not_found=SLOT_NOT_FOUND,
    derive=derive,
    view=show,
    references={"slot_id": KeyBelowSite(SITES.name, ("site_id",))},
    operations=(
        Operation(
            method="GET",
            path="sites/{site_id}/slots/{slot_id}/{context_type}",
            answer=read_slot,
            shows=Slot(),
            faults=(SITES.not_found, SLOT_NOT_FOUND),
        ),
        Operation(
            method="POST",
            path="sites/{site_id}/slot_search",
            answer=search_slots,
            shows=SEARCH_RESULT,
            body=SearchRequest(),
            faults=(SITES.not_found, *SEARCH_FAULTS),
        ),
    ),
)
