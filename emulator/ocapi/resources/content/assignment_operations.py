"""The operations of folder assignments (LIB-4)."""

from collections.abc import Iterator

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.precondition import check_ids, check_state
from emulator.ocapi.resource import Properties, fault_of
from emulator.ocapi.resources.content.assets import CONTENT
from emulator.ocapi.resources.content.documents import ASSIGNMENT
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
    Delete,
    Presence,
    Put,
    Record,
    Require,
    Size,
)

KEYS = ("content_id", "folder_id")
ASSIGNMENT_NOT_FOUND = FaultType(
    404,
    "AssignmentNotFound",
    "No assignment of content '{contentId}' to folder '{folderId}' could be found.",
    ("folderId", "contentId", "libraryId"),
)


def read(call: Call) -> Answer:
    """Show the assignment of a content asset to a folder."""
    _require_ends(call)
    return _show(call, _find(call))


def assign(call: Call) -> Answer:
    """Assign a content asset to a folder, or replace the assignment."""
    required = _require_ends(call)
    found = call.store.get(ASSIGNMENTS_NAME, call.key)
    return _write(call, found, required)


def update(call: Call) -> Answer:
    """Change position or flag of the assignment of a content asset to a folder."""
    required = _require_ends(call)
    found = _find(call)
    return _write(call, found, required)


def unassign(call: Call) -> Answer:
    """Delete the assignment of a content asset to a folder."""
    _require_ends(call)
    found = _find(call)
    check_state(call, found)
    removal = Delete(ASSIGNMENTS_NAME, call.key, found.state)
    call.store.apply(removal, *change(call, found.properties, None))
    return Answer(204)


def _require_ends(call: Call) -> list[Change]:
    """Check library, content asset and folder; return this expectation for the store.

    Raises:
        Fault: The fault of the first missing document.
    """
    library, content, _ = call.key
    required: list[Change] = []
    for resource, key in ((LIBRARIES, (library,)), (CONTENT, (library, content))):
        if call.store.get(resource.name, key) is None:
            raise fault_of(resource.not_found, key)
        required.append(Require(resource.name, key, Presence.PRESENT))
    return [*required, _require_folder(call)]


def _require_folder(call: Call) -> Change:
    library, _, folder = call.key
    if call.store.get(FOLDERS.name, (library, folder)) is None:
        kind = NOT_FOUND if call.method == "PATCH" else PARENT_NOT_FOUND
        raise fault_of(kind, (library, folder))
    return Require(FOLDERS.name, (library, folder), Presence.PRESENT)


def _find(call: Call) -> Record:
    found = call.store.get(ASSIGNMENTS_NAME, call.key)
    if found is None:
        raise fault_of(ASSIGNMENT_NOT_FOUND, call.key)
    return found


def _write(call: Call, found: Record | None, required: list[Change]) -> Answer:
    """Put an assignment, with the ids of the path; PATCH keeps the other properties."""
    ids = dict(zip(KEYS, call.key[1:], strict=True))
    check_state(call, found)
    check_ids(call.changes, ids)
    kept = found.properties if found and call.method == "PATCH" else {}
    changed = Record(call.key, {**ASSIGNMENT.merge(kept, call.changes), **ids})
    expected = found.state if found else Presence.ABSENT
    more = change(call, found.properties if found else None, changed.properties)
    call.store.apply(*required, Put(ASSIGNMENTS_NAME, changed, expected), *more)
    return _show(call, changed)


def change(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Keep the entries of an assignment, and at most one default assignment of the asset.

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


def _show(call: Call, assignment: Record) -> Answer:
    library, content, folder = assignment.key
    links = {
        "content_link": call.link_to(LIBRARIES_NAME, library, CONTENT_NAME, content),
        "folder_link": call.link_to(LIBRARIES_NAME, library, FOLDERS.path, folder),
    }
    shown = {**assignment.properties, **links}
    return answer_document(call, ASSIGNMENT, shown, assignment.state)
