"""The documents of the Meta API (META): APIs, versions, and the description of a version.

The description is Swagger 2.0. Everything in the description comes from the schemas and resources
that serve.
"""

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from marshmallow import missing

from emulator.ocapi.resource import Operation, Resource, Search, Verb
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.document import ENVELOPE, FAULT, Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import (
    MAX_INT32,
    MAX_INT64,
    Array,
    Date,
    DateTime,
    Embedded,
    Integer,
    Localized,
    Map,
    Number,
    Property,
    TextMap,
    Values,
)
from emulator.ocapi.schema.lens import has_body, has_operation
from emulator.ocapi.search.query import SEARCH_FAULTS, SearchRequest
from emulator.ocapi.wire import versions

TOKEN_PATH = "/dw/oauth2/access_token"  # noqa: S105 - the path of the token endpoint, no token
SECURITY = "oauth2_application"
JSON, XML = "application/json", "application/xml"
REQUEST_TYPES, RESPONSE_TYPES = (JSON, XML, "text/xml"), (JSON, XML)
DEFINITIONS_POINTER = "#/definitions/"

KEYWORDS_BY_ATTRIBUTE = {
    "min_length": "minLength",
    "max_length": "maxLength",
    "minimum": "minimum",
    "maximum": "maximum",
    "min_items": "minItems",
    "pattern": "pattern",
    "values": "enum",
}
"""The keywords of a schema, by the attributes of properties."""
TEXT = {"type": "string"}
SCHEMAS_BY_CLASS: tuple[tuple[type[Property], dict[str, Any]], ...] = (
    (Localized, {"type": "object", "format": "localized", "additionalProperties": TEXT}),
    (TextMap, {"type": "object", "additionalProperties": TEXT}),
    (Map, {"type": "object", "additionalProperties": True}),
    (Integer, {"type": "integer", "format": "int32"}),
    (Number, {"type": "number", "format": "double"}),
    (DateTime, {"type": "string", "format": "date-time"}),
    (Date, {"type": "string", "format": "date"}),
)
"""The schemas by class of property: the first match counts. Other classes have a JSON type."""
SUMMARIES_BY_VERB: dict[Verb, str] = {
    "list": "Show a page of the {}.",
    "add": "Create one {} under a new id.",
    "read": "Show one {}.",
    "create": "Create one {} under the id of the path.",
    "update": "Change the sent properties of one {}.",
    "delete": "Delete one {}.",
}
TEXTS_BY_STATUS = {200: "The document.", 201: "The created document.", 204: "Done, no document."}
VERBS_WITH_BODY = ("add", "create", "update")
SELECT = {
    "in": "query",
    "name": "select",
    "type": "string",
    "description": "The properties to show, such as `(**)` for all.",
}
VALIDATE_EXISTING = {
    "in": "header",
    "name": "x-dw-validate-existing",
    "type": "boolean",
    "description": "With `true`, an existing document is refused.",
}


def list_apis(link: str) -> dict[str, Any]:
    """Return the list of APIs; ``link`` is the absolute URL of the list."""
    return {"apis": [{"name": "data", "link": f"{link}/data"}]}


def list_versions(link: str, segments: Iterable[str]) -> dict[str, Any]:
    """Return the list of versions, the oldest first.

    Args:
        link: The absolute URL of the list.
        segments: The path segments of the versions, such as ``v23_2``.
    """
    numbers = {versions.number(segment): segment for segment in segments}
    return {
        "versions": [
            {
                "name": numbers[number],
                "link": f"{link}/{numbers[number]}",
                "status": versions.status(number),
            }
            for number in sorted(numbers, key=versions.order)
        ]
    }


def list_documents(link: str, description: Mapping[str, Any]) -> dict[str, Any]:
    """Return the list of the documents in a description.

    Args:
        link: The absolute URL of the list.
        description: The description of a version.
    """
    names = sorted(description["definitions"])
    return {"documents": [{"name": name, "link": f"{link}/{name}"} for name in names]}


def show_document(name: str, description: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the schema of a document; None for an unknown name.

    The schemas of the documents inside are members of ``definitions``.

    Args:
        name: The name of the document.
        description: The description of a version.
    """
    definitions = description["definitions"]
    if name not in definitions:
        return None
    inner: dict[str, Any] = {}
    names = list(_find_references(definitions[name]))
    while names:
        found = names.pop()
        if found not in inner:
            inner[found] = definitions[found]
            names.extend(_find_references(definitions[found]))
    return {**definitions[name], "definitions": dict(sorted(inner.items()))}


def _find_references(schema: Any) -> Iterator[str]:
    """Yield the names of the documents in a schema."""
    if isinstance(schema, Mapping):
        if isinstance(reference := schema.get("$ref"), str):
            yield reference.removeprefix(DEFINITIONS_POINTER)
        schema = list(schema.values())
    if isinstance(schema, list):
        for value in schema:
            yield from _find_references(value)


def name_operation(method: str, template: Sequence[str]) -> str:
    """Return an operation's name, such as ``getInventoryListsByID``.

    Args:
        method: The HTTP method.
        template: The segments of the path below the version, with ids in braces.
    """
    return method.lower() + "".join(map(_name_segment, template))


def _name_segment(segment: str) -> str:
    words = segment.split("_")
    return "ByID" if segment.startswith("{") else "".join(word.capitalize() for word in words)


def describe(
    resources: Iterable[Resource],
    base_path: str,
    host: str,
    scheme: str,
    *,
    replaces_existing: bool = False,
) -> dict[str, Any]:
    """Return the Swagger 2.0 description of resources.

    Args:
        resources: The served resources.
        base_path: The path of the version, such as ``/s/-/dw/data/v23_2``.
        host: Host and port.
        scheme: ``http`` or ``https``.
        replaces_existing: Whether PUT replaces a document even where the resource has a fault for
            a duplicate, as in the observed dialect (INV-5).
    """
    paths: dict[str, dict[str, Any]] = {}
    version = versions.number(base_path.rpartition("/")[2])
    for resource in resources:
        for template, method, operation in _operations(resource, replaces=replaces_existing):
            if not has_operation(method, template, version):
                continue
            if not has_body(method, template, version):
                parameters = [one for one in operation["parameters"] if one["in"] != "body"]
                operation["parameters"] = parameters
            named = {"operationId": name_operation(method, template), "tags": [template[0]]}
            path = paths.setdefault(f"/{'/'.join(template)}", {})
            path[method.lower()] = named | operation
    definitions: dict[str, Any] = {}
    return {
        "swagger": "2.0",
        "info": {
            "title": "Open Commerce API: Data API",
            "description": "The resources that this emulator serves.",
            "version": version,
        },
        "host": host,
        "basePath": base_path,
        "schemes": [scheme],
        "consumes": list(REQUEST_TYPES),
        "produces": list(RESPONSE_TYPES),
        "security": [{SECURITY: []}],
        "securityDefinitions": _securities(f"{scheme}://{host}{TOKEN_PATH}"),
        "paths": _refer(paths, definitions, version),
        "definitions": definitions,
    }


def _securities(token_url: str) -> dict[str, dict[str, Any]]:
    flow = {"type": "oauth2", "flow": "application", "tokenUrl": token_url, "scopes": {}}
    return {
        SECURITY: {**flow, "description": "A token for the id and secret of an API client."},
        "client_id": {
            "type": "apiKey",
            "in": "header",
            "name": "x-dw-client-id",
            "description": "The id of the API client; a token has the id, too.",
        },
    }


def _refer(value: Any, definitions: dict[str, Any], version: str) -> Any:
    """Return a part of the description with references in place of documents.

    The schemas of the documents are added to ``definitions``. A private document has its schema
    where the document stands.
    """
    if isinstance(value, Mapping):
        return {name: _refer(inner, definitions, version) for name, inner in value.items()}
    if isinstance(value, list):
        return [_refer(inner, definitions, version) for inner in value]
    if not isinstance(value, Document):
        return value
    if type(value).__name__.startswith("_"):
        return _describe_properties(value.at(version), definitions, version)
    if value.type_name not in definitions:
        definition = definitions[value.type_name] = {}  # a document may contain itself
        definition |= _describe_document(value.at(version), definitions, version)
    return {"$ref": DEFINITIONS_POINTER + value.type_name}


def _describe_document(
    document: Document, definitions: dict[str, Any], version: str
) -> dict[str, Any]:
    """Return the schema of a document, with the envelope and the docstring of the class."""
    schema = _describe_properties(document, definitions, version)
    text = inspect.cleandoc(type(document).__doc__ or "").partition("\n\n")[0]
    schema["description"] = " ".join(text.replace("``", "`").split())
    schema["properties"] |= dict.fromkeys(ENVELOPE, TEXT)
    return schema


def _describe_properties(
    document: Document, definitions: dict[str, Any], version: str
) -> dict[str, Any]:
    fields: dict[str, Any] = document.fields
    required = sorted(name for name, field in fields.items() if field.required)
    return {
        "type": "object",
        "properties": {n: _describe_property(f, definitions, version) for n, f in fields.items()},
        "additionalProperties": document.custom,
        **({"required": required} if required else {}),
    }


def _describe_property(
    field: Property, definitions: dict[str, Any], version: str
) -> dict[str, Any]:
    if isinstance(field, Embedded):
        schema = _refer(field.document, definitions, version)
    else:
        schema = _describe_type(field)
    described: dict[str, Any] = {**schema, **_describe_constraints(field), **field.metadata}
    if isinstance(field, Array):
        described["items"] = _describe_property(field.inner, definitions, version)
    if isinstance(field, Values):
        described |= {"format": field.format} if field.format else {}
        described["additionalProperties"] = _describe_property(field.inner, definitions, version)
    if field.load_default is not missing:
        described["default"] = field.load_default
    if field.read_only:
        described["readOnly"] = True
    if field.allow_none:
        described["x-nullable"] = True
    return described


def _describe_type(field: Property) -> dict[str, Any]:
    for kind, schema in SCHEMAS_BY_CLASS:
        if isinstance(field, kind):
            is_long = isinstance(field, Integer) and field.maximum > MAX_INT32
            return {**schema, "format": "int64"} if is_long else dict(schema)
    return {} if "," in field.expected else {"type": field.expected}


def _describe_constraints(field: Property) -> dict[str, Any]:
    stated = {name: getattr(field, name, None) for name in KEYWORDS_BY_ATTRIBUTE}
    if not stated["min_length"]:  # every string has 0 characters
        del stated["min_length"]
    if stated["maximum"] in (MAX_INT32, MAX_INT64):  # the format implies the bound
        del stated["maximum"]
    return {
        KEYWORDS_BY_ATTRIBUTE[name]: list(value) if isinstance(value, tuple) else value
        for name, value in stated.items()
        if value is not None
    }


def _operations(
    resource: Resource, *, replaces: bool
) -> Iterator[tuple[tuple[str, ...], str, dict[str, Any]]]:
    """Yield template, method and description of each operation of a resource."""
    for of_collection in (True, False):
        template = resource.template if of_collection else resource.document_template
        for method, verb in resource.methods(of_collection=of_collection).items():
            yield template, method, _describe_verb(resource, verb, template, replaces=replaces)
    search = resource.search
    if search is not None:
        template = resource.search_template
        yield template, "POST", _describe_search(resource, search, template)
    for operation in resource.operations:
        template = tuple(operation.path.split("/"))
        yield template, operation.method, _describe_operation(operation, template)


def _describe_operation(operation: Operation, template: tuple[str, ...]) -> dict[str, Any]:
    answer = operation.answer
    summary = inspect.getdoc(answer.func if isinstance(answer, partial) else answer) or ""
    parameters = list(_ids(template))
    parameters += _further(operation.parameters)
    if isinstance(operation.shows, Collection):
        parameters += _page(operation.shows)
    if operation.shows is not None:
        parameters.append(SELECT)
    if operation.expansions:
        parameters.append(_expand(operation.expansions))
    if operation.body is not None:
        parameters.append(_body(operation.body, required=operation.needs_body))
    statuses = ((200, 201) if operation.creates else (200,)) if operation.shows else (204,)
    shown: dict[int, Document | None] = dict.fromkeys(statuses, operation.shows)
    if operation.no_content:
        shown[204] = None
    return {
        "summary": summary.partition("\n")[0],
        "parameters": parameters,
        "responses": _responses(shown, operation.faults),
    }


def _describe_verb(
    resource: Resource, verb: Verb, template: tuple[str, ...], *, replaces: bool
) -> dict[str, Any]:
    own_faults = _faults(resource, verb, replaces=replaces)
    return {
        "summary": SUMMARIES_BY_VERB[verb].format(_words(resource, verb)),
        "parameters": list(_parameters(resource, verb, template)),
        "responses": _responses(_successes(resource, verb, replaces=replaces), own_faults),
    }


def _describe_search(
    resource: Resource, search: Search, template: tuple[str, ...]
) -> dict[str, Any]:
    refused = (*_faults_above(resource), *SEARCH_FAULTS, *search.faults)
    return {
        "summary": f"Show a page of the {_words(resource, 'list')} that match a query.",
        "parameters": [*_ids(template), _body(SearchRequest())],
        "responses": _responses({200: search.result}, refused),
    }


def _words(resource: Resource, verb: Verb) -> str:
    """Return the words for the subject of an operation."""
    name = resource.path if verb == "list" else resource.document.type_name
    return name.replace("_", " ")


def _parameters(
    resource: Resource, verb: Verb, template: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    ids = list(_ids(template))
    if verb == "create":  # for other verbs a document with a longer id is missing
        ids[-1] |= _describe_constraints(resource.document.fields[resource.key])  # type: ignore[arg-type]
    yield from ids
    if verb == "list":
        yield from _page(resource.collection)
    if verb != "delete" or resource.delete_shows:
        yield SELECT
    if verb in ("list", "read"):
        if resource.expansions:
            yield _expand(resource.expansions)
        yield from _further(resource.parameters)
    if verb == "read":
        yield from _further(resource.read_parameters)
    if verb == "create" and resource.duplicate_if_validated:
        yield VALIDATE_EXISTING
    if verb in VERBS_WITH_BODY and not resource.document.is_read_only:
        yield _body(resource.document, required=True)


def _page(collection: Collection) -> Iterator[dict[str, Any]]:
    if not collection.has_pages:
        return
    count = collection.default_count
    yield _number("start", 0, "The number of documents to skip.")
    bounds = {"minimum": collection.min_count, "maximum": collection.max_count}
    stated = {name: bound for name, bound in bounds.items() if bound is not None}
    yield _number("count", count, "The greatest number of documents to show.") | stated


def _ids(template: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the parameters of a path; an id is never empty."""
    for segment in template:
        if segment.startswith("{"):
            named = {"in": "path", "name": segment[1:-1], "required": True}
            yield {**named, "type": "string", "minLength": 1}


def _number(name: str, default: int, description: str) -> dict[str, Any]:
    kind = {"type": "integer", "format": "int32", "minimum": 0, "default": default}
    return {"in": "query", "name": name, **kind, "description": description}


def _further(parameters: Mapping[str, Property]) -> Iterator[dict[str, Any]]:
    for name, field in parameters.items():
        schema = {**_describe_type(field), **_describe_constraints(field)}
        yield {"in": "query", "name": name, **schema}


def _expand(expansions: Sequence[str]) -> dict[str, Any]:
    kind = {"type": "array", "items": dict(TEXT), "collectionFormat": "csv"}
    description = f"The parts to add: {', '.join(expansions)}."
    return {"in": "query", "name": "expand", **kind, "description": description}


def _body(document: Document, *, required: bool = True) -> dict[str, Any]:
    return {"in": "body", "name": "body", "required": required, "schema": document}


def _successes(resource: Resource, verb: Verb, *, replaces: bool) -> dict[int, Document | None]:
    """Return the documents of success by status (MET-1)."""
    if verb == "delete":
        missing: dict[int, Document | None] = {204: None} if resource.deletes_missing else {}
        return {200: resource.document, **missing} if resource.delete_shows else {204: None}
    if verb == "list":
        nothing: dict[int, Document | None] = {204: None} if resource.no_content else {}
        return {200: resource.collection, **nothing}
    if verb != "create":
        return {200: resource.document}
    refuses = resource.duplicate and (resource.refuses_existing or not replaces)
    replaced = {} if refuses else {200: resource.document}
    return {**replaced, resource.created_status: resource.document}


def _faults(resource: Resource, verb: Verb, *, replaces: bool) -> Iterator[FaultType]:
    """Yield the faults of the resource; the faults of the protocol are left out."""
    yield from _faults_above(resource)
    if verb in ("read", "update") or (verb == "delete" and not resource.deletes_missing):
        yield resource.not_found
    if verb in ("create", "update"):
        yield faults.ID_CONFLICT
    always = verb == "add" or (verb == "create" and resource.refuses_existing)
    if resource.duplicate and (always or (verb == "create" and not replaces)):
        yield resource.duplicate
    if verb == "create" and resource.duplicate_if_validated:
        yield resource.duplicate_if_validated
    yield from resource.refusals.get(verb, ())


def _faults_above(resource: Resource) -> Iterator[FaultType]:
    for above in resource.ancestors:
        yield above.not_found


def _responses(
    successes: Mapping[int, Document | None], refused: Iterable[FaultType]
) -> dict[str, Any]:
    answers = {str(s): _response(TEXTS_BY_STATUS[s], document) for s, document in successes.items()}
    lines: dict[str, list[str]] = {}
    for kind in refused:
        lines.setdefault(str(kind.status), []).append(f"`{kind.type}`: {kind.message}")
    for status, texts in sorted(lines.items()):
        answers[status] = _response("\n\n".join(texts), FAULT)
    return {**answers, "default": _response("A fault of the protocol.", FAULT)}


def _response(description: str, document: Document | None) -> dict[str, Any]:
    content = {} if document is None else {"schema": document}
    return {"description": description, **content}
