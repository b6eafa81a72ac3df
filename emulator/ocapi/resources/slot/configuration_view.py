"""The computed properties of slot configurations (SLOT-2, SLOT-7)."""

from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.resources.slot.campaign_assignments import describe_assignments
from emulator.ocapi.resources.slot.context import (
    CONFIGURATIONS_NAME,
    write_context,
)
from emulator.ocapi.resources.slot.documents import (
    show_content,
    show_markup,
)
from emulator.store import Record


def show(call: Call, configuration: Record) -> Properties:
    """Return the computed properties of a slot configuration."""
    site_id, slot_id, context_type, context_id, configuration_id = configuration.key
    link = call.link_to("sites", site_id, "slots", slot_id, CONFIGURATIONS_NAME, configuration_id)
    shown: dict[str, Any] = {
        "assignment_information": describe_assignments(call, configuration),
        "context_id": context_id or None,
        "link": link + write_context(context_type, context_id),
    }
    if message := configuration.get("callout_msg"):
        shown["callout_msg"] = show_markup(message)
    return {**shown, "slot_content": show_content(configuration.get("slot_content"))}
