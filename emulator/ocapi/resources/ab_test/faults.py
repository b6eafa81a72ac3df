"""The faults of A/B tests and segments."""

from emulator.ocapi.schema.faults import FaultType

AB_TEST_NOT_FOUND = FaultType(
    404,
    "ABTestNotFound",
    "No ab_test with ID '{abtestId}' for site '{siteId}' could be found.",
    ("abtestId", "siteId"),
)
SEGMENT_NOT_FOUND = FaultType(
    404,
    "ABTestSegmentNotFound",
    "No segment with ID '{abTestSegmentId}' of ab_test '{abtestId}' for site '{siteId}' "
    "could be found.",
    ("abTestSegmentId", "abtestId", "siteId"),
)
TEST_DUPLICATE = FaultType(
    409,
    "ABTestDuplicate",
    "The ab_test with ID '{abtestId}' for site '{siteId}' already exists.",
    ("abtestId", "siteId"),
)
INVALID_EMAIL = FaultType(
    400, "ABTestInvalidEmail", "The email address '{email}' is invalid.", ("email",)
)
INVALID_PIPELINE = FaultType(
    400, "ABTestInvalidPipeline", "The pipeline '{pipeline}' is invalid.", ("pipeline",)
)
INVALID_TRIGGER = FaultType(
    400, "ABTestInvalidTrigger", "The trigger '{triggerType}' is invalid.", ("triggerType",)
)
WRITE_FAULTS = (INVALID_EMAIL, INVALID_PIPELINE, INVALID_TRIGGER)
