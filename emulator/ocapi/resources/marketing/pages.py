"""Documents of another resource than the path's: alone, embedded, or in a page."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.ocapi.answer import Answer, answer_page
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.slot.stored import list_of_site
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SearchResult
from emulator.ocapi.wire import envelope
from emulator.ocapi.wire.select import Documents
from emulator.store import Record


def show_record(call: Call, resource: Resource, record: Record) -> dict[str, Any]:
    """Return all properties of a document of a site, with view and link."""
    shown = resource.view(call, record) if resource.view else {}
    whole = {**record.properties, **shown, "link": _link(call, resource, record)}
    return {name: value for name, value in whole.items() if value is not None}


def answer_records(call: Call, resource: Resource, page: Sequence[Record], total: int) -> Answer:
    """Answer a page of documents of a site (PAG-1, ENV-2 to ENV-4).

    Args:
        call: The call.
        resource: The resource of the documents.
        page: The documents of the page.
        total: The number of documents on all pages.
    """
    selector, document = call.selector, resource.document
    whole = selector is not None and selector.reaches_into("data")

    def show(record: Record) -> dict[str, Any]:
        link = _link(call, resource, record)
        short = {resource.key: record.key[-1], "link": link}
        shown = show_record(call, resource, record) if whole else short
        if call.locale is not None:
            shown = document.localize(shown, call.locale)
        return envelope.wrap_item(document, call.version, record.state, shown, call.dialect)

    items = Documents(show(record) for record in page)
    return answer_page(call, resource.collection, items, total)


def search_records(
    call: Call, resource: Resource, result: SearchResult, fields: Mapping[str, SearchField]
) -> Answer:
    """Answer a search of the documents of a site (SRC-1).

    Raises:
        Fault: SiteNotFound, or a fault of the search.
    """

    def show(record: Record, whole: bool) -> dict[str, Any]:  # noqa: FBT001 - see Show
        if not whole:
            return {resource.key: record.key[-1], "link": _link(call, resource, record)}
        return show_record(call, resource, record)

    return answer_search(call, result, fields, list_of_site(call, resource.name), show)


def _link(call: Call, resource: Resource, record: Record) -> str:
    site_id, name = record.key
    return call.link_to("sites", site_id, resource.path, name)
