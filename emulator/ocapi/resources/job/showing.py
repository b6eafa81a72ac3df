"""Executions as of now: by the clock, and with unfinished work (JOB-2)."""

from collections.abc import Mapping
from typing import Any

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resources.job import course
from emulator.ocapi.resources.job.documents import JobExecution
from emulator.store import Record

EXECUTION = JobExecution()
WORKING = "emulator.working_executions"
"""The WSGI environment key of the executions with unfinished work, read before the store."""


def finish_due_work(call: Call) -> None:
    """Wait for work that is due by the clock: a finished execution has all effects.

    Call this function before the store is read: an execution with work that is still unfinished
    then is shown as running, even if the work ends meanwhile.
    """
    call.workspace.work.finish(call.now)
    call.request.environ[WORKING] = call.workspace.work.list_running()


def list_working(call: Call) -> frozenset[str]:
    """Return the ids of the executions with unfinished work."""
    found: frozenset[str] = call.request.environ[WORKING]
    return found


def view(call: Call, record: Record) -> Mapping[str, Any]:
    """Return the properties of an execution as of now.

    The answer depends on the clock until the end of the execution, so the answer is not cached.
    """
    end, now = record.get("end_time"), find_time(call, record)
    if end is None or end <= now:
        return {}
    call.prevent_caching()
    return course.show(record.properties, now)


def find_time(call: Call, record: Record) -> str:
    """Return the time as of which an execution is shown: with unfinished work, before the end."""
    if record.key[0] not in list_working(call):
        return call.now
    return min(call.now, course.hold(record.properties))


def show(call: Call, record: Record, status: int = 200) -> Answer:
    """Answer an execution as of now."""
    whole = {**record.properties, **view(call, record)}
    shown = {name: value for name, value in whole.items() if value is not None}
    return answer_document(call, EXECUTION, shown, record.state, status)
