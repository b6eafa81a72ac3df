"""The preconditions of a write: the state that the client expects, and the ids in the body."""

from collections.abc import Mapping

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.schema.faults import ID_CONFLICT
from emulator.ocapi.wire import state
from emulator.store import Record


def check_state(call: Call, record: Record | None) -> None:
    """Check the resource state and the entity tags that the client expects (RST-2 to RST-4).

    Args:
        call: The call.
        record: The record before the write, None for a new document.

    Raises:
        Fault: RESOURCE_ALREADY_EXISTS, RESOURCE_STATE_CONFLICT or INVALID_IF_MATCH.
    """
    sent = call.content.get("_resource_state")
    state.check_write(record.state if record else None, call.request.headers, sent)


def check_ids(sent: Properties, ids: Mapping[str, str]) -> None:
    """Check the ids in the body against the ids of the URL (INV-4).

    Args:
        sent: The properties of the body.
        ids: The ids of the URL, by the name of the property.

    Raises:
        Fault: ID_CONFLICT.
    """
    for name, value in ids.items():
        if sent.get(name, value) != value:
            raise ID_CONFLICT(sent[name], value)
