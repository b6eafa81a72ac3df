"""The served resources: a file and a name in RESOURCES for each."""

from emulator.fixture.data_set import Collection
from emulator.ocapi.impex.registration import register_jobs
from emulator.ocapi.resource import Resource
from emulator.ocapi.resources import (
    ab_test,
    assortment,
    catalog,
    code,
    content,
    customer,
    gift_certificate,
    job,
    marketing,
    object_type,
    order,
    preference,
    product,
    slot,
    store,
    system,
    user,
)
from emulator.ocapi.resources.inventory.inventory_lists import INVENTORY_LISTS
from emulator.ocapi.resources.inventory.product_inventory_records import PRODUCT_INVENTORY_RECORDS
from emulator.ocapi.resources.site.cartridges import BUSINESS_MANAGER
from emulator.ocapi.resources.site.sites import SITES

RESOURCES: tuple[Resource, ...] = (
    SITES,
    INVENTORY_LISTS,
    PRODUCT_INVENTORY_RECORDS,
    *object_type.RESOURCES,
    *code.RESOURCES,
    *job.RESOURCES,
    BUSINESS_MANAGER,
    *customer.RESOURCES,
    *user.RESOURCES,
    *system.RESOURCES,
    *preference.RESOURCES,
    *catalog.RESOURCES,
    *product.RESOURCES,
    *store.RESOURCES,
    *gift_certificate.RESOURCES,
    *content.RESOURCES,
    *marketing.RESOURCES,
    *order.RESOURCES,
    *slot.RESOURCES,
    *ab_test.RESOURCES,
    *assortment.RESOURCES,
)
COLLECTIONS: tuple[Collection, ...] = (*object_type.COLLECTIONS, *preference.COLLECTIONS)
"""The collections of data sets that a resource does not describe itself."""

register_jobs()
