"""The endpoints of failpoints: list, add, replace, remove."""

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import NotFound

from emulator.control.problem import invalid, read_json
from emulator.workspace.failpoint import Declaration, Failpoint, FailpointError, Failpoints, Plan
from emulator.workspace.registry import current


def create(declaration: Declaration) -> Blueprint:
    """Return the endpoints below ``failpoints``."""
    blueprint = Blueprint("failpoints", __name__)

    def read() -> list[Plan]:
        try:
            return declaration.read(read_json())
        except FailpointError as error:
            raise invalid(error.problems) from error

    @blueprint.get("")
    def show() -> Response:
        return jsonify([failpoint.show() for failpoint in _failpoints()])

    @blueprint.post("")
    def add() -> tuple[Response, int]:
        return _created(_failpoints().add(read()))

    @blueprint.put("")
    def replace() -> tuple[Response, int]:
        return _created(_failpoints().replace(read()))

    blueprint.add_url_rule("", "clear", clear, methods=["DELETE"])
    blueprint.add_url_rule("/<identifier>", "delete", delete, methods=["DELETE"])
    return blueprint


def _failpoints() -> Failpoints:
    return current(request.environ).failpoints


def _created(failpoints: list[Failpoint]) -> tuple[Response, int]:
    return jsonify([failpoint.show() for failpoint in failpoints]), 201


def clear() -> tuple[str, int]:
    """Remove all failpoints."""
    _failpoints().clear()
    return "", 204


def delete(identifier: str) -> tuple[str, int]:
    """Remove a failpoint."""
    if not _failpoints().delete(identifier):
        raise NotFound(f"There is no failpoint '{identifier}'.")
    return "", 204
