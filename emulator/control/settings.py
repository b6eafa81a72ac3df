"""The settings of a workspace: who may do what; and the least that its traffic needed."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request

from emulator.control.problem import invalid, read_json
from emulator.recording.exchange import Exchange
from emulator.recording.match import Match
from emulator.workspace.workspace import current

Read = Callable[[Any], Any]
Summarize = Callable[[Iterable[Exchange]], Mapping[str, Any]]
EVERYTHING = Match({})
LOG = logging.getLogger(__name__)
MAX_HINT_CHARACTERS = 4000
CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # neither a header nor a line of the log can carry these


def create(read: Read, summarize: Summarize) -> Blueprint:
    """Return the endpoints below ``settings``.

    Args:
        read: Returns what a settings document permits; raises a ValueError whose ``problems``
            tell what is wrong with it by JSON path.
        summarize: Returns the smallest document that allows recorded requests.
    """
    part = Blueprint("settings", __name__)

    @part.get("")
    def show() -> Response:
        permissions = current(request.environ).permissions
        return jsonify(getattr(permissions, "document", None))

    @part.post("")
    def load() -> Response:
        document = read_json()
        try:
            permissions = read(document)
        except ValueError as error:
            raise invalid(getattr(error, "problems", {"": str(error)})) from error
        current(request.environ).permit(permissions)
        return _show_warnings(jsonify(document), getattr(permissions, "warnings", {}))

    @part.get("/from-journal")
    def show_needed() -> Response:
        return jsonify(summarize(current(request.environ).journal.find(EVERYTHING)))

    part.add_url_rule("", "clear", clear, methods=["DELETE"])
    return part


def _show_warnings(response: Response, warnings: Mapping[str, str]) -> Response:
    """Log the warnings of a document and add them to the response as a header (SET-5)."""
    lines = [CONTROL.sub(" ", f"{place}: {reason}") for place, reason in warnings.items()]
    for line in lines:
        LOG.warning("settings: %s", line)
    if lines:
        text = "; ".join(lines).encode("ascii", "backslashreplace").decode()
        response.headers["x-emulator-hint"] = text[:MAX_HINT_CHARACTERS]
    return response


def clear() -> tuple[str, int]:
    """Let every client do everything."""
    current(request.environ).permit(None)
    return "", 204
