"""A Redis that goes and comes back: 503 meanwhile, in the form of each API, then all goes on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client, TestResponse

from emulator import Emulator, create_app
from emulator.config import ConfigError
from emulator.store import StoreUnavailable

if TYPE_CHECKING:
    from emulator.tests.conftest import Server

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
CONTROL = "/__emulator__"
LISTS = "/s/-/dw/data/v23_2/inventory_lists"
LIST = f"{LISTS}/my-inventorylist1"
TOKEN = "/dwsso/oauth2/access_token"
DEMO = "a" * 30
FORM = {"grant_type": "client_credentials", "client_id": DEMO, "client_secret": DEMO}


@pytest.fixture
def emulator(own_redis_server: "Server") -> Iterator[Emulator]:
    emulator = Emulator(fixtures="samples", store=own_redis_server.url)
    yield emulator
    emulator.check()


class Caller:
    """Somebody with one token all the time."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.token = emulator.token()

    def ask(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        client = Client(self.emulator.app)
        return client.open(path, method=method, headers=headers, environ_overrides=LOCAL, **options)


@pytest.fixture
def caller(emulator: Emulator) -> Caller:
    return Caller(emulator)


def test_a_server_does_not_start_without_redis(own_redis_server: "Server") -> None:
    own_redis_server.stop()
    with pytest.raises(StoreUnavailable, match="Redis cannot be used"):
        Emulator(fixtures="samples", store=own_redis_server.url)


def test_application_without_redis_answers_503_until_redis_is_there(
    own_redis_server: "Server", caplog: pytest.LogCaptureFixture
) -> None:
    own_redis_server.stop()
    client = Client(create_app(fixtures="samples", store=own_redis_server.url))
    assert "requests get 503 until the store is there" in caplog.text

    def ask() -> int:
        return client.post(TOKEN, data=FORM, environ_overrides=LOCAL).status_code

    assert [ask(), ask()] == [503, 503]
    own_redis_server.start()
    assert [ask(), ask()] == [200, 200]


def test_application_refuses_a_late_redis_that_cannot_be_used(
    own_redis_server: "Server", monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    own_redis_server.stop()
    client = Client(create_app(fixtures="samples", store=own_redis_server.url))
    own_redis_server.start()
    monkeypatch.setattr("emulator.store.redis.MIN_MAJOR_VERSION", 99)
    answer = client.post(TOKEN, data=FORM, environ_overrides=LOCAL)
    assert answer.status_code == 503
    assert "version 99 is needed" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "member"),
    [
        ("GET", LIST, "fault"),
        ("HEAD", LIST, ""),
        ("PATCH", LIST, "fault"),
        ("DELETE", LIST, "fault"),
        ("GET", "/dw/meta/v1/rest", "fault"),
        ("GET", "/items", "code"),
        ("DELETE", "/items/item-1", "code"),
        ("POST", TOKEN, "error"),
        ("GET", f"{CONTROL}/clock", "title"),
        ("POST", f"{CONTROL}/reset", "title"),
        ("GET", f"{CONTROL}/workspaces", "title"),
        ("GET", f"{CONTROL}/journal", "title"),
    ],
)
def test_without_redis_each_answers_503_in_its_form(
    caller: Caller, own_redis_server: "Server", method: str, path: str, member: str
) -> None:
    assert caller.ask("GET", LIST).status_code == 200
    own_redis_server.stop()
    body = {"data": FORM} if path == TOKEN else {"json": {}} if method == "PATCH" else {}
    for workspace in ("default", "ci-7"):
        answer = caller.ask(method, path, headers={"x-emulator-workspace": workspace}, **body)
        assert answer.status_code == 503
        assert "json" in str(answer.content_type)
        assert method == "HEAD" or member in (answer.json or {})


def test_the_xml_of_a_fault_is_there_without_redis(
    caller: Caller, own_redis_server: "Server"
) -> None:
    own_redis_server.stop()
    answer = caller.ask("GET", f"{LIST}?format=xml")
    assert answer.status_code == 503
    assert "<type>ServiceUnavailableException</type>" in answer.text


def test_what_needs_no_state_is_answered(caller: Caller, own_redis_server: "Server") -> None:
    own_redis_server.stop()
    assert caller.ask("GET", "/openapi.json").status_code == 200
    refused = caller.ask("GET", "/items", headers={"x-emulator-workspace": "-"})
    assert refused.status_code == 400


def test_health_tells_whether_redis_is_there(caller: Caller, own_redis_server: "Server") -> None:

    def look() -> tuple[int, str, str]:
        answer = caller.ask("GET", f"{CONTROL}/health")
        shown = answer.json or {}
        return answer.status_code, shown["status"], shown["store"]

    assert look() == (200, "ok", "redis")
    own_redis_server.stop()
    assert look() == (503, "unavailable", "redis")
    own_redis_server.start()
    assert look() == (200, "ok", "redis")


def test_all_goes_on_when_redis_is_back(caller: Caller, own_redis_server: "Server") -> None:
    first = caller.ask("GET", LIST)
    own_redis_server.stop()
    assert [caller.ask("GET", LIST).status_code for _ in range(3)] == [503] * 3
    own_redis_server.start()
    assert caller.ask("GET", LIST).json == first.json
    assert caller.ask("PATCH", LIST, json={"description": "x"}).status_code == 200
    assert caller.ask("GET", LIST).json != first.json


def test_kept_data_are_there_again(caller: Caller, own_redis_server: "Server") -> None:
    with_disk = ("--appendonly", "yes", "--appendfsync", "always")
    own_redis_server.stop()
    own_redis_server.start(*with_disk)
    caller.ask("DELETE", LIST)
    caller.ask("POST", f"{CONTROL}/clock/freeze", json={"at": "2026-12-01T00:00:00Z"})
    own_redis_server.stop()
    assert caller.ask("GET", f"{CONTROL}/clock").status_code == 503
    own_redis_server.start(*with_disk)
    shown = caller.ask("GET", f"{CONTROL}/clock").json
    assert shown == {"now": "2026-12-01T00:00:00.000Z", "frozen": True}
    state = caller.ask("GET", f"{CONTROL}/state").json or {}
    assert "my-inventorylist1" not in [row["id"] for row in state["files"]["inventory_lists.json"]]


def test_a_redis_that_has_lost_everything_gets_the_fixtures_again(
    caller: Caller, own_redis_server: "Server"
) -> None:
    other = Caller(Emulator(fixtures="samples", store=own_redis_server.url))
    first = caller.ask("GET", LIST).json
    caller.ask("PATCH", LIST, json={"description": "lost"})
    caller.ask("POST", f"{CONTROL}/failpoints", json={"action": {"status": 418}})
    own_redis_server.stop()
    own_redis_server.start()
    for one in (other, caller, other):
        assert one.ask("GET", LIST).json == first
    assert caller.ask("GET", f"{CONTROL}/failpoints").json == []
    assert caller.ask("POST", f"{CONTROL}/reset").status_code == 200


def test_a_request_that_meets_a_loss_of_all_data_reads_no_empty_store(
    caller: Caller, own_redis_server: "Server", monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(workspace: Any) -> Any:
        own_redis_server.stop()
        own_redis_server.start()
        return workspace

    with monkeypatch.context() as patch:
        workspace = caller.emulator.workspace
        patch.setattr(caller.emulator.workspaces, "choose", lambda *_: lose(workspace))
        for path in (LIST, "/items/item-1"):
            assert caller.ask("GET", path).status_code == 503
    assert caller.ask("GET", LIST).status_code == 200


def test_an_answer_is_given_though_the_journal_has_gone(
    emulator: Emulator, own_redis_server: "Server", caplog: pytest.LogCaptureFixture
) -> None:
    workspace = emulator.workspace
    Caller(emulator).ask("GET", "/items")
    [recorded] = workspace.journal._copy()  # noqa: SLF001 - what a request would have added
    own_redis_server.stop()
    workspace.journal.add(recorded)
    assert "GET /items: 200 is not in the journal" in caplog.text


def test_a_failpoint_that_cannot_be_counted_leads_to_503(
    caller: Caller, own_redis_server: "Server", monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator = caller.emulator
    caller.ask("POST", f"{CONTROL}/failpoints", json={"action": {"status": 418}})
    workspace = emulator.workspaces.get("default")
    monkeypatch.setattr(emulator.workspaces, "choose", lambda *_: workspace)
    assert caller.ask("GET", LIST).status_code == 418
    own_redis_server.stop()
    answer = caller.ask("GET", LIST)
    assert answer.status_code == 503
    assert "fault" in (answer.json or {})


def test_a_stub_that_cannot_be_counted_leads_to_503(
    caller: Caller, own_redis_server: "Server", monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator, path = caller.emulator, "/s/x/dw/shop/v23_2/baskets/b"
    stub = {"method": "GET", "path": path, "answer": {"status": 418}}
    caller.ask("POST", f"{CONTROL}/stubs", json=stub)
    workspace = emulator.workspaces.get("default")
    monkeypatch.setattr(emulator.workspaces, "choose", lambda *_: workspace)
    assert caller.ask("GET", path).status_code == 418
    own_redis_server.stop()
    answer = caller.ask("GET", path)
    assert answer.status_code == 503
    assert (answer.json or {})["fault"]["type"] == "ServiceUnavailableException"


def test_a_part_of_a_request_is_told_of_a_redis_that_has_gone_meanwhile(
    emulator: Emulator, own_redis_server: "Server", monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(workspace: Any) -> Any:
        own_redis_server.stop()
        return type(workspace).refresh(workspace)

    workspace = emulator.workspace
    monkeypatch.setattr(workspace, "refresh", lambda: stop(workspace))
    monkeypatch.setattr(emulator.workspaces, "choose", lambda *_: workspace)
    headers = {
        "Authorization": f"Bearer {emulator.token()}",
        "Content-Type": "multipart/mixed; boundary=b",
        "x-dw-http-method": "GET",
        "x-dw-resource-path": "/s/-/dw/data/v23_2/sites",
    }
    answer = Client(emulator.app).post("/s/-/dw/batch", data=b"--b\nx-a: b\n--b--", headers=headers)
    assert answer.status_code == 200
    assert b"x-dw-status-code: 503" in answer.data


def test_ids_of_a_seed_are_random_while_they_cannot_be_counted(own_redis_server: "Server") -> None:
    clock = Emulator(fixtures="samples", store=own_redis_server.url, seed="x").workspace.clock
    own_redis_server.stop()
    drawn = {clock.identifier(), clock.identifier()}
    assert {len(identifier) for identifier in drawn} == {32}
    assert len(drawn) == 2


def restart_as_it_was(server: "Server", caller: Caller, change: Callable[[], object]) -> None:
    """Save what Redis has, change something, and let Redis come back with what it had."""
    caller.emulator.workspaces.default.store._client.save()  # type: ignore[attr-defined]  # noqa: SLF001
    change()
    server.stop()
    server.start()


def test_a_redis_that_comes_back_as_it_was_before_is_believed(
    caller: Caller, own_redis_server: "Server"
) -> None:
    def describe(text: str) -> TestResponse:
        return caller.ask("PATCH", LIST, json={"description": text})

    def described() -> Any:
        return (caller.ask("GET", LIST).json or {})["description"]

    describe("one")
    for turn in range(2):  # versions climb to the same numbers again
        restart_as_it_was(own_redis_server, caller, lambda: (describe("two"), described()))
        assert described() == ("one" if turn == 0 else "three")
        assert describe("three").status_code == 200
        assert described() == "three"


def test_a_failpoint_that_a_redis_has_not_any_more_is_met_by_nobody(
    caller: Caller, own_redis_server: "Server"
) -> None:
    def trouble() -> None:
        failpoint = {"match": {}, "action": {"status": 418}}
        assert caller.ask("POST", f"{CONTROL}/failpoints", json=failpoint).status_code == 201
        assert caller.ask("GET", LIST).status_code == 418

    restart_as_it_was(own_redis_server, caller, trouble)
    assert caller.ask("GET", LIST).status_code == 200
    assert caller.ask("GET", f"{CONTROL}/failpoints").json == []


def test_a_database_that_redis_has_not_is_told_in_a_line(own_redis_server: "Server") -> None:
    with pytest.raises(ConfigError, match="DB index is out of range"):
        Emulator(fixtures="samples", store=f"{own_redis_server.url}?db=99")


def test_without_redis_webdav_answers_503_as_a_page(
    caller: Caller, own_redis_server: "Server"
) -> None:
    own_redis_server.stop()
    headers = {"Authorization": "Basic YWRtaW46U2VjcmV0OjEyMw=="}
    path = "/on/demandware.servlet/webdav/Sites/Temp/x"
    answer = caller.ask("PUT", path, data=b"x", headers=headers)
    assert (answer.status_code, answer.content_type) == (503, "text/html;charset=ISO-8859-1")


def test_processes_share_files_until_the_workspace_is_deleted(
    own_redis_server: "Server", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    one, other = (Emulator(fixtures="samples", store=own_redis_server.url) for _ in range(2))
    files = one.workspaces.get("shared").files
    files.write("Temp/x", b"text")
    copy = files.copy()
    other.workspaces.get("shared").reset()
    assert list(files.locate("Temp").iterdir()) == []
    other.workspaces.get("shared").files.restore(copy)
    assert files.locate("Temp/x").read_bytes() == b"text"
    other.workspaces.delete("shared")
    assert not files.root.exists()
