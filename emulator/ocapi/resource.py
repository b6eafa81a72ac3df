"""Resources as values: a declaration has all facts for the protocol."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Literal

from emulator.fixture.data_set import Collection as FixtureCollection
from emulator.fixture.reference import Target
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import ID_CONFLICT, Fault, FaultType
from emulator.ocapi.schema.fields import DateTime, Enumeration, Property, String
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SearchResult
from emulator.ocapi.wire.url import MAX_CACHED_IDS, encode_segment
from emulator.store import Change, Key, Record, Store

if TYPE_CHECKING:
    from emulator.ocapi.answer import Answer
    from emulator.ocapi.call import Call

Properties = Mapping[str, Any]
Derive = Callable[[Properties | None, dict[str, Any], Properties, str], dict[str, Any]]
View = Callable[["Call", Record], Properties]
SelectViewed = Callable[["Call", Sequence[Record]], Iterable[int]]
Effects = Callable[["Call", Properties | None, Properties | None], Iterable[Change]]
Verb = Literal["list", "add", "read", "create", "update", "delete", "search"]

METHODS_BY_VERB: dict[Verb, str] = {
    "list": "GET",
    "add": "POST",
    "read": "GET",
    "create": "PUT",
    "update": "PATCH",
    "delete": "DELETE",
    "search": "POST",
}
METHOD_ORDER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
COLLECTION_VERBS: tuple[Verb, ...] = ("list", "add")
CREATION_DATE, MODIFICATION_DATE = "creation_date", "last_modified"


@dataclass(frozen=True, kw_only=True)
class Search:
    """The search of a resource.

    Attributes:
        path: The path below the version, or below a document of the parent. A path with ids in
            braces is always a path below the version; the ids are those of the parents.
        result: The schema of the result.
        fields: The fields for queries and sorts.
        faults: The documented faults, besides the faults of every search.
    """

    path: str
    result: SearchResult
    fields: Mapping[str, SearchField]
    faults: tuple[FaultType, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation that no verb stands for. The function has all its rules.

    Attributes:
        method: The HTTP method.
        path: The path below the version, with ids in braces.
        answer: Answers a call. The docstring's first line is the summary in the Meta API.
        shows: The schema of the answered document, None for an answer without a document. A
            schema of a page brings the parameters ``start`` and ``count``.
        body: The schema of the request's document; None for an operation without a body.
        needs_body: Whether a request without the document is refused.
        expansions: The valid values of ``expand``.
        parameters: Further parameters of the query, for the description; the function reads them.
        creates: Whether the operation answers 201 where it creates a document.
        no_content: Whether the operation may answer 204 in place of the document.
        faults: The documented faults.
    """

    method: str
    path: str
    answer: "Callable[[Call], Answer]"
    shows: Document | None = None
    body: Document | None = None
    needs_body: bool = True
    expansions: tuple[str, ...] = ()
    parameters: Mapping[str, Property] = field(default_factory=dict)
    creates: bool = False
    no_content: bool = False
    faults: tuple[FaultType, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """A resource of the Data API. Each value is equal to itself only.

    Attributes:
        path: The path below the version or below the parent, such as ``inventory_lists``.
        name: The name of the collection in the store and in fixtures; empty for the path. Two
            resources with the same path below different parents need different names.
        aliases: Further paths of the collection; the documents have no further paths.
        document: The schema of a document.
        collection: The schema of a page of documents.
        key: The name of the id property.
        parameter: The name of the path parameter; empty for the name of the id property.
        verbs: The served verbs.
        not_found: The fault of a missing document. The arguments are the id and the parents' ids,
            the innermost first. Only the order counts, the names are free.
        duplicate: The fault of PUT for an existing document, with the same arguments. The
            observed dialect replaces nevertheless. None if PUT always replaces the document.
        refuses_existing: Whether the observed dialect refuses an existing document, too.
        duplicate_if_validated: The fault of PUT for an existing document in a request with
            ``x-dw-validate-existing: true``, with the same arguments.
        parent: The resource above, if any. There may be several levels.
        parent_key: The name of the path parameter with the parent's id. A document of a data set
            has a member of this name. Answers have the member if the document has the property.
        key_names: All properties of an id that the path does not tell, outermost first; the
            references of such a resource name the parent. Empty for the ids of the path.
        key_defaults: The ids for missing properties of ``key_names`` in entries of data sets.
        deletes_missing: Whether DELETE of a missing document succeeds.
        derive: Returns all properties of a written document. The arguments are the properties
            before the write (None for a new document), the properties after the write, the
            properties in the request, and the time.
        search: The search, None for a resource without a search.
        view: Returns properties that a document shows besides the stored ones; searches look at
            these properties, too. None in place of a value removes a property. Properties that the
            schema does not have are for searches only.
        viewed: Returns the indexes of the records that the view changes. Searches ask, so that
            they need not view each record. None for all records.
        effects: Called before a write with the properties before and after it, None for a missing
            document. Returns further changes of the store, or raises the fault of a refused
            write. Before a DELETE of a missing document both are None.
            A DELETE and a change of the id also expect the records that the function has looked up
            and the numbers of records that it has scanned; else they start again.
        after_delete: Called after a DELETE has removed a document.
        refusals: The faults that ``check``, ``derive`` and ``effects`` raise, by verb, for the
            description.
        records: Returns the records to list and to search, in place of the stored records. None
            for a collection that has no list: the answer is 204.
        no_content: Whether a collection may have no list, for the description.
        new_key: Returns the id of a document that POST creates.
        created_status: The status of a PUT that creates.
        renames: Whether PATCH may change the id.
        delete_shows: Whether DELETE answers the deleted document.
        operations: The operations that no verb stands for.
        index: Returns records of further collections of the store, made from all records of a data
            set. Writes have to keep these records up to date.
        expansions: The valid values of ``expand``.
        needed: The properties, besides the id, that a document of a data set must have.
        parameters: Further parameters of the query, for the description of the verbs list and read.
        read_parameters: Further parameters of the verb read alone.
        check: Called before the document is looked for, with the parents found; also for documents
            below. Raises the fault of a call that the parents refuse.
        ignored: The properties that requests of a verb leave as they are, by verb.
        required: Whether every data set must have a document.
        stored: The schema of a document in data sets, where the document has more properties there.
        survives_empty_reset: Whether a workspace still has the documents after a reset to no data.
        references: The referenced collections by property, whose value is an id or several ids; or
            functions to the references of a record.
        unique: Returns a value, besides the key, that two documents must not share, or None. The
            check of a data set compares these values; ``effects`` compares the values of writes.
        computed: Read-only properties that only data sets give, and that stay when the document
            is deleted (INV-7). A property that goes with the document is just ``read_only``.

    Raises:
        TypeError: The document or the collection is none (at import).
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
    key_names: tuple[str, ...] = ()
    key_defaults: Mapping[str, str] = field(default_factory=dict)
    deletes_missing: bool = True
    derive: Derive | None = None
    aliases: tuple[str, ...] = ()
    search: Search | None = None
    expansions: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    parameters: Mapping[str, Property] = field(default_factory=dict)
    read_parameters: Mapping[str, Property] = field(default_factory=dict)
    check: "Callable[[Call], None] | None" = None
    ignored: Mapping[Verb, frozenset[str]] = field(default_factory=dict)
    required: bool = False
    stored: Document | None = None
    survives_empty_reset: bool = False
    references: Mapping[str, Target] = field(default_factory=dict)
    computed: tuple[str, ...] = ()
    name: str = ""
    refuses_existing: bool = False
    after_delete: "Callable[[Call], None] | None" = None
    duplicate_if_validated: FaultType | None = None
    view: View | None = None
    viewed: SelectViewed | None = None
    effects: Effects | None = None
    refusals: Mapping[Verb, tuple[FaultType, ...]] = field(default_factory=dict)
    records: "Callable[[Call], Sequence[Record] | None] | None" = None
    no_content: bool = False
    new_key: "Callable[[Call], str] | None" = None
    created_status: int = 201
    unique: Callable[[Record], Key | None] | None = None
    renames: bool = False
    delete_shows: bool = False
    operations: tuple[Operation, ...] = ()
    index: "Callable[[Sequence[Record]], Mapping[str, Sequence[Record]]] | None" = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or self.path)
        for name in ("document", "collection"):
            if not isinstance(getattr(self, name), Document):
                raise TypeError(f"{self.path}: '{name}' is not a document, such as Locker()")
        if not isinstance(self.document.fields.get(self.key), (String, Enumeration)):
            problem = f"{self.path}: the key '{self.key}' is not a string of the document"
            raise ValueError(problem)  # noqa: TRY004 - the declaration has a mistake
        if bool(self.parent) != bool(self.parent_key) or len({*self.keys}) < len(self.keys):
            raise ValueError(f"{self.path}: each parent needs a 'parent_key' of its own")
        missing = {*self.references, *self.computed}.difference(self.document.fields)
        if missing:
            raise ValueError(f"{self.path}: the document has no property '{min(missing)}'")
        if ("add" in self.verbs) != (self.new_key is not None):
            raise ValueError(f"{self.path}: the verb 'add' and 'new_key' belong together")
        for fault in self.faults:
            if len(fault.arguments) > len(self.keys):
                count = len(fault.arguments)
                problem = f"{self.path}: {fault.type} has {count} arguments, but takes the id"
                raise ValueError(f"{problem}, then the parents' ids")

    @property
    def faults(self) -> tuple[FaultType, ...]:
        """The own faults of the resource, those of operations left out."""
        kinds = (self.not_found, self.duplicate, self.duplicate_if_validated)
        return tuple(kind for kind in kinds if kind is not None)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The id properties in the path, outermost first."""
        if self.key_names:
            return self.key_names
        if self.parent is None:
            return (self.key,)
        return (*self.parent.keys[:-1], self.parent_key, self.key)

    @cached_property
    def fixed_keys(self) -> tuple[str, ...]:
        """The id properties that PATCH can't change, outermost first."""
        return self.keys[:-1] if self.renames else self.keys

    @cached_property
    def ancestors(self) -> tuple["Resource", ...]:
        """The resources above, outermost first."""
        return (*self.parent.ancestors, self.parent) if self.parent else ()

    @cached_property
    def template(self) -> tuple[str, ...]:
        """The segments of the collection's path; ids are in braces."""
        if self.parent is None:
            return (self.path,)
        return (*self.parent.template, f"{{{self.parent_key}}}", self.path)

    @property
    def document_template(self) -> tuple[str, ...]:
        """The segments of a document's path; ids are in braces."""
        return (*self.template, f"{{{self.parameter or self.key}}}")

    @property
    def search_template(self) -> tuple[str, ...]:
        """The segments of the search's path; ids are in braces. Empty without a search."""
        path = self.search.path if self.search else ""
        if "{" in path:
            return tuple(path.split("/"))
        return (*self.template[:-1], path) if path else ()

    def find(self, store: Store, key: Key) -> Record:
        """Return a document.

        Raises:
            Fault: ``not_found``: there is no document with this key.
        """
        record = store.get(self.name, key)
        if record is None:
            raise fault_of(self.not_found, key)
        return record

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
        written = dict(properties)
        for name, index in self._own_keys:
            if key[index] != self.key_defaults.get(name):  # such an id is no property
                written[name] = key[index]
        if now:
            names = self._dates_of_creation if created else self.dates_of_change
            written |= dict.fromkeys(names, now)
        return Record(key, written)

    @cached_property
    def _dates_of_creation(self) -> tuple[str, ...]:
        fields = self.document.fields
        return tuple(
            n for n in (CREATION_DATE, MODIFICATION_DATE) if isinstance(fields.get(n), DateTime)
        )

    @cached_property
    def dates_of_change(self) -> tuple[str, ...]:
        """The dates that each change of the document sets."""
        return tuple(name for name in self._dates_of_creation if name == MODIFICATION_DATE)

    def fixtures(self) -> FixtureCollection:
        """Return the description of the resource's collection in data sets."""
        return FixtureCollection(
            self.name,
            f"{self.name}.json",
            self._read_fixture,
            self.references,
            self.parent.name if self.parent and not self.key_names else "",
            unique=self.unique,
            arrange=self._arrange,
            encode=self._encode,
            required=self.required,
            survives_empty_reset=self.survives_empty_reset,
        )

    def compute(self, store: Store, key: Key) -> dict[str, Any]:
        """Return the computed properties of a document."""
        computed = {}
        for name, collection in self.computed_collections.items():
            record = store.get(collection, key)
            if record is not None:
                computed[name] = record.get(name)
        return computed

    @cached_property
    def computed_collections(self) -> dict[str, str]:
        """The store's collections of the computed properties, which survive the documents."""
        return {name: f"{self.name}.{name}" for name in self.computed}

    def _arrange(self, records: Iterable[Record]) -> dict[str, Sequence[Record]]:
        apart: dict[str, list[Record]] = {name: [] for name in self.computed}
        whole = list(records) if self.index else ()
        stored = [self._set_apart(record, apart) for record in whole or records]
        arranged = {self.computed_collections[name]: apart[name] for name in apart}
        return {self.name: stored, **arranged, **(self.index(whole) if self.index else {})}

    def _set_apart(self, record: Record, apart: Mapping[str, list[Record]]) -> Record:
        """Move the computed properties of a record to ``apart``; return the other properties."""
        for name, others in apart.items():
            if name in record.names:
                record, computed = record.divide(name)
                others.append(computed)
        return record

    def _encode(self, store: Store, _: str) -> Iterator[Mapping[str, Any]]:
        for record in store.scan(self.name, 0, store.count(self.name)).records:
            ids = dict(zip(self.keys, record.key, strict=True))
            outer = {name: ids[name] for name in self._outer_keys}
            yield {**outer, **record.properties, **self.compute(store, record.key)}

    def _read_fixture(self, entry: Any) -> Record:
        ids, own = self._divide(entry) if self._outer_keys else ({}, entry)
        try:
            properties = (self.stored or self.document).decode_stored(own)
        except ValueError as error:
            raise ValueError("; ".join([*self._report_missing_ids(entry), str(error)])) from error
        named = {**self.key_defaults, **properties, **ids}
        try:
            key, _ = tuple([named[name] for name in self.keys]), [named[n] for n in self.needed]
        except KeyError as error:
            raise ValueError(f"has no {error}") from error
        derived = self.derive(properties, properties, {}, "") if self.derive else properties
        return Record(key, derived)

    @cached_property
    def _own_keys(self) -> tuple[tuple[str, int], ...]:
        """The ids that are properties of the document, with their indexes in a key."""
        names = enumerate(self.keys, -len(self.keys))
        return tuple((name, index) for index, name in names if name not in self._outer_keys)

    @cached_property
    def _outer_keys(self) -> tuple[str, ...]:
        """The parents' ids that are no properties of the document, outermost first."""
        return tuple(name for name in self.keys[:-1] if name not in self.document.fields)

    def _divide(self, entry: Any) -> tuple[dict[str, str], Any]:
        """Return the parents' ids that are no properties, and all other members of an entry.

        Raises:
            ValueError: An id is not a string.
        """
        if not isinstance(entry, dict):
            return {}, entry
        ids = {name: entry[name] for name in self._outer_keys if name in entry}
        for name, value in ids.items():
            if not isinstance(value, str):
                raise ValueError(f"{name}: is not a string")  # noqa: TRY004 - of a data set
        return ids, {name: value for name, value in entry.items() if name not in ids}

    def _report_missing_ids(self, entry: Any) -> list[str]:
        """Return a message for each missing id of an entry."""
        names = self.keys if isinstance(entry, dict) else ()
        return [f"has no '{name}'" for name in names if name not in entry]


def make_index(
    list_keys: Callable[[Record], Iterable[tuple[str, Key]]], *names: str
) -> Callable[[Iterable[Record]], Mapping[str, Sequence[Record]]]:
    """Return the ``index`` of a resource from a function to collection and key of each entry.

    Args:
        list_keys: Yields collection and key of each entry of a record.
        *names: All collections. An index without records names the collections, too.
    """

    def index(records: Iterable[Record]) -> Mapping[str, Sequence[Record]]:
        entries: dict[str, list[Record]] = {name: [] for name in names}
        for record in records:
            for name, key in list_keys(record):
                entries.setdefault(name, []).append(Record(key, {}))
        return entries

    return index


@lru_cache(MAX_CACHED_IDS)
def fill_template(template: tuple[str, ...], key: Key) -> str:
    """Return the path of a template, with ids in place of the braces."""
    ids = iter(key)
    named = (next(ids) if segment.startswith("{") else segment for segment in template)
    return "/".join(map(encode_segment, named))


def fault_of(kind: FaultType, key: Key) -> Fault:
    """Return a fault with the ids of a document as arguments, the innermost id first."""
    return kind(*key[::-1][: len(kind.arguments)])


def check_ids(sent: Properties, ids: Iterable[tuple[str, str]]) -> None:
    """Check the ids in a body against the ids of the URL (INV-4).

    Args:
        sent: The properties of the body.
        ids: Names and values of the ids of the URL.

    Raises:
        Fault: ID_CONFLICT.
    """
    for name, value in ids:
        if sent.get(name, value) != value:
            raise ID_CONFLICT(sent[name], value)


def list_methods(methods: Iterable[str]) -> str:
    """Return methods in the form of the Allow header (MET-2)."""
    return ", ".join(sorted(methods, key=METHOD_ORDER.index))
