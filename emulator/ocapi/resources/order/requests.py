"""The documents of requests for the change of an order."""

from emulator.ocapi.resources.order.documents import (
    CONFIRMATION_STATUSES,
    EXPORT_STATUSES,
    MAX_TEXT_LENGTH,
    PAYMENT_STATUSES,
    SHIPPING_STATUSES,
    OrderAddress,
)
from emulator.ocapi.resources.order.transitions import FAILED_WITH_REOPEN, STATUSES
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.fields import (
    Enumeration,
    String,
)


class OrderUpdateRequest(Document):
    """Custom properties of an order."""

    custom = True


class OrderStatusUpdateRequest(Document):
    """A new status of an order."""

    status = Enumeration(*STATUSES, FAILED_WITH_REOPEN, required=True, allow_none=False)


class OrderConfirmationStatusUpdateRequest(Document):
    """A new confirmation status of an order."""

    status = Enumeration(*CONFIRMATION_STATUSES, required=True, allow_none=False)


class OrderExportStatusUpdateRequest(Document):
    """A new export status of an order."""

    status = Enumeration(*EXPORT_STATUSES, required=True, allow_none=False)


class OrderExternalStatusUpdateRequest(Document):
    """A new status of an order in an external system."""

    status = String(min_length=1, max_length=MAX_TEXT_LENGTH, required=True, allow_none=False)


class OrderPaymentStatusUpdateRequest(Document):
    """A new payment status of an order."""

    status = Enumeration(*PAYMENT_STATUSES, required=True, allow_none=False)


class OrderShippingStatusUpdateRequest(Document):
    """A new shipping status of an order."""

    status = Enumeration(*SHIPPING_STATUSES, required=True, allow_none=False)


class PaymentInstrumentUpdateRequest(Document):
    """Custom properties of a payment instrument."""

    custom = True


class PaymentTransactionUpdateRequest(Document):
    """Custom properties of a transaction."""

    custom = True


class ShippingAddressUpdateRequest(OrderAddress):
    """The address of a shipment."""
