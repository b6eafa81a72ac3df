"""Content assets of a library (LIB-2)."""

from collections.abc import Iterator
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource
from emulator.ocapi.resources.content.documents import ASSET, ContentAssets, StoredContentAsset
from emulator.ocapi.resources.content.libraries import LIBRARIES
from emulator.ocapi.resources.content.names import CONTENT_NAME, LIBRARIES_NAME
from emulator.ocapi.resources.content.relations import (
    find_default,
    list_of_content,
    put_entries,
    remove_entries,
)
from emulator.ocapi.resources.slot.shown_content import release_content
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Change, Record

LOCKED = "locked"
COMPUTED = ("classification_folder_id", "classification_folder_link")

ID_ALREADY_IN_USE = FaultType(
    400,
    "ContentIdAlreadyInUse",
    "The content ID '{contentId}' is already in use.",
    ("contentId",),
)
RESOURCE_LOCKED = FaultType(
    412, "ResourceLocked", "The content with ID '{contentId}' is locked.", ("contentId",)
)


def derive(
    _before: Properties | None, after: dict[str, Any], _changes: Properties, _now: str
) -> dict[str, Any]:
    """Return an asset without the properties of the classification folder."""
    return {name: value for name, value in after.items() if name not in COMPUTED}


def show(call: Call, asset: Record) -> dict[str, Any]:
    """Return the link of an asset, and the classification folder."""
    library, content = asset.key
    shown = {"link": call.link_to(LIBRARIES_NAME, library, CONTENT_NAME, content), LOCKED: None}
    folder = find_default(call.store, asset.key)
    if folder is not None:
        link = call.link_to(LIBRARIES_NAME, library, "folders", folder)
        shown |= dict(zip(COMPUTED, (folder, link), strict=True))
    return shown


def change(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Keep the folder assignments of an asset consistent with the asset's id.

    Raises:
        Fault: RESOURCE_LOCKED, ID_ALREADY_IN_USE.
    """
    if before is None:
        return
    library, content = call.key
    if before.get(LOCKED):
        raise RESOURCE_LOCKED(content)
    renamed = after is not None and after["id"] != content
    if after is not None and not renamed:
        return
    if after is not None and call.store.get(CONTENT_NAME, (library, after["id"])) is not None:
        raise ID_ALREADY_IN_USE(after["id"])
    for assignment in list_of_content(call.store, call.key):
        yield from remove_entries(assignment)
        if after is not None:
            key = (library, after["id"], assignment.key[-1])
            yield from put_entries(Record(key, assignment.properties))
    yield from release_content(call.store, call.key, after["id"] if after else None)


CONTENT = Resource(
    path=CONTENT_NAME,
    parent=LIBRARIES,
    parent_key="library_id",
    document=ASSET,
    collection=ContentAssets(),
    key="id",
    parameter="content_id",
    verbs=frozenset({"read", "create", "update", "delete"}),
    not_found=FaultType(
        404,
        "ContentNotFound",
        "No content with ID '{contentId}' in library '{libraryId}' could be found.",
        ("contentId", "libraryId"),
    ),
    stored=StoredContentAsset(),
    created_status=200,
    deletes_missing=False,
    renames=True,
    derive=derive,
    view=show,
    effects=change,
    refusals={
        "create": (RESOURCE_LOCKED,),
        "update": (RESOURCE_LOCKED, ID_ALREADY_IN_USE),
        "delete": (RESOURCE_LOCKED,),
    },
)
