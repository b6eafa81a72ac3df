"""Customers of a customer list, and the customer search (CUS-2 to CUS-5)."""

import string
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource, Search
from emulator.ocapi.resources.customer.customer_lists import CUSTOMER_LISTS
from emulator.ocapi.resources.customer.memberships import (
    CUSTOMER_NO,
    expect_memberships,
    find_memberships,
    move_membership,
    remove_membership,
)
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    Date,
    DateTime,
    Embedded,
    Enumeration,
    Integer,
    Number,
    String,
)
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SearchResult
from emulator.store import Change, Delete, Key, Presence, Put, Record, StateConflict

ADDRESSES_NAME = "customer_addresses"
LOGINS = "customers.login"  # the logins in the store, below the customer list
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
EMAIL = {"format": "email"}

CREDENTIALS_MISSING = FaultType(
    400, "CredentialsMissing", "The credentials of the customer are missing."
)
LOGIN_MISSING = FaultType(400, "LoginMissing", "The login of the customer is missing.")
INVALID_LOGIN = FaultType(400, "InvalidLogin", "The login '{login}' is invalid.", ("login",))
LOGIN_ALREADY_IN_USE = FaultType(400, "LoginAlreadyInUse", "The login is already in use.")
CUSTOMER_NUMBER_ALREADY_IN_USE = FaultType(
    400,
    "CustomerNumberAlreadyInUse",
    "The customer number '{customerNo}' is already in use.",
    ("customerNo",),
)

INVALID_ADDRESS_ID = FaultType(
    400, "InvalidAddressId", "The address ID '{addressId}' is invalid.", ("addressId",)
)


class Credentials(Document):
    """The login of a customer."""

    enabled = Boolean(load_default=True)
    locked = Boolean(load_default=False)
    # A missing login has a fault of its own, so the property is not required here.
    login = String(max_length=256)
    password_question = String(max_length=256)


class CustomerAddress(Document):
    """An address of a customer."""

    custom = True
    items_are_whole = True

    address1 = String(max_length=256)
    address2 = String(max_length=256)
    address_id = String(max_length=256, required=True)
    city = String(max_length=256)
    company_name = String(max_length=256)
    country_code = Enumeration(
        "CN",
        "FR",
        "GB",
        "IT",
        "JP",
        "US",
        required=True,
        allow_none=False,
        metadata={"maxLength": 2},
    )
    creation_date = DateTime(read_only=True)
    etag = String(read_only=True)
    first_name = String(max_length=256)
    full_name = String(read_only=True)
    job_title = String(max_length=256)
    last_modified = DateTime(read_only=True)
    last_name = String(max_length=256, required=True, allow_none=False)
    phone = String(max_length=32)
    post_box = String(max_length=256)
    postal_code = String(max_length=256)
    salutation = String(max_length=256)
    second_name = String(max_length=256)
    state_code = String(max_length=256)
    suffix = String(max_length=256)
    suite = String(max_length=32)
    title = String(max_length=256)


class Customer(Document):
    """A registered customer."""

    custom = True

    birthday = Date()
    company_name = String(max_length=256)
    creation_date = DateTime(read_only=True)
    credentials = Embedded(Credentials())
    customer_id = String(max_length=28)
    customer_no = String(min_length=1, max_length=100, allow_none=False)
    email = String(max_length=256, metadata=EMAIL)
    fax = String(max_length=32)
    first_name = String(max_length=256)
    gender = Integer(minimum=1, maximum=2, metadata={"enum": [1, 2]})
    global_party_id = String()
    job_title = String(max_length=256)
    last_login_time = DateTime(read_only=True)
    last_modified = DateTime(read_only=True)
    last_name = String(max_length=256)
    last_visit_time = DateTime(read_only=True)
    phone_business = String(max_length=32)
    phone_home = String(max_length=32)
    phone_mobile = String(max_length=32)
    preferred_locale = String(read_only=True)
    previous_login_time = DateTime()
    previous_visit_time = DateTime()
    primary_address = Embedded(CustomerAddress())
    salutation = String(max_length=256)
    second_name = String(max_length=256)
    suffix = String(max_length=256)
    title = String(max_length=256)


class Customers(Collection):
    """A page of customers; no path of the Data API shows the page."""

    data = Array(Embedded(Customer()))


class CustomerSearchHit(Document):
    """A customer found by a search."""

    data = Embedded(Customer())
    relevance = Number()


class CustomerSearchResult(SearchResult):
    """A page of the customers found by a search."""

    hits = Array(Embedded(CustomerSearchHit()))


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


def next_number(call: Call) -> str:
    """Return the customer number in the body, else a free number of eight digits.

    Raises:
        Fault: CUSTOMER_NUMBER_ALREADY_IN_USE.
    """
    sent = call.changes.get(CUSTOMER_NO)
    if sent is not None:
        _check_number(call, sent)
        return str(sent)

    def is_free(number: int) -> bool:
        return call.store.get(CUSTOMERS.name, (*call.parents, f"{number:08}")) is None

    # Deleted customers leave gaps: larger and larger steps find a free number after few of them.
    first, step = call.store.count(CUSTOMERS.name, call.parents) + 1, 1
    while not is_free(first + step - 1):
        step *= 2
    # Without the last number: it was free, even if another request has taken it since.
    numbers = range(first + step // 2, first + step - 1)
    return f"{numbers.start + bisect(numbers, False, key=is_free):08}"


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
        yield from _change_login(call, before, None)
        yield expect_memberships(call.store, number)
        for member in find_memberships(call.store, list_id, number):
            yield from remove_membership(member)
        return
    new_number = after[CUSTOMER_NO]
    if new_number != number:
        _check_number(call, new_number)
        yield expect_memberships(call.store, number)
        for member in find_memberships(call.store, list_id, number):
            yield from move_membership(member, new_number)
    _check_credentials(call, before or {}, after)
    yield from _change_login(call, before, after)
    address = after.get("primary_address")
    if address and address != (before or {}).get("primary_address"):
        yield _put_primary_address(call, (list_id, new_number), address)


def _put_primary_address(call: Call, customer: Key, address: Properties) -> Put:
    """Return the change of the address book for a primary address (CUS-6)."""
    key = (*customer, check_address_id(address.get("address_id")))
    known = call.store.get(ADDRESSES_NAME, key)
    created = (known and known.get("creation_date")) or call.now
    dates = {"creation_date": created, "last_modified": call.now}
    return Put(ADDRESSES_NAME, Record(key, {**address, **dates}))


def _check_number(call: Call, number: str) -> None:
    if call.store.get(CUSTOMERS.name, (*call.parents, number)) is not None:
        raise CUSTOMER_NUMBER_ALREADY_IN_USE(number)


def _check_credentials(call: Call, before: Properties, after: Properties) -> None:
    credentials = after.get("credentials")
    login = (credentials or {}).get("login")
    if call.method == "PATCH":
        if credentials == before.get("credentials"):  # a data set may hold no login
            return
    elif credentials is None:
        raise CREDENTIALS_MISSING()
    elif login is None:
        raise LOGIN_MISSING()
    if login is None or not login.strip():
        raise INVALID_LOGIN(login or "")


def _change_login(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Yield the changes of the logins of the list (CUS-3).

    Raises:
        Fault: LOGIN_ALREADY_IN_USE.
    """
    old, new = (find_login(Record(call.key, found or {})) for found in (before, after))
    if old is not None and old != new:
        yield Delete(LOGINS, old)
    if new is not None and new != old:
        if call.store.get(LOGINS, new) is not None:
            raise LOGIN_ALREADY_IN_USE()
        yield Put(LOGINS, Record(new, {}), Presence.ABSENT)


def find_login(customer: Record) -> Key | None:
    """Return the list and the login of a customer; None without a login."""
    login = (customer.get("credentials") or {}).get("login")
    return (customer.key[0], login) if login is not None else None


def index_logins(customers: Sequence[Record]) -> Mapping[str, Sequence[Record]]:
    """Return the records of the logins."""
    return {LOGINS: [Record(key, {}) for key in map(find_login, customers) if key is not None]}


LOGIN_FAULTS = (INVALID_LOGIN, LOGIN_ALREADY_IN_USE, INVALID_ADDRESS_ID)
NEW_LOGIN_FAULTS = (CREDENTIALS_MISSING, LOGIN_MISSING, *LOGIN_FAULTS)
CUSTOMERS = Resource(
    path="customers",
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
