"""A resource is a value: what the protocol needs to know to serve one."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal

from emulator.fixture.data_set import Collection as FixtureCollection
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import Fault, FaultType
from emulator.ocapi.schema.fields import DateTime, String
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SearchResult
from emulator.ocapi.wire.url import MAX_CACHED_IDS, encode_segment
from emulator.store import Key, Record, Store

Properties = Mapping[str, Any]
Derive = Callable[[Properties | None, dict[str, Any], Properties, str], dict[str, Any]]
Verb = Literal["list", "read", "create", "update", "delete", "search"]

METHODS: dict[Verb, str] = {
    "list": "GET",
    "read": "GET",
    "create": "PUT",
    "update": "PATCH",
    "delete": "DELETE",
    "search": "POST",
}
METHOD_ORDER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OF_COLLECTION: tuple[Verb, ...] = ("list",)
CREATED, MODIFIED = "creation_date", "last_modified"


@dataclass(frozen=True, kw_only=True)
class Search:
    """How the documents of a resource are searched.

    Attributes:
        path: The path below the version.
        result: The schema of what is found.
        fields: What can be searched and sorted by.
        faults: What it is documented to answer besides what every search may.
    """

    path: str
    result: SearchResult
    fields: Mapping[str, SearchField]
    faults: tuple[FaultType, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of the Data API.

    Attributes:
        path: Its path below the version, such as ``inventory_lists``; also the collection's
            name in the store and in fixtures.
        aliases: Further paths of the collection alone.
        document: The schema of one.
        collection: The schema of a page of them.
        key: The property that is its id.
        parameter: The name of the path parameter, if it is not that of the property.
        verbs: What can be done with it.
        not_found: The fault when there is none with the id, which is its one argument.
        duplicate: The fault when there is one already, likewise; None where PUT replaces it.
        parent: The resource that it is below.
        parent_key: The property that is the parent's id and the name of its path parameter.
        deletes_missing: Whether DELETE of what is not there is done rather than refused.
        derive: Returns all properties of a document that is written, from those it had before
            (None if it was not there), those it gets, those the request sets, and the time.
        search: How they are searched, None if they are not.
        expansions: What ``expand`` can name.
        required: Whether a data set without any is refused.
        kept: Whether a workspace without data has them nevertheless.
        references: Properties whose value or values are ids of another collection.
        computed: Properties that follow from other data, given by the fixtures (INV-7).

    Raises:
        ValueError: The declaration contradicts itself (at import).
    """

    path: str
    document: Document
    collection: Collection
    key: str
    verbs: frozenset[Verb]
    not_found: FaultType
    duplicate: FaultType | None = None
    parent: "Resource | None" = None
    parent_key: str = ""
    parameter: str = ""
    deletes_missing: bool = True
    derive: Derive | None = None
    aliases: tuple[str, ...] = ()
    search: Search | None = None
    expansions: tuple[str, ...] = ()
    required: bool = False
    kept: bool = False
    references: Mapping[str, str] = field(default_factory=dict)
    computed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.document.fields.get(self.key), String):
            told = f"{self.path}: key '{self.key}' is no string of the document"
            raise ValueError(told)  # noqa: TRY004 - it is the declaration that is wrong
        if self.parent and not isinstance(self.document.fields.get(self.parent_key), String):
            raise ValueError(f"{self.path}: '{self.parent_key}' is no string of the document")
        for fault in self.faults:
            if not 1 <= len(fault.arguments) <= len(self.keys):
                ids = " and ".join(self.keys[::-1])
                raise ValueError(f"{self.path}: the arguments of {fault.type} must be {ids}")

    @property
    def faults(self) -> tuple[FaultType, ...]:
        """The faults of its own."""
        return (self.not_found, self.duplicate) if self.duplicate else (self.not_found,)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The properties that are ids in the path, outermost first."""
        return (self.parent_key, self.key) if self.parent else (self.key,)

    @property
    def template(self) -> tuple[str, ...]:
        """The segments of the collection's path; those of ids are in braces."""
        if self.parent is None:
            return (self.path,)
        return (*self.parent.template, f"{{{self.parent_key}}}", self.path)

    @property
    def template_of_one(self) -> tuple[str, ...]:
        """The same of a document."""
        return (*self.template, f"{{{self.parameter or self.key}}}")

    def locate(self, key: Key) -> str:
        """Return the path of a document below the version; without its id, of its collection."""
        return _fill(self.template if len(key) < len(self.keys) else self.template_of_one, key)

    def methods(self, *, of_collection: bool) -> dict[str, Verb]:
        """Return the methods of the collection's or of one document's path, with their verbs."""
        return {
            method: verb
            for verb, method in METHODS.items()
            if verb in self.verbs and (verb in OF_COLLECTION) == of_collection
        }

    def record(
        self, key: Key, properties: Mapping[str, Any], now: str = "", *, created: bool = False
    ) -> Record:
        """Return the record of a document.

        Args:
            key: The ids, the document's last.
            properties: The properties; ids may be missing.
            now: The time of the write for the dates of the document; empty to leave the dates.
            created: Whether the write creates the document.
        """
        ids = dict(zip(self.keys[::-1], key[::-1], strict=False))
        names = self._dates_of_creation if created else self._dates_of_change
        dates = dict.fromkeys(names, now) if now else {}
        return Record(key, {**properties, **ids, **dates})

    @cached_property
    def _dates_of_creation(self) -> tuple[str, ...]:
        fields = self.document.fields
        return tuple(n for n in (CREATED, MODIFIED) if isinstance(fields.get(n), DateTime))

    @cached_property
    def _dates_of_change(self) -> tuple[str, ...]:
        return tuple(name for name in self._dates_of_creation if name == MODIFIED)

    def fixtures(self) -> FixtureCollection:
        """Return how the resource's fixtures are read."""
        return FixtureCollection(
            self.path,
            f"{self.path}.json",
            self._read_fixture,
            self.references,
            arrange=self._arrange,
            encode=self._encode,
            required=self.required,
            kept=self.kept,
        )

    def compute(self, store: Store, key: Key) -> dict[str, Any]:
        """Return the computed properties of a document."""
        computed = {}
        for name in self.computed:
            record = store.get(f"{self.path}.{name}", key)
            if record is not None:
                computed[name] = record.get(name)
        return computed

    def _place_of(self, name: str) -> str:
        """Return the store's collection of a computed property, which outlasts the document."""
        return f"{self.path}.{name}"

    def _arrange(self, records: Iterable[Record]) -> dict[str, list[Record]]:
        apart: dict[str, list[Record]] = {name: [] for name in self.computed}
        kept = [self._set_apart(record, apart) for record in records]
        return {self.path: kept, **{self._place_of(name): apart[name] for name in apart}}

    def _set_apart(self, record: Record, apart: Mapping[str, list[Record]]) -> Record:
        """Add the computed properties of a record to those of others; return it without them."""
        kept = record
        for name, others in apart.items():
            if name in kept.names:
                kept, computed = kept.divide(name)
                others.append(computed)
        return kept

    def _encode(self, store: Store, _: str) -> Iterator[Mapping[str, Any]]:
        for record in store.scan(self.path, 0, store.count(self.path)).records:
            yield {**record.properties, **self.compute(store, record.key)}

    def _read_fixture(self, entry: Any) -> Record:
        try:
            properties = self.document.decode_stored(entry)
        except ValueError as error:
            raise ValueError("; ".join([*self._miss_ids(entry), str(error)])) from error
        try:
            key = tuple([properties[name] for name in self.keys])
        except KeyError as error:
            raise ValueError(f"has no {error}") from error
        derived = self.derive(properties, properties, {}, "") if self.derive else properties
        return Record(key, derived)

    def _miss_ids(self, entry: Any) -> list[str]:
        """Return what is to be said of ids that an entry lacks."""
        names = self.keys if isinstance(entry, dict) else ()
        return [f"has no '{name}'" for name in names if name not in entry]


@lru_cache(MAX_CACHED_IDS)
def _fill(template: tuple[str, ...], key: Key) -> str:
    ids = iter(key)
    named = (next(ids) if segment.startswith("{") else segment for segment in template)
    return "/".join(map(encode_segment, named))


def fault_of(kind: FaultType, key: Key) -> Fault:
    """Return a fault with the ids of a document as arguments, the innermost id first."""
    return kind(*key[::-1][: len(kind.arguments)])


def list_methods(methods: Iterable[str]) -> str:
    """Return methods as the Allow header has them (MET-2)."""
    return ", ".join(sorted(methods, key=METHOD_ORDER.index))
