"""Requests that are passed to a real instance: what goes there, what comes back, what fails."""

import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import pytest
import requests
from werkzeug.test import TestResponse

from benchmarks.process import reserving_port
from emulator import Emulator
from emulator.config import Config, ConfigError
from emulator.fallback import upstream
from emulator.fallback.upstream import Upstream, leads_to
from emulator.http import certificate
from emulator.tests.control_client import ask
from emulator.tests.table import table

CONTROL = "/__emulator__"
PRODUCT = "/s/RefArch/dw/shop/v23_2/products/p"
TIMEOUT = 10
HINT = "x-emulator-hint"


class Sent(NamedTuple):
    """A request as the instance saw it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Instance(ThreadingHTTPServer):
    """A real instance: it keeps what it is asked, and answers what it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sent: list[Sent] = []
        self.answer: tuple[int, list[tuple[str, str]], bytes] = 200, [], b"from the instance"
        self.cut = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Keeps a request, and answers it."""

    server: Instance
    protocol_version = "HTTP/1.1"

    def handle_all(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        self.server.sent.append(Sent(self.command, self.path, headers, body))
        status, more, content = self.server.answer
        self.send_response(status)
        for name, value in more:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) + self.server.cut))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.close_connection = bool(self.server.cut)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_all  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Instance]:
    with Instance() as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=lambda: server.serve_forever(0.01))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def instance() -> Iterator[Instance]:
    with serving() as server:
        yield server


@pytest.fixture
def emulator(instance: Instance) -> Iterator[Emulator]:
    made = Emulator(fixtures="samples", upstream=instance.url)
    yield made
    made.check()


def last(emulator: Emulator) -> Any:
    answer = ask(emulator, "GET", f"{CONTROL}/journal?limit=1")
    assert answer.json is not None
    return answer.json["exchanges"][0]


def problem(answer: TestResponse) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json is not None
    assert answer.json["status"] == answer.status_code
    assert answer.headers[HINT] == answer.json["detail"]
    return str(answer.json["detail"])


def test_a_request_is_passed_on_and_the_answer_back(emulator: Emulator, instance: Instance) -> None:
    instance.answer = 201, [("ETag", "a"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")], b"{}"
    headers = {"Authorization": "Bearer t", "If-Match": "x", "X-Site": "a"}
    more = {"Accept-Encoding": "gzip"}
    target = f"{PRODUCT}?q=a%20b&r=%FF"
    answer = ask(emulator, "POST", target, json={"a": 1}, headers=headers | more)
    assert (answer.status_code, answer.data) == (201, b"{}")
    assert answer.headers.getlist("Set-Cookie") == ["a=1", "b=2"]
    assert answer.headers["ETag"] == "a"
    assert HINT not in answer.headers
    [sent] = instance.sent
    assert (sent.method, sent.target) == ("POST", target)
    assert sent.body == b'{"a": 1}'
    assert {name: sent.headers[name] for name in ("authorization", "if-match", "x-site")} == {
        name.lower(): value for name, value in headers.items()
    }
    assert sent.headers["host"] == instance.url.removeprefix("http://")
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["via"] == "1.1 ocapi-emulator"
    assert sent.headers["accept-encoding"] == "identity"
    shown = last(emulator)
    assert (shown["upstream"], shown["stub"], shown["status"]) == (instance.url, "", 201)
    assert shown["request"]["headers"]["authorization"] == "Bearer ***"
    assert shown["answer"]["body"]["text"] == "{}"


def test_headers_of_the_connection_and_of_the_emulator_stay_here(
    emulator: Emulator, instance: Instance
) -> None:
    instance.answer = 200, [("Keep-Alive", "x"), ("Connection", "X-Hop"), ("X-Hop", "1")], b""
    headers = {
        "Connection": "X-One, close",
        "X-One": "1",
        "TE": "trailers",
        "Proxy-Authorization": "secret",
        "x-emulator-control-token": "secret",
        "Via": "1.1 proxy",
    }
    answer = ask(emulator, "GET", PRODUCT, headers=headers)
    [sent] = instance.sent
    assert sorted(sent.headers) == ["accept-encoding", "host", "via"]
    assert sent.headers["via"] == "1.1 proxy, 1.1 ocapi-emulator"
    assert [name for name, _ in answer.headers if name in ("Keep-Alive", "X-Hop")] == []


@table("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_all_methods_are_passed_on(method: str, emulator: Emulator, instance: Instance) -> None:
    assert ask(emulator, method, PRODUCT).data == b"from the instance"
    assert instance.sent[-1].method == method
    assert ("content-length" in instance.sent[-1].headers) is (method in ("POST", "PUT", "PATCH"))


def test_head_is_answered_with_the_length_and_without_a_body(
    emulator: Emulator, instance: Instance
) -> None:
    answer = ask(emulator, "HEAD", PRODUCT)
    assert (answer.data, answer.headers["Content-Length"]) == (b"", "17")
    assert instance.sent[-1].method == "HEAD"


def test_an_overridden_method_is_passed_on_once(emulator: Emulator, instance: Instance) -> None:
    ask(emulator, "POST", PRODUCT, json={}, headers={"x-dw-http-method-override": "PATCH"})
    assert instance.sent[-1].method == "PATCH"
    assert "x-dw-http-method-override" not in instance.sent[-1].headers


@table(
    ("target", "passed"),
    [
        ("/a/b%2Fc/", "/a/b%2Fc/"),
        ("/a//b", "/a//b"),
        (
            "/on/demandware.store/Sites-x-Site/en/Home-Show",
            "/on/demandware.store/Sites-x-Site/en/Home-Show",
        ),
        ("/a\xe9?q=\xe9", "/a%E9?q=%E9"),
        ("http://example.org/a?b=1", "/a?b=1"),
    ],
)
def test_the_path_is_passed_on_as_sent(
    target: str, passed: str, emulator: Emulator, instance: Instance
) -> None:
    path, _, query = target.partition("?")
    environ = {"REQUEST_URI": target, "QUERY_STRING": query, "REMOTE_ADDR": "127.0.0.1"}
    emulator.app.test_client().get(path if path[0] == "/" else "/a", environ_overrides=environ)
    assert instance.sent[-1].target == passed


def test_a_base_path_of_the_instance_comes_first(instance: Instance) -> None:
    emulator = Emulator(fixtures="samples", upstream=f"{instance.url}/base/")
    ask(emulator, "GET", "/a")
    assert instance.sent[-1].target == "/base/a"


def test_a_request_does_not_choose_the_instance(instance: Instance) -> None:
    with (
        serving() as foreign,
        Emulator(fixtures="samples", upstream=instance.url) as emulator,
        socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2]))) as client,
    ):
        for target, host in ((f"{foreign.url}/a", "localhost"), ("/b", foreign.url[7:])):
            client.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert client.recv(65536).startswith(b"HTTP/1.1 ")
    assert foreign.sent == []
    assert [sent.target for sent in instance.sent] == ["/a", "/b"]


def test_a_redirect_is_passed_back(emulator: Emulator, instance: Instance) -> None:
    instance.answer = 302, [("Location", "/elsewhere")], b""
    answer = ask(emulator, "GET", PRODUCT)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/elsewhere")
    assert len(instance.sent) == 1


def test_a_page_of_the_instance_has_an_origin_of_its_own(
    emulator: Emulator, instance: Instance
) -> None:
    instance.answer = 200, [("Content-Type", "text/html;charset=UTF-8")], b"<script></script>"
    policy = ask(emulator, "GET", PRODUCT).headers["Content-Security-Policy"]
    assert policy.split()[0] == "sandbox"
    assert "allow-same-origin" not in policy
    instance.answer = 200, [], b"<script></script>"
    assert "Content-Security-Policy" in ask(emulator, "GET", PRODUCT).headers


def test_what_is_served_or_has_a_stub_stays_here(emulator: Emulator, instance: Instance) -> None:
    stub = {"method": "GET", "path": PRODUCT, "answer": {"body": "stub"}}
    ask(emulator, "POST", f"{CONTROL}/stubs", json=stub)
    assert ask(emulator, "GET", PRODUCT).text == "stub"
    assert ask(emulator, "GET", "/s/-/dw/data/v23_2/inventory_lists").status_code == 200
    assert ask(emulator, "GET", "/s/-/dw/data/v23_2/inventory_lists/none").status_code == 404
    assert ask(emulator, "DELETE", "/s/-/dw/data/v23_2/inventory_lists").status_code == 405
    assert ask(emulator, "GET", "/items").status_code == 200
    assert ask(emulator, "GET", f"{CONTROL}/nothing").status_code == 404
    assert instance.sent == []
    assert ask(emulator, "GET", "/s/-/dw/data/v23_2/nothing").text == "from the instance"


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_the_root_is_of_the_instance(emulator: Emulator, instance: Instance, accept: str) -> None:
    answer = ask(emulator, "GET", "/", headers={"Accept": accept})
    assert (answer.status_code, answer.text) == (200, "from the instance")
    assert [sent.target for sent in instance.sent] == ["/"]


def test_a_failpoint_surrounds_the_instance(emulator: Emulator, instance: Instance) -> None:
    ask(emulator, "POST", f"{CONTROL}/failpoints", json={"action": {"truncate": 4}})
    assert ask(emulator, "GET", PRODUCT).status_code == 200
    ask(emulator, "PUT", f"{CONTROL}/failpoints", json={"action": {"status": 503}})
    assert ask(emulator, "GET", PRODUCT).status_code == 503
    assert len(instance.sent) == 1


def test_an_error_of_the_instance_is_a_server_error(emulator: Emulator, instance: Instance) -> None:
    instance.answer = 500, [], b"broken"
    assert ask(emulator, "GET", PRODUCT).status_code == 500
    assert [one.status for one in emulator.workspace.journal.find_errors()] == [500]


def test_an_instance_that_is_not_there_is_a_bad_gateway() -> None:
    with reserving_port() as port:  # on which nobody listens
        url = f"http://127.0.0.1:{port}"
        emulator = Emulator(fixtures="samples", upstream=url)
        answer = ask(emulator, "GET", PRODUCT)
    assert answer.status_code == 502
    assert problem(answer) == f"{url} (--upstream): no answer: Connection refused."
    assert last(emulator)["upstream"] == url


def test_an_instance_that_says_nothing_is_a_gateway_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        reply = Upstream(url, timeout=0.05).send({"REQUEST_METHOD": "GET"}, "/a", b"")
    assert reply.status == "504 Gateway Timeout"
    assert b"no answer in time" in reply.parts[0]


def test_an_endless_answer_is_a_gateway_timeout(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "MAX_ANSWER_SECONDS", 0)
    answer = ask(emulator, "GET", PRODUCT)
    assert answer.status_code == 504
    assert problem(answer).endswith("no answer in time.")


@table(
    ("content", "cut", "why"),
    [
        (b"x" * (5 * 1024 * 1024 + 1), 0, "the answer has more than 5242880 bytes"),
        (b"abc", 4, "the answer is cut off"),
    ],
)
def test_an_answer_that_is_too_long_or_cut_is_a_bad_gateway(
    content: bytes, cut: int, why: str, emulator: Emulator, instance: Instance
) -> None:
    instance.answer, instance.cut = (200, [], content), cut
    answer = ask(emulator, "GET", PRODUCT)
    assert answer.status_code == 502
    assert problem(answer).endswith(f"(--upstream): {why}.")


@contextmanager
def sending(*pieces: bytes, pause: float = 0) -> Iterator[str]:
    """Answer one connection with bytes, with a pause before each piece; yield the URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=lambda: answer_bytes(server, pieces, pause))
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def answer_bytes(server: socket.socket, pieces: Iterable[bytes], pause: float) -> None:
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.recv(65536)
        for piece in pieces:
            Event().wait(pause)
            connection.sendall(piece)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HEAD = b"HTTP/1.1 %s\r\n\r\n"


@table(
    ("sent", "status", "content"),
    [
        (b"non\x1bsense\r\n\r\n", "502 Bad Gateway", b"no answer: non?sense."),
        (HEAD % b"103 Early Hints" + HEAD % b"102 Processing" + OK, "200 OK", b"ok"),
        (HEAD % b"101 Switching Protocols", "502 Bad Gateway", b"changes the protocol."),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "502 Bad Gateway", b"coding."),
    ],
)
def test_interim_answers_are_passed_over_and_nonsense_is_a_bad_gateway(
    sent: bytes, status: str, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with sending(sent) as url:
        reply = Upstream(url, timeout=5).send({"REQUEST_METHOD": "GET"}, "/a", b"")
    assert reply.status == status
    assert content in reply.parts[0]
    assert all(record.message.isprintable() for record in caplog.records)


@table("piece", [b"a", HEAD % b"100 Continue"])
def test_an_answer_in_drips_is_a_gateway_timeout(
    piece: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "MAX_ANSWER_SECONDS", 0.05)
    with sending(*[piece] * 20, pause=0.01) as url:
        reply = Upstream(url, timeout=5).send({"REQUEST_METHOD": "GET"}, "/a", b"")
    assert reply.status == "504 Gateway Timeout"


def test_a_large_body_is_passed_on_up_to_5_mb(emulator: Emulator, instance: Instance) -> None:
    largest = b"x" * 5 * 1024 * 1024
    assert ask(emulator, "POST", PRODUCT, data=largest).status_code == 200
    assert instance.sent[-1].body == largest
    answer = ask(emulator, "POST", PRODUCT, data=largest + b"x")
    assert answer.status_code == 413
    assert problem(answer).endswith("the body is too large.")
    assert len(instance.sent) == 1


def test_a_request_that_has_passed_an_emulator_is_not_passed_on(
    emulator: Emulator, instance: Instance
) -> None:
    answer = ask(emulator, "GET", PRODUCT, headers={"Via": "1.1 a, 1.1 ocapi-emulator"})
    assert answer.status_code == 508
    assert problem(answer).endswith("the request has passed an emulator already.")
    assert instance.sent == []


def test_an_instance_with_https_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificate, "user_cache_path", lambda _: tmp_path / "none")
    with serving(certificate.issue((), tmp_path / "authority")) as instance:
        url = f"https://localhost:{instance.server_port}"
        emulator = Emulator(fixtures="samples", upstream=url)
        answer = ask(emulator, "GET", PRODUCT)
        assert answer.status_code == 502
        assert "certificate verify failed" in problem(answer).lower()
        monkeypatch.setattr(certificate, "user_cache_path", lambda _: tmp_path / "authority")
        other = Emulator(fixtures="samples", upstream=url)
        assert ask(other, "GET", PRODUCT).text == "from the instance"
    assert instance.sent[-1].headers["host"] == f"localhost:{instance.server_port}"


def test_a_slow_instance_holds_up_no_other_request() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        Emulator(
            fixtures="samples", upstream=f"http://127.0.0.1:{silent.getsockname()[1]}"
        ) as emulator,
    ):
        waiting = Thread(target=lambda: requests.get(f"{emulator.url}/a", timeout=TIMEOUT))
        waiting.start()
        connection, _ = silent.accept()
        with connection:
            health = requests.get(f"{emulator.url}{CONTROL}/health", timeout=TIMEOUT)
            assert health.status_code == 200
        waiting.join()


@table(
    "url",
    [
        "instance.example.org",
        "ftp://example.org",
        "https://",
        "https://user:secret@example.org",
        "https://example.org?a=secret",
        "https://example.org/#secret",
        "https://example.org:x",
        "https://example.org:0",
    ],
)
def test_a_wrong_url_is_refused_without_its_text(url: str) -> None:
    with pytest.raises(ConfigError, match="upstream is not a URL without user and query") as error:
        Config(upstream=url)
    assert "secret" not in str(error.value)


@table(
    ("url", "leads"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080/base", True),
        ("http://[::1]:8080", True),
        ("http://own.test:8080", True),
        ("http://127.0.0.1:8081", False),
        ("https://127.0.0.1", False),
        ("https://example.org:8080", False),
    ],
)
def test_the_address_of_the_server_itself_is_recognized(url: str, leads: bool) -> None:  # noqa: FBT001
    assert leads_to(url, "own.test", 8080) is leads
