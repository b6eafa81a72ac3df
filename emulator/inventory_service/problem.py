"""Problem documents (RFC 9457), the form of every error of the API (ERR-1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PROBLEM_MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:inventory-service:problem:"


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation of the schema in a body.

    Attributes:
        pointer: The place, as a JSON Pointer (RFC 6901); empty for the whole body.
        detail: The reason, as a sentence.
    """

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A type of problem; a call with details makes a problem."""

    status: int
    code: str
    title: str

    def __call__(
        self,
        detail: str,
        errors: Sequence[Violation] = (),
        headers: Mapping[str, str] | None = None,
    ) -> "Problem":
        """Return a problem of this type.

        Args:
            detail: The reason, as a sentence.
            errors: The violations of the body.
            headers: Headers of the answer, such as ``Allow``.
        """
        return Problem(self, detail, errors, headers or {})


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """A problem of a request, raised anywhere and answered by the error handler."""

    def __init__(
        self,
        kind: ProblemType,
        detail: str,
        errors: Sequence[Violation],
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.errors = errors
        self.headers = headers

    def document(self, instance: str) -> dict[str, Any]:
        """Return the members of the document.

        Args:
            instance: The path of the request.
        """
        members = {
            "type": TYPE_PREFIX + self.kind.code.lower().replace("_", "-"),
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": str(self),
            "instance": instance,
            "code": self.kind.code,
        }
        errors = [{"detail": e.detail, "pointer": e.pointer} for e in self.errors]
        return members | ({"errors": errors} if errors else {})


MALFORMED_JSON = ProblemType(400, "MALFORMED_JSON", "The body is not JSON")
INVALID_PARAMETER = ProblemType(400, "INVALID_PARAMETER", "A query parameter is invalid")
INVALID_HEADER = ProblemType(400, "INVALID_HEADER", "A header is invalid")
INVALID_NEXT_TOKEN = ProblemType(400, "INVALID_NEXT_TOKEN", "The nextToken is invalid")
UNSUPPORTED_VERSION = ProblemType(400, "UNSUPPORTED_VERSION", "The API version is not served")
UNAUTHORIZED = ProblemType(401, "UNAUTHORIZED", "The request is not authorized")
NOT_FOUND = ProblemType(404, "NOT_FOUND", "There is no such resource")
METHOD_NOT_ALLOWED = ProblemType(405, "METHOD_NOT_ALLOWED", "The method is not allowed")
NOT_ACCEPTABLE = ProblemType(406, "NOT_ACCEPTABLE", "Only JSON can be answered")
DUPLICATE = ProblemType(409, "DUPLICATE", "There is one already")
IMMUTABLE = ProblemType(409, "IMMUTABLE", "A member cannot be changed after creation")
IN_USE = ProblemType(409, "IN_USE", "The resource is in use")
PRECONDITION_FAILED = ProblemType(412, "PRECONDITION_FAILED", "A precondition does not hold")
CONTENT_TOO_LARGE = ProblemType(413, "CONTENT_TOO_LARGE", "The body is too large")
UNSUPPORTED_MEDIA_TYPE = ProblemType(415, "UNSUPPORTED_MEDIA_TYPE", "The media type is not read")
INVALID_BODY = ProblemType(422, "INVALID_BODY", "The body breaks the schema")
UNKNOWN_ITEM = ProblemType(422, "UNKNOWN_ITEM", "The inventory is of no known item")
IDEMPOTENCY_KEY_REUSED = ProblemType(
    422, "IDEMPOTENCY_KEY_REUSED", "The idempotency key belongs to another request"
)
INTERNAL_ERROR = ProblemType(500, "INTERNAL_ERROR", "The server met an internal error")
SERVICE_UNAVAILABLE = ProblemType(503, "SERVICE_UNAVAILABLE", "The server cannot reach its data")

PROBLEMS = {k.code: k for k in tuple(globals().values()) if isinstance(k, ProblemType)}
"""All types of problems by code."""
