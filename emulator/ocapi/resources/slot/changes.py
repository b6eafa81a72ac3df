"""The rules for writes of slot configurations (SLOT-4 to SLOT-6)."""

from collections.abc import Iterator

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.resources.id_lists import move_entries
from emulator.ocapi.resources.marketing.schedule import check_dates
from emulator.ocapi.resources.named import require_named
from emulator.ocapi.resources.slot.campaign_assignments import move_assignments
from emulator.ocapi.resources.slot.context import CONFIGURATIONS_NAME, SLOTS_NAME
from emulator.ocapi.resources.slot.shown_content import (
    CONTENT,
    find_content,
    list_content,
    list_entries,
)
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Change, Presence, Put, Record, Require

ALREADY_EXISTS = FaultType(
    409,
    "SlotConfigurationAlreadyExists",
    "The slot configuration with ID '{slotConfigurationId}' of slot '{slotId}' already exists.",
    ("slotConfigurationId", "slotId", "siteId"),
)
CONTENT_NOT_FOUND = FaultType(
    404,
    "ContentNotFound",
    "No content with ID '{contentId}' in library '{libraryId}' could be found.",
    ("contentId", "libraryId"),
)


def find_effects(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Check the named documents and the new id of a configuration; keep references consistent.

    A slot has one default configuration in a context. Assignments to campaigns and A/B tests follow
    a new id, and go with the configuration. An import creates the slot, too.

    Raises:
        Fault: ALREADY_EXISTS, CONTENT_NOT_FOUND, PROPERTY_CONSTRAINT_VIOLATION, START_AFTER_END.
    """
    old = None if before is None else Record(call.key, before)
    new = None if after is None else Record((*call.parents, after["configuration_id"]), after)
    if new is not None:
        if call.store.get(SLOTS_NAME, call.key[:3]) is None:  # the import of an archive
            slot = {"slot_id": call.key[1], "context_type": call.key[2]}
            yield Put(SLOTS_NAME, Record(call.key[:3], slot))
        if new.key != call.key and call.store.get(CONFIGURATIONS_NAME, new.key) is not None:
            raise ALREADY_EXISTS(new.key[-1], call.key[1], call.key[0])
        check_dates("slot_configuration", new)
        yield from require_named(call.store, CONFIGURATIONS_NAME, "slot_configuration", new, old)
        yield from _require_content(call, old, new)
        if new.get("default") and not (old and old.get("default")):
            yield from _end_default(call)
    yield from move_entries(list_entries(old), list_entries(new))
    if old is not None and (new is None or new.key != old.key):
        yield from move_assignments(call.store, old.key, new.key if new else None)


def _require_content(call: Call, before: Record | None, after: Record) -> Iterator[Change]:
    """Yield an expectation for each new content asset: the asset must exist.

    Raises:
        Fault: CONTENT_NOT_FOUND.
    """
    known = list_content(before)
    for content_id in (one for one in list_content(after) if one not in known):
        found = find_content(call.store, content_id)
        if found is None:
            raise CONTENT_NOT_FOUND(content_id, call.key[0])
        yield Require(CONTENT, found, Presence.PRESENT)


def _end_default(call: Call) -> Iterator[Change]:
    """Yield the change of the former default configuration of the slot in the context."""
    above = call.parents
    count = call.store.count(CONFIGURATIONS_NAME, above)
    for one in call.store.scan(CONFIGURATIONS_NAME, 0, count, above).records:
        if one.get("default") and one.key != call.key:
            changed = Record(one.key, {**one.properties, "default": False})
            yield Put(CONFIGURATIONS_NAME, changed, one.state)
