"""The clock over HTTP: it is stopped, set, moved and given back, and everything goes by it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from emulator import Emulator
from emulator.tests.table import table

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
CLOCK = "/__emulator__/clock"
NOON = "2030-06-15T12:00:00Z"
LIST = "/s/-/dw/data/v23_2/inventory_lists/my-inventorylist1"
ITEM = {"sku": "new", "productVariant": {"variantId": "new"}}


def ask(emulator: Emulator, method: str, path: str, **options: Any) -> TestResponse:
    client = Client(emulator.app)
    return client.open(path, method=method, environ_overrides=LOCAL, **options)


def move(emulator: Emulator, how: str, **body: Any) -> Any:
    response = ask(emulator, "POST", f"{CLOCK}/{how}", json=body)
    assert response.status_code == 200
    return response.json


def show(emulator: Emulator, workspace: str = "default") -> Any:
    return ask(emulator, "GET", CLOCK, headers={"x-emulator-workspace": workspace}).json


def is_near(told: str, expected: datetime) -> bool:
    return abs(datetime.fromisoformat(told) - expected) < timedelta(minutes=1)


def bearer(emulator: Emulator) -> dict[str, str]:
    return {"Authorization": f"Bearer {emulator.token()}"}


def test_it_shows_the_real_time_and_that_it_runs(emulator: Emulator) -> None:
    told = show(emulator)
    assert told.keys() == {"now", "frozen"}
    assert told["frozen"] is False
    assert is_near(told["now"], datetime.now(UTC))


def test_frozen_at_an_instant_it_stands_there(emulator: Emulator) -> None:
    expected = {"now": "2030-06-15T12:00:00.000Z", "frozen": True}
    assert move(emulator, "freeze", at=NOON) == expected
    assert show(emulator) == expected


@pytest.mark.parametrize("data", [b"", b"{}", b"null"], ids=["no body", "empty", "null"])
def test_frozen_without_an_instant_it_stands_where_it_was(emulator: Emulator, data: bytes) -> None:
    move(emulator, "set", at=NOON)
    frozen = ask(emulator, "POST", f"{CLOCK}/freeze", data=data).json
    assert frozen is not None
    assert frozen["frozen"] is True
    assert frozen["now"].startswith("2030-06-15T12:00:0")
    assert show(emulator) == frozen


def test_set_it_goes_on_from_the_instant(emulator: Emulator) -> None:
    move(emulator, "freeze")
    told = move(emulator, "set", at=NOON)
    assert told["frozen"] is False
    assert is_near(told["now"], datetime(2030, 6, 15, 12, tzinfo=UTC))


@table(
    ("at", "now"),
    [
        ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00.000Z"),
        ("2026-01-31T12:00:00", "2026-01-31T12:00:00.000Z"),
        ("2026-01-31", "2026-01-31T00:00:00.000Z"),
        ("2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00.123Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
        ("9998-12-31T23:59:59Z", "9998-12-31T23:59:59.000Z"),
    ],
)
def test_an_instant_is_utc_unless_it_says_otherwise(emulator: Emulator, at: str, now: str) -> None:
    assert move(emulator, "freeze", at=at)["now"] == now


@table("at", ["noon", "", "2026-02-30", "0001-01-01T00:00:00+05:00", 3, True, ["2026-01-31"], {}])
@table("how", ["freeze", "set"])
def test_what_is_no_instant_is_refused_and_the_clock_stays(
    emulator: Emulator, how: str, at: Any
) -> None:
    move(emulator, "freeze", at=NOON)
    response = ask(emulator, "POST", f"{CLOCK}/{how}", json={"at": at})
    told = "Write an instant as 2026-01-31T12:00:00Z."
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["errors"] == [{"pointer": "/at", "detail": told}]
    assert show(emulator) == {"now": "2030-06-15T12:00:00.000Z", "frozen": True}


@table(
    ("at", "year"),
    [
        ("0001-01-01T00:00:00Z", 1),
        ("1970-01-01T00:00:00+01:00", 1969),
        ("9999-01-01T00:00:00Z", 9999),
        ("9998-12-31T23:59:59-01:00", 9999),
    ],
)
@pytest.mark.parametrize("how", ["freeze", "set"])
def test_a_year_out_of_the_calendar_is_refused_and_the_clock_stays(
    emulator: Emulator, how: str, at: str, year: int
) -> None:
    move(emulator, "freeze", at=NOON)
    response = ask(emulator, "POST", f"{CLOCK}/{how}", json={"at": at})
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["detail"] == f"the year {year} is not between 1970 and 9998."
    assert show(emulator) == {"now": "2030-06-15T12:00:00.000Z", "frozen": True}


@pytest.mark.parametrize("at", ["1970-01-01T00:00:00Z", "9998-12-31T23:59:59Z"])
@pytest.mark.parametrize("how", ["freeze", "set"])
def test_the_ends_of_the_calendar_can_be_worked_at(emulator: Emulator, how: str, at: str) -> None:
    move(emulator, how, at=at)
    path = LIST[:-1] + "9"
    assert ask(emulator, "PUT", path, json={}, headers=bearer(emulator)).status_code == 201
    assert ask(emulator, "POST", "/items", json=ITEM).status_code == 201
    assert ask(emulator, "GET", "/items?pageSize=1").status_code == 200


@table(
    ("how", "body", "pointer"),
    [
        ("freeze", {"to": NOON}, "/to"),
        ("freeze", {"at": None}, "/at"),
        ("freeze", [], ""),
        ("set", {}, "/at"),
        ("set", None, "/at"),
        ("advance", {}, "/seconds"),
        ("advance", {"seconds": "soon"}, "/seconds"),
        ("advance", {"seconds": True}, "/seconds"),
        ("advance", {"seconds": "60"}, "/seconds"),
        ("advance", {"minutes": 1, "seconds": 1}, "/minutes"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_the_place(
    emulator: Emulator, how: str, body: Any, pointer: str
) -> None:
    response = ask(emulator, "POST", f"{CLOCK}/{how}", json=body)
    assert (response.status_code, response.content_type) == (400, "application/problem+json")
    assert response.json is not None
    assert [error["pointer"] for error in response.json["errors"]] == [pointer]
    assert show(emulator)["frozen"] is False


@table(
    ("seconds", "now"),
    [
        (90, "2030-06-15T12:01:30.000Z"),
        (0.25, "2030-06-15T12:00:00.250Z"),
        (-86400, "2030-06-14T12:00:00.000Z"),
        (0, "2030-06-15T12:00:00.000Z"),
    ],
)
def test_a_standing_clock_is_moved_and_stands_on(
    emulator: Emulator, seconds: float, now: str
) -> None:
    move(emulator, "freeze", at=NOON)
    assert move(emulator, "advance", seconds=seconds) == {"now": now, "frozen": True}


def test_a_running_clock_is_moved_and_runs_on(emulator: Emulator) -> None:
    move(emulator, "set", at=NOON)
    move(emulator, "advance", seconds=3600)
    told = move(emulator, "advance", seconds=3600)
    assert told["frozen"] is False
    assert is_near(told["now"], datetime(2030, 6, 15, 14, tzinfo=UTC))


@table("seconds", [1e308, -1e12, 1e12])
def test_what_leads_out_of_the_calendar_is_refused_and_the_clock_stays(
    emulator: Emulator, seconds: float
) -> None:
    move(emulator, "freeze", at=NOON)
    response = ask(emulator, "POST", f"{CLOCK}/advance", json={"seconds": seconds})
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["detail"].endswith(" seconds lead to a year outside 1970 to 9998.")
    assert show(emulator) == {"now": "2030-06-15T12:00:00.000Z", "frozen": True}


@pytest.mark.parametrize("path", [f"{CLOCK}/reset", "/__emulator__/reset"])
def test_a_reset_gives_the_real_time_back(emulator: Emulator, path: str) -> None:
    move(emulator, "freeze", at=NOON)
    assert ask(emulator, "POST", path).status_code == 200
    told = show(emulator)
    assert told["frozen"] is False
    assert is_near(told["now"], datetime.now(UTC))


def test_a_seeded_clock_comes_back_to_its_beginning() -> None:
    emulator = Emulator(fixtures="samples", seed="s")
    beginning = {"now": "2026-01-01T00:00:00.000Z", "frozen": True}
    assert show(emulator) == beginning
    move(emulator, "set", at=NOON)
    assert move(emulator, "reset") == beginning


def test_ids_that_begin_anew_with_the_clock_meet_none_that_is_taken() -> None:
    emulator = Emulator(fixtures="samples", seed="s")
    first = ask(emulator, "POST", "/items", json=ITEM).json
    move(emulator, "reset")
    second = ask(emulator, "POST", "/items", json={**ITEM, "sku": "other"})
    assert second.status_code == 201
    assert first is not None
    assert second.json is not None
    assert first["itemId"] != second.json["itemId"]
    emulator.check()


def test_a_clock_belongs_to_its_workspace(emulator: Emulator) -> None:
    move(emulator, "freeze", at=NOON)
    assert show(emulator, "other")["frozen"] is False
    assert show(emulator)["frozen"] is True


def test_a_token_expires_by_the_clock(emulator: Emulator) -> None:
    move(emulator, "freeze", at=NOON)
    headers = bearer(emulator)
    move(emulator, "advance", seconds=1798)
    assert ask(emulator, "GET", LIST, headers=headers).status_code == 200
    move(emulator, "advance", seconds=1)
    refused = ask(emulator, "GET", LIST, headers=headers)
    assert refused.status_code == 401
    assert b"InvalidAccessTokenException" in refused.data
    move(emulator, "advance", seconds=-1)
    assert ask(emulator, "GET", LIST, headers=headers).status_code == 200


def test_dates_of_the_data_api_come_from_the_clock(emulator: Emulator) -> None:
    move(emulator, "freeze", at=NOON)
    made = ask(emulator, "PUT", LIST[:-1] + "9", json={}, headers=bearer(emulator)).json
    move(emulator, "advance", seconds=60)
    changes = {"description": "x"}
    path = LIST[:-1] + "9"
    changed = ask(emulator, "PATCH", path, json=changes, headers=bearer(emulator)).json
    assert made is not None
    assert changed is not None
    told = ("creation_date", "last_modified")
    assert [made[name] for name in told] == ["2030-06-15T12:00:00.000Z"] * 2
    assert [changed[name] for name in told] == [
        "2030-06-15T12:00:00.000Z",
        "2030-06-15T12:01:00.000Z",
    ]


def test_dates_of_the_inventory_service_api_come_from_the_clock(emulator: Emulator) -> None:
    move(emulator, "freeze", at=NOON)
    made = ask(emulator, "POST", "/items", json=ITEM).json
    move(emulator, "advance", seconds=1)
    assert made is not None
    assert made["createdAt"] == made["updatedAt"] == "2030-06-15T12:00:00.000Z"
    changed = ask(emulator, "PATCH", f"/items/{made['itemId']}", json={"name": "x"}).json
    assert changed is not None
    assert changed["createdAt"] == "2030-06-15T12:00:00.000Z"
    assert changed["updatedAt"] == "2030-06-15T12:00:01.000Z"


def test_a_next_token_expires_by_the_clock(emulator: Emulator) -> None:
    move(emulator, "freeze", at=NOON)
    page = ask(emulator, "GET", "/items?pageSize=1").json
    assert page is not None
    path = f"/items?pageSize=1&nextToken={page['nextToken']}"
    move(emulator, "advance", seconds=86400)
    assert ask(emulator, "GET", path).status_code == 200
    move(emulator, "advance", seconds=1)
    assert b"INVALID_NEXT_TOKEN" in ask(emulator, "GET", path).data


def test_an_idempotency_key_is_forgotten_by_the_clock(emulator: Emulator) -> None:
    move(emulator, "freeze", at=NOON)
    headers = {"Idempotency-Key": "k"}
    first = ask(emulator, "POST", "/items", json=ITEM, headers=headers)
    move(emulator, "advance", seconds=86400)
    again = ask(emulator, "POST", "/items", json=ITEM, headers=headers)
    assert (again.status_code, again.data) == (201, first.data)
    move(emulator, "advance", seconds=1)
    late = ask(emulator, "POST", "/items", json=ITEM, headers=headers)
    assert late.status_code == 409
    assert b"DUPLICATE" in late.data


@table("media_type", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_a_body_is_json_whatever_it_calls_itself(emulator: Emulator, media_type: str) -> None:
    data = b'{"at": "2030-06-15T12:00:00Z"}'
    ask(emulator, "POST", f"{CLOCK}/freeze", data=data, content_type=media_type)
    assert show(emulator) == {"now": "2030-06-15T12:00:00.000Z", "frozen": True}


@table("data", [b"{", b"at=2030", b"\xff", b'{"at": NaN}'])
def test_a_body_that_is_no_json_is_refused(emulator: Emulator, data: bytes) -> None:
    response = ask(emulator, "POST", f"{CLOCK}/freeze", data=data, content_type="text/plain")
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["detail"].startswith("The body is not JSON: ")
    assert "line 1" in response.json["detail"]
    assert show(emulator)["frozen"] is False
