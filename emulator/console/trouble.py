"""The page of the trouble: failpoints that change answers, and the clock of the workspace."""

from flask import Blueprint, Response

from emulator.clock import render_instant
from emulator.console.page import render, workspace
from emulator.console.setup import Setup

NAME = "trouble"
METHODS = ("GET", "PUT", "PATCH", "POST", "DELETE")


def create(setup: Setup) -> Blueprint:
    """Return the page ``trouble``."""
    blueprint = Blueprint(NAME, __name__)
    blueprint.add_url_rule("", "failpoints", lambda: _show(setup))
    return blueprint


def _show(setup: Setup) -> Response:
    place = workspace()
    faults = {name: list(setup.data.faults[name]) for name in sorted(setup.data.faults)}
    return render(
        "trouble.html",
        failpoints=[failpoint.show() for failpoint in place.failpoints],
        faults=faults,
        methods=METHODS,
        now=render_instant(place.clock.now()),
        is_frozen=place.clock.is_frozen,
    )
