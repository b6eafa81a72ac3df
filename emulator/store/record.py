"""A record: one stored document as an immutable value that knows its own state.

A data set may have a million records, so a record is small: the names of its properties are one
tuple that all records with these names share, its values are another, and its state is worked out
when it is first asked for. A dictionary for each would take two to three times as much.
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
Part = tuple[tuple[str, ...], Pick]
ATOMS = frozenset({str, bool, int, float, type(None)})
SHAPES = 256  # combinations of names that are remembered; others are worked out each time


class Record:
    """One stored document.

    Args:
        key: The ids that name it within its collection, outermost parent first.
        properties: Its properties, JSON values in any order.
        state: Its state where that is known, such as one that was stored with it.
    """

    __slots__ = ("_identity", "_key", "_names", "_values")

    def __init__(self, key: Key, properties: Mapping[str, Any], state: str | None = None) -> None:
        self._names, pick = _shape(tuple(properties))
        values = [v if type(v) in ATOMS else freeze(v) for v in pick(properties)]
        self._values = tuple(values)
        self._key = key
        # The state, or as long as nobody has asked for it, the key that it is of.
        self._identity: str | Key = state or key

    @classmethod
    def of(cls, key: Key, properties: Mapping[str, Any]) -> "Record":
        """Freeze ``properties`` (JSON values) into a record."""
        return cls(key, properties)

    def get(self, name: str, default: Any = None) -> Any:
        """Return one of its properties, without the making of a mapping of them all."""
        return self._values[self._names.index(name)] if name in self._names else default

    def divide(self, name: str) -> tuple["Record", "Record"]:
        """Return a record of all properties but one, and one of that one, under the same key."""
        key, values = self._key, self._values
        (rest, pick_rest), (that, pick_that) = _division(self._names, name)
        return (
            _assemble(key, rest, pick_rest(values), key),
            _assemble(key, that, pick_that(values), key),
        )

    def amend(self, changes: Mapping[str, Any]) -> "Record":
        """Return a record of the same key in which some properties have other values."""
        return Record(self._key, {**self.properties, **changes})

    def at(self, key: Key) -> "Record":
        """Return a record of the same properties and the same state under another key."""
        return _assemble(key, self._names, self._values, self._identity)

    @property
    def key(self) -> Key:
        """The ids that name it within its collection, outermost parent first."""
        return self._key

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its properties, in alphabetical order."""
        return self._names

    @property
    def properties(self) -> Mapping[str, Any]:
        """Its stored properties, deeply immutable, names in alphabetical order."""
        return MappingProxyType(dict(zip(self._names, self._values, strict=True)))

    @property
    def state(self) -> str:
        """64 lower-case hex digits over key and properties (RST-1).

        Equal for equal content, different for any difference.
        """
        identity = self._identity
        if not isinstance(identity, str):
            # Threads that meet here come to the same.
            self._identity = identity = digest([identity, self.properties])
        return identity

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record):
            return NotImplemented
        parts = self._key, self._names, self._values
        if parts != (other._key, other._names, other._values):
            return False
        return self.state == other.state  # which tells 1 from 1.0 and true, too

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"Record({self._key!r}, {dict(self.properties)!r}, {self.state!r})"


def _assemble(
    key: Key, names: tuple[str, ...], values: tuple[Any, ...], identity: str | Key
) -> Record:
    """Return a record of parts that are as they should be already."""
    record = Record.__new__(Record)
    record._key, record._names = key, names  # noqa: SLF001 - half of the class
    record._values, record._identity = values, identity  # noqa: SLF001
    return record


@lru_cache(maxsize=SHAPES)
def _shape(names: tuple[str, ...]) -> Part:
    """Return names in alphabetical order, and what picks their values from a mapping."""
    ordered = tuple(sorted(names))
    return ordered, _picker(ordered)


@lru_cache(maxsize=SHAPES)
def _division(names: tuple[str, ...], name: str) -> tuple[Part, Part]:
    """Return names without one, and that one, each with what picks their values."""
    place = names.index(name)
    rest = [other for other in range(len(names)) if other != place]
    return (names[:place] + names[place + 1 :], _picker(rest)), ((name,), _picker([place]))


def _picker(places: Sequence[Any]) -> Pick:
    """Return a function to the values that something has at these places."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda source: tuple([source[place] for place in places])


def freeze(value: Any) -> Any:
    """Return a JSON value with its objects and arrays made immutable, all levels."""
    if type(value) in ATOMS:
        return value
    if isinstance(value, (list, tuple)):
        return tuple([v if type(v) in ATOMS else freeze(v) for v in value])
    if isinstance(value, Mapping):
        return MappingProxyType({name: freeze(member) for name, member in value.items()})
    return value


def digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value as 64 lower-case hex digits."""
    canonical = orjson.dumps(value, default=dict, option=orjson.OPT_SORT_KEYS)
    return sha256(canonical).hexdigest()
