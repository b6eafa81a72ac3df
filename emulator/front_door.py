"""The front door: WSGI middleware that finds family and workspace, and records the exchange."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from io import SEEK_END, BytesIO
from tempfile import SpooledTemporaryFile
from time import perf_counter, sleep
from typing import IO, TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import orjson
from werkzeug.wsgi import get_input_stream

from emulator.clock import Clock
from emulator.fallback.answer import Fallback
from emulator.family import (
    CONCEALED,
    CONCEALED_MEMBERS,
    DROPPED,
    FAMILY,
    FAULT,
    MAX_UPLOAD_BYTES,
    PAUSE,
    SPOOL_BYTES,
    STREAMED,
    TOO_LARGE,
    Family,
)
from emulator.ocapi.wire.url import canonical
from emulator.recording import exchange
from emulator.recording.exchange import Body, Exchange, Reply
from emulator.recording.log import RequestLog
from emulator.store import StoreUnavailable
from emulator.workspace.error import WorkspaceError
from emulator.workspace.failpoint import ConnectionDropped, Sleep
from emulator.workspace.registry import REGISTRY_KEY, WORKSPACE_KEY, Workspaces
from emulator.workspace.workspace import DEFAULT_WORKSPACE, Unreachable, Workspace

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

logger = logging.getLogger(__name__)

SEVERAL_PROCESSES = (
    "each process of this server has data and tokens of its own: "
    "set OCAPI_EMULATOR_STORE to redis://HOST:PORT/N, or use one process"
)
WORKSPACE_HEADER = "HTTP_X_EMULATOR_WORKSPACE"
WORKSPACE_HOSTS = (".localhost", ".ocapi.test")
"""The ends of host names that begin with the name of a workspace."""
CONTROL = "control"
MAX_BODY_BYTES = 5 * 1024 * 1024  # FMT-6; the application answers what is larger
MAX_READ_BYTES = 8 * 1024 * 1024
"""The longest body to read, though too large: a form may name the method (MET-3)."""
MAX_LENGTH_DIGITS = 18

Write = Callable[[bytes], object]


class RecordOptions(NamedTuple):
    """The parts of every request's way.

    Attributes:
        body_bytes: The part of each body that the journal keeps.
        log: The log of requests; None for no log.
        fallback: The answers to requests that no API serves, if any.
    """

    body_bytes: int
    log: RequestLog | None = None
    fallback: Fallback | None = None


class FrontDoor:
    """WSGI middleware around the application.

    The application sees ``PATH_INFO`` of the APIs in canonical form: still percent-encoded, so that
    an encoded slash does not separate segments (URL-5). The workspace and the family of a request
    are in its environment.

    Args:
        families: The families; the first one serves all paths that no family names.
        workspaces: The workspaces.
        options: The parts of every request's way.
        is_shared: Whether other processes see the same data.
    """

    def __init__(
        self,
        families: Sequence[Family],
        workspaces: Workspaces,
        options: RecordOptions,
        *,
        is_shared: bool = False,
    ) -> None:
        self._warns = not is_shared
        self.default = families[0]
        self.families = {path: family for family in families for path in family.paths}
        self.workspaces = workspaces
        self.options = options

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer through the family of the path."""
        if self._warns and environ.get("wsgi.multiprocess"):
            self._warns = False
            logger.warning(SEVERAL_PROCESSES)
        if type(environ.get("CONTENT_LENGTH", "")) is not str:  # some adapters send a number
            environ["CONTENT_LENGTH"] = str(environ["CONTENT_LENGTH"] or "")
        path = canonical(_find_target(environ))
        family = self._find_family(path)
        if family is not None:
            environ["PATH_INFO"] = path
        family = environ[FAMILY] = family or self.default
        named = environ.get(WORKSPACE_HEADER)
        name = str(named).lower() if named else _name_by_host(environ.get("HTTP_HOST", ""))
        if family.name == CONTROL:  # whose guard looks before a workspace is made
            environ[WORKSPACE_KEY] = partial(self.workspaces.choose, name, environ)
            environ[REGISTRY_KEY] = self.workspaces
            return family.application(environ, start_response)
        try:
            workspace = environ[WORKSPACE_KEY] = self.workspaces.choose(name, environ)
        except WorkspaceError as error:
            _log_refusal(self.options.log, error, environ, name)
            return _refuse(error, environ, start_response)
        except StoreUnavailable as error:  # the family answers, as if its store were gone
            workspace = environ[WORKSPACE_KEY] = Unreachable(name or DEFAULT_WORKSPACE, error)
        if family.is_spooled:
            reply = self._serve_spooled(environ, workspace)
        else:
            _read_body(environ)
            reply = record(environ, workspace, self.options)
        start_response(reply.status, reply.headers)
        if reply.stream is not None:
            return reply.stream
        if reply.pause or reply.is_cut:
            return _pace(reply, environ.get(PAUSE, sleep))
        return reply.parts

    def _serve_spooled(self, environ: "WSGIEnvironment", workspace: Workspace) -> Reply:
        with SpooledTemporaryFile(SPOOL_BYTES) as spool:
            _spool_body(environ, spool)
            return record(environ, workspace, self.options)

    def _find_family(self, path: str) -> Family | None:
        """Return the family of a canonical path; None for the paths of nobody.

        A family names whole paths, first segments, or two segments at the root or below a site.
        """
        segments = path.split("/")
        below_site = segments[3:] if segments[1] == "s" else segments[1:]
        for key in (path, f"/{'/'.join(below_site[:2])}", f"/{segments[1]}"):
            if key in self.families:
                return self.families[key]
        return None


def _find_target(environ: "WSGIEnvironment") -> str:
    """Return the path of a request, percent-encoded as it was sent where the server tells.

    Servers keep the raw target under ``REQUEST_URI`` or ``RAW_URI``. Without it an encoded slash
    is already decoded. Below the mount point of another application the target has its prefix.
    """
    target: str = environ.get("REQUEST_URI") or environ.get("RAW_URI") or ""
    mount: str = environ.get("SCRIPT_NAME", "")
    if target and (not mount or target.startswith(mount)):
        return target[len(mount) :]
    return quote(environ.get("PATH_INFO", "").encode("latin-1"))


@lru_cache(maxsize=1024)
def _name_by_host(host: str) -> str:
    """Return the workspace at the beginning of a Host header, empty if there is none."""
    name = host.lower().partition(":")[0].removesuffix(".")
    return next((name.removesuffix(end) for end in WORKSPACE_HOSTS if name.endswith(end)), "")


def _read_body(environ: "WSGIEnvironment") -> None:
    """Read the body into memory, so that the journal can show what the application has read.

    Some servers leave a stream that must not be read beyond the length. Behind this function all
    servers look alike. The application refuses a body that is too large, in the form of its API.
    """
    if type(environ["wsgi.input"]) is BytesIO:  # the bundled server has read it
        return
    length: str = environ.get("CONTENT_LENGTH", "")
    if length and length.isdecimal() and int(length[:MAX_LENGTH_DIGITS]) > MAX_READ_BYTES:
        body, environ[TOO_LARGE] = b"", True
    else:
        stream = get_input_stream(environ)
        body = stream.read(MAX_BODY_BYTES + 1)
        environ[TOO_LARGE] = environ.get(TOO_LARGE) or len(body) > MAX_BODY_BYTES
        if environ[TOO_LARGE]:  # an unread rest can reset the connection before the answer is read
            stream.read(MAX_READ_BYTES - MAX_BODY_BYTES)
    environ["wsgi.input"] = BytesIO(body)
    environ["wsgi.input_terminated"] = True
    if body and not length:
        environ["CONTENT_LENGTH"] = str(len(body))


def _spool_body(environ: "WSGIEnvironment", spool: IO[bytes]) -> None:
    """Read the body into a temporary file. A body that is too large is read and dropped."""
    if isinstance(environ["wsgi.input"], SpooledTemporaryFile):  # the bundled server has read it
        return
    length: str = environ.get("CONTENT_LENGTH", "")
    is_announced = length.isdecimal() and int(length[:MAX_LENGTH_DIGITS]) > MAX_UPLOAD_BYTES
    stream = get_input_stream(environ)
    size = 0
    while not is_announced and (piece := stream.read(SPOOL_BYTES)):
        size += len(piece)
        if size <= MAX_UPLOAD_BYTES:
            spool.write(piece)
        elif size > 2 * MAX_UPLOAD_BYTES:
            break
    environ[TOO_LARGE] = environ.get(TOO_LARGE) or is_announced or size > MAX_UPLOAD_BYTES
    spool.seek(0)
    environ["wsgi.input"], environ["wsgi.input_terminated"] = spool, True
    if size and not length:
        environ["CONTENT_LENGTH"] = str(size)


def _read_beginning(body: IO[bytes], size: int) -> Body:
    """Return the beginning of a body in a file."""
    whole = body.seek(0, SEEK_END)
    body.seek(0)
    return Body(body.read(size), whole)


def record(environ: "WSGIEnvironment", workspace: Workspace, options: RecordOptions) -> Reply:
    """Answer through the family of a request, past the failpoints, into the journal and the log.

    Args:
        environ: The request, its path in canonical form.
        workspace: The workspace of the request.
        options: The parts of every request's way.

    Raises:
        ConnectionDropped: A failpoint drops the connection.
    """
    started, body, family = perf_counter(), environ["wsgi.input"], environ[FAMILY]
    family.prepare(environ)
    recorded = exchange.begin(environ, family, workspace.clock.now)
    try:
        reply = _serve(environ, recorded, workspace, options.fallback).isolate()
        recorded.answered(reply, options.body_bytes)
    finally:
        recorded.fault = environ.get(FAULT, "")
        if type(body) is not BytesIO:
            recorded.request_body = _read_beginning(body, options.body_bytes)
        elif sent := body.getvalue():
            shown = b"" if environ.get(CONCEALED) else sent[: options.body_bytes]
            recorded.request_body = Body(shown, len(sent))
        if names := environ.get(CONCEALED_MEMBERS):
            recorded.conceal(names)
        recorded.seconds = perf_counter() - started
        if workspace.journal.capacity:
            workspace.journal.add(recorded)
        if options.log is not None:
            options.log.add(recorded, workspace.name)
    return reply


def _serve(
    environ: "WSGIEnvironment",
    recorded: Exchange,
    workspace: Workspace,
    fallback: Fallback | None,
) -> Reply:
    """Return the answer of the first failpoint that matches, or else the answer without one."""
    try:
        failpoint = workspace.failpoints.take(recorded)
    except StoreUnavailable as error:
        workspace = environ[WORKSPACE_KEY] = Unreachable(workspace.name, error)
        failpoint = None

    def serve(environ: "WSGIEnvironment", *, may_stream: bool = False) -> Reply:
        reply = None
        if fallback is not None and fallback.is_needed(environ, workspace):
            reply = fallback.answer(environ, _find_target(environ), recorded, workspace)
        return reply or _call(environ, may_stream=may_stream)

    if failpoint is None:
        return serve(environ, may_stream=True)
    recorded.failpoint = failpoint.id
    return failpoint.serve(serve, environ, environ.get(PAUSE, sleep))


def _call(environ: "WSGIEnvironment", *, may_stream: bool = False) -> Reply:
    """Return the whole answer of the family's application, or an answer to be streamed."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Write:
        started.append((status, headers))
        return written.append

    written: list[bytes] = []
    iterable = environ[FAMILY].application(environ, start_response)
    if may_stream and environ.get(STREAMED):
        return Reply(*started[-1], [], stream=iterable)
    try:
        parts = [*written, *iterable]
    finally:
        close = getattr(iterable, "close", None)
        if close is not None:
            close()
    if dropped := environ.get(DROPPED):
        raise dropped
    return Reply(*started[-1], parts)


def _refuse(
    error: WorkspaceError, environ: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterable[bytes]:
    """Answer the problem document of a workspace that can't be used (RFC 9457)."""
    title, status = error.status.phrase, error.status.value
    body = orjson.dumps({"title": title, "status": status, "detail": str(error)})
    media_type = ("Content-Type", "application/problem+json")
    start_response(f"{status} {title}", [media_type, ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _log_refusal(
    log: RequestLog | None, error: WorkspaceError, environ: "WSGIEnvironment", name: str
) -> None:
    """Log a request that belongs to no workspace, and so is in no journal."""
    if log is not None:
        refused = exchange.begin(environ, environ[FAMILY], Clock().now)
        refused.status = error.status.value
        log.add(refused, name)


def _pace(reply: Reply, pause: Sleep) -> Iterator[bytes]:
    for part in reply.parts:
        if reply.pause:
            pause(reply.pause)
        yield part
    if reply.is_cut:
        raise ConnectionDropped
