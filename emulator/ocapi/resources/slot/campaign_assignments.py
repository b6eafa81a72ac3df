"""Slot configurations in campaigns, seen from the slot configuration (SLOT-7, SLOT-8)."""

from collections.abc import Iterator
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.experiences import SLOT_CONFIGURATIONS
from emulator.ocapi.resources.id_lists import entries_of, move_entries
from emulator.ocapi.resources.marketing.assignment_information import describe
from emulator.ocapi.resources.marketing.names import CAMPAIGNS_NAME
from emulator.ocapi.resources.slot.context import write_context
from emulator.store import Change, Delete, Key, Put, Record, Size, Store

ASSIGNMENTS_NAME = "slot_configuration_campaign_assignments"
"""The keys are site, campaign, slot, type and id of the context, and configuration."""
BY_CONFIGURATION = f"{ASSIGNMENTS_NAME}.by_configuration"
"""The same with the campaign at the end: the assignments of a configuration lie together."""


def list_assignment_entries(assignment: Record) -> Iterator[tuple[str, Key]]:
    """Yield collection and key of each entry of an assignment."""
    site_id, campaign_id, *configuration = assignment.key
    yield BY_CONFIGURATION, (site_id, *configuration, campaign_id)
    yield from entries_of(assignment, ASSIGNMENTS_NAME)


def list_assignments(store: Store, configuration: Key) -> Iterator[Record]:
    """Yield the assignments of a slot configuration, by the id of the campaign."""
    count = store.count(BY_CONFIGURATION, configuration)
    for entry in store.scan(BY_CONFIGURATION, 0, count, configuration).records:
        site_id, *own, campaign_id = entry.key
        assignment = store.get(ASSIGNMENTS_NAME, (site_id, campaign_id, *own))
        if assignment is not None:
            yield assignment


def move_assignments(store: Store, key: Key, new_key: Key | None) -> Iterator[Change]:
    """Yield the changes of assignments when a configuration is deleted, or gets another id.

    No other request assigns the configuration meanwhile.
    """
    yield Size(BY_CONFIGURATION, key, store.count(BY_CONFIGURATION, key))
    for one in list_assignments(store, key):
        yield Delete(ASSIGNMENTS_NAME, one.key, one.state)
        if new_key is None:
            yield from move_entries(list_assignment_entries(one), ())
            continue
        properties = {**one.properties, "slot_configuration_id": new_key[-1]}
        moved = Record((*one.key[:-1], new_key[-1]), properties)
        yield Put(ASSIGNMENTS_NAME, moved)
        yield from move_entries(list_assignment_entries(one), list_assignment_entries(moved))
    yield from SLOT_CONFIGURATIONS.rename(store, key, new_key)


def show_assignment(call: Call, assignment: Record) -> dict[str, Any]:
    """Return the shown properties of an assignment."""
    site_id, campaign_id, slot_id, *context, configuration_id = assignment.key
    path = ("sites", site_id, CAMPAIGNS_NAME, campaign_id, "slot_configurations", slot_id)
    shown = {
        "schedule": {},
        **assignment.properties,
        "slot_context_id": context[1] or None,
        "link": call.link_to(*path, configuration_id) + write_context(*context),
    }
    return {name: value for name, value in shown.items() if value is not None}


def describe_assignments(call: Call, configuration: Record) -> dict[str, Any]:
    """Return the assignment information of a slot configuration, by the workspace's clock."""
    assignments = list_assignments(call.store, configuration.key)
    return describe(call, SLOT_CONFIGURATIONS, configuration.key, assignments, show_assignment)
