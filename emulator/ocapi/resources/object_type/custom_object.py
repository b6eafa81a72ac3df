"""Custom objects: the document, the faults, and the place of an object (COB-1).

The key of a stored object is: object type, site or ``-``, key. The stored properties are those of
the document, besides ``site_id`` and the dates for the search.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import fault_of
from emulator.ocapi.resources.object_type import custom_object_definitions
from emulator.ocapi.resources.object_type.custom_object_definitions import CUSTOM_OBJECT_DEFINITIONS
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Integer, String
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Record

MAX_KEY_INTEGER = 2**31 - 1
SEARCH_ONLY = ("creation_date", "last_modified", "site_id")
"""Stored properties that no answer shows."""
NOT_FOUND = FaultType(
    404,
    "CustomObjectNotFound",
    "No custom object of type '{objectType}' with key '{key}' could be found.",
    ("key", "objectType"),
)
MALFORMED_KEY = FaultType(
    400,
    "MalformedKeyParameter",
    "The value '{value}' of parameter '{parameter}' is malformed.",
    ("value", "parameter"),
)


class CustomObject(Document):
    """A custom object."""

    custom = True

    key_property = String(read_only=True)
    key_value_integer = Integer(read_only=True)
    key_value_string = String(read_only=True)
    object_type = String(read_only=True)


CUSTOM_OBJECT = CustomObject()


@dataclass(frozen=True)
class Place:
    """The object of a path, with the definition of the key attribute."""

    object_type: str
    site: str
    key: str
    key_attribute: Mapping[str, Any]
    attributes: frozenset[str]

    @property
    def record_key(self) -> tuple[str, str, str]:
        """The key of the stored object."""
        return (self.object_type, self.site, self.key)

    @property
    def head(self) -> dict[str, Any]:
        """The properties of the key."""
        is_integer = self.key_attribute["value_type"] == "int"
        value: dict[str, Any] = (
            {"key_value_integer": int(self.key)} if is_integer else {"key_value_string": self.key}
        )
        site = {} if self.site == ORGANIZATION else {"site_id": self.site}
        head = {"key_property": self.key_attribute["id"], "object_type": self.object_type}
        return {**head, **value, **site}


def find_attributes(call: Call, object_type: str) -> list[Record]:
    """Return the attribute definitions of a custom object type.

    Raises:
        Fault: ObjectTypeNotFound (COB-1).
    """
    CUSTOM_OBJECT_DEFINITIONS.find(call.store, (object_type,))
    name = custom_object_definitions.DEFINITIONS
    return list(call.store.scan(name, 0, call.store.count(name), (object_type,)).records)


def locate(call: Call) -> Place:
    """Return the place of the path (COB-1)."""
    *sites, object_type, key = call.key
    site = sites[0] if sites else ORGANIZATION
    if sites and call.store.get(SITES.name, (site,)) is None:
        raise fault_of(SITES.not_found, (site,))
    attributes = find_attributes(call, object_type)
    key_attribute = next((one for one in attributes if one.get("key")), None)
    if key_attribute is None:
        raise fault_of(CUSTOM_OBJECT_DEFINITIONS.not_found, (object_type,))
    if key_attribute.get("value_type") == "int":
        key = _read_integer(key)
    return Place(object_type, site, key, key_attribute.properties, name_properties(attributes))


def _read_integer(text: str) -> str:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_KEY_INTEGER))):
        raise MALFORMED_KEY(text, "key")
    if abs(int(text)) > MAX_KEY_INTEGER:
        raise MALFORMED_KEY(text, "key")
    return str(int(text))


def name_properties(attributes: list[Record]) -> frozenset[str]:
    """Return the names of all properties with an attribute definition."""
    return frozenset(f"c_{attribute.key[-1]}" for attribute in attributes)


def show_properties(record: Record, attributes: frozenset[str]) -> dict[str, Any]:
    """Return the answered properties, without values of deleted definitions (OBJ-5)."""
    return {
        name: value
        for name, value in record.properties.items()
        if name in attributes or not (name in SEARCH_ONLY or name.startswith("c_"))
    }
