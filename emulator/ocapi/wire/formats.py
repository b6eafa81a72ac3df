"""The formats JSON and XML: the choice by request (FMT-1, FMT-2), decoding and encoding."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

import orjson
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header, parse_options_header

from emulator.family import TOO_LARGE
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.document import Document
from emulator.ocapi.wire import xml
from emulator.ocapi.wire.xml import MAX_ELEMENTS
from emulator.request import Request

T = TypeVar("T")

MAX_BODY_BYTES = 5 * 1024 * 1024
QUOTED_BODY_CHARACTERS = 100
QUOTED_BODY_BYTES = 4 * QUOTED_BODY_CHARACTERS  # enough for any characters of UTF-8
MAX_ACCEPT_CHARACTERS = 8192  # sorting a longer list would take longer than the answer

ROUGHLY_COUNTED_ELEMENTS = 1000
MAX_MEDIA_TYPE_CHARACTERS = 100
JSON_STRING = re.compile(rb'"[^"]*"?')

NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
QUOTED_PATTERN = r'"(?:[^"\\]|\\.)*"'
# RFC 9110, 8.3.1; nothing in it can match the same text in two ways.
PARAMETER_PATTERN = rf"{NAME}=(?:{NAME}|{QUOTED_PATTERN})[ \t]*"
MEDIA_TYPE = re.compile(rf"{NAME}/{NAME}[ \t]*(?:;[ \t]*(?:{PARAMETER_PATTERN})?)*", re.ASCII)
CALLBACK_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*|\[\d+\])*", re.ASCII)
UTF_8 = ("utf-8", "utf8")
METHODS_WITH_BODY = ("POST", "PUT", "PATCH")
CACHED_HEADERS = 256
MAX_CACHED_CHARACTERS = 256


class Format(StrEnum):
    """A format of documents. The value is the name in the parameter ``format``."""

    JSON = "json"
    XML = "xml"


CONTENT_TYPES = {
    "application/json": Format.JSON,
    "application/xml": Format.XML,
    "text/xml": Format.XML,
}


FORMAT_NAMES = frozenset(Format)


def remembered(read: Callable[[str], T]) -> Callable[[str], T]:
    """Cache the results of a function for the latest short header values."""
    remember = lru_cache(CACHED_HEADERS)(read)
    return lambda text: (remember if len(text) <= MAX_CACHED_CHARACTERS else read)(text)


def preferred(request: Request) -> Format:
    """Return the format of the answer; malformed parameters and headers do not count."""
    content_type = request.environ.get("CONTENT_TYPE") or ""
    if request.method in METHODS_WITH_BODY and (spoken := _find_format(content_type)):
        return spoken
    asked = request.parameters.get("format")
    if asked is not None and asked in FORMAT_NAMES:
        return Format(asked)
    accepted = request.environ.get("HTTP_ACCEPT", "")
    return _choose(accepted) if len(accepted) <= MAX_ACCEPT_CHARACTERS else Format.JSON


@remembered
def _choose(accepted: str) -> Format:
    """Return the best format for an Accept header, else JSON."""
    ranges = parse_accept_header(accepted, MIMEAccept)
    plain = MIMEAccept((name.partition(";")[0].strip(), q) for name, q in ranges)
    return CONTENT_TYPES[plain.best_match(CONTENT_TYPES, default="application/json")]


def check(request: Request) -> Format:
    """Check format, content type and charset; return the format of the answer.

    GET, and DELETE without a body, may have any content type (FMT-7).

    Raises:
        Fault: UNSUPPORTED_FORMAT, MALFORMED_MEDIA_TYPE, UNSUPPORTED_CONTENT_TYPE or
            CHARSET_NOT_ACCEPTABLE.
    """
    asked = request.parameters.get("format")
    if asked is not None and asked not in FORMAT_NAMES:
        raise faults.UNSUPPORTED_FORMAT(asked)
    content_type = request.environ.get("CONTENT_TYPE") or ""
    has_body = request.method in METHODS_WITH_BODY
    if request.method == "DELETE":
        has_body = bool(request.content_length or request.headers.get("Transfer-Encoding"))
    if content_type and has_body:
        _check_content_type(content_type)
    return preferred(request)


@remembered
def _check_content_type(content_type: str) -> None:
    if not MEDIA_TYPE.fullmatch(content_type):
        raise faults.MALFORMED_MEDIA_TYPE(content_type)
    media_type, options = parse_options_header(content_type)
    if media_type.lower() not in CONTENT_TYPES:
        raise faults.UNSUPPORTED_CONTENT_TYPE(content_type)
    charset = options.get("charset", "utf-8")
    if charset.lower() not in UTF_8:
        raise faults.CHARSET_NOT_ACCEPTABLE(charset)


def read_body(request: Request) -> bytes:
    """Return the request's body, which the front door has brought into memory.

    Raises:
        Fault: REQUEST_ENTITY_TOO_LARGE: the body has more than 5 MB (FMT-6).
    """
    if request.environ.get(TOO_LARGE):
        raise faults.REQUEST_ENTITY_TOO_LARGE()
    body: bytes = request.environ["wsgi.input"].read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        raise faults.REQUEST_ENTITY_TOO_LARGE()
    return body


def decode(request: Request, body: bytes, document: Document, version: str) -> Any:
    """Return the JSON value of a body, XML or JSON by content type.

    Raises:
        Fault: BODY_DECODING: the body is malformed (FMT-6).
    """
    try:
        if _find_format(request.environ.get("CONTENT_TYPE") or "") is Format.XML:
            return xml.decode(body, document, version)
        return read_json(body)
    except ValueError as error:
        beginning = body[:QUOTED_BODY_BYTES].decode(errors="replace")
        excerpt = beginning[:QUOTED_BODY_CHARACTERS]
        raise faults.BODY_DECODING(excerpt) from error


def read_json(text: bytes) -> Any:
    """Return a JSON value.

    Raises:
        ValueError: The text is malformed, has more than 1024 levels (the bound of orjson), or has
            more than ``MAX_ELEMENTS`` commas and opening brackets outside of strings.
    """
    if len(text) > MAX_ELEMENTS and _count_json_elements(text, MAX_ELEMENTS) > MAX_ELEMENTS:
        raise ValueError("the value has too many elements")
    return orjson.loads(text)


def _count_marks(text: bytes) -> int:
    return text.count(b",") + text.count(b"[") + text.count(b"{")


def _count_json_elements(text: bytes, roughly: int) -> int:
    """Return the number of commas and opening brackets outside of strings.

    Args:
        text: The JSON value.
        roughly: A number up to this one may include marks in strings.
    """
    # The exact count removes the strings first, which most texts do not need.
    if (marks := _count_marks(text)) <= roughly:
        return marks
    # A backslash stands only in strings, so no quote around a string is escaped.
    text = text.replace(rb"\\", b"").replace(rb"\"", b"")
    # An element has two strings at most, a name and a value. The removal of a million strings
    # would take 200 MB.
    if text.count(b'"') > 4 * MAX_ELEMENTS + 4:
        return MAX_ELEMENTS + 1
    return _count_marks(JSON_STRING.sub(b"", text))


def count_elements(content_type: str, body: bytes) -> int:
    """Return the number of elements of an undecoded body; of XML, the attributes, too.

    A small number may include marks in texts. The number for XML may include equals signs in texts.
    """
    if "/xml" in content_type[:MAX_MEDIA_TYPE_CHARACTERS].lower():  # a long one takes long to parse
        return body.count(b"<") - body.count(b"</") + body.count(b"=")
    return _count_json_elements(body, ROUGHLY_COUNTED_ELEMENTS)


def encode(
    format_: Format, content: Mapping[str, Any], document: Document, version: str, *, indent: bool
) -> bytes:
    """Return the members of a document in the format."""
    if format_ is Format.XML:
        return xml.encode(content, document, version, indent=indent)
    return orjson.dumps(content, default=dict, option=orjson.OPT_INDENT_2 if indent else 0)


def callback(request: Request) -> str | None:
    """Return the name of a valid JSONP callback, or None (FMT-4)."""
    name = request.parameters.get("callback", "")
    usable = request.method == "GET" and CALLBACK_NAME.fullmatch(name)
    return name if usable and preferred(request) is Format.JSON else None


def find_malformed(request: Request) -> tuple[str, str]:
    """Return name and value of the first parameter outside of UTF-8, as far as readable."""
    for field in request.query_string.split(b"&"):
        try:
            field.decode()
        except UnicodeDecodeError:
            name, _, value = field.partition(b"=")
            return name.decode(errors="replace"), value.decode(errors="replace")
    return "", ""


def check_callback(request: Request) -> None:
    """Check the name of a JSONP callback: a path of identifiers.

    Raises:
        Fault: MALFORMED_PARAMETER (FMT-4).
    """
    name = request.parameters.get("callback")
    if request.method == "GET" and name is not None and not CALLBACK_NAME.fullmatch(name):
        raise faults.MALFORMED_PARAMETER("callback", name)


def wrap(name: str, json: bytes) -> bytes:
    """Return a JSON text as a call of a JavaScript function (FMT-4)."""
    # U+2028 and U+2029 end a line in JavaScript before ECMAScript 2019, but not in JSON.
    script = json.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return b"/**/" + name.encode() + b"(" + script + b")"


@remembered
def _find_format(content_type: str) -> Format | None:
    """Return the format of a body; None for no media type of a format."""
    return CONTENT_TYPES.get(parse_options_header(content_type)[0].lower())
