"""The registration of the jobs with site archives."""

from collections.abc import Sequence
from functools import partial

from emulator.fixture.data_set import Collection
from emulator.ocapi.impex.export_job import export_archive
from emulator.ocapi.impex.import_job import import_archive
from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.job.actions import JOB_ACTIONS
from emulator.ocapi.resources.job.requests import EXPORT_JOB, IMPORT_JOB


def register_jobs(resources: Sequence[Resource], collections: Sequence[Collection]) -> None:
    """Register the work of both jobs.

    Args:
        resources: All resources.
        collections: The collections of data sets that a resource does not describe itself.
    """
    own = {collection.name for collection in collections}
    described = [one.fixtures() for one in resources if one.name not in own]
    JOB_ACTIONS[IMPORT_JOB] = partial(import_archive, resources=resources, collections=collections)
    JOB_ACTIONS[EXPORT_JOB] = partial(export_archive, collections=(*described, *collections))
