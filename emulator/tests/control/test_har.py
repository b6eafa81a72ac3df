"""Exchanges as an HTTP Archive 1.2: the shape that browsers read, and no more than is known."""

from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any

from emulator.control import har
from emulator.family import Family
from emulator.recording.exchange import Body, Exchange
from emulator.tests.table import table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BASE = "http://localhost:8080"
NOON = datetime(2030, 6, 15, 12, tzinfo=UTC)


def nothing(_: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
    start_response("200 OK", [])
    return []


def exchange(query: str = "", environ: dict[str, Any] | None = None, **others: Any) -> Exchange:
    family = Family("data", nothing)
    return Exchange(family, "GET", "/a%20b", query, environ or {}, NOON, **others)


def entry(*args: Any, **options: Any) -> Any:
    [found] = har.export([exchange(*args, **options)], BASE)["log"]["entries"]
    return found


def test_an_archive_of_nothing_tells_its_version_and_its_creator() -> None:
    creator = {"name": "ocapi-emulator", "version": metadata.version("ocapi-emulator")}
    assert har.export([], BASE) == {"log": {"version": "1.2", "creator": creator, "entries": []}}


def test_an_entry_has_all_that_the_format_demands() -> None:
    found = entry(
        "a=1&b=",
        {"HTTP_X_TRACE": "t", "CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": "3"},
        status=201,
        seconds=0.25,
        fault="F",
        failpoint="7",
        request_body=Body(b"abc", 3),
        reply_headers=[("Content-Type", "application/json"), ("Location", "/new")],
        reply_body=Body(b"{}", 2),
    )
    assert found == {
        "startedDateTime": "2030-06-15T12:00:00.000Z",
        "time": 250.0,
        "request": {
            "method": "GET",
            "url": "http://localhost:8080/a%20b?a=1&b=",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [
                {"name": "x-trace", "value": "t"},
                {"name": "content-type", "value": "text/plain"},
                {"name": "content-length", "value": "3"},
            ],
            "queryString": [{"name": "a", "value": "1"}, {"name": "b", "value": ""}],
            "headersSize": -1,
            "bodySize": 3,
            "postData": {"mimeType": "text/plain", "text": "abc"},
        },
        "response": {
            "status": 201,
            "statusText": "Created",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [
                {"name": "content-type", "value": "application/json"},
                {"name": "location", "value": "/new"},
            ],
            "content": {"size": 2, "mimeType": "application/json", "text": "{}"},
            "redirectURL": "/new",
            "headersSize": -1,
            "bodySize": 2,
        },
        "cache": {},
        "timings": {"send": 0, "wait": 250.0, "receive": 0},
        "_operation": "",
        "_fault": "F",
        "_failpoint": "7",
        "_stub": "",
        "_upstream": "",
    }


def test_a_request_without_body_and_query_tells_none() -> None:
    request = entry(status=200)["request"]
    assert request["url"] == "http://localhost:8080/a%20b"
    assert request["queryString"] == []
    assert "postData" not in request


@table(("status", "text"), [(0, ""), (299, ""), (404, "Not Found")])
def test_a_status_that_has_no_name_is_told_without(status: int, text: str) -> None:
    response = entry(status=status)["response"]
    assert (response["status"], response["statusText"]) == (status, text)
    assert response["redirectURL"] == ""
    assert response["content"] == {"size": 0, "mimeType": "", "text": ""}


def test_bytes_that_are_no_text_are_told_in_base64() -> None:
    found = entry(status=200, reply_body=Body(b"\xff\xfe", 2), request_body=Body(b"\xff", 1))
    expected = {"mimeType": "", "text": "//4=", "encoding": "base64"}
    assert found["response"]["content"] == {"size": 2, **expected}
    assert found["request"]["postData"] == {"mimeType": "", "text": "/w==", "encoding": "base64"}


def test_of_a_body_that_was_cut_the_whole_size_is_told() -> None:
    content = entry(status=200, reply_body=Body(b"abc", 9000))["response"]["content"]
    assert (content["size"], content["text"]) == (9000, "abc")


def test_exchanges_keep_their_order() -> None:
    exchanges = [exchange(f"n={number}") for number in range(3)]
    entries = har.export(exchanges, BASE)["log"]["entries"]
    assert [found["request"]["url"][-1] for found in entries] == ["0", "1", "2"]


def test_secrets_are_taken_out() -> None:
    environ = {"HTTP_AUTHORIZATION": "Bearer secret-token", "HTTP_COOKIE": "dwsid=1"}
    request = entry("client_secret=x&t=secret-token", environ)["request"]
    assert request["url"].endswith("?client_secret=***&t=***")
    assert [header["value"] for header in request["headers"]] == ["Bearer ***", "***"]
    assert [parameter["value"] for parameter in request["queryString"]] == ["***", "***"]
