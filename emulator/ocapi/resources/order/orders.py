"""Orders of a site: ten operations write, and none reads (ORDER-1)."""

from collections.abc import Callable

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.order import documents, requests, writes
from emulator.ocapi.resources.order.changes import (
    PAYMENT_INSTRUMENT_NOT_FOUND,
    PAYMENT_TRANSACTION_NOT_FOUND,
    SHIPMENT_NOT_FOUND,
)
from emulator.ocapi.resources.order.transitions import STATUS_FAULTS
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType

ORDER_PATH = "sites/{site_id}/orders/{order_no}"
INSTRUMENT_PATH = "/payment_instruments/{payment_instrument_id}"


def _declare(
    method: str,
    path: str,
    answer: Callable[[Call], Answer],
    body: Document,
    *faults: FaultType,
) -> Operation:
    """Return the operation of a path below an order."""
    faults = (writes.ORDER_NOT_FOUND, SITES.not_found, *faults)
    path = f"{ORDER_PATH}{path}"
    return Operation(method=method, path=path, answer=answer, body=body, faults=faults)


OPERATIONS = (
    _declare("PATCH", "", writes.update, requests.OrderUpdateRequest()),
    _declare(
        "PUT",
        "/confirmation_status",
        writes.write_confirmation_status,
        requests.OrderConfirmationStatusUpdateRequest(),
    ),
    _declare(
        "PUT",
        "/export_status",
        writes.write_export_status,
        requests.OrderExportStatusUpdateRequest(),
    ),
    _declare(
        "PUT",
        "/external_status",
        writes.write_external_status,
        requests.OrderExternalStatusUpdateRequest(),
    ),
    _declare(
        "PUT",
        "/payment_status",
        writes.write_payment_status,
        requests.OrderPaymentStatusUpdateRequest(),
    ),
    _declare(
        "PUT",
        "/shipping_status",
        writes.write_shipping_status,
        requests.OrderShippingStatusUpdateRequest(),
    ),
    _declare(
        "PUT", "/status", writes.write_status, requests.OrderStatusUpdateRequest(), *STATUS_FAULTS
    ),
    _declare(
        "PATCH",
        INSTRUMENT_PATH,
        writes.update_payment_instrument,
        requests.PaymentInstrumentUpdateRequest(),
        PAYMENT_INSTRUMENT_NOT_FOUND,
    ),
    _declare(
        "PATCH",
        f"{INSTRUMENT_PATH}/transaction",
        writes.update_payment_transaction,
        requests.PaymentTransactionUpdateRequest(),
        PAYMENT_INSTRUMENT_NOT_FOUND,
        PAYMENT_TRANSACTION_NOT_FOUND,
    ),
    _declare(
        "PUT",
        "/shipments/{shipment_id}/shipping_address",
        writes.write_shipping_address,
        requests.ShippingAddressUpdateRequest(),
        SHIPMENT_NOT_FOUND,
    ),
)
ORDERS = Resource(
    path=writes.ORDERS_NAME,
    parent=SITES,
    parent_key="site_id",
    document=documents.StoredOrder(),
    collection=documents.Orders(),
    key="order_no",
    verbs=frozenset(),
    not_found=writes.ORDER_NOT_FOUND,
    operations=OPERATIONS,
)
