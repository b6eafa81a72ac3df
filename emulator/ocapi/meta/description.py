"""The Meta API (META): the APIs, their versions, and a description of what is served.

The description is Swagger 2.0. It is made from the documents and resources that serve, so it says
what they do, and nothing of it is kept up by hand.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emulator.ocapi.resource import Resource, Search, Verb
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.document import ENVELOPE, FAULT, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import (
    LARGEST,
    Array,
    DateTime,
    Embedded,
    Integer,
    Localized,
    Map,
    Number,
    Property,
)
from emulator.ocapi.search.query import MALFORMED_SEARCH_PARAMETER, SearchRequest
from emulator.ocapi.wire import url
from emulator.ocapi.wire.paging import DEFAULT_COUNT

if TYPE_CHECKING:
    from apispec import APISpec

TOKEN_PATH = "/dw/oauth2/access_token"  # noqa: S105 - where tokens are, not one
SECURITY = "oauth2_application"
JSON, XML = "application/json", "application/xml"
CONSUMED, PRODUCED = (JSON, XML, "text/xml"), (JSON, XML)

# How the attributes of fields are called in a schema.
CONSTRAINTS = {
    "min_length": "minLength",
    "max_length": "maxLength",
    "minimum": "minimum",
    "maximum": "maximum",
    "min_items": "minItems",
    "values": "enum",
}
TEXT = {"type": "string"}
# The first that fits; others are of the type of their JSON values.
TYPES: tuple[tuple[type[Property], dict[str, Any]], ...] = (
    (Localized, {"type": "object", "format": "localized", "additionalProperties": TEXT}),
    (Map, {"type": "object", "additionalProperties": True}),
    (Integer, {"type": "integer", "format": "int32"}),
    (Number, {"type": "number", "format": "double"}),
    (DateTime, {"type": "string", "format": "date-time"}),
)
SUMMARIES: dict[Verb, str] = {
    "list": "Show a page of the {}.",
    "read": "Show one {}.",
    "create": "Create one {} under the id of the path.",
    "update": "Change what is sent of one {}.",
    "delete": "Delete one {}.",
}
STATUSES = {200: "The document.", 201: "The created document.", 204: "Done, nothing to show."}
WITH_BODY = ("create", "update")


def list_apis(link: str) -> dict[str, Any]:
    """Return the document of ``GET /dw/meta/v1/rest``, whose absolute URL is ``link``."""
    return {"apis": [{"name": "data", "link": f"{link}/data"}]}


def list_versions(link: str, versions: Iterable[str]) -> dict[str, Any]:
    """Return the document of ``GET /dw/meta/v1/rest/data``.

    Args:
        link: The absolute URL of that document.
        versions: The served versions as paths have them, such as ``v23_2``.
    """
    told = ({"name": v, "link": f"{link}/{v}", "status": "current"} for v in versions)
    return {"versions": list(told)}


def name_operation(method: str, template: Sequence[str]) -> str:
    """Return an operation's name, such as ``getInventoryListsByID``.

    Args:
        method: The HTTP method.
        template: The segments of the path below the version; those of ids are in braces.
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
    """Return the Swagger 2.0 document of the resources.

    Args:
        resources: Those that are served.
        base_path: The path that all have in common, with the version as its last segment, such
            as ``/s/-/dw/data/v23_2``.
        host: Host and port.
        scheme: ``http`` or ``https``.
        replaces_existing: Whether PUT replaces what is there even where a resource has a fault
            for it, as in the observed dialect (INV-5).
    """
    documents: dict[str, Document] = {}
    spec = _open(documents, base_path, host, scheme)
    for resource in resources:
        for template, method, operation in _operations(resource, replaces=replaces_existing):
            named = {"operationId": name_operation(method, template), "tags": [template[0]]}
            path = f"/{'/'.join(template)}"
            spec.path(path, operations={method.lower(): named | operation})
    described: dict[str, Any] = spec.to_dict()
    for name, definition in described["definitions"].items():
        _complete(definition, documents[name])
    return described


def _open(documents: dict[str, Document], base_path: str, host: str, scheme: str) -> "APISpec":
    """Return a description of no resource; ``documents`` takes those it comes to refer to."""
    # Slow to import, for a document that is seldom asked for.
    from apispec import APISpec  # noqa: PLC0415
    from apispec.ext.marshmallow import MarshmallowPlugin  # noqa: PLC0415

    plugin = MarshmallowPlugin(schema_name_resolver=_resolver(documents))
    spec = APISpec(
        title="Open Commerce API: Data API",
        version=url.number(base_path.rpartition("/")[2]),
        openapi_version="2.0",
        plugins=[plugin],
        info={"description": "What this emulator serves of the Data API."},
        host=host,
        basePath=base_path,
        schemes=[scheme],
        consumes=list(CONSUMED),
        produces=list(PRODUCED),
        security=[{SECURITY: []}],
    )
    for name, security in _securities(f"{scheme}://{host}{TOKEN_PATH}").items():
        spec.components.security_scheme(name, security)
    converter: Any = plugin.converter
    converter.add_attribute_function(_describe_property)
    return spec


def _securities(token_url: str) -> dict[str, dict[str, Any]]:
    flow = {"type": "oauth2", "flow": "application", "tokenUrl": token_url, "scopes": {}}
    return {
        SECURITY: {**flow, "description": "A token for the id and secret of an API client."},
        "client_id": {
            "type": "apiKey",
            "in": "header",
            "name": "x-dw-client-id",
            "description": "The id of the API client, which a token tells as well.",
        },
    }


def _resolver(documents: dict[str, Document]) -> Callable[[Any], Any]:
    """Return what names a document's definition; a private one is told where it stands."""

    def resolve(document: Document) -> str | None:
        if type(document).__name__.startswith("_"):
            return None
        documents[document.name] = document
        return document.name

    return resolve


def _complete(definition: dict[str, Any], document: Document) -> None:
    """Add to a definition what every document has: words, envelope, custom properties."""
    definition["description"] = _first_paragraph(document)
    definition["properties"] |= {name: dict(TEXT) for name in ENVELOPE}
    definition["additionalProperties"] = document.custom


def _first_paragraph(document: Document) -> str:
    told = inspect.cleandoc(type(document).__doc__ or "").partition("\n\n")[0]
    return " ".join(told.replace("``", "`").split())


def _describe_property(converter: Any, field: Any, **_: Any) -> dict[str, Any]:
    """Return the schema of a property of ours, to add to what is true of any field."""
    if isinstance(field, Embedded):
        embedded: dict[str, Any] = converter.resolve_nested_schema(field.document)
        return embedded
    told = _describe_type(field) | _describe_constraints(field)
    if isinstance(field, Array):
        told["items"] = converter.field2property(field.inner)
    return told | ({"readOnly": True} if field.read_only else {})


def _describe_type(field: Property) -> dict[str, Any]:
    for kind, told in TYPES:
        if isinstance(field, kind):
            return dict(told)
    return {} if "," in field.expected else {"type": field.expected}


def _describe_constraints(field: Property) -> dict[str, Any]:
    stated = {name: getattr(field, name, None) for name in CONSTRAINTS}
    if not stated["min_length"]:  # any string has 0 characters
        del stated["min_length"]
    if stated["maximum"] == LARGEST:  # the format says so
        del stated["maximum"]
    return {
        CONSTRAINTS[name]: list(value) if isinstance(value, tuple) else value
        for name, value in stated.items()
        if value is not None
    }


def _operations(
    resource: Resource, *, replaces: bool
) -> Iterator[tuple[tuple[str, ...], str, dict[str, Any]]]:
    """Yield the template, method and description of all operations of a resource."""
    for of_collection in (True, False):
        template = resource.template if of_collection else resource.template_of_one
        for method, verb in resource.methods(of_collection=of_collection).items():
            yield template, method, _describe_verb(resource, verb, template, replaces=replaces)
    search = resource.search
    if search is not None:
        template = tuple(search.path.split("/"))
        yield template, "POST", _describe_search(resource, search, template)


def _describe_verb(
    resource: Resource, verb: Verb, template: tuple[str, ...], *, replaces: bool
) -> dict[str, Any]:
    faults_of = _faults(resource, verb, replaces=replaces)
    return {
        "summary": SUMMARIES[verb].format(_words(resource, verb)),
        "parameters": list(_parameters(resource, verb, template)),
        "responses": _responses(_successes(resource, verb, replaces=replaces), faults_of),
    }


def _describe_search(
    resource: Resource, search: Search, template: tuple[str, ...]
) -> dict[str, Any]:
    of_all = (MALFORMED_SEARCH_PARAMETER, faults.MALFORMED_SELECTOR)
    refused = (*_faults_above(resource), *of_all, *search.faults)
    return {
        "summary": f"Show a page of the {_words(resource, 'list')} that match a query.",
        "parameters": [*_ids(template), _body(SearchRequest())],
        "responses": _responses({200: search.result}, refused),
    }


def _words(resource: Resource, verb: Verb) -> str:
    """Return what an operation deals with, in words."""
    name = resource.path if verb == "list" else resource.document.name
    return name.replace("_", " ")


def _parameters(
    resource: Resource, verb: Verb, template: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    ids = list(_ids(template))
    if verb == "create":  # only then an id is too long; any other has no document
        ids[-1] |= _describe_constraints(resource.document.fields[resource.key])  # type: ignore[arg-type]
    yield from ids
    if verb == "list":
        yield _number("start", 0, "How many documents to leave out from the beginning.")
        yield _number("count", DEFAULT_COUNT, "How many documents to show at most.")
    if verb != "delete":
        told = "The properties to show, such as `(**)` for all."
        yield {"in": "query", "name": "select", "type": "string", "description": told}
    if resource.expansions and verb in ("list", "read"):
        yield _expand(resource.expansions)
    if verb in WITH_BODY:
        yield _body(resource.document)


def _ids(template: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the parameters of a path, none of which can be empty."""
    for segment in template:
        if segment.startswith("{"):
            told = {"in": "path", "name": segment[1:-1], "required": True}
            yield {**told, "type": "string", "minLength": 1}


def _number(name: str, default: int, description: str) -> dict[str, Any]:
    kind = {"type": "integer", "format": "int32", "minimum": 0, "default": default}
    return {"in": "query", "name": name, **kind, "description": description}


def _expand(expansions: Sequence[str]) -> dict[str, Any]:
    kind = {"type": "array", "items": dict(TEXT), "collectionFormat": "csv"}
    told = f"What to add, of {', '.join(expansions)}."
    return {"in": "query", "name": "expand", **kind, "description": told}


def _body(document: Document) -> dict[str, Any]:
    return {"in": "body", "name": "body", "required": True, "schema": document}


def _successes(resource: Resource, verb: Verb, *, replaces: bool) -> dict[int, Document | None]:
    """Return the statuses of success with what they answer (MET-1)."""
    if verb == "delete":
        return {204: None}
    if verb == "list":
        return {200: resource.collection}
    replaced = verb != "create" or replaces or resource.duplicate is None
    created = {201: resource.document} if verb == "create" else {}
    return {**({200: resource.document} if replaced else {}), **created}


def _faults(resource: Resource, verb: Verb, *, replaces: bool) -> Iterator[FaultType]:
    """Yield the faults that are of the resource rather than of the protocol."""
    yield from _faults_above(resource)
    if verb in ("read", "update") or (verb == "delete" and not resource.deletes_missing):
        yield resource.not_found
    if verb in WITH_BODY:
        yield faults.ID_CONFLICT
    if verb == "create" and resource.duplicate and not replaces:
        yield resource.duplicate


def _faults_above(resource: Resource) -> Iterator[FaultType]:
    if resource.parent is not None:
        yield resource.parent.not_found


def _responses(
    successes: Mapping[int, Document | None], refused: Iterable[FaultType]
) -> dict[str, Any]:
    told = {str(s): _response(STATUSES[s], document) for s, document in successes.items()}
    lines: dict[str, list[str]] = {}
    for kind in refused:
        lines.setdefault(str(kind.status), []).append(f"`{kind.type}`: {kind.message}")
    answers = {status: _response("\n\n".join(of), FAULT) for status, of in sorted(lines.items())}
    return {**told, **answers, "default": _response("A fault of the protocol.", FAULT)}


def _response(description: str, document: Document | None) -> dict[str, Any]:
    content = {} if document is None else {"schema": document}
    return {"description": description, **content}
