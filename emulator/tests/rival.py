"""Writers that collide over a store, for the tests of all engines."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from emulator.store import Expected, Key, Record, StateConflict, Store

OLD = Record.of(("a",), {"id": "a", "text": "old"})
OTHER = Record.of(("b",), {"id": "b"})
RIVALS = [Record.of(("a",), {"rival": number}) for number in range(8)]


def keys(store: Store, parent: Key = (), start: int = 0, count: int = 99) -> list[Key]:
    """Return the keys of a page of things."""
    return [record.key for record in store.scan("things", start, count, parent).records]


def race(count: int, step: Callable[[int], Any]) -> list[Any]:
    """Return what ``step`` returned in each of as many threads, all let go at once."""
    start = Barrier(count)

    def run(number: int) -> Any:
        start.wait()
        return step(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def put_rival(store: Store, expected: Expected, number: int) -> bool:
    """Put the rival of a number; return whether the expectation held."""
    try:
        store.put("things", RIVALS[number], expected)
    except StateConflict:
        return False
    return True


def delete_old(store: Store, _: int) -> bool:
    """Delete the old thing; return whether it was there."""
    try:
        return store.delete("things", ("a",), OLD.state)
    except StateConflict:
        return False
