"""The HTTP server under the applications: waitress on a socket of ours, in a thread of ours."""

import logging
import socket
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import create_server
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import RequestEntityTooLarge

from emulator.ocapi.formats import LARGEST_BODY, TOO_LARGE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# Waitress warns of each request that waits for a thread and of each that a stop leaves waiting.
logger = logging.getLogger("emulator.listener")
logger.setLevel(logging.ERROR)

THREADS = 8
BACKLOG = 1024
IDLE_TURN, BUSY_TURN = 1.0, 0.05  # seconds
GRACE = 5.0  # seconds that a stop leaves to answers on their way
CONNECTIONS = 10_000
# The limit itself is the application's. This one keeps us from reading without end; it counts the
# framing of chunks too, six bytes around each, and a chunk may hold a single byte.
READ_AT_MOST = 8 * LARGEST_BODY


class _Task(WSGITask):
    """Keeps the connection after an answer without a body, which needs no length to be told."""

    def set_close_on_finish(self) -> None:
        request: Any = self.request
        options = request.headers.get("CONNECTION", "").lower().split(",")
        asked = "close" in (option.strip() for option in options)
        if self.has_body or asked or self.version == "1.0":
            super().set_close_on_finish()


class _TooLargeTask(WSGITask):
    """Lets the application refuse a body that the server did not read: it knows the format."""

    def get_environment(self) -> Any:
        return {**super().get_environment(), TOO_LARGE: True}

    def execute(self) -> None:
        self.set_close_on_finish()
        super().execute()


def _refuse(channel: Any, request: Any) -> Any:
    """Return the task that answers a request which the server could not take in."""
    too_large = isinstance(request.error, RequestEntityTooLarge)
    return (_TooLargeTask if too_large else ErrorTask)(channel, request)


class _Parser(HTTPRequestParser):
    """Refuses a target that is no URL, which waitress does not expect to meet."""

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError(str(error)) from error
        if self.body_rcv is None:
            self.expect_continue = False  # waitress would wait for a body that never comes


class _Channel(HTTPChannel):
    parser_class = _Parser
    task_class = _Task
    error_task_class: Any = staticmethod(_refuse)


class Listener:
    """Listens from its making on, serves between ``start`` and ``stop``.

    Args:
        application: What answers.
        host: Name or address to listen on.
        port: The port, 0 for any free one.

    Raises:
        OSError: The address cannot be listened on.
    """

    def __init__(self, application: "WSGIApplication", host: str, port: int) -> None:
        self._socket = _bind(host, port)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._connections: dict[int, Any] = {}
        server: Any = create_server(
            application,
            map=self._connections,
            sockets=[self._socket],
            threads=THREADS,
            backlog=BACKLOG,
            connection_limit=CONNECTIONS,
            max_request_body_size=READ_AT_MOST,
            clear_untrusted_proxy_headers=False,
            ident=None,
            server_name=host,  # what stands in links for a request that names no host
        )
        server.channel_class = _Channel
        server.task_dispatcher.logger = server.task_dispatcher.queue_logger = logger
        self._server = server
        self._stopping = False
        self._pulled = Event()
        self._thread = Thread(target=self._serve, name=f"ocapi-emulator:{self.port}", daemon=True)

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def start(self) -> None:
        """Begin to serve, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the requests that are being answered, close all connections, end the threads."""
        self._server.trigger.pull_trigger(self._leave)
        self._pulled.set()
        self._thread.join()

    def _leave(self) -> None:
        """Make the present turn of the loop its last; called in the loop's own thread."""
        self._stopping = True

    def _serve(self) -> None:
        while not self._stopping:
            self._turn(IDLE_TURN)
        wasyncore.dispatcher.close(self._server)
        deadline = time.monotonic() + GRACE
        while self._close_idle() and time.monotonic() < deadline:
            self._turn(BUSY_TURN)
        self._server.task_dispatcher.shutdown(timeout=max(0.0, deadline - time.monotonic()))
        self._close_channels()
        # Another pull may have brought us here while stop is still at its own.
        self._pulled.wait()
        wasyncore.close_all(self._connections)

    def _turn(self, seconds: float) -> None:
        """Wait for events, at most so long, and handle them."""
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._connections, count=1)

    def _close_idle(self) -> bool:
        """Close the connections that owe no answer; return whether others are left."""
        self._close_channels(lambda channel: not (channel.requests or channel.total_outbufs_len))
        return bool(self._server.active_channels)

    def _close_channels(self, which: Callable[[Any], bool] = lambda _: True) -> None:
        for channel in list(self._server.active_channels.values()):
            if which(channel):
                channel.handle_close()


def _bind(host: str, port: int) -> socket.socket:
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(address[:2], family=family, backlog=BACKLOG)
