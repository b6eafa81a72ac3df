"""The clock of a workspace: look at it, stop it, set it, move it, give it back to the world."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
from marshmallow import Schema, ValidationError, fields

from emulator.clock import Clock, ClockError, render_instant
from emulator.control.problem import Problem, load, read_json
from emulator.workspace.failpoint import Real
from emulator.workspace.workspace import current


class Instant(fields.Field[datetime]):
    """An instant as ISO 8601 has it, in UTC unless it says otherwise."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            read = datetime.fromisoformat(value)
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        except (TypeError, ValueError, OverflowError) as error:
            told = "An instant is written as 2026-01-31T12:00:00Z."
            raise ValidationError(told) from error


class FreezeSchema(Schema):
    """Where to stop."""

    at = Instant()


class SetSchema(Schema):
    """From where to go on."""

    at = Instant(required=True)


class AdvanceSchema(Schema):
    """How far to move."""

    seconds = Real(required=True)


def create() -> Blueprint:
    """Return the endpoints below ``clock``."""
    part = Blueprint("clock", __name__)
    part.add_url_rule("", "show", lambda: show(_clock()))
    part.add_url_rule("/freeze", "freeze", freeze, methods=["POST"])
    part.add_url_rule("/set", "set", set_, methods=["POST"])
    part.add_url_rule("/advance", "advance", advance, methods=["POST"])
    part.add_url_rule("/reset", "reset", reset, methods=["POST"])
    return part


def _clock() -> Clock:
    return current(request.environ).clock


def show(clock: Clock) -> Response:
    """Answer what time it is, and whether it stands."""
    return jsonify(now=render_instant(clock.now()), frozen=clock.is_frozen)


def _move(work: Callable[[], None]) -> Response:
    """Answer what time it is once the clock was moved, or why it was not."""
    try:
        work()
    except ClockError as error:
        raise Problem(400, f"{error}.") from error
    return show(_clock())


def freeze() -> Response:
    """Stop the clock, where it is or ``at`` an instant."""
    clock = _clock()
    at = load(FreezeSchema(), read_json()).get("at")
    return _move(lambda: clock.freeze(at))


def set_() -> Response:
    """Let the clock go on from an instant."""
    clock = _clock()
    at = load(SetSchema(), read_json())["at"]
    return _move(lambda: clock.set(at))


def advance() -> Response:
    """Move the clock by some seconds."""
    clock = _clock()
    seconds = load(AdvanceSchema(), read_json())["seconds"]
    return _move(lambda: clock.advance(seconds))


def reset() -> Response:
    """Give the clock the time it had at the start."""
    clock = _clock()
    clock.reset()
    return show(clock)
