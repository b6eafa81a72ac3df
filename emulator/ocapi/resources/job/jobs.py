"""Jobs: the definitions in data sets decide how executions pass (JOB-1).

The Data API has no path for jobs, only for their executions.
"""

from collections.abc import Iterator

from emulator.fixture.reference import Records, Reference
from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.job.documents import Status
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import (
    Array,
    Embedded,
    Enumeration,
    Number,
    String,
    constrained,
    refuse,
)
from emulator.store import Record
from emulator.workspace.files import is_inside

DEFAULT_DURATION_SECONDS = 1
MAX_DURATION_SECONDS = 1_000_000_000  # about 31 years: the end is a date that Python has
MAX_JOB_ID_BYTES = 200  # the name of a log has the id, and 255 bytes at most
DEFAULT_PENDING_SECONDS = 0.1
ORGANIZATION_SCOPE = "Organization"

JOB_NOT_FOUND = FaultType(404, "JobNotFound", "No Job with ID '{jobId}' was found.", ("jobId",))
JOB_EXECUTION = FaultType(
    400, "JobExecution", "The job '{jobId}' couldn't be executed.", ("jobId",)
)
JOB_INVALID = FaultType(
    400, "JobInvalid", "The job '{jobId}' is invalid: {cause}", ("jobId", "cause")
)
JOB_NOT_RESTARTABLE = FaultType(
    400, "JobNotRestartable", "The job '{jobId}' doesn't support a restart.", ("jobId",)
)
JOB_RESTART = FaultType(400, "JobRestart", "The job '{jobId}' couldn't be restarted.", ("jobId",))
REFUSALS = {kind.name: kind for kind in (JOB_EXECUTION, JOB_NOT_RESTARTABLE, JOB_RESTART)}


class JobId(String):
    """The id of a job, also the name of a folder with logs."""

    def check(self, value: str) -> str:
        """See ``Property.check``."""
        valid = is_inside([value]) and len(value.encode()) <= MAX_JOB_ID_BYTES
        return value if valid else refuse(constrained)


class Seconds(Number):
    """A number of seconds, up to ``MAX_DURATION_SECONDS``."""

    def check(self, value: float) -> float:
        """See ``Property.check``."""
        return super().check(value) if value <= MAX_DURATION_SECONDS else refuse(constrained)


class JobStep(Document):
    """A step of a job, with the exit status of the step's executions; by default OK."""

    execution_scope = String(load_default=ORGANIZATION_SCOPE)
    exit_status = Embedded(Status())
    include_steps_from_job_id = String()
    step_description = String()
    step_id = String(min_length=1, allow_none=False, required=True)
    step_type_id = String(load_default="ExecuteScriptModule")
    step_type_info = String()


class Job(Document):
    """A job, with the course of the job's executions.

    ``duration`` and ``pending`` are seconds: the whole time, and the part of the time before the
    first step. ``refusal`` names the fault for a request to execute the job, ``invalid`` has the
    cause of JobInvalidException.
    """

    description = String()
    duration = Seconds(minimum=0, load_default=DEFAULT_DURATION_SECONDS)
    exit_status = Embedded(Status())
    id = JobId(allow_none=False, required=True)
    invalid = String()
    log = String()
    pending = Seconds(minimum=0, load_default=DEFAULT_PENDING_SECONDS)
    refusal = Enumeration(*REFUSALS)
    steps = Array(Embedded(JobStep(), allow_none=False))


def list_included(job: Record, _: Records) -> Iterator[Reference]:
    """Yield the reference of each step with the steps of another job."""
    for step in job.get("steps") or ():
        if "include_steps_from_job_id" in step:
            yield Reference("jobs", (step["include_steps_from_job_id"],))


class Jobs(Collection):
    """The jobs of data sets; no path shows a page of jobs."""

    data = Array(Embedded(Job()))


JOBS = Resource(
    path="jobs",
    document=Job(),
    collection=Jobs(),
    key="id",
    parameter="job_id",
    verbs=frozenset(),
    survives_empty_reset=True,
    not_found=JOB_NOT_FOUND,
    references={"steps": list_included},
)
