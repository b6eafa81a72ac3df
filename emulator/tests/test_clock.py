"""The clock tells real time and makes new ids, unless it is stopped, moved or seeded."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest

from emulator.clock import Clock, ClockError, render_instant
from emulator.tests.table import table

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_now_is_the_present_instant() -> None:
    before = datetime.now(UTC)
    now = Clock().now()
    assert before <= now <= datetime.now(UTC)


def test_now_is_aware_and_in_utc() -> None:
    assert Clock().now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("instant", "rendered"),
    [
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00.000Z"),
        (
            datetime(2026, 1, 1, 0, 30, 0, 999_999, timezone(timedelta(hours=1))),
            "2025-12-31T23:30:00.999Z",
        ),
    ],
)
def test_an_instant_is_rendered_in_utc_to_the_millisecond(instant: datetime, rendered: str) -> None:
    assert render_instant(instant) == rendered


def test_an_identifier_is_32_lower_case_hex_digits() -> None:
    assert re.fullmatch("[0-9a-f]{32}", Clock().identifier())


def test_no_identifier_comes_twice() -> None:
    clocks = (Clock(), Clock())
    assert len({clock.identifier() for clock in clocks for _ in range(500)}) == 1000


def test_a_clock_that_stands_stays_where_it_is() -> None:
    clock = Clock()
    clock.freeze()
    stood = clock.now()
    assert (clock.now(), clock.is_frozen) == (stood, True)


def test_a_clock_stands_at_the_instant_it_is_given() -> None:
    clock = Clock()
    clock.freeze(NOON)
    assert clock.now() == NOON


def test_a_clock_that_is_set_goes_on_from_there() -> None:
    clock = Clock()
    clock.freeze(NOON + timedelta(days=9))
    clock.set(NOON)
    first, second = clock.now(), clock.now()
    assert NOON <= first <= second < NOON + timedelta(minutes=1)
    assert not clock.is_frozen


def test_a_clock_set_by_another_zone_tells_the_instant_in_utc() -> None:
    clock = Clock()
    clock.set(datetime(2026, 6, 1, 14, tzinfo=timezone(timedelta(hours=2))))
    assert NOON <= clock.now() < NOON + timedelta(minutes=1)
    assert clock.now().utcoffset() == timedelta(0)


@table(
    ("seconds", "instant"),
    [
        (90, datetime(2026, 6, 1, 12, 1, 30, tzinfo=UTC)),
        (-0.5, datetime(2026, 6, 1, 11, 59, 59, 500_000, tzinfo=UTC)),
        (0, datetime(2026, 6, 1, 12, tzinfo=UTC)),
    ],
)
def test_a_clock_that_stands_is_moved_and_goes_on_standing(
    seconds: float, instant: datetime
) -> None:
    clock = Clock()
    clock.freeze(NOON)
    clock.advance(seconds)
    assert (clock.now(), clock.is_frozen) == (instant, True)


def test_moves_of_a_clock_that_goes_add_up() -> None:
    clock = Clock()
    clock.set(NOON)
    for seconds in (7200, -3600, 60):
        clock.advance(seconds)
    assert timedelta(0) <= clock.now() - NOON - timedelta(minutes=61) < timedelta(minutes=1)
    assert not clock.is_frozen


def test_to_freeze_keeps_the_moves_made_before() -> None:
    clock = Clock()
    clock.advance(86400)
    clock.freeze()
    assert timedelta(hours=23) < clock.now() - datetime.now(UTC) <= timedelta(days=1)


@table("seconds", [3e11, 1e12, -1e11, 1e300, float("inf"), float("-inf")])
@pytest.mark.parametrize("seed", ["", "s"], ids=["going", "standing"])
def test_a_move_out_of_the_calendar_is_refused_and_changes_nothing(
    seconds: float, seed: str
) -> None:
    clock = Clock(seed)
    before = clock.now()
    with pytest.raises(ClockError, match=r"seconds lead to a year outside 1970 to 9998$"):
        clock.advance(seconds)
    assert before <= clock.now() < before + timedelta(minutes=1)


def test_a_clock_is_not_moved_to_where_no_year_is_left() -> None:
    clock = Clock()
    clock.freeze(datetime(9998, 12, 30, tzinfo=UTC))
    clock.advance(3600)
    with pytest.raises(ClockError, match=r"^172800 seconds lead to a year outside 1970 to 9998$"):
        clock.advance(172800)
    assert clock.now() == datetime(9998, 12, 30, 1, tzinfo=UTC)


def test_moves_that_are_each_small_do_not_lead_out_together() -> None:
    clock = Clock()
    clock.set(NOON)
    for _ in range(7):
        clock.advance(1000 * 365.25 * 86400)
    with pytest.raises(ClockError):
        clock.advance(1000 * 365.25 * 86400)
    assert clock.now().year == 9026


def test_a_seeded_clock_stands_at_the_beginning_of_2026() -> None:
    clock = Clock("seed")
    assert (clock.now(), clock.is_frozen) == (datetime(2026, 1, 1, tzinfo=UTC), True)


def test_the_ids_of_a_seed_are_the_same_in_each_run() -> None:
    first, second = Clock("seed"), Clock("seed")
    assert [first.identifier() for _ in range(9)] == [second.identifier() for _ in range(9)]
    assert re.fullmatch("[0-9a-f]{32}", first.identifier())


def test_the_ids_of_a_seed_are_these() -> None:
    clock = Clock("seed")
    assert [clock.identifier() for _ in range(2)] == [
        "f13d1ab83c98f9fe0f139fa223636efe",
        "7c1ef4c74948aae258e40571dd729c1a",
    ]


def test_no_id_of_a_seed_comes_twice_or_from_another_seed() -> None:
    clocks = (Clock("seed"), Clock("Seed"), Clock("seed "))
    assert len({clock.identifier() for clock in clocks for _ in range(300)}) == 900


def test_a_reset_brings_time_and_ids_of_a_seed_back() -> None:
    clock = Clock("seed")
    first = clock.identifier()
    clock.set(NOON)
    clock.reset()
    assert (clock.identifier(), clock.now()) == (first, datetime(2026, 1, 1, tzinfo=UTC))
    assert clock.is_frozen


def test_a_reset_without_a_seed_gives_the_clock_back_to_the_world() -> None:
    clock = Clock()
    clock.freeze(NOON)
    clock.reset()
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert not clock.is_frozen


def test_moves_made_at_once_are_all_made() -> None:
    clock = Clock("seed")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(clock.advance, [1] * 800))
    assert clock.now() == datetime(2026, 1, 1, 0, 13, 20, tzinfo=UTC)


def test_ids_made_at_once_are_all_different() -> None:
    clock = Clock("seed")
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: clock.identifier(), range(800)))
    assert len(set(made)) == 800


@table(
    "instant",
    [
        datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
        datetime(9999, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, tzinfo=UTC),
        datetime(2026, 1, 1),  # noqa: DTZ001 - that is what is wrong with it
    ],
)
def test_an_instant_without_zone_or_neighbours_is_refused(instant: datetime) -> None:
    clock = Clock("seed")
    for move in (clock.freeze, clock.set):
        with pytest.raises(ClockError):
            move(instant)
    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)


@table("seconds", [float("nan"), float("inf"), -1e12, 1e12, 3e11])
def test_an_advance_out_of_the_calendar_is_refused(seconds: float) -> None:
    clock = Clock("seed")
    with pytest.raises(ClockError):
        clock.advance(seconds)
    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)


def test_an_instant_of_another_zone_is_told_in_utc() -> None:
    clock = Clock()
    clock.freeze(datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now().isoformat() == "2026-01-01T00:00:00+00:00"


FORK = """
import os
from emulator.clock import Clock

read, write = os.pipe()
child = os.fork()
if not child:
    os.write(write, Clock().identifier().encode())
    os._exit(0)
os.waitpid(child, 0)
print(os.read(read, 32).decode(), Clock().identifier())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_draws_other_ids_than_its_parent() -> None:
    told = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", FORK], check=True, capture_output=True, text=True
    )
    of_child, of_parent = told.stdout.split()
    assert len(of_child) == len(of_parent) == 32
    assert of_child != of_parent
