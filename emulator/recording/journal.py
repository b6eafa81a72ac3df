"""The journal: the latest exchanges of a workspace, bounded in number and in bytes."""

from collections import deque
from collections.abc import Iterator
from heapq import heapify, heappop, heapreplace, nsmallest
from itertools import count
from threading import Lock
from typing import NamedTuple
from weakref import WeakSet

from emulator.recording.exchange import Exchange
from emulator.recording.match import Match, Miss

MAX_JOURNAL_BYTES = 4 * 1024 * 1024
MAX_PROCESS_BYTES = 256 * 1024 * 1024  # all journals of a process together
NEAR_MISSES = 3
SERVER_ERROR = 500


class NearMiss(NamedTuple):
    """An exchange that does not match, and the conditions that do not hold."""

    exchange: Exchange
    misses: list[Miss]


class Memory:
    """The memory that several journals share.

    The oldest exchanges of all journals are dropped when the journals outgrow the memory. A
    journal that nobody uses any more leaves the memory by itself.

    Args:
        max_bytes: What all exchanges together may take.
    """

    def __init__(self, max_bytes: int) -> None:
        self.ages = count()  # of exchanges, in the order of their end
        self._max_bytes = max_bytes
        self._bytes = 0  # or more: the bytes of journals that are gone are found when they matter
        self._journals: WeakSet[Journal] = WeakSet()
        self._lock = Lock()

    def join(self, journal: "Journal") -> None:
        """Let a journal share the memory."""
        with self._lock:
            self._journals.add(journal)

    def grow(self, size: int) -> None:
        """Note that a journal has grown by some bytes, and drop the oldest exchanges if needed."""
        with self._lock:
            self._bytes += size
            if self._bytes > self._max_bytes:
                journals = list(self._journals)
                self._bytes = sum(journal.size for journal in journals)
                if self._bytes > self._max_bytes:
                    self._drop_oldest(journals)

    def _drop_oldest(self, journals: "list[Journal]") -> None:
        # A sixteenth is dropped at once, so that not every exchange looks through all journals.
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


PROCESS_MEMORY = Memory(MAX_PROCESS_BYTES)


class Journal:
    """Keeps the latest exchanges.

    Args:
        capacity: The greatest number of exchanges; 0 turns the journal off.
        memory: The memory that the journal shares with others.
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
        """The bytes that the exchanges take."""
        return self._size

    @property
    def age(self) -> int | None:
        """The age of the oldest exchange, smaller for older ones; None in an empty journal."""
        with self._lock:
            return self._exchanges[0][0] if self._exchanges else None

    def clear(self) -> None:
        """Remove all exchanges; the next exchange has the number 1."""
        with self._lock:
            self._exchanges: deque[tuple[int, Exchange]] = deque()
            self._numbers = count(1)
            self._size = 0

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange, and drop the oldest exchanges if there are too many."""
        with self._lock:
            before = self._size
            exchange.number = next(self._numbers)
            self._exchanges.append((next(self._memory.ages), exchange))
            self._size += exchange.size
            while len(self) > self.capacity or (self._size > MAX_JOURNAL_BYTES and len(self) > 1):
                self._size -= self._exchanges.popleft()[1].size
            grown = self._size - before
        # Not under the lock: the memory looks into all journals.
        self._memory.grow(grown)

    def drop_oldest(self) -> int:
        """Drop the oldest exchange, if there is any, and return the bytes that are free."""
        with self._lock:
            freed = self._exchanges.popleft()[1].size if self._exchanges else 0
            self._size -= freed
            return freed

    def find(self, match: Match) -> list[Exchange]:
        """Return the exchanges that match, oldest first."""
        return [exchange for exchange in self._copy() if match(exchange)]

    def find_errors(self) -> list[Exchange]:
        """Return the exchanges with a status of 5xx that no failpoint asked for."""
        return [e for e in self._copy() if e.status >= SERVER_ERROR and not e.failpoint]

    def find_near(self, match: Match) -> list[NearMiss]:
        """Return up to three exchanges that do not match, the nearest and latest first."""
        return nsmallest(NEAR_MISSES, self._find_misses(match), key=_distance)

    def _find_misses(self, match: Match) -> Iterator[NearMiss]:
        for exchange in self._copy():
            if misses := list(match.misses(exchange)):
                yield NearMiss(exchange, misses)

    def _copy(self) -> list[Exchange]:
        with self._lock:
            return [exchange for _, exchange in self._exchanges]


def _distance(near: NearMiss) -> tuple[int, int]:
    return len(near.misses), -near.exchange.number
