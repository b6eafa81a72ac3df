"""The application on each server: what a client sees does not depend on the server."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from contract_tests.server import BUNDLED, SERVERS, serve

ROOT = Path(__file__).parents[2]
DEMO = "a" * 30
TOKEN = "/dwsso/oauth2/access_token"
LISTS = "/s/-/dw/data/v23_2/inventory_lists"
CONTROL = "/__emulator__"
TIMEOUT = 30


class Shop:
    """A client of a server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        granted = self.ask(
            "POST", TOKEN, data={"grant_type": "client_credentials"}, auth=(DEMO,) * 2
        )
        self.session.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=TIMEOUT, **options)

    def inject(self, action: dict[str, Any]) -> None:
        """Add a failpoint for the next request to the Data API."""
        failpoint = {"match": {"family": "data"}, "times": 1, "action": action}
        assert self.ask("POST", f"{CONTROL}/failpoints", json=failpoint).status_code == 201

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection that shows how an answer arrives."""
        return http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=TIMEOUT)

    def headers(self) -> dict[str, str]:
        return {"Authorization": str(self.session.headers["Authorization"])}


@pytest.mark.long
@pytest.mark.parametrize("server", [name for name in SERVERS if name != BUNDLED])
def test_the_contract_holds_on_other_servers(server: str) -> None:
    # The long tests are about the application, not about the server.
    options = ("-q", "-p", "no:cacheprovider", "-m", "not long", "--server", server)
    command = [sys.executable, "-m", "pytest", *options, "contract_tests"]
    outcome = subprocess.run(  # noqa: S603 - our own tests
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stdout[-5000:]


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    with serve(request.param, fixtures="samples") as url:
        yield url


@pytest.fixture
def shop(server: str) -> Iterator[Shop]:
    shop = Shop(server)
    yield shop
    shop.ask("POST", f"{CONTROL}/reset")
    shop.session.close()


def test_documents_are_created_read_and_changed(shop: Shop) -> None:
    path = f"{LISTS}/a%2Fb"
    assert shop.ask("PUT", path, json={"description": "é"}).status_code == 201
    found = shop.ask("GET", path)
    assert (found.json()["id"], found.json()["description"]) == ("a/b", "é")
    state = {"_resource_state": found.json()["_resource_state"], "description": "new"}
    assert shop.ask("PATCH", path, json=state).json()["description"] == "new"
    assert shop.ask("GET", f"{LISTS}?count=1").json()["total"] == 3
    assert shop.ask("DELETE", path).status_code == 204
    assert shop.ask("GET", path).status_code == 404
    assert shop.ask("GET", "/items").json()["items"]


def test_methods_are_answered_by_the_application(shop: Shop) -> None:
    head, options = shop.ask("HEAD", LISTS), shop.ask("OPTIONS", LISTS)
    assert (head.status_code, head.content) == (204, b"")
    assert (options.status_code, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    for method in ("POST", "BREW"):
        refused = shop.ask(method, LISTS)
        assert refused.json()["fault"]["type"] == "MethodNotAllowedException"
        assert refused.status_code == 405


def test_a_body_in_chunks_is_a_body(shop: Shop) -> None:
    parts = iter([b'{"descr', b'iption": "x"}'])
    headers = {"Content-Type": "application/json"}
    made = shop.ask("PUT", f"{LISTS}/new", data=parts, headers=headers)
    assert (made.status_code, made.json()["description"]) == (201, "x")
    [recorded] = shop.ask("GET", f"{CONTROL}/journal?method=PUT").json()["exchanges"]
    assert json.loads(recorded["request"]["body"]["text"]) == {"description": "x"}
    assert json.loads(recorded["answer"]["body"]["text"])["id"] == "new"


def test_a_body_that_is_too_large_gets_a_fault(shop: Shop) -> None:
    body = b'{"description": "%s"}' % (b"x" * 5_300_000)
    refused = shop.ask("PUT", f"{LISTS}/new", data=body)
    assert refused.json()["fault"]["type"] == "RequestEntityTooLargeException"
    assert refused.status_code == 413


def test_a_state_of_20_mb_is_taken(shop: Shop) -> None:
    state = shop.ask("GET", f"{CONTROL}/state").content
    assert shop.ask("PUT", f"{CONTROL}/state", data=state + b" " * 20_000_000).status_code == 200


@pytest.mark.parametrize(("when", "status"), [("before", 404), ("after", 200)])
def test_a_failpoint_drops_the_connection(shop: Shop, when: str, status: int) -> None:
    shop.inject({"drop": when})
    with pytest.raises(requests.ConnectionError):
        shop.ask("PUT", f"{LISTS}/new", json={})
    assert shop.ask("GET", f"{LISTS}/new").status_code == status


def test_a_failpoint_sends_the_body_in_pieces(shop: Shop) -> None:
    shop.inject({"slow_body": 0.3})
    started = monotonic()
    assert shop.ask("GET", LISTS).json()["count"] == 2
    assert monotonic() - started > 0.25


def test_the_first_piece_of_a_slow_body_arrives_before_the_last(shop: Shop) -> None:
    shop.inject({"slow_body": 5})
    connection = shop.connect()
    connection.request("GET", LISTS, headers=shop.headers())
    wire, answer = connection.sock, connection.getresponse()
    assert answer.read(1) == b"{"
    wire.settimeout(0.05)
    with pytest.raises(TimeoutError):
        answer.read()
    answer.close()
    connection.close()


def test_a_failpoint_cuts_the_body(shop: Shop) -> None:
    shop.inject({"truncate": 10})
    connection = shop.connect()
    connection.request("GET", LISTS, headers=shop.headers())
    answer = connection.getresponse()
    with pytest.raises(http.client.IncompleteRead) as cut:
        answer.read()
    assert len(cut.value.partial) == 10
    connection.close()


def test_a_failpoint_answers_with_a_status(shop: Shop) -> None:
    shop.inject({"status": 503, "headers": {"Retry-After": "7"}, "body": {"a": 1}})
    answer = shop.ask("GET", LISTS)
    assert (answer.status_code, answer.reason) == (503, "Service Unavailable")
    assert (answer.headers["retry-after"], answer.json()) == ("7", {"a": 1})
