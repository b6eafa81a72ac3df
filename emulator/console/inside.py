"""Requests to the Data API inside of the process: answered as any other, and not recorded."""

from typing import NamedTuple

from flask import request
from werkzeug.test import create_environ, run_wsgi_app

from emulator.console.setup import Setup
from emulator.family import FAMILY
from emulator.ocapi.wire.url import canonical
from emulator.workspace.registry import WORKSPACE_KEY
from emulator.workspace.workspace import Workspace


class Answer(NamedTuple):
    """The status and the text of an answer."""

    status: int
    text: str


def get(
    setup: Setup, workspace: Workspace, path: str, media_type: str, client_id: str = ""
) -> Answer:
    """Return the answer of the Data API to a GET with a fresh token.

    Args:
        setup: The parts of the application.
        workspace: The workspace.
        path: The path from the root of the server.
        media_type: The wanted media type.
        client_id: The client of the token; the first client if empty.

    Raises:
        LookupError: The workspace has no such client.
    """
    token = setup.issue_token(workspace, client_id).access_token
    headers = {"Authorization": f"Bearer {token}", "Accept": media_type}
    environ = create_environ("/", request.host_url, headers=headers)
    del environ["REQUEST_URI"], environ["RAW_URI"]  # of the path "/"
    environ |= {
        "PATH_INFO": canonical(path),
        "QUERY_STRING": "pretty_print=true",
        "SCRIPT_NAME": request.root_path,
        FAMILY: setup.data,
        WORKSPACE_KEY: workspace,
    }
    parts, status, _ = run_wsgi_app(setup.application, environ)
    return Answer(int(status[:3]), b"".join(parts).decode())
