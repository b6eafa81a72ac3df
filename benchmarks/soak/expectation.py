"""What an answer has to be: JSON values, some of which are known by their kind alone."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """Stands where a value cannot be foretold, though what sort of value it is can.

    Attributes:
        name: What such a value is, in words.
        test: Whether a value is one.
    """

    name: str
    test: Callable[[Any], bool]

    def __repr__(self) -> str:
        return f"<{self.name}>"


def like(name: str, pattern: str) -> Kind:
    """Return the kind of texts that fit a regular expression."""
    compiled = re.compile(pattern, re.DOTALL)
    return Kind(name, lambda value: isinstance(value, str) and bool(compiled.fullmatch(value)))


TEXT = like("a text", ".+")
STATE = like("a resource state", "[0-9a-f]{64}")
TAG = like("an entity tag", '"[^"]+"')
INSTANT = like("an instant", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ANYTHING = Kind("anything", lambda _: True)


def another(kind: Kind, than: Any) -> Kind:
    """Return a kind without one value of it, which may itself be unknown."""
    if isinstance(than, Kind):
        return kind
    return Kind(f"{kind.name} other than {than}", lambda v: kind.test(v) and v != than)


def find_difference(expected: Any, actual: Any, place: str = "") -> str:
    """Return where and how a value differs from what was expected, empty if it does not."""
    return next(_differ(expected, actual, place), "")


def _differ(expected: Any, actual: Any, place: str) -> Iterator[str]:
    if isinstance(expected, Kind):
        if not expected.test(actual):
            yield f"{place or '/'} is {actual!r} instead of {expected!r}"
    elif isinstance(expected, Mapping) and isinstance(actual, Mapping):
        yield from _differ_in_members(expected, actual, place)
    elif (
        isinstance(expected, Sequence) and isinstance(actual, list) and len(expected) == len(actual)
    ):
        for number, (wanted, came) in enumerate(zip(expected, actual, strict=True)):
            yield from _differ(wanted, came, f"{place}/{number}")
    elif expected != actual or type(expected) is not type(actual):
        yield f"{place or '/'} is {actual!r} instead of {expected!r}"


def _differ_in_members(
    expected: Mapping[str, Any], actual: Mapping[str, Any], place: str
) -> Iterator[str]:
    for name in sorted(expected.keys() | actual.keys()):
        if name not in actual:
            yield f"{place}/{name} is missing, expected {expected[name]!r}"
        elif name not in expected:
            yield f"{place}/{name} is {actual[name]!r}, though nothing was expected there"
        else:
            yield from _differ(expected[name], actual[name], f"{place}/{name}")
