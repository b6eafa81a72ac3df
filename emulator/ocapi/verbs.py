"""The verbs of resources: list, read, create, update, delete, search (steps 11 to 13 of ORD-1)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from emulator.ocapi.answer import Answer, answer_document, answer_page
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource, Verb, View, check_ids, fault_of
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import exact
from emulator.ocapi.wire import envelope
from emulator.ocapi.wire.select import Documents
from emulator.store import (
    Change,
    Clear,
    Delete,
    Key,
    Presence,
    Put,
    Record,
    Require,
    Scan,
    Size,
)

VALIDATE_EXISTING = "x-dw-validate-existing"


def list_(call: Call) -> Answer:
    """Answer a page of the collection (PAG-1, PAG-2, ENV-2 to ENV-4)."""
    resource, selector, page = call.route.resource, call.selector, call.page
    _require_parent(call)
    if resource.records is None:
        scan = call.store.scan(resource.name, page.start, page.count, call.parents)
    elif (given := resource.records(call)) is not None:
        scan = Scan(given[page.start : page.start + page.count], len(given))
    else:
        return Answer(204)
    whole = selector is not None and selector.reaches_into("data")
    items = Documents(_item(call, record, whole=whole) for record in scan.records)
    return answer_page(call, resource.collection, items, scan.total)


def read(call: Call) -> Answer:
    """Answer one document (INV-2)."""
    _require_parent(call)
    return _show(call, call.route.resource.find(call.store, call.key))


def add(call: Call) -> Answer:
    """Create a document under a new id; the answer is 200."""
    _require_parent(call)
    new_key = call.route.resource.new_key
    assert new_key is not None  # noqa: S101 - the declaration has checked
    call.key = (*call.parents, new_key(call))
    return create(call)


def create(call: Call) -> Answer:
    """Create a document under the id of the URL; for an existing id the dialect decides (INV-5)."""
    resource, parents = call.route.resource, _require_parent(call)
    existing = call.store.get(resource.name, call.key)
    call.check_state(existing)
    check_ids(_list_changes(call, "create"), zip(resource.keys, call.key, strict=False))
    refusal = _find_refusal(call) if existing else None
    if existing is not None and refusal is None:
        kept = resource.ignored.get("create", frozenset()).intersection(existing.names)
        changed = resource.document.replace(existing.properties, _list_changes(call, "create"))
        return _write(call, existing, changed | {name: existing.get(name) for name in kept})
    properties = resource.document.merge({}, _list_changes(call, "create"))
    if resource.derive is not None:
        properties = resource.derive(None, properties, call.changes, call.now)
    record = resource.record(call.key, properties, call.now, created=True)
    record = record if refusal else call.revise(record)
    more = _list_effects(call, None, record)
    if refusal is not None:
        raise fault_of(refusal, call.key)
    call.store.apply(*parents, Put(resource.name, record, Presence.ABSENT), *more)
    return _show(call, record, 200 if call.method == "POST" else resource.created_status)


def update(call: Call) -> Answer:
    """Change the sent properties of a document (MET-1)."""
    resource = call.route.resource
    _require_parent(call)
    record = resource.find(call.store, call.key)
    call.check_state(record)
    check_ids(call.changes, zip(resource.fixed_keys, call.key, strict=False))
    changes = _list_changes(call, "update")
    return _write(call, record, resource.document.merge(record.properties, changes))


def delete(call: Call) -> Answer:
    """Delete a document (INV-6)."""
    resource = call.route.resource
    _require_parent(call)
    record = call.store.get(resource.name, call.key)
    if record is not None:
        call.check_state(record)
        with call.watching() as watched:
            more = _list_effects(call, record, None)
        answer = _show(call, record) if resource.delete_shows else Answer(204)
        below = (Clear(child.name, call.key) for child in call.route.children)
        removal = Delete(resource.name, call.key, record.state)
        call.store.apply(removal, *below, *more, *watched.list_expectations())
        if resource.after_delete is not None:
            resource.after_delete(call)
        return answer
    if not resource.deletes_missing:
        raise fault_of(resource.not_found, call.key)
    _list_effects(call, None, None)
    return Answer(204)


def search(call: Call) -> Answer:
    """Answer the documents that match a query (SRC-1 to SRC-4)."""
    resource, searched = call.route.resource, call.route.search
    _require_parent(call)
    candidates = _find_candidates(call)
    if candidates is None:
        return Answer(204)
    document = resource.document
    stored: dict[Key, Record] = {}
    if resource.view is not None:
        candidates = _look_at(call, resource, resource.view, candidates, stored)

    def show(record: Record, whole: bool) -> Properties:  # noqa: FBT001 - see Show
        record = stored.get(record.key, record)
        return _item_properties(call, record, whole=whole or document.items_are_whole)

    return answer_search(call, searched.result, searched.fields, candidates, show)


VERBS: dict[Verb, Callable[[Call], Answer]] = {
    "list": list_,
    "add": add,
    "read": read,
    "create": create,
    "update": update,
    "delete": delete,
    "search": search,
}


def _find_candidates(call: Call) -> Iterable[Record] | None:
    """Return the records to compare with a query: all records, or those with queried ids.

    The result is None if the collection has no list.
    """
    resource = call.route.resource
    if resource.records is not None:
        return resource.records(call)
    ids = exact(call.changes["query"], resource.key)
    if ids is not None:
        return _look_up(call, ids)
    count = call.store.count(resource.name)
    return call.store.scan(resource.name, 0, count, call.parents).records


def _look_up(call: Call, ids: Iterable[str]) -> Iterator[Record]:
    """Yield the records with some ids; the search has checked the query before the first one."""
    for name in sorted(ids):
        record = call.store.get(call.route.resource.name, (*call.parents, name))
        if record is not None:
            yield record


def _look_at(
    call: Call, resource: Resource, view: View, records: Iterable[Record], stored: dict[Key, Record]
) -> Iterator[Record]:
    """Yield records with the properties of the view; put changed records into ``stored``."""
    if resource.viewed is None:
        yield from (_look_at_one(call, view, record, stored) for record in records)
        return
    found = list(records)
    for index in resource.viewed(call, tuple(found)):
        found[index] = _look_at_one(call, view, found[index], stored)
    yield from found


def _look_at_one(call: Call, view: View, record: Record, stored: dict[Key, Record]) -> Record:
    shown = view(call, record)
    if not shown:
        return record
    stored[record.key] = record
    # The state is that of the stored record, as in every other answer.
    return Record(record.key, {**record.properties, **shown}, record.state)


def _find_refusal(call: Call) -> FaultType | None:
    """Return the fault of a request that creates an existing document, if any (INV-5)."""
    resource = call.route.resource
    if call.request.headers.get(VALIDATE_EXISTING, "").lower() == "true":
        kind = resource.duplicate_if_validated or resource.duplicate
    else:
        kind = resource.duplicate
    always = resource.refuses_existing or call.method == "POST" or kind is not resource.duplicate
    return kind if always or not call.dialect.replaces_existing else None


def _list_changes(call: Call, verb: Verb) -> Properties:
    """Return the changes of a call, without the properties that the verb ignores."""
    ignored = call.route.resource.ignored.get(verb)
    if not ignored:
        return call.changes
    return {name: value for name, value in call.changes.items() if name not in ignored}


def _write(call: Call, record: Record, properties: dict[str, Any]) -> Answer:
    """Replace a record, unless nothing has changed (RST-1)."""
    resource = call.route.resource
    if resource.derive is not None:
        properties = resource.derive(record.properties, properties, call.changes, call.now)
    key = call.key
    if resource.renames and call.method == "PATCH":
        key = (*call.parents, properties.get(resource.key, call.key[-1]))
    written = resource.record(key, properties, call.now)
    changed = call.revise(written)
    if key != call.key:
        return _rename(call, record, changed)
    more = _list_effects(call, record, changed)
    changes_nothing = not more or all(isinstance(change, (Require, Size)) for change in more)
    if (
        changes_nothing
        and changed is written
        and record.may_equal(written, resource.dates_of_change)
        and resource.record(key, properties) == record
    ):
        return _show(call, record)
    call.store.apply(Put(resource.name, changed, record.state), *more)
    return _show(call, changed)


def _rename(call: Call, before: Record, after: Record) -> Answer:
    """Give a document another id; another request adds no reference to the old id meanwhile."""
    with call.watching() as watched:
        more = _list_effects(call, before, after)
        changes = [*_move(call, before, after), *more]
    call.store.apply(*changes, *watched.list_expectations())
    return _show(call, after)


def _list_effects(call: Call, before: Record | None, after: Record | None) -> Sequence[Change]:
    """Return the further changes of a write; the resource may refuse the write."""
    effects = call.route.resource.effects
    if effects is None:
        return ()
    states = (record.properties if record else None for record in (before, after))
    return tuple(effects(call, *states))


def _move(call: Call, before: Record, after: Record) -> Iterator[Change]:
    """Yield the changes that give a document another id, with all documents below.

    Raises:
        Fault: There is a document with the other id.
    """
    resource = call.route.resource
    if resource.duplicate and call.store.get(resource.name, after.key) is not None:
        raise fault_of(resource.duplicate, after.key)
    yield Delete(resource.name, before.key, before.state)
    yield Put(resource.name, after, Presence.ABSENT)
    for child in call.route.children:
        count = call.store.count(child.name, before.key)
        for record in call.store.scan(child.name, 0, count, before.key).records:
            key = (*after.key, *record.key[len(after.key) :])
            yield Delete(child.name, record.key, record.state)
            yield Put(child.name, child.record(key, record.properties), Presence.ABSENT)


def _require_parent(call: Call) -> tuple[Require, ...]:
    """Check that the documents above exist; return this expectation for the store.

    Raises:
        Fault: The fault of the outermost missing document, or of the resource's own check.
    """
    required = []
    for above in call.route.resource.ancestors:
        if above.check is not None:
            above.check(call)
        key = call.parents[: len(above.keys)]
        above.find(call.store, key)
        required.append(Require(above.name, key, Presence.PRESENT))
    if call.route.resource.check is not None:
        call.route.resource.check(call)
    return tuple(required)


def _show(call: Call, record: Record, status: int = 200) -> Answer:
    """Answer one document of the resource; a created document with its URL (MET-1)."""
    document, properties = call.route.resource.document, _properties(call, record)
    answer = answer_document(call, document, properties, record.state, status)
    if status != 201:  # noqa: PLR2004 - MET-1
        return answer
    return answer._replace(headers={**answer.headers, "Location": call.link(record.key)})


def _properties(call: Call, record: Record) -> dict[str, Any]:
    """Return all properties of a document, with view, computed properties and the link."""
    resource = call.route.resource
    whole = record.copy()
    if "link" in resource.document.fields:
        whole["link"] = call.link(record.key)
    if resource.view is not None:
        shown = resource.view(call, record)
        searched = {n for n in shown if n not in resource.document.fields and n[:2] != "c_"}
        whole |= shown
        whole = {n: v for n, v in whole.items() if v is not None and n not in searched}
    if resource.computed:
        whole |= resource.compute(call.store, record.key)
    return whole


def _item(call: Call, record: Record, *, whole: bool) -> dict[str, Any]:
    """Return an item of a collection, with the envelope."""
    document, dialect = call.route.resource.document, call.dialect
    properties = _item_properties(call, record, whole=whole or document.items_are_whole)
    if call.locale is not None:
        properties = document.localize(properties, call.locale)
    return envelope.wrap_item(document, call.version, record.state, properties, dialect)


def _item_properties(call: Call, record: Record, *, whole: bool) -> dict[str, Any]:
    """Return the properties of an item: of the whole document, or id and link (ENV-4)."""
    if whole:
        return _properties(call, record)
    resource = call.route.resource
    link = {"link": call.link(record.key)} if "link" in resource.document.fields else {}
    return {resource.key: record.key[-1], **link}
