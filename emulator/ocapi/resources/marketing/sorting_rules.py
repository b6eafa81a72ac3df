"""Sorting rules of sites and of the organization, and the sorting rule search (MKT-16)."""

from collections.abc import Iterator
from typing import Any

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.catalog.sorting_rule import SortingRule
from emulator.ocapi.resources.marketing.faults import SORTING_RULE_NOT_FOUND
from emulator.ocapi.resources.marketing.names import RULES_NAME
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.document import Collection
from emulator.ocapi.schema.faults import MALFORMED_PARAMETER
from emulator.ocapi.schema.fields import Array, Embedded, String
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SEARCH_FAULTS, SearchRequest, SearchResult
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Record

CONTEXT = "rule_context"
SITE, GLOBAL = "site", "global"
CONTEXT_PARAMETER = {CONTEXT: String()}


class SortingRules(Collection):
    """A page of sorting rules; no path of the Data API shows the page."""

    data = Array(Embedded(SortingRule()))


class SortingRuleSearchResult(SearchResult):
    """A page of the sorting rules found by a search."""

    hits = Array(Embedded(SortingRule()))


def list_scopes(call: Call, *others: str, default: str | None = None) -> tuple[str, ...]:
    """Return the first ids of the keys of the rules in the context of a call.

    Args:
        call: The call.
        *others: The further values that stand for both contexts.
        default: The context without the parameter; None for the rules of the site, and then
            global rules.

    Raises:
        Fault: MALFORMED_PARAMETER.
    """
    context = call.request.parameters.get(CONTEXT, default)
    site = call.key[0]
    if context is None or context in others:
        return site, ORGANIZATION
    scopes = {SITE: site, GLOBAL: ORGANIZATION}
    if context not in scopes:
        raise MALFORMED_PARAMETER(CONTEXT, context)
    return (scopes[context],)


def find_rule(call: Call, rule_id: str, default: str | None) -> Record:
    """Return the rule of an id in the context of a call, see ``list_scopes``.

    Raises:
        Fault: SORTING_RULE_NOT_FOUND, MALFORMED_PARAMETER.
    """
    scopes = list_scopes(call, default=default)
    found = (call.store.get(RULES_NAME, (scope, rule_id)) for scope in scopes)
    rule = next((one for one in found if one is not None), None)
    if rule is None:
        raise SORTING_RULE_NOT_FOUND(rule_id, call.key[0])
    return rule


def find_context(rule: Record) -> str:
    """Return the context of a rule."""
    return GLOBAL if rule.key[0] == ORGANIZATION else SITE


def search(call: Call) -> Answer:
    """Search the sorting rules of a site and of the organization."""
    SITES.find(call.store, call.key[:1])

    def show(rule: Record, whole: bool) -> dict[str, Any]:  # noqa: FBT001 - see Show
        if not whole:
            return {"id": rule.key[-1]}
        return {**rule.properties, CONTEXT: find_context(rule)}

    return answer_search(call, RESULT, SEARCH_FIELDS, _list_rules(call), show)


def _list_rules(call: Call) -> Iterator[Record]:
    for scope in list_scopes(call, "any"):
        count = call.store.count(RULES_NAME, (scope,))
        yield from call.store.scan(RULES_NAME, 0, count, (scope,)).records


RESULT = SortingRuleSearchResult()
SEARCH_FIELDS = {
    "id": SearchField("string"),
    "description": SearchField("text"),
    "creation_date": SearchField("date"),
}
SORTING_RULES = Resource(
    path=RULES_NAME,
    document=SortingRule(),
    collection=SortingRules(),
    key="id",
    key_names=("site", "id"),
    key_defaults={"site": ORGANIZATION},
    verbs=frozenset(),
    not_found=SORTING_RULE_NOT_FOUND,
    references={"site": "sites"},
    operations=(
        Operation(
            method="POST",
            path="sites/{site_id}/sorting_rule_search",
            answer=search,
            shows=RESULT,
            body=SearchRequest(),
            parameters=CONTEXT_PARAMETER,
            faults=(SITES.not_found, *SEARCH_FAULTS),
        ),
    ),
)
