"""Addresses of customers: ids, full names, the primary address (CUS-6)."""

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Key, Put, Record

ADDRESSES_NAME = "customer_addresses"
INVALID_ADDRESS_ID = FaultType(
    400, "InvalidAddressId", "The address ID '{addressId}' is invalid.", ("addressId",)
)


def check_address_id(address_id: str | None) -> str:
    """Return the id of an address.

    Raises:
        Fault: INVALID_ADDRESS_ID: null or empty.
    """
    if not address_id:
        raise INVALID_ADDRESS_ID(address_id or "")
    return address_id


def join_names(address: Properties) -> str:
    """Return the full name of an address: first, second and last name, and suffix (CUS-6)."""
    names = (address.get(n) for n in ("first_name", "second_name", "last_name", "suffix"))
    return " ".join(filter(None, names))


def put_primary_address(call: Call, customer: Key, address: Properties) -> Put:
    """Return the change of the address book for a primary address (CUS-6)."""
    key = (*customer, check_address_id(address.get("address_id")))
    known = call.store.get(ADDRESSES_NAME, key)
    created = (known and known.get("creation_date")) or call.now
    dates = {"creation_date": created, "last_modified": call.now}
    return Put(ADDRESSES_NAME, Record(key, {**address, **dates}))
