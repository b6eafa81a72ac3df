"""The changes of tree and assignments with a folder (LIB-3)."""

from collections.abc import Iterable, Iterator

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.resources.content.folder_tree import (
    PARENT,
    ROOT,
    find_parent,
    list_below,
    list_entries,
    list_sub_folders,
    walk_up,
)
from emulator.ocapi.resources.content.names import (
    ASSIGNED_CONTENT,
    ASSIGNMENTS_NAME,
    FOLDERS_NAME,
    SUB_FOLDERS,
)
from emulator.ocapi.resources.content.relations import (
    list_of_folder,
    move_to_folder,
    remove_entries,
)
from emulator.ocapi.schema.faults import ID_CONFLICT, QUOTA_EXCEEDED, FaultType
from emulator.store import Change, Delete, Put, Record, Require

MAX_CHANGED_DOCUMENTS = 10_000  # of a deletion or a new id: folders and assignments

ID_ALREADY_IN_USE = FaultType(
    400,
    "ContentFolderIdAlreadyInUse",
    "The folder ID '{folderId}' is already in use.",
    ("folderId",),
)
NOT_FOUND = FaultType(
    404,
    "FolderNotFound",
    "No folder with ID '{folderId}' in library '{libraryId}' could be found.",
    ("folderId", "libraryId"),
)
PARENT_NOT_FOUND = FaultType(
    404,
    "ParentFolderNotFound",
    "No parent folder with ID '{folderId}' in library '{libraryId}' could be found.",
    ("folderId", "libraryId"),
)


def change(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Check the parent of a folder, and keep tree and folder assignments consistent.

    The root folder is never deleted.

    Raises:
        Fault: PARENT_NOT_FOUND for PUT and NOT_FOUND for PATCH: the parent is missing, or below the
            folder. ID_ALREADY_IN_USE. ID_CONFLICT: the root folder gets another id.
    """
    known = None if before is None else Record(call.key, before)
    if after is None:
        if call.key[-1] == ROOT and known is not None:
            yield Put(FOLDERS_NAME, known)
        elif known is not None:
            yield from _remove(call, known)
        return
    changed = Record((call.key[0], after["id"]), after)
    if known is not None and changed.key != known.key:
        yield from _rename(call, known, changed)
    if known is None or find_parent(known) != find_parent(changed) or changed.key != known.key:
        yield from _move(call, known, changed)
    elif after.get(PARENT) is not None and call.key[-1] == ROOT:
        raise _missing_parent(call, after)


def _remove(call: Call, folder: Record) -> Iterator[Change]:
    """Yield the changes for the removal of a folder, with the folders below and assignments.

    Raises:
        Fault: QUOTA_EXCEEDED: the removal changes too many documents.
    """
    removed = list_below(call.store, folder, MAX_CHANGED_DOCUMENTS + 1)
    _check_size(call, len(removed), removed)
    for one in removed:
        yield Delete(FOLDERS_NAME, one.key)
        for name, key in list_entries(one):
            yield Delete(name, key)
        for assignment in list_of_folder(call.store, one.key):
            yield Delete(ASSIGNMENTS_NAME, assignment.key)
            yield from remove_entries(assignment)


def _check_size(call: Call, folders: int, with_assignments: Iterable[Record]) -> None:
    """Check the number of changed folders and assignments.

    Raises:
        Fault: QUOTA_EXCEEDED.
    """
    keys = [one.key for one in with_assignments]
    count = folders + sum(call.store.count(ASSIGNED_CONTENT, key) for key in keys)
    if count > MAX_CHANGED_DOCUMENTS:
        bound = f"at most {MAX_CHANGED_DOCUMENTS} documents"
        raise QUOTA_EXCEEDED(f"a write of a folder changes {bound}")


def _rename(call: Call, known: Record, changed: Record) -> Iterator[Change]:
    """Yield the changes of sub-folders and assignments for another id of the folder."""
    name = changed.key[-1]
    if known.key[-1] == ROOT:
        raise ID_CONFLICT(name, ROOT)
    if call.store.get(FOLDERS_NAME, changed.key) is not None:
        raise ID_ALREADY_IN_USE(name)
    _check_size(call, call.store.count(SUB_FOLDERS, known.key), [known])
    for folder in list_sub_folders(call.store, known.key):
        moved = Record(folder.key, {**folder.properties, PARENT: name})
        yield from _replace_entries(folder, moved)
        yield Put(FOLDERS_NAME, moved, folder.state)
    for assignment in list_of_folder(call.store, known.key):
        yield from move_to_folder(assignment, name)


def _move(call: Call, known: Record | None, changed: Record) -> Iterator[Change]:
    """Yield the changes of the tree for a new folder, a new parent or a new id."""
    parent_id = find_parent(changed)
    if parent_id is None:
        return
    parent = call.store.get(FOLDERS_NAME, (call.key[0], parent_id))
    if parent is None:
        raise _missing_parent(call, changed.properties)
    for above in walk_up(call.store, parent):
        if known is not None and above.key == known.key:
            raise _missing_parent(call, changed.properties)
        # The state: no other request may move the folder above meanwhile.
        yield Require(FOLDERS_NAME, above.key, above.state)
    yield from _replace_entries(known, changed)


def _missing_parent(call: Call, folder: Properties) -> Exception:
    kind = NOT_FOUND if call.method == "PATCH" else PARENT_NOT_FOUND
    return kind(folder.get(PARENT) or ROOT, call.key[0])


def _replace_entries(before: Record | None, after: Record) -> Iterator[Change]:
    for name, key in list_entries(before) if before is not None else ():
        yield Delete(name, key)
    for name, key in list_entries(after):
        yield Put(name, Record(key, {}))
