"""The pages of the access: clients, tokens and settings."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from emulator.clock import render_instant
from emulator.console import token
from emulator.console.page import render, workspace
from emulator.console.setup import Setup
from emulator.ocapi.access.client import CLIENTS, PUBLIC_CLIENTS
from emulator.recording.match import Match
from emulator.store import Record

NAME = "access"
MAX_SHOWN_CLIENTS = 100


def create(setup: Setup) -> Blueprint:
    """Return the pages below ``access``."""
    blueprint = Blueprint(NAME, __name__)
    blueprint.add_url_rule("", "clients", _show_clients)
    blueprint.add_url_rule("/token", "token", lambda: _show_token(setup), methods=["POST"])
    blueprint.add_url_rule("/settings", "settings", lambda: _show_settings(setup))
    return blueprint


def _show_clients(given: str = "", reading: token.Reading | None = None) -> Response:
    """Show the clients, and a minted or pasted token."""
    place = workspace()
    records, total = place.store.scan(CLIENTS, 0, MAX_SHOWN_CLIENTS)
    return render(
        "access.html",
        clients=[(record.key[0], record, _list_authentication(record)) for record in records],
        total=total,
        public=sorted(PUBLIC_CLIENTS),
        token=given,
        reading=reading,
        now=render_instant(place.clock.now()),
        is_frozen=place.clock.is_frozen,
        quote=quote,
    )


def _list_authentication(client: Record) -> list[str]:
    """Return the kinds of authentication of a client."""
    certificates = [client.get("certificate")] if client.get("certificate") else []
    certificates += client.get("certificates") or ()
    ways = ["secret"] if client.get("client_secret") else []
    if certificates:
        ways.append(
            "certificate" if len(certificates) == 1 else f"{len(certificates)} certificates"
        )
    return ways or ["public: a user signs in"]


def _show_token(setup: Setup) -> Response:
    """Mint a token of a client, or read a pasted token.

    Raises:
        NotFound: There is no such client.
    """
    place, client_id = workspace(), request.form.get("client_id")
    if client_id is None:
        given = request.form.get("token", "").strip()
    else:
        try:
            given = setup.issue_token(place, client_id).access_token
        except LookupError as error:
            raise NotFound(f"{error.args[0]}.") from error
    return _show_clients(given, token.read(place, given))


def _show_settings(setup: Setup) -> Response:
    place = workspace()
    document = getattr(place.permissions, "document", None)
    needed = setup.summarize(place.journal.find(Match({})))
    return render(
        "settings.html",
        loaded=_show_json(document) if document is not None else "",
        warnings=getattr(place.permissions, "warnings", {}),
        needed=_show_json(needed),
        has_traffic=bool(needed.get("clients")),
        requests=len(place.journal),
    )


def _show_json(document: Mapping[str, Any]) -> str:
    return orjson.dumps(document, default=dict, option=orjson.OPT_INDENT_2).decode()
