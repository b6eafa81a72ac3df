"""Errors of the OAuth endpoints (AUT-4; RFC 6749, sections 4.1.2.1 and 5.2)."""

STATUSES = {
    "invalid_request": 400,
    "invalid_client": 401,
    "invalid_grant": 400,
    "unauthorized_client": 400,
    "unsupported_grant_type": 400,
    "invalid_scope": 400,
    "server_error": 500,
    "temporarily_unavailable": 503,
}
"""The error codes for failpoints, with the statuses."""


class OAuthError(Exception):
    """A refused request.

    Attributes:
        status: The HTTP status of the answer.
        error: The error code of RFC 6749.
    """

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error


def authentication_failed() -> OAuthError:
    """Return the error of an unknown client or a wrong secret, with the live text (AUT-4)."""
    return OAuthError(401, "invalid_client", "Client authentication failed")


def missing(name: str) -> OAuthError:
    """Return the error of a missing parameter."""
    return OAuthError(400, "invalid_request", f"Parameter '{name}' is missing")


def invalid_grant(description: str) -> OAuthError:
    """Return the error of an invalid code, refresh token or password."""
    return OAuthError(400, "invalid_grant", description)
