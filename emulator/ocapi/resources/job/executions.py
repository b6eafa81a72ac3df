"""Executions of jobs: start, read, delete and search (JOB-1 to JOB-6)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource, Search
from emulator.ocapi.resources.job import course
from emulator.ocapi.resources.job.actions import JOB_ACTIONS, Outcome
from emulator.ocapi.resources.job.documents import (
    JobExecution,
    JobExecutions,
    JobExecutionSearchResult,
)
from emulator.ocapi.resources.job.jobs import (
    JOB_EXECUTION,
    JOB_INVALID,
    JOB_NOT_FOUND,
    JOB_NOT_RESTARTABLE,
    JOB_RESTART,
    JOBS,
    REFUSALS,
)
from emulator.ocapi.resources.job.requests import (
    ANY_REQUEST,
    SYSTEM_FAULTS,
    SYSTEM_PREFIX,
    read_parameters,
)
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.search.language import SearchField
from emulator.store import Delete, Presence, Put, Record, retry_on_conflict

NAME = "job_executions"
EXECUTION = JobExecution()
FIRST_ID = 41270
SEQUENCE, LAST = f"{NAME}.sequence", ("last",)
"""The store's collection and the key of the last id: a deleted execution's id is not used again."""

JOB_ALREADY_RUNNING = FaultType(
    400, "JobAlreadyRunning", "The job '{jobId}' is already running.", ("jobId",)
)
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


def start(call: Call) -> Answer:
    """Start an execution of one job."""
    job_id = call.key[0]
    job = call.store.get(JOBS.name, (job_id,))
    if job is None:
        raise JOB_NOT_FOUND(job_id)
    _check_job(job)
    parameters = read_parameters(call, job_id)
    started = call.workspace.clock.now()
    record = retry_on_conflict(lambda: _reserve(call, job.properties, parameters, started))
    if action := JOB_ACTIONS.get(job_id):
        record = _work(call, job.properties, record, action(call, parameters))
    else:
        _write_log(call, job.properties, record, Outcome())
    return _show(call, record, status=202 if job_id.startswith(SYSTEM_PREFIX) else 200)


def read(call: Call) -> Answer:
    """Show one execution as of now."""
    return _show(call, _find(call))


def delete(call: Call) -> Answer:
    """Delete one finished execution."""
    record = _find(call)
    if not course.is_finished(record.properties, call.now):
        raise JOB_EXECUTION_NOT_FINISHED(record.key[-1])
    call.store.apply(Delete(NAME, record.key))
    return Answer(204)


def view(call: Call, record: Record) -> Mapping[str, Any]:
    """Return the properties of an execution as of now.

    The answer depends on the clock until the end of the execution, so the answer is not cached.
    """
    end = record.get("end_time")
    if end is None or end <= call.now:
        return {}
    call.prevent_caching()
    return course.show(record.properties, call.now)


def _check_job(job: Record) -> None:
    """Refuse a job with a declared refusal.

    Raises:
        Fault: JOB_INVALID, JOB_EXECUTION, JOB_NOT_RESTARTABLE, JOB_RESTART.
    """
    job_id, cause, refusal = job.key[0], job.get("invalid"), job.get("refusal")
    if cause is not None:
        raise JOB_INVALID(job_id, cause)
    if refusal is not None:
        raise REFUSALS[refusal](job_id)


def _reserve(
    call: Call, job: Mapping[str, Any], parameters: Mapping[str, str], started: datetime
) -> Record:
    """Store the next execution of a job.

    Two requests at the same time take the same id: the second one starts again.

    Raises:
        Fault: JOB_ALREADY_RUNNING.
    """
    last = call.store.get(SEQUENCE, LAST)
    next_id = last.get("id") + 1 if last else FIRST_ID
    for record in call.store.scan(NAME, 0, call.store.count(NAME)).records:
        if last is None:
            next_id = max(next_id, *(int(one) + 1 for one in _list_ids(record)))
        runs = record.get("end_time", "") > call.now
        if runs and record.get("job_id") == job["id"]:
            raise JOB_ALREADY_RUNNING(job["id"])
    properties = course.plan(job, next_id, started) | _describe(call, job, parameters, started)
    record = Record((str(next_id),), properties)
    used_id = {"id": next_id + len(properties["step_executions"])}
    call.store.apply(
        Put(NAME, record, Presence.ABSENT),
        Put(SEQUENCE, Record(LAST, used_id), last.state if last else Presence.ABSENT),
    )
    return record


def _list_ids(record: Record) -> Iterator[str]:
    """Yield the decimal ids of an execution and the steps; one id at least."""
    yield "0"
    for one in (record.key[0], *(s.get("id", "") for s in record.get("step_executions", ()))):
        if one.isdecimal() and one.isascii():
            yield one


def _describe(
    call: Call, job: Mapping[str, Any], parameters: Mapping[str, str], started: datetime
) -> dict[str, Any]:
    """Return the properties of an execution that come from the request."""
    stamp = f"{started:%Y%m%d%H%M%S}{started.microsecond // 1000:03}"
    name = f"Job-{job['id']}-{stamp}.log"
    found = [{"name": n, "value": value} for n, value in parameters.items()]
    return {
        "client_id": call.client,
        "log_file_name": name,
        "log_file_path": f"/Sites/LOGS/jobs/{job['id']}/{name}",
        **({"parameters": found} if found else {}),
    }


def _work(call: Call, job: Mapping[str, Any], record: Record, outcome: Outcome) -> Record:
    """Store the outcome of the job's work."""
    if outcome.failure:
        begun = datetime.fromisoformat(record.get("start_time"))
        failed = course.plan(job, int(record.key[0]), begun, outcome.failure)
        record = Record(record.key, {**record.properties, **failed})
        call.store.apply(Put(NAME, record))
    _write_log(call, job, record, outcome)
    return record


def _write_log(call: Call, job: Mapping[str, Any], record: Record, outcome: Outcome) -> None:
    """Write the log of an execution where WebDAV shows logs."""
    execution = record.properties
    lines = [_line(execution["start_time"], f"INFO Execution of job '{job['id']}' started.")]
    lines += [_line(execution["start_time"], line) for line in outcome.log]
    for step in execution["step_executions"]:
        code = step["exit_status"]["code"]
        lines.append(_line(step["end_time"], f"INFO Step '{step['step_id']}' ended: {code}."))
    lines += [job["log"]] if job.get("log") else []
    lines.append(_line(execution["end_time"], f"INFO Execution ended: {execution['status']}."))
    content = "".join(f"{line}\n" for line in lines).encode()
    ended = datetime.fromisoformat(execution["end_time"])
    folders = (f"Logs/jobs/{job['id']}", "Impex/log")
    for folder in folders:
        call.workspace.files.write(f"{folder}/{execution['log_file_name']}", content, ended)


def _line(time: str, text: str) -> str:
    """Return a line of a log, with the time in the form of logs."""
    return f"[{time[:-1].replace('T', ' ')} GMT] {text}"


def _find(call: Call) -> Record:
    """Return the requested execution.

    Raises:
        Fault: JOB_EXECUTION_NOT_FOUND, also for an execution of another job.
    """
    job_id, execution_id = call.key
    record = call.store.get(NAME, (execution_id,))
    if record is None or record.get("job_id") != job_id:
        raise JOB_EXECUTION_NOT_FOUND(execution_id)
    return record


def _show(call: Call, record: Record, status: int = 200) -> Answer:
    whole = {**record.properties, **view(call, record)}
    shown = {name: value for name, value in whole.items() if value is not None}
    return answer_document(call, EXECUTION, shown, record.state, status)


def _check_complete(
    _before: Mapping[str, Any] | None, after: dict[str, Any], *_: object
) -> dict[str, Any]:
    """Check the members that an entry of a data set needs; return all properties.

    Raises:
        ValueError: A member is missing.
    """
    for name in ("job_id", "start_time"):
        if name not in after:
            raise ValueError(f"has no '{name}'")
    return after


PATH = "jobs/{job_id}/executions"
JOB_EXECUTIONS = Resource(
    path=NAME,
    document=EXECUTION,
    collection=JobExecutions(),
    key="id",
    verbs=frozenset(),
    not_found=JOB_EXECUTION_NOT_FOUND,
    references={"job_id": "jobs"},
    derive=_check_complete,
    view=view,
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
