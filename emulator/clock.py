"""The only source of the present time and of random ids; it can be stopped, moved and seeded."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Lock
from typing import NamedTuple

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""When a seeded clock begins, and stands until it is moved."""

YEARS = range(1970, 9999)
"""The years an instant may be of, so that sums around it stay within what Python can tell."""


_source = Random()  # noqa: S311 - ids tell things apart, and keep no secret
if sys.platform != "win32":  # which does not fork
    # A process that was forked would draw what its parent draws.
    os.register_at_fork(after_in_child=_source.seed)


class ClockError(ValueError):
    """The clock cannot be brought to that time."""


class Hands(NamedTuple):
    """Where a clock points: how far from the real time, or at which instant it stands."""

    offset: timedelta = timedelta()
    frozen: datetime | None = None

    def read(self) -> datetime:
        """Return the instant they point at."""
        return self.frozen or datetime.now(UTC) + self.offset


def render_instant(instant: datetime) -> str:
    """Return an aware instant in UTC to the millisecond, as in ``2026-01-31T12:00:00.000Z``."""
    utc = instant.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"


def draw_identifier(source: Random = _source) -> str:
    """Return 32 lower-case hex digits; nobody had them before, unless the source is seeded."""
    return f"{source.getrandbits(128):032x}"


def _check(instant: datetime) -> datetime:
    """Return an instant in UTC, of a year with others around it."""
    if instant.tzinfo is None:
        raise ClockError(f"{instant} has no time zone")
    if instant.year not in YEARS:
        raise ClockError(f"the year {instant.year} is not one of {YEARS[0]} to {YEARS[-1]}")
    return instant.astimezone(UTC)


def _advance(hands: Hands, seconds: float) -> Hands:
    try:
        step = timedelta(seconds=seconds)
        moved = Hands(hands.offset + step, hands.frozen and hands.frozen + step)
        _check(moved.read())
    except (OverflowError, ValueError) as error:
        raise ClockError(f"{seconds} seconds lead out of the calendar") from error
    return moved


def begin(seed: str) -> Hands:
    """Return where a clock points at the start."""
    return Hands(frozen=BEGINNING if seed else None)


class Clock:
    """Real time and real randomness, unless it was told otherwise.

    Args:
        seed: Makes ids the same in each run, and the clock stand at ``BEGINNING``; empty for none.
    """

    def __init__(self, seed: str = "") -> None:
        self._seed = seed
        self._lock = Lock()
        self.reset()

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return self._hands.read()

    def identifier(self) -> str:
        """Return an id nobody had before: 32 lower-case hex digits."""
        return draw_identifier(self._random or _source)

    @property
    def is_frozen(self) -> bool:
        """Whether time stands still."""
        return self._hands.frozen is not None

    def freeze(self, at: datetime | None = None) -> None:
        """Stop, at an instant or where the clock is.

        Raises:
            ClockError: The instant has no time zone, or is out of the calendar.
        """
        instant = None if at is None else _check(at)
        self._turn(lambda hands: Hands(frozen=instant or hands.read()))

    def set(self, at: datetime) -> None:
        """Go on from an instant.

        Raises:
            ClockError: It has no time zone, or is out of the calendar.
        """
        instant = _check(at)
        self._turn(lambda _: Hands(instant - datetime.now(UTC)))

    def advance(self, seconds: float) -> None:
        """Move forwards, or backwards by a negative number; a clock that stands goes on standing.

        Raises:
            ClockError: That is no number, or it leads out of the calendar.
        """
        self._turn(lambda hands: _advance(hands, seconds))

    def reset(self) -> None:
        """Be as at the start; seeded ids begin anew."""
        with self._lock:
            self._hands = begin(self._seed)
            # No secret is made of these: whoever gives a seed wants them to be foreseeable.
            self._random = Random(self._seed) if self._seed else None  # noqa: S311

    def _turn(self, move: Callable[[Hands], Hands]) -> None:
        """Point the hands elsewhere, as a function of where they point."""
        with self._lock:
            self._hands = move(self._hands)
