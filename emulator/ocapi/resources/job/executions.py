"""Executions of jobs: start, read, delete and search (JOB-1 to JOB-6)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
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
from emulator.ocapi.wire import state
from emulator.store import (
    Delete,
    Presence,
    Put,
    Record,
    StoreUnavailable,
    read_property,
    retry_on_conflict,
)

EXECUTION_COLLECTION = "job_executions"
EXECUTION = JobExecution()
FIRST_ID = 41270
MAX_ID_DIGITS = 15  # longer ids of data sets don't move the sequence
WORKING = "emulator.working_executions"
"""The WSGI environment key of the executions with unfinished work, read before the store."""
SEQUENCE_COLLECTION, SEQUENCE_KEY = f"{EXECUTION_COLLECTION}.sequence", ("last",)
"""The store's collection and key of the last used id, and of the latest end of all executions.

The id of a deleted execution is not used again.
"""
END_COLLECTION = f"{EXECUTION_COLLECTION}.ends"
"""The store's collection of the latest end of the executions by job."""

INTERNAL_ERROR = "An internal error has ended the job."
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
    """Start an execution of a job."""
    finish_due_work(call)
    job_id = call.key[0]
    job = call.store.get(JOBS.name, (job_id,))
    if job is None:
        raise JOB_NOT_FOUND(job_id)
    _check_job(job)
    parameters = read_parameters(call, job_id)
    started = call.workspace.clock.now()
    record = retry_on_conflict(lambda: _reserve(call, job.properties, parameters, started))
    if action := JOB_ACTIONS.get(job_id):
        do = partial(_work, call, job.properties, record, partial(action, call, parameters))
        call.workspace.work.start(record.key[0], record.get("end_time"), do)
        call.request.environ[WORKING] = call.workspace.work.list_running()
        record = call.store.get(EXECUTION_COLLECTION, record.key) or record
    else:
        _write_log(call, job.properties, record, Outcome())
    return _show(call, record, status=202 if job_id.startswith(SYSTEM_PREFIX) else 200)


def finish_due_work(call: Call) -> None:
    """Wait for work that is due by the clock: a finished execution has all effects.

    Call this function before the store is read: an execution with work that is still unfinished
    then is shown as running, even if the work ends meanwhile.
    """
    call.workspace.work.finish(call.now)
    call.request.environ[WORKING] = call.workspace.work.list_running()


def _list_working(call: Call) -> frozenset[str]:
    """Return the ids of the executions with unfinished work."""
    found: frozenset[str] = call.request.environ[WORKING]
    return found


def read(call: Call) -> Answer:
    """Show an execution as of now."""
    finish_due_work(call)
    return _show(call, _find(call))


def delete(call: Call) -> Answer:
    """Delete a finished execution."""
    finish_due_work(call)
    record = _find(call)
    state.check_write(record.state, call.request.headers, None)
    if not course.is_finished(record.properties, _find_time(call, record)):
        raise JOB_EXECUTION_NOT_FINISHED(record.key[-1])
    call.store.apply(Delete(EXECUTION_COLLECTION, record.key))
    return Answer(204)


def view(call: Call, record: Record) -> Mapping[str, Any]:
    """Return the properties of an execution as of now.

    The answer depends on the clock until the end of the execution, so the answer is not cached.
    """
    end, now = record.get("end_time"), _find_time(call, record)
    if end is None or end <= now:
        return {}
    call.prevent_caching()
    return course.show(record.properties, now)


def _find_time(call: Call, record: Record) -> str:
    """Return the time as of which an execution is shown: with unfinished work, before the end."""
    if record.key[0] not in _list_working(call):
        return call.now
    return min(call.now, course.hold(record.properties))


def find_unfinished(call: Call, records: Sequence[Record]) -> Sequence[int]:
    """Return the indexes of the unfinished executions; most stores have none, by the latest end."""
    now, last = call.now, call.store.get(SEQUENCE_COLLECTION, SEQUENCE_KEY)
    running = _list_working(call)
    if not running and (last is None or last.get("end_time") <= now):
        return ()
    read_end = read_property("end_time")
    return [
        i
        for i, record in enumerate(records)
        if (read_end(record) or "") > now or record.key[0] in running
    ]


def index(executions: Sequence[Record]) -> Mapping[str, Sequence[Record]]:
    """Return the last id and the latest ends of the executions of a data set."""
    last_id, ends = FIRST_ID - 1, dict[str, str]()
    for record in executions:
        last_id = max(last_id, *_list_ids(record))
        job_id, end = record.get("job_id"), record.get("end_time", "")
        ends[job_id] = max(end, ends.get(job_id, ""))
    last = Record(SEQUENCE_KEY, {"id": last_id, "end_time": max(ends.values(), default="")})
    return {
        SEQUENCE_COLLECTION: [last],
        END_COLLECTION: [Record((job_id,), {"end_time": end}) for job_id, end in ends.items()],
    }


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
    last = call.store.get(SEQUENCE_COLLECTION, SEQUENCE_KEY)
    ended = call.store.get(END_COLLECTION, (job["id"],))
    if ended and (ended.get("end_time") > call.now or _is_working(call, job["id"])):
        raise JOB_ALREADY_RUNNING(job["id"])
    next_id = last.get("id") + 1 if last else FIRST_ID
    properties = course.plan(job, next_id, started) | _describe(call, job, parameters, started)
    record, end = Record((str(next_id),), properties), properties["end_time"]
    latest = max(end, last.get("end_time")) if last else end
    used = {"id": next_id + len(properties["step_executions"]), "end_time": latest}
    sequence, end_of_job = Record(SEQUENCE_KEY, used), Record((job["id"],), {"end_time": end})
    call.store.apply(
        Put(EXECUTION_COLLECTION, record, Presence.ABSENT),
        Put(SEQUENCE_COLLECTION, sequence, last.state if last else Presence.ABSENT),
        Put(END_COLLECTION, end_of_job, ended.state if ended else Presence.ABSENT),
    )
    return record


def _is_working(call: Call, job_id: str) -> bool:
    """Return whether an execution of a job has unfinished work."""
    found = (call.store.get(EXECUTION_COLLECTION, (id_,)) for id_ in _list_working(call))
    return any(record is not None and record.get("job_id") == job_id for record in found)


def _list_ids(record: Record) -> Iterator[int]:
    """Yield 0 and the decimal ids of an execution and the steps."""
    yield 0
    for one in (record.key[0], *(s.get("id", "") for s in record.get("step_executions", ()))):
        if one.isdecimal() and one.isascii() and len(one) <= MAX_ID_DIGITS:
            yield int(one)


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


def _work(
    call: Call, job: Mapping[str, Any], record: Record, action: Callable[[], Outcome]
) -> None:
    """Do the work of a job, and store the outcome.

    Raises:
        StoreUnavailable: The shared store cannot be reached; the work is done in the request.
    """
    try:
        outcome = action()
    except StoreUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - in a thread, nobody else records the error
        call.workspace.crashes.record(call.method, call.path, error)
        outcome = Outcome(failure=INTERNAL_ERROR)
    if outcome.failure:
        begun = datetime.fromisoformat(record.get("start_time"))
        failed = course.plan(job, int(record.key[0]), begun, outcome.failure)
        record = Record(record.key, {**record.properties, **failed})
        call.store.apply(Put(EXECUTION_COLLECTION, record))
    _write_log(call, job, record, outcome)


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
    record = call.store.get(EXECUTION_COLLECTION, (execution_id,))
    if record is None or record.get("job_id") != job_id:
        raise JOB_EXECUTION_NOT_FOUND(execution_id)
    return record


def _show(call: Call, record: Record, status: int = 200) -> Answer:
    whole = {**record.properties, **view(call, record)}
    shown = {name: value for name, value in whole.items() if value is not None}
    return answer_document(call, EXECUTION, shown, record.state, status)


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
