"""The Inventory Service API as one Flask application."""

from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from secrets import token_bytes
from typing import Any

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from emulator.config import Config
from emulator.inventory_service import openapi
from emulator.inventory_service.answer import Answer
from emulator.inventory_service.collection import COLLECTIONS
from emulator.inventory_service.operation import Operations
from emulator.inventory_service.paging import NextTokens
from emulator.inventory_service.problem import (
    CONTENT_TYPE,
    INTERNAL_ERROR,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    UNAUTHORIZED,
    UNSUPPORTED_VERSION,
    Problem,
)
from emulator.workspace import Workspace

VERSION_HEADER = "api-version"
LONGEST_ACCEPT = 8192  # characters; sorting a longer list would take longer than the answer
JSON = "application/json"
PATHS = ("/inventories", "/items", "/openapi.json")


def create_app(config: Config, workspace: Workspace) -> Flask:
    """Return the application of all ten operations and of the API's description."""
    app = Flask("emulator.inventory_service", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    secret = config.token_key.encode() if config.token_key else token_bytes()
    tokens = NextTokens(sha256(b"nextToken" + secret).digest())

    @app.before_request
    def begin() -> None:
        _check_version()
        _check_key(config.inventory_api_key)
        if request.routing_exception is None:
            _check_accept()

    def describe() -> Response:
        return _respond(Answer(200, openapi.describe(keyed=bool(config.inventory_api_key))))

    for collection in COLLECTIONS:
        _add_routes(app, Operations(collection, workspace, tokens))
    app.add_url_rule("/openapi.json", "openapi", describe)
    app.register_error_handler(Problem, _refuse)

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> Response:
        return _refuse(_translate(error))

    @app.errorhandler(Exception)
    def crash(error: Exception) -> Response:
        workspace.crashes.record(request.method, request.path, error)
        return _refuse(INTERNAL_ERROR("The error is in the server's log."))

    return app


def _add_routes(app: Flask, operations: Operations) -> None:
    path = f"/{operations.collection.name}"
    of_one = f"{path}/<identifier>"
    routes: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
        (path, "GET", operations.list),
        (path, "POST", operations.create),
        (of_one, "GET", operations.read),
        (of_one, "PATCH", operations.update),
        (of_one, "DELETE", operations.delete),
    )
    for rule, method, operation in routes:
        app.add_url_rule(rule, f"{method} {rule}", _view(operation), methods=[method])


def _view(operation: Callable[..., Answer]) -> Callable[..., Response]:
    def view(**ids: str) -> Response:
        return _respond(operation(request, **ids))

    return view


def _check_version() -> None:
    wanted = request.headers.get(VERSION_HEADER, openapi.VERSION)
    if wanted != openapi.VERSION:
        raise UNSUPPORTED_VERSION(f"{VERSION_HEADER} '{wanted}' is not {openapi.VERSION}.")


def _check_key(key: str) -> None:
    if not key:
        return
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not compare_digest(given.strip().encode(), key.encode()):
        told = "The request has no Authorization: Bearer with the key of the API."
        raise UNAUTHORIZED(told, headers={"WWW-Authenticate": 'Bearer realm="inventory"'})


def _check_accept() -> None:
    if len(request.headers.get("Accept", "")) > LONGEST_ACCEPT:
        raise NOT_ACCEPTABLE(f"Accept has more than {LONGEST_ACCEPT} characters.")
    ranges = {name.partition(";")[0].strip(): q for name, q in request.accept_mimetypes}
    quality = next((ranges[name] for name in (JSON, "application/*", "*/*") if name in ranges), 0)
    if ranges and not quality:
        raise NOT_ACCEPTABLE(f"The answer is {JSON}.")


def _translate(error: HTTPException) -> Problem:
    """Return the problem for what Flask refuses itself."""
    methods = getattr(error, "valid_methods", None)
    if methods:
        allow = ", ".join(sorted(methods))
        return METHOD_NOT_ALLOWED(f"The path takes {allow}.", headers={"Allow": allow})
    return NOT_FOUND("There is nothing at this path.")


def _refuse(problem: Problem) -> Response:
    content = problem.document(request.path)
    headers = dict(problem.headers)
    return _respond(Answer(problem.kind.status, content, headers), CONTENT_TYPE)


def _respond(answer: Answer, content_type: str = JSON) -> Response:
    body: Any = b"" if answer.content is None else orjson.dumps(answer.content, default=dict)
    response = Response(body, answer.status, dict(answer.headers), content_type=content_type)
    if answer.content is None:
        del response.headers["Content-Type"]
    response.headers[VERSION_HEADER] = openapi.VERSION
    return response
