"""The bundled HTTP server: a listening socket, and a loop for its clients."""

import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emulator.http.body import BodyMemory
from emulator.http.connection import Connection
from emulator.http.loop import Loop
from emulator.http.tls import Cipher
from emulator.http.wsgi import Gateway

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

BACKLOG = 1024
MAX_BODY_BYTES = 40 * 1024 * 1024
"""The largest body that is read.

The control plane takes states of large data sets: 100,000 records are 15 MB. The other APIs refuse
what is larger than 5 MB. Of a body beyond this bound they see only ``emulator.body_too_large``.
"""
MAX_BODIES_BYTES = 64 * 1024 * 1024
"""The bodies of all connections together that are read before other connections wait."""


class Listener:
    """An HTTP server for a WSGI application. Several servers live in one process.

    The server listens from the constructor on, and serves between ``start`` and ``stop``.

    Args:
        application: The WSGI application.
        host: Name or address to listen on.
        port: The port, 0 for any free port.
        context: The certificate for https, None for http.
        bound: A socket that listens already, instead of host and port.
        on_failure: Is called in the loop's thread after a fatal error, when nothing is served.

    Raises:
        OSError: The server cannot listen on the address.
    """

    def __init__(  # noqa: PLR0913 - half of the arguments have a default
        self,
        application: "WSGIApplication",
        host: str,
        port: int,
        context: ssl.SSLContext | None = None,
        bound: socket.socket | None = None,
        *,
        on_failure: Callable[[], object] | None = None,
    ) -> None:
        self._socket = bound or bind(host, port)
        self.host = host
        self.scheme = "https" if context else "http"
        self.port: int = self._socket.getsockname()[1]
        self._context = context
        self._gateway = Gateway(application, self.scheme, host, self.port)
        self._memory = BodyMemory(MAX_BODIES_BYTES, MAX_BODY_BYTES)
        name = f"ocapi-emulator:{self.port}"
        self._loop = Loop(self._socket, self._connect, self._memory, name, on_failure)

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def threads(self) -> int:
        """The present number of threads for requests."""
        return self._loop.size

    @property
    def failure(self) -> BaseException | None:
        """The fatal error of the server, None for none."""
        return self._loop.failure

    def start(self) -> None:
        """Serve in new threads; return at once."""
        self._loop.start()

    def stop(self) -> None:
        """Finish the requests in work, close all connections, and end the threads."""
        self._loop.stop()

    def _connect(self, client: socket.socket, address: tuple[Any, ...]) -> Connection:
        cipher = Cipher(self._context) if self._context else None
        return Connection(client, address, self._gateway, cipher, self._memory)


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket for an address.

    Raises:
        OSError: The address cannot be used.
    """
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(address[:2], family=family, backlog=BACKLOG)
