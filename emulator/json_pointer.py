"""JSON Pointers (RFC 6901) for the errors of a schema."""

from collections.abc import Iterator, Mapping
from typing import Any

OF_SCHEMA = "_schema"  # the key of marshmallow for errors of an object as a whole


def point(place: str, messages: Any) -> Iterator[tuple[str, str]]:
    """Yield the messages of a marshmallow error below a place, each with its JSON Pointer."""
    if not isinstance(messages, Mapping):
        yield place, " ".join(map(str, messages))
        return
    for name, below in messages.items():
        yield from point(place if name == OF_SCHEMA else f"{place}/{escape(str(name))}", below)


def escape(name: str) -> str:
    """Return a name as a reference token of a JSON Pointer."""
    return name.replace("~", "~0").replace("/", "~1")
