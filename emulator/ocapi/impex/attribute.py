"""The types of custom attributes for the reader, from the declarations of a workspace."""

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import ValidationError

from emulator.fixture.impex.archive import guess_types
from emulator.fixture.impex.reader import Item
from emulator.fixture.impex.value import COUNT, FLAG, INSTANT, TEXT, AttributeType
from emulator.ocapi.schema.attribute import Declared, OneOf
from emulator.ocapi.schema.fields import Array, Boolean, Custom, DateTime, Number, Property

CODECS = ((Boolean, FLAG), (Number, COUNT), (DateTime, INSTANT))


def find_types(item: Item, declared: Mapping[str, Property | None]) -> dict[str, AttributeType]:
    """Return the types of the custom attributes of an object; undefined attributes have no type.

    Args:
        item: The object.
        declared: The schema by id of the attribute; None for an undefined attribute.
    """
    guessed = guess_types((item,))
    known = ((name, one) for name, one in declared.items() if one is not None)
    return {name: guessed[name] if type(p) is Custom else _find_type(p) for name, p in known}


def _find_type(declared: Property) -> AttributeType:
    localized = isinstance(declared, Declared) and declared.localized
    inner = declared.inner if isinstance(declared, Declared) else declared
    multiple = isinstance(inner, Array)
    one: Any = inner.inner if isinstance(inner, Array) else inner
    kind = one.kind if isinstance(one, OneOf) else one
    codec = next((codec for schema, codec in CODECS if isinstance(kind, schema)), TEXT)
    return AttributeType(codec, multiple, localized)


def check(properties: Mapping[str, Any], declared: Mapping[str, Property | None]) -> dict[str, Any]:
    """Return properties with the checked values of custom properties.

    Raises:
        ValueError: A value is not of the declared type.
    """
    checked = dict(properties)
    for name in _list_present(properties, declared):
        try:
            checked[f"c_{name}"] = declared[name].deserialize(checked[f"c_{name}"])  # type: ignore[union-attr]
        except ValidationError as error:
            message = f"custom attribute '{name}': the value is not of the defined type"
            raise ValueError(message) from error
    return checked


def _list_present(
    properties: Mapping[str, Any], declared: Mapping[str, Property | None]
) -> Iterable[str]:
    return [n for n, one in declared.items() if one is not None and f"c_{n}" in properties]
