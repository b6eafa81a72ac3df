"""Whom a request claims to come from: token, query, header, form, Basic header, in this order."""

from base64 import b64encode, urlsafe_b64encode
from io import BytesIO
from typing import Any

import orjson
import pytest

from emulator.recording import caller
from emulator.recording.caller import claim
from emulator.tests.table import table

FORM = "application/x-www-form-urlencoded"


def encode(claims: bytes) -> str:
    return urlsafe_b64encode(claims).decode().rstrip("=")


def token(claims: Any) -> str:
    """Return a JWT whose signature nobody looks at."""
    return f"e30.{encode(orjson.dumps(claims))}.x"


def basic(text: bytes) -> str:
    return f"Basic {b64encode(text).decode()}"


def form(body: bytes, **others: str) -> dict[str, Any]:
    return {
        "CONTENT_TYPE": FORM,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        **others,
    }


EVERYWHERE = form(
    b"client_id=form",
    HTTP_AUTHORIZATION=f"Bearer {token({'sub': 'token'})}",
    QUERY_STRING="client_id=query",
    HTTP_X_DW_CLIENT_ID="header",
)


@table(
    ("without", "client"),
    [
        ((), "token"),
        (("HTTP_AUTHORIZATION",), "query"),
        (("HTTP_AUTHORIZATION", "QUERY_STRING"), "header"),
        (("HTTP_AUTHORIZATION", "QUERY_STRING", "HTTP_X_DW_CLIENT_ID"), "form"),
    ],
)
def test_the_first_place_with_an_id_counts(without: tuple[str, ...], client: str) -> None:
    told = {name: value for name, value in EVERYWHERE.items() if name not in without}
    assert claim({**told, "wsgi.input": BytesIO(b"client_id=form")}) == client


def test_a_form_counts_before_a_basic_header() -> None:
    assert claim(form(b"client_id=form", HTTP_AUTHORIZATION=basic(b"id:secret"))) == "form"
    assert claim(form(b"grant_type=x", HTTP_AUTHORIZATION=basic(b"id:secret"))) == "id"


def test_a_request_that_says_nothing_comes_from_nobody() -> None:
    assert claim({}) == ""


@table("scheme", ["Bearer ", "bearer ", "BEARER  "])
def test_the_scheme_of_a_token_is_read_in_any_case(scheme: str) -> None:
    assert claim({"HTTP_AUTHORIZATION": scheme + token({"sub": "a"})}) == "a"


@table("subject", ["a", "ab", "abc", "abcd", "ä€", "?>~\x7f"])
def test_a_subject_of_any_length_and_letters_is_read(subject: str) -> None:
    assert claim({"HTTP_AUTHORIZATION": f"Bearer {token({'sub': subject})}"}) == subject


@table(
    "authorization",
    [
        "",
        " ",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer x.y",
        "Bearer ..",
        "Bearer x.y.z",
        "Bearer x.é.z",
        "Bearer \xff.\xff.\xff",
        f"Bearer e30.{encode(b'{')}.x",
        f"Bearer e30.{encode(bytes([255, 254]))}.x",
        f"Bearer e30.{encode(b'[' * 2000)}.x",
        f"Bearer {token({'sub': 'a'})}.more",
        f"Bearer {token({})}",
        f"Bearer {token({'sub': 1})}",
        f"Bearer {token({'sub': None})}",
        f"Bearer {token({'sub': ['a']})}",
        f"Bearer {token(['sub'])}",
        f"Bearer {token('sub')}",
        f"Bearer {token(None)}",
        f"Token {token({'sub': 'a'})}",
        token({"sub": "a"}),
        "Basic",
        "Basic ",
        "Basic x",
        "Basic é",
        "Basic !!!!",
        basic(b"\xff\xfe:x"),
        basic(b":secret"),
        basic(b"id:secret").replace("Basic", "Basics"),
    ],
)
def test_credentials_that_cannot_be_read_are_nobodys(authorization: str) -> None:
    assert claim({"HTTP_AUTHORIZATION": authorization}) == ""


@table(
    ("credentials", "client"),
    [(b"id:secret", "id"), (b"id:a:b", "id"), (b"id:", "id"), ("ü:x".encode(), "ü")],
)
@pytest.mark.parametrize("scheme", ["Basic", "basic"])
def test_the_user_of_a_basic_header_is_read(credentials: bytes, client: str, scheme: str) -> None:
    header = basic(credentials).replace("Basic", scheme)
    assert claim({"HTTP_AUTHORIZATION": header}) == client


@table(
    ("query", "client"),
    [
        ("client_id=a", "a"),
        ("x=y&client_id=a%20b", "a b"),
        ("client_id=a&client_id=b", "a"),
        ("client_id=", ""),
        ("client_id", ""),
        ("x=client_id=a", ""),
        ("my_client_id=a", ""),
        ("client_id=%FF", "\ufffd"),
        ("", ""),
    ],
)
def test_the_query_is_read(query: str, client: str) -> None:
    assert claim({"QUERY_STRING": query}) == client


@table("kind", [FORM, f"{FORM}; charset=utf-8", FORM.upper(), f" {FORM} ;charset=utf-8"])
def test_a_form_is_read_and_stays_to_be_read(kind: str) -> None:
    environ = form(b"client_id=a&x=y") | {"CONTENT_TYPE": kind}
    assert claim(environ) == "a"
    assert environ["wsgi.input"].read() == b"client_id=a&x=y"


def test_form_of_many_parameters_names_nobody() -> None:
    assert claim(form(b"client_id=a" + b"&a" * 99)) == "a"
    assert claim(form(b"client_id=a" + b"&a" * 100)) == ""
    assert claim({"QUERY_STRING": "client_id=a" + "&a" * 100}) == ""


def test_long_header_is_read_but_not_cached() -> None:
    cache = caller._parse_bearer  # noqa: SLF001 - its cache is what is tested
    before = cache.cache_info().currsize
    for number in range(2):
        subject = f"{number}" * 3000
        assert claim({"HTTP_AUTHORIZATION": f"Bearer {token({'sub': subject})}"}) == subject
    assert cache.cache_info().currsize == before


def test_no_more_than_the_body_is_read() -> None:
    environ = form(b"client_id=a") | {"wsgi.input": BytesIO(b"client_id=aGET / HTTP/1.1")}
    assert claim(environ) == "a"


@pytest.mark.parametrize("claims", [{"sub": "a"}, {"sub": "a", "iss": "b"}])
def test_an_assertion_of_a_form_is_read(claims: dict[str, str]) -> None:
    assert claim(form(f"client_assertion={token(claims)}".encode())) == "a"


def test_an_id_of_a_form_counts_before_its_assertion() -> None:
    assert claim(form(f"client_assertion={token({'sub': 'a'})}&client_id=b".encode())) == "b"


@table("body", [b"", b"\xff\xfe", b"client_id=", b"client_assertion=x", b"&&=&"])
def test_a_form_without_an_id_is_nobodys(body: bytes) -> None:
    assert claim(form(body)) == ""


@table(
    "told",
    [
        {"CONTENT_TYPE": "application/json"},
        {"CONTENT_TYPE": "multipart/form-data"},
        {"CONTENT_TYPE": ""},
        {"CONTENT_LENGTH": ""},
        {"CONTENT_LENGTH": None},
        {"CONTENT_LENGTH": "-1"},
        {"CONTENT_LENGTH": "eleven"},
        {"CONTENT_LENGTH": "65537"},
    ],
)
def test_a_body_that_is_no_small_form_is_left_alone(told: dict[str, Any]) -> None:
    environ = form(b"client_id=a") | told
    assert claim(environ) == ""
    assert environ["wsgi.input"].tell() == 0


def test_a_form_of_64_kib_is_still_read() -> None:
    assert claim(form(b"client_id=a&x=".ljust(65536, b"y"))) == "a"


def test_a_form_without_a_length_is_left_alone() -> None:
    assert claim({"CONTENT_TYPE": FORM, "wsgi.input": BytesIO(b"client_id=a")}) == ""


def test_a_length_beyond_measure_is_no_form() -> None:
    form = "application/x-www-form-urlencoded"
    assert claim({"CONTENT_TYPE": form, "CONTENT_LENGTH": "9" * 5000}) == ""


def test_basic_credentials_without_a_colon_name_nobody() -> None:
    assert claim({"HTTP_AUTHORIZATION": f"Basic {b64encode(b'secret').decode()}"}) == ""


class Stream:
    """A stream that can only be read."""

    def __init__(self, data: bytes) -> None:
        self._data = BytesIO(data)

    def read(self, size: int) -> bytes:
        return self._data.read(size)


@table(
    ("environ", "client"),
    [
        (form(b"client_id=a") | {"CONTENT_LENGTH": 11}, "a"),
        (form(b"client_id=a") | {"CONTENT_TYPE": FORM.encode()}, "a"),
        (form(b"client_id=a") | {"wsgi.input": Stream(b"client_id=a")}, "a"),
        (form(b"client_id=a") | {"wsgi.input": None}, ""),
        ({"CONTENT_TYPE": FORM, "CONTENT_LENGTH": 9}, ""),
        ({"CONTENT_TYPE": None, "CONTENT_LENGTH": 0, "QUERY_STRING": None}, ""),
        ({"HTTP_AUTHORIZATION": None, "HTTP_X_DW_CLIENT_ID": 5}, "5"),
        ({"HTTP_AUTHORIZATION": b"Basic aWQ6c2VjcmV0"}, "id"),
    ],
)
def test_values_of_strange_servers_are_read(environ: dict[str, Any], client: str) -> None:
    assert claim(environ) == client
