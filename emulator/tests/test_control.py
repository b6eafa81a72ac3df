"""The control plane over HTTP: health, reset, and who is refused."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from werkzeug.test import Client

from emulator import Emulator

DEMO = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
HEALTH = "/__emulator__/health"
RESET = "/__emulator__/reset"
LIST = "/s/-/dw/data/v23_2/inventory_lists/my-inventorylist1"
TIMEOUT = 10

FOREIGN = {
    "page of another site": {"Origin": "http://attacker.example"},
    "page of another port": {"Origin": "http://127.0.0.1:1"},
    "page without an origin of its own": {"Origin": "null"},
    "origin that is no URL": {"Origin": "http://["},
    "empty origin": {"Origin": ""},
    "host of another name": {"Host": "attacker.example"},
    "host of another name, with a port": {"Host": "attacker.example:8080"},
    "host that begins like ours": {"Host": "localhost.attacker.example"},
    "host that ends like ours": {"Host": "attacker-localhost"},
    "host that begins like an address": {"Host": "127.0.0.1.attacker.example"},
    "host that is no host": {"Host": "[::1"},
}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(fixtures="samples") as started:
        yield started
    started.check()


def ask(emulator: Emulator, method: str, path: str, **options: Any) -> requests.Response:
    return requests.request(method, emulator.url + path, timeout=TIMEOUT, **options)


def authorization(emulator: Emulator) -> dict[str, str]:
    response = requests.post(
        f"{emulator.url}/dwsso/oauth2/access_token",
        data={"grant_type": "client_credentials"},
        auth=(DEMO, DEMO),
        timeout=TIMEOUT,
    )
    return {"Authorization": f"Bearer {response.json()['access_token']}"}


def describe(emulator: Emulator, description: str) -> None:
    headers = authorization(emulator)
    changes = {"description": description}
    assert ask(emulator, "PATCH", LIST, json=changes, headers=headers).status_code == 200


def description(emulator: Emulator) -> Any:
    return ask(emulator, "GET", LIST, headers=authorization(emulator)).json()["description"]


def assert_problem(response: requests.Response, status: int, title: str) -> None:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem.keys() == {"title", "status", "detail"}
    assert (problem["title"], problem["status"]) == (title, status)
    assert problem["detail"]


def test_health_tells_version_data_set_and_dialect(emulator: Emulator) -> None:
    response = ask(emulator, "GET", HEALTH)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    told = response.json()
    assert re.fullmatch(r"\d+\.\d+\.\d+", told.pop("version"))
    assert told == {"status": "ok", "fixtures": "samples", "dialect": "documented"}


def test_health_tells_how_the_emulator_is_set_up() -> None:
    with Emulator(fixtures="storefront", dialect="observed") as emulator:
        told = ask(emulator, "GET", HEALTH).json()
    assert (told["fixtures"], told["dialect"]) == ("storefront", "observed")


def test_health_is_there_for_head(emulator: Emulator) -> None:
    response = ask(emulator, "HEAD", HEALTH)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("path", [f"{HEALTH}/", f"/{HEALTH}", f"{HEALTH}?verbose=1"])
def test_a_path_is_recognised_in_any_of_its_forms(emulator: Emulator, path: str) -> None:
    assert ask(emulator, "GET", path).json()["status"] == "ok"


def test_reset_brings_back_what_was_changed(emulator: Emulator) -> None:
    describe(emulator, "changed")
    response = ask(emulator, "POST", RESET)
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "reset": "fixtures"}
    assert description(emulator) == "description for inventorylist1"


def test_reset_brings_back_what_was_deleted_and_removes_what_was_made(emulator: Emulator) -> None:
    headers = authorization(emulator)
    new = LIST.replace("my-inventorylist1", "new")
    assert ask(emulator, "DELETE", LIST, headers=headers).status_code == 204
    assert ask(emulator, "PUT", new, json={}, headers=headers).status_code == 201
    assert ask(emulator, "POST", RESET).status_code == 200
    assert ask(emulator, "GET", LIST, headers=headers).status_code == 200
    assert ask(emulator, "GET", new, headers=headers).status_code == 404


def test_a_token_outlives_a_reset(emulator: Emulator) -> None:
    headers = authorization(emulator)
    assert ask(emulator, "POST", RESET).status_code == 200
    assert ask(emulator, "GET", LIST, headers=headers).status_code == 200


def test_reset_may_be_repeated(emulator: Emulator) -> None:
    for text in ("first", "second"):
        describe(emulator, text)
        assert ask(emulator, "POST", RESET).status_code == 200
        assert description(emulator) == "description for inventorylist1"


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize(("method", "path"), [("GET", HEALTH), ("POST", RESET)])
def test_a_foreign_page_or_host_is_refused(
    emulator: Emulator, method: str, path: str, headers: dict[str, str]
) -> None:
    assert_problem(ask(emulator, method, path, headers=headers), 403, "Forbidden")


def test_a_refused_reset_resets_nothing(emulator: Emulator) -> None:
    describe(emulator, "changed")
    headers = {"Origin": "http://attacker.example"}
    assert ask(emulator, "POST", RESET, headers=headers).status_code == 403
    assert description(emulator) == "changed"


def test_what_is_refused_is_not_told_whether_it_exists(emulator: Emulator) -> None:
    headers = {"Host": "attacker.example"}
    assert ask(emulator, "GET", "/__emulator__/nothing", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8080", "LOCALHOST", "shop.localhost", "127.0.0.1", "[::1]:8080"],
)
def test_a_local_name_or_an_address_is_accepted(emulator: Emulator, host: str) -> None:
    assert ask(emulator, "POST", RESET, headers={"Host": host}).status_code == 200


def test_the_name_that_is_listened_on_is_accepted() -> None:
    emulator = Emulator(fixtures="samples", host="Emulator.test")
    client = Client(emulator.application)
    local = {"REMOTE_ADDR": "127.0.0.1"}
    own = client.post(RESET, headers={"Host": "emulator.test:8080"}, environ_overrides=local)
    other = client.post(RESET, headers={"Host": "other.example:8080"}, environ_overrides=local)
    assert (own.status_code, other.status_code) == (200, 403)


def test_a_page_of_the_emulator_itself_is_accepted(emulator: Emulator) -> None:
    assert ask(emulator, "POST", RESET, headers={"Origin": emulator.url}).status_code == 200


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("127.0.0.1", 200),
        ("127.9.9.9", 200),
        ("::1", 200),
        ("192.0.2.7", 403),
        ("2001:db8::7", 403),
    ],
)
def test_only_the_own_machine_may_reset(address: str, status: int) -> None:
    client = Client(Emulator(fixtures="samples").application)
    response = client.post(RESET, environ_overrides={"REMOTE_ADDR": address})
    assert response.status_code == status


def test_another_machine_may_ask_for_health() -> None:
    client = Client(Emulator(fixtures="samples").application)
    response = client.get(HEALTH, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert response.status_code == 200


def test_a_client_of_unknown_address_may_not_reset() -> None:
    client = Client(Emulator(fixtures="samples").application)
    response = client.post(RESET, environ_overrides={"REMOTE_ADDR": ""})
    assert response.status_code == 403


@pytest.mark.parametrize("path", ["/__emulator__/nothing", f"{HEALTH}/more"])
def test_an_unknown_path_is_a_problem(emulator: Emulator, path: str) -> None:
    assert_problem(ask(emulator, "GET", path), 404, "Not Found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", HEALTH, "GET, HEAD"),
        ("DELETE", HEALTH, "GET, HEAD"),
        ("GET", RESET, "POST"),
        ("PUT", RESET, "POST"),
    ],
)
def test_another_method_is_a_problem_that_names_those_allowed(
    emulator: Emulator, method: str, path: str, allowed: str
) -> None:
    response = ask(emulator, method, path)
    assert_problem(response, 405, "Method Not Allowed")
    assert response.headers["Allow"] == allowed


def test_a_path_that_only_begins_alike_belongs_to_the_api(emulator: Emulator) -> None:
    response = ask(emulator, "GET", "/__emulator__x/health")
    assert response.status_code == 404
    assert response.json()["fault"]["type"] == "ResourcePathNotFoundException"
