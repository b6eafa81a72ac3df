"""The query language of searches (SRC-2, SRC-4): what a query means, pure.

A decoded ``query`` document is compiled to a function of a document's stored properties. All that
is wrong with the query is told then, the first in document order, and nothing when it is evaluated.

A field is read as the values that a document has of it: none where the property is absent, null,
an empty array or of another type than the field, several where it is an array. Of these

* ``is``, ``one_of``, ``less``, ``greater`` and ``range_filter`` ask for one that fits, so that a
  document without a value is never a hit;
* ``neq`` and ``not_in`` are the opposites of ``is`` and ``one_of``, so that a document without a
  value always is;
* ``range2_filter`` takes a missing end as open, and two missing ends as no range at all.
"""

import dataclasses
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

import orjson

from emulator.ocapi.schema import faults

T = TypeVar("T")
Properties = Mapping[str, Any]
Predicate = Callable[[Properties], bool]
Read = Callable[[Properties], tuple[Any, ...]]
Kind = Literal["string", "text", "boolean", "number", "date", "enum"]

TEXTUAL = ("string", "text", "enum")
ORDERED = ("string", "text", "number", "date")
QUERIES_IN = ("query", "must", "must_not", "should")
FILTERS_IN = ("filter", "filters")


@dataclass(frozen=True, slots=True)
class SearchField:
    """A field that a search knows.

    Attributes:
        kind: The type of its values. ``string`` and ``text`` are one to the language.
        value: From stored properties to the value or an array of values; without it the property
            of the field's name, where a dot leads into an embedded document or an array of these.
        values: All values of an ``enum``.
        sortable: Whether hits can be sorted by it.
        queryable: Whether queries and filters can use it.
    """

    kind: Kind
    value: Callable[[Properties], Any] | None = None
    values: tuple[str, ...] = ()
    sortable: bool = True
    queryable: bool = True

    @property
    def type(self) -> str:
        """What its values can be compared with."""
        return "string" if self.kind == "text" else self.kind

    def canonical(self, value: Any) -> Any:
        """Return a JSON value as it is compared, or None if it is none of the field's."""
        found = CANONICAL[self.kind](value)
        return None if self.values and found not in self.values else found


@dataclass(frozen=True, slots=True)
class Order:
    """The order of hits.

    Attributes:
        clauses: How each clause reads its field, and whether it is descending; the first decides.
    """

    clauses: tuple[tuple[Read, bool], ...]

    def sort(self, items: Iterable[T], properties: Callable[[T], Properties]) -> list[T]:
        """Return ``items`` in order; those that no clause tells apart stay as they are.

        A missing value comes last when ascending, first when descending. Of several values the
        smallest counts when ascending, the largest when descending.

        Args:
            items: What is sorted, such as records.
            properties: From an item to the stored properties.
        """
        ordered = list(items)
        for read, descending in reversed(self.clauses):
            rank = _ranking(read, max if descending else min, properties)
            ordered.sort(key=rank, reverse=descending)
        return ordered


def compile_query(query: Mapping[str, Any], fields: Mapping[str, SearchField]) -> Predicate:
    """Return whether a document is a hit, as a function of its stored properties.

    Args:
        query: A decoded ``query`` document.
        fields: The fields of the search, by name.

    Raises:
        Fault: Any of SRC-4: UNKNOWN_SEARCH_FIELD, UNQUERYABLE_FIELD, UNKNOWN_SEARCH_OPERATOR,
            SEARCH_OPERATOR_NOT_APPLICABLE, QUERY_SEARCH_TYPES_NOMATCH,
            TERM_OPERATOR_MISMATCH_VALUES, INVALID_SEARCH_FIELD_TYPE, RANGE_FILTER_TYPE,
            RANGE_FILTER_VALUE.
    """
    return _compile(query, _Scope(fields))


def compile_sorts(sorts: Sequence[Mapping[str, Any]], fields: Mapping[str, SearchField]) -> Order:
    """Return the order that decoded ``sort`` documents ask for; ``asc`` where they do not say.

    Raises:
        Fault: UNKNOWN_SEARCH_FIELD or FIELD_NOT_SORTABLE.
    """
    scope = _Scope(fields)
    clauses: dict[str, tuple[Read, bool]] = {}
    for sort in sorts:
        name = sort["field"]
        if not scope.known(name).sortable:
            raise faults.FIELD_NOT_SORTABLE(name)
        # A second clause of a field would only see what the first one found equal.
        clauses.setdefault(name, (scope.reader(name), sort.get("sort_order") == "desc"))
    return Order(tuple(clauses.values()))


def exact(query: Mapping[str, Any], field: str) -> frozenset[str] | None:
    """Return values of which every hit has one in ``field``, or None if the query sets no bound.

    The rest of the query is still to be evaluated: not every document with such a value is a hit.

    Args:
        query: A decoded ``query`` document.
        field: The name of a field of kind ``string``.
    """
    [(kind, clause)] = _clauses(query)
    narrow = NARROW.get(kind)
    return None if narrow is None else narrow(clause, field)


def echo(query: Mapping[str, Any]) -> dict[str, Any]:
    """Return a decoded ``query`` document as a result repeats it (SRC-3).

    Each kind of query or filter begins with its ``_type``; the documents around them, ``query``
    and ``filter``, have none. All other members stand as they were sent.
    """
    return {
        kind: {"_type": kind} | {name: _echo(name, member) for name, member in clause.items()}
        for kind, clause in _clauses(query)
    }


def _echo(name: str, member: Any) -> Any:
    if name not in (*QUERIES_IN, *FILTERS_IN):
        return member
    return [echo(inner) for inner in member] if isinstance(member, list) else echo(member)


def _clauses(choice: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the kinds that a query or filter document holds: one, as decoded."""
    return [(kind, clause) for kind, clause in choice.items() if kind in COMPILE]


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else None


def _truth(value: Any) -> Any:
    return value if isinstance(value, bool) else None


def _number(value: Any) -> Any:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _instant(value: Any) -> Any:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


CANONICAL: dict[str, Callable[[Any], Any]] = {
    "string": _text,
    "text": _text,
    "enum": _text,
    "boolean": _truth,
    "number": _number,
    "date": _instant,
}


def _render(value: Any) -> str:
    """Return a JSON scalar as the argument of a fault."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


@dataclass(frozen=True, slots=True)
class _Scope:
    """The fields that a query can see: all of them, or those below the path of a nested query."""

    fields: Mapping[str, SearchField]
    prefix: str = ""
    texts: "_Texts" = dataclasses.field(default_factory=lambda: _Texts())  # noqa: PLW0108 - defined below

    def known(self, name: str) -> SearchField:
        field = self.fields.get(name)
        if field is None:
            raise faults.UNKNOWN_SEARCH_FIELD(name)
        return field

    def queryable(self, names: Iterable[str]) -> dict[str, SearchField]:
        """Return fields by name, each once, or raise the fault of the first that cannot be used."""
        found = {}
        for name in names:
            found[name] = field = self.known(name)
            if not field.queryable or (self.prefix and not self._holds(name, field)):
                raise faults.UNQUERYABLE_FIELD(name)
        return found

    def _holds(self, name: str, field: SearchField) -> bool:
        # A function of the whole document cannot tell which element a value comes from.
        return name.startswith(self.prefix) and field.value is None

    def reader(self, name: str) -> Read:
        """Return what reads the values that a document has of a field."""
        field = self.fields[name]
        canonical = CANONICAL[field.kind]
        find = field.value or _finder(name.removeprefix(self.prefix))

        def read(properties: Properties) -> tuple[Any, ...]:
            found = find(properties)
            if isinstance(found, (list, tuple)):
                return tuple(v for v in map(canonical, found) if v is not None)
            value = canonical(found)
            return () if value is None else (value,)

        return read

    def nested(self, path: str) -> "_Scope":
        inner = _Scope(self.fields, f"{path}.")
        below = any(name.startswith(inner.prefix) for name in self.fields)
        if not (below and path.startswith(self.prefix)):
            raise faults.UNKNOWN_SEARCH_FIELD(path)
        return inner


def _finder(path: str) -> Callable[[Properties], Any]:
    """Return what follows a path; all that it finds where it leads through arrays."""
    names = path.split(".")
    return operator.methodcaller("get", path) if len(names) == 1 else lambda p: _follow(p, names)


def _follow(properties: Properties, names: Iterable[str]) -> list[Any]:
    found: list[Any] = [properties]
    for name in names:
        inside = (value.get(name) for value in found if isinstance(value, Mapping))
        found = [entry for value in inside for entry in _several(value)]
    return found


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else (value,)


def _ranking(
    read: Read, choose: Callable[[Iterable[Any]], Any], properties: Callable[[T], Properties]
) -> Callable[[T], Any]:
    def rank(item: T) -> Any:
        values = read(properties(item))
        return (0, choose(values)) if values else (1,)

    return rank


def _all(parts: Sequence[Predicate]) -> Predicate:
    return parts[0] if len(parts) == 1 else lambda p: all(part(p) for part in parts)


def _any(parts: Sequence[Predicate]) -> Predicate:
    return parts[0] if len(parts) == 1 else lambda p: any(part(p) for part in parts)


def _none(parts: Sequence[Predicate]) -> Predicate:
    unwanted = _any(parts)
    return lambda p: not unwanted(p)


def _everything(_: Properties) -> bool:
    return True


def _compile(choice: Mapping[str, Any], scope: _Scope) -> Predicate:
    [(kind, clause)] = _clauses(choice)
    return COMPILE[kind](clause, scope)


def _match_all_query(_query: Mapping[str, Any], _scope: _Scope) -> Predicate:
    return _everything


def _term_query(query: Mapping[str, Any], scope: _Scope) -> Predicate:
    return _compare(query["fields"], query, scope)


class _Texts:
    """The texts of the document that is looked at, which many queries may ask for."""

    def __init__(self) -> None:
        self._document: Properties | None = None
        self._texts: dict[tuple[str, ...], str] = {}

    def find(self, names: tuple[str, ...], reads: Iterable[Read], document: Properties) -> str:
        """Return the concatenation of some fields of a document, for comparing without case."""
        if document is not self._document:
            self._document, self._texts = document, {}
        if names not in self._texts:
            parts = (part for read in reads for part in read(document))
            self._texts[names] = " ".join(parts).casefold()
        return self._texts[names]


def _text_query(query: Mapping[str, Any], scope: _Scope) -> Predicate:
    fields = scope.queryable(query["fields"])
    for name, field in fields.items():
        if field.kind not in TEXTUAL:
            raise faults.SEARCH_OPERATOR_NOT_APPLICABLE("text_query", name)
    words = tuple(dict.fromkeys(query["search_phrase"].casefold().split()))
    names, reads = tuple(fields), [scope.reader(name) for name in fields]

    def matches(properties: Properties) -> bool:
        # Apart, for a word is to be found in one field or another.
        text = scope.texts.find(names, reads, properties)
        return all(word in text for word in words)

    return matches


def _bool_query(query: Mapping[str, Any], scope: _Scope) -> Predicate:
    parts = [
        COMBINE[name]([_compile(clause, scope) for clause in clauses])
        for name, clauses in query.items()
        if name in COMBINE and clauses
    ]
    return _all(parts)


def _filtered_query(query: Mapping[str, Any], scope: _Scope) -> Predicate:
    return _all([_compile(query[name], scope) for name in query if name in ("query", "filter")])


def _nested_query(query: Mapping[str, Any], scope: _Scope) -> Predicate:
    path = query["path"]
    matches = _compile(query["query"], scope.nested(path))
    names = path.removeprefix(scope.prefix).split(".")
    return lambda p: any(matches(e) for e in _follow(p, names) if isinstance(e, Mapping))


def _term_filter(filter_: Mapping[str, Any], scope: _Scope) -> Predicate:
    return _compare((filter_["field"],), filter_, scope)


def _query_filter(filter_: Mapping[str, Any], scope: _Scope) -> Predicate:
    return _compile(filter_["query"], scope)


def _bool_filter(filter_: Mapping[str, Any], scope: _Scope) -> Predicate:
    if filter_["operator"] not in COMBINE_FILTERS:
        raise faults.UNKNOWN_SEARCH_OPERATOR(filter_["operator"])
    parts = [_compile(inner, scope) for inner in filter_.get("filters", ())]
    return COMBINE_FILTERS[filter_["operator"]](parts) if parts else _everything


def _compare(names: Iterable[str], term: Mapping[str, Any], scope: _Scope) -> Predicate:
    """Compile a comparison of fields with values: a hit is what one of the fields makes one."""
    fields = scope.queryable(names)
    comparison = _comparison(term["operator"], fields)
    _check_alike(fields)
    values = _values(term, comparison, fields)
    return _any([comparison.make(scope.reader(name), values) for name in fields])


@dataclass(frozen=True, slots=True)
class _Comparison:
    """An operator of terms.

    Attributes:
        fits: Whether it takes that number of values.
        make: From what reads a field, and the values, to the predicate.
        ordered: Whether it needs values that have an order.
    """

    fits: Callable[[int], bool]
    make: Callable[[Read, frozenset[Any]], Predicate]
    ordered: bool = False


def _is(read: Read, values: frozenset[Any]) -> Predicate:
    return lambda p: not values.isdisjoint(read(p))


def _is_not(read: Read, values: frozenset[Any]) -> Predicate:
    return lambda p: values.isdisjoint(read(p))


def _is_null(read: Read, _: frozenset[Any]) -> Predicate:
    return lambda p: not read(p)


def _is_not_null(read: Read, _: frozenset[Any]) -> Predicate:
    return lambda p: bool(read(p))


def _less(read: Read, values: frozenset[Any]) -> Predicate:
    [bound] = values
    return lambda p: any(value < bound for value in read(p))


def _greater(read: Read, values: frozenset[Any]) -> Predicate:
    [bound] = values
    return lambda p: any(value > bound for value in read(p))


def _one(count: int) -> bool:
    return count == 1


def _some(count: int) -> bool:
    return count > 0


def _no(count: int) -> bool:
    return count == 0


COMPARISONS = {
    "is": _Comparison(_one, _is),
    "one_of": _Comparison(_some, _is),
    "is_null": _Comparison(_no, _is_null),
    "is_not_null": _Comparison(_no, _is_not_null),
    "less": _Comparison(_one, _less, ordered=True),
    "greater": _Comparison(_one, _greater, ordered=True),
    "not_in": _Comparison(_some, _is_not),
    "neq": _Comparison(_one, _is_not),
}


def _comparison(name: str, fields: Mapping[str, SearchField]) -> _Comparison:
    comparison = COMPARISONS.get(name)
    if comparison is None:
        raise faults.UNKNOWN_SEARCH_OPERATOR(name)
    for field_name, field in fields.items():
        if comparison.ordered and field.kind not in ORDERED:
            raise faults.SEARCH_OPERATOR_NOT_APPLICABLE(name, field_name)
    return comparison


def _check_alike(fields: Mapping[str, SearchField]) -> None:
    first, *others = fields
    for other in others:
        types = fields[first].type, fields[other].type
        if types[0] != types[1]:
            raise faults.QUERY_SEARCH_TYPES_NOMATCH(first, other, *types)


def _values(
    term: Mapping[str, Any], comparison: _Comparison, fields: Mapping[str, SearchField]
) -> frozenset[Any]:
    """Return a term's values as they are compared, after checking their number and types."""
    values = term.get("values", ())
    if not comparison.fits(len(values)):
        raise faults.TERM_OPERATOR_MISMATCH_VALUES(next(iter(fields)), term["operator"])
    compared: dict[tuple[str, ...], frozenset[Any]] = {}
    for name, field in fields.items():
        if field.values not in compared:  # else it takes what one before it takes
            compared[field.values] = frozenset(_canonical(name, field, v) for v in values)
    return next(iter(compared.values()))


def _canonical(name: str, field: SearchField, value: Any) -> Any:
    canonical = field.canonical(value)
    if canonical is None:
        raise faults.INVALID_SEARCH_FIELD_TYPE(name, _render(value), field.kind)
    return canonical


@dataclass(frozen=True, slots=True)
class _Bounds:
    """A range between two values, None where it is open."""

    low: Any
    high: Any
    low_inclusive: bool = True
    high_inclusive: bool = True

    def starts_before(self, value: Any) -> bool:
        return self.low is None or self.low < value or (self.low_inclusive and self.low == value)

    def ends_after(self, value: Any) -> bool:
        return (
            self.high is None or self.high > value or (self.high_inclusive and self.high == value)
        )

    def holds(self, value: Any) -> bool:
        return self.starts_before(value) and self.ends_after(value)

    @property
    def empty(self) -> bool:
        """Whether it ends before it begins."""
        if self.low is None or self.high is None:
            return False
        point = self.low_inclusive and self.high_inclusive
        return bool(self.low > self.high) or (self.low == self.high and not point)


def _overlap(own: _Bounds, asked: _Bounds) -> bool:
    return (own.low is None or asked.ends_after(own.low)) and (
        own.high is None or asked.starts_before(own.high)
    )


def _containing(own: _Bounds, asked: _Bounds) -> bool:
    begins = own.low is None or (asked.low is not None and own.low <= asked.low)
    return begins and (own.high is None or (asked.high is not None and own.high >= asked.high))


def _contained(own: _Bounds, asked: _Bounds) -> bool:
    begins = asked.low is None or (own.low is not None and asked.starts_before(own.low))
    return begins and (asked.high is None or (own.high is not None and asked.ends_after(own.high)))


RELATIONS = {"overlap": _overlap, "containing": _containing, "contained": _contained}


def _range_filter(filter_: Mapping[str, Any], scope: _Scope) -> Predicate:
    bounds = _bounds(filter_, ("from", "to"), scope.queryable((filter_["field"],)))
    read = scope.reader(filter_["field"])
    return lambda p: any(bounds.holds(value) for value in read(p))


def _range2_filter(filter_: Mapping[str, Any], scope: _Scope) -> Predicate:
    begin, end = filter_["from_field"], filter_["to_field"]
    asked = _bounds(filter_, ("from_value", "to_value"), scope.queryable((begin, end)))
    related = RELATIONS[filter_.get("filter_mode", "overlap")]
    read_begin, read_end = scope.reader(begin), scope.reader(end)

    def matches(properties: Properties) -> bool:
        begins, ends = read_begin(properties), read_end(properties)
        own = _Bounds(min(begins, default=None), max(ends, default=None))
        return bool(begins or ends) and not own.empty and related(own, asked)

    return matches if not asked.empty else _nothing


def _nothing(_: Properties) -> bool:
    return False


def _bounds(
    filter_: Mapping[str, Any], members: tuple[str, str], fields: Mapping[str, SearchField]
) -> _Bounds:
    """Return the range that a filter asks for, after checking it and the fields."""
    for name, field in fields.items():
        if field.kind not in ORDERED:
            raise faults.RANGE_FILTER_TYPE(name, field.kind)
    _check_alike(fields)
    name, field = next(iter(fields.items()))
    sent = [filter_.get(member) for member in members]
    low, high = (None if bound is None else field.canonical(bound) for bound in sent)
    refused = [
        s for s, bound in zip(sent, (low, high), strict=True) if bound is None and s is not None
    ]
    if refused or (low is None and high is None):
        raise faults.RANGE_FILTER_VALUE(name, _render(next(iter(refused), None)))
    inclusive = (filter_.get(f"{end}_inclusive", True) for end in ("from", "to"))
    return _Bounds(low, high, *inclusive)


COMBINE = {"must": _all, "should": _any, "must_not": _none}
COMBINE_FILTERS = {"and": _all, "or": _any, "not": _none}
COMPILE: dict[str, Callable[[Mapping[str, Any], _Scope], Predicate]] = {
    "match_all_query": _match_all_query,
    "term_query": _term_query,
    "text_query": _text_query,
    "bool_query": _bool_query,
    "filtered_query": _filtered_query,
    "nested_query": _nested_query,
    "term_filter": _term_filter,
    "range_filter": _range_filter,
    "range2_filter": _range2_filter,
    "query_filter": _query_filter,
    "bool_filter": _bool_filter,
}

Narrowing = Callable[[Mapping[str, Any], str], frozenset[str] | None]


def _narrow_term(term: Mapping[str, Any], field: str) -> frozenset[str] | None:
    names = term["fields"] if "fields" in term else (term["field"],)
    decided = set(names) == {field} and term["operator"] in ("is", "one_of")
    return frozenset(term["values"]) if decided else None


def _narrow_bool_query(query: Mapping[str, Any], field: str) -> frozenset[str] | None:
    must = [exact(clause, field) for clause in query.get("must", ())]
    return _smallest([*must, _united(query.get("should", ()), field)])


def _narrow_bool_filter(filter_: Mapping[str, Any], field: str) -> frozenset[str] | None:
    inner = filter_.get("filters", ())
    if filter_["operator"] == "and":
        return _smallest([exact(clause, field) for clause in inner])
    return _united(inner, field) if filter_["operator"] == "or" else None


def _narrow_filtered_query(query: Mapping[str, Any], field: str) -> frozenset[str] | None:
    return _smallest([exact(query["query"], field), exact(query["filter"], field)])


def _narrow_query_filter(filter_: Mapping[str, Any], field: str) -> frozenset[str] | None:
    return exact(filter_["query"], field)


def _smallest(bounds: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    # Not what they have in common: a field of several values may have one of each.
    return min((bound for bound in bounds if bound is not None), key=len, default=None)


def _united(clauses: Sequence[Mapping[str, Any]], field: str) -> frozenset[str] | None:
    """Return the values of clauses of which one has to match."""
    bounds = [exact(clause, field) for clause in clauses]
    known = [bound for bound in bounds if bound is not None]
    return frozenset().union(*known) if clauses and len(known) == len(bounds) else None


NARROW: dict[str, Narrowing] = {
    "term_query": _narrow_term,
    "bool_query": _narrow_bool_query,
    "filtered_query": _narrow_filtered_query,
    "term_filter": _narrow_term,
    "query_filter": _narrow_query_filter,
    "bool_filter": _narrow_bool_filter,
}
