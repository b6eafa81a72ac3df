"""Arriving request bodies (RFC 9112, section 6), and the memory of all bodies.

Rules:

- A body has an announced length (6.2) or comes in chunks (7.1). ``request`` has settled which.
- A body below ``UPLOAD_PATH`` is a file: kept in a temporary file, up to ``MAX_UPLOAD_BYTES``.
- Another body is kept up to ``BodyMemory.per_body`` bytes. A larger body is marked as too large,
  complete at once, and never kept: the application answers, and the connection ends.
- Every line of the chunked coding ends with CR LF, and is at most ``MAX_LINE_BYTES`` long: a bare
  LF is refused, since another reader could see another body.
- Chunk extensions and trailer fields are checked and left out (7.1.1, 7.1.2).
- The lines of chunks do not count as body. They have at most ``MAX_FRAMING_BYTES`` beside a third
  of the body (CHOSEN): each chunk takes time, and a client could send millions of one byte.

States of a chunked body:

===========  ==================================  ==========================
state        waits for                           next
===========  ==================================  ==========================
size         chunk-size [ chunk-ext ] CRLF       data; trailer if the size is 0
data         chunk-data CRLF                     size
trailer      field-line CRLF, or CRLF            trailer, or complete
===========  ==================================  ==========================
"""

import re
from io import BytesIO
from tempfile import SpooledTemporaryFile
from threading import Lock

from emulator.family import SPOOL_BYTES
from emulator.http.request import FIELD_LINE, MAX_FIELDS, Refusal

SMALL_BODY_BYTES = 64 * 1024
"""A body of at most this size never waits for memory: large bodies must not hold up a login."""
MAX_LINE_BYTES = 4096
"""The longest line between chunks."""
MAX_FRAMING_BYTES = 65_536
"""The bytes around the chunks of a body, beside ``1 / BODY_BYTES_OF_FRAMING_BYTE`` of the body."""
BODY_BYTES_OF_FRAMING_BYTE = 3
CHUNK_SIZE, CHUNK_EXT = rb"[0-9A-Fa-f]{1,15}", rb";[^\0\r\n]*+"
CHUNK_LINE = re.compile(rb"(%b)[ \t]*+(?:%b)?" % (CHUNK_SIZE, CHUNK_EXT))
TRAILER_LINE = re.compile(FIELD_LINE)


Content = BytesIO | SpooledTemporaryFile[bytes]


def _open_content(*, is_spooled: bool) -> Content:
    return SpooledTemporaryFile(SPOOL_BYTES) if is_spooled else BytesIO()


class BodyMemory:
    """Memory of all request bodies of a server, from the first byte to the answer.

    Args:
        limit: The bytes of all bodies together that are kept before others have to wait.
        per_body: The bytes of one body that are kept.

    Attributes:
        per_body: As given.
    """

    def __init__(self, limit: int, per_body: int) -> None:
        self.per_body = per_body
        self._limit = limit
        self._size = 0
        self._lock = Lock()  # threads that have answered give memory back while the leader takes

    @property
    def is_full(self) -> bool:
        """Whether the limit is reached."""
        return self._size >= self._limit

    def add(self, size: int) -> None:
        """Add kept bytes; a negative size gives bytes back."""
        with self._lock:
            self._size += size


class Body:
    """A body of announced length.

    Args:
        length: The announced bytes.
        limit: The most bytes that are kept.
        is_spooled: Whether the body is kept in a temporary file.

    Attributes:
        is_too_large: Whether the body is larger than the limit.
        is_small: Whether the body never waits for memory.
        size: The bytes that are kept.
    """

    def __init__(self, length: int, limit: int, *, is_spooled: bool = False) -> None:
        self.is_too_large = length > limit
        self.is_small = length <= SMALL_BODY_BYTES or is_spooled
        self.size = 0
        self._missing = 0 if self.is_too_large else length
        self._content = _open_content(is_spooled=is_spooled)
        self._is_spooled = is_spooled

    @property
    def is_complete(self) -> bool:
        """Whether no more bytes are expected."""
        return not self._missing

    @property
    def memory(self) -> int:
        """The bytes that are kept in memory."""
        return 0 if self._is_spooled else self.size

    def feed(self, data: bytes) -> bytes:
        """Keep the bytes of the body; return the bytes behind the body."""
        taken = self._content.write(data[: self._missing])
        self.size += taken
        self._missing -= taken
        return data[taken:]

    def open(self) -> Content:
        """Return the body as a file, to be read from the beginning."""
        self._content.seek(0)
        return self._content

    def close(self) -> None:
        """Remove the temporary file of the body, if any."""
        if self._is_spooled:
            self._content.close()


class ChunkedBody:
    """A body in chunks.

    Args:
        limit: The most bytes that are kept, without the framing of the chunks.
        is_spooled: Whether the body is kept in a temporary file.

    Attributes:
        is_too_large: Whether the body is larger than the limit.
        is_complete: Whether no more bytes are expected.
        size: The bytes that are kept.
    """

    def __init__(self, limit: int, *, is_spooled: bool = False) -> None:
        self.is_too_large = False
        self.is_complete = False
        self.size = 0
        self._limit = limit
        self._announced = 0  # bytes of all chunks so far
        self._framing = 0  # bytes around all chunks so far
        self._trailers = 0
        self._data = b""  # bytes that no state has taken yet
        self._content = _open_content(is_spooled=is_spooled)
        self._is_spooled = is_spooled
        self._read = self._read_size

    @property
    def is_small(self) -> bool:
        """Whether the body does not wait for memory so far."""
        return self._announced <= SMALL_BODY_BYTES or self._is_spooled

    @property
    def memory(self) -> int:
        """The bytes that are kept in memory."""
        return 0 if self._is_spooled else self.size

    def feed(self, data: bytes) -> bytes:
        """Keep the bytes of the body; return the bytes behind the body.

        Raises:
            Refusal: The chunks are malformed, or too small.
        """
        self._data += data
        position, before = 0, -1
        # Each state returns the position behind its bytes, or the same one if bytes are missing.
        while not self.is_complete and position != before:
            before = position
            position = self._read(position)
        self._data = self._data[position:]
        return self._data if self.is_complete else b""

    def open(self) -> Content:
        """Return the body as a file, to be read from the beginning."""
        self._content.seek(0)
        return self._content

    def close(self) -> None:
        """Remove the temporary file of the body, if any."""
        if self._is_spooled:
            self._content.close()

    def _find_line_end(self, position: int) -> int:
        """Return the end of the line at a position, -1 if bytes are missing."""
        end = self._data.find(b"\r\n", position)
        bare = self._data.find(b"\n", position)
        if bare >= 0 and (end < 0 or bare - 1 != end):
            raise Refusal("Lines between chunks end with CR and LF.")
        if (len(self._data) if end < 0 else end) - position > MAX_LINE_BYTES:
            raise Refusal("A line between chunks is too long.")
        return end

    def _read_size(self, position: int) -> int:
        end = self._find_line_end(position)
        if end < 0:
            return position
        found = CHUNK_LINE.fullmatch(self._data, position, end)
        if found is None:
            raise Refusal("The size of a chunk is malformed.")
        self._chunk = int(found[1], 16)
        self._announced += self._chunk
        self._framing += end - position + 4  # the line ends of the size and of the data
        if self._framing > MAX_FRAMING_BYTES + self._announced // BODY_BYTES_OF_FRAMING_BYTE:
            raise Refusal("The body has too many small chunks.")
        if self._announced > self._limit:
            self.is_too_large = self.is_complete = True
        self._read = self._read_chunk if self._chunk else self._read_trailer
        return end + 2

    def _read_chunk(self, position: int) -> int:
        end = position + self._chunk
        if len(self._data) < end + 2:
            return self._read_beginning(position)
        if self._data[end : end + 2] != b"\r\n":
            raise Refusal("A chunk is longer than its size.")
        self.size += self._content.write(self._data[position:end])
        self._read = self._read_size
        return end + 2

    def _read_beginning(self, position: int) -> int:
        """Keep the beginning of a chunk.

        The last byte of the chunk waits for the line end: a chunk of 0 bytes would be the end of
        the body, and the state need not be told apart.
        """
        end = min(len(self._data), position + self._chunk - 1)
        if end <= position:
            return position
        self.size += self._content.write(self._data[position:end])
        self._chunk -= end - position
        return end

    def _read_trailer(self, position: int) -> int:
        end = self._find_line_end(position)
        if end < 0:
            return position
        self.is_complete = end == position
        self._trailers += 1
        line = TRAILER_LINE.fullmatch(self._data, position, end)
        if not self.is_complete and (line is None or self._trailers > MAX_FIELDS):
            raise Refusal("A trailer field is malformed.")
        return end + 2
