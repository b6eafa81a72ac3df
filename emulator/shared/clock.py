"""A clock whose hands all processes see; the real time is that of each machine."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from threading import Lock

import orjson

from emulator.clock import Clock, Hands, begin, draw_identifier
from emulator.shared import script
from emulator.shared.link import Place
from emulator.store import StoreUnavailable

MICROSECOND = timedelta(microseconds=1)


class SharedClock(Clock):
    """See ``Clock``. Ids of a seed come in one sequence, whichever process asks for them.

    Args:
        place: That of its workspace.
        seed: As that of ``Clock``.
        refresh: Fetches what this clock shows after it was changed.
    """

    def __init__(self, place: Place, seed: str, refresh: Callable[[], None]) -> None:
        self._place = place
        self._seed = seed
        self._refresh = refresh
        self._lock = Lock()
        self._hands = begin(seed)
        self._rewind()

    def become(self, hands: bytes) -> None:
        """Show what was fetched."""
        self._hands = decode(hands)

    def identifier(self) -> str:
        """See ``Clock.identifier``; one round trip where there is a seed, else none."""
        if not self._seed:
            return draw_identifier()
        try:
            return self._draw()
        except StoreUnavailable:
            # Nothing can be stored under it then. The answer that says so has an id as well.
            return draw_identifier()

    def reset(self) -> None:
        """See ``Clock.reset``."""
        self._place.run(script.RESET_CLOCK, encode(begin(self._seed)))
        self._refresh()

    def _draw(self) -> str:
        """Return the id whose number is next: the first has the number 1."""
        with self._lock:
            number = self._place.run(script.COUNT_ID)
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

    def _turn(self, move: Callable[[Hands], Hands]) -> None:
        while True:
            before: bytes = self._place.ask("HGET", "control", "clock") or encode(self._hands)
            if self._place.run(script.TURN, before, encode(move(decode(before)))):
                break
        self._refresh()


def encode(hands: Hands) -> bytes:
    """Return hands as they are stored: microseconds of offset, and the instant, if any."""
    frozen = hands.frozen and hands.frozen.isoformat()
    return orjson.dumps([hands.offset // MICROSECOND, frozen])


def decode(stored: bytes) -> Hands:
    """Return the hands that were stored."""
    offset, frozen = orjson.loads(stored)
    return Hands(offset * MICROSECOND, frozen and datetime.fromisoformat(frozen))
