"""Command lines of curl for a request to the server."""

from shlex import quote

from flask import request

from emulator.workspace.workspace import DEFAULT_WORKSPACE, Workspace

BEARER = '"Authorization: Bearer $TOKEN"'


def show_token(workspace: Workspace) -> str:
    """Return the command for an access token in the variable ``TOKEN``."""
    server = quote(request.host_url.rstrip("/"))
    name = "" if workspace.name == DEFAULT_WORKSPACE else f" --workspace {quote(workspace.name)}"
    return f"TOKEN=$(ocapi-emulator token --url {server}{name})"


def show_get(workspace: Workspace, path: str) -> str:
    """Return the command of a GET with the token."""
    named = workspace.name != DEFAULT_WORKSPACE
    header = f" -H {quote(f'x-emulator-workspace: {workspace.name}')}" if named else ""
    url = f"{request.host_url.rstrip('/')}{path}"
    return f"curl -H {BEARER}{header} {quote(url)}"
