"""The course of an execution: planned at the start, shown as of a time (JOB-2).

A stored execution is complete, with all steps and the end. An answer shows the execution as of the
time of the workspace's clock. So a test moves the clock, and the course needs no thread.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from emulator.clock import render_instant
from emulator.ocapi.resources.job.jobs import DEFAULT_PENDING_SECONDS, ORGANIZATION_SCOPE

Properties = Mapping[str, Any]

OK = {"code": "OK", "status": "ok"}
ERROR = {"code": "ERROR", "status": "error"}
UNKNOWN_UNTIL_END = ("end_time", "exit_status")
MILLISECOND = timedelta(milliseconds=1)


def plan(job: Properties, first_id: int, start: datetime, failure: str = "") -> dict[str, Any]:
    """Return the properties of a complete execution.

    Args:
        job: The properties of the job.
        first_id: The id of the execution; the steps have the next ids.
        start: The time of the start.
        failure: The message of the last step if the work of the job has failed.
    """
    steps = _take_steps(job)
    if failure:
        steps[-1] = {**steps[-1], "exit_status": {**ERROR, "message": failure}}
    last = steps[-1]["exit_status"]
    by_steps = {"code": last["code"], "status": "error"} if last["status"] == "error" else OK
    declared = {} if failure else job.get("exit_status", {})
    finished = _finish(start, start + timedelta(seconds=job["duration"]), {**by_steps, **declared})
    return {
        "id": str(first_id),
        "job_id": job["id"],
        "effective_duration": finished["duration"],
        "execution_scopes": list(dict.fromkeys(step["execution_scope"] for step in steps)),
        "is_log_file_existing": True,
        "is_restart": False,
        **({"job_description": job["description"]} if "description" in job else {}),
        "step_executions": list(_plan_steps(job, steps, first_id, start)),
        **finished,
    }


def _take_steps(job: Properties) -> list[Properties]:
    """Return the executed steps: all steps, or the steps up to the first error; never none."""
    whole = {"step_id": job["id"], "execution_scope": ORGANIZATION_SCOPE}
    taken: list[Properties] = []
    for step in job.get("steps") or (whole,):
        declared = step.get("exit_status", {})
        status = {
            **(ERROR if declared.get("status") == "error" else OK),
            "message": "",
            **declared,
        }
        taken.append({**step, "exit_status": status})
        if status["status"] == "error":
            break
    return taken


def _plan_steps(
    job: Properties, steps: Sequence[Properties], first_id: int, start: datetime
) -> Iterator[dict[str, Any]]:
    """Yield the executions of steps, in sequence and with equal durations."""
    pending = min(job.get("pending", DEFAULT_PENDING_SECONDS), job["duration"])
    share = (job["duration"] - pending) / len(steps)
    for number, step in enumerate(steps):
        begin = start + timedelta(seconds=pending + share * number)
        end = start + timedelta(seconds=pending + share * (number + 1))
        yield {**step, "id": str(first_id + number + 1), **_finish(begin, end, step["exit_status"])}


def _finish(start: datetime, end: datetime, exit_status: Properties) -> dict[str, Any]:
    return {
        "duration": (end - start) // MILLISECOND,
        "end_time": render_instant(end),
        "execution_status": "finished",
        "exit_status": dict(exit_status),
        "modification_time": render_instant(end),
        "start_time": render_instant(start),
        "status": exit_status["code"],
    }


def hold(execution: Properties) -> str:
    """Return the last moment before the end of an execution: the time of unfinished work."""
    return render_instant(datetime.fromisoformat(execution["end_time"]) - MILLISECOND)


def is_finished(execution: Properties, now: str) -> bool:
    """Return True for a finished execution; without an end, the execution stays as declared."""
    end = execution.get("end_time")
    return end is None or end <= now


def show(execution: Properties, now: str) -> dict[str, Any]:
    """Return the properties that differ from a stored execution at a time; None for no property.

    Args:
        execution: The properties of the stored execution.
        now: The time, in the form of stored times.
    """
    if is_finished(execution, now):
        return {}
    planned = execution.get("step_executions", ())
    steps = [_show_step(step, now) for step in planned if step["start_time"] <= now]
    return {
        **_show_running(execution, now, begun=bool(steps) or not planned),
        **dict.fromkeys(("effective_duration", "execution_scopes")),
        "is_log_file_existing": False,
        "step_executions": steps or None,
    }


def _show_step(step: Properties, now: str) -> dict[str, Any]:
    changes = {} if is_finished(step, now) else _show_running(step, now)
    return {name: value for name, value in {**step, **changes}.items() if value is not None}


def _show_running(execution: Properties, now: str, *, begun: bool = True) -> dict[str, Any]:
    """Return the changed properties of an execution of a job or a step before the end."""
    start = datetime.fromisoformat(execution["start_time"])
    elapsed = (datetime.fromisoformat(now) - start) // MILLISECOND
    status = "running" if begun else "pending"
    return {
        **dict.fromkeys(UNKNOWN_UNTIL_END),
        "duration": max(0, elapsed),
        "execution_status": status,
        "modification_time": execution["start_time"],
        "status": status.upper(),
    }
