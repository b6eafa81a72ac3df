"""Jobs and executions."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.job.executions import JOB_EXECUTIONS
from emulator.ocapi.resources.job.jobs import JOBS

RESOURCES: tuple[Resource, ...] = (JOBS, JOB_EXECUTIONS)
