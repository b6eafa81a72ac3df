"""Access tokens: issued, verified, refused (AUT-5)."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.clock import Clock
from emulator.ocapi.access import token as token_module
from emulator.ocapi.access.token import TokenError, Tokens, read_login
from emulator.tests.table import table

NOON = datetime(2024, 2, 19, 12, tzinfo=UTC)
NOON_SECONDS = 1708344000
KEY = sha256(b"\0shared").digest()
CLAIMS = {
    "iss": "https://account.demandware.com:443/dwsso/oauth2",
    "sub": "c1",
    "client_id": "c1",
    "tokenName": "access_token",
    "exp": NOON_SECONDS + 60,
}


class FakeClock(Clock):
    def __init__(self) -> None:
        self.time = NOON
        self.issued = 0

    def now(self) -> datetime:
        return self.time

    def identifier(self) -> str:
        self.issued += 1
        return f"id{self.issued}"

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def tokens(clock: FakeClock) -> Tokens:
    return Tokens("shared", clock)


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def segment(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def test_a_token_names_its_client(tokens: Tokens) -> None:
    assert tokens.verify(tokens.issue("c1", 60)) == "c1"
    assert tokens.verify(tokens.issue("ä/b c", 60)) == "ä/b c"


def test_a_token_is_a_jwt_of_three_parts_with_the_dates_of_the_clock(tokens: Tokens) -> None:
    token = tokens.issue("c1", 1799)
    assert token.count(".") == 2
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    assert claims_of(token) == {
        "sub": "c1",
        "iss": "https://account.demandware.com:443/dwsso/oauth2",
        "tokenName": "access_token",
        "aud": "c1",
        "client_id": "c1",
        "nbf": 1708344000,
        "iat": 1708344000,
        "exp": 1708345799,
        "jti": "id1",
        "cts": "OAUTH2_STATELESS_GRANT",
        "auditTrackingId": "id2",
        "subname": "c1",
        "token_type": "Bearer",
        "authGrantId": "id3",
        "grant_type": "client_credentials",
        "scope": [],
        "auth_time": 1708344000,
        "realm": "/",
        "expires_in": 1799,
    }


def test_a_token_of_a_user_names_the_user_too(tokens: Tokens) -> None:
    token = tokens.issue("c1", 899, "admin", grant_type="password")
    claims = claims_of(token)
    assert (claims["sub"], claims["subname"], claims["client_id"]) == ("admin", "admin", "c1")
    assert tokens.verify(token) == "c1"
    assert read_login(claims) == "admin"
    assert read_login(claims_of(tokens.issue("c1", 60))) == ""


@table("purpose", ["refresh_token", "authorization_code", "id_token"])
def test_a_token_has_one_purpose(tokens: Tokens, purpose: str) -> None:
    token = tokens.issue("c1", 60, "admin", purpose, public=True)
    claims = tokens.read(token, purpose)
    assert (claims["sub"], claims["public"]) == ("admin", True)
    for other in ("access_token", "refresh_token", "authorization_code", "id_token"):
        if other != purpose:
            with pytest.raises(TokenError, match="another purpose"):
                tokens.read(token, other)


def test_long_token_is_read_but_not_cached(tokens: Tokens) -> None:
    token = tokens.issue("c" * 2000, 60)
    decode = token_module._decode  # noqa: SLF001 - its cache is what is tested
    hits = decode.cache_info().hits
    assert tokens.verify(token) == "c" * 2000
    assert decode.cache_info().hits == hits


def test_two_tokens_of_one_instant_differ(tokens: Tokens) -> None:
    assert tokens.issue("c1", 60) != tokens.issue("c1", 60)


@pytest.mark.parametrize("seconds", [0, 1, 59, 59.9])
def test_a_token_holds_until_it_expires(tokens: Tokens, clock: FakeClock, seconds: float) -> None:
    token = tokens.issue("c1", 60)
    clock.advance(seconds)
    assert tokens.verify(token) == "c1"


@pytest.mark.parametrize("seconds", [60, 60.1, 61, 1_000_000])
def test_a_token_expires_by_the_clock(tokens: Tokens, clock: FakeClock, seconds: float) -> None:
    token = tokens.issue("c1", 60)
    clock.advance(seconds)
    with pytest.raises(TokenError, match="expired"):
        tokens.verify(token)


@pytest.mark.parametrize("years", [-40, 40])
def test_the_clock_need_not_show_the_real_time(
    tokens: Tokens, clock: FakeClock, years: int
) -> None:
    clock.advance(years * 365 * 86400)
    assert tokens.verify(tokens.issue("c1", 60)) == "c1"


def test_a_token_of_later_holds_already(tokens: Tokens, clock: FakeClock) -> None:
    token = tokens.issue("c1", 60)
    clock.advance(-3600)
    assert tokens.verify(token) == "c1"


def test_tokens_of_one_secret_are_accepted_by_all_who_have_it(clock: FakeClock) -> None:
    assert Tokens("shared", clock).verify(Tokens("shared", clock).issue("c1", 60)) == "c1"


def test_a_token_of_another_workspace_is_refused(clock: FakeClock) -> None:
    token = Tokens("shared", clock, "ci-1").issue("c1", 60)
    assert Tokens("shared", clock, "ci-1").verify(token) == "c1"
    for other in ("ci-2", "default", ""):
        with pytest.raises(TokenError, match="Signature"):
            Tokens("shared", clock, other).verify(token)


@pytest.mark.parametrize(("ours", "theirs"), [("shared", "other"), ("shared", "")])
def test_a_token_of_another_key_is_refused(clock: FakeClock, ours: str, theirs: str) -> None:
    token = Tokens(theirs, clock).issue("c1", 60)
    with pytest.raises(TokenError, match="Signature"):
        Tokens(ours, clock).verify(token)


def test_a_secret_without_a_name_still_accepts_its_own(clock: FakeClock) -> None:
    tokens = Tokens("", clock)
    assert tokens.verify(tokens.issue("c1", 60)) == "c1"


def test_a_token_signed_with_the_shared_secret_is_ours(tokens: Tokens) -> None:
    assert tokens.verify(jwt.encode(CLAIMS, KEY, "HS256")) == "c1"


def without(name: str) -> dict[str, Any]:
    return {claim: value for claim, value in CLAIMS.items() if claim != name}


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(CLAIMS | {"iss": "other"}, id="another issuer"),
        pytest.param(without("iss"), id="no issuer"),
        pytest.param(without("sub"), id="no subject"),
        pytest.param(without("exp"), id="no expiry"),
        pytest.param(without("tokenName"), id="no purpose"),
        pytest.param(CLAIMS | {"tokenName": "refresh_token"}, id="another purpose"),
        pytest.param(without("client_id"), id="no client"),
        pytest.param(CLAIMS | {"client_id": 1}, id="a client that is no string"),
        pytest.param(CLAIMS | {"sub": 1}, id="a subject that is no string"),
        pytest.param(CLAIMS | {"exp": NOON_SECONDS}, id="expired"),
        pytest.param(CLAIMS | {"exp": "soon"}, id="an expiry that is no number"),
        pytest.param(CLAIMS | {"exp": [NOON_SECONDS + 60]}, id="an expiry in an array"),
    ],
)
def test_a_signed_token_with_other_claims_is_refused(
    tokens: Tokens, claims: dict[str, Any]
) -> None:
    with pytest.raises(TokenError):
        tokens.verify(jwt.encode(claims, KEY, "HS256"))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_token_of_another_algorithm_is_refused(tokens: Tokens, algorithm: str) -> None:
    signed = jwt.encode(CLAIMS, KEY + KEY, algorithm)
    with pytest.raises(TokenError, match="alg"):
        tokens.verify(signed)


@table("algorithm", ["none", "None", "NONE", "nOnE"])
def test_a_token_that_is_not_signed_is_refused(tokens: Tokens, algorithm: str) -> None:
    _, claims, signature = jwt.encode(CLAIMS, KEY, "HS256").split(".")
    header = segment(b'{"typ":"JWT","alg":"' + algorithm.encode() + b'"}')
    for end in ("", signature):
        with pytest.raises(TokenError):
            tokens.verify(f"{header}.{claims}.{end}")


def test_a_token_with_other_claims_under_its_signature_is_refused(tokens: Tokens) -> None:
    header, _, signature = tokens.issue("c1", 60).split(".")
    _, claims, _ = tokens.issue("c2", 60).split(".")
    with pytest.raises(TokenError, match="Signature"):
        tokens.verify(f"{header}.{claims}.{signature}")


@table("part", [0, 1])
def test_a_deeply_nested_part_is_refused(
    tokens: Tokens, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(*_: object, **__: object) -> None:
        raise RecursionError

    deep = segment(b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}")
    parts = [segment(b'{"typ":"JWT","alg":"HS256"}'), segment(b"{}"), "eA"]
    parts[part] = deep
    with pytest.raises(TokenError):
        tokens.verify(".".join(parts))
    monkeypatch.setattr(jwt, "decode", decode)  # as PyJWT before 2.15
    with pytest.raises(TokenError):
        tokens.verify(f"{deep}.{part}")


@table("part", [0, 1, 2])
def test_a_token_lacks_no_part(tokens: Tokens, part: int) -> None:
    parts = tokens.issue("c1", 60).split(".")
    parts[part] = ""
    with pytest.raises(TokenError):
        tokens.verify(".".join(parts))


@table(
    "text",
    [
        "",
        ".",
        "..",
        "...",
        "x",
        "a.b.c",
        "ä.ö.ü",
        "c1",
        segment(b"[]") + ".e30.x",
        segment(b'{"alg":[]}') + ".e30.x",
        segment(b'{"alg":"HS256","kid":1}') + ".e30.eA",
        segment(b'{"alg":"HS256","crit":["x"]}') + ".e30.eA",
        segment(b'{"alg":"HS256","b64":false,"crit":["b64"]}') + ".e30.eA",
        pytest.param(segment(b"[" * 100_000) + ".e30.x", id="deeply nested header"),
        pytest.param("x" * 200_000, id="long"),
    ],
)
def test_what_is_no_token_is_refused(tokens: Tokens, text: str) -> None:
    with pytest.raises(TokenError):
        tokens.verify(text)


@given(st.text(st.sampled_from("abcXYZ019-_.=") | st.characters(max_codepoint=255)))
def test_no_text_raises_anything_but_token_error(text: str) -> None:
    with pytest.raises(TokenError):
        Tokens("shared", FakeClock()).verify(text)


@settings(deadline=None)
@given(st.data())
def test_a_token_with_any_character_changed_is_refused(data: st.DataObject) -> None:
    tokens = Tokens("shared", FakeClock())
    token = tokens.issue("c1", 60)
    # The last character of the signature carries bits that no byte has.
    place = data.draw(st.integers(min_value=0, max_value=len(token) - 2))
    other = data.draw(st.sampled_from("abcdefgXYZ012-_.").filter(lambda c: c != token[place]))
    with pytest.raises(TokenError):
        tokens.verify(token[:place] + other + token[place + 1 :])
