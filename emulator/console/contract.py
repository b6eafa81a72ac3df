"""The pages of the contract: the rules of the ledger, with evidence and tests."""

from itertools import groupby

from flask import Blueprint, Response, request

from emulator.console import ledger
from emulator.console.page import render

NAME = "contract"


def create() -> Blueprint:
    """Return the pages below ``contract``."""
    blueprint = Blueprint(NAME, __name__)
    blueprint.add_url_rule("", "rules", _show_rules)
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
