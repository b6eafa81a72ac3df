"""Answers to GET and to searches, kept as long as nothing that they depend on has changed.

An answer depends on the request, the data, the permissions, and on the token being good still.
Whatever changes data or permissions gives the workspace another version. So an answer is fresh
while the version is that from before it was made, and none can be stale. What tells two answers to
the same question apart is the id of the request alone, which is made anew.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from flask import Flask, request_finished, request_started, request_tearing_down

from emulator.family import INJECTED
from emulator.ocapi.resources import RESOURCES
from emulator.recording import caller
from emulator.store import StoreUnavailable
from emulator.workspace.workspace import Workspace, current

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOST = 2 * 1024 * 1024  # bytes of the answers of one workspace
LARGEST = 64 * 1024  # bytes of a body
OVERHEAD = 4096  # bytes that an answer takes besides its body, its question and headers included
LENGTH = re.compile(r"[1-9]\d{0,3}", re.ASCII)  # bytes of a question's body
SEARCH = re.compile(f".*/(?:{'|'.join(r.search.path for r in RESOURCES if r.search)})")
CACHED_METHODS = ("GET", "POST")
OWN_HOOKS = 1  # functions that the application itself runs before each request
OK = "200"
KEEPABLE = "emulator.keepable"
"""The key of the WSGI environment that marks an answer of the Data API's own routes."""
REQUEST_ID = "x-dw-request-base-id"
IRRELEVANT = frozenset(
    (
        "HTTP_ACCEPT_ENCODING",
        "HTTP_ACCEPT_LANGUAGE",
        "HTTP_CONNECTION",
        "HTTP_USER_AGENT",
        "REMOTE_ADDR",
        "REMOTE_PORT",
    )
)
"""Texts of an environment that no answer depends on."""

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, the place of its request's id in the headers, and until when its token is good."""

    status: str
    headers: Headers
    place: int
    parts: list[bytes]
    until: float


@dataclass(slots=True)
class Shelf:
    """The answers that hold of one version of a workspace, and about how many bytes they take."""

    version: tuple[int, int]
    answers: dict[Any, Kept] = field(default_factory=dict)
    size: int = 0

    def keep(self, question: Any, kept: Kept) -> None:
        """Keep an answer; none of those before it where there would be too many."""
        self.size += OVERHEAD + sum(map(len, kept.parts))
        if self.size > MOST:
            self.answers.clear()
            self.size = 0
        self.answers[question] = kept


class AnswerCache:
    """A WSGI application in front of another one, of whose answers it keeps many.

    Args:
        app: The Flask application; its data are those of the request's workspace.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.application: WSGIApplication = app.wsgi_app
        self._shelves: WeakKeyDictionary[Workspace, Shelf] = WeakKeyDictionary()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer, by what is kept if that can be."""
        if environ["REQUEST_METHOD"] not in CACHED_METHODS or not _may_keep(environ):
            return self.application(environ, start_response)
        if _has_hooks(self.app):
            return self.application(environ, start_response)
        workspace, question = current(environ), _ask(environ)
        try:
            shelf = self._find_shelf(workspace)
        except StoreUnavailable:  # which the application tells in its own form
            return self.application(environ, start_response)
        kept = shelf.answers.get(question)
        if kept is not None and workspace.clock.now().timestamp() < kept.until:
            headers = kept.headers.copy()
            headers[kept.place] = REQUEST_ID, workspace.clock.identifier()
            start_response(kept.status, headers)
            return kept.parts
        return self._answer(environ, start_response, shelf, question)

    def _find_shelf(self, workspace: Workspace) -> Shelf:
        version = workspace.version()  # that of before the answer is made
        shelf = self._shelves.get(workspace)
        if shelf is None or shelf.version != version:
            shelf = self._shelves[workspace] = Shelf(version)
        return shelf

    def _answer(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        shelf: Shelf,
        question: Any,
    ) -> Iterable[bytes]:
        """Let the application answer, and keep that."""
        told: list[tuple[str, Headers]] = []

        def respond(status: str, headers: Headers, *others: Any) -> Any:
            told.append((status, headers))
            return start_response(status, headers, *others)

        parts = list(self.application(environ, respond))
        status, headers = told[-1]
        small = sum(map(len, parts)) <= LARGEST
        # A route of the user may answer anything, also below the paths of the Data API.
        if status.startswith(OK) and small and KEEPABLE in environ:
            place = [name for name, _ in headers].index(REQUEST_ID)
            until = caller.read_expiry(environ["HTTP_AUTHORIZATION"])
            shelf.keep(question, Kept(status, headers.copy(), place, parts, until))
        return parts


def _has_hooks(app: Flask) -> bool:
    """Return whether functions of the user have to run for every request."""
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


def _may_keep(environ: "WSGIEnvironment") -> bool:
    """Return whether a request changes nothing, is short, and comes from somebody with a token."""
    if "HTTP_AUTHORIZATION" not in environ or INJECTED in environ:
        return False
    length = environ.get("CONTENT_LENGTH")
    if environ["REQUEST_METHOD"] == "GET":
        return length in (None, "", "0")
    is_short = length is not None and LENGTH.fullmatch(length) is not None
    return is_short and _is_search(environ) and type(environ["wsgi.input"]) is BytesIO


def _is_search(environ: "WSGIEnvironment") -> bool:
    searches = environ["REQUEST_METHOD"] == "POST" and SEARCH.fullmatch(environ["PATH_INFO"])
    return bool(searches)


def _ask(environ: "WSGIEnvironment") -> Any:
    """Return all of a request that an answer can depend on."""
    texts = [e for e in environ.items() if type(e[1]) is str and e[0] not in IRRELEVANT]
    body = environ["wsgi.input"].getvalue() if environ["REQUEST_METHOD"] == "POST" else b""
    return (*texts, body)
