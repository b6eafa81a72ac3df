"""Stores of sites."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.store.stores import STORES

RESOURCES: tuple[Resource, ...] = (STORES,)
