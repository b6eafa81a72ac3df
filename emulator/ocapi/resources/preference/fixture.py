"""The values of preferences in data sets."""

from collections.abc import Iterator
from typing import Any

from marshmallow import ValidationError

from emulator.fixture.data_set import Collection
from emulator.fixture.reference import Records, Reference
from emulator.ocapi.resources.object_type.rules import PREFERENCE_VALUES
from emulator.ocapi.resources.object_type.system_object_definitions import DEFINITIONS
from emulator.ocapi.resources.preference.values import (
    GLOBAL_PREFERENCES,
    INSTANCE_TYPES,
    SITE_PREFERENCES,
)
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.attribute import make_property
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.fields import Custom, Enumeration, String
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Record, Store, thaw


class PreferenceFixture(Document):
    """A value of a preference in a data set."""

    id = String(required=True, allow_none=False)
    instance_type = Enumeration(*INSTANCE_TYPES, required=True, allow_none=False)
    object_type = Enumeration(SITE_PREFERENCES, GLOBAL_PREFERENCES, required=True, allow_none=False)
    site_id = String(allow_none=False)
    value = Custom(required=True, allow_none=False)


VALUE_FIXTURE = PreferenceFixture()


def read_fixture(entry: Any) -> Record:
    """Return the record of a value in a data set.

    Raises:
        ValueError: The entry is not a value; the message has the reason.
    """
    read = VALUE_FIXTURE.decode_stored(entry)
    is_global = read["object_type"] == GLOBAL_PREFERENCES
    if is_global == ("site_id" in read):
        raise ValueError(f"{read['object_type']}: {'has a' if is_global else 'has no'} 'site_id'")
    site = read.get("site_id", ORGANIZATION)
    key = (read["object_type"], read["id"], read["instance_type"], site)
    return Record(key, {"value": read["value"]})


def encode_fixtures(store: Store, _: str) -> Iterator[dict[str, Any]]:
    """Yield the values of a store as entries of a data set."""
    records = store.scan(PREFERENCE_VALUES, 0, store.count(PREFERENCE_VALUES)).records
    for record in records:
        object_type, name, instance_type, site = record.key
        head = {"object_type": object_type, "id": name, "instance_type": instance_type}
        sites = {} if site == ORGANIZATION else {"site_id": site}
        yield {**head, **sites, "value": record.properties["value"]}


def list_site(value: Record, _: Records) -> Iterator[Reference]:
    """Yield the reference of a value to the site."""
    site = value.key[-1]
    if site != ORGANIZATION:
        yield Reference(SITES.name, (site,))


def list_definition(value: Record, _: Records) -> Iterator[Reference]:
    """Yield the reference of a value to the attribute definition."""
    yield Reference(DEFINITIONS, value.key[:2])


def list_mistakes(value: Record, records: Records) -> Iterator[str]:
    """Yield the mistake in a value of another type than the definition has.

    A value that an enumeration has no more is no mistake.
    """
    definition = records.get(DEFINITIONS, value.key[:2])
    if definition is not None:
        try:
            make_property({**definition.properties, "value_definitions": ()}).deserialize(
                thaw(value.get("value"))
            )
        except ValidationError:
            yield f"is not a value of the type {definition.get('value_type')}"


COLLECTION = Collection(
    PREFERENCE_VALUES,
    f"{PREFERENCE_VALUES}.json",
    read_fixture,
    references={"site_id": list_site, "id": list_definition, "value": list_mistakes},
    encode=encode_fixtures,
)
