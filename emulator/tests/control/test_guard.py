"""The guard of the control plane: foreign pages, foreign names and other machines stay out."""

from typing import Any

import pytest
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.test import Client, create_environ
from werkzeug.wrappers import Request

from emulator import Emulator
from emulator.config import Config
from emulator.control import guard
from emulator.store import Record
from emulator.tests.table import table

HERE, ELSEWHERE = "127.0.0.1", "192.168.0.7"
RECORD = Record.of(("a",), {})


def check(  # noqa: PLR0913 - what makes up a request
    method: str = "GET",
    *,
    host: str = "localhost:8080",
    origin: str | None = None,
    remote: str | None = HERE,
    listening: str = HERE,
    path: str = "/__emulator__/health",
    token: str = "",
    given: str = "",
    site: str | None = None,
) -> None:
    """Check a request; None stands for a header, or an address, that there is not."""
    optional = {"HTTP_ORIGIN": origin, "REMOTE_ADDR": remote, "HTTP_SEC_FETCH_SITE": site}
    optional |= {"HTTP_X_EMULATOR_CONTROL_TOKEN": given or None}
    told = {name: value for name, value in optional.items() if value is not None}
    environ = {**create_environ(path, method=method), "HTTP_HOST": host, **told}
    guard.check(Request(environ), Config(host=listening, control_token=token))


@table(
    "host",
    [
        "localhost",
        "localhost:8080",
        "LOCALHOST",
        "shop.localhost:8080",
        "a-1.b.localhost",
        "127.0.0.1:8080",
        "192.168.0.7:8080",
        "[::1]:8080",
        "[fe80::1]",
        "localhost.",
        "shop.localhost.:8080",
        "127.0.0.1.:8080",
    ],
)
def test_local_names_and_addresses_reach_it(host: str) -> None:
    check(host=host)
    check("POST", host=host)


def test_the_name_it_listens_on_reaches_it_in_any_case() -> None:
    check(host="emulator.internal:8080", listening="Emulator.Internal")
    check(host="EMULATOR.internal", listening="emulator.internal")


def test_names_of_the_certificate_reach_it() -> None:
    config = Config(tls=True, tls_name="dev01-shop.demandware.net, Shop.example")
    names = ("dev01-shop.demandware.net", "DEV01-shop.demandware.net:443", "shop.example.")
    for host in names:
        environ = create_environ("/__emulator__/reset", method="POST")
        environ |= {"HTTP_HOST": host, "REMOTE_ADDR": HERE}
        guard.check(Request(environ), config)
    with pytest.raises(Forbidden, match="does not answer to the host name"):
        guard.check(Request(environ | {"HTTP_HOST": "x.shop.example"}), config)


@table(
    "host",
    [
        "shop.example",
        "shop.example:8080",
        "localhost.example",
        "notlocalhost",
        "localhost..",
        "shop.example.",
        ".",
        "localhost:65536",
        ".localhost.example",
        "127.0.0.1.example",
        "localhost@shop.example",
        "[::1",
        "[shop]",
        "local host",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_name_does_not(host: str, method: str) -> None:
    with pytest.raises(Forbidden, match="does not answer to the host name"):
        check(method, host=host)


@table(
    ("host", "origin"),
    [
        ("localhost:8080", "http://localhost:8080"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("localhost", "http://localhost"),
    ],
)
def test_a_page_of_its_own_origin_may_ask(host: str, origin: str) -> None:
    check(host=host, origin=origin)
    check("POST", host=host, origin=origin)


@table(
    "origin",
    [
        "http://shop.example",
        "http://localhost",
        "http://localhost:8081",
        "http://127.0.0.1:8080",
        "http://localhost:8080.shop.example",
        "http://localhost:8080@shop.example",
        "localhost:8080",
        "null",
        "",
        "http://[::1",
        "http://[shop]:8080",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_of_another_origin_may_not(origin: str, method: str) -> None:
    with pytest.raises(Forbidden, match="takes no requests from pages of"):
        check(method, origin=origin)


@table("method", ["GET", "HEAD", "POST", "PUT", "DELETE"])
def test_a_browser_may_ask_only_for_its_user_and_for_own_pages(method: str) -> None:
    path = "/__emulator__/journal"
    for site in ("none", "same-origin", None):
        check(method, site=site, path=path)
    for site in ("cross-site", "same-site", "SAME-ORIGIN", "other", ""):
        with pytest.raises(Forbidden, match="pages of other origins"):
            check(method, site=site, path=path, token="s3cret", given="s3cret")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_another_machine_may_ask_for_health(method: str) -> None:
    check(method, host="192.168.0.1:8080", remote=ELSEWHERE)


@table("path", ["/__emulator__/journal", "/__emulator__", "/__emulator__/state"])
def test_another_machine_may_not_look_at_anything_else(path: str) -> None:
    with pytest.raises(Forbidden, match="takes requests of this machine only"):
        check(remote=ELSEWHERE, path=path)


@pytest.mark.parametrize("remote", [HERE, ELSEWHERE])
def test_who_has_the_token_may_do_everything_under_any_name(remote: str) -> None:
    told = {"path": "/__emulator__/reset", "token": "s3cret", "given": "s3cret"}
    check("POST", host="ocapi:8080", remote=remote, **told)


@table("given", ["", "s3cre", "s3cret ", "other"])
@pytest.mark.parametrize("remote", [HERE, ELSEWHERE])
def test_who_has_not_the_token_is_refused_on_every_machine(given: str, remote: str) -> None:
    with pytest.raises(Unauthorized, match="x-emulator-control-token"):
        check(remote=remote, path="/__emulator__/journal", token="s3cret", given=given)


def test_a_page_of_another_origin_is_refused_with_the_token_too() -> None:
    with pytest.raises(Forbidden, match="pages of"):
        check(origin="http://shop.example", token="s3cret", given="s3cret")


@table("remote", ["127.0.0.1", "127.8.9.10", "::1"])
@table("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_its_own_machine_may_change_it(remote: str, method: str) -> None:
    check(method, remote=remote)


@table("remote", [ELSEWHERE, "10.0.0.5", "fe80::1", "::ffff:10.0.0.5", "localhost", "", None])
@table("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_another_machine_may_not_change_it(remote: str | None, method: str) -> None:
    with pytest.raises(Forbidden, match="takes requests of this machine only"):
        check(method, remote=remote)


def reset(**options: Any) -> tuple[int, str | None, int]:
    """Return status, content type and what is left of one record written before a reset."""
    emulator = Emulator()
    emulator.workspace.store.put("things", RECORD)
    environ = {"REMOTE_ADDR": HERE} | options.pop("environ_overrides", {})
    client = Client(emulator.app)
    response = client.post("/__emulator__/reset", environ_overrides=environ, **options)
    emulator.check()
    return response.status_code, response.content_type, emulator.workspace.store.count("things")


def test_a_reset_from_here_is_done() -> None:
    assert reset() == (200, "application/json", 0)


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"Origin": "http://shop.example"}},
        {"headers": {"Origin": "http://[::1"}},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"headers": {"Host": "shop.example"}},
        {"environ_overrides": {"REMOTE_ADDR": ELSEWHERE}},
    ],
    ids=["foreign origin", "malformed origin", "other site", "foreign host", "other machine"],
)
def test_a_reset_that_is_refused_changes_nothing_and_answers_a_problem(
    options: dict[str, Any],
) -> None:
    assert reset(**options) == (403, "application/problem+json", 1)


def test_a_page_makes_no_workspace_by_looking_at_one() -> None:
    emulator = Emulator()
    client = Client(emulator.app)
    headers = {"Host": "w1.localhost", "Sec-Fetch-Site": "cross-site"}
    for path in ("journal", "state", "clock", "failpoints", "snapshots", "settings"):
        answer = client.get(
            f"/__emulator__/{path}", headers=headers, environ_overrides={"REMOTE_ADDR": HERE}
        )
        assert answer.status_code == 403
    assert [workspace.name for workspace in emulator.workspaces] == ["default"]


def test_an_environment_without_optional_keys_is_refused() -> None:
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/__emulator__/reset", "wsgi.input": None}
    with pytest.raises(Forbidden):
        guard.check(Request(environ), Config())
