"""The pages of the data: collections, documents, changes, snapshots and workspaces."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import islice, zip_longest
from typing import Any, NamedTuple

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from emulator.clock import render_instant
from emulator.console import address, changes, curl, inside, kind, listing
from emulator.console.kind import Kind
from emulator.console.page import render, workspace
from emulator.console.setup import Setup
from emulator.ocapi.access.client import CLIENTS
from emulator.ocapi.factory import sketch_document
from emulator.store import Key
from emulator.workspace.registry import registry
from emulator.workspace.workspace import Workspace

NAME = "data"
MAX_START = 10**9
MAX_SHOWN_CLIENTS = 50
MAX_SHOWN_WORKSPACES = 200
NOT_COPIED = ("_v", "_type", "_resource_state", "link", "creation_date", "last_modified")
XML = "application/xml"
JSON = "application/json"
VIEWS = {"json": "JSON", "xml": "XML", "edit": "Edit", "stored": "As stored", "changes": "Changes"}
"""The label of each view of a document."""


class Form(NamedTuple):
    """A request to send from a page.

    Attributes:
        methods: The methods to choose from.
        path: The path from the root of the server; ids in braces are fields of the form.
        ids: The first value of each id in braces, by name.
        body: The first text of the body.
        clients: The API clients to choose from.
    """

    methods: Sequence[str]
    path: str
    ids: Mapping[str, str]
    body: str
    clients: Sequence[str]


def create(setup: Setup) -> Blueprint:
    """Return the pages below ``data``."""
    blueprint = Blueprint(NAME, __name__)

    @cache
    def kinds() -> Mapping[str, Kind]:
        return kind.list_kinds(setup)

    def add(rule: str, show: Callable[..., Response]) -> None:
        name = show.__name__.removeprefix("_show_")
        blueprint.add_url_rule(rule, name, lambda **ids: show(setup, kinds(), **ids))

    add("", _show_collections)
    add("/changes", _show_changes)
    add("/snapshots", _show_snapshots)
    add("/workspaces", _show_workspaces)
    add("/collections/<name>", _show_collection)
    add("/collections/<name>/new", _show_new)
    add("/collections/<name>/document", _show_document)
    return blueprint


def _show_collections(_: Setup, kinds: Mapping[str, Kind]) -> Response:
    store = workspace().store
    counts = {name: store.count(name) for name in kinds}
    served = [one for one in kinds.values() if one.resource]
    others = [one for one in kinds.values() if not one.resource]
    return render("collections.html", served=served, others=others, counts=counts)


def _show_collection(_: Setup, kinds: Mapping[str, Kind], name: str) -> Response:
    shown, store = kind.find(kinds, name), workspace().store
    start, count = _read_number("start", 0), _read_number("count", listing.PAGE_SIZES[0])
    count = min(max(count, listing.PAGE_SIZES[0]), listing.PAGE_SIZES[-1])
    text = request.args.get("q", "").strip()
    page = (
        listing.search(store, name, text, start, count)
        if text
        else listing.list_page(store, name, start, count)
    )
    ids = shown.label(page.records[0].key) if page.records else []
    return render(
        "collection.html",
        kind=shown,
        page=page,
        text=text,
        ids=ids,
        columns=listing.choose_columns(page.records, ids),
        sizes=listing.PAGE_SIZES,
        show_cell=listing.show_cell,
        join_key=address.join_key,
    )


def _read_number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    is_number = text.isascii() and text.isdecimal() and len(text) < len(str(MAX_START))
    return int(text) if is_number else default


def _read_key() -> Key:
    return address.split_key(request.args.get("key", ""))


def _show_new(setup: Setup, kinds: Mapping[str, Kind], name: str) -> Response:
    """Show the form of a new document: required properties, or the copy of another document."""
    shown, store = kind.find(kinds, name), workspace().store
    if shown.resource is None or shown.creation is None:
        raise NotFound(f"The Data API has no operation that creates documents of '{name}'.")
    copied = address.split_key(request.args["copy"]) if request.args.get("copy") else None
    body = _copy(setup, shown, copied) if copied else sketch_document(shown.resource)
    # The new document is most likely a neighbour of the copied one, or of any other.
    near = copied or next((one.key for one in store.scan(name, 0, 1).records), ())
    ids = dict(zip_longest(shown.creation.ids, near[: len(shown.resource.keys) - 1], fillvalue=""))
    path = address.begin(setup.config) + shown.creation.path
    text = orjson.dumps(body, option=orjson.OPT_INDENT_2).decode()
    form = Form(shown.creation.methods, path, ids, text, _list_clients())
    return render("new.html", kind=shown, form=form)


def _copy(setup: Setup, shown: Kind, key: Key) -> dict[str, Any]:
    """Return the properties of a document for a new document: without ids and dates."""
    place = workspace()
    path = _find_path(setup, shown, key) if place.store.get(shown.name, key) else ""
    answer = _ask(setup, place, path, JSON) if path else None
    document: dict[str, Any] = orjson.loads(answer.text) if answer else {"fault": None}
    if shown.resource is None or "fault" in document:
        raise NotFound(f"There is no '{'/'.join(key)}' to copy in {shown.name}.")
    own = {*shown.resource.keys, *NOT_COPIED}
    return {name: value for name, value in document.items() if name not in own}


def _list_clients() -> list[str]:
    records = workspace().store.scan(CLIENTS, 0, MAX_SHOWN_CLIENTS).records
    return [record.key[0] for record in records]


def _show_document(setup: Setup, kinds: Mapping[str, Kind], name: str) -> Response:
    """Show a document, or the removed document of the fixtures or of a snapshot."""
    shown, key, place = kind.find(kinds, name), _read_key(), workspace()
    against = request.args.get("against", "")
    record = place.store.get(name, key)
    before = changes.open_reference(place, against).get(name, key)
    if record is None and before is None:
        raise NotFound(f"There is no '{'/'.join(key)}' in {name}.")
    path = _find_path(setup, shown, key)
    answer = _ask(setup, place, path, JSON) if path and record else None
    is_served = answer is not None and answer.status == 200  # noqa: PLR2004 - OK
    change, lines = changes.compare(before, record)
    form = _make_form(shown, path, answer) if answer and is_served else None
    views = _list_views(has_record=record is not None, is_served=is_served, form=form)
    view = request.args.get("view", "")
    return render(
        "document.html",
        kind=shown,
        key=key,
        ids=shown.label(key),
        views={one: VIEWS[one] for one in views},
        view=view if view in views else views[0],
        answer=answer,
        refused=answer is not None and not is_served,
        document=orjson.loads(answer.text) if answer else {},
        xml=_ask(setup, place, path, XML) if view == "xml" and is_served else None,
        stored=changes.show_stored(record) if record else "",
        against=against,
        snapshots=place.snapshots.list(),
        change=change,
        lines=lines,
        form=form,
        commands=[curl.show_token(place), curl.show_get(place, path)] if path else (),
        join_key=address.join_key,
    )


def _list_views(*, has_record: bool, is_served: bool, form: Form | None) -> list[str]:
    """Return the views of a document: of a served, of a stored, or of a removed document."""
    if not has_record:
        return ["changes"]
    served = ("json", "xml", *(["edit"] if form and form.methods else [])) if is_served else ()
    return [*served, "stored", "changes"]


def _find_path(setup: Setup, shown: Kind, key: Key) -> str:
    """Return the path of a document from the root of the server; empty without GET.

    A key with more ids than the path is no path: the site of a custom object decides on its scope.
    """
    if shown.document is None or "GET" not in shown.document.methods:
        return ""
    if len(shown.document.ids) != len(key):
        return ""
    return address.begin(setup.config) + shown.document.fill(key)


def _ask(setup: Setup, place: Workspace, path: str, media_type: str) -> inside.Answer | None:
    """Return the answer of the Data API; None in a workspace without clients."""
    try:
        return inside.get(setup, place, path, media_type)
    except LookupError:
        return None


def _make_form(shown: Kind, path: str, answer: inside.Answer) -> Form:
    """Return the request to change a document; the body is the document itself."""
    document: dict[str, Any] = orjson.loads(answer.text)
    document.pop("link", None)
    methods = [one for one in shown.document.methods if one != "GET"] if shown.document else []
    methods.sort(key=("PATCH", "PUT", "POST", "DELETE").index)
    body = orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
    return Form(methods, path, {}, body, _list_clients())


def _show_changes(setup: Setup, _: Mapping[str, Kind]) -> Response:
    place, against = workspace(), request.args.get("against", "")
    found = changes.list_changes(setup, place, against)
    return render(
        "changes.html",
        changes=found[: changes.MAX_CHANGES],
        has_more=len(found) > changes.MAX_CHANGES,
        against=against,
        snapshots=place.snapshots.list(),
        join_key=address.join_key,
    )


def _show_snapshots(_: Setup, __: Mapping[str, Kind]) -> Response:
    found = workspace().snapshots.list()
    return render("snapshots.html", snapshots=found, render_instant=render_instant)


def _show_workspaces(_: Setup, __: Mapping[str, Kind]) -> Response:
    all_ = registry(request.environ)
    owners: dict[str, list[str]] = {}
    for client, name in sorted(all_.owners.items()):
        owners.setdefault(name, []).append(client)
    found = list(islice(all_, MAX_SHOWN_WORKSPACES))
    return render("workspaces.html", workspaces=found, owners=owners, idle=all_.idle)
