"""Orders: writes of placed and unplaced orders. The Data API shows no order."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.order.orders import ORDERS

RESOURCES: tuple[Resource, ...] = (ORDERS,)
