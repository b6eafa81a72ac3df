"""The HTTP server under the applications: a socket that listens, and what serves it."""

import socket
import ssl
from typing import TYPE_CHECKING, Any

from emulator.http.connection import Connection
from emulator.http.loop import Loop
from emulator.http.tls import Cipher
from emulator.http.wsgi import Gateway
from emulator.ocapi.wire.formats import LARGEST_BODY

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

BACKLOG = 1024
# The limit itself is the application's, which answers in its own form. This bounds what is read.
READ_AT_MOST = 8 * LARGEST_BODY


class Listener:
    """Listens from its making on, serves between ``start`` and ``stop``.

    Args:
        application: What answers.
        host: Name or address to listen on.
        port: The port, 0 for any free one.
        context: The certificate, if https is to be spoken.
        bound: A socket that listens already, in the place of host and port.

    Raises:
        OSError: The address cannot be listened on.
    """

    def __init__(
        self,
        application: "WSGIApplication",
        host: str,
        port: int,
        context: ssl.SSLContext | None = None,
        bound: socket.socket | None = None,
    ) -> None:
        self._socket = bound or bind(host, port)
        self.host = host
        self.scheme = "https" if context else "http"
        self.port: int = self._socket.getsockname()[1]
        self._context = context
        self._gateway = Gateway(application, self.scheme, host, self.port)
        self._loop = Loop(self._socket, self._connect, f"ocapi-emulator:{self.port}")

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def threads(self) -> int:
        """How many threads serve at present."""
        return self._loop.size

    def start(self) -> None:
        """Begin to serve, in threads of its own."""
        self._loop.start()

    def stop(self) -> None:
        """Finish the requests that are being answered, close all connections, end the threads."""
        self._loop.stop()

    def _connect(self, client: socket.socket, address: tuple[Any, ...]) -> Connection:
        cipher = Cipher(self._context) if self._context else None
        return Connection(client, address, self._gateway, cipher, READ_AT_MOST)


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address.

    Raises:
        OSError: It cannot be listened on.
    """
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(address[:2], family=family, backlog=BACKLOG)
