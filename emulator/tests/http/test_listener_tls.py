"""The server with a certificate, on raw sockets: handshakes, bodies, clients that misbehave."""

import os
import shutil
import socket
import ssl
import struct
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import parse_headers
from io import BufferedRWPair
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import TYPE_CHECKING

import pytest
import requests

from emulator.http.certificate import authority, issue
from emulator.http.listener import Listener
from emulator.tests.wire import TIMEOUT, ask, receive, receive_head, send
from emulator.workspace.failpoint import ConnectionDropped

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NEVER = 3600.0
MIB_5 = 5_242_880
NO_TIME = struct.pack("ii", 1, 0)  # to linger, which makes the end of a connection a reset
GET = b"GET /path HTTP/1.1\r\nHost: localhost\r\n\r\n"
CURL, NODE = shutil.which("curl"), shutil.which("node")

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
NO_HANDSHAKE = {
    "zeros": bytes(100),
    "a record of an unknown kind": b"\x99\x03\x03\x00\x05hello",
    "a handshake of nonsense": b"\x16\x03\x01\x00\x05hello",
}


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer with the scheme, the path and the body of the request."""
    told = f"{environ['wsgi.url_scheme']} {environ['PATH_INFO']} ".encode()
    body = told + environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def tell_size(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    told = str(len(environ["wsgi.input"].read())).encode()
    start_response("200 OK", [("Content-Length", str(len(told)))])
    return [told]


def send_10_mb(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "10000000")])
    return [b"x" * 10_000_000]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authority")


@pytest.fixture(scope="module")
def context(folder: Path) -> ssl.SSLContext:
    return issue(["shop.example.com"], folder)


@pytest.fixture(scope="module")
def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority(folder))


@contextmanager
def serving(app: "WSGIApplication", context: ssl.SSLContext) -> Iterator[Listener]:
    listener = Listener(app, "127.0.0.1", 0, context)
    listener.start()
    try:
        yield listener
    finally:
        listener.stop()


@pytest.fixture(scope="module")
def listener(context: ssl.SSLContext) -> Iterator[Listener]:
    with serving(application, context) as started:
        yield started


@contextmanager
def secured(
    listener: Listener, trusting: ssl.SSLContext, name: str = "localhost", *, strict: bool = False
) -> Iterator[BufferedRWPair]:
    """Connect with TLS; a strict client minds an end that was not announced."""
    with (
        socket.create_connection(("127.0.0.1", listener.port), TIMEOUT) as plain,
        trusting.wrap_socket(
            plain, server_hostname=name, suppress_ragged_eofs=not strict
        ) as client,
        client.makefile("rwb") as stream,
    ):
        yield stream


@contextmanager
def unsecured(listener: Listener) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", listener.port), TIMEOUT) as client:
        yield client


def put(size: int) -> bytes:
    head = b"PUT /path HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    return head % size + b"x" * size


def read_to_end(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65_536), b""))


def hello(trusting: ssl.SSLContext) -> bytes:
    """Return the first message of a client's handshake."""
    outgoing = ssl.MemoryBIO()
    client = trusting.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def test_url_says_https(listener: Listener) -> None:
    assert listener.url == f"https://127.0.0.1:{listener.port}"


@pytest.mark.parametrize("version", VERSIONS)
def test_requests_are_answered(listener: Listener, folder: Path, version: str) -> None:
    client = ssl.create_default_context(cafile=authority(folder))
    client.minimum_version = client.maximum_version = VERSIONS[version]
    with secured(listener, client) as stream:
        assert ask(stream, GET).body == b"https /path "


def test_connection_is_kept(listener: Listener, trusting: ssl.SSLContext) -> None:
    with secured(listener, trusting) as stream:
        answers = [ask(stream, GET) for _ in range(20)]
    assert [answer.body for answer in answers] == [b"https /path "] * 20
    assert [answer.headers["Connection"] for answer in answers] == [None] * 20


def test_pipelined_requests_are_answered_in_order(
    listener: Listener, trusting: ssl.SSLContext
) -> None:
    paths = [b"/%d" % number for number in range(300)]
    with secured(listener, trusting) as stream:
        # More than one record of TLS holds.
        send(stream, b"".join(GET.replace(b"/path", b"%b?%0100d" % (path, 0)) for path in paths))
        bodies = [receive(stream).body for _ in paths]
    assert bodies == [b"https %b " % path for path in paths]


def test_request_may_arrive_in_pieces(listener: Listener, trusting: ssl.SSLContext) -> None:
    with secured(listener, trusting) as stream:
        for byte in GET:
            send(stream, bytes([byte]))
        assert receive(stream).body == b"https /path "


def test_handshake_may_arrive_in_pieces(listener: Listener, trusting: ssl.SSLContext) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with unsecured(listener) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while client.version() is None or outgoing.pending:
            try:
                client.do_handshake()
            except ssl.SSLWantReadError:
                while piece := outgoing.read(50):
                    wire.sendall(piece)
                incoming.write(wire.recv(65_536))
            else:
                wire.sendall(outgoing.read())
    assert client.version() == "TLSv1.3"


def test_requests_trusts_the_authority(listener: Listener, folder: Path) -> None:
    url = f"https://localhost:{listener.port}/path"
    answer = requests.get(url, verify=str(authority(folder)), timeout=TIMEOUT)
    assert answer.text == "https /path "


@pytest.mark.skipif(CURL is None, reason="there is no curl")
def test_curl_trusts_the_authority(listener: Listener, folder: Path) -> None:
    told = subprocess.run(  # noqa: S603
        [str(CURL), "-sS", "--cacert", authority(folder), f"{listener.url}/path"],
        capture_output=True,
        timeout=TIMEOUT,
        check=True,
    )
    assert told.stdout == b"https /path "


@pytest.mark.skipif(NODE is None, reason="there is no Node")
def test_node_trusts_the_authority(listener: Listener, folder: Path) -> None:
    program = f"require('https').get('{listener.url}/path', answer => answer.pipe(process.stdout))"
    told = subprocess.run(  # noqa: S603
        [str(NODE), "-e", program],
        env={**os.environ, "NODE_EXTRA_CA_CERTS": str(authority(folder))},
        capture_output=True,
        timeout=TIMEOUT,
        check=True,
    )
    assert told.stdout == b"https /path "


def test_certificate_is_good_for_no_other_name(
    listener: Listener, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
        secured(listener, trusting, "other.example.com"),
    ):
        pass
    with secured(listener, trusting) as stream:
        assert ask(stream, GET).status == 200
    assert caplog.text == ""


def test_clients_without_trust_do_not_disturb_others(
    listener: Listener, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    with secured(listener, trusting) as stream:
        assert ask(stream, GET).status == 200
        for _ in range(3):
            with (
                pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"),
                secured(listener, ssl.create_default_context()),
            ):
                pass
        assert ask(stream, GET).status == 200
    assert caplog.text == ""


@pytest.mark.parametrize("method", [b"GET", b"DELETE", b"PATCH", b"CONNECT"])
def test_plain_http_on_https_port_is_refused_in_plain_text(
    listener: Listener, caplog: pytest.LogCaptureFixture, method: bytes
) -> None:
    with unsecured(listener) as client:
        client.sendall(GET.replace(b"GET", method))
        told = read_to_end(client)
    head, _, body = told.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 68")
    assert body == b"This port speaks https. Write https:// at the beginning of the URL.\n"
    assert caplog.text == ""


@pytest.mark.parametrize("data", NO_HANDSHAKE.values(), ids=NO_HANDSHAKE)
def test_client_that_speaks_something_else_is_closed(
    listener: Listener, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    with unsecured(listener) as client:
        client.sendall(data)
        assert b"HTTP" not in read_to_end(client)
    with secured(listener, trusting) as stream:
        assert ask(stream, GET).status == 200
    assert caplog.text == ""


@pytest.mark.parametrize("early", [True, False], ids=["before", "after"])
def test_reset_connections_do_not_disturb_others(
    context: ssl.SSLContext,
    trusting: ssl.SSLContext,
    caplog: pytest.LogCaptureFixture,
    early: bool,  # noqa: FBT001
) -> None:
    listener = Listener(application, "127.0.0.1", 0, context)
    if not early:
        listener.start()
    for data in [b"", hello(trusting), hello(trusting)[:100]] * 10:
        with unsecured(listener) as client:
            client.sendall(data)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_TIME)
    if early:
        listener.start()
    with secured(listener, trusting) as stream:
        assert ask(stream, GET).status == 200
    listener.stop()
    assert caplog.text == ""


def test_client_that_leaves_early_does_not_disturb_others(
    context: ssl.SSLContext, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    begun, may_end = Event(), Event()

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/path":
            begun.set()
            may_end.wait(TIMEOUT)
        return application(environ, start_response)

    with serving(answer, context) as listener, secured(listener, trusting) as other:
        with (
            unsecured(listener) as plain,
            trusting.wrap_socket(plain, server_hostname="localhost") as client,
        ):
            client.sendall(GET)
            assert begun.wait(TIMEOUT)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_TIME)
        may_end.set()
        assert ask(other, GET.replace(b"/path", b"/other")).body == b"https /other "
    assert caplog.text == ""


def test_silent_clients_do_not_block_others(listener: Listener, trusting: ssl.SSLContext) -> None:
    with ExitStack() as stack:
        for data in [b"", hello(trusting)[:100], hello(trusting)] * 20:
            stack.enter_context(unsecured(listener)).sendall(data)
        with secured(listener, trusting) as stream:
            assert ask(stream, GET).status == 200


@pytest.mark.parametrize("length", [0, 1, 100, 5000])
def test_unfinished_handshake_is_closed_after_silence(
    monkeypatch: pytest.MonkeyPatch,
    context: ssl.SSLContext,
    trusting: ssl.SSLContext,
    length: int,
) -> None:
    monkeypatch.setattr("emulator.http.loop.IDLE_SECONDS", 0)
    with serving(application, context) as listener, unsecured(listener) as client:
        client.sendall(hello(trusting)[:length])
        try:
            assert b"HTTP" not in read_to_end(client)
        except ConnectionResetError:
            # It was closed before what it sent was read.
            assert length


def test_body_of_5_mb_is_read(context: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with serving(tell_size, context) as listener, secured(listener, trusting) as stream:
        assert ask(stream, put(MIB_5)).body == b"5242880"
        assert ask(stream, put(1)).body == b"1"


def test_body_of_5_mb_comes_back_as_it_was_sent(
    listener: Listener, trusting: ssl.SSLContext
) -> None:
    body = os.urandom(MIB_5)
    request = put(MIB_5).partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body
    with secured(listener, trusting) as stream:
        assert ask(stream, request).body == b"https /path " + body
        assert ask(stream, GET).body == b"https /path "


def test_answer_larger_than_all_buffers_waits_for_its_reader(
    context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    with (
        serving(send_10_mb, context) as listener,
        secured(listener, trusting) as slow,
        secured(listener, trusting) as stream,
    ):
        send(slow, GET)
        assert receive_head(slow).status == 200
        assert len(ask(stream, GET).body) == 10_000_000
        assert slow.read(10_000_000) == b"x" * 10_000_000


def test_20_clients_are_served_at_once(context: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    everyone = Barrier(20)

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        everyone.wait(TIMEOUT)
        return application(environ, start_response)

    with serving(answer, context) as listener, ThreadPoolExecutor(20) as pool:

        def talk(number: int) -> list[bool]:
            body = bytes([number]) * 200_000
            request = put(200_000).partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body
            with secured(listener, trusting) as stream:
                return [ask(stream, request).body == b"https /path " + body for _ in range(3)]

        assert list(pool.map(talk, range(20))) == [[True, True, True]] * 20


def test_certificate_larger_than_the_buffers_is_sent(folder: Path) -> None:
    names = [f"a-name-of-forty-characters-{number:013}.example.com" for number in range(1500)]
    listener = Listener(application, "127.0.0.1", 0, issue(names, folder))
    # Connections inherit what the listening socket has.
    listener._loop._listening[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # noqa: SLF001
    listener.start()
    trusting = ssl.create_default_context(cafile=authority(folder))
    with socket.socket() as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.settimeout(TIMEOUT)
        plain.connect(("127.0.0.1", listener.port))
        with trusting.wrap_socket(plain, server_hostname=names[-1]) as client:
            client.sendall(GET.replace(b"1.1", b"1.0"))
            assert read_to_end(client).endswith(b"\r\n\r\nhttps /path ")
    listener.stop()


def test_end_is_announced(listener: Listener, trusting: ssl.SSLContext) -> None:
    # Without the announcement a strict client would take what it has for cut off.
    with secured(listener, trusting, strict=True) as stream:
        answer = ask(stream, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert answer.headers["Connection"] == "close"
        assert stream.read() == b""


def drop(_: "WSGIEnvironment", __: "StartResponse") -> Iterable[bytes]:
    raise ConnectionDropped


def drop_after_half(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "10")])
    yield b"12345"
    raise ConnectionDropped


def test_connection_is_dropped_without_a_byte(
    context: ssl.SSLContext, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(drop, context) as listener, secured(listener, trusting) as stream:
        send(stream, GET)
        assert stream.read() == b""
    assert caplog.text == ""


def test_connection_is_dropped_after_what_was_already_answered(
    context: ssl.SSLContext, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(drop_after_half, context) as listener, secured(listener, trusting) as stream:
        send(stream, GET)
        assert receive_head(stream).headers["Content-Length"] == "10"
        assert stream.read() == b"12345"
    assert caplog.text == ""


def test_drop_is_not_announced(context: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with (
        serving(drop, context) as listener,
        secured(listener, trusting, strict=True) as stream,
    ):
        send(stream, GET)
        with pytest.raises(ssl.SSLEOFError):
            stream.read()


def test_answer_shorter_than_its_length_ends_the_connection(
    context: ssl.SSLContext, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "10")])
        return [b"12345"]

    with serving(answer, context) as listener, secured(listener, trusting) as stream:
        send(stream, GET)
        assert receive_head(stream).headers["Content-Length"] == "10"
        assert stream.read() == b"12345"
    assert caplog.text == ""


def test_parts_of_a_slow_answer_arrive_one_by_one(
    context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    may_go_on = [Event(), Event()]

    def answer(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "10")])
        yield b"first"
        assert may_go_on[0].wait(TIMEOUT)
        yield b"last!"
        assert may_go_on[1].wait(TIMEOUT)

    with serving(answer, context) as listener, secured(listener, trusting) as stream:
        send(stream, GET)
        receive_head(stream)
        for part, event in zip([b"first", b"last!"], may_go_on, strict=True):
            assert stream.read(5) == part
            event.set()


def test_stop_returns_promptly_and_closes_idle_connections(
    monkeypatch: pytest.MonkeyPatch, context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    for wait in ("SELECT_SECONDS", "STOP_SECONDS"):
        monkeypatch.setattr(f"emulator.http.loop.{wait}", NEVER)
    listener = Listener(application, "127.0.0.1", 0, context)
    listener.start()
    with secured(listener, trusting, strict=True) as stream, unsecured(listener) as silent:
        assert ask(stream, GET).status == 200
        stopping = Thread(target=listener.stop, daemon=True)
        stopping.start()
        stopping.join(TIMEOUT)
        assert not stopping.is_alive()
        assert stream.read() == b""
        assert silent.recv(1) == b""


def test_stop_waits_until_a_long_answer_is_read(
    context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    listener = Listener(send_10_mb, "127.0.0.1", 0, context)
    listener.start()
    with secured(listener, trusting, strict=True) as stream:
        send(stream, GET)
        assert receive_head(stream).headers["Content-Length"] == "10000000"
        stopping = Thread(target=listener.stop)
        stopping.start()
        assert len(stream.read()) == 10_000_000
    stopping.join(TIMEOUT)
    assert not stopping.is_alive()


def test_stop_under_load_leaves_no_answer_unfinished(
    context: ssl.SSLContext, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    listener = Listener(application, "127.0.0.1", 0, context)
    listener.start()
    underway = Barrier(9)

    def talk(_: int) -> set[int]:
        """Return the lengths of all answers, counted until the connection is closed."""
        lengths: set[int] = set()
        with secured(listener, trusting) as stream:
            assert ask(stream, GET).status == 200
            underway.wait(TIMEOUT)
            try:
                while True:
                    send(stream, put(100_000))
                    if not (line := stream.readline()):
                        return lengths
                    assert line == b"HTTP/1.1 200 OK\r\n"
                    length = int(parse_headers(stream)["Content-Length"])
                    lengths.add(len(stream.read(length)))
            except (ConnectionError, ssl.SSLError):
                return lengths

    with ThreadPoolExecutor(8) as pool:
        talks = pool.map(talk, range(8))
        underway.wait(TIMEOUT)
        listener.stop()
        assert [lengths - {100_012} for lengths in talks] == [set()] * 8
    assert caplog.text == ""
