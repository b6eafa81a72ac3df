"""Members of customer groups, and the member search (CUS-10 to CUS-12)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource, Search, fault_of
from emulator.ocapi.resources.customer.customer_groups import CUSTOMER_GROUPS
from emulator.ocapi.resources.customer.customer_lists import find_list
from emulator.ocapi.resources.customer.customers import CUSTOMERS, EMAIL
from emulator.ocapi.resources.customer.memberships import (
    BY_CUSTOMER,
    CUSTOMER_NO,
    MEMBERS_NAME,
    find_second_key,
)
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import OBJECT_IN_DELETION_CONFLICT, FaultType
from emulator.ocapi.schema.fields import Array, Boolean, DateTime, Embedded, String
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SearchResult
from emulator.store import Change, Delete, Key, Put, Record, Store

UNSUPPORTED_ASSIGNMENT = FaultType(
    403,
    "CustomerGroupUnsupportedAssignment",
    "No customer can be assigned to the non-static group '{customerGroupId}' for site '{siteId}'.",
    ("customerGroupId", "siteId"),
)
CUSTOMER_NOT_FOUND = FaultType(
    404,
    "CustomerNotFound",
    "No customer with number '{customerNo}' for site '{siteId}' could be found.",
    ("customerNo", "siteId"),
)


class CustomerGroupMember(Document):
    """A member of a customer group: the customer, as far as a group shows a customer."""

    active = Boolean(read_only=True)
    creation_date = DateTime(read_only=True)
    customer_link = String(max_length=256, read_only=True)
    customer_no = String(max_length=100, allow_none=False, read_only=True)
    email = String(max_length=256, read_only=True, metadata=EMAIL)
    first_name = String(max_length=256, read_only=True)
    last_modified = DateTime(read_only=True)
    last_name = String(max_length=256, read_only=True)
    link = String(max_length=256, read_only=True)
    login = String(max_length=256, read_only=True)


class CustomerGroupMembers(Collection):
    """A page of the members of a customer group."""

    data = Array(Embedded(CustomerGroupMember()))


class CustomerGroupMemberSearchResult(SearchResult):
    """A page of the members found by a search."""

    hits = Array(Embedded(CustomerGroupMember()))


def find_group(call: Call) -> Record:
    """Return the group above the members.

    Raises:
        Fault: The fault of a missing group.
    """
    group = call.store.get(CUSTOMER_GROUPS.name, call.key[:2])
    if group is None:
        raise fault_of(CUSTOMER_GROUPS.not_found, call.key[:2])
    return group


def list_members(call: Call) -> Sequence[Record] | None:
    """Return the members of a static group, all customers for Registered, else None (CUS-10)."""
    group = find_group(call)
    if group.get("type") == "static":
        stored = call.store.scan(MEMBERS_NAME, 0, call.store.count(MEMBERS_NAME), group.key)
        return stored.records
    if group.key[-1] != "Registered":
        return None
    parent = (find_list(call.store, group.key[0]),)
    customers = call.store.scan(CUSTOMERS.name, 0, call.store.count(CUSTOMERS.name), parent)
    return [
        Record((*group.key, customer.key[-1]), {CUSTOMER_NO: customer.key[-1]})
        for customer in customers.records
    ]


def find_customer(store: Store, key: Key) -> Record | None:
    """Return the customer of a member's key: site, group and customer number."""
    return store.get(CUSTOMERS.name, (find_list(store, key[0]), key[-1]))


def _describe(customer: Record) -> dict[str, Any]:
    """Return what a member shows of the customer, and the postal code for searches."""
    credentials = customer.get("credentials") or {}
    shown = {
        "active": credentials.get("enabled"),
        "login": credentials.get("login"),
        "zip": (customer.get("primary_address") or {}).get("postal_code"),
        **{name: customer.get(name) for name in ("email", "first_name", "last_name")},
    }
    return {name: value for name, value in shown.items() if value is not None}


def show(call: Call, member: Record) -> Mapping[str, Any]:
    """Return the properties of the customer that a member shows, and the customer's URL."""
    customer = find_customer(call.store, member.key)
    if customer is None:
        return {}
    list_id, number = customer.key
    link = call.link_to("customer_lists", list_id, "customers", number)
    return {**_describe(customer), "customer_link": link}


def find_effects(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Refuse members of non-static groups, and unknown customers (CUS-11).

    Raises:
        Fault: UNSUPPORTED_ASSIGNMENT, OBJECT_IN_DELETION_CONFLICT, CUSTOMER_NOT_FOUND.
    """
    site_id, group_id, number = call.key
    group = find_group(call)
    if group.get("type") != "static":
        raise UNSUPPORTED_ASSIGNMENT(group_id, site_id)
    if group.get("in_deletion"):
        raise OBJECT_IN_DELETION_CONFLICT(group_id)
    if find_customer(call.store, call.key) is None:
        raise CUSTOMER_NOT_FOUND(number, site_id)
    second_key = find_second_key(Record(call.key, {}))
    if after is None:
        yield Delete(BY_CUSTOMER, second_key)
    elif before is None:
        yield Put(BY_CUSTOMER, Record(second_key, {}))


MEMBERS = Resource(
    path="members",
    name=MEMBERS_NAME,
    parent=CUSTOMER_GROUPS,
    parent_key="id",
    document=CustomerGroupMember(),
    collection=CustomerGroupMembers(),
    key=CUSTOMER_NO,
    verbs=frozenset({"list", "read", "create", "delete"}),
    not_found=FaultType(
        404,
        "CustomerGroupMemberNotFound",
        "No member with number '{customerNo}' of customer group '{customerGroupId}' "
        "for site '{siteId}' could be found.",
        ("customerNo", "customerGroupId", "siteId"),
    ),
    created_status=200,
    view=show,
    records=list_members,
    effects=find_effects,
    lookup=find_second_key,
    search=Search(
        path="member_search",
        result=CustomerGroupMemberSearchResult(),
        fields={
            "customer_no": SearchField("string"),
            "login": SearchField("string"),
            "active": SearchField("boolean", sortable=False),
            "first_name": SearchField("text", sortable=False),
            "last_name": SearchField("text", sortable=False),
            "email": SearchField("string", sortable=False),
            "zip": SearchField("string", sortable=False),
        },
    ),
)
