"""Lists of ids in the documents of a site, and the opposite direction: the holders of an id.

A campaign names coupons, for example. A further collection of the store names the campaigns of each
coupon, so that the deletion of a coupon needs no look at all campaigns (MKT-2).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.fixture.reference import ListReferences, Records, Reference
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Resource
from emulator.ocapi.schema.faults import QUOTA_EXCEEDED
from emulator.store import Change, Delete, Key, Put, Record, Store

Properties = Mapping[str, Any]

MAX_CHANGED_DOCUMENTS = 10_000  # of a deletion or a new id, besides the document itself


@dataclass(frozen=True)
class IdList:
    """A property with ids of documents of the same site.

    Attributes:
        holder: The collection of the documents with the list; the keys begin with the site.
        name: The property.
        referenced: The collection of the named documents; a key is a site and an id.
    """

    holder: str
    name: str
    referenced: str

    @property
    def index(self) -> str:
        """The collection of the store with site, named id, and the other ids of the holder."""
        return f"{self.holder}.by_{self.name}"

    def list_entries(self, record: Record) -> Iterator[tuple[str, Key]]:
        """Yield collection and key of each entry of a holder in the opposite direction."""
        site_id, *own = record.key
        for name in record.get(self.name) or ():
            yield self.index, (site_id, name, *own)

    def list_references(self, record: Record, _: Records) -> Iterator[Reference]:
        """Yield the references of a holder."""
        for name in record.get(self.name) or ():
            yield Reference(self.referenced, (record.key[0], name))

    def list_keys(self, store: Store, key: Key, below: Key = ()) -> Iterator[Key]:
        """Yield the keys of the holders of a document; only the keys with the ids ``below``."""
        prefix = (*key, *below)
        for entry in store.scan(self.index, 0, store.count(self.index, prefix), prefix).records:
            yield (key[0], *entry.key[2:])

    def list_holders(self, store: Store, key: Key, below: Key = ()) -> Iterator[Record]:
        """Yield the holders of a document; only the holders with the ids ``below``."""
        for holder_key in self.list_keys(store, key, below):
            holder = store.get(self.holder, holder_key)
            if holder is not None:
                yield holder

    def release(self, store: Store, key: Key, below: Key = ()) -> Iterator[Change]:
        """Yield the changes of the holders when a document is deleted."""
        for holder in self.list_holders(store, key, below):
            yield self.remove(holder, key[-1])
            yield Delete(self.index, (*key, *holder.key[1:]))

    def remove(self, holder: Record, name: str) -> Put:
        """Return the change of a holder without an id; an empty list is left out."""
        properties = dict(holder.properties)
        left = [one for one in properties.pop(self.name, ()) if one != name]
        changed = properties | ({self.name: left} if left else {})
        return Put(self.holder, Record(holder.key, changed), holder.state)


QUALIFIERS = ("coupons", "customer_groups", "source_code_groups")
"""The collections of what may qualify a customer for a promotion; also names of properties."""
HOLDERS = ("campaigns", "promotion_campaign_assignments")
ID_LISTS = (
    *(IdList(holder, name, name) for holder in HOLDERS for name in QUALIFIERS),
    *(
        IdList(holder, "customer_groups", "customer_groups")
        for holder in ("slot_configuration_campaign_assignments", "slot_configurations", "ab_tests")
    ),
)


def list_of(holder: str, name: str) -> IdList:
    """Return the list of a property of a collection."""
    return next(one for one in ID_LISTS if (one.holder, one.name) == (holder, name))


def lists_of(holder: str) -> tuple[IdList, ...]:
    """Return all lists of a collection."""
    return tuple(one for one in ID_LISTS if one.holder == holder)


def references_of(holder: str) -> dict[str, ListReferences]:
    """Return the references of a collection by property."""
    return {one.name: one.list_references for one in lists_of(holder)}


def entries_of(record: Record, holder: str) -> Iterator[tuple[str, Key]]:
    """Yield collection and key of each entry of a holder, for all lists."""
    for one in lists_of(holder):
        yield from one.list_entries(record)


def move_entries(
    before: Iterable[tuple[str, Key]], after: Iterable[tuple[str, Key]]
) -> Iterator[Change]:
    """Yield the changes from the entries before a write to those after the write."""
    old, new = dict.fromkeys(before), dict.fromkeys(after)
    yield from (Delete(name, key) for name, key in old if (name, key) not in new)
    yield from (Put(name, Record(key, {})) for name, key in new if (name, key) not in old)


def move_entries_below(call: Call, new_key: Key | None) -> Iterator[Change]:
    """Yield the changes of the entries of all documents below a deleted or renamed document.

    Raises:
        Fault: QUOTA_EXCEEDED.
    """
    check_changes(sum(call.store.count(child.name, call.key) for child in call.route.children))
    for child in call.route.children:
        count = call.store.count(child.name, call.key)
        records = call.store.scan(child.name, 0, count, call.key).records
        moved = [one.at((*new_key, *one.key[len(new_key) :])) for one in records] if new_key else []
        yield from move_entries(
            list_index_entries(child, records), list_index_entries(child, moved)
        )


def list_index_entries(resource: Resource, records: Sequence[Record]) -> Iterator[tuple[str, Key]]:
    """Yield collection and key of each entry of records in further directions."""
    for name, entries in (resource.index(records) if resource.index else {}).items():
        yield from ((name, entry.key) for entry in entries)


def release_named(store: Store, referenced: str, key: Key) -> Iterator[Change]:
    """Yield the changes of all holders when a document is deleted (MKT-2).

    Raises:
        Fault: QUOTA_EXCEEDED.
    """
    lists = [one for one in ID_LISTS if one.referenced == referenced]
    check_changes(sum(store.count(one.index, key) for one in lists))
    for one in lists:
        yield from one.release(store, key)


def check_changes(count: int) -> None:
    """Check that a deletion or a new id changes not too many documents.

    Raises:
        Fault: QUOTA_EXCEEDED.
    """
    if count > MAX_CHANGED_DOCUMENTS:
        bound = f"at most {MAX_CHANGED_DOCUMENTS} documents"
        raise QUOTA_EXCEEDED(f"a deletion or a new ID changes {bound}")


def arrange(properties: Properties, names: Iterable[str] = QUALIFIERS) -> dict[str, Any]:
    """Return properties with each id of a list once, and without empty lists."""
    lists = {n: [*dict.fromkeys(properties[n])] for n in names if properties.get(n) is not None}
    kept = {name: value for name, value in properties.items() if name not in lists}
    return kept | {name: ids for name, ids in lists.items() if ids}
