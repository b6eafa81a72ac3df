"""The Inventory Service API as one Flask application."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from urllib.parse import unquote

import orjson
from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from emulator.config import Config
from emulator.family import FAULT, INJECTED, Family
from emulator.inventory_service import openapi
from emulator.inventory_service.answer import Answer
from emulator.inventory_service.collection import COLLECTIONS, Collection
from emulator.inventory_service.operation import Operations, Verb
from emulator.inventory_service.paging import NextTokens, read_parameters
from emulator.inventory_service.problem import (
    INTERNAL_ERROR,
    INVALID_PARAMETER,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    PROBLEM_MEDIA_TYPE,
    PROBLEMS,
    SERVICE_UNAVAILABLE,
    UNAUTHORIZED,
    UNSUPPORTED_VERSION,
    Problem,
)
from emulator.workspace.registry import current

NAME = "inventory_service"
VERSION_HEADER = "api-version"
MAX_ACCEPT_CHARACTERS = 8192  # sorting a longer list would take longer than the answer
JSON = "application/json"
PATHS = ("/inventories", "/items", "/openapi.json")


def register(app: Flask, config: Config) -> Family:
    """Add all ten operations and the API's description to an application; return the family."""
    blueprint = Blueprint(NAME, __name__)

    def check() -> None:
        if injected := request.environ.get(INJECTED):
            raise PROBLEMS[injected.name](str(injected.arguments["detail"]))
        _check_version()
        _check_key(config.inventory_api_key)
        if request.routing_exception is None:
            _check_accept()

    def describe() -> Response:
        return _respond(Answer(200, openapi.describe(keyed=bool(config.inventory_api_key))))

    for collection in COLLECTIONS:
        for rule, method, verb in _rules(collection):
            view = _view(collection, verb)
            blueprint.add_url_rule(
                rule,
                f"{method} {rule}",
                view,
                methods=[method],
                merge_slashes=False,
            )
    blueprint.add_url_rule("/openapi.json", "openapi", describe)
    app.register_blueprint(blueprint)
    app.register_error_handler(Problem, _refuse)
    return Family(
        name=NAME,
        paths=PATHS,
        application=app.wsgi_app,
        check=check,
        refuse=lambda error: _refuse(_translate(error)),
        routes=app.url_map,
        operations=dict(_operations()),
        faults={kind.code: (("detail",),) for kind in PROBLEMS.values()},
        samples={"detail": "Injected by a failpoint."},
    )


def _operations() -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the names of operations by endpoint and method, as the API's description has them."""
    yield (f"{NAME}.openapi", "GET"), "describe"
    for collection in COLLECTIONS:
        for rule, method, verb in _rules(collection):
            yield (f"{NAME}.{method} {rule}", method), openapi.identify(verb, collection)


def _rules(collection: Collection) -> tuple[tuple[str, str, Verb], ...]:
    path = f"/{collection.name}"
    of_one = f"{path}/<identifier>"
    return (
        (path, "GET", "list"),
        (path, "POST", "create"),
        (of_one, "GET", "read"),
        (of_one, "PATCH", "update"),
        (of_one, "DELETE", "delete"),
    )


@lru_cache(maxsize=1024)
def _tokens(secret: str) -> NextTokens:
    """Return the issuer of page tokens for the secret of a workspace."""
    return NextTokens(sha256(f"nextToken{secret}".encode()).digest())


def _view(collection: Collection, verb: Verb) -> Callable[..., Response]:
    def view(**ids: str) -> Response:
        read_parameters(request.query_string)  # every operation refuses a malformed query
        workspace = current(request.environ)
        operations = Operations(collection, workspace, _tokens(workspace.secret))
        decoded = {name: unquote(segment) for name, segment in ids.items()}
        return _respond(getattr(operations, verb)(request, **decoded))

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
        message = "The request has no header 'Authorization: Bearer <key>' with the key of the API."
        raise UNAUTHORIZED(message, headers={"WWW-Authenticate": 'Bearer realm="inventory"'})


def _check_accept() -> None:
    if len(request.headers.get("Accept", "")) > MAX_ACCEPT_CHARACTERS:
        raise NOT_ACCEPTABLE(f"Accept has more than {MAX_ACCEPT_CHARACTERS} characters.")
    ranges = {name.partition(";")[0].strip(): q for name, q in request.accept_mimetypes}
    quality = next((ranges[name] for name in (JSON, "application/*", "*/*") if name in ranges), 0)
    if ranges and not quality:
        raise NOT_ACCEPTABLE(f"The answer is {JSON}.")


def _translate(error: HTTPException) -> Problem:
    """Return the problem for an error of Flask's routing."""
    methods = getattr(error, "valid_methods", None)
    if methods:
        allow = ", ".join(sorted(methods))
        return METHOD_NOT_ALLOWED(f"The path takes {allow}.", headers={"Allow": allow})
    if error.code == 400:  # noqa: PLR2004 - bytes that are not UTF-8
        return INVALID_PARAMETER(error.description or "")
    if error.code == 503:  # noqa: PLR2004 - the store can't be reached
        return SERVICE_UNAVAILABLE("The request may be tried again later.")
    if error.code == 500:  # noqa: PLR2004 - the error was logged
        return INTERNAL_ERROR("The error is in the server's log.")
    return NOT_FOUND("The API has no such path.")


def _refuse(problem: Problem) -> Response:
    content = problem.document(request.path)
    headers = dict(problem.headers)
    request.environ[FAULT] = problem.kind.code
    return _respond(Answer(problem.kind.status, content, headers), PROBLEM_MEDIA_TYPE)


def _respond(answer: Answer, content_type: str = JSON) -> Response:
    body: Any = b"" if answer.content is None else orjson.dumps(answer.content, default=dict)
    response = Response(body, answer.status, dict(answer.headers), content_type=content_type)
    if answer.content is None:
        del response.headers["Content-Type"]
    response.headers[VERSION_HEADER] = openapi.VERSION
    return response
