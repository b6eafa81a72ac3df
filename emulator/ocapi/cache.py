"""The cache of answers to GET requests and searches.

An answer depends on the request, the data, the permissions and the expiry of the token. Each change
of data or permissions gives the workspace a new version. The version is read before the answer is
made, so a cached answer is never stale. Answers to equal requests differ in the request id only,
and a cached answer gets a new request id.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from flask import Flask, request_finished, request_started, request_tearing_down

from emulator.family import INJECTED
from emulator.ocapi.call import IS_CACHEABLE
from emulator.recording import caller
from emulator.store import StoreUnavailable
from emulator.workspace.registry import current
from emulator.workspace.workspace import Workspace

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_CACHE_BYTES = 2 * 1024 * 1024  # of a workspace
MAX_CACHED_BODY_BYTES = 64 * 1024
ENTRY_OVERHEAD_BYTES = 4096  # headers, the request as key, and objects
SEARCH_LENGTH = re.compile(r"[1-9]\d{0,3}", re.ASCII)
"""Content-Length of a cacheable search, up to 9,999 bytes: the request is the key of an entry."""
CACHED_METHODS = ("GET", "POST")
OWN_HOOKS = 1  # before_request functions of the application itself
OK_STATUS = "200"
REQUEST_ID_HEADER = "x-dw-request-base-id"
IGNORED_VARIABLES = frozenset(
    (
        "HTTP_ACCEPT_ENCODING",
        "HTTP_ACCEPT_LANGUAGE",
        "HTTP_CONNECTION",
        "HTTP_USER_AGENT",
        "REMOTE_ADDR",
        "REMOTE_PORT",
    )
)
"""The texts of an environment without an influence on answers."""

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """An answer.

    Attributes:
        status: Code and phrase.
        headers: Names and values.
        id_index: The index of the request id in the headers.
        body: The parts of the body.
        expiry: The expiry of the request's token, in seconds since the epoch.
    """

    status: str
    headers: Headers
    id_index: int
    body: list[bytes]
    expiry: float


@dataclass(slots=True)
class WorkspaceCache:
    """The answers of a workspace in a version, with the size in bytes, roughly."""

    version: tuple[int, int]
    answers: dict[Any, CachedAnswer] = field(default_factory=dict)
    size: int = 0

    def store(self, key: Any, answer: CachedAnswer) -> None:
        """Store an answer; in a full cache, remove all other answers."""
        self.size += ENTRY_OVERHEAD_BYTES + sum(map(len, answer.body))
        if self.size > MAX_CACHE_BYTES:
            self.answers.clear()
            self.size = 0
        self.answers[key] = answer


class AnswerCache:
    """WSGI middleware with a cache for each workspace.

    Args:
        app: The Flask application; the answers depend on the workspace of the request.
        search_path: The pattern of the paths of searches.
    """

    def __init__(self, app: Flask, search_path: re.Pattern[str]) -> None:
        self.app = app
        self.search_path = search_path
        self.application: WSGIApplication = app.wsgi_app
        self._caches: WeakKeyDictionary[Workspace, WorkspaceCache] = WeakKeyDictionary()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer from the cache if possible, otherwise from the application."""
        if environ["REQUEST_METHOD"] not in CACHED_METHODS or not self._is_cacheable(environ):
            return self.application(environ, start_response)
        if _has_hooks(self.app):
            return self.application(environ, start_response)
        workspace, key = current(environ), _make_key(environ)
        try:
            cache = self._find_cache(workspace)
        except StoreUnavailable:  # the application reports the error in its own form
            return self.application(environ, start_response)
        cached = cache.answers.get(key)
        if cached is not None and workspace.clock.now().timestamp() < cached.expiry:
            headers = cached.headers.copy()
            headers[cached.id_index] = REQUEST_ID_HEADER, workspace.clock.identifier()
            start_response(cached.status, headers)
            return cached.body
        return self._answer(environ, start_response, cache, key)

    def _is_cacheable(self, environ: "WSGIEnvironment") -> bool:
        """Return True for a short reading request with a token."""
        if "HTTP_AUTHORIZATION" not in environ or INJECTED in environ:
            return False
        length = environ.get("CONTENT_LENGTH")
        if environ["REQUEST_METHOD"] == "GET":
            return length in (None, "", "0")
        is_short = length is not None and SEARCH_LENGTH.fullmatch(length) is not None
        is_search = is_short and self.search_path.fullmatch(environ["PATH_INFO"]) is not None
        return is_search and type(environ["wsgi.input"]) is BytesIO

    def _find_cache(self, workspace: Workspace) -> WorkspaceCache:
        version = workspace.version()  # before the answer is made
        cache = self._caches.get(workspace)
        if cache is None or cache.version != version:
            cache = self._caches[workspace] = WorkspaceCache(version)
        return cache

    def _answer(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        cache: WorkspaceCache,
        key: Any,
    ) -> Iterable[bytes]:
        """Answer from the application, and store the answer."""
        started: list[tuple[str, Headers]] = []

        def respond(status: str, headers: Headers, *others: Any) -> Any:
            started.append((status, headers))
            return start_response(status, headers, *others)

        parts = list(self.application(environ, respond))
        status, headers = started[-1]
        is_small = sum(map(len, parts)) <= MAX_CACHED_BODY_BYTES
        # A user may add routes below the paths of the Data API; their answers have no mark.
        if status.startswith(OK_STATUS) and is_small and IS_CACHEABLE in environ:
            id_index = [name for name, _ in headers].index(REQUEST_ID_HEADER)
            expiry = caller.read_expiry(environ["HTTP_AUTHORIZATION"])
            answer = CachedAnswer(status, headers.copy(), id_index, parts, expiry)
            cache.store(key, answer)
        return parts


def _has_hooks(app: Flask) -> bool:
    """Return True if the user has registered functions for every request."""
    by_scope = (
        app.after_request_funcs,
        app.teardown_request_funcs,
        app.url_value_preprocessors,
    )
    hooks = [functions.get(scope) for functions in by_scope for scope in (None, "data")]
    signals = (
        request_started.receivers,
        request_finished.receivers,
        request_tearing_down.receivers,
    )
    own = len(app.before_request_funcs.get(None, ())) == OWN_HOOKS
    return not own or any(hooks) or any(signals) or bool(app.teardown_appcontext_funcs)


def _make_key(environ: "WSGIEnvironment") -> Any:
    """Return all properties of a request with an influence on the answer."""
    texts = [e for e in environ.items() if type(e[1]) is str and e[0] not in IGNORED_VARIABLES]
    body = environ["wsgi.input"].getvalue() if environ["REQUEST_METHOD"] == "POST" else b""
    return (*texts, body)
