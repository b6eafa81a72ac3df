"""The endpoints of failpoints and of stubs: list, add, replace, remove."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import NotFound

from emulator.control.problem import invalid, read_json
from emulator.workspace.registry import current
from emulator.workspace.rule import Rule, RuleError, Rules
from emulator.workspace.workspace import Workspace


def create(
    kind: str, read_rules: Callable[[Any], list[Any]], of: Callable[[Workspace], Rules[Any]]
) -> Blueprint:
    """Return the endpoints of a kind of rules.

    Args:
        kind: The rules in the plural; also the path of the endpoints.
        read_rules: Returns the rules of a JSON value; raises RuleError.
        of: Returns the rules of a workspace.
    """
    blueprint = Blueprint(kind, __name__)

    def rules() -> Rules[Any]:
        return of(current(request.environ))

    def read() -> list[Rule]:
        try:
            return read_rules(read_json())
        except RuleError as error:
            raise invalid(error.problems) from error

    @blueprint.get("")
    def show() -> Response:
        return jsonify([rule.show() for rule in rules()])

    @blueprint.post("")
    def add() -> tuple[Response, int]:
        return jsonify([rule.show() for rule in rules().add(read())]), 201

    @blueprint.put("")
    def replace() -> tuple[Response, int]:
        return jsonify([rule.show() for rule in rules().replace(read())]), 201

    @blueprint.delete("")
    def clear() -> tuple[str, int]:
        rules().clear()
        return "", 204

    @blueprint.delete("/<identifier>")
    def delete(identifier: str) -> tuple[str, int]:
        if not rules().delete(identifier):
            raise NotFound(f"There is no {kind.removesuffix('s')} '{identifier}'.")
        return "", 204

    return blueprint
