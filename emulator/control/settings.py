"""The endpoints of settings: load, show and clear; the smallest settings for the journal."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request

from emulator.control.problem import invalid, read_json
from emulator.family import HINT_HEADER
from emulator.recording.exchange import Exchange
from emulator.recording.match import Match
from emulator.workspace.registry import current

Read = Callable[[Any], Any]
Summarize = Callable[[Iterable[Exchange]], Mapping[str, Any]]
ANY_EXCHANGE = Match({})
logger = logging.getLogger(__name__)
MAX_HINT_CHARACTERS = 4000
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]")  # not valid in a header or a line of the log


def create(read: Read, summarize: Summarize) -> Blueprint:
    """Return the endpoints below ``settings``.

    Args:
        read: Returns the permissions of a settings document; raises ValueError with ``problems``,
            messages by JSON path.
        summarize: Returns the smallest settings document for recorded requests.
    """
    blueprint = Blueprint("settings", __name__)

    @blueprint.get("")
    def show() -> Response:
        permissions = current(request.environ).permissions
        return jsonify(getattr(permissions, "document", None))

    @blueprint.post("")
    def load() -> Response:
        document = read_json()
        try:
            permissions = read(document)
        except ValueError as error:
            raise invalid(getattr(error, "problems", {"": str(error)})) from error
        current(request.environ).permit(permissions)
        return _show_warnings(jsonify(document), getattr(permissions, "warnings", {}))

    @blueprint.get("/from-journal")
    def show_needed() -> Response:
        return jsonify(summarize(current(request.environ).journal.find(ANY_EXCHANGE)))

    blueprint.add_url_rule("", "clear", clear, methods=["DELETE"])
    return blueprint


def _show_warnings(response: Response, warnings: Mapping[str, str]) -> Response:
    """Log the warnings of a document, and repeat the warnings in a header (SET-5)."""
    lines = [
        CONTROL_CHARACTERS.sub(" ", f"{place}: {reason}") for place, reason in warnings.items()
    ]
    for line in lines:
        logger.warning("settings: %s", line)
    if lines:
        text = "; ".join(lines).encode("ascii", "backslashreplace").decode()
        response.headers[HINT_HEADER] = text[:MAX_HINT_CHARACTERS]
    return response


def clear() -> tuple[str, int]:
    """Remove the settings: every client has all permissions."""
    current(request.environ).permit(None)
    return "", 204
