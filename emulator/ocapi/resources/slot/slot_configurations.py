"""Slot configurations, and the slot configuration search (SLOT-2 to SLOT-6)."""

from collections.abc import Callable
from typing import Any

from emulator.ocapi import verbs
from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties, Resource, make_index
from emulator.ocapi.resources.id_lists import references_of
from emulator.ocapi.resources.object_type.custom_object_search import TYPE_MISMATCH
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.resources.slot.campaign_assignments import describe_assignments
from emulator.ocapi.resources.slot.changes import (
    ALREADY_EXISTS,
    CONTENT_NOT_FOUND,
    find_effects,
)
from emulator.ocapi.resources.slot.context import (
    CONFIGURATIONS_NAME,
    INVALID_CONTEXT_TYPE,
    MISSING_CONTEXT_ID,
    PARAMETERS,
    SLOT_NOT_FOUND,
    SLOTS_NAME,
    read_context,
    write_context,
)
from emulator.ocapi.resources.slot.documents import (
    CONFIGURATION,
    SlotConfigurations,
    SlotConfigurationSearchResult,
    show_content,
    show_markup,
)
from emulator.ocapi.resources.slot.shown_content import INDEXES, list_entries
from emulator.ocapi.resources.slot.stored import (
    KeyBelowSite,
    list_of_site,
    require_site,
    show_whole,
)
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import Fault, FaultType
from emulator.ocapi.search.answer import answer_search, read_expansions
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SEARCH_FAULTS, SearchRequest
from emulator.store import Record

UUID_CHARACTERS = 28
NOT_FOUND = FaultType(
    404,
    "SlotConfigurationNotFound",
    "No slot configuration with ID '{slotConfigurationId}' of slot '{slotId}' "
    "for site '{siteId}' could be found.",
    ("slotConfigurationId", "slotId", "siteId"),
)
FIELDS = {
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
    read_expansions(call)
    records = list_of_site(call, CONFIGURATIONS_NAME)
    try:
        return answer_search(call, RESULT, FIELDS, records, lambda one, _: show_whole(call, one))
    except Fault as fault:
        if fault.kind is faults.INVALID_SEARCH_FIELD_TYPE:
            raise TYPE_MISMATCH(fault.arguments["field"]) from fault
        raise


def _address(call: Call) -> None:
    """Give a call the whole key of the configuration: the context stands in the query.

    Raises:
        Fault: The site, the slot or the configuration is missing, or the context is wrong.
    """
    require_site(call)
    site_id, slot_id, configuration_id = call.key
    context_type, context_id = read_context(call, needs_id=call.method != "DELETE")
    if call.store.get(SLOTS_NAME, (site_id, slot_id, context_type)) is None:
        raise SLOT_NOT_FOUND(slot_id, context_type, site_id)
    call.key = (site_id, slot_id, context_type, context_id, configuration_id)
    if call.method in ("PUT", "DELETE"):
        return
    if call.store.get(CONFIGURATIONS_NAME, call.key) is None:
        raise NOT_FOUND(configuration_id, slot_id, site_id)


def show(call: Call, configuration: Record) -> Properties:
    """Return the computed properties of a slot configuration."""
    site_id, slot_id, context_type, context_id, configuration_id = configuration.key
    link = call.link_to("sites", site_id, "slots", slot_id, CONFIGURATIONS_NAME, configuration_id)
    shown: dict[str, Any] = {
        "assignment_information": describe_assignments(call, configuration),
        "context_id": context_id or None,
        "link": link + write_context(context_type, context_id),
    }
    if message := configuration.get("callout_msg"):
        shown["callout_msg"] = show_markup(message)
    return {**shown, "slot_content": show_content(configuration.get("slot_content"))}


def _declare(
    method: str,
    answer: Callable[[Call], Answer],
    *more: FaultType,
    shows: Document | None = CONFIGURATION,
) -> Operation:
    """Return an operation of the path of a configuration."""
    return Operation(
        method=method,
        path="sites/{site_id}/slots/{slot_id}/slot_configurations/{configuration_id}",
        answer=answer,
        shows=shows,
        body=shows if method in ("PUT", "PATCH") else None,
        parameters=PARAMETERS,
        faults=(SITES.not_found, INVALID_CONTEXT_TYPE, SLOT_NOT_FOUND, *more),
    )


RESULT = SlotConfigurationSearchResult()
SLOT_CONFIGURATIONS = Resource(
    path=CONFIGURATIONS_NAME,
    parent=SITES,
    parent_key="site_id",
    key_names=("site_id", "slot_id", "context", "context_id", "configuration_id"),
    key_defaults={"context_id": ""},
    document=CONFIGURATION,
    collection=SlotConfigurations(),
    key="configuration_id",
    verbs=frozenset({"list"}),
    not_found=NOT_FOUND,
    created_status=200,
    renames=True,
    view=show,
    effects=find_effects,
    index=make_index(list_entries, *INDEXES),
    references={
        "slot_id": KeyBelowSite(SLOTS_NAME, ("site_id", "slot_id", "context")),
        **references_of(CONFIGURATIONS_NAME),
    },
    operations=(
        _declare("GET", read, MISSING_CONTEXT_ID, NOT_FOUND),
        _declare("PUT", create, MISSING_CONTEXT_ID, CONTENT_NOT_FOUND, faults.ID_CONFLICT),
        _declare("PATCH", update, MISSING_CONTEXT_ID, CONTENT_NOT_FOUND, NOT_FOUND, ALREADY_EXISTS),
        _declare("DELETE", delete, shows=None),
        Operation(
            method="POST",
            path="sites/{site_id}/slot_configuration_search",
            answer=search,
            shows=RESULT,
            body=SearchRequest(),
            faults=(SITES.not_found, TYPE_MISMATCH, *SEARCH_FAULTS),
        ),
    ),
)
