"""Assignments to campaigns with properties of their own: promotions and slot configurations.

PUT creates or replaces an assignment, PATCH changes the sent properties, DELETE ends the assignment
(MKT-7, MKT-18). The resource of the path has the schema, the keys and the further directions.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Effects, Properties, check_ids
from emulator.ocapi.resources.id_lists import arrange, list_index_entries, move_entries
from emulator.ocapi.resources.marketing.assignments import ListChanges
from emulator.ocapi.resources.marketing.schedule import check_dates
from emulator.ocapi.schema.faults import Fault
from emulator.store import Change, Delete, Key, Presence, Put, Record

Address = Callable[[Call], Key]
"""Returns the key of the assignment of a path; raises the fault of a missing assigned document."""
RequireNamed = Callable[[Call, Record], Iterable[Change]]
"""Returns the expectations that the named documents exist; raises the fault of a missing one."""


def make_changes(
    address: Address, refuse_missing: Callable[[Key], Fault]
) -> Mapping[str, ListChanges]:
    """Return the changes of PUT, PATCH and DELETE.

    Args:
        address: Returns the key of the assignment.
        refuse_missing: Returns the fault of PATCH without an assignment.
    """

    def assign(call: Call, _: Record) -> Iterator[Change]:
        yield from _write(call, _find(call, address))

    def change(call: Call, _: Record) -> Iterator[Change]:
        found = _find(call, address)
        if found is None:
            raise refuse_missing(call.key)
        yield from _write(call, found)

    def unassign(call: Call, _: Record) -> Iterator[Change]:
        found = _find(call, address)
        if found is not None:
            yield Delete(call.route.resource.name, call.key, found.state)
            yield from _list_effects(call, found.properties, None)

    return {"PUT": assign, "PATCH": change, "DELETE": unassign}


def make_effects(require_named: RequireNamed) -> Effects:
    """Return the effects of a write: checks of dates and ids, and the further directions."""

    def find_effects(
        call: Call, before: Properties | None, after: Properties | None
    ) -> Iterator[Change]:
        resource = call.route.resource
        old, new = ([] if one is None else [Record(call.key, one)] for one in (before, after))
        for one in new:
            check_dates(resource.document.type_name, one)
            yield from require_named(call, one)
        yield from move_entries(
            list_index_entries(resource, old), list_index_entries(resource, new)
        )

    return find_effects


def _find(call: Call, address: Address) -> Record | None:
    """Set the key of a call to the assignment of the path. Return the assignment, or None.

    Raises:
        Fault: The fault of a missing assigned document, or of the state that the client expects.
    """
    call.key = address(call)
    found = call.store.get(call.route.resource.name, call.key)
    call.check_state(found)
    return found


def _write(call: Call, found: Record | None) -> Iterator[Change]:
    """Yield the changes of a write; a write that changes nothing keeps the dates (RST-1).

    Raises:
        Fault: ID_CONFLICT, START_AFTER_END, or the fault of a missing named document.
    """
    resource = call.route.resource
    check_ids(call.changes, zip(resource.keys, call.key, strict=True))
    document, stored = resource.document, found.properties if found else {}
    change = document.replace if call.method == "PUT" else document.merge
    written = arrange(change(stored, call.changes))
    record = resource.record(call.key, written, call.now, created=found is None)
    if found is not None and resource.record(call.key, written) == found:
        record = found
    yield from _list_effects(call, found.properties if found else None, record.properties)
    yield Put(resource.name, record, found.state if found else Presence.ABSENT)


def _list_effects(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterable[Change]:
    effects = call.route.resource.effects
    return effects(call, before, after) if effects else ()
