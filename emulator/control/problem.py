"""Problem documents of the control plane (RFC 9457), and the bodies of its requests."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response, jsonify, request
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import HTTPException

from emulator.family import TOO_LARGE
from emulator.json_pointer import point

CONTENT_TYPE = "application/problem+json"
ANSWER_LEVELS = 32  # arrays and objects that an answer may put around a value of a request


class Problem(HTTPException):
    """An error with members of its own.

    Args:
        code: The status.
        description: One sentence about the error.
        **members: Further members of the document.
    """

    def __init__(self, code: int, description: str, **members: Any) -> None:
        self.code = code
        super().__init__(description)
        self.members = members


def refuse(error: HTTPException) -> Response:
    """Return the problem document of an error."""
    document = {"title": error.name, "status": error.code, "detail": error.description}
    response = jsonify({**document, **getattr(error, "members", {})})
    response.status_code = error.code or 500
    response.content_type = CONTENT_TYPE
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    for challenge in getattr(error, "www_authenticate", None) or ():
        response.headers.add("WWW-Authenticate", challenge.to_header())
    return response


def read_json() -> Any:
    """Return the body of the request, of any media type, as JSON; None for an empty body.

    Raises:
        Problem: 400, the body is not JSON, or is nested deeper than an answer can be; 413, the
            server did not read the body.
    """
    if request.environ.get(TOO_LARGE):
        raise Problem(413, "The body is larger than the server reads.")
    data = request.get_data()  # although curl may call the body a form
    try:
        value = orjson.loads(data) if data else None
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"The body is not JSON: {error}.") from error
    _check_levels(value)
    return value


def _check_levels(value: Any) -> None:
    """Check that answers can hold a value: the parser reads more levels than the writer writes."""
    for _ in range(ANSWER_LEVELS):
        value = [value]
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise Problem(400, f"The body is nested too deeply: {error}.") from error


def load(schema: Schema, value: Any) -> Any:
    """Return the values that a schema reads from a JSON value.

    Raises:
        Problem: 400, with each error and its place.
    """
    try:
        return schema.load({} if value is None else value)
    except ValidationError as error:
        raise invalid(dict(point("", error.messages))) from error


def invalid(problems: Mapping[str, str]) -> Problem:
    """Return the problem of an invalid body.

    Args:
        problems: Errors by place, a JSON Pointer.
    """
    errors = [{"pointer": place, "detail": why} for place, why in problems.items()]
    told = "; ".join(f"{place or 'the body'}: {why}" for place, why in problems.items())
    return Problem(400, told, errors=errors)
