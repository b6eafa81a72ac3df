"""Searches, as inventory lists have one (SRC-1 to SRC-4)."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests

from contract_tests.api import XML, Api, assert_fault

Make = Callable[..., str]
SEARCH = "/inventory_list_search"
ALL: dict[str, Any] = {"match_all_query": {}}
NAMESPACE = "http://www.demandware.com/ocapi/data/23.2"


def search(api: Api, document: Any, query: str = "") -> requests.Response:
    """POST a search request."""
    return api.call("POST", f"{api.scope}{SEARCH}{query}", json=document)


def term(fields: str, operator: str, *values: Any) -> dict[str, Any]:
    return {"term_query": {"fields": fields.split(), "operator": operator, "values": list(values)}}


def text(fields: str, phrase: str) -> dict[str, Any]:
    return {"text_query": {"fields": fields.split(), "search_phrase": phrase}}


def every(*queries: Any) -> dict[str, Any]:
    return {"bool_query": {"must": list(queries)}}


def filtered(kind: str, query: Any = ALL, **members: Any) -> dict[str, Any]:
    named = {name.removesuffix("_"): value for name, value in members.items()}
    return {"filtered_query": {"query": query, "filter": {kind: named}}}


def one(kind: str, **members: Any) -> dict[str, Any]:
    """Return a filter, to stand inside another."""
    return {kind: members}


@pytest.fixture
def token(make: Make) -> str:
    """What the ids of four lists begin with: alpha, beta, delta, gamma."""
    prefix = f"contract-{uuid.uuid4().hex}"
    make(f"{prefix}-alpha", description="Harbour warehouse", default_in_stock=True)
    make(f"{prefix}-beta", description="Airport warehouse", on_order_inventory_enabled=True)
    make(f"{prefix}-delta", description="Harbour", use_bundle_inventory_only=True)
    make(f"{prefix}-gamma")
    return prefix


def find(api: Api, token: str, query: Any, **members: Any) -> list[str]:
    """Return the names of the four lists that a query finds; TOKEN in it stands for ``token``."""
    own = every(text("id", token), json.loads(json.dumps(query).replace("TOKEN", token)))
    answer = search(api, {"query": own, "count": 200, **members})
    assert answer.status_code == 200, answer.text
    return [hit["id"].removeprefix(f"{token}-") for hit in answer.json()["hits"]]


# SRC-2


@pytest.mark.rule("SRC-2")
def test_match_all_finds_every_list(api: Api, token: str) -> None:
    assert find(api, token, ALL) == ["alpha", "beta", "delta", "gamma"]
    total = api.get("/inventory_lists?count=0").json()["total"]
    assert search(api, {"query": ALL}).json()["total"] == total


@pytest.mark.rule("SRC-2")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        (term("id", "is", "TOKEN-beta"), "beta"),
        (term("id", "is", "TOKEN-BETA"), ""),
        (term("id", "is", "TOKEN"), ""),
        (term("id", "one_of", "TOKEN-gamma", "TOKEN-alpha", "TOKEN-none"), "alpha gamma"),
        (term("id", "is", "TOKEN-gamma", "TOKEN-alpha", "TOKEN-none"), "alpha gamma"),
        (term("id", "less", "TOKEN-beta"), "alpha"),
        (term("id", "greater", "TOKEN-beta"), "delta gamma"),
        (term("id", "is_null"), ""),
        (term("description", "is", "Harbour"), "delta"),
        (term("description", "is", "harbour"), ""),
        (term("description", "one_of", "Harbour", "Harbour warehouse"), "alpha delta"),
        (term("description", "neq", "Harbour"), "alpha beta gamma"),
        (term("description", "not_in", "Harbour", "Harbour warehouse"), "beta gamma"),
        (term("description", "is_null"), "gamma"),
        (term("description", "is_not_null"), "alpha beta delta"),
        (term("description", "less", "Harbour"), "beta"),
        (term("description", "greater", "Harbour"), "alpha"),
        (term("default_in_stock", "is", True), "alpha"),
        (term("default_in_stock", "is", False), "beta delta gamma"),
        (term("default_in_stock", "neq", True), "beta delta gamma"),
        (term("on_order_inventory_enabled", "is", True), "beta"),
        (term("use_bundle_inventory_only", "is", True), "delta"),
        (term("status", "is", "normal"), "alpha beta delta gamma"),
        (term("status", "is", "delete"), ""),
        (term("status", "neq", "delete"), "alpha beta delta gamma"),
    ],
)
def test_a_term_compares_a_field_with_values(api: Api, token: str, query: Any, found: str) -> None:
    assert find(api, token, query) == found.split()
    sent = dict(query["term_query"])
    [sent["field"]] = sent.pop("fields")
    assert find(api, token, filtered("term_filter", **sent)) == found.split()


@pytest.mark.rule("SRC-2")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        (term("default_in_stock on_order_inventory_enabled", "is", True), "alpha beta"),
        (term("id description", "one_of", "TOKEN-gamma", "Harbour"), "delta gamma"),
        (term("id description", "is_null"), "gamma"),
        (term("id description", "neq", "Harbour"), "alpha beta delta gamma"),
    ],
)
def test_several_fields_are_combined_by_or(api: Api, token: str, query: Any, found: str) -> None:
    assert find(api, token, query) == found.split()


@pytest.mark.rule("SRC-2")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        (text("description", "harbour"), "alpha delta"),
        (text("description", "WAREHOUSE harbour"), "alpha"),
        (text("description", "ware har"), "alpha"),
        (text("description", "warehouse station"), ""),
        (text("description", "harbourware"), ""),
        (text("description", "alpha"), ""),
        (text("description id", "alpha harbour"), "alpha"),
        (text("id description", "warehouse"), "alpha beta"),
        (text("id", "TOKEN-g"), "gamma"),
        (text("description", "  "), "alpha beta delta gamma"),
        (text("description", "**"), "alpha beta delta gamma"),
        (text("id description", "*"), "alpha beta delta gamma"),
        (text("description", "** warehouse"), ""),
        (text("default_in_stock", "true"), "alpha"),
        (text("default_in_stock on_order_inventory_enabled", "TRUE"), "alpha beta"),
        (text("status", "norm"), "alpha beta delta gamma"),
        (text("status description", "normal harbour"), "alpha delta"),
    ],
)
def test_every_word_of_a_phrase_occurs_in_the_fields(
    api: Api, token: str, query: Any, found: str
) -> None:
    assert find(api, token, query) == found.split()


HARBOUR, IN_STOCK = text("description", "harbour"), term("default_in_stock", "is", True)
AIRPORT = text("description", "airport")


@pytest.mark.rule("SRC-2")
@pytest.mark.parametrize(
    ("clauses", "found"),
    [
        ({}, "alpha beta delta gamma"),
        ({"must": [], "should": [], "must_not": []}, "alpha beta delta gamma"),
        ({"must": [HARBOUR]}, "alpha delta"),
        ({"must": [HARBOUR, IN_STOCK]}, "alpha"),
        ({"should": [AIRPORT, IN_STOCK]}, "alpha beta"),
        ({"must_not": [AIRPORT, IN_STOCK]}, "delta gamma"),
        ({"must": [HARBOUR], "must_not": [IN_STOCK]}, "delta"),
        ({"must": [HARBOUR], "should": [AIRPORT, IN_STOCK]}, "alpha"),
        ({"must": [ALL], "should": [HARBOUR, AIRPORT], "must_not": [IN_STOCK]}, "beta delta"),
        ({"must": [{"bool_query": {"should": [HARBOUR, AIRPORT]}}]}, "alpha beta delta"),
    ],
)
def test_the_clauses_of_a_bool_query_are_combined_by_and(
    api: Api, token: str, clauses: Any, found: str
) -> None:
    assert find(api, token, {"bool_query": clauses}) == found.split()


FLAGGED = one("term_filter", field="default_in_stock", operator="is", values=[True])
SEASIDE = one("query_filter", query=HARBOUR)


@pytest.mark.rule("SRC-2")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        (filtered("query_filter", query_=HARBOUR), "alpha delta"),
        (filtered("query_filter", HARBOUR, query_=IN_STOCK), "alpha"),
        (filtered("bool_filter", operator="and", filters=[FLAGGED, SEASIDE]), "alpha"),
        (filtered("bool_filter", operator="or", filters=[FLAGGED, SEASIDE]), "alpha delta"),
        (filtered("bool_filter", operator="not", filters=[FLAGGED, SEASIDE]), "beta gamma"),
        (filtered("bool_filter", HARBOUR, operator="not", filters=[FLAGGED]), "delta"),
        (filtered("bool_filter", operator="not", filters=[]), "alpha beta delta gamma"),
        (filtered("range_filter", field="id", from_="TOKEN-b", to="TOKEN-e"), "beta delta"),
        (filtered("range_filter", field="id", from_="TOKEN-delta"), "delta gamma"),
        (filtered("range_filter", field="id", to="TOKEN-beta"), "alpha beta"),
        (
            filtered("range_filter", field="id", from_="TOKEN-delta", from_inclusive=False),
            "gamma",
        ),
        (filtered("range_filter", field="id", to="TOKEN-beta", to_inclusive=False), "alpha"),
        (filtered("range_filter", field="description", from_="A"), "alpha beta delta"),
        (filtered("range_filter", field="description", from_="I", to="A"), ""),
    ],
)
def test_a_filter_narrows_a_query(api: Api, token: str, query: Any, found: str) -> None:
    assert find(api, token, query) == found.split()


@pytest.mark.rule("SRC-2")
@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"from_value": "B", "to_value": "C"}, "beta gamma"),
        ({"from_value": "B", "to_value": "Harbour"}, "beta delta gamma"),
        (
            {"from_value": "B", "to_value": "Harbour", "to_inclusive": False},
            "beta gamma",
        ),
        ({"filter_mode": "overlap", "to_value": "B"}, "beta gamma"),
        (
            {"filter_mode": "containing", "from_value": "Harbour", "to_value": "I"},
            "beta delta gamma",
        ),
        ({"filter_mode": "contained", "from_value": "B"}, "alpha delta"),
        ({"filter_mode": "contained", "from_value": "A", "to_value": "TOKEN-b"}, "alpha"),
    ],
)
def test_a_range_of_two_fields_is_compared_with_one_of_values(
    api: Api, token: str, members: dict[str, Any], found: str
) -> None:
    # From a list's description, open where it has none, to its id, which begins with "contract-".
    query = filtered("range2_filter", from_field="description", to_field="id", **members)
    assert find(api, token, query) == found.split()


# SRC-1


@pytest.mark.rule("SRC-1")
@pytest.mark.parametrize("document", [{}, {"query": None}, {"count": 5, "start": 3}])
def test_a_request_needs_a_query(api: Api, document: Any) -> None:
    told = {"document": "search_request", "path": "$.query"}
    message = (
        "An error occurred while decoding the request. There's a value constraint violation "
        "of property '$.query' in document 'search_request'."
    )
    answer = search(api, document)
    assert_fault(answer, 400, "PropertyConstraintViolation", told, message)


@pytest.mark.rule("SRC-1")
def test_a_page_has_25_hits_unless_told_otherwise_and_200_at_most(api: Api, make: Make) -> None:
    prefix = f"contract-{uuid.uuid4().hex}"
    names = [make(f"{prefix}-{number:02d}") for number in range(27)]
    query = text("id", prefix)
    page = search(api, {"query": query}).json()
    assert [hit["id"] for hit in page["hits"]] == names[:25]
    assert (page["start"], page["count"], page["total"]) == (0, 25, 27)
    rest = search(api, {"query": query, "start": 25}).json()
    assert [hit["id"] for hit in rest["hits"]] == names[25:]
    assert (rest["start"], rest["count"], rest["total"]) == (25, 2, 27)
    assert search(api, {"query": query, "count": 200}).json()["count"] == 27


@pytest.mark.rule("SRC-1")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", 0),
        ("count", -1),
        ("count", 201),
        ("start", -1),
        ("start", 2**31),
        ("db_start_record_", -1),
    ],
)
def test_a_number_out_of_its_bounds_is_refused(api: Api, name: str, value: float) -> None:
    told = {"document": "search_request", "path": f"$.{name}"}
    message = (
        "An error occurred while decoding the request. There's a value constraint violation "
        f"of property '$.{name}' in document 'search_request'."
    )
    answer = search(api, {"query": ALL, name: value})
    assert_fault(answer, 400, "PropertyConstraintViolation", told, message)


@pytest.mark.rule("SRC-1", "DEC-1")
@pytest.mark.parametrize(
    ("members", "path", "expected", "actual"),
    [
        ({"query": []}, "$.query", "START_OBJECT", "START_ARRAY"),
        ({"count": "5"}, "$.count", "VALUE_NUMBER_INT", "VALUE_STRING"),
        ({"count": 1.5}, "$.count", "VALUE_NUMBER_INT", "VALUE_NUMBER_FLOAT"),
        ({"select": ["id"]}, "$.select", "VALUE_STRING", "START_ARRAY"),
        ({"sorts": {"field": "id"}}, "$.sorts", "START_ARRAY", "START_OBJECT"),
        ({"sorts": [{"field": 1}]}, "$.sorts.[0].field", "VALUE_STRING", "VALUE_NUMBER_INT"),
        ({"expand": "x"}, "$.expand", "START_ARRAY", "VALUE_STRING"),
        (
            {"query": {"term_query": {"fields": "id", "operator": "is"}}},
            "$.query.term_query.fields",
            "START_ARRAY",
            "VALUE_STRING",
        ),
        (
            {"query": every(term("id", "is", ["x"]))},
            "$.query.bool_query.must.[0].term_query.values.[0]",
            "VALUE_STRING|VALUE_NUMBER_INT|VALUE_NUMBER_FLOAT|VALUE_TRUE|VALUE_FALSE",
            "START_ARRAY",
        ),
    ],
)
def test_another_type_is_refused(
    api: Api, members: Any, path: str, expected: str, actual: str
) -> None:
    told = {"path": path, "expectedTypes": expected, "actualType": actual}
    assert_fault(search(api, {"query": ALL, **members}), 400, "TypeDecoding", told)


@pytest.mark.rule("SRC-1", "DEC-1")
@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"sorts": [{}]}, "$.sorts.[0].field"),
        ({"sorts": [None]}, "$.sorts.[0]"),
        ({"query": {"term_query": {"operator": "is"}}}, "$.query.term_query.fields"),
        ({"query": term("", "is", "x")}, "$.query.term_query.fields"),
        ({"query": {"term_query": {"fields": ["id"]}}}, "$.query.term_query.operator"),
        ({"query": {"text_query": {"fields": ["id"]}}}, "$.query.text_query.search_phrase"),
        ({"query": {"filtered_query": {"query": ALL}}}, "$.query.filtered_query.filter"),
        ({"query": every(None)}, "$.query.bool_query.must.[0]"),
    ],
)
def test_what_is_required_and_missing_is_refused(api: Api, members: Any, path: str) -> None:
    told = {"document": "search_request", "path": path}
    answer = search(api, {"query": ALL, **members})
    assert_fault(answer, 400, "PropertyConstraintViolation", told)


@pytest.mark.rule("SRC-1", "DEC-1")
@pytest.mark.parametrize(
    "members", [{"nope": 1}, {"query": {"match_all_query": {"nope": 1}}}, {"query": {"nope": {}}}]
)
def test_an_unknown_member_is_refused(api: Api, members: dict[str, Any]) -> None:
    told = {"property": "nope", "document": "search_request"}
    assert_fault(search(api, {"query": ALL, **members}), 400, "UnknownProperty", told)


@pytest.mark.rule("SRC-1")
def test_a_sort_order_is_one_of_two(api: Api) -> None:
    answer = search(api, {"query": ALL, "sorts": [{"field": "id", "sort_order": "ASC"}]})
    told = {"document": "search_request", "enumValue": "ASC"}
    message = (
        "An error occurred while decoding the request. "
        "There's an unknown enum value 'ASC' in document 'search_request'."
    )
    assert_fault(answer, 400, "EnumConstraintViolation", told, message)


def nested(levels: int) -> Any:
    query: Any = ALL
    for _ in range(levels - 1):
        query = every(query)
    return query


@pytest.mark.rule("SRC-1")
@pytest.mark.parametrize(
    "query",
    [{}, {**ALL, **text("id", "x")}, {"match_all_query": None}, every({}), nested(51), nested(300)],
    ids=["none", "two", "null", "none inside", "51 levels", "300 levels"],
)
def test_a_query_is_of_one_kind_and_not_too_deep(api: Api, query: Any) -> None:
    assert_fault(search(api, {"query": query}), 400, "MalformedSearchParameter", {})


@pytest.mark.rule("SRC-1")
def test_a_query_may_be_50_levels_deep(api: Api, make: Make) -> None:
    make()
    answer = search(api, {"query": nested(50), "count": 1})
    assert (answer.status_code, answer.json()["count"]) == (200, 1)


@pytest.mark.rule("SRC-1", "FMT-6")
@pytest.mark.parametrize("body", [b"", b"{", b'{"query":' * 20000])
def test_a_body_that_cannot_be_read_is_refused(api: Api, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = api.call("POST", f"{api.scope}{SEARCH}", data=body, headers=headers)
    assert_fault(answer, 400, "BodyDecoding", {"body": body.decode()[:100]})


@pytest.mark.rule("SRC-1", "URL-6")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_search_is_a_post(api: Api, method: str) -> None:
    answer = api.call(method, f"{api.scope}{SEARCH}", json={"query": ALL})
    assert_fault(answer, 405, "MethodNotAllowed", {"method": method})
    assert answer.headers["Allow"] == "POST, OPTIONS"


@pytest.mark.rule("SRC-1", "DEC-4")
@pytest.mark.parametrize(
    "name", ["count", "start", "select", "sorts", "expand", "db_start_record_"]
)
def test_null_is_as_if_not_sent(api: Api, token: str, name: str) -> None:
    query = text("id", token)
    answer = search(api, {"query": query, name: None})
    assert answer.status_code == 200
    assert answer.json() == search(api, {"query": query}).json()


@pytest.mark.rule("SRC-1")
def test_a_search_changes_nothing(api: Api, token: str) -> None:
    path = f"/inventory_lists/{token}-alpha"
    before = api.get(path).json()
    state = {"_resource_state": "0" * 64, "_v": "23.2", "_type": "search_request"}
    assert search(api, {"query": ALL, **state}).status_code == 200
    assert api.get(path).json() == before


@pytest.mark.rule("SRC-1")
@pytest.mark.parametrize(
    ("sorts", "order"),
    [
        ([], "alpha beta delta gamma"),
        ([{"field": "id"}], "alpha beta delta gamma"),
        ([{"field": "id", "sort_order": "desc"}], "gamma delta beta alpha"),
        ([{"field": "description"}], "beta delta alpha gamma"),
        ([{"field": "description", "sort_order": "desc"}], "gamma alpha delta beta"),
        ([{"field": "default_in_stock"}], "beta delta gamma alpha"),
        ([{"field": "default_in_stock", "sort_order": "desc"}], "alpha beta delta gamma"),
        (
            [
                {"field": "on_order_inventory_enabled", "sort_order": "desc"},
                {"field": "id", "sort_order": "desc"},
            ],
            "beta gamma delta alpha",
        ),
        ([{"field": "status"}, {"field": "description"}], "beta delta alpha gamma"),
    ],
)
def test_hits_are_sorted_clause_by_clause(api: Api, token: str, sorts: Any, order: str) -> None:
    assert find(api, token, ALL, sorts=sorts) == order.split()


# SRC-3


@pytest.mark.rule("SRC-3", "ENV-4")
def test_hits_show_id_and_link_unless_more_is_selected(documented: Api, unused: str) -> None:
    path = f"/inventory_lists/{unused}"
    made = documented.put(path, json={"description": "x"}).json()
    query = term("id", "is", unused)
    plain = search(documented, {"query": query}).json()
    assert set(plain) == {"_v", "_type", "count", "hits", "query", "start", "total"}
    assert (plain["_v"], plain["_type"]) == ("23.2", "inventory_list_search_result")
    short = {
        "_v": "23.2",
        "_type": "inventory_list",
        "_resource_state": made["_resource_state"],
        "id": unused,
        "link": f"{documented.url}/s/-/dw/data/v23_2{path}",
    }
    assert plain["hits"] == [short]
    assert search(documented, {"query": query, "select": "(hits)"}).json()["hits"] == [short]
    whole = search(documented, {"query": query, "select": "(**)"}).json()
    assert (whole["hits"], whole["select"]) == ([made], "**")


@pytest.mark.rule("SRC-3", "ENV-3")
def test_hits_carry_no_version_in_the_observed_dialect(observed: Api, make_observed: Make) -> None:
    made = make_observed()
    answer = search(observed, {"query": term("id", "is", made), "select": "(**)"}).json()
    assert "_v" not in answer["hits"][0]
    assert answer["hits"][0]["_type"] == "inventory_list"
    assert answer["select"] == "(**)"


@pytest.mark.rule("SRC-1", "SRC-3", "SEL-2")
def test_the_selector_of_the_body_applies_to_the_whole_result(documented: Api, unused: str) -> None:
    made = documented.put(f"/inventory_lists/{unused}", json={"description": "x"}).json()
    request = {"query": term("id", "is", unused), "select": "(total,hits.(description))"}
    head = {"_v": "23.2", "_type": "inventory_list_search_result"}
    names = ("_v", "_type", "_resource_state", "description")
    expected = head | {"hits": [{name: made[name] for name in names}], "total": 1}
    assert search(documented, request).json() == expected
    assert search(documented, request, "?select=(start)&start=7&count=0").json() == expected
    del request["select"]
    assert search(documented, request, "?select=(start)").json() == head | {"start": 0}


SENT = {
    "filtered_query": {
        "query": {"bool_query": {"must": [text("id", "x")], "must_not": [ALL]}},
        "filter": {
            "bool_filter": {
                "operator": "or",
                "filters": [
                    one("term_filter", field="id", operator="is_null"),
                    one("query_filter", query=term("id", "is", "x")),
                    {"range_filter": {"field": "id", "from": "a", "to_inclusive": False}},
                ],
            }
        },
    }
}
REPEATED = {
    "filtered_query": {
        "_type": "filtered_query",
        "query": {
            "bool_query": {
                "_type": "bool_query",
                "must": [
                    {
                        "text_query": {
                            "_type": "text_query",
                            "fields": ["id"],
                            "search_phrase": "x",
                        }
                    }
                ],
                "must_not": [{"match_all_query": {"_type": "match_all_query"}}],
            }
        },
        "filter": {
            "bool_filter": {
                "_type": "bool_filter",
                "operator": "or",
                "filters": [
                    {
                        "term_filter": {
                            "_type": "term_filter",
                            "field": "id",
                            "operator": "is_null",
                        }
                    },
                    {
                        "query_filter": {
                            "_type": "query_filter",
                            "query": {
                                "term_query": {
                                    "_type": "term_query",
                                    "fields": ["id"],
                                    "operator": "is",
                                    "values": ["x"],
                                }
                            },
                        }
                    },
                    {
                        "range_filter": {
                            "_type": "range_filter",
                            "field": "id",
                            "from": "a",
                            "to_inclusive": False,
                        }
                    },
                ],
            }
        },
    }
}


@pytest.mark.rule("SRC-3")
def test_the_query_is_repeated_with_its_types(api: Api) -> None:
    sorts = [{"field": "id", "sort_order": "desc"}, {"field": "description"}]
    page = search(api, {"query": SENT, "sorts": sorts}).json()
    assert page["sorts"] == [{"_type": "sort", **clause} for clause in sorts]
    assert page["query"] == REPEATED
    assert search(api, {"query": page["query"], "sorts": page["sorts"]}).json() == page


@pytest.mark.rule("SRC-3")
def test_next_and_previous_tell_the_neighbouring_pages(api: Api, token: str) -> None:
    def page(start: int, count: int) -> tuple[Any, Any]:
        request = {"query": text("id", token), "start": start, "count": count}
        found = search(api, request).json()
        return found.get("previous"), found.get("next")

    def result_page(start: int, count: int) -> dict[str, Any]:
        return {"_type": "result_page", "count": count, "start": start}

    assert page(0, 4) == (None, None)
    assert page(0, 3) == (None, result_page(3, 3))
    assert page(2, 1) == (result_page(1, 1), result_page(3, 1))
    assert page(3, 1) == (result_page(2, 1), None)
    assert page(1, 3) == (result_page(0, 3), None)


@pytest.mark.rule("SRC-3")
@pytest.mark.parametrize("count", [1, 3])
def test_following_next_visits_every_hit_once(api: Api, token: str, count: int) -> None:
    following: dict[str, Any] | None = {"start": 0, "count": count}
    seen: list[str] = []
    while following:
        where = {name: following[name] for name in ("start", "count")}
        found = search(api, {"query": text("id", token), **where}).json()
        seen += [hit["id"].removeprefix(f"{token}-") for hit in found["hits"]]
        following = found.get("next")
    assert seen == ["alpha", "beta", "delta", "gamma"]


@pytest.mark.rule("SRC-3")
def test_an_empty_result_has_no_hits_and_no_neighbours(api: Api, unused: str) -> None:
    found = search(api, {"query": term("id", "is", unused)}).json()
    assert (found["hits"], found["count"], found["total"], found["start"]) == ([], 0, 0, 0)
    assert not {"next", "previous"} & set(found)


@pytest.mark.rule("SRC-3")
def test_a_start_past_the_end_is_an_empty_page(api: Api, token: str) -> None:
    found = search(api, {"query": text("id", token), "start": 1000, "count": 2}).json()
    assert (found["hits"], found["count"], found["total"]) == ([], 0, 4)
    assert found["start"] == 1000
    assert "next" not in found


@pytest.mark.rule("SRC-1", "SRC-3", "FMT-5")
def test_a_search_may_be_xml(api: Api, token: str) -> None:
    body = (
        f'<search_request xmlns="{NAMESPACE}" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><query><bool_query>'
        f"<must><text_query><fields>id</fields><search_phrase>{token}</search_phrase>"
        "</text_query></must><must><term_query><fields>default_in_stock</fields>"
        '<operator>is</operator><values xsi:type="boolean">true</values></term_query></must>'
        "</bool_query></query><select>(total,hits.(id))</select></search_request>"
    )
    headers = {"Content-Type": "application/xml"}
    answer = api.call("POST", f"{api.scope}{SEARCH}", data=body, headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, XML)
    assert f"<id>{token}-alpha</id></hits><total>1</total>" in answer.text


# SRC-4


def told(kind: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
    return kind, arguments


FLAG = "default_in_stock"
REFUSED = [
    (term("nope", "is", "x"), told("UnknownSearchField", field="nope")),
    (term("creation_date", "is_null"), told("UnknownSearchField", field="creation_date")),
    (text("id c_x", "x"), told("UnknownSearchField", field="c_x")),
    (filtered("range_filter", field="nope", to=1), told("UnknownSearchField", field="nope")),
    ({"nested_query": {"path": "id", "query": ALL}}, told("UnknownSearchField", field="id")),
    (term("id", "like", "x"), told("UnknownSearchOperator", operator="like")),
    (term("id", "IS", "x"), told("UnknownSearchOperator", operator="IS")),
    (
        filtered("bool_filter", operator="xor", filters=[]),
        told("UnknownSearchOperator", operator="xor"),
    ),
    (
        term(FLAG, "less", True),
        told("SearchOperatorNotApplicable", operator="less", field=FLAG),
    ),
    (
        term("status", "greater", "normal"),
        told("SearchOperatorNotApplicable", operator="greater", field="status"),
    ),
    (term("id", "is"), told("TermOperatorMismatchValues", field="id", operator="is")),
    (
        term("id", "neq", "x", "y"),
        told("TermOperatorMismatchValues", field="id", operator="neq"),
    ),
    (term("id", "one_of"), told("TermOperatorMismatchValues", field="id", operator="one_of")),
    (
        {"term_query": {"fields": ["id"], "operator": "is"}},
        told("TermOperatorMismatchValues", field="id", operator="is"),
    ),
    (
        {"term_query": {"fields": ["id"], "operator": "one_of", "values": None}},
        told("TermOperatorMismatchValues", field="id", operator="one_of"),
    ),
    (
        term("id", "is_null", "x"),
        told("TermOperatorMismatchValues", field="id", operator="is_null"),
    ),
    (
        term(FLAG, "is", "true"),
        told("InvalidSearchFieldType", field=FLAG, value="true", type="boolean"),
    ),
    (term(FLAG, "is", 1), told("InvalidSearchFieldType", field=FLAG, value="1", type="boolean")),
    (term("id", "is", 1), told("InvalidSearchFieldType", field="id", value="1", type="string")),
    (
        term("description", "neq", None),
        told("InvalidSearchFieldType", field="description", value="null", type="text"),
    ),
    (
        term("status", "is", "gone"),
        told("InvalidSearchFieldType", field="status", value="gone", type="enum"),
    ),
    (
        term(f"id {FLAG}", "is", "x"),
        told("QuerySearchTypesNomatch", field1="id", field2=FLAG, type1="string", type2="boolean"),
    ),
    (
        filtered("range_filter", field=FLAG, from_=True),
        told("RangeFilterType", field=FLAG, type="boolean"),
    ),
    (
        filtered("range_filter", field="status", from_="a"),
        told("RangeFilterType", field="status", type="enum"),
    ),
    (filtered("range_filter", field="id"), told("RangeFilterValue", field="id", value="null")),
    (
        filtered("range_filter", field="id", from_="a", to=7),
        told("RangeFilterValue", field="id", value="7"),
    ),
]


@pytest.mark.rule("SRC-4")
@pytest.mark.parametrize(("query", "refusal"), REFUSED)
def test_a_query_without_a_meaning_is_refused(
    api: Api, query: Any, refusal: tuple[str, dict[str, Any]]
) -> None:
    kind, arguments = refusal
    assert_fault(search(api, {"query": query}), 400, kind, arguments)
    assert_fault(search(api, {"query": every(ALL, query)}), 400, kind, arguments)


@pytest.mark.rule("SRC-4")
@pytest.mark.parametrize(
    "document",
    [
        {"query": every(*[{}] * 20_000)},
        {"query": every(*[ALL] * 10_000)},
        {"query": term("id", "one_of", *["x"] * 20_000)},
        {"query": term("id " * 20_000, "is", "x")},
        {"query": ALL, "sorts": [{"field": "id"}] * 10_000},
    ],
    ids=["empty clauses", "clauses", "values", "fields", "sorts"],
)
def test_a_request_of_more_than_20000_values_is_refused(api: Api, document: Any) -> None:
    msg = "a search request holds at most 20000 values"
    assert_fault(search(api, document), 400, "QuotaExceeded", {"msg": msg})


@pytest.mark.rule("SRC-4")
def test_a_search_of_too_many_steps_is_refused(api: Api, make: Make) -> None:
    # 200 characters are a step for each word: 50 words in 4,100,000 characters are 1,025,000.
    made = make(description="ab " * (4_100_000 // 3 + 1))
    words = " ".join(f"ab{number}" for number in range(50))
    answer = search(api, {"query": every(term("id", "is", made), text("description", words))})
    msg = (
        "a search takes at most 1000000 steps; send fewer clauses or sorts, "
        "or narrow the query by IDs"
    )
    assert_fault(answer, 400, "QuotaExceeded", {"msg": msg})


@pytest.mark.rule("SRC-4")
def test_the_first_fault_of_a_query_is_told(api: Api) -> None:
    query = every(term("id", "like", "x"), term("nope", "is", "x"))
    document = {"query": query, "sorts": [{"field": "other"}]}
    assert_fault(search(api, document), 400, "UnknownSearchOperator", {"operator": "like"})


@pytest.mark.rule("SRC-4")
@pytest.mark.parametrize("field", ["nope", "creation_date", "assigned_sites", "ID", ""])
def test_hits_are_sorted_by_search_fields_alone(api: Api, field: str) -> None:
    answer = search(api, {"query": ALL, "sorts": [{"field": "id"}, {"field": field}]})
    assert_fault(answer, 400, "UnknownSearchField", {"field": field})


@pytest.mark.rule("SRC-4", "EXP-1")
@pytest.mark.parametrize("names", [["x"], ["x", "y"], [""]])
def test_an_expansion_that_the_search_lacks_is_refused(api: Api, names: list[str]) -> None:
    answer = search(api, {"query": ALL, "expand": names})
    assert_fault(answer, 400, "InvalidExpandValue", {"expandValue": names[0]})


@pytest.mark.rule("SRC-4", "SEL-1")
@pytest.mark.parametrize("selector", ["", "**", "(id", "(hits.id)"])
def test_a_malformed_selector_is_refused(api: Api, selector: str) -> None:
    answer = search(api, {"query": ALL, "select": selector})
    assert_fault(answer, 400, "MalformedSelector", {"selector": selector})
