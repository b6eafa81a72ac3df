"""Catalogs."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.catalog.catalogs import CATALOGS

RESOURCES: tuple[Resource, ...] = (CATALOGS,)
