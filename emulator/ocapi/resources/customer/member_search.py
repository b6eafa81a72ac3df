"""The search of the members of a customer group (CUS-12)."""

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.resources.customer.customer_lists import find_list
from emulator.ocapi.resources.customer.member_documents import CustomerGroupMemberSearchResult
from emulator.ocapi.resources.customer.member_list import list_members, make_member
from emulator.ocapi.resources.customer.member_view import show_member
from emulator.ocapi.resources.customer.memberships import CUSTOMER_NO, MEMBERS_NAME
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import SearchField
from emulator.store import Record


def search_members(call: Call) -> Answer:
    """Search the members of a customer group.

    The search looks at the customers: only the members of the page are made.
    """
    members = list_members(call)
    if members is None:
        return Answer(204)
    group = call.parents

    def show_hit(customer: Record, whole: bool) -> Properties:  # noqa: FBT001 - see Show
        key = (*group, customer.key[-1])
        member = call.store.get(MEMBERS_NAME, key) or make_member(group, customer)
        shown = show_member(call, member)
        if not whole:
            shown = {name: shown[name] for name in (CUSTOMER_NO, "link")}
        return {**shown, "_resource_state": member.state}

    customers = members.find_customers(find_list(call.store, group[0]))
    return answer_search(call, RESULT, SEARCH_FIELDS, customers, show_hit)


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
