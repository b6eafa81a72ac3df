"""Catalogs and categories."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.catalog.catalogs import CATALOGS
from emulator.ocapi.resources.catalog.categories import CATEGORIES

RESOURCES: tuple[Resource, ...] = (CATALOGS, CATEGORIES)
