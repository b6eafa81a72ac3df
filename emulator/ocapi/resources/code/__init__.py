"""Code versions."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.code.code_versions import CODE_VERSIONS

RESOURCES: tuple[Resource, ...] = (CODE_VERSIONS,)
