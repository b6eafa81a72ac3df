"""The endpoint of access tokens, for tests of a server in another process; not recorded."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from emulator.control.problem import Problem
from emulator.workspace.registry import current
from emulator.workspace.workspace import Workspace

IssueToken = Callable[[Workspace, str], dict[str, Any]]
"""Returns the token and the credentials of a client; raises LookupError for an unknown client."""


def create(issue_token: IssueToken) -> Blueprint:
    """Return the endpoint ``token``."""
    blueprint = Blueprint("token", __name__)

    @blueprint.post("")
    def issue() -> Response:
        if unknown := set(request.args) - {"client_id"}:
            raise Problem(400, f"Token takes 'client_id', not '{min(unknown)}'.")
        try:
            issued = issue_token(current(request.environ), request.args.get("client_id", ""))
        except LookupError as error:
            raise Problem(404, f"{error.args[0]}.") from error
        return jsonify(issued)

    return blueprint
