"""The verbs of resources: list, read, create, update, delete, search (steps 11 to 13 of ORD-1).

A write that meets a newer state starts again (RST-5). A client that expects a state then gets a
fault; the write of another client applies to the newer document.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.check import expand, parse_selector
from emulator.ocapi.resource import Properties, Search, Verb, fault_of
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.document import FAULT, Document
from emulator.ocapi.search.language import compile_query, compile_sorts, echo, exact
from emulator.ocapi.wire import envelope, paging, state
from emulator.ocapi.wire.dialect import Dialect
from emulator.ocapi.wire.paging import Page
from emulator.ocapi.wire.select import Documents, Selector
from emulator.store import Clear, Delete, Presence, Put, Record, Require, retry_on_conflict


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, before a format renders the document.

    Attributes:
        status: The HTTP status.
        content: The members of the document; None for no body.
        document: The schema of the document.
        headers: Headers besides the headers of every answer.
    """

    status: int
    content: Mapping[str, Any] | None = None
    document: Document = FAULT
    headers: Mapping[str, str] = field(default_factory=dict)


def list_(call: Call) -> Answer:
    """Answer a page of the collection (PAG-1, PAG-2, ENV-2 to ENV-4)."""
    resource, selector, page = call.route.resource, call.selector, call.page
    _require_parent(call)
    scan = call.store.scan(resource.name, page.start, page.count, call.parents)
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
    content = envelope.wrap_page(resource.collection.type_name, call.version, members)
    return Answer(200, _select(call, content, selector), resource.collection)


def read(call: Call) -> Answer:
    """Answer one document (INV-2)."""
    _require_parent(call)
    record = _find(call)
    try:
        state.check_read(record.state, call.request.headers)
    except state.NotModified:
        return Answer(304, headers=_name_state(record))
    return _show(call, record)


def create(call: Call) -> Answer:
    """Create a document under the id of the URL; for an existing id the dialect decides (INV-5)."""
    return retry_on_conflict(lambda: _create(call))


def update(call: Call) -> Answer:
    """Change the sent properties of a document (MET-1)."""
    return retry_on_conflict(lambda: _update(call))


def delete(call: Call) -> Answer:
    """Delete a document (INV-6)."""
    return retry_on_conflict(lambda: _delete(call))


def search(call: Call) -> Answer:
    """Answer the documents that match a query (SRC-1 to SRC-4)."""
    searched, request = call.route.search, call.changes
    selector = parse_selector(request.get("select")) or call.selector
    expand(call, request.get("expand", ()))
    _require_parent(call)
    found = _find_all(call, searched, request)
    page = Page(request["start"], request["count"])
    whole = selector is not None and selector.reaches_into("hits")
    shown = found[page.start : page.start + page.count]
    members = {
        **_echo(request, selector, call.dialect),
        "count": len(shown),
        "hits": Documents(_item(call, record, whole=whole) for record in shown),
        "start": page.start,
        "total": len(found),
        **dict(paging.result_pages(page, len(found))),
    }
    content = envelope.wrap_page(searched.result.type_name, call.version, members)
    return Answer(200, _select(call, content, selector), searched.result)


VERBS: dict[Verb, Callable[[Call], Answer]] = {
    "list": list_,
    "read": read,
    "create": create,
    "update": update,
    "delete": delete,
    "search": search,
}


def _find_all(call: Call, searched: Search, request: Properties) -> Sequence[Record]:
    """Return the matching records in the requested order."""
    matches = compile_query(request["query"], searched.fields)
    order = compile_sorts(request.get("sorts") or (), searched.fields)
    candidates = _find_candidates(call, exact(request["query"], call.route.resource.key))
    found = [record for record in candidates if matches(record)]
    return order.sort(found, lambda record: record.properties)


def _find_candidates(call: Call, ids: frozenset[str] | None) -> Iterable[Record]:
    """Return the records to compare with a query: all records, or those with the given ids."""
    collection = call.route.resource.name
    if ids is None:
        count = call.store.count(collection)
        return call.store.scan(collection, 0, count, call.parents).records
    looked_up = (call.store.get(collection, (*call.parents, name)) for name in sorted(ids))
    return [record for record in looked_up if record is not None]


def _echo(request: Properties, selector: Selector | None, dialect: Dialect) -> dict[str, Any]:
    """Return the members of the request that a result repeats (SRC-3)."""
    repeated: dict[str, Any] = {"query": echo(request["query"])}
    if request.get("sorts"):
        repeated["sorts"] = [{"_type": "sort", **sort} for sort in request["sorts"]]
    if request.get("expand"):
        repeated["expand"] = request["expand"]
    return repeated | ({} if selector is None else {"select": envelope.echo(selector, dialect)})


def _create(call: Call) -> Answer:
    resource, parents = call.route.resource, _require_parent(call)
    existing = call.store.get(resource.name, call.key)
    _check_state(call, existing)
    _check_id(call)
    if existing is None:
        properties = resource.document.merge({}, call.changes)
        if resource.derive is not None:
            properties = resource.derive(None, properties, call.changes, call.now)
        record = resource.record(call.key, properties, call.now, created=True)
        call.store.apply(*parents, Put(resource.name, record, Presence.ABSENT))
        return _show(call, record, status=201)
    if resource.duplicate and not call.dialect.replaces_existing:
        raise fault_of(resource.duplicate, call.key)
    return _write(call, existing, resource.document.replace(existing.properties, call.changes))


def _update(call: Call) -> Answer:
    _require_parent(call)
    record = _find(call)
    _check_state(call, record)
    _check_id(call)
    document = call.route.resource.document
    return _write(call, record, document.merge(record.properties, call.changes))


def _delete(call: Call) -> Answer:
    resource = call.route.resource
    _require_parent(call)
    record = call.store.get(resource.name, call.key)
    if record is not None:
        _check_state(call, record)
        below = (Clear(child.name, call.key) for child in call.route.children)
        call.store.apply(Delete(resource.name, call.key, record.state), *below)
    elif not resource.deletes_missing:
        raise fault_of(resource.not_found, call.key)
    return Answer(204)


def _write(call: Call, record: Record, properties: dict[str, Any]) -> Answer:
    """Replace a record, unless nothing has changed (RST-1)."""
    resource = call.route.resource
    if resource.derive is not None:
        properties = resource.derive(record.properties, properties, call.changes, call.now)
    changed = resource.record(call.key, properties)
    if changed == record:
        return _show(call, record)
    changed = resource.record(call.key, properties, call.now)
    call.store.put(resource.name, changed, record.state)
    return _show(call, changed)


def _require_parent(call: Call) -> tuple[Require, ...]:
    """Check that the documents above exist; return this expectation for the store.

    Raises:
        Fault: The fault of the outermost missing document.
    """
    required = []
    for above in call.route.resource.ancestors:
        key = call.parents[: len(above.keys)]
        if call.store.get(above.name, key) is None:
            raise fault_of(above.not_found, key)
        required.append(Require(above.name, key, Presence.PRESENT))
    return tuple(required)


def _find(call: Call) -> Record:
    """Return the requested record.

    Raises:
        Fault: The resource's own fault, if there is no document with this id.
    """
    resource = call.route.resource
    record = call.store.get(resource.name, call.key)
    if record is None:
        raise fault_of(resource.not_found, call.key)
    return record


def _check_state(call: Call, record: Record | None) -> None:
    """Check the resource state and the entity tags that the client expects (RST-2 to RST-4)."""
    body_state = call.content.get("_resource_state")
    state.check_write(record.state if record else None, call.request.headers, body_state)


def _check_id(call: Call) -> None:
    """Check that ids in the body are those of the URL (INV-4)."""
    for name, value in zip(call.route.resource.keys, call.key, strict=True):
        sent = call.changes.get(name, value)
        if sent != value:
            raise faults.ID_CONFLICT(sent, value)


def _show(call: Call, record: Record, status: int = 200) -> Answer:
    """Answer one document, with the resource state in the headers (RST-4)."""
    document, properties = call.route.resource.document, _properties(call, record)
    content = envelope.wrap(document, call.version, record.state, properties)
    headers = _name_state(record)
    if status == 201:  # noqa: PLR2004 - MET-1
        headers["Location"] = call.link(record.key)
    if call.selector or call.permission.readable:
        return Answer(status, _select(call, content, call.selector), document, headers)
    return Answer(status, content, document, headers)


def _properties(call: Call, record: Record) -> dict[str, Any]:
    """Return all properties of a document, with computed properties and the link."""
    resource = call.route.resource
    whole = dict(record.properties)
    if "link" in resource.document.fields:
        whole["link"] = call.link(record.key)
    if resource.computed:
        whole |= resource.compute(call.store, record.key)
    return whole if call.locale is None else resource.document.localize(whole, call.locale)


def _select(call: Call, content: dict[str, Any], selector: Selector | None) -> Mapping[str, Any]:
    """Return the readable (SET-2) and requested (SEL-1) properties of an answer."""
    readable = call.permission.readable
    visible: Mapping[str, Any] = readable.view(content) if readable else content
    selected: Mapping[str, Any] = selector.view(visible) if selector else visible
    return selected


def _item(call: Call, record: Record, *, whole: bool) -> dict[str, Any]:
    """Return an item of a collection: the whole document, or its id and link (ENV-4)."""
    document, dialect = call.route.resource.document, call.dialect
    if whole or document.items_are_whole:
        properties = _properties(call, record)
    else:
        properties = {call.route.resource.key: record.key[-1]}
        if "link" in document.fields:
            properties["link"] = call.link(record.key)
    return envelope.wrap_item(document, call.version, record.state, properties, dialect)


def _name_state(record: Record) -> dict[str, str]:
    """Return the headers with the resource state (RST-4)."""
    return {"ETag": f'"{record.state}"', state.HEADER: record.state}
