"""Fixtures of the API: documents as in answers, with optional dates."""

from collections.abc import Callable
from typing import Any

import orjson
from marshmallow import Schema, ValidationError, fields

from emulator.fixture.data_set import Collection as DataSetCollection
from emulator.inventory_service.collection import INVENTORIES, ITEMS, Collection
from emulator.inventory_service.documents import IDENTIFIER, read_only
from emulator.inventory_service.fields import Instant
from emulator.store import Record

# The dates of fixtures without dates.
DEFAULT_INSTANT = "2024-07-17T00:00:00.000Z"
MAX_KNOWN_DOCUMENTS = 256


class Repeated(fields.Nested):
    """A document that many entries repeat, such as a location: equal ones are checked once."""

    def __init__(self, nested: Schema, **options: Any) -> None:
        super().__init__(nested, **options)
        self._known: dict[bytes, Any] = {}

    def _deserialize(self, value: Any, *context: Any, **options: Any) -> Any:
        sent = orjson.dumps(value)
        if sent in self._known:
            return self._known[sent]
        found = super()._deserialize(value, *context, **options)
        if len(self._known) < MAX_KNOWN_DOCUMENTS:
            self._known[sent] = found
        return found


def reader(collection: Collection) -> Callable[[Any], Record]:
    """Return a function from an entry of a fixture to a record; a wrong entry is a ValueError."""
    set_by_service: dict[str, fields.Field[Any]] = {
        collection.key: fields.String(required=True, validate=IDENTIFIER),
        "createdAt": Instant(load_default=DEFAULT_INSTANT),
        "updatedAt": Instant(load_default=DEFAULT_INSTANT),
    }
    repeated = {
        name: Repeated(declared.schema, required=declared.required)
        for name, declared in collection.schema.fields.items()
        if isinstance(declared, fields.Nested)
    }
    schema = type(collection.schema).from_dict({**set_by_service, **repeated})()
    computed = frozenset(read_only(collection.schema)) - set_by_service.keys()

    def read(entry: Any) -> Record:
        if not isinstance(entry, dict):
            message = "is not an object"
            raise ValueError(message)  # noqa: TRY004 - the data set is wrong, not the program
        try:
            members = schema.load({n: v for n, v in entry.items() if n not in computed})
        except ValidationError as error:
            problems = (f"{name}: {why}" for name, why in error.messages_dict.items())
            raise ValueError("; ".join(problems)) from error
        return Record.of((members[collection.key],), collection.complete(members))

    return read


COLLECTIONS = (
    DataSetCollection(
        ITEMS.name,
        "items.json",
        reader(ITEMS),
        unique=lambda record: ITEMS.unique(record.properties),
        arrange=ITEMS.arrange,
    ),
    DataSetCollection(
        INVENTORIES.name,
        "inventories.json",
        reader(INVENTORIES),
        {"itemId": ITEMS.name},
        unique=lambda record: INVENTORIES.unique(record.properties),
        arrange=INVENTORIES.arrange,
    ),
)
