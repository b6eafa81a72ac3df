"""The OAuth endpoints of Account Manager and of an instance (AUT-2 to AUT-9; RFC 6749)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson
from flask import Blueprint, Flask, Request, Response, request
from werkzeug.exceptions import HTTPException

from emulator.family import CONCEALED_MEMBERS, FAULT, INJECTED, Family
from emulator.ocapi.access import authorization, token_grant
from emulator.ocapi.access.authorization import AUTHORIZE_PATH
from emulator.ocapi.access.introspection import introspect
from emulator.ocapi.access.oauth_error import STATUSES, OAuthError
from emulator.ocapi.access.parameters import MAX_FORM_BYTES, read_form, read_query
from emulator.ocapi.access.rate_limit import count_request
from emulator.ocapi.access.token_grant import (
    INSTANCE_PATH,
    INTROSPECT_PATH,
    TOKEN_PATHS,
    TokenRequest,
)
from emulator.ocapi.call import Service
from emulator.request import current_request
from emulator.workspace.registry import current

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

FAMILY_NAME = "token"
PATHS = ("/dwsso", INSTANCE_PATH)
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
ERRORS_BY_STATUS = {
    500: ("server_error", ""),
    503: ("temporarily_unavailable", "The server can't reach its data"),
}


def register(app: Flask, service: Service) -> Family:
    """Add the OAuth endpoints to an application; return the family."""
    blueprint = Blueprint(FAMILY_NAME, __name__)

    def answer_token() -> Response:
        return _answer(200, token_grant.grant(_read(current_request(), service)))

    def answer_introspection() -> Response:
        return _answer(200, introspect(_read(current_request(), service)))

    def authorize() -> Response:
        return _authorize(current_request(), service)

    for path in TOKEN_PATHS:
        blueprint.add_url_rule(path, path, answer_token, methods=["POST"])
    blueprint.add_url_rule(INTROSPECT_PATH, INTROSPECT_PATH, answer_introspection, methods=["POST"])
    blueprint.add_url_rule(AUTHORIZE_PATH, AUTHORIZE_PATH, authorize)
    blueprint.after_request(_add_rate_limit)
    app.register_error_handler(OAuthError, _refuse)
    app.register_blueprint(blueprint)
    return Family(
        name=FAMILY_NAME,
        paths=PATHS,
        application=app.wsgi_app,
        check=_check,
        refuse=_refuse_http,
        routes=app.url_map,
        operations={
            **{(f"{FAMILY_NAME}.{path}", "POST"): "requestToken" for path in TOKEN_PATHS},
            (f"{FAMILY_NAME}.{AUTHORIZE_PATH}", "GET"): "authorize",
            (f"{FAMILY_NAME}.{INTROSPECT_PATH}", "POST"): "introspect",
        },
        faults=dict.fromkeys(STATUSES, (("description",),)),
        samples={"description": "Injected by a failpoint."},
        prepare=_conceal_code,
    )


def _conceal_code(environ: "WSGIEnvironment") -> None:
    """Name the authorization code as a secret; other APIs have harmless codes, as of coupons."""
    environ[CONCEALED_MEMBERS] = {"code"}


def _check() -> None:
    """Bound the form, and answer the fault of a failpoint."""
    request = current_request()
    request.max_content_length = MAX_FORM_BYTES
    if injected := request.environ.get(INJECTED):
        description = str(injected.arguments["description"])
        raise OAuthError(STATUSES[injected.name], injected.name, description)


def _add_rate_limit(response: Response) -> Response:
    request = current_request()
    if request.path in TOKEN_PATHS:
        response.headers.update(count_request(current(request.environ)))
    return response


def _read(request: Request, service: Service) -> TokenRequest:
    workspace = current(request.environ)
    return TokenRequest(
        path=request.path,
        host=request.host,
        authorization=request.headers.get("Authorization"),
        query=read_query(request),
        form=read_form(request),
        workspace=workspace,
        tokens=service.tokens(workspace),
    )


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
    """Answer another method, a too large form, or an error of the server."""
    name, description = ERRORS_BY_STATUS.get(
        error.code or 500, ("invalid_request", (error.description or "").removesuffix("."))
    )
    if error.code == 404:  # noqa: PLR2004 - RFC 9110, 15.5.5
        description = "Account Manager has no such endpoint here"
    response = _refuse(OAuthError(error.code or 400, name, description))
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _answer(status: int, content: Mapping[str, Any]) -> Response:
    media_type = "application/json;charset=UTF-8"
    return Response(orjson.dumps(content), status, NO_STORE, content_type=media_type)
