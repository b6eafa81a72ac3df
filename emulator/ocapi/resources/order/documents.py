"""The documents of stored orders."""

from emulator.ocapi.resources.marketing.coupon import CouponRedemption
from emulator.ocapi.resources.order.transitions import STATUSES
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Number,
    String,
)

CONFIRMATION_STATUSES = ("confirmed", "not_confirmed")
EXPORT_STATUSES = ("exported", "not_exported", "ready", "failed")
PAYMENT_STATUSES = ("paid", "part_paid", "not_paid")
SHIPPING_STATUSES = ("shipped", "part_shipped", "not_shipped")
MAX_ORDER_NO_LENGTH, MAX_TEXT_LENGTH = 50, 256


class OrderAddress(Document):
    """The address of a shipment or of the bill."""

    custom = True

    address1 = String()
    address2 = String()
    city = String()
    company_name = String()
    country_code = String()
    first_name = String()
    full_name = String()
    id = String()
    job_title = String()
    last_name = String()
    phone = String()
    post_box = String()
    postal_code = String()
    salutation = String()
    second_name = String()
    state_code = String()
    suffix = String()
    suite = String()
    title = String()


class Shipment(Document):
    """A part of an order for a single address."""

    shipment_id = String(min_length=1, required=True, allow_none=False)
    shipment_no = String()
    shipping_address = Embedded(OrderAddress())


class PaymentTransaction(Document):
    """The transaction of a payment instrument."""

    custom = True

    amount = Number(minimum=0)
    transaction_id = String()


class OrderPaymentInstrument(Document):
    """A payment instrument of an order."""

    custom = True

    amount = Number(minimum=0)
    payment_instrument_id = String(min_length=1, required=True, allow_none=False)
    payment_method_id = String()
    payment_transaction = Embedded(PaymentTransaction())


class ProductItem(Document):
    """An ordered product.

    An item with ``inventory_id`` takes stock of this inventory list. The quantity is on order until
    the export of the order, if ``on_order`` is true.
    """

    inventory_id = String()
    on_order = Boolean()
    price = Number(minimum=0)
    product_id = String(min_length=1, required=True, allow_none=False)
    quantity = Number(minimum=0, load_default=1)


class CustomerInfo(Document):
    """The customer of an order, as the order remembers the customer."""

    customer_no = String()
    email = String()


class StoredOrder(Document):
    """An order of a data set.

    ``order_management`` says that an external system is, or was, in charge of the order's status.
    ``released_redemptions`` are the coupon redemptions of a failed order: a reopened order takes
    these redemptions again.
    """

    custom = True

    billing_address = Embedded(OrderAddress())
    confirmation_status = Enumeration(*CONFIRMATION_STATUSES, load_default="not_confirmed")
    creation_date = DateTime(read_only=True)
    currency = String(max_length=3)
    customer_info = Embedded(CustomerInfo())
    export_status = Enumeration(*EXPORT_STATUSES, load_default="not_exported")
    external_order_status = String(min_length=1, max_length=MAX_TEXT_LENGTH)
    invoice_no = String()
    last_modified = DateTime(read_only=True)
    order_management = Enumeration("integrated", "previously_integrated")
    order_no = String(min_length=1, max_length=MAX_ORDER_NO_LENGTH, required=True, allow_none=False)
    order_total = Number(minimum=0)
    payment_instruments = Array(Embedded(OrderPaymentInstrument()))
    payment_status = Enumeration(*PAYMENT_STATUSES, load_default="not_paid")
    product_items = Array(Embedded(ProductItem()))
    released_redemptions = Array(Embedded(CouponRedemption()))
    shipments = Array(Embedded(Shipment()))
    shipping_status = Enumeration(*SHIPPING_STATUSES, load_default="not_shipped")
    status = Enumeration(*STATUSES, load_default="created")


class Orders(Collection):
    """A page of orders. No operation answers the page."""

    data = Array(Embedded(StoredOrder()))
