"""A record: one stored document as an immutable value that knows its own state."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import orjson

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One stored document.

    Attributes:
        key: The ids that name it within its collection, outermost parent first.
        properties: Its stored properties, deeply immutable, names in alphabetical order.
        state: 64 lower-case hex digits over key and properties (RST-1): equal for equal
            content, different for any difference.
    """

    key: Key
    properties: Mapping[str, Any]
    state: str

    @classmethod
    def of(cls, key: Key, properties: Mapping[str, Any]) -> "Record":
        """Freeze ``properties`` (JSON values) into a record and derive its state."""
        frozen = freeze(dict(sorted(properties.items())))
        return cls(key, frozen, digest([key, frozen]))


def freeze(value: Any) -> Any:
    """Return a JSON value with its objects and arrays made immutable, all levels."""
    if isinstance(value, Mapping):
        return MappingProxyType({name: freeze(member) for name, member in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(freeze(member) for member in value)
    return value


def digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value as 64 lower-case hex digits."""
    canonical = orjson.dumps(value, default=dict, option=orjson.OPT_SORT_KEYS)
    return sha256(canonical).hexdigest()
