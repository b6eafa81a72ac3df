"""The OAuth endpoints of Account Manager and of an instance (AUT-2 to AUT-7; RFC 6749)."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Flask, Request, Response, request
from werkzeug.exceptions import HTTPException

from emulator.family import FAULT, INJECTED, Family
from emulator.ocapi.access import authorization, token_grant
from emulator.ocapi.access.authorization import AUTHORIZE_PATH
from emulator.ocapi.access.oauth_error import STATUSES, OAuthError
from emulator.ocapi.access.parameters import MAX_FORM_BYTES, read_form, read_query
from emulator.ocapi.access.token_grant import CLIENT_LIFETIME, TOKEN_PATHS, TokenRequest
from emulator.ocapi.call import Service
from emulator.store import StoreUnavailable
from emulator.workspace.crash import log_outage
from emulator.workspace.workspace import current

__all__ = ["CLIENT_LIFETIME", "PATHS", "create_family"]

PATHS = (*TOKEN_PATHS, AUTHORIZE_PATH)
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def create_family(service: Service) -> Family:
    """Return the family of the OAuth endpoints."""
    app = _create_app(service)
    operations = {(path, "POST"): "requestToken" for path in TOKEN_PATHS}
    operations[AUTHORIZE_PATH, "GET"] = "authorize"
    faults = dict.fromkeys(STATUSES, ("description",))
    return Family("token", app, app.url_map, operations, faults)


def _create_app(service: Service) -> Flask:
    app = Flask("emulator.ocapi.access.oauth", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_FORM_BYTES

    @app.before_request
    def begin() -> None:
        if injected := request.environ.get(INJECTED):
            description = str(injected.arguments["description"])
            raise OAuthError(STATUSES[injected.name], injected.name, description)

    def grant() -> Response:
        return _answer(200, _grant(request, service))

    def authorize() -> Response:
        return _authorize(request, service)

    for path in TOKEN_PATHS:
        app.add_url_rule(path, path, grant, methods=["POST"], provide_automatic_options=False)
    app.add_url_rule(AUTHORIZE_PATH, AUTHORIZE_PATH, authorize, provide_automatic_options=False)
    app.register_error_handler(OAuthError, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)

    @app.errorhandler(StoreUnavailable)
    def _wait(error: StoreUnavailable) -> Response:
        log_outage(request.method, request.path, error)
        name = "temporarily_unavailable"
        return _refuse(OAuthError(STATUSES[name], name, "The server can't reach its data"))

    @app.errorhandler(Exception)
    def _crash(error: Exception) -> Response:
        current(request.environ).crashes.record(request.method, request.path, error)
        return _refuse(OAuthError(500, "server_error", ""))

    return app


def _grant(request: Request, service: Service) -> dict[str, Any]:
    workspace = current(request.environ)
    token_request = TokenRequest(
        path=request.path,
        host=request.host,
        authorization=request.headers.get("Authorization"),
        query=read_query(request),
        form=read_form(request),
        workspace=workspace,
        tokens=service.tokens(workspace),
    )
    return token_grant.grant(token_request)


def _authorize(request: Request, service: Service) -> Response:
    workspace = current(request.environ)
    tokens = service.tokens(workspace)
    response = Response(status=302, headers=NO_STORE)
    response.headers["Location"] = authorization.authorize(read_query(request), workspace, tokens)
    response.autocorrect_location_header = False
    return response


def _refuse(error: OAuthError) -> Response:
    description = {"error_description": str(error)} if str(error) else {}
    request.environ[FAULT] = error.error
    response = _answer(error.status, {**description, "error": error.error})
    if error.status == 401:  # noqa: PLR2004 - RFC 6749, 5.2
        response.headers["WWW-Authenticate"] = 'Basic realm="/"'
    return response


def _refuse_http(error: HTTPException) -> Response:
    """Answer an error of Flask itself: another method, or a form that is too large."""
    response = _refuse(OAuthError(error.code or 400, "invalid_request", error.description or ""))
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(allowed)
    return response


def _answer(status: int, content: Mapping[str, Any]) -> Response:
    media_type = "application/json;charset=UTF-8"
    return Response(orjson.dumps(content), status, NO_STORE, content_type=media_type)
