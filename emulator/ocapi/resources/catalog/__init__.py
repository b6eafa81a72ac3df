"""Catalogs and categories."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.catalog.catalogs import CATALOGS
from emulator.ocapi.resources.catalog.categories import CATEGORIES
from emulator.ocapi.resources.catalog.category_links import CATEGORY_LINKS

RESOURCES: tuple[Resource, ...] = (CATALOGS, CATEGORIES, CATEGORY_LINKS)
