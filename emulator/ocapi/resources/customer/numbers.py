"""The numbers of customers, each used once in a customer list (CUS-2)."""

from bisect import bisect

from emulator.ocapi.call import Call
from emulator.ocapi.resources.customer.memberships import CUSTOMER_NO
from emulator.ocapi.schema.faults import FaultType

CUSTOMERS_NAME = "customers"
CUSTOMER_NUMBER_ALREADY_IN_USE = FaultType(
    400,
    "CustomerNumberAlreadyInUse",
    "The customer number '{customerNo}' is already in use.",
    ("customerNo",),
)


def next_number(call: Call) -> str:
    """Return the customer number in the body, else a free number of eight digits.

    Raises:
        Fault: CUSTOMER_NUMBER_ALREADY_IN_USE.
    """
    sent = call.changes.get(CUSTOMER_NO)
    if sent is not None:
        check_number(call, sent)
        return str(sent)

    def is_free(number: int) -> bool:
        return call.store.get(CUSTOMERS_NAME, (*call.parents, f"{number:08}")) is None

    # Deleted customers leave gaps: larger and larger steps find a free number after few of them.
    first, step = call.store.count(CUSTOMERS_NAME, call.parents) + 1, 1
    while not is_free(first + step - 1):
        step *= 2
    # Without the last number: it was free, even if another request has taken it since.
    numbers = range(first + step // 2, first + step - 1)
    return f"{numbers.start + bisect(numbers, False, key=is_free):08}"


def check_number(call: Call, number: str) -> None:
    """Check that no customer of the list has a number.

    Raises:
        Fault: CUSTOMER_NUMBER_ALREADY_IN_USE.
    """
    if call.store.get(CUSTOMERS_NAME, (*call.parents, number)) is not None:
        raise CUSTOMER_NUMBER_ALREADY_IN_USE(number)
