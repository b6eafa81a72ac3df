"""Problems: every error of the API as a document of RFC 9457 (ERR-1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CONTENT_TYPE = "application/problem+json"
TYPE = "urn:inventory-service:problem:"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong with a body.

    Attributes:
        pointer: Where it stands, a JSON Pointer (RFC 6901); empty for the whole body.
        detail: What is wrong, in a sentence.
    """

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of problem; calling it with its details makes a problem."""

    status: int
    code: str
    title: str

    def __call__(
        self,
        detail: str,
        errors: Sequence[Violation] = (),
        headers: Mapping[str, str] | None = None,
    ) -> "Problem":
        """Return a problem of this kind.

        Args:
            detail: What is wrong this time, in a sentence.
            errors: What is wrong with the body, each by its place.
            headers: Headers of the answer, such as ``Allow``.
        """
        return Problem(self, detail, errors, headers or {})


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """A problem on its way to the client."""

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
        """Return the members of the document; ``instance`` is the path of the request."""
        told = {
            "type": TYPE + self.kind.code.lower().replace("_", "-"),
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": str(self),
            "instance": instance,
            "code": self.kind.code,
        }
        errors = [{"detail": e.detail, "pointer": e.pointer} for e in self.errors]
        return told | ({"errors": errors} if errors else {})


MALFORMED_JSON = ProblemType(400, "MALFORMED_JSON", "The body is no JSON")
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
"""All of these by code."""
