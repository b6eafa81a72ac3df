"""Answers of other servers within a time.

The timeout of a socket bounds the wait for the next bytes only: a server that sends a byte now and
then would hold a request for hours.
"""

from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from socket import SocketIO, socket
from ssl import SSLContext
from time import monotonic
from typing import Any

FIRST_FINAL_STATUS = 200


class _TimedReader(RawIOBase):
    """The bytes of a socket until a deadline."""

    def __init__(self, sock: socket, deadline: float) -> None:
        self._socket = sock
        self._raw: SocketIO = sock.makefile("rb", buffering=0)
        self._timeout = sock.gettimeout() or 0.0
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(min(self._timeout, left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    """An answer until a deadline; interim answers (RFC 9110, section 15.2) are passed over."""

    def __init__(self, sock: socket, *, deadline: float, **options: Any) -> None:
        super().__init__(sock, **options)
        self.fp.close()
        self.fp = BufferedReader(_TimedReader(sock, deadline))

    def begin(self) -> None:
        super().begin()
        while self.status < FIRST_FINAL_STATUS and self.status != HTTPStatus.SWITCHING_PROTOCOLS:
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()


def connect(
    host: str, port: int | None, *, tls: SSLContext | None, timeout: float, whole: float
) -> HTTPConnection:
    """Return a connection, not open yet, for one request.

    The answer raises TimeoutError if it takes too long.

    Args:
        host: The host.
        port: The port; None for the port of the scheme.
        tls: The context of https; None for http.
        timeout: The seconds for the connection, and between two pieces of the answer.
        whole: The seconds for the connection and the whole answer.
    """
    if tls is None:
        connection = HTTPConnection(host, port, timeout=timeout)
    else:
        connection = HTTPSConnection(host, port, timeout=timeout, context=tls)
    deadline = monotonic() + whole

    def respond(sock: socket, **options: Any) -> HTTPResponse:
        return _TimedResponse(sock, deadline=deadline, **options)

    connection.response_class = respond  # type: ignore[assignment]
    return connection
