r"""Request heads: the request line and the header fields (RFC 9112, sections 2 to 6).

Rules:

- A head ends with an empty line (2.1). Every line ends with CR LF; a bare LF and a bare CR are
  refused, and so is NUL (2.2). Folded header fields are refused (5.2).
- A method is a token in upper case. A request-target is an absolute path, a URL of http or https,
  or ``*`` (3.2). The bytes 0x80 to 0xFF are accepted, since clients send them; control characters,
  spaces and ``#`` are refused.
- HTTP/1.1 needs exactly one Host (3.2). The host of a URL counts more than the header (3.2.2). A
  malformed host reaches the application, which has a fault of its own for it
  (InvalidHostHeader).
- The framing of the body must be beyond doubt (6.3): two Content-Length, another transfer coding
  than ``chunked``, or both headers together are refused. Otherwise two readers of one stream could
  see different requests (11.2, request smuggling).
- All texts are bytes read as Latin-1, as PEP 3333 wants them: every byte has a character, so no
  byte is lost and none raises an error.
- A header field with an underscore in its name is left out. In a WSGI environment ``X_A`` could
  not be told from ``X-A``.

A head is bounded in bytes (``MAX_HEAD_BYTES``) and in fields (``MAX_FIELDS``).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

MAX_HEAD_BYTES = 256 * 1024
MAX_FIELDS = 1000
CACHED_HEADS, MAX_CACHED_HEAD_BYTES = 256, 4096
END_OF_HEAD = b"\r\n\r\n"
TLS_HANDSHAKE = b"\x16\x03"
"""The first bytes of a client that speaks TLS."""

# The grammar of RFC 9110 and 9112. Repetitions are possessive: no text takes more than one pass.
TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
# A method counts by case (RFC 9110, 9.1), and applications would take ``get`` for GET.
METHOD = rb"[!#$%&'*+.^_`|~0-9A-Z-]++"
# A target has no fragment (3.2): a client that sends # has forgotten to encode an id.
REQUEST_TARGET = rb"[!\"$-~\x80-\xff]++"
REQUEST_LINE = re.compile(rb"(%b) (%b) HTTP/1\.([01])\r\n" % (METHOD, REQUEST_TARGET))
# More than VCHAR and obs-text: RFC 9110, 5.5 lets a recipient keep other control characters.
FIELD_VCHAR = rb"[^\0\r\n]"
FIELD_LINE = rb"%b:%b*+" % (TOKEN, FIELD_VCHAR)
FIELD_LINES = re.compile(rb"^(%b):[ \t]*+(%b*+)\r\n" % (TOKEN, FIELD_VCHAR), re.MULTILINE)
CONTENT_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)

BAD_TARGET = "The target is neither a path nor a URL."
SINGLE_FIELDS = ("CONTENT_LENGTH", "HTTP_HOST")
"""Fields that may stand once: two readers could choose different ones of two."""

Fields = dict[str, str]


class Refusal(Exception):  # noqa: N818 - an answer, no error of the program
    """The server refuses the bytes as a request.

    Attributes:
        status: The status of the answer, with its phrase.
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
        query: The query string of the target, its bytes as Latin-1.
        version: ``1.0`` or ``1.1``.
        fields: The header fields by their names in a WSGI environment. Fields of the same name are
            joined.
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
    def expects_continue(self) -> bool:
        """Whether the client waits for 100 before the body (RFC 9110, 10.1.1)."""
        expected = self.fields.get("HTTP_EXPECT", "").lower().split(",")
        return {one.strip() for one in expected} == {"100-continue"} and self.version == "1.1"

    @property
    def connection_options(self) -> tuple[str, ...]:
        """The options of the header Connection, in lower case (RFC 9110, 7.6.1)."""
        sent = self.fields.get("HTTP_CONNECTION")
        return tuple(option.strip() for option in sent.lower().split(",")) if sent else ()


def read_head(data: bytes, end: int) -> Head:
    """Return the head at the beginning of ``data``; the latest short heads are cached.

    Args:
        data: The bytes that have arrived.
        end: The position of ``END_OF_HEAD`` in ``data``.

    Raises:
        Refusal: The head is malformed, or the framing of the body is in doubt.
    """
    lines = data[: end + 2]
    return _parse_cached(lines) if len(lines) <= MAX_CACHED_HEAD_BYTES else _parse(lines)


def _parse(data: bytes) -> Head:
    """Return the head in the lines."""
    line = REQUEST_LINE.match(data)
    if line is None:
        raise Refusal("The request line is malformed.")
    found = FIELD_LINES.findall(data, line.end())
    # A line that is no field-line is skipped by ``findall``, and so missing in the count.
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


_parse_cached = lru_cache(CACHED_HEADS)(_parse)


def _decode_path(path: str) -> str:
    if not path.startswith("/"):
        path = path.partition("://")[2].partition("/")[2] and "/" + path.split("/", 3)[3]
    return unquote_to_bytes(path.encode("latin-1")).decode("latin-1") if "%" in path else path


def check_beginning(data: bytes) -> None:
    """Check the beginning of a head before the end has arrived.

    Raises:
        Refusal: No further bytes can make a head of the beginning.
    """
    if data.startswith(TLS_HANDSHAKE):
        raise Refusal("This port speaks http. Write http:// at the beginning of the URL.")
    line, ended, _ = data.partition(b"\r\n")
    if ended and not REQUEST_LINE.match(line + ended):
        raise Refusal("The request line is malformed.")
    if data.count(b"\n") != data.count(b"\r\n") or b"\0" in data:
        raise Refusal("Lines end with CR and LF, and hold no NUL.")


def _read_fields(found: list[tuple[bytes, bytes]]) -> Fields:
    if len(found) > MAX_FIELDS:
        raise Refusal("There are too many header fields.", "431 Request Header Fields Too Large")
    fields: Fields = {}
    for name, value in found:
        variable, text = _name_variable(name), value.rstrip(b" \t").decode("latin-1")
        if variable in SINGLE_FIELDS and variable in fields:
            raise Refusal(f"{name.decode()} is there twice.")
        if variable in fields:
            # Cookies are joined as RFC 6265, 5.4 writes them, all others as a list.
            separator = "; " if variable == "HTTP_COOKIE" else ", "
            text = f"{fields[variable]}{separator}{text}"
        fields[variable] = text
    fields.pop("", None)
    return fields


@lru_cache(maxsize=1024)
def _name_variable(name: bytes) -> str:
    """Return the WSGI name of a header field, empty for a field to leave out."""
    if b"_" in name:
        return ""
    variable = name.decode().upper().replace("-", "_")
    return variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"


def _read_authority(target: str) -> Fields:
    """Return the host of a target in absolute form as a header field.

    Raises:
        Refusal: The target is no URL of http or https, and no asterisk.
    """
    if target == "*":
        return {}
    try:
        found = urlsplit(target)
    except ValueError as error:
        raise Refusal(BAD_TARGET) from error
    # A target with user information is an error (RFC 9110, 4.2.4).
    if found.scheme not in ("http", "https") or not found.netloc or "@" in found.netloc:
        raise Refusal(BAD_TARGET)
    return {"HTTP_HOST": found.netloc}


def _check_framing(fields: Fields, version: str) -> bool:
    """Return whether the body is chunked.

    Raises:
        Refusal: The framing is in doubt.
    """
    coding, length = fields.pop("HTTP_TRANSFER_ENCODING", None), fields.get("CONTENT_LENGTH")
    if length is not None and not CONTENT_LENGTH.fullmatch(length):
        raise Refusal("Content-Length is no number.")
    if coding is None:
        return False
    if coding.lower() != "chunked":
        raise Refusal("The only transfer coding is chunked.", "501 Not Implemented")
    if length is not None or version == "1.0":
        raise Refusal("Transfer-Encoding goes with HTTP/1.1, and without Content-Length.")
    return True
