"""Object types: system and custom types, attributes, groups, custom objects."""

from emulator.fixture.data_set import Collection
from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.object_type import custom_object_definitions as custom
from emulator.ocapi.resources.object_type import custom_object_fixture, custom_objects
from emulator.ocapi.resources.object_type import system_object_definitions as system

RESOURCES: tuple[Resource, ...] = (
    system.SYSTEM_OBJECT_DEFINITIONS,
    system.SYSTEM_ATTRIBUTE_DEFINITIONS,
    system.SYSTEM_ATTRIBUTE_GROUPS,
    custom.CUSTOM_OBJECT_DEFINITIONS,
    custom.CUSTOM_ATTRIBUTE_DEFINITIONS,
    custom.CUSTOM_ATTRIBUTE_GROUPS,
    custom_objects.RESOURCE,
)
COLLECTIONS: tuple[Collection, ...] = (custom_object_fixture.COLLECTION,)
