"""Account Manager's REST interface as a blueprint: authentication, routes, refusals."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import orjson
from flask import Blueprint, Flask, Response
from werkzeug.exceptions import HTTPException

from emulator.account_manager import api_clients, directory, users
from emulator.account_manager.context import Access, Answer, Caller, Context
from emulator.account_manager.error import STATUSES, AccountError
from emulator.family import CONCEALED, FAULT, INJECTED, Family
from emulator.request import HOST, current_request
from emulator.workspace.registry import current

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

FAMILY_NAME = "account_manager"
BASE_PATH = "/dw/rest/v1"
FAMILY_PATHS = ("/dw/rest",)
CALLER_KEY = "emulator.account_caller"
"""The key of the WSGI environment with the caller of the request."""

ROUTES: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET", "/users", users.list_users),
    ("POST", "/users", users.create_user),
    ("GET", "/users/current", users.read_current),
    ("GET", "/users/search/findByLogin", users.find_by_login),
    ("GET", "/users/search/findByOrg", users.find_by_organization),
    ("GET", "/users/search/findByRole", users.find_by_role),
    ("GET", "/users/search/findByOrgAndRole", users.find_by_organization_and_role),
    ("GET", "/users/<identifier>", users.read_user),
    ("PUT", "/users/<identifier>", users.change_user),
    ("DELETE", "/users/<identifier>", users.purge_user),
    ("POST", "/users/<identifier>/disable", users.disable_user),
    ("POST", "/users/<identifier>/reset", users.reset_user),
    ("GET", "/users/<identifier>/audit-log-records", users.read_user_log),
    ("GET", "/apiclients", api_clients.list_clients),
    ("POST", "/apiclients", api_clients.create_client),
    ("GET", "/apiclients/<identifier>", api_clients.read_client),
    ("PUT", "/apiclients/<identifier>", api_clients.change_client),
    ("DELETE", "/apiclients/<identifier>", api_clients.delete_client),
    ("PUT", "/apiclients/<identifier>/password", api_clients.change_secret),
    ("GET", "/apiclients/<identifier>/audit-log-records", api_clients.read_client_log),
    ("GET", "/organizations", directory.list_organizations),
    ("GET", "/organizations/search/findByName", directory.find_organizations),
    ("GET", "/organizations/<identifier>", directory.read_organization),
    ("GET", "/organizations/<identifier>/audit-log-records", directory.read_organization_log),
    ("GET", "/roles", directory.list_roles),
    ("GET", "/roles/<identifier>", directory.read_role),
)
CODES_BY_STATUS = {
    404: "ResourceNotFoundException",
    405: "HttpRequestMethodNotSupportedException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}


def register(app: Flask, access: Access) -> Family:
    """Add the interface to an application; return the family.

    Args:
        app: The application.
        access: The functions of the token endpoints.
    """
    blueprint = Blueprint(FAMILY_NAME, __name__)
    operations = {}
    for method, path, answer in ROUTES:
        endpoint = f"{method} {path}"
        view = partial(_answer, access, answer)
        blueprint.add_url_rule(BASE_PATH + path, endpoint, view, methods=[method])
        operations[f"{FAMILY_NAME}.{endpoint}", method] = answer.__name__
    app.register_error_handler(AccountError, _refuse)
    app.register_blueprint(blueprint)
    return Family(
        name=FAMILY_NAME,
        paths=FAMILY_PATHS,
        application=app.wsgi_app,
        check=partial(_check, access),
        refuse=_refuse_http,
        routes=app.url_map,
        operations=operations,
        faults=dict.fromkeys(STATUSES, (("message",),)),
        samples={"message": "Injected by a failpoint."},
        prepare=_conceal,
    )


def _conceal(environ: "WSGIEnvironment") -> None:
    """Mark a change of a secret: no name of a member tells a secret."""
    if environ["PATH_INFO"].endswith("/password"):
        environ[CONCEALED] = True


def _check(access: Access) -> None:
    """Answer the fault of a failpoint, check the host of links, and identify the caller.

    Raises:
        AccountError: The Host header is not valid (400), the request has no valid access token
            (401), or a failpoint asks for a fault.
    """
    environ = current_request().environ
    if injected := environ.get(INJECTED):
        message = str(injected.arguments["message"])
        raise AccountError(STATUSES[injected.name], injected.name, message)
    host = environ.get("HTTP_HOST", "")
    if host and not HOST.fullmatch(host):
        raise AccountError(400, "BadRequestException", f"The Host header '{host}' is invalid")
    caller = access.identify(current(environ), environ.get("HTTP_AUTHORIZATION"))
    if caller is None:
        message = "Full authentication is required to access this resource"
        raise AccountError(401, "InsufficientAuthenticationException", message)
    environ[CALLER_KEY] = Caller(*caller)


def _answer(access: Access, answer: Callable[..., Answer], **ids: str) -> Response:
    request = current_request()
    caller: Caller = request.environ[CALLER_KEY]
    context = Context(request, current(request.environ), caller, access)
    given = answer(context, **{name: unquote(segment) for name, segment in ids.items()})
    return _respond(given.status, given.content, **given.headers)


def _refuse(error: AccountError) -> Response:
    current_request().environ[FAULT] = error.code
    response = _respond(error.status, error.document())
    if error.status == 401:  # noqa: PLR2004 - RFC 9110, 15.5.2
        response.headers["WWW-Authenticate"] = 'Bearer realm="/"'
    return response


def _refuse_http(error: HTTPException) -> Response:
    """Answer an unknown path, another method, or an error of the server."""
    status = error.code or 500
    code = CODES_BY_STATUS.get(status, "BadRequestException")
    response = _refuse(AccountError(status, code, error.name))
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _respond(status: int, content: Any, **headers: str) -> Response:
    """Return a response; an answer without content has no content type."""
    body = b"" if content is None else orjson.dumps(content, default=dict)
    response = Response(body, status, headers, content_type="application/json;charset=UTF-8")
    if content is None:
        del response.headers["Content-Type"]
    response.headers["Cache-Control"] = "no-store"
    return response
