"""Preferences: custom preferences of sites and of the organization."""

from emulator.fixture.data_set import Collection
from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.preference import fixture, preferences

RESOURCES: tuple[Resource, ...] = (preferences.RESOURCE,)
COLLECTIONS: tuple[Collection, ...] = (fixture.COLLECTION,)
