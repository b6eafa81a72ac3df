"""Assignments of content assets to folders, and the lists of both sides (LIB-4)."""

from collections.abc import Iterator

from emulator.fixture.reference import Records, Reference
from emulator.ocapi.resource import Operation, Resource, make_index
from emulator.ocapi.resources.content import listing
from emulator.ocapi.resources.content.assets import CONTENT
from emulator.ocapi.resources.content.assignment_operations import (
    ASSIGNMENT_NOT_FOUND,
    assign,
    change,
    read,
    unassign,
    update,
)
from emulator.ocapi.resources.content.documents import ASSIGNMENT, ContentFolderResult
from emulator.ocapi.resources.content.folder_changes import NOT_FOUND, PARENT_NOT_FOUND
from emulator.ocapi.resources.content.folders import FOLDERS
from emulator.ocapi.resources.content.libraries import LIBRARIES
from emulator.ocapi.resources.content.names import ASSIGNMENTS_NAME
from emulator.ocapi.resources.content.relations import DEFAULT, list_entries
from emulator.ocapi.schema.faults import ID_CONFLICT
from emulator.store import Key, Record

PATH = "libraries/{library_id}/folder_assignments/{content_id}/{folder_id}"


def list_folders(assignment: Record, _: Records) -> Iterator[Reference]:
    """Yield the reference of an assignment to the folder."""
    yield Reference(FOLDERS.name, (assignment.key[0], assignment.key[2]))


def find_second_default(assignment: Record) -> Key | None:
    """Return the asset of a default assignment, for the check of data sets; else None."""
    return (*assignment.key[:2], DEFAULT) if assignment.get(DEFAULT) else None


ENDS = (CONTENT.not_found, LIBRARIES.not_found)
FOLDER_ASSIGNMENTS = Resource(
    path=ASSIGNMENTS_NAME,
    parent=CONTENT,
    parent_key="content_id",
    document=ASSIGNMENT,
    collection=ContentFolderResult(),
    key="folder_id",
    verbs=frozenset(),
    not_found=ASSIGNMENT_NOT_FOUND,
    references={"folder_id": list_folders},
    unique=find_second_default,
    index=make_index(list_entries),
    effects=change,
    operations=(
        Operation(
            method="GET",
            path=PATH,
            answer=read,
            shows=ASSIGNMENT,
            faults=(*ENDS, PARENT_NOT_FOUND, ASSIGNMENT_NOT_FOUND),
        ),
        Operation(
            method="PUT",
            path=PATH,
            answer=assign,
            shows=ASSIGNMENT,
            body=ASSIGNMENT,
            needs_body=False,
            faults=(*ENDS, PARENT_NOT_FOUND, ID_CONFLICT),
        ),
        Operation(
            method="PATCH",
            path=PATH,
            answer=update,
            shows=ASSIGNMENT,
            body=ASSIGNMENT,
            faults=(*ENDS, NOT_FOUND, ASSIGNMENT_NOT_FOUND, ID_CONFLICT),
        ),
        Operation(
            method="DELETE",
            path=PATH,
            answer=unassign,
            faults=(*ENDS, PARENT_NOT_FOUND, ASSIGNMENT_NOT_FOUND),
        ),
        *listing.OPERATIONS,
    ),
)
