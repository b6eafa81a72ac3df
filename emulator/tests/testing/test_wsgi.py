"""Requests that reach an application in this process without a socket."""

import io
from collections.abc import Iterator

import pytest
import requests

from emulator import Emulator, create_app
from emulator.testing import WsgiAdapter

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
