"""The Data API as one WSGI application: routes, the order of checks, one exit."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.routing import BaseConverter, Map, Rule

from emulator.family import FAULT as FAULT_TYPE
from emulator.family import INJECTED, Family
from emulator.fixture.data_set import Collection
from emulator.ocapi.access import client, origin
from emulator.ocapi.access.client import CLIENTS, USERS
from emulator.ocapi.access.permission import FREE, Permission
from emulator.ocapi.cache import AnswerCache
from emulator.ocapi.call import Call, Match, Route, Service
from emulator.ocapi.meta import description as meta
from emulator.ocapi.resource import METHODS, Resource, Verb, list_methods
from emulator.ocapi.resources import RESOURCES
from emulator.ocapi.schema import custom, faults
from emulator.ocapi.schema.document import FAULT
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.search.query import MALFORMED_SEARCH_PARAMETER, SearchRequest
from emulator.ocapi.verbs import VERBS, Answer
from emulator.ocapi.wire import envelope, formats, override, url
from emulator.ocapi.wire.formats import Format
from emulator.ocapi.wire.override import OVERRIDDEN
from emulator.ocapi.wire.request import Request
from emulator.recording.exchange import Reply
from emulator.store import StoreUnavailable
from emulator.workspace.crash import log_outage

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

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
OF_THE_QUERY = ("page", "callback", "selector", "expansions", "locale")
"""Checks that a request without a query passes."""
CHECKS_WITHOUT_QUERY = tuple(check for check in CHECKS if check not in OF_THE_QUERY)

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
STATUSES = {code: f"{code} {phrase}" for code, phrase in HTTP_STATUS_CODES.items()}
BODILESS = (204, 304)
KEPT_MATCHES = 1024
LONGEST_KEPT = 512  # characters of a path whose match is remembered
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
    paths = _map(routes)
    return Family(
        "data",
        AnswerCache(_create_app(service, routes, paths)),
        paths,
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


def _create_app(service: Service, routes: Mapping[str, Route], paths: Map) -> "WSGIApplication":
    find = _finder(routes, paths)

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        request = Request(environ)
        reply = _serve(Call(request, find(request.method, request.path), service))
        start_response(reply.status, reply.headers)
        return reply.parts

    return application


def _finder(routes: Mapping[str, Route], paths: Map) -> Callable[[str, str], Match]:
    """Return what finds the route of a method and a canonical path; the latest are remembered."""
    adapter = paths.bind("localhost")

    def match(method: str, path: str) -> Match:
        address = url.parse(path)
        try:
            endpoint, ids = adapter.match(path, method)
        except MethodNotAllowed as error:
            return Match(None, {}, frozenset(error.valid_methods or ()), address)
        except NotFound:
            return Match(None, address=address)
        return Match(routes[endpoint], ids, address=address)

    remember = lru_cache(KEPT_MATCHES)(match)
    return lambda method, path: (remember if len(path) <= LONGEST_KEPT else match)(method, path)


def _serve(call: Call) -> Reply:
    """Answer a call, with a fault if it is refused, whatever happens."""
    try:
        try:
            return _finish(call, _answer(call))
        except Fault as fault:
            return _finish(call, _refusal(call, fault))
    except StoreUnavailable as error:
        log_outage(call.request.method, call.request.path, error)
        return _finish(call, _refusal(call, faults.SERVICE_UNAVAILABLE()))
    except Exception as error:  # noqa: BLE001 - kept, and raised again in the user's test
        call.workspace.crashes.record(call.request.method, call.request.path, error)
        return _finish(call, _refusal(call, faults.INTERNAL_SERVER_ERROR()))


def _answer(call: Call) -> Answer:
    if injected := call.request.environ.get(INJECTED):
        raise FAULTS[injected.name].make(injected.arguments)
    _check(call)
    if call.method == "OPTIONS":
        return _answer_options(call)
    verb = call.route.methods["GET" if call.method == "HEAD" else call.method]
    return VERBS[verb](call)


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


def _map(routes: Mapping[str, Route]) -> Map:
    """Return the paths of all routes, in all scopes."""
    rules = [
        Rule(f"{scope}/{path}", endpoint=path, methods=_allowed(route))
        for path, route in routes.items()
        for scope in SCOPES
    ]
    return Map(rules, converters={"segment": SegmentConverter}, merge_slashes=False)


def _allowed(route: Route) -> set[str]:
    head = {"HEAD"} if "GET" in route.methods else set[str]()
    return {*route.methods, *head, "OPTIONS"}


def _check(call: Call) -> None:
    """Make the checks in their order; the first that fails decides the answer."""
    for part in _choose_checks(call.request):
        getattr(call, part)


def _choose_checks(request: Request) -> tuple[str, ...]:
    if request.method == "OPTIONS":
        return CHECKS_OF_OPTIONS
    return CHECKS if request.query_string else CHECKS_WITHOUT_QUERY


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


def _finish(call: Call, answer: Answer) -> Reply:
    """Render an answer: the one way out, for documents and faults alike."""
    headers = {**HEADERS, **_permitted_headers(call), **answer.headers}
    headers["x-dw-request-base-id"] = call.workspace.clock.identifier()
    body = None if answer.content is None else _render(call, answer, headers)
    if call.request.method == "HEAD":
        return _without_body(call, answer.status, headers, body)
    return _reply(answer.status, headers, body)


def _reply(status: int, headers: Mapping[str, str], body: bytes | None) -> Reply:
    length = (
        [] if body is None and status in BODILESS else [("Content-Length", str(len(body or b"")))]
    )
    return Reply(STATUSES[status], [*headers.items(), *length], [body] if body else [])


def _permitted_headers(call: Call) -> dict[str, str]:
    """Return the headers that client and origin get, where both were found to be right."""
    checked = vars(call)  # what was not come to, or was refused, is not among these
    allowed = dict(origin.allow(checked["origin"])) if checked.get("origin") else {}
    permission: Permission = checked.get("permission", FREE)
    return {**allowed, **permission.response_headers}


def _without_body(call: Call, status: int, headers: dict[str, str], body: bytes | None) -> Reply:
    """Return the answer to HEAD: that of GET without its body, and 204 for 200 (MET-2)."""
    if status == 200:  # noqa: PLR2004 - MET-2
        return _reply(204, headers, None)
    if call.request.environ.get(OVERRIDDEN):
        return _reply(status, headers, b"")  # who sent a POST would wait for the body
    return _reply(status, headers, body)._replace(parts=[])


def _render(call: Call, answer: Answer, headers: dict[str, str]) -> bytes:
    """Return the body of an answer, and add what is to be said of it to the headers."""
    wanted = formats.preferred(call.request)
    indent = call.request.args.get("pretty_print") == "true"
    headers["Content-Type"] = CONTENT_TYPES[wanted]
    content: Mapping[str, Any] = answer.content or {}
    data = formats.encode(wanted, content, answer.document, _version(call), indent=indent)
    if name := formats.callback(call.request):
        data = formats.wrap(name, data)
        headers["Content-Type"] = JAVASCRIPT
        headers["X-Content-Type-Options"] = "nosniff"
    return data
