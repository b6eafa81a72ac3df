"""A clock shared by all processes; the real time is the time of each machine."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from threading import Lock

import orjson

from emulator.clock import Clock, Reading, begin, draw_identifier
from emulator.shared import script
from emulator.shared.link import Keyspace
from emulator.store import StoreUnavailable

MICROSECOND = timedelta(microseconds=1)


class SharedClock(Clock):
    """See ``Clock``. All processes draw ids from one sequence if there is a seed.

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
        self._rewind()

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
            # No record is stored under this id, but the error document needs an id, too.
            return draw_identifier()

    def reset(self) -> None:
        """See ``Clock.reset``."""
        self._keys.run(script.RESET_CLOCK, encode(begin(self._seed)))
        self._refresh()

    def _draw(self) -> str:
        """Return the next id of the sequence, which begins with the number 1."""
        with self._lock:
            number = self._keys.run(script.COUNT_ID)
            if number <= self._drawn:
                self._rewind()
            while self._drawn < number - 1:
                self._next()
            return self._next()

    def _rewind(self) -> None:
        self._source = Random(self._seed)  # noqa: S311 - see Clock.reset
        self._drawn = 0

    def _next(self) -> str:
        self._drawn += 1
        return draw_identifier(self._source)

    def _update(self, move: Callable[[Reading], Reading]) -> None:
        while True:
            before: bytes = self._keys.ask("HGET", "control", "clock") or encode(self._reading)
            if self._keys.run(script.MOVE_CLOCK, before, encode(move(decode(before)))):
                break
        self._refresh()


def encode(reading: Reading) -> bytes:
    """Return a reading as JSON: microseconds of offset, and the instant if frozen."""
    frozen = reading.frozen and reading.frozen.isoformat()
    return orjson.dumps([reading.offset // MICROSECOND, frozen])


def decode(stored: bytes) -> Reading:
    """Return a reading from JSON."""
    offset, frozen = orjson.loads(stored)
    return Reading(offset * MICROSECOND, frozen and datetime.fromisoformat(frozen))
