"""Servers for tests, and raw connections to them."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedRWPair
from typing import TYPE_CHECKING

from emulator.http.listener import Listener
from emulator.tests.wire import TIMEOUT, Answer, ask

if TYPE_CHECKING:
    from ssl import SSLContext

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

GET = b"GET /200 HTTP/1.1\r\nHost: localhost\r\n\r\n"


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer the status that the path names; with method, target and body unless bodiless."""
    status = environ["PATH_INFO"].strip("/")
    if status in ("204", "304"):
        start_response(f"{status} Bodiless", [])
        return []
    told = f"{environ['REQUEST_METHOD']} {environ['REQUEST_URI']} ".encode()
    body = told + environ["wsgi.input"].read()
    start_response(f"{status} Told", [("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


@contextmanager
def serving(
    app: "WSGIApplication", host: str = "127.0.0.1", context: "SSLContext | None" = None
) -> Iterator[Listener]:
    """Serve an application."""
    listener = Listener(app, host, 0, context)
    listener.start()
    try:
        yield listener
    finally:
        listener.stop()


@contextmanager
def connected(port: int, host: str = "127.0.0.1") -> Iterator[BufferedRWPair]:
    """Connect to a server."""
    address = (host, port)
    with socket.create_connection(address, TIMEOUT) as client, client.makefile("rwb") as stream:
        yield stream


def exchange(port: int, data: bytes) -> Answer:
    """Send a request on a connection of its own; return the answer."""
    with connected(port) as stream:
        return ask(stream, data)
