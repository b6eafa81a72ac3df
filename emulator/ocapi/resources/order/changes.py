"""The changes of an order, of the stock of products, and of redemptions (ORDER-3 to ORDER-12)."""

from collections.abc import Iterable, Mapping
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.order import coupons
from emulator.ocapi.resources.order.stock import OutOfStockError, Stock
from emulator.ocapi.resources.order.transitions import (
    CANCELLED,
    CREATED,
    FAILED,
    FAILED_WITH_REOPEN,
    UNDO_CANCEL_ORDER,
    UNDO_FAIL_ORDER,
    check_transition,
    number_shipments,
)
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Change

Order = Mapping[str, Any]

RELEASED = "released_redemptions"

PAYMENT_INSTRUMENT_NOT_FOUND = FaultType(
    404,
    "PaymentInstrumentNotFound",
    "The payment instrument with ID '{paymentInstrumentId}' couldn't be found.",
    ("paymentInstrumentId",),
)
PAYMENT_TRANSACTION_NOT_FOUND = FaultType(
    404,
    "PaymentTransactionNotFound",
    "No payment transaction of payment instrument '{paymentInstrumentId}' could be found.",
    ("paymentInstrumentId",),
)
SHIPMENT_NOT_FOUND = FaultType(
    404, "ShipmentNotFound", "No shipment with ID '{shipmentId}' could be found.", ("shipmentId",)
)


def merge(document: Order, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties after changes; None clears a property (DEC-4)."""
    merged = {**document, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def change_status(call: Call, order: Order) -> tuple[Order, Iterable[Change]]:
    """Return an order with another status, and further changes (ORDER-3 to ORDER-7, ORDER-12).

    Raises:
        Fault: One of STATUS_FAULTS.
    """
    source, target = order["status"], call.changes["status"]
    target = FAILED if target == FAILED_WITH_REOPEN else target
    if source == target:
        return order, ()
    check_transition(order, target)
    placed = order if target == FAILED or source != CREATED else number_shipments(order)
    stock, items = Stock(call.store, call.now), order.get("product_items", ())
    try:
        if source in (FAILED, CANCELLED):
            items = [stock.take(item) for item in items]
        elif target in (FAILED, CANCELLED):
            items = [stock.release(item) for item in items]
        released, changes = _change_redemptions(call, order, target)
    except (OutOfStockError, coupons.NoCouponError) as error:
        fault = UNDO_FAIL_ORDER if source == FAILED else UNDO_CANCEL_ORDER
        raise fault(order["order_no"]) from error
    changed = {**placed, **_give("product_items", items), "status": target}
    kept = {n: value for n, value in changed.items() if n != RELEASED}
    return {**kept, **_give(RELEASED, released)}, (*stock.changes(), *changes)


def _change_redemptions(
    call: Call, order: Order, target: str
) -> tuple[Iterable[Order], Iterable[Change]]:
    """Return the released redemptions of an order with another status, and changes (ORDER-12).

    Raises:
        NoCouponError: The coupon of a redemption is missing.
    """
    released = order.get(RELEASED, ())
    if target == FAILED:
        found = coupons.find_redemptions(call.store, call.key[:2])
        return [*released, *(one.properties for one in found)], coupons.release(found)
    if order["status"] == FAILED:
        return (), [*coupons.take(call.store, call.key[0], released)]
    return released, ()


def change_export_status(call: Call, order: Order) -> tuple[Order, Iterable[Change]]:
    """Return an order with another export status, and the changes of stock (ORDER-8)."""
    stock, items = Stock(call.store, call.now), order.get("product_items", ())
    if call.changes["status"] == "exported":
        items = [stock.finish(item) for item in items]
    exported = {**order, **_give("product_items", items), "export_status": call.changes["status"]}
    return exported, stock.changes()


def change_payment_instrument(call: Call, order: Order) -> tuple[Order, Iterable[Change]]:
    """Return an order with a changed payment instrument.

    Raises:
        Fault: PAYMENT_INSTRUMENT_NOT_FOUND.
    """
    index, instrument = _find_instrument(call, order)
    changed = merge(instrument, call.changes)
    return _put(order, "payment_instruments", index, changed), ()


def change_payment_transaction(call: Call, order: Order) -> tuple[Order, Iterable[Change]]:
    """Return an order with a changed transaction of a payment instrument.

    Raises:
        Fault: PAYMENT_INSTRUMENT_NOT_FOUND, PAYMENT_TRANSACTION_NOT_FOUND.
    """
    index, instrument = _find_instrument(call, order)
    if "payment_transaction" not in instrument:
        raise PAYMENT_TRANSACTION_NOT_FOUND(call.key[2])
    transaction = merge(instrument["payment_transaction"], call.changes)
    changed = {**instrument, "payment_transaction": transaction}
    return _put(order, "payment_instruments", index, changed), ()


def change_shipping_address(call: Call, order: Order) -> tuple[Order, Iterable[Change]]:
    """Return an order with another address of a shipment.

    Raises:
        Fault: SHIPMENT_NOT_FOUND.
    """
    for index, shipment in enumerate(order.get("shipments", ())):
        if shipment["shipment_id"] == call.key[2]:
            changed = {**shipment, "shipping_address": merge({}, call.changes)}
            return _put(order, "shipments", index, changed), ()
    raise SHIPMENT_NOT_FOUND(call.key[2])


def _find_instrument(call: Call, order: Order) -> tuple[int, Order]:
    """Return index and properties of the payment instrument of the path."""
    for index, instrument in enumerate(order.get("payment_instruments", ())):
        if instrument["payment_instrument_id"] == call.key[2]:
            return index, instrument
    raise PAYMENT_INSTRUMENT_NOT_FOUND(call.key[2])


def _put(order: Order, name: str, index: int, entry: Order) -> Order:
    """Return an order with a changed entry of an array."""
    entries = [*order[name][:index], entry, *order[name][index + 1 :]]
    return {**order, name: entries}


def _give(name: str, entries: Iterable[Order]) -> Order:
    return {name: [*entries]} if entries else {}
