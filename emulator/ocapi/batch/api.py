"""Batch requests: several requests of the Data API in a multipart body, served in order (BAT)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from string import printable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_plus, unquote_to_bytes

from flask import Blueprint, Flask
from werkzeug.exceptions import HTTPException

from emulator.family import CONCEALED_MEMBERS, HINT_HEADER, INJECTED, PAUSE, Family, Injected
from emulator.family import FAULT as FAULT_TYPE
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
from emulator.ocapi.search.budget import SHARED_BUDGET, SharedBudget
from emulator.ocapi.wire import envelope, formats, url, versions
from emulator.recording.exchange import Reply
from emulator.request import Request, Response, current_request, read_sent_path
from emulator.store import StoreUnavailable
from emulator.workspace.registry import WORKSPACE_KEY, current
from emulator.workspace.workspace import Unreachable, Workspace

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

ServePart = Callable[["WSGIEnvironment", Workspace], Reply]

FAMILY_NAME = "batch"
FAULTS_BY_STATUS = {
    404: faults.RESOURCE_PATH_NOT_FOUND,
    500: faults.INTERNAL_SERVER_ERROR,
    503: faults.SERVICE_UNAVAILABLE,
}
BATCH_PATH = re.compile(r"(?P<scope>/s/(?P<site>[^/]+))?/dw/batch")
ALLOWED_METHODS = ("POST", "OPTIONS")
MAX_PARTS = 50
MAX_HEAD_CHARACTERS = 500_000
"""The characters of the heads of all parts, with inherited paths and queries in each head."""
STEPS_OF_ELEMENT = 10  # decoding an element of a body takes as long as ten comparisons of a search
JSON_BYTES_OF_STEP, XML_BYTES_OF_STEP = 12, 4  # of an answer

METHOD_HEADER = "x-dw-http-method"
PATH_HEADER = "x-dw-resource-path"
EXTENSION_HEADER = "x-dw-resource-path-extension"
CONTENT_ID_HEADER = "x-dw-content-id"
STATUS_HEADER = "x-dw-status-code"
PART_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

ABSOLUTE_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://", re.ASCII)
SEVERAL_IDS = re.compile(r"/\([^/]*\)(?:/|$)")
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})", re.ASCII)

INHERITED_PREFIXES = ("HTTP_", "SERVER_", "REMOTE_", "wsgi.")
"""The prefixes of inherited WSGI variables; a part does not inherit the content type."""
FRAMING_HEADERS = ("content-length", "transfer-encoding")
"""Ignored headers of a part: the boundary is the end of the body."""
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
    "HTTP method '{method}' isn't valid. Use " + ", ".join(PART_METHODS[:-1]) + " or OPTIONS.",
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
    f"Part {{part}} has no HTTP method. Set header '{METHOD_HEADER}' in the part or in the "
    "request.",
    ("part",),
)
MISSING_RESOURCE_PATH = FaultType(
    400,
    "MissingResourcePath",
    f"Part {{part}} has no resource path. Set header '{PATH_HEADER}' in the part or in the "
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

OWN_FAULTS = (
    ILLEGAL_CONTENT_TYPE,
    ILLEGAL_QUERY_STRING,
    INVALID_HTTP_METHOD,
    INVALID_REQUEST_BODY,
    INVALID_TOKEN,
    MISSING_HTTP_METHOD,
    MISSING_RESOURCE_PATH,
    RESOURCE_PATH_NOT_ALLOWED,
)
"""The faults of this family only, available to failpoints."""
FAULTS_BY_NAME = {kind.name: kind for kind in OWN_FAULTS}


@dataclass(frozen=True, slots=True)
class Subrequest:
    """The request of a part.

    Attributes:
        method: The method.
        path: The path from the root, extension and site included.
        query: The query string, inherited parameters included.
        part: The part itself, with headers and body.
    """

    method: str
    path: str
    query: str
    part: Part


class Batch:
    """A batch request. The checks set the attributes in their order.

    Args:
        request: The request, its query in ASCII.
        service: The common configuration of all requests.
        workspace: The workspace of the request.

    Attributes:
        scope: The beginning of the path with the site; empty for a path without a site.
        boundary: The boundary between parts.
        body: The bytes of the body.
        query: The query string.
        client: The id of the calling client.
        origin: The origin of the calling web page; empty for other clients (SET-4).
        parts: The parts, unchanged.
        subrequests: The requests of the parts.
    """

    scope = ""
    boundary = ""
    body = b""
    query = ""
    client = ""
    origin = ""
    parts: Sequence[Part] = ()
    subrequests: Sequence[Subrequest] = ()

    def __init__(self, request: Request, service: Service, workspace: Workspace) -> None:
        self.request = request
        self.service = service
        self.workspace = workspace

    def check_scope(self) -> None:
        """Check the site of the path.

        Raises:
            Fault: UNKNOWN_SITE_ID.
        """
        found = BATCH_PATH.fullmatch(self.request.path)
        scope, segment = (found["scope"], found["site"]) if found else (None, None)
        site = url.decode_segment(segment or url.ORGANIZATION, errors="replace")
        if site != url.ORGANIZATION and self.workspace.store.get(SITES, (site,)) is None:
            raise faults.UNKNOWN_SITE_ID(site)
        self.scope = scope or ""

    def check_method(self) -> None:
        """Check the method of the request as a whole.

        Raises:
            Fault: METHOD_NOT_ALLOWED.
        """
        if self.request.method not in ALLOWED_METHODS:
            fault = faults.METHOD_NOT_ALLOWED(self.request.method)
            fault.headers["Allow"] = list_methods(ALLOWED_METHODS)
            raise fault

    def check_boundary(self) -> None:
        """Read the boundary from the content type.

        Raises:
            Fault: ILLEGAL_CONTENT_TYPE.
        """
        content_type = self.request.content_type or ""
        boundary = multipart.read_boundary(content_type)
        if boundary is None:
            raise ILLEGAL_CONTENT_TYPE(content_type)
        self.boundary = boundary

    def read_body(self) -> None:
        """Read the body.

        Raises:
            Fault: REQUEST_ENTITY_TOO_LARGE, with a status of its own.
        """
        try:
            self.body = formats.read_body(self.request)
        except Fault as fault:
            raise REQUEST_ENTITY_TOO_LARGE() from fault

    def check_query(self) -> None:
        """Check the query string.

        Raises:
            Fault: ILLEGAL_QUERY_STRING.
        """
        self.query = _check_query(self.request.environ.get("QUERY_STRING", ""))

    def check_client(self) -> None:
        """Identify the calling client; each part checks the token itself.

        Raises:
            Fault: MISSING_CLIENT_ID, INVALID_AUTHORIZATION_HEADER, INVALID_TOKEN or
                UNKNOWN_CLIENT_ID.
        """
        parameters, headers = self.request.parameters, self.request.headers
        try:
            self.client = auth.identify(headers, parameters, self.workspace).client
        except Fault as fault:
            if fault.kind is faults.INVALID_ACCESS_TOKEN:
                raise INVALID_TOKEN(*fault.arguments.values()) from fault
            if fault.kind is not faults.AUTHORIZATION_HEADER_MISSING:
                raise
            self.client = parameters.get("client_id") or headers[auth.CLIENT_ID_HEADER]
            if self.workspace.store.get(CLIENTS, (self.client,)) is None:
                raise faults.UNKNOWN_CLIENT_ID(self.client) from None

    def check_origin(self) -> None:
        """Check the origin of a web page (SET-4); in a preflight, the client id is in the query."""
        sent = self.request.headers.get("Origin", "")
        preflight = self.request.method == "OPTIONS"
        if sent and (not preflight or "client_id" in self.request.parameters):
            own = f"{self.request.scheme}://{self.request.host}"
            client = self.request.parameters["client_id"] if preflight else self.client
            origin.check(sent, own, client, self.workspace.permissions)
        self.origin = sent

    def read_parts(self) -> None:
        """Read the parts.

        Raises:
            Fault: INVALID_REQUEST_BODY or QUOTA_EXCEEDED.
        """
        try:
            self.parts = multipart.parse(self.body, self.boundary, MAX_PARTS)
        except MultipartError as error:
            raise INVALID_REQUEST_BODY(str(error)) from error
        except TooManyPartsError as error:
            message = f"a batch request has {MAX_PARTS} parts at most"
            raise faults.QUOTA_EXCEEDED(message) from error
        if self._count_head_characters() > MAX_HEAD_CHARACTERS:
            message = f"the heads of the parts have {MAX_HEAD_CHARACTERS} characters at most"
            raise faults.QUOTA_EXCEEDED(message)

    def _count_head_characters(self) -> int:
        """Return the characters of all parts in headers, and in the inherited query and path."""
        headers = self.request.headers
        inherited = sum(len(headers.get(n, "")) for n in (PATH_HEADER, EXTENSION_HEADER))
        own = sum(len(name) + len(text) for one in self.parts for name, text in one.headers.items())
        return own + len(self.parts) * (inherited + len(self.query))

    def read_subrequests(self) -> None:
        """Read the requests of the parts.

        Raises:
            Fault: MISSING_HTTP_METHOD, INVALID_HTTP_METHOD, MISSING_RESOURCE_PATH, RESOURCE_PATH,
                RESOURCE_PATH_NOT_ALLOWED or ILLEGAL_QUERY_STRING, of the first invalid part.
        """
        if METHOD_HEADER in self.request.headers:
            _check_method(self.request.headers[METHOD_HEADER])
        self.subrequests = [self._read(part, number) for number, part in enumerate(self.parts, 1)]

    def _read(self, part: Part, number: int) -> Subrequest:
        if not (method := self._header(part, METHOD_HEADER)):
            raise MISSING_HTTP_METHOD(number)
        _check_method(method)
        if not (base := self._header(part, PATH_HEADER)):
            raise MISSING_RESOURCE_PATH(number)
        path, _, query = (base + self._header(part, EXTENSION_HEADER)).partition("?")
        query = _check_query(_escape(query))
        return Subrequest(method, self._locate(path), _merge(self.query, query), part)

    def _header(self, part: Part, name: str) -> str:
        """Return a header of a part, or else of the request."""
        return part.headers.get(name, self.request.headers.get(name, ""))

    def _locate(self, path: str) -> str:
        """Return a path from the root; the site of the request replaces a missing site."""
        if ABSOLUTE_URL.match(path):
            raise faults.RESOURCE_PATH("a part takes a path, not an absolute URL")
        path = "/" + path.lstrip("/")
        if SEVERAL_IDS.search(path):
            raise RESOURCE_PATH_NOT_ALLOWED(path)
        if BATCH_PATH.fullmatch(url.canonical(path)):
            raise faults.RESOURCE_PATH("a part can't be a batch request itself")
        return self.scope + path if url.canonical(path).startswith("/dw/") else path


CHECKS_OF_EVERY_METHOD: tuple[Callable[[Batch], object], ...] = (
    Batch.check_scope,
    Batch.check_method,
)
CHECKS_OF_OPTIONS = (*CHECKS_OF_EVERY_METHOD, Batch.check_origin)
CHECKS = (
    *CHECKS_OF_EVERY_METHOD,
    Batch.check_boundary,
    Batch.read_body,
    Batch.check_query,
    Batch.check_client,
    Batch.check_origin,
    Batch.read_parts,
    Batch.read_subrequests,
)
"""The checks of a batch request, in order. Parts are served only after all checks."""


def register(app: Flask, service: Service, serve_part: ServePart) -> Family:
    """Add batch requests to an application.

    Args:
        app: The application.
        service: The common configuration of all requests.
        serve_part: Answers a part through the Data API, by environment and workspace.
    """

    def view(site: str = "") -> Response:  # noqa: ARG001 - the scope reads the path
        return _answer(service, serve_part)

    def refuse(error: HTTPException) -> Response:
        kind = FAULTS_BY_STATUS.get(error.code or 500)
        path = [read_sent_path(current_request())] if kind is faults.RESOURCE_PATH_NOT_FOUND else []
        return _answer(service, serve_part, None if kind is None else kind(*path))

    blueprint = Blueprint(FAMILY_NAME, __name__)
    for path in ("/dw/batch", "/s/<segment:site>/dw/batch"):
        blueprint.add_url_rule(
            path, "batch", view, methods=ALLOWED_METHODS, provide_automatic_options=False
        )
    app.register_blueprint(blueprint)
    return Family(
        name=FAMILY_NAME,
        paths=("/dw/batch",),
        application=app.wsgi_app,
        refuse=refuse,
        routes=app.url_map,
        operations={(f"{FAMILY_NAME}.batch", "POST"): "postBatch"},
        faults={name: (kind.arguments,) for name, kind in FAULTS_BY_NAME.items()},
    )


def _check(batch: Batch) -> None:
    """Make the checks in order; the first failed check decides the answer."""
    if injected := batch.request.environ.get(INJECTED):
        raise FAULTS_BY_NAME[injected.name].make(injected.arguments)
    for check in CHECKS_OF_OPTIONS if batch.request.method == "OPTIONS" else CHECKS:
        check(batch)


def _answer(service: Service, serve_part: ServePart, failure: Fault | None = None) -> Response:
    """Answer a batch request.

    Args:
        service: The common configuration of all requests.
        serve_part: Answers a part through the Data API.
        failure: The fault of a failed request, if any.
    """
    environ = current_request().environ
    query = _escape(environ.get("QUERY_STRING", ""))
    request = Request({**environ, "QUERY_STRING": query}, populate_request=False)
    batch = Batch(request, service, current(environ))
    try:
        if failure is not None:
            raise failure
        _check(batch)
    except Fault as fault:
        return _refuse(batch, environ, fault)
    if request.method == "OPTIONS":
        return _respond(batch, 204, _describe_methods(batch))
    # An exception of a part ends the whole request, such as the dropped connection of a failpoint.
    environ[SHARED_BUDGET] = SharedBudget()
    answers = [_serve(subrequest, environ, serve_part) for subrequest in batch.subrequests]
    content = multipart.render(answers, batch.boundary)
    return _respond(batch, 200, {}, multipart.name_content_type(batch.boundary), content)


def _refuse(batch: Batch, environ: "WSGIEnvironment", fault: Fault) -> Response:
    """Answer a fault of the whole request, in the wanted format (FMT-1)."""
    environ[FAULT_TYPE] = fault.kind.type
    version, wanted = versions.CURRENT, formats.preferred(batch.request)
    wrapped = envelope.wrap_fault(fault, version, batch.service.dialect)
    indent = batch.request.parameters.get("pretty_print") == "true"
    content = formats.encode(wanted, wrapped, FAULT, version, indent=indent)
    return _respond(batch, fault.kind.status, fault.headers, CONTENT_TYPES[wanted], content)


def _describe_methods(batch: Batch) -> dict[str, str]:
    """Return the headers of an answer to OPTIONS, also for a preflight (SET-4)."""
    methods = list_methods(ALLOWED_METHODS)
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
    allowed = dict(origin.allow(batch.origin)) if batch.origin else {}
    response = Response([content], status, {**HEADERS, **allowed, **headers})
    response.headers["x-dw-request-base-id"] = batch.workspace.clock.identifier()
    if content_type:
        response.headers["Content-Type"] = content_type
        response.headers["Content-Length"] = str(len(content))
    return response


def _serve(subrequest: Subrequest, main: "WSGIEnvironment", serve_part: ServePart) -> Part:
    """Return the Data API's answer to a part, as a part."""
    environ, budget = _environ(subrequest, main), main[SHARED_BUDGET]
    try:
        elements = formats.count_elements(environ.get("CONTENT_TYPE", ""), subrequest.part.body)
        budget.spend(elements * STEPS_OF_ELEMENT)
    except Fault as fault:
        environ[INJECTED] = Injected(fault.kind.name, fault.arguments)
    workspace: Workspace = main[WORKSPACE_KEY]
    try:
        workspace.refresh()  # fetch the changes of other processes and of earlier parts
    except StoreUnavailable as error:
        workspace = environ[WORKSPACE_KEY] = Unreachable(workspace.name, error)
    reply = serve_part(environ, workspace)
    if concealed := environ.get(CONCEALED_MEMBERS):
        main.setdefault(CONCEALED_MEMBERS, set()).update(concealed)
    body = b"".join(reply.parts)
    identified = subrequest.part.headers.get(CONTENT_ID_HEADER)
    headers, answered = {CONTENT_ID_HEADER: identified} if identified else {}, dict(reply.headers)
    is_xml = "xml" in answered.get("Content-Type", "")
    budget.note(len(body) // (XML_BYTES_OF_STEP if is_xml else JSON_BYTES_OF_STEP))
    if hint := answered.get(HINT_HEADER):
        headers[HINT_HEADER] = hint
    if body:
        headers["Content-Type"] = answered.get("Content-Type", "")
    # The status is the last header: a published client reads all text after the status as the body.
    return Part({**headers, STATUS_HEADER: reply.status[:3]}, body)


def _environ(subrequest: Subrequest, main: "WSGIEnvironment") -> "WSGIEnvironment":
    """Return the environment of a part: inherited variables, then the variables of the part."""
    part, query = subrequest.part, subrequest.query
    inherited = {n: v for n, v in main.items() if n.startswith(INHERITED_PREFIXES) or n == PAUSE}
    own: dict[str, Any] = {
        WORKSPACE_KEY: main[WORKSPACE_KEY],
        SHARED_BUDGET: main[SHARED_BUDGET],
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
    headers = {
        _name(name): text for name, text in part.headers.items() if name not in FRAMING_HEADERS
    }
    inherited = {n: v for n, v in inherited.items() if n not in NOT_INHERITED}
    return {**inherited, **headers, **own}


def _name(header: str) -> str:
    """Return the WSGI name of a header."""
    name = header.upper().replace("-", "_")
    return name if name == "CONTENT_TYPE" else f"HTTP_{name}"


def _check_method(method: str) -> None:
    if method not in PART_METHODS:
        raise INVALID_HTTP_METHOD(method)


def _escape(query: str) -> str:
    """Return a query in ASCII: other bytes are percent-encoded."""
    return quote(query, safe=printable, encoding="latin-1")


def _check_query(query: str) -> str:
    """Check a query; return the query unchanged."""
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError as error:
        raise ILLEGAL_QUERY_STRING(query) from error
    if BROKEN_ESCAPE.search(query):
        raise ILLEGAL_QUERY_STRING(query)
    return query


def _merge(inherited: str, own: str) -> str:
    """Join two queries; a parameter of ``own`` replaces inherited parameters with the name."""
    named = {_name_parameter(pair) for pair in own.split("&")}
    others = [pair for pair in inherited.split("&") if _name_parameter(pair) not in named]
    return "&".join(pair for pair in (*others, own) if pair)


def _name_parameter(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0])
