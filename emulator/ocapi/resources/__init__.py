"""The resources that are served: one file each, one name in RESOURCES each."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.inventory_lists import INVENTORY_LISTS

RESOURCES: tuple[Resource, ...] = (INVENTORY_LISTS,)
