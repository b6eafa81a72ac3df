"""Libraries with content, folders and folder assignments."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.content.assets import CONTENT
from emulator.ocapi.resources.content.folder_assignments import FOLDER_ASSIGNMENTS
from emulator.ocapi.resources.content.folders import FOLDERS
from emulator.ocapi.resources.content.libraries import LIBRARIES

RESOURCES: tuple[Resource, ...] = (LIBRARIES, CONTENT, FOLDERS, FOLDER_ASSIGNMENTS)
