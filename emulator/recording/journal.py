"""The journal: the latest exchanges of a workspace, bounded in number and in bytes."""

from collections import deque
from collections.abc import Iterator
from heapq import heapify, heappop, heapreplace, nsmallest
from itertools import count
from threading import Lock
from typing import NamedTuple
from weakref import WeakSet

from emulator.recording.exchange import Exchange
from emulator.recording.match import Match, Mismatch

MAX_JOURNAL_BYTES = 4 * 1024 * 1024
MAX_ALL_JOURNALS_BYTES = 256 * 1024 * 1024  # of a process
MAX_NEAR_MISSES = 3
FIRST_ERROR_STATUS = 500


class NearMiss(NamedTuple):
    """An exchange without a match, and the failed conditions."""

    exchange: Exchange
    mismatches: list[Mismatch]


class Memory:
    """The bound of several journals together.

    If the journals exceed the bound, the oldest exchanges of all journals are dropped. A journal
    without users is garbage collected and counts no more.

    Args:
        max_bytes: The bound of all exchanges in bytes.
    """

    def __init__(self, max_bytes: int) -> None:
        self.ages = count()  # of exchanges, in the order of their end
        self._max_bytes = max_bytes
        self._bytes = 0  # an upper bound: collected journals are subtracted at the bound only
        self._journals: WeakSet[Journal] = WeakSet()
        self._lock = Lock()

    def join(self, journal: "Journal") -> None:
        """Count a journal."""
        with self._lock:
            self._journals.add(journal)

    def grow(self, size: int) -> None:
        """Count the growth of a journal in bytes; beyond the bound, drop the oldest exchanges."""
        with self._lock:
            self._bytes += size
            if self._bytes > self._max_bytes:
                journals = list(self._journals)
                self._bytes = sum(journal.size for journal in journals)
                if self._bytes > self._max_bytes:
                    self._drop_oldest(journals)

    def _drop_oldest(self, journals: "list[Journal]") -> None:
        # A sixteenth is dropped at once: otherwise each further exchange would search all journals.
        until = self._max_bytes * 15 // 16
        oldest = [
            (age, n) for n, journal in enumerate(journals) if (age := journal.age) is not None
        ]
        heapify(oldest)
        while oldest and self._bytes > until:
            number = oldest[0][1]
            self._bytes -= journals[number].drop_oldest()
            age = journals[number].age
            if age is None:
                heappop(oldest)
            else:
                heapreplace(oldest, (age, number))


PROCESS_MEMORY = Memory(MAX_ALL_JOURNALS_BYTES)


class Journal:
    """The latest exchanges of a workspace.

    Args:
        capacity: The maximum number of exchanges; 0 turns the journal off.
        memory: The bound of all journals together.
    """

    def __init__(self, capacity: int, memory: Memory = PROCESS_MEMORY) -> None:
        self.capacity = capacity
        self._lock = Lock()
        self._memory = memory
        self.clear()
        memory.join(self)

    def __len__(self) -> int:
        return len(self._exchanges)

    @property
    def size(self) -> int:
        """The memory of the exchanges in bytes."""
        return self._size

    @property
    def age(self) -> int | None:
        """The order of the oldest exchange among all journals; None in an empty journal."""
        with self._lock:
            return self._exchanges[0][0] if self._exchanges else None

    @property
    def last(self) -> Exchange | None:
        """The latest exchange; None in an empty journal."""
        with self._lock:
            return self._exchanges[-1][1] if self._exchanges else None

    @property
    def last_number(self) -> int:
        """The number of the latest exchange; 0 after a clear."""
        last = self.last
        return last.number if last else 0

    def get(self, number: int) -> Exchange | None:
        """Return the exchange with a number; None if the journal does not have the exchange."""
        return next((one for one in self.find_after(number - 1) if one.number == number), None)

    def clear(self) -> None:
        """Remove all exchanges; the next exchange has the number 1."""
        with self._lock:
            self._exchanges: deque[tuple[int, Exchange]] = deque()
            self._numbers = count(1)
            self._size = 0

    def add(self, exchange: Exchange) -> None:
        """Record an exchange; beyond the bounds, drop the oldest exchanges."""
        with self._lock:
            before = self._size
            exchange.number = next(self._numbers)
            self._exchanges.append((next(self._memory.ages), exchange))
            self._size += exchange.size
            while len(self._exchanges) > self.capacity or (
                self._size > MAX_JOURNAL_BYTES and len(self._exchanges) > 1
            ):
                self._size -= self._exchanges.popleft()[1].size
            grown = self._size - before
        # Without the lock: ``grow`` takes the locks of all journals.
        self._memory.grow(grown)

    def drop_oldest(self) -> int:
        """Drop the oldest exchange, if any; return the freed bytes."""
        with self._lock:
            freed = self._exchanges.popleft()[1].size if self._exchanges else 0
            self._size -= freed
            return freed

    def find(self, match: Match) -> list[Exchange]:
        """Return the matching exchanges, oldest first."""
        return [exchange for exchange in self._copy() if match(exchange)]

    def find_after(self, number: int) -> list[Exchange]:
        """Return the exchanges with higher numbers, oldest first."""
        found: list[Exchange] = []
        with self._lock:
            for _, exchange in reversed(self._exchanges):
                if exchange.number <= number:
                    break
                found.append(exchange)
        return found[::-1]

    def find_errors(self) -> list[Exchange]:
        """Return the exchanges with a status of 5xx, except planned answers."""
        return [e for e in self._copy() if e.status >= FIRST_ERROR_STATUS and not e.is_planned]

    def find_unserved(self) -> list[str]:
        """Return the hints about missing operations and versions, oldest first (URL-8)."""
        return [hint for exchange in self._copy() if (hint := exchange.unserved)]

    def find_near(self, match: Match) -> list[NearMiss]:
        """Return up to three other exchanges, the nearest and latest first."""
        return nsmallest(MAX_NEAR_MISSES, self._find_near_misses(match), key=_distance)

    def _find_near_misses(self, match: Match) -> Iterator[NearMiss]:
        for exchange in self._copy():
            if mismatches := list(match.mismatches(exchange)):
                yield NearMiss(exchange, mismatches)

    def _copy(self) -> list[Exchange]:
        with self._lock:
            return [exchange for _, exchange in self._exchanges]


def _distance(near: NearMiss) -> tuple[int, int]:
    return len(near.mismatches), -near.exchange.number
