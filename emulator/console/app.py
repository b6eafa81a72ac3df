"""The console as a blueprint: all pages, the static files, the login, and errors as pages."""

from dataclasses import replace

from flask import Blueprint, Flask, Response, g, jsonify, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, Unauthorized

from emulator.console import access, contract, data, login, overview, traffic, trouble
from emulator.console.page import BLUEPRINT, has_browser, render_alone, secure
from emulator.console.setup import Setup
from emulator.control import guard
from emulator.control.app import PATH_PREFIX, list_endpoints
from emulator.family import Family
from emulator.workspace.error import WorkspaceError

LOGIN = f"{BLUEPRINT}.login.show"
PUBLIC_ENDPOINTS = frozenset({f"{BLUEPRINT}.static", LOGIN})
"""The endpoints that a browser needs before the user has signed in; none shows data."""
READING_METHODS = ("GET", "HEAD")
MAX_FORM_BYTES = 64 * 1024
"""The longest form of a page: werkzeug reads a million fields of a form of 5 MB."""


def register(app: Flask, setup: Setup, control: Family) -> Family:
    """Add the console to an application, beside the control plane.

    Args:
        app: The application.
        setup: The parts of the application for the pages.
        control: The family of the control plane.

    Returns:
        The family of the control plane with the console.
    """
    blueprint = Blueprint(
        BLUEPRINT,
        __name__,
        url_prefix=PATH_PREFIX,
        template_folder="templates",
        static_folder="static",
    )
    blueprint.before_request(_bound_form)
    blueprint.after_request(secure)
    blueprint.register_error_handler(WorkspaceError, _refuse_workspace)
    blueprint.add_url_rule("", "index", lambda: _show_index(app, setup))
    pages = (
        data.create(setup),
        traffic.create(setup),
        trouble.create(setup),
        access.create(setup),
        contract.create(),
        login.create(setup.config),
    )
    for inner in pages:
        blueprint.register_blueprint(inner, url_prefix=f"/{inner.name}")
    app.register_blueprint(blueprint)
    return replace(
        control,
        check=lambda: _check(setup),
        refuse=lambda error: _refuse(error, control),
    )


def _bound_form() -> None:
    """Let a longer body than ``MAX_FORM_BYTES`` be refused (413) when a page reads the form."""
    request.max_content_length = MAX_FORM_BYTES


def _show_index(app: Flask, setup: Setup) -> ResponseReturnValue:
    """Answer the overview; a program gets the list of endpoints."""
    return overview.show(setup) if has_browser() else jsonify(list_endpoints(app))


def _check(setup: Setup) -> None:
    """Check the right of a request to the control plane, or to a page.

    Raises:
        HTTPException: The guard refuses the request.
    """
    token = setup.config.control_token
    g.signed_in = bool(token) and guard.name_session(token) in request.cookies
    if token and request.endpoint in PUBLIC_ENDPOINTS:
        guard.check_page(request)
    else:
        guard.check(request, setup.config)


def _refuse(error: HTTPException, control: Family) -> Response:
    """Return the page of an error for a browser, the problem document for a program.

    A browser without the control token is sent to the login.
    """
    if not has_browser():
        return make_response(control.refuse(error))
    if isinstance(error, Unauthorized) and request.method in READING_METHODS:
        target = f"{request.root_path}{request.full_path.rstrip('?')}"
        return secure(make_response(redirect(url_for(LOGIN, next=target))))
    status = error.code or 500
    return render_alone("error.html", status, title=error.name, detail=error.description)


def _refuse_workspace(error: WorkspaceError) -> Response:
    return render_alone("error.html", error.status, title=error.status.phrase, detail=f"{error}.")


def welcome() -> Response | None:
    """Return the page of ``/`` for a browser; None for any other request.

    No API has anything at ``/``: a program gets the fault of an unknown path.
    """
    if request.path == "/" and request.method in READING_METHODS and has_browser():
        return render_alone("welcome.html")
    return None
