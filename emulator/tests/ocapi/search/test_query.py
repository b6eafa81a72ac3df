"""Search documents: the members of a request, the first fault of a wrong request, and bounds."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.ocapi.resources.inventory.inventory_lists import InventoryList
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.schema.fields import Array, Embedded
from emulator.ocapi.search import query
from emulator.ocapi.search.query import QUERY, SearchRequest, SearchResult
from emulator.ocapi.wire import xml
from emulator.tests.table import table

REQUEST = SearchRequest()
ALL: dict[str, Any] = {"match_all_query": {}}
TERM = {"fields": ["id"], "operator": "is", "values": ["a"]}
TERM_FILTER = {"field": "id", "operator": "is", "values": ["a"]}
Told = tuple[str, dict[str, Any]]
MALFORMED: Told = ("MalformedSearchParameterException", {})


class ThingSearchResult(SearchResult):
    hits = Array(Embedded(InventoryList()))


def decode(body: Any) -> dict[str, Any]:
    return REQUEST.decode(body, version="23.2", partial=False)


def refusal(body: Any) -> Told:
    with pytest.raises(Fault) as raised:
        decode(body)
    assert raised.value.kind.status == 400
    return raised.value.kind.type, dict(raised.value.arguments)


def constrained(path: str) -> Told:
    arguments = {"document": "search_request", "path": path}
    return "PropertyConstraintViolationException", arguments


EXPECTED_TOKENS = {
    "string": "VALUE_STRING",
    "number": "VALUE_NUMBER_INT|VALUE_NUMBER_FLOAT",
    "integer": "VALUE_NUMBER_INT",
    "boolean": "VALUE_TRUE|VALUE_FALSE",
    "array": "START_ARRAY",
    "object": "START_OBJECT",
}
ACTUAL_TOKENS = {
    "string": "VALUE_STRING",
    "integer": "VALUE_NUMBER_INT",
    "fraction": "VALUE_NUMBER_FLOAT",
    "true": "VALUE_TRUE",
    "false": "VALUE_FALSE",
    "null": "VALUE_NULL",
    "array": "START_ARRAY",
    "object": "START_OBJECT",
}


def mistyped(path: str, expected: str, actual: str) -> Told:
    tokens = "|".join(EXPECTED_TOKENS[name] for name in expected.split(","))
    arguments = {"path": path, "expectedTypes": tokens, "actualType": ACTUAL_TOKENS[actual]}
    return "TypeDecodingException", arguments


def unknown(name: str) -> Told:
    return "UnknownPropertyException", {"property": name, "document": "search_request"}


def unlisted(value: str) -> Told:
    return (
        "EnumConstraintViolationException",
        {"document": "search_request", "enumValue": value},
    )


def filtered(filter_: Any) -> dict[str, Any]:
    return {"filtered_query": {"query": ALL, "filter": filter_}}


@table(
    ("document", "name"),
    [
        (query.SearchRequest(), "search_request"),
        (query.Query(), "query"),
        (query.MatchAllQuery(), "match_all_query"),
        (query.TermQuery(), "term_query"),
        (query.TextQuery(), "text_query"),
        (query.BoolQuery(), "bool_query"),
        (query.FilteredQuery(), "filtered_query"),
        (query.NestedQuery(), "nested_query"),
        (query.Filter(), "filter"),
        (query.TermFilter(), "term_filter"),
        (query.RangeFilter(), "range_filter"),
        (query.Range2Filter(), "range2_filter"),
        (query.QueryFilter(), "query_filter"),
        (query.BoolFilter(), "bool_filter"),
        (query.Sort(), "sort"),
        (query.ResultPage(), "result_page"),
        (ThingSearchResult(), "thing_search_result"),
    ],
)
def test_a_document_has_the_name_of_the_wire(document: Document, name: str) -> None:
    assert document.type_name == name


def test_a_request_has_a_query_and_defaults() -> None:
    assert decode({"query": ALL}) == {"query": {"match_all_query": {}}, "start": 0, "count": 25}


def test_a_request_takes_all_of_its_members() -> None:
    body = {
        "count": 200,
        "db_start_record_": 0,
        "expand": ["a"],
        "query": {"match_all_query": {}},
        "select": "(**)",
        "sorts": [{"field": "id"}, {"field": "x", "sort_order": "desc"}],
        "start": 2147483647,
    }
    assert decode(body) == body


def test_null_stands_for_what_is_not_sent() -> None:
    body = {"query": ALL, "start": None, "count": None, "sorts": None, "select": None}
    decoded = {name: value for name, value in decode(body).items() if value is not None}
    assert decoded == {"query": {"match_all_query": {}}, "start": 0, "count": 25}
    term = {**TERM, "operator": "is_null", "values": None}
    found = decode({"query": {"term_query": term, "text_query": None}})["query"]
    assert found == {"term_query": {"fields": ["id"], "operator": "is_null"}}


QUERIES = [
    ALL,
    {"term_query": TERM},
    {"term_query": {"fields": ["a", "b"], "operator": "is_null"}},
    {"term_query": {"fields": ["a"], "operator": "?", "values": ["", 0, -1.5, True, None]}},
    {"text_query": {"fields": ["a"], "search_phrase": ""}},
    {"bool_query": {}},
    {"bool_query": {"must": [], "should": [ALL], "must_not": [ALL, {"term_query": TERM}]}},
    {"nested_query": {"path": "a.b", "query": ALL}},
    {"nested_query": {"path": "a", "query": ALL, "score_mode": "avg"}},
    filtered({"term_filter": TERM_FILTER}),
    filtered({"term_filter": {"field": "id", "operator": "is_not_null"}}),
    filtered({"range_filter": {"field": "a", "from": 0, "to": "x"}}),
    filtered({"range_filter": {"field": "a", "from_inclusive": False, "to_inclusive": True}}),
    filtered({"range2_filter": {"from_field": "a", "to_field": "b"}}),
    filtered(
        {
            "range2_filter": {
                "from_field": "a",
                "to_field": "b",
                "filter_mode": "contained",
                "from_value": 1,
                "to_value": "2",
                "from_inclusive": False,
                "to_inclusive": False,
            }
        }
    ),
    filtered({"query_filter": {"query": filtered({"term_filter": TERM_FILTER})}}),
    filtered({"bool_filter": {"operator": "and"}}),
    filtered(
        {
            "bool_filter": {
                "operator": "not",
                "filters": [{"term_filter": TERM_FILTER}, {"bool_filter": {"operator": "or"}}],
            }
        }
    ),
]


@table("sent", QUERIES)
def test_a_query_is_decoded_to_what_was_sent(sent: Any) -> None:
    assert decode({"query": sent})["query"] == sent


@table("sent", QUERIES)
def test_a_query_travels_as_xml(sent: Any) -> None:
    text = xml.encode({"query": sent}, REQUEST, "23.2", indent=False)
    assert xml.decode(text, REQUEST, "23.2") == {"query": sent}


def test_a_result_travels_as_xml() -> None:
    page = {"_type": "result_page", "count": 1, "start": 2}
    content = {
        "_v": "23.2",
        "_type": "thing_search_result",
        "count": 1,
        "hits": [{"_type": "inventory_list", "id": "a"}],
        "next": page,
        "previous": page,
        "query": {"term_query": {"_type": "term_query", "fields": ["x"], "values": [True, 1]}},
        "sorts": [{"_type": "sort", "field": "id"}],
        "start": 0,
        "total": 9,
    }
    text = xml.encode(content, ThingSearchResult(), "23.2", indent=True)
    assert xml.decode(text, ThingSearchResult(), "23.2") == content


def test_members_keep_the_order_they_were_sent_in() -> None:
    term = {"values": ["a"], "operator": "is", "fields": ["id"]}
    filter_ = {"to": 2, "from_inclusive": True, "from": 1, "field": "n"}
    sent = {
        "filtered_query": {
            "query": {"bool_query": {"should": [{"term_query": term}], "must": []}},
            "filter": {"range_filter": filter_},
        }
    }
    found = decode({"query": sent})["query"]["filtered_query"]
    assert list(found) == ["query", "filter"]
    assert list(found["query"]["bool_query"]) == ["should", "must"]
    [inner] = found["query"]["bool_query"]["should"]
    assert list(inner["term_query"]) == ["values", "operator", "fields"]
    assert list(found["filter"]["range_filter"]) == ["to", "from_inclusive", "from", "field"]


def test_the_type_of_a_part_is_accepted_and_left_out() -> None:
    body = {
        "_type": "search_request",
        "_v": "23.2",
        "query": {
            "_type": "query",
            "filtered_query": {
                "_type": "filtered_query",
                "query": {"match_all_query": {"_type": "match_all_query"}},
                "filter": {
                    "_type": "filter",
                    "term_filter": {"_type": "term_filter"} | TERM_FILTER,
                },
            },
        },
        "sorts": [{"_type": "sort", "field": "id"}],
    }
    assert decode(body) == {
        "query": filtered({"term_filter": TERM_FILTER}),
        "sorts": [{"field": "id"}],
        "start": 0,
        "count": 25,
    }


def with_query(**members: Any) -> dict[str, Any]:
    return {"query": members}


REFUSED: list[tuple[Any, Told]] = [
    ([], mistyped("$", "object", "array")),
    ({}, constrained("$.query")),
    ({"query": None}, constrained("$.query")),
    ({"query": "x"}, mistyped("$.query", "object", "string")),
    ({"query": ALL, "_v": "23.1"}, ("UnexpectedVersionException", {"version": "23.1"})),
    ({"query": ALL, "_type": "query"}, constrained("$._type")),
    ({"query": ALL, "limit": 1}, unknown("limit")),
    ({"query": ALL, "count": 0}, constrained("$.count")),
    ({"query": ALL, "count": 201}, constrained("$.count")),
    ({"query": ALL, "count": 1.5}, mistyped("$.count", "integer", "fraction")),
    ({"query": ALL, "count": 25.0}, mistyped("$.count", "integer", "fraction")),
    ({"query": ALL, "count": "25"}, mistyped("$.count", "integer", "string")),
    ({"query": ALL, "count": True}, mistyped("$.count", "integer", "true")),
    ({"query": ALL, "start": -1}, constrained("$.start")),
    ({"query": ALL, "start": 2147483648}, constrained("$.start")),
    ({"query": ALL, "start": "0"}, mistyped("$.start", "integer", "string")),
    ({"query": ALL, "db_start_record_": -1}, constrained("$.db_start_record_")),
    ({"query": ALL, "select": 1}, mistyped("$.select", "string", "integer")),
    ({"query": ALL, "expand": "a"}, mistyped("$.expand", "array", "string")),
    ({"query": ALL, "expand": [1]}, mistyped("$.expand.[0]", "string", "integer")),
    ({"query": ALL, "expand": [None]}, constrained("$.expand.[0]")),
    ({"query": ALL, "sorts": {}}, mistyped("$.sorts", "array", "object")),
    ({"query": ALL, "sorts": ["id"]}, mistyped("$.sorts.[0]", "object", "string")),
    ({"query": ALL, "sorts": [None]}, constrained("$.sorts.[0]")),
    ({"query": ALL, "sorts": [{}]}, constrained("$.sorts.[0].field")),
    ({"query": ALL, "sorts": [{"field": 1}]}, mistyped("$.sorts.[0].field", "string", "integer")),
    ({"query": ALL, "sorts": [{"field": "a", "sort_order": "up"}]}, unlisted("up")),
    ({"query": ALL, "sorts": [{"field": "a", "order": "asc"}]}, unknown("order")),
    ({"query": ALL, "sorts": [{"field": "a", "_type": "x"}]}, constrained("$.sorts.[0]._type")),
    ({"query": {}}, MALFORMED),
    ({"query": {"_type": "query"}}, MALFORMED),
    (with_query(match_all_query=None), MALFORMED),
    (with_query(match_all_query={}, term_query=TERM), MALFORMED),
    (with_query(match_all_query={}, term_query={}), MALFORMED),
    (with_query(no_query={}), unknown("no_query")),
    (with_query(match_all_query={}, no_query={}), unknown("no_query")),
    (with_query(term_filter=TERM_FILTER), unknown("term_filter")),
    (with_query(match_all_query=[]), mistyped("$.query.match_all_query", "object", "array")),
    (with_query(match_all_query={"boost": 1}), unknown("boost")),
    (with_query(_type="term_query", match_all_query={}), constrained("$.query._type")),
    (
        with_query(match_all_query={"_type": "query"}),
        constrained("$.query.match_all_query._type"),
    ),
    (
        with_query(match_all_query={"_v": 1}),
        mistyped("$.query.match_all_query._v", "string", "integer"),
    ),
    (with_query(term_query={**TERM, "fields": []}), constrained("$.query.term_query.fields")),
    (with_query(term_query={**TERM, "fields": None}), constrained("$.query.term_query.fields")),
    (
        with_query(term_query={**TERM, "fields": "id"}),
        mistyped("$.query.term_query.fields", "array", "string"),
    ),
    (
        with_query(term_query={**TERM, "fields": ["a", 1]}),
        mistyped("$.query.term_query.fields.[1]", "string", "integer"),
    ),
    (
        with_query(term_query={**TERM, "fields": [None]}),
        constrained("$.query.term_query.fields.[0]"),
    ),
    (with_query(term_query={"operator": "is"}), constrained("$.query.term_query.fields")),
    (with_query(term_query={"fields": ["id"]}), constrained("$.query.term_query.operator")),
    (
        with_query(term_query={**TERM, "operator": 1}),
        mistyped("$.query.term_query.operator", "string", "integer"),
    ),
    (
        with_query(term_query={**TERM, "values": "a"}),
        mistyped("$.query.term_query.values", "array", "string"),
    ),
    (
        with_query(term_query={**TERM, "values": ["a", {}]}),
        mistyped("$.query.term_query.values.[1]", "string,number,boolean", "object"),
    ),
    (
        with_query(term_query={**TERM, "values": [[]]}),
        mistyped("$.query.term_query.values.[0]", "string,number,boolean", "array"),
    ),
    (with_query(text_query={"fields": ["a"]}), constrained("$.query.text_query.search_phrase")),
    (
        with_query(text_query={"fields": [], "search_phrase": "x"}),
        constrained("$.query.text_query.fields"),
    ),
    (with_query(bool_query={"must": ALL}), mistyped("$.query.bool_query.must", "array", "object")),
    (with_query(bool_query={"must": [None]}), constrained("$.query.bool_query.must.[0]")),
    (with_query(bool_query={"must": [ALL, {}]}), MALFORMED),
    (with_query(bool_query={"must": [ALL], "may": []}), unknown("may")),
    (
        with_query(bool_query={"should": [ALL, {"term_query": {**TERM, "values": [{}]}}]}),
        mistyped(
            "$.query.bool_query.should.[1].term_query.values.[0]",
            "string,number,boolean",
            "object",
        ),
    ),
    (with_query(filtered_query={"query": ALL}), constrained("$.query.filtered_query.filter")),
    (with_query(filtered_query={"query": ALL, "filter": {}}), MALFORMED),
    (
        with_query(filtered_query={"filter": {"term_filter": TERM_FILTER}}),
        constrained("$.query.filtered_query.query"),
    ),
    (with_query(nested_query={"query": ALL}), constrained("$.query.nested_query.path")),
    (with_query(nested_query={"path": "a"}), constrained("$.query.nested_query.query")),
    (with_query(nested_query={"path": "a", "query": ALL, "score_mode": "sum"}), unlisted("sum")),
    (
        {"query": filtered({"term_filter": {}})},
        constrained("$.query.filtered_query.filter.term_filter.field"),
    ),
    ({"query": filtered({"match_all_query": {}})}, unknown("match_all_query")),
    (
        {"query": filtered({"range_filter": {"field": "a", "from": [1]}})},
        mistyped(
            "$.query.filtered_query.filter.range_filter.from",
            "string,number,boolean",
            "array",
        ),
    ),
    (
        {"query": filtered({"range_filter": {"field": "a", "from_inclusive": "true"}})},
        mistyped("$.query.filtered_query.filter.range_filter.from_inclusive", "boolean", "string"),
    ),
    (
        {"query": filtered({"range2_filter": {"from_field": "a"}})},
        constrained("$.query.filtered_query.filter.range2_filter.to_field"),
    ),
    (
        {
            "query": filtered(
                {"range2_filter": {"from_field": "a", "to_field": "b", "filter_mode": "in"}}
            )
        },
        unlisted("in"),
    ),
    (
        {"query": filtered({"query_filter": {}})},
        constrained("$.query.filtered_query.filter.query_filter.query"),
    ),
    (
        {"query": filtered({"bool_filter": {"filters": []}})},
        constrained("$.query.filtered_query.filter.bool_filter.operator"),
    ),
    (
        {"query": filtered({"bool_filter": {"operator": "and", "filters": [1]}})},
        mistyped("$.query.filtered_query.filter.bool_filter.filters.[0]", "object", "integer"),
    ),
]


@table(("body", "told"), REFUSED)
def test_what_breaks_a_rule_is_refused(body: Any, told: Told) -> None:
    assert refusal(body) == told


BAD_TERM = {"term_query": {**TERM, "operator": 1}}
AT_BAD_TERM = "bool_query.must.[0].term_query.operator"


@table(
    ("body", "told"),
    [
        ({"start": -1, "query": {}}, constrained("$.start")),
        ({"query": {}, "start": -1}, MALFORMED),
        (
            with_query(bool_query={"must": [BAD_TERM], "nope": 1}),
            mistyped(f"$.query.{AT_BAD_TERM}", "string", "integer"),
        ),
        (with_query(bool_query={"nope": 1, "must": [BAD_TERM]}), unknown("nope")),
        (with_query(bool_query={"must": [{}, BAD_TERM]}), MALFORMED),
        (
            with_query(bool_query={"must": [BAD_TERM, {}]}),
            mistyped(f"$.query.{AT_BAD_TERM}", "string", "integer"),
        ),
        (
            with_query(bool_query={"must": [BAD_TERM, 1]}),
            mistyped(f"$.query.{AT_BAD_TERM}", "string", "integer"),
        ),
        (
            with_query(bool_query={"must": [1, BAD_TERM]}),
            mistyped("$.query.bool_query.must.[0]", "object", "integer"),
        ),
    ],
)
def test_the_first_fault_is_told(body: Any, told: Told) -> None:
    assert refusal(body) == told


def test_the_malformed_search_tells_what_to_mend() -> None:
    with pytest.raises(Fault, match="exactly one kind each, and at most 50 of them"):
        decode({"query": {}})


def in_bool(inner: Any) -> dict[str, Any]:
    return {"bool_query": {"must": [inner]}}


def in_nested(inner: Any) -> dict[str, Any]:
    return {"nested_query": {"path": "a", "query": inner}}


def in_filtered(inner: Any) -> dict[str, Any]:
    return {"filtered_query": {"query": inner, "filter": {"term_filter": TERM_FILTER}}}


@table("wrap", [in_bool, in_nested, in_filtered])
def test_queries_stand_inside_each_other_to_50_levels(wrap: Callable[[Any], Any]) -> None:
    nested: Any = {"term_query": TERM}
    for _ in range(48):
        nested = wrap(nested)
    assert decode({"query": nested})["query"] == nested
    deepest = in_bool(nested)
    assert decode({"query": deepest})["query"] == deepest
    assert refusal({"query": wrap(deepest)}) == MALFORMED


def test_filters_stand_inside_each_other_to_50_levels() -> None:
    nested: Any = {"term_filter": TERM_FILTER}
    for _ in range(48):
        nested = {"bool_filter": {"operator": "and", "filters": [nested]}}
    assert decode({"query": filtered(nested)})["query"] == filtered(nested)
    deeper = {"bool_filter": {"operator": "and", "filters": [nested]}}
    assert refusal({"query": filtered(deeper)}) == MALFORMED
    assert refusal({"query": filtered({"query_filter": {"query": filtered(nested)}})}) == MALFORMED


def test_no_depth_exhausts_the_stack() -> None:
    nested: Any = ALL
    for _ in range(2 * sys.getrecursionlimit()):
        nested = in_bool(nested)
    assert refusal({"query": nested}) == MALFORMED


@pytest.mark.parametrize(
    "body",
    [
        {"query": {"bool_query": {"must": [{}] * 20_000}}},
        {"query": {"term_query": {**TERM, "values": [1] * 20_000}}},
        {"query": {"term_query": {**TERM, "fields": ["id"] * 20_000}}},
        {"query": ALL, "sorts": [{"field": "id"}] * 10_000},
        {"query": ALL, "expand": ["x"] * 20_000},
    ],
    ids=["clauses", "values", "fields", "sorts", "expansions"],
)
def test_a_request_of_more_than_20000_values_is_refused(body: Any) -> None:
    msg = "a search request holds at most 20000 values"
    assert refusal(body) == ("QuotaExceededException", {"msg": msg})


def test_many_clauses_are_decoded() -> None:
    many = {"bool_query": {"should": [{"term_query": TERM}] * 2000}}
    assert decode({"query": many})["query"] == many


def test_a_query_knows_itself() -> None:
    must = query.BoolQuery().property_of("must")
    assert isinstance(must, Array)
    assert isinstance(must.inner, Embedded)
    assert must.inner.document is QUERY


def test_a_document_inside_can_be_given_as_a_function() -> None:
    document = InventoryList()
    assert Embedded(lambda: document).document is document
    assert Embedded(lambda: document).deserialize({"id": "a"})["id"] == "a"
    assert Embedded(document).document is document


NAMES = [
    *("query", "filter", "must", "should", "filters", "fields", "values", "operator", "field"),
    *("term_query", "bool_query", "filtered_query", "match_all_query", "bool_filter", "_type"),
]
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["a", "is", "query"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(BODIES)
def test_any_body_is_decoded_or_refused_with_a_fault(body: Any) -> None:
    status = None
    try:
        decoded = decode({"query": body})
    except Fault as fault:
        status = fault.kind.status
    assert status == 400 if status else decode(decoded) == decoded
