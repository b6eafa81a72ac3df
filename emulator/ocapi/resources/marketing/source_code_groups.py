"""Source code groups of a site, and the source code group search (MKT-14, MKT-15)."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from emulator.fixture.reference import Records
from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties, Resource
from emulator.ocapi.resources.id_lists import release_named
from emulator.ocapi.resources.marketing.assignments import declare, declare_listed
from emulator.ocapi.resources.marketing.faults import (
    SOURCE_CODE_GROUP_INVALID,
    SOURCE_CODE_GROUP_NOT_FOUND,
)
from emulator.ocapi.resources.marketing.names import SOURCE_CODE_GROUPS_NAME
from emulator.ocapi.resources.marketing.pages import search_records
from emulator.ocapi.resources.marketing.schedule import is_within
from emulator.ocapi.resources.marketing.source_code_group import (
    PLACELESS,
    SourceCodeGroup,
    SourceCodeGroups,
    SourceCodeGroupSearchResult,
)
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SEARCH_FAULTS, SearchRequest
from emulator.store import Change, Record

EXPRESSION = re.compile(r"(?:[A-Za-z0-9?*]|\[\d+\.\.\d+\])+", re.ASCII)
REDIRECTS = ("active_redirect", "inactive_redirect")
ACTIVE, SPECIFICATIONS = "active", "specifications"


def derive(
    _before: Properties | None, after: dict[str, Any], _changes: Properties, _now: str
) -> dict[str, Any]:
    """Return a group without a stored state, and without locations of placeless redirects."""
    properties = {name: value for name, value in after.items() if name != ACTIVE}
    for name in REDIRECTS:
        redirect = properties.get(name)
        if redirect and redirect.get("location_type") in PLACELESS:
            properties[name] = {"location_type": redirect["location_type"]}
    return properties


def show(call: Call, group: Record) -> dict[str, Any]:
    """Return the state of a group by the clock; the specifications are shown if expanded."""
    call.prevent_caching()
    within = is_within(call.now, group.get("start_time"), group.get("end_time"))
    shown = {ACTIVE: bool(group.get("enabled")) and within}
    return shown if SPECIFICATIONS in call.expansions else {**shown, SPECIFICATIONS: None}


def check(call: Call, _before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Check a written group; campaigns and assignments lose a deleted group (MKT-2).

    Raises:
        Fault: SOURCE_CODE_GROUP_INVALID, with the name of the property.
    """
    if after is None:
        yield from release_named(call.store, SOURCE_CODE_GROUPS_NAME, call.key)
        return
    for name, _reason in find_mistakes(after):
        raise SOURCE_CODE_GROUP_INVALID(name)


def find_mistakes(group: Properties) -> Iterator[tuple[str, str]]:
    """Yield the name of each wrong property, and the reason."""
    for name in REDIRECTS:
        redirect = group.get(name) or {}
        kind = redirect.get("location_type", PLACELESS[0])
        if kind not in PLACELESS and not redirect.get("location"):
            yield name, f"a redirect of type '{kind}' needs a location"
    start, end = group.get("start_time"), group.get("end_time")
    if start and end and end < start:
        yield "end_time", "the end is before the start"
    for one in group.get(SPECIFICATIONS) or ():
        if not EXPRESSION.fullmatch(one.get("expression", "")):
            yield SPECIFICATIONS, f"'{one.get('expression', '')}' is not a valid source code"


def list_mistakes(group: Record, _: Records, *, name: str) -> Iterator[str]:
    """Yield what is wrong with a property of a group in a data set (MKT-14)."""
    return (reason for wrong, reason in find_mistakes(group.properties) if wrong == name)


def search(call: Call) -> Answer:
    """Search the source code groups of a site."""
    call.prevent_caching()
    now = call.now

    def is_active(enabled: bool | None, start: str | None, end: str | None) -> bool:  # noqa: FBT001
        return bool(enabled) and is_within(now, start, end)

    sources = ("enabled", "start_time", "end_time")
    active = SearchField("boolean", is_active, sources=sources, sortable=False)
    return search_records(call, SOURCE_CODE_GROUPS, RESULT, {**SEARCH_FIELDS, ACTIVE: active})


RESULT = SourceCodeGroupSearchResult()
SEARCH_FIELDS = {
    "id": SearchField("string"),
    "description": SearchField("text"),
    "source_code": SearchField("string", path=f"{SPECIFICATIONS}.expression", sortable=False),
    "start_time": SearchField("date", sortable=False),
    "end_time": SearchField("date", sortable=False),
    "creation_date": SearchField("date"),
    "enabled": SearchField("boolean"),
}
SOURCE_CODE_GROUPS = Resource(
    path=SOURCE_CODE_GROUPS_NAME,
    parent=SITES,
    parent_key="site_id",
    document=SourceCodeGroup(),
    collection=SourceCodeGroups(),
    key="id",
    verbs=frozenset({"list", "read", "create", "update", "delete"}),
    not_found=SOURCE_CODE_GROUP_NOT_FOUND,
    created_status=200,
    expansions=(SPECIFICATIONS,),
    derive=derive,
    view=show,
    effects=check,
    references={
        name: partial(list_mistakes, name=name) for name in (*REDIRECTS, "end_time", SPECIFICATIONS)
    },
    refusals={
        "create": (SOURCE_CODE_GROUP_INVALID,),
        "update": (SOURCE_CODE_GROUP_INVALID,),
    },
    operations=(
        Operation(
            method="POST",
            path="sites/{site_id}/source_code_group_search",
            answer=search,
            shows=RESULT,
            body=SearchRequest(),
            expansions=(SPECIFICATIONS,),
            faults=(SITES.not_found, *SEARCH_FAULTS),
        ),
        *declare(
            declare_listed("source code group", SOURCE_CODE_GROUPS_NAME, "source_code_group_id")
        ),
    ),
)
