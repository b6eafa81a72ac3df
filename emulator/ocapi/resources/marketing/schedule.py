"""Times of campaigns, assignments and groups, by the workspace's clock (MKT-3)."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from emulator.clock import render_instant
from emulator.fixture.reference import Records
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import START_AFTER_END
from emulator.ocapi.schema.fields import (
    Array,
    DateTime,
    Embedded,
    Enumeration,
    String,
    constrained,
    refuse,
)
from emulator.store import Record

Properties = Mapping[str, Any]
Phase = Literal["over", "active", "upcoming"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(:[0-5]\d(\.\d{1,3})?Z?)?", re.ASCII)


class Time(String):
    """A time of the day in hours and minutes; the seconds are 0."""

    def __init__(self) -> None:
        super().__init__(metadata={"format": "time"})

    def check(self, value: str) -> str:
        """See ``Property.check``."""
        found = TIME.fullmatch(value)
        return f"{found[1]}:{found[2]}:00" if found else refuse(constrained)


class TimeOfDay(Document):
    """A part of a day."""

    time_from = Time()
    time_to = Time()


class Recurrence(Document):
    """The days of the week and the part of the day of a schedule."""

    day_of_week = Array(Enumeration(*WEEKDAYS), metadata={"enum": list(WEEKDAYS)})
    time_of_day = Embedded(TimeOfDay())


class Schedule(Document):
    """The first and last instant of an assignment, and the recurrence."""

    end_date = DateTime()
    recurrence = Embedded(Recurrence())
    start_date = DateTime()


def check_dates(document: str, record: Record) -> None:
    """Check the dates of a written document, and of the schedule (MKT-20).

    Raises:
        Fault: START_AFTER_END.
    """
    for start, end in _list_wrong_dates(record):
        raise START_AFTER_END(document, record.key[-1], start, end)


def list_early_ends(record: Record, _: Records) -> Iterator[str]:
    """Yield the contradiction of the dates in a record of a data set (MKT-20)."""
    for _dates in _list_wrong_dates(record):
        yield "the end is before the start"


def _list_wrong_dates(record: Record) -> Iterator[tuple[str, str]]:
    """Yield start and end where the end is first: of the document, then of the schedule."""
    for dates in (record.properties, record.get("schedule") or {}):
        start, end = dates.get("start_date"), dates.get("end_date")
        if start and end and start > end:
            yield start, end


def find_phase(now: datetime, start: str | None, end: str | None) -> Phase:
    """Return the phase of a time from ``start`` to before ``end``.

    A missing bound is open.
    """
    instant = render_instant(now)
    if end is not None and end <= instant:
        return "over"
    return "upcoming" if start is not None and start > instant else "active"


def is_within(instant: str, start: str | None, end: str | None) -> bool:
    """Compare an instant, as answers have it, with a time from ``start`` to before ``end``."""
    return (start is None or start <= instant) and (end is None or instant < end)


def find_phase_of_schedule(now: datetime, schedule: Properties) -> Phase:
    """Return the phase of a schedule. Between two recurrences the schedule is upcoming."""
    phase = find_phase(now, schedule.get("start_date"), schedule.get("end_date"))
    if phase == "active" and not _recurs(now.astimezone(UTC), schedule.get("recurrence") or {}):
        return "upcoming"
    return phase


def _recurs(now: datetime, recurrence: Properties) -> bool:
    """Compare an instant, in UTC, with the days and the part of the day."""
    days, times = recurrence.get("day_of_week"), recurrence.get("time_of_day") or {}
    if days and WEEKDAYS[now.weekday()] not in days:
        return False
    time = now.strftime("%H:%M:%S")
    first, last = times.get("time_from") or "00:00:00", times.get("time_to")
    return first <= time and (last is None or time < last)
