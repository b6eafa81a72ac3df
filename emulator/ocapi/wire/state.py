"""Resource states and conditional requests (RST-1 to RST-5).

The store derives the state of a record. This module compares the state with the preconditions of
the client: a state in body or header (OCAPI), or entity tags (RFC 9110, section 13).
"""

from dataclasses import dataclass

from werkzeug.datastructures import Headers

from emulator import entity_tag
from emulator.ocapi.schema import faults

NOT_EXISTS = "not_exists"
HEADER = "x-dw-resource-state"


class NotModified(Exception):  # noqa: N818 - an outcome, no error
    """The client already has the state: 304."""


@dataclass(frozen=True, slots=True)
class Presented:
    """The preconditions of a request.

    Attributes:
        state: The state known to the client, ``not_exists``, or None.
        if_match: The header ``If-Match``, or None.
        if_none_match: The header ``If-None-Match``, or None.
    """

    state: str | None
    if_match: str | None
    if_none_match: str | None

    @classmethod
    def of(cls, headers: Headers, body_state: str | None) -> "Presented":
        """Return the preconditions of a request; the state of the body comes first (RST-2)."""
        state = headers.get(HEADER) if body_state is None else body_state
        return cls(state, headers.get("If-Match"), headers.get("If-None-Match"))


def check_read(state: str, presented: Presented) -> None:
    """Check the preconditions of GET and HEAD on an existing resource.

    Raises:
        Fault: INVALID_IF_MATCH.
        NotModified: The client already has ``state``.
    """
    _check_if_match(state, presented.if_match)
    if presented.if_none_match is not None and entity_tag.lists(
        presented.if_none_match, state, weak=True
    ):
        raise NotModified


def check_write(state: str | None, presented: Presented) -> None:
    """Check the preconditions of a write; ``state`` is None for a missing resource.

    Raises:
        Fault: RESOURCE_ALREADY_EXISTS, RESOURCE_STATE_CONFLICT or INVALID_IF_MATCH.
    """
    _check_state(state, presented.state)
    _check_if_match(state, presented.if_match)
    unwanted = presented.if_none_match
    if unwanted is not None and state is not None and entity_tag.lists(unwanted, state, weak=True):
        raise faults.INVALID_IF_MATCH(unwanted)


def _check_state(state: str | None, claimed: str | None) -> None:
    if claimed is None or claimed == (NOT_EXISTS if state is None else state):
        return
    if claimed == NOT_EXISTS:
        raise faults.RESOURCE_ALREADY_EXISTS()
    raise faults.RESOURCE_STATE_CONFLICT(claimed, NOT_EXISTS if state is None else state)


def _check_if_match(state: str | None, wanted: str | None) -> None:
    if wanted is not None and (state is None or not entity_tag.lists(wanted, state, weak=False)):
        raise faults.INVALID_IF_MATCH(wanted)
