"""What can be done with a resource, generic over all of them; steps 11 to 13 of the checks.

A write that another one overtook is looked at anew (RST-5): a client that sent a state is told of
the change, one that sent none has its write applied to what is there now.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.ocapi import envelope, faults, paging, state
from emulator.ocapi.call import Call
from emulator.ocapi.document import FAULT, Document
from emulator.ocapi.fields import render_instant
from emulator.ocapi.resource import Verb
from emulator.ocapi.select import Documents
from emulator.store import Presence, Record, settle


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered, before it takes a format.

    Attributes:
        status: The HTTP status.
        content: The members of a document, or None for no body.
        document: The schema of these.
        headers: Headers besides those of every answer.
    """

    status: int
    content: Mapping[str, Any] | None = None
    document: Document = FAULT
    headers: Mapping[str, str] = field(default_factory=dict)


def list_(call: Call) -> Answer:
    """Answer a page of the collection (PAG-1, PAG-2, ENV-2 to ENV-4)."""
    resource, selector, page = call.route.resource, call.selector, call.page
    scan = call.store.scan(resource.path, page.start, page.count)
    whole = selector is not None and selector.reaches_into("data")
    items = Documents(_item(call, record, whole=whole) for record in scan.records)
    query = call.request.query_string.decode(errors="replace")
    members = {
        "count": len(items),
        "data": items,
        "start": page.start,
        "total": scan.total,
        **dict(paging.links(page, scan.total, call.collection_url, query)),
    }
    if selector is not None:
        members["select"] = envelope.echo(selector, call.dialect)
    content = envelope.wrap_page(resource.collection.name, call.version, members)
    return Answer(200, _select(call, content), resource.collection)


def read(call: Call) -> Answer:
    """Answer one document (INV-2)."""
    record = _find(call)
    try:
        state.check_read(record.state, call.presented)
    except state.NotModified:
        return Answer(304, headers=_validators(record))
    return _show(call, record)


def create(call: Call) -> Answer:
    """Create a document under the id of the URL; what is there already decides by dialect."""
    return settle(lambda: _create(call))


def update(call: Call) -> Answer:
    """Change the properties of a document that the request sends (MET-1)."""
    return settle(lambda: _update(call))


def delete(call: Call) -> Answer:
    """Delete a document, which need not be there (INV-6)."""
    return settle(lambda: _delete(call))


VERBS: dict[Verb, Callable[[Call], Answer]] = {
    "list": list_,
    "read": read,
    "create": create,
    "update": update,
    "delete": delete,
}


def _create(call: Call) -> Answer:
    resource = call.route.resource
    existing = call.store.get(resource.path, call.key)
    state.check_write(existing.state if existing else None, call.presented)
    _check_id(call)
    if existing is None:
        properties = resource.document.merge({}, call.changes)
        record = resource.record(call.key, resource.stamp(properties, _now(call), created=True))
        call.store.put(resource.path, record, Presence.ABSENT)
        return _show(call, record, status=201)
    if not call.dialect.replaces_existing:
        raise resource.duplicate(call.key[-1])
    return _write(call, existing, resource.document.replace(existing.properties, call.changes))


def _update(call: Call) -> Answer:
    record = _find(call)
    state.check_write(record.state, call.presented)
    _check_id(call)
    document = call.route.resource.document
    return _write(call, record, document.merge(record.properties, call.changes))


def _delete(call: Call) -> Answer:
    collection = call.route.resource.path
    record = call.store.get(collection, call.key)
    if record is not None:
        state.check_write(record.state, call.presented)
        call.store.delete(collection, call.key, record.state)
    return Answer(204)


def _write(call: Call, record: Record, properties: dict[str, Any]) -> Answer:
    """Put the changed record in the place of ``record``, unless nothing changed (RST-1)."""
    resource = call.route.resource
    if resource.record(call.key, properties) == record:
        return _show(call, record)
    changed = resource.record(call.key, resource.stamp(properties, _now(call), created=False))
    call.store.put(resource.path, changed, record.state)
    return _show(call, changed)


def _find(call: Call) -> Record:
    resource = call.route.resource
    record = call.store.get(resource.path, call.key)
    if record is None:
        raise resource.not_found(call.key[-1])
    return record


def _check_id(call: Call) -> None:
    sent = call.changes.get(call.route.resource.key, call.key[-1])
    if sent != call.key[-1]:
        raise faults.ID_CONFLICT(sent, call.key[-1])


def _now(call: Call) -> str:
    return render_instant(call.workspace.clock.now())


def _show(call: Call, record: Record, status: int = 200) -> Answer:
    document, properties = call.route.resource.document, _properties(call, record)
    content = envelope.wrap(document, call.version, record.state, properties)
    headers = _validators(record)
    if status == 201:  # noqa: PLR2004 - MET-1
        headers["Location"] = properties["link"]
    return Answer(status, _select(call, content), document, headers)


def _properties(call: Call, record: Record) -> dict[str, Any]:
    """Return all properties of a document, those included that are not stored with it."""
    computed = call.route.resource.compute(call.store, record.key)
    return {**record.properties, **computed, "link": call.link(record.key)}


def _select(call: Call, content: dict[str, Any]) -> Mapping[str, Any]:
    selected: Mapping[str, Any] = call.selector.view(content) if call.selector else content
    return selected


def _item(call: Call, record: Record, *, whole: bool) -> dict[str, Any]:
    """Return an item of a collection: all of it, or id and link alone (ENV-4)."""
    document, dialect = call.route.resource.document, call.dialect
    if whole:
        properties = _properties(call, record)
    else:
        properties = {call.route.resource.key: record.key[-1], "link": call.link(record.key)}
    return envelope.wrap_item(document, call.version, record.state, properties, dialect)


def _validators(record: Record) -> dict[str, str]:
    return {"ETag": f'"{record.state}"', state.HEADER: record.state}
