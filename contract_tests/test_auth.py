"""Clients and tokens (AUT-1 to AUT-6) and what they may do (SET-3)."""

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from contract_tests.api import Api, assert_fault

Start = Callable[..., Api]
DEMO = "a" * 30
ACCOUNT_MANAGER = "/dwsso/oauth2/access_token"
INSTANCE = "/dw/oauth2/access_token"
RAW_BYTES = (
    pytest.mark.fails_on("waitress", "refuses a raw byte beyond ASCII in a target"),
    pytest.mark.fails_on("gunicorn", "refuses a raw byte beyond ASCII in a target"),
)
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
BUSINESS_MANAGER = "urn:demandware:params:oauth:grant-type:client-id:dwsid:dwsecuretoken"


def basic(*parts: str) -> str:
    """Return a Basic Authorization header of parts joined by colons."""
    return "Basic " + base64.b64encode(":".join(parts).encode()).decode()


def ask(api: Api, path: str, **options: Any) -> requests.Response:
    """POST to a token endpoint, without a token."""
    headers = {"Authorization": None, **options.pop("headers", {})}
    return api.call("POST", path, headers=headers, **options)


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a token, read without its key."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def use(api: Api, token: str) -> int:
    """Return the status that a token gets from the Data API."""
    headers = {"Authorization": f"Bearer {token}"}
    return api.get("/inventory_lists?count=0", headers=headers).status_code


@pytest.mark.rule("AUT-1")
@pytest.mark.parametrize(
    ("options", "status", "kind"),
    [
        ({}, 400, "MissingClientId"),
        ({"params": {"client_id": DEMO}}, 401, "AuthorizationHeaderMissing"),
        ({"headers": {"x-dw-client-id": DEMO}}, 401, "AuthorizationHeaderMissing"),
        ({"headers": {"Authorization": "Basic eDp5"}}, 401, "InvalidAuthorizationHeader"),
        ({"headers": {"Authorization": "Bearer"}}, 401, "InvalidAuthorizationHeader"),
        ({"headers": {"Authorization": "nonsense"}}, 401, "InvalidAuthorizationHeader"),
    ],
)
def test_a_call_without_a_token_is_refused(
    api: Api, options: dict[str, Any], status: int, kind: str
) -> None:
    headers = {"Authorization": None, **options.get("headers", {})}
    answer = api.get("/inventory_lists", params=options.get("params"), headers=headers)
    assert_fault(answer, status, kind, {})


@pytest.mark.rule("AUT-1")
@pytest.mark.parametrize(
    "token",
    [
        "a5b6eb0d-8312-41a3-88f3-2c53c4507367",
        jwt.encode({"sub": DEMO, "client_id": DEMO, "exp": 2**33}, "k" * 32),
        "a.b.c",
        "é".encode().decode("latin-1"),
    ],
    ids=["uuid", "another key", "no jwt", "no ascii"],
)
def test_an_unknown_token_is_refused(api: Api, token: str) -> None:
    answer = api.get("/inventory_lists", headers={"Authorization": f"Bearer {token}"})
    assert_fault(answer, 401, "InvalidAccessToken", {"accessToken": token})


@pytest.mark.rule("AUT-1")
def test_the_scheme_is_read_in_any_case(api: Api) -> None:
    answer = api.get("/inventory_lists", headers={"Authorization": f"bearer {api.token}"})
    assert answer.status_code == 200


@pytest.mark.rule("AUT-2")
@pytest.mark.parametrize("path", [ACCOUNT_MANAGER, INSTANCE])
def test_client_credentials_get_a_token(api: Api, path: str) -> None:
    answer = ask(
        api,
        path,
        data={"grant_type": "client_credentials"},
        headers={"Authorization": basic(api.client_id, api.client_secret)},
    )
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    granted = answer.json()
    token = granted.pop("access_token")
    assert granted == {"scope": "mail", "token_type": "Bearer", "expires_in": 1799}
    assert use(api, token) == 200


@pytest.mark.rule("AUT-1", "AUT-2")
def test_a_token_expires(start: Start) -> None:
    api = start()
    api.call("POST", "/__emulator__/clock/freeze", json={"at": "2024-02-19T12:00:00Z"})
    token = api.grant(DEMO, DEMO).json()["access_token"]
    assert use(api, token) == 200
    api.call("POST", "/__emulator__/clock/advance", json={"seconds": 1798})
    assert use(api, token) == 200
    api.call("POST", "/__emulator__/clock/advance", json={"seconds": 1})
    answer = api.get("/inventory_lists", headers={"Authorization": f"Bearer {token}"})
    assert_fault(answer, 401, "InvalidAccessToken", {"accessToken": token})


@pytest.mark.rule("AUT-2")
def test_token_answers_show_a_rate_limit(start: Start) -> None:
    api = start()
    headers = {"Authorization": basic(DEMO, DEMO)}
    api.call("POST", "/__emulator__/clock/freeze", json={"at": "2024-02-19T12:00:20Z"})
    form = {"grant_type": "client_credentials"}
    for remaining, sent in (("399", headers), ("398", {}), ("397", headers)):
        answer = ask(api, INSTANCE, data=form, headers=sent)
        assert answer.headers["X-RateLimit-Limit"] == "400, 400;w=60, 5000;w=60"
        assert answer.headers["X-RateLimit-Remaining"] == remaining
        assert answer.headers["X-RateLimit-Reset"] == "40"
    api.call("POST", "/__emulator__/clock/advance", json={"seconds": 40})
    answer = ask(api, ACCOUNT_MANAGER, data=form, headers=headers)
    assert answer.headers["X-RateLimit-Remaining"] == "399"
    assert answer.headers["X-RateLimit-Reset"] == "60"


@pytest.mark.rule("AUT-2")
def test_credentials_may_stand_in_the_form(api: Api) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": api.client_id,
        "client_secret": api.client_secret,
        "response_type": "token",
    }
    assert use(api, ask(api, ACCOUNT_MANAGER, data=form).json()["access_token"]) == 200


@pytest.mark.rule("AUT-2")
def test_the_grant_type_may_stand_in_the_query(api: Api) -> None:
    headers = {"Authorization": basic(api.client_id, api.client_secret)}
    answer = ask(api, f"{INSTANCE}?grant_type=client_credentials", headers=headers)
    assert answer.status_code == 200


@pytest.mark.rule("AUT-2")
@pytest.mark.parametrize("secret", ["signer's: secret/%", "signer%27s%3A+secret%2F%25"])
def test_the_basic_header_may_be_raw_or_form_encoded(start: Start, secret: str) -> None:
    form = {"grant_type": "client_credentials"}
    headers = {"Authorization": basic("signer", secret)}
    assert ask(start(), INSTANCE, data=form, headers=headers).status_code == 200


@pytest.mark.rule("AUT-4")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": basic(DEMO, "wrong")},
        {"Authorization": basic("nobody", "a" * 30)},
        {"Authorization": basic("nobody", "")},
        {"Authorization": basic("", "")},
        {"Authorization": basic(DEMO)},
        {"Authorization": "Basic %%%"},
        {"Authorization": "Bearer x"},
    ],
)
def test_a_wrong_client_or_secret_is_an_invalid_client(api: Api, headers: dict[str, str]) -> None:
    answer = ask(api, ACCOUNT_MANAGER, data={"grant_type": "client_credentials"}, headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {
        "error_description": "Client authentication failed",
        "error": "invalid_client",
    }
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.rule("AUT-4")
@pytest.mark.parametrize(
    ("path", "grant_type", "error"),
    [
        (ACCOUNT_MANAGER, None, "invalid_request"),
        (ACCOUNT_MANAGER, "", "invalid_request"),
        (ACCOUNT_MANAGER, BUSINESS_MANAGER, "unsupported_grant_type"),
        (INSTANCE, "implicit", "unsupported_grant_type"),
    ],
)
def test_another_grant_is_refused(api: Api, path: str, grant_type: str | None, error: str) -> None:
    headers = {"Authorization": basic(api.client_id, api.client_secret)}
    form = {} if grant_type is None else {"grant_type": grant_type}
    answer = ask(api, path, data=form, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.json()["error_description"]


@pytest.mark.rule("AUT-4", "FLT-4")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_a_token_endpoint_takes_posts_alone(api: Api, method: str) -> None:
    answer = api.call(method, ACCOUNT_MANAGER)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.json()["error"] == "invalid_request"


@pytest.mark.rule("AUT-4")
@pytest.mark.parametrize("path", ["/dwsso/oauth2/userinfo", "/dwsso/oauth2/tokeninfo", "/dwsso"])
def test_another_path_of_account_manager_is_not_found(api: Api, path: str) -> None:
    answer = api.call("GET", path, headers={"Authorization": None})
    assert (answer.status_code, answer.json()["error"]) == (404, "invalid_request")


@pytest.mark.rule("AUT-3")
def test_a_business_manager_user_gets_a_shorter_token(start: Start) -> None:
    api = start()
    answer = ask(
        api,
        f"{INSTANCE}?client_id={DEMO}",
        data={"grant_type": BUSINESS_MANAGER},
        headers={"Authorization": basic("admin", "Secret:123", DEMO)},
    )
    granted = answer.json()
    token = granted.pop("access_token")
    assert granted == {"scope": "mail", "token_type": "Bearer", "expires_in": 899}
    assert use(api, token) == 200
    claims = claims_of(token)
    assert claims["exp"] - claims["iat"] == 899
    assert (claims["sub"], claims["client_id"]) == ("admin", DEMO)


@pytest.mark.rule("AUT-3")
@pytest.mark.parametrize(
    ("client_id", "parts"),
    [
        (DEMO, ("admin", "wrong", DEMO)),
        (DEMO, ("nobody", "Secret:123", DEMO)),
        (DEMO, ("admin", "Secret:123", "wrong")),
        (DEMO, ("admin", "Secret:123")),
        ("nobody", ("admin", "Secret:123", DEMO)),
    ],
)
def test_wrong_credentials_of_a_user_are_an_unauthorized_client(
    start: Start, client_id: str, parts: tuple[str, ...]
) -> None:
    answer = ask(
        start(),
        f"{INSTANCE}?client_id={client_id}",
        data={"grant_type": BUSINESS_MANAGER},
        headers={"Authorization": basic(*parts)},
    )
    assert answer.status_code == 400
    assert answer.json() == {
        "error_description": f"Client id '{client_id}' has invalid credentials to use grant type "
        f"'{BUSINESS_MANAGER}'.",
        "error": "unauthorized_client",
    }


@pytest.mark.rule("AUT-3")
def test_a_user_grant_names_its_client(start: Start) -> None:
    headers = {"Authorization": basic("admin", "Secret:123", DEMO)}
    answer = ask(start(), INSTANCE, data={"grant_type": BUSINESS_MANAGER}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.rule("AUT-5")
def test_a_token_is_a_signed_jwt_with_these_claims(api: Api) -> None:
    granted = api.grant(api.client_id, api.client_secret).json()
    assert granted["access_token"].count(".") == 2
    claims = claims_of(granted["access_token"])
    issued = claims["iat"]
    assert abs(issued - time.time()) < 300
    assert claims.pop("jti")
    assert claims.pop("auditTrackingId")
    assert claims.pop("authGrantId")
    assert claims == {
        "sub": api.client_id,
        "cts": "OAUTH2_STATELESS_GRANT",
        "subname": api.client_id,
        "iss": "https://account.demandware.com:443/dwsso/oauth2",
        "tokenName": "access_token",
        "token_type": "Bearer",
        "aud": api.client_id,
        "nbf": issued,
        "grant_type": "client_credentials",
        "scope": ["mail"],
        "auth_time": issued,
        "realm": "/",
        "exp": issued + 1799,
        "iat": issued,
        "expires_in": 1799,
        "client_id": api.client_id,
    }


@pytest.mark.rule("AUT-5")
def test_a_token_that_was_changed_is_refused(api: Api) -> None:
    head, body, signature = api.token.split(".")
    claims = claims_of(api.token) | {"exp": 2**33}
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    assert use(api, f"{head}.{forged}.{signature}") == 401
    assert use(api, f"{none}.{body}.") == 401
    assert use(api, api.token) == 200


@pytest.mark.rule("AUT-5")
def test_servers_with_one_key_accept_each_others_tokens(start: Start) -> None:
    one, two, other = start(token_key="shared"), start(token_key="shared"), start()
    assert (use(two, one.token), use(one, two.token)) == (200, 200)
    assert (use(other, one.token), use(one, other.token)) == (401, 401)


@pytest.mark.rule("AUT-1", "AUT-5")
def test_a_token_of_a_client_that_is_not_known_here_is_refused(start: Start) -> None:
    one = start(token_key="shared")
    form = {"grant_type": "client_credentials"}
    headers = {"Authorization": basic("signer", "signer's: secret/%")}
    token = ask(one, INSTANCE, data=form, headers=headers).json()["access_token"]
    two = start(token_key="shared", fixtures="samples")
    answer = two.get("/inventory_lists", headers={"Authorization": f"Bearer {token}"})
    assert_fault(answer, 401, "UnknownClientId", {"clientId": "signer"})


def assertion(key: rsa.RSAPrivateKey, audience: str, **changes: Any) -> dict[str, str]:
    """Return the form of an assertion grant; a change to None leaves the claim out."""
    claims = {
        "iss": "signer",
        "sub": "signer",
        "aud": audience,
        "exp": int(time.time()) + 60,
        **changes,
    }
    sent = {name: value for name, value in claims.items() if value is not None}
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": jwt.encode(sent, key, "RS256"),
    }


@pytest.mark.rule("AUT-6")
@pytest.mark.parametrize(
    "audience",
    [
        "https://account.demandware.com:443/dwsso/oauth2/access_token",
        "https://account.demandware.com/dwsso/oauth2/access_token",
        None,
    ],
)
def test_an_assertion_of_a_registered_certificate_gets_a_token(
    start: Start, key_pair: Any, audience: str | None
) -> None:
    api = start()
    form = assertion(key_pair.private, audience or api.url + ACCOUNT_MANAGER)
    answer = ask(api, ACCOUNT_MANAGER, data=form)
    assert (answer.status_code, answer.json()["expires_in"]) == (200, 1799)
    assert claims_of(answer.json()["access_token"])["sub"] == "signer"
    assert use(api, answer.json()["access_token"]) == 200


@pytest.mark.rule("AUT-6")
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"exp": 1}, 400),
        ({"exp": None}, 400),
        ({"nbf": 2**33}, 400),
        ({"nbf": "soon"}, 400),
        ({"iss": "other"}, 400),
        ({"sub": "nobody", "iss": "nobody"}, 401),
        ({"sub": DEMO, "iss": DEMO}, 401),
        ({"aud": "https://elsewhere.example.com/dwsso/oauth2/access_token"}, 400),
        ({"aud": []}, 400),
        ({"aud": "http://[x/"}, 400),
        ({"aud": "ftp://account.demandware.com/dwsso/oauth2/access_token"}, 400),
        ({"iat": "x"}, 400),
        ({"aud": None}, 400),
    ],
)
def test_an_assertion_that_does_not_hold_is_refused(
    start: Start, key_pair: Any, changes: dict[str, Any], status: int
) -> None:
    api = start()
    form = assertion(key_pair.private, api.url + ACCOUNT_MANAGER, **changes)
    answer = ask(api, ACCOUNT_MANAGER, data=form)
    assert (answer.status_code, answer.json()["error"]) == (status, "invalid_client")
    text = "JWT is not valid" if status == 400 else "Client authentication failed"
    assert answer.json()["error_description"] == text


@pytest.mark.rule("AUT-6")
def test_any_registered_certificate_may_sign(start: Start, key_pair: Any, tmp_path: Path) -> None:
    other = rsa.generate_private_key(65537, 2048)
    public = other.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signer = {"client_id": "signer", "certificates": [key_pair.certificate, public.decode()]}
    clients = [{"client_id": DEMO, "client_secret": DEMO}, signer]
    (tmp_path / "sites.json").write_text('[{"id": "SiteGenesis"}]')
    (tmp_path / "clients.json").write_text(json.dumps({"clients": clients, "users": []}))
    api = start(fixtures=str(tmp_path))
    for key in (key_pair.private, other):
        form = assertion(key, api.url + ACCOUNT_MANAGER)
        assert ask(api, ACCOUNT_MANAGER, data=form).status_code == 200


@pytest.mark.rule("AUT-6")
def test_an_assertion_of_another_key_is_refused(start: Start) -> None:
    api = start()
    other = rsa.generate_private_key(65537, 2048)
    answer = ask(api, ACCOUNT_MANAGER, data=assertion(other, api.url + ACCOUNT_MANAGER))
    assert answer.status_code == 401
    for text in ("", "x.y.z", "nonsense", "..", "bnVsbA.bnVsbA.bnVsbA"):
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": text,
        }
        assert ask(api, ACCOUNT_MANAGER, data=form).status_code == 400


@pytest.mark.rule("AUT-6")
def test_an_assertion_signed_by_another_kind_of_key_is_refused(start: Start) -> None:
    api = start()
    key = ec.generate_private_key(ec.SECP256R1())
    claims = {"iss": "signer", "sub": "signer", "exp": int(time.time()) + 60}
    signed = jwt.encode({**claims, "aud": api.url + ACCOUNT_MANAGER}, key, "ES256")
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": signed,
    }
    answer = ask(api, ACCOUNT_MANAGER, data=form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.rule("AUT-4")
def test_a_request_that_names_another_client_is_refused(api: Api) -> None:
    form = {"grant_type": "client_credentials", "client_id": "other"}
    headers = {"Authorization": basic(DEMO, DEMO)}
    answer = ask(api, ACCOUNT_MANAGER, data=form, headers=headers)
    assert (answer.status_code, answer.json()) == (
        400,
        {
            "error_description": "Client ID in request does not match authenticated client",
            "error": "invalid_client",
        },
    )
    assert ask(api, ACCOUNT_MANAGER, data=form | {"client_id": DEMO}, headers=headers).ok


@pytest.mark.rule("AUT-4")
@pytest.mark.parametrize(
    "options",
    [
        {"data": "grant_type=client_credentials&grant_type=client_credentials"},
        {"files": {"grant_type": (None, "client_credentials")}},
    ],
    ids=["repeated", "multipart"],
)
def test_a_form_is_url_encoded_and_names_nothing_twice(api: Api, options: dict[str, Any]) -> None:
    headers = {"Authorization": basic(api.client_id, api.client_secret)}
    if "data" in options:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    answer = ask(api, ACCOUNT_MANAGER, headers=headers, **options)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.rule("AUT-4")
@pytest.mark.parametrize("query", [pytest.param("\xff", marks=RAW_BYTES), "%ff"])
@pytest.mark.parametrize("path", [INSTANCE, ACCOUNT_MANAGER])
def test_query_outside_of_utf8_has_one_description(api: Api, path: str, query: str) -> None:
    if not api.token_url.startswith(api.url):
        pytest.skip("the token endpoint belongs to another server")
    status, _, body = api.raw("POST", f"{path}?{query}", {"Content-Length": "0"})
    told = {"error": "invalid_request", "error_description": "The query string isn't UTF-8"}
    assert (status, json.loads(body)) == (400, told)


@pytest.mark.rule("AUT-4")
@pytest.mark.parametrize(
    ("query", "form"),
    [
        pytest.param(b"a=\xe9", b"grant_type=client_credentials", marks=RAW_BYTES),
        pytest.param(b"grant_type=client_credentials&\xff", b"", marks=RAW_BYTES),
        (b"a=%E9", b"grant_type=client_credentials"),
        (b"", b"grant_type=client_credentials&a=\xe9"),
        (b"", b"grant_type=client_credentials&a=%FF"),
        (b"", b"a&" * 100 + b"grant_type=client_credentials"),
        (b"&" * 100, b"grant_type=client_credentials"),
    ],
)
def test_parameters_are_utf8_and_at_most_100(api: Api, query: bytes, form: bytes) -> None:
    headers = {
        "Authorization": basic(api.client_id, api.client_secret),
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(form)),
    }
    target = f"{INSTANCE}?{query.decode('latin-1')}"
    status, _, body = api.raw("POST", target, headers, form)
    assert (status, json.loads(body)["error"]) == (400, "invalid_request")


@pytest.mark.rule("AUT-4")
@pytest.mark.parametrize(
    "authorization",
    [
        "\xe9\xff",
        "Basic \xe9\xff",
        "Basic " + base64.b64encode(b"\xff:\xfe").decode(),
        "Basic " + base64.b64encode(b"%FF:%FE").decode(),
        "Bearer \xff",
    ],
)
def test_credentials_of_any_bytes_are_an_invalid_client(api: Api, authorization: str) -> None:
    headers = {
        "Authorization": authorization.encode("latin-1"),
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": "29",
    }
    sent = b"grant_type=client_credentials"
    status, _, body = api.raw("POST", INSTANCE, headers, sent)  # type: ignore[arg-type]
    assert (status, json.loads(body)["error"]) == (401, "invalid_client")


@pytest.mark.rule("AUT-4")
def test_a_large_form_is_refused_unread(api: Api) -> None:
    answer = ask(api, INSTANCE, data={"grant_type": "client_credentials", "a": "x" * 65536})
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")


@pytest.mark.rule("AUT-6")
def test_another_kind_of_assertion_is_refused(start: Start) -> None:
    form = {"grant_type": "client_credentials", "client_assertion_type": "saml"}
    answer = ask(start(), ACCOUNT_MANAGER, data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.rule("SET-3")
def test_every_configured_client_may_do_everything(start: Start) -> None:
    api = start()
    form = {"grant_type": "client_credentials"}
    headers = {"Authorization": basic("signer", "signer's: secret/%")}
    token = ask(api, INSTANCE, data=form, headers=headers).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    path = "/inventory_lists/contract-of-signer"
    assert api.put(path, json={}, headers=bearer).status_code == 201
    assert api.get(path, headers=bearer).status_code == 200
    assert api.delete(path, headers=bearer).status_code == 204
