"""Fixtures: a folder of JSON files is a data set, an array of entries is a collection.

``inventory_lists.json`` holds the collection of its name; a file may instead hold an object
of several arrays, each a collection (``clients.json``: ``clients`` and ``users``). Entries are
validated by the schemas of the documents they become, which the caller hands in.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from emulator import blocks, collector
from emulator.store import Key, MemoryStore, Record, Store

HERE = Path(__file__).parent
# In a wheel the data sets lie inside the package, in a checkout beside it.
BUNDLED = next(f for f in (HERE / "data_sets", HERE.parent / "fixtures") if f.is_dir())

Decoder = Callable[[Any], Record]
Encoder = Callable[[Store, str], Iterable[Mapping[str, Any]]]
Arranger = Callable[[Iterable[Record]], Mapping[str, Sequence[Record]]]


def list_entries(store: Store, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the properties of all records of a collection."""
    for record in store.scan(name, 0, store.count(name)).records:
        yield record.properties


@dataclass(frozen=True)
class Collection:
    """How one collection is read.

    Attributes:
        name: Its name in files and in the store.
        file: The file that holds it, without folder.
        decode: Turns an entry into a record; raises ValueError with the reason.
        references: Properties whose value or values are ids of another collection.
        unique: Returns what no two entries may share, besides their keys; None for nothing.
        arrange: Returns how all records lie in the store, by the store's collections; it can take
            each of them once.
        required: Whether a data set without it is refused.
        single: Whether it has one entry at most, which is not in an array.
        kept: Whether a workspace without data has it nevertheless: what callers are known by.
        encode: Yields the entries that a store's records would be read from.
    """

    name: str
    file: str
    decode: Decoder
    references: Mapping[str, str] = field(default_factory=dict)
    unique: Callable[[Record], Key | None] | None = None
    arrange: Arranger | None = None
    required: bool = False
    single: bool = False
    kept: bool = False
    encode: Encoder = list_entries


class FixtureError(ValueError):
    """A data set is broken; ``problems`` has one line for each reason."""

    def __init__(self, folder: Path, problems: list[str]) -> None:
        super().__init__("\n".join(f"{folder}: {problem}" for problem in problems))
        self.problems = problems


class _Entries:
    """What was read of one collection.

    Each entry is read, checked and laid in its place in one go, and let go of: there may be a
    million. What is left of it besides its records is what entries are compared by.

    Args:
        collection: Which one.
        entries: Those of its file, in order.

    Attributes:
        arranged: All records as they lie in the store; of no use if there are problems.
        keys: The keys of all records.
        is_whole: Whether these are those of all entries.
        problems: What is wrong with an entry, by its index.
    """

    def __init__(self, collection: Collection, entries: Iterable[Any] = ()) -> None:
        self.collection = collection
        self.problems: list[tuple[int, str]] = []
        self._keys: list[Key | None] = []
        self._uniques: list[Key | None] = []
        self._named: dict[str, list[Any]] = {name: [] for name in collection.references}
        arrange = collection.arrange or (lambda records: {collection.name: [*records]})
        self.arranged = arrange(self._read(entries))
        self.keys = frozenset(filter(None, self._keys))
        self.is_whole = None not in self._keys
        if len(self.keys) + len(self.problems) < len(self._keys):
            self._refuse_shared(self._keys, "has the same id as {first}")
        self._refuse_shared(self._uniques, "shares '{shared}' with {first}")
        self.problems.sort(key=_index)

    def _read(self, entries: Iterable[Any]) -> Iterator[Record]:
        for index, entry in enumerate(entries):
            try:
                record = self.collection.decode(entry)
            except ValueError as error:
                self.problems.append((index, f"{self._locate(index)}: {error}"))
                self._note(None)
            else:
                self._note(record)
                yield record

    def _note(self, record: Record | None) -> None:
        self._keys.append(record.key if record else None)
        if self.collection.unique:
            self._uniques.append(self.collection.unique(record) if record else None)
        for name, values in self._named.items():
            values.append(record.get(name, ()) if record else ())

    def _refuse_shared(self, found: Sequence[Key | None], told: str) -> None:
        """Tell of entries that have something in common with one before."""
        firsts: dict[Key, int] = {}
        for index, shared in enumerate(found):
            first = index if shared is None else firsts.setdefault(shared, index)
            if shared is not None and first != index:
                why = told.format(shared="/".join(shared), first=self._place(first))
                self.problems.append((index, f"{self._place(index)}: {why}"))

    def find_dangling(self, others: Mapping[str, "_Entries"]) -> Iterator[str]:
        """Yield what is wrong with references to others that are known, entry by entry."""
        dangling: list[tuple[int, str]] = []
        targets = self.collection.references.items()
        for name, target in [(n, target) for n, target in targets if target in others]:
            known = others[target].keys
            dangling += [
                (index, f"{name}: '{one}' is none of the {target}")
                for index, value in enumerate(self._named[name])
                for one in ((value,) if isinstance(value, str) else value)
                if (one,) not in known
            ]
        dangling.sort(key=_index)
        return (f"{self._place(index)}: {told}" for index, told in dangling)

    def _locate(self, index: int) -> str:
        known = self.collection
        return f"{known.file}: {known.name}" + ("" if known.single else f" entry {index + 1}")

    def _place(self, index: int) -> str:
        """Return where a record was found, with its key."""
        return f"{self._locate(index)} ('{'/'.join(self._keys[index] or ())}')"


class _DataSet:
    """One reading of one folder: the entries found and the problems met."""

    def __init__(self, collections: tuple[Collection, ...]) -> None:
        self.collections = {collection.name: collection for collection in collections}
        self.entries = {name: _Entries(known) for name, known in self.collections.items()}
        self.problems: list[str] = []
        self._unread: set[str] = set()  # files

    def read_file(self, file: str, content: bytes | OSError) -> None:
        try:
            if isinstance(content, OSError):
                raise content
            self.read(file, blocks.read(content))
        except (OSError, orjson.JSONDecodeError) as error:
            self.problems.append(f"{file}: is no JSON file: {error}")
            self._unread.add(file)

    def read(self, file: str, content: Any) -> None:
        arrays = content if isinstance(content, dict) else {Path(file).stem: content}
        if not arrays:
            self.problems.append(f"{file}: holds nothing; an object has the arrays of collections")
        for name, entries in arrays.items():
            self._read_array(file, name, entries)

    def _read_array(self, file: str, name: str, entries: Any) -> None:
        collection = self.collections.get(name)
        if collection is None or collection.file != file:
            known = ", ".join(f"{c.file} ({c.name})" for c in self.collections.values())
            self.problems.append(f"{file}: holds an unknown collection '{name}'; known: {known}")
        elif not (collection.single or isinstance(entries, (list, Iterator))):
            self.problems.append(f"{file}: '{name}' is no array of entries")
            self._unread.add(file)
        else:
            several = [entries] if collection.single else entries
            self.entries[name] = read = _Entries(collection, several)
            self.problems.extend(problem for _, problem in read.problems)

    def arrange(self, source: Path) -> dict[str, Sequence[Record]]:
        """Return all records by the store's collections; refuse a set that has problems."""
        self._check()
        if self.problems:
            raise FixtureError(source, self.problems)
        arranged: dict[str, Sequence[Record]] = {}
        for entries in self.entries.values():
            arranged |= entries.arranged
        return arranged

    def _check(self) -> None:
        broken = {problem.partition(":")[0] for problem in self.problems}
        for collection in self.collections.values():
            entries = self.entries[collection.name]
            if collection.required and not entries.keys and collection.file not in broken:
                self.problems.append(f"{collection.file}: has no {collection.name}, or is missing")
            self.problems.extend(entries.find_dangling(self._list_whole()))

    def _list_whole(self) -> dict[str, _Entries]:
        """Return the collections of which it is known what they hold."""
        entries = self.entries.items()
        return {n: e for n, e in entries if e.is_whole and e.collection.file not in self._unread}


def _index(problem: tuple[int, str]) -> int:
    return problem[0]


def locate(name: str) -> Path:
    """Return the folder of a bundled data set or of a path.

    Raises:
        FixtureError: There is neither.
    """
    bundled = {folder.name: folder for folder in BUNDLED.iterdir() if folder.is_dir()}
    found = bundled.get(name, Path(name))
    if name and found.is_dir():
        return found
    names = ", ".join(sorted(bundled))
    raise FixtureError(Path(name), [f"is neither a folder nor a bundled data set ({names})"])


def load(name: str, collections: tuple[Collection, ...]) -> MemoryStore:
    """Read a data set, validate all of it, and return a store that holds it.

    Args:
        name: A bundled data set, or a folder.
        collections: What it may hold.

    Raises:
        FixtureError: With every problem found, each with file, entry and reason.
    """
    folder = locate(name)
    # The last is read first, for dictionaries give back what came last.
    paths = sorted(folder.glob("*.json"), reverse=True)
    files = {file.name: _read_bytes(file) for file in paths}
    known = (str(folder), _fingerprint(files))
    before, snapshot = _LOADED.get(known, (None, None))
    if before is not collections:
        snapshot = _load(folder, files, collections)
        _remember(known, (collections, snapshot))
    return MemoryStore(snapshot)


def _load(
    folder: Path, files: dict[str, bytes | OSError], collections: tuple[Collection, ...]
) -> Any:
    data, store = _DataSet(collections), MemoryStore()
    with collector.paused():
        while files:
            data.read_file(*files.popitem())
        store.replace(data.arrange(folder))
    return store.snapshot()


def _read_bytes(file: Path) -> bytes | OSError:
    try:
        return file.read_bytes()
    except OSError as error:
        return error


def _fingerprint(files: Mapping[str, bytes | OSError]) -> str:
    """Return what tells the contents of two folders apart."""
    digests = [(n, sha256(c).hexdigest() if isinstance(c, bytes) else "") for n, c in files.items()]
    return repr(digests)


# Data sets that were read last, by folder and contents, with the collections they were read as. A
# snapshot never changes, so all emulators of a process can begin with the same one.
_LOADED: dict[tuple[str, str], tuple[tuple[Collection, ...], Any]] = {}
KEPT = 8


def _remember(known: tuple[str, str], loaded: tuple[tuple[Collection, ...], Any]) -> None:
    if len(_LOADED) >= KEPT:
        _LOADED.clear()
    _LOADED[known] = loaded


def decode(
    files: Mapping[str, Any], collections: tuple[Collection, ...], source: str
) -> Mapping[str, Sequence[Record]]:
    """Return the records of a data set that is given by the contents of its files.

    Raises:
        FixtureError: With every problem found; ``source`` stands in the place of the folder.
    """
    data = _DataSet(collections)
    with collector.paused():
        for name, content in files.items():
            data.read(name, content)
        return data.arrange(Path(source))


def encode(store: Store, collections: tuple[Collection, ...]) -> dict[str, Any]:
    """Return the contents of the files of a data set that holds what the store holds."""
    files: dict[str, Any] = {}
    for collection in collections:
        entries = list(collection.encode(store, collection.name))
        alone = Path(collection.file).stem == collection.name
        only = sum(other.file == collection.file for other in collections) == 1
        if alone and only:
            files[collection.file] = entries
        elif not collection.single:
            files.setdefault(collection.file, {})[collection.name] = entries
        elif entries:
            files.setdefault(collection.file, {})[collection.name] = entries[0]
    return files
