"""Customers of a customer list, and the customer search (CUS-2 to CUS-5)."""

import string
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource, Search
from emulator.ocapi.resources.customer.customer_lists import CUSTOMER_LISTS
from emulator.ocapi.resources.customer.documents import Customer, Customers, CustomerSearchResult
from emulator.ocapi.resources.customer.logins import (
    CREDENTIALS_MISSING,
    INVALID_LOGIN,
    LOGIN_ALREADY_IN_USE,
    LOGIN_MISSING,
    change_login,
    check_credentials,
    find_login,
    index_logins,
)
from emulator.ocapi.resources.customer.memberships import (
    CUSTOMER_NO,
    find_memberships,
    move_membership,
    remove_membership,
)
from emulator.ocapi.resources.customer.numbers import (
    CUSTOMER_NUMBER_ALREADY_IN_USE,
    CUSTOMERS_NAME,
    check_number,
    next_number,
)
from emulator.ocapi.resources.customer.primary_address import (
    INVALID_ADDRESS_ID,
    join_names,
    put_primary_address,
)
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.search.language import SearchField
from emulator.store import Change, StateConflict

ID_ALPHABET = string.ascii_letters + string.digits
ID_CHARACTERS = 26
SEARCHED_TEXTS = (
    "customer_no",
    "first_name",
    "second_name",
    "last_name",
    "suffix",
    "salutation",
    "title",
    "fax",
    "phone_home",
    "phone_business",
    "phone_mobile",
    "email",
    "company_name",
)


def derive(
    before: Properties | None, after: dict[str, Any], changes: Properties, now: str
) -> dict[str, Any]:
    """Return a customer with a customer id, and with the full name in the primary address.

    The customer id is made once, from what distinguishes customers: number, login and time.
    """
    address, known = after.get("primary_address"), (before or {}).get("primary_address") or {}
    if address:
        if known and address.get("address_id") != known["address_id"]:
            # PATCH has kept other properties of another address.
            address = {n: v for n, v in changes["primary_address"].items() if v is not None}
        after = {**after, "primary_address": {**address, "full_name": join_names(address)}}
    known = after.get("customer_id") or (before or {}).get("customer_id")
    if not known:
        login = (after.get("credentials") or {}).get("login")
        digest = sha256(f"{after.get(CUSTOMER_NO)} {login} {now}".encode()).digest()
        known = "".join(ID_ALPHABET[byte % len(ID_ALPHABET)] for byte in digest[:ID_CHARACTERS])
    return {**after, "customer_id": known}


def find_effects(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Check number and login, and keep address book and customer groups consistent (CUS-3, CUS-4).

    Raises:
        Fault: CREDENTIALS_MISSING, LOGIN_MISSING, INVALID_LOGIN, LOGIN_ALREADY_IN_USE,
            CUSTOMER_NUMBER_ALREADY_IN_USE, INVALID_ADDRESS_ID.
        StateConflict: Another request has created a customer with the new number.
    """
    list_id, number = call.key
    if before is not None and call.method == "POST":
        raise StateConflict  # another request has taken the number: try the next one
    if after is None:
        yield from change_login(call, before, None)
        for member in find_memberships(call.store, list_id, number):
            yield from remove_membership(member)
        return
    new_number = after[CUSTOMER_NO]
    if new_number != number:
        check_number(call, new_number)
        for member in find_memberships(call.store, list_id, number):
            yield from move_membership(member, new_number)
    check_credentials(call, before or {}, after)
    yield from change_login(call, before, after)
    address = after.get("primary_address")
    if address and address != (before or {}).get("primary_address"):
        yield put_primary_address(call, (list_id, new_number), address)


LOGIN_FAULTS = (INVALID_LOGIN, LOGIN_ALREADY_IN_USE, INVALID_ADDRESS_ID)
NEW_LOGIN_FAULTS = (CREDENTIALS_MISSING, LOGIN_MISSING, *LOGIN_FAULTS)
CUSTOMERS = Resource(
    path=CUSTOMERS_NAME,
    parent=CUSTOMER_LISTS,
    parent_key="list_id",
    document=Customer(),
    collection=Customers(),
    key="customer_no",
    verbs=frozenset({"add", "read", "create", "update", "delete"}),
    not_found=FaultType(
        404,
        "CustomerListCustomerNotFound",
        "No customer with number '{customerNo}' for customer list '{customerListId}' "
        "could be found.",
        ("customerNo", "customerListId"),
    ),
    renames=True,
    new_key=next_number,
    unique=find_login,
    index=index_logins,
    derive=derive,
    effects=find_effects,
    refusals={
        "add": (*NEW_LOGIN_FAULTS, CUSTOMER_NUMBER_ALREADY_IN_USE),
        "create": NEW_LOGIN_FAULTS,
        "update": (*LOGIN_FAULTS, CUSTOMER_NUMBER_ALREADY_IN_USE),
    },
    search=Search(
        path="customer_lists/{customer_list_id}/customer_search",
        result=CustomerSearchResult(),
        fields={
            **dict.fromkeys(SEARCHED_TEXTS, SearchField("string", whole_words=True)),
            "gender": SearchField("number"),
            "credentials.login": SearchField("string", whole_words=True),
            "credentials.enabled": SearchField("boolean"),
            "creation_date": SearchField("date"),
            "last_modified": SearchField("date"),
        },
    ),
)
