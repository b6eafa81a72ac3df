"""The answer to a search: a page of the matching records in the requested order (SRC-1)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from emulator.ocapi.answer import Answer, select
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.schema.lens import pick_fields
from emulator.ocapi.search.budget import STEPS_OF_HIT, Budget, find_shared_budget
from emulator.ocapi.search.language import SearchField, compile_query, compile_sorts, echo
from emulator.ocapi.search.query import SearchResult
from emulator.ocapi.wire import envelope, paging
from emulator.ocapi.wire.dialect import Dialect
from emulator.ocapi.wire.paging import Page
from emulator.ocapi.wire.select import Documents, Selector
from emulator.store import Record

Show = Callable[[Record, bool], Properties]
"""Returns the properties of a hit: all properties, or only those of a search without select."""
RELEVANCE = 1
ALL_EXPANSIONS = "all"


def answer_search(
    call: Call,
    result: SearchResult,
    fields: Mapping[str, SearchField],
    records: Iterable[Record],
    show: Show,
) -> Answer:
    """Answer the records that match the query of a call.

    Args:
        call: The call, with a ``search_request`` as body.
        result: The schema of the result.
        fields: The fields for queries and sorts.
        records: The records to search.
        show: Returns the properties of a hit.

    Raises:
        Fault: The query or the sorts are not valid, or take too much work.
    """
    request = call.changes
    selector = call.selector
    page = Page(request["start"], request["count"])
    picked = pick_fields(call.route.template, call.version, fields)
    budget = find_shared_budget(call.request.environ)
    shown, total = _find(request, picked, records, page, budget)
    if budget is not None:
        budget.spend(len(shown) * STEPS_OF_HIT * (1 + _count_expansions(call)))
    whole = selector is not None and selector.reaches_into("hits")
    members = {
        **_echo(request, selector, call.dialect),
        "count": len(shown),
        "hits": Documents(_wrap(call, result, hit, show(hit, whole)) for hit in shown),
        "start": page.start,
        "total": total,
        **dict(paging.result_pages(page, total)),
    }
    content = envelope.wrap_page(result.type_name, call.version, members)
    return Answer(200, select(call, content, selector), result)


def _find(
    request: Properties,
    fields: Mapping[str, SearchField],
    records: Iterable[Record],
    page: Page,
    budget: Budget | None,
) -> tuple[Sequence[Record], int]:
    """Return the matching records of a page in the requested order, and the number of all."""
    query = compile_query(request["query"], fields, budget)
    order = compile_sorts(request.get("sorts") or (), fields, budget)
    found = query.select(records)
    end = page.start + page.count
    return order.sort(found, end)[page.start : end], len(found)


def _count_expansions(call: Call) -> int:
    if ALL_EXPANSIONS not in call.expansions:
        return len(set(call.expansions))
    return len((call.operation or call.route.resource).expansions)


def _echo(request: Properties, selector: Selector | None, dialect: Dialect) -> dict[str, Any]:
    """Return the members of the request that a result repeats (SRC-3)."""
    repeated: dict[str, Any] = {"query": echo(request["query"])}
    if request.get("sorts"):
        repeated["sorts"] = [{"_type": "sort", **sort} for sort in request["sorts"]]
    if request.get("expand"):
        repeated["expand"] = request["expand"]
    return repeated | ({} if selector is None else {"select": envelope.echo(selector, dialect)})


def _wrap(call: Call, result: SearchResult, record: Record, properties: Properties) -> Any:
    """Return a hit: a document, or a document with the hit's relevance around it."""
    hit = result.embedded["hits"]
    inner = hit.embedded.get("data")
    document = inner or hit
    if call.locale is not None:
        properties = document.localize(properties, call.locale)
    item = envelope.wrap_item(document, call.version, record.state, properties, call.dialect)
    if inner is None:
        return item
    item.pop("_v", None)
    return {"_type": hit.type_name, "data": item, "relevance": RELEVANCE}
