"""The HTTP server under the applications: waitress on a socket of ours, in a thread of ours.

Waitress knows nothing of TLS. ``_SecureChannel`` puts it between a connection and its requests.
"""

import logging
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import create_server
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import RequestEntityTooLarge

from emulator.failpoint import ConnectionDropped
from emulator.family import TOO_LARGE
from emulator.ocapi.formats import LARGEST_BODY

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# Waitress warns of each request that waits for a thread, of each that a stop leaves waiting, and of
# answers that end before their length, which are so on purpose.
logger = logging.getLogger("emulator.listener")
logger.setLevel(logging.ERROR)

# Many, because answers that are delayed on purpose hold theirs. Few at first, because to start and
# end them all takes 10 ms, and a test that has an emulator to itself makes one request at a time.
THREADS, THREADS_AT_FIRST = 256, 8
BACKLOG = 1024
IDLE_TURN, BUSY_TURN = 1.0, 0.05  # seconds
IDLE, IDLE_CHECK = 120, 30  # seconds that a connection may idle, and between looks at it
GRACE = 5.0  # seconds that a stop leaves to answers on their way
CONNECTIONS = 10_000
# The limit itself is the application's. This one keeps us from reading without end; it counts the
# framing of chunks too, six bytes around each, and a chunk may hold a single byte.
READ_AT_MOST = 8 * LARGEST_BODY
READ_AT_ONCE = 65_536

SPEAK_HTTPS = b"This port speaks https. Write https:// at the beginning of the URL.\n"
PLAIN_HTTP_REFUSED = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: %d\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\n%b" % (len(SPEAK_HTTPS), SPEAK_HTTPS)
)


class _Crew(ThreadedTaskDispatcher):
    """The threads that answer; another one joins when a request finds all of them busy."""

    logger = queue_logger = logger

    def __init__(self) -> None:
        super().__init__()
        self._growing = Lock()
        self._dismissed = False
        self.set_thread_count(THREADS_AT_FIRST)

    def add_task(self, task: Any) -> None:
        super().add_task(task)
        with self._growing:
            if not self._dismissed and len(self.threads) < THREADS and self._is_short():
                self.set_thread_count(len(self.threads) + 1)

    def _is_short(self) -> bool:
        with self.lock:
            return len(self.queue) > len(self.threads) - self.active_count

    def shutdown(self, *args: Any, **options: Any) -> bool:
        with self._growing:
            self._dismissed = True
        return super().shutdown(*args, **options)


class _DroppableTask(WSGITask):
    """Lets the application end its connection in the midst of an answer or before it."""

    logger = logger

    def service(self) -> None:
        channel: Any = self.channel
        try:
            super().service()
        except ConnectionDropped:
            channel.dropped = True
            self.close_on_finish = True


class _Task(_DroppableTask):
    """Keeps the connection after an answer without a body, which needs no length to be told."""

    def set_close_on_finish(self) -> None:
        request: Any = self.request
        options = request.headers.get("CONNECTION", "").lower().split(",")
        asked = "close" in (option.strip() for option in options)
        if self.has_body or asked or self.version == "1.0":
            super().set_close_on_finish()


class _TooLargeTask(_DroppableTask):
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
    dropped = False  # by the application


class _SecureChannel(_Channel):
    """Speaks TLS on a socket that never blocks; the handshake is part of the first reads.

    Answers are sent by the threads that made them while the thread of the loop reads, and OpenSSL
    allows one of them at a time. Who needs ``outbuf_lock`` too takes that one first.
    """

    socket: Any  # an SSLSocket, None once it is closed
    _known_as_tls = False
    _reading_waits_to_write = False  # TLS may have to answer before there is more to read

    def __init__(self, server: Any, sock: ssl.SSLSocket, *others: Any, **options: Any) -> None:
        self._tls = Lock()
        super().__init__(server, sock, *others, **options)

    def writable(self) -> bool:
        return bool(self._reading_waits_to_write or super().writable())

    def handle_write(self) -> None:
        if self._reading_waits_to_write:
            self.handle_read()
        else:
            super().handle_write()

    def handle_read(self) -> None:
        with self._tls:
            data = self._take() if self.socket else b""
        if data:
            self.last_activity = time.time()
            self.received(data)
        elif data is None:
            self.handle_close()

    def _take(self) -> bytes | None:
        """Return what can be decrypted by now, which may be nothing; None if there is no more."""
        self._reading_waits_to_write = False
        try:
            if self._known_as_tls or not _refuse_plain_http(self.socket):
                self._known_as_tls = True
                return self._take_record()
        except ssl.SSLWantWriteError:
            self._reading_waits_to_write = True
            return b""
        except (ssl.SSLWantReadError, BlockingIOError):
            return b""
        except OSError:
            # The client's trouble, such as not to trust our certificate: it knows best.
            pass
        return None

    def _take_record(self) -> bytes | None:
        data: bytes = self.socket.recv(self.adj.recv_bytes)
        # The rest of the record has left the socket, so the loop would never hear of it.
        rest = self.socket.pending()
        return (data + self.socket.recv(rest) if rest else data) or None

    def send(self, data: bytes, do_close: bool = True) -> int:  # noqa: FBT001, FBT002 - see waitress
        """Return how many of the bytes were sent; what is left is to be sent again."""
        sent = 0
        try:
            with self._tls, memoryview(data) as view:
                # One call sends one record. To renew the handshake is not allowed, so sending
                # never waits for something to read.
                while self.socket is not None and sent < len(view):
                    sent += self.socket.send(view[sent:])
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        except OSError:
            if do_close and not sent:
                self.handle_close()
        return sent

    def handle_close(self) -> None:
        with self.outbuf_lock, self._tls:
            if self.socket is not None and not self.dropped:
                # Tells the client that nothing is missing. Its own farewell is not waited for.
                with suppress(OSError, ValueError):
                    self.socket.unwrap()
            super().handle_close()


def _secured(context: ssl.SSLContext) -> Callable[..., None]:
    """Return what makes channels that speak TLS."""

    def make(server: Any, client: socket.socket, *others: Any, **options: Any) -> None:
        try:
            client.getpeername()  # wrap_socket leaks sockets whose other end has gone
            wrapped = context.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        except OSError:
            client.close()  # the error would end the listening
        else:
            _SecureChannel(server, wrapped, *others, **options)

    return make


def _refuse_plain_http(secure: ssl.SSLSocket) -> bool:
    """Answer a client that speaks HTTP without TLS; return whether it does.

    Raises:
        OSError: There is nothing to read, or the client has gone.
    """
    # A method begins with a letter, a handshake does not. SSLSocket hides the socket below it.
    if not socket.socket.recv(secure, 1, socket.MSG_PEEK).isalpha():
        return False
    socket.socket.send(secure, PLAIN_HTTP_REFUSED)
    # What is left unread would let the client's system discard the answer.
    socket.socket.recv(secure, READ_AT_ONCE)
    return True


class Listener:
    """Listens from its making on, serves between ``start`` and ``stop``.

    Args:
        application: What answers.
        host: Name or address to listen on.
        port: The port, 0 for any free one.
        context: The certificate, if https is to be spoken.
        bound: What ``bind`` has returned for host and port, if that was done before.

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
        self._connections: dict[int, Any] = {}
        server: Any = create_server(
            application,
            map=self._connections,
            sockets=[self._socket],
            _dispatcher=_Crew(),
            backlog=BACKLOG,
            connection_limit=CONNECTIONS,
            max_request_body_size=READ_AT_MOST,
            clear_untrusted_proxy_headers=False,
            ident=None,
            channel_timeout=IDLE,
            cleanup_interval=IDLE_CHECK,
            url_scheme=self.scheme,
            server_name=host,  # what stands in links for a request that names no host
        )
        server.channel_class = _secured(context) if context else _Channel
        self._server = server
        self._stopping = False
        self._pulled = Event()
        self._thread = Thread(target=self._serve, name=f"ocapi-emulator:{self.port}", daemon=True)

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

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


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens; processes that are forked may share it.

    Raises:
        OSError: The address cannot be listened on.
    """
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(address[:2], family=family, backlog=BACKLOG)
