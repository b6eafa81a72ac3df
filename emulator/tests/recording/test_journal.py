"""The journal keeps the latest exchanges, bounded in number and in bytes."""

import gc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator.family import Family
from emulator.recording.exchange import Body, Exchange, begin
from emulator.recording.journal import Journal, Memory
from emulator.recording.match import Match
from emulator.tests.table import table

DATA = Family("data", lambda _, __: [])
MIB = 1024 * 1024
ANY = Match({})


def meet(path: str = "/a", size: int = 0, **told: Any) -> Exchange:
    """Return an exchange, with ``size`` bytes of a body."""
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path}
    exchange = begin(environ, DATA, lambda: datetime(2026, 1, 1, tzinfo=UTC))
    exchange.request_body = Body(bytes(size), size)
    for name, value in told.items():
        setattr(exchange, name, value)
    return exchange


def fill(journal: Journal, *exchanges: Exchange) -> list[int]:
    """Return the numbers that are kept after exchanges were added."""
    for exchange in exchanges:
        journal.add(exchange)
    return numbers(journal)


def numbers(journal: Journal) -> list[int]:
    return [exchange.number for exchange in journal.find(ANY)]


def test_exchanges_are_kept_in_their_order_and_numbered_from_1() -> None:
    journal = Journal(10)
    assert fill(journal, meet("/a"), meet("/b"), meet("/c")) == [1, 2, 3]
    assert [exchange.path for exchange in journal.find(ANY)] == ["/a", "/b", "/c"]
    assert len(journal) == 3


@table(("capacity", "kept"), [(0, []), (1, [5]), (3, [3, 4, 5]), (5, [1, 2, 3, 4, 5])])
def test_no_more_are_kept_than_it_has_room_for(capacity: int, kept: list[int]) -> None:
    journal = Journal(capacity)
    assert fill(journal, *(meet() for _ in range(5))) == kept
    assert len(journal) == len(kept)


def test_no_more_bytes_are_kept_than_4_mib() -> None:
    journal = Journal(100)
    assert fill(journal, *(meet(size=MIB) for _ in range(6))) == [4, 5, 6]
    assert sum(exchange.size for exchange in journal.find(ANY)) <= 4 * MIB


def test_many_small_ones_make_room_for_a_large_one() -> None:
    journal = Journal(2000)
    fill(journal, *(meet() for _ in range(1000)))
    journal.add(meet(size=3 * MIB))
    kept = journal.find(ANY)
    assert kept[-1].number == 1001
    assert 200 < len(kept) < 600
    assert sum(exchange.size for exchange in kept) <= 4 * MIB


def test_room_that_was_freed_can_be_used_again() -> None:
    journal = Journal(2)
    fill(journal, *(meet(size=MIB) for _ in range(50)))
    assert numbers(journal) == [49, 50]
    assert fill(journal, meet(size=2 * MIB)) == [50, 51]


def test_a_cleared_journal_has_all_its_room_and_begins_at_1_again() -> None:
    journal = Journal(10)
    fill(journal, meet(size=3 * MIB))
    journal.clear()
    assert (len(journal), journal.find(ANY)) == (0, [])
    assert fill(journal, meet(size=3 * MIB), meet()) == [1, 2]


def test_what_was_found_does_not_change() -> None:
    journal = Journal(1)
    journal.add(meet("/a"))
    found = journal.find(ANY)
    journal.add(meet("/b"))
    assert [exchange.path for exchange in found] == ["/a"]


def test_those_that_are_meant_are_found_oldest_first() -> None:
    journal = Journal(10)
    fill(journal, meet("/a"), meet("/b"), meet("/a"))
    assert [e.number for e in journal.find(Match({"path": "/a"}))] == [1, 3]
    assert journal.find(Match({"path": "/c"})) == []


def test_errors_are_answers_of_5xx_that_no_failpoint_wanted() -> None:
    journal = Journal(10)
    statuses = (0, 200, 404, 499, 500, 503, 599)
    fill(journal, *(meet(status=status) for status in statuses))
    fill(journal, meet(status=503, failpoint="1"), meet(status=503, stub="1"))
    assert [exchange.status for exchange in journal.find_errors()] == [500, 503, 599]


def test_near_are_three_with_the_fewest_misses_the_latest_of_them_first() -> None:
    journal = Journal(10)
    fill(
        journal,
        meet("/b", status=200),
        meet("/a", status=404),
        meet("/a", status=200),
        meet("/b", status=404),
        meet("/a", status=500),
    )
    near = journal.find_near(Match({"path": "/a", "status": "200"}))
    assert [(n.exchange.number, [m.name for m in n.mismatches]) for n in near] == [
        (5, ["status"]),
        (2, ["status"]),
        (1, ["path"]),
    ]


def test_nothing_is_near_where_all_are_meant() -> None:
    journal = Journal(10)
    assert journal.find_near(ANY) == []
    fill(journal, meet())
    assert journal.find_near(ANY) == []


@pytest.mark.parametrize(("capacity", "size", "most"), [(37, 0, 37), (1000, MIB // 2, 7)])
def test_bounds_hold_for_threads_that_add_at_once(capacity: int, size: int, most: int) -> None:
    journal = Journal(capacity)
    exchanges = [meet(size=size) for _ in range(800)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(journal.add, exchanges))
    assert sorted(exchange.number for exchange in exchanges) == list(range(1, 801))
    assert numbers(journal) == list(range(801 - most, 801))


def test_it_can_be_looked_into_and_cleared_while_others_add() -> None:
    journal = Journal(50)

    def work(number: int) -> bool:
        journal.add(meet())
        if number % 100 == 0:
            journal.clear()
        kept = numbers(journal)
        return len(kept) <= 50 and kept == sorted(kept)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(800)))
    journal.clear()
    assert fill(journal, meet(size=3 * MIB), meet(size=MIB // 2)) == [1, 2]


def test_the_oldest_exchanges_of_all_journals_are_dropped() -> None:
    memory = Memory(16 * MIB)
    journals = [Journal(100, memory) for _ in range(20)]
    for _ in range(3):
        for journal in journals:
            journal.add(meet(size=MIB // 2))
    sizes = [journal.size for journal in journals]
    assert 14 * MIB < sum(sizes) <= 16 * MIB
    assert sizes == [sum(e.size for e in journal.find(ANY)) for journal in journals]
    kept = [numbers(journal) for journal in journals]
    assert kept == [[3] if number < 10 else [2, 3] for number in range(20)]


def test_an_exchange_is_found_by_its_number() -> None:
    journal = Journal(2)
    assert (journal.last, journal.get(1)) == (None, None)
    first, second, third = meet(), meet(), meet()
    fill(journal, first, second, third)
    assert journal.last is third
    assert [journal.get(number) for number in range(5)] == [None, None, second, third, None]


def test_journals_that_nobody_uses_leave_the_memory() -> None:
    memory = Memory(4 * MIB)
    gone = Journal(100, memory)
    fill(gone, *(meet(size=MIB) for _ in range(3)))
    cleared = Journal(100, memory)
    del gone
    gc.collect()
    assert fill(cleared, *(meet(size=MIB) for _ in range(3))) == [1, 2, 3]
    cleared.clear()
    assert fill(cleared, *(meet(size=MIB) for _ in range(3))) == [1, 2, 3]


def test_the_memory_is_bounded_for_threads_that_add_at_once() -> None:
    memory = Memory(4 * MIB)
    journals = [Journal(100, memory) for _ in range(50)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: journals[n % 50].add(meet(size=MIB // 8)), range(1000)))
    sizes = [journal.size for journal in journals]
    assert sizes == [sum(e.size for e in journal.find(ANY)) for journal in journals]
    assert 3 * MIB < sum(sizes) <= 4 * MIB
