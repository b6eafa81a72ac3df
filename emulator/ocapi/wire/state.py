"""Resource states and conditional requests (RST-1 to RST-5).

The store derives the state of a record. This module compares the state with the preconditions of
the client: a state in body or header (OCAPI), or entity tags (RFC 9110, section 13).
"""

from werkzeug.datastructures import Headers

from emulator import entity_tag
from emulator.ocapi.schema import faults

NOT_EXISTS = "not_exists"
HEADER = "x-dw-resource-state"


class NotModified(Exception):  # noqa: N818 - an outcome, no error
    """The client already has the state: 304."""


def check_read(state: str, headers: Headers) -> None:
    """Check the preconditions of GET and HEAD on an existing resource.

    Args:
        state: The state of the resource.
        headers: The headers of the request.

    Raises:
        Fault: INVALID_IF_MATCH.
        NotModified: The client already has ``state``.
    """
    if_match, if_none_match = headers.get("If-Match"), headers.get("If-None-Match")
    if if_match is not None and not entity_tag.lists(if_match, state, weak=False):
        raise faults.INVALID_IF_MATCH(if_match)
    if if_none_match is not None and entity_tag.lists(if_none_match, state, weak=True):
        raise NotModified


def check_write(state: str | None, headers: Headers, body_state: str | None) -> None:
    """Check the preconditions of a write.

    Args:
        state: The state of the resource; None if there is no resource.
        headers: The headers of the request.
        body_state: The expected state in the body, which wins over the header (RST-2); or None.

    Raises:
        Fault: RESOURCE_ALREADY_EXISTS, RESOURCE_STATE_CONFLICT or INVALID_IF_MATCH.
    """
    expected = headers.get(HEADER) if body_state is None else body_state
    actual = NOT_EXISTS if state is None else state
    if expected is not None and expected != actual:
        if expected == NOT_EXISTS:
            raise faults.RESOURCE_ALREADY_EXISTS()
        raise faults.RESOURCE_STATE_CONFLICT(expected, actual)
    wanted, unwanted = headers.get("If-Match"), headers.get("If-None-Match")
    if wanted is not None and (state is None or not entity_tag.lists(wanted, state, weak=False)):
        raise faults.INVALID_IF_MATCH(wanted)
    if unwanted is not None and state is not None and entity_tag.lists(unwanted, state, weak=True):
        raise faults.INVALID_IF_MATCH(unwanted)
