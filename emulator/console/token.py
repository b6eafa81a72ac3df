"""Access tokens: the claims of a token, and the verdict of a workspace."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from emulator.clock import render_instant
from emulator.ocapi.access.auth import find_client
from emulator.ocapi.access.token import ACCESS_TOKEN, TokenError, Tokens
from emulator.workspace.workspace import Workspace

MAX_TOKEN_CHARACTERS = 16_384
MAX_SECONDS = 10**15
"""The bound of instants; others are not shown as instants."""
INSTANTS = ("auth_time", "exp", "iat", "nbf")


class Reading(NamedTuple):
    """The claims of a token, and the verdict of a workspace.

    Attributes:
        claims: The claims as JSON with indents; empty if the token has none.
        instants: The instants among the claims, by name.
        problem: The reason why the workspace refuses the token; empty for an accepted token.
        seconds: The seconds until the token expires, negative for an expired token; None if the
            token does not tell.
    """

    claims: str
    instants: Mapping[str, str]
    problem: str
    seconds: float | None


def read(workspace: Workspace, token: str) -> Reading:
    """Return the claims of a token of any signer, and the verdict of a workspace."""
    claims = _decode(token)
    if claims is None:
        return Reading("", {}, "the text is not a JSON Web Token", None)
    seconds = {name: claims[name] for name in INSTANTS if _is_number(claims.get(name))}
    left = seconds["exp"] - workspace.clock.now().timestamp() if "exp" in seconds else None
    instants = {name: _render(second) for name, second in seconds.items()}
    return Reading(json.dumps(claims, indent=2), instants, _find_problem(workspace, token), left)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < MAX_SECONDS


def _decode(token: str) -> dict[str, Any] | None:
    """Return the claims of a token of anybody, None for another text."""
    import jwt  # noqa: PLC0415 - with cryptography, which a start does not need

    try:
        claims: dict[str, Any] = jwt.decode(
            token[:MAX_TOKEN_CHARACTERS], options={"verify_signature": False}
        )
        json.dumps(claims)
    except (jwt.InvalidTokenError, RecursionError, ValueError):
        return None
    return claims


def _render(second: float) -> str:
    try:
        return render_instant(datetime.fromtimestamp(second, UTC))
    except (OverflowError, OSError, ValueError):
        return "not a valid instant"


def _find_problem(workspace: Workspace, token: str) -> str:
    try:
        claims = Tokens(workspace.secret, workspace.clock, workspace.name).read(token, ACCESS_TOKEN)
    except TokenError as error:
        return str(error)
    if find_client(workspace.store, claims["client_id"]) is None:
        return f"the client '{claims['client_id']}' is unknown or not active"
    return ""
