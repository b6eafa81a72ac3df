"""Query parameters of operations: read, and refused with the fault of the parameter."""

from emulator.ocapi.call import Call
from emulator.ocapi.schema import faults
from emulator.ocapi.wire.paging import INTEGER_TEXT

FLAGS = {"true": True, "false": False}


def read_flag(call: Call, name: str) -> bool | None:
    """Return a parameter ``true`` or ``false``, None for a missing parameter.

    Raises:
        Fault: MALFORMED_PARAMETER.
    """
    text = call.request.parameters.get(name)
    if text is not None and text not in FLAGS:
        raise faults.MALFORMED_PARAMETER(name, text)
    return None if text is None else FLAGS[text]


def read_integer(call: Call, name: str, default: int, minimum: int, maximum: int) -> int:
    """Return a whole number from ``minimum`` to ``maximum``.

    Raises:
        Fault: MALFORMED_PARAMETER: not an integer. VALUE_CONSTRAINT_VIOLATION: out of range.
    """
    text = call.request.parameters.get(name)
    if text is None:
        return default
    if not INTEGER_TEXT.fullmatch(text):
        raise faults.MALFORMED_PARAMETER(name, text)
    if not minimum <= int(text) <= maximum:
        raise faults.VALUE_CONSTRAINT_VIOLATION(name, f"a number from {minimum} to {maximum}")
    return int(text)
