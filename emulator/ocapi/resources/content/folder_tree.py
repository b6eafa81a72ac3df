"""The tree of the folders of a library (LIB-3).

A folder without a stored parent is below the root folder, or is the root folder itself.
"""

from collections.abc import Iterator
from typing import Any

from emulator.fixture.reference import Records, Reference
from emulator.ocapi.resources.content.names import FOLDERS_NAME, SUB_FOLDERS
from emulator.store import Key, Record, Store

ROOT = "root"
PARENT = "parent_folder_id"


def find_parent(folder: Record) -> str | None:
    """Return the id of the parent of a folder, None for the root folder."""
    return None if folder.key[-1] == ROOT else str(folder.get(PARENT) or ROOT)


def list_entries(folder: Record) -> Iterator[tuple[str, Key]]:
    """Yield the entry of a folder below the parent."""
    parent = find_parent(folder)
    if parent is not None:
        yield SUB_FOLDERS, (folder.key[0], parent, folder.key[1])


def list_sub_folders(store: Store, key: Key) -> Iterator[Record]:
    """Yield the folders directly below a folder."""
    for entry in store.scan(SUB_FOLDERS, 0, store.count(SUB_FOLDERS, key), key).records:
        found = store.get(FOLDERS_NAME, (key[0], entry.key[-1]))
        if found is not None:
            yield found


def list_below(store: Store, folder: Record, bound: int) -> list[Record]:
    """Return a folder and the folders below. The search stops at ``bound`` folders or more."""
    found = [folder]
    for above in found:  # the loop visits the folders added on the way, too
        if len(found) >= bound:
            break
        found += list_sub_folders(store, above.key)
    return found


def walk_up(store: Store, folder: Record) -> Iterator[Record]:
    """Yield a folder, the parent, and so on up to the root folder."""
    above: Record | None = folder
    while above is not None:
        yield above
        parent = find_parent(above)
        above = store.get(FOLDERS_NAME, (folder.key[0], parent)) if parent else None


def list_parents(folder: Record, records: Records) -> Iterator[Reference]:
    """Yield the reference of a folder to the parent; for a circle, also a missing reference.

    The root folder has no parent, and every library has the root folder.
    """
    library, parent = folder.key[0], folder.get(PARENT)
    if parent is None or parent == ROOT:
        return
    yield Reference(FOLDERS_NAME, (library, parent))
    seen: set[Any] = {ROOT}
    while parent is not None and parent not in seen:
        seen.add(parent)
        found = records.get(FOLDERS_NAME, (library, parent))
        parent = found.get(PARENT) if found else None
    if folder.key[-1] in seen:
        having = {PARENT: "no folder below"}
        yield Reference(FOLDERS_NAME, (library, folder.get(PARENT)), having)
