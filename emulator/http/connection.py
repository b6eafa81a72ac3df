"""A client's connection: bytes in, requests, answers, bytes out (RFC 9112, section 9).

Rules:

- A connection belongs to one thread at a time, so nothing here takes a lock.
- Requests are answered in order (9.3.2). The next request waits until the system has taken all
  bytes of the answer before it, so a client that does not read costs one answer. Of an answer in
  parts no more than ``MAX_WAITING_BYTES`` and a part wait; the thread of the answer waits then.
- A client that sends many requests at once is served for ``SLICE_SECONDS`` in a row. Then other
  connections have their turn.
- A connection ends after a malformed request, after a body that was not read, where the client or
  the answer says so, and where an answer has broken off.
- At a clean end everything is sent, and TLS says so (``close_notify``). If the client may still be
  sending, the connection lingers: our half is closed, and arriving bytes are thrown away. Closed
  at once, the system would send a reset, and the client could lose the answer (9.6).
- At a dropped end nothing more is said: the client must not take the answer for complete.

==========  =====================================  ======================================
state       the connection waits for               next
==========  =====================================  ======================================
head        the end of a head                      body; answering; ending if malformed
body        the rest of a body                     answering; ending if malformed
answering   the application                        sending
sending     the system to take bytes of the answer head; ending
ending      the system to take the last bytes      lingering; over
lingering   the client to close                    over
over        nothing: the loop closes the socket
==========  =====================================  ======================================
"""

import logging
import socket
from time import monotonic
from typing import Any

from emulator.family import MAX_UPLOAD_BYTES, UPLOAD_PATH
from emulator.http.answer import CONTINUE, Answer, format_failure, format_refusal
from emulator.http.body import Body, BodyMemory, ChunkedBody
from emulator.http.leader import Leader
from emulator.http.request import (
    END_OF_HEAD,
    MAX_HEAD_BYTES,
    Head,
    Refusal,
    check_beginning,
    read_head,
)
from emulator.http.tls import Cipher, CipherError
from emulator.http.wsgi import Gateway
from emulator.workspace.failpoint import ConnectionDropped

logger = logging.getLogger("emulator.http.listener")

RECEIVE_BYTES = 65_536
MAX_WAITING_BYTES = 1024 * 1024
"""The waiting bytes of an answer, beyond which the next part is not read."""
UNREAD_SECONDS = 10.0
"""The time after which a client that reads nothing loses the rest of an answer."""
SLICE_SECONDS = 0.002
"""The time after which a connection with further requests lets others go on."""
HEAD_TOO_LARGE = "431 Request Header Fields Too Large"


class Connection:
    """A client's connection.

    Args:
        client: The socket, which does not block.
        address: The address of the client.
        gateway: Runs the application.
        cipher: TLS, None for plain HTTP.
        memory: The memory for bodies, shared with all connections of the server.

    Attributes:
        socket: The socket.
        used: The time of the latest bytes or answer, in seconds of the monotonic clock.
        is_over: Whether the socket is to be closed.
        is_lingering: Whether arriving bytes are thrown away until the client closes.
        has_more: Whether further requests may have arrived than were served in this slice.
    """

    def __init__(
        self,
        client: socket.socket,
        address: tuple[Any, ...],
        gateway: Gateway,
        cipher: Cipher | None,
        memory: BodyMemory,
    ) -> None:
        self.socket = client
        self.used = monotonic()
        self.is_over = False
        self.is_lingering = False
        self.has_more = False
        # Some systems name no address for a client that has left: that fails here, at the set-up.
        self._address = address[0], address[1]
        self._gateway = gateway
        self._cipher = cipher
        self._memory = memory
        self._inbox = b""  # bytes that are no request yet
        self._outbox = bytearray()  # bytes that the system has not taken yet
        self._head: Head | None = None  # of a request whose body is arriving
        self._body: Body | ChunkedBody | None = None
        self._held = 0  # bytes of the body that the memory knows of
        self._searched = 0  # bytes of the inbox in which no head ends
        self._is_ending = False
        self._has_ended = False
        self._was_dropped = False
        self._client_has_left = False

    @property
    def owes(self) -> bool:
        """Whether bytes wait to be sent."""
        return bool(self._outbox)

    @property
    def awaits_body(self) -> bool:
        """Whether a body is arriving."""
        return self._body is not None

    @property
    def awaits_large_body(self) -> bool:
        """Whether a body is arriving that may have to wait for memory."""
        return self._body is not None and not self._body.is_small

    @property
    def holds_memory(self) -> bool:
        """Whether the connection keeps bytes of an unanswered body."""
        return self._held > 0

    @property
    def is_idle(self) -> bool:
        """Whether the connection is between two requests, or lingers."""
        return self.is_lingering or not (self._inbox or self._head or self._outbox)

    def receive(self, leader: Leader) -> None:
        """Receive bytes, and answer complete requests."""
        try:
            wire = self.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            wire = b""
        self.used = monotonic()
        if not wire:
            self.is_over = True
        elif not self.is_lingering:
            self._inbox += self._decrypt(wire) if self._cipher else wire
            self.proceed(leader)

    def flush(self, leader: Leader) -> None:
        """Send waiting bytes, then answer waiting requests."""
        before = len(self._outbox)
        self._send_wire(b"")
        if len(self._outbox) < before:
            self.used = monotonic()  # the client reads, however slowly
        self.proceed(leader)

    def proceed(self, leader: Leader) -> None:
        """Answer requests for a slice of time, or until an answer has to wait for the client."""
        end, self.has_more = monotonic() + SLICE_SECONDS, False
        while not (self._outbox or self._is_ending or self.is_over) and self._serve_next(leader):
            if self.used > end:
                self.has_more = bool(self._inbox)
                break
        if self._is_ending and not (self._outbox or self._has_ended):
            self._end()
        if self._client_has_left and not (self._outbox or self.has_more or leader.is_replaced):
            self.is_over = True

    def close(self) -> None:
        """Close the socket, with the announcement of TLS after a complete answer."""
        try:
            if self._cipher and not (self._was_dropped or self._is_ending or self._outbox):
                self._send_wire(self._cipher.leave())
        finally:
            self._free_memory()
            if self._body is not None:
                self._body.close()
            self.socket.close()

    def _decrypt(self, wire: bytes) -> bytes:
        cipher: Any = self._cipher
        try:
            data, has_left = cipher.decrypt(wire)
        except CipherError as error:
            self._send_wire(error.farewell)
            self._is_ending = self._was_dropped = self.is_lingering = True
            return b""
        if handshake := cipher.encrypt(b""):
            self._send_wire(handshake)
        self._client_has_left = has_left
        return bytes(data)

    def _serve_next(self, leader: Leader) -> bool:
        """Answer the next request; return whether further requests may follow."""
        try:
            is_complete = self._read_head() and self._read_body()
        except Refusal as refusal:
            self._send(format_refusal(refusal))
            self._is_ending = self.is_lingering = True
            return False
        if not is_complete or self._head is None:
            return False
        head, body, self._head, self._body = self._head, self._body, None, None
        return self._answer(head, body, leader)

    def _read_head(self) -> bool:
        """Return whether a head is complete.

        Raises:
            Refusal: The head is malformed.
        """
        if self._head is not None:
            return True
        if self._inbox.startswith(b"\r\n"):  # some clients end a body with a line (RFC 9112, 2.2)
            self._inbox = self._inbox.lstrip(b"\r\n")
        end = self._inbox.find(END_OF_HEAD, self._searched)
        if max(end, len(self._inbox) if end < 0 else 0) > MAX_HEAD_BYTES:
            raise Refusal("The head of the request is too large.", HEAD_TOO_LARGE)
        if end < 0:
            check_beginning(self._inbox)
            self._searched = max(0, len(self._inbox) - len(END_OF_HEAD))
            return False
        self._head = read_head(self._inbox, end)
        self._inbox, self._searched = self._inbox[end + len(END_OF_HEAD) :], 0
        self._expect_body(self._head)
        return True

    def _expect_body(self, head: Head) -> None:
        is_spooled = head.path.startswith(UPLOAD_PATH)
        limit = MAX_UPLOAD_BYTES if is_spooled else self._memory.per_body
        if head.is_chunked:
            self._body = ChunkedBody(limit, is_spooled=is_spooled)
        elif head.length:
            self._body = Body(head.length, limit, is_spooled=is_spooled)
        if self._body and head.expects_continue and not (self._inbox or self._body.is_complete):
            self._send(CONTINUE)

    def _read_body(self) -> bool:
        """Return whether the body is complete, or too large.

        Raises:
            Refusal: The body is malformed.
        """
        if self._body is None:
            return True
        if not self._body.is_complete:
            self._inbox = self._body.feed(self._inbox)
            self._memory.add(self._body.memory - self._held)
            self._held = self._body.memory
        return self._body.is_complete

    def _free_memory(self) -> None:
        self._memory.add(-self._held)
        self._held = 0

    def _answer(self, head: Head, body: Body | ChunkedBody | None, leader: Leader) -> bool:
        """Let the application answer; return whether this thread still leads the loop."""
        too_large = body is not None and body.is_too_large
        answer = Answer(self._send_part, head, is_last=too_large)
        leader.begin(self)
        try:
            self._gateway.run(head, body, self._address, answer)
        except ConnectionDropped:
            answer.is_last = self._was_dropped = True
        except BaseException:  # sys.exit in an application would else end the loop, and silently
            logger.exception("internal error in %s", head.method)
            answer.is_last = True
            if answer.is_begun:
                self._was_dropped = True
            else:
                self._send(format_failure())
        finally:
            if body is not None:
                body.close()
            self.used = monotonic()
            self._is_ending = self._is_ending or answer.is_last
            self.is_lingering = too_large and not self._was_dropped
            if self._held:
                self._free_memory()
        return leader.end()

    def _send_part(self, data: bytes) -> None:
        """Send a part of an answer, after a wait for a client that reads slowly.

        Raises:
            ConnectionDropped: The client does not read, or has left.
        """
        if self.is_over:
            raise ConnectionDropped  # an application may go on for long, and nobody reads
        if len(self._outbox) > MAX_WAITING_BYTES:
            self.socket.settimeout(UNREAD_SECONDS)
            try:
                while self._outbox:
                    del self._outbox[: self.socket.send(self._outbox)]
            except OSError as error:
                self._outbox.clear()
                self.is_over = True
                raise ConnectionDropped from error
            finally:
                self.socket.setblocking(False)
        self._send(data)

    def _send(self, data: bytes) -> None:
        self._send_wire(self._cipher.encrypt(data) if self._cipher else data)

    def _send_wire(self, wire: bytes) -> None:
        """Send as much as the system takes now, and keep the rest."""
        if self._outbox:
            self._outbox += wire
            del self._outbox[: self._transmit(self._outbox)]
        elif (sent := self._transmit(wire)) < len(wire):
            self._outbox += wire[sent:]

    def _transmit(self, wire: bytes | bytearray) -> int:
        """Return the number of sent bytes. If the client is gone, all bytes count as sent."""
        try:
            return self.socket.send(wire)
        except BlockingIOError:
            return 0
        except OSError:
            self.is_over = True
            return len(wire)

    def _end(self) -> None:
        """End the connection after the last byte."""
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
