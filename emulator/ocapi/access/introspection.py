"""Introspection of tokens (AUT-9; RFC 7662)."""

from typing import Any

from emulator.ocapi.access.oauth_error import missing
from emulator.ocapi.access.token import ACCESS_TOKEN, REFRESH_TOKEN, TokenError, read_login
from emulator.ocapi.access.token_grant import TokenRequest, authenticate

CLAIMS = ("client_id", "exp", "iat", "nbf", "sub", "aud", "iss", "jti")


def introspect(request: TokenRequest) -> dict[str, Any]:
    """Return the state of a token; a token of another client is not active.

    Raises:
        OAuthError: invalid_client; invalid_request, the form has no token.
    """
    client_id = authenticate(request)
    token = request.form.get("token")
    if not token:
        raise missing("token")
    for purpose in (ACCESS_TOKEN, REFRESH_TOKEN):
        try:
            claims = request.tokens.read(token, purpose)
        except TokenError:
            continue
        if claims["client_id"] != client_id:
            break
        login = read_login(claims)
        return {
            "active": True,
            "scope": " ".join(claims["scope"]),
            "token_type": "Bearer" if purpose == ACCESS_TOKEN else purpose,
            **({"username": login} if login else {}),
            **{name: claims[name] for name in CLAIMS},
        }
    return {"active": False}
