"""Folders of a library (LIB-3)."""

from collections.abc import Iterator
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource, make_index
from emulator.ocapi.resources.content.documents import FOLDER, ContentSubFolderResult
from emulator.ocapi.resources.content.folder_tree import (
    PARENT,
    ROOT,
    find_parent,
    list_below,
    list_entries,
    list_parents,
    list_sub_folders,
    walk_up,
)
from emulator.ocapi.resources.content.libraries import LIBRARIES
from emulator.ocapi.resources.content.names import (
    ASSIGNMENTS_NAME,
    FOLDERS_NAME,
    LIBRARIES_NAME,
)
from emulator.ocapi.resources.content.relations import (
    list_of_folder,
    move_to_folder,
    remove_entries,
)
from emulator.ocapi.schema.faults import ID_CONFLICT, FaultType
from emulator.store import Change, Delete, Put, Record, Require

FOLDERS_PATH = "folders"

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


def show(call: Call, folder: Record) -> dict[str, Any]:
    """Return the links of a folder, and the parent."""
    library, name = folder.key
    link = call.link_to(LIBRARIES_NAME, library, FOLDERS_PATH, name)
    shown = {"link": link, "sub_folders_link": f"{link}/sub_folders"}
    parent = find_parent(folder)
    if parent is not None:
        shown[PARENT] = parent
        shown["parent_link"] = call.link_to(LIBRARIES_NAME, library, FOLDERS_PATH, parent)
    return shown


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
    """Yield the changes for the removal of a folder, with the folders below and assignments."""
    for one in list_below(call.store, folder):
        yield Delete(FOLDERS_NAME, one.key)
        for name, key in list_entries(one):
            yield Delete(name, key)
        for assignment in list_of_folder(call.store, one.key):
            yield Delete(ASSIGNMENTS_NAME, assignment.key)
            yield from remove_entries(assignment)


def _rename(call: Call, known: Record, changed: Record) -> Iterator[Change]:
    """Yield the changes of sub-folders and assignments for another id of the folder."""
    name = changed.key[-1]
    if known.key[-1] == ROOT:
        raise ID_CONFLICT(name, ROOT)
    if call.store.get(FOLDERS_NAME, changed.key) is not None:
        raise ID_ALREADY_IN_USE(name)
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


FOLDERS = Resource(
    path=FOLDERS_PATH,
    name=FOLDERS_NAME,
    parent=LIBRARIES,
    parent_key="library_id",
    document=FOLDER,
    collection=ContentSubFolderResult(),
    key="id",
    parameter="folder_id",
    verbs=frozenset({"read", "create", "update", "delete"}),
    not_found=NOT_FOUND,
    created_status=200,
    renames=True,
    view=show,
    effects=change,
    ignored={"create": frozenset({"id"})},
    refusals={"create": (PARENT_NOT_FOUND,), "update": (ID_ALREADY_IN_USE,)},
    references={PARENT: list_parents},
    index=make_index(list_entries),
)
