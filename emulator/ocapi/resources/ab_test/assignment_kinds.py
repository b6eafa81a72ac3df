"""The rules of assignments to segments: PUT assigns, DELETE ends the assignment (ABT-6)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, fault_of
from emulator.ocapi.resources.ab_test.faults import AB_TEST_NOT_FOUND, SEGMENT_NOT_FOUND
from emulator.ocapi.resources.experiences import (
    AB_TESTS_NAME,
    SEGMENTS_NAME,
    Experience,
    put,
)
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Property
from emulator.store import Key, Presence, Record, Require

SEGMENT_PATH = "sites/{site_id}/ab_tests/{ab_test_id}/segments/{segment_id}"
ABOVE = (
    (SITES.name, SITES.not_found),
    (AB_TESTS_NAME, AB_TEST_NOT_FOUND),
    (SEGMENTS_NAME, SEGMENT_NOT_FOUND),
)
"""Collections and faults of the documents above an assignment; the key has an id for each."""
SUMMARIES_BY_METHOD = {
    "PUT": "Assign a {} to a segment of an A/B test.",
    "DELETE": "End the assignment of a {} to a segment of an A/B test.",
}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of assignments to a segment.

    Attributes:
        experience: The kind of experience.
        noun: The assigned document in words.
        path: The path below the segment, with ids in braces.
        find: Returns the key of the document in the path, or raises the fault of a missing one.
        faults: The faults of ``find``.
        parameters: The parameters of the query.
    """

    experience: Experience
    noun: str
    path: str
    find: Callable[[Call], Key]
    faults: tuple[FaultType, ...]
    parameters: Mapping[str, Property] = field(default_factory=dict)


def find_segment(call: Call) -> Record:
    """Return the segment of the path.

    Raises:
        Fault: The fault of the outermost missing document.
    """
    found = None
    for count, (collection, not_found) in enumerate(ABOVE, start=1):
        found = call.store.get(collection, call.key[:count])
        if found is None:
            raise fault_of(not_found, call.key[:count])
    assert found is not None  # noqa: S101 - see above
    return found


def declare(kind: Kind) -> tuple[Operation, ...]:
    """Return the operations of a kind of assignments."""
    return tuple(_declare(kind, method) for method in SUMMARIES_BY_METHOD)


def _declare(kind: Kind, method: str) -> Operation:
    name = kind.experience.name

    def answer(call: Call) -> Answer:
        segment, key = find_segment(call), kind.find(call)
        others = kind.experience.list_others(segment, key)
        added = [kind.experience.name_document(key)] if method == "PUT" else []
        if added and len(others) < len(segment.get(name) or ()):
            return Answer(204)
        changes = put(segment, {**segment.properties, name: [*others, *added]})
        required = Require(kind.experience.collection, key, Presence.PRESENT)
        call.store.apply(required, *changes)
        return Answer(204)

    answer.__doc__ = SUMMARIES_BY_METHOD[method].format(kind.noun)
    return Operation(
        method=method,
        path=f"{SEGMENT_PATH}/{kind.path}",
        answer=answer,
        parameters=kind.parameters,
        faults=(*(fault for _, fault in ABOVE), *kind.faults),
    )
