"""The registration of the jobs with site archives."""

from collections.abc import Sequence
from functools import partial

from emulator.ocapi.impex.export_job import export_archive
from emulator.ocapi.impex.import_job import import_archive
from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.job.actions import JOB_ACTIONS
from emulator.ocapi.resources.job.requests import EXPORT_JOB, IMPORT_JOB


def register_jobs(resources: Sequence[Resource]) -> None:
    """Register the work of both jobs.

    Args:
        resources: All resources.
    """
    JOB_ACTIONS[IMPORT_JOB] = partial(import_archive, resources=resources)
    JOB_ACTIONS[EXPORT_JOB] = partial(export_archive, resources=resources)
