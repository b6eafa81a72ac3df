"""The journal over HTTP: what was asked and answered is shown, counted and verified, no secrets."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.routing import Map, Rule
from werkzeug.test import Client, TestResponse

from emulator import Emulator
from emulator.family import Family
from emulator.recording.exchange import Body, Reply, begin
from emulator.tests.bound import bounded
from emulator.tests.table import table

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
JOURNAL = "/__emulator__/journal"
LISTS = "/s/-/dw/data/v23_2/inventory_lists"
TOKEN = "/dwsso/oauth2/access_token"
DEMO = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
SECRET = "hunter2hunter2"


@pytest.fixture
def busy(emulator: Emulator) -> Emulator:
    """An emulator that has had four requests."""
    ask(emulator, "GET", "/items?pageSize=1&x=a%20b")
    ask(emulator, "POST", "/items", json={"sku": "sku-1", "productVariant": {"variantId": "v"}})
    ask(emulator, "GET", f"{LISTS}/none", headers={**bearer(emulator), "X-Trace": "t-1"})
    ask(emulator, "POST", TOKEN, data={"grant_type": "client_credentials", "client_id": "me"})
    return emulator


def ask(
    emulator: Emulator, method: str, path: str, workspace: str = "default", **options: Any
) -> TestResponse:
    client = Client(emulator.app)
    headers = {"x-emulator-workspace": workspace, **options.pop("headers", {})}
    return client.open(path, method=method, environ_overrides=LOCAL, headers=headers, **options)


def bearer(emulator: Emulator) -> dict[str, str]:
    return {"Authorization": f"Bearer {emulator.token()}"}


def numbers(emulator: Emulator, query: str = "") -> list[int]:
    shown = ask(emulator, "GET", f"{JOURNAL}?{query}").json
    assert shown is not None
    return [exchange["number"] for exchange in shown["exchanges"]]


def verify(emulator: Emulator, **expected: Any) -> TestResponse:
    return ask(emulator, "POST", f"{JOURNAL}/verify", json=expected)


def only_exchange(emulator: Emulator) -> Any:
    shown = ask(emulator, "GET", JOURNAL).json
    assert shown is not None
    [exchange] = shown["exchanges"]
    return exchange


def test_it_is_empty_at_first(emulator: Emulator) -> None:
    assert ask(emulator, "GET", JOURNAL).json == {"count": 0, "last": 0, "exchanges": []}


def test_an_exchange_is_shown_with_all_that_is_known_of_it(emulator: Emulator) -> None:
    at = {"at": "2030-06-15T12:00:00Z"}
    ask(emulator, "POST", "/__emulator__/clock/freeze", json=at)
    ask(emulator, "DELETE", "//items/%6eone/?a=1&a=2&b=", headers={"X-DW-Client-Id": "me"})
    shown = only_exchange(emulator)
    assert 0 <= shown.pop("seconds") < 10
    headers = shown["answer"].pop("headers")
    assert headers["content-type"] == "application/problem+json"
    text = shown["answer"]["body"].pop("text")
    assert '"code":"NOT_FOUND"' in text
    assert shown == {
        "number": 1,
        "method": "DELETE",
        "path": "/items/none",
        "operation": "deleteItem",
        "client": "me",
        "status": 404,
        "fault": "NOT_FOUND",
        "failpoint": "",
        "stub": "",
        "upstream": "",
        "query": "a=1&a=2&b=",
        "parameters": {"a": "2", "b": ""},
        "family": "inventory_service",
        "at": "2030-06-15T12:00:00.000Z",
        "request": {
            "headers": {
                "host": "localhost",
                "x-emulator-workspace": "default",
                "x-dw-client-id": "me",
            },
            "body": {"size": 0, "truncated": False, "text": ""},
        },
        "answer": {"body": {"size": len(text), "truncated": False}},
    }


@table(
    ("query", "expected"),
    [
        ("", [1, 2, 3, 4]),
        ("family=inventory_service", [1, 2]),
        ("family=data", [3]),
        ("family=*e*", [1, 2, 4]),
        ("method=post", [2, 4]),
        ("method=GET&family=data", [3]),
        ("path=/items", [1, 2]),
        ("path=/**/inventory_lists/*", [3]),
        ("path=**", [1, 2, 3, 4]),
        ("path=/*", [1, 2]),
        ("operation=listItems", [1]),
        ("operation=*ByID", [3]),
        ("operation=requestToken", [4]),
        ("client=me", [4]),
        (f"client={DEMO}", [3]),
        ("client=", [1, 2]),
        ("header=X-Trace:t-*", [3]),
        ("header=x-trace:%20t-1", [3]),
        ("header=x-trace:t-1&header=host:localhost", [3]),
        ("header=x-trace:t-1&header=host:elsewhere", []),
        ("header=x-other:*", []),
        ("query=pageSize:1", [1]),
        ("query=x:a%20b", [1]),
        ("query=x:*", [1]),
        ("query=X:*", []),
        ("status=200", [1]),
        ("status=4xx", [2, 3, 4]),
        ("status=4XX", [2, 3, 4]),
        ("status=0", []),
        ("fault=DUPLICATE", [2]),
        ("fault=InventoryListNotFound", [3]),
        ("fault=InventoryListNotFoundException", [3]),
        ("fault=*", [1, 2, 3, 4]),
        ("fault=*Found*", [3]),
        ("fault=", [1]),
        ("failpoint=", [1, 2, 3, 4]),
        ("failpoint=1", []),
        ("body=variantId", [2]),
        ("body=grant_type=client", [4]),
        ("method=GET&method=POST", [2, 4]),
    ],
)
def test_a_filter_leaves_the_exchanges_that_are_meant(
    busy: Emulator, query: str, expected: list[int]
) -> None:
    assert numbers(busy, query) == expected
    counted = ask(busy, "GET", f"{JOURNAL}/count?{query}").json
    assert counted == {"count": len(expected)}
    archive = ask(busy, "GET", f"{JOURNAL}/har?{query}").json
    assert archive is not None
    assert len(archive["log"]["entries"]) == len(expected)


def test_a_failpoint_that_was_met_can_be_asked_for(emulator: Emulator) -> None:
    failpoint = {"match": {"method": "GET"}, "action": {"status": 503}}
    ask(emulator, "POST", "/__emulator__/failpoints", json=failpoint)
    for method in ("POST", "GET"):
        ask(emulator, method, "/items")
    assert numbers(emulator, "failpoint=1") == [2]
    assert numbers(emulator, "failpoint=*") == [1, 2]


@table(
    ("query", "pointer"),
    [
        ("colour=red", "/colour"),
        ("status=600", "/status"),
        ("status=abc", "/status"),
        ("status=", "/status"),
        ("path=items", "/path"),
        ("path=", "/path"),
    ],
)
@table("part", ["", "/count", "/har"])
def test_a_filter_that_means_nothing_is_refused(
    busy: Emulator, part: str, query: str, pointer: str
) -> None:
    response = ask(busy, "GET", f"{JOURNAL}{part}?{query}")
    assert (response.status_code, response.content_type) == (400, "application/problem+json")
    assert response.json is not None
    assert [error["pointer"] for error in response.json["errors"]] == [pointer]


@table(
    ("query", "detail"),
    [
        ("header=accept", "Write header as header=name:value, not 'accept'."),
        ("header=", "Write header as header=name:value, not ''."),
        ("header=x-trace:t-1&header=b", "Write header as header=name:value, not 'b'."),
        ("query=page%20Size", "Write query as query=name:value, not 'page Size'."),
    ],
)
@table("part", ["", "/count", "/har"])
def test_a_pair_without_a_colon_is_refused(
    busy: Emulator, part: str, query: str, detail: str
) -> None:
    response = ask(busy, "GET", f"{JOURNAL}{part}?{query}")
    assert (response.status_code, response.content_type) == (400, "application/problem+json")
    assert response.json == {"title": "Bad Request", "status": 400, "detail": detail}


@table(
    ("limit", "expected"),
    [("2", [3, 4]), ("1", [4]), ("9", [1, 2, 3, 4]), ("0", [])],
)
def test_the_latest_are_shown_up_to_a_limit_and_all_counted(
    busy: Emulator, limit: str, expected: list[int]
) -> None:
    assert numbers(busy, f"limit={limit}") == expected
    told = ask(busy, "GET", f"{JOURNAL}?limit={limit}").json
    assert told is not None
    assert told["count"] == 4


def test_a_hundred_are_shown_unless_more_are_asked_for(emulator: Emulator) -> None:
    for _ in range(101):
        ask(emulator, "GET", "/items")
    assert numbers(emulator) == list(range(2, 102))
    assert len(numbers(emulator, "limit=1000")) == 101


@table("limit", ["", "all", "1.5", "-1", "9" * 10])
def test_a_limit_that_is_no_number_is_refused(emulator: Emulator, limit: str) -> None:
    response = ask(emulator, "GET", f"{JOURNAL}?limit={limit}")
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["detail"] == "limit must be a whole number from 0."


@table(
    ("query", "expected"),
    [("after=2", [3, 4]), ("after=4", []), ("after=0", [1, 2, 3, 4]), ("after=1&limit=1", [4])],
)
def test_exchanges_after_another_are_shown(busy: Emulator, query: str, expected: list[int]) -> None:
    assert numbers(busy, query) == expected


def test_exchanges_after_another_meet_the_conditions(emulator: Emulator) -> None:
    for path in ("/items", "/none", "/items"):
        ask(emulator, "GET", path)
    assert numbers(emulator, "after=1&path=/items") == [3]


def test_all_exchanges_are_after_another_once_the_journal_is_empty(busy: Emulator) -> None:
    ask(busy, "DELETE", JOURNAL)
    assert numbers(busy, "after=4") == []
    ask(busy, "GET", "/items")
    assert numbers(busy, "after=4") == [1]


def test_a_hundred_errors_of_a_body_are_told_at_most(emulator: Emulator) -> None:
    match = {f"condition-{number}": 1 for number in range(1000)}
    response = ask(emulator, "POST", f"{JOURNAL}/verify", json={"match": match})
    assert response.status_code == 400
    assert response.json is not None
    assert len(response.json["errors"]) == 100
    response = ask(emulator, "POST", f"{JOURNAL}/verify", json={"match": {**match, "a": 1}})
    assert response.json is not None
    assert response.json["detail"] == "/match: Has more than 1000 members."


def test_the_last_number_is_that_of_any_exchange(busy: Emulator) -> None:
    for query in ("path=/none", "limit=0", "after=4"):
        shown = ask(busy, "GET", f"{JOURNAL}?{query}").json
        assert shown is not None
        assert (shown["last"], shown["exchanges"]) == (4, [])


def test_count_takes_no_limit(emulator: Emulator) -> None:
    assert ask(emulator, "GET", f"{JOURNAL}/count?limit=1").status_code == 400


def test_it_keeps_as_many_as_it_is_told_to() -> None:
    emulator = Emulator(fixtures="samples", journal=2)
    for _ in range(3):
        ask(emulator, "GET", "/items")
    assert numbers(emulator) == [2, 3]


def test_a_journal_of_none_keeps_nothing() -> None:
    emulator = Emulator(fixtures="samples", journal=0)
    assert ask(emulator, "GET", "/items").status_code == 200
    assert numbers(emulator) == []


def test_of_a_body_the_beginning_is_kept() -> None:
    emulator = Emulator(fixtures="samples", journal_body=5)
    ask(emulator, "POST", "/items", data=b"123\xc3\xbc\xc3\xbc", content_type="application/json")
    ask(emulator, "POST", "/items", data=b"1234\xc3\xbc", content_type="application/json")
    ask(emulator, "POST", "/items", data=b"\xff", content_type="application/json")
    shown = ask(emulator, "GET", JOURNAL).json
    assert shown is not None
    assert [exchange["request"]["body"] for exchange in shown["exchanges"]] == [
        {"size": 7, "truncated": True, "text": "123\xfc"},
        {"size": 6, "truncated": True, "text": "1234"},
        {"size": 1, "truncated": False, "base64": "/w=="},
    ]


def test_a_cleared_journal_counts_from_one(busy: Emulator) -> None:
    response = ask(busy, "DELETE", JOURNAL)
    assert (response.status_code, response.data) == (204, b"")
    assert numbers(busy) == []
    ask(busy, "GET", "/items")
    assert numbers(busy) == [1]


def test_the_control_plane_is_not_recorded(emulator: Emulator) -> None:
    ask(emulator, "GET", "/__emulator__/health")
    ask(emulator, "GET", "/__emulator__/nothing")
    assert numbers(emulator) == []


def test_a_path_that_nothing_is_at_is_recorded(emulator: Emulator) -> None:
    ask(emulator, "BREW", "/nowhere")
    shown = only_exchange(emulator)
    assert (shown["method"], shown["operation"], shown["status"]) == ("BREW", "", 404)


def test_journals_belong_to_their_workspaces(busy: Emulator) -> None:
    ask(busy, "GET", "/items", "ci-7")
    assert numbers(busy) == [1, 2, 3, 4]
    assert ask(busy, "GET", f"{JOURNAL}/count", "ci-7").json == {"count": 1}


@table(
    ("expected", "count"),
    [
        ({}, 4),
        ({"match": {"path": "/items"}}, 2),
        ({"match": {"path": "/items"}, "times": 2}, 2),
        ({"match": {"path": "/items"}, "at_least": 2}, 2),
        ({"match": {"path": "/items"}, "at_most": 2}, 2),
        ({"match": {"path": "/items"}, "at_least": 1, "at_most": 3}, 2),
        ({"match": {"path": "/none"}, "times": 0}, 0),
        ({"match": {"path": "/none"}, "at_most": 0}, 0),
        ({"match": {"path": "/none"}, "at_least": 0}, 0),
        ({"match": {"body": {"productVariant": {"variantId": "v"}}}}, 1),
        ({"match": {"body": "variantId"}}, 1),
        ({"match": {"status": 404}}, 1),
        ({"match": {"status": "4xx", "header": {"X-TRACE": "t-1"}, "query": {}}}, 1),
    ],
)
def test_what_is_as_expected_is_told_so(
    busy: Emulator, expected: dict[str, Any], count: int
) -> None:
    response = verify(busy, **expected)
    assert (response.status_code, response.json) == (200, {"status": "ok", "count": count})


@table(
    ("bounds", "detail", "near"),
    [
        ({"times": 3}, "2 of 4 exchanges match; expected exactly 3.", 2),
        ({"times": 1}, "2 of 4 exchanges match; expected exactly 1.", 0),
        ({"at_least": 3}, "2 of 4 exchanges match; expected at least 3.", 2),
        ({"at_most": 1}, "2 of 4 exchanges match; expected from 0 to 1.", 0),
        ({"at_least": 3, "at_most": 5}, "2 of 4 exchanges match; expected from 3 to 5.", 2),
        ({"at_least": 3, "at_most": 3}, "2 of 4 exchanges match; expected exactly 3.", 2),
    ],
)
def test_what_is_not_as_expected_is_a_conflict(
    busy: Emulator, bounds: dict[str, int], detail: str, near: int
) -> None:
    response = verify(busy, match={"path": "/items"}, **bounds)
    assert (response.status_code, response.content_type) == (409, "application/problem+json")
    told = response.json
    assert told is not None
    assert (told["title"], told["status"], told["detail"]) == ("Conflict", 409, detail)
    assert (told["count"], len(told["nearest"])) == (2, near)


def test_the_nearest_misses_come_first_with_what_is_wrong_of_them(busy: Emulator) -> None:
    match = {"method": "GET", "path": "/items", "query": {"pageSize": "2"}}
    told = verify(busy, match=match).json
    assert told is not None
    assert told["detail"] == "0 of 4 exchanges match; expected at least 1."
    assert [near["number"] for near in told["nearest"]] == [1, 3, 2]
    first = told["nearest"][0]
    assert first == {
        "number": 1,
        "method": "GET",
        "path": "/items",
        "query": "pageSize=1&x=a%20b",
        "operation": "listItems",
        "client": "",
        "status": 200,
        "fault": "",
        "mismatches": {"query.pageSize": {"expected": "2", "actual": "1"}},
    }
    assert told["nearest"][2]["mismatches"] == {
        "method": {"expected": "GET", "actual": "POST"},
        "query.pageSize": {"expected": "2", "actual": None},
    }


@table(
    ("expected", "pointer"),
    [
        ({"times": 1, "at_least": 1}, "/times"),
        ({"times": 1, "at_most": 0}, "/times"),
        ({"times": -1}, "/times"),
        ({"times": "1"}, "/times"),
        ({"at_least": 1.5}, "/at_least"),
        ({"at_most": True}, "/at_most"),
        ({"match": None}, "/match"),
        ({"match": {"colour": 1}}, "/match/colour"),
        ({"match": {"status": True}}, "/match/status"),
        ({"match": {"path": 3}}, "/match/path"),
        ({"count": 1}, "/count"),
        ({"at_least": 2, "at_most": 1}, "/at_most"),
        ({"at_least": 1, "at_most": 0}, "/at_most"),
    ],
)
def test_an_expectation_that_means_nothing_is_refused(
    busy: Emulator, expected: dict[str, Any], pointer: str
) -> None:
    response = verify(busy, **expected)
    assert response.status_code == 400
    assert response.json is not None
    places = [error["pointer"] for error in response.json["errors"]]
    assert places == [pointer]


def test_a_bearer_token_is_shown_nowhere(emulator: Emulator) -> None:
    token = emulator.token()
    path = f"{LISTS}?access_token={token}&note={token}"
    ask(emulator, "GET", path, headers={"Authorization": f"Bearer {token}", "X-Copy": token})
    ask(emulator, "GET", LISTS, headers={"Authorization": f"Bearer {token}x"})
    shown = ask(emulator, "GET", JOURNAL)
    assert token.encode() not in shown.data
    assert token.encode() not in ask(emulator, "GET", f"{JOURNAL}/har").data
    assert shown.json is not None
    first, second = shown.json["exchanges"]
    assert first["request"]["headers"]["authorization"] == "Bearer ***"
    assert first["parameters"] == {"access_token": "***", "note": "***"}
    assert second["status"] == 401
    assert '"accessToken":"***"' in second["answer"]["body"]["text"]


def test_a_client_secret_is_shown_nowhere(emulator: Emulator) -> None:
    form = {"grant_type": "client_credentials", "client_id": "me", "client_secret": SECRET}
    ask(emulator, "POST", f"{TOKEN}?client_secret={SECRET}", data=form)
    credentials = b64encode(f"me:{SECRET}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Cookie": f"dwsid={SECRET}"}
    ask(emulator, "POST", TOKEN, data={"password": SECRET}, headers=headers)
    text = b"".join(ask(emulator, "GET", f"{JOURNAL}{part}").data for part in ("", "/har"))
    assert SECRET.encode() not in text
    assert credentials.encode() not in text
    assert text.count(b"Basic ***") == 2


def test_an_assertion_is_shown_nowhere(emulator: Emulator) -> None:
    form = {"client_assertion": f"eyJh.{SECRET}.x", "client_assertion_type": "jwt"}
    ask(emulator, "POST", TOKEN, data=form)
    text = b"".join(ask(emulator, "GET", f"{JOURNAL}{part}").data for part in ("", "/har"))
    assert SECRET.encode() not in text
    assert b"client_assertion=***&client_assertion_type=jwt" in text


CALLBACK = "http://localhost:9/back"
AUTHORIZE = "/dwsso/oauth2/authorize"


def test_an_authorization_code_is_shown_nowhere(emulator: Emulator) -> None:
    """Real codes are opaque, so only the place of a code tells that it is one."""
    ask(emulator, "POST", "/__emulator__/failpoints", json=FAILPOINT_OF_A_CODE)
    form = {"grant_type": "authorization_code", "code": SECRET, "redirect_uri": CALLBACK}
    for path in (TOKEN, "/dw/oauth2/access_token"):
        ask(emulator, "POST", f"{path}?code={SECRET}&state=kept&api_key=x", data=form)
        ask(emulator, "POST", path, json={"code": SECRET})
    ask(emulator, "GET", f"{AUTHORIZE}?code={SECRET}", headers={"Referer": f"/?code={SECRET}"})
    text = b"".join(ask(emulator, "GET", f"{JOURNAL}{part}").data for part in ("", "/har"))
    assert SECRET.encode() not in text
    assert b"grant_type=authorization_code&code=***&redirect_uri=" in text
    assert b"code=***&state=kept&api_key=***" in text


FAILPOINT_OF_A_CODE = {
    "match": {"family": "token", "query": {"code": "*"}},
    "action": {"status": 302, "headers": {"Location": f"{CALLBACK}?code={SECRET}&state=kept"}},
    "times": 1,
}


def test_a_redirect_with_a_code_is_shown_without_the_code(emulator: Emulator) -> None:
    asked = f"response_type=code&client_id={DEMO}&redirect_uri={CALLBACK}&state=kept"
    location = ask(emulator, "GET", f"{AUTHORIZE}?{asked}").headers.get("Location", "")
    shown = only_exchange(emulator)["answer"]["headers"]["location"]
    assert location.startswith(f"{CALLBACK}?code=eyJ")
    assert shown == f"{CALLBACK}?code=***&state=kept"


def test_codes_of_other_apis_are_shown(emulator: Emulator) -> None:
    ask(emulator, "GET", f"{LISTS}?code=SUMMER", headers=bearer(emulator))
    ask(emulator, "PUT", f"{LISTS}/a", json={"code": "SUMMER"}, headers=bearer(emulator))
    text = b"".join(ask(emulator, "GET", f"{JOURNAL}{part}").data for part in ("", "/har"))
    assert b"***" not in text.replace(b"Bearer ***", b"")
    assert text.count(b"SUMMER") >= 4


def test_a_payment_card_is_shown_nowhere(emulator: Emulator) -> None:
    card = {"card_type": "Visa", "number": "4111111111111111", "security_code": "737"}
    document = {"payment_card": card, "card_number": "4111111111111111", "cvv": 737, "number": "7"}
    ask(emulator, "PUT", f"{LISTS}/a", json=document, headers=bearer(emulator))
    shown = orjson.loads(only_exchange(emulator)["request"]["body"]["text"])
    assert shown == {
        "payment_card": {"card_type": "Visa", "number": "***", "security_code": "***"},
        "card_number": "***",
        "cvv": "***",
        "number": "7",
    }


NUMBER = "4111111111111111"
CARDS = orjson.dumps({"cards": [{"number": NUMBER}, NUMBER], "card_numbers": [NUMBER]}).decode()
PART = "x-dw-http-method: PUT\r\nx-dw-resource-path: /dw/data/v23_2/inventory_lists/a"


@pytest.mark.parametrize(
    ("path", "media_type", "body"),
    [
        (f"{LISTS}/a", "application/json", CARDS),
        (f"{LISTS}/a", "application/xml", f"<cards><card><number>{NUMBER}</number></card></cards>"),
        (f"{LISTS}/a?cards[0][number]={NUMBER}&cards={CARDS}", "", ""),
        (TOKEN, "application/x-www-form-urlencoded", f"cards[0][number]={NUMBER}&card={NUMBER}"),
        ("/s/-/dw/batch", "multipart/mixed; boundary=b", f"--b\r\n{PART}\r\n\r\n{CARDS}\r\n--b--"),
        ("/s/-/dw/shop/v23_2/baskets/1", "application/json", CARDS),
    ],
)
def test_cards_in_arrays_are_shown_nowhere(
    emulator: Emulator, path: str, media_type: str, body: str
) -> None:
    answer = {"body": orjson.loads(CARDS)}
    stub = {"method": "POST", "path": "/s/{site}/dw/shop/**", "answer": answer}
    assert ask(emulator, "POST", "/__emulator__/stubs", json=stub).status_code == 201
    ask(emulator, "POST", path, data=body, content_type=media_type, headers=bearer(emulator))
    text = b"".join(ask(emulator, "GET", f"{JOURNAL}{part}").data for part in ("", "/har"))
    assert b"***" in text.replace(b"Bearer ***", b"")
    assert NUMBER.encode() not in text


def test_an_opaque_code_of_another_server_is_shown_nowhere(emulator: Emulator) -> None:
    """The code of another server passes through a stub, a redirect, and the target of it."""
    location = f"http://localhost/back?code={SECRET}"
    answer = {"status": 303, "headers": {"Location": location}}
    stub = {"method": "GET", "path": "/shopper/authorize", "answer": answer}
    assert ask(emulator, "POST", "/__emulator__/stubs", json=stub).status_code == 201
    answered = ask(emulator, "GET", "/shopper/authorize")
    assert answered.headers["Location"] == location
    ask(emulator, "GET", f"/back?code={SECRET}&state=kept")
    form = {"grant_type": "authorization_code", "code": SECRET}
    ask(emulator, "POST", "/shopper/token", data=form, headers={"Referer": f"{location}&state=x"})
    text = b"".join(ask(emulator, "GET", f"{JOURNAL}{part}").data for part in ("", "/har"))
    assert SECRET.encode() not in text
    assert b"http://localhost/back?code=***" in text
    assert b"code=***&state=kept" in text


def test_a_token_that_was_granted_is_shown_nowhere(emulator: Emulator) -> None:
    form = {"grant_type": "client_credentials", "client_id": DEMO, "client_secret": DEMO}
    granted = ask(emulator, "POST", TOKEN, data=form).json
    assert granted is not None
    shown = only_exchange(emulator)
    assert shown["status"] == 200
    assert shown["answer"]["body"]["text"].startswith('{"access_token":"***","scope":"mail"')
    assert granted["access_token"] not in str(shown)


def test_a_secret_is_matched_by_nothing(emulator: Emulator) -> None:
    ask(emulator, "POST", f"{TOKEN}?client_secret={SECRET}", data={"client_secret": SECRET})
    assert numbers(emulator, f"query=client_secret:{SECRET}") == []
    assert numbers(emulator, f"body={SECRET}") == []
    near = verify(emulator, match={"query": {"client_secret": "x"}}).json
    assert near is not None
    assert near["nearest"][0]["mismatches"] == {
        "query.client_secret": {"expected": "x", "actual": "***"}
    }


DEEP = b'{"password":"s3cret","a":' + b"[" * 260 + b"]" * 260 + b"}"
ENDPOINTS = (JOURNAL, f"{JOURNAL}/har", "/__emulator__/settings/from-journal")
FAMILY = Family(
    "data",
    lambda _, __: [],
    Map([Rule("/<path:path>", endpoint="all")]),
    {("all", "PATCH"): "patchAll"},
)


def test_a_deep_body_spoils_no_list(emulator: Emulator) -> None:
    headers = {"x-dw-client-id": "me", "Content-Type": "application/json"}
    ask(emulator, "PATCH", f"{LISTS}/one", data=DEEP, headers=headers)
    ask(emulator, "POST", "/items", data=b"[" * 9000 + b'{"api_key":"s3cret')
    for path in ENDPOINTS:
        answer = ask(emulator, "GET", path)
        assert answer.status_code == 200
        assert b"s3cret" not in answer.data
    response = verify(emulator, match={"body": {"a": 1}})
    assert response.status_code == 409
    assert b"[[[[" in response.data


@pytest.mark.parametrize(
    "body",
    [DEEP, b'{"match":{"body":' + b'{"a":' * 300 + b"1" + b"}" * 302],
    ids=["no expectation", "deep"],
)
def test_a_deep_expectation_is_refused(busy: Emulator, body: bytes) -> None:
    answer = ask(busy, "POST", f"{JOURNAL}/verify", data=body)
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")


@table("path", ["settings", "failpoints", "state", "clock/freeze"])
def test_no_document_is_deeper_than_an_answer(emulator: Emulator, path: str) -> None:
    method = "PUT" if path == "state" else "POST"
    answer = ask(emulator, method, f"/__emulator__/{path}", data=DEEP)
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["detail"].startswith("The body is nested too deeply: ")


LATIN = st.text(st.characters(max_codepoint=255), max_size=40)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(lambda text: text.encode(errors="replace")),
    st.integers(1, 3000).map(lambda depth: b'{"a":' * depth),
    LATIN.map(lambda name: orjson.dumps({name: 1, "token": name})),
    st.integers(1, 3000).map(lambda levels: orjson.dumps({".".join("a" * levels): 1})),
)
SIZES = st.sampled_from([0, 3, 100, 16_384])  # bytes of a body that are kept


@example("", "sites/a", "", "", orjson.dumps({".".join("a" * 3000): 1}), 16_384)
@given(method=LATIN, path=LATIN, query=LATIN, header=LATIN, body=BODIES, size=SIZES)
def test_no_exchange_spoils_a_list(  # noqa: PLR0913, PLR0917 - what makes up an exchange
    method: str, path: str, query: str, header: str, body: bytes, size: int
) -> None:
    environ = {"PATH_INFO": f"/s/-/dw/data/v23_2/{path}", "QUERY_STRING": query}
    environ |= {"REQUEST_METHOD": method[9:] or "PATCH", f"HTTP_X{header}": header}
    environ |= {"HTTP_AUTHORIZATION": header, "HTTP_X_DW_CLIENT_ID": "me", "CONTENT_TYPE": header}
    exchange = begin(environ, FAMILY, lambda: datetime(9999, 12, 31, tzinfo=UTC))
    exchange.answered(Reply("500 Any", [(header, header)], []), 0)
    exchange.request_body = exchange.reply_body = Body.of(body, size)
    LISTENING.workspace.journal.clear()
    LISTENING.workspace.journal.add(exchange)
    for endpoint in (*ENDPOINTS, "/__emulator__/workspaces"):
        assert ask(LISTENING, "GET", endpoint).status_code == 200
    assert verify(LISTENING, match={"body": [], "status": 200}).status_code == 409


LISTENING = Emulator(fixtures="samples")


def test_the_nearest_misses_of_a_full_journal_are_found_in_bounded_time() -> None:
    emulator = Emulator(fixtures="samples")
    body = Body.of(orjson.dumps([{"id": f"a{n}", "token": "x"} for n in range(60)]), 16_384)
    paths = ["/a" * 100, "/" + "a" * 2000]
    for number in range(2000):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": paths[number % 2]}
        environ |= {"QUERY_STRING": "a=b&token=c" * 20}
        exchange = begin(environ, FAMILY, lambda: datetime(2026, 1, 1, tzinfo=UTC))
        exchange.request_body = exchange.reply_body = body
        emulator.workspace.journal.add(exchange)
    match = {
        "path": "/**" + "/*a" * 14 + "/**" + "/a" * 14 + "/b",
        "operation": "*a" * 500,
        "header": {f"x-{number}": "*a" * 500 for number in range(64)},
        "query": {"a": "*b" * 500},
        "body": [{"id": "a0"}],
    }
    with bounded():
        assert verify(emulator, match=match).status_code == 409


@table(
    ("match", "pointer"),
    [
        ({"path": "/" + "a" * 1024}, "/match/path"),
        ({"path": "/**" * 33}, "/match/path"),
        ({"client": "a" * 1025}, "/match/client"),
        ({"query": {"a": "a" * 1025}}, "/match/query/a"),
        ({"header": {f"x-{number}": "a" for number in range(65)}}, "/match/header"),
        ({"body": [[[]]] * 9 + [orjson.loads("[" * 80 + "]" * 80)]}, "/match/body"),
    ],
)
def test_large_conditions_are_refused(busy: Emulator, match: Any, pointer: str) -> None:
    response = verify(busy, match=match)
    assert response.status_code == 400
    assert response.json is not None
    assert [error["pointer"] for error in response.json["errors"]] == [pointer]
