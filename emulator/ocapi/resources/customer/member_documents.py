"""The documents of members of customer groups."""

from emulator.ocapi.resources.customer.documents import EMAIL
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import Array, Boolean, DateTime, Embedded, String
from emulator.ocapi.search.query import SearchResult


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
