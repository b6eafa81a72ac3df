"""Which exchanges conditions mean, and what is told of those they do not."""

from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import ValidationError
from werkzeug.routing import Map, Rule

from emulator.family import Family
from emulator.recording.exchange import Body, Exchange, begin
from emulator.recording.match import ExchangeMatch, Match, Mismatch, RequestMatch, includes
from emulator.tests.table import table

DATA = Family(
    "data",
    lambda _, __: [],
    Map([Rule("/things/<id>", endpoint="thing")]),
    {("thing", "PATCH"): "updateThing"},
)
ENVIRON = {
    "REQUEST_METHOD": "PATCH",
    "PATH_INFO": "/things/a",
    "QUERY_STRING": "a=1&a=2&client_id=me&empty=",
    "HTTP_X_COLOUR": "Dark Red",
    "HTTP_AUTHORIZATION": "Bearer abcdefgh",
}


def meet(text: str = '{"a":{"b":[1,{"c":2}]},"d":null}', **told: Any) -> Exchange:
    exchange = begin(ENVIRON, DATA, lambda: datetime(2026, 1, 1, tzinfo=UTC))
    exchange.request_body = Body.of(text.encode(), 10_000)
    answered = {"status": 404, "fault": "ThingNotFoundException", "failpoint": "3", "stub": "4"}
    answered["upstream"] = "https://a.test"
    for name, value in (answered | told).items():
        setattr(exchange, name, value)
    return exchange


def match(conditions: dict[str, Any]) -> Match:
    return Match(ExchangeMatch().load(conditions))


@table(
    "conditions",
    [
        {},
        {"family": "data"},
        {"family": "d*"},
        {"method": "PATCH"},
        {"method": "patch"},
        {"method": "p*"},
        {"path": "/things/*"},
        {"path": "/**"},
        {"path": "**/a"},
        {"operation": "updateThing"},
        {"operation": "update*"},
        {"client": "me"},
        {"client": "*"},
        {"header": {}},
        {"header": {"X-Colour": "Dark Red"}},
        {"header": {"x-colour": "*Red"}},
        {"header": {"Authorization": "Bearer *"}},
        {"query": {"a": "2"}},
        {"query": {"empty": ""}},
        {"query": {"a": "*", "client_id": "m*"}},
        {"status": 404},
        {"status": "404"},
        {"status": "4xx"},
        {"status": "4XX"},
        {"fault": "ThingNotFound"},
        {"fault": "ThingNotFoundException"},
        {"fault": "Thing*"},
        {"fault": "*"},
        {"failpoint": "3"},
        {"stub": "4"},
        {"upstream": "*"},
        {"body": '"b":[1,'},
        {"body": ""},
        {"body": {}},
        {"body": {"d": None}},
        {"body": {"a": {"b": [1, {}]}}},
        {"body": {"a": {"b": [1, {"c": 2}]}}},
        {"method": "PATCH", "path": "/things/*", "status": 404, "client": "me"},
    ],
)
def test_conditions_that_hold(conditions: dict[str, Any]) -> None:
    assert match(conditions)(meet())
    assert list(match(conditions).mismatches(meet())) == []


@table(
    ("conditions", "name", "expected", "actual"),
    [
        ({"family": "token"}, "family", "token", "data"),
        ({"method": "put"}, "method", "PUT", "PATCH"),
        ({"path": "/*"}, "path", "/*", "/things/a"),
        ({"operation": "getThing"}, "operation", "getThing", "updateThing"),
        ({"client": "you"}, "client", "you", "me"),
        ({"client": ""}, "client", "", "me"),
        ({"header": {"X-Colour": "red"}}, "header.x-colour", "red", "Dark Red"),
        ({"header": {"X-None": "*"}}, "header.x-none", "*", None),
        (
            {"header": {"Authorization": "*abcdefgh"}},
            "header.authorization",
            "*abcdefgh",
            "Bearer ***",
        ),
        ({"query": {"a": "1"}}, "query.a", "1", "2"),
        ({"query": {"A": "*"}}, "query.A", "*", None),
        ({"status": 400}, "status", "400", 404),
        ({"status": "5xx"}, "status", "5xx", 404),
        ({"status": 0}, "status", "0", 404),
        ({"fault": "thingNotFound"}, "fault", "thingNotFound", "ThingNotFoundException"),
        ({"fault": ""}, "fault", "", "ThingNotFoundException"),
        ({"failpoint": ""}, "failpoint", "", "3"),
        ({"body": "no"}, "body", "no", '{"a":1}'),
        ({"body": {"a": 2}}, "body", {"a": 2}, '{"a":1}'),
        ({"body": {"a": 1, "b": None}}, "body", {"a": 1, "b": None}, '{"a":1}'),
        ({"body": {"a": True}}, "body", {"a": True}, '{"a":1}'),
        ({"body": []}, "body", [], '{"a":1}'),
        ({"body": None}, "body", None, '{"a":1}'),
        ({"body": 1}, "body", 1, '{"a":1}'),
    ],
)
def test_a_condition_that_does_not_hold_is_told(
    conditions: dict[str, Any], name: str, expected: Any, actual: Any
) -> None:
    exchange = meet('{"a":1}')
    assert not match(conditions)(exchange)
    assert list(match(conditions).mismatches(exchange)) == [Mismatch(name, expected, actual)]


def test_all_that_does_not_hold_is_told() -> None:
    conditions = {
        "header": {"x-a": "1", "x-b": "2"},
        "status": 200,
        "method": "PATCH",
        "path": "/b",
    }
    told = [mismatch.name for mismatch in match(conditions).mismatches(meet())]
    assert sorted(told) == ["header.x-a", "header.x-b", "path", "status"]


@table(
    ("status", "wanted", "holds"),
    [
        (0, 0, True),
        (0, "0", True),
        (0, "1xx", False),
        (200, "2xx", True),
        (204, 200, False),
        (599, "5xx", True),
        (500, "500", True),
    ],
)
def test_a_status_is_a_number_or_a_class(status: int, wanted: Any, *, holds: bool) -> None:
    assert match({"status": wanted})(meet(status=status)) is holds


def test_an_answer_without_a_fault_is_asked_for_by_nothing() -> None:
    assert match({"fault": "", "failpoint": ""})(meet(fault="", failpoint=""))
    assert not match({"fault": "ThingNotFound"})(meet(fault=""))


@table("wanted", [{}, [], None, 1, "x"])
@table("text", ["", "no JSON", "{", "\ufeff{}", "<a/>"])
def test_a_body_that_is_no_json_has_no_members(text: str, wanted: Any) -> None:
    assert not match({"body": wanted})(meet(text))


def test_a_body_that_is_no_text_has_nothing_in_it() -> None:
    exchange = meet(request_body=Body.of(b"abc\xff{}", 99))
    assert not match({"body": "abc"})(exchange)
    assert not match({"body": {}})(exchange)


def test_a_body_is_looked_at_without_its_secrets() -> None:
    exchange = meet('{"password":"s3cret","copy":"abcdefgh"}')
    assert match({"body": {"password": "***", "copy": "***"}})(exchange)
    assert not match({"body": "s3cret"})(exchange)
    assert not match({"body": "abcdefgh"})(exchange)


@table(
    ("value", "part"),
    [
        (1, 1),
        ("a", "a"),
        (None, None),
        (True, True),
        ([], []),
        ({"a": 1}, {}),
        ({"a": 1, "b": 2}, {"b": 2}),
        ([{"a": 1, "b": 2}], [{"a": 1}]),
        ({"a": {"b": {"c": []}}}, {"a": {"b": {}}}),
    ],
)
def test_a_value_includes_its_parts(value: Any, part: Any) -> None:
    assert includes(value, part)


@table(
    ("value", "part"),
    [
        (1, True),
        (0, False),
        (0, None),
        (1, "1"),
        ("a", "A"),
        ({}, None),
        ({}, []),
        ([], {}),
        ([1, 2], [1]),
        ([1], [1, 2]),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": None}),
        ({}, {"a": None}),
        ("ab", ["a", "b"]),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}),
    ],
)
def test_a_value_does_not_include_what_is_different(value: Any, part: Any) -> None:
    assert not includes(value, part)


@table("wanted", [404, "404", "4xx", "4XX", 0, "0", 100, 599])
def test_a_status_can_be_asked_for(wanted: Any) -> None:
    assert ExchangeMatch().load({"status": wanted}) == {"status": str(wanted).lower()}


@table(
    "wanted",
    [
        True,
        False,
        99,
        600,
        -1,
        404.0,
        "",
        "xxx",
        "40x",
        "6xx",
        "0xx",
        " 404",
        "404\n",
        "٤٠٤",
        [],
        {},
    ],
)
def test_no_other_status_can(wanted: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        ExchangeMatch().load({"status": wanted})
    told = "A status is a number such as 404, a class such as 4xx, or 0."
    assert caught.value.messages == {"status": [told]}


@table("pattern", ["", "things", "?", " /", "http://x/"])
def test_a_pattern_of_a_path_begins_as_paths_do(pattern: str) -> None:
    with pytest.raises(ValidationError, match=r"begins with / or \*"):
        RequestMatch().load({"path": pattern})


@table("name", ["family", "method", "path", "operation", "client"])
@table("value", [None, 1, True, [], {}])
def test_a_pattern_is_a_string(name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        RequestMatch().load({name: value})
    assert list(caught.value.messages_dict) == [name]


@table("value", [None, "x", ["x"], {"x": 1}, {"x": None}])
@pytest.mark.parametrize("name", ["header", "query"])
def test_patterns_of_headers_and_parameters_are_strings_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        RequestMatch().load({name: value})
    assert list(caught.value.messages_dict) == [name]


@table("name", ["status", "fault", "failpoint", "body", "colour"])
def test_a_request_is_not_asked_for_its_answer(name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RequestMatch().load({name: "200"})
    assert caught.value.messages == {
        name: ["Unknown field: known are client, family, header, method, operation, path, query."]
    }
