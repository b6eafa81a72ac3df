"""An exchange: one request and its answer, as the journal keeps them and patterns look at them."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from emulator import caller, mask

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from emulator.family import Family

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Body:
    """The beginning of a body, and how long all of it was, in bytes."""

    data: bytes = b""
    size: int = 0

    @classmethod
    def of(cls, data: bytes, bound: int) -> "Body":
        """Return what is kept of a body: at most ``bound`` bytes."""
        return cls(data[:bound], len(data))

    def show(self, token: str) -> dict[str, Any]:
        """Return it as JSON: text without secrets, or Base64 where it is no UTF-8."""
        told = {"size": self.size, "truncated": len(self.data) < self.size}
        try:
            return {**told, "text": mask.mask_text(self._decode(), token)}
        except UnicodeDecodeError:
            return {**told, "base64": b64encode(self.data).decode()}

    def _decode(self) -> str:
        try:
            return self.data.decode()
        except UnicodeDecodeError as error:
            cut = len(self.data) < self.size and error.end == len(self.data)
            if not cut:  # other than in the middle of the last character
                raise
            return self.data[: error.start].decode()


EMPTY = Body()


@dataclass(frozen=True, slots=True)
class Reply:
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

    @cached_property
    def operation(self) -> str:
        """The name of the operation, empty if the path has none."""
        return self.family.name_operation(self.method, self.path)

    @cached_property
    def headers(self) -> dict[str, str]:
        """The headers of the request, without secrets, by names in lower case."""
        return mask.mask_headers(dict(_headers(self.environ)), self.token)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The query parameters without secrets, the last of each name."""
        return dict(parse_qsl(mask.mask_text(self.query, self.token), keep_blank_values=True))

    @cached_property
    def token(self) -> str:
        """The credentials it came with, to be taken out of whatever is shown."""
        return mask.find_token({"authorization": self.environ.get("HTTP_AUTHORIZATION", "")})

    @cached_property
    def size(self) -> int:
        """About how many bytes it takes to keep it."""
        texts = sum(len(value) for value in self.environ.values())
        bodies = len(self.request_body.data) + len(self.reply_body.data)
        return OVERHEAD + texts + bodies + len(self.path) + len(self.query)

    @property
    def line(self) -> str:
        """What it was and how it ended, in a line."""
        return f"{self.method} {self.path}: {self.status} {self.fault}".rstrip()

    def answered(self, reply: Reply) -> None:
        """Take over what an answer says of itself."""
        self.status = int(reply.status[:3])
        self.reply_headers = reply.headers

    def show(self) -> dict[str, Any]:
        """Return it as JSON, without secrets."""
        told = {name: getattr(self, name) for name in ("number", "method", "path", "operation")}
        named = ("client", "status", "fault", "failpoint")
        told |= {name: getattr(self, name) for name in named}
        return {
            **told,
            "query": mask.mask_text(self.query, self.token),
            "parameters": self.parameters,
            "family": self.family.name,
            "at": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "seconds": round(self.seconds, 6),
            "request": {"headers": self.headers, "body": self.request_body.show(self.token)},
            "answer": {"headers": self._answered, "body": self.reply_body.show(self.token)},
        }

    @property
    def _answered(self) -> dict[str, str]:
        lower = {name.lower(): value for name, value in self.reply_headers}
        return mask.mask_headers(lower, self.token)


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
        {name: environ[name] for name in environ if name.startswith(("HTTP_", "CONTENT_"))},
        now(),
    )
