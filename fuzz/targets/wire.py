"""Bytes on connections to a running server: heads, framing, pipelines."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic

from emulator import Emulator
from fuzz.bounds import Check, Finding
from fuzz.engine import Target
from fuzz.message import FIELD_NAMES, FIELD_VALUES
from fuzz.mutation import Corpus

ANSWER_SECONDS = 60.0
RECEIVED_BYTES = 65_536
MAX_PIPELINE_BYTES = 20_000
"""The bytes of a case: a few hundred requests, whose processor time is that of one case."""
PROBE = b"GET /__emulator__/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
PIPELINE = Corpus(
    (
        b"GET /s/-/dw/data/v23_2/sites HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /items?a=1 HTTP/1.1\r\nHost: a\r\n\r\nGET /items/item-1 HTTP/1.1\r\nHost: b\r\n\r\n",
        (
            b"POST /items HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b'Content-Length: 11\r\n\r\n{"sku":"s"}GET / HTTP/1.1\r\nHost: b\r\n\r\n'
        ),
        (
            b"POST /items HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            b'5\r\n{"a":\r\n2;x=y\r\n1}\r\n0\r\nX: y\r\n\r\nHEAD /items HTTP/1.1\r\nHost: c\r\n\r\n'
        ),
        (
            b"PUT /on/demandware.servlet/webdav/Sites/Temp/a HTTP/1.1\r\nHost: localhost\r\n"
            b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\nabHEAD / HTTP/1.1\r\nHost: d\r\n\r\n"
        ),
    ),
    (
        *(
            b"\r\n\r\n",
            b"Content-Length: 0\r\n",
            b"Content-Length: 99999999999\r\n",
            b"\r\n x: y\r\n",
        ),
        *(
            b"Transfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: gzip, chunked\r\n",
            b"HTTP/1.0",
            b"HTTP/2.0",
        ),
        *(
            b"Transfer-Encoding:\x0bchunked\r\n",
            b"0\r\n\r\n",
            b"ffffffffffffffff\r\n",
            b"Connection: close\r\n",
        ),
        *(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01\x02\x00",
            b"Host: x\r\n",
            b"GET  HTTP/1.1\r\n",
        ),
        *(name + b": x\r\n" for name in FIELD_NAMES),
        *FIELD_VALUES,
    ),
    MAX_PIPELINE_BYTES,
)


def receive_all(port: int, data: bytes) -> bytes:
    """Send bytes, close our half of the connection, and return all answers as bytes.

    Raises:
        Finding: The server does not close the connection in time.
    """
    received, until = bytearray(), monotonic() + ANSWER_SECONDS
    address = ("127.0.0.1", port)
    with (
        suppress(BrokenPipeError, ConnectionResetError),  # the server need not read to the end
        socket.create_connection(address, ANSWER_SECONDS) as client,
    ):
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        while monotonic() < until:
            try:
                piece = client.recv(RECEIVED_BYTES)
            except TimeoutError:
                break
            if not piece:
                return bytes(received)
            received += piece
        raise Finding(f"the connection stays open after {bytes(received)[:200]!r}")
    return bytes(received)


def check_answers(data: bytes) -> int:
    """Return the number of complete answers at the beginning; check each head.

    Raises:
        Finding: An answer is malformed, or an internal error.
    """
    count = 0
    while data.startswith(b"HTTP/1.1 "):
        head, ended, data = data.partition(b"\r\n\r\n")
        if not ended:
            return count
        first, *lines = head.split(b"\r\n")
        status = int(first.split()[1])
        if status == 500:  # noqa: PLR2004 - the answer to an internal error
            raise Finding("the answer is 500")
        if any(
            b"\n" in line or b"\r" in line or b"\0" in line or b":" not in line for line in lines
        ):
            raise Finding(f"the head {head!r} is malformed")
        count += status >= 200  # noqa: PLR2004 - a final status
        sizes = [line for line in lines if line.lower().startswith(b"content-length:")]
        if status < 200 or status in (204, 304) or not sizes:  # noqa: PLR2004 - RFC 9112, 6.3
            continue
        size = int(sizes[0].partition(b":")[2])
        if data[:9] != b"HTTP/1.1 ":  # the answer to HEAD has no body
            data = data[size:]
    return count


@contextmanager
def _open() -> Iterator[Check]:
    """Serve; after each case the server has to answer a probe."""
    with Emulator(fixtures="samples", journal=20) as emulator:
        port = int(emulator.url.rpartition(":")[2])

        def check(data: bytes) -> None:
            check_answers(receive_all(port, data))
            emulator.check()
            if check_answers(receive_all(port, PROBE)) != 1:
                raise Finding("the server does not answer any more")

        yield check


TARGETS = (Target("connections", PIPELINE, _open, weight=2),)
