"""The front door: brings a request into one form, finds where it belongs, and records it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from io import SEEK_END
from time import perf_counter, sleep
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

import orjson

from emulator.family import FAULT, Family, leave
from emulator.ocapi.wire.url import canonical
from emulator.recording import exchange
from emulator.recording.exchange import Body, Exchange, Reply
from emulator.store import StoreUnavailable
from emulator.workspace.error import WorkspaceError
from emulator.workspace.failpoint import Sleep
from emulator.workspace.workspace import (
    DEFAULT,
    REGISTRY,
    WORKSPACE,
    Unreachable,
    Workspace,
    Workspaces,
    current,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HEADER = "HTTP_X_EMULATOR_WORKSPACE"
HOSTS = (".localhost", ".ocapi.test")
"""Ends of host names before which the name of a workspace stands."""

Write = Callable[[bytes], object]


class FrontDoor:
    """A WSGI application in front of the API families.

    Applications see ``PATH_INFO`` in canonical form: still percent-encoded, so that an encoded
    slash is not taken for a separator; the path as it was sent stays in ``REQUEST_URI``. They find
    the workspace of the request in its environment.

    Args:
        families: Families by path, by its first segment, or by the two segments that begin it
            or follow the scope of a site.
        default: The family of all other paths.
        control: The control plane, which no failpoint touches and no journal records.
        workspaces: Where requests belong to.
        kept: Bytes of a body that the journal keeps at most.
    """

    def __init__(
        self,
        families: Mapping[str, Family],
        default: Family,
        control: Family,
        workspaces: Workspaces,
        kept: int,
    ) -> None:
        self.families = families
        self.default = default
        self.control = control
        self.workspaces = workspaces
        self.kept = kept

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer through the family that the path belongs to."""
        target = environ.get("REQUEST_URI") or quote(environ["PATH_INFO"].encode("latin-1"))
        path = environ["PATH_INFO"] = canonical(target)
        family = self._find(path)
        name = _name(environ)
        if family is self.control:  # whose guard looks before a workspace is made
            environ[WORKSPACE] = partial(self.workspaces.choose, name, environ)
            environ[REGISTRY] = self.workspaces
            return family.application(environ, start_response)
        try:
            workspace = environ[WORKSPACE] = self.workspaces.choose(name, environ)
        except WorkspaceError as error:
            return _emit(refuse(error, environ), start_response, sleep)
        except StoreUnavailable as error:  # for the family to tell, as if it had met it
            workspace = environ[WORKSPACE] = Unreachable(name or DEFAULT, error)
        return record(environ, family, workspace, self.kept, start_response)

    def _find(self, path: str) -> Family:
        """Return the family of a path: of all of it, its first segment, or two below a site."""
        segments = path.split("/")
        below = segments[3:] if segments[1] == "s" else segments[1:]
        for key in (path, f"/{segments[1]}", f"/{'/'.join(below[:2])}"):
            if key in self.families:
                return self.families[key]
        return self.default


def _name(environ: "WSGIEnvironment") -> str:
    """Return the name of the workspace that header or host tell, empty if they tell none."""
    if named := environ.get(HEADER):
        return str(named).lower()
    return _of_host(environ.get("HTTP_HOST", ""))


def record(
    environ: "WSGIEnvironment",
    family: Family,
    workspace: Workspace,
    kept: int,
    start_response: "StartResponse",
) -> Iterable[bytes]:
    """Answer through a family, past the failpoints of a workspace and into its journal.

    Args:
        environ: The request, its path in canonical form.
        family: What answers.
        workspace: Where the request belongs to.
        kept: Bytes of a body that the journal keeps at most.
        start_response: What takes status and headers.
    """
    started, body = perf_counter(), environ["wsgi.input"]
    family.prepare(environ)
    met = exchange.begin(environ, family, workspace.clock.now)
    try:
        reply = serve(environ, met, workspace)
        met.answered(reply)
        met.reply_body = Body.of(b"".join(reply.parts), kept)
    finally:
        met.fault = environ.get(FAULT, "")
        met.request_body = _look_back(body, kept)
        met.seconds = perf_counter() - started
        if workspace.journal.capacity:
            workspace.journal.add(met)
    return _emit(reply, start_response, workspace.failpoints.pause)


def recorded(family: Family, kept: int) -> Family:
    """Return a family whose application records what it is asked, as ``record`` does."""

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        workspace = current(environ)
        try:
            workspace.refresh()  # what others have changed, or what came before in this request
        except StoreUnavailable as error:
            workspace = environ[WORKSPACE] = Unreachable(workspace.name, error)
        return record(environ, family, workspace, kept, start_response)

    return replace(family, application=application, prepare=leave)


def serve(environ: "WSGIEnvironment", met: Exchange, workspace: Workspace) -> Reply:
    """Return the answer of an exchange's family, or what a failpoint makes of it.

    Raises:
        ConnectionDropped: A failpoint wants it so.
    """
    try:
        failpoint = workspace.failpoints.take(met)
    except StoreUnavailable as error:
        environ[WORKSPACE] = Unreachable(workspace.name, error)
        failpoint = None
    if failpoint is None:
        return call(met.family, environ)
    met.failpoint = failpoint.id
    return failpoint.serve(lambda e: call(met.family, e), environ, workspace.failpoints.pause)


def call(family: Family, environ: "WSGIEnvironment") -> Reply:
    """Return all of what a family answers."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Write:
        started.append((status, headers))
        return written.append

    written: list[bytes] = []
    iterable = family.application(environ, start_response)
    try:
        parts = [*written, *iterable]
    finally:
        close = getattr(iterable, "close", None)
        if close is not None:
            close()
    return Reply(*started[-1], parts)


@lru_cache(maxsize=1024)
def _of_host(host: str) -> str:
    """Return the name of a workspace that a Host header begins with, empty if there is none."""
    name = host.lower().partition(":")[0].removesuffix(".")
    return next((name.removesuffix(end) for end in HOSTS if name.endswith(end)), "")


def _look_back(body: IO[bytes], kept: int) -> Body:
    """Return the beginning of a body that others have read; nothing where that is impossible."""
    if not getattr(body, "seekable", lambda: False)():
        return exchange.EMPTY
    size = body.seek(0, SEEK_END)
    if not size:
        return exchange.EMPTY
    body.seek(0)
    return Body(body.read(kept), size)


def refuse(error: WorkspaceError, environ: "WSGIEnvironment") -> Reply:
    """Return the problem document (RFC 9457) of a workspace that cannot be used."""
    title, status = error.status.phrase, error.status.value
    told = orjson.dumps({"title": title, "status": status, "detail": str(error)})
    kind = ("Content-Type", "application/problem+json")
    parts = [] if environ["REQUEST_METHOD"] == "HEAD" else [told]
    return Reply(f"{status} {title}", [kind, ("Content-Length", str(len(told)))], parts)


def _emit(reply: Reply, start_response: "StartResponse", pause: Sleep) -> Iterable[bytes]:
    start_response(reply.status, reply.headers)
    return _pace(reply, pause) if reply.pause else reply.parts


def _pace(reply: Reply, pause: Sleep) -> Iterator[bytes]:
    for part in reply.parts:
        pause(reply.pause)
        yield part
