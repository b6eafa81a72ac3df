"""Members of customer groups (CUS-10, CUS-11)."""

from collections.abc import Iterator

from emulator.fixture.reference import Records, Reference
from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties, Resource, fault_of
from emulator.ocapi.resources.customer.customer_groups import CUSTOMER_GROUPS, REGISTERED
from emulator.ocapi.resources.customer.customers import CUSTOMERS
from emulator.ocapi.resources.customer.member_documents import (
    CustomerGroupMember,
    CustomerGroupMembers,
)
from emulator.ocapi.resources.customer.member_list import (
    find_customer,
    find_group,
    list_members,
    make_member,
)
from emulator.ocapi.resources.customer.member_search import RESULT, search_members
from emulator.ocapi.resources.customer.member_view import show, show_member
from emulator.ocapi.resources.customer.memberships import (
    BY_CUSTOMER,
    CUSTOMER_NO,
    MEMBERS_NAME,
    find_second_key,
    index_members,
)
from emulator.ocapi.resources.site.sites import SITES, find_list_id
from emulator.ocapi.schema.faults import OBJECT_IN_DELETION_CONFLICT, FaultType
from emulator.ocapi.search.query import SEARCH_FAULTS, SearchRequest
from emulator.store import Change, Delete, Presence, Put, Record, Require

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
    return answer_document(call, MEMBERS.document, show_member(call, member), member.state)


def list_references(member: Record, records: Records) -> Iterator[Reference]:
    """Yield the references of a member to the customer and to the group, a static group."""
    site_id, group_id, number = member.key
    site, group = records.get(SITES.name, (site_id,)), (site_id, group_id)
    if site is not None:
        yield Reference(CUSTOMERS.name, (find_list_id(site), number))
    if records.has(CUSTOMER_GROUPS.name, group):
        yield Reference(CUSTOMER_GROUPS.name, group, {"type": "static"})


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
    no_content=True,
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
            no_content=True,
            body=SearchRequest(),
            faults=(SITES.not_found, CUSTOMER_GROUPS.not_found, *SEARCH_FAULTS),
        ),
    ),
)
