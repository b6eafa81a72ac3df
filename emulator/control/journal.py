"""Endpoints of the journal: show, count, verify and export recorded exchanges."""

from typing import Any

from flask import Blueprint, Response, jsonify, request
from marshmallow import ValidationError, fields, validate, validates_schema

from emulator.control import har
from emulator.control.problem import Problem, load, read_json
from emulator.recording.exchange import Exchange
from emulator.recording.journal import Journal, NearMiss
from emulator.recording.match import ExchangeMatch, Match
from emulator.recording.nearest import AdvisingSchema
from emulator.workspace.registry import current

DEFAULT_SHOWN_EXCHANGES = 100
MAX_SHOWN_MATCHES = 10
"""The matching exchanges, the latest ones, in a failed verification."""
LIMIT_PARAMETER, AFTER_PARAMETER = "limit", "after"
MAX_NUMBER_DIGITS = 9


class VerifySchema(AdvisingSchema):
    """The expected number of matching exchanges."""

    match = fields.Nested(ExchangeMatch(), load_default=dict)
    times = fields.Integer(strict=True, validate=validate.Range(0))
    at_least = fields.Integer(strict=True, validate=validate.Range(0))
    at_most = fields.Integer(strict=True, validate=validate.Range(0))

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        """Check the bounds: no bound beside an exact number, no minimum above the maximum."""
        if "times" in data and {"at_least", "at_most"} & data.keys():
            raise ValidationError("Excludes at_least and at_most.", "times")
        if data.get("at_least", 0) > data.get("at_most", data.get("at_least", 0)):
            raise ValidationError("Is less than at_least.", "at_most")


def create() -> Blueprint:
    """Return the endpoints below ``journal``."""
    blueprint = Blueprint("journal", __name__)
    blueprint.add_url_rule("", "show", show)
    blueprint.add_url_rule("", "clear", clear, methods=["DELETE"])
    blueprint.add_url_rule("/count", "count", count)
    blueprint.add_url_rule("/har", "export", export)
    blueprint.add_url_rule("/verify", "verify", verify, methods=["POST"])
    return blueprint


def _journal() -> Journal:
    return current(request.environ).journal


def _read_filter(*others: str) -> Match:
    """Return the conditions in the query; ``header`` and ``query`` have the form ``name:value``."""
    given: dict[str, Any] = {}
    for name, values in request.args.lists():
        if name in ("header", "query"):
            given[name] = dict(_split(name, value) for value in values)
        elif name not in others:
            given[name] = values[-1]
    return Match(load(ExchangeMatch(), given))


def _split(name: str, value: str) -> tuple[str, str]:
    key, colon, pattern = value.partition(":")
    if not colon:
        raise Problem(400, f"Write {name} as {name}=name:value, not '{value}'.")
    return key.strip(), pattern.strip()


def show() -> Response:
    """Answer the latest matching exchanges, oldest first."""
    limit = _read_number(LIMIT_PARAMETER, DEFAULT_SHOWN_EXCHANGES)
    match, after = _read_filter(LIMIT_PARAMETER, AFTER_PARAMETER), _read_number(AFTER_PARAMETER, 0)
    last = _journal().last_number
    found = _find_after(after, match) if after else _journal().find(match)
    shown = found[-limit:] if limit > 0 else []
    # An exchange that ended since the look at the number is among the found ones, or comes later.
    last = max(last, found[-1].number if found else 0)
    exchanges = [exchange.show() for exchange in shown]
    return jsonify(count=len(found), last=last, exchanges=exchanges)


def _read_number(parameter: str, default: int) -> int:
    """Return a parameter of the query as a number.

    Raises:
        Problem: 400, the parameter is not a number.
    """
    text = request.args.get(parameter, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_NUMBER_DIGITS):
        raise Problem(400, f"{parameter} must be a whole number from 0.")
    return int(text)


def _find_after(number: int, match: Match) -> list[Exchange]:
    """Return the matching exchanges since an exchange; all if the journal was emptied since."""
    journal = _journal()
    since = number if number <= journal.last_number else 0
    return [exchange for exchange in journal.find_after(since) if match(exchange)]


def count() -> Response:
    """Answer the number of matching exchanges."""
    return jsonify(count=len(_journal().find(_read_filter())))


def clear() -> tuple[str, int]:
    """Remove all exchanges."""
    _journal().clear()
    return "", 204


def export() -> Response:
    """Answer the matching exchanges as an HTTP Archive 1.2."""
    found = _journal().find(_read_filter())
    return jsonify(har.export(found, f"{request.scheme}://{request.host}"))


def verify() -> Response:
    """Answer 200 for the expected number of exchanges, else 409 with matches and near misses."""
    expected = load(VerifySchema(), read_json())
    match, journal = Match(expected["match"]), _journal()
    recorded = journal.find(match)
    found = len(recorded)
    least, most = _bounds(expected)
    if least <= found and (most is None or found <= most):
        return jsonify(status="ok", count=found)
    detail = f"{found} of {len(journal)} exchanges match; expected {_describe(least, most)}."
    detail += "" if journal.capacity else " The journal is off: --journal is 0."
    nearest = [_show_near(near) for near in journal.find_near(match)] if found < least else []
    shown = [_show_briefly(exchange) for exchange in recorded[-MAX_SHOWN_MATCHES:]]
    raise Problem(409, detail, count=found, recorded=shown, nearest=nearest)


def _bounds(expected: dict[str, Any]) -> tuple[int, int | None]:
    """Return the minimum and the maximum number, None for no maximum; by default at least 1."""
    if "times" in expected:
        return expected["times"], expected["times"]
    least = 0 if "at_most" in expected else 1
    return expected.get("at_least", least), expected.get("at_most")


def _describe(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return f"exactly {least}" if least == most else f"from {least} to {most}"


def _show_near(near: NearMiss) -> dict[str, Any]:
    mismatches = {m.name: {"expected": m.expected, "actual": m.actual} for m in near.mismatches}
    return {**_show_briefly(near.exchange), "mismatches": mismatches}


def _show_briefly(exchange: Exchange) -> dict[str, Any]:
    """Return an exchange without headers and bodies."""
    shown = exchange.show()
    names = ("number", "method", "path", "query", "operation", "client", "status", "fault")
    return {name: shown[name] for name in names}
