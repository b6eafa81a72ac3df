"""Libraries (LIB-1): content of a site, or of several sites."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource
from emulator.ocapi.resources.content.folder_tree import ROOT
from emulator.ocapi.resources.content.names import ENTRIES, FOLDERS_NAME, LIBRARIES_NAME
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Embedded, String
from emulator.store import Change, Clear, Key, Put, Record


class Library(Document):
    """A library; no operation shows the document."""

    id = String(min_length=1, max_length=256, allow_none=False)


class Libraries(Collection):
    """A page of libraries; no path of the Data API shows the page."""

    data = Array(Embedded(Library()))


def imply_root(libraries: Iterable[Record]) -> Mapping[str, Sequence[Record]]:
    """Return the root folders of libraries, for a data set without root folders."""
    return {FOLDERS_NAME: [_make_root(library.key) for library in libraries]}


def _make_root(library: Key) -> Record:
    return Record((*library, ROOT), {"id": ROOT, "online": True})


def change(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Yield the root folder of a new library, or the removal of all entries of a library.

    Only archives bring new libraries, and remove a site with its library.
    """
    if before is None:
        yield Put(FOLDERS_NAME, _make_root(call.key))
    elif after is None:
        yield from (Clear(name, call.key) for name in ENTRIES)


LIBRARIES = Resource(
    path=LIBRARIES_NAME,
    document=Library(),
    collection=Libraries(),
    key="id",
    parameter="library_id",
    verbs=frozenset(),
    not_found=FaultType(
        404, "LibraryNotFound", "No library with ID '{libraryId}' could be found.", ("libraryId",)
    ),
    index=imply_root,
    effects=change,
)
