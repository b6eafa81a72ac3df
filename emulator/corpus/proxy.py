"""The proxy of ``record``: passes requests on to a real instance, and keeps the exchanges."""

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emulator.corpus.message import Raw
from emulator.corpus.recorder import Recorder
from emulator.fallback.upstream import Passage, Upstream, UpstreamError
from emulator.family import TOO_LARGE
from emulator.recording.exchange import Reply

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_BODY_BYTES = 40 * 1024 * 1024
PSEUDONYM = "ocapi-recorder"
"""The name of the proxy in the header ``Via``; an emulator may stand on either side."""
PASSAGE = Passage(PSEUDONYM, is_plain=True, max_answer_bytes=MAX_BODY_BYTES)
ACCOUNT_MANAGER_PATH = "/dwsso/"
HEADER_VARIABLES = ("CONTENT_TYPE", "CONTENT_LENGTH")

Note = Callable[[str], object]
"""Takes a line about an exchange."""


class Proxy:
    """A WSGI application between clients and an instance.

    Args:
        upstream: The instance.
        recorder: Takes the exchanges.
        note: Takes a line for each exchange.
        account_manager: Answers the requests of ``/dwsso/``; the instance does if None.
    """

    def __init__(
        self,
        upstream: Upstream,
        recorder: Recorder,
        note: Note,
        account_manager: Upstream | None = None,
    ) -> None:
        self._upstream = upstream
        self._recorder = recorder
        self._note = note
        self._account_manager = account_manager
        self._begun = 0.0
        self._is_full = False
        self._lock = Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer what the instance answers."""
        target = _find_target(environ)
        to_manager = target.startswith(ACCOUNT_MANAGER_PATH) and self._account_manager is not None
        upstream = self._account_manager if to_manager else self._upstream
        reply = self._pass_on(environ, target, upstream or self._upstream)
        start_response(reply.status, reply.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else reply.parts

    def _pass_on(self, environ: "WSGIEnvironment", target: str, upstream: Upstream) -> Reply:
        at = self._measure()
        body = b"" if environ.get(TOO_LARGE) else environ["wsgi.input"].read(MAX_BODY_BYTES + 1)
        if environ.get(TOO_LARGE) or len(body) > MAX_BODY_BYTES:
            return self._refuse(
                upstream, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large"
            )
        if destination := environ.get("HTTP_DESTINATION"):
            own = f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}/"
            if destination.startswith(own):  # RFC 4918, 10.3: a URL of the server
                environ["HTTP_DESTINATION"] = f"{upstream.url}/{destination.removeprefix(own)}"
        try:
            reply = upstream.fetch(environ, target, body)
        except UpstreamError as error:
            return self._refuse(upstream, error.status, str(error))
        headers = tuple(_list_headers(environ))
        status, content = int(reply.status[:3]), b"".join(reply.parts)
        method = environ["REQUEST_METHOD"]
        self._keep(Raw(method, target, headers, body, status, tuple(reply.headers), content, at))
        return reply

    def _refuse(self, upstream: Upstream, status: HTTPStatus, reason: str) -> Reply:
        self._note(f"not recorded: {reason}")
        return upstream.explain(status, reason)

    def _measure(self) -> float:
        """Return the seconds since the first request."""
        now = monotonic()
        with self._lock:
            self._begun = self._begun or now
            return round(now - self._begun, 6)

    def _keep(self, raw: Raw) -> None:
        line = self._recorder.describe(raw)
        if self._recorder.add(raw):
            self._note(line)
        elif self._recorder.full:
            if not self._is_full:
                self._is_full = True
                self._note(f"{self._recorder.full}: further exchanges are passed on, not recorded")
        else:
            self._note(f"{line} (not recorded: the exchange is too large)")


def make_upstream(url: str, ca_file: str = "") -> Upstream:
    """Return an instance whose requests and answers stay as they are.

    Args:
        url: The base URL.
        ca_file: Further CA certificates to verify the instance with (PEM); empty for none.
    """
    return Upstream(url, passage=PASSAGE, ca_file=ca_file)


def _find_target(environ: "WSGIEnvironment") -> str:
    """Return path and query as sent; of a URL without the host."""
    target: str = environ["REQUEST_URI"]
    if target.startswith("/"):
        return target
    parts = urlsplit(target)
    return f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"


def _list_headers(environ: "WSGIEnvironment") -> Iterator[tuple[str, str]]:
    """Yield the headers of a request, with names as usual."""
    for variable, value in environ.items():
        if variable.startswith("HTTP_"):
            yield variable[5:].replace("_", "-").title(), str(value)
        elif variable in HEADER_VARIABLES and value:
            yield variable.replace("_", "-").title(), str(value)
