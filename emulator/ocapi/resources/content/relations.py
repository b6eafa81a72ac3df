"""Folder assignments in the store: by content, by folder, and by classification folder (LIB-4)."""

from collections.abc import Iterator

from emulator.ocapi.resources.content.names import (
    ASSIGNED_CONTENT,
    ASSIGNMENTS_NAME,
    DEFAULT_FOLDERS,
)
from emulator.store import Change, Delete, Key, Put, Record, Store

DEFAULT = "default"


def list_entries(assignment: Record) -> Iterator[tuple[str, Key]]:
    """Yield the entries of an assignment: below the folder, and as default of the content."""
    library, content, folder = assignment.key
    yield ASSIGNED_CONTENT, (library, folder, content)
    if assignment.get(DEFAULT):
        yield DEFAULT_FOLDERS, assignment.key


def find_default(store: Store, content: Key) -> str | None:
    """Return the id of the classification folder of content, None without a default assignment."""
    found = store.scan(DEFAULT_FOLDERS, 0, 1, content).records
    return found[0].key[-1] if found else None


def list_of_content(store: Store, key: Key) -> list[Record]:
    """Return the assignments of a content asset."""
    return list(store.scan(ASSIGNMENTS_NAME, 0, store.count(ASSIGNMENTS_NAME, key), key).records)


def list_of_folder(store: Store, key: Key) -> Iterator[Record]:
    """Yield the assignments of a folder."""
    count = store.count(ASSIGNED_CONTENT, key)
    for entry in store.scan(ASSIGNED_CONTENT, 0, count, key).records:
        library, folder, content = entry.key
        found = store.get(ASSIGNMENTS_NAME, (library, content, folder))
        if found is not None:
            yield found


def put_entries(assignment: Record) -> Iterator[Change]:
    """Yield the changes for the entries of a new assignment."""
    for name, key in list_entries(assignment):
        yield Put(name, Record(key, {}))


def remove_entries(assignment: Record) -> Iterator[Change]:
    """Yield the changes for the entries of a removed assignment."""
    for name, key in list_entries(assignment):
        yield Delete(name, key)


def move_to_folder(assignment: Record, folder: str) -> Iterator[Change]:
    """Yield the changes of an assignment for another id of the folder."""
    moved = Record((*assignment.key[:2], folder), {**assignment.properties, "folder_id": folder})
    yield from remove_entries(assignment)
    yield Delete(ASSIGNMENTS_NAME, assignment.key)
    yield Put(ASSIGNMENTS_NAME, moved)
    yield from put_entries(moved)
