"""The grants of the token endpoints (AUT-2 to AUT-7)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from emulator.ocapi.access import access_key, assertion, client
from emulator.ocapi.access.auth import find_client
from emulator.ocapi.access.authorization import digest
from emulator.ocapi.access.oauth_error import (
    OAuthError,
    authentication_failed,
    invalid_grant,
    missing,
)
from emulator.ocapi.access.scope import choose, describe, narrow
from emulator.ocapi.access.token import (
    AUTHORIZATION_CODE,
    ID_TOKEN,
    REFRESH_TOKEN,
    TokenError,
    Tokens,
)
from emulator.workspace.workspace import Workspace

ACCOUNT_MANAGER_PATH = "/dwsso/oauth2/access_token"
INSTANCE_PATH = "/dw/oauth2/access_token"
TOKEN_PATHS = (ACCOUNT_MANAGER_PATH, INSTANCE_PATH)
INTROSPECT_PATH = "/dwsso/oauth2/introspect"
AUDIENCE_PATHS = (*TOKEN_PATHS, INTROSPECT_PATH)
BUSINESS_MANAGER_GRANT = "urn:demandware:params:oauth:grant-type:client-id:dwsid:dwsecuretoken"
OTHER_CLIENT = "Client ID in request does not match authenticated client"
CLIENT_LIFETIME_SECONDS = 1799
USER_LIFETIME_SECONDS = 899
REFRESH_LIFETIME_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True)
class TokenRequest:
    """A request to a token endpoint.

    Attributes:
        path: The path of the endpoint.
        host: The host of the request.
        authorization: The ``Authorization`` header, or None.
        query: The parameters of the query.
        form: The parameters of the form.
        workspace: The workspace of the token.
        tokens: The workspace's token issuer.
    """

    path: str
    host: str
    authorization: str | None
    query: Mapping[str, str]
    form: Mapping[str, str]
    workspace: Workspace
    tokens: Tokens

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters of query and form; the form wins."""
        return {**self.query, **self.form}

    def require(self, name: str) -> str:
        """Return a parameter; raise OAuthError invalid_request for a missing or empty parameter."""
        value = self.parameters.get(name)
        if not value:
            raise missing(name)
        return value


def grant(request: TokenRequest) -> dict[str, Any]:
    """Return the answer to a token request.

    Raises:
        OAuthError: The request is refused.
    """
    grant_type = request.require("grant_type")
    run = GRANTS_BY_PATH[request.path].get(grant_type)
    if run is None:
        description = f"Grant type '{grant_type}' is not supported here"
        raise OAuthError(400, "unsupported_grant_type", description)
    return run(request)


def _grant_client(request: TokenRequest) -> dict[str, Any]:
    """Answer ``client_credentials`` (AUT-2)."""
    client_id = authenticate(request)
    scope = _choose_scope(request, client_id)
    return _issue(request, client_id, CLIENT_LIFETIME_SECONDS, scope)


def _grant_business_manager(request: TokenRequest) -> dict[str, Any]:
    """Answer the grant of a Business Manager user at the instance (AUT-3)."""
    client_id = request.require("client_id")
    login, rest = client.read_basic(request.authorization) or ("", "")
    # Only the password can hold a colon: the client's secret follows the last colon.
    password, _, secret = rest.rpartition(":")
    known_client = client.is_client(request.workspace.store, client_id, secret)
    known_user = client.is_user(request.workspace.store, login, password) or access_key.opens(
        request.workspace, login, password, access_key.OCAPI
    )
    if not (known_client and known_user):
        problem = f"Client id '{client_id}' has invalid credentials to use grant type "
        raise OAuthError(400, "unauthorized_client", f"{problem}'{BUSINESS_MANAGER_GRANT}'.")
    scope = _choose_scope(request, client_id)
    _note_login(request, login)
    return _issue(request, client_id, USER_LIFETIME_SECONDS, scope, login)


def _grant_password(request: TokenRequest) -> dict[str, Any]:
    """Answer ``password`` (AUT-7; RFC 6749, section 4.3)."""
    client_id = authenticate(request)
    login, password = request.require("username"), request.require("password")
    if not client.is_user(request.workspace.store, login, password):
        raise invalid_grant("Resource owner authentication failed")
    scope = _choose_scope(request, client_id)
    _note_login(request, login)
    return _answer_user(request, client_id, login, scope)


def _note_login(request: TokenRequest, login: str) -> None:
    """Store the day of a login with password or access key."""
    day = request.workspace.clock.now().date().isoformat()
    client.note_login(request.workspace.store, login, day)


def _grant_code(request: TokenRequest) -> dict[str, Any]:
    """Answer ``authorization_code`` (AUT-7; RFC 6749, section 4.1.3; RFC 7636, section 4.6).

    A code verifier replaces the client's secret: public clients have none.
    """
    client_id, has_proof = _identify(request)
    refused = invalid_grant("The authorization code is invalid or has expired")
    try:
        claims = request.tokens.read(request.require("code"), AUTHORIZATION_CODE)
    except TokenError as error:
        raise refused from error
    redirect = digest(request.parameters.get("redirect_uri", ""))
    if claims["client_id"] != client_id or not compare_digest(claims["redirect"], redirect):
        raise refused
    challenge, verifier = claims.get("challenge"), request.parameters.get("code_verifier")
    if challenge is None and not has_proof:
        raise authentication_failed()
    if (challenge is None) != (verifier is None):
        raise refused
    if challenge and not compare_digest(challenge, digest(verifier or "")):
        raise refused
    scope = " ".join(claims["scope"])
    return _answer_user(request, client_id, claims["sub"], scope, is_public=not has_proof)


def _grant_refresh(request: TokenRequest) -> dict[str, Any]:
    """Answer ``refresh_token`` (AUT-7; RFC 6749, section 6)."""
    client_id, has_proof = _identify(request)
    refused = invalid_grant("The refresh token is invalid or has expired")
    try:
        claims = request.tokens.read(request.require("refresh_token"), REFRESH_TOKEN)
    except TokenError as error:
        raise refused from error
    login = claims["sub"]
    if claims["client_id"] != client_id or not client.may_sign_in(request.workspace.store, login):
        raise refused
    if not (has_proof or claims.get("public")):
        raise authentication_failed()
    scope = narrow(request.parameters.get("scope", ""), " ".join(claims["scope"]))
    return _answer_user(request, client_id, login, scope, is_public=not has_proof)


Grant = Callable[[TokenRequest], dict[str, Any]]
ACCOUNT_MANAGER_GRANTS: Mapping[str, Grant] = {
    "client_credentials": _grant_client,
    "password": _grant_password,
    "authorization_code": _grant_code,
    "refresh_token": _grant_refresh,
}
# Account Manager forwards the older path, which is the path of an instance, too (AUT-2).
GRANTS_BY_PATH: Mapping[str, Mapping[str, Grant]] = {
    ACCOUNT_MANAGER_PATH: ACCOUNT_MANAGER_GRANTS,
    INSTANCE_PATH: {**ACCOUNT_MANAGER_GRANTS, BUSINESS_MANAGER_GRANT: _grant_business_manager},
}


def authenticate(request: TokenRequest) -> str:
    """Return the id of the client, proven by assertion, Basic header or form.

    Raises:
        OAuthError: invalid_client, the client is unknown or the proof is wrong.
    """
    store = request.workspace.store
    if "client_assertion_type" in request.parameters:
        return assertion.verify(request.parameters, request.workspace, request.host, AUDIENCE_PATHS)
    given = client.read_basic(request.authorization)
    if request.authorization is None:
        given = request.form.get("client_id", ""), request.form.get("client_secret", "")
    for client_id, secret in client.spellings(*given) if given else ():
        if client.is_client(store, client_id, secret):
            if request.parameters.get("client_id", client_id) != client_id:
                raise OAuthError(400, "invalid_client", OTHER_CLIENT)
            return client_id
    raise authentication_failed()


def _identify(request: TokenRequest) -> tuple[str, bool]:
    """Return the id of the client, and True for an authenticated client.

    A public client has no secret. But a wrong secret is refused, also of a public client.
    """
    shown = {"client_assertion_type", "client_secret"} & request.parameters.keys()
    if shown or request.authorization is not None:
        return authenticate(request), True
    client_id = request.require("client_id")
    if find_client(request.workspace.store, client_id) is None:
        raise authentication_failed()
    return client_id, False


def _choose_scope(request: TokenRequest, client_id: str) -> str:
    entry = find_client(request.workspace.store, client_id) or {}
    return choose(request.parameters.get("scope", ""), entry)


def _answer_user(
    request: TokenRequest, client_id: str, login: str, scope: str, *, is_public: bool = False
) -> dict[str, Any]:
    """Return the answer to a user's grant, with refresh token and ID token."""
    lifetime, issue, scopes = CLIENT_LIFETIME_SECONDS, request.tokens.issue, scope.split()
    return {
        **_issue(request, client_id, lifetime, scope, login),
        "refresh_token": issue(
            client_id,
            REFRESH_LIFETIME_SECONDS,
            login,
            REFRESH_TOKEN,
            public=is_public,
            scope=scopes,
        ),
        "id_token": issue(client_id, lifetime, login, ID_TOKEN),
    }


def _issue(
    request: TokenRequest, client_id: str, lifetime: int, scope: str, login: str = ""
) -> dict[str, Any]:
    """Return the members of an answer with an access token (RFC 6749, section 5.1)."""
    claims = describe(request.workspace.store, client_id, login, scope)
    claims["grant_type"] = request.parameters["grant_type"]
    return {
        "access_token": request.tokens.issue(client_id, lifetime, login, **claims),
        **({"scope": scope} if scope else {}),
        "token_type": "Bearer",
        "expires_in": lifetime,
    }
