"""Slots of the storefront, and slot configurations."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.slot.slot_configurations import SLOT_CONFIGURATIONS
from emulator.ocapi.resources.slot.slots import SLOTS

RESOURCES: tuple[Resource, ...] = (SLOTS, SLOT_CONFIGURATIONS)
