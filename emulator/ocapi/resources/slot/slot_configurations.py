"""Slot configurations of a site, and the slot configuration search (SLOT-2 to SLOT-6)."""

from collections.abc import Callable

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource, make_index
from emulator.ocapi.resources.id_lists import references_of
from emulator.ocapi.resources.marketing.schedule import list_early_ends
from emulator.ocapi.resources.object_type.custom_object_search import TYPE_MISMATCH
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.resources.slot.changes import (
    ALREADY_EXISTS,
    CONTENT_NOT_FOUND,
    find_effects,
)
from emulator.ocapi.resources.slot.configuration_operations import (
    NOT_FOUND,
    SEARCH_RESULT,
    create,
    delete,
    read,
    search,
    update,
)
from emulator.ocapi.resources.slot.configuration_view import show
from emulator.ocapi.resources.slot.context import (
    CONFIGURATIONS_NAME,
    INVALID_CONTEXT_TYPE,
    MISSING_CONTEXT_ID,
    PARAMETERS,
    SLOT_NOT_FOUND,
    SLOTS_NAME,
    list_wrong_context,
)
from emulator.ocapi.resources.slot.documents import (
    CONFIGURATION,
    SlotConfigurations,
)
from emulator.ocapi.resources.slot.shown_content import (
    INDEXES,
    list_entries,
    list_missing_content,
)
from emulator.ocapi.resources.slot.stored import (
    KeyBelowSite,
)
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.search.query import SEARCH_FAULTS, SearchRequest


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
        "context_id": list_wrong_context,
        "schedule": list_early_ends,
        "slot_content": list_missing_content,
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
            shows=SEARCH_RESULT,
            body=SearchRequest(),
            faults=(SITES.not_found, TYPE_MISMATCH, *SEARCH_FAULTS),
        ),
    ),
)
