"""The choice of an answer to an unserved request."""

from collections.abc import Callable
from http import HTTPStatus
from time import sleep
from typing import TYPE_CHECKING

from werkzeug.routing import Map

from emulator.fallback.upstream import Upstream
from emulator.family import FAMILY, INJECTED, PAUSE, TOO_LARGE, Family, Injected, find_endpoint
from emulator.ocapi.wire.url import canonical
from emulator.recording.exchange import Exchange, Reply
from emulator.store import StoreUnavailable
from emulator.workspace.crash import log_outage
from emulator.workspace.stub import MAX_READ_BYTES, Stub, StubRequest
from emulator.workspace.workspace import Workspace

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

CheckAccess = Callable[["WSGIEnvironment", Workspace, str, str], Injected | None]
"""Return the fault of a client without access, by request, workspace, access and path."""
UNAVAILABLE = Injected("ServiceUnavailable", {})


class Fallback:
    """Stubs, and behind the stubs a real instance.

    Args:
        routes: The routes of all APIs.
        check_access: Checks the client of a request for a stub.
        family: The API of the faults of ``check_access``.
        upstream: The real instance, if any.
    """

    def __init__(
        self,
        routes: Map,
        check_access: CheckAccess,
        family: Family,
        upstream: Upstream | None = None,
    ) -> None:
        self._routes = routes
        self._check_access = check_access
        self._family = family
        self._upstream = upstream

    def is_needed(self, environ: "WSGIEnvironment", workspace: Workspace) -> bool:
        """Return True for an unserved request, if there are stubs or an instance."""
        if (self._upstream is None and workspace.stubs.is_empty) or INJECTED in environ:
            return False
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        return not find_endpoint(self._routes, method, path)

    def answer(
        self, environ: "WSGIEnvironment", target: str, exchange: Exchange, workspace: Workspace
    ) -> Reply | None:
        """Return the answer of a stub or of the instance; None to leave the answer to the family.

        Args:
            environ: The request.
            target: The path as sent, with or without the query.
            exchange: The request as recorded; stub and instance are noted.
            workspace: The workspace of the request.
        """
        request = StubRequest(exchange, canonical(target), environ)
        found: Stub | Injected | None
        try:
            found = self._find(request, workspace)
        except StoreUnavailable as error:
            log_outage(exchange.method, exchange.path, error)
            found = UNAVAILABLE
        if isinstance(found, Injected):
            environ[INJECTED], environ[FAMILY] = found, self._family
            return None
        if found is not None:
            return found.serve(request, environ.get(PAUSE, sleep))
        return self._pass_on(environ, target, exchange, request)

    def _find(self, request: StubRequest, workspace: Workspace) -> Stub | Injected | None:
        """Return the stub of a request, or the fault of a client without access.

        A request without access takes no answer of a sequence.
        """
        found = workspace.stubs.find(request)
        if found is None:
            return None
        access, environ = found.rule.access, request.environ
        refused = self._check_access(environ, workspace, access, request.path)
        # Another request may have taken the last answer.
        taken = None if refused else workspace.stubs.take(request)
        if refused or taken:
            request.exchange.stub = taken.id if taken else found.id
        return refused or taken

    def _pass_on(
        self, environ: "WSGIEnvironment", target: str, exchange: Exchange, request: StubRequest
    ) -> Reply | None:
        """Return the answer of the instance, None without an instance.

        A path that an API serves stays here with all methods: that API answers 405.
        """
        if self._upstream is None:
            return None
        if self._routes.bind("localhost").allowed_methods(environ.get("PATH_INFO", "")):
            return None
        exchange.upstream = self._upstream.url
        if environ.get(TOO_LARGE) or len(request.content) >= MAX_READ_BYTES:
            return self._upstream.refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large"
            )
        return self._upstream.send(environ, target, request.content)
