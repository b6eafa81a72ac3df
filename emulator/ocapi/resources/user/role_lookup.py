"""The look-up of a role, and the faults of roles."""

from emulator.ocapi.call import Call
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Record

NAME = "roles"
ADMINISTRATOR = "Administrator"
NOT_FOUND = FaultType(
    404, "RoleNotFound", "No access role with ID '{roleId}' could be found.", ("roleId",)
)
INVALID_ROLE = FaultType(
    400, "InvalidRole", "The access role with ID '{roleId}' is invalid.", ("roleId",)
)


def require(call: Call) -> Record:
    """Return the role of the path.

    Raises:
        Fault: NOT_FOUND.
    """
    record = call.store.get(NAME, call.key[:1])
    if record is None:
        raise NOT_FOUND(call.key[0])
    return record
