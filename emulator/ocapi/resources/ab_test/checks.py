"""The rules for writes of A/B tests (ABT-2)."""

import re

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.resources.ab_test.documents import CATEGORY_VIEW, PIPELINE_CALL
from emulator.ocapi.resources.ab_test.faults import (
    INVALID_EMAIL,
    INVALID_PIPELINE,
    INVALID_TRIGGER,
    TEST_DUPLICATE,
)
from emulator.ocapi.resources.experiences import AB_TESTS_NAME

EMAIL_FORM = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+", re.ASCII)
PIPELINE_FORM = re.compile(r"[A-Za-z0-9_]+-[A-Za-z0-9_]+", re.ASCII)
NEEDED_BY_TRIGGER = {PIPELINE_CALL: "pipeline_calls", CATEGORY_VIEW: "categories"}


def check(call: Call, after: Properties) -> None:
    """Check a written A/B test.

    Raises:
        Fault: TEST_DUPLICATE, or one of WRITE_FAULTS.
    """
    site_id, ab_test_id = call.key
    if after["id"] != ab_test_id and call.store.get(AB_TESTS_NAME, (site_id, after["id"])):
        raise TEST_DUPLICATE(after["id"], site_id)
    for email in after.get("email_addresses") or ():
        if not EMAIL_FORM.fullmatch(email):
            raise INVALID_EMAIL(email)
    _check_trigger(after["trigger"])


def _check_trigger(trigger: Properties) -> None:
    """Check a trigger: some types need calls or categories.

    Raises:
        Fault: INVALID_TRIGGER, INVALID_PIPELINE.
    """
    kind = trigger["trigger_type"]
    needed = NEEDED_BY_TRIGGER.get(kind)
    if needed and not trigger.get(needed):
        raise INVALID_TRIGGER(kind)
    for pipeline in trigger.get("pipeline_calls") or ():
        if not PIPELINE_FORM.fullmatch(pipeline):
            raise INVALID_PIPELINE(pipeline)
