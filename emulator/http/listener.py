"""The bundled HTTP server: a listening socket, and a loop for its clients."""

import errno
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from emulator.http.body import BodyMemory
from emulator.http.connection import Connection
from emulator.http.loop import Loop
from emulator.http.tls import Cipher
from emulator.http.wsgi import Gateway

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

BACKLOG = 1024
MAX_PORT_TRIES = 10
"""The free ports to try for several hosts."""
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
        hosts: Name or address to listen on, or several of these.
        port: The port, 0 for any free port.
        context: The certificate for https, None for http.
        bound: Sockets that listen already, instead of hosts and port.
        on_failure: Is called in the loop's thread after a fatal error, when nothing is served.

    Raises:
        OSError: The server cannot listen on the address.
    """

    def __init__(  # noqa: PLR0913 - half of the arguments have a default
        self,
        application: "WSGIApplication",
        hosts: str | Sequence[str],
        port: int,
        context: ssl.SSLContext | None = None,
        bound: Sequence[socket.socket] = (),
        *,
        on_failure: Callable[[], object] | None = None,
    ) -> None:
        self.hosts = (hosts,) if isinstance(hosts, str) else tuple(hosts)
        sockets = bound or bind(self.hosts, port)
        self.scheme = "https" if context else "http"
        self.port: int = sockets[0].getsockname()[1]
        self._context = context
        self._gateway = Gateway(application, self.scheme, self.hosts[0], self.port)
        self._memory = BodyMemory(MAX_BODIES_BYTES, MAX_BODY_BYTES)
        name = f"ocapi-emulator:{self.port}"
        self._loop = Loop(sockets, self._connect, self._memory, name, on_failure)

    @property
    def url(self) -> str:
        """The base URL for the first host, without a slash at the end."""
        return self.urls[0]

    @property
    def urls(self) -> tuple[str, ...]:
        """The base URLs for all hosts."""
        names = (f"[{host}]" if ":" in host else host for host in self.hosts)
        return tuple(f"{self.scheme}://{name}:{self.port}" for name in names)

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


def bind(hosts: Sequence[str], port: int) -> list[socket.socket]:
    """Return listening sockets of the same port, one for each address.

    Args:
        hosts: Names and addresses.
        port: The port, 0 for any free port.

    Raises:
        OSError: An address cannot be used; ``filename`` is the host.
    """
    for _ in range(MAX_PORT_TRIES - 1 if port == 0 and len(hosts) > 1 else 0):
        try:
            return _bind(hosts, port)
        except OSError as error:  # a free port of the first host may be taken on the second
            if error.errno != errno.EADDRINUSE:
                raise
    return _bind(hosts, port)


def _bind(hosts: Sequence[str], port: int) -> list[socket.socket]:
    bound: dict[str, socket.socket] = {}
    try:
        for host in hosts:
            family, address = _resolve(host, port)
            name = str(address[0])
            if name not in bound:  # two names may have the same address
                bound[name] = _listen(family, (name, port))
                port = bound[name].getsockname()[1]
    except OSError as error:
        for listening in bound.values():
            listening.close()
        error.filename = host
        raise
    return list(bound.values())


def _resolve(host: str, port: int) -> "tuple[int, tuple[Any, ...]]":
    """Return the first address of a host.

    Raises:
        OSError: The host has no address, or a name of the host has no form of IDNA.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from error
    return family, address


def _listen(family: int, address: tuple[str, int]) -> socket.socket:
    return socket.create_server(address, family=family, backlog=BACKLOG)
