"""Scopes of tokens (AUT-8; RFC 6749, section 3.3)."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from emulator.ocapi.access.client import SCOPE
from emulator.ocapi.access.oauth_error import OAuthError
from emulator.store import Store
from emulator.workspace.credential import ACCOUNTS, API_CLIENTS, LOGINS

DEFAULT_SCOPE = "mail"
MAX_SCOPE_CHARACTERS = 1000
SCOPES = re.compile(rf"{SCOPE}(?: {SCOPE})*")


def choose(requested: str, client: Mapping[str, Any]) -> str:
    """Return the scopes of a new grant, separated by spaces.

    Args:
        requested: The parameter ``scope``, empty for the default of the client.
        client: The client's entry. A client without ``scopes`` may have every scope.

    Raises:
        OAuthError: invalid_scope, a scope is malformed or not allowed.
    """
    allowed = client.get("scopes")
    if not requested:
        default = client.get("default_scopes", allowed)
        return DEFAULT_SCOPE if default is None else " ".join(default)
    return _check(requested, allowed)


def narrow(requested: str, granted: str) -> str:
    """Return the requested scopes; without a request all granted scopes (RFC 6749, section 6).

    Raises:
        OAuthError: invalid_scope, a scope is malformed or was not granted before.
    """
    return _check(requested, granted.split()) if requested else granted


def describe(store: Store, client_id: str, login: str, scope: str) -> dict[str, Any]:
    """Return the claims of an access token for its scopes.

    The scopes ``roles`` and ``tenantFilter`` bring a claim each, with the roles of the user or, in
    a token without a user, of the client.
    """
    scopes = scope.split()
    claims: dict[str, Any] = {"scope": scopes}
    index = store.get(LOGINS, (login,)) if login else None
    key = (ACCOUNTS, (index.get("id"),)) if index else (API_CLIENTS, (client_id,))
    account = None if login and index is None else store.get(*key)
    if "roles" in scopes:
        claims["roles"] = list(account.get("roles")) if account else []
    if "tenantFilter" in scopes:
        claims["tenantFilter"] = account.get("roleTenantFilter") if account else ""
    return claims


def _check(requested: str, allowed: Collection[str] | None) -> str:
    if len(requested) > MAX_SCOPE_CHARACTERS or SCOPES.fullmatch(requested) is None:
        raise OAuthError(400, "invalid_scope", "Parameter 'scope' is malformed or too long")
    scopes = list(dict.fromkeys(requested.split(" ")))
    unknown = [scope for scope in scopes if allowed is not None and scope not in allowed]
    if unknown:
        raise OAuthError(400, "invalid_scope", f"Scope '{unknown[0]}' is not allowed")
    return " ".join(scopes)
