"""Requests as they arrive: the head, strictly by RFC 9112, and the body that follows it."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

MOST_HEAD = 256 * 1024  # bytes of a head
MOST_FIELDS = 1000  # header fields
MOST_LINE = 4096  # bytes of a line between chunks
KEPT_HEADS, LONGEST_KEPT = 256, 4096  # heads that are remembered, bytes of the longest of them
END_OF_HEAD = b"\r\n\r\n"
HANDSHAKE = b"\x16\x03"  # how TLS begins

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
# Methods count by case (RFC 9110, 9.1), and applications below would take ``get`` for GET.
# A target has no fragment (RFC 9112, 3.2): where it came from, # was meant to be part of an id.
REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Z-]++) ([!\"$-~\x80-\xff]++) HTTP/1\.([01])\r\n")
FIELD = re.compile(rb"^(%b):[ \t]*+([^\0\r\n]*+)\r\n" % TOKEN, re.MULTILINE)
LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*+(?:;[^\0\r\n]*+)?")
TRAILER = re.compile(rb"%b:[^\0\r\n]*+" % TOKEN)

NO_TARGET = "The target is neither a path nor a URL."
ALONE = ("CONTENT_LENGTH", "HTTP_HOST")
"""Fields that two readers could read differently if there were two of a name."""

Fields = dict[str, str]


class Refusal(Exception):  # noqa: N818 - an answer, no error of the program
    """The bytes are no request that can be served.

    Attributes:
        status: Status and phrase of the answer.
    """

    def __init__(self, reason: str, status: str = "400 Bad Request") -> None:
        super().__init__(reason)
        self.status = status


class Head(NamedTuple):
    """The head of a request.

    Attributes:
        method: The method as sent.
        target: The target as sent, its bytes as Latin-1.
        path: The path of the target, decoded as WSGI has it: bytes as Latin-1.
        query: The query string of the target.
        version: ``1.0`` or ``1.1``.
        fields: The header fields by their names in a WSGI environment. Those of one name are
            joined; those with an underscore in their name, which would be mistaken for others,
            are left out.
        is_chunked: Whether the body comes in chunks.
    """

    method: str
    target: str
    path: str
    query: str
    version: str
    fields: Mapping[str, str]
    is_chunked: bool

    @property
    def length(self) -> int:
        """The announced bytes of the body."""
        return int(self.fields.get("CONTENT_LENGTH") or 0)

    @property
    def wants_to_continue(self) -> bool:
        """Whether the client waits to be told that it may send the body."""
        told = self.fields.get("HTTP_EXPECT", "").lower().split(",")
        return {one.strip() for one in told} == {"100-continue"} and self.version == "1.1"

    @property
    def connection_options(self) -> tuple[str, ...]:
        """What the client says of the connection, in lower case."""
        sent = self.fields.get("HTTP_CONNECTION")
        return tuple(option.strip() for option in sent.lower().split(",")) if sent else ()


def read_head(data: bytes, end: int) -> Head:
    """Return the head that ``data`` begins with; the latest are remembered.

    Args:
        data: What has arrived.
        end: Where ``END_OF_HEAD`` begins in it.

    Raises:
        Refusal: It is malformed, or its framing cannot be told for sure.
    """
    lines = data[: end + 2]
    return _remember(lines) if len(lines) <= LONGEST_KEPT else _read_lines(lines)


def _read_lines(data: bytes) -> Head:
    """Return what the lines of a head say."""
    line = REQUEST_LINE.match(data)
    if line is None:
        raise Refusal("The request line is malformed.")
    found = FIELD.findall(data, line.end())
    if len(found) != data.count(b"\n", line.end()):
        raise Refusal("A header field is malformed.")
    method, target, minor = line.groups()
    fields = _read_fields(found)
    version = "1.1" if minor == b"1" else "1.0"
    is_chunked = _check_framing(fields, version)
    text = target.decode("latin-1")
    if not text.startswith("/"):
        fields |= _read_authority(text)
    if version == "1.1" and "HTTP_HOST" not in fields:
        raise Refusal("There is no Host.")
    path, _, query = text.partition("?")
    return Head(method.decode(), text, _decode_path(path), query, version, fields, is_chunked)


_remember = lru_cache(KEPT_HEADS)(_read_lines)


def _decode_path(path: str) -> str:
    if not path.startswith("/"):
        path = path.partition("://")[2].partition("/")[2] and "/" + path.split("/", 3)[3]
    return unquote_to_bytes(path.encode("latin-1")).decode("latin-1") if "%" in path else path


def check_beginning(data: bytes) -> None:
    """Refuse what is no beginning of a head, rather than wait for the rest of it.

    Raises:
        Refusal: It can become none.
    """
    if data.startswith(HANDSHAKE):
        raise Refusal("This port speaks http. Write http:// at the beginning of the URL.")
    line, ended, _ = data.partition(b"\r\n")
    if ended and not REQUEST_LINE.match(line + ended):
        raise Refusal("The request line is malformed.")
    if data.count(b"\n") != data.count(b"\r\n") or b"\0" in data:
        raise Refusal("Lines end with CR and LF, and hold no NUL.")


def _read_fields(found: list[tuple[bytes, bytes]]) -> Fields:
    if len(found) > MOST_FIELDS:
        raise Refusal("There are too many header fields.", "431 Request Header Fields Too Large")
    fields: Fields = {}
    for name, value in found:
        variable, text = _name_variable(name), value.rstrip(b" \t").decode("latin-1")
        if variable in ALONE and variable in fields:
            raise Refusal(f"{name.decode()} is there twice.")
        if variable in fields:
            separator = "; " if variable == "HTTP_COOKIE" else ", "
            text = f"{fields[variable]}{separator}{text}"
        fields[variable] = text
    fields.pop("", None)
    return fields


@lru_cache(maxsize=1024)
def _name_variable(name: bytes) -> str:
    """Return what WSGI calls a header field, nothing for one that is left out."""
    if b"_" in name:
        return ""
    variable = name.decode().upper().replace("-", "_")
    return variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"


def _read_authority(target: str) -> Fields:
    """Return the host of a target in absolute form, which counts more than the header.

    Raises:
        Refusal: It is neither that nor an asterisk, the two forms besides a path that we serve.
    """
    if target == "*":
        return {}
    try:
        found = urlsplit(target)
    except ValueError as error:
        raise Refusal(NO_TARGET) from error
    if found.scheme not in ("http", "https") or not found.netloc:
        raise Refusal(NO_TARGET)
    return {"HTTP_HOST": found.netloc}


def _check_framing(fields: Fields, version: str) -> bool:
    """Return whether the body is chunked; refuse what two readers could see differently."""
    coding, length = fields.pop("HTTP_TRANSFER_ENCODING", None), fields.get("CONTENT_LENGTH")
    if length is not None and not LENGTH.fullmatch(length):
        raise Refusal("Content-Length is no number.")
    if coding is None:
        return False
    if coding.lower() != "chunked":
        raise Refusal("The only transfer coding is chunked.", "501 Not Implemented")
    if length is not None or version == "1.0":
        raise Refusal("Transfer-Encoding goes with HTTP/1.1, and without Content-Length.")
    return True


class Body:
    """A body of announced length while it arrives.

    Args:
        length: Its bytes.
        limit: The most bytes that are taken in.
    """

    def __init__(self, length: int, limit: int) -> None:
        self.is_too_large = length > limit
        self._left = 0 if self.is_too_large else length
        self._parts: list[bytes] = []

    @property
    def is_complete(self) -> bool:
        """Whether nothing more is waited for."""
        return not self._left

    def feed(self, data: bytes) -> bytes:
        """Take in what belongs to the body; return what comes behind it."""
        self._parts.append(data[: self._left])
        rest = data[self._left :]
        self._left -= len(self._parts[-1])
        return rest

    def join(self) -> bytes:
        """Return all of it."""
        return b"".join(self._parts)


class ChunkedBody:
    """A body in chunks while it arrives (RFC 9112, 7.1).

    Args:
        limit: The most bytes that are taken in, their framing not counted.
    """

    def __init__(self, limit: int) -> None:
        self.is_too_large = False
        self.is_complete = False
        self._limit = limit
        self._size = 0
        self._trailers = 0
        self._data = b""
        self._parts: list[bytes] = []
        self._read = self._read_size

    def feed(self, data: bytes) -> bytes:
        """Take in what belongs to the body; return what comes behind it.

        Raises:
            Refusal: It is malformed.
        """
        self._data += data
        position, before = 0, -1
        while not self.is_complete and position != before:
            before = position
            position = self._read(position)
        self._data = self._data[position:]
        return self._data if self.is_complete else b""

    def join(self) -> bytes:
        """Return all of it."""
        return b"".join(self._parts)

    def _find_line(self, position: int) -> int:
        """Return where the line ends that begins at a position, -1 if it is not there yet."""
        end = self._data.find(b"\r\n", position)
        bare = self._data.find(b"\n", position)
        if bare >= 0 and bare - 1 != end:
            raise Refusal("Lines between chunks end with CR and LF.")
        if (len(self._data) if end < 0 else end) - position > MOST_LINE:
            raise Refusal("A line between chunks is too long.")
        return end

    def _read_size(self, position: int) -> int:
        end = self._find_line(position)
        if end < 0:
            return position
        found = CHUNK.fullmatch(self._data, position, end)
        if found is None:
            raise Refusal("The size of a chunk is malformed.")
        self._chunk = int(found[1], 16)
        self._size += self._chunk
        if self._size > self._limit:
            self.is_too_large = self.is_complete = True
        self._read = self._read_chunk if self._chunk else self._read_trailer
        return end + 2

    def _read_chunk(self, position: int) -> int:
        end = position + self._chunk
        if len(self._data) < end + 2:
            return self._read_part(position)
        if self._data[end : end + 2] != b"\r\n":
            raise Refusal("A chunk is longer than its size.")
        self._parts.append(self._data[position:end])
        self._read = self._read_size
        return end + 2

    def _read_part(self, position: int) -> int:
        """Take in the beginning of a chunk, but its last byte."""
        end = min(len(self._data), position + self._chunk - 1)
        if end <= position:
            return position
        self._parts.append(self._data[position:end])
        self._chunk -= end - position
        return end

    def _read_trailer(self, position: int) -> int:
        end = self._find_line(position)
        if end < 0:
            return position
        self.is_complete = end == position
        self._trailers += 1
        line = TRAILER.fullmatch(self._data, position, end)
        if not self.is_complete and (line is None or self._trailers > MOST_FIELDS):
            raise Refusal("A trailer field is malformed.")
        return end + 2
