"""Executions of jobs: read, delete and search (JOB-1 to JOB-6)."""

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource, Search
from emulator.ocapi.resources.job import course
from emulator.ocapi.resources.job.documents import JobExecutions, JobExecutionSearchResult
from emulator.ocapi.resources.job.jobs import (
    JOB_EXECUTION,
    JOB_INVALID,
    JOB_NOT_FOUND,
    JOB_NOT_RESTARTABLE,
    JOB_RESTART,
)
from emulator.ocapi.resources.job.requests import ANY_REQUEST, SYSTEM_FAULTS
from emulator.ocapi.resources.job.sequence import (
    EXECUTION_COLLECTION,
    JOB_ALREADY_RUNNING,
    find_unfinished,
    index,
)
from emulator.ocapi.resources.job.showing import EXECUTION, find_time, finish_due_work, show, view
from emulator.ocapi.resources.job.start import start
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.search.language import SearchField
from emulator.store import Delete, Record

JOB_EXECUTION_NOT_FOUND = FaultType(
    404,
    "JobExecutionNotFound",
    "No Job execution with ID '{executionId}' was found.",
    ("executionId",),
)
JOB_EXECUTION_NOT_FINISHED = FaultType(
    403,
    "JobExecutionNotFinished",
    "The Job execution with ID '{executionId}' isn't finished.",
    ("executionId",),
)


def read(call: Call) -> Answer:
    """Show an execution as of now."""
    finish_due_work(call)
    return show(call, _find(call))


def delete(call: Call) -> Answer:
    """Delete a finished execution."""
    finish_due_work(call)
    record = _find(call)
    call.check_state(record)
    if not course.is_finished(record.properties, find_time(call, record)):
        raise JOB_EXECUTION_NOT_FINISHED(record.key[-1])
    call.store.apply(Delete(EXECUTION_COLLECTION, record.key))
    return Answer(204)


def _find(call: Call) -> Record:
    """Return the requested execution.

    Raises:
        Fault: JOB_EXECUTION_NOT_FOUND, also for an execution of another job.
    """
    job_id, execution_id = call.key
    record = call.store.get(EXECUTION_COLLECTION, (execution_id,))
    if record is None or record.get("job_id") != job_id:
        raise JOB_EXECUTION_NOT_FOUND(execution_id)
    return record


PATH = "jobs/{job_id}/executions"
JOB_EXECUTIONS = Resource(
    path=EXECUTION_COLLECTION,
    document=EXECUTION,
    collection=JobExecutions(),
    key="id",
    verbs=frozenset(),
    not_found=JOB_EXECUTION_NOT_FOUND,
    references={"job_id": "jobs"},
    needed=("job_id", "start_time"),
    check=finish_due_work,
    view=view,
    viewed=find_unfinished,
    index=index,
    search=Search(
        path="job_execution_search",
        result=JobExecutionSearchResult(),
        fields={
            "id": SearchField("string", sortable=False),
            "job_id": SearchField("string"),
            "start_time": SearchField("date"),
            "end_time": SearchField("date"),
            "status": SearchField("string"),
        },
    ),
    operations=(
        Operation(
            method="POST",
            path=PATH,
            answer=start,
            shows=EXECUTION,
            body=ANY_REQUEST,
            needs_body=False,
            faults=(
                JOB_ALREADY_RUNNING,
                JOB_EXECUTION,
                JOB_INVALID,
                JOB_NOT_RESTARTABLE,
                JOB_RESTART,
                JOB_NOT_FOUND,
                *SYSTEM_FAULTS,
            ),
        ),
        Operation(
            method="GET",
            path=f"{PATH}/{{id}}",
            answer=read,
            shows=EXECUTION,
            faults=(JOB_EXECUTION_NOT_FOUND,),
        ),
        Operation(
            method="DELETE",
            path=f"{PATH}/{{id}}",
            answer=delete,
            faults=(JOB_EXECUTION_NOT_FINISHED, JOB_EXECUTION_NOT_FOUND),
        ),
    ),
)
