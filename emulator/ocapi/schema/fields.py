"""The types of properties as marshmallow fields: strict, without any coercion (DEC-1).

A field raises *violations*. A violation is a function: it takes a place in the request and returns
a fault. The field knows only the value, and only the document knows the place.
"""

import re
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, NoReturn, TypeVar

from marshmallow import ValidationError, missing
from marshmallow import fields as base

from emulator import clock
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import Fault

Whole = TypeVar("Whole", list[Any], dict[str, Any])

JSON_TYPES: dict[type, str] = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}
TOKENS = {
    "boolean": "VALUE_TRUE|VALUE_FALSE",
    "integer": "VALUE_NUMBER_INT",
    "number": "VALUE_NUMBER_INT|VALUE_NUMBER_FLOAT",
    "string": "VALUE_STRING",
    "array": "START_ARRAY",
    "object": "START_OBJECT",
}
"""The names of JSON tokens in faults, by the type of a property (DEC-1)."""
SCALARS = "string,number,boolean"
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
LOCALE = re.compile(r"[a-z]{2,3}(?:[-_][A-Z]{2})?|(?:x-)?default", re.ASCII)
DATE_AND_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}.*", re.ASCII)
LOCALIZED = "localized"
MARKUP = "markup_text"
MARKUP_MEMBERS = frozenset({"_type", "markup", "source"})
CACHED_INSTANTS = 4096
MAX_INT32, MAX_INT64 = 2**31 - 1, 2**63 - 1
MIN_BIG_INTEGER = 2**63  # from here on a whole number is parsed as a floating-point one
CUSTOM_NAME = re.compile(r"c_[A-Za-z0-9_-]+", re.ASCII)


class Place(NamedTuple):
    """A place in a request document: the names of document and property, and the path."""

    document: str
    path: str
    name: str


leaves_rest: ContextVar[bool] = ContextVar("leaves_rest", default=False)
"""Whether a missing property of an embedded document stays unchanged; never so in arrays."""
Violation = Callable[[Place], Fault]


def mistyped(expected: str, value: Any) -> Violation:
    """Return the violation of a value of another JSON type.

    Args:
        expected: The type, or several types separated by commas.
        value: The value.
    """
    tokens = "|".join(TOKENS[name] for name in expected.split(","))
    return lambda place: faults.TYPE_DECODING(place.path, tokens, name_token(value))


def name_token(value: Any) -> str:
    """Return the name of the first JSON token of a value, such as ``VALUE_TRUE``."""
    if isinstance(value, (bool, type(None))):
        return "VALUE_NULL" if value is None else f"VALUE_{value}".upper()
    if isinstance(value, float):
        return "VALUE_NUMBER_FLOAT"
    return TOKENS["integer" if isinstance(value, int) else JSON_TYPES[type(value)]]


def constrained(place: Place) -> Fault:
    """Return the fault for a wrong length, range or format, or a missing required value."""
    return faults.PROPERTY_CONSTRAINT_VIOLATION(place.document, place.path)


def unknown(place: Place) -> Fault:
    """Return the fault for an unknown property."""
    return faults.UNKNOWN_PROPERTY(place.name, place.document)


def undeclared(_: Place) -> Fault:
    """Return the fault for an undeclared custom property, or a value of another type."""
    return faults.INVALID_CUSTOM_PROPERTY()


def unlisted(value: str) -> Violation:
    """Return the violation of a value outside an enumeration."""
    return lambda place: faults.ENUM_CONSTRAINT_VIOLATION(place.document, value)


def refuse(violation: Violation) -> NoReturn:
    """Raise a violation in the form of marshmallow."""
    raise ValidationError([violation])


class Property(base.Field[Any]):
    """A property of a JSON type.

    Args:
        read_only: Whether requests may send a value without effect (DEC-3).
        **options: Options of a marshmallow field; ``allow_none`` is True by default (DEC-4).
    """

    expected: ClassVar[str]
    types: ClassVar[frozenset[type]]  # those of Python that a value has

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        expected = cls.expected.replace("integer", "number").split(",")
        cls.types = frozenset(kind for kind, name in JSON_TYPES.items() if name in expected)

    def __init__(self, *, read_only: bool = False, **options: Any) -> None:
        super().__init__(**{"allow_none": True, **options})
        self.read_only = read_only

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:  # noqa: ARG002 - inherited
        """Return the error for a missing value or a null: both violate a constraint."""
        return ValidationError([constrained])

    def deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        """Return the stored form of a JSON value, None for null; refuse a wrong value.

        The method of the base also runs processors and validators. No property has any, and a data
        set has millions of values.
        """
        if value is None or value is missing:
            self._validate_missing(value)
            return None if value is None else self.load_default
        if type(value) not in self.types:
            refuse(mistyped(self.expected, value))
        return self.check(value)

    @property
    def takes_all(self) -> bool:
        """Whether any value of the type is valid, and stored unchanged: then no check runs."""
        return type(self).check is Property.check

    def check(self, value: Any) -> Any:
        """Return the stored form of a value of the right type, or refuse the value."""
        return value


class String(Property):
    """A string of ``min_length`` to ``max_length`` characters, outside of ``excluded``.

    With ``pattern``, the whole string matches the regular expression.
    """

    expected = "string"

    def __init__(
        self,
        *,
        min_length: int = 0,
        max_length: int | None = None,
        excluded: tuple[str, ...] = (),
        pattern: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.excluded = excluded
        self.pattern = pattern
        self.min_length = min_length
        self.max_length = max_length

    @property
    def takes_all(self) -> bool:
        """See ``Property.takes_all``."""
        plain = type(self).check is String.check
        bounded = self.min_length or self.excluded or self.pattern
        return plain and not bounded and self.max_length is None

    def check(self, value: str) -> str:
        """See ``Property.check``."""
        too_long = self.max_length is not None and len(value) > self.max_length
        if too_long or len(value) < self.min_length or value in self.excluded:
            refuse(constrained)
        if self.pattern is not None and not re.fullmatch(self.pattern, value, re.DOTALL):
            refuse(constrained)
        return value


class Enumeration(Property):
    """A string of a fixed set."""

    expected = "string"

    def __init__(self, *values: str, **options: Any) -> None:
        super().__init__(**options)
        self.values = values

    def check(self, value: str) -> str:
        """See ``Property.check``."""
        if value not in self.values:
            refuse(unlisted(value))
        return value


class Boolean(Property):
    """``true`` or ``false``."""

    expected = "boolean"


class Number(Property):
    """A number from ``minimum`` to ``maximum``."""

    expected = "number"

    def __init__(
        self, *, minimum: float | None = None, maximum: float | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.minimum = minimum
        self.maximum = maximum

    def check(self, value: float) -> float:
        """See ``Property.check``."""
        if self.maximum is not None and value > self.maximum:
            refuse(constrained)
        if self.minimum is not None and value < self.minimum:
            refuse(constrained)
        return value


class Integer(Number):
    """A whole number from ``minimum`` to ``maximum``; a number with a fraction has another type."""

    expected = "integer"

    maximum: int

    def __init__(self, *, maximum: int = MAX_INT32, **options: Any) -> None:
        super().__init__(maximum=maximum, **options)

    def check(self, value: float) -> float:
        """See ``Property.check``."""
        if isinstance(value, float) and abs(value) < MIN_BIG_INTEGER:
            refuse(mistyped(self.expected, value))
        return super().check(value)


class DateTime(Property):
    """An instant in the stored and answered form: ISO 8601, UTC, milliseconds (ENV-7)."""

    expected = "string"

    def check(self, value: str) -> str:
        """See ``Property.check``."""
        try:
            return _read_instant(value)
        except (ValueError, OverflowError):
            refuse(constrained)


@lru_cache(CACHED_INSTANTS)
def _read_instant(text: str) -> str:
    """Return the stored form of an instant; equal texts share one string.

    Raises:
        ValueError, OverflowError: The text is not an instant.
    """
    if not DATE_AND_TIME.fullmatch(text):
        raise ValueError(text)
    return render_instant(datetime.fromisoformat(text))


class Date(Property):
    """A day, such as ``1990-01-31``."""

    expected = "string"

    def check(self, value: str) -> str:
        """See ``Property.check``."""
        try:
            valid = DATE.fullmatch(value) and date.fromisoformat(value)
        except ValueError:
            valid = None
        return value if valid else refuse(constrained)


def check_whole(check: Callable[[Whole], Whole], value: Whole) -> Whole:
    """Check a value that replaces the stored value: members with null are absent."""
    if not leaves_rest.get():
        return check(value)
    token = leaves_rest.set(False)
    try:
        return check(value)
    finally:
        leaves_rest.reset(token)


class Array(Property):
    """An array of ``min_items`` entries or more, of a single type."""

    expected = "array"
    min_items: int | None = None

    def __init__(self, inner: Property, *, min_items: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.inner = inner
        if min_items is not None:
            self.min_items = min_items
        self._sound = inner.types if inner.takes_all else frozenset()

    def check(self, value: list[Any]) -> list[Any]:
        """See ``Property.check``; the violations are by index."""
        if self.min_items is not None and len(value) < self.min_items:
            refuse(constrained)
        if self._sound.issuperset(map(type, value)):
            return [*value]
        return check_whole(self._check_entries, value)

    def _check_entries(self, value: list[Any]) -> list[Any]:
        entries, errors = [], {}
        for index, entry in enumerate(value):
            try:
                entries.append(self.inner.deserialize(entry))
            except ValidationError as error:
                errors[index] = error.messages
        if errors:
            raise ValidationError(errors)
        return entries


class Map(Property):
    """A JSON object whose member names are data. Values have any type."""

    expected = "object"
    format = ""


class TextMap(Map):
    """An object of strings, with data as names."""

    def check(self, value: dict[str, Any]) -> dict[str, Any]:
        """See ``Property.check``."""
        errors = {
            name: [mistyped("string", text)]
            for name, text in value.items()
            if not isinstance(text, str)
        }
        if errors:
            raise ValidationError(errors)
        return value


class Localized(Map):
    """A text in several languages: an object of strings by locale (LOC)."""

    format = LOCALIZED

    def check(self, value: dict[str, Any]) -> dict[str, Any]:
        """See ``Property.check``."""
        errors = {
            name: [mistyped("string", text) if not isinstance(text, str) else constrained]
            for name, text in value.items()
            if not (isinstance(text, str) and LOCALE.fullmatch(name))
        }
        if errors:
            raise ValidationError(errors)
        return value


class Values(Map):
    """An object with data as names, and values of a single type.

    Args:
        inner: The property of a value. A null value is left out.
        format: ``localized`` for locales as names, ``site-specific`` for ids of sites, or nothing.
        **options: Options of ``Property``.
    """

    def __init__(self, inner: Property, *, format: str = "", **options: Any) -> None:  # noqa: A002
        super().__init__(**options)
        self.inner = inner
        self.format = format

    def check(self, value: dict[str, Any]) -> dict[str, Any]:
        """See ``Property.check``; the violations are by name."""
        return check_whole(self._check_entries, value)

    def _check_entries(self, value: dict[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        errors: dict[Any, Any] = {}
        for name, entry in value.items():
            try:
                if self.format == LOCALIZED and not LOCALE.fullmatch(name):
                    refuse(constrained)
                found = self.inner.deserialize(entry)
            except ValidationError as error:
                errors[name] = error.messages
            else:
                values |= {} if found is None else {name: found}
        if errors:
            raise ValidationError(errors)
        return values


class Embedded(Property):
    """A document inside a document.

    Args:
        document: The schema, or a function that returns the schema: a document that contains itself
            does not exist yet at the declaration of its properties.
        **options: Options of ``Property``.
    """

    expected = "object"

    def __init__(self, document: Any, **options: Any) -> None:
        super().__init__(**options)
        self._document = document

    @property
    def document(self) -> Any:
        """The schema of the document."""
        return self._document() if callable(self._document) else self._document

    def show_version(self, version: str) -> None:
        """Replace the schema by the schema in a version."""
        every = self._document
        self._document = lambda: (every() if callable(every) else every).at(version)

    def check(self, value: dict[str, Any]) -> Any:
        """See ``Property.check``; the violations are by name."""
        return self.document.embed(value)


class Custom(Property):
    """A custom property (DEC-5): scalar, array of scalars of a single type, or map of both.

    A map may also hold texts with markup, in their stored form.
    """

    expected = "string,number,boolean,array,object"

    def check(self, value: Any) -> Any:
        """See ``Property.check``."""
        if not isinstance(value, dict):
            return _check_custom(value)
        errors: dict[Any, Any] = {}
        for name, entry in value.items():
            try:
                _check_custom(entry)
            except ValidationError as error:
                errors[name] = error.messages
        if errors:
            raise ValidationError(errors)
        return value


def _check_custom(value: Any) -> Any:
    """Return a scalar, null, or an array of scalars of a single type; refuse other values."""
    if isinstance(value, dict):
        return value if _is_markup(value) else refuse(mistyped(f"{SCALARS},array", value))
    for index, entry in enumerate(value if isinstance(value, list) else ()):
        kind, first = JSON_TYPES[type(entry)], JSON_TYPES[type(value[0])]
        if kind not in SCALARS.split(","):
            raise ValidationError({index: [mistyped(SCALARS, entry)]})
        if kind != first:
            raise ValidationError({index: [mistyped(first, entry)]})
    return value


def _is_markup(value: dict[str, Any]) -> bool:
    texts = {name: text for name, text in value.items() if isinstance(text, str)}
    return value.get("_type") == MARKUP and texts == value and value.keys() <= MARKUP_MEMBERS


def render_instant(instant: datetime) -> str:
    """Return the text of an instant; without an offset, the instant is in UTC (ENV-7)."""
    return clock.render_instant(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
