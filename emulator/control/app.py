"""The control plane as a blueprint: health, resets, internal errors, the list of endpoints."""

from collections.abc import Callable
from importlib import metadata
from traceback import format_exception
from typing import NamedTuple

from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from emulator.config import Config
from emulator.control import (
    clock,
    document,
    guard,
    journal,
    rule,
    settings,
    snapshot,
    state,
    token,
    workspace,
)
from emulator.control.problem import Problem, refuse
from emulator.family import Family
from emulator.fixture.data_set import Collection
from emulator.workspace.error import WorkspaceError
from emulator.workspace.registry import current, registry
from emulator.workspace.stub import Readers

FAMILY_NAME = "control"
PATH_PREFIX = "/__emulator__"
RESET_TARGETS = ("fixtures", "empty")


class Permissions(NamedTuple):
    """The functions of the Data API for settings, tokens and documents."""

    read: settings.Read
    summarize: settings.Summarize
    issue_token: token.IssueToken
    create_document: document.CreateDocument


def register(
    app: Flask,
    config: Config,
    readers: Readers,
    collections: tuple[Collection, ...],
    permissions: Permissions,
) -> Family:
    """Add the control plane to an application; return the family.

    Args:
        app: The application.
        config: The configuration of the server.
        readers: The readers of failpoints and stubs.
        collections: The collections of data sets.
        permissions: The functions for settings documents, tokens and documents.
    """
    blueprint = Blueprint(FAMILY_NAME, __name__, url_prefix=PATH_PREFIX)
    blueprint.register_error_handler(
        WorkspaceError, lambda error: refuse(Problem(error.status, f"{error}."))
    )
    blueprint.add_url_rule("/health", view_func=_health_of(config))
    blueprint.add_url_rule("/reset", "reset", reset, methods=["POST"])
    blueprint.add_url_rule("/crashes", "list_crashes", list_crashes)
    blueprint.add_url_rule("/crashes", "forget_crashes", forget_crashes, methods=["DELETE"])
    blueprints = (
        clock.create(),
        document.create(permissions.create_document),
        rule.create("failpoints", readers.failpoints.read, lambda workspace: workspace.failpoints),
        rule.create("stubs", readers.stubs.read, lambda workspace: workspace.stubs),
        journal.create(),
        snapshot.create(),
        settings.create(permissions.read, permissions.summarize),
        state.create(collections),
        token.create(permissions.issue_token),
        workspace.create(),
    )
    for inner in blueprints:
        blueprint.register_blueprint(inner, url_prefix=f"/{inner.name}")
    app.register_blueprint(blueprint)
    return Family(
        name=FAMILY_NAME,
        paths=(PATH_PREFIX,),
        application=app.wsgi_app,
        check=lambda: guard.check(request, config),
        refuse=_refuse,
        routes=app.url_map,
    )


def list_endpoints(app: Flask) -> list[str]:
    """Return methods and paths of all endpoints, pages left out, sorted by path."""
    own = f"{FAMILY_NAME}."
    endpoints = (
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(own) or rule.rule == PATH_PREFIX
    )
    rules = sorted(endpoints, key=lambda rule: rule.rule)
    hidden = {"HEAD", "OPTIONS"}
    return [f"{m} {rule.rule}" for rule in rules for m in sorted((rule.methods or set()) - hidden)]


def _health_of(config: Config) -> Callable[[], tuple[Response, int]]:
    def health() -> tuple[Response, int]:
        store, reachable = registry(request.environ).health()
        shown = jsonify(
            status="ok" if reachable else "unavailable",
            version=metadata.version("ocapi-emulator"),
            fixtures=config.fixtures,
            dialect=config.dialect,
            store=store,
        )
        return shown, 200 if reachable else 503

    return health


def reset() -> Response:
    """Reset the workspace to the fixtures or to no data, or clear the journal only."""
    workspace_ = current(request.environ)
    if unknown := set(request.args) - {"to", "only"}:
        raise Problem(400, f"Reset takes 'to' and 'only', not '{min(unknown)}'.")
    only, to = request.args.get("only"), request.args.get("to", "fixtures")
    if only not in (None, "journal") or to not in RESET_TARGETS or (only and "to" in request.args):
        rule = "Reset takes to=fixtures (the default), to=empty, or only=journal."
        raise Problem(400, rule)
    if only:
        workspace_.journal.clear()
    else:
        workspace_.reset(empty=to == "empty")
    return jsonify(status="ok", reset=only or to)


def list_crashes() -> Response:
    """Answer the internal errors in requests of the workspace."""
    return jsonify(["".join(format_exception(e)) for e in current(request.environ).crashes])


def forget_crashes() -> tuple[str, int]:
    """Clear the internal errors of the workspace."""
    current(request.environ).crashes.clear()
    return "", 204


def _refuse(error: HTTPException) -> Response:
    """Return a problem document for an HTTP error."""
    if error.code == 503:  # noqa: PLR2004 - the store cannot be reached
        return refuse(
            Problem(503, "The server cannot reach the data: try the request again later.")
        )
    return refuse(error)
