"""Answers: whatever an application says, the framing on the wire is the server's."""

from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from emulator.http.answer import Answer
from emulator.http.request import read_head
from emulator.tests.http.serving import GET, connected, exchange, serving
from emulator.tests.table import table
from emulator.tests.wire import ask, receive, receive_head, send

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]
HEAD = GET.replace(b"GET", b"HEAD")


def answer_of(status: str, headers: Headers, *parts: bytes) -> "WSGIApplication":
    """Return an application with one answer, given at once."""

    def app(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response(status, headers)
        return list(parts)

    return app


def written(headers: Headers, status: str = "200 OK", request: bytes = GET) -> list[str]:
    """Return the lines of an answer of 4 bytes, without the date."""
    wire = BytesIO()
    answer = Answer(wire.write, read_head(request, request.index(b"\r\n\r\n")))
    answer.start(status, headers)
    answer.write_whole(b"body")
    answer.finish()
    lines = wire.getvalue().decode("latin-1").split("\r\n")
    return [line for line in lines if not line.startswith("Date: ")]


@table(
    "header",
    [
        ("Transfer-Encoding", "chunked"),
        ("transfer-encoding", "gzip, chunked"),
        ("Connection", "keep-alive"),
        ("Connection", "Upgrade"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "keep-alive"),
        ("TE", "trailers"),
        ("Trailer", "X-A"),
        ("Upgrade", "h2c"),
        ("Content-Length", "ten"),
        ("Content-Length", "-1"),
        ("Content-Length", "+4"),
        ("Content-Length", "4, 4"),
        ("Content-Length", ""),
        ("Content-Length", "\u0664"),
    ],
)
def test_headers_of_the_server_are_left_out(header: tuple[str, str]) -> None:
    lines = ["HTTP/1.1 200 OK", "X-A: b", "Content-Length: 4", "", "body"]
    assert written([header, ("X-A", "b")]) == lines


@table(
    ("lengths", "told", "body"),
    [(["2"], "2", "bo"), (["9"], "9", "body"), (["2", "9"], "2", "bo"), (["x", "3"], "3", "bod")],
)
def test_first_content_length_counts(lengths: list[str], told: str, body: str) -> None:
    lines = written([("Content-Length", length) for length in lengths])
    assert lines == ["HTTP/1.1 200 OK", f"Content-Length: {told}", "", body]


@table(
    ("status", "request_", "length"),
    [("204 No Content", GET, None), ("304 Not Modified", GET, "7"), ("200 OK", HEAD, "7")],
)
def test_answers_without_body_send_none(status: str, request_: bytes, length: str | None) -> None:
    told = [f"Content-Length: {length}"] if length else []
    lines = written([("Content-Length", "7")], status, request_)
    assert lines == [f"HTTP/1.1 {status}", *told, "", ""]


def test_date_of_the_application_is_the_only_one() -> None:
    wire = BytesIO()
    answer = Answer(wire.write, read_head(GET, GET.index(b"\r\n\r\n")))
    answer.start("200 OK", [("date", "Thu, 01 Jan 1970 00:00:00 GMT")])
    answer.write_whole(b"")
    assert wire.getvalue().lower().count(b"date: ") == 1


@table("connection", ["close", "Close", "x, close"])
def test_application_may_end_the_connection(connection: str) -> None:
    with (
        serving(answer_of("200 OK", [("Connection", connection)], b"x")) as listener,
        connected(listener.port) as stream,
    ):
        assert ask(stream, GET).headers.get_all("Connection") == ["close"]
        assert stream.read() == b""


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("200 OK", [("A", "b\r\nX-Injected: c")]),
        ("200 OK", [("A", "b\nX-Injected: c")]),
        ("200 OK", [("A", "b\rX-Injected: c")]),
        ("200 OK", [("A", "b\0")]),
        ("200 OK", [("A\r\nX-Injected", "b")]),
        ("200 OK", [("A: b\r\nX-Injected", "c")]),
        ("200 OK", [("Content-Length ", "1")]),
        ("200 OK", [("Transfer-Encoding\t", "chunked")]),
        ("200 OK", [("", "b")]),
        ("200 OK", [("\xe9", "b")]),
        ("200 OK", [("A", "\u20ac")]),
        ("200 OK\r\nX-Injected: c", []),
        ("200 OK\rX-Injected: c", []),
        ("100 Continue", []),
        ("101 Switching Protocols", []),
        ("200", []),
        ("2000 OK", []),
        ("OK", []),
    ],
)
def test_answers_that_cannot_be_sent_are_500(
    status: str, headers: Headers, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(answer_of(status, headers, b"body")) as listener:
        answer = exchange(listener.port, GET)
    assert (answer.status, answer.headers["X-Injected"]) == (500, None)
    assert answer.body == b"The reason is in the server's log.\n"
    assert "internal error in GET" in caplog.text


@pytest.mark.parametrize("parts", [[b"12345"], [b"12", b"345"]], ids=["one part", "two parts"])
def test_body_longer_than_announced_does_not_reach_the_next_answer(parts: list[bytes]) -> None:
    app = answer_of("200 OK", [("Content-Length", "3")], *parts)
    with serving(app) as listener, connected(listener.port) as stream:
        send(stream, GET + GET)
        assert [receive(stream).body for _ in range(2)] == [b"123", b"123"]


def test_chunked_coding_of_the_application_is_sent_as_data() -> None:
    def app(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [("Transfer-Encoding", "chunked")])
        yield b"0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"

    with serving(app) as listener, connected(listener.port) as stream:
        send(stream, GET)
        assert receive_head(stream).headers.get_all("Transfer-Encoding") == ["chunked"]
        assert stream.readline() == b"18\r\n"
        assert stream.read(24 + 7) == b"0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n\r\n0\r\n\r\n"
