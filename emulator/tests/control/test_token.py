"""Access tokens of the control plane."""

from collections.abc import Iterator

import pytest
from werkzeug.test import Client, TestResponse

from emulator import Emulator

DEMO = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
LISTS = "/s/-/dw/data/v23_2/inventory_lists"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    yield (emulator := Emulator(fixtures="samples"))
    emulator.check()


def ask(emulator: Emulator, path: str, method: str = "POST", **headers: str) -> TestResponse:
    client = Client(emulator.app)
    local = {"REMOTE_ADDR": "127.0.0.1"}
    return client.open(path, method=method, headers=headers, environ_overrides=local)


@pytest.mark.parametrize("query", ["", "?client_id=", f"?client_id={DEMO}"])
def test_a_token_and_the_credentials_of_its_client_are_told(emulator: Emulator, query: str) -> None:
    answer = ask(emulator, f"/__emulator__/token{query}")
    issued = answer.json or {}
    token = issued.pop("access_token")
    assert answer.status_code == 200
    assert issued == {"client_id": DEMO, "client_secret": DEMO, "expires_in": 1799}
    assert ask(emulator, LISTS, "GET", Authorization=f"Bearer {token}").status_code == 200
    # Neither a failpoint nor the journal sees the request for the token.
    assert len(emulator.workspace.journal) == 1


def test_a_token_is_for_the_workspace_of_the_request(emulator: Emulator) -> None:
    place = {"x-emulator-workspace": "ci-7"}
    token = (ask(emulator, "/__emulator__/token", **place).json or {})["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert ask(emulator, LISTS, "GET", **headers).status_code == 401
    assert ask(emulator, LISTS, "GET", **headers, **place).status_code == 200


@pytest.mark.parametrize(
    ("query", "status", "detail"),
    [
        ("client_id=nobody", 404, "workspace 'default' has no client 'nobody'."),
        ("client=x", 400, "Token takes 'client_id', not 'client'."),
    ],
)
def test_a_wrong_query_is_refused(emulator: Emulator, query: str, status: int, detail: str) -> None:
    answer = ask(emulator, f"/__emulator__/token?{query}")
    assert (answer.status_code, (answer.json or {})["detail"]) == (status, detail)
    assert answer.content_type == "application/problem+json"


def test_a_foreign_page_gets_no_token(emulator: Emulator) -> None:
    answer = ask(emulator, "/__emulator__/token", Origin="https://evil.example")
    assert answer.status_code == 403
