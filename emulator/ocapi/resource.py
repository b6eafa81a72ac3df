"""Resources as values: a declaration has all facts for the protocol."""

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

METHODS_BY_VERB: dict[Verb, str] = {
    "list": "GET",
    "read": "GET",
    "create": "PUT",
    "update": "PATCH",
    "delete": "DELETE",
    "search": "POST",
}
METHOD_ORDER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
COLLECTION_VERBS: tuple[Verb, ...] = ("list",)
CREATION_DATE, MODIFICATION_DATE = "creation_date", "last_modified"


@dataclass(frozen=True, kw_only=True)
class Search:
    """The search of a resource.

    Attributes:
        path: The path below the version.
        result: The schema of the result.
        fields: The fields for queries and sorts.
        faults: The documented faults, besides the faults of every search.
    """

    path: str
    result: SearchResult
    fields: Mapping[str, SearchField]
    faults: tuple[FaultType, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource of the Data API.

    Attributes:
        path: The path below the version, such as ``inventory_lists``; also the name of the
            collection in the store and in fixtures.
        aliases: Further paths of the collection; the documents have no further paths.
        document: The schema of a document.
        collection: The schema of a page of documents.
        key: The name of the id property.
        parameter: The name of the path parameter; empty for the name of the id property.
        verbs: The served verbs.
        not_found: The fault of a missing document. The first argument is the id, a second one the
            parent's id. Only the order counts, the names are free.
        duplicate: The fault of PUT for an existing document, with the same arguments. The
            observed dialect replaces nevertheless. None if PUT always replaces the document.
        parent: The resource above, if any; a resource without a parent of its own.
        parent_key: The property with the parent's id, also the name of the path parameter.
        deletes_missing: Whether DELETE of a missing document succeeds.
        derive: Returns all properties of a written document. The arguments are the properties
            before the write (None for a new document), the properties after the write, the
            properties in the request, and the time.
        search: The search, None for a resource without a search.
        expansions: The valid values of ``expand``.
        required: Whether every data set must have a document.
        survives_empty_reset: Whether a workspace still has the documents after a reset to no data.
        references: The referenced collections by property. The property holds an id or several ids.
        computed: Read-only properties that only data sets give, and that stay when the document
            is deleted (INV-7). A property that goes with the document is just ``read_only``.

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
    survives_empty_reset: bool = False
    references: Mapping[str, str] = field(default_factory=dict)
    computed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.document.fields.get(self.key), String):
            problem = f"{self.path}: the key '{self.key}' is not a string of the document"
            raise ValueError(problem)  # noqa: TRY004 - the declaration has a mistake
        if self.parent and not isinstance(self.document.fields.get(self.parent_key), String):
            problem = f"{self.path}: the document has no string '{self.parent_key}'"
            raise ValueError(f"{problem} for the id of the parent '{self.parent.path}'")
        self._check_parent()
        missing = {*self.references, *self.computed}.difference(self.document.fields)
        if missing:
            raise ValueError(f"{self.path}: the document has no property '{min(missing)}'")
        for fault in self.faults:
            if not 1 <= len(fault.arguments) <= len(self.keys):
                count = len(fault.arguments)
                problem = f"{self.path}: {fault.type} has {count} arguments, but takes the id"
                raise ValueError(f"{problem}, then the parent's id if there is a parent")

    def _check_parent(self) -> None:
        """Refuse declarations that nothing would serve.

        Raises:
            ValueError: The parent has a parent itself, or a resource with a parent has a search.
        """
        if self.parent and self.parent.parent:
            problem = f"{self.path}: the parent '{self.parent.path}' has a parent itself"
            raise ValueError(f"{problem}: two levels are not supported")
        if self.parent and self.search:
            raise ValueError(f"{self.path}: a search below a parent is not supported")

    @property
    def faults(self) -> tuple[FaultType, ...]:
        """The own faults of the resource."""
        return (self.not_found, self.duplicate) if self.duplicate else (self.not_found,)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The id properties in the path, outermost first."""
        return (self.parent_key, self.key) if self.parent else (self.key,)

    @property
    def template(self) -> tuple[str, ...]:
        """The segments of the collection's path; ids are in braces."""
        if self.parent is None:
            return (self.path,)
        return (*self.parent.template, f"{{{self.parent_key}}}", self.path)

    @property
    def document_template(self) -> tuple[str, ...]:
        """The segments of a document's path; ids are in braces."""
        return (*self.template, f"{{{self.parameter or self.key}}}")

    def locate(self, key: Key) -> str:
        """Return the path of a document below the version; of the collection for a parent's key."""
        return _fill(self.template if len(key) < len(self.keys) else self.document_template, key)

    def methods(self, *, of_collection: bool) -> dict[str, Verb]:
        """Return the verbs by method, of the collection's path or of a document's path."""
        return {
            method: verb
            for verb, method in METHODS_BY_VERB.items()
            if verb in self.verbs and (verb in COLLECTION_VERBS) == of_collection
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
        return tuple(
            n for n in (CREATION_DATE, MODIFICATION_DATE) if isinstance(fields.get(n), DateTime)
        )

    @cached_property
    def _dates_of_change(self) -> tuple[str, ...]:
        return tuple(name for name in self._dates_of_creation if name == MODIFICATION_DATE)

    def fixtures(self) -> FixtureCollection:
        """Return the description of the resource's collection in data sets."""
        return FixtureCollection(
            self.path,
            f"{self.path}.json",
            self._read_fixture,
            self.references,
            arrange=self._arrange,
            encode=self._encode,
            required=self.required,
            survives_empty_reset=self.survives_empty_reset,
        )

    def compute(self, store: Store, key: Key) -> dict[str, Any]:
        """Return the computed properties of a document."""
        computed = {}
        for name in self.computed:
            record = store.get(self._computed_collection(name), key)
            if record is not None:
                computed[name] = record.get(name)
        return computed

    def _computed_collection(self, name: str) -> str:
        """Return the store's collection of a computed property; survives the document."""
        return f"{self.path}.{name}"

    def _arrange(self, records: Iterable[Record]) -> dict[str, list[Record]]:
        apart: dict[str, list[Record]] = {name: [] for name in self.computed}
        stored = [self._set_apart(record, apart) for record in records]
        return {
            self.path: stored,
            **{self._computed_collection(name): apart[name] for name in apart},
        }

    def _set_apart(self, record: Record, apart: Mapping[str, list[Record]]) -> Record:
        """Move the computed properties of a record to ``apart``; return the other properties."""
        for name, others in apart.items():
            if name in record.names:
                record, computed = record.divide(name)
                others.append(computed)
        return record

    def _encode(self, store: Store, _: str) -> Iterator[Mapping[str, Any]]:
        for record in store.scan(self.path, 0, store.count(self.path)).records:
            yield {**record.properties, **self.compute(store, record.key)}

    def _read_fixture(self, entry: Any) -> Record:
        try:
            properties = self.document.decode_stored(entry)
        except ValueError as error:
            raise ValueError("; ".join([*self._report_missing_ids(entry), str(error)])) from error
        try:
            key = tuple([properties[name] for name in self.keys])
        except KeyError as error:
            raise ValueError(f"has no {error}") from error
        derived = self.derive(properties, properties, {}, "") if self.derive else properties
        return Record(key, derived)

    def _report_missing_ids(self, entry: Any) -> list[str]:
        """Return a message for each missing id of an entry."""
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
    """Return methods in the form of the Allow header (MET-2)."""
    return ", ".join(sorted(methods, key=METHOD_ORDER.index))
