"""The envelope: the members around the properties of documents and collections (ENV-1 to ENV-10).

A document at the top begins with ``_v``, ``_type`` and ``_resource_state``. A document inside
another document begins with ``_type``, a resource inside another document with ``_type`` and
``_resource_state``.
"""

from collections.abc import Mapping
from typing import Any

from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.wire.dialect import Dialect
from emulator.ocapi.wire.select import Documents, Selector


def wrap(
    document: Document, version: str, state: str, properties: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the answered form of a document: envelope, then properties by name (ENV-1)."""
    head = {"_v": version, "_type": document.type_name, "_resource_state": state}
    return head | _sort(document.at(version), properties)


def embed(state: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a resource inside another document, with the state (ENV-9).

    Args:
        state: The state that the resource itself answers.
        properties: The shown properties; None stands for a property without a value.
    """
    shown = {name: value for name, value in properties.items() if value is not None}
    return {"_resource_state": state, **shown}


def _sort(document: Document, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties by name, with an envelope in each embedded document (ENV-9)."""
    embedded, hidden = document.embedded, document.hidden
    members = sorted(properties.items())
    if maps := document.embedded_in_maps:
        members = [(n, _wrap_entries(maps[n], v) if n in maps else v) for n, v in members]
    if hidden:
        members = [(name, value) for name, value in members if name not in hidden]
    if not embedded:
        return dict(members)
    return {n: _wrap_embedded(embedded[n], v) if n in embedded else v for n, v in members}


def _wrap_embedded(document: Document, value: Any) -> Any:
    """Return the answered form of an embedded document, or of an array of embedded documents."""
    if isinstance(value, Mapping):
        head = {"_type": document.type_name}
        if "_resource_state" in value:
            head["_resource_state"] = value["_resource_state"]
        return head | _sort(document, value)
    return Documents(_wrap_embedded(document, entry) for entry in value)


def _wrap_entries(document: Document, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answered form of a map of embedded documents."""
    return {name: _wrap_embedded(document, value) for name, value in values.items()}


def wrap_item(
    document: Document, version: str, state: str, properties: Mapping[str, Any], dialect: Dialect
) -> dict[str, Any]:
    """Return the form of a document in a collection.

    The dialect decides about ``_v`` (ENV-3), the document about ``_resource_state`` (ENV-10).
    """
    wrapped = wrap(document, version, state, properties)
    if not dialect.marks_items_with_version:
        del wrapped["_v"]
    if not document.items_have_state:
        del wrapped["_resource_state"]
    return wrapped


def wrap_page(name: str, version: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answered form of a page of a collection (ENV-2)."""
    return {"_v": version, "_type": name} | dict(sorted(members.items()))


def echo(selector: Selector, dialect: Dialect) -> str:
    """Return the ``select`` member of a collection (ENV-2)."""
    return selector.text if dialect.echoes_parentheses else selector.text[1:-1]


def wrap_fault(fault: Fault, version: str, dialect: Dialect) -> dict[str, Any]:
    """Return a fault document (FLT-1)."""
    detail: dict[str, Any] = {"arguments": dict(fault.arguments)} if fault.arguments else {}
    detail |= {"type": fault.kind.type, "message": str(fault)}
    head = {"_v": version, "_type": "fault"} if dialect.marks_faults_with_type else {"_v": version}
    return {**head, "fault": detail}
