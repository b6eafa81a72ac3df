"""The pages of the traffic: the journal, and an exchange with the rule behind a fault."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from emulator.console import correction, event, failure, ledger, snippet
from emulator.console.address import join_key
from emulator.console.page import link, render, workspace
from emulator.console.setup import Setup
from emulator.control import har
from emulator.ocapi.access.auth import find_client
from emulator.recording.exchange import Exchange
from emulator.recording.glob import compile_text
from emulator.recording.match import Match

NAME = "traffic"
FILTERS = ("method", "path", "status", "fault", "client")
MAX_SHOWN_EXCHANGES = 200


def create(setup: Setup) -> Blueprint:
    """Return the pages below ``traffic``."""
    blueprint = Blueprint(NAME, __name__)
    blueprint.add_url_rule("", "exchanges", _show_exchanges)
    blueprint.add_url_rule("/events", "events", event.stream)
    blueprint.add_url_rule("/<int:number>", "exchange", lambda number: _show(setup, number))
    return blueprint


def _show_exchanges() -> Response:
    """Show the latest exchanges that fit the filters, newest first."""
    journal = workspace().journal
    filters = {name: request.args.get(name, "").strip() for name in FILTERS}
    kept = journal.find(Match({}))
    found = [one for one in map(event.show_line, reversed(kept)) if _fits(one, filters)]
    return render(
        "traffic.html",
        exchanges=found[:MAX_SHOWN_EXCHANGES],
        last=event.mark(kept[-1] if kept else None),
        found=len(found),
        kept=len(kept),
        capacity=journal.capacity,
        filters=filters,
        unserved=sorted(set(journal.find_unserved())),
    )


def _fits(line: Mapping[str, Any], filters: Mapping[str, str]) -> bool:
    """Return True if a line fits the filters; traffic.js filters in the same way.

    A filter without wildcards is a part of the text. In a status ``x`` stands for any digit.
    """
    for name, wanted in filters.items():
        text = str(line[name]).lower()
        if name == "status":
            pattern = wanted.lower().ljust(len(text), "*")
            has_status = all(a in ("x", "*", b) for a, b in zip(pattern, text, strict=False))
            fits = has_status and len(wanted) <= len(text)
        else:
            pattern = wanted.lower() if "*" in wanted else f"*{wanted.lower()}*"
            fits = compile_text(pattern).fullmatch(text)
        if not fits:
            return False
    return True


def _show(setup: Setup, number: int) -> Response:
    """Show an exchange; for a fault the rule, the advice and the corrected request.

    Raises:
        NotFound: The journal does not have the exchange.
    """
    place = workspace()
    found = place.journal.get(number)
    if found is None:
        raise NotFound(f"The journal has no exchange {number}: it may have been dropped.")
    failed = failure.read_failure(found)
    client_id = found.client if find_client(place.store, found.client) else ""
    archive = har.export([found], request.host_url.rstrip("/"))
    return render(
        "exchange.html",
        exchange=found.show(),
        messages=_show_messages(found.show()),
        client_id=client_id,
        curl=snippet.show_curl(failed.sent, place, client_id),
        pytest=snippet.show_pytest(
            failed.sent, found.status, found.fault if failed.message else ""
        ),
        is_whole=failed.is_whole,
        har=orjson.dumps(archive, option=orjson.OPT_INDENT_2).decode(),
        rules=ledger.find_rules(found.fault) if found.fault else (),
        rule_link=lambda rule: f"{link('contract.rules')}#{rule.id}",
        **(_explain(setup, found, failed, client_id) if found.fault else {}),
    )


def _explain(
    setup: Setup, exchange: Exchange, failed: failure.Failure, client_id: str
) -> dict[str, Any]:
    place = workspace()
    failure_place = correction.Place(setup, place, exchange)
    found = correction.correct(failed, failure_place)
    explained = {"fault_message": failed.message, "document": _find_document(failed, failure_place)}
    if found is None:
        return explained
    settings = orjson.dumps(found.settings, option=orjson.OPT_INDENT_2) if found.settings else b""
    return {
        **explained,
        "advice": found.advice,
        "settings": settings.decode(),
        "corrected": found.sent,
        "corrected_curl": snippet.show_curl(found.sent, place, client_id) if found.sent else "",
    }


def _find_document(failed: failure.Failure, place: correction.Place) -> str:
    """Return the URL of the changes of the document in the path; empty without a document."""
    found = place.find_address(failed.sent.path)
    if found is None or place.workspace.store.get(found[0].name, found[1]) is None:
        return ""
    resource, key = found
    return link("data.document", name=resource.name, key=join_key(key), view="changes")


def _show_messages(shown: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return headers and body of the request and of the answer; JSON is indented."""
    return [
        {
            "title": title,
            "headers": shown[name]["headers"],
            "text": _indent(shown[name]["body"].get("text", "")),
            "base64": shown[name]["body"].get("base64", ""),
            "size": shown[name]["body"]["size"],
            "is_cut": shown[name]["body"]["truncated"],
        }
        for title, name in (("Request", "request"), ("Answer", "answer"))
    ]


def _indent(text: str) -> str:
    """Return a JSON text with an indent; any other text unchanged."""
    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # no JSON, or very deep JSON
        return text
