"""The envelope: what surrounds the properties of documents and collections (ENV-1 to ENV-6)."""

from collections.abc import Mapping
from typing import Any

from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.wire.dialect import Dialect
from emulator.ocapi.wire.select import Selector


def wrap(
    document: Document, version: str, state: str, properties: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a document as it is answered: ``_v``, ``_type``, state, then alphabetical (ENV-1)."""
    head = {"_v": version, "_type": document.name, "_resource_state": state}
    return head | dict(sorted(properties.items()))


def wrap_item(
    document: Document, version: str, state: str, properties: Mapping[str, Any], dialect: Dialect
) -> dict[str, Any]:
    """Return a document as an item of a collection, which has ``_v`` by dialect (ENV-3)."""
    wrapped = wrap(document, version, state, properties)
    if not dialect.marks_items_with_version:
        del wrapped["_v"]
    return wrapped


def wrap_page(name: str, version: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """Return a page of a collection from its members (ENV-2)."""
    return {"_v": version, "_type": name} | dict(sorted(members.items()))


def echo(selector: Selector, dialect: Dialect) -> str:
    """Return how a collection repeats its selector (ENV-2)."""
    return selector.text if dialect.echoes_parentheses else selector.text[1:-1]


def wrap_fault(fault: Fault, version: str, dialect: Dialect) -> dict[str, Any]:
    """Return a fault document (FLT-1)."""
    detail = {
        "arguments": dict(fault.arguments),
        "type": fault.kind.type,
        "message": str(fault),
    }
    head = {"_v": version, "_type": "fault"} if dialect.marks_faults_with_type else {"_v": version}
    return {**head, "fault": detail}
