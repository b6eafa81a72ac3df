"""Customer lists, customers, addresses, and the customer groups of sites."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.customer.addresses import ADDRESSES
from emulator.ocapi.resources.customer.customer_groups import CUSTOMER_GROUPS
from emulator.ocapi.resources.customer.customer_lists import CUSTOMER_LISTS
from emulator.ocapi.resources.customer.customers import CUSTOMERS
from emulator.ocapi.resources.customer.members import MEMBERS

RESOURCES: tuple[Resource, ...] = (CUSTOMER_LISTS, CUSTOMERS, ADDRESSES, CUSTOMER_GROUPS, MEMBERS)
