"""The members of a group, whether stored or not (CUS-10)."""

from collections.abc import Iterator, Sequence
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.customer.customer_groups import CUSTOMER_GROUPS, REGISTERED
from emulator.ocapi.resources.customer.customer_lists import find_list
from emulator.ocapi.resources.customer.customers import CUSTOMERS
from emulator.ocapi.resources.customer.memberships import CUSTOMER_NO, MEMBERS_NAME
from emulator.ocapi.resources.site.sites import SITES
from emulator.store import Key, Record, Store


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
    site_id, _ = call.parents
    SITES.find(call.store, (site_id,))
    return CUSTOMER_GROUPS.find(call.store, call.parents)


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
