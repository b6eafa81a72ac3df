"""The operations of slot configurations: the context in the query is a part of the id (SLOT-3)."""

from emulator.ocapi import verbs
from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resources.object_type.custom_object_search import TYPE_MISMATCH
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.resources.slot.context import (
    CONFIGURATIONS_NAME,
    SLOT_NOT_FOUND,
    SLOTS_NAME,
    read_context,
)
from emulator.ocapi.resources.slot.documents import (
    SlotConfigurationSearchResult,
)
from emulator.ocapi.resources.slot.stored import (
    list_of_site,
    show_hit,
)
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import Fault, FaultType
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import SearchField

UUID_CHARACTERS = 28
NOT_FOUND = FaultType(
    404,
    "SlotConfigurationNotFound",
    "No slot configuration with ID '{slotConfigurationId}' of slot '{slotId}' "
    "for site '{siteId}' could be found.",
    ("slotConfigurationId", "slotId", "siteId"),
)
SEARCH_RESULT = SlotConfigurationSearchResult()
SEARCH_FIELDS = {
    "configuration_id": SearchField("string"),
    "default": SearchField("boolean"),
    "description": SearchField("text"),
    "enabled": SearchField("boolean"),
    "context": SearchField("string"),
    "slot_id": SearchField("string"),
}


def read(call: Call) -> Answer:
    """Show one slot configuration."""
    _address(call)
    return verbs.read(call)


def create(call: Call) -> Answer:
    """Create or replace a slot configuration."""
    _address(call)
    call.changes = {**call.changes, "uuid": call.workspace.clock.identifier()[:UUID_CHARACTERS]}
    return verbs.create(call)


def update(call: Call) -> Answer:
    """Change the sent properties of a slot configuration; the id, too."""
    _address(call)
    return verbs.update(call)


def delete(call: Call) -> Answer:
    """Delete a slot configuration and the assignments to campaigns and A/B tests."""
    _address(call)
    return verbs.delete(call)


def search(call: Call) -> Answer:
    """Show a page of the slot configurations that match a query."""
    records = list_of_site(call, CONFIGURATIONS_NAME)
    try:
        return answer_search(call, SEARCH_RESULT, SEARCH_FIELDS, records, show_hit(call))
    except Fault as fault:
        if fault.kind is faults.INVALID_SEARCH_FIELD_TYPE:
            raise TYPE_MISMATCH(fault.arguments["field"]) from fault
        raise


def _address(call: Call) -> None:
    """Give a call the whole key of the configuration: the context stands in the query.

    Raises:
        Fault: The site, the slot or the configuration is missing, or the context is wrong.
    """
    SITES.find(call.store, call.key[:1])
    site_id, slot_id, configuration_id = call.key
    context_type, context_id = read_context(call, needs_id=call.method != "DELETE")
    if call.store.get(SLOTS_NAME, (site_id, slot_id, context_type)) is None:
        raise SLOT_NOT_FOUND(slot_id, context_type, site_id)
    call.key = (site_id, slot_id, context_type, context_id, configuration_id)
    if call.method in ("PUT", "DELETE"):
        return
    if call.store.get(CONFIGURATIONS_NAME, call.key) is None:
        raise NOT_FOUND(configuration_id, slot_id, site_id)
