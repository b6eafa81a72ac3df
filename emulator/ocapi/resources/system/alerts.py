"""Alerts of the Business Manager and their descriptors (ALERT-1)."""

from collections.abc import Sequence
from typing import Any

from emulator.fixture.reference import KeyOf
from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.system.alert_documents import (
    CONTEXT,
    CONTEXT_REQUIRED,
    DESCRIPTOR,
    DESCRIPTOR_NOT_FOUND,
    DESCRIPTORS,
    ITEM,
    ITEM_NOT_FOUND,
    ITEMS,
    KEY_NAMES,
    NO_CONTEXT,
    AlertDescriptors,
    AlertDescriptorsRevalidationRequest,
    AlertItems,
    StoredAlertDescriptor,
    StoredAlertItem,
)
from emulator.ocapi.resources.system.locales import RESULT
from emulator.ocapi.schema.fields import String
from emulator.store import Delete, Record

PATH = "alerts"


def list_descriptors(call: Call) -> Answer:
    """Show the descriptors of alerts, of all applications or of a single application."""
    shown = [_show_descriptor(call, record) for record in list_records(call, DESCRIPTORS)]
    return answer_document(call, AlertDescriptors(), {"data": _filter(call, shown)})


def read_descriptor(call: Call) -> Answer:
    """Show the descriptor of an alert."""
    return answer_document(call, DESCRIPTOR, _show_descriptor(call, _find_descriptor(call)))


def revalidate(call: Call) -> Answer:
    """Ask for the validation of alerts. No rule is emulated, so no alert comes or goes."""
    record = _find_descriptor(call)
    if record.get("context_object_type") and not call.changes.get(CONTEXT):
        raise CONTEXT_REQUIRED(call.key[-1])
    return Answer(204)


def list_items(call: Call) -> Answer:
    """Show alerts, of all applications or of a single application."""
    shown = [_show_item(call, record) for record in list_records(call, ITEMS)]
    found = _filter(call, shown)
    context = call.request.parameters.get(CONTEXT) if call.key else None
    if context is not None:
        found = [item for item in found if item.get(CONTEXT) == context]
    return answer_document(call, AlertItems(), {"data": found})


def read_item(call: Call) -> Answer:
    """Show one alert."""
    record = _find_item(call)
    return answer_document(call, ITEM, _show_item(call, record))


def delete_item(call: Call) -> Answer:
    """Delete one alert."""
    record = _find_item(call)
    call.store.apply(Delete(ITEMS, record.key, record.state))
    return Answer(204)


def list_records(call: Call, collection: str) -> Sequence[Record]:
    """Return all records of a collection."""
    return call.store.scan(collection, 0, call.store.count(collection)).records


def _filter(call: Call, shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the documents of the application in the path and of the context path, if any."""
    if not call.key:
        return shown
    path = call.request.parameters.get("application_context_path")
    return [
        one
        for one in shown
        if one["application_id"] == call.key[0] and path in (None, one["application_context_path"])
    ]


def _find_descriptor(call: Call) -> Record:
    """Return the descriptor of the path.

    Raises:
        Fault: DESCRIPTOR_NOT_FOUND.
    """
    record = call.store.get(DESCRIPTORS, call.key)
    if record is None:
        raise DESCRIPTOR_NOT_FOUND(*call.key[::-1])
    return record


def _find_item(call: Call) -> Record:
    """Return the alert of the path.

    Raises:
        Fault: ITEM_NOT_FOUND.
    """
    record = call.store.get(ITEMS, call.key)
    if record is None:
        raise ITEM_NOT_FOUND(call.key[2])
    return record


def _show_descriptor(call: Call, record: Record) -> dict[str, Any]:
    return {**record.properties, "link": call.link_to(PATH, "descriptors", *record.key)}


def _show_item(call: Call, record: Record) -> dict[str, Any]:
    stored = {n: v for n, v in record.properties.items() if (n, v) != (CONTEXT, NO_CONTEXT)}
    return {**stored, "link": call.link_to(PATH, "items", *record.key)}


DESCRIPTOR_PATH = "alerts/descriptors/{application_id}/{application_context_path}/{message_id}"
ITEM_PATH = (
    "alerts/items/{application_id}/{application_context_path}/{message_id}/{context_object_id}"
)
ALERT_DESCRIPTORS = Resource(
    path=DESCRIPTORS,
    document=StoredAlertDescriptor(),
    collection=RESULT,
    key="message_id",
    key_names=KEY_NAMES,
    verbs=frozenset(),
    not_found=ITEM_NOT_FOUND,
    operations=(
        Operation(
            method="GET",
            path="alerts/descriptors",
            answer=list_descriptors,
            shows=AlertDescriptors(),
        ),
        Operation(
            method="GET",
            path="alerts/descriptors/{application_id}",
            answer=list_descriptors,
            shows=AlertDescriptors(),
            parameters={"application_context_path": String()},
        ),
        Operation(
            method="GET",
            path=DESCRIPTOR_PATH,
            answer=read_descriptor,
            shows=DESCRIPTOR,
            faults=(DESCRIPTOR_NOT_FOUND,),
        ),
        Operation(
            method="PATCH",
            path=f"{DESCRIPTOR_PATH}/revalidate",
            answer=revalidate,
            body=AlertDescriptorsRevalidationRequest(),
            needs_body=False,
            faults=(CONTEXT_REQUIRED, DESCRIPTOR_NOT_FOUND),
        ),
    ),
)
ALERT_ITEMS = Resource(
    path=ITEMS,
    document=StoredAlertItem(),
    collection=RESULT,
    key=CONTEXT,
    key_names=(*KEY_NAMES, CONTEXT),
    key_defaults={CONTEXT: NO_CONTEXT},
    references={"message_id": KeyOf(DESCRIPTORS, KEY_NAMES)},
    verbs=frozenset(),
    not_found=ITEM_NOT_FOUND,
    operations=(
        Operation(method="GET", path="alerts/items", answer=list_items, shows=AlertItems()),
        Operation(
            method="GET",
            path="alerts/items/{application_id}",
            answer=list_items,
            shows=AlertItems(),
            parameters={"application_context_path": String(), CONTEXT: String()},
        ),
        Operation(
            method="GET", path=ITEM_PATH, answer=read_item, shows=ITEM, faults=(ITEM_NOT_FOUND,)
        ),
        Operation(method="DELETE", path=ITEM_PATH, answer=delete_item, faults=(ITEM_NOT_FOUND,)),
    ),
)
