"""How fixtures of the API are read: documents as they are answered, ids and dates optional."""

from collections.abc import Callable
from typing import Any

from marshmallow import ValidationError

from emulator import fixtures
from emulator.inventory_service.collection import INVENTORIES, ITEMS, Collection
from emulator.inventory_service.documents import IDENTIFIER, read_only
from emulator.inventory_service.fields import Instant
from emulator.store import Record

# What a document has that does not say when it was made.
EPOCH = "2024-07-17T00:00:00.000Z"
DATES = ("createdAt", "updatedAt")


def reader(collection: Collection) -> Callable[[Any], Record]:
    """Return the function that reads an entry; it raises ValueError with the reason."""

    def read(entry: Any) -> Record:
        if not isinstance(entry, dict):
            told = "is no object"
            raise ValueError(told)  # noqa: TRY004 - it is the data set that is wrong
        given = {name: entry[name] for name in read_only(collection.schema) if name in entry}
        written = {name: value for name, value in entry.items() if name not in given}
        try:
            members = collection.schema.load(written)
            made = {date: Instant().deserialize(given.get(date, EPOCH)) for date in DATES}
            IDENTIFIER(given.get(collection.key, ""))
        except ValidationError as error:
            raise ValueError(_tell(error.messages_dict, collection.key)) from error
        made[collection.key] = given[collection.key]
        return Record.of((given[collection.key],), collection.complete({**members, **made}))

    return read


def _tell(messages: dict[str, Any], key: str) -> str:
    return "; ".join(
        f"{key if name == '_schema' else name}: {why}" for name, why in messages.items()
    )


COLLECTIONS = (
    fixtures.Collection(
        ITEMS.name,
        "items.json",
        reader(ITEMS),
        unique=lambda record: ITEMS.unique(record.properties),
        arrange=ITEMS.arrange,
    ),
    fixtures.Collection(
        INVENTORIES.name,
        "inventories.json",
        reader(INVENTORIES),
        {"itemId": ITEMS.name},
        unique=lambda record: INVENTORIES.unique(record.properties),
        arrange=INVENTORIES.arrange,
    ),
)
