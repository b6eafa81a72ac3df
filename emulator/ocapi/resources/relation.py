"""Documents under ids of several documents: a declaration for all of them (CAT-7, CAT-8, LIB-4).

The path names all ids. PUT creates or replaces, PATCH changes, and both answer 200.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Property
from emulator.store import Change, Record


@dataclass(frozen=True, kw_only=True)
class Relation:
    """The documents of a path with ids of several documents.

    Attributes:
        name: The store's collection; the ids of the path are the key.
        path: The path below the version, with ids in braces.
        ids: The names of the properties with ids, in the order of the path. Outer ids of the path
            may have no property.
        document: The schema of a document.
        check: Checks the documents of the ids before anything else.
        place: Returns the properties of a written document, and the changes of other documents.
            The arguments are the call, the properties before the write (None for a new
            document), and the sent ones merged with these.
        remove: Returns the changes of other documents for a deleted document.
        show: Returns properties that the document shows besides the stored ones.
        faults: The documented faults by method.
        needs_body: Whether PUT needs a document.
        not_found: The fault of a missing document, with the innermost id of the path first.
        deletes_missing: Whether DELETE of a missing document succeeds.
        expansions: The valid values of ``expand``.
        parameters: Further parameters of the query.
    """

    name: str
    path: str
    ids: tuple[str, ...]
    document: Document
    check: Callable[[Call], object]
    place: Callable[
        [Call, Properties | None, dict[str, Any]], tuple[dict[str, Any], tuple[Change, ...]]
    ]
    remove: Callable[[Call, Record], Iterator[Change]]
    show: Callable[[Call, Record], Properties]
    faults: Mapping[str, tuple[FaultType, ...]]
    not_found: FaultType
    needs_body: bool = True
    deletes_missing: bool = False
    expansions: tuple[str, ...] = ()
    parameters: Mapping[str, Property] | None = None
