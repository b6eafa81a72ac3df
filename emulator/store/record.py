"""Records: stored documents as immutable values with a state.

A data set may have a million records, so a record is small. All records with the same property
names share one tuple of names; the values are another tuple; the state is computed on first use. A
dictionary for each record would take two to three times the memory.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import orjson

Key = tuple[str, ...]
Pick = Callable[[Any], tuple[Any, ...]]
NamesAndPick = tuple[tuple[str, ...], Pick]
SCALAR_TYPES = frozenset({str, bool, int, float, type(None)})
TEXT_TYPES = frozenset({str})
FLAG_TYPES = frozenset({str, bool})  # without numbers: 1 and 1.0 are equal to true
UNSHARED_TYPES = SCALAR_TYPES - TEXT_TYPES
MAX_CACHED_NAME_TUPLES = 256
MAX_SHARED_VALUES = 2048


class Record:
    """A stored document.

    Args:
        key: The ids of the record within the collection, outermost parent first.
        properties: The properties, JSON values in any order.
        state: The state, if known, such as the state stored with the record.
    """

    __slots__ = ("_identity", "_key", "_names", "_values")

    def __init__(self, key: Key, properties: Mapping[str, Any], state: str | None = None) -> None:
        self._names, pick = _sort_names(tuple(properties))
        values = pick(properties)
        if not SCALAR_TYPES.issuperset(map(type, values)):
            values = tuple([v if type(v) in SCALAR_TYPES else freeze(v) for v in values])
        self._values = values
        self._key = key
        # The state, or before the first use of the state, the key to compute the state from.
        self._identity: str | Key = state or key

    @classmethod
    def of(cls, key: Key, properties: Mapping[str, Any]) -> "Record":
        """Freeze ``properties`` (JSON values) into a record."""
        return cls(key, properties)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a property, without making a mapping of all properties."""
        return self._values[self._names.index(name)] if name in self._names else default

    def divide(self, name: str) -> tuple["Record", "Record"]:
        """Return two records with the same key: the other properties, and a property alone."""
        key, values = self._key, self._values
        (rest, pick_rest), (that, pick_that) = _division(self._names, name)
        return (
            _assemble(key, rest, pick_rest(values), key),
            _assemble(key, that, pick_that(values), key),
        )

    def amend(self, changes: Mapping[str, Any]) -> "Record":
        """Return a record with the same key and some other values of properties."""
        return Record(self._key, {**self.properties, **changes})

    def may_equal(self, other: "Record", ignored: Sequence[str]) -> bool:
        """Return False if properties differ, but for the ignored names.

        True is no proof: names may differ, and 1, 1.0 and true are equal here.
        """
        names, values = other._names, other._values  # noqa: SLF001 - a part of the class
        if self._names != names:
            return True
        for name, mine, its in zip(names, self._values, values, strict=True):
            if mine != its and name not in ignored:
                return False
        return True

    def at(self, key: Key) -> "Record":
        """Return a record with the same properties and state under another key."""
        return _assemble(key, self._names, self._values, self._identity)

    @property
    def key(self) -> Key:
        """The ids of the record within the collection, outermost parent first."""
        return self._key

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the properties, in alphabetical order."""
        return self._names

    @property
    def values(self) -> tuple[Any, ...]:
        """The values of the properties, in the order of the names."""
        return self._values

    @property
    def properties(self) -> Mapping[str, Any]:
        """The stored properties, deeply immutable, names in alphabetical order."""
        return MappingProxyType(self.copy())

    def copy(self) -> dict[str, Any]:
        """Return a new dictionary of the properties."""
        return dict(zip(self._names, self._values, strict=True))

    @property
    def state(self) -> str:
        """64 lower-case hex digits over key and properties (RST-1).

        Equal for equal content, different for any difference.
        """
        identity = self._identity
        if not isinstance(identity, str):
            # Several threads may compute the state at once, with the same result.
            self._identity = identity = digest([identity, self.properties])
        return identity

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record):
            return NotImplemented
        parts = self._key, self._names, self._values
        if parts != (other._key, other._names, other._values):
            return False
        return self.state == other.state  # the state also distinguishes 1, 1.0 and true

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"Record({self._key!r}, {dict(self.properties)!r}, {self.state!r})"


class SharedValues:
    """Equal values of records, each once in memory: texts, arrays of texts, and flat objects.

    Many records of a data set have the same city, the same sites or the same flags. Shared values
    save memory, and a search reads them faster.
    """

    def __init__(self) -> None:
        self._texts: dict[Any, Any] = {}
        self._objects: dict[Any, Any] = {}

    def share(self, record: Record) -> Record:
        """Return a new record, with values of earlier records in place of equal values."""
        values = record._values  # noqa: SLF001 - a part of the module
        find = self._find
        record._values = tuple([v if type(v) in UNSHARED_TYPES else find(v) for v in values])  # noqa: SLF001
        return record

    def _find(self, value: Any) -> Any:
        kind = type(value)
        if kind is str or (kind is tuple and TEXT_TYPES.issuperset(map(type, value))):
            known, key = self._texts, value
        elif kind is MappingProxyType and FLAG_TYPES.issuperset(map(type, value.values())):
            known, key = self._objects, (*value, *value.values())
        else:
            return value
        found = known.get(key)
        if found is not None:
            return found
        if len(known) < MAX_SHARED_VALUES:
            known[key] = value
        return value


def read_property(name: str) -> Callable[[Record | Mapping[str, Any]], Any]:
    """Return a function from a record or a mapping to the value of a property, None for none.

    The function is for one thread and many records: records of the same names in a row are read
    without a look at the names.
    """
    names: tuple[str, ...] = ()
    index: int | None = None

    def read(document: Record | Mapping[str, Any]) -> Any:
        nonlocal names, index
        if not isinstance(document, Record):
            return document.get(name)
        if document._names is not names:  # noqa: SLF001 - a part of the class
            names = document._names  # noqa: SLF001
            index = names.index(name) if name in names else None
        return None if index is None else document._values[index]  # noqa: SLF001

    return read


def remove_property(name: str) -> Callable[[Record], Record]:
    """Return a function from a record with a property to a record with the other properties.

    The function is for one thread and many records, such as ``read_property``.
    """
    names: tuple[str, ...] = ()
    (rest, pick), _ = _division((name,), name)

    def remove(record: Record) -> Record:
        nonlocal names, rest, pick
        if record._names is not names:  # noqa: SLF001 - a part of the class
            names = record._names  # noqa: SLF001
            (rest, pick), _ = _division(names, name)
        key, values = record._key, record._values  # noqa: SLF001
        return _assemble(key, rest, pick(values), key)

    return remove


def read_values(documents: Sequence[Any], name: str) -> list[Any]:
    """Return the value of a property in each document, None for none.

    Args:
        documents: Records, or mappings; not both.
        name: The property.
    """
    if documents and not isinstance(documents[0], Record):
        return [document.get(name) for document in documents]
    values: list[Any] = []
    indexes: dict[int, int | None] = {}
    names, index = None, None
    for record in documents:
        if record._names is not names:  # noqa: SLF001 - a part of the class
            names = record._names  # noqa: SLF001
            if id(names) not in indexes:
                indexes[id(names)] = names.index(name) if name in names else None
            index = indexes[id(names)]
        values.append(None if index is None else record._values[index])  # noqa: SLF001
    return values


def _assemble(
    key: Key, names: tuple[str, ...], values: tuple[Any, ...], identity: str | Key
) -> Record:
    """Return a record of sorted names and frozen values, without any check."""
    record = Record.__new__(Record)
    record._key, record._names = key, names  # noqa: SLF001 - a part of the class
    record._values, record._identity = values, identity  # noqa: SLF001
    return record


@lru_cache(maxsize=MAX_CACHED_NAME_TUPLES)
def _sort_names(names: tuple[str, ...]) -> NamesAndPick:
    """Return names in alphabetical order, and a function from a mapping to the values."""
    ordered = tuple(sorted(names))
    return ordered, _picker(ordered)


@lru_cache(maxsize=MAX_CACHED_NAME_TUPLES)
def _division(names: tuple[str, ...], name: str) -> tuple[NamesAndPick, NamesAndPick]:
    """Return all names but one, and the one name. Each has a function that returns the values."""
    index = names.index(name)
    rest = [other for other in range(len(names)) if other != index]
    return (names[:index] + names[index + 1 :], _picker(rest)), ((name,), _picker([index]))


def _picker(positions: Sequence[Any]) -> Pick:
    """Return a function. From a mapping or a tuple it takes the values at some keys or indexes."""
    if len(positions) > 1:
        return itemgetter(*positions)
    # ``itemgetter`` returns a tuple for two or more positions only.
    return lambda source: tuple([source[position] for position in positions])


def freeze(value: Any) -> Any:
    """Return a JSON value with immutable objects and arrays at all levels."""
    if type(value) in SCALAR_TYPES:
        return value
    if isinstance(value, (list, tuple)):
        return tuple([v if type(v) in SCALAR_TYPES else freeze(v) for v in value])
    if isinstance(value, Mapping):
        return MappingProxyType({name: freeze(member) for name, member in value.items()})
    return value


def thaw(value: Any) -> Any:
    """Return a frozen value with dictionaries and lists, as an entry of a data set has them."""
    if isinstance(value, Mapping):
        return {name: thaw(member) for name, member in value.items()}
    return [thaw(member) for member in value] if isinstance(value, tuple) else value


def digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value as 64 lower-case hex digits."""
    canonical = orjson.dumps(value, default=dict, option=orjson.OPT_SORT_KEYS)
    return sha256(canonical).hexdigest()
