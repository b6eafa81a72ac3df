"""The frame of the console: the address, the guard, the login, the policy of its content."""

from itertools import product
from random import sample
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from emulator import Emulator
from emulator.tests.bound import bounded
from emulator.tests.console.conftest import BROWSER, LOCAL, Get
from emulator.tests.table import table

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TOKEN = "open sesame"
ELSEWHERE = {"REMOTE_ADDR": "192.168.0.7"}


def open_page(emulator: Emulator, path: str, **headers: str) -> TestResponse:
    client = Client(emulator.app)
    return client.get(path, headers={**BROWSER, **headers}, environ_overrides=LOCAL)


@pytest.fixture
def locked() -> Client:
    return Client(Emulator(fixtures="samples", control_token=TOKEN).app)


def ask(client: Client, method: str, path: str, **options: Any) -> TestResponse:
    headers = {**BROWSER, **options.pop("headers", {})}
    local = {"REMOTE_ADDR": "10.0.0.9"}
    options |= {"headers": headers, "environ_overrides": local, "buffered": True}
    return client.open(path, method=method, **options)


def sign_in(client: Client, token: str = TOKEN, path: str = "/__emulator__/login") -> TestResponse:
    return ask(client, "POST", path, data={"token": token})


def test_the_root_leads_a_browser_to_the_console(emulator: Emulator) -> None:
    answer = open_page(emulator, "/")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert 'href="/__emulator__"' in answer.text
    assert answer.headers["Content-Security-Policy"] == POLICY


def test_the_root_has_nothing_for_a_program(emulator: Emulator) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = Client(emulator.app).open("/", method=method, headers={"Accept": "*/*"})
        assert answer.status_code == 404
        assert (answer.json or {})["fault"]["type"] == "ResourcePathNotFoundException"
    answer = Client(emulator.app).post("/", headers=BROWSER)
    assert answer.status_code == 404


@table("path", ["/__emulator__", "/__emulator__/"])
def test_a_browser_sees_the_overview_and_a_program_the_endpoints(
    emulator: Emulator, path: str
) -> None:
    assert "<h1>Overview</h1>" in open_page(emulator, path).text
    answer = Client(emulator.app).get(path, environ_overrides=LOCAL)
    assert "GET /__emulator__" in (answer.json or [])
    assert [line for line in answer.json or [] if "login" in line or "static" in line] == []


@table("path", ["", "/static/console.css", "/no-such-page", "/static/none.css", "/?workspace=no"])
def test_every_answer_has_the_policy(get: Get, path: str) -> None:
    headers = get(path).headers
    assert headers.getlist("Content-Security-Policy") == [POLICY]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_pages_are_not_stored_and_files_are_validated(get: Get) -> None:
    assert get().headers["Cache-Control"] == "no-store"
    assert get("/static/console.css").headers["Cache-Control"] == "no-cache"


def test_an_unknown_page_is_an_error_page(get: Get) -> None:
    answer = get("/no-such-page")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    program = get("/no-such-page", headers={"Accept": "*/*"})
    assert (program.status_code, program.mimetype) == (404, "application/problem+json")


def test_an_unknown_workspace_is_not_made(emulator: Emulator, get: Get) -> None:
    answer = get("?workspace=<b>x</b>")
    assert answer.status_code == 404
    assert "There is no workspace &#39;&lt;b&gt;x&lt;/b&gt;&#39;" in answer.text
    assert [one.name for one in emulator.workspaces] == ["default"]


def test_the_links_of_a_page_keep_the_workspace(emulator: Emulator, get: Get) -> None:
    emulator.workspaces.get("shop")
    page = get("?workspace=shop").text
    assert 'data-workspace="shop"' in page
    assert "<option selected>shop</option>" in page
    assert 'class="brand" href="/__emulator__?workspace=shop"' in page


@table(
    ("headers", "local"),
    [
        ({"Origin": "https://evil.example"}, LOCAL),
        ({"Sec-Fetch-Site": "cross-site"}, LOCAL),
        ({"Host": "evil.example"}, LOCAL),
        ({}, ELSEWHERE),
    ],
)
def test_the_guard_is_the_guard_of_the_control_plane(
    get: Get, headers: dict[str, str], local: dict[str, str]
) -> None:
    for path in ("", "/static/console.css", "/login"):
        answer = get(path, headers=headers, environ_overrides=local)
        assert (answer.status_code, answer.mimetype) == (403, "text/html")


def test_without_a_control_token_there_is_no_login(get: Get) -> None:
    answer = get("/login")
    assert (answer.status_code, answer.location) == (302, "/__emulator__")


def test_a_page_without_the_token_leads_to_the_login(locked: Client) -> None:
    answer = ask(locked, "GET", "/__emulator__?workspace=default")
    assert answer.status_code == 302
    parts = urlsplit(answer.location)
    assert parts.path == "/__emulator__/login"
    assert parts.query == "next=/__emulator__?workspace%3Ddefault"
    page = ask(locked, "GET", answer.location)
    assert (page.status_code, page.headers["Content-Security-Policy"]) == (200, POLICY)
    assert ask(locked, "GET", "/__emulator__/static/console.css").status_code == 200


def test_the_token_opens_the_console_until_the_logout(locked: Client) -> None:
    answer = sign_in(locked, path="/__emulator__/login?next=/__emulator__?workspace%3Ddefault")
    assert (answer.status_code, answer.location) == (302, "/__emulator__?workspace=default")
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "Path=/__emulator__", "SameSite=Strict"} <= set(cookie.split("; "))
    assert TOKEN not in cookie
    assert ask(locked, "GET", "/__emulator__").status_code == 200
    ended = ask(locked, "POST", "/__emulator__/login/end", headers={"Origin": "http://localhost"})
    assert ended.status_code == 302
    assert ask(locked, "GET", "/__emulator__").status_code == 302


def test_a_wrong_token_opens_nothing(locked: Client) -> None:
    answer = sign_in(locked, "wrong")
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (401, False)
    assert "This is not the control token." in answer.text
    assert ask(locked, "GET", "/__emulator__").status_code == 302


def test_a_form_of_a_page_is_bounded(locked: Client, get: Get) -> None:
    form = {"content_type": "application/x-www-form-urlencoded", "data": b"a=b&" * 1_300_000}
    with bounded():
        assert ask(locked, "POST", "/__emulator__/login", **form).status_code == 413
        assert get("/access/token", "POST", **form).status_code == 413


@table(
    "target",
    [
        *("https://evil.example/", "//evil.example", "/__emulator__//evil.example", "/s", ""),
        *("/__emulator__/\\evil.example", "/__emulator__/%0d%0aSet-Cookie:x=1"),
    ],
)
def test_the_login_leads_to_pages_of_the_console_only(locked: Client, target: str) -> None:
    answer = sign_in(locked, path=f"/__emulator__/login?next={target}")
    assert answer.location == "/__emulator__"
    assert "x=1" not in answer.headers["Set-Cookie"]


def test_only_a_session_of_this_server_can_be_ended(locked: Client, get: Get) -> None:
    sign_in(locked)
    assert ">Sign out<" in ask(locked, "GET", "/__emulator__").text
    other = {"Cookie": "emulator-console-12345678=x"}  # of a server at another port
    assert ">Sign out<" not in get(headers=other).text


def test_a_write_with_the_cookie_needs_a_page_of_this_server(locked: Client) -> None:
    sign_in(locked)
    for headers in ({}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "same-site"}):
        reset = ask(locked, "POST", "/__emulator__/reset", headers={"Accept": "*/*", **headers})
        assert reset.status_code in (401, 403)
    for headers in ({"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}):
        assert ask(locked, "POST", "/__emulator__/reset", headers=headers).status_code == 200


def test_a_foreign_page_can_neither_see_the_login_nor_use_it(locked: Client) -> None:
    foreign = {"Origin": "http://evil.example"}
    assert ask(locked, "GET", "/__emulator__/login", headers=foreign).status_code == 403
    sent = ask(locked, "POST", "/__emulator__/login", headers=foreign, data={"token": TOKEN})
    assert (sent.status_code, "Set-Cookie" in sent.headers) == (403, False)


PAGES = (
    *("", "/data", "/data/changes", "/data/snapshots", "/data/workspaces", "/access"),
    *("/data/collections/customers", "/data/collections/customers/new"),
    *("/data/collections/customers/document", "/data/collections/none", "/access/settings"),
    *("/traffic", "/trouble", "/contract", "/contract/api/data"),
)
PARAMETERS = (
    *("method", "path", "status", "fault", "client"),
    *("workspace", "q", "start", "count", "key", "copy", "view", "against"),
)
VALUES = ("", "x", "a/b", "%00", "%25ff", "%ED%A0%80", "<b>", "%0d%0aSet-Cookie:x=1", "9" * 30)


def test_no_query_makes_an_internal_error(emulator: Emulator, get: Get) -> None:
    every = list(product(PAGES, PARAMETERS, VALUES))
    for path, name, value in sample(every, 150):
        answer = get(f"{path}?{name}={value}")
        assert answer.status_code in (200, 404), (path, name, value)
        assert "<b>" not in answer.text
        assert "Set-Cookie" not in answer.headers
    assert len(list(emulator.workspaces)) == 1


@table("path", ["../app.py", "%2e%2e/app.py", "..%2fapp.py", "/etc/passwd", "%00"])
def test_static_files_come_from_their_folder(get: Get, path: str) -> None:
    assert get(f"/static/{path}").status_code == 404
