"""Custom objects in data sets."""

from typing import Any

from emulator.fixture.data_set import Collection
from emulator.ocapi.resources.object_type.custom_object import CUSTOM_OBJECT, SEARCH_ONLY
from emulator.ocapi.resources.object_type.rules import CUSTOM_OBJECTS as NAME
from emulator.ocapi.resources.object_type.rules import CUSTOM_TYPES
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Record


def read_fixture(entry: Any) -> Record:
    """Return the record of a custom object in a data set.

    Raises:
        ValueError: The entry is not a custom object; the message has the reason.
    """
    if not isinstance(entry, dict):
        raise ValueError("is not an object")  # noqa: TRY004 - the data set is wrong
    apart = {name: entry[name] for name in SEARCH_ONLY if name in entry}
    if not all(isinstance(value, str) for value in apart.values()):
        raise ValueError(f"{', '.join(SEARCH_ONLY)} are strings")
    rest = {name: value for name, value in entry.items() if name not in SEARCH_ONLY}
    properties = CUSTOM_OBJECT.decode_stored(rest)
    if "object_type" not in properties:
        raise ValueError("has no 'object_type'")
    key = properties.get("key_value_string", properties.get("key_value_integer"))
    if key is None:
        raise ValueError("has neither 'key_value_string' nor 'key_value_integer'")
    place = (properties["object_type"], apart.get("site_id", ORGANIZATION), str(key))
    return Record(place, {**properties, **apart})


COLLECTION = Collection(
    NAME,
    f"{NAME}.json",
    read_fixture,
    {"site_id": "sites", "object_type": CUSTOM_TYPES},
)
