"""Templates of answers: values of the request in double braces, such as ``{{path.basketId}}``.

``{{path.NAME}}`` is a variable of the path, ``{{query.NAME}}`` a parameter, ``{{body}}`` the body,
and ``{{body.NAME.0}}`` a member inside the body. There are no expressions, so a template cannot run
code. A JSON string of one reference becomes the value, with the type of the value; elsewhere the
value becomes text. A missing value is null, or no text.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from string import printable
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

import orjson
from marshmallow import ValidationError

MAX_REFERENCES = 1000
"""The bound of references in an answer."""
MAX_REFERENCE_NAMES = 16
"""The bound of names in a reference: the levels of the request's body."""
MAX_INSERTED_BYTES = 5 * 1024 * 1024
"""The bound of the values in an answer: a reference can stand in many places."""
MAX_HEADER_BYTES = 8 * 1024
"""The bound of the values in a header."""
MAX_INDEX_DIGITS = 9

REFERENCE = r"\{\{ *(?P<root>path|query|body)(?P<names>(?:\.[\w$@-]+)*) *\}\}"
IN_TEXT = re.compile(REFERENCE)
# No quotation mark inside a JSON string is without a backslash, and a colon comes after a name.
IN_JSON = re.compile(rf'(?P<whole>(?<!\\)")?{REFERENCE}(?(whole)"(?!:))')
HEADER_CHARACTERS = "".join(sorted(set(printable) - set("\t\n\r\x0b\x0c")))


class TemplateError(Exception):
    """The values of a request make the answer too large, or cannot be written as JSON."""


class Values(Protocol):
    """The values of a request."""

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables of the path."""

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters."""

    @property
    def body(self) -> Any:
        """The body as a JSON value; None for another body."""


class Reference(NamedTuple):
    """A value of the request.

    Attributes:
        root: ``path``, ``query`` or ``body``.
        names: The names below the root.
        is_whole: Whether the reference is a whole JSON string.
    """

    root: str
    names: tuple[str, ...]
    is_whole: bool

    def look_up(self, values: Values) -> Any:
        """Return the value, None for a missing value."""
        if self.root == "path":
            return values.variables.get(self.names[0])
        if self.root == "query":
            return values.query.get(self.names[0])
        found = values.body
        for name in self.names:
            found = _get(found, name)
        return found


def _get(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    is_index = name.isascii() and name.isdecimal() and len(name) <= MAX_INDEX_DIGITS
    if isinstance(value, list) and is_index and int(name) < len(value):
        return value[int(name)]
    return None


@dataclass(frozen=True, slots=True)
class Template:
    """A text, or JSON, with references.

    Attributes:
        parts: Bytes and references in the order of the answer.
        is_json: Whether the parts are JSON.
    """

    parts: tuple[bytes | Reference, ...]
    is_json: bool = False

    @property
    def is_value(self) -> bool:
        """True for a template of one reference. Then the answer has the type of the value."""
        return len(self.parts) == 1 and isinstance(self.parts[0], Reference)

    def render(self, values: Values) -> tuple[bytes, bool]:
        """Return the answer's bytes, and True for JSON.

        Raises:
            TemplateError: The answer is too large, or a value is nested too deeply.
        """
        if not self.is_json and self.is_value and isinstance(self.parts[0], Reference):
            value = self.parts[0].look_up(values)
            return (_write(value), True) if not isinstance(value, str) else (value.encode(), False)
        write = _write_into_json if self.is_json else _write_text
        return self._join(values, write, MAX_INSERTED_BYTES), self.is_json

    def render_header(self, values: Values) -> str:
        """Return a header's value; other characters than a header has are percent-encoded.

        Raises:
            TemplateError: The header is too long, or a value is nested too deeply.
        """
        return self._join(values, _write_into_header, MAX_HEADER_BYTES).decode("latin-1")

    def _join(self, values: Values, write: Any, bound: int) -> bytes:
        written: dict[Reference, bytes] = {}
        joined, inserted = [], 0
        for part in self.parts:
            if isinstance(part, bytes):
                joined.append(part)
                continue
            if part not in written:
                written[part] = write(part, part.look_up(values))
            joined.append(written[part])
            inserted += len(written[part])
            if inserted > bound:
                raise TemplateError(f"The values of the request have more than {bound} bytes.")
        return b"".join(joined)


def _write(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise TemplateError("A value of the request is nested too deeply.") from error


def _write_text(_: Reference, value: Any) -> bytes:
    if value is None:
        return b""
    return value.encode(errors="replace") if isinstance(value, str) else _write(value)


def _write_into_json(reference: Reference, value: Any) -> bytes:
    if reference.is_whole:
        return _write(value)
    return _write(_write_text(reference, value).decode())[1:-1]


def _write_into_header(reference: Reference, value: Any) -> bytes:
    # A variable of the path stays one segment: headers with a path are links.
    safe = "" if reference.root == "path" else HEADER_CHARACTERS
    return quote(_write_text(reference, value), safe=safe).encode()


def compile_body(body: Any, variables: Collection[str]) -> Template:
    """Return the template of a body.

    Args:
        body: A text, or another JSON value.
        variables: The names of the path's variables.

    Raises:
        ValidationError: A reference is not valid.
    """
    if isinstance(body, str):
        return Template(tuple(_split(body, IN_TEXT, variables)))
    return Template(tuple(_split(orjson.dumps(body).decode(), IN_JSON, variables)), is_json=True)


def compile_header(value: str, variables: Collection[str]) -> Template:
    """Return the template of a header.

    Raises:
        ValidationError: A reference is not valid.
    """
    parts = _split(value, IN_TEXT, variables, "latin-1")
    return Template(tuple(parts))


def _split(
    text: str, pattern: re.Pattern[str], variables: Collection[str], encoding: str = "utf-8"
) -> Iterator[bytes | Reference]:
    """Yield the parts of a template."""
    at = 0
    for number, found in enumerate(pattern.finditer(text)):
        if number >= MAX_REFERENCES:
            raise ValidationError(f"Has more than {MAX_REFERENCES} references.")
        if before := text[at : found.start()]:
            _check_no_reference(before)
            yield before.encode(encoding)
        names = tuple(found["names"].split(".")[1:])
        _check_names(found["root"], names, variables)
        is_whole = bool(found.groupdict().get("whole"))
        yield Reference(found["root"], names, is_whole)
        at = found.end()
    if rest := text[at:]:
        _check_no_reference(rest)
        yield rest.encode(encoding)


def _check_no_reference(text: str) -> None:
    at = text.find("{{")
    if at >= 0:
        sent = text[at : at + 40]
        rule = "write {{path.NAME}}, {{query.NAME}}, {{body}} or {{body.NAME}}"
        raise ValidationError(f"'{sent}' is not a reference: {rule}.")


def _check_names(root: str, names: tuple[str, ...], variables: Collection[str]) -> None:
    if root != "body" and len(names) != 1:
        raise ValidationError(f"Write one name after {root}, such as {{{{{root}.id}}}}.")
    if root == "path" and names[0] not in variables:
        known = ", ".join(sorted(variables)) or "none"
        raise ValidationError(f"The path has no variable '{names[0]}'; variables: {known}.")
    if len(names) > MAX_REFERENCE_NAMES:
        raise ValidationError(f"A reference has up to {MAX_REFERENCE_NAMES} names.")
