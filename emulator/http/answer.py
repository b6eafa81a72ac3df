"""Answers on their way out: what an application says, as the bytes of RFC 9112."""

import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from functools import lru_cache
from types import TracebackType
from typing import Any

from emulator.http.request import Head, Refusal

Headers = list[tuple[str, str]]
ExcInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | None
)
BODILESS = ("1", "204", "304")
"""Beginnings of statuses whose answers have no body, and need no length to say so."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Answer:
    """One answer.

    Args:
        send: What takes its bytes.
        head: The request that it belongs to.
        is_last: Whether the connection ends with it whatever the client says.

    Attributes:
        is_begun: Whether any of its bytes were sent.
        is_last: Whether the connection ends with it.
    """

    def __init__(self, send: Callable[[bytes], None], head: Head, *, is_last: bool = False) -> None:
        self.is_begun = False
        self.is_last = is_last or not _may_keep(head)
        self._send = send
        self._head = head
        self._status = ""
        self._headers: Headers = []
        self._left: int | None = None  # bytes that are still to come, if it was said how many
        self._is_chunked = False

    def start(
        self, status: str, headers: Headers, exc_info: ExcInfo = None
    ) -> Callable[[bytes], Any]:
        """Take status and headers: the ``start_response`` of PEP 3333.

        Raises:
            RuntimeError: It was called before.
        """
        if self.is_begun and exc_info and exc_info[1]:
            raise exc_info[1]
        if self._status and not exc_info:
            raise RuntimeError("start_response was called twice")
        self._status, self._headers = status, headers
        return self.write

    def write(self, part: bytes) -> None:
        """Send a part of the body, and the head before the first one."""
        if part:
            head = b"" if self.is_begun else self._begin(None)
            self._send(head + self._frame(part))

    def write_whole(self, body: bytes) -> None:
        """Send all of the body at once."""
        self._send(self._begin(len(body)) + self._frame(body))

    def finish(self) -> None:
        """Send what ends the answer."""
        if not self.is_begun:
            self.write_whole(b"")
        if self._is_chunked:
            self._send(b"0\r\n\r\n")
        if self._left:
            self.is_last = True  # nothing else tells that no more is to come

    def _frame(self, part: bytes) -> bytes:
        if self._left is not None:
            part = part[: self._left]
            self._left -= len(part)
        return b"%x\r\n%b\r\n" % (len(part), part) if self._is_chunked else part

    def _begin(self, size: int | None) -> bytes:
        """Return the head, and settle the framing of a body of so many bytes, if that is known."""
        if not self._status:
            raise RuntimeError("start_response was not called")
        lines = [f"HTTP/1.1 {self._status}"]
        lines += [f"{name}: {value}" for name, value in self._headers]
        lines += self._choose_framing(size)
        lines += [f"Date: {_tell_date(int(time.time()))}", *self._tell_connection(), "\r\n"]
        text = "\r\n".join(lines)
        if text.count("\n") != len(lines):
            raise ValueError("a header of the answer has a line break")
        data = text.encode("latin-1")
        self.is_begun = True
        return data

    def _choose_framing(self, size: int | None) -> Iterator[str]:
        """Yield the header that the framing needs besides those of the application."""
        announced = [value for name, value in self._headers if name.lower() == "content-length"]
        if self._status.startswith(BODILESS) or self._head.method == "HEAD":
            self._left = 0
        elif announced:
            self._left = int(announced[0])
        elif size is not None:
            yield f"Content-Length: {size}"
        elif self._head.version == "1.1":
            self._is_chunked = True
            yield "Transfer-Encoding: chunked"
        if self._head.version == "1.0" and not announced and size is None:
            self.is_last = True

    def _tell_connection(self) -> Iterator[str]:
        if self.is_last:
            yield "Connection: close"
        elif self._head.version == "1.0":
            yield "Connection: Keep-Alive"


def _may_keep(head: Head) -> bool:
    """Return whether the client lets the connection go on (RFC 9112, 9.3)."""
    if "HTTP_CONNECTION" not in head.fields:
        return head.version == "1.1"
    options = head.connection_options
    return "close" not in options and (head.version == "1.1" or "keep-alive" in options)


@lru_cache(maxsize=2)
def _tell_date(second: int) -> str:
    return formatdate(second, usegmt=True)


def refuse(refusal: Refusal) -> bytes:
    """Return the answer to what is no request; the connection ends with it."""
    return _tell_plainly(refusal.status, str(refusal))


def fail() -> bytes:
    """Return the answer in the place of one that the application failed to give."""
    return _tell_plainly("500 Internal Server Error", "The reason is in the server's log.")


def _tell_plainly(status: str, text: str) -> bytes:
    body = f"{text}\n"
    lines = (
        f"HTTP/1.1 {status}",
        "Connection: close",
        f"Content-Length: {len(body)}",
        "Content-Type: text/plain; charset=utf-8",
        f"Date: {_tell_date(int(time.time()))}",
    )
    return "\r\n".join((*lines, "", body)).encode()
