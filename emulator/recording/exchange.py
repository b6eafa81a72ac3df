"""An exchange: a request and the answer, in the form for a journal."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.clock import render_instant
from emulator.family import HINT_HEADER
from emulator.recording import caller
from emulator.recording.redaction import Redactor

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from emulator.family import Family

Headers = Mapping[str, str]


class Body(NamedTuple):
    """The beginning of a body, and the size of the whole body in bytes."""

    data: bytes = b""
    size: int = 0

    @classmethod
    def of(cls, data: bytes, bound: int) -> "Body":
        """Return the first ``bound`` bytes of a body, and the size."""
        return cls(data[:bound], len(data))

    @property
    def is_cut(self) -> bool:
        """True if the end of the body is missing."""
        return len(self.data) < self.size

    def show(self, redactor: Redactor, media_type: str) -> dict[str, Any]:
        """Return JSON with the text of the body; Base64 for a body other than UTF-8."""
        shown = {"size": self.size, "truncated": self.is_cut}
        try:
            return {**shown, "text": redactor.body(self._decode(), media_type, cut=self.is_cut)}
        except UnicodeDecodeError:
            text = redactor.body(self.data.decode("latin-1"), media_type, cut=self.is_cut)
            return {**shown, "base64": b64encode(text.encode("latin-1", "replace")).decode()}

    def _decode(self) -> str:
        try:
            return self.data.decode()
        except UnicodeDecodeError as error:
            within_character = self.is_cut and error.end == len(self.data)
            if not within_character:
                raise
            return self.data[: error.start].decode()


EMPTY_BODY = Body()
IDENTITY = "identity"
"""The content coding of a body as it is (RFC 9110, section 8.4.1)."""


POLICY_HEADER = "Content-Security-Policy"
ISOLATION = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts"
"""The policy of pages that are not ours: an origin of their own (Content Security Policy, W3C)."""
PAGE_TYPES = frozenset(
    ("", "text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml")
)
"""The media types that browsers show with scripts; without a type they guess."""


class Reply(NamedTuple):
    """An answer, not sent yet.

    Attributes:
        status: Code and phrase.
        headers: Names and values.
        parts: The body.
        pause: Seconds to wait before each part.
        is_cut: Whether the connection is dropped after the parts.
        stream: The body instead of ``parts``, if the body is read while it is sent.
    """

    status: str
    headers: list[tuple[str, str]]
    parts: list[bytes]
    pause: float = 0.0
    is_cut: bool = False
    stream: Iterable[bytes] | None = None

    def isolate(self) -> "Reply":
        """Return the answer with ``ISOLATION`` if a browser may show the answer as a page.

        The pages of the console have the same origin as uploaded files, the answers of stubs and
        the answers of a real instance. Scripts of such a document must not use the control plane.
        """
        names = {name.lower(): value for name, value in self.headers}
        media_type = names.get("content-type", "").partition(";")[0].strip().lower()
        is_page = media_type in PAGE_TYPES and (self.stream is not None or any(self.parts))
        if not is_page or POLICY_HEADER.lower() in names:
            return self
        return self._replace(headers=[*self.headers, (POLICY_HEADER, ISOLATION)])


@dataclass(eq=False)
class Exchange:
    """A request and the answer.

    Attributes:
        family: The API of the request.
        method: The method, after an override.
        path: The path in canonical form, percent-encoded.
        query: The query string.
        environ: The request's headers with the names of the WSGI environment.
        at: The time of the request by the clock of the workspace.
        number: The number in the journal, from 1.
        seconds: The duration of the answer.
        status: The status, 0 if the connection was closed without an answer.
        fault: The type of the answered fault, empty if there is none.
        failpoint: The id of the failpoint that changed the answer, empty if there is none.
        stub: The id of the stub that answered or refused the request, empty if there is none.
        upstream: The URL of the instance that the request was passed to, empty if there is none.
        request_body: The body of the request.
        reply_headers: The headers of the answer.
        reply_body: The body of the answer.
        concealed: The names of members with a secret, besides names of secrets.
        form_client: The client id in a form, empty if there is none.
    """

    family: "Family"
    method: str
    path: str
    query: str
    environ: "WSGIEnvironment"
    at: datetime
    number: int = 0
    seconds: float = 0.0
    status: int = 0
    fault: str = ""
    failpoint: str = ""
    stub: str = ""
    upstream: str = ""
    request_body: Body = EMPTY_BODY
    reply_headers: list[tuple[str, str]] = field(default_factory=list)
    reply_body: Body = EMPTY_BODY
    concealed: Sequence[str] = ()
    form_client: str = ""

    @cached_property
    def client(self) -> str:
        """The client id in the request, not verified; empty if there is none."""
        return caller.claim({**self.environ, "QUERY_STRING": self.query}, self.form_client)

    @cached_property
    def operation(self) -> str:
        """The name of the operation, empty for unknown paths."""
        return self.family.name_operation(self.method, self.path)

    @cached_property
    def headers(self) -> dict[str, str]:
        """The headers of the request without secrets, by names in lower case."""
        return self.redactor.headers(dict(_headers(self.environ)))

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The query parameters without secrets, the last of each name."""
        return self.redactor.parameters(self.query)

    @cached_property
    def redactor(self) -> Redactor:
        """The redactor of the exchange's secrets."""
        return Redactor(self.environ.get("HTTP_AUTHORIZATION", ""), self.concealed)

    @cached_property
    def size(self) -> int:
        """The memory of the exchange in bytes, roughly."""
        reply_headers = chain.from_iterable(self.reply_headers)
        headers = sum(map(len, chain(self.environ, self.environ.values(), reply_headers)))
        texts = sum(map(len, (self.path, self.query, self.form_client, *self.concealed)))
        bodies = len(self.request_body.data) + len(self.reply_body.data)
        return OBJECT_BYTES + headers + texts + bodies

    @property
    def unserved(self) -> str:
        """The hint about a missing operation or version, empty for none (URL-8)."""
        if self.status != HTTPStatus.NOT_FOUND:
            return ""
        hints = (value for name, value in self.reply_headers if name.lower() == HINT_HEADER)
        return next(hints, "")

    @property
    def is_planned(self) -> bool:
        """Whether a failpoint or a stub decided about the answer, so that 5xx is no error."""
        return bool(self.failpoint or self.stub)

    @property
    def line(self) -> str:
        """Method, path, status and fault in a line, without secrets."""
        request = f"{self.redactor.text(self.method)} {self.redactor.text(self.path)}"
        return f"{request}: {self.status} {self.fault}".rstrip()

    @property
    def body(self) -> str:
        """The beginning of the request's body without secrets; empty for binary data."""
        shown = self.request_body.show(self.redactor, self.headers.get("content-type", ""))
        return str(shown.get("text", ""))

    def conceal(self, names: Iterable[str]) -> None:
        """Note names of members with a secret."""
        self.concealed = tuple(sorted(names))
        self.redactor.names = frozenset(names)
        for shown in ("headers", "parameters"):  # which a failpoint may have asked for before
            self.__dict__.pop(shown, None)

    def answered(self, reply: Reply, bound: int) -> None:
        """Note status and headers of the answer, and the first ``bound`` bytes of the body."""
        self.status = int(reply.status[:3])
        self.reply_headers = reply.headers
        if reply.stream is None:
            self.reply_body = Body.of(b"".join(reply.parts), bound)
        else:
            self.reply_body = Body(b"", int(dict(reply.headers).get("Content-Length", 0)))

    def show(self) -> dict[str, Any]:
        """Return the exchange as JSON, without secrets."""
        redactor = self.redactor
        answer_headers = {name.lower(): value for name, value in self.reply_headers}
        return {
            "number": self.number,
            "family": self.family.name,
            "method": redactor.text(self.method),
            "path": redactor.text(self.path),
            "operation": self.operation,
            "client": redactor.text(self.client),
            "status": self.status,
            "fault": self.fault,
            "failpoint": self.failpoint,
            "stub": self.stub,
            "upstream": self.upstream,
            "query": redactor.query(self.query),
            "parameters": self.parameters,
            "at": render_instant(self.at),
            "seconds": round(self.seconds, 6),
            "request": self._show_message(self.headers, self.request_body),
            "answer": self._show_message(redactor.headers(answer_headers), self.reply_body),
        }

    def _show_message(self, headers: dict[str, str], body: Body) -> dict[str, Any]:
        if headers.get("content-encoding", IDENTITY) != IDENTITY:
            body = Body(b"", body.size)  # no secret is found in a compressed body
        shown = body.show(self.redactor, headers.get("content-type", ""))
        return {"headers": headers, "body": shown}


OBJECT_BYTES = 2048
"""Memory of an exchange without the texts."""
TEXT_ONLY = frozenset({str})
HEADER_PREFIXES = ("HTTP_", "CONTENT_")
CONTENT_HEADERS = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}


def _headers(environ: "WSGIEnvironment") -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").lower(), value
        elif name in CONTENT_HEADERS and value:
            yield CONTENT_HEADERS[name], value


def begin(environ: "WSGIEnvironment", family: "Family", now: Callable[[], datetime]) -> Exchange:
    """Return the exchange of a new request."""
    sent = {n: value for n, value in environ.items() if n.startswith(HEADER_PREFIXES)}
    if not TEXT_ONLY.issuperset(map(type, sent.values())):
        sent = {name: caller.read(environ, name) for name in sent}
    method, path = environ.get("REQUEST_METHOD", ""), environ.get("PATH_INFO", "")
    exchange = Exchange(family, method, path, environ.get("QUERY_STRING", ""), sent, now())
    # A form is read at once: the journal may keep less of the body.
    if caller.FORM_MEDIA_TYPE in sent.get("CONTENT_TYPE", "").lower():
        exchange.form_client = caller.read_form(environ)
    return exchange
