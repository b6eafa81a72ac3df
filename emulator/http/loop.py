"""The event loop: accepts clients, lets connections receive and send, closes idle connections.

Rules:

- One thread at a time, the leader, runs the loop (see ``leader``). A connection whose application
  holds up the loop is lent to the thread that waits for the answer, and comes back through
  ``_returned``.
- No connection holds up the others: after a slice of time (``connection.SLICE_SECONDS``) its
  further requests wait for the next round.
- The memory of request bodies is bounded. Where it is full, connections in the middle of a body
  wait until bodies are answered. One of them may always go on, so that memory comes back.
- Idle connections give way to new clients where descriptors or connections run out.
- Whatever a callback raises costs one connection, and is logged. A failure of the loop itself
  costs all connections: the loop starts again. It ends, loudly, after ``MAX_FAILURES`` in a minute.

========  ======================  ======================================================
state     the selector waits for  next
========  ======================  ======================================================
READING   bytes to read           WAITING before a body if memory is full; closed if idle
WRITING   room to write           READING once everything is sent
READY     nothing                 its next slice comes in the next round
WAITING   nothing                 READING once memory is free
LENT      nothing                 READY once its thread has answered
========  ======================  ======================================================

After each step a connection becomes WRITING if bytes wait, READY if requests do, else READING.
"""

import errno
import logging
import math
import selectors
import socket
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum
from heapq import nsmallest
from operator import attrgetter
from threading import Event, Thread, current_thread
from time import monotonic
from typing import Any

from emulator.http.body import BodyMemory
from emulator.http.connection import Connection
from emulator.http.leader import Leader, Monitor

logger = logging.getLogger("emulator.http.listener")

MAX_THREADS = 256
MAX_CONNECTIONS = 10_000
IDLE_SECONDS = 120.0
"""The silence after which a connection is closed."""
LINGER_SECONDS = 2.0
"""The silence after which a lingering connection is closed."""
STALL_SECONDS = 10.0
"""The silence in the middle of a request after which a connection gives way to others."""
SPARE_SECONDS = 0.1
"""The silence after which an idle connection gives way to a new client."""
SPARE_CONNECTIONS = 8
"""The idle connections that give way at once."""
SELECT_SECONDS, STOPPING_SELECT_SECONDS, RETRY_SECONDS = 1.0, 0.05, 0.1
"""The longest waits for events: usually, while stopping, and until clients are accepted again."""
STOP_SECONDS = 5.0
"""The time that a stop leaves to answers in work."""
SHORTAGE_SECONDS = 60.0
"""The time without a shortage after which the next one is logged again."""
MAX_FAILURES, FAILURE_SECONDS = 5, 60.0
"""The failures of the loop, and the time in which they end the server."""

SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class State(Enum):
    """The state of a connection in the loop; a positive value is the selector's events."""

    READING = selectors.EVENT_READ
    WRITING = selectors.EVENT_WRITE
    READY = -1
    WAITING = -2
    LENT = -3


READING, WRITING, READY, WAITING, LENT = State
Connect = Callable[[socket.socket, tuple[Any, ...]], Connection]


class Loop:
    """Serves the connections of listening sockets, from ``start`` to ``stop``.

    Args:
        listening: The sockets; the loop closes them at the end.
        connect: Makes a connection of a socket and the address of its client.
        memory: The memory of request bodies.
        name: The name of the threads.
        on_failure: Is called after a fatal error.

    Attributes:
        failure: The error that has ended the loop, None for none.
    """

    def __init__(
        self,
        listening: Sequence[socket.socket],
        connect: Connect,
        memory: BodyMemory,
        name: str,
        on_failure: Callable[[], object] | None = None,
    ) -> None:
        self._on_failure = on_failure
        self.failure: BaseException | None = None
        self._listening = tuple(listening)
        self._connect = connect
        self._memory = memory
        self._name = name
        self._selector: selectors.BaseSelector = selectors.DefaultSelector()
        self._connections: dict[Connection, State] = {}
        self._ready: deque[Connection] = deque()
        self._waiting: deque[Connection] = deque()
        self._favoured: Connection | None = None  # goes on with its body though memory is full
        self._returned: deque[Connection] = deque()
        self._waker, self._wakeup = socket.socketpair()
        self._tidied = monotonic()
        self._shortage = -math.inf  # time of the latest shortage of descriptors
        self._failures: deque[float] = deque(maxlen=MAX_FAILURES)
        self._has_failed = False
        self._is_listening = False
        self._is_stopping = False
        self._has_ended = Event()
        self._monitor = Monitor(self._promote, name)
        self._threads: set[Thread] = set()

    @property
    def size(self) -> int:
        """The number of threads in the loop or in an application."""
        return len(self._threads)

    def start(self) -> None:
        """Begin to serve."""
        for end in (*self._listening, self._waker, self._wakeup):
            end.setblocking(False)
        self._listen()
        self._selector.register(self._wakeup, selectors.EVENT_READ)
        self._start_leader(self._monitor.leader)
        self._monitor.thread.start()

    def stop(self) -> None:
        """Finish the requests in work, close all connections, and end the threads."""
        self._is_stopping = True
        self._wake()
        self._has_ended.wait()
        self._monitor.end()
        for thread in tuple(self._threads):
            thread.join(STOPPING_SELECT_SECONDS)

    # Threads

    def _start_leader(self, leader: Leader) -> None:
        """Start the thread of a new leader.

        Raises:
            RuntimeError: The system gives no thread.
        """
        thread = Thread(target=self._run, args=(leader,), name=self._name, daemon=True)
        self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError:
            self._threads.discard(thread)
            raise
        self._monitor.leader = leader

    def _promote(self, leader: Leader) -> None:
        """Replace a leader; the connection of the request is lent to the old thread."""
        if self.size >= MAX_THREADS or leader.connection is None:
            return
        before, leader.is_replaced = self._connections[leader.connection], True
        try:
            self._set_state(leader.connection, LENT)
            self._start_leader(Leader(self._monitor))
        except BaseException as error:
            leader.is_replaced = False
            self._set_state(leader.connection, before)
            # Without a further thread all wait for this request, and the monitor tries again.
            if not isinstance(error, RuntimeError):
                raise

    def _run(self, leader: Leader) -> None:
        """Lead the loop; after a replacement give the lent connection back."""
        leader.enter()
        try:
            while not (leader.is_replaced or self._has_ended.is_set()):
                self._lead(leader)
            if leader.is_replaced and leader.connection:
                self._return(leader.connection)
        finally:
            self._threads -= {current_thread()}

    def _lead(self, leader: Leader) -> None:
        """Run the loop until the leader is replaced, the server stops, or the loop fails."""
        try:
            if self._has_failed:
                self._restart()
            while not (leader.is_replaced or self._is_stopping):
                self._run_once(leader, SELECT_SECONDS)
            if not leader.is_replaced:
                self._shut_down(leader)
        except BaseException as error:
            logger.critical("the loop of the HTTP server has failed", exc_info=True)
            if not leader.is_replaced:
                self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Have the loop start again, or end after too many failures."""
        self._failures.append(monotonic())
        self._has_failed = True
        is_frequent = (
            len(self._failures) == MAX_FAILURES
            and self._failures[-1] - self._failures[0] < FAILURE_SECONDS
        )
        if not (is_frequent or self._is_stopping):
            return
        if is_frequent:
            logger.critical("the HTTP server ends: its loop fails again and again")
        self.failure = error
        self._close_listening()
        self._has_ended.set()
        self._close_all()
        if is_frequent and self._on_failure:
            self._on_failure()

    def _restart(self) -> None:
        """Give up all connections of the loop, and begin with a new selector."""
        for connection in self._list_ours():
            self._drop(connection)
        self._selector.close()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wakeup, selectors.EVENT_READ)
        self._is_listening = False
        self._listen()
        self._has_failed = False

    def _return(self, connection: Connection) -> None:
        """Give a lent connection back to the loop."""
        with self._monitor.lock:
            if not self._has_ended.is_set():
                self._returned.append(connection)
                self._wake()
                return
        self._drop(connection)

    def _wake(self) -> None:
        """Wake up the leader."""
        with suppress(OSError):  # the pipe is full, so the leader wakes up anyway, or has ended
            self._waker.send(b"!")

    # Events

    def _run_once(self, leader: Leader, seconds: float) -> None:
        """Wait for events, and handle the events.

        Args:
            leader: The leader of this thread.
            seconds: The longest wait.
        """
        if self._waiting:
            self._resume_waiting()
        if not self._is_listening:
            seconds = min(seconds, RETRY_SECONDS)
        for key, _ in self._selector.select(0 if self._ready else seconds):
            if key.data is None:
                self._handle_own_event(key.fileobj, leader)
            else:
                self._handle(key.data, leader)
            if leader.is_replaced:
                return  # the selector tells the next leader of the events that are left
        self._proceed_ready(leader)
        if monotonic() - self._tidied > min(seconds, IDLE_SECONDS) and not leader.is_replaced:
            self._tidied = monotonic()
            try:
                self._tidy()
            except Exception:
                logger.exception("internal error of the HTTP server")

    def _proceed_ready(self, leader: Leader) -> None:
        """Give a slice of time to each connection with further requests."""
        for _ in range(len(self._ready)):
            connection = self._ready.popleft()
            if self._connections.get(connection) is READY:
                self._step(connection.proceed, connection, leader)
            if leader.is_replaced:
                return

    def _handle_own_event(self, source: Any, leader: Leader) -> None:
        """Accept a client, or take connections back."""
        try:
            if source in self._listening:
                self._accept(source)
            else:
                self._take_back(leader)
        except Exception:
            logger.exception("internal error of the HTTP server")
            if source in self._listening:
                self._stop_listening()  # for a moment: the same error could come at once

    def _handle(self, connection: Connection, leader: Leader) -> None:
        state = self._connections.get(connection)
        if state is WRITING:
            self._step(connection.flush, connection, leader)
        elif state is not READING:
            return  # closed since the selector has told of it
        elif self._may_receive(connection):
            self._step(connection.receive, connection, leader)
        else:
            self._set_state(connection, WAITING)
            self._waiting.append(connection)

    def _step(self, act: Callable[[Leader], None], connection: Connection, leader: Leader) -> None:
        """Let a connection act, and settle the next state; drop the connection after an error."""
        try:
            act(leader)
            self._settle(connection, leader)
        except BaseException:
            logger.exception("internal error of the HTTP server")
            connection.is_over = True
            if not leader.is_replaced:
                self._drop(connection)

    def _settle(self, connection: Connection, leader: Leader) -> None:
        if leader.is_replaced:
            return  # the connection is lent to this thread
        if connection.is_over:
            self._discard(connection)
        elif connection.owes:
            self._set_state(connection, WRITING)
        elif connection.has_more:
            self._set_state(connection, READY)
            self._ready.append(connection)
        else:
            self._set_state(connection, READING)

    def _set_state(self, connection: Connection, state: State) -> None:
        before = self._connections[connection]
        if state is before:
            return
        self._connections[connection] = state
        if state.value < 0:
            if before.value > 0:
                self._selector.unregister(connection.socket)
        elif before.value < 0:
            self._selector.register(connection.socket, state.value, connection)
        else:
            self._selector.modify(connection.socket, state.value, connection)

    def _take_back(self, leader: Leader) -> None:
        """Go on with the connections of other threads after their answers."""
        self._wakeup.recv(4096)
        while self._returned and not leader.is_replaced:
            connection = self._returned.popleft()
            self._set_state(connection, READY)
            self._step(connection.proceed, connection, leader)
        if self._returned:
            self._wake()

    # Memory of bodies

    def _may_receive(self, connection: Connection) -> bool:
        """Return whether the memory of bodies lets a connection receive bytes."""
        if not (self._memory.is_full and connection.awaits_large_body):
            return True
        if not self._will_free_memory():
            self._favoured = connection
        return connection is self._favoured

    def _will_free_memory(self) -> bool:
        """Return whether memory will be freed without the waiting connections."""
        favoured = self._favoured
        if favoured in self._connections and favoured is not None and favoured.awaits_body:
            return True
        return any(
            state is LENT and connection.holds_memory
            for connection, state in self._connections.items()
        )

    def _resume_waiting(self) -> None:
        """Let waiting connections go on: all if there is memory, else the first."""
        resumed = list(self._waiting)
        if self._memory.is_full:
            if self._will_free_memory():
                return
            # The favour stays with one body to its end. Given to each in turn, all would grow.
            resumed = [self._waiting[0]]
            self._favoured = resumed[0]
        for connection in resumed:
            self._waiting.popleft()
            if self._connections.get(connection) is WAITING:
                connection.used = monotonic()  # its silence was ours
                self._set_state(connection, READING)

    # Clients

    def _listen(self) -> None:
        for listening in self._listening:
            self._selector.register(listening, selectors.EVENT_READ)
        self._is_listening = True

    def _stop_listening(self) -> None:
        if self._is_listening:
            for listening in self._listening:
                self._selector.unregister(listening)
            self._is_listening = False

    def _close_listening(self) -> None:
        for listening in self._listening:
            listening.close()

    def _accept(self, listening: socket.socket) -> None:
        """Accept a client; another process may listen as well, and accept the next client."""
        try:
            client, address = listening.accept()
        except (BlockingIOError, ConnectionAbortedError, InterruptedError):
            return  # another process was faster, or the client has left
        except OSError as error:
            self._note_shortage(error)
            if error.errno not in SHORTAGES or not self._make_room():
                self._stop_listening()  # until the next look: accept would fail at once
            return
        if len(self._connections) >= MAX_CONNECTIONS and not self._make_room():
            client.close()
            return
        self._welcome(client, address)

    def _note_shortage(self, error: OSError) -> None:
        now = monotonic()
        if now - self._shortage > SHORTAGE_SECONDS:
            logger.error("cannot accept a connection: %s", error)
        self._shortage = now

    def _make_room(self) -> bool:
        """Close the longest idle connections; return whether there were any."""
        now = monotonic()
        spare = [
            connection
            for connection, state in self._connections.items()
            if state is READING
            and now - connection.used > (SPARE_SECONDS if connection.is_idle else STALL_SECONDS)
        ]
        for connection in nsmallest(SPARE_CONNECTIONS, spare, key=attrgetter("used")):
            self._discard(connection)
        return bool(spare)

    def _welcome(self, client: socket.socket, address: tuple[Any, ...]) -> None:
        """Make a connection of a client, or close the socket after an error."""
        try:
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = self._connect(client, address)
            self._selector.register(client, selectors.EVENT_READ, connection)
        except OSError as error:
            client.close()
            # Some systems say so of a client that has left again.
            logger.warning("cannot set up a connection: %s", error)
        except BaseException:
            client.close()
            raise
        else:
            self._connections[connection] = READING

    def _discard(self, connection: Connection) -> None:
        """Close a connection."""
        try:
            self._set_state(connection, LENT)
            del self._connections[connection]
            connection.close()
        except Exception:
            logger.exception("internal error of the HTTP server")
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        """Forget and close a connection, whatever fails on the way."""
        self._connections.pop(connection, None)
        with suppress(Exception):
            self._selector.unregister(connection.socket)
        with suppress(Exception):
            connection.close()
        with suppress(Exception):
            connection.socket.close()

    def _tidy(self) -> None:
        """Close connections after a long silence, and listen again."""
        now = monotonic()
        for connection, state in tuple(self._connections.items()):
            if state in (LENT, WAITING):
                continue
            if now - connection.used > self._allowed_silence(connection):
                self._discard(connection)
        if not (self._is_listening or self._is_stopping):
            self._listen()

    def _allowed_silence(self, connection: Connection) -> float:
        if connection.is_lingering:
            return LINGER_SECONDS
        return STALL_SECONDS if self._waiting and connection.awaits_body else IDLE_SECONDS

    def _list_ours(self) -> list[Connection]:
        """Return the connections in the hands of the leader."""
        return [connection for connection, state in self._connections.items() if state is not LENT]

    # The end

    def _shut_down(self, leader: Leader) -> None:
        """Close idle connections, wait for answers in work, and end."""
        self._stop_listening()
        self._close_listening()
        deadline = monotonic() + STOP_SECONDS
        while not leader.is_replaced and self._close_idle() and monotonic() < deadline:
            self._run_once(leader, STOPPING_SELECT_SECONDS)
        with self._monitor.lock:
            if leader.is_replaced:
                return
            self._has_ended.set()
        self._close_all()

    def _close_all(self) -> None:
        for connection in [*self._list_ours(), *self._returned]:
            self._drop(connection)
        self._close_listening()
        for end in (self._selector, self._waker, self._wakeup):
            end.close()

    def _close_idle(self) -> bool:
        """Close the connections without an answer in work; return whether any is left."""
        for connection in self._list_ours():
            if not (connection.owes or connection.has_more):
                self._discard(connection)
        return bool(self._connections)
