"""What tests say to a server byte by byte, and what they hear."""

from http.client import HTTPMessage, parse_headers
from io import BufferedRWPair
from typing import NamedTuple

TIMEOUT = 10


class Answer(NamedTuple):
    """An answer as it arrived."""

    status: int
    headers: HTTPMessage
    body: bytes


def send(stream: BufferedRWPair, data: bytes) -> None:
    """Send bytes at once."""
    stream.write(data)
    stream.flush()


def receive_head(stream: BufferedRWPair) -> Answer:
    """Return what comes before the body of the next answer."""
    status = stream.readline().split()[1]
    return Answer(int(status), parse_headers(stream), b"")


def receive(stream: BufferedRWPair) -> Answer:
    """Return the next answer, whose length must be told if it has a body."""
    head = receive_head(stream)
    return head._replace(body=stream.read(int(head.headers.get("Content-Length", 0))))


def ask(stream: BufferedRWPair, data: bytes) -> Answer:
    """Send a request and return its answer."""
    send(stream, data)
    return receive(stream)
