"""Pages that are not ours: uploaded files, stubs and failpoints have an origin of their own."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from emulator import Emulator
from emulator.tests.control_client import ask
from emulator.tests.table import table

FILES = "/on/demandware.servlet/webdav/Sites/Temp"
POLICY = "Content-Security-Policy"
SANDBOX = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts"
SCRIPT = "<script>fetch('/__emulator__/reset', {method: 'POST'})</script>"


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    return Emulator(fixtures="samples")


def ask_files(emulator: Emulator, method: str, path: str, data: str = "") -> TestResponse:
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    return ask(emulator, method, f"{FILES}{path}", headers=headers, data=data)


def add_rule(emulator: Emulator, kind: str, rule: dict[str, Any]) -> None:
    answer = ask(emulator, "PUT", f"/__emulator__/{kind}", json=[rule])
    assert answer.status_code == 201, answer.text


@table("name", ["page.html", "page.HTM", "picture.svg", "data.xml"])
def test_uploaded_page_is_isolated(emulator: Emulator, name: str) -> None:
    assert ask_files(emulator, "PUT", f"/{name}", SCRIPT).status_code in {201, 204}
    assert ask_files(emulator, "GET", f"/{name}").headers[POLICY] == SANDBOX


def test_listing_of_a_folder_is_isolated(emulator: Emulator) -> None:
    assert ask_files(emulator, "GET", "/").headers[POLICY] == SANDBOX


@table("name", ["data.json", "text.txt", "archive.zip", "unknown"])
def test_other_files_have_no_policy(emulator: Emulator, name: str) -> None:
    ask_files(emulator, "PUT", f"/{name}", SCRIPT)
    assert POLICY not in ask_files(emulator, "GET", f"/{name}").headers


def test_page_of_a_stub_is_isolated_unless_the_stub_has_a_policy(emulator: Emulator) -> None:
    answer: dict[str, Any] = {"headers": {"Content-Type": "text/html"}, "body": "{{path.text}}"}
    add_rule(emulator, "stubs", {"method": "GET", "path": "/page/{text}", "answer": answer})
    page = ask(emulator, "GET", "/page/%3Cscript%3E")
    assert (page.text, page.headers[POLICY]) == ("<script>", SANDBOX)
    answer["headers"]["content-security-policy"] = "default-src 'none'"
    add_rule(emulator, "stubs", {"method": "GET", "path": "/page/{text}", "answer": answer})
    assert ask(emulator, "GET", "/page/x").headers.get_all(POLICY) == ["default-src 'none'"]


def test_page_of_a_failpoint_is_isolated(emulator: Emulator) -> None:
    action = {
        "status": 200,
        "headers": {"Content-Type": "text/html; charset=utf-8"},
        "body": SCRIPT,
    }
    add_rule(emulator, "failpoints", {"match": {"path": "/items"}, "action": action})
    assert ask(emulator, "GET", "/items").headers[POLICY] == SANDBOX
    ask(emulator, "DELETE", "/__emulator__/failpoints")


def test_pages_of_the_console_keep_their_origin(emulator: Emulator) -> None:
    page = ask(emulator, "GET", "/__emulator__", headers={"Accept": "text/html"})
    assert "sandbox" not in page.headers[POLICY]


def test_json_has_no_policy(emulator: Emulator) -> None:
    assert POLICY not in ask(emulator, "GET", "/s/-/dw/data/v23_2/sites").headers
