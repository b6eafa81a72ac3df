"""The overview: what is served, what the workspace holds, and the first steps."""

from flask import Response

from emulator.console.page import render
from emulator.console.setup import Setup


def show(setup: Setup) -> Response:
    """Return the page."""
    return render("overview.html", config=setup.config)
