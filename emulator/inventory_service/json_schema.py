"""JSON Schemas (2020-12, as in OpenAPI 3.1) of documents, made from marshmallow schemas."""

from collections.abc import Iterator
from typing import Any

from marshmallow import Schema, fields, missing, validate

JSON_TYPES: tuple[tuple[type[fields.Field[Any]], str], ...] = (
    (fields.Integer, "integer"),
    (fields.Boolean, "boolean"),
    (fields.Dict, "object"),
    (fields.List, "array"),
    (fields.String, "string"),
)
LENGTHS = {"object": "Properties", "string": "Length"}
NULL = {"type": "null"}


def reference(schema: Schema, *, patch: bool = False) -> dict[str, str]:
    """Return the reference to a document's schema among the components of the description."""
    return {"$ref": f"#/components/schemas/{type(schema).__name__}{'Patch' if patch else ''}"}


def components(schema: Schema, *, patch: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the names and JSON Schemas of a document and of all documents inside.

    Args:
        schema: The schema of the document.
        patch: Whether to describe a merge patch of the document. A patch requires no member, has
            no member that the service sets, and removes an optional member by null.
    """
    described = {n: f for n, f in schema.fields.items() if not (patch and f.dump_only)}
    for field in described.values():
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            yield from components(inner.schema, patch=patch)
    found = {
        "type": "object",
        "properties": {name: _describe(field, patch=patch) for name, field in described.items()},
        "additionalProperties": False,
    }
    required = [name for name, field in described.items() if field.required and not patch]
    name = reference(schema, patch=patch)["$ref"].rpartition("/")[2]
    yield name, found | ({"required": required} if required else {})


def _describe(field: fields.Field[Any], *, patch: bool) -> dict[str, Any]:
    nullable = patch and not field.required
    if isinstance(field, fields.Nested):
        found = reference(field.schema, patch=patch)
        return {"anyOf": [found, NULL]} if nullable else found
    kind = next(kind for type_, kind in JSON_TYPES if isinstance(field, type_))
    described = {"type": [kind, "null"] if nullable else kind, **field.metadata}
    if isinstance(field, fields.List):
        described["items"] = _describe(field.inner, patch=patch)
    if isinstance(field, fields.Dict) and field.value_field is not None:
        described["additionalProperties"] = _describe(field.value_field, patch=False)
    if field.load_default is not missing:
        described["default"] = field.load_default
    if field.dump_only:
        described["readOnly"] = True
    for validator in field.validators:
        described |= _describe_constraint(validator, kind)
    return (
        {**described, "enum": [*described["enum"], None]}
        if nullable and "enum" in described
        else described
    )


def _describe_constraint(validator: Any, kind: str) -> dict[str, Any]:
    """Return the keywords of a validator; a plain function has none."""
    found: dict[str, Any] = {}
    if isinstance(validator, validate.Length):
        noun = LENGTHS[kind]
        found = {f"min{noun}": validator.min, f"max{noun}": validator.max}
    elif isinstance(validator, validate.Range):
        found = {"minimum": validator.min, "maximum": validator.max}
    elif isinstance(validator, validate.OneOf):
        found = {"enum": list(validator.choices)}
    elif isinstance(validator, validate.Regexp):
        found = {"pattern": validator.regex.pattern}
    return {name: value for name, value in found.items() if value is not None}
