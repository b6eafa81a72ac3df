"""The OpenAPI 3.1 description of the API (DOC-1), made from the schemas of the validation."""

from functools import cache
from typing import Any

from marshmallow import Schema, fields, validate

from emulator.inventory_service.collection import COLLECTIONS, Collection
from emulator.inventory_service.idempotency import KEY_PATTERN
from emulator.inventory_service.json_schema import components, reference
from emulator.inventory_service.operation import Verb
from emulator.inventory_service.problem import PROBLEM_MEDIA_TYPE

VERSION = "2024-07-17"
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
STATUSES = {
    200: "The document",
    201: "The created document",
    204: "Done, there is nothing to show",
    304: "The document is what the client has already",
    400: "Query, header, token or JSON are malformed",
    401: "The key of the API is missing or wrong",
    404: "There is no such document",
    406: "The client takes no JSON",
    409: "The request conflicts with what is stored",
    412: "A precondition does not hold",
    413: "The body is larger than 1 MB",
    415: "The body is of another media type",
    422: "The body breaks the schema",
}
EVERYWHERE = (400, 401, 406)
WITH_BODY = (409, 413, 415, 422)


class Violation(Schema):
    """A violation of the schema in a body."""

    detail = fields.String(required=True)
    pointer = fields.String(required=True)


class Problem(Schema):
    """A problem document of RFC 9457."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True, validate=validate.Range(400, 599))
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    code = fields.String(required=True)
    errors = fields.List(fields.Nested(Violation))


@cache
def describe(*, keyed: bool) -> dict[str, Any]:
    """Return the OpenAPI document.

    Args:
        keyed: Whether the API demands a key.
    """
    schemas = dict(components(Problem()))
    paths: dict[str, Any] = {}
    for collection in COLLECTIONS:
        schemas.update(components(collection.schema))
        schemas.update(components(collection.schema, patch=True))
        schemas.update(components(collection.page))
        paths.update(_paths(collection))
    description: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Inventory Service API",
            "version": VERSION,
            "description": "Inventories of items at locations.",
        },
        "paths": paths,
        "components": {"schemas": schemas},
    }
    if keyed:
        description["security"] = [{"key": []}]
        description["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    return description


def _paths(collection: Collection) -> dict[str, Any]:
    identifier = _parameter("path", collection.key, required=True)
    return {
        f"/{collection.name}": {
            "get": _list(collection) | _identify("list", collection),
            "post": _create(collection) | _identify("create", collection),
        },
        f"/{collection.name}/{{{collection.key}}}": {
            "parameters": [identifier],
            "get": _read(collection) | _identify("read", collection),
            "patch": _update(collection) | _identify("update", collection),
            "delete": _delete(collection) | _identify("delete", collection),
        },
    }


def _parameter(place: str, name: str, *, required: bool = False, **schema: Any) -> dict[str, Any]:
    return {"in": place, "name": name, "required": required, "schema": {"type": "string"} | schema}


def _list(collection: Collection) -> dict[str, Any]:
    size = _parameter("query", "pageSize", type="integer", minimum=0)
    parameters = [_parameter("query", "nextToken"), size]
    return {
        "summary": f"Show a page of the {collection.name}",
        "parameters": parameters,
        "responses": _responses(200, collection.page, EVERYWHERE),
    }


def _create(collection: Collection) -> dict[str, Any]:
    return {
        "summary": f"Create one of the {collection.name}",
        "parameters": [_parameter("header", "Idempotency-Key", pattern=KEY_PATTERN)],
        "requestBody": _body(reference(collection.schema), JSON),
        "responses": _responses(201, collection.schema, (*EVERYWHERE, *WITH_BODY)),
    }


def _read(collection: Collection) -> dict[str, Any]:
    responses = _responses(200, collection.schema, (*EVERYWHERE, 404, 412))
    responses["304"] = {"description": STATUSES[304]}
    conditions = [_parameter("header", "If-Match"), _parameter("header", "If-None-Match")]
    common = {"summary": f"Show one of the {collection.name}", "parameters": conditions}
    return {**common, "responses": responses}


def _update(collection: Collection) -> dict[str, Any]:
    patch = reference(collection.schema, patch=True)
    return {
        "summary": f"Change one of the {collection.name}",
        "parameters": [_parameter("header", "If-Match")],
        "requestBody": _body(patch, MERGE_PATCH, JSON),
        "responses": _responses(200, collection.schema, (*EVERYWHERE, 404, 412, *WITH_BODY)),
    }


def _delete(collection: Collection) -> dict[str, Any]:
    return {
        "summary": f"Remove one of the {collection.name}",
        "parameters": [_parameter("header", "If-Match")],
        "responses": _responses(204, None, (*EVERYWHERE, 404, 409, 412)),
    }


def _identify(verb: Verb, collection: Collection) -> dict[str, str]:
    return {"operationId": identify(verb, collection)}


def identify(verb: Verb, collection: Collection) -> str:
    """Return the name of an operation, such as ``listItems`` or ``readItem``."""
    name = collection.name.capitalize() if verb == "list" else type(collection.schema).__name__
    return f"{verb}{name}"


def _body(schema: Any, *media_types: str) -> dict[str, Any]:
    return {"required": True, "content": {media: {"schema": schema} for media in media_types}}


def _responses(status: int, schema: Schema | None, problems: tuple[int, ...]) -> dict[str, Any]:
    done: dict[str, Any] = {"description": STATUSES[status]}
    if schema is not None:
        done["content"] = {JSON: {"schema": reference(schema)}}
    problem = {PROBLEM_MEDIA_TYPE: {"schema": reference(Problem())}}
    refused = {str(s): {"description": STATUSES[s], "content": problem} for s in problems}
    return {str(status): done, **refused}
