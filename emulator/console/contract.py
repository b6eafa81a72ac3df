"""The pages of the contract: rules, coverage, and the descriptions of both APIs."""

from itertools import groupby

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from emulator.console import ledger
from emulator.console.page import render
from emulator.evidence import operation
from emulator.evidence.axis import AXES
from emulator.ocapi.wire import versions

NAME = "contract"
APIS = {
    "data": ("Data API", f"/s/-/dw/meta/v1/rest/data/v{versions.CURRENT.replace('.', '_')}"),
    "inventory-service": ("Inventory Service API", "/openapi.json"),
}
"""The title and the path of the description of each API."""


def create() -> Blueprint:
    """Return the pages below ``contract``."""
    blueprint = Blueprint(NAME, __name__)
    blueprint.add_url_rule("", "rules", _show_rules)
    blueprint.add_url_rule("/coverage", "coverage", _show_coverage)
    blueprint.add_url_rule("/api/<name>", "api", _show_api)
    return blueprint


def _show_rules() -> Response:
    """Show the rules with all words of the query ``q``."""
    words = request.args.get("q", "").strip()
    rules = ledger.search(words)
    chapters = [(title, list(found)) for title, found in groupby(rules, lambda rule: rule.section)]
    return render(
        "contract.html",
        words=words,
        chapters=chapters,
        found=len(rules),
        total=len(ledger.list_rules()),
    )


def _show_coverage() -> Response:
    """Show the evidence for the operations with all words of the query ``q``."""
    words = request.args.get("q", "").strip()
    found = operation.search(words)
    return render(
        "coverage.html",
        words=words,
        operations=found,
        axes=[(axis, *axis.count(found)) for axis in AXES],
        total=len(operation.load().operations),
    )


def _show_api(name: str) -> Response:
    """Show the description of an API in Swagger UI.

    Raises:
        NotFound: There is no such API.
    """
    if name not in APIS:
        raise NotFound(f"There is no API '{name[:80]}'.")
    title, path = APIS[name]
    return render("api.html", name=name, title=title, path=path)
