"""What PEP 3333 promises to applications, whatever bytes arrive."""

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from wsgiref.validate import validator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.http.listener import Listener
from emulator.tests.http.serving import connected, exchange, serving
from emulator.tests.wire import ask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ODD = bytes(range(0x80, 0x100))
TEXT = ODD.decode("latin-1")


@validator
def tell(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer the environment, and the body as Latin-1; the library checks types and protocol."""
    told = {name: value for name, value in environ.items() if "." not in name}
    for value in told.values():
        value.encode("latin-1")
    told["body"] = environ["wsgi.input"].read(1_000_000).decode("latin-1")
    body = json.dumps(told).encode()
    start_response("200 OK", [("Content-Length", str(len(body))), ("Content-Type", "text/plain")])
    return [body]


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with serving(tell) as started:
        yield started


def told(listener: Listener, line: bytes, fields: bytes = b"", body: bytes = b"") -> Any:
    data = b"%b HTTP/1.1\r\nHost: localhost\r\n%b\r\n%b" % (line, fields, body)
    return json.loads(exchange(listener.port, data).body)


@pytest.mark.parametrize("line", [b"GET /items?a=\xe9", b"GET http://localhost/items?a=\xe9"])
def test_query_is_latin_1(listener: Listener, line: bytes) -> None:
    environ = told(listener, line)
    assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == ("/items", "a=\xe9")
    assert environ["REQUEST_URI"] == line[4:].decode("latin-1")


@pytest.mark.parametrize("path", [b"/" + ODD, b"/" + b"".join(b"%%%02x" % byte for byte in ODD)])
def test_path_is_decoded_to_latin_1(listener: Listener, path: bytes) -> None:
    environ = told(listener, b"GET " + path)
    assert environ["PATH_INFO"] == f"/{TEXT}"
    assert environ["REQUEST_URI"] == path.decode("latin-1")


@pytest.mark.parametrize("escape", [b"%", b"%f", b"%zz", b"%%", b"%ff%"])
def test_broken_escape_is_kept(listener: Listener, escape: bytes) -> None:
    expected = escape.replace(b"%ff", b"\xff").decode("latin-1")
    assert told(listener, b"GET /" + escape)["PATH_INFO"] == f"/{expected}"


@pytest.mark.parametrize("name", [b"X-A", b"Cookie", b"Authorization", b"Content-Type", b"Accept"])
def test_header_value_is_latin_1(listener: Listener, name: bytes) -> None:
    environ = told(listener, b"GET /", name + b": " + ODD + b"\r\n")
    variable = name.decode().upper().replace("-", "_")
    assert environ[variable if name == b"Content-Type" else f"HTTP_{variable}"] == TEXT


def test_body_is_passed_as_it_is(listener: Listener) -> None:
    fields = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 128\r\n"
    environ = told(listener, b"POST /", fields, ODD)
    assert (environ["body"], environ["CONTENT_LENGTH"]) == (TEXT, "128")


def test_chunked_body_has_a_length(listener: Listener) -> None:
    body = b"80\r\n" + ODD + b"\r\n0\r\n\r\n"
    environ = told(listener, b"POST /", b"Transfer-Encoding: chunked\r\n", body)
    assert (environ["body"], environ["CONTENT_LENGTH"]) == (TEXT, "128")
    assert "HTTP_TRANSFER_ENCODING" not in environ


HOSTS = [b"localhost:", b"[::1]:80", b"under_score", b"", b"a b", b"u@h", b"h:http", b"[", ODD]


@pytest.mark.parametrize("host", HOSTS)
def test_host_is_latin_1(listener: Listener, host: bytes) -> None:
    answer = exchange(listener.port, b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n" % host)
    assert json.loads(answer.body)["HTTP_HOST"] == host.decode("latin-1")


@pytest.mark.parametrize("host", [b"localhost", b"h:http", b"\xe9"])
def test_host_of_a_url_is_latin_1(listener: Listener, host: bytes) -> None:
    environ = told(listener, b"GET http://%b/a" % host)
    assert (environ["HTTP_HOST"], environ["PATH_INFO"]) == (host.decode("latin-1"), "/a")


@pytest.mark.parametrize("host", [b"[::1", b"", b"[\xe9]"])
def test_url_that_cannot_be_split_is_refused(listener: Listener, host: bytes) -> None:
    request = b"GET http://%b/ HTTP/1.1\r\nHost: localhost\r\n\r\n" % host
    assert exchange(listener.port, request).status == 400


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")  # any token is a method
@given(
    st.sampled_from(
        [
            b"GET /%b HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n",
            b"GET /?%b HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: %b\r\nA: b\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: h\r\nA: %b\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: h\r\n%b: b\r\n\r\n",
            b"%b / HTTP/1.1\r\nHost: h\r\n\r\n",
        ]
    ),
    st.binary(max_size=30),
)
def test_any_bytes_are_passed_or_refused(listener: Listener, request_: bytes, noise: bytes) -> None:
    with connected(listener.port) as stream:
        assert ask(stream, request_ % noise.replace(b"\n", b"")).status in (200, 400, 501)
