"""The query language: hits, faults, orders, exact values, echoes and bounds."""

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.ocapi.schema.faults import Fault, FaultType
from emulator.ocapi.search import budget
from emulator.ocapi.search.language import SearchField, compile_query, compile_sorts, echo, exact
from emulator.ocapi.search.query import SearchRequest
from emulator.store import Record
from emulator.tests.table import table

UNKNOWN_RANK = FaultType(400, "UnknownRank", "The rank '{rank}' is unknown.", ("rank",))
FIELDS: Mapping[str, SearchField] = {
    "id": SearchField("string"),
    "note": SearchField("text"),
    "flag": SearchField("boolean"),
    "ready": SearchField("boolean"),
    "amount": SearchField("number"),
    "least": SearchField("number"),
    "due": SearchField("date"),
    "until": SearchField("date"),
    "tags": SearchField("string"),
    "state": SearchField("enum", values=("normal", "delete")),
    "handling": SearchField("enum", values=("none", "preorder")),
    "length": SearchField("number", lambda properties: len(properties.get("id", ""))),
    "titles": SearchField("text", lambda one: list((one or {}).values()), sources=("titles",)),
    "total": SearchField("number", lambda a, b: (a or 0) + (b or 0), sources=("amount", "least")),
    "most": SearchField("number", lambda *all_: max(all_), sources=("a", "b", "c")),
    "hidden": SearchField("string", queryable=False),
    "loose": SearchField("string", sortable=False),
    "name": SearchField("string", whole_words=True),
    "zip": SearchField("string", path="part.code"),
    "rank": SearchField("enum", values=("gold",), refusal=UNKNOWN_RANK),
    "part.code": SearchField("string"),
    "lines.code": SearchField("string"),
    "lines.size": SearchField("number"),
    "lines.made": SearchField("number", lambda _: 1),
    "lines.parts.code": SearchField("string"),
    "lines.parts.size": SearchField("number"),
}
ALL: dict[str, Any] = {"match_all_query": {}}
TITLES: Any = {"titles": {"default": "Red Lamp", "de": "Rote Lampe"}}
Told = tuple[str, dict[str, Any]]


def decoded(query: Any) -> dict[str, Any]:
    found = SearchRequest().decode({"query": query}, version="23.2", partial=False)["query"]
    assert isinstance(found, dict)
    return found


def hits(query: Any, *documents: Mapping[str, Any]) -> list[bool]:
    compiled = compile_query(decoded(query), FIELDS)
    return [bool(compiled.select([document])) for document in documents]


def refusal(query: Any) -> Told:
    with pytest.raises(Fault) as raised:
        compile_query(decoded(query), FIELDS)
    assert raised.value.kind.status == 400
    return raised.value.kind.type, dict(raised.value.arguments)


def term(fields: str, operator: str, *values: Any) -> dict[str, Any]:
    sent = {"fields": fields.split(), "operator": operator, "values": list(values)}
    return {"term_query": sent}


def text(fields: str, phrase: str) -> dict[str, Any]:
    return {"text_query": {"fields": fields.split(), "search_phrase": phrase}}


def filtered(filter_: Any, query: Any = ALL) -> dict[str, Any]:
    return {"filtered_query": {"query": query, "filter": filter_}}


def term_filter(field: str, operator: str, *values: Any) -> dict[str, Any]:
    return {"term_filter": {"field": field, "operator": operator, "values": list(values)}}


def between(field: str, **members: Any) -> dict[str, Any]:
    named = {name.strip("_"): value for name, value in members.items()}
    return filtered({"range_filter": {"field": field, **named}})


def across(mode: str | None, low: Any, high: Any, **members: Any) -> dict[str, Any]:
    sent = {"from_field": "least", "to_field": "amount", "from_value": low, "to_value": high}
    chosen = {} if mode is None else {"filter_mode": mode}
    return filtered({"range2_filter": {**sent, **chosen, **members}})


def any_of(*clauses: Any) -> dict[str, Any]:
    return {"bool_query": {"should": list(clauses)}}


def all_of(*clauses: Any) -> dict[str, Any]:
    return {"bool_query": {"must": list(clauses)}}


def bool_filter(operator: str, *filters: Any) -> dict[str, Any]:
    return {"bool_filter": {"operator": operator, "filters": list(filters)}}


def nested(path: str, query: Any) -> dict[str, Any]:
    return {"nested_query": {"path": path, "query": query}}


def test_match_all_matches_all() -> None:
    assert hits(ALL, {}, {"id": "a"}) == [True, True]


# Of documents whose amount is 1, 2 and missing.
@table(
    ("query", "found"),
    [
        (term("amount", "is", 1), [True, False, False]),
        (term("amount", "is", 1.0), [True, False, False]),
        (term("amount", "is", 1, 2, 3), [True, True, False]),
        (term("amount", "one_of", 1), [True, False, False]),
        (term("amount", "one_of", 1, 2, 3, 1), [True, True, False]),
        (term("amount", "neq", 1), [False, True, True]),
        (term("amount", "not_in", 1), [False, True, True]),
        (term("amount", "not_in", 1, 2), [False, False, True]),
        (term("amount", "less", 2), [True, False, False]),
        (term("amount", "less", 2.5), [True, True, False]),
        (term("amount", "greater", 1), [False, True, False]),
        (term("amount", "greater", 0), [True, True, False]),
        (term("amount", "is_null"), [False, False, True]),
        (term("amount", "is_not_null"), [True, True, False]),
    ],
)
def test_a_term_compares_a_field_with_values(query: Any, found: list[bool]) -> None:
    documents: list[dict[str, Any]] = [{"amount": 1}, {"amount": 2}, {"id": "x"}]
    assert hits(query, *documents) == found
    sent = dict(query["term_query"])
    [field] = sent.pop("fields")
    assert hits(filtered({"term_filter": {"field": field, **sent}}), *documents) == found


@table("missing", [{}, {"id": None}, {"id": []}, {"id": [None]}, {"id": 1}])
def test_absent_null_empty_and_mistyped_are_no_value(missing: Any) -> None:
    assert hits(term("id", "is_null"), missing) == [True]
    assert hits(term("id", "is_not_null"), missing) == [False]
    assert hits(term("id", "is", "1"), missing) == [False]
    assert hits(term("id", "neq", "1"), missing) == [True]
    assert hits(term("id", "less", "z"), missing) == [False]
    assert hits(term("id", "greater", ""), missing) == [False]
    assert hits(between("id", from_=""), missing) == [False]


def test_strings_are_compared_exactly() -> None:
    documents: list[dict[str, Any]] = [{"id": "a"}, {"id": "A"}, {"id": " a"}, {"id": "b"}]
    assert hits(term("id", "is", "a"), *documents) == [True, False, False, False]
    assert hits(term("id", "less", "a"), *documents) == [False, True, True, False]
    assert hits(term("id", "greater", "a"), *documents) == [False, False, False, True]


def test_booleans_are_no_numbers() -> None:
    documents: list[dict[str, Any]] = [{"flag": True}, {"flag": False}, {"flag": 1}, {}]
    assert hits(term("flag", "is", True), *documents) == [True, False, False, False]
    assert hits(term("flag", "neq", True), *documents) == [False, True, True, True]
    assert hits(term("amount", "is", 1), {"amount": True}, {"amount": 1}) == [False, True]


def test_an_enumeration_is_compared_by_its_values() -> None:
    documents: list[dict[str, Any]] = [{"state": "normal"}, {"state": "delete"}, {}]
    assert hits(term("state", "is", "delete"), *documents) == [False, True, False]
    assert hits(term("state handling", "is_null"), *documents[:1]) == [True]


def test_dates_are_compared_as_instants() -> None:
    documents: list[dict[str, Any]] = [
        {"due": "2024-02-19T10:18:31.000Z"},
        {"due": "2024-02-19T12:18:31+02:00"},
    ]
    assert hits(term("due", "is", "2024-02-19T11:18:31+01:00"), *documents) == [True, True]
    assert hits(term("due", "is", "2024-02-19T10:18:31"), *documents) == [True, True]
    assert hits(term("due", "less", "2024-02-19T11:18:31Z"), *documents) == [True, True]
    assert hits(term("due", "greater", "2024-02-19"), *documents) == [True, True]
    assert hits(term("due", "is_null"), {"due": "soon"}, {"due": 3}) == [True, True]


def test_the_outermost_dates_can_be_compared() -> None:
    documents: list[dict[str, Any]] = [
        {"due": "0001-01-01T00:00:00+14:00"},
        {"due": "9999-12-31T23:59:59-14:00"},
    ]
    assert hits(term("due", "less", "0001-01-01T00:00:00Z"), *documents) == [True, False]
    assert hits(term("due", "is", "9999-12-31T23:59:59-14:00"), *documents) == [False, True]


def test_several_fields_are_combined_by_or() -> None:
    documents: list[dict[str, Any]] = [
        {"id": "a"},
        {"note": "a"},
        {"id": "b", "note": "b"},
        {"id": "a", "note": "b"},
    ]
    assert hits(term("id note", "is", "a"), *documents) == [True, True, False, True]
    assert hits(term("id note", "neq", "a"), *documents) == [True, True, True, True]
    assert hits(term("id note", "not_in", "a", "b"), *documents) == [True, True, False, False]
    assert hits(term("id note", "is_null"), *documents) == [True, True, False, False]
    assert hits(term("id id", "neq", "a"), *documents) == [False, True, True, False]


def test_of_several_values_one_has_to_fit() -> None:
    documents: list[dict[str, Any]] = [{"tags": ["a", "b"]}, {"tags": ("b", "c")}, {"tags": []}]
    assert hits(term("tags", "is", "a"), *documents) == [True, False, False]
    assert hits(term("tags", "neq", "a"), *documents) == [False, True, True]
    assert hits(term("tags", "not_in", "a", "c"), *documents) == [False, False, True]
    assert hits(term("tags", "greater", "b"), *documents) == [False, True, False]
    assert hits(between("tags", from_="b", to="b"), *documents) == [True, True, False]


def test_values_of_other_types_in_a_list_never_fit() -> None:
    documents: list[dict[str, Any]] = [
        {"tags": [MappingProxyType({"a": "a"}), "a"]},
        {"tags": [MappingProxyType({"a": "a"}), True]},
        {"tags": [1, None]},
    ]
    assert hits(term("tags", "is", "a"), *documents) == [True, False, False]
    assert hits(term("tags", "neq", "a"), *documents) == [False, True, True]


def test_a_field_can_be_computed() -> None:
    assert hits(term("length", "is", 2), {"id": "ab"}, {"id": "a"}, {}) == [True, False, False]


def test_a_dotted_name_leads_into_embedded_documents() -> None:
    documents: list[dict[str, Any]] = [
        {"part": {"code": "a"}},
        {"part": {"code": None}},
        {"part": None},
        {"part": "a"},
        {"part.code": "a"},
    ]
    assert hits(term("part.code", "is", "a"), *documents) == [True, False, False, False, False]
    assert hits(term("part.code", "is_null"), *documents) == [False, True, True, True, True]
    lines: list[dict[str, Any]] = [{"lines": [{"code": "a"}, {"code": "b"}]}, {"lines": []}]
    assert hits(term("lines.code", "is", "b"), *lines) == [True, False]
    assert hits(term("lines.code", "neq", "b"), *lines) == [False, True]


def test_stored_properties_can_be_frozen() -> None:
    frozen = MappingProxyType({"lines": (MappingProxyType({"code": "a"}),), "tags": ("x",)})
    assert hits(term("lines.code", "is", "a"), frozen) == [True]
    assert hits(nested("lines", term("lines.code", "is", "a")), frozen) == [True]


@table(
    ("phrase", "found"),
    [
        ("stock", [True, True, False]),
        ("STOCK", [True, True, False]),
        ("town stock", [True, False, False]),
        ("  town \t stock  stock ", [True, False, False]),
        ("sto", [True, True, False]),
        ("stock-1", [False, True, False]),
        ("town stock-1", [False, False, False]),
        ("ofstock", [False, False, False]),
        ("strasse", [False, True, False]),
        ("", [True, True, True]),
        (" ", [True, True, True]),
        ("*", [True, True, True]),
        ("**", [True, True, True]),
        (" ** * ", [True, True, True]),
        ("** stock", [False, False, False]),
    ],
)
def test_every_word_of_a_phrase_occurs_in_the_fields(phrase: str, found: list[bool]) -> None:
    documents: list[dict[str, Any]] = [
        {"id": "list-of", "note": "Stock of the Town"},
        {"id": "stock-1", "note": "Hauptstraße"},
        {"tags": ["stock"]},
    ]
    assert hits(text("id note", phrase), *documents) == found


def test_the_words_of_a_phrase_may_be_spread_over_fields_and_values() -> None:
    document = {"id": "alpha", "note": "beta", "tags": ["gamma", "delta"]}
    assert hits(text("id note", "beta alpha"), document) == [True]
    assert hits(text("id note", "alphabeta"), document) == [False]
    assert hits(text("tags", "delta gamma"), document) == [True]


def test_a_phrase_is_looked_for_in_enumerations_and_booleans() -> None:
    documents: list[dict[str, Any]] = [{"state": "normal", "flag": True}, {"flag": False}, {}]
    assert hits(text("state", "norm"), *documents) == [True, False, False]
    assert hits(text("flag", "true"), *documents) == [True, False, False]
    assert hits(text("flag ready", "FALSE"), *documents) == [False, True, False]
    assert hits(text("flag state id", "true normal"), *documents) == [True, False, False]
    assert hits(text("flag", "**"), *documents) == [True, True, True]


def test_whole_words_are_found_rather_than_parts_of_words() -> None:
    documents = [{"name": "Jon Smith"}, {"name": "Jonathan"}, {"note": "Jon"}]
    assert hits(text("name", "jon"), *documents) == [True, False, False]
    assert hits(text("name", "SMITH jon"), *documents) == [True, False, False]
    # With a field of parts, words are compared by parts.
    assert hits(text("name note", "jon"), *documents) == [True, True, True]


def test_a_field_can_have_a_path_other_than_the_name() -> None:
    documents: list[dict[str, Any]] = [{"part": {"code": "y"}}, {"part.code": "y"}, {"zip": "y"}]
    assert hits(term("zip", "is", "y"), *documents) == [True, False, False]


def test_an_enumeration_can_have_a_fault_for_other_values() -> None:
    assert refusal(term("rank", "is", "lead")) == ("UnknownRankException", {"rank": "lead"})


def test_a_record_is_read_like_its_properties() -> None:
    properties = {"id": "a", "lines": [{"code": "x"}], "part": {"code": "y"}}
    record = Record(("a",), properties)
    queries = [term("id", "is", "a"), term("lines.code", "is", "x"), term("part.code", "is", "y")]
    queries += [
        text("id", "a"),
        term("length", "is", 1),
        nested("lines", term("lines.code", "is", "x")),
    ]
    compiled = [compile_query(decoded(query), FIELDS) for query in queries]
    assert [query.select([record]) for query in compiled] == [[record]] * len(queries)


# Of the amounts 1, 2, 3, 4 and none.
@table(
    ("query", "found"),
    [
        ({}, [True, True, True, True, True]),
        ({"must": [], "should": [], "must_not": []}, [True, True, True, True, True]),
        ({"must": [term("amount", "greater", 1)]}, [False, True, True, True, False]),
        (
            {"must": [term("amount", "greater", 1), term("amount", "less", 4)]},
            [False, True, True, False, False],
        ),
        (
            {"should": [term("amount", "is", 1), term("amount", "is", 4)]},
            [True, False, False, True, False],
        ),
        ({"must_not": [term("amount", "is", 1)]}, [False, True, True, True, True]),
        (
            {"must_not": [term("amount", "is", 1), term("amount", "is", 4)]},
            [False, True, True, False, True],
        ),
        (
            {
                "must": [term("amount", "less", 4)],
                "should": [term("amount", "is", 2), term("amount", "is", 4)],
            },
            [False, True, False, False, False],
        ),
        (
            {
                "must": [term("amount", "less", 4)],
                "should": [ALL],
                "must_not": [term("amount", "is", 2)],
            },
            [True, False, True, False, False],
        ),
    ],
)
def test_must_should_and_must_not_are_combined_by_and(query: Any, found: list[bool]) -> None:
    documents: list[dict[str, Any]] = [{"amount": n} for n in (1, 2, 3, 4)]
    assert hits({"bool_query": query}, *documents, {}) == found


@table(
    ("filter_", "found"),
    [
        (bool_filter("and"), [True, True, True]),
        (bool_filter("or"), [True, True, True]),
        (bool_filter("not"), [True, True, True]),
        ({"bool_filter": {"operator": "or"}}, [True, True, True]),
        (bool_filter("and", term_filter("amount", "is", 1)), [True, False, False]),
        (
            bool_filter("and", term_filter("amount", "is", 1), term_filter("amount", "is", 2)),
            [False, False, False],
        ),
        (
            bool_filter("or", term_filter("amount", "is", 1), term_filter("amount", "is", 2)),
            [True, True, False],
        ),
        (bool_filter("not", term_filter("amount", "is", 1)), [False, True, True]),
        (
            bool_filter("not", term_filter("amount", "is", 1), term_filter("amount", "is", 2)),
            [False, False, True],
        ),
        (
            bool_filter("not", bool_filter("not", term_filter("amount", "is", 1))),
            [True, False, False],
        ),
        ({"query_filter": {"query": term("amount", "is", 2)}}, [False, True, False]),
    ],
)
def test_filters_are_combined_by_an_operator(filter_: Any, found: list[bool]) -> None:
    assert hits(filtered(filter_), {"amount": 1}, {"amount": 2}, {}) == found


def test_a_filtered_query_asks_for_both() -> None:
    query = filtered(term_filter("amount", "is", 1), term("id", "is", "a"))
    documents: list[dict[str, Any]] = [
        {"id": "a", "amount": 1},
        {"id": "a", "amount": 2},
        {"id": "b", "amount": 1},
    ]
    assert hits(query, *documents) == [True, False, False]


# Of the amounts 1, 2, 3 and none.
@table(
    ("query", "found"),
    [
        (between("amount", from_=1, to=2), [True, True, False, False]),
        (between("amount", from_=2, to=2), [False, True, False, False]),
        (between("amount", from_=1, to=3, from_inclusive=False), [False, True, True, False]),
        (between("amount", from_=1, to=3, to_inclusive=False), [True, True, False, False]),
        (between("amount", from_=1, to=3, from_inclusive=True), [True, True, True, False]),
        (between("amount", from_=2), [False, True, True, False]),
        (between("amount", from_=2, from_inclusive=False), [False, False, True, False]),
        (between("amount", to=2), [True, True, False, False]),
        (between("amount", to=2, from_=None), [True, True, False, False]),
        (between("amount", to=2, to_inclusive=False), [True, False, False, False]),
        (between("amount", from_=3, to=1), [False, False, False, False]),
    ],
)
def test_a_range_has_bounds_that_belong_to_it_unless_told_otherwise(
    query: Any, found: list[bool]
) -> None:
    assert hits(query, {"amount": 1}, {"amount": 2}, {"amount": 3}, {}) == found


def test_ranges_of_strings_and_dates() -> None:
    assert hits(between("id", from_="b", to="d"), {"id": "a"}, {"id": "ca"}) == [False, True]
    dates = between("due", from_="2024-01-01", to="2024-01-31T23:59:59Z")
    documents = [{"due": "2024-01-01T00:00:00.000Z"}, {"due": "2024-01-01T00:00:00+01:00"}]
    assert hits(dates, *documents) == [True, False]


# Of the ranges 1 to 2, 2 to 4, 3 on, up to 3, none, and 4 to 3, which is empty.
RANGES: list[dict[str, Any]] = [
    {"least": 1, "amount": 2},
    {"least": 2, "amount": 4},
    {"least": 3},
    {"amount": 3},
    {},
    {"least": 4, "amount": 3},
]


@table(
    ("query", "found"),
    [
        (across(None, 2, 3), [True, True, True, True, False, False]),
        (across("overlap", 2, 3), [True, True, True, True, False, False]),
        (across("overlap", 2, 3, from_inclusive=False), [False, True, True, True, False, False]),
        (across("overlap", 2, 3, to_inclusive=False), [True, True, False, True, False, False]),
        (across("overlap", None, 1), [True, False, False, True, False, False]),
        (across("overlap", 3, None), [False, True, True, True, False, False]),
        (across("overlap", 4, 3), [False, False, False, False, False, False]),
        (
            across("overlap", 3, 3, to_inclusive=False),
            [False, False, False, False, False, False],
        ),
        (across("containing", 2, 3), [False, True, False, True, False, False]),
        (across("containing", 1, 2), [True, False, False, True, False, False]),
        (
            across("containing", 1, 2, from_inclusive=False, to_inclusive=False),
            [True, False, False, True, False, False],
        ),
        (across("containing", 3, None), [False, False, True, False, False, False]),
        (across("containing", None, 3), [False, False, False, True, False, False]),
        (across("containing", 3, 2), [False, False, False, False, False, False]),
        (across("contained", 1, 4), [True, True, False, False, False, False]),
        (
            across("contained", 1, 4, from_inclusive=False),
            [False, True, False, False, False, False],
        ),
        (across("contained", 1, 4, to_inclusive=False), [True, False, False, False, False, False]),
        (across("contained", 2, None), [False, True, True, False, False, False]),
        (across("contained", None, 3), [True, False, False, True, False, False]),
    ],
)
def test_ranges_are_related(query: Any, found: list[bool]) -> None:
    assert hits(query, *RANGES) == found


LINES: list[dict[str, Any]] = [
    {"lines": [{"code": "a", "size": 1}, {"code": "b", "size": 2}]},
    {"lines": [{"code": "a", "size": 2}]},
    {"lines": {"code": "a", "size": 2}},
    {"lines": []},
    {"lines": ["a", None, 2]},
    {},
]


def test_a_nested_query_is_about_one_element() -> None:
    both = all_of(term("lines.code", "is", "a"), term("lines.size", "is", 2))
    assert hits(both, *LINES) == [True, True, True, False, False, False]
    assert hits(nested("lines", both), *LINES) == [False, True, True, False, False, False]
    assert hits(nested("lines", ALL), *LINES) == [True, True, True, False, False, False]
    missing = nested("lines", term("lines.code", "neq", "a"))
    assert hits(missing, *LINES) == [True, False, False, False, False, False]


def test_nested_queries_stand_inside_each_other() -> None:
    inner = all_of(term("lines.parts.code", "is", "x"), term("lines.parts.size", "is", 1))
    query = nested("lines", all_of(term("lines.code", "is", "a"), nested("lines.parts", inner)))
    straight = nested("lines.parts", inner)
    together = {"lines": [{"code": "a", "parts": [{"code": "x", "size": 1}]}]}
    apart = {"lines": [{"code": "a", "parts": []}, {"parts": [{"code": "x", "size": 1}]}]}
    mixed = {"lines": [{"code": "a", "parts": [{"code": "x"}, {"size": 1}]}]}
    assert hits(query, together, apart, mixed) == [True, False, False]
    assert hits(straight, together, apart, mixed) == [True, True, False]


def unknown_field(name: str) -> Told:
    return "UnknownSearchFieldException", {"field": name}


def unqueryable(name: str) -> Told:
    return "UnqueryableFieldException", {"field": name}


def unknown_operator(name: str) -> Told:
    return "UnknownSearchOperatorException", {"operator": name}


def inapplicable(operator: str, field: str) -> Told:
    return "SearchOperatorNotApplicableException", {"operator": operator, "field": field}


def mismatch(field: str, operator: str) -> Told:
    return "TermOperatorMismatchValuesException", {"field": field, "operator": operator}


def invalid(field: str, value: str, kind: str) -> Told:
    return "InvalidSearchFieldTypeException", {"field": field, "value": value, "type": kind}


def apart(field1: str, field2: str, type1: str, type2: str) -> Told:
    arguments = {"field1": field1, "field2": field2, "type1": type1, "type2": type2}
    return "QuerySearchTypesNomatchException", arguments


def no_range(field: str, kind: str) -> Told:
    return "RangeFilterTypeException", {"field": field, "type": kind}


def bad_bound(field: str, value: str) -> Told:
    return "RangeFilterValueException", {"field": field, "value": value}


def range2(begin: str, end: str, **members: Any) -> dict[str, Any]:
    sent = {"from_field": begin, "to_field": end, **members}
    return filtered({"range2_filter": sent})


REFUSED: list[tuple[Any, Told]] = [
    (term("nope", "is", "a"), unknown_field("nope")),
    (term("id nope", "is", "a"), unknown_field("nope")),
    (text("nope", "a"), unknown_field("nope")),
    (between("nope", from_=1), unknown_field("nope")),
    (range2("id", "nope", from_value="a"), unknown_field("nope")),
    (nested("nope", ALL), unknown_field("nope")),
    (nested("", ALL), unknown_field("")),
    (nested("id", ALL), unknown_field("id")),
    (nested("line", ALL), unknown_field("line")),
    (nested("lines.parts", nested("lines", ALL)), unknown_field("lines")),
    (filtered(term_filter("nope", "is", "a")), unknown_field("nope")),
    (term("hidden", "is", "a"), unqueryable("hidden")),
    (text("id hidden", "a"), unqueryable("hidden")),
    (between("hidden", from_=1), unqueryable("hidden")),
    (range2("hidden", "id", from_value="a"), unqueryable("hidden")),
    (nested("lines", term("id", "is", "a")), unqueryable("id")),
    (nested("lines", term("lines.made", "is", 1)), unqueryable("lines.made")),
    (term("id", "like", "a"), unknown_operator("like")),
    (term("id", "IS", "a"), unknown_operator("IS")),
    (term("id", ""), unknown_operator("")),
    (filtered(term_filter("id", "like", "a")), unknown_operator("like")),
    (filtered(bool_filter("xor")), unknown_operator("xor")),
    (filtered(bool_filter("AND", term_filter("id", "is", "a"))), unknown_operator("AND")),
    (term("flag", "less", True), inapplicable("less", "flag")),
    (term("ready flag", "greater", True), inapplicable("greater", "ready")),
    (term("state", "greater", "normal"), inapplicable("greater", "state")),
    (text("amount", "**"), inapplicable("text_query", "amount")),
    (text("id amount", "1"), inapplicable("text_query", "amount")),
    (text("due", "2024"), inapplicable("text_query", "due")),
    (term("id", "is"), mismatch("id", "is")),
    (term("id", "neq", "a", "a"), mismatch("id", "neq")),
    (term("amount", "less"), mismatch("amount", "less")),
    (term("amount", "greater", 1, 2), mismatch("amount", "greater")),
    (term("id note", "one_of"), mismatch("id", "one_of")),
    (term("id", "not_in"), mismatch("id", "not_in")),
    (term("id", "is_null", "a"), mismatch("id", "is_null")),
    (term("id", "is_not_null", None), mismatch("id", "is_not_null")),
    ({"term_query": {"fields": ["id"], "operator": "is"}}, mismatch("id", "is")),
    (term("id", "is", 1), invalid("id", "1", "string")),
    (term("note", "is", True), invalid("note", "true", "text")),
    (term("id", "is", None), invalid("id", "null", "string")),
    (term("id", "one_of", "a", 1.5), invalid("id", "1.5", "string")),
    (term("flag", "is", "true"), invalid("flag", "true", "boolean")),
    (term("flag", "is", 1), invalid("flag", "1", "boolean")),
    (term("amount", "is", "1"), invalid("amount", "1", "number")),
    (term("amount", "is", False), invalid("amount", "false", "number")),
    (term("due", "is", "soon"), invalid("due", "soon", "date")),
    (term("due", "less", 2024), invalid("due", "2024", "date")),
    (term("state", "is", "gone"), invalid("state", "gone", "enum")),
    (term("state", "is", 1), invalid("state", "1", "enum")),
    (term("state handling", "is", "delete"), invalid("handling", "delete", "enum")),
    (filtered(term_filter("id", "is", 1)), invalid("id", "1", "string")),
    (term("id flag", "is", "a"), apart("id", "flag", "string", "boolean")),
    (term("id note amount", "is", "a"), apart("id", "amount", "string", "number")),
    (term("note flag", "is_null"), apart("note", "flag", "string", "boolean")),
    (term("due id", "is_null"), apart("due", "id", "date", "string")),
    (between("flag", from_=True), no_range("flag", "boolean")),
    (between("state", from_="normal"), no_range("state", "enum")),
    (range2("flag", "flag", from_value=True), no_range("flag", "boolean")),
    (range2("id", "flag", from_value="a"), no_range("flag", "boolean")),
    (between("amount"), bad_bound("amount", "null")),
    (between("amount", from_=None, to=None), bad_bound("amount", "null")),
    (between("amount", from_="1"), bad_bound("amount", "1")),
    (between("amount", from_=1, to=True), bad_bound("amount", "true")),
    (between("due", to="never"), bad_bound("due", "never")),
    (between("id", to=1), bad_bound("id", "1")),
    (range2("due", "until"), bad_bound("due", "null")),
    (range2("due", "until", to_value=5), bad_bound("due", "5")),
    (range2("due", "amount", to_value="2024"), apart("due", "amount", "date", "number")),
]


@table(("query", "told"), REFUSED)
def test_what_has_no_meaning_is_refused(query: Any, told: Told) -> None:
    assert refusal(query) == told
    for around in (all_of(ALL, query), any_of(ALL, query), {"bool_query": {"must_not": [query]}}):
        assert refusal(around) == told
    assert refusal(filtered({"query_filter": {"query": query}})) == told


@table(
    ("query", "told"),
    [
        (all_of(term("x", "is", "a"), term("y", "is", "a")), unknown_field("x")),
        (
            {"bool_query": {"should": [term("x", "is")], "must": [term("y", "is")]}},
            unknown_field("x"),
        ),
        (filtered(term_filter("x", "is"), term("y", "is")), unknown_field("y")),
        (
            {"filtered_query": {"filter": term_filter("x", "is"), "query": term("y", "is")}},
            unknown_field("x"),
        ),
        (term("id", "like"), unknown_operator("like")),
        (term("id flag", "less", 1), inapplicable("less", "flag")),
        (term("id flag", "is"), apart("id", "flag", "string", "boolean")),
        (term("id", "neq", 1, 2), mismatch("id", "neq")),
        (filtered(bool_filter("xor", term_filter("x", "is"))), unknown_operator("xor")),
    ],
)
def test_the_first_fault_is_told(query: Any, told: Told) -> None:
    assert refusal(query) == told


def test_the_deepest_query_is_compiled_and_evaluated() -> None:
    query: Any = term("id", "is", "a")
    for _ in range(49):
        query = all_of(query, ALL)
    assert hits(query, {"id": "a"}, {"id": "b"}) == [True, False]
    assert exact(decoded(query), "id") == frozenset("a")
    assert echo(decoded(query))["bool_query"]["_type"] == "bool_query"


def test_a_field_is_one_type_with_text() -> None:
    assert (SearchField("text").type, SearchField("enum").type) == ("string", "enum")


def order_of(sorts: list[dict[str, Any]], *documents: Mapping[str, Any]) -> list[int]:
    indexes = {id(document): index for index, document in enumerate(documents)}
    return [indexes[id(one)] for one in compile_sorts(sorts, FIELDS).sort(documents)]


AMOUNTS: list[dict[str, Any]] = [
    {"amount": 2, "id": "a"},
    {"id": "b"},
    {"amount": 1, "id": "c"},
    {"amount": 2, "id": "d"},
    {"amount": None, "id": "e"},
]


@table(
    ("sorts", "order"),
    [
        ([], [0, 1, 2, 3, 4]),
        ([{"field": "amount"}], [2, 0, 3, 1, 4]),
        ([{"field": "amount", "sort_order": "asc"}], [2, 0, 3, 1, 4]),
        ([{"field": "amount", "sort_order": "desc"}], [1, 4, 0, 3, 2]),
        ([{"field": "id", "sort_order": "desc"}], [4, 3, 2, 1, 0]),
        ([{"field": "amount"}, {"field": "id", "sort_order": "desc"}], [2, 3, 0, 4, 1]),
        ([{"field": "amount", "sort_order": "desc"}, {"field": "id"}], [1, 4, 0, 3, 2]),
        ([{"field": "amount"}, {"field": "amount", "sort_order": "desc"}], [2, 0, 3, 1, 4]),
    ],
)
def test_hits_are_sorted(sorts: list[dict[str, Any]], order: list[int]) -> None:
    assert order_of(sorts, *AMOUNTS) == order


def test_values_are_sorted_by_their_kind() -> None:
    dates = [{"due": "2024-01-01T00:30:00+01:00"}, {"due": "2024-01-01T00:00:00Z"}]
    assert order_of([{"field": "due"}], *reversed(dates)) == [1, 0]
    assert order_of([{"field": "flag"}], {"flag": True}, {"flag": False}) == [1, 0]
    assert order_of([{"field": "id"}], {"id": "b"}, {"id": "a"}, {"id": "B"}) == [2, 1, 0]
    assert order_of([{"field": "state"}], {"state": "normal"}, {"state": "delete"}) == [1, 0]
    assert order_of([{"field": "length"}], {"id": "aa"}, {"id": "b"}) == [1, 0]
    assert order_of([{"field": "hidden"}], {"hidden": "b"}, {"hidden": "a"}) == [1, 0]


def test_of_several_values_the_first_in_order_counts() -> None:
    documents: list[dict[str, Any]] = [{"tags": ["b", "c"]}, {"tags": ["d", "a"]}, {"tags": []}]
    assert order_of([{"field": "tags"}], *documents) == [1, 0, 2]
    descending = {"field": "tags", "sort_order": "desc"}
    assert order_of([descending], *documents) == [2, 1, 0]
    equal: list[dict[str, Any]] = [{"tags": ["b"]}, {"tags": ["a", "b"]}]
    assert order_of([descending], *equal) == [0, 1]
    assert order_of([descending, {"field": "tags"}], *equal) == [1, 0]


@table(
    ("sorts", "told"),
    [
        ([{"field": "nope"}], unknown_field("nope")),
        ([{"field": "loose"}], ("FieldNotSortableException", {"field": "loose"})),
        (
            [{"field": "id"}, {"field": "loose"}, {"field": "nope"}],
            ("FieldNotSortableException", {"field": "loose"}),
        ),
    ],
)
def test_an_order_that_cannot_be_is_refused(sorts: list[dict[str, Any]], told: Told) -> None:
    with pytest.raises(Fault) as raised:
        compile_sorts(sorts, FIELDS)
    assert (raised.value.kind.type, dict(raised.value.arguments)) == told


IS_A, IS_B = term("id", "is", "a"), term("id", "is", "b")
ONE_OF = term("id", "one_of", "a", "b", "c")
OTHER = term("amount", "is", 1)


@table(
    ("query", "values"),
    [
        (ALL, None),
        (IS_A, {"a"}),
        (ONE_OF, {"a", "b", "c"}),
        (term("id id", "is", "a"), {"a"}),
        (term("id note", "is", "a"), None),
        (term("note", "is", "a"), None),
        (OTHER, None),
        (term("id", "neq", "a"), None),
        (term("id", "not_in", "a"), None),
        (term("id", "is_null"), None),
        (term("id", "less", "a"), None),
        (text("id", "a"), None),
        (between("id", from_="a", to="a"), None),
        (range2("id", "id", from_value="a"), None),
        (nested("lines", ALL), None),
        (all_of(), None),
        (all_of(OTHER, IS_A), {"a"}),
        (all_of(ONE_OF, IS_A), {"a"}),
        (all_of(OTHER, ALL), None),
        (any_of(IS_A), {"a"}),
        (any_of(IS_A, IS_B), {"a", "b"}),
        (any_of(IS_A, OTHER), None),
        ({"bool_query": {"must": [ONE_OF], "should": [IS_A]}}, {"a"}),
        ({"bool_query": {"must": [OTHER], "should": [IS_A, ALL]}}, None),
        ({"bool_query": {"must_not": [IS_A]}}, None),
        (filtered(term_filter("id", "is", "a")), {"a"}),
        (filtered(term_filter("id", "one_of", "a", "b")), {"a", "b"}),
        (filtered(term_filter("amount", "is", 1), IS_A), {"a"}),
        (filtered(term_filter("id", "neq", "a")), None),
        (filtered({"query_filter": {"query": IS_A}}), {"a"}),
        (filtered(bool_filter("and", term_filter("id", "is", "a"))), {"a"}),
        (filtered(bool_filter("and", term_filter("amount", "is", 1))), None),
        (filtered(bool_filter("or", term_filter("id", "is", "a"))), {"a"}),
        (
            filtered(bool_filter("or", term_filter("id", "is", "a"), term_filter("id", "is", "b"))),
            {"a", "b"},
        ),
        (
            filtered(
                bool_filter("or", term_filter("id", "is", "a"), term_filter("amount", "is", 1))
            ),
            None,
        ),
        (filtered(bool_filter("not", term_filter("id", "is", "a"))), None),
        (filtered(bool_filter("or")), None),
        (filtered({"bool_filter": {"operator": "and"}}), None),
    ],
)
def test_the_values_that_a_query_bounds_a_field_to(query: Any, values: set[str] | None) -> None:
    assert exact(decoded(query), "id") == values


def test_a_bound_holds_for_fields_of_several_values() -> None:
    query = all_of(term("tags", "is", "a"), term("tags", "is", "b"))
    assert hits(query, {"tags": ["a", "b"]}) == [True]
    assert exact(decoded(query), "tags") == frozenset("a")


def test_a_result_repeats_the_query_with_types() -> None:
    sent = {
        "filtered_query": {
            "query": {
                "bool_query": {
                    "should": [{"text_query": {"search_phrase": "x", "fields": ["id"]}}],
                    "must": [{"match_all_query": {}}],
                    "must_not": [{"nested_query": {"path": "lines", "query": ALL}}],
                }
            },
            "filter": {
                "bool_filter": {
                    "filters": [
                        {"term_filter": {"values": ["a"], "operator": "is", "field": "id"}},
                        {"range_filter": {"from": 1, "field": "amount"}},
                        {"query_filter": {"query": IS_A}},
                        {"range2_filter": {"from_field": "a", "to_field": "b", "to_value": 1}},
                    ],
                    "operator": "and",
                }
            },
        }
    }
    repeated = echo(decoded(sent))
    assert repeated == {
        "filtered_query": {
            "_type": "filtered_query",
            "query": {
                "bool_query": {
                    "_type": "bool_query",
                    "should": [
                        {
                            "text_query": {
                                "_type": "text_query",
                                "search_phrase": "x",
                                "fields": ["id"],
                            }
                        }
                    ],
                    "must": [{"match_all_query": {"_type": "match_all_query"}}],
                    "must_not": [
                        {
                            "nested_query": {
                                "_type": "nested_query",
                                "path": "lines",
                                "query": {"match_all_query": {"_type": "match_all_query"}},
                            }
                        }
                    ],
                }
            },
            "filter": {
                "bool_filter": {
                    "_type": "bool_filter",
                    "filters": [
                        {
                            "term_filter": {
                                "_type": "term_filter",
                                "values": ["a"],
                                "operator": "is",
                                "field": "id",
                            }
                        },
                        {"range_filter": {"_type": "range_filter", "from": 1, "field": "amount"}},
                        {
                            "query_filter": {
                                "_type": "query_filter",
                                "query": {
                                    "term_query": {
                                        "_type": "term_query",
                                        "fields": ["id"],
                                        "operator": "is",
                                        "values": ["a"],
                                    }
                                },
                            }
                        },
                        {
                            "range2_filter": {
                                "_type": "range2_filter",
                                "from_field": "a",
                                "to_field": "b",
                                "to_value": 1,
                            }
                        },
                    ],
                    "operator": "and",
                }
            },
        }
    }
    clause = repeated["filtered_query"]
    assert list(clause) == ["_type", "query", "filter"]
    assert list(clause["query"]["bool_query"]) == ["_type", "should", "must", "must_not"]
    first = clause["filter"]["bool_filter"]["filters"][0]["term_filter"]
    assert list(first) == ["_type", "values", "operator", "field"]


def test_what_is_repeated_can_be_sent_again() -> None:
    query = all_of(IS_A, filtered(term_filter("id", "is", "a")))
    assert decoded(echo(decoded(query))) == query


# What a query means, said a second time: by looking at each document, with nothing prepared.

VALUES: dict[str, list[Any]] = {
    "id": ["a", "b", "Ab", ""],
    "note": ["a", "b ab", "Ab"],
    "flag": [True, False],
    "amount": [0, 1, 1.0, 2.5, -3],
    "least": [0, 1, 2],
    "due": ["2024-01-01T00:00:00.000Z", "2024-01-01T01:00:00+01:00", "2024-01-02"],
    "tags": ["a", "b", "c"],
    "lines.code": ["a", "b"],
    "lines.size": [0, 1],
}
GROUPS = [("id", "note", "tags"), ("flag",), ("amount", "least"), ("due",), ("lines.code",)]


def stored(name: str, document: Any) -> list[Any]:
    """Return the values of a field, dates as seconds."""
    head, _, rest = name.partition(".")
    value = document.get(head)
    values = value if isinstance(value, list) else [value]
    if rest:
        return [found for entry in values if entry for found in stored(rest, entry)]
    present = [entry for entry in values if entry is not None]
    return [seconds(entry) for entry in present] if name == "due" else present


def seconds(date: str) -> float:
    zoned = date if len(date) > 10 else f"{date}T00:00:00Z"
    return datetime.fromisoformat(zoned).timestamp()


def meant(name: str, value: Any) -> Any:
    return seconds(value) if name == "due" and value is not None else value


def equals(values: list[Any], wanted: list[Any]) -> bool:
    return any(value == other for value in values for other in wanted)


NAIVE_TERMS: dict[str, Callable[[list[Any], list[Any]], bool]] = {
    "is": equals,
    "one_of": equals,
    "neq": lambda values, wanted: not equals(values, wanted),
    "not_in": lambda values, wanted: not equals(values, wanted),
    "is_null": lambda values, _: values == [],
    "is_not_null": lambda values, _: values != [],
    "less": lambda values, wanted: any(value < wanted[0] for value in values),
    "greater": lambda values, wanted: any(value > wanted[0] for value in values),
}


def naive_term(clause: Any, document: Any) -> bool:
    for name in clause.get("fields") or [clause["field"]]:
        wanted = [meant(name, value) for value in clause.get("values", [])]
        if NAIVE_TERMS[clause["operator"]](stored(name, document), wanted):
            return True
    return False


def naive_text(clause: Any, document: Any) -> bool:
    if set("".join(clause["search_phrase"].split())) == {"*"}:
        return True
    values = [value for name in clause["fields"] for value in stored(name, document)]
    whole = "\n".join(map(str, values)).lower()
    return not [word for word in clause["search_phrase"].lower().split() if word not in whole]


def naive_bool(clause: Any, document: Any) -> bool:
    if any(naive(inner, document) for inner in clause.get("must_not", [])):
        return False
    if not all(naive(inner, document) for inner in clause.get("must", [])):
        return False
    should = clause.get("should", [])
    return not should or any(naive(inner, document) for inner in should)


def naive_filtered(clause: Any, document: Any) -> bool:
    return naive(clause["query"], document) and naive(clause["filter"], document)


def naive_nested(clause: Any, document: Any) -> bool:
    return any(naive(clause["query"], {"lines": [line]}) for line in document.get("lines", []))


def naive_bool_filter(clause: Any, document: Any) -> bool:
    found = [naive(inner, document) for inner in clause["filters"]]
    if not found:
        return True
    return {"and": all(found), "or": any(found), "not": not any(found)}[clause["operator"]]


def naive_range(clause: Any, document: Any) -> bool:
    name = clause["field"]
    low, high = (meant(name, clause.get(end)) for end in ("from", "to"))
    for value in stored(name, document):
        too_small = low is not None and value < low
        too_large = high is not None and value > high
        at_low = value == low and clause.get("from_inclusive") is False
        at_high = value == high and clause.get("to_inclusive") is False
        if not (too_small or too_large or at_low or at_high):
            return True
    return False


GRID = [step / 4 for step in range(-40, 41)]


def naive_range2(clause: Any, document: Any) -> bool:
    """Compare ranges as sets of the points of a grid that reaches beyond all values."""
    [least], [most] = (stored(name, document) or [None] for name in ("least", "amount"))
    if least is None and most is None:
        return False
    own = {p for p in GRID if (least is None or p >= least) and (most is None or p <= most)}
    inside = {"field": "x", "from": clause.get("from_value"), "to": clause.get("to_value")}
    inclusive = {k: v for k, v in clause.items() if k.endswith("_inclusive")}
    asked = {p for p in GRID if naive_range({**inside, **inclusive}, {"x": p})}
    if not own or not asked:
        return False
    mode = clause["filter_mode"]
    return {"overlap": bool(own & asked), "containing": own >= asked, "contained": own <= asked}[
        mode
    ]


def naive_query_filter(clause: Any, document: Any) -> bool:
    return naive(clause["query"], document)


NAIVE: dict[str, Callable[[Any, Any], bool]] = {
    "match_all_query": lambda _clause, _document: True,
    "term_query": naive_term,
    "term_filter": naive_term,
    "text_query": naive_text,
    "bool_query": naive_bool,
    "filtered_query": naive_filtered,
    "nested_query": naive_nested,
    "bool_filter": naive_bool_filter,
    "range_filter": naive_range,
    "range2_filter": naive_range2,
    "query_filter": naive_query_filter,
}


def naive(choice: Any, document: Any) -> bool:
    [(kind, clause)] = choice.items()
    return NAIVE[kind](clause, document)


def one_of(name: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(VALUES[name])


DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        **{name: one_of(name) | st.none() for name in ("id", "note", "flag", "amount", "due")},
        "least": one_of("least"),
        "tags": st.lists(one_of("tags"), max_size=3),
        "lines": st.lists(
            st.fixed_dictionaries(
                {}, optional={"code": one_of("lines.code"), "size": one_of("lines.size")}
            ),
            max_size=3,
        ),
    },
)


@st.composite
def compared(draw: st.DrawFn, groups: list[tuple[str, ...]]) -> tuple[list[str], str, list[Any]]:
    """Draw fields, an operator for them, and as many values as that takes."""
    group = draw(st.sampled_from(groups))
    fields = draw(st.lists(st.sampled_from(group), min_size=1, max_size=3))
    unordered = {"less", "greater"} if group == ("flag",) else set()
    operator = draw(st.sampled_from([name for name in NAIVE_TERMS if name not in unordered]))
    least, most = {"is_null": (0, 0), "is_not_null": (0, 0)}.get(operator, (1, 1))
    most = 3 if operator in ("is", "one_of", "not_in") else most
    return fields, operator, draw(st.lists(one_of(group[0]), min_size=least, max_size=most))


def terms(groups: list[tuple[str, ...]]) -> st.SearchStrategy[Any]:
    return compared(groups).map(
        lambda c: {"term_query": {"fields": c[0], "operator": c[1], "values": c[2]}}
    )


TERM_FILTERS = compared(GROUPS).map(
    lambda c: {"term_filter": {"field": c[0][0], "operator": c[1], "values": c[2]}}
)
TEXTS = st.builds(
    lambda fields, words: {"text_query": {"fields": fields, "search_phrase": " ".join(words)}},
    st.lists(st.sampled_from(["id", "note", "tags", "flag"]), min_size=1, max_size=3),
    st.lists(st.sampled_from(["a", "B", "ab", "c", "true", "*"]), max_size=3),
)
INCLUSIVE = {"from_inclusive": st.booleans(), "to_inclusive": st.booleans()}


def ranges_of(name: str) -> st.SearchStrategy[Any]:
    bounds = {"from": one_of(name), "to": one_of(name), **INCLUSIVE}
    drawn = st.fixed_dictionaries({"field": st.just(name)}, optional=bounds)
    return drawn.filter(lambda c: "from" in c or "to" in c).map(lambda c: {"range_filter": c})


RANGE_FILTERS = st.sampled_from(["id", "amount", "due", "tags"]).flatmap(ranges_of)
RANGE2_FILTERS = (
    st.fixed_dictionaries(
        {
            "from_field": st.just("least"),
            "to_field": st.just("amount"),
            "filter_mode": st.sampled_from(["overlap", "containing", "contained"]),
        },
        optional={"from_value": one_of("amount"), "to_value": one_of("amount"), **INCLUSIVE},
    )
    .filter(lambda c: "from_value" in c or "to_value" in c)
    .map(lambda c: {"range2_filter": c})
)
NESTED = st.lists(terms([("lines.code",), ("lines.size",)]), max_size=3).map(
    lambda parts: nested("lines", all_of(*parts))
)


def lists_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(inner, max_size=3)


def around_filters(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda operator, filters: bool_filter(operator, *filters),
        st.sampled_from(["and", "or", "not"]),
        lists_of(inner),
    )


LEAVES = terms(GROUPS) | TEXTS | NESTED | st.just(ALL)
FILTERS = st.recursive(
    TERM_FILTERS
    | RANGE_FILTERS
    | RANGE2_FILTERS
    | LEAVES.map(lambda query: {"query_filter": {"query": query}}),
    around_filters,
    max_leaves=5,
)
QUERIES = st.recursive(
    LEAVES,
    lambda inner: (
        st.fixed_dictionaries(
            {}, optional={name: lists_of(inner) for name in ("must", "should", "must_not")}
        ).map(lambda clauses: {"bool_query": clauses})
        | st.builds(lambda query, filter_: filtered(filter_, query), inner, FILTERS)
    ),
    max_leaves=6,
)


@given(QUERIES, st.lists(DOCUMENTS, min_size=1, max_size=8))
def test_a_query_finds_what_a_plain_evaluation_finds(
    query: Any, documents: list[dict[str, Any]]
) -> None:
    found = hits(query, *documents)
    assert found == [naive(query, document) for document in documents]
    repeated = echo(decoded(query))
    assert decoded(repeated) == query
    [(kind, clause)] = repeated.items()
    assert next(iter(clause.items())) == ("_type", kind)
    for field in ("id", "tags"):
        values = exact(decoded(query), field)
        outside = [
            d for d in documents if values is not None and values.isdisjoint(stored(field, d))
        ]
        assert not [d for d, hit in zip(documents, found, strict=True) if hit and d in outside]


SORTS = st.lists(
    st.fixed_dictionaries(
        {"field": st.sampled_from(["id", "amount", "flag", "due", "tags"])},
        optional={"sort_order": st.sampled_from(["asc", "desc"])},
    ),
    max_size=4,
)


@given(SORTS, st.lists(DOCUMENTS, max_size=8))
def test_no_two_neighbours_are_out_of_order(
    sorts: list[dict[str, Any]], documents: list[dict[str, Any]]
) -> None:
    order = order_of(sorts, *documents)
    assert sorted(order) == list(range(len(documents)))
    for first, second in pairwise(order):
        assert first_difference(sorts, documents[first], documents[second], first - second) < 0


@given(SORTS, st.lists(DOCUMENTS, min_size=17, max_size=20), st.integers(0, 20))
def test_the_first_documents_are_those_of_the_whole_order(
    sorts: list[dict[str, Any]], documents: list[dict[str, Any]], count: int
) -> None:
    indexes = {id(document): index for index, document in enumerate(documents)}
    first = compile_sorts(sorts, FIELDS).sort(documents, count)[:count]
    assert [indexes[id(one)] for one in first] == order_of(sorts, *documents)[:count]


def first_difference(sorts: list[dict[str, Any]], one: Any, other: Any, otherwise: int) -> int:
    """Return below 0 if ``one`` comes before ``other``, ``otherwise`` where no clause decides."""
    for sort in sorts:
        left, right = stored(sort["field"], one), stored(sort["field"], other)
        if not left and not right:
            continue
        descending = sort.get("sort_order") == "desc"
        if not left or not right:
            return 1 if descending == bool(left) else -1
        choose = max if descending else min
        if choose(left) != choose(right):
            return -1 if (choose(left) < choose(right)) != descending else 1
    return otherwise


MANY = [{"id": str(number), "tags": ["a"] * 10, "note": "ab " * 100} for number in range(100)]


def of_lines(count: int) -> dict[str, Any]:
    return {"lines": [{"code": "a"}] * count}


@pytest.mark.parametrize(
    ("query", "documents"),
    [
        (all_of(*[term("id", "neq", "x")] * 100), MANY),
        (all_of(*[ALL] * 100), MANY),
        (term("id note tags", "neq", "x"), MANY * 34),
        (all_of(*[term("tags", "neq", "x")] * 10), MANY),
        (text("note", " ".join(f"ab{number}" for number in range(100))), MANY),
        (nested("lines", all_of(*[term("lines.code", "neq", "x")] * 10)), [of_lines(1000)]),
        (term("lines.code", "neq", "x"), [of_lines(10_001)]),
    ],
    ids=["clauses", "empty clauses", "fields", "values", "words", "elements", "one array"],
)
def test_too_much_work_is_refused(
    query: Any, documents: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "MAX_STEPS", 10_000)
    compiled = compile_query(decoded(query), FIELDS)
    assert compiled.select(MANY[:1]) in ([], MANY[:1])
    with pytest.raises(Fault, match="a search takes at most 10000 steps") as raised:
        compiled.select(documents)
    assert raised.value.kind.type == "QuotaExceededException"


def test_too_many_hits_for_so_many_sorts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MAX_STEPS", 1000)
    sorts = [{"field": name} for name in ("id", "note", "amount", "flag", "due")]
    assert len(order_of(sorts, *[{}] * 50)) == 50
    with pytest.raises(Fault, match="a search takes at most 1000 steps"):
        order_of(sorts, *[{}] * 51)


def test_more_than_1000_exact_values_are_left_open() -> None:
    names = [str(number) for number in range(1001)]
    assert exact(decoded(term("id", "one_of", *names[:1000])), "id") == frozenset(names[:1000])
    assert exact(decoded(term("id", "one_of", *names)), "id") is None


@pytest.mark.parametrize(
    ("query", "document", "hit"),
    [
        (term("titles", "is", "Rote Lampe"), TITLES, True),
        (term("titles", "is", "Rote"), TITLES, False),
        (term("titles", "neq", "Rote Lampe"), TITLES, False),
        (term("titles", "is", "Rote Lampe"), {}, False),
        (text("titles", "red rote"), TITLES, True),
        (text("titles", "blue"), TITLES, False),
        (term("total", "is", 5), {"amount": 2, "least": 3}, True),
        (term("total", "is", 2), {"amount": 2}, True),
        (term("most", "greater", 2), {"a": 1, "b": 3, "c": 2}, True),
        (term("most", "greater", 3), {"a": 1, "b": 3, "c": 2}, False),
    ],
)
def test_a_field_may_have_the_value_of_a_function_of_some_properties(
    query: Any, document: dict[str, Any], *, hit: bool
) -> None:
    compiled = compile_query(decoded(query), FIELDS)
    record = Record(("id",), document)
    assert hits(query, document) == [bool(compiled.select([record]))] == [hit]
