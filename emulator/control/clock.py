"""The endpoints of the clock: show, freeze, set, advance, reset."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
from marshmallow import ValidationError, fields

from emulator.clock import Clock, ClockError, render_instant
from emulator.control.problem import Problem, load, read_json
from emulator.recording.nearest import AdvisingSchema
from emulator.workspace.failpoint import Real
from emulator.workspace.registry import current


class Instant(fields.Field[datetime]):
    """An instant of ISO 8601; in UTC if the text has no offset."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            read = datetime.fromisoformat(value)
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValidationError("Write an instant as 2026-01-31T12:00:00Z.") from error


class FreezeSchema(AdvisingSchema):
    """A request to freeze the clock, now or at an instant."""

    at = Instant()


class SetSchema(AdvisingSchema):
    """A request to set the clock."""

    at = Instant(required=True)


class AdvanceSchema(AdvisingSchema):
    """A request to advance the clock."""

    seconds = Real(required=True)


def create() -> Blueprint:
    """Return the endpoints below ``clock``."""
    blueprint = Blueprint("clock", __name__)
    blueprint.add_url_rule("", "show", lambda: show(_clock()))
    blueprint.add_url_rule("/freeze", "freeze", freeze, methods=["POST"])
    blueprint.add_url_rule("/set", "set", set_, methods=["POST"])
    blueprint.add_url_rule("/advance", "advance", advance, methods=["POST"])
    blueprint.add_url_rule("/reset", "reset", reset, methods=["POST"])
    return blueprint


def _clock() -> Clock:
    return current(request.environ).clock


def show(clock: Clock) -> Response:
    """Answer the time, and true for a frozen clock."""
    return jsonify(now=render_instant(clock.now()), frozen=clock.is_frozen)


def _move(step: Callable[[], None]) -> Response:
    """Change the clock and answer the time.

    Raises:
        Problem: 400, the year would not be valid.
    """
    try:
        step()
    except ClockError as error:
        raise Problem(400, f"{error}.") from error
    return show(_clock())


def freeze() -> Response:
    """Freeze the clock, now or ``at`` an instant."""
    clock = _clock()
    at = load(FreezeSchema(), read_json()).get("at")
    return _move(lambda: clock.freeze(at))


def set_() -> Response:
    """Set the clock to an instant; the clock runs on."""
    clock = _clock()
    at = load(SetSchema(), read_json())["at"]
    return _move(lambda: clock.set(at))


def advance() -> Response:
    """Advance the clock by some seconds."""
    clock = _clock()
    seconds = load(AdvanceSchema(), read_json())["seconds"]
    return _move(lambda: clock.advance(seconds))


def reset() -> Response:
    """Reset the clock to the time of the start."""
    clock = _clock()
    clock.reset()
    return show(clock)
