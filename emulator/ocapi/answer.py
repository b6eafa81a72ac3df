"""Answers, before a format renders the documents."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.schema.document import FAULT, Collection, Document
from emulator.ocapi.wire import envelope, paging, state
from emulator.ocapi.wire.select import ALWAYS, Documents, Selector

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Answer(NamedTuple):
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
    headers: Mapping[str, str] = NO_HEADERS


def answer_document(
    call: Call,
    document: Document,
    properties: Properties,
    resource_state: str = "",
    status: int = 200,
) -> Answer:
    """Answer one document, with the resource state in the headers (ENV-1, RST-4).

    A client that has the document already gets 304.

    Args:
        call: The call.
        document: The schema of the document.
        properties: The properties; localized properties with the texts of all locales.
        resource_state: The state; empty for a document without a state.
        status: The HTTP status.

    Raises:
        Fault: INVALID_IF_MATCH, for GET and HEAD; writes are checked before.
    """
    headers = name_state(resource_state) if resource_state else {}
    if resource_state and call.method in ("GET", "HEAD"):
        try:
            state.check_read(resource_state, call.request.headers)
        except state.NotModified:
            return Answer(304, headers=headers)
    if call.locale is not None:
        properties = document.localize(properties, call.locale)
    content = envelope.wrap(document, call.version, resource_state, properties)
    if not resource_state:
        del content["_resource_state"]
    if call.selector or call.permission.readable:
        return Answer(status, select(call, content, call.selector), document, headers)
    return Answer(status, content, document, headers)


def answer_page(
    call: Call,
    collection: Collection,
    items: Sequence[Mapping[str, Any]],
    total: int,
    name: str = "data",
) -> Answer:
    """Answer a page of a collection (PAG-1, PAG-2, ENV-2 to ENV-4).

    Args:
        call: The call.
        collection: The schema of the page.
        items: The items of the page, each with the envelope.
        total: The number of items on all pages.
        name: The name of the member with the items.
    """
    page, query = call.page, call.request.query_string.decode(errors="replace")
    members = {
        "count": len(items),
        name: items if isinstance(items, Documents) else Documents(items),
        "start": page.start,
        "total": total,
        **dict(paging.links(page, total, call.url, query)),
    }
    if call.selector is not None:
        members["select"] = envelope.echo(call.selector, call.dialect)
    if call.expansions and "expand" in collection.fields:
        members["expand"] = [*call.expansions]
    content = envelope.wrap_page(collection.type_name, call.version, members)
    return Answer(200, select(call, content, call.selector), collection)


def select(call: Call, content: dict[str, Any], selector: Selector | None) -> Mapping[str, Any]:
    """Return the readable (SET-2) and requested (SEL-1) properties of an answer."""
    readable = call.permission.readable
    visible: Mapping[str, Any] = readable.view(content, frozenset(ALWAYS)) if readable else content
    selected: Mapping[str, Any] = selector.view(visible) if selector else visible
    return selected


def name_state(resource_state: str) -> dict[str, str]:
    """Return the headers with a resource state (RST-4)."""
    return {"ETag": f'"{resource_state}"', state.HEADER: resource_state}
