"""The description of the API (DOC-1): OpenAPI 3.1, made from the schemas that validate."""

from functools import cache
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields, validate

from emulator.inventory_service.collection import COLLECTIONS, Collection
from emulator.inventory_service.idempotency import PATTERN
from emulator.inventory_service.operation import Verb
from emulator.inventory_service.problem import CONTENT_TYPE

if TYPE_CHECKING:
    from apispec import APISpec

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


class ProblemError(Schema):
    """One thing wrong with a body."""

    detail = fields.String(required=True)
    pointer = fields.String(required=True)


class ProblemDocument(Schema):
    """An error, as RFC 9457 has it."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True, validate=validate.Range(400, 599))
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    code = fields.String(required=True)
    errors = fields.List(fields.Nested(ProblemError))


@cache
def describe(*, keyed: bool) -> dict[str, Any]:
    """Return the OpenAPI document; ``keyed`` is whether the API demands its key."""
    # A sixth of the time that a start takes, for a document that is seldom asked for.
    from apispec import APISpec  # noqa: PLC0415
    from apispec.ext.marshmallow import MarshmallowPlugin  # noqa: PLC0415

    spec = APISpec(
        title="Inventory Service API",
        version=VERSION,
        openapi_version="3.1.0",
        info={"description": "Inventories of items at locations."},
        plugins=[MarshmallowPlugin()],
    )
    if keyed:
        spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
        spec.options["security"] = [{"key": []}]
    spec.components.schema("Problem", schema=ProblemDocument)
    for collection in COLLECTIONS:
        _describe_collection(spec, collection)
    return spec.to_dict()


def _describe_collection(spec: "APISpec", collection: Collection) -> None:
    name = type(collection.schema).__name__
    spec.components.schema(f"{name}Patch", schema=patch_of(type(collection.schema))(partial=True))
    spec.path(
        f"/{collection.name}",
        operations={
            "get": _list(collection) | _identify("list", collection),
            "post": _create(collection) | _identify("create", collection),
        },
    )
    spec.path(
        f"/{collection.name}/{{{collection.key}}}",
        parameters=[_parameter("path", collection.key, required=True)],
        operations={
            "get": _read(collection) | _identify("read", collection),
            "patch": _update(collection, name) | _identify("update", collection),
            "delete": _delete(name) | _identify("delete", collection),
        },
    )


def patch_of(schema: type[Schema]) -> type[Schema]:
    """Return the schema of a merge patch: nothing is required, null removes what may be absent."""
    declared = {
        name: _patched(field) for name, field in schema().fields.items() if not field.dump_only
    }
    return Schema.from_dict(declared, name=f"{schema.__name__}Patch")


def _patched(field: fields.Field[Any]) -> fields.Field[Any]:
    if isinstance(field, fields.Nested):
        nested = patch_of(type(field.schema))
        return fields.Nested(nested(partial=True), allow_none=not field.required)
    copy = type(field).__new__(type(field))
    copy.__dict__.update(field.__dict__)
    copy.allow_none, copy.required = not field.required, False
    return copy


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
        "parameters": [_parameter("header", "Idempotency-Key", pattern=PATTERN)],
        "requestBody": _body(collection.schema, JSON),
        "responses": _responses(201, collection.schema, (*EVERYWHERE, *WITH_BODY)),
    }


def _read(collection: Collection) -> dict[str, Any]:
    responses = _responses(200, collection.schema, (*EVERYWHERE, 404, 412))
    responses["304"] = {"description": STATUSES[304]}
    conditions = [_parameter("header", "If-Match"), _parameter("header", "If-None-Match")]
    told = {"summary": f"Show one of the {collection.name}", "parameters": conditions}
    return {**told, "responses": responses}


def _update(collection: Collection, name: str) -> dict[str, Any]:
    patch = {"$ref": f"#/components/schemas/{name}Patch"}
    return {
        "summary": f"Change one of the {collection.name}",
        "parameters": [_parameter("header", "If-Match")],
        "requestBody": _body(patch, MERGE_PATCH, JSON),
        "responses": _responses(200, collection.schema, (*EVERYWHERE, 404, 412, *WITH_BODY)),
    }


def _delete(name: str) -> dict[str, Any]:
    return {
        "summary": f"Remove an {name.lower()}",
        "parameters": [_parameter("header", "If-Match")],
        "responses": _responses(204, None, (*EVERYWHERE, 404, 409, 412)),
    }


def _identify(verb: Verb, collection: Collection) -> dict[str, str]:
    return {"operationId": identify(verb, collection)}


def identify(verb: Verb, collection: Collection) -> str:
    """Return the name of an operation: ``listItems``, ``readItem`` and the like."""
    name = collection.name.capitalize() if verb == "list" else type(collection.schema).__name__
    return f"{verb}{name}"


def _body(schema: Any, *media_types: str) -> dict[str, Any]:
    return {"required": True, "content": {media: {"schema": schema} for media in media_types}}


def _responses(status: int, schema: Any, problems: tuple[int, ...]) -> dict[str, Any]:
    done: dict[str, Any] = {"description": STATUSES[status]}
    if schema is not None:
        done["content"] = {JSON: {"schema": schema}}
    problem = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    refused = {str(s): {"description": STATUSES[s], "content": problem} for s in problems}
    return {str(status): done, **refused}
