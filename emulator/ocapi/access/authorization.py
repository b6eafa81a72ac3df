"""The authorization endpoint of Account Manager: approves at once, by redirect (AUT-7).

A code is a signed JWT. So every process with the same key can exchange the code, and no workspace
stores codes. Therefore a client can use a code again, until the code expires after 120 seconds.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

from emulator.ocapi.access.auth import find_client
from emulator.ocapi.access.client import LOOPBACK_URI, find_first_user
from emulator.ocapi.access.oauth_error import OAuthError, missing
from emulator.ocapi.access.scope import choose, describe
from emulator.ocapi.access.token import AUTHORIZATION_CODE, Tokens
from emulator.workspace.workspace import Workspace

AUTHORIZE_PATH = "/dwsso/oauth2/authorize"
CODE_LIFETIME_SECONDS = 120
TOKEN_LIFETIME_SECONDS = 1799
CODE_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)  # RFC 7636, section 4.2


def authorize(parameters: Mapping[str, str], workspace: Workspace, tokens: Tokens) -> str:
    """Return the URL of the redirect.

    Args:
        parameters: The parameters of the query.
        workspace: The workspace of the token or code.
        tokens: The workspace's token issuer.

    Raises:
        OAuthError: The client is unknown, or the redirect URI is not valid for the client. Then
            the user agent must not be redirected (RFC 6749, section 4.1.2.1).
    """
    client_id = parameters.get("client_id")
    if not client_id:
        raise missing("client_id")
    client = find_client(workspace.store, client_id)
    if client is None:
        # Not 401: a browser would ask the user for a password.
        raise OAuthError(400, "invalid_client", f"Client '{client_id}' is unknown")
    uri = _find_redirect_uri(client, parameters.get("redirect_uri", ""))
    try:
        answer = _approve(client_id, client, parameters, workspace, tokens)
    except OAuthError as error:
        answer = {"error": error.error, "error_description": str(error)}
    if "state" in parameters:
        answer["state"] = parameters["state"]
    in_query = "&" if "?" in uri else "?"
    separator = "#" if parameters.get("response_type") == "token" else in_query
    return f"{uri}{separator}{urlencode(answer, quote_via=quote)}"


def _find_redirect_uri(client: Mapping[str, Any], sent: str) -> str:
    """Return the redirect URI of a request: registered, or a loopback address."""
    registered = client.get("redirect_uris", [])
    if not sent and len(registered) == 1:
        return str(registered[0])
    if not sent:
        raise missing("redirect_uri")
    allowed = sent in registered if registered else LOOPBACK_URI.fullmatch(sent) is not None
    if not allowed:
        problem = (
            "is not registered" if registered else "is neither registered nor a loopback address"
        )
        raise OAuthError(400, "invalid_request", f"Parameter 'redirect_uri' {problem}")
    return sent


def _approve(
    client_id: str,
    client: Mapping[str, Any],
    parameters: Mapping[str, str],
    workspace: Workspace,
    tokens: Tokens,
) -> dict[str, str]:
    """Return the parameters of an approving redirect.

    Raises:
        OAuthError: The request is refused; the redirect reports the error.
    """
    login = find_first_user(workspace.store)
    response_type = parameters.get("response_type")
    if not response_type:
        raise missing("response_type")
    if response_type not in ("token", "code"):
        description = f"Response type '{response_type}' is not supported"
        raise OAuthError(400, "unsupported_response_type", description)
    if login is None:
        raise OAuthError(400, "access_denied", "The data set has no Business Manager user")
    scopes = choose(parameters.get("scope", ""), client)
    if response_type == "token":
        claims = describe(workspace.store, client_id, login, scopes) | {"grant_type": "implicit"}
        return {
            "access_token": tokens.issue(client_id, TOKEN_LIFETIME_SECONDS, login, **claims),
            "token_type": "Bearer",
            "expires_in": str(TOKEN_LIFETIME_SECONDS),
            **({"scope": scopes} if scopes else {}),
        }
    claims = {
        "scope": scopes.split(),
        "redirect": digest(parameters.get("redirect_uri", "")),
        **_read_challenge(parameters),
    }
    return {
        "code": tokens.issue(client_id, CODE_LIFETIME_SECONDS, login, AUTHORIZATION_CODE, **claims)
    }


def _read_challenge(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the claim of a code challenge, empty without a challenge (RFC 7636, section 4.3).

    The claim has the S256 form always. A plain challenge is the verifier itself, and everybody can
    read the claims of a code.
    """
    challenge = parameters.get("code_challenge")
    method = parameters.get("code_challenge_method", "plain")
    if challenge is None:
        return {}
    if method not in ("plain", "S256"):
        raise OAuthError(400, "invalid_request", f"Transformation '{method}' is not supported")
    if CODE_CHALLENGE.fullmatch(challenge) is None:
        description = "Parameter 'code_challenge' needs 43 to 128 unreserved characters"
        raise OAuthError(400, "invalid_request", description)
    return {"challenge": challenge if method == "S256" else digest(challenge)}


def digest(text: str) -> str:
    """Return the SHA-256 of a text in base64url, the S256 of PKCE (RFC 7636, section 4.2)."""
    return urlsafe_b64encode(sha256(text.encode()).digest()).decode().rstrip("=")
