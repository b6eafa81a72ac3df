"""A persistent HTTP connection with a report of its early end."""

import asyncio
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import orjson

ANSWER_TIMEOUT_SECONDS = 60.0
HEAD_END = b"\r\n\r\n"
BODILESS_STATUSES = (204, 304)
EARLY_END = "the end of the connection"
MAX_SHOWN_CHARACTERS = 2_000


class WireError(Exception):
    """The answer is late, or is not an HTTP/1.1 answer with a length."""


@dataclass(frozen=True)
class Request:
    """A request.

    Attributes:
        method: The method.
        path: The path with the query.
        body: A JSON value, bytes, or None for no body.
        headers: The headers; None removes a default header of the session.
    """

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str | None] = field(default_factory=dict)

    def having(self, **headers: str | None) -> "Request":
        """Return the same request with further headers; ``_`` in a name stands for a hyphen."""
        further = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **further})

    def encode(self, host: str) -> bytes:
        """Return the bytes to send."""
        headers = {"Host": host, **{n: v for n, v in self.headers.items() if v is not None}}
        body = self.body if isinstance(self.body, bytes) else b""
        if self.body is not None and not isinstance(self.body, bytes):
            body = orjson.dumps(self.body)
            headers.setdefault("Content-Type", "application/json")
        if self.body is not None or self.method in {"POST", "PUT", "PATCH"}:
            headers["Content-Length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + body

    def __str__(self) -> str:
        kept = {n: v for n, v in self.headers.items() if n != "Authorization" and v is not None}
        body = b"" if self.body is None else self.body
        text = (body if isinstance(body, bytes) else orjson.dumps(body)).decode(errors="replace")
        return f"{self.method} {self.path} {kept} {text[:MAX_SHOWN_CHARACTERS]}".rstrip()


@dataclass(frozen=True)
class Answer:
    """An answer.

    Attributes:
        status: The status; 0 without an answer.
        headers: The headers, by lower-case names.
        body: The body, or the received beginning.
        seconds: From the first byte sent to the last byte received.
        ended: How the connection ended too early; empty if it did not.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0
    ended: str = ""

    @property
    def whole(self) -> bool:
        """Whether the answer is complete."""
        return not self.ended

    @property
    def json(self) -> Any:
        """The body as JSON; None without a body.

        Raises:
            ValueError: The body is not JSON.
        """
        return orjson.loads(self.body) if self.body else None

    def __str__(self) -> str:
        body = self.body.decode(errors="replace")[:MAX_SHOWN_CHARACTERS]
        text = f"{self.status} {dict(self.headers)} {body}"
        return f"{self.ended} after: {text}".rstrip() if self.ended else text.rstrip()


class Connection:
    """A connection; opened on first use and again after an early end.

    Args:
        url: The base URL of the server.
    """

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.host = address.netloc
        self._address = address.hostname or "", address.port or 80
        self._streams: tuple[StreamReader, StreamWriter] | None = None

    async def ask(self, request: Request) -> Answer:
        """Return the answer to a request; an incomplete one if the connection ended.

        Raises:
            WireError: The answer is late, or is not an answer.
        """
        began = perf_counter()
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
                answer = await self._exchange(request)
        except TimeoutError as error:
            raise WireError(f"no answer within {ANSWER_TIMEOUT_SECONDS:g} s") from error
        if not answer.whole:
            await self.close()
        return replace(answer, seconds=perf_counter() - began)

    async def _exchange(self, request: Request) -> Answer:
        try:
            reader, writer = self._streams or await self._open()
            writer.write(request.encode(self.host))
            return await _read(reader, request.method)
        except OSError as error:
            return Answer(0, {}, b"", ended=str(error))
        except IncompleteReadError as error:
            return Answer(0, {}, error.partial, ended=EARLY_END)

    async def close(self) -> None:
        """Close an open connection."""
        if self._streams:
            self._streams[1].close()
            with suppress(OSError):
                await self._streams[1].wait_closed()
        self._streams = None

    async def _open(self) -> tuple[StreamReader, StreamWriter]:
        self._streams = await asyncio.open_connection(*self._address, limit=1 << 20)
        return self._streams


async def _read(reader: StreamReader, method: str) -> Answer:
    head = await reader.readuntil(HEAD_END)
    try:
        status, headers = _parse(head)
        has_body = method != "HEAD" and status not in BODILESS_STATUSES
        length = int(headers.get("content-length", "")) if has_body else 0
    except (IndexError, ValueError) as error:
        raise WireError(f"no length in the answer {head!r}") from error
    try:
        body = await reader.readexactly(length)
    except IncompleteReadError as error:
        return Answer(status, headers, error.partial, ended=EARLY_END)
    return Answer(status, headers, body)


def _parse(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    named = (line.partition(":") for line in lines)
    return int(first.split(" ")[1]), {name.lower(): text.strip() for name, _, text in named}
