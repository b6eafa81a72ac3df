"""Slot configurations in campaigns, and the search of these assignments (MKT-18)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulator.fixture.reference import KeyOf, Records, Reference
from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties, Resource, make_index
from emulator.ocapi.resources.id_lists import arrange, lists_of, move_entries, references_of
from emulator.ocapi.resources.marketing.assignments import Kind, declare
from emulator.ocapi.resources.marketing.campaigns import CAMPAIGNS
from emulator.ocapi.resources.marketing.names import CAMPAIGNS_NAME
from emulator.ocapi.resources.marketing.pages import require_site, show_record
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.resources.slot.campaign_assignments import (
    ASSIGNMENTS_NAME,
    BY_CONFIGURATION,
    list_assignment_entries,
    show_assignment,
)
from emulator.ocapi.resources.slot.context import (
    ASSIGNMENT_FAULTS,
    CONFIGURATIONS_NAME,
    IDENTIFIER_NOT_FOUND,
    find_assigned,
)
from emulator.ocapi.resources.slot.documents import ASSIGNMENT
from emulator.ocapi.resources.slot.slot_configurations import show
from emulator.ocapi.resources.slot.stored import KeyBelowSite
from emulator.ocapi.schema.document import Collection
from emulator.ocapi.schema.faults import ID_CONFLICT, PROPERTY_CONSTRAINT_VIOLATION
from emulator.ocapi.schema.fields import Array, Embedded, String
from emulator.ocapi.search.answer import answer_search, read_expansions
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SEARCH_FAULTS, SearchRequest, SearchResult
from emulator.ocapi.wire import state
from emulator.store import Change, Delete, Key, Presence, Put, Record, Require, Store


class SlotConfigurationCampaignAssignments(Collection):
    """A page of assignments; no path of the Data API shows the page."""

    data = Array(Embedded(ASSIGNMENT))


class SlotConfigurationCampaignAssignmentSearchResult(SearchResult):
    """A page of the assignments of slot configurations found by a search."""

    hits = Array(Embedded(ASSIGNMENT))


def find(call: Call) -> tuple[Key, Record | None]:
    """Return key and record of the assignment of the path, None for a missing assignment.

    Raises:
        Fault: One of ASSIGNMENT_FAULTS, or the fault of the state that the client expects.
    """
    site_id, campaign_id, slot_id, configuration_id = call.key
    _, *configuration = find_assigned(call, slot_id, configuration_id)
    key = (site_id, campaign_id, *configuration)
    found = call.store.get(ASSIGNMENTS_NAME, key)
    sent = call.content.get("_resource_state")
    state.check_write(found.state if found else None, call.request.headers, sent)
    return key, found


def assign(call: Call, _: Record) -> Iterator[Change]:
    """Yield the changes of PUT, which creates or replaces an assignment."""
    key, found = find(call)
    yield from _write(call, key, found, {})


def change(call: Call, _: Record) -> Iterator[Change]:
    """Yield the changes of PATCH.

    Raises:
        Fault: IDENTIFIER_NOT_FOUND: the campaign has no such slot configuration.
    """
    key, found = find(call)
    if found is None:
        raise IDENTIFIER_NOT_FOUND(key[-1], key[2], key[0])
    yield from _write(call, key, found, found.properties)


def unassign(call: Call, _: Record) -> Iterator[Change]:
    """Yield the changes of DELETE."""
    key, found = find(call)
    if found is not None:
        yield Delete(ASSIGNMENTS_NAME, key, found.state)
        yield from move_entries(list_assignment_entries(found), ())


def _write(call: Call, key: Key, found: Record | None, stored: Properties) -> Iterator[Change]:
    for name, value in zip(SLOT_ASSIGNMENTS.keys, key, strict=True):
        if call.changes.get(name, value) != value:
            raise ID_CONFLICT(call.changes[name], value)
    merged = arrange(ASSIGNMENT.merge(stored, call.changes))
    record = SLOT_ASSIGNMENTS.record(key, merged, call.now, created=found is None)
    yield from list_effects(call.store, record, found)
    yield Put(ASSIGNMENTS_NAME, record, found.state if found else Presence.ABSENT)


def list_effects(store: Store, new: Record, old: Record | None) -> Iterator[Change]:
    """Check the documents of an assignment; keep the further directions.

    Raises:
        Fault: IDENTIFIER_NOT_FOUND, PROPERTY_CONSTRAINT_VIOLATION.
    """
    site_id, _, *configuration = new.key
    key = (site_id, *configuration)
    if store.get(CONFIGURATIONS_NAME, key) is None:
        raise IDENTIFIER_NOT_FOUND(key[-1], key[1], site_id)
    yield Require(CONFIGURATIONS_NAME, key, Presence.PRESENT)
    for index, name in enumerate(new.get(GROUPS) or ()):
        if store.get(GROUPS, (site_id, name)) is None:
            path = f"$.{GROUPS}.[{index}]"
            raise PROPERTY_CONSTRAINT_VIOLATION(ASSIGNMENT.type_name, path)
        yield Require(GROUPS, (site_id, name), Presence.PRESENT)
    before = list_assignment_entries(old) if old else ()
    yield from move_entries(before, list_assignment_entries(new))


def find_effects(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Yield the further changes of the import of an assignment."""
    old, new = (None if one is None else Record(call.key, one) for one in (before, after))
    if new:
        yield from list_effects(call.store, new, old)
    elif old:
        yield from move_entries(list_assignment_entries(old), ())


@dataclass(frozen=True)
class KeyOfConfiguration(KeyOf):
    """The reference of an assignment to the slot configuration."""

    def __call__(self, record: Record, _: Records) -> Iterator[Reference]:
        """Yield the reference of a record."""
        yield Reference(self.collection, (record.key[0], *record.key[2:]))


def search(call: Call) -> Answer:
    """Search the assignments of slot configurations to campaigns."""
    read_expansions(call)
    require_site(call)
    count = call.store.count(ASSIGNMENTS_NAME, call.key)
    records = call.store.scan(ASSIGNMENTS_NAME, 0, count, call.key).records

    def show_hit(record: Record, whole: bool) -> Properties:  # noqa: FBT001 - see Show
        shown = show_assignment(call, record)
        if not whole:
            return {name: shown[name] for name in SHORT if name in shown}
        return shown | dict(_complete(call, record))

    return answer_search(call, RESULT, SEARCH_FIELDS, records, show_hit)


def _complete(call: Call, assignment: Record) -> Iterator[tuple[str, Any]]:
    """Yield the UUID of the configuration, and the expanded documents."""
    site_id, campaign_id, *own = assignment.key
    configuration = call.store.get(CONFIGURATIONS_NAME, (site_id, *own))
    campaign = call.store.get(CAMPAIGNS_NAME, (site_id, campaign_id))
    if configuration is not None:
        yield "slot_configuration_uuid", configuration.get("uuid")
        if "slotConfiguration" in call.expansions:
            shown = {**configuration.properties, **show(call, configuration)}
            yield "slot_configuration", {n: v for n, v in shown.items() if v is not None}
    if campaign is not None and "campaign" in call.expansions:
        yield "campaign", show_record(call, CAMPAIGNS, campaign)


GROUPS = "customer_groups"
CONTEXT_PARAMETER = {"context": String(min_length=1)}
SHORT = ("campaign_id", "slot_id", "context", "slot_context_id", "slot_configuration_id", "link")
RESULT = SlotConfigurationCampaignAssignmentSearchResult()
SEARCH_FIELDS = {
    "rank": SearchField("number"),
    "start_date": SearchField("date", path="schedule.start_date"),
    "end_date": SearchField("date", path="schedule.end_date"),
    "campaign_id": SearchField("string"),
    "enabled": SearchField("boolean"),
    "slot_configuration_id": SearchField("string"),
    "description": SearchField("text"),
}
SLOT_ASSIGNMENTS = Resource(
    path="slot_configurations",
    name=ASSIGNMENTS_NAME,
    parent=CAMPAIGNS,
    parent_key="campaign_id",
    key_names=(
        "site_id",
        "campaign_id",
        "slot_id",
        "context",
        "slot_context_id",
        "slot_configuration_id",
    ),
    key_defaults={"slot_context_id": ""},
    document=ASSIGNMENT,
    collection=SlotConfigurationCampaignAssignments(),
    key="slot_configuration_id",
    verbs=frozenset(),
    not_found=IDENTIFIER_NOT_FOUND,
    derive=lambda _before, after, _changes, _now: arrange(after),
    effects=find_effects,
    references={
        "campaign_id": KeyBelowSite(CAMPAIGNS_NAME, ("site_id", "campaign_id")),
        "slot_configuration_id": KeyOfConfiguration(
            CONFIGURATIONS_NAME,
            ("site_id", "slot_id", "context", "slot_context_id", "slot_configuration_id"),
        ),
        **references_of(ASSIGNMENTS_NAME),
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
                changes={"PUT": assign, "PATCH": change, "DELETE": unassign},
                body=ASSIGNMENT,
                parameters=dict.fromkeys(("PUT", "PATCH", "DELETE"), CONTEXT_PARAMETER),
                faults={
                    "PUT": (*ASSIGNMENT_FAULTS, ID_CONFLICT),
                    "PATCH": (*ASSIGNMENT_FAULTS, ID_CONFLICT),
                    "DELETE": ASSIGNMENT_FAULTS,
                },
            )
        ),
        Operation(
            method="POST",
            path="sites/{site_id}/slot_configuration_campaign_assignment_search",
            answer=search,
            shows=RESULT,
            body=SearchRequest(),
            expansions=("campaign", "slotConfiguration"),
            faults=(SITES.not_found, *SEARCH_FAULTS),
        ),
    ),
)
