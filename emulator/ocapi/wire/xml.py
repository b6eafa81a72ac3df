"""The XML form of documents, both ways (FMT-5).

XML mirrors JSON: an element for each member, an array as its element once per entry, null and
the empty array as ``xsi:nil``, a map as ``<entry key="...">`` elements. What an element means is
defined by the schema of the document. Where the schema leaves the type open (custom properties,
entries of maps), a value other than a string states the type in ``xsi:type``: ``number``,
``boolean``, ``map``, or ``set_of_...`` for an array.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from xml.etree import ElementTree as ET

import orjson
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.fields import (
    JSON_TYPES,
    Array,
    Boolean,
    Custom,
    Embedded,
    Map,
    Number,
    Property,
    String,
    Values,
)
from emulator.xml_text import fit

NAMESPACE_FORMAT = "http://www.demandware.com/ocapi/data/{version}"
XSI_NAMESPACE = "http://www.w3.org/2001/XMLSchema-instance"
NIL_ATTRIBUTE, TYPE_ATTRIBUTE = f"{{{XSI_NAMESPACE}}}nil", f"{{{XSI_NAMESPACE}}}type"
SET_PREFIX = "set_of_"
MAX_DEPTH = 64
MAX_ELEMENTS = 100_000  # elements and attributes of a body, or elements of a JSON body
Attributes = dict[str, str]
PLAIN_STRING = String()
STATED_TYPES: dict[str, Property] = {
    "": PLAIN_STRING,
    "string": PLAIN_STRING,
    "number": Number(),
    "boolean": Boolean(),
}
DECLARED_ENCODING = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml\s[^>]*?\sencoding\s*=\s*["']([^"']*)""")
ATTRIBUTE_START = re.compile(rb"""=\s*["']""")
BOOLEAN_TEXTS = {"true": True, "false": False}
JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


class XmlError(ValueError):
    """The text is not the XML form of the document, or exceeds a bound."""


class _BoundedBuilder(ET.TreeBuilder):
    """Builds a tree of elements, and stops where the tree exceeds a bound.

    A tree takes up to 80 times the memory of the text. So the bounds count while the text is read.
    """

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._elements = 0

    def start(self, tag: Any, attrs: Any, /) -> Any:
        self._depth += 1
        self._elements += 1 + len(attrs)
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise XmlError("the elements are too many, or nested too deep")
        return super().start(tag, attrs)

    def end(self, tag: Any, /) -> Any:
        self._depth -= 1
        return super().end(tag)


def encode(content: Mapping[str, Any], document: Document, version: str, *, indent: bool) -> bytes:
    """Return a document as UTF-8 XML.

    Args:
        content: The document's members, envelope included.
        document: Its schema.
        version: The version in its namespace, such as ``23.2``.
        indent: Whether to lay it out for reading.
    """
    attributes = {"xmlns": NAMESPACE_FORMAT.format(version=version), "xmlns:xsi": XSI_NAMESPACE}
    root = ET.Element(document.type_name, attributes)
    _write_members(root, content, document)
    if indent:
        ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    # A carriage return that stands in text as itself would be read as a line feed.
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.replace("\r", "&#13;").encode()


def decode(text: bytes, document: Document, version: str) -> dict[str, Any]:
    """Return the JSON value of an XML document, before validation.

    Text outside of the declared type stays a string: the validation refuses the string.

    Raises:
        XmlError: The XML is not well-formed, has a DTD or another root element, or exceeds a bound.
    """
    declared = DECLARED_ENCODING.match(text)
    if declared and declared[1].lower() not in (b"utf-8", b"utf8"):
        raise XmlError(f"the encoding is {declared[1]!r}")
    # The parser takes longer for the attributes of one element than for as many elements.
    if text.count(b"=") > MAX_ELEMENTS and len(ATTRIBUTE_START.findall(text)) > MAX_ELEMENTS:
        raise XmlError("the attributes are too many")
    parser = DefusedXMLParser(target=_BoundedBuilder(), forbid_dtd=True)
    try:
        parser.feed(text.decode())
        root: ET.Element = parser.close()
    except (ET.ParseError, DefusedXmlException, ValueError) as error:
        raise XmlError(str(error)) from error
    namespace = NAMESPACE_FORMAT.format(version=version)
    if root.tag != f"{{{namespace}}}{document.type_name}":
        raise XmlError(f"the root element is {root.tag}")
    return _read_members(root, document)


def _is_open(kind: Property | None) -> bool:
    return kind is None or isinstance(kind, Custom)


def _write_members(parent: ET.Element, content: Mapping[str, Any], document: Document) -> None:
    for name, value in content.items():
        _write(parent, name, {}, value, document.property_of(name))


def _write(
    parent: ET.Element, name: str, attributes: Attributes, value: Any, kind: Property | None
) -> None:
    """Add the element of a member, or the elements of an array."""
    if not isinstance(value, (list, tuple)):
        _write_one(parent, name, attributes, value, kind)
        return
    inner: Property | None = PLAIN_STRING
    if isinstance(kind, Array):
        inner = kind.inner
    else:
        entry_type = JSON_TYPES[type(value[0] if value else "")]
        attributes = {**attributes, "xsi:type": SET_PREFIX + entry_type}
    for entry in value:
        _write_one(parent, name, attributes, entry, inner)
    if not value:
        ET.SubElement(parent, name, {**attributes, "xsi:nil": "true"})


def _write_one(
    parent: ET.Element, name: str, attributes: Attributes, value: Any, kind: Property | None
) -> None:
    element = ET.SubElement(parent, name, attributes)
    if value is None:
        element.set("xsi:nil", "true")
    elif isinstance(kind, Embedded):
        _write_members(element, value, kind.document)
    elif isinstance(value, Mapping):
        _write_map(element, value, kind)
    else:
        _write_scalar(element, value, kind)


def _write_map(element: ET.Element, entries: Mapping[str, Any], kind: Property | None) -> None:
    if not isinstance(kind, Map):
        element.set("xsi:type", "map")
    inner = kind.inner if isinstance(kind, Values) else None
    for key, value in entries.items():
        _write(element, "entry", {"key": fit(key)}, value, inner)


def _write_scalar(element: ET.Element, value: Any, kind: Property | None) -> None:
    if isinstance(value, str):
        element.text = fit(value)
        return
    if _is_open(kind):
        element.set("xsi:type", JSON_TYPES[type(value)])
    element.text = orjson.dumps(value).decode()


def _read_members(element: ET.Element, document: Document) -> dict[str, Any]:
    _check_only_elements(element)
    prefix = element.tag.partition("}")[0] + "}"
    groups = _group((child.tag.removeprefix(prefix), child) for child in element)
    return {name: _read(found, document.property_of(name)) for name, found in groups.items()}


def _check_only_elements(element: ET.Element) -> None:
    texts = (element.text, *(child.tail for child in element))
    if any(text and text.strip(" \t\r\n") for text in texts):
        raise XmlError(f"there is text between the elements of {element.tag}")


def _group(named: Iterable[tuple[str, ET.Element]]) -> dict[str, list[ET.Element]]:
    groups: dict[str, list[ET.Element]] = {}
    for name, element in named:
        groups.setdefault(name, []).append(element)
    return groups


def _read(elements: list[ET.Element], kind: Property | None) -> Any:
    """Return the value of a member or map entry from the list of elements."""
    first = elements[0]
    stated = first.get(TYPE_ATTRIBUTE, "") if _is_open(kind) else ""
    if isinstance(kind, Array) or stated.startswith(SET_PREFIX):
        if len(elements) == 1 and _is_nil(first):
            return []
        inner = kind.inner if isinstance(kind, Array) else None
        return [_read_one(element, inner) for element in elements]
    values = [_read_one(element, kind) for element in elements]
    return values if len(values) > 1 else values[0]


def _read_one(element: ET.Element, kind: Property | None) -> Any:
    if _is_nil(element):
        return None
    if isinstance(kind, Embedded):
        return _read_members(element, kind.document)
    if isinstance(kind, Map):
        return _read_map(element, kind.inner if isinstance(kind, Values) else None)
    if kind is None or _is_open(kind):
        return _read_open(element)
    # Elements in place of text are some object: the validation refuses the object.
    return {} if len(element) else _read_scalar(element.text or "", kind)


def _read_open(element: ET.Element) -> Any:
    """Return the value of an element with ``xsi:type``."""
    stated = element.get(TYPE_ATTRIBUTE, "")
    if stated == "map" or (len(element) and not stated):
        return _read_map(element)
    stated = stated.removeprefix(SET_PREFIX) or stated
    if stated not in STATED_TYPES or len(element):
        raise XmlError(f"there is no type '{stated}'")
    value = _read_scalar(element.text or "", STATED_TYPES[stated])
    if JSON_TYPES[type(value)] != (stated or "string"):
        raise XmlError(f"'{value}' is no {stated}")
    return value


def _read_map(element: ET.Element, inner: Property | None = None) -> dict[str, Any]:
    _check_only_elements(element)
    entry = element.tag.partition("}")[0] + "}entry"
    if any(child.tag != entry or "key" not in child.attrib for child in element):
        raise XmlError(f"{element.tag} has other children than entries with a key")
    entries = _group((child.attrib["key"], child) for child in element)
    return {key: _read(found, inner) for key, found in entries.items()}


def _read_scalar(text: str, kind: Property) -> Any:
    if isinstance(kind, Boolean):
        return BOOLEAN_TEXTS.get(text, text)
    if isinstance(kind, Number) and JSON_NUMBER.fullmatch(text):
        with suppress(ValueError):  # a number beyond all that JSON is read to
            return orjson.loads(text)
    return text


def _is_nil(element: ET.Element) -> bool:
    return element.get(NIL_ATTRIBUTE) == "true"
