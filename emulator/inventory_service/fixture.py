"""Fixtures of the API: documents as in answers, with optional dates."""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from emulator.fixture.data_set import Collection as DataSetCollection
from emulator.inventory_service.collection import INVENTORIES, ITEMS, Collection
from emulator.inventory_service.documents import IDENTIFIER, read_only
from emulator.inventory_service.fields import Instant
from emulator.store import Record

# The dates of fixtures without dates.
DEFAULT_INSTANT = "2024-07-17T00:00:00.000Z"


def reader(collection: Collection) -> Callable[[Any], Record]:
    """Return a function from an entry of a fixture to a record; a wrong entry is a ValueError."""
    set_by_service = Schema.from_dict(
        {
            collection.key: fields.String(required=True, validate=IDENTIFIER),
            "createdAt": Instant(load_default=DEFAULT_INSTANT),
            "updatedAt": Instant(load_default=DEFAULT_INSTANT),
        }
    )(unknown=EXCLUDE)

    def read(entry: Any) -> Record:
        if not isinstance(entry, dict):
            message = "is no object"
            raise ValueError(message)  # noqa: TRY004 - the data set is wrong, not the program
        given = {name: value for name, value in entry.items() if name in ours}
        written = {name: value for name, value in entry.items() if name not in ours}
        members = _load(collection.schema, written) | _load(set_by_service, given)
        return Record.of((members[collection.key],), collection.complete(members))

    ours = frozenset(read_only(collection.schema))
    return read


def _load(schema: Schema, values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(values)
    except ValidationError as error:
        problems = (f"{name}: {why}" for name, why in error.messages_dict.items())
        raise ValueError("; ".join(problems)) from error
    return loaded


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
