"""What an exchange tells of a request and its answer, and which secrets it keeps to itself."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from werkzeug.routing import Map, Rule

from emulator.family import Family
from emulator.recording.exchange import Body, Exchange, Reply, begin
from emulator.recording.redaction import Redactor
from emulator.tests.table import table

NOON = datetime(2026, 6, 1, 12, 0, 0, 123_999, tzinfo=UTC)
SECRET = "s3cret-Value_99"
BEARER = {"HTTP_AUTHORIZATION": f"Bearer {SECRET}"}
DATA = Family(
    "data",
    lambda _, __: [],
    Map([Rule("/things/<id>", endpoint="thing")]),
    {("thing", "GET"): "getThing"},
)


def meet(environ: Mapping[str, Any] = {}, **told: Any) -> Exchange:
    """Return an exchange of a GET; names of WSGI change the request, others what came of it."""
    asked = {"REQUEST_METHOD": "GET", "PATH_INFO": "/things/a"}
    exchange = begin({**asked, **environ}, DATA, lambda: NOON)
    for name, value in told.items():
        setattr(exchange, name, value)
    return exchange


def body(text: str) -> Body:
    return Body.of(text.encode(), 10_000)


def test_what_was_asked_and_answered_is_shown() -> None:
    environ = {
        "QUERY_STRING": "a=1&a=2&b=&c=%20",
        "HTTP_X_DW_CLIENT_ID": "me",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "5",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
    }
    exchange = meet(environ, number=7, seconds=0.12345678, fault="X", failpoint="2", stub="3")
    exchange.upstream = "https://a.test"
    exchange.request_body = body("asked")
    exchange.answered(Reply("404 Not Found", [("Content-Type", "text/html")], [b"answered"]), 3)
    assert exchange.show() == {
        "number": 7,
        "method": "GET",
        "path": "/things/a",
        "operation": "getThing",
        "client": "me",
        "status": 404,
        "fault": "X",
        "failpoint": "2",
        "stub": "3",
        "upstream": "https://a.test",
        "query": "a=1&a=2&b=&c=%20",
        "parameters": {"a": "2", "b": "", "c": " "},
        "family": "data",
        "at": "2026-06-01T12:00:00.123Z",
        "seconds": 0.123457,
        "request": {
            "headers": {
                "x-dw-client-id": "me",
                "content-type": "text/plain",
                "content-length": "5",
            },
            "body": {"size": 5, "truncated": False, "text": "asked"},
        },
        "answer": {
            "headers": {"content-type": "text/html"},
            "body": {"size": 8, "truncated": True, "text": "ans"},
        },
    }


def test_an_exchange_without_an_answer_has_the_status_0() -> None:
    shown = meet({"PATH_INFO": "/other"}).show()
    assert (shown["status"], shown["fault"], shown["failpoint"]) == (0, "", "")
    assert (shown["operation"], shown["query"], shown["parameters"]) == ("", "", {})
    assert shown["request"] == {
        "headers": {},
        "body": {"size": 0, "truncated": False, "text": ""},
    }


def test_what_is_shown_is_json() -> None:
    exchange = meet(BEARER, request_body=Body.of(b"\xff", 9))
    assert orjson.loads(orjson.dumps(exchange.show())) == exchange.show()


def test_the_method_and_headers_stay_those_of_the_moment_it_came() -> None:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/a", "HTTP_X_A": "1"}
    exchange = begin(environ, DATA, lambda: NOON)
    environ.update(REQUEST_METHOD="PUT", PATH_INFO="/b", HTTP_X_A="2")
    assert (exchange.method, exchange.path, exchange.headers) == ("GET", "/a", {"x-a": "1"})


def test_empty_content_headers_are_none() -> None:
    assert meet({"CONTENT_TYPE": "", "CONTENT_LENGTH": ""}).headers == {}


@table(
    ("told", "line"),
    [
        ({"status": 200}, "GET /things/a: 200"),
        ({"status": 404, "fault": "NotFound"}, "GET /things/a: 404 NotFound"),
        ({}, "GET /things/a: 0"),
    ],
)
def test_its_line_tells_how_it_ended(told: dict[str, Any], line: str) -> None:
    assert meet(**told).line == line


@table(
    ("data", "bound", "shown"),
    [
        (b"", 9, {"size": 0, "truncated": False, "text": ""}),
        (b"abc", 3, {"size": 3, "truncated": False, "text": "abc"}),
        (b"abc", 2, {"size": 3, "truncated": True, "text": "ab"}),
        (b"abc", 0, {"size": 3, "truncated": True, "text": ""}),
        ("a€".encode(), 3, {"size": 4, "truncated": True, "text": "a"}),
        ("a€".encode(), 2, {"size": 4, "truncated": True, "text": "a"}),
        ("a€b".encode(), 4, {"size": 5, "truncated": True, "text": "a€"}),
        (b"\xf0\x9f\x98\x80", 1, {"size": 4, "truncated": True, "text": ""}),
        (b"\xff", 9, {"size": 1, "truncated": False, "base64": "/w=="}),
        (b"\xe2\x82", 9, {"size": 2, "truncated": False, "base64": "4oI="}),
        (b"\xffab", 2, {"size": 3, "truncated": True, "base64": "/2E="}),
    ],
)
def test_the_beginning_of_a_body_is_shown(data: bytes, bound: int, shown: dict[str, Any]) -> None:
    assert Body.of(data, bound).show(Redactor(""), "") == shown


def test_no_more_of_a_body_is_kept_than_is_shown() -> None:
    assert Body.of(b"abcdef", 2) == Body(b"ab", 6)


@table(
    "environ",
    [
        BEARER,
        {"HTTP_AUTHORIZATION": SECRET},
        {"HTTP_AUTHORIZATION": f"Bearer {b64encode(SECRET.encode()).decode()}"},
        {"HTTP_COOKIE": f"dwsid={SECRET}"},
        {"HTTP_PROXY_AUTHORIZATION": f"Basic {SECRET}"},
        {"HTTP_REFERER": f"http://x/?access_token={SECRET}"},
        {**BEARER, "HTTP_X_COPY": f"it is {SECRET}!"},
        {**BEARER, "CONTENT_TYPE": f"text/{SECRET}"},
        {**BEARER, "QUERY_STRING": f"any={SECRET}"},
        {**BEARER, "QUERY_STRING": SECRET},
        {"QUERY_STRING": f"client_secret={SECRET}&a=b"},
        {"QUERY_STRING": f"a=b&access_token={SECRET}"},
        {"QUERY_STRING": f"password={SECRET}%26{SECRET}"},
    ],
)
def test_a_secret_of_a_request_is_not_shown(environ: dict[str, str]) -> None:
    shown = orjson.dumps(meet(environ).show()).decode()
    assert SECRET not in shown
    assert b64encode(SECRET.encode()).decode() not in shown


@table(
    "text",
    [
        f"client_id=a&client_secret={SECRET}",
        f"client_assertion={SECRET}&client_id=a",
        f'{{"password": "{SECRET}"}}',
        f'{{"a": [{{"client_secret":"x\\"{SECRET}"}}]}}',
        f"<fault><message>Access token '{SECRET}' isn't valid</message></fault>",
        f'{{"fault":{{"arguments":{{"accessToken":"{SECRET}"}}}}}}',
        SECRET,
        SECRET * 3,
        f'{{"access_token":"{SECRET}","expires_in":1799}}',
    ],
)
@pytest.mark.parametrize("side", ["request_body", "reply_body"])
def test_a_secret_of_a_body_is_not_shown(side: str, text: str) -> None:
    exchange = meet(BEARER, **{side: body(text)})
    assert SECRET not in orjson.dumps(exchange.show()).decode()


def test_a_compressed_body_is_not_shown_since_a_secret_may_be_inside() -> None:
    exchange = meet({"HTTP_CONTENT_ENCODING": "gzip"}, request_body=Body.of(b"\x1f\x8b", 9))
    answer = Reply("200 OK", [("Content-Encoding", "br")], [b"compressed"])
    exchange.answered(answer, 10_000)
    shown = exchange.show()
    assert shown["request"]["body"] == {"size": 2, "truncated": True, "text": ""}
    assert shown["answer"]["body"] == {"size": 10, "truncated": True, "text": ""}


@table("bound", range(17, 34))
def test_a_secret_of_a_member_that_was_cut_is_not_shown(bound: int) -> None:
    data = f'{{"access_token":"{SECRET}"}}'.encode()
    shown = meet(reply_body=Body.of(data, bound)).show()["answer"]["body"]["text"]
    assert shown.rstrip('"}') == '{"access_token":"***'


@table("bound", range(14, 30))
def test_a_secret_of_a_form_that_was_cut_is_not_shown(bound: int) -> None:
    data = f"client_secret={SECRET}&a=b".encode()
    shown = meet(request_body=Body.of(data, bound)).show()["request"]["body"]["text"]
    assert shown.rstrip("&") == "client_secret=***"


@table(
    "header",
    [
        ("Set-Cookie", f"dwsid={SECRET}"),
        ("Location", f"/things?t={SECRET}"),
        ("Authorization", f"Bearer {SECRET}"),
        ("X-Any", f'Bearer error="{SECRET}"'),
    ],
)
def test_a_secret_of_an_answers_header_is_not_shown(header: tuple[str, str]) -> None:
    exchange = meet(BEARER)
    exchange.answered(Reply("200 OK", [header], []), 0)
    shown = exchange.show()["answer"]["headers"]
    assert list(shown) == [header[0].lower()]
    assert SECRET not in str(shown)


def test_patterns_do_not_see_a_secret_either() -> None:
    exchange = meet({**BEARER, "QUERY_STRING": f"client_secret={SECRET}&t={SECRET}"})
    assert exchange.headers == {"authorization": "Bearer ***"}
    assert exchange.parameters == {"client_secret": "***", "t": "***"}


def test_the_size_counts_all_that_is_long() -> None:
    small = meet().size
    texts = {"PATH_INFO": "/" * 1000, "QUERY_STRING": "q" * 2000, "HTTP_X_A": "h" * 4000}
    large = meet(texts, request_body=Body(b"r" * 8000), reply_body=Body(b"a" * 16_000))
    assert 30_000 < large.size - small <= 31_000
    assert small > 2000


def test_what_was_not_kept_of_a_body_takes_no_room() -> None:
    assert meet(request_body=Body.of(b"a" * 100_000, 10)).size == meet().size + 10


def test_an_exchange_of_a_strange_server_is_shown() -> None:
    environ = {"CONTENT_LENGTH": 5, "CONTENT_TYPE": None, "HTTP_X_A": b"\xe9", "HTTP_X_B": None}
    exchange = begin(environ, DATA, lambda: NOON)
    exchange.number = 1
    shown = exchange.show()
    assert shown["request"]["headers"] == {"content-length": "5", "x-a": "\xe9", "x-b": ""}
    assert (shown["method"], shown["path"], shown["query"]) == ("", "", "")
    assert exchange.size > 2000
