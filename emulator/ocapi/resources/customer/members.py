"""Members of customer groups, and the member search (CUS-10 to CUS-12)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emulator.fixture.reference import Records, Reference
from emulator.ocapi.answer import Answer, answer_document, name_state
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties, Resource, fault_of
from emulator.ocapi.resources.customer.customer_groups import CUSTOMER_GROUPS, REGISTERED
from emulator.ocapi.resources.customer.customer_lists import find_list, find_list_id
from emulator.ocapi.resources.customer.customers import CUSTOMERS, EMAIL
from emulator.ocapi.resources.customer.memberships import (
    BY_CUSTOMER,
    CUSTOMER_NO,
    MEMBERS_NAME,
    find_second_key,
    index_members,
)
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import OBJECT_IN_DELETION_CONFLICT, FaultType
from emulator.ocapi.schema.fields import Array, Boolean, DateTime, Embedded, String
from emulator.ocapi.search.answer import answer_search, read_expansions
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SEARCH_FAULTS, SearchRequest, SearchResult
from emulator.ocapi.wire import state
from emulator.store import Change, Delete, Key, Presence, Put, Record, Require, Store

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

MEMBER_NOT_FOUND = FaultType(
    404,
    "CustomerGroupMemberNotFound",
    "No member with number '{customerNo}' of customer group '{customerGroupId}' "
    "for site '{siteId}' could be found.",
    ("customerNo", "customerGroupId", "siteId"),
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


class _Members(Sequence[Record]):
    """The members of a group, read from the store page by page.

    Args:
        call: The call.
        parent: The key above the stored records.
        collection: The stored records: the memberships of a group, or the customers of a list.
    """

    def __init__(self, call: Call, parent: Key, collection: str) -> None:
        self._store, self._group = call.store, call.parents
        self._parent, self._collection = parent, collection

    def __len__(self) -> int:
        return self._store.count(self._collection, self._parent)

    def __getitem__(self, index: Any) -> Any:
        start, stop, _ = index.indices(len(self))
        scan = self._store.scan(self._collection, start, stop - start, self._parent)
        if self._collection == MEMBERS_NAME:
            return scan.records
        return [make_member(self._group, customer) for customer in scan.records]

    def find_customers(self, list_id: str) -> Iterator[Record]:
        """Yield the customers of the group."""
        records = self._store.scan(self._collection, 0, len(self), self._parent).records
        if self._collection == CUSTOMERS.name:
            yield from records
            return
        for member in records:
            customer = self._store.get(CUSTOMERS.name, (list_id, member.key[-1]))
            if customer is not None:
                yield customer


def make_member(group: Key, customer: Record) -> Record:
    """Return a customer as a member of the system group Registered, without stored members."""
    return Record((*group, customer.key[-1]), {CUSTOMER_NO: customer.key[-1]})


def find_group(call: Call) -> Record:
    """Return the group above the members.

    Raises:
        Fault: The fault of a missing site or group.
    """
    found = None
    for above in (SITES, CUSTOMER_GROUPS):
        key = call.parents[: len(above.keys)]
        found = call.store.get(above.name, key)
        if found is None:
            raise fault_of(above.not_found, key)
    assert found is not None  # noqa: S101 - see above
    return found


def list_members(call: Call) -> _Members | None:
    """Return the members of a static group, all customers for Registered, else None (CUS-10)."""
    group = find_group(call)
    if group.get("type") == "static":
        return _Members(call, group.key, MEMBERS_NAME)
    if group.key[-1] != REGISTERED:
        return None
    return _Members(call, (find_list(call.store, group.key[0]),), CUSTOMERS.name)


def find_customer(store: Store, key: Key) -> Record | None:
    """Return the customer of a member's key: site, group and customer number."""
    return store.get(CUSTOMERS.name, (find_list(store, key[0]), key[-1]))


def show(call: Call, member: Record) -> Mapping[str, Any]:
    """Return the shown properties of a member's customer, and the customer's URL."""
    customer = find_customer(call.store, member.key)
    if customer is None:
        return {}
    list_id, number = customer.key
    credentials = customer.get("credentials") or {}
    shown = {
        "active": credentials.get("enabled"),
        "customer_link": call.link_to("customer_lists", list_id, "customers", number),
        "login": credentials.get("login"),
        **{name: customer.get(name) for name in ("email", "first_name", "last_name")},
    }
    return {name: value for name, value in shown.items() if value is not None}


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
    customer = find_customer(call.store, call.key)
    if customer is None:
        raise CUSTOMER_NOT_FOUND(number, site_id)
    second_key = find_second_key(Record(call.key, {}))
    if after is None:
        yield Delete(BY_CUSTOMER, second_key)
    elif before is None:
        yield Require(CUSTOMERS.name, customer.key, Presence.PRESENT)
        yield Put(BY_CUSTOMER, Record(second_key, {}))


def read_member(call: Call) -> Answer:
    """Show a member of a customer group."""
    group = find_group(call)
    member = call.store.get(MEMBERS_NAME, call.key)
    if member is None and group.key[-1] == REGISTERED:
        customer = find_customer(call.store, call.key)
        member = customer and make_member(group.key, customer)
    if member is None:
        raise fault_of(MEMBERS.not_found, call.key)
    try:
        state.check_read(member.state, call.request.headers)
    except state.NotModified:
        return Answer(304, headers=name_state(member.state))
    return answer_document(call, MEMBERS.document, _properties(call, member), member.state)


def search_members(call: Call) -> Answer:
    """Search the members of a customer group.

    The search looks at the customers: only the members of the page are made.
    """
    read_expansions(call)
    members = list_members(call)
    if members is None:
        return Answer(204)
    group = call.parents

    def show_hit(customer: Record, whole: bool) -> Properties:  # noqa: FBT001 - see Show
        key = (*group, customer.key[-1])
        member = call.store.get(MEMBERS_NAME, key) or make_member(group, customer)
        shown = _properties(call, member)
        if not whole:
            shown = {name: shown[name] for name in (CUSTOMER_NO, "link")}
        return {**shown, "_resource_state": member.state}

    customers = members.find_customers(find_list(call.store, group[0]))
    return answer_search(call, RESULT, SEARCH_FIELDS, customers, show_hit)


def _properties(call: Call, member: Record) -> Properties:
    site_id, group_id, number = member.key
    link = call.link_to("sites", site_id, "customer_groups", group_id, "members", number)
    return {**member.properties, "link": link, **show(call, member)}


def list_references(member: Record, records: Records) -> Iterator[Reference]:
    """Yield the references of a member to the customer and to the group, a static group."""
    site_id, group_id, number = member.key
    site, group = records.get(SITES.name, (site_id,)), (site_id, group_id)
    if site is not None:
        yield Reference(CUSTOMERS.name, (find_list_id(site), number))
    if records.has(CUSTOMER_GROUPS.name, group):
        yield Reference(CUSTOMER_GROUPS.name, group, {"type": "static"})


RESULT = CustomerGroupMemberSearchResult()
SEARCH_FIELDS = {
    "customer_no": SearchField("string"),
    "login": SearchField("string", path="credentials.login"),
    "active": SearchField("boolean", path="credentials.enabled", sortable=False),
    "first_name": SearchField("text", sortable=False),
    "last_name": SearchField("text", sortable=False),
    "email": SearchField("string", sortable=False),
    "zip": SearchField("string", path="primary_address.postal_code", sortable=False),
}
PATH = "sites/{site_id}/customer_groups/{id}"
MEMBERS = Resource(
    path="members",
    name=MEMBERS_NAME,
    parent=CUSTOMER_GROUPS,
    parent_key="id",
    document=CustomerGroupMember(),
    collection=CustomerGroupMembers(),
    key=CUSTOMER_NO,
    verbs=frozenset({"list", "create", "delete"}),
    not_found=MEMBER_NOT_FOUND,
    created_status=200,
    view=show,
    records=list_members,
    effects=find_effects,
    refusals={
        "create": (UNSUPPORTED_ASSIGNMENT, CUSTOMER_NOT_FOUND, OBJECT_IN_DELETION_CONFLICT),
        "delete": (UNSUPPORTED_ASSIGNMENT, CUSTOMER_NOT_FOUND, OBJECT_IN_DELETION_CONFLICT),
    },
    index=index_members,
    references={CUSTOMER_NO: list_references},
    operations=(
        Operation(
            method="GET",
            path=f"{PATH}/members/{{customer_no}}",
            answer=read_member,
            shows=CustomerGroupMember(),
            faults=(SITES.not_found, CUSTOMER_GROUPS.not_found, MEMBER_NOT_FOUND),
        ),
        Operation(
            method="POST",
            path=f"{PATH}/member_search",
            answer=search_members,
            shows=RESULT,
            body=SearchRequest(),
            faults=(SITES.not_found, CUSTOMER_GROUPS.not_found, *SEARCH_FAULTS),
        ),
    ),
)
