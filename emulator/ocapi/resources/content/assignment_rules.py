"""The rules of folder assignments (LIB-4)."""

from collections.abc import Iterator
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, fault_of
from emulator.ocapi.resources.content.assets import CONTENT
from emulator.ocapi.resources.content.folder_changes import NOT_FOUND, PARENT_NOT_FOUND
from emulator.ocapi.resources.content.folders import FOLDERS
from emulator.ocapi.resources.content.libraries import LIBRARIES
from emulator.ocapi.resources.content.names import (
    ASSIGNMENTS_NAME,
    CONTENT_NAME,
    DEFAULT_FOLDERS,
    LIBRARIES_NAME,
)
from emulator.ocapi.resources.content.relations import (
    DEFAULT,
    find_default,
    put_entries,
    remove_entries,
)
from emulator.ocapi.schema.faults import FaultType
from emulator.store import (
    Change,
    Presence,
    Put,
    Record,
    Require,
    Size,
)

ASSIGNMENT_NOT_FOUND = FaultType(
    404,
    "AssignmentNotFound",
    "No assignment of content '{contentId}' to folder '{folderId}' could be found.",
    ("folderId", "contentId", "libraryId"),
)


def require_ends(call: Call) -> list[Change]:
    """Check library, content asset and folder; return this expectation for the store.

    Raises:
        Fault: The fault of the first missing document.
    """
    library, content, _ = call.key
    required: list[Change] = []
    for resource, key in ((LIBRARIES, (library,)), (CONTENT, (library, content))):
        resource.find(call.store, key)
        required.append(Require(resource.name, key, Presence.PRESENT))
    return [*required, _require_folder(call)]


def _require_folder(call: Call) -> Change:
    library, _, folder = call.key
    if call.store.get(FOLDERS.name, (library, folder)) is None:
        kind = NOT_FOUND if call.method == "PATCH" else PARENT_NOT_FOUND
        raise fault_of(kind, (library, folder))
    return Require(FOLDERS.name, (library, folder), Presence.PRESENT)


def place(
    call: Call, before: Properties | None, properties: dict[str, Any]
) -> tuple[dict[str, Any], tuple[Change, ...]]:
    """Return the properties of an assignment, and the changes of a write."""
    return properties, (*require_ends(call), *change(call, before, properties))


def remove(call: Call, assignment: Record) -> Iterator[Change]:
    """Yield the changes of other documents for a deleted assignment."""
    return change(call, assignment.properties, None)


def change(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Change the entries of an assignment. An asset keeps at most one default assignment.

    Raises:
        Fault: The folder is missing.
    """
    if after is not None:
        yield _require_folder(call)
    if after is not None and after.get(DEFAULT):
        yield from _release_default(call)
    if before is not None:
        yield from remove_entries(Record(call.key, before))
    if after is not None:
        yield from put_entries(Record(call.key, after))


def _release_default(call: Call) -> Iterator[Change]:
    """Yield the changes of another default assignment; no other request makes one meanwhile."""
    content = call.key[:2]
    known = find_default(call.store, content)
    yield Size(DEFAULT_FOLDERS, content, 0 if known is None else 1)
    if known is None or known == call.key[-1]:
        return
    yield Require(DEFAULT_FOLDERS, (*content, known), Presence.PRESENT)
    other = call.store.get(ASSIGNMENTS_NAME, (*content, known))
    if other is not None:
        yield from remove_entries(other)
        released = Record(other.key, {**other.properties, DEFAULT: False})
        yield Put(ASSIGNMENTS_NAME, released, other.state)
        yield from put_entries(released)


def show(call: Call, assignment: Record) -> Properties:
    """Return an assignment with the links of both documents."""
    library, content, folder = assignment.key
    return {
        **assignment.properties,
        "content_link": call.link_to(LIBRARIES_NAME, library, CONTENT_NAME, content),
        "folder_link": call.link_to(LIBRARIES_NAME, library, FOLDERS.path, folder),
    }
