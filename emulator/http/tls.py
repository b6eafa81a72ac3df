"""TLS between the bytes on the wire and those of HTTP; it knows no sockets."""

import ssl
from contextlib import suppress

SPEAK_HTTPS = b"This port speaks https. Write https:// at the beginning of the URL.\n"
PLAIN_HTTP_REFUSED = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: %d\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\n%b" % (len(SPEAK_HTTPS), SPEAK_HTTPS)
)
READ_AT_ONCE = 65_536


class CipherError(Exception):
    """The client speaks no TLS, or none that we understand.

    Attributes:
        farewell: What it is told on the wire.
    """

    def __init__(self, farewell: bytes) -> None:
        super().__init__()
        self.farewell = farewell


class Cipher:
    """TLS of one connection.

    Args:
        context: The certificate.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._is_greeted = self._is_secure = False

    def decrypt(self, wire: bytes) -> tuple[bytes, bool]:
        """Take in what has arrived; return what it says, and whether the client says no more.

        Raises:
            CipherError: It is no TLS.
        """
        # A method begins with a letter, a handshake does not.
        if not self._is_greeted and wire[:1].isalpha():
            raise CipherError(PLAIN_HTTP_REFUSED)
        self._is_greeted = True
        self._incoming.write(wire)
        said: list[bytes] = []
        try:
            has_left = self._read(said)
            return b"".join(said), has_left
        except ssl.SSLWantReadError:
            return b"".join(said), False
        except ssl.SSLError as error:
            # The client's trouble, such as not to trust our certificate: it knows best.
            raise CipherError(self._outgoing.read()) from error

    def _read(self, said: list[bytes]) -> bool:
        """Append all that is said; return once the client has said farewell.

        Raises:
            ssl.SSLWantReadError: There is more to come.
        """
        if not self._is_secure:
            self._tls.do_handshake()
            self._is_secure = True
        while data := self._tls.read(READ_AT_ONCE):
            said.append(data)
        return True

    def encrypt(self, data: bytes) -> bytes:
        """Return the bytes that say ``data`` on the wire, after what TLS itself has to say."""
        if data:
            self._tls.write(data)
        return self._outgoing.read()

    def leave(self) -> bytes:
        """Return what tells the client that nothing is missing; its own farewell is not needed."""
        # It would wait for the farewell of the client, and refuses where there was no handshake.
        with suppress(ssl.SSLError, ValueError):
            self._tls.unwrap()
        return self._outgoing.read()
