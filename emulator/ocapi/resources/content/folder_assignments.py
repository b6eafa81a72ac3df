"""Assignments of content assets to folders, and the lists of both sides (LIB-4)."""

from collections.abc import Iterator

from emulator.fixture.reference import Records, Reference
from emulator.ocapi.resource import Resource, make_index
from emulator.ocapi.resources.content import listing
from emulator.ocapi.resources.content.assets import CONTENT
from emulator.ocapi.resources.content.assignment_rules import (
    ASSIGNMENT_NOT_FOUND,
    change,
    place,
    remove,
    require_ends,
    show,
)
from emulator.ocapi.resources.content.documents import ASSIGNMENT, ContentFolderResult
from emulator.ocapi.resources.content.folder_changes import NOT_FOUND, PARENT_NOT_FOUND
from emulator.ocapi.resources.content.folders import FOLDERS
from emulator.ocapi.resources.content.libraries import LIBRARIES
from emulator.ocapi.resources.content.names import ASSIGNMENTS_NAME
from emulator.ocapi.resources.content.relations import DEFAULT, list_entries
from emulator.ocapi.resources.relation import Relation
from emulator.ocapi.resources.relation_operations import declare_operations
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
        *declare_operations(
            Relation(
                name=ASSIGNMENTS_NAME,
                path=PATH,
                ids=("content_id", "folder_id"),
                document=ASSIGNMENT,
                check=require_ends,
                place=place,
                remove=remove,
                show=show,
                faults={
                    **dict.fromkeys(
                        ("GET", "DELETE"), (*ENDS, PARENT_NOT_FOUND, ASSIGNMENT_NOT_FOUND)
                    ),
                    "PUT": (*ENDS, PARENT_NOT_FOUND, ID_CONFLICT),
                    "PATCH": (*ENDS, NOT_FOUND, ASSIGNMENT_NOT_FOUND, ID_CONFLICT),
                },
                needs_body=False,
                not_found=ASSIGNMENT_NOT_FOUND,
            )
        ),
        *listing.OPERATIONS,
    ),
)
