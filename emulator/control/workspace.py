"""The endpoints of workspaces: list, make, assign clients, delete."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request
from marshmallow import ValidationError, fields, pre_load, validate
from werkzeug.exceptions import NotFound

from emulator.control.problem import load, read_json
from emulator.recording.nearest import AdvisingSchema
from emulator.workspace.registry import MAX_ASSIGNED_CLIENTS, Workspaces, registry
from emulator.workspace.workspace import Workspace

MAX_CLIENT_ID_CHARACTERS = 256


class WorkspaceSchema(AdvisingSchema):
    """A workspace as JSON: the ids of the assigned clients."""

    clients = fields.List(fields.String(validate=validate.Length(1, MAX_CLIENT_ID_CHARACTERS)))

    @pre_load
    def check_number_of_clients(self, data: Any, **_: Any) -> Any:
        """Check the number of clients before each client: a body of 5 MB has a million clients."""
        clients = data.get("clients") if isinstance(data, dict) else None
        if isinstance(clients, list) and len(clients) > MAX_ASSIGNED_CLIENTS:
            raise ValidationError(f"Has more than {MAX_ASSIGNED_CLIENTS} clients.", "clients")
        return data


def create() -> Blueprint:
    """Return the endpoints below ``workspaces``."""
    blueprint = Blueprint("workspaces", __name__)
    blueprint.add_url_rule("", "list", list_)
    blueprint.add_url_rule("/<name>", "show", show)
    blueprint.add_url_rule("/<name>", "make", make, methods=["PUT"])
    blueprint.add_url_rule("/<name>", "delete", delete, methods=["DELETE"])
    return blueprint


def list_() -> Response:
    """Answer all workspaces."""
    clients = _read_clients()
    return jsonify([_show(workspace, clients) for workspace in _workspaces()])


def show(name: str) -> Response:
    """Answer a workspace."""
    found = _workspaces().find(name)
    if found is None:
        raise _missing(name)
    return jsonify(_show(found, _read_clients()))


def make(name: str) -> tuple[Response, int]:
    """Make a workspace, or replace the clients of a workspace."""
    workspaces = _workspaces()
    status = 200 if workspaces.find(name) else 201
    clients = load(WorkspaceSchema(), read_json()).get("clients")
    if clients is not None:
        workspaces.assign(name, clients)
    return jsonify(_show(workspaces.get(name), _read_clients())), status


def delete(name: str) -> tuple[str, int]:
    """Delete a workspace."""
    if not _workspaces().delete(name):
        raise _missing(name)
    return "", 204


def _workspaces() -> Workspaces:
    return registry(request.environ)


def _missing(name: str) -> NotFound:
    return NotFound(f"There is no workspace '{name}'; the first request makes a workspace.")


def _read_clients() -> Mapping[str, list[str]]:
    """Return the assigned clients by the name of the workspace."""
    clients: dict[str, list[str]] = {}
    for client, name in sorted(_workspaces().owners.items()):
        clients.setdefault(name, []).append(client)
    return clients


def _show(workspace: Workspace, clients: Mapping[str, list[str]]) -> dict[str, Any]:
    return {
        "name": workspace.name,
        "clients": clients.get(workspace.name, []),
        "idle": round(_workspaces().idle(workspace), 3),
        "exchanges": len(workspace.journal),
        "server_errors": [failed.line for failed in workspace.journal.find_errors()],
        "unserved": workspace.journal.find_unserved(),
        "crashes": len(list(workspace.crashes)),
        "failpoints": len(list(workspace.failpoints)),
        "stubs": len(list(workspace.stubs)),
        "snapshots": len(workspace.snapshots.list()),
    }
