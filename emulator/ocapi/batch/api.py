"""Batch requests: several requests of the Data API in one, served one after the other (BAT)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from string import printable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_plus, unquote_to_bytes

from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from emulator.cached_property import cached_property as part
from emulator.family import FAULT as FAULT_TYPE
from emulator.family import INJECTED, Family
from emulator.ocapi.access import auth, origin
from emulator.ocapi.access.client import CLIENTS
from emulator.ocapi.app import CONTENT_TYPES, HEADERS
from emulator.ocapi.batch import multipart
from emulator.ocapi.batch.multipart import MultipartError, Part, TooManyPartsError
from emulator.ocapi.call import SITES, Service
from emulator.ocapi.resource import list_methods
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.document import FAULT
from emulator.ocapi.schema.faults import Fault, FaultType
from emulator.ocapi.wire import envelope, formats, url
from emulator.store import StoreUnavailable
from emulator.workspace.crash import log_outage
from emulator.workspace.workspace import WORKSPACE, Workspace, current

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATH = re.compile(r"(?P<scope>/s/(?P<site>[^/]+))?/dw/batch")
ALLOWED = ("POST", "OPTIONS")
MOST_PARTS = 50

METHOD = "x-dw-http-method"
RESOURCE_PATH = "x-dw-resource-path"
EXTENSION = "x-dw-resource-path-extension"
CONTENT_ID = "x-dw-content-id"
STATUS = "x-dw-status-code"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://", re.ASCII)
SEVERAL_IDS = re.compile(r"/\([^/]*\)(?:/|$)")
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})", re.ASCII)

INHERITED = ("HTTP_", "SERVER_", "REMOTE_", "wsgi.")
"""How names of WSGI begin that a part has from the request. Its content type is not among them."""
FRAMING = ("content-length", "transfer-encoding")
"""Headers that the body of a part does not go by."""
NOT_INHERITED = ("HTTP_TRANSFER_ENCODING", "HTTP_X_DW_CONTENT_ID")

ILLEGAL_CONTENT_TYPE = FaultType(
    400,
    "IllegalContentType",
    "Content type '{contentType}' isn't 'multipart/mixed' with a boundary.",
    ("contentType",),
)
ILLEGAL_QUERY_STRING = FaultType(
    400,
    "IllegalQueryString",
    "Query string '{queryString}' isn't valid percent-encoded UTF-8.",
    ("queryString",),
)
INVALID_HTTP_METHOD = FaultType(
    400,
    "InvalidHttpMethod",
    "HTTP method '{method}' isn't valid. Use " + ", ".join(METHODS[:-1]) + " or OPTIONS.",
    ("method",),
)
INVALID_REQUEST_BODY = FaultType(
    400, "InvalidRequestBody", "The request body isn't valid: {message}.", ("message",)
)
INVALID_TOKEN = FaultType(
    401, "InvalidToken", "Token '{accessToken}' isn't valid or has expired.", ("accessToken",)
)
MISSING_HTTP_METHOD = FaultType(
    400,
    "MissingHttpMethod",
    f"Part {{part}} has no HTTP method. Set header '{METHOD}' in the part or in the request.",
    ("part",),
)
MISSING_RESOURCE_PATH = FaultType(
    400,
    "MissingResourcePath",
    f"Part {{part}} has no resource path. Set header '{RESOURCE_PATH}' in the part or in the "
    "request.",
    ("part",),
)
RESOURCE_PATH_NOT_ALLOWED = FaultType(
    400,
    "ResourcePathNotAllowed",
    "Resource path '{path}' names several IDs. Please use a part for each of them.",
    ("path",),
)
REQUEST_ENTITY_TOO_LARGE = FaultType(
    400, "RequestEntityTooLarge", "The request body is larger than 5 MB."
)

OWN = (
    ILLEGAL_CONTENT_TYPE,
    ILLEGAL_QUERY_STRING,
    INVALID_HTTP_METHOD,
    INVALID_REQUEST_BODY,
    INVALID_TOKEN,
    MISSING_HTTP_METHOD,
    MISSING_RESOURCE_PATH,
    RESOURCE_PATH_NOT_ALLOWED,
)
"""The faults that no other family has; by their names it can be told to answer them."""
FAULTS = {kind.name: kind for kind in OWN}


@dataclass(frozen=True, slots=True)
class Subrequest:
    """What one part asks for.

    Attributes:
        method: The method.
        path: The path as it was put together, from the root.
        query: The query string, with what it has from the request.
        part: Headers of its own, and body.
    """

    method: str
    path: str
    query: str
    part: Part


class Batch:
    """One batch request, read once: each piece on first use, each raising the faults of its own.

    Args:
        request: The request, its query in ASCII.
        service: What all requests of the emulator share.
        workspace: Where it belongs to.
    """

    def __init__(self, request: Request, service: Service, workspace: Workspace) -> None:
        self.request = request
        self.service = service
        self.workspace = workspace

    @part
    def scope(self) -> str:
        """The beginning of the path that says which site is meant; empty if the host does.

        Raises:
            Fault: UNKNOWN_SITE_ID.
        """
        found = PATH.fullmatch(self.request.path)
        scope, segment = (found["scope"], found["site"]) if found else (None, None)
        site = url.decode_segment(segment or url.ORGANIZATION, errors="replace")
        if site != url.ORGANIZATION and self.workspace.store.get(SITES, (site,)) is None:
            raise faults.UNKNOWN_SITE_ID(site)
        return scope or ""

    @part
    def method(self) -> str:
        """The method of the request as a whole.

        Raises:
            Fault: METHOD_NOT_ALLOWED.
        """
        if self.request.method not in ALLOWED:
            fault = faults.METHOD_NOT_ALLOWED(self.request.method)
            fault.headers["Allow"] = list_methods(ALLOWED)
            raise fault
        return self.request.method

    @part
    def boundary(self) -> str:
        """The boundary between parts.

        Raises:
            Fault: ILLEGAL_CONTENT_TYPE.
        """
        content_type = self.request.content_type or ""
        boundary = multipart.read_boundary(content_type)
        if boundary is None:
            raise ILLEGAL_CONTENT_TYPE(content_type)
        return boundary

    @part
    def body(self) -> bytes:
        """What was sent.

        Raises:
            Fault: REQUEST_ENTITY_TOO_LARGE, with a status of its own.
        """
        try:
            return formats.read_body(self.request)
        except Fault as fault:
            raise REQUEST_ENTITY_TOO_LARGE() from fault

    @part
    def query(self) -> str:
        """The query string.

        Raises:
            Fault: ILLEGAL_QUERY_STRING.
        """
        return _check_query(self.request.environ.get("QUERY_STRING", ""))

    @part
    def origin(self) -> str:
        """The origin of the page that the request comes from, empty if it is of none (SET-4)."""
        sent = self.request.headers.get("Origin", "")
        preflight = self.request.method == "OPTIONS"  # which names its client in the query
        if sent and (not preflight or "client_id" in self.request.args):
            own = f"{self.request.scheme}://{self.request.host}"
            client = self.request.args["client_id"] if preflight else self.client
            origin.check(sent, own, client, self.workspace.permissions)
        return sent

    @part
    def client(self) -> str:
        """The id of the calling client; whether it has a token is for each part to say.

        Raises:
            Fault: MISSING_CLIENT_ID, INVALID_AUTHORIZATION_HEADER, INVALID_TOKEN or
                UNKNOWN_CLIENT_ID.
        """
        parameters, headers = self.request.args, self.request.headers
        tokens, store = self.service.tokens(self.workspace), self.workspace.store
        try:
            return auth.identify(headers, parameters, tokens, store)
        except Fault as fault:
            if fault.kind is faults.INVALID_ACCESS_TOKEN:
                raise INVALID_TOKEN(*fault.arguments.values()) from fault
            if fault.kind is not faults.AUTHORIZATION_HEADER_MISSING:
                raise
        client_id = parameters.get("client_id") or headers[auth.CLIENT_ID_HEADER]
        if store.get(CLIENTS, (client_id,)) is None:
            raise faults.UNKNOWN_CLIENT_ID(client_id)
        return client_id

    @part
    def parts(self) -> list[Part]:
        """The parts as they were sent.

        Raises:
            Fault: INVALID_REQUEST_BODY or QUOTA_EXCEEDED.
        """
        try:
            return multipart.parse(self.body, self.boundary, MOST_PARTS)
        except MultipartError as error:
            raise INVALID_REQUEST_BODY(str(error)) from error
        except TooManyPartsError as error:
            told = f"a batch request has {MOST_PARTS} parts at most"
            raise faults.QUOTA_EXCEEDED(told) from error

    @part
    def subrequests(self) -> list[Subrequest]:
        """What the parts ask for.

        Raises:
            Fault: MISSING_HTTP_METHOD, INVALID_HTTP_METHOD, MISSING_RESOURCE_PATH, RESOURCE_PATH,
                RESOURCE_PATH_NOT_ALLOWED or ILLEGAL_QUERY_STRING, of the first part that has one.
        """
        if METHOD in self.request.headers:
            _check_method(self.request.headers[METHOD])
        return [self._read(part, number) for number, part in enumerate(self.parts, 1)]

    def _read(self, part: Part, number: int) -> Subrequest:
        if not (method := self._header(part, METHOD)):
            raise MISSING_HTTP_METHOD(number)
        _check_method(method)
        if not (base := self._header(part, RESOURCE_PATH)):
            raise MISSING_RESOURCE_PATH(number)
        path, _, query = (base + self._header(part, EXTENSION)).partition("?")
        query = _check_query(_escape(query))
        return Subrequest(method, self._locate(path), _merge(self.query, query), part)

    def _header(self, part: Part, name: str) -> str:
        """Return a header of a part, or of the request where the part has none."""
        return part.headers.get(name, self.request.headers.get(name, ""))

    def _locate(self, path: str) -> str:
        """Return a path from the root, with the site of the request where it names none."""
        if ABSOLUTE.match(path):
            raise faults.RESOURCE_PATH("a part takes a path, not an absolute URL")
        path = "/" + path.lstrip("/")
        if SEVERAL_IDS.search(path):
            raise RESOURCE_PATH_NOT_ALLOWED(path)
        if PATH.fullmatch(url.canonical(path)):
            raise faults.RESOURCE_PATH("a part can't be a batch request itself")
        return self.scope + path if url.canonical(path).startswith("/dw/") else path


# The order in which a batch request is checked, as parts of a Batch. Nothing is served before all
# of it is in order.
CHECKS_OF_EVERY_METHOD = ("scope", "method")
CHECKS_OF_OPTIONS = (*CHECKS_OF_EVERY_METHOD, "origin")
CHECKS = (
    *CHECKS_OF_EVERY_METHOD,
    "boundary",
    "body",
    "query",
    "client",
    "origin",
    "parts",
    "subrequests",
)


def serves(path: str) -> bool:
    """Return whether a canonical path is that of batch requests."""
    return path.endswith("/dw/batch") and PATH.fullmatch(path) is not None


def create_family(service: Service, data: Family) -> Family:
    """Return the family of batch requests.

    Args:
        service: What all requests of the emulator share.
        data: The Data API, which is asked for each part in an environment of the part's own.
    """

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        query = _escape(environ.get("QUERY_STRING", ""))
        request = Request({**environ, "QUERY_STRING": query})
        batch = Batch(request, service, current(environ))
        return _answer(batch, environ, data)(environ, start_response)

    paths = ("/dw/batch", "/s/<site>/dw/batch")
    routes = Map([Rule(path, endpoint="batch", methods=["POST"]) for path in paths])
    arguments = {name: kind.arguments for name, kind in FAULTS.items()}
    return Family("batch", application, routes, {("batch", "POST"): "postBatch"}, arguments)


def _check(batch: Batch) -> None:
    """Make the checks in their order; the first that fails decides the answer."""
    if injected := batch.request.environ.get(INJECTED):
        raise FAULTS[injected.name].make(injected.arguments)
    for piece in CHECKS_OF_OPTIONS if batch.request.method == "OPTIONS" else CHECKS:
        getattr(batch, piece)


def _answer(batch: Batch, environ: "WSGIEnvironment", data: Family) -> Response:
    try:
        _check(batch)
    except Fault as fault:
        return _refuse(batch, environ, fault)
    except StoreUnavailable as error:
        log_outage(batch.request.method, batch.request.path, error)
        return _refuse(batch, environ, faults.SERVICE_UNAVAILABLE())
    except Exception as error:  # noqa: BLE001 - kept, and raised again in the user's test
        batch.workspace.crashes.record(batch.request.method, batch.request.path, error)
        return _refuse(batch, environ, faults.INTERNAL_SERVER_ERROR())
    if batch.method == "OPTIONS":
        return _respond(batch, 204, _tell_methods(batch))
    # What a part raises is the Data API's own, such as a connection that is to be dropped.
    answers = [_serve(subrequest, environ, data) for subrequest in batch.subrequests]
    content = multipart.render(answers, batch.boundary)
    return _respond(batch, 200, {}, multipart.name_content_type(batch.boundary), content)


def _refuse(batch: Batch, environ: "WSGIEnvironment", fault: Fault) -> Response:
    """Return a fault of the request as a whole, in the format it wants (FMT-1)."""
    environ[FAULT_TYPE] = fault.kind.type
    version, wanted = url.number(url.SERVED), formats.preferred(batch.request)
    wrapped = envelope.wrap_fault(fault, version, batch.service.dialect)
    indent = batch.request.args.get("pretty_print") == "true"
    content = formats.encode(wanted, wrapped, FAULT, version, indent=indent)
    return _respond(batch, fault.kind.status, fault.headers, CONTENT_TYPES[wanted], content)


def _tell_methods(batch: Batch) -> dict[str, str]:
    """Return what OPTIONS answers, to a preflight as well (SET-4)."""
    methods = list_methods(ALLOWED)
    preflight = "Access-Control-Request-Method" in batch.request.headers
    more = dict(origin.allow_preflight(methods)) if batch.origin and preflight else {}
    return {"Allow": methods, **more}


def _respond(
    batch: Batch,
    status: int,
    headers: Mapping[str, str],
    content_type: str = "",
    content: bytes = b"",
) -> Response:
    checked = vars(batch).get("origin", "")
    allowed = dict(origin.allow(checked)) if checked else {}
    response = Response(content, status, {**HEADERS, **allowed, **headers})
    response.headers["x-dw-request-base-id"] = batch.workspace.clock.identifier()
    del response.headers["Content-Type"]
    if content_type:
        response.headers["Content-Type"] = content_type
    return response


def _serve(subrequest: Subrequest, main: "WSGIEnvironment", data: Family) -> Part:
    """Return the Data API's answer to a part, as a part."""
    environ = _environ(subrequest, main)
    data.prepare(environ)
    response = Response.from_app(data.application, environ, buffered=True)
    body = response.get_data()
    identified = subrequest.part.headers.get(CONTENT_ID)
    headers = {CONTENT_ID: identified} if identified else {}
    if body:
        headers["Content-Type"] = response.headers.get("Content-Type", "")
    # The status goes last: a published client takes all that follows it for the body.
    return Part({**headers, STATUS: str(response.status_code)}, body)


def _environ(subrequest: Subrequest, main: "WSGIEnvironment") -> "WSGIEnvironment":
    """Return the environment of a part: what it has from the request, then what is its own."""
    part, query = subrequest.part, subrequest.query
    inherited = {n: v for n, v in main.items() if n.startswith(INHERITED)}
    own: dict[str, Any] = {
        WORKSPACE: main[WORKSPACE],
        "SCRIPT_NAME": "",
        "REQUEST_METHOD": subrequest.method,
        "REQUEST_URI": f"{subrequest.path}?{query}" if query else subrequest.path,
        "PATH_INFO": url.canonical(subrequest.path),
        "QUERY_STRING": query,
        "wsgi.input": BytesIO(part.body),
        "wsgi.input_terminated": True,
    }
    if part.body:
        own["CONTENT_LENGTH"] = str(len(part.body))
    headers = {_name(name): text for name, text in part.headers.items() if name not in FRAMING}
    inherited = {n: v for n, v in inherited.items() if n not in NOT_INHERITED}
    return {**inherited, **headers, **own}


def _name(header: str) -> str:
    """Return the name that WSGI has for a header."""
    name = header.upper().replace("-", "_")
    return name if name == "CONTENT_TYPE" else f"HTTP_{name}"


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise INVALID_HTTP_METHOD(method)


def _escape(query: str) -> str:
    """Return a query with the bytes that are no ASCII percent-encoded."""
    return quote(query, safe=printable, encoding="latin-1")


def _check_query(query: str) -> str:
    """Return a query that is fit to be read."""
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError as error:
        raise ILLEGAL_QUERY_STRING(query) from error
    if BROKEN_ESCAPE.search(query):
        raise ILLEGAL_QUERY_STRING(query)
    return query


def _merge(inherited: str, own: str) -> str:
    """Return both queries as one; a parameter of ``own`` replaces all of its name."""
    named = {_name_parameter(pair) for pair in own.split("&")}
    kept = [pair for pair in inherited.split("&") if _name_parameter(pair) not in named]
    return "&".join(pair for pair in (*kept, own) if pair)


def _name_parameter(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0])
