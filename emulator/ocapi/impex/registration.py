"""The registration of the jobs with site archives."""

from emulator.ocapi.impex.export_job import export_archive
from emulator.ocapi.impex.import_job import import_archive
from emulator.ocapi.resources.job.actions import JOB_ACTIONS
from emulator.ocapi.resources.job.requests import EXPORT_JOB, IMPORT_JOB


def register_jobs() -> None:
    """Register the work of both jobs."""
    JOB_ACTIONS[IMPORT_JOB] = import_archive
    JOB_ACTIONS[EXPORT_JOB] = export_archive
