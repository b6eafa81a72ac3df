"""Writes that meet newer data in each attempt: they end, and each family says so in its form."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import pytest
from werkzeug.test import Client, TestResponse

from emulator import Emulator
from emulator.clock import begin
from emulator.control import snapshot as control_snapshot
from emulator.ocapi import app as data
from emulator.ocapi.call import Call
from emulator.ocapi.resources.job.actions import JOB_ACTIONS, Outcome
from emulator.shared import clock as shared_clock
from emulator.store import MemoryStore, StateConflict, StoreContended, retry
from emulator.workspace.snapshot import Snapshot

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
DATA = "/s/-/dw/data/v23_2"
LIST = f"{DATA}/inventory_lists/inventory_eu"
JOB = f"{DATA}/jobs/sfcc-site-archive-import/executions"
SENTENCE = "The server can't reach its data. Please try again later."
REASON = "other requests have changed the data in 10000 attempts"
ITEM = {"sku": "new", "name": "new", "productVariant": {"variantId": "v"}}
NEW_CUSTOMER = {"last_name": "x", "credentials": {"enabled": True, "login": "x"}}
ORGANIZATION = "3b0d2c4e-6c1f-4a57-9d0e-5d1f0a7c9b21"
NEW_USER = {
    "mail": "new@example.com",
    "firstName": "New",
    "lastName": "User",
    "organizations": [ORGANIZATION],
    "primaryOrganization": ORGANIZATION,
}


class Contended(MemoryStore):
    """A store in which another request is always faster."""

    attempts = 0

    def meet(self, *_: object, **__: object) -> NoReturn:
        self.attempts += 1
        raise StateConflict

    put = delete = apply = meet


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Emulator:
    few = range(7)
    for module in (retry, data, control_snapshot, shared_clock):
        monkeypatch.setattr(module, "ATTEMPTS", few)
    return Emulator(fixtures="storefront")


def contend(emulator: Emulator) -> Contended:
    emulator.workspace.store = store = Contended(emulator.workspace.store.snapshot())
    return store


def ask(emulator: Emulator, method: str, path: str, **options: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {emulator.token()}", **options.pop("headers", {})}
    client = Client(emulator.app)
    return client.open(path, method=method, headers=headers, environ_overrides=LOCAL, **options)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", f"{DATA}/inventory_lists/new", {}),
        ("PATCH", LIST, {"description": "x"}),
        ("DELETE", LIST, None),
        ("POST", f"{DATA}/customer_lists/RefArch/customers", NEW_CUSTOMER),
        (
            "POST",
            f"{DATA}/jobs/sfcc-search-index-product-full-update/executions",
            {"site_scope": ["RefArch"]},
        ),
    ],
)
def test_a_write_of_the_data_api_ends_with_a_fault(
    emulator: Emulator, method: str, path: str, body: Any
) -> None:
    store = contend(emulator)
    answer = ask(emulator, method, path, json=body)
    fault = {"type": "ServiceUnavailableException", "message": SENTENCE}
    assert answer.status_code == 503
    assert answer.json == {"_v": "23.2", "_type": "fault", "fault": fault}
    assert store.attempts == 7
    emulator.check()


def test_ten_thousand_attempts_are_made(caplog: pytest.LogCaptureFixture) -> None:
    emulator = Emulator(fixtures="storefront")
    store = contend(emulator)
    with caplog.at_level(logging.INFO, logger="emulator"):
        answer = ask(emulator, "DELETE", f"{LIST}?secret=1")
    assert (answer.status_code, store.attempts) == (503, 10_000)
    assert [entry.getMessage() for entry in caplog.records] == [
        f"outage in DELETE {LIST}: {REASON}"
    ]


def test_a_state_that_a_client_expects_is_a_conflict_as_ever(emulator: Emulator) -> None:
    contend(emulator)
    answer = ask(emulator, "DELETE", LIST, headers={"x-dw-resource-state": "f" * 64})
    assert answer.status_code == 409


def test_a_part_of_a_batch_ends_with_a_fault(emulator: Emulator) -> None:
    contend(emulator)
    body = f"--b\nx-dw-http-method: DELETE\nx-dw-resource-path: {LIST.removeprefix('/s/-')}\n--b--"
    sent = {"Content-Type": "multipart/mixed; boundary=b"}
    answer = ask(emulator, "POST", "/s/-/dw/batch", data=body.encode(), headers=sent)
    assert "x-dw-status-code: 503" in answer.text
    assert SENTENCE in answer.text
    emulator.check()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/items", ITEM),
        ("PATCH", "/items/{item}", {"name": "x"}),
        ("DELETE", "/items/{item}", None),
    ],
)
def test_a_write_of_the_inventory_service_ends_with_a_problem(
    emulator: Emulator, method: str, path: str, body: Any
) -> None:
    created = ask(emulator, "POST", "/items", json={**ITEM, "sku": "first"}).json or {}
    contend(emulator)
    answer = ask(emulator, method, path.format(item=created["itemId"]), json=body)
    assert answer.content_type == "application/problem+json"
    assert (answer.status_code, (answer.json or {})["code"]) == (503, "SERVICE_UNAVAILABLE")
    emulator.check()


def test_a_write_of_account_manager_ends_with_an_error(emulator: Emulator) -> None:
    contend(emulator)
    answer = ask(emulator, "POST", "/dw/rest/v1/users", json=NEW_USER)
    [error] = (answer.json or {})["errors"]
    assert (answer.status_code, error["code"]) == (503, "ServiceUnavailableException")
    emulator.check()


def test_a_job_ends_with_an_error(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def work(_: Call, __: Mapping[str, str]) -> Outcome:
        raise StoreContended

    monkeypatch.setitem(JOB_ACTIONS, "sfcc-site-archive-import", work)
    started = ask(emulator, "POST", JOB, json={"file_name": "x.zip"}).json or {}
    emulator.workspace.work.finish()
    emulator.workspace.clock.advance(1)
    shown = ask(emulator, "GET", f"{JOB}/{started['id']}").json or {}
    message = "Other requests have changed the data of the job again and again."
    assert shown["step_executions"][-1]["exit_status"]["message"] == message
    assert [entry.getMessage().partition(":")[0] for entry in caplog.records] == [
        f"outage in POST {JOB}"
    ]
    emulator.check()


def test_a_snapshot_that_is_replaced_again_and_again_ends_with_a_problem(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(emulator, "PUT", "/__emulator__/snapshots/s")

    def find(_: object, name: str) -> Snapshot:
        return Snapshot(name, emulator.workspace.clock.now(), object(), object())  # type: ignore[arg-type]

    def restore(_: object) -> NoReturn:
        raise FileNotFoundError

    monkeypatch.setattr(type(emulator.workspace.snapshots), "find", find)
    monkeypatch.setattr(emulator.workspace.files, "restore", restore)
    answer = ask(emulator, "POST", "/__emulator__/snapshots/s/restore")
    assert answer.content_type == "application/problem+json"
    assert answer.status_code == 503
    emulator.check()


def test_a_shared_clock_that_others_move_again_and_again_is_an_outage(emulator: Emulator) -> None:
    class Keys:
        moves = 0

        def ask(self, *_: object) -> bytes:
            return shared_clock.encode(begin(""))

        def run(self, *_: object) -> int:
            self.moves += 1
            return 0

    keys: Any = Keys()
    refresh: Callable[[], None] = emulator.check
    with pytest.raises(StoreContended):
        shared_clock.SharedClock(keys, "", refresh).advance(1)
    assert keys.moves == 7
