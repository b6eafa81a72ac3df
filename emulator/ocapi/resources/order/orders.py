"""Orders of a site: ten operations write, and none reads (ORDER-1)."""

from collections.abc import Callable

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.order import documents, writes
from emulator.ocapi.resources.order.changes import (
    PAYMENT_INSTRUMENT_NOT_FOUND,
    PAYMENT_TRANSACTION_NOT_FOUND,
    SHIPMENT_NOT_FOUND,
)
from emulator.ocapi.resources.order.transitions import STATUS_FAULTS
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType

PATH = "sites/{site_id}/orders/{order_no}"
INSTRUMENT = "/payment_instruments/{payment_instrument_id}"


def _declare(
    method: str,
    path: str,
    answer: Callable[[Call], Answer],
    body: Document,
    *faults: FaultType,
) -> Operation:
    """Return the operation of a path below an order."""
    faults = (writes.ORDER_NOT_FOUND, SITES.not_found, *faults)
    return Operation(method=method, path=f"{PATH}{path}", answer=answer, body=body, faults=faults)


OPERATIONS = (
    _declare("PATCH", "", writes.update, documents.OrderUpdateRequest()),
    _declare(
        "PUT",
        "/confirmation_status",
        writes.write_confirmation_status,
        documents.OrderConfirmationStatusUpdateRequest(),
    ),
    _declare(
        "PUT",
        "/export_status",
        writes.write_export_status,
        documents.OrderExportStatusUpdateRequest(),
    ),
    _declare(
        "PUT",
        "/external_status",
        writes.write_external_status,
        documents.OrderExternalStatusUpdateRequest(),
    ),
    _declare(
        "PUT",
        "/payment_status",
        writes.write_payment_status,
        documents.OrderPaymentStatusUpdateRequest(),
    ),
    _declare(
        "PUT",
        "/shipping_status",
        writes.write_shipping_status,
        documents.OrderShippingStatusUpdateRequest(),
    ),
    _declare(
        "PUT", "/status", writes.write_status, documents.OrderStatusUpdateRequest(), *STATUS_FAULTS
    ),
    _declare(
        "PATCH",
        INSTRUMENT,
        writes.update_payment_instrument,
        documents.PaymentInstrumentUpdateRequest(),
        PAYMENT_INSTRUMENT_NOT_FOUND,
    ),
    _declare(
        "PATCH",
        f"{INSTRUMENT}/transaction",
        writes.update_payment_transaction,
        documents.PaymentTransactionUpdateRequest(),
        PAYMENT_INSTRUMENT_NOT_FOUND,
        PAYMENT_TRANSACTION_NOT_FOUND,
    ),
    _declare(
        "PUT",
        "/shipments/{shipment_id}/shipping_address",
        writes.write_shipping_address,
        documents.ShippingAddressUpdateRequest(),
        SHIPMENT_NOT_FOUND,
    ),
)
ORDERS = Resource(
    path=writes.COLLECTION,
    parent=SITES,
    parent_key="site_id",
    document=documents.StoredOrder(),
    collection=documents.Orders(),
    key="order_no",
    verbs=frozenset(),
    not_found=writes.ORDER_NOT_FOUND,
    operations=OPERATIONS,
)
