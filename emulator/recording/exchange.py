"""An exchange: one request and its answer, as the journal keeps them and patterns look at them."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.cached_property import part
from emulator.clock import render_instant
from emulator.recording import caller
from emulator.recording.redaction import Mask

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from emulator.family import Family

Headers = Mapping[str, str]


class Body(NamedTuple):
    """The beginning of a body, and how long all of it was, in bytes."""

    data: bytes = b""
    size: int = 0

    @classmethod
    def of(cls, data: bytes, bound: int) -> "Body":
        """Return what is kept of a body: at most ``bound`` bytes."""
        return cls(data[:bound], len(data))

    @property
    def is_cut(self) -> bool:
        """Whether there was more of it."""
        return len(self.data) < self.size

    def show(self, mask: Mask, media_type: str) -> dict[str, Any]:
        """Return it as JSON: text without secrets, or Base64 where it is no UTF-8."""
        told = {"size": self.size, "truncated": self.is_cut}
        try:
            return {**told, "text": mask.body(self._decode(), media_type, cut=self.is_cut)}
        except UnicodeDecodeError:
            masked = mask.body(self.data.decode("latin-1"), media_type, cut=self.is_cut)
            return {**told, "base64": b64encode(masked.encode("latin-1", "replace")).decode()}

    def _decode(self) -> str:
        try:
            return self.data.decode()
        except UnicodeDecodeError as error:
            within_character = self.is_cut and error.end == len(self.data)
            if not within_character:
                raise
            return self.data[: error.start].decode()


EMPTY = Body()


class Reply(NamedTuple):
    """An answer on its way out.

    Attributes:
        status: Code and phrase.
        headers: Names and values.
        parts: The body.
        pause: Seconds to wait before each part.
    """

    status: str
    headers: list[tuple[str, str]]
    parts: list[bytes]
    pause: float = 0.0


@dataclass(eq=False)
class Exchange:
    """One request, and its answer once there is one.

    Attributes:
        family: The API that it went to.
        method: The method, after an override.
        path: The path in canonical form, percent-encoded.
        query: The query string.
        client: The client id it claims.
        environ: What was sent besides, by names of WSGI; headers are taken from there.
        at: When it came, by the clock of the workspace.
        number: Its place in the journal, from 1.
        seconds: How long the answer took.
        status: The status, 0 where the connection was closed without an answer.
        fault: The type of the fault it answered, empty if it is none.
        failpoint: The id of the failpoint that it met, empty if it met none.
        request_body: The body as it was sent.
        reply_headers: The headers of the answer.
        reply_body: Its body.
    """

    family: "Family"
    method: str
    path: str
    query: str
    client: str
    environ: "WSGIEnvironment"
    at: datetime
    number: int = 0
    seconds: float = 0.0
    status: int = 0
    fault: str = ""
    failpoint: str = ""
    request_body: Body = EMPTY
    reply_headers: list[tuple[str, str]] = field(default_factory=list)
    reply_body: Body = EMPTY

    @part
    def operation(self) -> str:
        """The name of the operation, empty if the path has none."""
        return self.family.name_operation(self.method, self.path)

    @part
    def headers(self) -> dict[str, str]:
        """The headers of the request, without secrets, by names in lower case."""
        return self.mask.headers(dict(_headers(self.environ)))

    @part
    def parameters(self) -> dict[str, str]:
        """The query parameters without secrets, the last of each name."""
        return self.mask.parameters(self.query)

    @part
    def mask(self) -> Mask:
        """What takes its secrets out of whatever is shown."""
        return Mask(self.environ.get("HTTP_AUTHORIZATION", ""))

    @part
    def size(self) -> int:
        """About how many bytes it takes to keep it."""
        answered = chain.from_iterable(self.reply_headers)
        headers = sum(map(len, chain(self.environ, self.environ.values(), answered)))
        texts = len(self.path) + len(self.query) + len(self.client)
        bodies = len(self.request_body.data) + len(self.reply_body.data)
        return OVERHEAD + headers + texts + bodies

    @property
    def line(self) -> str:
        """What it was and how it ended, in a line, without secrets."""
        return f"{self.method} {self.mask.text(self.path)}: {self.status} {self.fault}".rstrip()

    @property
    def body(self) -> str:
        """The beginning of the request's body as text, without secrets; empty if it is none."""
        shown = self.request_body.show(self.mask, self.headers.get("content-type", ""))
        return str(shown.get("text", ""))

    def answered(self, reply: Reply) -> None:
        """Take over what an answer says of itself."""
        self.status = int(reply.status[:3])
        self.reply_headers = reply.headers

    def show(self) -> dict[str, Any]:
        """Return it as JSON, without secrets."""
        answered = self.mask.headers({name.lower(): value for name, value in self.reply_headers})
        return {
            "number": self.number,
            "family": self.family.name,
            "method": self.method,
            "path": self.mask.text(self.path),
            "operation": self.operation,
            "client": self.mask.text(self.client),
            "status": self.status,
            "fault": self.fault,
            "failpoint": self.failpoint,
            "query": self.mask.query(self.query),
            "parameters": self.parameters,
            "at": render_instant(self.at),
            "seconds": round(self.seconds, 6),
            "request": self._message(self.headers, self.request_body),
            "answer": self._message(answered, self.reply_body),
        }

    def _message(self, headers: dict[str, str], body: Body) -> dict[str, Any]:
        shown = body.show(self.mask, headers.get("content-type", ""))
        return {"headers": headers, "body": shown}


OVERHEAD = 2048
"""Bytes that the objects themselves take, whatever their texts."""
FROM_ENVIRON = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}


def _headers(environ: "WSGIEnvironment") -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").lower(), value
        elif name in FROM_ENVIRON and value:
            yield FROM_ENVIRON[name], value


def begin(environ: "WSGIEnvironment", family: "Family", now: Callable[[], datetime]) -> Exchange:
    """Return the exchange of a request that has just come."""
    return Exchange(
        family,
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        environ.get("QUERY_STRING", ""),
        caller.claim(environ),
        {n: text for n, text in environ.items() if n.startswith(("HTTP_", "CONTENT_"))},
        now(),
    )
