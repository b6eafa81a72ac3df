"""Tokens and codes: signed JWTs, valid in every process with the same key (AUT-5, AUT-7).

The subject of a token is the login of the user, or the client of a token without a user. The claim
``client_id`` is the client always.

The claim ``tokenName`` is the purpose of a JWT, as in tokens of Account Manager. So an access token
cannot replace a refresh token or a code, nor the other way round.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from emulator.clock import Clock

JWT_ISSUER = "https://account.demandware.com:443/dwsso/oauth2"
SIGNING_ALGORITHM = "HS256"
ACCESS_TOKEN = "access_token"  # noqa: S105 - a purpose, no secret
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the same
ID_TOKEN = "id_token"  # noqa: S105 - the same
AUTHORIZATION_CODE = "authorization_code"
CLIENT_CREDENTIALS = "client_credentials"
MAX_CACHED_TOKENS = 1024
MAX_CACHED_TOKEN_CHARACTERS = 2048


class TokenError(ValueError):
    """A token is malformed, not signed with our key, of another purpose, or expired."""


class Tokens:
    """Issuer and verifier of the tokens of a workspace.

    Args:
        secret: The source of the signing key.
        clock: The clock of issue and expiry.
        workspace: The name of the workspace; the tokens are not valid for other workspaces.
    """

    def __init__(self, secret: str, clock: Clock, workspace: str = "") -> None:
        self._key = _derive_key(secret, workspace)
        self._clock = clock

    def issue(
        self,
        client_id: str,
        lifetime: int,
        login: str = "",
        purpose: str = ACCESS_TOKEN,
        **claims: Any,
    ) -> str:
        """Return a new token.

        Args:
            client_id: The API client.
            lifetime: Seconds until the token expires.
            login: The login of a user, empty without a user.
            purpose: The claim ``tokenName``.
            **claims: Additional claims: of an access token ``grant_type`` and ``scope``.
        """
        now, subject = self._clock.now(), login or client_id
        content = {
            "sub": subject,
            "iss": JWT_ISSUER,
            "tokenName": purpose,
            "aud": client_id,
            "client_id": client_id,
            "nbf": now,
            "iat": now,
            "exp": now + timedelta(seconds=lifetime),
            "jti": self._clock.identifier(),
        }
        if purpose == ACCESS_TOKEN:
            content |= self._describe(subject, lifetime)
        import jwt  # noqa: PLC0415 - see ``_decode``

        return jwt.encode({**content, **claims}, self._key, SIGNING_ALGORITHM)

    def _describe(self, subject: str, lifetime: int) -> dict[str, Any]:
        """Return the claims that only access tokens of Account Manager have."""
        return {
            "cts": "OAUTH2_STATELESS_GRANT",
            "auditTrackingId": self._clock.identifier(),
            "subname": subject,
            "token_type": "Bearer",
            "authGrantId": self._clock.identifier(),
            "grant_type": CLIENT_CREDENTIALS,
            "scope": [],
            "auth_time": int(self._clock.now().timestamp()),
            "realm": "/",
            "expires_in": lifetime,
        }

    def verify(self, token: str) -> str:
        """Return the client id of an access token.

        Raises:
            TokenError: The token is not a valid access token.
        """
        client_id: str = self.read(token, ACCESS_TOKEN)["client_id"]
        return client_id

    def read(self, token: str, purpose: str) -> Mapping[str, Any]:
        """Return the claims of a token.

        Args:
            token: The token, as received.
            purpose: The expected claim ``tokenName``.

        Raises:
            TokenError: The token is not a valid token of this purpose.
        """
        # Long tokens are not cached: the cache is bounded in bytes only if the keys are bounded.
        decode = _decode if len(token) <= MAX_CACHED_TOKEN_CHARACTERS else _decode.__wrapped__
        claims: Mapping[str, Any] = decode(token, self._key)
        if claims.get("tokenName") != purpose:
            raise TokenError("another purpose")
        if not isinstance(claims["client_id"], str):
            raise TokenError("no client")
        expiry = claims["exp"]
        if not isinstance(expiry, (int, float)) or expiry <= self._clock.now().timestamp():
            raise TokenError("expired")
        return claims


def read_login(claims: Mapping[str, Any]) -> str:
    """Return the login of a token's user, empty for a token without a user."""
    login: str = "" if claims.get("grant_type") == CLIENT_CREDENTIALS else claims["sub"]
    return login


@lru_cache(maxsize=MAX_CACHED_TOKENS)
def _derive_key(secret: str, workspace: str) -> bytes:
    return sha256(f"{workspace}\0{secret}".encode()).digest()


@lru_cache(maxsize=MAX_CACHED_TOKENS)
def _decode(token: str, key: bytes) -> Mapping[str, Any]:
    """Return the claims of a token signed with ``key``, expired or not.

    Raises:
        TokenError: The token is malformed, or not signed with the key.
    """
    # PyJWT loads cryptography, if installed: an emulator without requests needs neither.
    import jwt  # noqa: PLC0415 - see above

    # ``read`` checks the expiry by the clock of the workspace, not by the real time.
    options: Any = {"require": ["sub", "exp", "client_id"], "verify_exp": False}
    options |= {"verify_iat": False, "verify_nbf": False, "verify_aud": False}
    try:
        claims = jwt.decode(token, key, [SIGNING_ALGORITHM], options=options, issuer=JWT_ISSUER)
    # PyJWT before 2.15 lets the error of deep JSON through.
    except (jwt.InvalidTokenError, RecursionError) as error:
        raise TokenError(str(error)) from error
    return MappingProxyType(claims)
