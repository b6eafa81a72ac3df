"""The page of the trouble: failpoints, stubs, and the clock of the workspace."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Blueprint, Response

from emulator.clock import render_instant
from emulator.console.page import render, workspace
from emulator.console.setup import Setup

NAME = "trouble"
DEFAULT_STATUS = 200  # of a stub without a status
MAX_JSON_CHARACTERS = 300
MAX_SHOWN_STATUSES = 10
METHODS = ("GET", "PUT", "PATCH", "POST", "DELETE")


def create(setup: Setup) -> Blueprint:
    """Return the page ``trouble``."""
    blueprint = Blueprint(NAME, __name__)
    blueprint.add_url_rule("", "failpoints", lambda: _show(setup))
    return blueprint


def _show(setup: Setup) -> Response:
    place = workspace()
    faults = {name: setup.data.fill_arguments(name, {}) for name in sorted(setup.data.faults)}
    return render(
        "trouble.html",
        failpoints=[failpoint.show() for failpoint in place.failpoints],
        stubs=[stub.show() for stub in place.stubs],
        show_json=_show_json,
        list_statuses=_list_statuses,
        faults=faults,
        methods=METHODS,
        now=render_instant(place.clock.now()),
        is_frozen=place.clock.is_frozen,
    )


def _show_json(value: Any) -> str:
    """Return a declared value as JSON; a body may be very long."""
    text = orjson.dumps(value).decode()
    return f"{text[:MAX_JSON_CHARACTERS]}…" if len(text) > MAX_JSON_CHARACTERS else text


def _list_statuses(stub: Mapping[str, Any]) -> str:
    """Return the statuses of a stub's answers in order, such as ``503, 503, 200``."""
    answers = stub["answer"] if isinstance(stub["answer"], list) else [stub["answer"]]
    shown = [str(answer.get("status", DEFAULT_STATUS)) for answer in answers[:MAX_SHOWN_STATUSES]]
    return ", ".join([*shown, "…"] if len(answers) > len(shown) else shown)
