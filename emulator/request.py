"""Requests and responses of the application: Flask's own, made with less work."""

import re
from functools import cached_property, lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

import flask
from flask.globals import request_ctx
from werkzeug.datastructures import EnvironHeaders, Headers, ImmutableMultiDict, MultiDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from _typeshed.wsgi import WSGIEnvironment

NO_PARAMETERS: MultiDict[str, str] = ImmutableMultiDict()
WITHOUT_PREFIX = ("CONTENT_TYPE", "CONTENT_LENGTH")
PORT = r"[0-5]?\d{1,4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5]"
HOST = re.compile(rf"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?:{PORT}))?", re.ASCII)
"""The form of a Host header: name or address, with or without a port up to 65535."""


@lru_cache(maxsize=256)
def _name_variable(header: str) -> str:
    """Return the name of a header in a WSGI environment."""
    variable = header.upper().replace("-", "_")
    return variable if variable in WITHOUT_PREFIX else f"HTTP_{variable}"


class RequestHeaders(EnvironHeaders):
    """The headers of a request; ``get`` looks once, where werkzeug catches a ``KeyError``."""

    def get(self, key: str, default: Any = None, *args: Any, **options: Any) -> Any:  # type: ignore[override]
        """Return a header, or the default."""
        if args or options:
            return super().get(key, default, *args, **options)
        return self.environ.get(_name_variable(key), default)

    def __contains__(self, key: Any) -> bool:
        return _name_variable(key) in self.environ


class Request(flask.Request):
    """One request.

    Args:
        environ: The WSGI environment. ``QUERY_STRING`` and ``REMOTE_ADDR`` are text if present.
        populate_request: See Flask.
        shallow: See Flask.
    """

    def __init__(
        self,
        environ: "WSGIEnvironment",
        populate_request: bool = True,  # noqa: FBT001, FBT002 - the signature of Flask
        shallow: bool = False,  # noqa: FBT001, FBT002 - the same
    ) -> None:
        # Without super().__init__: it parses the host, the path and the query of each request.
        self.environ = environ
        self.method = environ["REQUEST_METHOD"]  # case-sensitive (RFC 9110, 9.1)
        path: str = environ.get("PATH_INFO", "")
        self.path = "/" + (path if path.isascii() else _decode(path)).lstrip("/")
        self.scheme = environ["wsgi.url_scheme"]
        self.query_string = environ.get("QUERY_STRING", "").encode("latin-1")
        if not self.query_string:
            self.parameters = {}
        self.headers = RequestHeaders(environ)
        mount: str = environ.get("SCRIPT_NAME", "")
        self.root_path = (mount if mount.isascii() else _decode(mount)).rstrip("/")
        self.remote_addr = environ.get("REMOTE_ADDR")
        self.shallow = shallow
        if populate_request and not shallow:
            environ["werkzeug.request"] = self

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The parameters of the query; none for a query that is not UTF-8.

        The application refuses such a query (400) before any view, and the refusal itself asks for
        parameters, such as the format of the answer.
        """
        if not self.query_string:
            return NO_PARAMETERS
        try:
            return super().args
        except UnicodeDecodeError:
            return NO_PARAMETERS

    @cached_property
    def parameters(self) -> "Mapping[str, str]":
        """The parameters of the query, the first value of each name.

        A plain dictionary: a ``MultiDict`` raises and catches an exception for a missing name.
        """
        try:
            query = self.query_string.decode()
        except UnicodeDecodeError:
            return {}
        # As in werkzeug, invalid bytes stay percent-encoded.
        pairs = parse_qsl(query, keep_blank_values=True, errors="werkzeug.url_quote")
        return dict(reversed(pairs))

    @cached_property
    def server(self) -> tuple[str, int | None]:  # type: ignore[override]
        """The name and the port of the server."""
        port = str(self.environ.get("SERVER_PORT", ""))
        name: str = self.environ.get("SERVER_NAME", "")
        return name, int(port) if port.isascii() and port.isdigit() else None


def read_sent_path(request: flask.Request) -> str:
    """Return the path of a request as it was sent, without the query.

    Percent-encodings stay, and bytes beyond ASCII are UTF-8; any other byte becomes U+FFFD.
    """
    target = request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI")
    if not target:
        return request.path
    path = str(target).partition("?")[0]
    return path if path.isascii() else _decode(path)


def current_request() -> Request:
    """Return the request that is being answered."""
    found: Any = request_ctx.request
    return found  # type: ignore[no-any-return]


def _decode(path: str) -> str:
    """Return a path of a WSGI environment as text (PEP 3333: bytes as latin-1)."""
    return path.encode("latin-1").decode(errors="replace")


BODILESS = (204, 304)
ONLY_BYTES = frozenset({bytes})
STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class PlainResponse(flask.Response):
    """One response with the reason phrase as registered: werkzeug writes ``404 NOT FOUND``."""

    def get_wsgi_response(
        self, environ: "WSGIEnvironment"
    ) -> "tuple[Iterable[bytes], str, list[tuple[str, str]]]":
        """Return body, status line and headers."""
        body, status, headers = super().get_wsgi_response(environ)
        return body, STATUS_LINES.get(self.status_code, status), headers


class Response(PlainResponse):
    """One response with exactly the given headers: complete, as the view has made them.

    Args:
        parts: The body.
        status: The status code.
        headers: The headers. Values have no line breaks.
    """

    default_mimetype = None

    def __init__(self, parts: list[bytes], status: int, headers: "Mapping[str, str]") -> None:
        # Without super().__init__: it looks for a content type, and parses the status. Without
        # the method ``add``: it checks each value again.
        self.headers = Headers()
        self.headers._list.extend(headers.items())  # noqa: SLF001 - see above
        self._status, self._status_code = STATUS_LINES[status], status
        self._on_close = []
        self.direct_passthrough = False
        self.response = parts

    def get_wsgi_response(
        self, environ: "WSGIEnvironment"
    ) -> "tuple[Iterable[bytes], str, list[tuple[str, str]]]":
        """Return body, status line and headers, without werkzeug's corrections of the headers."""
        status = STATUS_LINES.get(self.status_code, self.status)
        headers, parts = self.headers.to_wsgi_list(), cast("Iterable[bytes]", self.response)
        has_body = environ["REQUEST_METHOD"] != "HEAD" and self._status_code not in BODILESS
        is_plain = type(parts) is list and ONLY_BYTES.issuperset(map(type, parts))
        if has_body and is_plain and not self._on_close:  # nobody waits for the end of the body
            return parts, status, headers
        return self.get_app_iter(environ), status, headers
