"""Problems of the control plane: each refusal says what to do (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response, jsonify, request
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import HTTPException

from emulator.family import TOO_LARGE
from emulator.json_pointer import point

CONTENT_TYPE = "application/problem+json"


class Problem(HTTPException):
    """A refusal with members of its own.

    Args:
        code: The status.
        description: What is wrong, in a sentence.
        **members: What the document has besides.
    """

    def __init__(self, code: int, description: str, **members: Any) -> None:
        self.code = code
        super().__init__(description)
        self.members = members


def refuse(error: HTTPException) -> Response:
    """Return the document of an error."""
    told = {"title": error.name, "status": error.code, "detail": error.description}
    response = jsonify({**told, **getattr(error, "members", {})})
    response.status_code = error.code or 500
    response.content_type = CONTENT_TYPE
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    for challenge in getattr(error, "www_authenticate", None) or ():
        response.headers.add("WWW-Authenticate", challenge.to_header())
    return response


def read_json() -> Any:
    """Return the body of the request, which is JSON whatever its media type; None if it is empty.

    Raises:
        Problem: 400, it is no JSON; 413, the server did not read it.
    """
    if request.environ.get(TOO_LARGE):
        raise Problem(413, "The body is larger than the server reads.")
    data = request.get_data()  # even where curl has called it a form
    try:
        return orjson.loads(data) if data else None
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"The body is no JSON: {error}.") from error


def load(schema: Schema, value: Any) -> Any:
    """Return what a schema makes of a JSON value.

    Raises:
        Problem: 400, with each error by its place.
    """
    try:
        return schema.load({} if value is None else value)
    except ValidationError as error:
        raise invalid(dict(point("", error.messages))) from error


def invalid(problems: Mapping[str, str]) -> Problem:
    """Return the problem of a body, of which ``problems`` tell what is wrong by JSON Pointer."""
    errors = [{"pointer": place, "detail": why} for place, why in problems.items()]
    told = "; ".join(f"{place or 'the body'}: {why}" for place, why in problems.items())
    return Problem(400, told, errors=errors)
