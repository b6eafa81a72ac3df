"""Access tokens: signed JWTs that every process with the same key accepts (AUT-5)."""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import jwt

from emulator.clock import Clock

ISSUER = "ocapi-emulator"
ALGORITHM = "HS256"


class TokenError(ValueError):
    """The text is no token of ours, or has expired."""


class Tokens:
    """Issues and verifies access tokens.

    Args:
        secret: What the signing key is derived from.
        clock: By which tokens expire.
        workspace: The name of the workspace that they are good for.
    """

    def __init__(self, secret: str, clock: Clock, workspace: str = "") -> None:
        self._key = _derive(secret, workspace)
        self._clock = clock

    def issue(self, client_id: str, lifetime: int, user: str = "") -> str:
        """Return a token of a client, and of a user where one is behind it.

        Args:
            client_id: The token's subject.
            lifetime: Seconds until it expires.
            user: The Business Manager login, empty if there is none.
        """
        now = self._clock.now()
        claims = {
            "iss": ISSUER,
            "sub": client_id,
            "iat": now,
            "exp": now + timedelta(seconds=lifetime),
            "jti": self._clock.identifier(),
            **({"user": user} if user else {}),
        }
        return jwt.encode(claims, self._key, ALGORITHM)

    def verify(self, token: str) -> str:
        """Return the client id of a token.

        Raises:
            TokenError: It is malformed, not signed by our key, or expired.
        """
        try:
            claims = _read(token, self._key)
        except jwt.InvalidTokenError as error:
            raise TokenError(str(error)) from error
        if (
            not isinstance(claims["exp"], (int, float))
            or claims["exp"] <= self._clock.now().timestamp()
        ):
            raise TokenError("expired")
        client_id: str = claims["sub"]
        return client_id


@lru_cache(maxsize=1024)
def _derive(secret: str, workspace: str) -> bytes:
    return sha256(f"{workspace}\0{secret}".encode()).digest()


@lru_cache(maxsize=1024)
def _read(token: str, key: bytes) -> Mapping[str, Any]:
    """Return the claims of a token signed with ``key``, whether or not it has expired.

    Raises:
        jwt.InvalidTokenError: It is malformed, or not signed with the key.
    """
    # Expiry is a matter of our own clock, which need not show the real time.
    options: Any = {"require": ["sub", "exp"], "verify_exp": False, "verify_iat": False}
    return MappingProxyType(jwt.decode(token, key, [ALGORITHM], options=options, issuer=ISSUER))
