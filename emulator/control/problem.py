"""Problem documents of the control plane (RFC 9457), and the reading of bodies."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

import orjson
from flask import Response, jsonify, request
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import HTTPException

from emulator.family import TOO_LARGE
from emulator.json_pointer import point

PROBLEM_MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 100
"""The errors of a body in an answer: a longer list takes seconds, and helps nobody."""
MAX_ANSWER_LEVELS = 32  # arrays and objects around a request's value in an answer


class Problem(HTTPException):
    """An error with further members.

    Args:
        code: The status.
        description: A sentence about the error.
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
    response.content_type = PROBLEM_MEDIA_TYPE
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    for challenge in getattr(error, "www_authenticate", None) or ():
        response.headers.add("WWW-Authenticate", challenge.to_header())
    return response


def read_json() -> Any:
    """Return the body of the request, of any media type, as JSON; None for an empty body.

    Raises:
        Problem: 400, the body is not JSON, or is nested too deeply for an answer; 413, the body is
            larger than the server reads.
    """
    if request.environ.get(TOO_LARGE):
        raise Problem(413, "The body is larger than the server reads.")
    data = request.get_data()  # curl calls each body a form, so the media type is ignored
    try:
        value = orjson.loads(data) if data else None
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"The body is not JSON: {error}.") from error
    _check_levels(value)
    return value


def _check_levels(value: Any) -> None:
    """Check the depth of a value: the parser reads more levels than the writer writes."""
    for _ in range(MAX_ANSWER_LEVELS):
        value = [value]
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise Problem(400, f"The body is nested too deeply: {error}.") from error


def load(schema: Schema, value: Any) -> Any:
    """Return the values read from a JSON value by a schema.

    Raises:
        Problem: 400, with the JSON Pointer of each error, up to 100 of them.
    """
    try:
        return schema.load({} if value is None else value)
    except ValidationError as error:
        raise invalid(dict(islice(point("", error.messages), MAX_ERRORS))) from error


def invalid(problems: Mapping[str, str]) -> Problem:
    """Return the problem of an invalid body.

    Args:
        problems: Errors by JSON Pointer.
    """
    errors = [{"pointer": pointer, "detail": why} for pointer, why in problems.items()]
    detail = "; ".join(f"{pointer or 'the body'}: {why}" for pointer, why in problems.items())
    return Problem(400, detail, errors=errors)
