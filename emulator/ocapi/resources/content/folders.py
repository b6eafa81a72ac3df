"""Folders of a library (LIB-3)."""

from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Resource, make_index
from emulator.ocapi.resources.content.documents import FOLDER, ContentSubFolderResult
from emulator.ocapi.resources.content.folder_changes import (
    ID_ALREADY_IN_USE,
    NOT_FOUND,
    PARENT_NOT_FOUND,
    change,
)
from emulator.ocapi.resources.content.folder_tree import (
    PARENT,
    find_parent,
    list_entries,
    list_parents,
)
from emulator.ocapi.resources.content.libraries import LIBRARIES
from emulator.ocapi.resources.content.names import FOLDERS_NAME, LIBRARIES_NAME
from emulator.ocapi.schema.faults import QUOTA_EXCEEDED
from emulator.store import Record

FOLDERS_PATH = "folders"


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
    refusals={
        "create": (PARENT_NOT_FOUND,),
        "update": (ID_ALREADY_IN_USE, QUOTA_EXCEEDED),
        "delete": (QUOTA_EXCEEDED,),
    },
    references={PARENT: list_parents},
    index=make_index(list_entries),
)
