"""The token endpoints (AUT-2 to AUT-6), answering as RFC 6749 says."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from flask import Flask, Request, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from emulator.family import FAULT, INJECTED, Family
from emulator.ocapi.access import client
from emulator.ocapi.access.client import CLIENTS
from emulator.ocapi.call import Service
from emulator.store import StoreUnavailable
from emulator.workspace.crash import log_outage
from emulator.workspace.workspace import Workspace, current

ACCOUNT_MANAGER_PATH = "/dwsso/oauth2/access_token"
INSTANCE_PATH = "/dw/oauth2/access_token"
PATHS = (ACCOUNT_MANAGER_PATH, INSTANCE_PATH)
ACCOUNT_MANAGER = ("account.demandware.com", "account.demandware.com:443")

CLIENT_CREDENTIALS = "client_credentials"
BUSINESS_MANAGER = "urn:demandware:params:oauth:grant-type:client-id:dwsid:dwsecuretoken"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
RSA_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
EC_ALGORITHMS = ["ES256", "ES384", "ES512"]
CLIENT_LIFETIME = 1799
USER_LIFETIME = 899
LARGEST_FORM = 64 * 1024
FORM = "application/x-www-form-urlencoded"


class OAuthError(Exception):
    """A refusal: the error code of RFC 6749, 5.2, and its description."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error


STATUSES = {
    "invalid_request": 400,
    "invalid_client": 401,
    "unauthorized_client": 400,
    "unsupported_grant_type": 400,
    "server_error": 500,
    "temporarily_unavailable": 503,
}
"""The errors that the token endpoints can be told to answer, and their statuses."""
AUTHENTICATION_FAILED = (401, "invalid_client", "Client authentication failed")


def create_family(service: Service) -> Family:
    """Return the family of both token endpoints."""
    app = _create_app(service)
    operations = {(path, "POST"): "requestToken" for path in PATHS}
    faults = dict.fromkeys(STATUSES, ("description",))
    return Family("token", app, app.url_map, operations, faults)


def _create_app(service: Service) -> Flask:
    app = Flask("emulator.ocapi.access.oauth", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM

    @app.before_request
    def begin() -> None:
        if injected := request.environ.get(INJECTED):
            description = str(injected.arguments["description"])
            raise OAuthError(STATUSES[injected.name], injected.name, description)

    def grant() -> Response:
        return _answer(200, _grant(request, service))

    for path in PATHS:
        app.add_url_rule(path, path, grant, methods=["POST"], provide_automatic_options=False)
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
    tokens, parameters = service.tokens(workspace), _read_parameters(request)
    grant_type = parameters.get("grant_type")
    if not grant_type:
        raise OAuthError(400, "invalid_request", "Parameter 'grant_type' is missing")
    if grant_type == CLIENT_CREDENTIALS:
        client_id = _authenticate(request, parameters, workspace)
        return _token(tokens.issue(client_id, CLIENT_LIFETIME), CLIENT_LIFETIME)
    if grant_type == BUSINESS_MANAGER and request.path == INSTANCE_PATH:
        client_id, login = _authenticate_user(request, workspace)
        return _token(tokens.issue(client_id, USER_LIFETIME, login), USER_LIFETIME)
    raise OAuthError(
        400, "unsupported_grant_type", f"Grant type '{grant_type}' is not supported here"
    )


def _read_parameters(request: Request) -> dict[str, str]:
    """Return the parameters of query and form, of which the form's count."""
    form = request.form if request.mimetype == FORM else MultiDict[str, str]()
    for place in (request.args, form):
        if any(len(values) > 1 for _, values in place.lists()):
            raise OAuthError(400, "invalid_request", "A parameter is given more than once")
    return request.args.to_dict() | form.to_dict()


def _authenticate(request: Request, parameters: Mapping[str, str], workspace: Workspace) -> str:
    """Return the id of the client that proves itself by assertion, Basic header or form."""
    if "client_assertion_type" in parameters:
        return _verify_assertion(request, parameters, workspace)
    basic = client.read_basic(request.headers.get("Authorization"))
    if basic is None and "Authorization" not in request.headers:
        basic = request.form.get("client_id", ""), request.form.get("client_secret", "")
    for client_id, secret in client.spellings(*basic) if basic else ():
        if client.is_client(workspace.store, client_id, secret):
            return client_id
    raise OAuthError(*AUTHENTICATION_FAILED)


def _authenticate_user(request: Request, workspace: Workspace) -> tuple[str, str]:
    """Return client id and login of a Business Manager user grant (AUT-3)."""
    client_id = request.args.get("client_id") or request.form.get("client_id")
    if not client_id:
        raise OAuthError(400, "invalid_request", "Parameter 'client_id' is missing")
    login, rest = client.read_basic(request.headers.get("Authorization")) or ("", "")
    # Only the password can hold a colon: what follows the last one is the client's secret.
    password, _, secret = rest.rpartition(":")
    known_client = client.is_client(workspace.store, client_id, secret)
    known_user = client.is_user(workspace.store, login, password)
    if not (known_client and known_user):
        told = "Client id '{}' has invalid credentials to use grant type '{}'."
        raise OAuthError(400, "unauthorized_client", told.format(client_id, BUSINESS_MANAGER))
    return client_id, login


def _verify_assertion(request: Request, parameters: Mapping[str, str], workspace: Workspace) -> str:
    """Return the client id of a JWT bearer client assertion (AUT-6; RFC 7523, section 3)."""
    if parameters["client_assertion_type"] != JWT_BEARER:
        raise OAuthError(400, "invalid_request", "Parameter 'client_assertion_type' is unknown")
    assertion = parameters.get("client_assertion", "")
    options: Any = {"require": ["iss", "sub", "aud", "exp"], "verify_aud": False}
    options |= {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    try:
        claimed = jwt.decode(assertion, options={"verify_signature": False})
        record = workspace.store.get(CLIENTS, (str(claimed.get("sub")),))
        if record is None:
            raise OAuthError(*AUTHENTICATION_FAILED)
        key = client.public_key(record.properties["certificate"])
        algorithms = RSA_ALGORITHMS if isinstance(key, RSAPublicKey) else EC_ALGORITHMS
        claims = jwt.decode(assertion, key, algorithms, options=options)
    except (jwt.PyJWTError, KeyError, ValueError) as error:
        raise OAuthError(*AUTHENTICATION_FAILED) from error
    _check_claims(claims, request, workspace)
    return str(claims["sub"])


def _check_claims(claims: Mapping[str, Any], request: Request, workspace: Workspace) -> None:
    now = workspace.clock.now().timestamp()
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    dates = claims.get("nbf", 0), now, claims["exp"], claims.get("iat", 0)
    since, _, until, _ = dates
    in_time = all(isinstance(date, (int, float)) for date in dates) and since <= now < until
    meant_for_us = any(_is_ours(str(url), request) for url in audience)
    if not (in_time and meant_for_us and claims["iss"] == claims["sub"]):
        raise OAuthError(*AUTHENTICATION_FAILED)


def _is_ours(audience: str, request: Request) -> bool:
    """Return whether an audience is this token endpoint, or Account Manager's own."""
    try:
        url = urlsplit(audience)
    except ValueError:
        return False
    ours = url.netloc == request.host and url.scheme in ("http", "https")
    theirs = url.netloc in ACCOUNT_MANAGER and url.scheme == "https"
    return url.path in PATHS and (ours or theirs)


def _token(access_token: str, lifetime: int) -> dict[str, Any]:
    return {
        "access_token": access_token,
        "scope": "mail",
        "token_type": "Bearer",
        "expires_in": lifetime,
    }


def _refuse(error: OAuthError) -> Response:
    description = {"error_description": str(error)} if str(error) else {}
    request.environ[FAULT] = error.error
    response = _answer(error.status, {**description, "error": error.error})
    if error.status == 401:  # noqa: PLR2004 - RFC 6749, 5.2
        response.headers["WWW-Authenticate"] = 'Basic realm="/"'
    return response


def _refuse_http(error: HTTPException) -> Response:
    """Answer what Flask refuses itself: another method, a form that is too large."""
    response = _refuse(OAuthError(error.code or 400, "invalid_request", error.description or ""))
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(allowed)
    return response


def _answer(status: int, content: Mapping[str, Any]) -> Response:
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    media_type = "application/json;charset=UTF-8"
    return Response(orjson.dumps(content), status, headers, content_type=media_type)
