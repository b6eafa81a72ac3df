"""The schemas of custom properties with an attribute definition.

An attribute definition is the stored document of an attribute of an object type.
"""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import ValidationError

from emulator.ocapi.schema.fields import (
    LOCALE,
    MARKUP,
    Array,
    Boolean,
    Custom,
    DateTime,
    Integer,
    Number,
    Property,
    String,
    refuse,
    undeclared,
)

DATE_CHARACTERS = len("2007-06-20")


class Declared(Property):
    """A custom property of a declared type; a value of another type is refused."""

    expected = Custom.expected

    def __init__(self, inner: Property, *, localized: bool) -> None:
        super().__init__()
        self.inner = inner
        self.localized = localized

    def check(self, value: Any) -> Any:
        """See ``Property.check``."""
        if self.localized and not (isinstance(value, dict) and all(map(LOCALE.fullmatch, value))):
            refuse(undeclared)
        try:
            if not self.localized:
                return self.inner.deserialize(value)
            return {locale: self.inner.deserialize(entry) for locale, entry in value.items()}
        except ValidationError as error:
            raise ValidationError([undeclared]) from error


class Day(DateTime):
    """A day in the form of an instant: the midnight that begins the day, UTC."""

    def check(self, value: str) -> str:
        """See ``Property.check``."""
        return super().check(f"{value}T00:00:00Z" if len(value) == DATE_CHARACTERS else value)


class Markup(Property):
    """A text with markup: a string, or a document with ``source``."""

    expected = "string,object"

    def check(self, value: Any) -> Any:
        """See ``Property.check``."""
        source = value if isinstance(value, str) else value.get("source", value.get("markup"))
        if not isinstance(source, str):
            refuse(undeclared)
        return {"_type": MARKUP, "markup": source, "source": source}


class OneOf(Property):
    """A value of an enumeration; any value of the type if the enumeration has no values."""

    expected = "string,number"

    def __init__(self, values: frozenset[Any], kind: Property, **options: Any) -> None:
        super().__init__(**options)
        self.values = values
        self.kind = kind

    def check(self, value: Any) -> Any:
        """See ``Property.check``."""
        checked = self.kind.deserialize(value)
        if self.values and checked not in self.values:
            refuse(undeclared)
        return checked


PROPERTIES: Mapping[str, Callable[..., Property]] = {
    **dict.fromkeys(("string", "text", "image", "email", "password"), String),
    "html": Markup,
    "int": Integer,
    "double": Number,
    "boolean": Boolean,
    "date": Day,
    "datetime": DateTime,
}
"""The schema of a single value by value type; sets and enumerations hold these."""


def make_property(definition: Mapping[str, Any]) -> Property:
    """Return the schema of the values of an attribute."""
    value_type = definition["value_type"]
    if value_type.startswith("set_of_"):
        kind = PROPERTIES[value_type.removeprefix("set_of_")](allow_none=False)
        whole: Property = Array(kind)
    elif value_type.startswith("enum_of_"):
        kind = PROPERTIES[value_type.removeprefix("enum_of_")](allow_none=False)
        listed = definition.get("value_definitions", ())
        one = OneOf(frozenset(entry.get("value") for entry in listed), kind)
        whole = Array(one) if definition.get("multi_value_type") else one
    else:
        whole = PROPERTIES.get(value_type, Custom)()
    return Declared(whole, localized=bool(definition.get("localizable")))
