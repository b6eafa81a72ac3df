"""Requests that reach an application in this process without a socket."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import urllib3
from requests.exceptions import ChunkedEncodingError

from emulator import Emulator, create_app
from emulator.testing import WsgiAdapter
from emulator.workspace.failpoint import ConnectionDropped

LISTS = "http://emulator/s/-/dw/data/v23_2/inventory_lists"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    yield (emulator := Emulator(fixtures="samples"))
    emulator.check()


@pytest.fixture
def session(emulator: Emulator) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.mount("http://emulator", WsgiAdapter(emulator.app))
        session.headers["Authorization"] = f"Bearer {emulator.token()}"
        yield session


def test_a_document_is_read_and_changed(session: requests.Session) -> None:
    found = session.get(f"{LISTS}/my-inventorylist1")
    assert (found.status_code, found.reason) == (200, "OK")
    assert found.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert found.json()["id"] == "my-inventorylist1"
    state = {"x-dw-resource-state": found.json()["_resource_state"]}
    changed = session.patch(f"{LISTS}/my-inventorylist1", json={"description": "é"}, headers=state)
    assert (changed.status_code, changed.json()["description"]) == (200, "é")
    assert session.delete(f"{LISTS}/my-inventorylist1").content == b""
    missing = session.get(f"{LISTS}/my-inventorylist1?x=1")
    assert missing.status_code == 404
    assert missing.json()["fault"]["type"] == "InventoryListNotFoundException"
    with pytest.raises(requests.HTTPError, match="404 Client Error"):
        missing.raise_for_status()


def test_encoded_slashes_and_links_are_those_of_the_url(session: requests.Session) -> None:
    assert session.put(f"{LISTS}/a%2Fb", json={}).status_code == 201
    assert session.get(f"{LISTS}/a%2Fb").json()["id"] == "a/b"
    links = [entry["link"] for entry in session.get(LISTS, params={"count": 9}).json()["data"]]
    assert f"{LISTS}/a%2Fb" in links


@pytest.mark.parametrize(
    "body",
    ["grant_type=x", b"grant_type=x", io.BytesIO(b"grant_type=x"), iter([b"grant_", b"type=x"])],
    ids=["text", "bytes", "file", "chunks"],
)
def test_any_kind_of_body_is_sent(session: requests.Session, body: object) -> None:
    url = "http://emulator/dwsso/oauth2/access_token"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = session.post(url, data=body, headers=headers)  # type: ignore[arg-type]
    assert answer.json()["error"] == "unsupported_grant_type"


def test_an_application_needs_no_emulator() -> None:
    with requests.Session() as session:
        session.mount("http://localhost", WsgiAdapter(create_app(fixtures="samples")))
        assert session.get("http://localhost/items").json()["items"][0]["itemId"] == "item-1"


def test_the_client_is_this_machine_by_default(emulator: Emulator) -> None:
    with requests.Session() as session:
        session.mount("http://localhost", WsgiAdapter(emulator.app))
        assert session.get("http://localhost/__emulator__/state").status_code == 200
        session.mount("http://localhost", WsgiAdapter(emulator.app, "192.0.2.1"))
        assert session.get("http://localhost/__emulator__/state").status_code == 403


def test_a_stream_is_read_in_pieces(session: requests.Session) -> None:
    with session.get(LISTS, stream=True) as answer:
        assert b"".join(answer.iter_content(7)).startswith(b'{"_v":"23.2"')


@pytest.fixture(params=["socket", "process"])
def site(
    request: pytest.FixtureRequest, emulator: Emulator, session: requests.Session
) -> Iterator[str]:
    """The URL of an emulator behind a socket or in this process."""
    if request.param == "process":
        session.mount("http://localhost", WsgiAdapter(emulator.app))
        yield "http://localhost"
    else:
        with emulator:
            yield emulator.url


def fail(session: requests.Session, site: str, **action: Any) -> str:
    """Add a failpoint for one answer; return the URL of the lists."""
    failpoint = {"match": {"family": "data"}, "times": 1, "action": action}
    session.post(f"{site}/__emulator__/failpoints", json=failpoint).raise_for_status()
    return f"{site}/s/-/dw/data/v23_2/inventory_lists"


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_dropped_connection_is_that_of_a_socket(
    site: str, session: requests.Session, moment: str, *, stream: bool
) -> None:
    url = fail(session, site, drop=moment)
    with pytest.raises(requests.ConnectionError, match="closed connection without response"):
        session.put(f"{url}/a", json={}, stream=stream)
    assert session.get(f"{url}/a").status_code == {"before": 404, "after": 200}[moment]


@pytest.mark.parametrize("size", [0, 20])
def test_a_cut_body_is_that_of_a_socket(site: str, session: requests.Session, size: int) -> None:
    missing = rf"IncompleteRead\({size} bytes read, \d+ more expected\)"
    with pytest.raises(ChunkedEncodingError, match=missing):
        session.get(fail(session, site, truncate=size))
    received: list[bytes] = []
    with session.get(fail(session, site, truncate=size), stream=True) as answer:
        assert answer.status_code == 200
        with pytest.raises(ChunkedEncodingError, match=missing):
            received.extend(answer.iter_content(10))
    assert len(b"".join(received)) <= size
    assert session.get(fail(session, site, truncate=100_000)).json()["_v"] == "23.2"


@pytest.mark.parametrize("timeout", [0.05, (9, 0.05), urllib3.Timeout(total=0.05)])
@pytest.mark.parametrize(
    "action", [{"delay": 5}, {"slow_body": 5}, {"delay": 0.04, "slow_body": 1}]
)
def test_a_timeout_is_that_of_a_socket(
    site: str, session: requests.Session, action: dict[str, Any], timeout: Any
) -> None:
    with pytest.raises(requests.ReadTimeout):
        session.get(fail(session, site, **action), timeout=timeout)


def test_a_slow_answer_within_the_timeout_is_whole(site: str, session: requests.Session) -> None:
    url = fail(session, site, delay=0.01, slow_body=0.02)
    assert session.get(url, timeout=60).json()["_v"] == "23.2"


def test_a_write_after_the_timeout_is_done(emulator: Emulator, session: requests.Session) -> None:
    session.mount("http://localhost", WsgiAdapter(emulator.app))
    url = fail(session, "http://localhost", delay=0.02)
    with pytest.raises(requests.ReadTimeout, match="Read timed out"):
        session.put(f"{url}/late", json={}, timeout=0.01)
    assert session.get(f"{url}/late").status_code == 200


def test_a_cut_body_without_a_length_is_an_error() -> None:
    def app(_environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"abc"
        raise ConnectionDropped

    with requests.Session() as session:
        session.mount("http://localhost", WsgiAdapter(app))
        with pytest.raises(ChunkedEncodingError):
            session.get("http://localhost/")
