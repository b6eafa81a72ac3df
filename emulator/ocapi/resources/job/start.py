"""The start of an execution (JOB-1, JOB-3, JOB-4)."""

from functools import partial

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resources.job.actions import JOB_ACTIONS, Outcome
from emulator.ocapi.resources.job.jobs import JOB_INVALID, JOB_NOT_FOUND, JOBS, REFUSALS
from emulator.ocapi.resources.job.requests import SYSTEM_PREFIX, read_parameters
from emulator.ocapi.resources.job.sequence import EXECUTION_COLLECTION, reserve
from emulator.ocapi.resources.job.showing import WORKING, finish_due_work, show
from emulator.ocapi.resources.job.work import do_work, write_log
from emulator.store import Record, retry_on_conflict


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
    record = retry_on_conflict(lambda: reserve(call, job.properties, parameters, started))
    if action := JOB_ACTIONS.get(job_id):
        do = partial(do_work, call, job.properties, record, partial(action, call, parameters))
        call.workspace.work.start(record.key[0], record.get("end_time"), do)
        call.request.environ[WORKING] = call.workspace.work.list_running()
        record = call.store.get(EXECUTION_COLLECTION, record.key) or record
    else:
        write_log(call, job.properties, record, Outcome())
    return show(call, record, status=202 if job_id.startswith(SYSTEM_PREFIX) else 200)


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
