"""Slot configurations in campaigns (MKT-18)."""

from collections.abc import Iterator
from dataclasses import dataclass

from emulator.fixture.reference import KeyOf, Records, Reference
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Resource, make_index
from emulator.ocapi.resources.id_lists import arrange, lists_of, references_of
from emulator.ocapi.resources.marketing.assignments import Kind, declare
from emulator.ocapi.resources.marketing.campaigns import CAMPAIGNS
from emulator.ocapi.resources.marketing.document_assignments import make_changes, make_effects
from emulator.ocapi.resources.marketing.names import CAMPAIGNS_NAME
from emulator.ocapi.resources.marketing.schedule import list_early_ends
from emulator.ocapi.resources.marketing.slot_assignment_search import SEARCH
from emulator.ocapi.resources.slot.campaign_assignments import (
    ASSIGNMENTS_NAME,
    BY_CONFIGURATION,
    list_assignment_entries,
)
from emulator.ocapi.resources.slot.context import (
    ASSIGNMENT_FAULTS,
    CONFIGURATIONS_NAME,
    IDENTIFIER_NOT_FOUND,
    find_assigned,
)
from emulator.ocapi.resources.slot.documents import ASSIGNMENT
from emulator.ocapi.resources.slot.stored import KeyBelowSite
from emulator.ocapi.schema.document import Collection
from emulator.ocapi.schema.faults import ID_CONFLICT, PROPERTY_CONSTRAINT_VIOLATION, Fault
from emulator.ocapi.schema.fields import Array, Embedded, String
from emulator.store import Change, Key, Presence, Record, Require

GROUPS = "customer_groups"
KEY_OF_CONFIGURATION = ("slot_id", "context", "slot_context_id", "slot_configuration_id")
KEY_NAMES = ("site_id", "campaign_id", *KEY_OF_CONFIGURATION)
CONTEXT_PARAMETER = {"context": String(min_length=1)}


class SlotConfigurationCampaignAssignments(Collection):
    """A page of assignments; no path of the Data API shows the page."""

    data = Array(Embedded(ASSIGNMENT))


@dataclass(frozen=True)
class KeyOfConfiguration(KeyOf):
    """The reference of an assignment to the slot configuration."""

    def __call__(self, record: Record, _: Records) -> Iterator[Reference]:
        """Yield the reference of a record."""
        yield Reference(self.collection, (record.key[0], *record.key[2:]))


def address(call: Call) -> Key:
    """Return the key of the assignment of a path, with the context of the query.

    Raises:
        Fault: One of ASSIGNMENT_FAULTS.
    """
    site_id, campaign_id, slot_id, configuration_id = call.ids
    _, *configuration = find_assigned(call, slot_id, configuration_id)
    return (site_id, campaign_id, *configuration)


def require_named(call: Call, assignment: Record) -> Iterator[Change]:
    """Yield the expectations for the configuration and the groups of an assignment.

    Raises:
        Fault: IDENTIFIER_NOT_FOUND, PROPERTY_CONSTRAINT_VIOLATION.
    """
    site_id, _, *configuration = assignment.key
    key = (site_id, *configuration)
    if call.store.get(CONFIGURATIONS_NAME, key) is None:
        raise refuse_missing(assignment.key)
    yield Require(CONFIGURATIONS_NAME, key, Presence.PRESENT)
    for index, name in enumerate(assignment.get(GROUPS) or ()):
        if call.store.get(GROUPS, (site_id, name)) is None:
            path = f"$.{GROUPS}.[{index}]"
            raise PROPERTY_CONSTRAINT_VIOLATION(ASSIGNMENT.type_name, path)
        yield Require(GROUPS, (site_id, name), Presence.PRESENT)


def refuse_missing(key: Key) -> Fault:
    """Return the fault of a missing slot configuration."""
    return IDENTIFIER_NOT_FOUND(key[-1], key[2], key[0])


FAULTS = (*ASSIGNMENT_FAULTS, ID_CONFLICT)
METHODS = ("PUT", "PATCH", "DELETE")
SLOT_ASSIGNMENTS = Resource(
    path="slot_configurations",
    name=ASSIGNMENTS_NAME,
    parent=CAMPAIGNS,
    parent_key="campaign_id",
    key_names=KEY_NAMES,
    key_defaults={"slot_context_id": ""},
    document=ASSIGNMENT,
    collection=SlotConfigurationCampaignAssignments(),
    key="slot_configuration_id",
    verbs=frozenset(),
    not_found=IDENTIFIER_NOT_FOUND,
    derive=lambda _before, after, _changes, _now: arrange(after),
    effects=make_effects(require_named),
    references={
        "campaign_id": KeyBelowSite(CAMPAIGNS_NAME, ("site_id", "campaign_id")),
        "slot_configuration_id": KeyOfConfiguration(
            CONFIGURATIONS_NAME, ("site_id", *KEY_OF_CONFIGURATION)
        ),
        **references_of(ASSIGNMENTS_NAME),
        "schedule": list_early_ends,
    },
    index=make_index(
        list_assignment_entries,
        BY_CONFIGURATION,
        *(one.index for one in lists_of(ASSIGNMENTS_NAME)),
    ),
    operations=(
        *declare(
            Kind(
                noun="slot configuration",
                path="slot_configurations/{slot_id}/{slot_config_id}",
                changes=make_changes(address, refuse_missing),
                body=ASSIGNMENT,
                parameters=dict.fromkeys(METHODS, CONTEXT_PARAMETER),
                faults={**dict.fromkeys(METHODS, FAULTS), "DELETE": ASSIGNMENT_FAULTS},
            )
        ),
        SEARCH,
    ),
)
