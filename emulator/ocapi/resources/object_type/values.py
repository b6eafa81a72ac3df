"""The stored values of attributes: removed with the definition (OBJ-7)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from emulator.ocapi.resource import Resource
from emulator.ocapi.schema.custom import OBJECT_TYPES
from emulator.ocapi.schema.document import Document
from emulator.store import Change, Key, Put, Record, Store, remove_property


class Place(NamedTuple):
    """A place of attribute values.

    Attributes:
        collection: The store's collection.
        path: The properties from a record to the documents with the values; empty for the record.
    """

    collection: str
    path: tuple[str, ...] = ()


def find_places(resources: Iterable[Resource], object_type: str) -> Iterator[Place]:
    """Yield the places of the attribute values of a system object type, in all resources."""
    return (
        Place(holder.name, path)
        for holder in resources
        for path, document in _walk((), (holder.document,))
        if document.custom and OBJECT_TYPES.get(document.type_name) == object_type
    )


def _walk(
    path: tuple[str, ...], documents: tuple[Document, ...]
) -> Iterator[tuple[tuple[str, ...], Document]]:
    """Yield the last document and all documents inside, each with a path."""
    yield path, documents[-1]
    outer = {type(document) for document in documents}
    for name, inner in documents[-1].embedded.items():
        if type(inner) not in outer:
            yield from _walk((*path, name), (*documents, inner))


def remove_values(store: Store, place: Place, name: str, parent: Key = ()) -> Iterator[Change]:
    """Yield the changes of the records with a value of an attribute.

    The names of properties are shared by records: a scan without a found value takes 20 ms for
    100,000 records.

    Args:
        store: The store.
        place: The place of the values.
        name: The id of the attribute.
        parent: The key above the records.
    """
    collection, path = place
    custom = f"c_{name}"
    first, *_ = (*path, custom)
    remove = remove_property(custom)
    for record in store.scan(collection, 0, store.count(collection, parent), parent).records:
        if first not in record.names:
            continue
        if not path:
            yield Put(collection, remove(record), record)
        elif _has(record.get(first), path[1:], custom):
            changed = _without(record.properties, path, custom)
            yield Put(collection, Record(record.key, changed), record)


def _has(value: Any, path: tuple[str, ...], name: str) -> bool:
    if isinstance(value, tuple):
        return any(_has(one, path, name) for one in value)
    if path:
        return path[0] in value and _has(value[path[0]], path[1:], name)
    return name in value


def _without(value: Any, path: tuple[str, ...], name: str) -> Any:
    """Return a document, or several documents, without a property of the documents at a path."""
    if isinstance(value, tuple):
        return [_without(one, path, name) for one in value]
    if not path:
        return {member: one for member, one in value.items() if member != name}
    inner: Mapping[str, Any] = value
    if path[0] not in inner:
        return inner
    return {**inner, path[0]: _without(inner[path[0]], path[1:], name)}
