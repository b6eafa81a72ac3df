"""Expected JSON values, with matchers for unknown values, and their comparison."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Matcher:
    """A placeholder for a value that only the server knows, such as a date.

    Attributes:
        name: The kind of value, in words.
        test: Returns whether a value matches.
    """

    name: str
    test: Callable[[Any], bool]

    def __repr__(self) -> str:
        return f"<{self.name}>"


def like(name: str, pattern: str) -> Matcher:
    """Return a matcher for texts that match a regular expression completely."""
    compiled = re.compile(pattern, re.DOTALL)
    return Matcher(name, lambda value: isinstance(value, str) and bool(compiled.fullmatch(value)))


TEXT = like("a text", ".+")
STATE = like("a resource state", "[0-9a-f]{64}")
TAG = like("an entity tag", '"[^"]+"')
INSTANT = like("an instant", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ANYTHING = Matcher("anything", lambda _: True)


def other_than(matcher: Matcher, than: Any) -> Matcher:
    """Return a matcher that refuses one value; the same matcher if the value is unknown."""
    if isinstance(than, Matcher):
        return matcher
    return Matcher(f"{matcher.name} other than {than}", lambda v: matcher.test(v) and v != than)


def find_difference(expected: Any, actual: Any, place: str = "") -> str:
    """Return the place and description of the first difference; empty if the values match."""
    return next(_differ(expected, actual, place), "")


def _differ(expected: Any, actual: Any, place: str) -> Iterator[str]:
    if isinstance(expected, Matcher):
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
            yield f"{place}/{name} is {actual[name]!r}, expected no member"
        else:
            yield from _differ(expected[name], actual[name], f"{place}/{name}")
