"""The content of a body as a JSON value, to compare JSON, XML, batch answers and text alike."""

import re
from collections import Counter
from dataclasses import dataclass
from email.message import Message
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from emulator.corpus.exchange import Body

MAX_XML_DEPTH = 100  # of elements
LINE_END = re.compile(r"\r?\n")
HEAD_END = re.compile(r"\r?\n\r?\n")
PROBLEM_MEDIA_TYPE = "application/problem+json"  # RFC 9457


@dataclass(frozen=True, slots=True)
class Content:
    """A body in a form to compare.

    Attributes:
        kind: ``json``, ``xml``, ``batch``, ``text``, ``bytes``, or ``none`` for no body.
        value: JSON as it is. An element of XML is an object of attributes (``@name``), text
            (``#text``) and elements (``name``, ``name[2]``, ...), or a string if there is text
            only. A batch has a list of parts, text a list of lines.
    """

    kind: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Fault:
    """The fault in a body.

    Attributes:
        type: The type of an OCAPI fault, of a problem document, or the error of OAuth.
        arguments: The names of the arguments, in alphabetical order.
        type_pointer: The JSON Pointer of the type.
        arguments_pointer: The JSON Pointer of the arguments.
    """

    type: str
    arguments: tuple[str, ...]
    type_pointer: str
    arguments_pointer: str = "/fault/arguments"


def read_content(body: Body | None, media_type: str) -> Content:
    """Return a body in a form to compare.

    Args:
        body: The body, None for none.
        media_type: The value of the Content-Type header.
    """
    if body is None:
        return Content("none")
    if body.form == "json":
        return Content("json", body.value)
    if body.form == "base64":
        return Content("bytes", body.value.hex())
    text = str(body.value)
    kind = media_type.lower()
    boundary = find_boundary(media_type)
    if boundary:
        return Content("batch", [_read_part(part) for part in _split(text, boundary)])
    if "xml" in kind or (not kind and text.startswith("<?xml")):
        value = _read_xml(text)
        return Content("text", LINE_END.split(text)) if value is None else Content("xml", value)
    return Content("text", LINE_END.split(text))


def find_fault(content: Content, media_type: str) -> Fault | None:
    """Return the fault in a body, None for a body without a fault."""
    value = content.value
    if not isinstance(value, dict):
        return None
    if content.kind == "xml":
        return _find_xml_fault(value)
    fault = value.get("fault")
    if isinstance(fault, dict):
        arguments = fault.get("arguments")
        names = sorted(arguments) if isinstance(arguments, dict) else ()
        return Fault(str(fault.get("type")), tuple(names), "/fault/type")
    if PROBLEM_MEDIA_TYPE in media_type.lower():
        name = "type" if "type" in value else "title"
        return Fault(str(value.get(name)), (), f"/{name}")
    return Fault(value["error"], (), "/error") if isinstance(value.get("error"), str) else None


def find_boundary(media_type: str) -> str:
    """Return the boundary of a multipart media type, empty for another media type."""
    message = Message()
    message["Content-Type"] = media_type
    if message.get_content_maintype() != "multipart":
        return ""
    return str(message.get_boundary() or "")


def _find_xml_fault(value: dict[str, Any]) -> Fault | None:
    root = value.get("fault")
    fault = root.get("fault") if isinstance(root, dict) else None
    if not isinstance(fault, dict):
        return None
    arguments = fault.get("arguments")
    entries = arguments.values() if isinstance(arguments, dict) else ()
    names = sorted(str(entry["@key"]) for entry in entries if "@key" in entry)
    return Fault(
        str(fault.get("type")), tuple(names), "/fault/fault/type", "/fault/fault/arguments"
    )


def _split(text: str, boundary: str) -> list[str]:
    """Return the parts of a multipart body (RFC 2046, 5.1.1)."""
    delimiter = re.compile(rf"(?:\A|\r?\n)--{re.escape(boundary)}(?:--)?[ \t]*(?=\r?\n|\Z)")
    return [part for part in delimiter.split(text)[1:] if part.strip()]


def _read_part(part: str) -> dict[str, Any]:
    """Return the headers, their line ends, and the body of a part; JSON and XML are read."""
    first_lines = HEAD_END.split(part.lstrip("\r\n"), maxsplit=1)[0]
    ends = LINE_END.findall(part[:2]) + LINE_END.findall(first_lines)
    head, _, text = LINE_END.sub("\n", part).lstrip("\n").partition("\n\n")
    lines = (line.partition(":") for line in head.splitlines())
    headers = {name.strip().lower(): value.strip() for name, _, value in lines}
    shown: dict[str, Any] = {"headers": headers, "line_ends": sorted({*ends})}
    if text.strip():
        media_type = headers.get("content-type", "")
        body = Body.of(text.strip().encode(), media_type)
        shown["body"] = read_content(body, media_type.replace("multipart", "text")).value
    return shown


def _read_xml(text: str) -> Any:
    """Return the elements of a document, None if the text is not XML that can be compared."""
    try:
        root = fromstring(text.encode())
        return {_local_name(root): _read_element(root, "", MAX_XML_DEPTH)}
    except (ParseError, DefusedXmlException, ValueError):
        return None


def _read_element(element: Element, namespace: str, depth: int) -> Any:
    """Return an element.

    Args:
        element: The element.
        namespace: The namespace of the parent.
        depth: The greatest number of levels below.

    Raises:
        ValueError: The document is deeper.
    """
    if depth < 0:
        raise ValueError(f"XML of more than {MAX_XML_DEPTH} levels")
    text = element.text or ""
    own = element.tag.rpartition("}")[0].removeprefix("{")
    value: dict[str, Any] = {f"@{name}": given for name, given in element.attrib.items()}
    if own != namespace:
        value["@xmlns"] = own
    if len(element) == 0 and not value:
        return text
    if text.strip() or len(element) == 0:
        value["#text"] = text
    numbers: Counter[str] = Counter()
    for child in element:
        name = _local_name(child)
        numbers[name] += 1
        key = name if numbers[name] == 1 else f"{name}[{numbers[name]}]"
        value[key] = _read_element(child, own, depth - 1)
    return value


def _local_name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
