"""A real instance behind the emulator, for requests without another answer.

The instance gets method, path, query, headers and body as the client sent them. These stay here:
headers of the connection (RFC 9110, section 7.6.1), and the emulator's own headers. Redirects are
passed back. A request goes through one emulator only: the header ``Via`` tells of the way.
"""

import logging
import re
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from string import printable
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

import orjson

from emulator import header
from emulator.family import HINT_HEADER
from emulator.http.deadline import connect
from emulator.http.leader import release_loop
from emulator.ocapi.wire.url import canonical
from emulator.recording.exchange import Reply

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

logger = logging.getLogger("emulator")

TIMEOUT_SECONDS = 30.0
"""The time for the connection, and between two pieces of the answer."""
MAX_ANSWER_SECONDS = 120.0
MAX_ANSWER_BYTES = 5 * 1024 * 1024
PIECE_BYTES = 64 * 1024
MAX_HINT_CHARACTERS = 500
PSEUDONYM = "ocapi-emulator"
"""The name of every emulator in the header ``Via`` (RFC 9110, section 7.6.3)."""
CONNECTION_HEADERS = frozenset(
    {
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
CHUNKED = "chunked"
OWN_PREFIX = "x-emulator-"
REWRITTEN_HEADERS = frozenset({"host", "accept-encoding", "content-length", "via"})
OVERRIDE_HEADER = "x-dw-http-method-override"
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_PATH = re.compile(r"/[!-\"$->@-~]*", re.ASCII)
NOT_PRINTABLE = re.compile(r"[^ -~]", re.ASCII)
STATUSES_WITHOUT_BODY = (204, 304)
LOOP = "the request has passed an emulator already"
PLAIN_HEADERS = frozenset({"date", "server"})
"""Headers of an answer that only a plain way passes back."""


class UpstreamError(Exception):
    """The instance gives no usable answer.

    Args:
        reason: The reason in a few words.
        status: The status of the answer to the client.
    """

    def __init__(self, reason: str, status: HTTPStatus = HTTPStatus.BAD_GATEWAY) -> None:
        super().__init__(reason)
        self.status = status


class Passage(NamedTuple):
    """The rules for requests and answers on their way to a real instance and back.

    Attributes:
        pseudonym: The name of this server in the header ``Via``.
        is_plain: Whether all headers are passed on and back but those of the connection: also
            the headers for an emulator, and date and name of the server.
        max_answer_bytes: The longest body of an answer.
    """

    pseudonym: str = PSEUDONYM
    is_plain: bool = False
    max_answer_bytes: int = MAX_ANSWER_BYTES


class Upstream:
    """A real instance.

    Args:
        url: The base URL, without user and query.
        timeout: The seconds for the connection, and between two pieces of an answer.
        passage: The rules for requests and answers on their way.
        ca_file: Further CA certificates to verify the instance with (PEM); empty for none.

    Attributes:
        url: The base URL.
    """

    def __init__(
        self,
        url: str,
        timeout: float = TIMEOUT_SECONDS,
        passage: "Passage | None" = None,
        ca_file: str = "",
    ) -> None:
        self.url = url.rstrip("/")
        self._parts = urlsplit(self.url)
        self._timeout = timeout
        self._passage = passage or Passage()
        self._ca_file = ca_file
        self._tls: ssl.SSLContext | None = None

    def send(self, environ: "WSGIEnvironment", target: str, body: bytes) -> Reply:
        """Pass a request on; return the answer, or a problem document (RFC 9457).

        Args:
            environ: The request.
            target: The path as sent, with or without the query.
            body: The body.
        """
        try:
            return self.fetch(environ, target, body)
        except UpstreamError as error:
            return self.refuse(error.status, str(error))

    def fetch(self, environ: "WSGIEnvironment", target: str, body: bytes) -> Reply:
        """Pass a request on; return the answer.

        Args:
            environ: The request.
            target: The path as sent, with or without the query.
            body: The body.

        Raises:
            UpstreamError: The instance gives no usable answer.
        """
        if self._passage.pseudonym in environ.get("HTTP_VIA", ""):
            raise UpstreamError(LOOP, HTTPStatus.LOOP_DETECTED)
        release_loop()
        try:
            return self._exchange(environ, self._locate(environ, target), body)
        except TimeoutError as error:
            raise UpstreamError("no answer in time", HTTPStatus.GATEWAY_TIMEOUT) from error
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise UpstreamError(f"no answer: {reason}") from error

    def refuse(self, status: HTTPStatus, reason: str) -> Reply:
        """Log why there is no answer of the instance; return the problem document."""
        logger.warning("%s: %s", self.url, _make_printable(reason))
        return self.explain(status, reason)

    def explain(self, status: HTTPStatus, reason: str) -> Reply:
        """Return the problem document of a request without an answer of the instance."""
        detail = f"{self.url} (--upstream): {_make_printable(reason)}."
        problem = {"title": status.phrase, "status": status.value, "detail": detail}
        data = orjson.dumps(problem)
        headers = [
            ("Content-Type", "application/problem+json"),
            ("Content-Length", str(len(data))),
            (HINT_HEADER, detail),
        ]
        return Reply(f"{status.value} {status.phrase}", headers, [data])

    def _locate(self, environ: "WSGIEnvironment", target: str) -> str:
        """Return path and query for the instance."""
        path, query = target.partition("?")[0], environ.get("QUERY_STRING", "")
        if not SAFE_PATH.fullmatch(path):
            path = canonical(target)
        asked = f"?{quote(query, safe=printable.strip(), encoding='latin-1')}" if query else ""
        return f"{self._parts.path}{path}{asked}"

    def _exchange(self, environ: "WSGIEnvironment", target: str, body: bytes) -> Reply:
        method = environ["REQUEST_METHOD"]
        with closing(self._connect()) as connection:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in self._choose_headers(environ):
                connection.putheader(name, value)
            if body or method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            with closing(connection.getresponse()) as response:
                kept = PLAIN_HEADERS if self._passage.is_plain else frozenset()
                return _reply(
                    response, method, _read(response, self._passage.max_answer_bytes), kept
                )

    def _connect(self) -> HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._tls is None and self._parts.scheme == "https":
            self._tls = _trust(self._ca_file)
        whole = MAX_ANSWER_SECONDS
        return connect(host, port, tls=self._tls, timeout=self._timeout, whole=whole)

    def _choose_headers(self, environ: "WSGIEnvironment") -> Iterator[tuple[str, bytes]]:
        """Yield the headers for the instance."""
        yield "Host", self._parts.netloc.encode("ascii", "replace")
        yield "Accept-Encoding", b"identity"  # no secret is found in a compressed answer
        named = environ.get("HTTP_CONNECTION", "").lower().split(",")
        left_out = CONNECTION_HEADERS | REWRITTEN_HEADERS | {name.strip() for name in named}
        if environ["REQUEST_METHOD"] != "POST" and not self._passage.is_plain:
            left_out |= {OVERRIDE_HEADER}  # an override has been applied
        for variable, value in environ.items():
            if variable.startswith("HTTP_"):
                name = variable[5:].replace("_", "-").lower()
            elif variable == "CONTENT_TYPE" and value:
                name = "content-type"
            else:
                continue
            if name not in left_out and (self._passage.is_plain or not name.startswith(OWN_PREFIX)):
                yield name, str(value).encode("latin-1", "replace")
        passed = environ.get("HTTP_VIA", "")
        yield (
            "Via",
            f"{passed}, 1.1 {self._passage.pseudonym}".lstrip(", ").encode("latin-1", "replace"),
        )


def _make_printable(reason: str) -> str:
    return NOT_PRINTABLE.sub("?", reason.strip())[:MAX_HINT_CHARACTERS]


def leads_to(url: str, host: str, port: int) -> bool:
    """Return True for a URL of this machine with a port.

    Args:
        url: The URL.
        host: The address to listen on.
        port: The port.
    """
    parts = urlsplit(url)
    default = 443 if parts.scheme == "https" else 80
    return (parts.port or default) == port and parts.hostname in {host.lower(), *LOOPBACK_NAMES}


def _trust(ca_file: str) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities, the local one, and those of a file.

    Raises:
        OSError: The file can't be read, or holds no certificates.
    """
    # Only https needs the module, which takes a while to load.
    from emulator.http.certificate import find_authority  # noqa: PLC0415

    context = ssl.create_default_context()
    if file := find_authority():
        with suppress(OSError):  # a damaged file is no authority
            context.load_verify_locations(file)
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def _read(response: HTTPResponse, limit: int) -> bytes:
    """Return the body of an answer.

    Raises:
        UpstreamError: The answer has no body that can be passed back, or the body is too long.
    """
    if response.status == HTTPStatus.SWITCHING_PROTOCOLS:
        raise UpstreamError("the answer changes the protocol")
    if response.getheader("Transfer-Encoding", CHUNKED).strip().lower() != CHUNKED:
        raise UpstreamError("the answer has an unknown transfer coding")
    pieces, size = [], 0
    while piece := response.read1(PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise UpstreamError(f"the answer has more than {limit} bytes")
    if response.length:
        raise UpstreamError("the answer is cut off")
    return b"".join(pieces)


def _reply(
    response: HTTPResponse, method: str, body: bytes, kept: frozenset[str] = frozenset()
) -> Reply:
    """Return an answer for the client.

    Args:
        response: The answer.
        method: The method of the request.
        body: The body.
        kept: Headers, in lower case, to pass back though a server sets these itself.
    """
    status = response.status
    named = {name.strip().lower() for name in (response.getheader("Connection") or "").split(",")}
    headers = [
        (name, value)
        for name, value in response.getheaders()
        if (name.lower() in kept or not header.find_problem(name, value))
        and name.lower() not in CONNECTION_HEADERS | named
    ]
    length = response.getheader("Content-Length") if method == "HEAD" else str(len(body))
    if length and length.isdecimal() and status not in STATUSES_WITHOUT_BODY:
        headers.append(("Content-Length", length))
    phrases = {known.value: known.phrase for known in HTTPStatus}
    return Reply(f"{status} {phrases.get(status, 'Unknown')}", headers, [body])
