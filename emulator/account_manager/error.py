"""Refusals in the form of Account Manager (ACC-1)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SECRET_FIELDS = ("password", "old", "new")
STATUSES = {
    "InsufficientAuthenticationException": 401,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "PreconditionFailedException": 412,
    "TooManyRequestsException": 429,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
}
"""The error codes for failpoints, with the statuses."""


class AccountError(Exception):
    """A refused request.

    Attributes:
        status: The HTTP status of the answer.
        code: The code of the error.
        field_errors: The errors of members of the request document.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field_errors: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.field_errors = field_errors

    def document(self) -> dict[str, Any]:
        """Return the document of the answer."""
        fields = list(self.field_errors) or None
        return {"errors": [{"message": str(self), "code": self.code, "fieldErrors": fields}]}


def not_found(kind: str, identifier: str) -> AccountError:
    """Return the error of a missing document."""
    message = f"{kind} '{identifier}' does not exist"
    return AccountError(404, "ResourceNotFoundException", message)


def precondition_failed(message: str) -> AccountError:
    """Return the error of a document in another state than required."""
    return AccountError(412, "PreconditionFailedException", message)


def invalid(kind: str, messages: Mapping[str, Any], values: Mapping[str, Any]) -> AccountError:
    """Return the error of a request document.

    Args:
        kind: The kind of the document, such as ``User``.
        messages: The reasons by member.
        values: The request document.
    """
    message = f"invalid argument {kind}"
    errors = [_describe(kind, name, reason, values) for name, reason in _flatten(messages)]
    return AccountError(400, message, message, errors)


def _flatten(messages: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each reason with the name of the member; elements of arrays have reasons below."""
    for name, reasons in messages.items():
        if isinstance(reasons, Mapping):
            for index, below in reasons.items():
                yield name, f"[{index}] {' '.join(below)}"
        else:
            for reason in reasons:
                yield name, reason


def _describe(kind: str, name: str, reason: str, values: Mapping[str, Any]) -> dict[str, Any]:
    value = None if name in SECRET_FIELDS else values.get(name)
    code = "NotNull" if values.get(name) is None else "Valid"
    thing = kind[0].lower() + kind[1:]
    return {
        "codes": [f"{code}.{thing}.{name}", f"{code}.{name}", code],
        "arguments": None,
        "defaultMessage": reason,
        "objectName": thing,
        "field": name,
        "rejectedValue": value,
        "bindingFailure": False,
        "code": code,
    }
