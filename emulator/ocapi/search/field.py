"""Search fields, and the values of a field in many documents (SRC-2).

A search of 100,000 documents spends its time on calls of Python functions. The values of a field
are therefore found for many documents in one call.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal

from emulator.ocapi.schema.faults import FaultType
from emulator.store import Record, read_values

# A record is read as it is: its mapping would take a microsecond to make.
Readable = Mapping[str, Any] | Record
Find = Callable[[Sequence[Any]], list[Any]]
"""Returns the value or the array of values of a field, one for each document."""
Spend = Callable[[int], None]
Kind = Literal["string", "text", "boolean", "number", "date", "enum"]

EMBEDDED = frozenset({MappingProxyType})
SEQUENCES = frozenset({list, tuple})
MAX_SHORT_LIST = 8  # values of a list that cost no steps to compare with single values
PLAIN_TYPES: Mapping[str, frozenset[type]] = {
    "string": frozenset({str}),
    "text": frozenset({str}),
    "enum": frozenset({str}),
    "boolean": frozenset({bool}),
    "number": frozenset({int, float}),
    "date": frozenset(),
}
"""The Python types of all comparable values, by kind of field; none for values to convert."""


@dataclass(frozen=True, slots=True)
class SearchField:
    """A search field.

    Attributes:
        kind: The type of the field's values. ``string`` and ``text`` compare with each other.
        value: From stored properties to the value or an array of values. The default is the
            property of the field's name. A dot in the name leads into an embedded document or into
            an array of embedded documents.
        prepare: Returns ``value``, for a field that needs many other records in a query.
        path: The path of the value, if another than the name of the field.
        values: All values of an ``enum``.
        sortable: Whether hits can be sorted by the field.
        queryable: Whether queries and filters can use the field.
        term_only: Whether text queries cannot use the field.
        whole_words: Whether a text query finds whole words only, rather than parts of words.
        refusal: The fault of a value outside ``values``, with the value as the only argument;
            None for INVALID_SEARCH_FIELD_TYPE.
        localized: Whether the property at the path has a text for each language.
        ignores_case: Whether values of queries may have capitals. The documents have small letters.
        sources: The properties that ``value`` takes, each as an argument and None for a missing
            one; by default all properties are the one argument.
    """

    kind: Kind
    value: Callable[..., Any] | None = None
    values: tuple[str, ...] = ()
    sortable: bool = True
    queryable: bool = True
    term_only: bool = False
    whole_words: bool = False
    refusal: FaultType | None = None
    path: str = ""
    sources: tuple[str, ...] = ()
    localized: bool = False
    ignores_case: bool = False
    prepare: Callable[[], Callable[..., Any]] | None = None

    @property
    def type(self) -> str:
        """The type for comparisons with values and with other fields."""
        return "string" if self.kind == "text" else self.kind

    def canonical(self, value: Any) -> Any:
        """Return the comparable form of a JSON value, or None for a value of another type."""
        found = CANONICAL_VALUES[self.kind](value)
        if self.ignores_case and isinstance(found, str):
            found = found.lower()
        return None if self.values and found not in self.values else found


def _canonical_string(value: Any) -> Any:
    return value if isinstance(value, str) else None


def _canonical_boolean(value: Any) -> Any:
    return value if isinstance(value, bool) else None


def _canonical_number(value: Any) -> Any:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _canonical_date(value: Any) -> Any:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


CANONICAL_VALUES: dict[str, Callable[[Any], Any]] = {
    "string": _canonical_string,
    "text": _canonical_string,
    "enum": _canonical_string,
    "boolean": _canonical_boolean,
    "number": _canonical_number,
    "date": _canonical_date,
}


def make_finder(field: SearchField, path: str, spend: Spend) -> Find:
    """Return a function from documents to the value or the array of a field of each.

    Args:
        field: The field.
        path: The path of the value in a document, for a field without a function.
        spend: Takes steps from the budget of the search.
    """
    sources = field.sources
    value = field.prepare() if field.prepare else field.value
    if value is None:
        find = _make_path_finder(path, spend)
        return _read_languages(find) if field.localized else find
    if sources:
        return lambda documents: [*map(value, *[read_values(documents, n) for n in sources])]
    return lambda documents: [
        value(one.properties if isinstance(one, Record) else one) for one in documents
    ]


def _read_languages(find: Find) -> Find:
    """Return a function to the text of each document, or the texts if there are several."""

    def read(documents: Sequence[Any]) -> list[Any]:
        return [
            (values if len(values := [*texts.values()]) > 1 else values[0]) if texts else None
            for texts in find(documents)
        ]

    return read


def _make_path_finder(path: str, spend: Spend) -> Find:
    name, *below = path.split(".")
    if not below:
        return lambda documents: read_values(documents, name)
    last = below[-1]

    def follow(found: Any) -> Any:
        if len(below) > 1:
            return _follow(found, below, spend)
        if type(found) is MappingProxyType:
            return found.get(last)
        if type(found) is tuple and EMBEDDED.issuperset(map(type, found)):
            spend(len(found))
            inside = [one.get(last) for one in found]
            return (
                inside if SEQUENCES.isdisjoint(map(type, inside)) else _open_arrays(inside, spend)
            )
        return _follow(found, below, spend)

    return lambda documents: [*map(follow, read_values(documents, name))]


def _follow(found: Any, names: Sequence[str], spend: Spend) -> list[Any]:
    """Return all values at a path below a value, behind arrays, too."""
    values = _open_arrays([found], spend)
    for name in names:
        values = _open_arrays([one.get(name) for one in values if is_document(one)], spend)
    return values


def _open_arrays(values: list[Any], spend: Spend) -> list[Any]:
    """Return values, with the entries in place of each array."""
    if SEQUENCES.isdisjoint(map(type, values)):
        return values
    spend(sum(len(one) for one in values if type(one) in SEQUENCES))
    return [entry for one in values for entry in list_values(one)]


def is_document(value: Any) -> bool:
    """Return whether a value is an embedded document."""
    return type(value) is MappingProxyType or isinstance(value, Mapping)


def list_values(found: Any) -> Sequence[Any]:
    """Return the values of an array, or a single value."""
    return found if type(found) in SEQUENCES else (found,)
