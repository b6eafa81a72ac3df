"""One connection: requests out of its bytes, answers into them.

A connection belongs to one thread at a time, so nothing here takes a lock.
"""

import logging
import socket
from time import monotonic
from typing import Any

from emulator.http.answer import CONTINUE, Answer, fail, refuse
from emulator.http.request import (
    END_OF_HEAD,
    MOST_HEAD,
    Body,
    ChunkedBody,
    Head,
    Refusal,
    check_beginning,
    read_head,
)
from emulator.http.tls import Cipher, CipherError
from emulator.http.turn import Turn
from emulator.http.wsgi import Gateway
from emulator.workspace.failpoint import ConnectionDropped

logger = logging.getLogger("emulator.http.listener")

READ_AT_ONCE = 65_536
NO_ROOM = "431 Request Header Fields Too Large"


class Connection:
    """A client's connection.

    Args:
        client: Its socket, which does not block.
        address: Where it comes from.
        gateway: What its requests are answered by.
        cipher: Its TLS, None for none.
        limit: The most bytes of a body that are taken in.

    Attributes:
        socket: Its socket.
        used: When bytes came or an answer was given, in seconds of the monotonic clock.
        is_over: Whether there is nothing more to do than to close it.
        is_lingering: Whether what still arrives is thrown away until the client has read our end.
    """

    def __init__(
        self,
        client: socket.socket,
        address: tuple[Any, ...],
        gateway: Gateway,
        cipher: Cipher | None,
        limit: int,
    ) -> None:
        self.socket = client
        self.used = monotonic()
        self.is_over = False
        self.is_lingering = False
        self._address = address
        self._gateway = gateway
        self._cipher = cipher
        self._limit = limit
        self._inbox = b""  # what no request was made of yet
        self._outbox = b""  # what the system did not take yet
        self._head: Head | None = None  # of a request whose body is still arriving
        self._body: Body | ChunkedBody | None = None
        self._looked_at = 0  # bytes of the inbox in which no head ends
        self._is_ending = False
        self._has_ended = False
        self._was_dropped = False
        self._client_has_left = False

    @property
    def owes(self) -> bool:
        """Whether there are bytes to be sent."""
        return bool(self._outbox)

    def receive(self, turn: Turn) -> None:
        """Take in what has arrived, and answer the requests that are complete by it."""
        try:
            wire = self.socket.recv(READ_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            wire = b""
        self.used = monotonic()
        if not wire:
            self.is_over = True
        elif not self.is_lingering:
            self._inbox += self._decrypt(wire) if self._cipher else wire
            self.proceed(turn)

    def flush(self, turn: Turn) -> None:
        """Send what was left; then answer the requests that have waited for that."""
        wire, self._outbox = self._outbox, b""
        self._send_wire(wire)
        if len(self._outbox) < len(wire):
            self.used = monotonic()  # somebody reads, however slowly
        self.proceed(turn)

    def proceed(self, turn: Turn) -> None:
        """Answer requests for as long as there are any, their answers leave, and the turn lasts."""
        going_on = True
        while going_on and not (self._outbox or self._is_ending or self.is_over):
            going_on = self._serve_next(turn)
        if self._is_ending and not (self._outbox or self._has_ended):
            self._end()
        if self._client_has_left and not self._outbox:
            self.is_over = True

    def close(self) -> None:
        """Close the socket; the client is told that nothing is missing, if so."""
        if self._cipher and not (self._was_dropped or self._is_ending or self._outbox):
            self._send_wire(self._cipher.leave())
        self.socket.close()

    def _decrypt(self, wire: bytes) -> bytes:
        cipher: Any = self._cipher
        try:
            data, has_left = cipher.decrypt(wire)
        except CipherError as error:
            self._send_wire(error.farewell)
            self._is_ending = self._was_dropped = self.is_lingering = True
            return b""
        if greeting := cipher.encrypt(b""):
            self._send_wire(greeting)
        self._client_has_left = has_left
        return bytes(data)

    def _serve_next(self, turn: Turn) -> bool:
        """Answer the next request; return whether the one behind it may follow."""
        try:
            is_there = self._read_head() and self._read_body()
        except Refusal as refusal:
            self._send(refuse(refusal))
            self._is_ending = self.is_lingering = True
            return False
        if not is_there or self._head is None:
            return False
        head, body, self._head, self._body = self._head, self._body, None, None
        return self._answer(head, body, turn)

    def _read_head(self) -> bool:
        """Return whether a head is there, read from the inbox if need be.

        Raises:
            Refusal: It is malformed.
        """
        if self._head is not None:
            return True
        if self._inbox.startswith(b"\r\n"):  # between requests (RFC 9112, 2.2)
            self._inbox = self._inbox.lstrip(b"\r\n")
        end = self._inbox.find(END_OF_HEAD, self._looked_at)
        if max(end, len(self._inbox) if end < 0 else 0) > MOST_HEAD:
            raise Refusal("The head of the request is too large.", NO_ROOM)
        if end < 0:
            check_beginning(self._inbox)
            self._looked_at = max(0, len(self._inbox) - len(END_OF_HEAD))
            return False
        self._head = read_head(self._inbox, end)
        self._inbox, self._looked_at = self._inbox[end + len(END_OF_HEAD) :], 0
        self._expect_body(self._head)
        return True

    def _expect_body(self, head: Head) -> None:
        if head.is_chunked:
            self._body = ChunkedBody(self._limit)
        elif head.length:
            self._body = Body(head.length, self._limit)
        if self._body and head.wants_to_continue and not (self._inbox or self._body.is_complete):
            self._send(CONTINUE)

    def _read_body(self) -> bool:
        """Return whether all of the body is there, as far as it is taken in.

        Raises:
            Refusal: It is malformed.
        """
        if self._body is None:
            return True
        if not self._body.is_complete:
            self._inbox = self._body.feed(self._inbox)
        return self._body.is_complete

    def _answer(self, head: Head, body: Body | ChunkedBody | None, turn: Turn) -> bool:
        """Let the application answer; return whether this thread has the turn still."""
        too_large = body is not None and body.is_too_large
        answer = Answer(self._send, head, is_last=too_large)
        turn.begin(self)
        try:
            self._gateway.run(head, body, self._address, answer)
        except ConnectionDropped:
            answer.is_last = self._was_dropped = True
        except Exception:
            logger.exception("internal error in %s", head.method)
            answer.is_last = True
            if answer.is_begun:
                self._was_dropped = True
            else:
                self._send(fail())
        finally:
            self.used = monotonic()
            self._is_ending = self._is_ending or answer.is_last
            self.is_lingering = too_large and not self._was_dropped
        return turn.end()

    def _send(self, data: bytes) -> None:
        self._send_wire(self._cipher.encrypt(data) if self._cipher else data)

    def _send_wire(self, wire: bytes) -> None:
        """Send as much as the system takes now, and keep the rest."""
        wire = self._outbox + wire if self._outbox else wire
        try:
            sent = self.socket.send(wire)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.is_over, sent = True, len(wire)
        self._outbox = wire[sent:] if sent < len(wire) else b""

    def _end(self) -> None:
        """End the connection, everything being sent; linger where the client may be sending."""
        self._has_ended = True
        if self._cipher and not self._was_dropped:
            self._send_wire(self._cipher.leave())
        if not self.is_lingering:
            self.is_over = True
            return
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.is_over = True
