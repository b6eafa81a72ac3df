"""One kept connection: requests out, answers in, and when it ended."""

import asyncio
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import orjson

PATIENCE = 60.0  # seconds
HEAD_END = b"\r\n\r\n"
BODILESS = (204, 304)
END = "the end of the connection"
SHOWN = 2_000  # characters of a body that are told


class WireError(Exception):
    """What came is no answer of HTTP/1.1 that tells its length, or it did not come in time."""


@dataclass(frozen=True)
class Request:
    """What is asked.

    Attributes:
        method: The method.
        path: The path with the query.
        body: A JSON value, bytes, or None for no body.
        headers: Headers; a value of None takes away one that the session would send.
    """

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str | None] = field(default_factory=dict)

    def having(self, **headers: str | None) -> "Request":
        """Return the same request with further headers, whose names have hyphens for ``_``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})

    def encode(self, host: str) -> bytes:
        """Return the bytes on the wire."""
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
        return f"{self.method} {self.path} {kept} {text[:SHOWN]}".rstrip()


@dataclass(frozen=True)
class Answer:
    """What came.

    Attributes:
        status: The status; 0 if there was none.
        headers: The headers, their names in lower case.
        body: The body, or as much of it as came.
        seconds: From the first byte sent to the last one received.
        ended: How the connection ended before all of it came; empty if it did not.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0
    ended: str = ""

    @property
    def whole(self) -> bool:
        """Whether all of it came."""
        return not self.ended

    @property
    def json(self) -> Any:
        """The body as JSON; None without a body.

        Raises:
            ValueError: It is none.
        """
        return orjson.loads(self.body) if self.body else None

    def __str__(self) -> str:
        told = f"{self.status} {dict(self.headers)} {self.body.decode(errors='replace')[:SHOWN]}"
        return f"{self.ended} after: {told}".rstrip() if self.ended else told.rstrip()


class Connection:
    """One connection, opened when it is needed and open until the server ends it.

    Args:
        url: The base URL of the server.
    """

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.host = address.netloc
        self._address = address.hostname or "", address.port or 80
        self._streams: tuple[StreamReader, StreamWriter] | None = None

    async def ask(self, request: Request) -> Answer:
        """Return the answer to a request; one that is not whole if the connection ended.

        Raises:
            WireError: No answer came within a minute, or something that is none.
        """
        began = perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._exchange(request)
        except TimeoutError as error:
            raise WireError(f"no answer within {PATIENCE:g} s") from error
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
            return Answer(0, {}, error.partial, ended=END)

    async def close(self) -> None:
        """Close it, if it is open."""
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
        has_body = method != "HEAD" and status not in BODILESS
        length = int(headers.get("content-length", "")) if has_body else 0
    except (IndexError, ValueError) as error:
        raise WireError(f"no answer that tells its length, but {head!r}") from error
    try:
        body = await reader.readexactly(length)
    except IncompleteReadError as error:
        return Answer(status, headers, error.partial, ended=END)
    return Answer(status, headers, body)


def _parse(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    named = (line.partition(":") for line in lines)
    return int(first.split(" ")[1]), {name.lower(): text.strip() for name, _, text in named}
