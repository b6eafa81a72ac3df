"""The Data API as one WSGI application: routes, the order of checks, one exit."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from flask import Flask, Request, Response, g, request
from werkzeug.routing import BaseConverter

from emulator.crash import log_outage
from emulator.family import FAULT as FAULT_TYPE
from emulator.family import INJECTED, Family
from emulator.fixtures import Collection
from emulator.ocapi import client, custom, envelope, faults, formats, meta, origin, override, url
from emulator.ocapi.cache import AnswerCache
from emulator.ocapi.call import Call, Route, Service
from emulator.ocapi.client import CLIENTS, USERS
from emulator.ocapi.document import FAULT, Document
from emulator.ocapi.faults import Fault
from emulator.ocapi.formats import Format
from emulator.ocapi.override import OVERRIDDEN
from emulator.ocapi.permission import FREE, Permission
from emulator.ocapi.query import MALFORMED_SEARCH_PARAMETER, SearchRequest
from emulator.ocapi.resource import METHODS, Resource, Verb, list_methods
from emulator.ocapi.resources import RESOURCES
from emulator.ocapi.verbs import VERBS, Answer
from emulator.store import StoreUnavailable

# The order of checks (ORD-1), as the parts of a Call that make them. The verb makes the rest:
# 11 parents and resource, 12 resource state and If-Match, 13 business rules.
CHECKS_OF_EVERY_METHOD = (
    "method",  # 1 method override
    "version",  # 2
    "site",  # 3
    "route",  # 4 resource path and method
    "format",  # 5 format, content type, charset,
    "body",  # and size
)
CHECKS = (
    *CHECKS_OF_EVERY_METHOD,
    "client",  # 6 client id and token
    "origin",  # 7
    "permission",  # 8
    "key",  # 9 parameters: of the path
    "page",  # and of the query,
    "callback",
    "selector",  # select,
    "expansions",
    "locale",
    "content",  # 10 body decoding
    "changes",  # and constraints
)

CHECKS_OF_OPTIONS = (*CHECKS_OF_EVERY_METHOD, "origin")

COLLECTIONS = (
    *(resource.fixtures() for resource in RESOURCES),
    Collection(CLIENTS, "clients.json", client.read_client, required=True, kept=True),
    Collection(USERS, "clients.json", client.read_user, kept=True),
    *custom.COLLECTIONS,
)

SEARCH_REQUEST = SearchRequest()
OWN_FAULTS = (MALFORMED_SEARCH_PARAMETER, *chain(*(resource.faults for resource in RESOURCES)))
FAULTS = faults.TABLE | {kind.name: kind for kind in OWN_FAULTS}
"""All faults by name, those of resources among them."""

HEADERS = {  # ENV-8
    "Expires": "Thu, 01-Jan-1970 00:00:00 GMT",
    "Cache-Control": "max-age=0,no-cache,no-store,must-revalidate",
    "x-dw-version-status": "current",
}
CONTENT_TYPES = {
    Format.JSON: "application/json;charset=UTF-8",
    Format.XML: "application/xml;charset=UTF-8",
}
JAVASCRIPT = "text/javascript;charset=UTF-8"
SCOPES = ("/s/<_site>/dw/data/<_version>", "/dw/data/<_version>")


class SegmentConverter(BaseConverter):
    """One segment of a canonical path, any characters (URL-5)."""

    def to_python(self, value: str) -> str:
        """Return the id."""
        return url.decode_segment(value)


def create_family(service: Service) -> Family:
    """Return the family that serves all resources."""
    routes = _routes()
    app = _create_app(service, routes)
    return Family(
        "data",
        AnswerCache(app),
        app.url_map,
        {(path, method): name for path, route in routes.items() for method, name in _names(route)},
        {name: kind.arguments for name, kind in FAULTS.items()},
        override.apply,
    )


def _names(route: Route) -> Iterator[tuple[str, str]]:
    """Yield the methods of a route with the names of their operations, as the Meta API has them."""
    for method in route.methods:
        yield method, meta.name_operation(method, route.template)


def list_templates() -> list[str]:
    """Return the paths that are served below the version, with ids in braces."""
    return ["/".join(route.template) for route in _routes().values()]


def _create_app(service: Service, routes: Mapping[str, Route]) -> Flask:
    app = Flask("emulator.ocapi", static_folder=None)
    app.url_map.converters["segment"] = SegmentConverter
    app.url_map.merge_slashes = False
    for path, route in routes.items():
        _add_route(app, path, route)

    @app.before_request
    def begin() -> None:
        # The request itself, since each look through Flask's proxy costs a microsecond.
        current: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        g.call = Call(current, routes.get(current.endpoint or ""), service)
        if injected := current.environ.get(INJECTED):
            raise FAULTS[injected.name].make(injected.arguments)
        _check(g.call)

    @app.errorhandler(Fault)
    def refuse(fault: Fault) -> Response:
        return _finish(g.call, _refusal(g.call, fault))

    @app.errorhandler(StoreUnavailable)
    def wait(error: StoreUnavailable) -> Response:
        log_outage(request.method, request.path, error)
        return _finish(g.call, _refusal(g.call, faults.SERVICE_UNAVAILABLE()))

    @app.errorhandler(Exception)
    def crash(error: Exception) -> Response:
        # What an error handler raised comes inside an InternalServerError of Flask's.
        cause = getattr(error, "original_exception", None) or error
        g.call.workspace.crashes.record(request.method, request.path, cause)
        return _finish(g.call, _refusal(g.call, faults.INTERNAL_SERVER_ERROR()))

    return app


def _routes() -> dict[str, Route]:
    """Return the routes of all resources by their path below the version."""
    return {path: route for resource in RESOURCES for path, route in _routes_of(resource)}


def _routes_of(resource: Resource) -> Iterator[tuple[str, Route]]:
    children = tuple(child for child in RESOURCES if child.parent is resource)
    document = resource.document
    many, one = resource.methods(of_collection=True), resource.methods(of_collection=False)
    of_all = Route(resource, resource.template, many, document, of_collection=True)
    of_one = Route(resource, resource.template_of_one, one, document, children=children)
    for route in (of_all, of_one, *_searches_of(resource)):
        yield "/".join(map(_match_segment, route.template)), route
    for name in resource.aliases:
        yield name, of_all


def _searches_of(resource: Resource) -> Iterator[Route]:
    if resource.search is not None:
        methods: dict[str, Verb] = {METHODS["search"]: "search"}
        yield Route(resource, (resource.search.path,), methods, SEARCH_REQUEST)


def _match_segment(segment: str) -> str:
    """Return the rule of a segment of a template."""
    return f"<segment:{segment[1:-1]}>" if segment.startswith("{") else segment


def _add_route(app: Flask, path: str, route: Route) -> None:
    for scope in SCOPES:
        app.add_url_rule(
            f"{scope}/{path}",
            path,
            _view,
            methods=_allowed(route),
            provide_automatic_options=False,
        )


def _allowed(route: Route) -> set[str]:
    head = {"HEAD"} if "GET" in route.methods else set[str]()
    return {*route.methods, *head, "OPTIONS"}


def _check(call: Call) -> None:
    """Make the checks in their order; the first that fails decides the answer."""
    for part in CHECKS_OF_OPTIONS if call.request.method == "OPTIONS" else CHECKS:
        getattr(call, part)


def _view(**_: str) -> Response:
    call: Call = g.call
    if call.method == "OPTIONS":
        return _finish(call, _answer_options(call))
    verb = call.route.methods["GET" if call.method == "HEAD" else call.method]
    return _finish(call, VERBS[verb](call))


def _answer_options(call: Call) -> Answer:
    """Answer which methods there are (MET-2), to a preflight as well (SET-4)."""
    methods = list_methods(_allowed(call.route))
    preflight = "Access-Control-Request-Method" in call.request.headers
    more = dict(origin.allow_preflight(methods)) if call.origin and preflight else {}
    return Answer(204, headers={"Allow": methods, **more})


def _refusal(call: Call, fault: Fault) -> Answer:
    version = _version(call)
    call.request.environ[FAULT_TYPE] = fault.kind.type
    content = envelope.wrap_fault(fault, version, call.dialect)
    return Answer(fault.kind.status, content, FAULT, fault.headers)


def _version(call: Call) -> str:
    """Return the version that the answer carries: the requested one where it is served."""
    try:
        return call.version
    except Fault:
        return url.number(url.SERVED)


def _finish(call: Call, answer: Answer) -> Response:
    """Render an answer: the one way out, for documents and faults alike."""
    headers = {**HEADERS, **_permitted_headers(call), **answer.headers}
    response = Response(status=answer.status, headers=headers)
    response.headers["x-dw-request-base-id"] = call.workspace.clock.identifier()
    del response.headers["Content-Type"]
    if answer.content is not None:
        _render(call, answer.content, answer.document, response)
    return _without_body(call, response) if call.request.method == "HEAD" else response


def _permitted_headers(call: Call) -> dict[str, str]:
    """Return the headers that client and origin get, where both were found to be right."""
    checked = vars(call)  # what was not come to, or was refused, is not among these
    allowed = dict(origin.allow(checked["origin"])) if checked.get("origin") else {}
    permission: Permission = checked.get("permission", FREE)
    return {**allowed, **permission.response_headers}


def _without_body(call: Call, response: Response) -> Response:
    """Return the answer to HEAD: that of GET without its body, and 204 for 200 (MET-2)."""
    if response.status_code == 200:  # noqa: PLR2004 - MET-2
        response = Response(status=204, headers=response.headers)
        del response.headers["Content-Length"]
    elif call.request.environ.get(OVERRIDDEN):
        response.data = b""  # who sent a POST would wait for the body
    return response


def _render(call: Call, content: Mapping[str, Any], document: Document, response: Response) -> None:
    wanted = formats.preferred(call.request)
    indent = call.request.args.get("pretty_print") == "true"
    response.content_type = CONTENT_TYPES[wanted]
    data = formats.encode(wanted, content, document, _version(call), indent=indent)
    if name := formats.callback(call.request):
        data = formats.wrap(name, data)
        response.content_type = JAVASCRIPT
        response.headers["X-Content-Type-Options"] = "nosniff"
    response.data = data
