"""The control plane as one application: what it offers, health, resets, internal errors."""

from collections.abc import Callable
from importlib import metadata
from traceback import format_exception
from typing import Any, NamedTuple

import orjson
from flask import Flask, Response, jsonify, request
from flask.json.provider import JSONProvider
from werkzeug.exceptions import HTTPException, InternalServerError

from emulator.config import Config
from emulator.control import (
    clock,
    failpoint,
    guard,
    journal,
    settings,
    snapshot,
    state,
    token,
    workspace,
)
from emulator.control.problem import Problem, refuse
from emulator.family import Family
from emulator.fixture.data_set import Collection
from emulator.store import StoreUnavailable
from emulator.workspace.crash import log_outage
from emulator.workspace.error import WorkspaceError
from emulator.workspace.failpoint import Declaration
from emulator.workspace.workspace import current, registry

PREFIX = "/__emulator__"
TARGETS = ("fixtures", "empty")


class Permissions(NamedTuple):
    """What the control plane has to know of settings and tokens, which are a family's."""

    read: settings.Read
    summarize: settings.Summarize
    issue_token: token.IssueToken


class Json(JSONProvider):
    """JSON in which stored values can stand, members in the order they were given."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """Return a value as text."""
        return orjson.dumps(obj, default=dict).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Return the value of a text."""
        return orjson.loads(s)  # pragma: no cover - what the interface demands


def create_family(
    config: Config,
    declaration: Declaration,
    collections: tuple[Collection, ...],
    permissions: Permissions,
) -> Family:
    """Return the family of the control plane.

    Args:
        config: How the server is set up.
        declaration: What reads failpoints.
        collections: What data sets hold.
        permissions: What reads settings documents, and what writes them.
    """
    app = Flask("emulator.control", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.json = Json(app)
    app.register_error_handler(HTTPException, refuse)
    app.register_error_handler(WorkspaceError, lambda e: refuse(Problem(e.status, f"{e}.")))
    app.register_error_handler(StoreUnavailable, _wait)
    app.register_error_handler(Exception, _crash)
    app.before_request(lambda: guard.check(request, config))
    app.add_url_rule(f"{PREFIX}/health", view_func=_health_of(config))
    app.add_url_rule(PREFIX, "index", lambda: jsonify(list_endpoints(app)))
    app.add_url_rule(f"{PREFIX}/reset", "reset", reset, methods=["POST"])
    app.add_url_rule(f"{PREFIX}/crashes", "list_crashes", list_crashes)
    app.add_url_rule(f"{PREFIX}/crashes", "forget_crashes", forget_crashes, methods=["DELETE"])
    parts = (
        clock.create(),
        failpoint.create(declaration),
        journal.create(),
        snapshot.create(),
        settings.create(permissions.read, permissions.summarize),
        state.create(collections),
        token.create(permissions.issue_token),
        workspace.create(),
    )
    for part in parts:
        app.register_blueprint(part, url_prefix=f"{PREFIX}/{part.name}")
    return Family("control", app, app.url_map)


def list_endpoints(app: Flask) -> list[str]:
    """Return methods and paths of all endpoints, in alphabetical order of the paths."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
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
    """Bring the workspace back to its fixtures or to no data, or empty its journal alone."""
    ours = current(request.environ)
    if unknown := set(request.args) - {"to", "only"}:
        raise Problem(400, f"Reset takes 'to' and 'only', not '{min(unknown)}'.")
    only, to = request.args.get("only"), request.args.get("to", "fixtures")
    if only not in (None, "journal") or to not in TARGETS or (only and "to" in request.args):
        told = "Reset takes to=fixtures (which is the default), to=empty, or only=journal."
        raise Problem(400, told)
    if only:
        ours.journal.clear()
    else:
        ours.reset(empty=to == "empty")
    return jsonify(status="ok", reset=only or to)


def list_crashes() -> Response:
    """Answer the internal errors that the requests of the workspace met."""
    return jsonify(["".join(format_exception(e)) for e in current(request.environ).crashes])


def forget_crashes() -> tuple[str, int]:
    """Forget them."""
    current(request.environ).crashes.clear()
    return "", 204


def _wait(error: StoreUnavailable) -> Response:
    log_outage(request.method, request.path, error)
    told = "The server cannot reach its data; the request may be tried again later."
    return refuse(Problem(503, told))


def _crash(error: Exception) -> Response:
    current(request.environ).crashes.record(request.method, request.path, error)
    return refuse(InternalServerError())
