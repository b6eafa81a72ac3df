"""Reduce a description to its facts, without sentences.

``DIGEST`` has the facts of the Data API 23.2: paths, methods, names, types, constraints and types
of faults. ``conformance`` compares a server with it. Write it again from a whole description:

    python -m contract_tests.digest description.json
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

DIGEST = Path(__file__).with_name("data-api-23.2.json")
HTTP_METHODS = ("get", "put", "post", "patch", "delete")
SCHEMA_KEYWORDS = (
    "format",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "pattern",
    "enum",
    "readOnly",
)
# Remarks about doubtful facts.
NOTE_KEYWORDS = ("x-note", "x-not-in-23.2-docs")
FAULT_TYPE = re.compile(r"`(\w+Exception)`")

Tree = Mapping[str, Any]


def reduce(tree: Tree) -> dict[str, Any]:
    """Return the facts of an OpenAPI 3.0 description, as a description."""
    components = tree["components"]
    bodies = components.get("requestBodies", {})
    schemas = {name: _schema(schema) for name, schema in components["schemas"].items()}
    return {
        "openapi": tree["openapi"],
        "paths": {path: _path(item) for path, item in tree["paths"].items()},
        "components": {
            "requestBodies": {name: _body(body) for name, body in bodies.items()},
            "schemas": schemas,
        },
    }


def _path(item: Tree) -> dict[str, Any]:
    shared = [_parameter(parameter) for parameter in item.get("parameters", ())]
    operations = {name: _operation(item[name]) for name in HTTP_METHODS if name in item}
    return ({"parameters": shared} if shared else {}) | operations


def _operation(operation: Tree) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "operationId": operation["operationId"],
        "parameters": [_parameter(parameter) for parameter in operation.get("parameters", ())],
        "responses": {
            status: _response(response) for status, response in operation["responses"].items()
        },
    }
    if "requestBody" in operation:
        kept["requestBody"] = _body(operation["requestBody"])
    return kept


def _parameter(parameter: Tree) -> dict[str, Any]:
    if "$ref" in parameter:
        return dict(parameter)
    kept = {key: parameter[key] for key in ("in", "name", "required") if parameter.get(key)}
    return kept | {"schema": _schema(parameter["schema"])}


def _body(body: Tree) -> dict[str, Any]:
    if "$ref" in body:
        return dict(body)
    return ({"required": True} if body.get("required") else {}) | _content(body)


def _response(response: Tree) -> dict[str, Any]:
    types = " ".join(f"`{name}`" for name in FAULT_TYPE.findall(response.get("description", "")))
    return {"description": types} | _content(response) | _notes(response)


def _content(part: Tree) -> dict[str, Any]:
    schemas = [media["schema"] for media in part.get("content", {}).values() if "schema" in media]
    return {"content": {"application/json": {"schema": _schema(schemas[0])}}} if schemas else {}


def _schema(schema: Tree) -> dict[str, Any]:
    kept = {key: schema[key] for key in ("$ref", "type", "required") if key in schema}
    kept |= {key: schema[key] for key in SCHEMA_KEYWORDS if schema.get(key, False) is not False}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), Mapping):
            kept[key] = _schema(schema[key])
    if "properties" in schema:
        kept["properties"] = {name: _schema(part) for name, part in schema["properties"].items()}
    return kept | _notes(schema)


def _notes(part: Tree) -> dict[str, Any]:
    return {key: True for key in NOTE_KEYWORDS if part.get(key)}


def write(tree: Tree) -> str:
    """Return a digest as JSON with a line for each operation and each document."""
    return "\n".join(_lines(tree)) + "\n"


def _lines(tree: Tree) -> Iterator[str]:
    components = tree["components"]
    yield f'{{"openapi": {json.dumps(tree["openapi"])}, "paths": {{'
    paths = list(tree["paths"].items())
    for path, item in paths:
        lines = ",\n".join(f"  {json.dumps(key)}: {_dump(part)}" for key, part in item.items())
        end = "}" if path == paths[-1][0] else "},"
        yield f"{json.dumps(path)}: {{\n{lines}\n{end}"
    yield '}, "components": {'
    for kind, parts in components.items():
        rows = ",\n".join(f"  {json.dumps(name)}: {_dump(part)}" for name, part in parts.items())
        yield f"{json.dumps(kind)}: {{\n{rows}\n}}{'' if kind == 'schemas' else ','}"
    yield "}}"


def _dump(part: Any) -> str:
    return json.dumps(part, separators=(",", ":"), sort_keys=True)


if __name__ == "__main__":
    DIGEST.write_text(write(reduce(json.loads(Path(sys.argv[1]).read_bytes()))), encoding="utf-8")
