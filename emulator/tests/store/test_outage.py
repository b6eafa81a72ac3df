"""Data that cannot be reached: each family says so in its form, and serves again when they can."""

import logging
from typing import Any, NoReturn

import pytest
from werkzeug.test import Client, TestResponse

from emulator import Emulator
from emulator.ocapi.call import Service
from emulator.ocapi.data_api import OWN
from emulator.store import MemoryStore, Store, StoreUnavailable
from emulator.workspace.registry import Workspaces
from emulator.workspace.workspace import Workspace

CLIENT = "a" * 30
LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
LISTS = "/s/-/dw/data/v23_2/inventory_lists"
LIST = f"{LISTS}/my-inventorylist1"
BATCH = "/s/-/dw/batch"
META = "/dw/meta/v1/rest"
TOKENS = ("/dwsso/oauth2/access_token", "/dw/oauth2/access_token")
REASON = "Redis cannot be used:\nConnection refused"
SENTENCE = "The server can't reach its data. Please try again later."


def fail(*_: object, **__: object) -> NoReturn:
    raise StoreUnavailable(REASON)


class LostStore(MemoryStore):
    get = put = delete = apply = scan = count = replace = version = fail
    snapshot = restore = frozen = fail


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(fixtures="samples")


def lose(emulator: Emulator) -> Store:
    """Let the data be out of reach; return what held them."""
    held, emulator.workspace.store = emulator.workspace.store, LostStore()
    return held


def ask(emulator: Emulator, path: str, method: str = "GET", **options: Any) -> TestResponse:
    token = Service(emulator.config, OWN).tokens(emulator.workspace).issue(CLIENT, 99)
    headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
    client = Client(emulator.app)
    return client.open(path, method=method, headers=headers, environ_overrides=LOCAL, **options)


def told(response: TestResponse) -> Any:
    return response.json


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", LISTS, None),
        ("GET", LIST, None),
        ("PUT", f"{LISTS}/new", {}),
        ("PATCH", LIST, {"description": "x"}),
        ("DELETE", LIST, None),
        ("GET", "/s/RefArch/dw/data/v23_2/inventory_lists", None),
        ("POST", "/s/-/dw/data/v23_2/site_search", {"query": {"match_all_query": {}}}),
    ],
)
def test_the_data_api_answers_a_fault(
    emulator: Emulator, method: str, path: str, body: Any
) -> None:
    lose(emulator)
    response = ask(emulator, path, method, json=body) if body else ask(emulator, path, method)
    fault = {"type": "ServiceUnavailableException", "message": SENTENCE}
    assert response.status_code == 503
    assert told(response) == {"_v": "23.2", "_type": "fault", "fault": fault}
    assert response.headers["Cache-Control"] == "max-age=0,no-cache,no-store,must-revalidate"
    assert response.headers["x-dw-request-base-id"]
    emulator.check()


def test_the_fault_takes_the_format_asked_for(emulator: Emulator) -> None:
    lose(emulator)
    response = ask(emulator, f"{LIST}?format=xml")
    assert response.status_code == 503
    assert "<type>ServiceUnavailableException</type>" in response.text


def test_an_answer_that_was_kept_is_not_given_while_its_data_are_lost(emulator: Emulator) -> None:
    same = {"Authorization": f"Bearer {emulator.token(CLIENT)}"}
    first = ask(emulator, LIST, headers=same)
    held = lose(emulator)
    second = ask(emulator, LIST, headers=same)
    emulator.workspace.store = held
    third = ask(emulator, LIST, headers=same)
    assert [answer.status_code for answer in (first, second, third)] == [200, 503, 200]
    assert told(third) == told(first)


def test_the_log_has_one_line_without_the_query(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    lose(emulator)
    with caplog.at_level(logging.INFO, logger="emulator"):
        ask(emulator, f"{LIST}?secret=1")
    [entry] = caplog.records
    reason = "Redis cannot be used: Connection refused"
    assert (entry.getMessage(), entry.exc_info) == (f"outage in GET {LIST}: {reason}", None)


def test_a_batch_answers_a_fault_of_its_own(emulator: Emulator) -> None:
    lose(emulator)
    body = b"--b\nx-dw-http-method: GET\nx-dw-resource-path: /dw/data/v23_2/inventory_lists\n--b--"
    sent = {"Content-Type": "multipart/mixed; boundary=b"}
    response = ask(emulator, BATCH, "POST", data=body, headers=sent)
    assert response.status_code == 503
    assert told(response)["fault"]["type"] == "ServiceUnavailableException"
    emulator.check()


def test_a_part_of_a_batch_is_a_fault_where_the_data_are_lost_meanwhile(
    emulator: Emulator,
) -> None:
    class Fading(MemoryStore):
        scan = fail

    emulator.workspace.store = Fading(emulator.workspace.store.snapshot())
    part = "--b\nx-dw-http-method: GET\nx-dw-resource-path: /dw/data/v23_2/inventory_lists"
    body = f"{part}\n{part}/my-inventorylist1\n--b--".encode()
    sent = {"Content-Type": "multipart/mixed; boundary=b"}
    response = ask(emulator, BATCH, "POST", data=body, headers=sent)
    lines = response.text.split("\n")
    statuses = [line.strip() for line in lines if line.startswith("x-dw-status-code")]
    assert statuses == ["x-dw-status-code: 503", "x-dw-status-code: 200"]
    emulator.check()


@pytest.mark.parametrize("path", [META, f"{META}/data", f"{META}/data/v23_2"])
def test_the_meta_api_answers_a_fault_that_is_not_to_be_kept(emulator: Emulator, path: str) -> None:
    lose(emulator)
    response = ask(emulator, path)
    assert (response.status_code, response.headers["Cache-Control"]) == (503, "no-store")
    assert told(response)["fault"]["type"] == "ServiceUnavailableException"
    emulator.check()


@pytest.mark.parametrize("path", TOKENS)
def test_a_token_endpoint_answers_that_it_is_temporary(emulator: Emulator, path: str) -> None:
    lose(emulator)
    form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": CLIENT}
    response = Client(emulator.app).post(path, data=form)
    assert (response.status_code, told(response)["error"]) == (503, "temporarily_unavailable")
    assert response.headers["Cache-Control"] == "no-store"
    emulator.check()


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/items"), ("GET", "/items/item-1"), ("DELETE", "/items/item-1")],
)
def test_the_inventory_service_answers_a_problem(
    emulator: Emulator, method: str, path: str
) -> None:
    lose(emulator)
    response = ask(emulator, path, method)
    assert response.content_type == "application/problem+json"
    assert response.headers["api-version"] == "2024-07-17"
    assert (response.status_code, told(response)["code"]) == (503, "SERVICE_UNAVAILABLE")
    emulator.check()


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "reset"), ("PUT", "snapshots/one"), ("GET", "state"), ("POST", "reset?to=empty")],
)
def test_the_control_plane_answers_a_problem(emulator: Emulator, method: str, path: str) -> None:
    lose(emulator)
    response = ask(emulator, f"/__emulator__/{path}", method)
    assert response.content_type == "application/problem+json"
    assert (response.status_code, told(response)["title"]) == (503, "Service Unavailable")
    emulator.check()


def test_health_does_not_ask_for_the_data(emulator: Emulator) -> None:
    lose(emulator)
    assert ask(emulator, "/__emulator__/health").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "member"),
    [
        ("GET", LIST, "fault"),
        ("PUT", f"{LISTS}/new", "fault"),
        ("GET", "/items", "code"),
        ("POST", TOKENS[0], "error"),
        ("GET", META, "fault"),
    ],
)
def test_a_workspace_that_cannot_be_made_is_an_outage_in_the_form_of_each_family(
    emulator: Emulator, method: str, path: str, member: str, caplog: pytest.LogCaptureFixture
) -> None:
    def make(name: str) -> Workspace:
        return Workspace(MemoryStore() if name == "default" else LostStore(), name)

    door: Any = emulator.app.wsgi_app
    door.workspaces = Workspaces(make, 10, 60)
    response = ask(emulator, path, method, headers={"x-emulator-workspace": "ci-7"})
    assert response.status_code == 503
    assert member in told(response)
    assert [entry.getMessage().partition(":")[0] for entry in caplog.records] == [
        f"outage in {method} {path}"
    ]
    assert door.workspaces.find("ci-7") is None


@pytest.mark.parametrize(
    ("family", "error", "arguments"),
    [
        ("data", "ServiceUnavailable", {}),
        ("inventory_service", "SERVICE_UNAVAILABLE", {"detail": "x"}),
    ],
)
def test_an_outage_can_be_asked_for(
    emulator: Emulator, family: str, error: str, arguments: dict[str, str]
) -> None:
    fault = {"fault": error, "arguments": arguments}
    plan = {"match": {"family": family}, "action": fault}
    planned = ask(emulator, "/__emulator__/failpoints", "POST", json=plan)
    assert planned.status_code == 201, planned.text
    path = LIST if family == "data" else "/items"
    assert ask(emulator, path).status_code == 503
