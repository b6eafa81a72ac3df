"""The endpoints of snapshots: save, restore, fork into another workspace, list, delete."""

from urllib.parse import unquote

from flask import Blueprint, Response, jsonify, request
from marshmallow import fields
from werkzeug.exceptions import NotFound

from emulator.clock import render_instant
from emulator.control.problem import load, read_json
from emulator.recording.nearest import AdvisingSchema
from emulator.store import ATTEMPTS, StoreContended, StoreUnavailable
from emulator.workspace.error import WorkspaceError
from emulator.workspace.registry import current, registry
from emulator.workspace.snapshot import Snapshot, check_name
from emulator.workspace.workspace import Workspace


class ForkSchema(AdvisingSchema):
    """The target of a fork."""

    workspace = fields.String(required=True)


def create() -> Blueprint:
    """Return the endpoints below ``snapshots``."""
    blueprint = Blueprint("snapshots", __name__)

    @blueprint.url_value_preprocessor
    def decode(_: str | None, values: dict[str, str] | None) -> None:
        if values:  # paths stay percent-encoded until here
            values["name"] = unquote(values["name"])

    @blueprint.post("/<name>/fork")
    def fork(name: str) -> tuple[Response, int]:
        _find(name)
        target = load(ForkSchema(), read_json())["workspace"]
        _restore(name, registry(request.environ).get(target))
        return jsonify(workspace=target, snapshot=name), 201

    blueprint.add_url_rule("", "list", list_)
    blueprint.add_url_rule("/<name>", "save", save, methods=["PUT"])
    blueprint.add_url_rule("/<name>", "delete", delete, methods=["DELETE"])
    blueprint.add_url_rule("/<name>/restore", "restore", restore, methods=["POST"])
    return blueprint


def _find(name: str) -> Snapshot:
    found = current(request.environ).snapshots.find(name)
    if found is None:
        raise NotFound(f"There is no snapshot '{name}' in this workspace.")
    return found


def _restore(name: str, target: Workspace) -> Snapshot:
    """Replace files and records of a workspace by a snapshot of the request's workspace.

    Raises:
        NotFound: The workspace has no snapshot with this name.
        StoreUnavailable: The store cannot be reached, or other requests replace the snapshot again
            and again.
    """
    found = _find(name)
    target.work.finish()
    for _ in ATTEMPTS:
        try:
            target.files.restore(found.files)
            target.store.restore(found.content)
        except (StoreUnavailable, OSError):
            # Another request may have replaced or deleted the snapshot since the look-up. Its files
            # and, in a shared store, its content are gone then. So look again until both stay.
            before, found = found, _find(name)
            if (found.content, found.files) == (before.content, before.files):
                raise
        else:
            return found
    raise StoreContended


def _show(snapshot: Snapshot) -> dict[str, str]:
    return {"name": snapshot.name, "at": render_instant(snapshot.at)}


def list_() -> Response:
    """Answer all snapshots."""
    return jsonify([_show(snapshot) for snapshot in current(request.environ).snapshots.list()])


def save(name: str) -> tuple[Response, int]:
    """Save the data under a name, or replace the snapshot with the name."""
    check_name(name)
    workspace = current(request.environ)
    workspace.work.finish()
    snapshot = Snapshot(
        name, workspace.clock.now(), workspace.store.snapshot(), workspace.files.copy()
    )
    try:
        replaced = workspace.snapshots.save(snapshot)
    except WorkspaceError:
        workspace.files.drop(snapshot.files)
        raise
    if replaced:
        workspace.files.drop(replaced.files)
    return jsonify(_show(snapshot)), 200 if replaced else 201


def restore(name: str) -> Response:
    """Restore the data from a snapshot."""
    return jsonify(_show(_restore(name, current(request.environ))))


def delete(name: str) -> tuple[str, int]:
    """Delete a snapshot."""
    workspace = current(request.environ)
    deleted = workspace.snapshots.delete(_find(name).name)
    if deleted:
        workspace.files.drop(deleted.files)
    return "", 204
