"""The work of an execution, and the log of the execution (JOB-2)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.job import course
from emulator.ocapi.resources.job.actions import Outcome
from emulator.ocapi.resources.job.sequence import EXECUTION_COLLECTION
from emulator.store import Put, Record, StoreContended, StoreUnavailable
from emulator.workspace.crash import log_outage

INTERNAL_ERROR = "An internal error has ended the job."
CONTENTION = "Other requests have changed the data of the job again and again."


def do_work(
    call: Call, job: Mapping[str, Any], record: Record, action: Callable[[], Outcome]
) -> None:
    """Do the work of a job, and store the outcome.

    Raises:
        StoreUnavailable: The shared store cannot be reached; the work is done in the request.
    """
    try:
        outcome = action()
    except StoreContended as error:  # in a thread, nobody else tells it
        log_outage(call.method, call.path, error)
        outcome = Outcome(failure=CONTENTION)
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
    write_log(call, job, record, outcome)


def write_log(call: Call, job: Mapping[str, Any], record: Record, outcome: Outcome) -> None:
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
