"""An adapter of requests for an application in this process, without a socket."""

from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class WsgiAdapter(HTTPAdapter):
    """Answers the requests of a session with a WSGI application.

    ::

        session = requests.Session()
        session.mount("http://emulator", WsgiAdapter(create_app()))

    An exception of the application reaches the caller. Cookies and timeouts have no effect.

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
        *_args: Any,
        **_options: Any,
    ) -> requests.Response:
        """Return the application's response."""
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
        chunks, status, sent = run_wsgi_app(self._app, builder.get_environ(), buffered=True)
        code, _, reason = status.partition(" ")
        answer = HTTPResponse(
            body=BytesIO(b"".join(chunks)),
            headers=HTTPHeaderDict(sent.to_wsgi_list()),
            status=int(code),
            reason=reason,
            preload_content=False,
            request_method=request.method,
        )
        response = self.build_response(request, answer)
        if not stream:
            _ = response.content
        return response
