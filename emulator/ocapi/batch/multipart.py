"""Multipart bodies (RFC 2046, 5.1) as batch requests have them: read leniently, written plainly."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from emulator.ocapi.wire.formats import NAME

MIXED = re.compile(r"multipart/mixed[ \t]*(?:;|$)", re.ASCII | re.IGNORECASE)
PARAMETER = re.compile(r'([^\s;="]+)[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;"]+))', re.ASCII)
TOKEN = re.compile(NAME, re.ASCII)
# More characters than the RFC lets a boundary have: a published client's is '#separator$_@'.
BOUNDARY = re.compile(r"[ -~]{0,69}[!-~]", re.ASCII)
LONGEST_CONTENT_TYPE = 1024  # characters
BLANK_LINE = re.compile(rb"(?:\A|\r?\n)\r?\n")
HEADER = re.compile(rf"({NAME}):([^\x00-\x08\x0a-\x1f\x7f]*)", re.ASCII)
LARGEST_HEAD = 64 * 1024  # bytes
QUOTED_LINE = 40


class MultipartError(ValueError):
    """A body is no multipart body; the message says what is wrong with it."""


class TooManyPartsError(ValueError):
    """A body has more parts than are allowed."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part.

    Attributes:
        headers: Values by name, as text of Latin-1; of a part that was read, the names are in
            lower case, and the values of a repeated header are joined by a comma.
        body: Its body, empty if it has none.
    """

    headers: Mapping[str, str]
    body: bytes = b""


def read_boundary(content_type: str) -> str | None:
    """Return the boundary that a content type of ``multipart/mixed`` names, or None."""
    if len(content_type) > LONGEST_CONTENT_TYPE or not MIXED.match(content_type):
        return None
    for name, quoted, bare in PARAMETER.findall(content_type):
        if name.lower() == "boundary":
            return quoted or bare if BOUNDARY.fullmatch(quoted or bare) else None
    return None


def name_content_type(boundary: str) -> str:
    """Return the content type of a multipart body with this boundary."""
    shown = boundary if TOKEN.fullmatch(boundary) else f'"{boundary}"'
    return f"multipart/mixed; boundary={shown}"


def parse(body: bytes, boundary: str, most: int) -> list[Part]:
    r"""Return the parts of a body, in order.

    Lines end with ``\r\n`` or with ``\n``. What stands before the first delimiter and after the
    closing one is ignored, as are parts without headers and body, which a published client puts
    between its parts. The closing delimiter may be missing.

    Args:
        body: What was sent.
        boundary: The boundary, in ASCII.
        most: How many parts it may have.

    Raises:
        MultipartError: It has no part, or one whose headers are malformed.
        TooManyPartsError: It has more than ``most``.
    """
    parts: list[Part] = []
    for content in _split(body, boundary.encode("ascii")):
        if not content.strip():
            continue
        if len(parts) == most:
            raise TooManyPartsError
        parts.append(_read_part(content, len(parts) + 1))
    if not parts:
        raise MultipartError(f"there's no part between lines '--{boundary}'")
    return parts


def _split(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Yield what stands between delimiters, the line end of the first one included."""
    name = b"--" + re.escape(boundary)
    delimiter = re.compile(rb"(?:\A|\r?\n)" + name + rb"(--)?[ \t]*+(?=\r?\n|\Z)")
    begin = len(body)
    for found in delimiter.finditer(body):
        yield body[begin : found.start()]
        if found[1]:
            return
        begin = found.end()
    # A published client puts the closing delimiter right behind its last part.
    yield body[begin:].rstrip().removesuffix(b"--" + boundary + b"--")


def _read_part(content: bytes, number: int) -> Part:
    content = content.removeprefix(b"\r").removeprefix(b"\n")
    blank = BLANK_LINE.search(content, 0, LARGEST_HEAD)
    if blank is None and len(content) > LARGEST_HEAD:
        raise MultipartError(f"no blank line ends the headers of part {number} within 64 KB")
    head = content[: blank.start()] if blank else content
    return Part(_read_headers(head, number), content[blank.end() :] if blank else b"")


def _read_headers(head: bytes, number: int) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in head.decode("latin-1").replace("\r\n", "\n").split("\n"):
        if not line:
            continue
        found = HEADER.fullmatch(line)
        if found is None:
            raise MultipartError(
                f"'{line[:QUOTED_LINE]}' in part {number} is no header; "
                "a blank line goes between headers and body"
            )
        name, value = found[1].lower(), found[2].strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def render(parts: Iterable[Part], boundary: str) -> bytes:
    r"""Return parts as a body, whose lines end with ``\n``; one without body has no blank line."""
    written = b"".join(_render_part(part, boundary) for part in parts)
    return written + f"--{boundary}--\n".encode("ascii")


def _render_part(part: Part, boundary: str) -> bytes:
    headers = "".join(f"{name}: {value}\n" for name, value in part.headers.items())
    body = b"\n" + part.body + b"\n" if part.body else b""
    return f"--{boundary}\n{headers}".encode("latin-1") + body
