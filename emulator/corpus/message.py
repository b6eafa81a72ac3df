"""Redaction of messages: headers, targets, and bodies of all media types."""

import csv
import gzip
import re
import zlib
from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO, StringIO
from itertools import zip_longest
from typing import NamedTuple
from zipfile import ZipFile, ZipInfo

from emulator.corpus.exchange import Answer, Body, Exchange, Request
from emulator.corpus.form import Headers
from emulator.corpus.redaction import Redactor
from emulator.corpus.sensitive import Kind
from emulator.fixture import zip_file
from emulator.recording.redaction import FORM_MEDIA_TYPE

MAX_UNPACKED_BYTES = 64 * 1024 * 1024
LEFT_OUT = re.compile(
    r"connection|content-length|transfer-encoding|keep-alive|te|trailer|upgrade|via|host|date|expect"
    r"|accept-encoding|content-encoding|forwarded|proxy-.*|x-forwarded-.*|x-real-ip|cf-.*|nel"
    r"|report-to|alt-svc|server-timing|traceparent|tracestate|baggage|x-b3-.*|x-amzn?-.*"
    r"|x-(?:amz-cf|dw)-request-.*|.*request-id|.*correlation-id|x-emulator-control-token|server"
    r"|true-client-ip|akamai-.*|x-akamai-.*|expect-ct|priority"
)
"""Headers of the connection, and of the way to the instance; the contract has no rule for them."""
STATES = frozenset({"etag", "if-match", "if-none-match"})
MIN_BOUNDARY_CHARACTERS = 12
STATE = re.compile(r"(?:W/)?\"?[\w:+/=~-]*\"?|\*", re.ASCII)
BOUNDARY = re.compile(r"(boundary=\"?)([^\";,\s]+)", re.IGNORECASE)
CHARSET = re.compile(r"charset=\"?([\w-]+)", re.IGNORECASE)
BYTE_ORDER_MARKS = (
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\xef\xbb\xbf", "utf-8"),
)
NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
EPOCH = (1980, 1, 1, 0, 0, 0)
CONTENT_LENGTH = re.compile(rb"(?im)^(content-length:[ \t]*)(\d+)(?=\r?$)")
COLUMN = re.compile(r"[\w .:-]{1,64}")
DELIMITER = "--"
JSON_BODY = re.compile(r"\r?\n\r?\n(?P<json>[{\[].*?)\s*\Z", re.DOTALL)
"""JSON in the body of a part, or of a request in a part."""
BLANK_LINE = re.compile(rb"\r?\n\r?\n")


class Raw(NamedTuple):
    """An exchange as it passed the proxy, with all secrets.

    Attributes:
        method: The method.
        target: Path and query as sent.
        headers: The headers of the request.
        content: The body of the request, empty for none.
        status: The status of the answer.
        answer_headers: The headers of the answer.
        answer_content: The body of the answer, empty for none.
        at: Seconds since the first exchange.
    """

    method: str
    target: str
    headers: Headers
    content: bytes
    status: int
    answer_headers: Headers
    answer_content: bytes
    at: float = 0.0

    @property
    def size(self) -> int:
        """The bytes of the exchange, roughly."""
        headers = (len(name) + len(value) for name, value in (*self.headers, *self.answer_headers))
        return sum(headers) + len(self.target) + len(self.content) + len(self.answer_content)


def redact(raw: Raw, redactor: Redactor) -> Exchange:
    """Return an exchange without sensitive values."""
    request = Request(
        redactor.text(raw.method),
        redactor.target(raw.target),
        _redact_headers(raw.headers, redactor),
        _redact_body(raw.content, raw.headers, redactor),
    )
    answer = Answer(
        raw.status,
        _redact_headers(raw.answer_headers, redactor),
        _redact_body(raw.answer_content, raw.answer_headers, redactor),
    )
    return Exchange(request, answer, raw.at)


def _redact_headers(headers: Headers, redactor: Redactor) -> Headers:
    return tuple(
        (redactor.text(name), _redact_header(name.lower(), value, redactor))
        for name, value in headers
        if not LEFT_OUT.fullmatch(name.lower())
    )


def _redact_header(name: str, value: str, redactor: Redactor) -> str:
    if name == "cookie":
        return "; ".join(_redact_cookie(one, redactor) for one in value.split("; "))
    if name == "set-cookie":
        first, mark, attributes = value.partition(";")
        return f"{_redact_cookie(first, redactor)}{mark}{_redact_domain(attributes, redactor)}"
    if name in STATES and STATE.fullmatch(value):
        return redactor.known_values(value)
    if name == "content-type":
        return BOUNDARY.sub(
            lambda found: found[1] + _hide_boundary(found[2], redactor), redactor.text(value)
        )
    kind = redactor.names.classify(name)
    if kind is None or redactor.names.is_kept(name):
        return redactor.text(value)
    return redactor.typed(kind, value, name)


def _redact_cookie(cookie: str, redactor: Redactor) -> str:
    name, sign, value = cookie.partition("=")
    hidden = redactor.hide(Kind.COOKIE, value.strip('"')) if sign else ""
    return f"{redactor.text(name)}{sign}{hidden}"


def _redact_domain(attributes: str, redactor: Redactor) -> str:
    return re.sub(
        r"(?i)(domain=\.?)([^;\s]+)",
        lambda found: found[1] + redactor.typed(Kind.HOST, found[2]),
        redactor.text(attributes),
    )


def _redact_body(content: bytes, headers: Headers, redactor: Redactor) -> Body | None:
    """Return the body of a message without sensitive values; a content coding is removed."""
    named = {name.lower(): value for name, value in headers}
    media_type, coding = named.get("content-type", ""), named.get("content-encoding", "")
    plain = _decode_coding(content, coding.strip().lower())
    if plain is None:
        return Body.of(_hide_file(content, redactor))
    return Body.of(_redact(plain, media_type, redactor), media_type)


def _decode_coding(content: bytes, coding: str) -> bytes | None:
    """Return a body without its content coding; None for an unknown or broken coding."""
    if not content or coding in ("", "identity"):
        return content
    window = {"gzip": 31, "x-gzip": 31, "deflate": 47}.get(coding)
    if window is None:
        return None
    try:
        unpacking = zlib.decompressobj(window)
        plain = unpacking.decompress(content, MAX_UNPACKED_BYTES)
    except zlib.error:
        return None
    return plain if unpacking.eof else None


def _redact(content: bytes, media_type: str, redactor: Redactor) -> bytes:
    """Return content of a media type without sensitive values."""
    if content.startswith(ZIP):
        return _redact_archive(content, redactor)
    if content.startswith(GZIP):
        return _redact_compressed(content, redactor)
    if media_type.lower().startswith("multipart/") and (found := BOUNDARY.search(media_type)):
        return _redact_parts(content, found[2], redactor)
    decoded = _decode_text(content, media_type)
    if decoded is None:
        return _hide_file(content, redactor)
    text, encoding = decoded
    hidden = _redact_text(text, media_type, redactor)
    return content if hidden == text else hidden.encode(encoding, "xmlcharrefreplace")


def _redact_compressed(content: bytes, redactor: Redactor) -> bytes:
    plain = _decode_coding(content, "gzip")
    if plain is None:
        return _hide_file(content, redactor)
    return gzip.compress(_redact(plain, "", redactor), mtime=0)


def _redact_text(text: str, media_type: str, redactor: Redactor) -> str:
    if media_type.partition(";")[0].strip().lower() == FORM_MEDIA_TYPE:
        return redactor.query(text)
    return redactor.document(_redact_table(text, redactor))


def _redact_table(text: str, redactor: Redactor) -> str:
    """Return comma-separated values without the values of sensitive columns (RFC 4180)."""
    first = text.partition("\n")[0]
    separator = next((one for one in ",;\t|" if one in first), "")
    names = [name.strip().strip('"') for name in first.split(separator)] if separator else []
    if not any(map(redactor.names.classify, names)) or not all(map(COLUMN.fullmatch, names)):
        return text
    written = StringIO()
    end = "\r\n" if "\r\n" in text else "\n"
    writer = csv.writer(written, delimiter=separator, lineterminator=end)
    try:
        for row in csv.reader(StringIO(text, newline=""), delimiter=separator):
            writer.writerow(_redact_row(names, row, redactor))
    except csv.Error:
        return text
    return written.getvalue()


def _redact_row(names: Sequence[str], row: Sequence[str], redactor: Redactor) -> list[str]:
    if row == names:
        return list(row)
    named = zip_longest(names, row[: len(names)], fillvalue="")
    values = [redactor.string(value, name, redactor.names.classify(name)) for name, value in named]
    return [*values[: len(row)], *map(redactor.text, row[len(names) :])]


def _decode_text(content: bytes, media_type: str) -> tuple[str, str] | None:
    """Return text and encoding of some content; None for content other than text."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            # Other files may begin so, too; text of the West has many zeros in UTF-16.
            is_text = encoding == "utf-8" or content.count(0) > len(content) // 4
            return _decode(content, encoding) if is_text else None
    if b"\0" in content[:4] and content.count(0) > len(content) // 4:
        return _decode(content, "utf-16-be" if content[0] == 0 else "utf-16-le")
    named = CHARSET.search(media_type)
    for encoding in ("utf-8", *([named[1]] if named else []), "latin-1"):
        decoded = _decode(content, encoding)
        if decoded is not None:
            return decoded
    return None


def _decode(content: bytes, encoding: str) -> tuple[str, str] | None:
    try:
        text = content.decode(encoding)
        "".encode(encoding, "xmlcharrefreplace")
    except (UnicodeDecodeError, LookupError):
        return None
    controls = NOT_TEXT.search(text) or (encoding == "latin-1" and re.search(r"[\x80-\x9f]", text))
    return None if controls else (text, encoding)


def _hide_file(content: bytes, redactor: Redactor) -> bytes:
    """Return other content for a file that can't be searched; the same for the same file."""
    if Kind.FILE not in redactor.names.kinds:
        return content
    return redactor.hide(Kind.FILE, sha256(content).hexdigest()).encode()


def _redact_archive(content: bytes, redactor: Redactor) -> bytes:
    """Return a ZIP archive whose files have no sensitive values."""
    packed = BytesIO()
    try:
        with ZipFile(BytesIO(content)) as archive, ZipFile(packed, "w") as written:
            if sum(info.file_size for info in archive.infolist()) > MAX_UNPACKED_BYTES:
                return _hide_file(content, redactor)
            for info in archive.infolist():
                hidden = _redact(archive.read(info), "", redactor)
                made = ZipInfo(redactor.text(info.filename), EPOCH)
                made.compress_type = info.compress_type
                written.writestr(made, hidden)
    except zip_file.ERRORS:
        return _hide_file(content, redactor)
    return packed.getvalue()


def _redact_parts(content: bytes, boundary: str, redactor: Redactor) -> bytes:
    """Return a multipart body without sensitive values; lengths in its parts are kept right."""
    delimiter = re.escape(f"--{boundary}".encode("latin-1", "replace"))
    hidden = f"--{_hide_boundary(boundary, redactor)}".encode()
    parts = re.split(rb"(?m)^%b(?=--|[ \t]*\r?$)" % delimiter, content)
    return hidden.join(_redact_part(part, redactor) for part in parts)


def _hide_boundary(boundary: str, redactor: Redactor) -> str:
    """Return another boundary for a boundary that looks random."""
    is_random = len(boundary) >= MIN_BOUNDARY_CHARACTERS
    return redactor.hide(Kind.BOUNDARY, boundary) if is_random else boundary


def _redact_part(part: bytes, redactor: Redactor) -> bytes:
    try:
        text = part.decode()
    except UnicodeDecodeError:
        head, blank, content = _split(part)
        end = content[-2:] if content.endswith(b"\r\n") else b""
        return (
            redactor.text(head.decode("latin-1")).encode("latin-1")
            + blank
            + _redact(content[: len(content) - len(end)], "", redactor)
            + end
        )
    found = JSON_BODY.search(text)
    begin, stop = found.span("json") if found else (len(text), len(text))
    # The value of a field ends before the delimiter.
    shown = redactor.text(f"{text[:begin]}{DELIMITER}").removesuffix(DELIMITER)
    hidden = f"{shown}{redactor.document(text[begin:stop])}{text[stop:]}"
    return _mend_length(part, hidden.encode())


def _split(message: bytes) -> tuple[bytes, bytes, bytes]:
    """Return head, blank line and body of a message."""
    found = BLANK_LINE.search(message)
    if found is None:
        return message, b"", b""
    return message[: found.start()], found[0], message[found.end() :]


def _mend_length(part: bytes, hidden: bytes) -> bytes:
    """Return a redacted part with the length of its own body, if the length was right before."""
    head, blank, body = _split(hidden)
    before = _split(part)[2]
    if not CONTENT_LENGTH.search(head) and CONTENT_LENGTH.search(body):
        return head + blank + _mend_length(before, body)
    announced = CONTENT_LENGTH.search(head)
    if announced is None:
        return hidden
    ends = len(before) - int(announced[2])
    if ends < 0 or before[int(announced[2]) :].strip():
        return hidden
    length = len(body) - ends
    return CONTENT_LENGTH.sub(rb"\g<1>%d" % length, head) + blank + body
