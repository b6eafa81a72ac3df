"""Fixtures: a folder of JSON files is a data set, an array of entries is a collection.

``inventory_lists.json`` holds the collection of its name; a file may instead hold an object
of several arrays, each a collection (``clients.json``: ``clients`` and ``users``). Entries are
validated by the schemas of the documents they become, which the caller hands in.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from emulator.store import Key, MemoryStore, Record

HERE = Path(__file__).parent
# In a wheel the data sets lie inside the package, in a checkout beside it.
BUNDLED = next(f for f in (HERE / "data_sets", HERE.parent / "fixtures") if f.is_dir())

Decoder = Callable[[Any], Record]


@dataclass(frozen=True)
class Collection:
    """How one collection is read.

    Attributes:
        name: Its name in files and in the store.
        file: The file that holds it, without folder.
        decode: Turns an entry into a record; raises ValueError with the reason.
        references: Array properties whose values are ids of another collection.
        computed: Properties that follow from other data than the document: each goes into a
            collection of its own, by the document's key, and outlasts the document.
        required: Whether a data set without it is refused.
    """

    name: str
    file: str
    decode: Decoder
    references: Mapping[str, str] = field(default_factory=dict)
    computed: tuple[str, ...] = ()
    required: bool = False


class FixtureError(ValueError):
    """A data set is broken; ``problems`` has one line for each reason."""

    def __init__(self, folder: Path, problems: list[str]) -> None:
        super().__init__("\n".join(f"{folder}: {problem}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class _Entry:
    place: str
    record: Record


class _DataSet:
    """One reading of one folder: the entries found and the problems met."""

    def __init__(self, collections: tuple[Collection, ...]) -> None:
        self.collections = {collection.name: collection for collection in collections}
        self.entries: dict[str, dict[Key, _Entry]] = {name: {} for name in self.collections}
        self.problems: list[str] = []

    def read(self, file: Path) -> None:
        try:
            content = orjson.loads(file.read_bytes())
        except (OSError, orjson.JSONDecodeError) as error:
            self.problems.append(f"{file.name}: is no JSON file: {error}")
            return
        arrays = content if isinstance(content, dict) else {file.stem: content}
        for name, entries in arrays.items():
            self._read_array(file.name, name, entries)

    def _read_array(self, file: str, name: str, entries: Any) -> None:
        collection = self.collections.get(name)
        if collection is None or collection.file != file:
            known = ", ".join(f"{c.file} ({c.name})" for c in self.collections.values())
            self.problems.append(f"{file}: holds an unknown collection '{name}'; known: {known}")
        elif not isinstance(entries, list):
            self.problems.append(f"{file}: '{name}' is no array of entries")
        else:
            for number, entry in enumerate(entries, start=1):
                self._read_entry(collection, f"{file}: {name} entry {number}", entry)

    def _read_entry(self, collection: Collection, place: str, entry: Any) -> None:
        try:
            record = collection.decode(entry)
        except ValueError as error:
            self.problems.append(f"{place}: {error}")
            return
        place = f"{place} ('{'/'.join(record.key)}')"
        first = self.entries[collection.name].setdefault(record.key, _Entry(place, record))
        if first.record is not record:
            self.problems.append(f"{place}: has the same id as {first.place}")

    def check(self) -> None:
        broken = {problem.partition(":")[0] for problem in self.problems}
        for collection in self.collections.values():
            is_empty = collection.required and not self.entries[collection.name]
            if is_empty and collection.file not in broken:
                self.problems.append(f"{collection.file}: has no {collection.name}, or is missing")
            for entry in self.entries[collection.name].values():
                self.problems.extend(self._dangling(collection, entry))

    def _dangling(self, collection: Collection, entry: _Entry) -> Iterator[str]:
        for name, target in collection.references.items():
            for value in entry.record.properties.get(name, ()):
                if (value,) not in self.entries[target]:
                    yield f"{entry.place}: {name}: '{value}' is none of the {target}"


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
    data = _DataSet(collections)
    for file in sorted(folder.glob("*.json")):
        data.read(file)
    data.check()
    if data.problems:
        raise FixtureError(folder, data.problems)
    store = MemoryStore()
    for collection in collections:
        records = [entry.record for entry in data.entries[collection.name].values()]
        _fill(store, collection, records)
    return store


def _fill(store: MemoryStore, collection: Collection, records: list[Record]) -> None:
    for name in collection.computed:
        apart = [
            Record.of(r.key, {name: r.properties[name]}) for r in records if name in r.properties
        ]
        store.load(computed_collection(collection.name, name), apart)
    store.load(collection.name, (_without(record, collection.computed) for record in records))


def _without(record: Record, names: tuple[str, ...]) -> Record:
    if not any(name in record.properties for name in names):
        return record
    return Record.of(record.key, {n: v for n, v in record.properties.items() if n not in names})


def computed_collection(collection: str, name: str) -> str:
    """Return the name of the collection that holds a computed property."""
    return f"{collection}.{name}"
