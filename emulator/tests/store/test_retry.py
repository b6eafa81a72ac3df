"""Optimistic writes: a step is repeated until it meets what it looked at."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from emulator.store import MemoryStore, Presence, Record, StateConflict, retry_on_conflict
from emulator.tests.table import table

THREADS, TURNS = 8, 25


def colliding(times: int) -> Callable[[], str]:
    """Return a step that collides so many times, and then tells how often it was called."""
    calls: list[None] = []

    def step() -> str:
        calls.append(None)
        if len(calls) <= times:
            raise StateConflict
        return f"call {len(calls)}"

    return step


@table(("times", "result"), [(0, "call 1"), (1, "call 2"), (7, "call 8"), (5000, "call 5001")])
def test_a_step_is_repeated_until_it_does_not_collide(times: int, result: str) -> None:
    assert retry_on_conflict(colliding(times)) == result


def test_none_is_a_result_like_others() -> None:
    store = MemoryStore()
    retry_on_conflict(lambda: store.put("things", Record.of(("a",), {}), Presence.ABSENT))
    assert store.count("things") == 1


@table("kind", [ValueError, KeyError, KeyboardInterrupt])
def test_any_other_exception_ends_it(kind: type[BaseException]) -> None:
    calls: list[None] = []

    def step() -> None:
        calls.append(None)
        raise kind

    with pytest.raises(kind):
        retry_on_conflict(step)
    assert len(calls) == 1


def test_an_exception_after_a_collision_ends_it() -> None:
    outcomes: list[type[Exception]] = [LookupError, StateConflict]

    def step() -> None:
        raise outcomes.pop()

    with pytest.raises(LookupError):
        retry_on_conflict(step)
    assert outcomes == []


def increment(store: MemoryStore) -> None:
    found = store.get("counters", ("a",))
    count = found.properties["count"] + 1 if found else 1
    expected = found.state if found else Presence.ABSENT
    store.put("counters", Record.of(("a",), {"count": count}), expected)


def test_of_steps_that_collide_none_is_lost() -> None:
    store = MemoryStore()
    start = Barrier(THREADS)

    def run(_: int) -> None:
        start.wait()
        for _turn in range(TURNS):
            retry_on_conflict(lambda: increment(store))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(run, range(THREADS)))
    counter = store.get("counters", ("a",))
    assert counter is not None
    assert counter.properties == {"count": 200}
