"""The sequence of executions: ids, and the latest ends (JOB-1)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.job import course
from emulator.ocapi.resources.job.showing import list_working
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Presence, Put, Record, read_property

EXECUTION_COLLECTION = "job_executions"
FIRST_ID = 41270
MAX_ID_DIGITS = 15  # longer ids of data sets don't move the sequence
SEQUENCE_COLLECTION, SEQUENCE_KEY = f"{EXECUTION_COLLECTION}.sequence", ("last",)
"""The store's collection and key of the last used id, and of the latest end of all executions.

The id of a deleted execution is not used again.
"""
END_COLLECTION = f"{EXECUTION_COLLECTION}.ends"
"""The store's collection of the latest end of the executions by job."""
JOB_ALREADY_RUNNING = FaultType(
    400, "JobAlreadyRunning", "The job '{jobId}' is already running.", ("jobId",)
)


def find_unfinished(call: Call, records: Sequence[Record]) -> Sequence[int]:
    """Return the indexes of the unfinished executions; most stores have none, by the latest end."""
    now, last = call.now, call.store.get(SEQUENCE_COLLECTION, SEQUENCE_KEY)
    running = list_working(call)
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


def reserve(
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
    found = (call.store.get(EXECUTION_COLLECTION, (id_,)) for id_ in list_working(call))
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
