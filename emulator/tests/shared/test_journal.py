"""A journal that several emulators write into."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from emulator.family import Family
from emulator.recording.exchange import Body, Exchange
from emulator.recording.journal import MAX_JOURNAL_BYTES
from emulator.recording.match import Match
from emulator.shared import journal
from emulator.tests.table import table

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from emulator.tests.conftest import Pair

CONTROL = "/__emulator__"
DATA = Family("data", lambda _, __: [])
EVERYTHING = Match({})
STUBBED = 502


def exchange(body: bytes = b"", status: int = 200) -> Exchange:
    return Exchange(
        DATA,
        "POST",
        "/s/-/dw/data/v23_2/inventory_lists/%C3%A4",
        "count=1&x=%20",
        {"HTTP_X_A": "\xe4", "CONTENT_TYPE": "text/plain"},
        datetime(2030, 1, 2, 3, 4, 5, 678901, UTC),
        seconds=0.25,
        status=status,
        fault="",
        stub="7" if status == STUBBED else "",
        upstream="https://a.test",
        request_body=Body(body, len(body) + 1),
        reply_headers=[("Set-Cookie", "a"), ("Set-Cookie", "b")],
        reply_body=Body(b"\x00\xff\n{}\n", 6),
        form_client="client",
    )


def numbers(pair: "Pair") -> list[int]:
    return [shown["number"] for shown in pair.told("GET", f"{CONTROL}/journal")["exchanges"]]


def test_requests_to_both_stand_in_one_order(pair: "Pair") -> None:
    paths = [f"/items/{number}" for number in range(6)]
    for path in paths:
        pair.ask("GET", path)
    for _ in range(2):
        told = pair.told("GET", f"{CONTROL}/journal")["exchanges"]
        assert [shown["path"] for shown in told] == paths
        assert [shown["number"] for shown in told] == [1, 2, 3, 4, 5, 6]


def test_numbers_have_no_gaps_and_come_once(pair: "Pair") -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: pair.ask_one(n % 2, "GET", "/items"), range(40)))
    assert numbers(pair) == list(range(1, 41))


def test_what_one_has_answered_is_verified_at_the_other(pair: "Pair") -> None:
    pair.ask("DELETE", "/items/item-9")
    match = {"method": "DELETE", "path": "/items/*", "status": 404}
    for _ in range(2):
        verified = pair.told("POST", f"{CONTROL}/journal/verify", json={"match": match})
        assert verified == {"status": "ok", "count": 1}


def test_to_clear_it_begins_numbers_anew(pair: "Pair") -> None:
    pair.ask("GET", "/items")
    assert pair.ask("DELETE", f"{CONTROL}/journal").status_code == 204
    assert numbers(pair) == []
    pair.ask("GET", "/items")
    assert numbers(pair) == numbers(pair) == [1]


def test_the_oldest_make_room(make_pair: "Callable[..., Pair]") -> None:
    pair = make_pair(journal=3)
    for _ in range(5):
        pair.ask("GET", "/items")
    assert numbers(pair) == numbers(pair) == [3, 4, 5]


def test_none_are_kept_where_none_are_wanted(make_pair: "Callable[..., Pair]") -> None:
    pair = make_pair(journal=0)
    pair.ask("GET", "/items")
    assert numbers(pair) == []


def test_they_take_no_more_than_so_many_bytes(pair: "Pair") -> None:
    shared = [emulator.workspace.journal for emulator in pair.emulators]
    for number in range(6):
        shared[number % 2].add(exchange(bytes(MAX_JOURNAL_BYTES // 4)))
    assert [found.number for found in shared[0].find(EVERYTHING)] == [4, 5, 6]
    shared[1].add(exchange(bytes(MAX_JOURNAL_BYTES)))
    assert [found.number for found in shared[0].find(EVERYTHING)] == [7]
    shared[1].add(exchange())
    assert [found.number for found in shared[0].find(EVERYTHING)] == [8]


def test_errors_are_those_that_no_failpoint_made(pair: "Pair") -> None:
    shared = [emulator.workspace.journal for emulator in pair.emulators]
    for status, failpoint in (
        (200, ""),
        (503, "1"),
        (500, ""),
        (499, ""),
        (599, ""),
        (STUBBED, ""),
    ):
        made = exchange(status=status)
        made.failpoint = failpoint
        shared[status % 2].add(made)
    for one in shared:
        assert [found.status for found in one.find_errors()] == [500, 599]
    told = pair.told("GET", f"{CONTROL}/workspaces/default")["server_errors"]
    assert [line.rpartition(" ")[2] for line in told] == ["500", "599"]


@table("body", [b"", b"text", b"\n\n", b"12 34 .\n", bytes(range(256))])
def test_an_exchange_is_read_as_it_was_written(body: bytes) -> None:
    written = exchange(body)
    read = journal.decode(b"7 1234 " + journal.encode(written), {"data": DATA})
    assert read.number == 7
    written.number = 7
    assert vars(read) == vars(written)
    assert read.show() == written.show()


def test_concealed_members_stay_concealed() -> None:
    written = exchange(b'{"pin": "1234", "size": 7}')
    written.conceal({"pin"})
    read = journal.decode(b"7 1234 " + journal.encode(written), {"data": DATA})
    assert read.show()["request"]["body"]["text"] == '{"pin": "***", "size": 7}'


def test_one_that_comes_too_late_for_its_workspace_is_dropped(pair: "Pair") -> None:
    gone = pair.emulators[0].workspaces.get("gone")
    pair.emulators[1].workspaces.delete("gone")
    gone.journal.add(exchange())
    assert len(gone.journal) == 0
    assert len(pair.emulators[0].workspaces.get("gone").journal) == 0


def test_journals_together_take_no_more_than_so_many_bytes(
    pair: "Pair", redis_client: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    size = exchange(bytes(5_000)).size
    monkeypatch.setattr(journal, "MAX_ALL_JOURNALS_BYTES", 8 * size)
    one, two, three = (pair.emulators[0].workspaces.get(name).journal for name in ("a", "b", "c"))
    for kept in (one, two, one, three):
        for _ in range(2):
            kept.add(exchange(bytes(5_000)))
    assert [len(kept) for kept in (one, two, three)] == [4, 2, 2]
    for _ in range(3):
        three.add(exchange(bytes(5_000)))
    assert [len(kept) for kept in (one, two, three)] == [3, 0, 5]
    assert [found.number for found in one.find(EVERYTHING)] == [2, 3, 4]
    three.add(exchange(bytes(60_000)))  # an exchange of its own is kept, whatever its size
    assert [len(kept) for kept in (one, two, three)] == [0, 0, 6]
    assert redis_client.zcard("ocapi-emulator:journals") == 1


@pytest.mark.parametrize("way", ["clear", "reset", "delete"])
def test_bytes_of_a_journal_are_given_back(
    pair: "Pair", redis_client: "redis.Redis", way: str
) -> None:
    workspaces = pair.emulators[0].workspaces
    kept = workspaces.get("a")
    kept.journal.add(exchange(bytes(5_000)))
    before = redis_client.get("ocapi-emulator:journal_bytes")
    if way == "clear":
        kept.journal.clear()
    elif way == "reset":
        kept.reset()
    else:
        workspaces.delete("a")
    after = redis_client.get("ocapi-emulator:journal_bytes")
    assert (before, after) == (str(exchange(bytes(5_000)).size).encode(), b"0")
    assert redis_client.zcard("ocapi-emulator:journals") == 0


def test_exchange_of_an_api_that_this_process_leaves_out_is_shown() -> None:
    stored = b"7 0 " + journal.encode(exchange())
    read = journal.decode(stored, {})
    assert (read.number, read.family.name, read.operation) == (7, "data", "")
