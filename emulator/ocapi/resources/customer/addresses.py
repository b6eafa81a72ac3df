"""The address book of a customer (CUS-6)."""

from collections.abc import Iterator
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource
from emulator.ocapi.resources.customer.customers import CUSTOMERS
from emulator.ocapi.resources.customer.documents import CustomerAddress
from emulator.ocapi.resources.customer.primary_address import (
    ADDRESSES_NAME,
    INVALID_ADDRESS_ID,
    check_address_id,
    join_names,
)
from emulator.ocapi.schema.document import Collection
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Embedded
from emulator.store import Change, Put, Record

DATES = ("creation_date", "last_modified")


ADDRESS_ID_ALREADY_IN_USE = FaultType(
    400,
    "AddressIdAlreadyInUse",
    "The address ID '{addressId}' is already in use.",
    ("addressId",),
)


class CustomerAddressResult(Collection):
    """A page of the addresses of a customer."""

    class Meta(Collection.Meta):
        """Addresses have no expansions."""

        exclude = ("expand",)

    default_count = 10
    min_count, max_count = 1, 200

    data = Array(Embedded(CustomerAddress()))


def derive(
    _before: Properties | None, after: dict[str, Any], changes: Properties, _now: str
) -> dict[str, Any]:
    """Return an address with the full name.

    Raises:
        Fault: INVALID_ADDRESS_ID: PATCH clears the id.
    """
    check_address_id(changes.get("address_id", "unchanged"))
    return {**after, "full_name": join_names(after)}


def read_key(call: Call) -> str:
    """Return the address id of the body.

    Raises:
        Fault: INVALID_ADDRESS_ID: null or empty.
    """
    return check_address_id(call.changes.get("address_id"))


def show(_: Call, record: Record) -> Properties:
    """Return the computed properties: the resource state once more."""
    return {"etag": record.state}


def find_effects(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Keep the primary address of the customer equal to the address of the same id (CUS-6)."""
    customer = call.store.get(CUSTOMERS.path, call.parents)
    primary = customer.get("primary_address") if customer else None
    if customer is None or before is None or not primary:
        return
    if primary["address_id"] == before["address_id"]:
        properties = {n: v for n, v in customer.properties.items() if n != "primary_address"}
        if after is not None:
            properties["primary_address"] = {n: v for n, v in after.items() if n not in DATES}
        changed = Record(customer.key, properties)
        if changed != customer:
            yield Put(CUSTOMERS.path, changed, customer.state)


ADDRESSES = Resource(
    path="addresses",
    name=ADDRESSES_NAME,
    parent=CUSTOMERS,
    parent_key="customer_no",
    document=CustomerAddress(),
    collection=CustomerAddressResult(),
    key="address_id",
    verbs=frozenset({"list", "add", "read", "update", "delete"}),
    not_found=FaultType(
        404,
        "CustomerListCustomerAddressNotFound",
        "No address with ID '{addressId}' for customer '{customerNo}' of customer list "
        "'{customerListId}' could be found.",
        ("addressId", "customerNo", "customerListId"),
    ),
    duplicate=ADDRESS_ID_ALREADY_IN_USE,
    renames=True,
    new_key=read_key,
    derive=derive,
    view=show,
    effects=find_effects,
    refusals={
        "add": (INVALID_ADDRESS_ID,),
        "update": (INVALID_ADDRESS_ID, ADDRESS_ID_ALREADY_IN_USE),
    },
)
