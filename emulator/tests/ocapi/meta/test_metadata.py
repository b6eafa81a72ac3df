"""The Meta API in an application: headers, links, tokens, failpoints and errors."""

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from emulator import Emulator
from emulator.ocapi.meta import description as meta

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
ROOT = "/dw/meta/v1/rest"
DESCRIPTION = f"{ROOT}/data/v23_2"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    made = Emulator(fixtures="samples")
    yield made
    made.check()


def ask(
    emulator: Emulator, path: str, method: str = "GET", workspace: str = "default", **headers: str
) -> TestResponse:
    sent = {"Authorization": f"Bearer {emulator.token(workspace=workspace)}", **headers}
    sent["x-emulator-workspace"] = workspace
    client = Client(emulator.app)
    return client.open(path, method=method, environ_overrides=LOCAL, headers=sent)


def fault_of(response: TestResponse) -> str:
    assert response.json is not None
    told: str = response.json["fault"]["type"]
    return told


def plan(emulator: Emulator, failpoint: dict[str, Any]) -> TestResponse:
    client = Client(emulator.app)
    path = "/__emulator__/failpoints"
    return client.post(path, json=failpoint, environ_overrides=LOCAL)


@pytest.mark.parametrize("path", [ROOT, f"{ROOT}/data", DESCRIPTION])
def test_head_has_the_headers_of_get(emulator: Emulator, path: str) -> None:
    shown, told = ask(emulator, path), ask(emulator, path, "HEAD")
    assert (told.status_code, told.data) == (200, b"")
    for name in ("Content-Type", "Content-Length", "Cache-Control"):
        assert told.headers[name] == shown.headers[name]


def test_links_have_the_host_as_sent(emulator: Emulator) -> None:
    told = ask(emulator, ROOT, Host="Shop.Example:8080").json
    assert told == {"apis": [{"name": "data", "link": f"http://Shop.Example:8080{ROOT}/data"}]}


@pytest.mark.parametrize(("trusted", "scheme"), [(False, "http"), (True, "https")])
def test_a_trusted_forwarded_scheme_counts(*, trusted: bool, scheme: str) -> None:
    emulator = Emulator(fixtures="samples", trust_forwarded_proto=trusted)
    headers = {"Host": "shop.example", "X-Forwarded-Proto": "https"}
    described = ask(emulator, DESCRIPTION, **headers).json
    assert described is not None
    assert (described["schemes"], described["host"]) == ([scheme], "shop.example")
    url = described["securityDefinitions"]["oauth2_application"]["tokenUrl"]
    assert url == f"{scheme}://shop.example/dw/oauth2/access_token"


@pytest.mark.parametrize("host", ["a b", "x/y", "[::1", "a,b"])
def test_an_invalid_host_is_refused(emulator: Emulator, host: str) -> None:
    response = ask(emulator, ROOT, Host=host)
    assert response.status_code == 400
    assert fault_of(response) == "InvalidHostHeaderException"


def test_a_fault_is_not_cached(emulator: Emulator) -> None:
    response = ask(emulator, f"{ROOT}/data/v1_1")
    assert (response.status_code, response.headers["Cache-Control"]) == (404, "no-store")


def test_a_fault_has_the_form_of_the_dialect() -> None:
    observed = Emulator(fixtures="samples", dialect="observed")
    response = ask(observed, f"{ROOT}/data/v1_1")
    assert response.json is not None
    assert set(response.json) == {"_v", "fault"}


def test_a_token_is_valid_in_one_workspace_only(emulator: Emulator) -> None:
    token = {"Authorization": f"Bearer {emulator.token()}"}
    assert ask(emulator, ROOT, **token).status_code == 200
    elsewhere = ask(emulator, ROOT, workspace="ci-7", **token)
    assert fault_of(elsewhere) == "InvalidAccessTokenException"


@pytest.mark.parametrize(
    ("operation", "path"),
    [("getApis", ROOT), ("getVersions", f"{ROOT}/data"), ("getDescription", DESCRIPTION)],
)
def test_a_failpoint_matches_an_operation_by_its_name(
    emulator: Emulator, operation: str, path: str
) -> None:
    failpoint = {"match": {"family": "meta", "operation": operation}, "action": {"status": 503}}
    planned = plan(emulator, failpoint)
    assert planned.status_code == 201, planned.data
    paths = (ROOT, f"{ROOT}/data", DESCRIPTION)
    met = [asked for asked in paths if ask(emulator, asked).status_code == 503]
    assert met == [path]


def test_an_internal_error_is_a_fault_and_is_raised_by_check(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise LookupError("broken")

    monkeypatch.setattr(meta, "describe", fail)
    response = ask(emulator, DESCRIPTION)
    assert response.status_code == 500
    assert fault_of(response) == "InternalServerErrorException"
    assert b"broken" not in response.data
    with pytest.raises(LookupError, match="broken"):
        emulator.check()
