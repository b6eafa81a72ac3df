"""Promotions and slot configurations as experiences of segments (ABT-6)."""

from emulator.ocapi.call import Call
from emulator.ocapi.resource import fault_of
from emulator.ocapi.resources.ab_test.assignment_kinds import Kind, declare
from emulator.ocapi.resources.experiences import (
    PROMOTIONS,
    SLOT_CONFIGURATIONS,
)
from emulator.ocapi.resources.marketing.faults import PROMOTION_NOT_FOUND
from emulator.ocapi.resources.slot.context import (
    ASSIGNMENT_FAULTS,
    ASSIGNMENT_PARAMETERS,
    find_assigned,
)
from emulator.store import Key


def find_promotion(call: Call) -> Key:
    """Return the key of the promotion in the path.

    Raises:
        Fault: PROMOTION_NOT_FOUND.
    """
    key = (call.key[0], call.key[-1])
    if call.store.get(PROMOTIONS.collection, key) is None:
        raise fault_of(PROMOTION_NOT_FOUND, key)
    return key


PROMOTION_OPERATIONS = declare(
    Kind(
        experience=PROMOTIONS,
        noun="promotion",
        path="promotions/{promotion_id}",
        find=find_promotion,
        faults=(PROMOTION_NOT_FOUND,),
    )
)
SLOT_CONFIGURATION_OPERATIONS = declare(
    Kind(
        experience=SLOT_CONFIGURATIONS,
        noun="slot configuration",
        path="slot_configurations/{slot_id}/{slot_config_id}",
        find=lambda call: find_assigned(call, *call.key[-2:]),
        faults=ASSIGNMENT_FAULTS,
        parameters=ASSIGNMENT_PARAMETERS,
    )
)
OPERATIONS = (*PROMOTION_OPERATIONS, *SLOT_CONFIGURATION_OPERATIONS)
