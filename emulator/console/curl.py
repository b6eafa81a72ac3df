"""Command lines of curl for a request to the server."""

from shlex import quote

from flask import request

from emulator.ocapi.access.client import CLIENTS
from emulator.workspace.workspace import DEFAULT_WORKSPACE, Workspace

BEARER = '"Authorization: Bearer $TOKEN"'


def show_token(workspace: Workspace, client_id: str = "") -> str:
    """Return the command for an access token in the variable ``TOKEN``.

    Args:
        workspace: The workspace.
        client_id: The client; the first client of the workspace if empty.
    """
    options = {"--url": request.host_url.rstrip("/")}
    if workspace.name != DEFAULT_WORKSPACE:
        options["--workspace"] = workspace.name
    first = [record.key[0] for record in workspace.store.scan(CLIENTS, 0, 1).records]
    if client_id and client_id not in first:
        options["--client-id"] = client_id
    given = " ".join(f"{name} {quote(value)}" for name, value in options.items())
    return f"TOKEN=$(ocapi-emulator token {given})"


def show_get(workspace: Workspace, path: str) -> str:
    """Return the command of a GET with the token."""
    named = workspace.name != DEFAULT_WORKSPACE
    header = f" -H {quote(f'x-emulator-workspace: {workspace.name}')}" if named else ""
    url = f"{request.host_url.rstrip('/')}{path}"
    return f"curl -H {BEARER}{header} {quote(url)}"
