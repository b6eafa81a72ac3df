"""Resources with operations only, and ids of several properties in data sets."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from emulator.fixture.data_set import Collection as FixtureCollection
from emulator.ocapi.resource import Resource
from emulator.store import Record


@dataclass(frozen=True, kw_only=True)
class StoredResource(Resource):
    """A resource with ids of several properties in the store.

    Attributes:
        key_names: The properties of the id, outermost first.
        missing_key: Stands in an id for a missing property.
    """

    key_names: tuple[str, ...]
    missing_key: str = ""

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """See ``Resource.keys``."""
        return self.key_names

    def fixtures(self) -> FixtureCollection:
        """See ``Resource.fixtures``."""
        return FixtureCollection(
            self.name,
            f"{self.name}.json",
            self._read_entry,
            self.references,
            unique=self.unique,
            arrange=self._arrange,
        )

    def _read_entry(self, entry: Any) -> Record:
        """Return the record of an entry of a data set.

        Raises:
            ValueError: The entry is not valid.
        """
        properties = self.document.decode_stored(entry)
        key = tuple([properties.get(name, self.missing_key) for name in self.key_names])
        return Record(key, properties)
