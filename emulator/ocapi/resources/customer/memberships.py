"""Memberships: the records of customers in customer groups, by group and by customer (CUS-11)."""

from collections.abc import Iterator, Mapping, Sequence

from emulator.ocapi.resources.customer.customer_lists import find_list
from emulator.store import Change, Delete, Key, Put, Record, Store

CUSTOMER_NO = "customer_no"
MEMBERS_NAME = "customer_group_members"  # below site, group and customer number
BY_CUSTOMER = f"{MEMBERS_NAME}.customer"
"""The same with the customer number first. A key alone is no membership: a deleted group leaves the
keys of the members, because a group may have many."""


def find_second_key(member: Record) -> Key:
    """Return the key with the customer number first: the memberships of a customer lie together."""
    site_id, group_id, number = member.key
    return number, site_id, group_id


def index_members(members: Sequence[Record]) -> Mapping[str, Sequence[Record]]:
    """Return the second keys of memberships."""
    return {BY_CUSTOMER: [Record(find_second_key(member), {}) for member in members]}


def find_memberships(store: Store, list_id: str, number: str) -> Iterator[Record]:
    """Yield the memberships of a customer in the customer groups of all sites of the list."""
    count = store.count(BY_CUSTOMER, (number,))
    for found in store.scan(BY_CUSTOMER, 0, count, (number,)).records:
        _, site_id, group_id = found.key
        if find_list(store, site_id) == list_id:
            member = store.get(MEMBERS_NAME, (site_id, group_id, number))
            if member is not None:
                yield member


def move_membership(member: Record, number: str) -> Iterator[Change]:
    """Yield the changes for a new customer number of a membership."""
    moved = Record((*member.key[:-1], number), {**member.properties, CUSTOMER_NO: number})
    yield from remove_membership(member)
    yield Put(MEMBERS_NAME, moved)
    yield Put(BY_CUSTOMER, Record(find_second_key(moved), {}))


def remove_membership(member: Record) -> Iterator[Change]:
    """Yield the changes for the removal of a membership."""
    yield Delete(MEMBERS_NAME, member.key)
    yield Delete(BY_CUSTOMER, find_second_key(member))


def remove_memberships(store: Store, site_id: str) -> Iterator[Change]:
    """Yield the changes for the removal of all memberships in the groups of a site."""
    parent = (site_id,)
    for member in store.scan(MEMBERS_NAME, 0, store.count(MEMBERS_NAME, parent), parent).records:
        yield from remove_membership(member)
