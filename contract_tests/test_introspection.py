"""Introspection of tokens (AUT-9)."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from contract_tests.api import Api
from contract_tests.test_auth import ask, assertion, basic, claims_of
from contract_tests.test_authorize import FIRST, SIGNER, refuse

Start = Callable[..., Api]
DEMO = "a" * 30
TOKEN = "/dwsso/oauth2/access_token"
INTROSPECT = "/dwsso/oauth2/introspect"


@pytest.fixture
def api(start: Start) -> Api:
    """A server with a Business Manager user and two clients."""
    return start()


def introspect(
    api: Api, token: str, headers: dict[str, str] = FIRST, **form: str
) -> requests.Response:
    """Ask for the state of a token."""
    return ask(api, INTROSPECT, data={"token": token, **form}, headers=headers)


@pytest.mark.rule("AUT-9")
def test_token_of_a_client_is_active(api: Api) -> None:
    claims = claims_of(api.token)
    answer = introspect(api, api.token, token_type_hint="access_token")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {
        "active": True,
        "scope": "mail",
        "token_type": "Bearer",
        "client_id": DEMO,
        "exp": claims["iat"] + 1799,
        "iat": claims["iat"],
        "nbf": claims["iat"],
        "sub": DEMO,
        "aud": DEMO,
        "iss": "https://account.demandware.com:443/dwsso/oauth2",
        "jti": claims["jti"],
    }


@pytest.mark.rule("AUT-9")
def test_tokens_of_a_user_name_the_user(api: Api) -> None:
    form = {"grant_type": "password", "username": "admin", "password": "Secret:123", "scope": "a b"}
    granted = ask(api, TOKEN, data=form, headers=FIRST).json()
    for name, token_type in (("access_token", "Bearer"), ("refresh_token", "refresh_token")):
        told = introspect(api, granted[name]).json()
        assert (told["active"], told["username"], told["sub"]) == (True, "admin", "admin")
        assert (told["scope"], told["token_type"]) == ("a b", token_type)
    assert introspect(api, granted["id_token"]).json() == {"active": False}


@pytest.mark.rule("AUT-9")
def test_client_sees_no_token_of_another_client(api: Api, key_pair: Any) -> None:
    assert introspect(api, api.token, SIGNER).json() == {"active": False}
    form = assertion(key_pair.private, api.url + INTROSPECT)
    own = ask(api, TOKEN, data={"grant_type": "client_credentials"}, headers=SIGNER).json()
    told = introspect(api, own["access_token"], {}, **form).json()
    assert (told["active"], told["client_id"]) == (True, "signer")


@pytest.mark.rule("AUT-9")
@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "e30.e30."])
def test_invalid_token_is_not_active(api: Api, token: str) -> None:
    answer = introspect(api, token)
    assert (answer.status_code, answer.json()) == (200, {"active": False})


@pytest.mark.rule("AUT-9")
def test_expired_token_is_not_active(api: Api) -> None:
    api.call("POST", "/__emulator__/clock/advance", json={"seconds": 1799})
    assert introspect(api, api.token).json() == {"active": False}


@pytest.mark.rule("AUT-9")
def test_introspection_needs_a_client_and_a_token(api: Api) -> None:
    assert refuse(introspect(api, api.token, {})) == (401, "invalid_client")
    wrong = {"Authorization": basic(DEMO, "x")}
    assert refuse(introspect(api, api.token, wrong)) == (401, "invalid_client")
    assert refuse(introspect(api, "")) == (400, "invalid_request")
    # A token in a URL would be logged on the way.
    answer = ask(api, f"{INTROSPECT}?token={api.token}", headers=FIRST)
    assert refuse(answer) == (400, "invalid_request")
    answer = api.call("GET", INTROSPECT)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
