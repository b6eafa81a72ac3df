"""Pages: the layout, the navigation, the workspace of a page, and the links to pages."""

from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

from flask import Response, g, make_response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from emulator.workspace.registry import current, registry
from emulator.workspace.workspace import DEFAULT_WORKSPACE, Workspace

BLUEPRINT = "console"
WORKSPACE = "workspace"
"""The parameter of the query with the name of the workspace."""
MAX_SWITCHER_NAMES = 100
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # With "no-referrer" browsers send forms with the origin "null", and the guard refuses those.
    "Referrer-Policy": "same-origin",
}
"""The headers of every page and of every static file."""


class Section(NamedTuple):
    """An entry of the navigation: the endpoint of the first page without ``console.``, the label.

    The pages of the same blueprint belong to the section.
    """

    endpoint: str
    label: str


SECTIONS: Sequence[Section] = (
    Section("index", "Overview"),
    Section("data.collections", "Data"),
    Section("traffic.exchanges", "Traffic"),
    Section("trouble.failpoints", "Trouble"),
    Section("access.clients", "Access"),
    Section("contract.rules", "Contract"),
)
"""The navigation, in order."""


def has_browser() -> bool:
    """Return True for a browser's request for a page, False for a program's request."""
    return "text/html" in request.headers.get("Accept", "")


def secure(response: Response) -> Response:
    """Add the headers of the console to a response; pages are not stored."""
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def workspace() -> Workspace:
    """Return the workspace of the page: the workspace in the query, or of the request.

    Raises:
        NotFound: There is no such workspace; a page never makes one.
    """
    name = request.args.get(WORKSPACE)
    if not name:
        return current(request.environ)
    found = registry(request.environ).find(name)
    if found is None:
        raise NotFound(f"There is no workspace '{name[:80]}'.")
    return found


def link(endpoint: str, **values: Any) -> str:
    """Return the URL of a page; the page shows the same workspace.

    Args:
        endpoint: The endpoint without ``console.``, such as ``data.show_collection``.
        **values: Ids in the path, and parameters of the query.
    """
    kept = {WORKSPACE: request.args[WORKSPACE]} if request.args.get(WORKSPACE) else {}
    return url_for(f"{BLUEPRINT}.{endpoint}", **{**kept, **values})


def static(file: str) -> str:
    """Return the URL of a static file."""
    return url_for(f"{BLUEPRINT}.static", filename=file)


def render(template: str, status: int = 200, **values: Any) -> Response:
    """Return a page of the current workspace.

    Args:
        template: The name of the template below ``templates/console``.
        status: The status of the answer.
        **values: Further values for the template.
    """
    shown = workspace()
    names = (other.name for other in registry(request.environ))
    layout = {
        "workspace": shown,
        "workspace_names": sorted({shown.name, *islice(names, MAX_SWITCHER_NAMES)}),
        "sections": SECTIONS,
        "can_sign_out": g.get("signed_in", False),
        "keep": request.args.get(WORKSPACE, ""),
        "active": (request.endpoint or "").split(".")[1],
    }
    return render_alone(template, status, **layout, **values)


def render_alone(template: str, status: int = 200, **values: Any) -> Response:
    """Return a page without a workspace, such as an error or the login."""
    helpers = {
        "link": link,
        "static": static,
        "root": request.root_path,
        "default_workspace": DEFAULT_WORKSPACE,
    }
    page = render_template(f"console/{template}", **helpers, **values)
    return secure(make_response(page, status))
