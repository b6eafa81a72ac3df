"""The context of slot configurations: type and id, and the search for the slot (SLOT-3)."""

from collections.abc import Iterator
from urllib.parse import quote

from emulator.fixture.reference import Records
from emulator.ocapi.call import Call
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import String
from emulator.store import Key, Record

SLOTS_NAME = "slots"  # site, slot and type of context
CONFIGURATIONS_NAME = "slot_configurations"
"""The keys are site, slot, type and id of the context, and configuration. ``global`` has no id."""
GLOBAL = "global"
CONTEXT_TYPES = (GLOBAL, "category", "folder")
PARAMETERS = {"context": String()}
ASSIGNMENT_PARAMETERS = {"context": String(min_length=1)}

INVALID_CONTEXT_TYPE = FaultType(
    400, "InvalidContextType", "The context type '{context}' is invalid.", ("context",)
)
MISSING_CONTEXT_ID = FaultType(
    400,
    "MissingSlotConfigurationContextId",
    "The context '{context}' has no ID.",
    ("context",),
)
SLOT_ARGUMENTS = ("slotId", "contextType", "siteId")
SLOT_MESSAGE = (
    "No slot with ID '{slotId}' and context type '{contextType}' for site '{siteId}' "
    "could be found."
)
SLOT_NOT_FOUND = FaultType(404, "SlotNotFound", SLOT_MESSAGE, SLOT_ARGUMENTS)
SLOT_WITH_CONTEXT_TYPE_NOT_FOUND = FaultType(
    404, "SlotWithContextTypeNotFound", SLOT_MESSAGE, SLOT_ARGUMENTS
)
IDENTIFIER_NOT_FOUND = FaultType(
    404,
    "SlotConfigurationIdentifierNotFound",
    "No slot configuration with ID '{slotConfigurationId}' of slot '{slotId}' "
    "for site '{siteId}' could be found.",
    ("slotConfigurationId", "slotId", "siteId"),
)
ASSIGNMENT_FAULTS = (
    INVALID_CONTEXT_TYPE,
    IDENTIFIER_NOT_FOUND,
    SLOT_WITH_CONTEXT_TYPE_NOT_FOUND,
)
"""The faults of ``find_assigned``."""


def read_context(call: Call, *, needs_id: bool = True) -> tuple[str, str]:
    """Return type and id of the context in the query; the default is ``global``.

    Raises:
        Fault: INVALID_CONTEXT_TYPE, MISSING_CONTEXT_ID.
    """
    context_type, _, context_id = call.request.parameters.get("context", GLOBAL).partition("=")
    if context_type not in CONTEXT_TYPES:
        raise INVALID_CONTEXT_TYPE(context_type)
    if context_type == GLOBAL:
        return GLOBAL, ""
    if needs_id and not context_id:
        raise MISSING_CONTEXT_ID(context_type)
    return context_type, context_id


def list_wrong_context(configuration: Record, _: Records) -> Iterator[str]:
    """Yield the contradiction between type and id of the context in a data set (SLOT-3)."""
    _site, _slot, context_type, context_id, _name = configuration.key
    if (context_type == GLOBAL) == bool(context_id):
        wanted = "takes no" if context_type == GLOBAL else "needs an"
        yield f"the context '{context_type}' {wanted} ID"


def write_context(context_type: str, context_id: str) -> str:
    """Return the query of a URL with a context; nothing for ``global``, the default."""
    found = f"?context={context_type}={quote(context_id, safe='')}"
    return "" if context_type == GLOBAL else found


def find_assigned(call: Call, slot_id: str, configuration_id: str) -> Key:
    """Return the key of the slot configuration in path and context.

    Raises:
        Fault: One of ASSIGNMENT_FAULTS.
    """
    site_id, (context_type, context_id) = call.key[0], read_context(call, needs_id=False)
    if call.store.get(SLOTS_NAME, (site_id, slot_id, context_type)) is None:
        raise SLOT_WITH_CONTEXT_TYPE_NOT_FOUND(slot_id, context_type, site_id)
    key = (site_id, slot_id, context_type, context_id, configuration_id)
    if call.store.get(CONFIGURATIONS_NAME, key) is None:
        raise IDENTIFIER_NOT_FOUND(configuration_id, slot_id, site_id)
    return key
