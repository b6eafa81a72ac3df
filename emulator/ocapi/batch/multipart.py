"""Multipart bodies (RFC 2046, 5.1) of batch requests and answers.

The parser is lenient, because published clients deviate from the RFC. The writer is strict.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from emulator.ocapi.wire.formats import NAME

MULTIPART_MIXED = re.compile(r"multipart/mixed[ \t]*(?:;|$)", re.ASCII | re.IGNORECASE)
PARAMETER = re.compile(r'([^\s;="]+)[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;"]+))', re.ASCII)
TOKEN = re.compile(NAME, re.ASCII)
# The RFC allows fewer characters, but a published client sends '#separator$_@'.
BOUNDARY = re.compile(r"[ -~]{0,69}[!-~]", re.ASCII)
MAX_CONTENT_TYPE_CHARACTERS = 1024
BLANK_LINE = re.compile(rb"(?:\A|\r?\n)\r?\n")
HEADER = re.compile(rf"({NAME}):([^\x00-\x08\x0a-\x1f\x7f]*)", re.ASCII)
MAX_HEAD_BYTES = 64 * 1024  # of the headers of a part, blank line included
MAX_HEADERS = 100  # of a part
MAX_QUOTED_CHARACTERS = 40  # of a wrong line, in an error


class MultipartError(ValueError):
    """The body is not a multipart body; the message gives the reason."""


class TooManyPartsError(ValueError):
    """The body has too many parts."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a multipart body.

    Attributes:
        headers: Values by name, as Latin-1 text. The parser puts the names into lower case, and
            joins the values of a repeated header with a comma, without empty values.
        body: The body of the part; empty for a part without a body.
    """

    headers: Mapping[str, str]
    body: bytes = b""


def read_boundary(content_type: str) -> str | None:
    """Return the boundary in a content type of ``multipart/mixed``, or None."""
    if len(content_type) > MAX_CONTENT_TYPE_CHARACTERS or not MULTIPART_MIXED.match(content_type):
        return None
    for name, quoted, bare in PARAMETER.findall(content_type):
        if name.lower() == "boundary":
            return quoted or bare if BOUNDARY.fullmatch(quoted or bare) else None
    return None


def name_content_type(boundary: str) -> str:
    """Return the content type of a multipart body with a boundary."""
    shown = boundary if TOKEN.fullmatch(boundary) else f'"{boundary}"'
    return f"multipart/mixed; boundary={shown}"


def parse(body: bytes, boundary: str, max_parts: int) -> list[Part]:
    r"""Return the parts of a body, in order.

    Lines end with ``\r\n`` or with ``\n``. The parser ignores the text before the first delimiter
    and after the closing delimiter. It also ignores parts without headers and body, because a
    published client puts such parts between the others. The closing delimiter may be missing.

    Args:
        body: The body of the request.
        boundary: The boundary, in ASCII.
        max_parts: The number of parts allowed.

    Raises:
        MultipartError: The body has no part, or a part has malformed or too many headers.
        TooManyPartsError: The body has more than ``max_parts`` parts. The parts are counted before
            any header is read.
    """
    sections = (section for section in _split(body, boundary.encode("ascii")) if section.strip())
    found = list(islice(sections, max_parts + 1))
    if len(found) > max_parts:
        raise TooManyPartsError
    if not found:
        raise MultipartError(f"there's no part between lines '--{boundary}'")
    return [_read_part(section, number) for number, section in enumerate(found, start=1)]


def _split(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Yield the text between delimiters, with the line end of the first delimiter."""
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
    blank = BLANK_LINE.search(content, 0, MAX_HEAD_BYTES)
    if blank is None and len(content) > MAX_HEAD_BYTES:
        raise MultipartError(f"no blank line ends the headers of part {number} within 64 KB")
    head = content[: blank.start()] if blank else content
    return Part(_read_headers(head, number), content[blank.end() :] if blank else b"")


def _read_headers(head: bytes, number: int) -> dict[str, str]:
    values: defaultdict[str, list[str]] = defaultdict(list)
    lines = [line for line in head.decode("latin-1").replace("\r\n", "\n").split("\n") if line]
    if len(lines) > MAX_HEADERS:
        raise MultipartError(f"part {number} has more than {MAX_HEADERS} headers")
    for line in lines:
        found = HEADER.fullmatch(line)
        if found is None:
            raise MultipartError(
                f"'{line[:MAX_QUOTED_CHARACTERS]}' in part {number} is no header; "
                "a blank line goes between headers and body"
            )
        values[found[1].lower()].append(found[2].strip(" \t"))
    return {name: ", ".join(filter(None, entries)) for name, entries in values.items()}


def render(parts: Iterable[Part], boundary: str) -> bytes:
    r"""Return parts as a body with line ends ``\n``; a part without body has no blank line."""
    written = b"".join(_render_part(part, boundary) for part in parts)
    return written + f"--{boundary}--\n".encode("ascii")


def _render_part(part: Part, boundary: str) -> bytes:
    headers = "".join(f"{name}: {value}\n" for name, value in part.headers.items())
    body = b"\n" + part.body + b"\n" if part.body else b""
    return f"--{boundary}\n{headers}".encode("latin-1") + body
