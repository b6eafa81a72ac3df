"""Bytes outside of ASCII and UTF-8 in any place of a request to the Inventory Service API."""

import json
import socket
from collections.abc import Iterator
from io import BufferedRWPair
from typing import cast
from urllib.parse import urlsplit

import pytest

from emulator import Emulator
from emulator.tests.table import table
from emulator.tests.wire import TIMEOUT, Answer, ask

ENDPOINTS = [
    ("GET", "/items"),
    ("POST", "/items"),
    ("GET", "/items/x"),
    ("PATCH", "/items/x"),
    ("DELETE", "/items/x"),
    ("GET", "/inventories"),
    ("POST", "/inventories"),
    ("GET", "/inventories/x"),
    ("PATCH", "/inventories/x"),
    ("DELETE", "/inventories/x"),
]
NOT_UTF_8 = [b"\xe9", b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80"]


@pytest.fixture(scope="module")
def stream() -> Iterator[BufferedRWPair]:
    """One connection to one server."""
    with Emulator() as emulator:
        url = urlsplit(emulator.url)
        with socket.create_connection((url.hostname, cast("int", url.port)), TIMEOUT) as client:
            yield client.makefile("rwb")


def send(
    stream: BufferedRWPair, method: str, target: bytes, headers: bytes = b"", body: bytes = b"{}"
) -> Answer:
    """Send a request of bytes and return its answer."""
    length = f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\n".encode()
    sent = body if method in ("POST", "PATCH") else b""
    head = b"%s %s HTTP/1.1\r\nHost: localhost\r\n" % (method.encode(), target)
    return ask(stream, head + headers + (length if sent else b"") + b"\r\n" + sent)


def problem(answer: Answer) -> tuple[int, str]:
    """Return the status and code of a problem document."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.body
    told = json.loads(answer.body)
    assert told["status"] == answer.status
    return answer.status, told["code"]


@pytest.mark.parametrize("raw", NOT_UTF_8)
@table("query", [b"a=%s", b"%s=1", b"nextToken=%s", b"pageSize=%s", b"a&%s"])
def test_a_query_that_is_not_utf_8_is_refused(
    stream: BufferedRWPair, query: bytes, raw: bytes
) -> None:
    escaped = b"".join(b"%%%02X" % byte for byte in raw)
    for method, path in ENDPOINTS:
        for value in (raw, escaped):
            answer = send(stream, method, path.encode() + b"?" + query % value)
            assert problem(answer) == (400, "INVALID_PARAMETER")


@pytest.mark.parametrize("raw", NOT_UTF_8)
def test_an_id_that_is_not_utf_8_is_not_found(stream: BufferedRWPair, raw: bytes) -> None:
    escaped = b"".join(b"%%%02X" % byte for byte in raw)
    for method in ("GET", "PATCH", "DELETE"):
        for value in (raw, escaped):
            assert problem(send(stream, method, b"/items/" + value)) == (404, "NOT_FOUND")


@pytest.mark.parametrize("raw", NOT_UTF_8)
def test_a_body_that_is_not_utf_8_is_malformed(stream: BufferedRWPair, raw: bytes) -> None:
    body = b'{"sku": "%s"}' % raw
    for method, path in ENDPOINTS:
        if method in ("POST", "PATCH"):
            assert problem(send(stream, method, path.encode(), body=body)) == (
                400,
                "MALFORMED_JSON",
            )


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("Accept", (406, "NOT_ACCEPTABLE")),
        ("api-version", (400, "UNSUPPORTED_VERSION")),
        ("Authorization", None),
        ("Cookie", None),
        ("If-Match", None),
        ("If-None-Match", None),
        ("Accept-Encoding", None),
        ("X-Request-Id", None),
    ],
)
@table("raw", NOT_UTF_8)
def test_a_header_that_is_not_utf_8_breaks_nothing(
    stream: BufferedRWPair, name: str, refusal: tuple[int, str] | None, raw: bytes
) -> None:
    header = name.encode() + b": " + raw + b"\r\n"
    for method, path in ENDPOINTS:
        answer = send(stream, method, path.encode(), header)
        assert answer.status < 500
        assert refusal in (None, problem(answer) if answer.status >= 400 else None)


@pytest.mark.parametrize("raw", NOT_UTF_8)
def test_a_key_or_media_type_that_is_not_ascii_is_refused(
    stream: BufferedRWPair, raw: bytes
) -> None:
    key = b"Idempotency-Key: " + raw + b"\r\n"
    assert problem(send(stream, "POST", b"/items", key)) == (400, "INVALID_HEADER")
    head = b"POST /items HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Type: "
    answer = ask(stream, head + raw + b"\r\n\r\n{}")
    assert problem(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


@table("raw", ["ä 中/".encode(), b"\xc3\xa4%20%E4%B8%AD%2f", b"%C3%A4%20%E4%B8%AD%2F"])
def test_an_unknown_id_is_shown_as_text(stream: BufferedRWPair, raw: bytes) -> None:
    answer = send(stream, "GET", b"/items/" + raw.replace(b" ", b"%20").replace(b"/", b"%2F"))
    told = json.loads(answer.body)
    assert told["detail"] == "None of the items has the id 'ä 中/'."
    assert told["instance"] == "/items/%C3%A4%20%E4%B8%AD%2F"


@table("query", [b"a=\xff", b"a=%FF"])
def test_a_query_that_is_not_utf_8_has_one_text(stream: BufferedRWPair, query: bytes) -> None:
    told = json.loads(send(stream, "GET", b"/items?" + query).body)
    assert told["detail"] == "The query string isn't UTF-8."
