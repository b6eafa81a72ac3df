"""Answers: status, headers and body of an application as bytes (RFC 9112, sections 4, 6 and 9).

Rules:

- The framing belongs to the server. Of the application's headers ``Connection``, ``Keep-Alive``,
  ``Proxy-Connection``, ``TE``, ``Trailer``, ``Transfer-Encoding`` and ``Upgrade`` are left out (PEP
  3333 forbids them to applications); ``Connection: close`` is obeyed.
- A status is final, from 200 on. An interim status would leave the client waiting.
- The name of a header is a token. No line holds CR, LF or NUL: the answer is 500 rather than two
  answers of an attacker's choice (response splitting).
- The first Content-Length that is a number counts. A longer body is cut; after a shorter one the
  connection ends, which is how the client notices. Answers to HEAD, 204 and 304 have no body.

Framing of a body, the first line that fits:

=====================================  ==========================================
the answer                             framing
=====================================  ==========================================
to HEAD, or with 204 or 304            no body; 204 has no Content-Length either
has a Content-Length                   that many bytes
is given at once                       Content-Length of the server
to HTTP/1.1                            chunked
to HTTP/1.0                            the end of the connection
=====================================  ==========================================
"""

import re
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from functools import lru_cache
from types import TracebackType
from typing import Any

from emulator.http.request import CONTENT_LENGTH, TOKEN, Head, Refusal

Headers = list[tuple[str, str]]
ExcInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | None
)
FIELD_NAME = re.compile(TOKEN.decode())
# status-code SP [ reason-phrase ], without the interim codes.
STATUS = re.compile(r"[2-9][0-9][0-9] .*+", re.ASCII)
CONNECTION_FIELDS = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
"""Headers between the server and the client alone (RFC 9110, 7.6.1), in lower case."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Answer:
    """An answer to a request.

    Args:
        send: Takes the bytes of the answer.
        head: The head of the request.
        is_last: Whether the connection ends with the answer, whatever the client says.

    Attributes:
        is_begun: Whether bytes of the answer were sent.
        is_last: Whether the connection ends with the answer.
    """

    def __init__(self, send: Callable[[bytes], Any], head: Head, *, is_last: bool = False) -> None:
        self.is_begun = False
        self.is_last = is_last or not _may_persist(head)
        self._send = send
        self._head = head
        self._status = ""
        self._headers: Headers = []
        self._missing: int | None = None  # bytes to come, if the length is known
        self._is_chunked = False

    def start(
        self, status: str, headers: Headers, exc_info: ExcInfo = None
    ) -> Callable[[bytes], Any]:
        """Take status and headers: the ``start_response`` of PEP 3333.

        Raises:
            RuntimeError: The application has called the function before.
        """
        if self.is_begun and exc_info and exc_info[1]:
            raise exc_info[1]
        if self._status and not exc_info:
            raise RuntimeError("start_response was called twice")
        self._status, self._headers = status, headers
        return self.write

    def write(self, part: bytes) -> None:
        """Send a part of the body, after the head if the part is the first."""
        # PEP 3333: headers wait for the first byte, so that an error can still change them.
        if part:
            head = b"" if self.is_begun else self._begin(None)
            self._send(head + self._frame(part))

    def write_whole(self, body: bytes) -> None:
        """Send head and body at once."""
        self._send(self._begin(len(body)) + self._frame(body))

    def finish(self) -> None:
        """Send the end of the answer."""
        if not self.is_begun:
            self.write_whole(b"")
        if self._is_chunked:
            self._send(b"0\r\n\r\n")
        if self._missing:
            self.is_last = True  # the end of the connection tells the client of missing bytes

    def _frame(self, part: bytes) -> bytes:
        if self._missing is not None:
            part = part[: self._missing]
            self._missing -= len(part)
        return b"%x\r\n%b\r\n" % (len(part), part) if self._is_chunked else part

    def _begin(self, size: int | None) -> bytes:
        """Return the head of the answer.

        Args:
            size: The bytes of the body, None if unknown.

        Raises:
            RuntimeError: The application has not called ``start_response``.
            ValueError: Status or headers cannot be sent.
        """
        if not self._status:
            raise RuntimeError("start_response was not called")
        lines = [_start_line(self._status)]
        lines += self._choose_headers()
        lines += self._choose_framing(size)
        lines += [*self._describe_connection(), "\r\n"]
        text = "\r\n".join(lines)
        if not text.count("\n") == text.count("\r") == len(lines) or "\0" in text:
            raise ValueError("a header of the answer has a line break or NUL")
        data = text.encode("latin-1")
        self.is_begun = True
        return data

    def _choose_headers(self) -> list[str]:
        """Return the headers of the application, but for the headers of the server."""
        lines, has_date = [], False
        for name, value in self._headers:
            if special := _find_special(name):
                if special == "connection" and "close" in value.lower():
                    self.is_last = True
                if special in CONNECTION_FIELDS:
                    continue
                if special == "content-length" and not self._takes_length(value):
                    continue
                has_date = has_date or special == "date"
            lines.append(f"{name}: {value}")
        if not has_date:
            lines.append(f"Date: {_format_date(int(time.time()))}")
        return lines

    def _takes_length(self, value: str) -> bool:
        """Take a Content-Length of the application; return False to leave the header out."""
        if (
            self._missing is not None
            or self._status.startswith("204")
            or not CONTENT_LENGTH.fullmatch(value)
        ):
            return False
        self._missing = int(value)
        return True

    def _choose_framing(self, size: int | None) -> Iterator[str]:
        """Yield the header for the framing of a body; see the module's table."""
        if self._head.method == "HEAD" or self._status.startswith(("204", "304")):
            self._missing = 0
        elif self._missing is not None:
            return
        elif size is not None:
            yield f"Content-Length: {size}"
        elif self._head.version == "1.1":
            self._is_chunked = True
            yield "Transfer-Encoding: chunked"
        else:
            self.is_last = True

    def _describe_connection(self) -> Iterator[str]:
        if self.is_last:
            yield "Connection: close"
        elif self._head.version == "1.0":
            yield "Connection: Keep-Alive"


@lru_cache(maxsize=1024)
def _start_line(status: str) -> str:
    """Return the status line.

    Raises:
        ValueError: The status is not final, or has no phrase.
    """
    if not STATUS.fullmatch(status):
        raise ValueError(f"'{status}' is not a final status with its phrase")
    return f"HTTP/1.1 {status}"


@lru_cache(maxsize=1024)
def _find_special(name: str) -> str:
    """Return the name of a header in lower case if the server looks at the header, else nothing.

    Raises:
        ValueError: The name is no token.
    """
    # ``Content-Length :`` would be another header for us, and the same one for some clients.
    if not FIELD_NAME.fullmatch(name):
        raise ValueError(f"'{name}' is not the name of a header")
    lowered = name.lower()
    return lowered if lowered in CONNECTION_FIELDS | {"content-length", "date"} else ""


def _may_persist(head: Head) -> bool:
    """Return whether the client keeps the connection open (RFC 9112, 9.3)."""
    if "HTTP_CONNECTION" not in head.fields:
        return head.version == "1.1"
    options = head.connection_options
    return "close" not in options and (head.version == "1.1" or "keep-alive" in options)


@lru_cache(maxsize=2)
def _format_date(second: int) -> str:
    return formatdate(second, usegmt=True)


def format_refusal(refusal: Refusal) -> bytes:
    """Return the last answer of a connection, after malformed bytes."""
    return _format_text(refusal.status, str(refusal))


def format_failure() -> bytes:
    """Return the last answer of a connection, after a failure of the application."""
    return _format_text("500 Internal Server Error", "The reason is in the server's log.")


def _format_text(status: str, text: str) -> bytes:
    body = f"{text}\n"
    lines = (
        f"HTTP/1.1 {status}",
        "Connection: close",
        f"Content-Length: {len(body)}",
        "Content-Type: text/plain; charset=utf-8",
        f"Date: {_format_date(int(time.time()))}",
    )
    return "\r\n".join((*lines, "", body)).encode()
