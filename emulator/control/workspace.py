"""All workspaces: list, make with clients of their own, delete."""

from typing import Any

from flask import Blueprint, Response, jsonify, request
from marshmallow import Schema, fields, validate
from werkzeug.exceptions import NotFound

from emulator.control.problem import Problem, load, read_json
from emulator.workspace.workspace import Workspace, WorkspaceError, Workspaces, registry


class WorkspaceSchema(Schema):
    """What can be said of a workspace: the clients whose requests belong to it."""

    clients = fields.List(fields.String(validate=validate.Length(1)), allow_none=False)


def create() -> Blueprint:
    """Return the endpoints below ``workspaces``."""
    part = Blueprint("workspaces", __name__)

    @part.get("")
    def show_all() -> Response:
        return jsonify([_show(workspace) for workspace in _all()])

    @part.get("/<name>")
    def show_one(name: str) -> Response:
        found = _all().find(name)
        if found is None:
            raise _missing(name)
        return jsonify(_show(found))

    @part.put("/<name>")
    def make(name: str) -> tuple[Response, int]:
        status = 200 if _all().find(name) else 201
        clients = load(WorkspaceSchema(), read_json()).get("clients")
        try:
            _all().get(name)
            if clients is not None:
                _all().assign(name, clients)
        except WorkspaceError as error:
            raise Problem(400, f"{error}.") from error
        return jsonify(_show(_all().get(name))), status

    @part.delete("/<name>")
    def delete(name: str) -> tuple[str, int]:
        try:
            found = _all().delete(name)
        except WorkspaceError as error:
            raise Problem(409, f"{error}.") from error
        if not found:
            raise _missing(name)
        return "", 204

    return part


def _all() -> Workspaces:
    return registry(request.environ)


def _missing(name: str) -> NotFound:
    return NotFound(f"There is no workspace '{name}'; one is made when it is first used.")


def _show(workspace: Workspace) -> dict[str, Any]:
    return {
        "name": workspace.name,
        "clients": _all().clients_of(workspace.name),
        "idle": round(_all().idle(workspace), 3),
        "exchanges": len(workspace.journal),
        "server_errors": [failed.line for failed in workspace.journal.find_errors()],
        "crashes": len(list(workspace.crashes)),
        "failpoints": len(list(workspace.failpoints)),
        "snapshots": len(workspace.snapshots.list()),
    }
