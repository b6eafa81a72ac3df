"""The operations of orders: a change of an order, with the answer 204 (ORDER-1)."""

from collections.abc import Callable, Iterable

from emulator.ocapi.answer import Answer, name_state
from emulator.ocapi.call import Call
from emulator.ocapi.resources.order.changes import (
    Order,
    change_export_status,
    change_payment_instrument,
    change_payment_transaction,
    change_shipping_address,
    change_status,
    merge,
)
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Change, Put, Record

ChangeOrder = Callable[[Call, Order], tuple[Order, Iterable[Change]]]
"""Returns an order after a change, and changes of other documents."""
ORDERS_NAME = "orders"

ORDER_NOT_FOUND = FaultType(
    404, "OrderNotFound", "No order with number '{orderNo}' was found.", ("orderNo",)
)


def update(call: Call) -> Answer:
    """Change custom properties of an order."""
    return write(call, lambda call, order: (merge(order, call.changes), ()))


def write_confirmation_status(call: Call) -> Answer:
    """Change the confirmation status of an order."""
    return write_property(call, "confirmation_status")


def write_external_status(call: Call) -> Answer:
    """Change the status of an order in an external system."""
    return write_property(call, "external_order_status")


def write_payment_status(call: Call) -> Answer:
    """Change the payment status of an order."""
    return write_property(call, "payment_status")


def write_shipping_status(call: Call) -> Answer:
    """Change the shipping status of an order."""
    return write_property(call, "shipping_status")


def write_export_status(call: Call) -> Answer:
    """Change the export status of an order. An exported order has no stock on order."""
    return write(call, change_export_status)


def write_status(call: Call) -> Answer:
    """Change the status of an order: place, fail, cancel or reopen the order."""
    return write(call, change_status)


def update_payment_instrument(call: Call) -> Answer:
    """Change custom properties of a payment instrument of an order."""
    return write(call, change_payment_instrument)


def update_payment_transaction(call: Call) -> Answer:
    """Change custom properties of the transaction of a payment instrument."""
    return write(call, change_payment_transaction)


def write_shipping_address(call: Call) -> Answer:
    """Create or replace the address of a shipment of an order."""
    return write(call, change_shipping_address)


def write(call: Call, change: ChangeOrder) -> Answer:
    """Change an order; the answer is 204 with the resource state in the headers (ORDER-1).

    Raises:
        Fault: The site or the order is missing, the state is another one, or ``change`` refuses.
    """
    order = find(call)
    call.check_state(order)
    properties, more = change(call, order.properties)
    if Record(order.key, properties) == order:
        return Answer(204, headers=name_state(order.state))
    record = call.route.resource.record(order.key, properties, call.now)
    call.store.apply(Put(ORDERS_NAME, record, order.state), *more)
    return Answer(204, headers=name_state(record.state))


def find(call: Call) -> Record:
    """Return the order of the path.

    Raises:
        Fault: The site or the order is missing.
    """
    site_id, order_no = call.key[:2]
    SITES.find(call.store, (site_id,))
    order = call.store.get(ORDERS_NAME, (site_id, order_no))
    if order is None:
        raise ORDER_NOT_FOUND(order_no)
    return order


def write_property(call: Call, name: str) -> Answer:
    """Change a status of an order without rules."""
    return write(call, lambda call, order: ({**order, name: call.changes["status"]}, ()))
