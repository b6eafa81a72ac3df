"""The loop: waits for connections to be ready, and has their requests answered.

One thread at a time runs it, and runs the application as well: a request that is answered at once
passes through no queue and wakes nobody. If an application takes long, be it that it waits or that
it computes, the watch lets another thread go on with the loop; the first one ends with its answer.
"""

import logging
import selectors
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread, current_thread
from time import monotonic
from typing import Any

from emulator.http.connection import Connection
from emulator.http.turn import Turn, Watch

logger = logging.getLogger("emulator.http.listener")

THREADS = 256
IDLE = 120.0  # seconds that a connection may idle
LINGER = 2.0  # seconds that a client may take to notice the end of its connection
IDLE_TURN, BUSY_TURN = 1.0, 0.05  # seconds
GRACE = 5.0  # seconds that a stop leaves to answers on their way
CONNECTIONS = 10_000
LENT = 0  # in the place of the events that are waited for

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
Connect = Callable[[socket.socket, tuple[Any, ...]], Connection]


class Loop:
    """Serves the connections of a listening socket, from ``start`` to ``stop``.

    Args:
        listening: The socket; it is closed at the end.
        connect: Makes a connection of a socket and its client's address.
        name: What the threads are called.
    """

    def __init__(self, listening: socket.socket, connect: Connect, name: str) -> None:
        self._listening = listening
        self._connect = connect
        self._name = name
        self._selector = selectors.DefaultSelector()
        self._connections: dict[Connection, int] = {}
        self._returned: deque[Connection] = deque()
        self._bell, self._ear = socket.socketpair()
        self._tidied = monotonic()
        self._is_listening = False
        self._is_stopping = False
        self._has_ended = Event()
        self._watch = Watch(self._pass_on, name)
        self._threads: set[Thread] = set()

    @property
    def size(self) -> int:
        """How many threads run the loop or are with an application."""
        return len(self._threads)

    def start(self) -> None:
        """Begin to serve."""
        for end in (self._listening, self._bell, self._ear):
            end.setblocking(False)
        self._listen()
        self._selector.register(self._ear, READ)
        self._hand_over(self._watch.turn)
        self._watch.thread.start()

    def stop(self) -> None:
        """Finish the requests that are being answered, close all connections, end the threads."""
        self._is_stopping = True
        self._ring()
        self._has_ended.wait()
        self._watch.end()
        for thread in tuple(self._threads):
            thread.join(BUSY_TURN)

    # The turn

    def _hand_over(self, turn: Turn) -> None:
        """Let a new thread run the loop."""
        thread = Thread(target=self._run, args=(turn,), name=self._name, daemon=True)
        self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError:
            self._threads.discard(thread)
            raise
        self._watch.turn = turn

    def _pass_on(self, turn: Turn) -> None:
        """Take the loop from a thread that is with an application; its connection goes with it."""
        if self.size >= THREADS or turn.connection is None:
            return
        before, turn.is_lost = self._connections[turn.connection], True
        self._wait_for(turn.connection, LENT)
        try:
            self._hand_over(Turn(self._watch))
        except RuntimeError:  # the system gives no further thread: all wait for this one
            turn.is_lost = False
            self._wait_for(turn.connection, before)

    def _run(self, turn: Turn) -> None:
        turn.take()
        try:
            while not (turn.is_lost or self._is_stopping):
                self._go_round(turn, IDLE_TURN)
            if not turn.is_lost:
                self._leave(turn)
            if turn.is_lost and turn.connection:
                self._give_back(turn.connection)
        except Exception:
            logger.exception("internal error of the HTTP server, which ends")
            self._has_ended.set()
            self._close_all()
        finally:
            self._threads -= {current_thread()}

    def _give_back(self, connection: Connection) -> None:
        """Let the thread that runs the loop now go on with a connection."""
        with self._watch.lock:
            if not self._has_ended.is_set():
                self._returned.append(connection)
                self._ring()
                return
        connection.close()

    def _ring(self) -> None:
        with suppress(OSError):  # it is full, and so heard anyway, or the end has come
            self._bell.send(b"!")

    # What a turn is made of

    def _go_round(self, turn: Turn, seconds: float) -> None:
        """Wait for events, at most so long, and handle them."""
        for key, _ in self._selector.select(seconds):
            connection = key.data
            if connection is None:
                self._accept() if key.fileobj is self._listening else self._take_back(turn)
            elif self._connections.get(connection):
                self._handle(connection, turn)
            if turn.is_lost:
                return  # what is left is found again by whoever has the turn
        if monotonic() - self._tidied > min(IDLE_TURN, IDLE):
            self._tidy()

    def _handle(self, connection: Connection, turn: Turn) -> None:
        is_readable = self._connections[connection] == READ
        self._step(connection.receive if is_readable else connection.flush, connection, turn)

    def _step(self, act: Callable[[Turn], None], connection: Connection, turn: Turn) -> None:
        """Let a connection go on; give it up, rather than all of them, where that is broken."""
        try:
            act(turn)
        except Exception:
            logger.exception("internal error of the HTTP server")
            connection.is_over = True
        self._settle(connection, turn)

    def _settle(self, connection: Connection, turn: Turn) -> None:
        """Wait for what a connection needs next, unless it is not ours any more."""
        if turn.is_lost:
            return
        if connection.is_over:
            self._discard(connection)
        else:
            self._wait_for(connection, WRITE if connection.owes else READ)

    def _wait_for(self, connection: Connection, events: int) -> None:
        before = self._connections[connection]
        if events == before:
            return
        self._connections[connection] = events
        if events == LENT:
            self._selector.unregister(connection.socket)
        elif before == LENT:
            self._selector.register(connection.socket, events, connection)
        else:
            self._selector.modify(connection.socket, events, connection)

    def _listen(self) -> None:
        self._selector.register(self._listening, READ)
        self._is_listening = True

    def _stop_listening(self) -> None:
        if self._is_listening:
            self._selector.unregister(self._listening)
            self._is_listening = False

    def _take_back(self, turn: Turn) -> None:
        """Take back the connections whose requests other threads have answered."""
        self._ear.recv(4096)
        while self._returned and not turn.is_lost:
            connection = self._returned.popleft()
            self._wait_for(connection, READ)
            self._step(connection.proceed, connection, turn)
        if self._returned:
            self._ring()

    def _accept(self) -> None:
        """Take one connection; another process may listen as well, and takes the next."""
        try:
            client, address = self._listening.accept()
        except BlockingIOError:
            return
        except OSError as error:
            # Such as that there are too many open files: the next look is the one to tidy.
            logger.error("can't accept a connection: %s", error)  # noqa: TRY400 - it is no bug
            self._stop_listening()
        else:
            self._welcome(client, address)

    def _welcome(self, client: socket.socket, address: tuple[Any, ...]) -> None:
        if len(self._connections) >= CONNECTIONS:
            client.close()
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = self._connect(client, address)
        self._connections[connection] = LENT
        self._wait_for(connection, READ)

    def _discard(self, connection: Connection) -> None:
        self._wait_for(connection, LENT)
        del self._connections[connection]
        connection.close()

    def _tidy(self) -> None:
        """Close connections that idle, and listen again if that had to be given up."""
        now = self._tidied = monotonic()
        for connection in self._list_ours():
            if now - connection.used > (LINGER if connection.is_lingering else IDLE):
                self._discard(connection)
        if not (self._is_listening or self._is_stopping):
            self._listen()

    def _list_ours(self) -> list[Connection]:
        """Return the connections that no other thread has."""
        return [connection for connection, events in self._connections.items() if events != LENT]

    # The end

    def _leave(self, turn: Turn) -> None:
        """Close what owes no answer, wait for the others, and end."""
        self._stop_listening()
        self._listening.close()
        deadline = monotonic() + GRACE
        while not turn.is_lost and self._close_idle() and monotonic() < deadline:
            self._go_round(turn, BUSY_TURN)
        with self._watch.lock:
            if turn.is_lost:
                return
            self._has_ended.set()
        self._close_all()

    def _close_all(self) -> None:
        for connection in [*self._list_ours(), *self._returned]:
            connection.close()
        for end in (self._selector, self._bell, self._ear, self._listening):
            end.close()

    def _close_idle(self) -> bool:
        """Close the connections that owe no answer; return whether others are left."""
        for connection in self._list_ours():
            if not connection.owes:
                self._discard(connection)
        return bool(self._connections)
