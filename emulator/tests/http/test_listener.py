"""The HTTP server, on raw sockets: connections, bodies, malformed requests, its end."""

import json
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import BufferedRWPair
from threading import Barrier, Event, Thread
from typing import TYPE_CHECKING, Any

import pytest

from emulator import Emulator
from emulator.http.leader import release_loop
from emulator.http.listener import Listener, bind
from emulator.tests.http.serving import GET, application, connected, exchange, serving
from emulator.tests.wire import TIMEOUT, Answer, ask, receive, receive_head, send
from emulator.workspace.failpoint import ConnectionDropped

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NEVER = 3600.0
MIB_5 = 5_242_880
LISTS = "/s/-/dw/data/v23_2/inventory_lists"
Framing = Callable[[int], tuple[bytes, bytes]]

MALFORMED = {
    "no request line": b"nonsense\r\n\r\n",
    "no colon in a header": b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
    "lower-case method": b"get / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "space before a colon": b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: localhost\r\nA: b\r\n c\r\n\r\n",
    "two lengths": (
        b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n1"
    ),
    "negative length": b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "length and chunks": (
        b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "chunks in HTTP/1.0": (
        b"PUT / HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "chunk longer than its size": (
        b"PUT / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n22\r\n"
    ),
    "control character in the target": b"GET /\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "another version": b"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n",
    "length is no number": b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ten\r\n\r\n",
    "size of a chunk is no number": (
        b"PUT / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nten\r\n"
    ),
    "bare line feed": b"GET / HTTP/1.1\r\nHost: local\nhost\r\n\r\n",
    "target is no URL": b"GET http://[::1/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


def tell_size(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer how long the body is and whether the server refused to read it."""
    size = len(environ["wsgi.input"].read())
    told = json.dumps([size, environ.get("emulator.body_too_large", False)]).encode()
    start_response("200 OK", [("Content-Length", str(len(told)))])
    return [told]


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with serving(application) as started:
        yield started


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(fixtures="samples") as started:
        yield started
    started.check()


def port_of(emulator: Emulator) -> int:
    return int(emulator.url.rpartition(":")[2])


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def fault_type(answer: Answer) -> Any:
    return json.loads(answer.body)["fault"]["type"]


def test_port_0_takes_a_free_port_each_time() -> None:
    with serving(application) as one, serving(application) as other:
        assert one.port > 0
        assert other.port > 0
        assert one.port != other.port


def test_url_has_address_and_port() -> None:
    with serving(application) as listener:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", listener.url)
        assert listener.url.endswith(f":{listener.port}")


def test_taken_port_raises(listener: Listener) -> None:
    with pytest.raises(OSError, match="in use"):
        Listener(application, "127.0.0.1", listener.port)


def test_unknown_host_raises() -> None:
    with pytest.raises(OSError, match=r"256\.1\.1\.1|[Nn]ame|[Aa]ddress"):
        Listener(application, "256.1.1.1", 0)


def test_port_is_free_again_after_stop() -> None:
    with serving(application) as first:
        pass
    second = Listener(application, "127.0.0.1", first.port)
    second.start()
    assert exchange(second.port, GET).status == 200
    second.stop()


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_several_hosts_are_served_on_the_same_port() -> None:
    hosts = ["127.0.0.1", "127.0.0.2", *(["::1"] if has_ipv6() else [])]
    listener = Listener(application, hosts, 0)
    listener.start()
    try:
        assert listener.url == f"http://127.0.0.1:{listener.port}"
        assert listener.urls[-1].endswith(f":{listener.port}")
        assert len(listener.urls) == len(hosts)
        for host in hosts:
            with connected(listener.port, host) as stream:
                assert ask(stream, GET).body == b"GET /200 "
    finally:
        listener.stop()
    for host in hosts:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, listener.port))


def test_hosts_of_the_same_address_are_one_address() -> None:
    bound = bind(["127.0.0.1", "127.0.0.1"], 0)
    assert len(bound) == 1
    bound[0].close()


def test_a_free_port_is_free_on_all_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port_in_use = taken.getsockname()[1]
        ports = [port_in_use, 0]
        create = socket.create_server

        def offer(address: tuple[str, int], **options: Any) -> socket.socket:
            """Offer a port first that is taken on the second host."""
            name, port = address
            return create((name, port or ports.pop(0)), **options)

        monkeypatch.setattr(socket, "create_server", offer)
        bound = bind(["127.0.0.1", "127.0.0.2"], 0)
    first, second = (listening.getsockname()[1] for listening in bound)
    assert first == second != port_in_use
    assert ports == []
    for listening in bound:
        listening.close()


def test_a_host_that_cannot_be_used_is_named_and_leaves_no_socket() -> None:
    with pytest.raises(OSError, match="assign") as caught:
        bind(["127.0.0.1", "192.0.2.1"], 0)
    assert caught.value.filename == "192.0.2.1"


def test_ipv6_is_served_and_written_in_brackets() -> None:
    if not has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    with serving(application, "::1") as listener, connected(listener.port, "::1") as stream:
        assert listener.url == f"http://[::1]:{listener.port}"
        assert ask(stream, GET).body == b"GET /200 "


def test_no_answer_names_the_server(listener: Listener, emulator: Emulator) -> None:
    answers = [
        exchange(listener.port, GET),
        exchange(listener.port, MALFORMED["no request line"]),
        exchange(port_of(emulator), GET),
    ]
    assert [answer.status for answer in answers] == [200, 400, 404]
    assert [answer.headers["Server"] for answer in answers] == [None, None, None]
    assert [answer.headers["Via"] for answer in answers] == [None, None, None]


@pytest.mark.parametrize("status", [200, 204, 304, 404, 500])
def test_connection_is_kept_after_any_status(listener: Listener, status: int) -> None:
    with connected(listener.port) as stream:
        answer = ask(stream, b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % status)
        assert answer.status == status
        assert answer.headers["Connection"] is None
        assert ask(stream, GET).body == b"GET /200 "


@pytest.mark.parametrize("status", [204, 304])
def test_answer_without_body_has_no_length(listener: Listener, status: int) -> None:
    answer = exchange(listener.port, b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % status)
    assert answer.headers["Content-Length"] is None
    assert answer.headers["Transfer-Encoding"] is None


@pytest.mark.parametrize("status", [200, 204, 304])
def test_connection_is_closed_when_the_client_asks(listener: Listener, status: int) -> None:
    request = b"GET /%d HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % status
    with connected(listener.port) as stream:
        assert ask(stream, request).headers["Connection"] == "close"
        assert stream.read() == b""


def test_deleted_list_leaves_the_connection_open(emulator: Emulator) -> None:
    form = b"grant_type=client_credentials&client_id=%b&client_secret=%b" % (b"a" * 30, b"a" * 30)
    head = b"Host: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    with connected(port_of(emulator)) as stream:
        granted = ask(
            stream,
            b"POST /dwsso/oauth2/access_token HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b"
            % (head, len(form), form),
        )
        token = json.loads(granted.body)["access_token"].encode()
        target = f"{LISTS}/my-inventorylist2".encode()
        request = b" %b HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %b\r\n\r\n"
        deleted = ask(stream, b"DELETE" + request % (target, token))
        assert (deleted.status, deleted.headers["Connection"]) == (204, None)
        assert ask(stream, b"GET" + request % (target, token)).status == 404


def test_pipelined_requests_are_answered_in_order(listener: Listener) -> None:
    with connected(listener.port) as stream:
        send(stream, GET + GET.replace(b"/200", b"/204") + GET.replace(b"/200", b"/404"))
        answers = [receive(stream) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 204, 404]
    assert [answer.body for answer in answers] == [b"GET /200 ", b"", b"GET /404 "]


def test_request_may_arrive_in_pieces(listener: Listener) -> None:
    with connected(listener.port) as stream:
        for byte in GET:
            send(stream, bytes([byte]))
        assert receive(stream).body == b"GET /200 "


def test_head_is_answered_with_the_length_and_without_the_body(listener: Listener) -> None:
    with connected(listener.port) as stream:
        send(stream, GET.replace(b"GET", b"HEAD"))
        head = receive_head(stream)
        assert (head.status, head.headers["Content-Length"]) == (200, "10")
        assert ask(stream, GET).body == b"GET /200 "


def test_target_reaches_the_application_as_it_was_sent(listener: Listener) -> None:
    request = GET.replace(b"/200", b"//200/?select=(**)&a=%2F")
    assert exchange(listener.port, request).body == b"GET //200/?select=(**)&a=%2F "


def test_http_1_0_is_answered_and_closed(listener: Listener) -> None:
    with connected(listener.port) as stream:
        answer = ask(stream, b"GET /200 HTTP/1.0\r\n\r\n")
        assert (answer.status, answer.body) == (200, b"GET /200 ")
        assert answer.headers["Connection"] == "close"
        assert stream.read() == b""


def test_http_1_0_keeps_the_connection_on_request(listener: Listener) -> None:
    request = b"GET /200 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    with connected(listener.port) as stream:
        assert ask(stream, request).headers["Connection"] == "Keep-Alive"
        assert ask(stream, request).body == b"GET /200 "


def test_http_1_0_keeps_the_connection_after_an_answer_without_a_body(listener: Listener) -> None:
    request = b"GET /204 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    with connected(listener.port) as stream:
        assert ask(stream, request).headers["Connection"] == "Keep-Alive"
        assert ask(stream, request).status == 204


def test_request_without_host_goes_to_the_address_of_the_server() -> None:
    def name(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        told = f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}".encode()
        start_response("200 OK", [("Content-Length", str(len(told)))])
        return [told]

    with serving(name) as listener:
        answer = exchange(listener.port, b"GET / HTTP/1.0\r\n\r\n")
    assert answer.body == f"127.0.0.1:{listener.port}".encode()


def test_chunked_body_is_put_together(listener: Listener) -> None:
    body = chunk(b"from ") + b"4;name=value\r\nthe \r\n" + chunk(b"chunks") + b"0\r\n\r\n"
    head = b"POST /200 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connected(listener.port) as stream:
        assert ask(stream, head + body).body == b"POST /200 from the chunks"
        assert ask(stream, GET).body == b"GET /200 "


def test_chunked_document_reaches_the_checks_of_the_application(emulator: Emulator) -> None:
    head = f"PUT {LISTS}/new?client_id=x HTTP/1.1\r\nHost: localhost\r\n".encode()
    answer = exchange(
        port_of(emulator),
        head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b"{}") + b"0\r\n\r\n",
    )
    assert (answer.status, fault_type(answer)) == (401, "AuthorizationHeaderMissingException")


def test_100_continue_is_sent_before_the_body(listener: Listener) -> None:
    head = b"PUT /200 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
    with connected(listener.port) as stream:
        send(stream, head + b"Expect: 100-continue\r\n\r\n")
        assert receive_head(stream).status == 100
        assert ask(stream, b"body").body == b"PUT /200 body"


def announced(size: int) -> tuple[bytes, bytes]:
    return b"Content-Length: %d" % size, b"x" * size


def chunked(size: int) -> tuple[bytes, bytes]:
    pieces = [chunk(b"x" * 65_536)] * (size // 65_536)
    rest = [chunk(b"x" * (size % 65_536))] if size % 65_536 else []
    return b"Transfer-Encoding: chunked", b"".join([*pieces, *rest, b"0\r\n\r\n"])


def put(stream: BufferedRWPair, target: str, header: bytes, body: bytes) -> Answer:
    head = f"PUT {target} HTTP/1.1\r\nHost: localhost\r\n".encode() + header
    # The server may answer and close before it was told everything.
    with suppress(ConnectionError):
        send(stream, head + b"\r\n\r\n" + body)
    return receive(stream)


@pytest.mark.parametrize("framing", [announced, chunked])
@pytest.mark.parametrize(
    ("size", "told"),
    [(1, [1, False]), (MIB_5, [5_242_880, False])],
    ids=["1 byte", "5 MB"],
)
def test_body_of_5_mb_is_read(framing: Framing, size: int, told: list[Any]) -> None:
    with serving(tell_size) as listener, connected(listener.port) as stream:
        assert json.loads(put(stream, "/x", *framing(size)).body) == told


def test_framing_of_chunks_does_not_count_as_body() -> None:
    # 4.05 MB of body, 5.4 MB on the wire.
    body = chunk(b"x" * 15) * 270_000 + b"0\r\n\r\n"
    with serving(tell_size) as listener, connected(listener.port) as stream:
        answer = put(stream, "/x", b"Transfer-Encoding: chunked", body)
    assert json.loads(answer.body) == [4_050_000, False]


def test_body_in_chunks_of_one_byte_is_refused(listener: Listener) -> None:
    body = chunk(b"x") * 100_000 + b"0\r\n\r\n"
    with connected(listener.port) as stream:
        answer = put(stream, "/200", b"Transfer-Encoding: chunked", body)
    assert (answer.status, answer.body) == (400, b"The body has too many small chunks.\n")


@pytest.mark.parametrize("framing", [announced, chunked])
def test_body_of_over_5_mb_gets_a_fault(emulator: Emulator, framing: Framing) -> None:
    with connected(port_of(emulator)) as stream:
        answer = put(stream, f"{LISTS}/new", *framing(MIB_5 + 1))
    assert (answer.status, fault_type(answer)) == (413, "RequestEntityTooLargeException")
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"


@pytest.mark.parametrize(
    ("content_type", "excerpt"),
    [
        ("application/json", b'"type":"RequestEntityTooLargeException"'),
        ("application/xml", b"<type>RequestEntityTooLargeException</type>"),
    ],
    ids=["json", "xml"],
)
def test_far_too_large_body_gets_a_fault_before_the_body_is_sent(
    emulator: Emulator, content_type: str, excerpt: bytes
) -> None:
    header = f"Content-Type: {content_type}\r\nContent-Length: 1000000000000".encode()
    with connected(port_of(emulator)) as stream:
        answer = put(stream, f"{LISTS}/new", header, b"")
        assert stream.read() == b""
    assert (answer.status, answer.headers["Connection"]) == (413, "close")
    assert answer.headers["Content-Type"] == f"{content_type};charset=UTF-8"
    assert excerpt in answer.body


def test_far_too_large_form_gets_an_error_of_the_token_endpoint(
    emulator: Emulator,
) -> None:
    head = b"POST /dwsso/oauth2/access_token HTTP/1.1\r\nHost: localhost\r\n"
    form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000000000000"
    answer = exchange(port_of(emulator), head + form + b"\r\n\r\n")
    assert answer.status == 413
    assert json.loads(answer.body)["error"] == "invalid_request"


def test_endless_chunks_are_refused_by_the_application() -> None:
    head = b"PUT /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(tell_size) as listener, connected(listener.port) as stream:
        with suppress(ConnectionError):
            send(stream, head)
            for _ in range(100):
                send(stream, chunk(b"x" * 1_000_000))
        answer = receive(stream)
    _, refused = json.loads(answer.body)
    assert refused is True
    assert answer.headers["Connection"] == "close"


@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED)
def test_malformed_request_is_answered_in_plain_text(listener: Listener, request_: bytes) -> None:
    with connected(listener.port) as stream:
        answer = ask(stream, request_)
        assert answer.status == 400
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert b"<" not in answer.body
        assert stream.read() == b""


def test_malformed_request_does_not_disturb_other_connections(listener: Listener) -> None:
    with connected(listener.port) as stream:
        assert ask(stream, GET).status == 200
        for request in MALFORMED.values():
            with connected(listener.port) as other:
                send(other, request)
        assert ask(stream, GET).status == 200


def test_error_of_the_application_is_answered_in_plain_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_: "WSGIEnvironment", __: "StartResponse") -> Iterable[bytes]:
        raise LookupError("a matter of ours")

    with serving(fail) as listener:
        answer = exchange(listener.port, GET)
    assert answer.status == 500
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert b"a matter of ours" not in answer.body
    assert "a matter of ours" in caplog.text


def test_idle_connections_do_not_block_others(listener: Listener) -> None:
    with ExitStack() as stack:
        for _ in range(150):
            stack.enter_context(socket.create_connection(("127.0.0.1", listener.port), TIMEOUT))
        assert exchange(listener.port, GET).status == 200


def stop_in_time(listener: Listener) -> None:
    stopping = Thread(target=listener.stop, daemon=True)
    stopping.start()
    stopping.join(TIMEOUT)
    assert not stopping.is_alive()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that ends its waits for events and its stop by nothing but events."""
    monkeypatch.setattr("emulator.http.loop.SELECT_SECONDS", NEVER)
    monkeypatch.setattr("emulator.http.loop.STOP_SECONDS", NEVER)


@pytest.mark.usefixtures("patient")
def test_stop_returns_promptly_without_connections() -> None:
    listener = Listener(application, "127.0.0.1", 0)
    listener.start()
    stop_in_time(listener)


@pytest.mark.usefixtures("patient")
def test_stop_returns_promptly_and_closes_idle_connections() -> None:
    listener = Listener(application, "127.0.0.1", 0)
    listener.start()
    with connected(listener.port) as silent, connected(listener.port) as stream:
        assert ask(stream, GET).status == 200
        stop_in_time(listener)
        assert stream.read() == b""
        assert silent.read() == b""


def test_stop_ends_listening() -> None:
    with serving(application) as listener:
        pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", listener.port), TIMEOUT)


@contextmanager
def answering() -> Iterator[tuple[Listener, BufferedRWPair, Event]]:
    """Yield a listener with a request whose answer waits for an event, and its connection."""
    begun, may_end = Event(), Event()

    def wait(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        begun.set()
        may_end.wait()
        return application(environ, start_response)

    listener = Listener(wait, "127.0.0.1", 0)
    listener.start()
    with connected(listener.port) as stream:
        send(stream, GET)
        assert begun.wait(TIMEOUT)
        try:
            yield listener, stream, may_end
        finally:
            may_end.set()


def test_stop_waits_for_the_request_in_work() -> None:
    with answering() as (listener, stream, may_end):
        stopping = Thread(target=listener.stop)
        stopping.start()
        may_end.set()
        assert receive(stream).body == b"GET /200 "
        stopping.join(TIMEOUT)
        assert not stopping.is_alive()


def answer_at_length(length: int) -> "WSGIApplication":
    """Return an application whose answers have so many bytes."""

    def answer(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", str(length))])
        return [b"x" * length]

    return answer


def test_stop_waits_until_a_long_answer_is_read() -> None:
    listener = Listener(answer_at_length(10_000_000), "127.0.0.1", 0)
    listener.start()
    with connected(listener.port) as stream:
        send(stream, GET)
        assert receive_head(stream).headers["Content-Length"] == "10000000"
        stopping = Thread(target=listener.stop)
        stopping.start()
        assert len(stream.read()) == 10_000_000
    stopping.join(TIMEOUT)
    assert not stopping.is_alive()


def test_expectation_without_a_body_is_answered(listener: Listener) -> None:
    request = b"GET /200 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n"
    assert exchange(listener.port, request).status == 200


def drop(_: "WSGIEnvironment", __: "StartResponse") -> Iterable[bytes]:
    raise ConnectionDropped


def drop_before_the_first_part(
    _: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "10")])
    yield b""
    raise ConnectionDropped


def drop_after_half(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "10")])
    yield b"12"
    yield b"345"
    raise ConnectionDropped


@pytest.mark.parametrize("app", [drop, drop_before_the_first_part])
def test_connection_is_dropped_without_a_byte(
    app: "WSGIApplication", caplog: pytest.LogCaptureFixture
) -> None:
    with serving(app) as listener, connected(listener.port) as stream:
        send(stream, GET)
        assert stream.read() == b""
    assert caplog.text == ""


def test_connection_is_dropped_after_what_was_already_answered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with serving(drop_after_half) as listener, connected(listener.port) as stream:
        send(stream, GET)
        assert receive_head(stream).headers["Content-Length"] == "10"
        assert stream.read() == b"12345"
    assert caplog.text == ""


def test_large_part_of_an_answer_is_sent_before_its_connection_is_dropped() -> None:
    def answer(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "10000000")])
        yield b"x" * 9_000_000
        raise ConnectionDropped

    with serving(answer) as listener, connected(listener.port) as stream:
        send(stream, GET)
        receive_head(stream)
        assert len(stream.read()) == 9_000_000


def test_dropped_connection_answers_no_further_request() -> None:
    with serving(drop_after_half) as listener, connected(listener.port) as stream:
        send(stream, GET + GET + GET)
        assert stream.read().count(b"HTTP/1.1") == 1


def test_connection_may_be_dropped_for_a_body_that_is_too_large() -> None:
    request = b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\n"
    with serving(drop) as listener, connected(listener.port) as stream:
        send(stream, request)
        assert stream.read() == b""


def test_iterable_of_a_dropped_connection_is_closed() -> None:
    closed = Event()

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            yield from drop_after_half(environ, start_response)
        finally:
            closed.set()

    with serving(answer) as listener, connected(listener.port) as stream:
        send(stream, GET)
        assert stream.read().endswith(b"12345")
        assert closed.wait(TIMEOUT)


def test_other_connections_outlive_a_dropped_one() -> None:
    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        return (drop if environ["PATH_INFO"] == "/drop" else application)(environ, start_response)

    with serving(answer) as listener, connected(listener.port) as stream:
        assert ask(stream, GET).status == 200
        with connected(listener.port) as other:
            send(other, GET.replace(b"/200", b"/drop"))
            assert other.read() == b""
        assert ask(stream, GET).status == 200


@pytest.mark.parametrize("parts", [[], [b"12"], [b"12", b"345"]], ids=["none", "one", "two"])
def test_answer_shorter_than_its_length_ends_the_connection(
    parts: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    def answer(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "10")])
        return parts

    with serving(answer) as listener, connected(listener.port) as stream:
        send(stream, GET)
        assert receive_head(stream).headers["Content-Length"] == "10"
        assert stream.read() == b"".join(parts)
    assert caplog.text == ""


@pytest.mark.parametrize("headers", [[("Content-Length", "10")], []], ids=["length", "chunks"])
def test_parts_of_a_slow_answer_arrive_one_by_one(headers: list[tuple[str, str]]) -> None:
    may_go_on = [Event(), Event()]

    def answer(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", headers)
        yield b"first"
        assert may_go_on[0].wait(TIMEOUT)
        yield b"last!"
        assert may_go_on[1].wait(TIMEOUT)

    with serving(answer) as listener, connected(listener.port) as stream:
        send(stream, GET)
        receive_head(stream)
        wire = [b"first", b"last!"] if headers else [b"5\r\nfirst\r\n", b"5\r\nlast!\r\n"]
        for part, event in zip(wire, may_go_on, strict=True):
            assert stream.read(len(part)) == part
            event.set()


def test_an_application_ends_soon_after_the_client_has_left() -> None:
    may_go_on, has_ended = Event(), Event()

    def answer(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [])
        try:
            yield b"first"
            assert may_go_on.wait(TIMEOUT)
            while not has_ended.wait(0.01):
                yield b"next"
        finally:
            has_ended.set()

    with serving(answer) as listener:
        with connected(listener.port) as stream:
            send(stream, GET)
            receive_head(stream)
        may_go_on.set()
        assert has_ended.wait(TIMEOUT)


def test_other_threads_go_on_while_an_application_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.http.loop.MAX_THREADS", 32)
    everyone = Barrier(32)

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        everyone.wait(TIMEOUT)
        return application(environ, start_response)

    with serving(answer) as listener, ExitStack() as stack:
        assert listener.threads == 1
        streams = [stack.enter_context(connected(listener.port)) for _ in range(64)]
        for stream in streams:
            send(stream, GET)
        assert [receive(stream).status for stream in streams] == [200] * 64
    assert listener.threads == 0


def test_quick_requests_need_no_further_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    # On a busy machine any request may hold up the loop for milliseconds.
    monkeypatch.setattr("emulator.http.leader.MAX_HOLD_SECONDS", NEVER)
    with serving(application) as listener, connected(listener.port) as stream:
        assert [ask(stream, GET).status for _ in range(20)] == [200] * 20
        assert listener.threads == 1


def test_busy_application_does_not_block_others() -> None:
    may_end = Event()

    def compute(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        while environ["PATH_INFO"] == "/500" and not may_end.is_set():
            sum(range(1000))
        return application(environ, start_response)

    with serving(compute) as listener, connected(listener.port) as busy:
        send(busy, GET.replace(b"/200", b"/500"))
        assert [exchange(listener.port, GET).status for _ in range(3)] == [200] * 3
        may_end.set()
        assert receive(busy).status == 500


def test_connection_goes_on_after_a_slow_request() -> None:
    slow = Event()

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/404":
            slow.wait(TIMEOUT)
        return application(environ, start_response)

    with serving(answer) as listener, connected(listener.port) as stream:
        send(stream, GET.replace(b"/200", b"/404") + GET)
        assert exchange(listener.port, GET).status == 200
        slow.set()
        assert [receive(stream).status for _ in range(2)] == [404, 200]
        assert ask(stream, GET).status == 200


def test_sleeping_monitor_wakes_up_for_a_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("emulator.http.leader.SLEEP_AFTER_SECONDS", 0.0)
    both = Barrier(2)

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        both.wait(TIMEOUT)
        return application(environ, start_response)

    with serving(answer) as listener, connected(listener.port) as one:
        monitor = listener._loop._monitor  # noqa: SLF001
        while not monitor.is_asleep:
            time.sleep(0.001)
        with connected(listener.port) as other:
            send(one, GET)
            send(other, GET)
            assert [receive(stream).status for stream in (one, other)] == [200, 200]


def test_any_method_reaches_the_application(listener: Listener) -> None:
    assert exchange(listener.port, GET.replace(b"GET", b"BREW")).body == b"BREW /200 "


def test_empty_lines_between_requests_do_not_count(listener: Listener) -> None:
    with connected(listener.port) as stream:
        assert ask(stream, GET).status == 200
        assert ask(stream, b"\r\n\r\n" + GET).status == 200


def test_head_that_is_too_large_is_refused(listener: Listener) -> None:
    large = GET[:-2] + b"A: " + b"x" * 300_000 + b"\r\n\r\n"
    many = GET[:-2] + b"A: b\r\n" * 2000 + b"\r\n"
    answers = [exchange(listener.port, request) for request in (large, many)]
    assert [answer.status for answer in answers] == [431, 431]


def test_headers_of_the_same_name_are_joined_and_underscores_left_out() -> None:
    def tell(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        names = ("HTTP_A", "HTTP_COOKIE", "HTTP_B_C")
        body = json.dumps([environ.get(name) for name in names]).encode()
        start_response("200 OK", [])
        return [body]

    headers = b"A: 1\r\na:2 \t\r\nCookie: x=1\r\nCookie: y=2\r\nB_C: no\r\n\r\n"
    with serving(tell) as listener:
        answer = exchange(listener.port, GET[:-2] + headers)
    assert json.loads(answer.body) == ["1, 2", "x=1; y=2", None]


def test_without_further_threads_requests_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, may_end = Event(), Event()

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        begun.set()
        may_end.wait(TIMEOUT)
        return application(environ, start_response)

    def refuse(_: Thread) -> None:
        refused.set()
        raise RuntimeError("can't start new thread")

    refused = Event()
    with serving(answer) as listener:
        monkeypatch.setattr("emulator.http.loop.Thread.start", refuse)
        with connected(listener.port) as one, connected(listener.port) as other:
            send(one, GET)
            assert begun.wait(TIMEOUT)
            assert refused.wait(TIMEOUT)
            send(other, GET)
            may_end.set()
            assert [receive(stream).status for stream in (one, other)] == [200, 200]
        assert listener.threads == 1


def test_stop_ends_though_a_client_never_reads_its_answer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("emulator.http.loop.STOP_SECONDS", 0.2)
    monkeypatch.setattr("emulator.http.loop.SELECT_SECONDS", 0.01)

    listener = Listener(answer_at_length(20_000_000), "127.0.0.1", 0)
    listener.start()
    with connected(listener.port) as stream:
        send(stream, GET)
        receive_head(stream)
        stop_in_time(listener)
    assert caplog.text == ""


def test_stop_ends_though_an_answer_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.http.loop.STOP_SECONDS", 0.2)
    with answering() as (listener, _, __):
        stop_in_time(listener)


def test_failing_shutdown_does_not_hang_stop(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("emulator.http.loop.Loop._shut_down", lambda *_: 1 / 0)
    listener = Listener(application, "127.0.0.1", 0)
    listener.start()
    stop_in_time(listener)
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x02", b"hello\r\n", b"GET / HTTP/1.1\n\n"])
def test_other_protocols_are_refused_at_once(listener: Listener, data: bytes) -> None:
    with connected(listener.port) as stream:
        assert ask(stream, data).status == 400
        assert stream.read() == b""


def test_release_loop_lets_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.http.leader.MAX_HOLD_SECONDS", TIMEOUT)
    both = Barrier(2)

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        release_loop()
        both.wait(TIMEOUT)
        return application(environ, start_response)

    with (
        serving(answer) as listener,
        connected(listener.port) as one,
        connected(listener.port) as other,
    ):
        send(one, GET)
        send(other, GET)
        assert [receive(stream).status for stream in (one, other)] == [200, 200]
