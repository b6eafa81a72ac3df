"""The journal: the latest exchanges of a workspace, never more than fit."""

from collections import deque
from itertools import count
from threading import Lock
from typing import NamedTuple

from emulator.recording.exchange import Exchange
from emulator.recording.match import Match, Miss

LARGEST = 4 * 1024 * 1024  # bytes that the exchanges of one journal take in all
NEAREST = 3
SERVER_ERROR = 500


class NearMiss(NamedTuple):
    """An exchange that was nearly meant, and what was wrong with it."""

    exchange: Exchange
    misses: list[Miss]


class Journal:
    """Keeps exchanges, the oldest of which make room for new ones.

    Args:
        capacity: How many it keeps; 0 for none.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._lock = Lock()
        self.clear()

    def __len__(self) -> int:
        return len(self._exchanges)

    def clear(self) -> None:
        """Forget all; numbers begin at 1 again."""
        with self._lock:
            self._exchanges: deque[Exchange] = deque()
            self._numbers = count(1)
            self._size = 0

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange that has ended."""
        with self._lock:
            exchange.number = next(self._numbers)
            kept = self._exchanges
            kept.append(exchange)
            self._size += exchange.size
            while len(kept) > self.capacity or (self._size > LARGEST and len(kept) > 1):
                self._size -= kept.popleft().size

    def find(self, match: Match) -> list[Exchange]:
        """Return the exchanges that are meant, oldest first."""
        return [exchange for exchange in self._copy() if match(exchange)]

    def find_errors(self) -> list[Exchange]:
        """Return the exchanges whose status is of 5xx though they met no failpoint."""
        return [e for e in self._copy() if e.status >= SERVER_ERROR and not e.failpoint]

    def find_near(self, match: Match) -> list[NearMiss]:
        """Return up to three exchanges that are not meant, those with the fewest misses first."""
        looked_at = (NearMiss(exchange, list(match.misses(exchange))) for exchange in self._copy())
        missed = [near for near in looked_at if near.misses]
        return sorted(missed, key=lambda near: (len(near.misses), -near.exchange.number))[:NEAREST]

    def _copy(self) -> list[Exchange]:
        with self._lock:
            return list(self._exchanges)
