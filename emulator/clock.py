"""The source of time and random ids; a clock can be frozen, moved and seeded."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Lock
from typing import NamedTuple

SEEDED_START = datetime(2026, 1, 1, tzinfo=UTC)
"""The frozen instant of a seeded clock at the start."""

VALID_YEARS = range(1970, 9999)
"""The years of instants: Python can still add a lifetime to the last year."""


_source = Random()  # noqa: S311 - ids are no secrets
if sys.platform != "win32":  # there is no fork on Windows
    # A forked process would draw the same ids as its parent.
    os.register_at_fork(after_in_child=_source.seed)


class ClockError(ValueError):
    """The clock cannot show this time."""


class Reading(NamedTuple):
    """The state of a clock: the offset from the real time, or the instant if frozen."""

    offset: timedelta = timedelta()
    frozen: datetime | None = None

    def read(self) -> datetime:
        """Return the present instant."""
        return self.frozen or datetime.now(UTC) + self.offset


def render_instant(instant: datetime) -> str:
    """Return an aware instant in UTC to the millisecond, as in ``2026-01-31T12:00:00.000Z``."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def draw_identifier(source: Random = _source) -> str:
    """Return 32 random lower-case hex digits."""
    return f"{source.getrandbits(128):032x}"


def _check(instant: datetime) -> datetime:
    """Return an instant in UTC.

    Raises:
        ClockError: There is no time zone, or the year is not valid.
    """
    if instant.tzinfo is None:
        raise ClockError(f"{instant} has no time zone")
    if instant.year not in VALID_YEARS:
        raise ClockError(
            f"the year {instant.year} is not between {VALID_YEARS[0]} and {VALID_YEARS[-1]}"
        )
    return instant.astimezone(UTC)


def _advance(reading: Reading, seconds: float) -> Reading:
    try:
        step = timedelta(seconds=seconds)
        moved = Reading(reading.offset + step, reading.frozen and reading.frozen + step)
        _check(moved.read())
    except (OverflowError, ValueError) as error:
        years = f"{VALID_YEARS[0]} to {VALID_YEARS[-1]}"
        raise ClockError(f"{seconds} seconds lead to a year outside {years}") from error
    return moved


def begin(seed: str) -> Reading:
    """Return the state of a clock at the start."""
    return Reading(frozen=SEEDED_START if seed else None)


class Clock:
    """A clock with the real time and random ids, until it is frozen, moved or seeded.

    Args:
        seed: The seed of ids. A seeded clock is frozen at ``SEEDED_START``. Empty for none.
    """

    def __init__(self, seed: str = "") -> None:
        self._seed = seed
        self._lock = Lock()
        self.reset()

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        reading = self._reading
        return reading.frozen or datetime.now(UTC) + reading.offset

    def identifier(self) -> str:
        """Return a new id of 32 lower-case hex digits."""
        return draw_identifier(self._random or _source)

    @property
    def is_frozen(self) -> bool:
        """Whether the clock is frozen."""
        return self._reading.frozen is not None

    def freeze(self, at: datetime | None = None) -> None:
        """Stop at an instant, or now.

        Raises:
            ClockError: The instant has no time zone, or its year is not valid.
        """
        instant = None if at is None else _check(at)
        self._update(lambda reading: Reading(frozen=instant or reading.read()))

    def set(self, at: datetime) -> None:
        """Run on from an instant.

        Raises:
            ClockError: The instant has no time zone, or its year is not valid.
        """
        instant = _check(at)
        self._update(lambda _: Reading(instant - datetime.now(UTC)))

    def advance(self, seconds: float) -> None:
        """Move forwards, or backwards by a negative number. A frozen clock stays frozen.

        Raises:
            ClockError: The seconds are not a number, or lead to a year that is not valid.
        """
        self._update(lambda reading: _advance(reading, seconds))

    def reset(self) -> None:
        """Return to the state of the start; seeded ids begin again."""
        with self._lock:
            self._reading = begin(self._seed)
            # A seed is given to make ids foreseeable.
            self._random = Random(self._seed) if self._seed else None  # noqa: S311

    def _update(self, move: Callable[[Reading], Reading]) -> None:
        """Replace the reading by the result of a function."""
        with self._lock:
            self._reading = move(self._reading)
