"""The common properties of a catalog and the root category (CAT-1)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.catalog.category_tree import ROOT_CATEGORY
from emulator.ocapi.resources.catalog.names import CATEGORIES_NAME
from emulator.store import Change, Put, Record

Properties = Mapping[str, Any]

SHARED_PROPERTIES = ("description", "name", "online")
"""The properties of a catalog that the root category has, too."""


def imply_root(catalogs: Iterable[Record]) -> Mapping[str, Sequence[Record]]:
    """Return the root category of each catalog, for a data set without root categories."""
    return {CATEGORIES_NAME: [_make_root(catalog) for catalog in catalogs]}


def _make_root(catalog: Record) -> Record:
    names = (*SHARED_PROPERTIES, "creation_date", "last_modified")
    taken = {name: catalog.get(name) for name in names if name in catalog.names}
    root = catalog.get(ROOT_CATEGORY)
    return Record((*catalog.key, root), {**taken, "catalog_id": catalog.key[0], "id": root})


def mirror(record: Record, properties: Properties, now: str) -> Record | None:
    """Return a catalog or a root category with the common properties of the other document.

    The result is None if these properties are the same.
    """
    before = {name: record.get(name) for name in SHARED_PROPERTIES if name in record.names}
    after = {name: properties[name] for name in SHARED_PROPERTIES if name in properties}
    if before == after:
        return None
    kept = {
        name: value for name, value in record.properties.items() if name not in SHARED_PROPERTIES
    }
    return Record(record.key, {**kept, **after, "last_modified": now})


def change_root(call: Call, _: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Yield the change of the root category for a changed catalog."""
    if after is None:
        return
    root = call.store.get(CATEGORIES_NAME, (*call.key, after[ROOT_CATEGORY]))
    if root is None:
        yield Put(CATEGORIES_NAME, _make_root(Record(call.key, after)))
    elif (changed := mirror(root, after, call.now)) is not None:
        yield Put(CATEGORIES_NAME, changed, root.state)
