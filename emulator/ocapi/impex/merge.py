"""Merge the objects of an archive into the documents of a workspace (IMP-4 to IMP-6)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from emulator.fixture.data_set import Collection
from emulator.fixture.impex.archive import (
    CUSTOM_DEFINITIONS,
    CUSTOM_TYPES,
    DEFINITIONS,
    expand,
    find_object_type,
    list_platform_attributes,
    merge,
)
from emulator.fixture.impex.catalog_tables import ASSIGNMENTS, POSITION, PRIMARY
from emulator.fixture.impex.client_permissions import CLIENTS
from emulator.fixture.impex.format import Field
from emulator.fixture.impex.reader import Item
from emulator.fixture.impex.relations import Places, Relations
from emulator.fixture.impex.tables import CUSTOM_OBJECTS
from emulator.fixture.reference import StoreRecords, find_dangling
from emulator.ocapi.call import Call, Route
from emulator.ocapi.impex import attribute
from emulator.ocapi.impex.log import Log
from emulator.ocapi.impex.unchanged import drop_unchanged
from emulator.ocapi.impex.variation import PRODUCTS, relate_products
from emulator.ocapi.resource import Properties, Resource
from emulator.ocapi.resources.assortment.positions import find_last
from emulator.ocapi.resources.catalog.catalogs import ASSIGNED_SITES, assign_sites
from emulator.ocapi.resources.catalog.names import CATALOGS_NAME as CATALOGS
from emulator.ocapi.resources.marketing.names import RULES_NAME
from emulator.ocapi.resources.object_type.attribute_checks import CREATE_FAILED, list_contradictions
from emulator.ocapi.resources.object_type.attribute_definition import KEY_READ_ONLY
from emulator.ocapi.resources.object_type.rules import PREFERENCE_VALUES
from emulator.ocapi.schema.attribute import make_property
from emulator.ocapi.schema.custom import DECLARED, UNDECLARED, find_declared
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.schema.fields import Property
from emulator.store import (
    Change,
    Clear,
    Delete,
    Key,
    MemoryStore,
    Presence,
    Put,
    Record,
    Size,
    Store,
    WatchedStore,
    thaw,
)

LIBRARIES = "libraries"


class Draft:
    """A copy of the data with a list of the changed documents.

    Args:
        store: The copy.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._original = MemoryStore(store.snapshot())
        self._before: dict[tuple[str, Key], Record | None] = {}
        self._expected: dict[Change, None] = {}

    def put(self, collection: str, record: Record) -> None:
        """Write a document."""
        self._note(collection, record.key)
        self.store.put(collection, record)

    def delete(self, collection: str, key: Key) -> None:
        """Remove a document."""
        self._note(collection, key)
        self.store.delete(collection, key)

    def clear(self, collection: str, parent: Key) -> None:
        """Remove all documents below a key."""
        count = self.store.count(collection, parent)
        for record in self.store.scan(collection, 0, count, parent).records:
            self._note(collection, record.key)
        self._expected[Size(collection, parent, self._original.count(collection, parent))] = None
        self.store.apply(Clear(collection, parent))

    def expect(self, watched: WatchedStore) -> None:
        """Expect of the original what was read of the copy: another request has not changed it."""
        self._expected |= dict.fromkeys(watched.list_expectations(self._original))

    def make(self, change: Change) -> None:
        """Make a change, whatever the change expects."""
        match change:
            case Put(collection, record, _):
                self.put(collection, record)
            case Delete(collection, key, _):
                self.delete(collection, key)
            case Clear(collection, parent):
                self.clear(collection, parent)
            case _:
                self.store.apply(change)

    def _note(self, collection: str, key: Key) -> None:
        if (collection, key) not in self._before:
            self._before[collection, key] = self.store.get(collection, key)

    def list_changes(self) -> Iterator[Change]:
        """Yield the changes of the original; each expects the original document.

        A document that the import leaves as it was, besides the date of the last change, keeps the
        date, too.
        """
        yield from self._expected
        for (collection, key), before in self._before.items():
            after = self.store.get(collection, key)
            expected = before.state if before else Presence.ABSENT
            if before and after and _is_same(before, after):  # such as removed and made again
                continue
            if after is not None:
                yield Put(collection, after, expected)
            elif after is None and before is not None:
                yield Delete(collection, key, expected)


class ObjectCall(Call):
    """The call of an import in the role of a write of the copy.

    Args:
        call: The call that has started the import.
        store: The copy of the data.
    """

    def __init__(self, call: Call, store: Store) -> None:
        self.__dict__.update(call.__dict__)
        self._store = store

    @property
    def store(self) -> Store:
        """The copy of the data."""
        return self._store

    @contextmanager
    def watching(self) -> Iterator[WatchedStore]:
        """See ``Call.watching``."""
        store, watched = self._store, WatchedStore(self._store)
        self._store = cast("Store", watched)
        try:
            yield watched
        finally:
            self._store = store

    def aim(self, resource: Resource, method: str, key: Key, changes: Mapping[str, Any]) -> None:
        """Turn to a document.

        Args:
            resource: The resource.
            method: The method of the write.
            key: The key of the document.
            changes: The properties that the write sets.
        """
        self.route = Route(resource, resource.document_template, {}, resource.document)
        self.method, self.key = method, key
        self.content = self.changes = changes


@dataclass(frozen=True)
class Described:
    """The resources and collections of an import.

    Attributes:
        resources: All resources.
        collections: The collections of data sets that a resource does not describe itself.
    """

    resources: Sequence[Resource]
    collections: Sequence[Collection]

    def copy(self, store: Store) -> MemoryStore:
        """Return a copy in memory: a shared store would need a round trip for each document."""
        if isinstance(store, MemoryStore):
            return store
        names = {CLIENTS, DECLARED, UNDECLARED, *(one.name for one in self.collections)}
        for resource in self.resources:
            names |= {resource.name, *_list_further(resource, store)}
            names.update(resource.computed_collections.values())
        copy = MemoryStore()
        copy.replace({n: store.scan(n, 0, store.count(n)).records for n in sorted(names)})
        return copy


def _list_further(resource: Resource, store: Store) -> Iterable[str]:
    """Return the names of the further collections with the documents of a resource."""
    if resource.index is None:
        return ()
    records = store.scan(resource.name, 0, store.count(resource.name)).records
    return {**resource.index(()), **resource.index(records)}


class Merge:
    """The import of objects into a copy of the data.

    Args:
        described: The resources and collections.
        draft: The copy of the data.
        log: The log of the import.
        call: The call that has started the import.

    Attributes:
        given_up: How many of the unresolved properties of an object are given up: their references
            to missing documents are left out.
    """

    given_up = 0

    def __init__(self, described: Described, draft: Draft, log: Log, call: Call) -> None:
        self.draft = draft
        self._resources = {resource.name: resource for resource in described.resources}
        self._collections = {one.name: one for one in described.collections}
        self._log = log
        self._now = call.now
        self._call = ObjectCall(call, draft.store)
        self._warnings: list[str] = []
        self._places = Places(partial(find_last, draft.store))
        self._relations = Relations()

    def find(self, collection: str) -> Resource:
        """Return the resource of a collection."""
        return self._resources[collection]

    def take(self, item: Item, count: int, *, is_last: bool = True) -> bool:
        """Merge an object; return whether the object has an effect.

        Args:
            item: The object.
            count: The number of objects in the file.
            is_last: Whether the log tells problems; a later try may succeed.
        """
        self._warnings.clear()
        try:
            collection = self._collections.get(item.kind.collection)
            if collection is not None:
                self._merge_entries(collection, item)
            else:
                self._merge(self._resources[item.kind.collection], item)
        except (ValueError, Fault) as error:
            if is_last:
                self._tell_warnings(item, count)
                self._log.report("DATAERROR", item, count, str(error))
            return False
        self._tell_warnings(item, count)
        return True

    def _tell_warnings(self, item: Item, count: int) -> None:
        for problem in self._warnings:
            self._log.report("DATAWARNING", item, count, problem)

    def _merge(self, resource: Resource, item: Item) -> None:
        if item.problem:
            raise ValueError(item.problem)
        if item.deleted and self._is_open(resource, item):
            self._delete_all(resource, item)
            return
        for above in resource.ancestors:
            key = item.key[: len(above.keys)]
            above.find(self.draft.store, key)
        if item.deleted:
            self._delete(resource, item.key)
        else:
            self._write(resource, item)
        for name in item.replaced:
            records = self.draft.store.scan(
                name, 0, self.draft.store.count(name, item.key), item.key
            )
            for record in records.records:
                self._delete(self._resources[name], record.key)

    def _merge_entries(self, collection: Collection, item: Item) -> None:
        """Merge a custom object or a preference.

        Raises:
            ValueError: The object is not valid.
        """
        object_type, store = find_object_type(item), self.draft.store
        is_object = collection.name == CUSTOM_OBJECTS
        definitions = CUSTOM_DEFINITIONS if is_object else DEFINITIONS
        declared: dict[str, Property | None] = {}
        for name in dict.fromkeys(name for name, _, _ in item.custom):
            found = store.get(definitions, (object_type, name))
            declared[name] = make_property(found.properties) if found else None
        self._report_undefined(declared if is_object else {})
        properties = attribute.check(item.resolve(attribute.find_types(item, declared)), declared)
        site = properties.get("site_id")
        if site is not None and store.get("sites", (site,)) is None:
            raise ValueError(f"there is no site '{site}'")
        keys = self._find_key(object_type) if is_object else {}
        for entry in expand(item, properties, keys):
            self._put_entry(collection, collection.decode(entry), deletes=item.deleted)

    def _find_key(self, object_type: str) -> dict[str, tuple[str, str]]:
        """Return id and value type of the key attribute of a custom object type."""
        store = self.draft.store
        count = store.count(CUSTOM_DEFINITIONS, (object_type,))
        found = store.scan(CUSTOM_DEFINITIONS, 0, count, (object_type,)).records
        keys = [(one.key[-1], str(one.get("value_type"))) for one in found if one.get("key")]
        return {object_type: keys[0]} if keys else {}

    def _put_entry(self, collection: Collection, record: Record, *, deletes: bool) -> None:
        name, before = collection.name, self.draft.store.get(collection.name, record.key)
        if deletes and before is None:
            raise ValueError("there is no such object to delete")
        if deletes:
            self.draft.delete(name, record.key)
            return
        dates = {}
        properties = merge(thaw(before.properties if before else {}), record.properties)
        if before is not None and Record(record.key, properties) == before:
            return
        if name == CUSTOM_OBJECTS:
            dates = {"creation_date": properties.get("creation_date", self._now)}
            dates["last_modified"] = self._now
        self.draft.put(name, Record(record.key, {**properties, **dates}))

    def _report_undefined(self, declared: Mapping[str, Property | None]) -> None:
        for name, found in declared.items():
            if found is None:
                self._warnings.append(f"custom attribute '{name}' is not defined")

    def _is_open(self, resource: Resource, item: Item) -> bool:
        """Return whether a deletion leaves out ids; a look at all documents takes its time."""
        is_open = bool(item.kind.wildcards) and "" in item.key
        return is_open and self.draft.store.get(resource.name, item.key) is None

    def _delete_all(self, resource: Resource, item: Item) -> None:
        """Remove the documents of a site that a deletion is about.

        Raises:
            ValueError: There is none.
        """
        store, site = self.draft.store, item.key[:1]
        records = store.scan(resource.name, 0, store.count(resource.name, site), site).records
        fitting = [record.key for record in records if item.fits(record.key)]
        if not fitting:
            raise ValueError("there is no such object to delete")
        for key in fitting:
            self._delete(resource, key)

    def _delete(self, resource: Resource, key: Key) -> None:
        before = self.draft.store.get(resource.name, key)
        if before is None:
            raise ValueError("there is no such object to delete")
        with self._call.watching() as watched:
            changes = self._list_effects(resource, before, None, {})
        self.draft.expect(watched)
        self.draft.delete(resource.name, key)
        self._make(changes)
        self._index(resource, before, None)
        for child in self._resources.values():
            if resource.name in (above.name for above in child.ancestors):
                self.draft.clear(child.name, key)
            for name, target in child.references.items():
                if target == resource.name:
                    self._drop_references(child, name, key[-1])
        if resource.name == "sites":
            self._drop_values_of_site(key[-1])
            if self.draft.store.get(LIBRARIES, key) is not None:
                self._delete(self._resources[LIBRARIES], key)

    def _drop_references(self, resource: Resource, name: str, removed: str) -> None:
        """Remove the id of a removed document from a property of all documents.

        A document with the property as a part of its key is removed.
        """
        computed = name in resource.computed
        collection = resource.computed_collections[name] if computed else resource.name
        count = self.draft.store.count(collection)
        for record in self.draft.store.scan(collection, 0, count).records:
            value = record.get(name)
            ids = [value] if isinstance(value, str) else list(value or ())
            if removed not in ids:
                continue
            others = [one for one in ids if one != removed]
            if not others and (computed or name in resource.keys):
                self.draft.delete(collection, record.key)
                continue
            rest = {n: v for n, v in record.properties.items() if n != name}
            kept = {name: others} if others else {}
            self.draft.put(collection, Record(record.key, {**thaw(rest), **kept}))

    def _drop_values_of_site(self, site: str) -> None:
        """Remove the values and objects of a removed site, and remove the site from catalogs."""
        for collection, index in ((PREFERENCE_VALUES, -1), (CUSTOM_OBJECTS, 1), (RULES_NAME, 0)):
            count = self.draft.store.count(collection)
            for record in self.draft.store.scan(collection, 0, count).records:
                if record.key[index] == site:
                    self.draft.delete(collection, record.key)
        for catalog in self.draft.store.scan(CATALOGS, 0, self.draft.store.count(CATALOGS)).records:
            assigned = {one["id"] for one in catalog.get(ASSIGNED_SITES) or ()}
            if site in assigned:
                self.draft.put(CATALOGS, assign_sites(catalog, assigned - {site}))

    def _write(self, resource: Resource, item: Item) -> None:
        before = self.draft.store.get(resource.name, item.key)
        changes = self._read(resource, item)
        self._leave_out_unresolved(resource, item, changes)
        is_primary = self._settle(resource, item, before, changes)
        if before is not None:
            _drop(changes, (field for field in item.kind.fields if field.computed))
        stored = thaw(before.properties if before else {})
        drop_unchanged(self.draft.store, resource.name, stored, changes)
        if item.kind.replaces:
            _drop(stored, item.kind.fields)
        whole = (resource.stored or resource.document).decode_stored(merge(stored, changes))
        sent = {name: whole[name] for name in changes if name in whole}
        properties = self._derive(resource, before, whole, sent)
        winning = _pick(changes, item.kind.fields)
        properties = merge(properties, winning)
        if before is not None and _make_record(resource, item, properties) == before:
            return
        record = _make_record(resource, item, properties, self._now, created=before is None)
        record = Record(item.key, merge(record.properties, winning))
        if item.kind.refers:
            self._check_references(resource, record)
        if item.kind.checked:
            self._make(self._list_effects(resource, before, record, sent))
        if resource.name == CUSTOM_DEFINITIONS and record.get("key"):
            self._check_key_attribute(record)
        self.draft.put(resource.name, record)
        self._index(resource, before, record)
        if resource.name == CUSTOM_TYPES and before is None:
            self._add_platform_attributes(item.key[0])
        if is_primary:
            self._set_primary(item.key)

    def _leave_out_unresolved(
        self, resource: Resource, item: Item, changes: dict[str, Any]
    ) -> None:
        """Leave references to missing documents out of the properties that are given up (IMP-5)."""
        records = StoreRecords(self.draft.store)
        for name in item.kind.unresolved[: self.given_up]:
            target, value = {name: resource.references[name]}, changes.get(name)
            kept = []
            for one in value if isinstance(value, list) else [value]:
                alone = [one] if isinstance(value, list) else one
                found = find_dangling(target, Record(item.key, {name: alone}), records)
                problem = next(found, None)
                if problem is None:
                    kept.append(one)
                else:
                    self._warnings.append(problem)
            if isinstance(value, list):
                changes[name] = kept
            elif not kept:
                del changes[name]

    def _check_references(self, resource: Resource, record: Record) -> None:
        """Check the references of a document.

        Raises:
            ValueError: A referenced document is missing.
        """
        for problem in find_dangling(resource.references, record, StoreRecords(self.draft.store)):
            raise ValueError(problem)

    def _settle(
        self, resource: Resource, item: Item, before: Record | None, changes: dict[str, Any]
    ) -> bool:
        """Give an assignment a position, and take the variants out of a master.

        Returns:
            Whether the category of the assignment is the primary category of the product.
        """
        if resource.name == PRODUCTS:
            self._relations.take(changes)
        if resource.name == ASSIGNMENTS and POSITION in changes:
            changes[POSITION] = self._places.settle(
                item.key, changes[POSITION], before.get(POSITION) if before else None
            )
        return bool(changes.pop(PRIMARY, False))

    def _index(self, resource: Resource, before: Record | None, after: Record | None) -> None:
        """Keep the records of further collections up to date that a document implies."""
        if resource.index is None:
            return
        old, new = (resource.index([one] if one else []) for one in (before, after))
        for name in {*old, *new} - self._resources.keys():
            kept = {one.key for one in new.get(name, ())}
            for one in old.get(name, ()):
                if one.key not in kept:
                    self.draft.delete(name, one.key)
            for one in new.get(name, ()):
                self.draft.put(name, one)

    def relate(self) -> None:
        """Set the variants and variation groups of masters. All other products become plain."""
        resource = self._resources[PRODUCTS]
        for change in relate_products(self.draft.store, self._relations):
            before = self.draft.store.get(PRODUCTS, change.key)
            self.draft.put(PRODUCTS, change)
            self._index(resource, before, change)
        for master_id, member, _, _ in self._relations.list_members():
            if self.draft.store.get(PRODUCTS, (member,)) is None:
                problem = f"product '{master_id}': variations: there is no '{member}' in products"
                self._log.add_problem(f"[DATAWARNING] {problem}")

    def _set_primary(self, assignment: Key) -> None:
        """Make the category of an assignment the primary category of the product."""
        product = self.draft.store.get(PRODUCTS, assignment[2:])
        if product is not None:
            changed = product.amend({"primary_category_id": assignment[1]})
            self.draft.put(PRODUCTS, changed)

    def _check_key_attribute(self, record: Record) -> None:
        """Check the key attribute of a type: an older one stays, with objects the value type, too.

        Raises:
            Fault: KEY_READ_ONLY, or CREATE_FAILED for a member that contradicts the definition.
        """
        object_type, name = record.key
        key, value_type = self._find_key(object_type).get(object_type, (name, ""))
        has_objects = bool(self.draft.store.count(CUSTOM_OBJECTS, (object_type,)))
        if key != name or (has_objects and value_type != record.get("value_type")):
            raise KEY_READ_ONLY(key)
        if any(list_contradictions(record.properties)):
            raise CREATE_FAILED(name)

    def _add_platform_attributes(self, object_type: str) -> None:
        """Give a new custom object type the attributes of every type."""
        resource = self._resources[CUSTOM_DEFINITIONS]
        collection = resource.fixtures()
        for entry in list_platform_attributes(object_type):
            own = collection.decode(entry)
            record = resource.record(own.key, own.properties, self._now, created=True)
            self.draft.put(resource.name, record)

    def _list_effects(
        self,
        resource: Resource,
        before: Record | None,
        after: Record | None,
        sent: Mapping[str, Any],
    ) -> Sequence[Change]:
        """Return the further changes of a write.

        Raises:
            Fault: The resource refuses the write.
        """
        record = after or before
        if resource.effects is None or record is None:
            return ()
        method = "DELETE" if after is None else "PATCH" if before else "PUT"
        self._call.aim(resource, method, record.key, sent)
        shown = (one.properties if one else None for one in (before, after))
        return tuple(resource.effects(self._call, *shown))

    def _make(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self.draft.make(change)

    def _derive(
        self,
        resource: Resource,
        before: Record | None,
        whole: dict[str, Any],
        sent: Mapping[str, Any],
    ) -> dict[str, Any]:
        if resource.derive is None:
            return whole
        if before is None:  # as an entry of a data set
            return resource.derive(whole, whole, {}, self._now)
        return resource.derive(before.properties, whole, sent, self._now)

    def _read(self, resource: Resource, item: Item) -> dict[str, Any]:
        """Return the properties of an object, with the defined custom attributes only.

        Raises:
            ValueError: A value is not of the type.
        """
        store, document = self.draft.store, resource.document.type_name
        names = dict.fromkeys(name for name, _, _ in item.custom)
        declared = {name: find_declared(store, document, f"c_{name}") for name in names}
        self._report_undefined(declared)
        properties = item.resolve(attribute.find_types(item, declared))
        fields = resource.document.fields
        own = {n: v for n, v in properties.items() if n in fields or n not in resource.keys}
        return attribute.check(own, declared)


def _make_record(
    resource: Resource, item: Item, properties: Properties, now: str = "", *, created: bool = False
) -> Record:
    """Return the record of an object. An optional id without a value is left out."""
    record = resource.record(item.key, properties, now, created=created)
    absent = {name for name in item.kind.optional if not record.get(name)} - properties.keys()
    if not absent:
        return record
    return Record(item.key, {n: v for n, v in record.properties.items() if n not in absent})


def _is_same(before: Record, after: Record) -> bool:
    """Return True if two documents are equal, apart from the date of the last change."""
    undated = dict.fromkeys(("last_modified",))
    return before.amend(undated) == after.amend(undated)


def _drop(changes: dict[str, Any], fields: Iterable[Field]) -> None:
    for one in fields:
        changes.pop(one.target[0], None)


def _pick(changes: Mapping[str, Any], fields: Iterable[Field]) -> dict[str, Any]:
    """Return the values with precedence over computed values."""
    picked: dict[str, Any] = {}
    for one in fields:
        value: Any = changes
        for name in one.target:
            value = value.get(name) if isinstance(value, Mapping) else None
        if one.wins and value is not None:
            for name in reversed(one.target):
                value = {name: value}
            picked = merge(picked, value)
    return picked
