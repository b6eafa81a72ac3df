"""Kinds: the collections of data sets, each with the resource and the paths of the Data API."""

from collections.abc import Mapping
from typing import NamedTuple

from werkzeug.exceptions import NotFound

from emulator.console import address
from emulator.console.address import Address
from emulator.console.setup import Setup
from emulator.fixture.data_set import Collection
from emulator.ocapi.resource import Resource
from emulator.store import Key


class Kind(NamedTuple):
    """A collection of a data set.

    Attributes:
        collection: The description in data sets.
        resource: The resource of the Data API, None for the collections of other APIs.
        document: The address of a document, None without such a path.
        creation: The address that creates a document, None without such a path.
        listed: The address of the list, None without such a path.
    """

    collection: Collection
    resource: Resource | None = None
    document: Address | None = None
    creation: Address | None = None
    listed: Address | None = None

    @property
    def name(self) -> str:
        """The name of the collection."""
        return self.collection.name

    @property
    def path(self) -> str:
        """The path of the documents or of the list, below the version; empty without a path."""
        shown = self.document or self.listed
        return shown.path if shown else ""

    def label(self, key: Key) -> list[str]:
        """Return the names of the ids of a key."""
        if self.resource and len(self.resource.keys) == len(key):
            return list(self.resource.keys)
        return ["id"] if len(key) == 1 else [f"id {number}" for number in range(1, len(key) + 1)]


def list_kinds(setup: Setup) -> Mapping[str, Kind]:
    """Return the kinds by the name of the collection, in alphabetical order."""
    resources = {resource.name: resource for resource in setup.resources}
    named = {one.name: _make(one, resources.get(one.name)) for one in setup.collections}
    return dict(sorted(named.items()))


def _make(collection: Collection, resource: Resource | None) -> Kind:
    if resource is None:
        return Kind(collection)
    return Kind(
        collection,
        resource,
        address.find_document(resource),
        address.find_creation(resource),
        address.find_list(resource),
    )


def find(kinds: Mapping[str, Kind], name: str) -> Kind:
    """Return a kind.

    Raises:
        NotFound: There is no such collection.
    """
    if name not in kinds:
        raise NotFound(f"There is no collection '{name[:80]}'.")
    return kinds[name]
