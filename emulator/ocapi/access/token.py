"""Tokens and codes: signed JWTs, valid in every process with the same key (AUT-5, AUT-7).

The claim ``tokenName`` is the purpose of a JWT, as in tokens of Account Manager. So an access token
cannot replace a refresh token or a code, nor the other way round.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import jwt

from emulator.clock import Clock

JWT_ISSUER = "ocapi-emulator"
SIGNING_ALGORITHM = "HS256"
ACCESS_TOKEN = "access_token"  # noqa: S105 - a purpose, no secret
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the same
ID_TOKEN = "id_token"  # noqa: S105 - the same
AUTHORIZATION_CODE = "authorization_code"
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
        subject: str,
        lifetime: int,
        user: str = "",
        purpose: str = ACCESS_TOKEN,
        **claims: Any,
    ) -> str:
        """Return a new token.

        Args:
            subject: The claim ``sub``; the client id in all tokens but an ID token.
            lifetime: Seconds until the token expires.
            user: The login of a Business Manager user, empty without a user.
            purpose: The claim ``tokenName``.
            **claims: Additional claims.
        """
        now = self._clock.now()
        content = {
            "iss": JWT_ISSUER,
            "sub": subject,
            "tokenName": purpose,
            "iat": now,
            "exp": now + timedelta(seconds=lifetime),
            "jti": self._clock.identifier(),
            **({"user": user} if user else {}),
            **claims,
        }
        return jwt.encode(content, self._key, SIGNING_ALGORITHM)

    def verify(self, token: str) -> str:
        """Return the client id of an access token.

        Raises:
            TokenError: The token is not a valid access token.
        """
        client_id: str = self.read(token, ACCESS_TOKEN)["sub"]
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
        try:
            claims: Mapping[str, Any] = decode(token, self._key)
        except jwt.InvalidTokenError as error:
            raise TokenError(str(error)) from error
        if claims.get("tokenName") != purpose:
            raise TokenError("another purpose")
        expiry = claims["exp"]
        if not isinstance(expiry, (int, float)) or expiry <= self._clock.now().timestamp():
            raise TokenError("expired")
        return claims


@lru_cache(maxsize=MAX_CACHED_TOKENS)
def _derive_key(secret: str, workspace: str) -> bytes:
    return sha256(f"{workspace}\0{secret}".encode()).digest()


@lru_cache(maxsize=MAX_CACHED_TOKENS)
def _decode(token: str, key: bytes) -> Mapping[str, Any]:
    """Return the claims of a token signed with ``key``, expired or not.

    Raises:
        jwt.InvalidTokenError: The token is malformed, or not signed with the key.
    """
    # ``read`` checks the expiry by the clock of the workspace, not by the real time.
    options: Any = {"require": ["sub", "exp"], "verify_exp": False, "verify_iat": False}
    options["verify_aud"] = False  # an ID token names its client as audience
    return MappingProxyType(
        jwt.decode(token, key, [SIGNING_ALGORITHM], options=options, issuer=JWT_ISSUER)
    )
