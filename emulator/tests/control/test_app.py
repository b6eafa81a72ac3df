"""The control plane over HTTP: health, resets, internal errors, and who is refused."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from werkzeug.test import Client, TestResponse

from emulator import Emulator
from emulator.store import MemoryStore, Record
from emulator.tests.table import table

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
    expected = {"status": "ok", "fixtures": "samples", "dialect": "documented", "store": "memory"}
    assert told == expected


def test_health_tells_how_the_emulator_is_set_up() -> None:
    with Emulator(fixtures="storefront", dialect="observed") as emulator:
        told = ask(emulator, "GET", HEALTH).json()
    assert (told["fixtures"], told["dialect"]) == ("storefront", "observed")


def test_health_is_there_for_head(emulator: Emulator) -> None:
    response = ask(emulator, "HEAD", HEALTH)
    assert (response.status_code, response.content) == (200, b"")


@table("path", [f"{HEALTH}/", f"/{HEALTH}", f"{HEALTH}?verbose=1"])
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


@table("headers", FOREIGN.values(), ids=FOREIGN)
@table(("method", "path"), [("GET", HEALTH), ("POST", RESET)])
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


@table(
    "host",
    ["localhost", "localhost:8080", "LOCALHOST", "shop.localhost", "127.0.0.1", "[::1]:8080"],
)
def test_a_local_name_or_an_address_is_accepted(emulator: Emulator, host: str) -> None:
    assert ask(emulator, "POST", RESET, headers={"Host": host}).status_code == 200


def test_the_name_that_is_listened_on_is_accepted() -> None:
    emulator = Emulator(fixtures="samples", host="Emulator.test")
    client = Client(emulator.app)
    local = {"REMOTE_ADDR": "127.0.0.1"}
    own = client.post(RESET, headers={"Host": "emulator.test:8080"}, environ_overrides=local)
    other = client.post(RESET, headers={"Host": "other.example:8080"}, environ_overrides=local)
    assert (own.status_code, other.status_code) == (200, 403)


def test_a_page_of_the_emulator_itself_is_accepted(emulator: Emulator) -> None:
    assert ask(emulator, "POST", RESET, headers={"Origin": emulator.url}).status_code == 200


@table(
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
    client = Client(Emulator(fixtures="samples").app)
    response = client.post(RESET, environ_overrides={"REMOTE_ADDR": address})
    assert response.status_code == status


def test_another_machine_may_ask_for_health() -> None:
    client = Client(Emulator(fixtures="samples").app)
    response = client.get(HEALTH, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert response.status_code == 200


def test_a_client_of_unknown_address_may_not_reset() -> None:
    client = Client(Emulator(fixtures="samples").app)
    response = client.post(RESET, environ_overrides={"REMOTE_ADDR": ""})
    assert response.status_code == 403


@pytest.mark.parametrize("path", ["/__emulator__/nothing", f"{HEALTH}/more"])
def test_an_unknown_path_is_a_problem(emulator: Emulator, path: str) -> None:
    assert_problem(ask(emulator, "GET", path), 404, "Not Found")


@table(
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


@pytest.fixture
def local() -> Iterator[Emulator]:
    """An emulator that is asked without sockets."""
    made = Emulator(fixtures="samples")
    yield made
    made.check()


def call(emulator: Emulator, method: str, path: str, **options: Any) -> TestResponse:
    client = Client(emulator.app)
    environ = {"REMOTE_ADDR": "127.0.0.1", **options.pop("environ_overrides", {})}
    return client.open(path, method=method, environ_overrides=environ, **options)


def test_all_endpoints_are_listed(local: Emulator) -> None:
    assert call(local, "GET", "/__emulator__").json == [
        "GET /__emulator__",
        "GET /__emulator__/clock",
        "POST /__emulator__/clock/advance",
        "POST /__emulator__/clock/freeze",
        "POST /__emulator__/clock/reset",
        "POST /__emulator__/clock/set",
        "GET /__emulator__/crashes",
        "DELETE /__emulator__/crashes",
        "POST /__emulator__/documents",
        "GET /__emulator__/failpoints",
        "POST /__emulator__/failpoints",
        "PUT /__emulator__/failpoints",
        "DELETE /__emulator__/failpoints",
        "DELETE /__emulator__/failpoints/<identifier>",
        "GET /__emulator__/health",
        "GET /__emulator__/journal",
        "DELETE /__emulator__/journal",
        "GET /__emulator__/journal/count",
        "GET /__emulator__/journal/har",
        "POST /__emulator__/journal/verify",
        "POST /__emulator__/reset",
        "GET /__emulator__/settings",
        "POST /__emulator__/settings",
        "DELETE /__emulator__/settings",
        "GET /__emulator__/settings/from-journal",
        "GET /__emulator__/snapshots",
        "PUT /__emulator__/snapshots/<name>",
        "DELETE /__emulator__/snapshots/<name>",
        "POST /__emulator__/snapshots/<name>/fork",
        "POST /__emulator__/snapshots/<name>/restore",
        "GET /__emulator__/state",
        "PUT /__emulator__/state",
        "GET /__emulator__/stubs",
        "POST /__emulator__/stubs",
        "PUT /__emulator__/stubs",
        "DELETE /__emulator__/stubs",
        "DELETE /__emulator__/stubs/<identifier>",
        "POST /__emulator__/token",
        "GET /__emulator__/workspaces",
        "GET /__emulator__/workspaces/<name>",
        "PUT /__emulator__/workspaces/<name>",
        "DELETE /__emulator__/workspaces/<name>",
    ]


@pytest.mark.parametrize(
    ("query", "items", "told"),
    [
        ("", 2, "fixtures"),
        ("?to=fixtures", 2, "fixtures"),
        ("?to=empty", 0, "empty"),
        ("?only=journal", 1, "journal"),
    ],
)
def test_a_reset_says_what_it_led_to(local: Emulator, query: str, items: int, told: str) -> None:
    call(local, "DELETE", "/inventories/inventory-1")
    call(local, "DELETE", "/items/item-2")
    response = call(local, "POST", f"{RESET}{query}")
    assert (response.status_code, response.json) == (200, {"status": "ok", "reset": told})
    assert local.workspace.store.count("items") == items
    assert len(local.workspace.journal) == 0


def test_an_empty_emulator_still_knows_sites_clients_and_users(local: Emulator) -> None:
    call(local, "POST", f"{RESET}?to=empty")
    store = local.workspace.store
    counts = [store.count(name) for name in ("sites", "clients", "users", "inventory_lists")]
    assert counts == [2, 1, 1, 0]
    headers = {"Authorization": f"Bearer {local.token()}"}
    made = call(local, "PUT", LIST, json={}, headers=headers)
    assert (made.status_code, b"assigned_sites" in made.data) == (201, False)
    item = {"sku": "sku-1", "productVariant": {"variantId": "v"}}
    assert call(local, "POST", "/items", json=item).status_code == 201


def test_a_reset_of_the_journal_touches_nothing_else(local: Emulator) -> None:
    local.workspace.clock.freeze()
    failpoint = {"match": {"nth": 9}, "action": {"status": 503}}
    call(local, "POST", "/__emulator__/failpoints", json=failpoint)
    call(local, "POST", f"{RESET}?only=journal")
    assert local.workspace.clock.is_frozen
    assert len(list(local.workspace.failpoints)) == 1


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("to=nothing", "Reset takes to=fixtures (the default), to=empty, or only="),
        ("to=", "Reset takes to=fixtures"),
        ("only=data", "Reset takes to=fixtures"),
        ("only=", "Reset takes to=fixtures"),
        ("only=journal&to=fixtures", "Reset takes to=fixtures"),
        ("only=journal&to=empty", "Reset takes to=fixtures"),
        ("too=empty", "Reset takes 'to' and 'only', not 'too'."),
        ("to=empty&z=1&a=1", "Reset takes 'to' and 'only', not 'a'."),
    ],
)
def test_a_reset_to_somewhere_else_is_refused_and_resets_nothing(
    local: Emulator, query: str, detail: str
) -> None:
    call(local, "DELETE", "/items/item-2")
    response = call(local, "POST", f"{RESET}?{query}")
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["detail"].startswith(detail)
    assert (local.workspace.store.count("items"), len(local.workspace.journal)) == (1, 1)


def test_internal_errors_are_shown_and_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    emulator = Emulator(fixtures="samples")
    emulator.workspace.store.replace({"sites": [Record.of(("A",), {"id": "A"})]})
    emulator.workspace.store.put("items.ids", Record.of(("x",), {}))
    assert call(emulator, "GET", "/__emulator__/crashes").json == []
    assert call(emulator, "GET", "/items/x").status_code == 500
    shown = call(emulator, "GET", "/__emulator__/crashes").json
    assert shown is not None
    [told] = shown
    assert told.startswith("Traceback (most recent call last):\n")
    assert told.endswith("KeyError: 'sequence'\nwhile answering GET /items/x\n")
    elsewhere = {"x-emulator-workspace": "ci-7"}
    assert call(emulator, "GET", "/__emulator__/crashes", headers=elsewhere).json == []
    response = call(emulator, "DELETE", "/__emulator__/crashes")
    assert (response.status_code, response.data) == (204, b"")
    assert call(emulator, "GET", "/__emulator__/crashes").json == []
    emulator.check()
    assert "internal error in GET /items/x" in caplog.text


def test_an_internal_error_of_the_control_plane_is_a_problem_and_is_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    emulator = Emulator(fixtures="samples")
    emulator.workspace.store = MemoryStore(3)  # type: ignore[arg-type]
    response = call(emulator, "GET", "/__emulator__/state")
    assert (response.status_code, response.content_type) == (500, "application/problem+json")
    assert response.json is not None
    assert response.json["title"] == "Internal Server Error"
    assert b"iterable" not in response.data
    shown = call(emulator, "GET", "/__emulator__/crashes").json
    assert shown is not None
    assert shown[0].endswith("while answering GET /__emulator__/state\n")
    assert "internal error in GET /__emulator__/state" in caplog.text


READS = [
    *("", "/clock", "/crashes", "/failpoints", "/journal", "/snapshots", "/state", "/stubs"),
    "/workspaces",
]


@table("path", READS)
def test_a_token_is_demanded_of_everyone_where_there_is_one(path: str) -> None:
    emulator = Emulator(fixtures="samples", control_token="s3cret")
    refused = call(emulator, "GET", f"/__emulator__{path}")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].lower() == "emulator-control-token"
    assert refused.json is not None
    told = "The control plane needs the control token in the header x-emulator-control-token."
    assert refused.json["detail"] == told
    headers = {"x-emulator-control-token": "s3cret", "Host": "ocapi.internal:8080"}
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    granted = call(
        emulator, "GET", f"/__emulator__{path}", headers=headers, environ_overrides=elsewhere
    )
    assert granted.status_code == 200


def test_a_wrong_token_changes_nothing() -> None:
    emulator = Emulator(fixtures="samples", control_token="s3cret")
    for given in ("S3cret", "s3cret2", "\xe4"):
        headers = {"x-emulator-control-token": given}
        assert call(emulator, "POST", f"{RESET}?to=empty", headers=headers).status_code == 401
    assert emulator.workspace.store.count("items") == 2


def test_health_needs_no_token() -> None:
    emulator = Emulator(fixtures="samples", control_token="s3cret")
    assert call(emulator, "GET", HEALTH).status_code == 200
    assert call(emulator, "POST", HEALTH).status_code == 401


@table("path", READS)
def test_another_machine_and_a_foreign_host_may_not_read(local: Emulator, path: str) -> None:
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    by_address = call(local, "GET", f"/__emulator__{path}", environ_overrides=elsewhere)
    by_host = call(local, "GET", f"/__emulator__{path}", headers={"Host": "shop.example"})
    by_page = call(local, "GET", f"/__emulator__{path}", headers={"Origin": "http://shop.example"})
    assert [answer.status_code for answer in (by_address, by_host, by_page)] == [403] * 3


def test_options_is_a_method_like_others(local: Emulator) -> None:
    response = call(local, "OPTIONS", "/__emulator__/failpoints")
    assert (response.status_code, response.content_type) == (405, "application/problem+json")
    assert response.headers["Allow"] == "DELETE, GET, HEAD, POST, PUT"
