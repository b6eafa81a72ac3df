"""The status of an order: possible and refused changes (ORDER-3 to ORDER-6)."""

from collections.abc import Mapping
from typing import Any

from emulator.ocapi.schema.faults import FaultType

CREATED, CANCELLED, FAILED = "created", "cancelled", "failed"
PLACED_STATUSES = ("new", "open", "completed")
FAILED_WITH_REOPEN = "failed_with_reopen"
"""Requests of some versions name the status; the order gets the status ``failed``."""
STATUSES = (CREATED, *PLACED_STATUSES, CANCELLED, FAILED)
FOLLOWING_STATUSES = {
    CREATED: (FAILED, CANCELLED, *PLACED_STATUSES),
    FAILED: (CREATED,),
    CANCELLED: PLACED_STATUSES,
    **dict.fromkeys(PLACED_STATUSES, (CANCELLED, *PLACED_STATUSES)),
}
"""The statuses that may follow a status."""
SHIPPED_STATUSES = ("part_shipped", "shipped")


def _refuse(name: str, message: str, *arguments: str) -> FaultType:
    return FaultType(409, name, message, ("orderNo", *arguments))


STATUS_TRANSITION = _refuse(
    "OrderStatusTransition",
    "The order status change from '{from}' to '{to}' for order with number '{orderNo}' "
    "is not supported.",
    *("from", "to"),
)
PLACE_ORDER = _refuse("PlaceOrder", "Order with number '{orderNo}' can't be placed.")
CANCEL_ORDER = _refuse("CancelOrder", "Order with number '{orderNo}' can't be cancelled.")
UNDO_CANCEL_ORDER = _refuse(
    "UndoCancelOrder", "The cancelled order with number '{orderNo}' cannot be reopened."
)
UNDO_FAIL_ORDER = _refuse(
    "UndoFailOrder", "The failed order with number '{orderNo}' cannot be reopened."
)
ORDER_INTEGRATED = _refuse(
    "OrderIntegrationStatus",
    "The status change is not supported. An external system manages the order with number "
    "'{orderNo}'.",
)
ORDER_PREVIOUSLY_INTEGRATED = _refuse(
    "OrderPreviouslyIntegratedStatus",
    "The status change is not supported. An external system managed the order with number "
    "'{orderNo}'.",
)
STATUS_FAULTS = (
    CANCEL_ORDER,
    ORDER_INTEGRATED,
    ORDER_PREVIOUSLY_INTEGRATED,
    STATUS_TRANSITION,
    PLACE_ORDER,
    UNDO_CANCEL_ORDER,
    UNDO_FAIL_ORDER,
)


def check_transition(order: Mapping[str, Any], target: str) -> None:
    """Check the change of an order to a status; stock is not looked at.

    Raises:
        Fault: One of STATUS_FAULTS.
    """
    source, number = order["status"], order["order_no"]
    manager = order.get("order_management")
    if manager and source in (*PLACED_STATUSES, CANCELLED):
        raise (ORDER_INTEGRATED if manager == "integrated" else ORDER_PREVIOUSLY_INTEGRATED)(number)
    if target not in FOLLOWING_STATUSES[source]:
        raise STATUS_TRANSITION(number, source.upper(), target.upper())
    if source == CREATED and target != FAILED and not order.get("payment_instruments"):
        raise PLACE_ORDER(number)
    if target == CANCELLED and order["shipping_status"] in SHIPPED_STATUSES:
        raise CANCEL_ORDER(number)


def number_shipments(order: Mapping[str, Any]) -> dict[str, Any]:
    """Return a placed order: the invoice and the shipments get numbers."""
    number = order["order_no"]
    shipments = order.get("shipments", ())
    numbered = [{"shipment_no": f"{number}-{n}", **one} for n, one in enumerate(shipments, start=1)]
    return {"invoice_no": number, **order, **({"shipments": numbered} if numbered else {})}
