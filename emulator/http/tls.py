"""TLS between the bytes on the wire and the bytes of HTTP (RFC 8446, OpenSSL); without sockets.

Rules:

- Bytes go in and come out in any pieces, so a client in the middle of a handshake holds up nobody.
- Plain HTTP on a port for https is answered in plain HTTP: the client sees what to change.
- A failed handshake ends the connection with the alert of OpenSSL, and without a log entry: a
  client that does not trust the certificate reports that itself.
- A clean end is announced (``close_notify``, RFC 8446, 6.1). Without the announcement a client must
  take an answer for cut off, which is what a dropped connection is for.

===========  ===========================================  ==========================
state        reads                                        next
===========  ===========================================  ==========================
new          the first bytes                              handshake; failed if HTTP
handshake    handshake messages                           secure; failed
secure       records of data                              secure; left at close_notify
===========  ===========================================  ==========================
"""

import ssl
from contextlib import suppress

HTTPS_REQUIRED = b"This port speaks https. Write https:// at the beginning of the URL.\n"
PLAIN_HTTP_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: %d\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\n%b" % (len(HTTPS_REQUIRED), HTTPS_REQUIRED)
)
READ_BYTES = 65_536


class CipherError(Exception):
    """The client speaks no TLS, or no version and no cipher of ours.

    Attributes:
        farewell: The last bytes for the wire.
    """

    def __init__(self, farewell: bytes) -> None:
        super().__init__()
        self.farewell = farewell


class Cipher:
    """TLS of a connection.

    Args:
        context: The certificate.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._has_begun = self._is_secure = False

    def decrypt(self, wire: bytes) -> tuple[bytes, bool]:
        """Take bytes of the wire; return the data, and True after the farewell of the client.

        Raises:
            CipherError: The bytes are no TLS.
        """
        # A method begins with a letter, a handshake does not.
        if not self._has_begun and wire[:1].isalpha():
            raise CipherError(PLAIN_HTTP_ANSWER)
        self._has_begun = True
        self._incoming.write(wire)
        data: list[bytes] = []
        try:
            has_left = self._read(data)
            return b"".join(data), has_left
        except ssl.SSLWantReadError:
            return b"".join(data), False
        except ssl.SSLError as error:
            raise CipherError(self._outgoing.read()) from error

    def _read(self, data: list[bytes]) -> bool:
        """Append all data; return True at the farewell of the client.

        Raises:
            ssl.SSLWantReadError: The next record is not complete.
        """
        if not self._is_secure:
            self._tls.do_handshake()
            self._is_secure = True
        while piece := self._tls.read(READ_BYTES):
            data.append(piece)
        return True

    def encrypt(self, data: bytes) -> bytes:
        """Return the bytes for the wire: waiting messages of TLS, then the data."""
        if data:
            self._tls.write(data)
        return self._outgoing.read()

    def leave(self) -> bytes:
        """Return the announcement of a clean end."""
        # ``unwrap`` would wait for the client's farewell, and raises before the handshake's end.
        with suppress(ssl.SSLError, ValueError):
            self._tls.unwrap()
        return self._outgoing.read()
