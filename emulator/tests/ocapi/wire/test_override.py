"""Method override: which POST stands for which method, and what is left of its form."""

from http.client import HTTPConnection
from typing import Any

import pytest
from werkzeug.test import create_environ
from werkzeug.wrappers import Request

from emulator import Emulator
from emulator.ocapi.wire.override import REFUSED, apply
from emulator.tests.bound import bounded
from emulator.tests.table import table

FIVE_MB = 5 * 1024 * 1024
FORM = "application/x-www-form-urlencoded"
HEADER = "x-dw-http-method-override"
LISTS = "/s/-/dw/data/v23_2/inventory_lists"


def arrive(method: str = "POST", **options: Any) -> Request:
    """Return the request as it is once its method was overridden."""
    environ = create_environ(method=method, **options)
    apply(environ)
    return Request(environ)


def by_query(method: str) -> dict[str, Any]:
    return {"query_string": {"method": method}}


def by_form(method: str) -> dict[str, Any]:
    return {"data": f"method={method}".encode(), "content_type": FORM}


def by_header(method: str) -> dict[str, Any]:
    return {"headers": {HEADER: method}}


WAYS = pytest.mark.parametrize("way", [by_query, by_form, by_header])


@WAYS
@table("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_a_post_gets_the_method_it_asks_for(way: Any, method: str) -> None:
    request = arrive(**way(method))
    assert request.method == method
    assert REFUSED not in request.environ


@WAYS
@table("method", ["GET", "POST", "TRACE", "patch", "PATCH,PUT", "x", ""])
def test_what_is_no_method_to_ask_for_is_left_to_be_refused(way: Any, method: str) -> None:
    request = arrive(**way(method))
    assert request.method == "POST"
    assert request.environ[REFUSED] == method


@WAYS
@table("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_a_post_is_overridden(way: Any, method: str) -> None:
    request = arrive(method, **way("TRACE"))
    assert request.method == method
    assert REFUSED not in request.environ


def test_a_post_that_asks_for_nothing_stays_one() -> None:
    request = arrive(query_string="methods=PUT", data=b"{}", content_type="application/json")
    assert (request.method, request.get_data()) == ("POST", b"{}")
    assert REFUSED not in request.environ


@pytest.mark.parametrize(
    ("options", "method"),
    [
        (by_query("PUT") | by_form("PATCH") | by_header("DELETE"), "PUT"),
        (by_query("PUT") | by_header("DELETE"), "PUT"),
        (by_form("PATCH") | by_header("DELETE"), "PATCH"),
        ({"query_string": "method=HEAD&method=PUT"}, "HEAD"),
        ({"query_string": "a=b&method=PUT&c"}, "PUT"),
    ],
    ids=["all three", "query and header", "form and header", "query twice", "within a query"],
)
def test_the_query_comes_first_then_the_form_then_the_header(
    options: dict[str, Any], method: str
) -> None:
    assert arrive(**options).method == method


@pytest.mark.parametrize(
    "options",
    [by_query("GET") | by_header("PUT"), by_form("GET") | by_header("PUT")],
    ids=["query", "form"],
)
def test_what_comes_first_is_refused_though_the_next_would_do(options: dict[str, Any]) -> None:
    request = arrive(**options)
    assert (request.method, request.environ[REFUSED]) == ("POST", "GET")


@table(
    "content_type",
    [FORM, f"{FORM};charset=UTF-8", f"{FORM}; charset=UTF-8", "Application/X-WWW-Form-URLEncoded"],
)
def test_a_form_that_was_taken_leaves_no_body(content_type: str) -> None:
    data = b"x=%zz&method=DELETE&y=\xff"
    request = arrive(data=data, content_type=content_type)
    assert request.method == "DELETE"
    assert (request.get_data(), request.content_length, request.content_type) == (b"", 0, "")


def test_a_form_without_a_method_is_left_whole_and_the_header_counts() -> None:
    request = arrive(data=b"a=b", content_type=FORM, headers={HEADER: "PATCH"})
    assert (request.method, request.content_type) == ("PATCH", FORM)
    assert (request.get_data(), request.content_length) == (b"a=b", 3)


def test_a_form_is_left_whole_where_the_query_decides() -> None:
    request = arrive(**(by_query("PUT") | by_form("PATCH")))
    assert (request.method, request.get_data()) == ("PUT", b"method=PATCH")


def test_a_name_in_a_form_may_be_encoded_and_a_refused_method_is_cut() -> None:
    request = arrive(data=b"m%65thod=P%41TCH", content_type=FORM)
    assert request.method == "PATCH"
    request = arrive(data=b"method=" + b"%C3%A4" * 200, content_type=FORM)
    assert request.environ[REFUSED] == "\u00e4" * 50


def form_of(length: int) -> dict[str, Any]:
    return {"data": b"method=PATCH&a=".ljust(length, b"x"), "content_type": FORM}


@table(("length", "too_large"), [(100, False), (FIVE_MB, False), (FIVE_MB + 1, True)])
def test_a_form_over_5_mb_makes_the_request_too_large(length: int, *, too_large: bool) -> None:
    request = arrive(**form_of(length))
    assert request.method == "PATCH"
    assert bool(request.environ.get("emulator.body_too_large")) is too_large


def test_what_the_server_did_not_read_stays_too_large() -> None:
    known = {"emulator.body_too_large": True}
    request = arrive(**form_of(100), environ_overrides=known)
    assert (request.method, request.environ["emulator.body_too_large"]) == ("PATCH", True)


@table("content_type", ["application/json", "text/plain", None])
def test_a_body_that_is_no_form_is_not_searched(content_type: str | None) -> None:
    request = arrive(data=b"method=PUT", content_type=content_type)
    assert (request.method, request.get_data()) == ("POST", b"method=PUT")


@table(
    ("path", "status"),
    [(LISTS, 400), (f"{LISTS}/x?client_id=c", 401), ("/dw/data/v1_0/x", 404)],
)
def test_an_answer_to_an_overriding_head_ends_where_it_says(path: str, status: int) -> None:
    # The client sent a POST: it reads as many bytes as the answer announces.
    with Emulator() as emulator:
        connection = HTTPConnection(emulator.url.removeprefix("http://"), timeout=10)
        connection.request("POST", path, headers={HEADER: "HEAD"})
        response = connection.getresponse()
        assert (response.status, response.read()) == (status, b"")
        connection.close()


@pytest.mark.parametrize(("others", "method"), [(99, "PATCH"), (100, "POST")])
def test_override_is_found_among_100_parameters(others: int, method: str) -> None:
    text = "&".join(["a"] * others + ["method=PATCH"])
    assert arrive(query_string=text).method == method
    assert arrive(data=text, content_type=FORM).method == method


@table("body", [b"a&" * 2_500_000, b"\xff" * 5_000_000, b"a=+" * 1_600_000])
def test_form_of_5_mb_is_searched_within_a_second(body: bytes) -> None:
    with bounded():
        assert arrive(data=body, content_type=FORM).method == "POST"
