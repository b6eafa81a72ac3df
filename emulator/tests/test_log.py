"""The log of an application: which exchanges it has, and that libraries log nothing unasked."""

import pytest
from werkzeug.test import Client

from emulator import Emulator, create_app
from emulator.workspace.failpoint import ConnectionDropped

LISTS = "/s/-/dw/data/v23_2/inventory_lists"
LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
BATCH = f"""--b
x-dw-http-method: GET
x-dw-resource-path: {LISTS}

--b
x-dw-http-method: GET
x-dw-resource-path: {LISTS}/none

--b--"""


class Log:
    """The lines that an emulator logs, in pairs of path and outcome."""

    def __init__(self, emulator: Emulator, capfd: pytest.CaptureFixture[str]) -> None:
        self._client = Client(emulator.app)
        self._emulator = emulator
        self._capfd = capfd
        self._token = {"Authorization": f"Bearer {emulator.token()}"}

    def ask(self, method: str, path: str, **options: object) -> list[str]:
        """Send a request; return workspace, client, method, path and outcome of the lines."""
        headers = {**self._token, **options.pop("headers", {})}  # type: ignore[dict-item]
        self._client.open(
            path,
            method=method,
            headers=headers,
            environ_overrides=LOCAL,
            **options,  # type: ignore[arg-type]
        )
        self._emulator.stop()
        captured = self._capfd.readouterr()
        assert captured.out == ""
        lines = captured.err.splitlines()
        return [" ".join(line.split(" ")[1:-2]).replace("a" * 30, "me") for line in lines]


@pytest.fixture
def log(capfd: pytest.CaptureFixture[str]) -> Log:
    return Log(Emulator(fixtures="samples", log="text"), capfd)


def test_request_has_a_line_with_its_workspace_and_client(log: Log) -> None:
    headers = {"x-emulator-workspace": "ci-7"}
    assert log.ask("GET", f"{LISTS}/x", headers=headers) == [
        f"ci-7 me GET {LISTS}/x 401 InvalidAccessTokenException"
    ]


def test_each_part_of_a_batch_has_a_line(log: Log) -> None:
    media_type = "multipart/mixed; boundary=b"
    lines = log.ask("POST", "/s/-/dw/batch", data=BATCH, content_type=media_type)
    assert lines == [
        f"default me GET {LISTS} 200",
        f"default me GET {LISTS}/none 404 InventoryListNotFoundException",
        "default me POST /s/-/dw/batch 200",
    ]


def test_failpoint_is_marked(log: Log) -> None:
    failpoint = {"action": {"fault": "SiteOffline", "arguments": {"siteId": "a"}}}
    log.ask("POST", "/__emulator__/failpoints", json=failpoint)
    assert log.ask("GET", LISTS) == [
        f"default me GET {LISTS} 403 SiteOfflineException [failpoint 1]"
    ]


def test_dropped_connection_has_a_line(log: Log) -> None:
    log.ask("POST", "/__emulator__/failpoints", json={"action": {"drop": "before"}})
    with pytest.raises(ConnectionDropped):
        log.ask("GET", LISTS)
    lines = log.ask("GET", "/items", headers={"x-emulator-workspace": "other"})
    assert lines[0] == f"default me GET {LISTS} dropped [failpoint 1]"


def test_request_of_a_refused_workspace_has_a_line(log: Log) -> None:
    headers = {"x-emulator-workspace": "no name"}
    assert log.ask("GET", "/items", headers=headers) == ["no\\x20name me GET /items 400"]


def test_control_plane_is_not_logged(log: Log) -> None:
    assert log.ask("GET", "/__emulator__/health") == []


def test_library_logs_no_requests_unless_asked_to(capfd: pytest.CaptureFixture[str]) -> None:
    for app in (Emulator(fixtures="samples").app, create_app(fixtures="samples", verbose=True)):
        Client(app).get("/items")
    assert capfd.readouterr() == ("", "")
