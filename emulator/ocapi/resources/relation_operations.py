"""The operations on the documents of a relation (CAT-7, CAT-8, LIB-4)."""

from collections.abc import Iterator
from functools import partial

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, check_ids, fault_of
from emulator.ocapi.resources.relation import Relation
from emulator.store import Delete, Presence, Put, Record


def read(call: Call, *, relation: Relation) -> Answer:
    """Show a document."""
    relation.check(call)
    return _answer(call, relation, _find(call, relation))


def put(call: Call, *, relation: Relation) -> Answer:
    """Create or replace a document."""
    return _write(call, relation)


def patch(call: Call, *, relation: Relation) -> Answer:
    """Change the sent properties of a document."""
    return _write(call, relation)


def _write(call: Call, relation: Relation) -> Answer:
    relation.check(call)
    found = call.store.get(relation.name, call.key)
    if found is None and call.method == "PATCH":
        raise fault_of(relation.not_found, call.key)
    document = relation.document
    ids = dict(zip(relation.ids, call.key[-len(relation.ids) :], strict=True))
    call.check_state(found)
    check_ids(call.changes, ids.items())
    before = found.properties if found else None
    change = document.replace if call.method == "PUT" else document.merge
    sent = Record(call.key, {**change(before or {}, call.changes), **ids})
    placed, more = relation.place(call, before, dict(call.revise(sent).properties))
    written = ("last_modified",) if found else ("creation_date", "last_modified")
    dates = {name: call.now for name in written if name in document.fields}
    if found is not None and not more and Record(call.key, placed) == found:
        return _answer(call, relation, found)
    record = Record(call.key, {**placed, **dates})
    expected = found.state if found else Presence.ABSENT
    call.store.apply(Put(relation.name, record, expected), *more)
    return _answer(call, relation, record)


def delete(call: Call, *, relation: Relation) -> Answer:
    """Delete a document."""
    relation.check(call)
    found = call.store.get(relation.name, call.key)
    if found is None and not relation.deletes_missing:
        raise fault_of(relation.not_found, call.key)
    if found is not None:
        call.check_state(found)
        more = relation.remove(call, found)
        call.store.apply(Delete(relation.name, call.key, found.state), *more)
    return Answer(204)


def _find(call: Call, relation: Relation) -> Record:
    """Return the document of the path.

    Raises:
        Fault: The document is missing.
    """
    found = call.store.get(relation.name, call.key)
    if found is None:
        raise fault_of(relation.not_found, call.key)
    return found


def _answer(call: Call, relation: Relation, record: Record) -> Answer:
    return answer_document(call, relation.document, relation.show(call, record), record.state)


def declare_operations(relation: Relation) -> Iterator[Operation]:
    """Yield the operations GET, PUT, PATCH and DELETE."""
    document = relation.document
    yield Operation(
        method="GET",
        path=relation.path,
        answer=partial(read, relation=relation),
        shows=document,
        expansions=relation.expansions,
        parameters=relation.parameters or {},
        faults=relation.faults["GET"],
    )
    for method, act in (("PUT", put), ("PATCH", patch)):
        yield Operation(
            method=method,
            path=relation.path,
            answer=partial(act, relation=relation),
            shows=document,
            body=document,
            needs_body=relation.needs_body or method == "PATCH",
            faults=relation.faults[method],
        )
    yield Operation(
        method="DELETE",
        path=relation.path,
        answer=partial(delete, relation=relation),
        faults=relation.faults["DELETE"],
    )
