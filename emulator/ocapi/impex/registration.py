"""The registration of the jobs with site archives.

The work of a job is loaded with its first execution, because few runs of a server have one.
"""

from collections.abc import Mapping

from emulator.ocapi.call import Call
from emulator.ocapi.resources.job.actions import JOB_ACTIONS, Outcome
from emulator.ocapi.resources.job.requests import EXPORT_JOB, IMPORT_JOB


def register_jobs() -> None:
    """Register the work of both jobs."""
    JOB_ACTIONS[IMPORT_JOB] = _import_archive
    JOB_ACTIONS[EXPORT_JOB] = _export_archive


def _import_archive(call: Call, parameters: Mapping[str, str]) -> Outcome:
    from emulator.ocapi.impex.import_job import import_archive  # noqa: PLC0415 - see the module

    return import_archive(call, parameters)


def _export_archive(call: Call, parameters: Mapping[str, str]) -> Outcome:
    from emulator.ocapi.impex.export_job import export_archive  # noqa: PLC0415 - see the module

    return export_archive(call, parameters)
