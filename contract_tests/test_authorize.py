"""Tokens of users: password, authorization code with PKCE, refresh; scopes (AUT-7, AUT-8)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from contract_tests.api import Api, assert_fault
from contract_tests.test_auth import ask, basic, claims_of, use

Start = Callable[..., Api]
DEMO = "a" * 30
TOKEN = "/dwsso/oauth2/access_token"
AUTHORIZE = "/dwsso/oauth2/authorize"
REDIRECT = "http://localhost:8080"
REGISTERED = "https://app.example/done?x=1"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
FIRST = {"Authorization": basic(DEMO, DEMO)}
SIGNER = {"Authorization": basic("signer", "signer's: secret/%")}


@pytest.fixture
def api(start: Start) -> Api:
    """A server with a Business Manager user and two clients."""
    return start()


def authorize(api: Api, **parameters: str) -> requests.Response:
    """Ask the authorization endpoint; a parameter of None is left out."""
    sent = {"client_id": DEMO, "redirect_uri": REDIRECT, "response_type": "code", **parameters}
    return api.call("GET", AUTHORIZE, params=sent, headers={"Authorization": None})


def read_redirect(answer: requests.Response, separator: str = "?") -> tuple[str, dict[str, str]]:
    """Return the redirect URI and the parameters behind it."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    uri, _, parameters = answer.headers["Location"].partition(separator)
    return uri, dict(parse_qsl(parameters))


def get_code(api: Api, **parameters: str) -> str:
    """Return a fresh authorization code."""
    return read_redirect(authorize(api, **parameters))[1]["code"]


def exchange(
    api: Api, code: str, headers: dict[str, str] | None = None, **form: str
) -> requests.Response:
    """Exchange a code for tokens."""
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **form}
    return ask(api, TOKEN, data=sent, headers=headers or {})


def refuse(answer: requests.Response) -> tuple[int, str]:
    """Return status and error code of a refused request."""
    return answer.status_code, answer.json()["error"]


def assert_tokens(api: Api, answer: requests.Response) -> dict[str, Any]:
    """Assert that an answer holds tokens of the first user, and return it."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    granted: dict[str, Any] = answer.json()
    fixed = {"scope": "mail", "token_type": "Bearer", "expires_in": 1799}
    assert {name: granted[name] for name in fixed} == fixed
    assert set(granted) == {*fixed, "access_token", "refresh_token", "id_token"}
    assert claims_of(granted["id_token"])["sub"] == "admin"
    assert use(api, granted["access_token"]) == 200
    return granted


@pytest.mark.rule("AUT-7")
@pytest.mark.parametrize("path", [TOKEN, "/dw/oauth2/access_token"])
def test_password_gets_tokens_of_the_user(api: Api, path: str) -> None:
    form = {"grant_type": "password", "username": "admin", "password": "Secret:123"}
    granted = assert_tokens(api, ask(api, path, data=form, headers=FIRST))
    claims = claims_of(granted["access_token"])
    assert (claims["sub"], claims["client_id"], claims["grant_type"]) == ("admin", DEMO, "password")


@pytest.mark.rule("AUT-7")
@pytest.mark.parametrize(
    ("form", "headers", "refused"),
    [
        ({"username": "admin", "password": "x"}, FIRST, (400, "invalid_grant")),
        ({"username": "x", "password": "Secret:123"}, FIRST, (400, "invalid_grant")),
        ({"username": "admin"}, FIRST, (400, "invalid_request")),
        ({"password": "Secret:123"}, FIRST, (400, "invalid_request")),
        ({"username": "admin", "password": "Secret:123"}, {}, (401, "invalid_client")),
        (
            {"username": "admin", "password": "Secret:123"},
            {"Authorization": basic(DEMO, "x")},
            (401, "invalid_client"),
        ),
    ],
)
def test_password_needs_client_and_user(
    api: Api, form: dict[str, str], headers: dict[str, str], refused: tuple[int, str]
) -> None:
    answer = ask(api, TOKEN, data={"grant_type": "password", **form}, headers=headers)
    assert refuse(answer) == refused
    if refused[1] == "invalid_grant":
        assert answer.json()["error_description"] == "Resource owner authentication failed"


@pytest.mark.rule("AUT-7")
@pytest.mark.parametrize(
    "redirect",
    [
        REDIRECT,
        "http://localhost:8080/",
        "http://127.0.0.1:53682/callback?a=b%20c",
        "https://[::1]/x",
        "http://localhost?a=b",
    ],
)
def test_implicit_flow_redirects_with_a_token_in_the_fragment(api: Api, redirect: str) -> None:
    answer = authorize(api, response_type="token", redirect_uri=redirect)
    uri, granted = read_redirect(answer, "#")
    assert uri == redirect
    token = granted.pop("access_token")
    assert granted == {"token_type": "Bearer", "expires_in": "1799", "scope": "mail"}
    assert use(api, token) == 200
    claims = claims_of(token)
    assert (claims["sub"], claims["client_id"], claims["grant_type"]) == ("admin", DEMO, "implicit")


@pytest.mark.rule("AUT-7")
def test_state_comes_back_unchanged(api: Api) -> None:
    state = "a b&c=d#é/"
    assert read_redirect(authorize(api, state=state))[1]["state"] == state
    fragment = authorize(api, state=state, response_type="token")
    assert read_redirect(fragment, "#")[1]["state"] == state
    assert read_redirect(authorize(api, state=state, response_type="x"))[1]["state"] == state


@pytest.mark.rule("AUT-7")
@pytest.mark.parametrize(
    ("challenge", "verifier"),
    [
        (PKCE, VERIFIER),
        ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, VERIFIER),
        ({"code_challenge": VERIFIER}, VERIFIER),
    ],
    ids=["S256", "plain", "plain by default"],
)
def test_code_verifier_replaces_the_secret(
    api: Api, challenge: dict[str, str], verifier: str
) -> None:
    code = get_code(api, **challenge)
    assert_tokens(api, exchange(api, code, client_id=DEMO, code_verifier=verifier))


@pytest.mark.rule("AUT-7")
def test_code_without_pkce_needs_the_secret(api: Api) -> None:
    code = get_code(api)
    assert refuse(exchange(api, code, client_id=DEMO)) == (401, "invalid_client")
    assert_tokens(api, exchange(api, code, FIRST))
    assert_tokens(api, exchange(api, code, client_id=DEMO, client_secret=DEMO))


@pytest.mark.rule("AUT-7")
@pytest.mark.parametrize(
    ("parameters", "form", "headers", "refused"),
    [
        (PKCE, {"client_id": DEMO, "code_verifier": VERIFIER + "x"}, {}, (400, "invalid_grant")),
        (PKCE, {"client_id": DEMO, "code_verifier": CHALLENGE}, {}, (400, "invalid_grant")),
        (PKCE, {"client_id": DEMO}, {}, (400, "invalid_grant")),
        (PKCE, {}, FIRST, (400, "invalid_grant")),
        ({}, {"code_verifier": VERIFIER}, FIRST, (400, "invalid_grant")),
        (PKCE, {"code_verifier": VERIFIER}, SIGNER, (400, "invalid_grant")),
        (PKCE, {"code_verifier": VERIFIER}, {}, (400, "invalid_request")),
        (PKCE, {"client_id": "x", "code_verifier": VERIFIER}, {}, (401, "invalid_client")),
        (
            PKCE,
            {"client_id": DEMO, "code_verifier": VERIFIER, "client_secret": "x"},
            {},
            (401, "invalid_client"),
        ),
        (
            PKCE,
            {"client_id": DEMO, "code_verifier": VERIFIER, "redirect_uri": f"{REDIRECT}/"},
            {},
            (400, "invalid_grant"),
        ),
        (
            PKCE,
            {"client_id": DEMO, "code_verifier": VERIFIER, "redirect_uri": ""},
            {},
            (400, "invalid_grant"),
        ),
        (
            PKCE,
            {"client_id": DEMO, "code_verifier": VERIFIER, "code": ""},
            {},
            (400, "invalid_request"),
        ),
        (
            PKCE,
            {"client_id": DEMO, "code_verifier": VERIFIER, "code": "x"},
            {},
            (400, "invalid_grant"),
        ),
    ],
)
def test_code_that_does_not_hold_is_refused(
    api: Api,
    parameters: dict[str, str],
    form: dict[str, str],
    headers: dict[str, str],
    refused: tuple[int, str],
) -> None:
    code = form.pop("code") if "code" in form else get_code(api, **parameters)
    assert refuse(exchange(api, code, headers, **form)) == refused


@pytest.mark.rule("AUT-7")
def test_code_is_valid_for_two_minutes(api: Api) -> None:
    api.call("POST", "/__emulator__/clock/freeze", json={})
    code = get_code(api)
    api.call("POST", "/__emulator__/clock/advance", json={"seconds": 119})
    assert_tokens(api, exchange(api, code, FIRST))
    api.call("POST", "/__emulator__/clock/advance", json={"seconds": 1})
    assert refuse(exchange(api, code, FIRST)) == (400, "invalid_grant")


@pytest.mark.rule("AUT-7")
def test_refresh_token_gets_new_tokens(api: Api) -> None:
    first = exchange(api, get_code(api), FIRST).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = assert_tokens(api, ask(api, TOKEN, data=form, headers=FIRST))
    assert second["access_token"] != first["access_token"]
    assert refuse(ask(api, TOKEN, data=form, headers=SIGNER)) == (400, "invalid_grant")
    secretless = form | {"client_id": DEMO}
    assert refuse(ask(api, TOKEN, data=secretless)) == (401, "invalid_client")
    assert refuse(ask(api, TOKEN, data={"grant_type": "refresh_token"}, headers=FIRST)) == (
        400,
        "invalid_request",
    )


@pytest.mark.rule("AUT-7")
def test_public_client_refreshes_without_a_secret(api: Api) -> None:
    code = get_code(api, **PKCE)
    granted = exchange(api, code, client_id=DEMO, code_verifier=VERIFIER).json()
    for _ in range(2):
        form = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
        granted = assert_tokens(api, ask(api, TOKEN, data=form | {"client_id": DEMO}))


@pytest.mark.rule("AUT-7", "AUT-5")
def test_each_token_has_one_purpose(api: Api) -> None:
    code = get_code(api)
    granted = exchange(api, code, FIRST).json()
    for token in (code, granted["refresh_token"], granted["id_token"]):
        answer = api.get("/inventory_lists", headers={"Authorization": f"Bearer {token}"})
        assert_fault(answer, 401, "InvalidAccessToken", {"accessToken": token})
    for token in (code, granted["access_token"], granted["id_token"]):
        form = {"grant_type": "refresh_token", "refresh_token": token}
        assert refuse(ask(api, TOKEN, data=form, headers=FIRST)) == (400, "invalid_grant")
    for token in (granted["access_token"], granted["refresh_token"], granted["id_token"]):
        assert refuse(exchange(api, token, FIRST)) == (400, "invalid_grant")


@pytest.mark.rule("AUT-7")
@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "x" * 129}, "invalid_request"),
        ({"code_challenge": f"{'x' * 43}!"}, "invalid_request"),
        ({**PKCE, "code_challenge_method": "S512"}, "invalid_request"),
    ],
)
def test_refusal_is_told_to_the_redirect_uri(
    api: Api, parameters: dict[str, str], error: str
) -> None:
    uri, told = read_redirect(authorize(api, state="s", **parameters))
    assert (uri, told["error"], told["state"]) == (REDIRECT, error, "s")
    assert told["error_description"]


@pytest.mark.rule("AUT-7")
def test_without_a_user_access_is_denied(start: Start, tmp_path: Any) -> None:
    client = f'{{"client_id": "{DEMO}", "client_secret": "{DEMO}"}}'
    (tmp_path / "sites.json").write_text('[{"id": "SiteGenesis"}]')
    (tmp_path / "clients.json").write_text(f'{{"clients": [{client}], "users": []}}')
    _, told = read_redirect(authorize(start(fixtures=str(tmp_path)), response_type="token"), "#")
    assert told["error"] == "access_denied"


@pytest.mark.rule("AUT-7")
@pytest.mark.parametrize(
    "redirect",
    [
        "",
        "https://evil.example/",
        "//evil.example",
        "/path",
        "http://localhost.evil.example/",
        "http://localhost@evil.example/",
        "http://localhost:80@evil.example/",
        "http://localhost\\@evil.example/",
        "http://localhost:8080\\.evil.example",
        "http://evil.example/http://localhost",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.2/",
        "http://localhost:/",
        "http://localhost/#a",
        "http://localhost/\r\nSet-Cookie: a=b",
        "http://localhost/é",
        "javascript:alert(1)//localhost",
        REGISTERED,
    ],
)
def test_foreign_redirect_uri_is_never_redirected_to(api: Api, redirect: str) -> None:
    answer = authorize(api, redirect_uri=redirect)
    assert refuse(answer) == (400, "invalid_request")
    assert "Location" not in answer.headers


@pytest.mark.rule("AUT-7")
def test_registered_redirect_uri_has_to_be_equal(api: Api) -> None:
    uri, told = read_redirect(authorize(api, client_id="signer", redirect_uri=REGISTERED), "&")
    assert uri == REGISTERED
    assert_tokens(api, exchange(api, told["code"], SIGNER, redirect_uri=REGISTERED))
    for other in (REDIRECT, "https://app.example/done", f"{REGISTERED}&y=2"):
        answer = authorize(api, client_id="signer", redirect_uri=other)
        assert refuse(answer) == (400, "invalid_request")
    # The only registered redirect URI need not be named (RFC 6749, section 3.1.2.3).
    answer = authorize(api, client_id="signer", redirect_uri="")
    uri, told = read_redirect(answer, "&")
    assert uri == REGISTERED
    assert_tokens(api, exchange(api, told["code"], SIGNER, redirect_uri=""))


@pytest.mark.rule("AUT-7")
@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": ""}, "invalid_request"),
    ],
)
def test_unknown_client_is_not_redirected(api: Api, parameters: dict[str, str], error: str) -> None:
    assert refuse(authorize(api, **parameters)) == (400, error)
    assert api.call("POST", AUTHORIZE).status_code == 405


@pytest.mark.rule("AUT-7")
@pytest.mark.parametrize("query", ["client_id=\xe9", "a&" * 100, f"client_id={DEMO}&client_id=x"])
def test_parameters_of_the_authorization_endpoint_are_bounded(api: Api, query: str) -> None:
    status, headers, _ = api.raw("GET", f"{AUTHORIZE}?{query}", {})
    assert status == 400
    assert "Location" not in headers


@pytest.mark.rule("AUT-7")
def test_redirect_uri_keeps_its_host(api: Api) -> None:
    location = authorize(api, redirect_uri="http://localhost:1/a%2Fb?c=%20").headers["Location"]
    parts = urlsplit(location)
    assert (parts.netloc, parts.path) == ("localhost:1", "/a%2Fb")
    assert parts.query.startswith("c=%20&code=")


@pytest.mark.rule("AUT-7")
@pytest.mark.parametrize(
    "client_id",
    ["a40a7a9b-e854-4aa6-8078-d5f79872aa65", "7eee11e3-375b-498f-a087-e450a330d202"],
)
def test_clients_of_published_tools_sign_in_without_configuration(api: Api, client_id: str) -> None:
    implicit = authorize(api, client_id=client_id, response_type="token")
    assert use(api, read_redirect(implicit, "#")[1]["access_token"]) == 200
    code = get_code(api, client_id=client_id, **PKCE)
    granted = assert_tokens(api, exchange(api, code, client_id=client_id, code_verifier=VERIFIER))
    form = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    assert_tokens(api, ask(api, TOKEN, data=form | {"client_id": client_id}))


@pytest.mark.rule("AUT-7")
def test_client_without_a_secret_is_public(start: Start, tmp_path: Path) -> None:
    write_clients(tmp_path, {"client_id": DEMO, "client_secret": DEMO}, {"client_id": "public"})
    api = start(fixtures=str(tmp_path))
    code = get_code(api, client_id="public", **PKCE)
    assert_tokens(api, exchange(api, code, client_id="public", code_verifier=VERIFIER))
    for form in ({"client_id": "public"}, {"client_id": "public", "client_secret": ""}):
        answer = ask(api, TOKEN, data={"grant_type": "client_credentials", **form})
        assert refuse(answer) == (401, "invalid_client")
    headers = {"Authorization": basic("public", "")}
    answer = ask(api, TOKEN, data={"grant_type": "client_credentials"}, headers=headers)
    assert refuse(answer) == (401, "invalid_client")


def write_clients(folder: Path, *clients: dict[str, Any]) -> None:
    """Write a data set with these clients, a user and a site."""
    user = {"login": "admin", "password": "Secret:123"}
    (folder / "sites.json").write_text('[{"id": "SiteGenesis"}]')
    (folder / "clients.json").write_text(json.dumps({"clients": clients, "users": [user]}))


@pytest.mark.rule("AUT-8")
def test_requested_scopes_are_granted_once_each(api: Api) -> None:
    form = {"grant_type": "client_credentials", "scope": "mail sfcc.products.rw mail"}
    granted = ask(api, TOKEN, data=form, headers=FIRST).json()
    assert granted["scope"] == "mail sfcc.products.rw"
    assert claims_of(granted["access_token"])["scope"] == ["mail", "sfcc.products.rw"]
    _, redirected = read_redirect(authorize(api, response_type="token", scope="a b"), "#")
    assert redirected["scope"] == "a b"
    assert claims_of(redirected["access_token"])["scope"] == ["a", "b"]


@pytest.mark.rule("AUT-8")
@pytest.mark.parametrize("scope", [" ", "a  b", "a ", 'a"b', "a\\b", "é", "a\nb", "a" * 1001])
def test_malformed_scope_is_refused(api: Api, scope: str) -> None:
    form = {"grant_type": "client_credentials", "scope": scope}
    assert refuse(ask(api, TOKEN, data=form, headers=FIRST)) == (400, "invalid_scope")
    _, told = read_redirect(authorize(api, scope=scope))
    assert told["error"] == "invalid_scope"


@pytest.mark.rule("AUT-8")
@pytest.mark.parametrize(("scopes", "expected"), [(["x", "y"], "x y"), ([], None)])
def test_scopes_of_a_client_are_default_and_limit(
    start: Start, tmp_path: Path, scopes: list[str], expected: str | None
) -> None:
    write_clients(tmp_path, {"client_id": DEMO, "client_secret": DEMO, "scopes": scopes})
    api = start(fixtures=str(tmp_path))
    form = {"grant_type": "client_credentials"}
    granted = ask(api, TOKEN, data=form, headers=FIRST).json()
    assert granted.get("scope") == expected
    assert claims_of(granted["access_token"])["scope"] == scopes
    answer = ask(api, TOKEN, data=form | {"scope": "x mail"}, headers=FIRST)
    assert refuse(answer) == (400, "invalid_scope")


@pytest.mark.rule("AUT-8")
def test_refresh_narrows_the_scopes(api: Api) -> None:
    granted = exchange(api, get_code(api, scope="a b"), FIRST).json()
    assert granted["scope"] == "a b"
    form = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    assert ask(api, TOKEN, data=form, headers=FIRST).json()["scope"] == "a b"
    assert ask(api, TOKEN, data=form | {"scope": "b"}, headers=FIRST).json()["scope"] == "b"
    answer = ask(api, TOKEN, data=form | {"scope": "b c"}, headers=FIRST)
    assert refuse(answer) == (400, "invalid_scope")
