"""A clock shared by all processes; the real time is the time of each machine."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from threading import Lock

import orjson

from emulator.clock import Clock, Reading, begin, draw_identifier
from emulator.shared import script
from emulator.shared.link import Keyspace
from emulator.store import ATTEMPTS, StoreContended, StoreUnavailable

MICROSECOND = timedelta(microseconds=1)


class SharedClock(Clock):
    """See ``Clock``. With a seed, all processes draw ids from the same sequence.

    Args:
        keys: The keys of the workspace.
        seed: See ``Clock``.
        refresh: Fetches the state of the workspace after a change.
    """

    def __init__(self, keys: Keyspace, seed: str, refresh: Callable[[], None]) -> None:
        self._keys = keys
        self._seed = seed
        self._refresh = refresh
        self._lock = Lock()
        self._reading = begin(seed)
        self._begin_again()

    def become(self, reading: bytes) -> None:
        """Take over the fetched state."""
        self._reading = decode(reading)

    def identifier(self) -> str:
        """See ``Clock.identifier``; a round trip with a seed, none without."""
        if not self._seed:
            return draw_identifier()
        try:
            return self._draw()
        except StoreUnavailable:
            # Nothing is stored under this id, but the error document needs an id, too.
            return draw_identifier()

    def reset(self) -> None:
        """See ``Clock.reset``."""
        self._keys.run(script.RESET_CLOCK, encode(begin(self._seed)))
        self._refresh()

    def _draw(self) -> str:
        """Return the next id of the sequence; the first number is 1.

        The random ids of a seed can be drawn in order only. So a process skips the ids of other
        processes, and begins again after a reset.
        """
        with self._lock:
            number = self._keys.run(script.COUNT_ID)
            if number <= self._drawn:
                self._begin_again()
            while self._drawn < number - 1:
                self._draw_next()
            return self._draw_next()

    def _begin_again(self) -> None:
        self._source = Random(self._seed)  # noqa: S311 - see Clock.reset
        self._drawn = 0

    def _draw_next(self) -> str:
        self._drawn += 1
        return draw_identifier(self._source)

    def _update(self, move: Callable[[Reading], Reading]) -> None:
        for _ in ATTEMPTS:
            before: bytes = self._keys.ask("HGET", "control", "clock") or encode(self._reading)
            if self._keys.run(script.MOVE_CLOCK, before, encode(move(decode(before)))):
                self._refresh()
                return
        raise StoreContended


def encode(reading: Reading) -> bytes:
    """Return a reading as JSON: the offset in microseconds, and the instant if frozen."""
    frozen = reading.frozen and reading.frozen.isoformat()
    return orjson.dumps([reading.offset // MICROSECOND, frozen])


def decode(stored: bytes) -> Reading:
    """Return a reading from JSON."""
    offset, frozen = orjson.loads(stored)
    return Reading(offset * MICROSECOND, frozen and datetime.fromisoformat(frozen))
