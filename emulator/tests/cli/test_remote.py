"""A running server from outside: what it answers, and one line for each way it does not."""

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from benchmarks.process import reserving_port
from emulator import Emulator
from emulator.cli.remote import Remote, RemoteError
from emulator.config import ConfigError
from emulator.http.certificate import authority, issue
from emulator.http.listener import Listener
from emulator.recording.match import Match
from emulator.tests.table import table
from emulator.workspace.failpoint import Declaration

HEALTH = "/__emulator__/health"
TOKEN = "/dwsso/oauth2/access_token"
DEMO = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(fixtures="samples") as started:
        yield started
    started.check()


@contextmanager
def answering(data: bytes) -> Iterator[str]:
    """Serve these bytes to one connection after the other; yield the URL."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(data)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def answer(emulator: Emulator, **action: Any) -> None:
    """Let a failpoint answer all requests that are not for the control plane."""
    plans = Declaration(()).read({"action": {"status": 200, **action}})
    emulator.workspace.failpoints.add(plans)


@pytest.mark.parametrize("end", ["", "/", "//"])
def test_it_is_asked_below_its_url(emulator: Emulator, end: str) -> None:
    remote = Remote(emulator.url + end)
    assert remote.url == emulator.url
    assert remote.ask(HEALTH)["fixtures"] == "samples"


def test_a_form_is_posted(emulator: Emulator) -> None:
    form = {"grant_type": "client_credentials", "client_id": DEMO, "client_secret": DEMO}
    assert Remote(emulator.url).ask(TOKEN, form)["expires_in"] == 1799


def test_an_empty_form_is_posted_too(emulator: Emulator) -> None:
    with pytest.raises(RemoteError, match=r"400 .*'grant_type' is missing"):
        Remote(emulator.url).ask(TOKEN, {})


def test_headers_go_with_every_request(emulator: Emulator) -> None:
    remote = Remote(emulator.url, headers={"x-emulator-workspace": "ci-7"})
    for _ in range(2):
        remote.ask("/items")
    assert len(emulator.workspaces.get("ci-7").journal) == 2


def test_a_refusal_is_reported_with_status_and_body(emulator: Emulator) -> None:
    answer(emulator, status=418, body="no\xfc")
    with pytest.raises(RemoteError) as caught:
        Remote(emulator.url).ask("/items")
    assert str(caught.value) == f"{emulator.url} refused: 418 no\xfc"
    assert caught.value.status == 418


@pytest.mark.parametrize("body", ["hello", "", "<html>", "NaN", "{"])
def test_an_answer_without_json_is_another_server(emulator: Emulator, body: str) -> None:
    answer(emulator, body=body)
    with pytest.raises(RemoteError, match="answers without JSON: is it another server"):
        Remote(emulator.url).ask("/items")


@pytest.mark.parametrize(
    "action",
    [{"truncate": 2, "body": "12345"}, {"truncate": 2, "body": "12 "}, {"status": 204}],
    ids=["truncated", "truncated to sound JSON", "no body"],
)
def test_an_incomplete_answer_is_an_error(emulator: Emulator, action: dict[str, Any]) -> None:
    answer(emulator, **action)
    with pytest.raises(RemoteError, match=emulator.url):
        Remote(emulator.url).ask("/items")


@pytest.mark.parametrize(
    "data",
    [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"],
    ids=["nothing", "another protocol", "an end too early"],
)
def test_a_server_of_another_protocol_gives_no_answer(data: bytes) -> None:
    with answering(data) as url, pytest.raises(RemoteError, match=f"no answer from {url}: ."):
        Remote(url).ask("/x")


def test_a_closed_port_gives_no_answer() -> None:
    with reserving_port() as port:
        told = rf"no answer from http://127\.0\.0\.1:{port}: .*refused"
        with pytest.raises(RemoteError, match=told):
            Remote(f"http://127.0.0.1:{port}").ask("/x")


@table(
    "url",
    [
        "http://",
        "https://",
        "http:///x",
        "http://?x",
        "http:// x",
        "http://host:port",
        "http://127.0.0.1:99999",
        "http://[::1",
        "http://\ud800",
    ],
)
def test_an_invalid_url_is_an_error_at_once(url: str) -> None:
    with pytest.raises(ConfigError, match=r"is not a valid URL"):
        Remote(url).wait("/x", 10)


@table("value", ["a\nb", "a\r\nx: y", " a", "\N{SNOWMAN}"])
def test_an_invalid_header_is_an_error_without_its_value(value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Remote("http://localhost", headers={"x-emulator-workspace": value})
    told = "a workspace or a secret has characters that no header can have"
    assert str(caught.value) == told


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error_and_is_not_followed(emulator: Emulator, status: int) -> None:
    with Emulator(fixtures="samples") as other:
        answer(emulator, status=status, headers={"Location": f"{other.url}/items"})
        remote = Remote(emulator.url, headers={"x-emulator-control-token": "secret"})
        for form in (None, {"client_secret": "secret"}):
            with pytest.raises(RemoteError, match=rf"^{emulator.url} refused: {status}\b"):
                remote.ask("/items", form)
        assert len(other.workspace.journal) == 0
    assert len(emulator.workspace.journal) == 2


@table("url", ["", "localhost:8080", "ftp://localhost", "HTTP//x", "file:///x"])
def test_a_url_of_another_scheme_is_an_error(url: str) -> None:
    with pytest.raises(ConfigError, match="is not an http or https URL"):
        Remote(url)


def test_proxies_of_the_environment_are_ignored(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert Remote(emulator.url).ask(HEALTH)["status"] == "ok"


def test_netrc_of_the_environment_is_ignored(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(file))
    Remote(emulator.url).ask("/items")
    [met] = emulator.workspace.journal.find(Match({}))
    assert "authorization" not in met.headers
    assert met.headers["host"] == emulator.url.removeprefix("http://")


@contextmanager
def secure(emulator: Emulator, folder: Path) -> Iterator[str]:
    """Serve an emulator with a certificate; yield the URL."""
    listener = Listener(emulator.app, "127.0.0.1", 0, issue([], folder))
    listener.start()
    try:
        yield listener.url
    finally:
        listener.stop()


def test_a_certificate_is_verified_with_the_ca_file(tmp_path: Path) -> None:
    with secure(Emulator(fixtures="samples"), tmp_path) as url:
        ca_file = str(authority(tmp_path))
        assert Remote(url, ca_file).ask(HEALTH)["status"] == "ok"
        with pytest.raises(RemoteError, match=r"no answer from https://.*issuer certificate"):
            Remote(url).ask(HEALTH)


def test_authority_of_the_user_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "ocapi-emulator"
    with secure(Emulator(fixtures="samples"), cache) as url:
        with pytest.raises(RemoteError, match="issuer certificate"):
            Remote(url).ask(HEALTH)
        monkeypatch.setattr(
            "emulator.http.certificate.user_cache_path", lambda name: tmp_path / name
        )
        assert Remote(url).ask(HEALTH)["status"] == "ok"
        other = str(authority(tmp_path / "other"))
        with pytest.raises(RemoteError, match="issuer certificate"):
            Remote(url, other).ask(HEALTH)
        (cache / "ca.pem").write_bytes(b"damaged")
        with pytest.raises(RemoteError, match="issuer certificate"):
            Remote(url).ask(HEALTH)


@pytest.mark.parametrize("content", [b"", b"no certificate"])
def test_a_file_without_certificates_is_an_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"ca\.pem' holds no certificates: "):
        Remote("https://localhost", str(file))


def test_a_missing_ca_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds no certificates: .*No such file"):
        Remote("https://localhost", str(tmp_path / "none"))


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The times that are slept, which pass at once."""
    slept: list[float] = []
    monkeypatch.setattr("emulator.cli.remote.sleep", slept.append)
    monkeypatch.setattr("emulator.cli.remote.monotonic", lambda: sum(slept))
    return slept


def test_waiting_ends_with_the_first_answer(emulator: Emulator, naps: list[float]) -> None:
    plans = Declaration(()).read({"times": 2, "action": {"status": 503}})
    emulator.workspace.failpoints.add(plans)
    told = Remote(emulator.url).wait("/items", 10)
    assert [item["itemId"] for item in told["items"]] == ["item-1", "item-2"]
    assert naps == [0.05, 0.05]


def test_waiting_ends_with_the_time(emulator: Emulator, naps: list[float]) -> None:
    answer(emulator, status=503, body="later")
    with pytest.raises(RemoteError, match="refused: 503 later"):
        Remote(emulator.url).wait("/items", 0.1)
    assert naps == [0.05, 0.05]
    assert len(emulator.workspace.journal) == 3


def test_a_wait_of_0_seconds_is_one_try(emulator: Emulator, naps: list[float]) -> None:
    answer(emulator, status=503)
    with pytest.raises(RemoteError):
        Remote(emulator.url).wait("/items", 0)
    assert naps == []
