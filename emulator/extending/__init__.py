"""The public names for resources and hooks of your own: see ``docs/extending.md``.

The names of ``__all__`` are stable, with their documented arguments and attributes. All other
modules of the package may change in any release.
"""

from emulator.extending.error import ExtensionError
from emulator.ocapi.answer import Answer, answer_document, answer_page
from emulator.ocapi.call import Call
from emulator.ocapi.data_api import find_resource
from emulator.ocapi.hook.point import HookCall, Status
from emulator.ocapi.resource import Operation, Resource, Search
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import Fault, FaultType
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Integer,
    Localized,
    Number,
    String,
)
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SearchResult

__all__ = [
    "Answer",
    "Array",
    "Boolean",
    "Call",
    "Collection",
    "DateTime",
    "Document",
    "Embedded",
    "Enumeration",
    "ExtensionError",
    "Fault",
    "FaultType",
    "HookCall",
    "Integer",
    "Localized",
    "Number",
    "Operation",
    "Resource",
    "Search",
    "SearchField",
    "SearchResult",
    "Status",
    "String",
    "answer_document",
    "answer_page",
    "find_resource",
]
