"""The work of jobs: functions by job id, and outcomes (JOB-2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from emulator.ocapi.call import Call


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a job's work.

    Attributes:
        log: The lines of the log, without line ends and without times.
        failure: The reason of a failed execution; empty for success.
    """

    log: tuple[str, ...] = ()
    failure: str = ""


Action = Callable[[Call, Mapping[str, str]], Outcome]
"""A function that does the work at the start of an execution, from the parameters by name."""

JOB_ACTIONS: dict[str, Action] = {}
"""The actions by job id. A job without an action only passes time."""
