"""Documents for tests: the caller names a few properties, and required ones are added."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from marshmallow import missing

from emulator.clock import render_instant
from emulator.fixture.data_set import Collection
from emulator.fixture.reference import KeyOf, SameSite, StoreRecords, find_dangling
from emulator.ocapi.data_api import DataApi
from emulator.ocapi.resource import Resource
from emulator.ocapi.schema.custom import find_declared
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Localized,
    Number,
    Property,
    String,
)
from emulator.store import Key, Presence, Put, Record, StateConflict, Store
from emulator.workspace.workspace import Workspace

WORDS = {
    "application_context_path": "/test",
    "country_code": "US",
    "currency_mnemonic": "USD",
    "email": "robin.sample@example.com",
    "expiration_date": "2099-01-01T00:00:00.000Z",
    "first_name": "Robin",
    "last_name": "Sample",
    "login": "robin",
    "methods": "get",
    "resource_id": "/sites",
    "value_type": "string",
}
"""Believable values of properties, by name."""
VALUE_TYPE = "value_type"
"""The property of an attribute definition that data sets may leave out, and requests not."""
PASSWORD = "password"  # noqa: S105 - the name of a property
"""The property that no answer shows."""

OCAPI_CONFIGS, SITES = "ocapi_configs", "sites"
SLOT_CONFIGURATIONS, CONTEXT_ID = "slot_configurations", "context_id"
CONTEXTS_WITH_ID = ("category", "folder")
ROOT = "root"
"""The id of the root category and of the root folder, a context of slot configurations."""
PARENT_PROPERTIES: Mapping[str, Mapping[str, Any]] = {
    "customer_group_members": {"type": "static"},
    "product_variation_attributes": {"type": {"master": True}},
}
"""The properties that a document above must have, by collection of the document below."""


def sketch_document(resource: Resource) -> dict[str, Any]:
    """Return believable values of the properties that a new document must have, without ids."""
    names = {*_list_required(resource.document), *resource.needed}.difference(resource.keys)
    fields = resource.document.fields
    return {name: _make_value(name, fields[name]) for name in sorted(names) if name in fields}


class FactoryError(ValueError):
    """A document cannot be created; the message has the reason."""


class Factory:
    """The creation of documents in a workspace.

    Args:
        api: The resources.
        workspace: The workspace.
    """

    def __init__(self, api: DataApi, workspace: Workspace) -> None:
        self._api = api
        self._clock = workspace.clock
        self._store = workspace.store
        self._described = {collection.name: collection for collection in api.described}

    def create(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Create a document; return the properties except passwords, and the ids above.

        The document is written as an entry of a data set is: read-only properties count, and rules
        for requests do not. Missing documents above and missing required properties are added.

        Args:
            name: The name of the document, such as ``inventory_list``, or of the collection.
            given: Properties, and ids of the documents above.

        Raises:
            FactoryError: The name is unknown, the properties are not valid, or there is such a
                document.
        """
        resource = self._find_resource(name)
        record = self._create(resource, given)
        # The entries of own collections name their ids in another way.
        is_own = resource.name in self._described
        ids = given if is_own else dict(zip(resource.keys, record.key, strict=False))
        ids = {n: v for n, v in ids.items() if v != resource.key_defaults.get(n)}
        made: dict[str, Any] = orjson.loads(
            orjson.dumps({**ids, **record.properties}, default=dict)
        )
        made.pop(PASSWORD, None)
        return made

    def _find_resource(self, name: str) -> Resource:
        reverse = self._api.resources[::-1]  # the first of several resources counts
        by_type = {resource.document.type_name: resource for resource in reverse}
        named = {resource.name: resource for resource in reverse} | by_type
        if name not in named:
            known = sorted(by_type)
            raise FactoryError(f"there is no document '{name}': use one of {', '.join(known)}")
        return named[name]

    def _create(self, resource: Resource, given: Mapping[str, Any]) -> Record:
        own = self._described.get(resource.name)
        entry = {**({} if own else self._add_missing(resource, given)), **given}
        _check_custom(self._store, resource, given)
        fixtures = own or resource.fixtures()
        try:
            record = fixtures.decode(entry)
        except ValueError as error:
            raise FactoryError(f"{resource.document.type_name}: {error}") from error
        for problem in find_dangling(fixtures.references, record, StoreRecords(self._store)):
            raise FactoryError(problem + _advise(resource, problem.partition(":")[0], given))
        now = render_instant(self._clock.now())
        dates = {} if own else resource.record(record.key, {}, now, created=True).properties
        record = Record(record.key, {**dates, **record.properties})
        arrange = fixtures.arrange or (lambda records: {resource.name: [*records]})
        unique = fixtures.unique(record) if fixtures.unique else None
        puts = []
        for collection, records in arrange([record]).items():
            for one in records:
                new = collection == resource.name or one.key == unique
                puts.append(Put(collection, one, Presence.ABSENT if new else Presence.ANY))
        if unique and all(put.record.key != unique for put in puts):  # no index has the value
            _check_unique(self._store, fixtures, unique)
        try:
            self._store.apply(*puts)
        except StateConflict as error:
            raise FactoryError(
                f"{resource.name} has {_name_taken(self._store, puts)} already"
            ) from error
        return record

    def _add_missing(self, resource: Resource, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the ids and the required properties that the caller leaves out."""
        added: dict[str, Any] = {}
        if resource.parent is not None:
            names = resource.keys[: len(resource.parent.keys)]
            wanted = PARENT_PROPERTIES.get(resource.name, {})
            above = self._find_above(resource.parent, given, names, wanted)
            added |= dict(zip(names, above, strict=True))
        for target in resource.references.values():
            if isinstance(target, KeyOf) and given.keys().isdisjoint(target.names):
                key = self._create_or_find(target.collection)
                added |= dict(zip(target.names, key, strict=True))
        document = resource.stored or resource.document
        required = {*_list_required(document), *resource.needed} - {resource.key}
        for name in sorted(required.difference(given, added)):
            declared: Any = document.fields[name]
            collection = resource.references.get(name)
            if isinstance(collection, str):
                id_ = self._create_or_find(collection)[-1]
                added[name] = [id_] if isinstance(declared, Array) else id_
            else:
                added[name] = _make_value(name, declared)
        known = {**resource.key_defaults, **added, **given}
        if resource.key not in {**added, **given}:
            outer = (known.get(name) for name in resource.keys[:-1])
            ids = tuple(id_ for id_ in outer if isinstance(id_, str))
            added[resource.key] = self._find_new_id(resource, ids)
        if resource.name == SLOT_CONFIGURATIONS and known.get("context") in CONTEXTS_WITH_ID:
            added[CONTEXT_ID] = ROOT
        return added

    def _find_above(
        self,
        parent: Resource,
        given: Mapping[str, Any],
        names: tuple[str, ...],
        wanted: Mapping[str, Any],
    ) -> Key:
        """Return the key of the document above: the named one, the first possible, or a new one.

        Args:
            parent: The resource of the document above.
            given: The properties from the caller.
            names: The names of the ids of the document above, outermost first.
            wanted: The properties of a possible document above.

        Raises:
            FactoryError: The caller names a document above that does not exist.
        """
        store = self._store
        if names[-1] not in given:
            known = {i: given[name] for i, name in enumerate(names[:-1]) if name in given}
            above = tuple(known.values()) if len(known) == len(names) - 1 else ()
            for record in store.scan(
                parent.name, 0, store.count(parent.name, above), above
            ).records:
                if all(record.get(name) == value for name, value in wanted.items()):
                    return record.key
            ids = {parent.keys[i]: id_ for i, id_ in known.items()}
            return self._create(parent, {**ids, **wanted}).key
        grand = parent.parent
        above = self._find_above(grand, given, names[:-1], {}) if grand else ()
        key = (*above, given[names[-1]])
        if not isinstance(key[-1], str) or store.get(parent.name, key) is None:
            raise FactoryError(f"{names[-1]}: there is no '{given[names[-1]]}' in {parent.name}")
        return key

    def _create_or_find(self, collection: str) -> Key:
        """Return the key of the first document of a collection, or of a new document."""
        first = self._store.scan(collection, 0, 1).records
        record = first[0] if first else self._create(self._find_resource(collection), {})
        return record.key

    def _find_new_id(self, resource: Resource, above: Key) -> str:
        """Return an id that no document has: a free value of the property, or a new id."""
        store, reference = self._store, resource.references.get(resource.key)
        if resource.name == OCAPI_CONFIGS:
            return self._find_site()
        site = above[:1] if isinstance(reference, SameSite) else ()
        collection = reference.collection if isinstance(reference, SameSite) else reference
        values: Iterable[str] = getattr(resource.document.fields[resource.key], "values", ())
        if isinstance(collection, str):
            records = store.scan(collection, 0, store.count(collection, site), site).records
            values = (record.key[-1] for record in records)
        for value in values:
            if store.get(resource.name, (*above, value)) is None:
                return value
        if isinstance(collection, str):
            referenced = self._find_resource(collection)
            record = self._create(referenced, dict(zip(referenced.keys, site, strict=False)))
            return record.key[-1]
        return _make_id(store, resource, above)

    def _find_site(self) -> str:
        """Return the id of a site without a configuration of the OCAPI."""
        store = self._store
        configs = store.scan(OCAPI_CONFIGS, 0, store.count(OCAPI_CONFIGS)).records
        taken = {record.key[-1] for record in configs}
        sites = store.scan(SITES, 0, store.count(SITES)).records
        free = (site.key[-1] for site in sites if site.key[-1] not in taken)
        return next(free, "") or self._create(self._find_resource(SITES), {}).key[-1]


def _advise(resource: Resource, name: str, given: Mapping[str, Any]) -> str:
    """Return the end of a message about a reference: the ids that the caller leaves out."""
    if name in given:
        return ""
    absent = [f"'{one}'" for one in dict.fromkeys((*resource.keys, name)) if one not in given]
    return f"; give {', '.join(absent)}"


def _check_unique(store: Store, collection: Collection, unique: Key) -> None:
    """Check that no document shares the value of a new document.

    Raises:
        FactoryError: A document has the value.
    """
    name = collection.name
    for other in store.scan(name, 0, store.count(name)).records:
        if collection.unique and collection.unique(other) == unique:
            key = "/".join(other.key)
            raise FactoryError(f"{name}: shares '{'/'.join(unique)}' with '{key}'")


def _name_taken(store: Store, puts: Iterable[Put]) -> str:
    """Return the ids and unique values of a refused document that other documents have."""
    new = [put for put in puts if put.expected is Presence.ABSENT]
    taken = [put for put in new if store.get(put.collection, put.record.key)]
    # Without any, another request has deleted the other document meanwhile.
    return " and ".join(f"'{'/'.join(put.record.key)}'" for put in taken or new)


def _make_id(store: Store, resource: Resource, above: Key) -> str:
    """Return an id that no document has, such as ``product-12``."""
    stem = resource.document.type_name.replace("_", "-")
    number = store.count(resource.name, above) + 1
    while store.get(resource.name, (*above, f"{stem}-{number}")) is not None:
        number += 1
    return f"{stem}-{number}"


def _list_required(document: Document) -> Iterator[str]:
    for name, declared in document.fields.items():
        if name == VALUE_TYPE or (declared.required and declared.load_default is missing):
            yield name


def _make_value(name: str, declared: Any) -> Any:
    """Return a believable value of a property."""
    if isinstance(declared, Embedded):
        fields = declared.document.fields
        return {
            inner: _make_value(inner, fields[inner]) for inner in _list_required(declared.document)
        }
    if isinstance(declared, Array):
        return [_make_value(name, declared.inner)]
    text = WORDS.get(name) or f"{name.replace('_', ' ').capitalize()} of a test"
    if name.endswith("_id") and name not in WORDS:
        text = f"test-{name.removesuffix('_id').replace('_', '-')}"
    listed = getattr(declared, "values", ("",))
    values: dict[type[Property], Any] = {
        Enumeration: text if text in listed else listed[0],
        Boolean: True,
        Number: max(getattr(declared, "minimum", None) or 0, 1),
        DateTime: WORDS.get(name, "2026-01-01T00:00:00.000Z"),
        Localized: {"default": text},
        String: text[: getattr(declared, "max_length", None)],
    }
    return next((value for kind, value in values.items() if isinstance(declared, kind)), {})


def _check_custom(store: Store, resource: Resource, given: Mapping[str, Any]) -> None:
    """Check the custom properties against the declarations.

    Raises:
        FactoryError: A custom property is not declared, or has another type.
    """
    name = resource.document.type_name
    for custom in filter(resource.document.takes, given):
        declared = find_declared(store, name, custom)
        if declared is None:
            raise FactoryError(f"{name}: the custom property '{custom}' is not declared")
        try:
            declared.deserialize(given[custom])
        except ValueError as error:
            raise FactoryError(f"{name}: '{custom}' has another type than declared") from error
