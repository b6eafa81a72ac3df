"""Assignments to campaigns: the same rule for coupons, groups, promotions, slots and rules (MKT-6).

PUT assigns, PATCH changes an assignment, DELETE ends the assignment, and all answer 204.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from emulator.ocapi.answer import Answer, name_state
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.id_lists import arrange, list_of
from emulator.ocapi.resources.marketing.campaigns import CAMPAIGNS
from emulator.ocapi.resources.marketing.faults import CONSTRAINT_VIOLATION
from emulator.ocapi.resources.marketing.names import CAMPAIGNS_NAME
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Property
from emulator.store import Change, Delete, Key, Presence, Put, Record, Require

ListChanges = Callable[[Call, Record], Iterable[Change]]
CAMPAIGN_PATH = "sites/{site_id}/campaigns/{campaign_id}"
SUMMARIES = {
    "PUT": "Assign a {} to a campaign.",
    "PATCH": "Change the assignment of a {} to a campaign.",
    "DELETE": "End the assignment of a {} to a campaign.",
}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of assignments to a campaign.

    Attributes:
        noun: The assigned document in words.
        path: The path below the campaign, with ids in braces.
        changes: The methods; each returns the changes for a call and the campaign, or raises the
            fault of a refused call.
        body: The schema of the assignment; None for an assignment without properties.
        parameters: The parameters of the query, by method.
        faults: The documented faults, by method.
    """

    noun: str
    path: str
    changes: Mapping[str, ListChanges]
    body: Document | None = None
    parameters: Mapping[str, Mapping[str, Property]] = field(default_factory=dict)
    faults: Mapping[str, tuple[FaultType, ...]] = field(default_factory=dict)


def find_above(call: Call, outer: Resource, *inner: Resource) -> Record:
    """Return the innermost of the documents above an assignment.

    Raises:
        Fault: The fault of the outermost missing document.
    """
    found = outer.find(call.store, call.key[: len(outer.keys)])
    return find_above(call, *inner) if inner else found


def declare(kind: Kind) -> tuple[Operation, ...]:
    """Return the operations of a kind of assignments."""
    return tuple(_declare(kind, method, changes) for method, changes in kind.changes.items())


def _declare(kind: Kind, method: str, list_changes: ListChanges) -> Operation:
    def answer(call: Call) -> Answer:
        campaign = find_above(call, SITES, CAMPAIGNS)
        changes = tuple(list_changes(call, campaign))
        call.store.apply(Require(CAMPAIGNS_NAME, campaign.key, Presence.PRESENT), *changes)
        return Answer(204, headers=_name_state(call, changes))

    answer.__doc__ = SUMMARIES[method].format(kind.noun)
    has_body = kind.body is not None and method != "DELETE"
    return Operation(
        method=method,
        path=f"{CAMPAIGN_PATH}/{kind.path}",
        answer=answer,
        body=kind.body if has_body else None,
        needs_body=method == "PATCH",
        parameters=kind.parameters.get(method, {}),
        faults=(SITES.not_found, CAMPAIGNS.not_found, *kind.faults.get(method, ())),
    )


def _name_state(call: Call, changes: Iterable[Change]) -> dict[str, str]:
    """Return the headers with the state of a written assignment with properties (RST-4)."""
    name = call.route.resource.name
    written = (c.record for c in changes if isinstance(c, Put) and c.collection == name)
    return next((name_state(record.state) for record in written), {})


def declare_listed(noun: str, name: str, parameter: str) -> Kind:
    """Return the kind of documents with their ids in a list of a campaign.

    Args:
        noun: The assigned document in words.
        name: The property of the campaign, and the collection of the documents.
        parameter: The name of the path parameter.
    """
    listed = list_of(CAMPAIGNS_NAME, name)

    def read(call: Call, campaign: Record) -> tuple[Key, tuple[str, ...]]:
        key = (call.key[0], call.key[-1])
        if call.store.get(name, key) is None:
            raise CONSTRAINT_VIOLATION(parameter)
        return key, tuple(campaign.get(name) or ())

    def write(call: Call, campaign: Record, names: tuple[str, ...]) -> Put:
        changed = arrange({**campaign.properties, name: names})
        record = CAMPAIGNS.record(campaign.key, changed, call.now)
        return Put(CAMPAIGNS_NAME, record, campaign.state)

    def assign(call: Call, campaign: Record) -> Iterator[Change]:
        key, names = read(call, campaign)
        if key[-1] not in names:
            yield Require(name, key, Presence.PRESENT)
            yield write(call, campaign, (*names, key[-1]))
            yield Put(listed.index, Record((*key, campaign.key[-1]), {}))

    def unassign(call: Call, campaign: Record) -> Iterator[Change]:
        key, names = read(call, campaign)
        if key[-1] in names:
            yield write(call, campaign, tuple(one for one in names if one != key[-1]))
            yield Delete(listed.index, (*key, campaign.key[-1]))

    faults = (CONSTRAINT_VIOLATION,)
    return Kind(
        noun=noun,
        path=f"{name}/{{{parameter}}}",
        changes={"PUT": assign, "DELETE": unassign},
        faults={"PUT": faults, "DELETE": faults},
    )
