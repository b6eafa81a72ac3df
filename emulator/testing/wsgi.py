"""An adapter of requests for an application in this process, without a socket."""

from contextlib import closing, suppress
from http.client import RemoteDisconnected
from io import BytesIO
from time import sleep
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse, Timeout
from urllib3.exceptions import ProtocolError
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wsgi import ClosingIterator

from emulator.family import PAUSE
from emulator.workspace.failpoint import ConnectionDropped

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class WsgiAdapter(HTTPAdapter):
    """Answers the requests of a session with a WSGI application.

    ::

        session = requests.Session()
        session.mount("http://emulator", WsgiAdapter(create_app()))

    A failpoint that drops the connection, cuts the body or waits longer than the timeout raises the
    exception of a socket: ``ConnectionError``, ``ChunkedEncodingError``, ``ReadTimeout``. The
    timeout counts the pauses of failpoints and stubs, not the time of the application itself. Any
    other exception of the application reaches the caller. Cookies have no effect.

    Args:
        app: The application.
        remote_address: The client's address, for the application.
    """

    def __init__(self, app: "WSGIApplication", remote_address: str = "127.0.0.1") -> None:
        super().__init__()
        self._app = app
        self._remote_address = remote_address

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002 - inherited
        timeout: Any = None,
        *_args: Any,
        **_options: Any,
    ) -> requests.Response:
        """Return the application's response.

        Raises:
            requests.ConnectionError: The connection is dropped before the first byte.
            requests.ReadTimeout: The pauses before a byte are longer than the timeout.
            requests.exceptions.ChunkedEncodingError: The body is cut; with ``stream``, reading the
                body raises the exception.
        """
        environ = self._make_environ(request)
        patience = _Patience(_read_seconds(timeout))
        if patience.seconds is not None:
            environ[PAUSE] = patience.pause
        answer = _run(self._app, environ, patience)
        if patience.is_over:
            late = f"Read timed out. (read timeout={patience.seconds})"
            raise requests.ReadTimeout(late, request=request)
        if answer is None:
            closed = RemoteDisconnected("Remote end closed connection without response")
            error = ProtocolError("Connection aborted.", closed)
            raise requests.ConnectionError(error, request=request)
        response = self.build_response(request, answer.open(request.method))
        if not stream:
            _ = response.content
        return response

    def _make_environ(self, request: requests.PreparedRequest) -> "WSGIEnvironment":
        parts = urlsplit(request.url or "")
        body: Any = request.body
        if body is not None and not isinstance(body, (bytes, str)):
            body = body.read() if hasattr(body, "read") else b"".join(body)
        headers = Headers(request.headers.items())
        headers.remove("Transfer-Encoding")  # the body is whole
        builder = EnvironBuilder(
            path=request.path_url,
            base_url=f"{parts.scheme}://{parts.netloc}",
            method=request.method or "GET",
            headers=headers,
            data=body,
            environ_overrides={"REMOTE_ADDR": self._remote_address},
        )
        return builder.get_environ()


class _Answer(NamedTuple):
    """Status, headers and body of an application; ``is_cut`` if the end of the body is missing."""

    status: str
    headers: Headers
    body: bytes
    is_cut: bool

    def open(self, method: str | None) -> HTTPResponse:
        """Return the answer in the form of urllib3, as from a socket."""
        code, _, reason = self.status.partition(" ")
        opened = HTTPResponse(
            body=BytesIO(self.body),
            headers=HTTPHeaderDict(self.headers.to_wsgi_list()),
            status=int(code),
            reason=reason,
            preload_content=False,
            request_method=method,
        )
        if self.is_cut and opened.length_remaining is None:
            opened.length_remaining = len(self.body) + 1  # the end of a chunked body is missing
        return opened


class _Patience:
    """The wait of a client for the next byte; a longer pause ends at the timeout.

    The application goes on afterwards, since a server also changes its data for a client that has
    left.

    Args:
        seconds: The timeout, None for no end.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.is_over = False
        self._left = seconds or 0.0

    def pause(self, seconds: float) -> None:
        """Wait, at most until the timeout."""
        if self.is_over:
            return
        self.is_over = seconds > self._left
        sleep(min(seconds, self._left))
        self._left -= seconds

    def renew(self) -> None:
        """Begin to wait for the next byte."""
        self._left = self.seconds or 0.0


def _read_seconds(timeout: Any) -> float | None:
    """Return the seconds to wait for a byte of a timeout of requests, None for no end."""
    if isinstance(timeout, tuple):
        timeout = timeout[1]
    if isinstance(timeout, Timeout):
        timeout = timeout.clone()
        timeout.start_connect()
        timeout = timeout.read_timeout
    return None if timeout is None else float(timeout)


def _run(app: "WSGIApplication", environ: "WSGIEnvironment", patience: _Patience) -> _Answer | None:
    """Return the answer of an application, None if the connection is dropped before a byte."""
    received: list[bytes] = []
    is_cut = True
    with suppress(ConnectionDropped):
        parts, status, headers = run_wsgi_app(app, environ)
        with closing(ClosingIterator(parts)) as body:
            for part in filter(None, body):
                received.append(part)
                patience.renew()
        is_cut = False
    if is_cut and not received:
        return None
    return _Answer(status, headers, b"".join(received), is_cut)
