"""The query language of searches (SRC-2, SRC-4).

``compile_query`` turns a decoded ``query`` document into a ``Query`` of stored properties. The
compiler finds every fault of the query, the first in document order. The evaluation has one fault
alone: QUOTA_EXCEEDED, for too much work.

A document has zero, one or several values of a field. It has none where the property is absent,
null, an empty array, or of another type than the field. It has several where the property is an
array. The operators treat these values as follows:

* ``is``, ``one_of``, ``less``, ``greater`` and ``range_filter`` need one value that fits. A
  document without a value is never a hit.
* ``neq`` and ``not_in`` are the opposites of ``is`` and ``one_of``. A document without a value is
  always a hit.
* ``range2_filter`` takes a missing end as open, and two missing ends as no range.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import orjson

from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.search.budget import CHARACTERS_OF_STEP, STEPS_OF_SORT, Budget
from emulator.store import Record, read_property

Document = TypeVar("Document", bound="Readable")
Properties = Mapping[str, Any]
# A record is read as it is: its mapping would take a microsecond to make.
Readable = Mapping[str, Any] | Record
Predicate = Callable[[Readable], bool]
Read = Callable[[Readable], tuple[Any, ...]]
Spend = Callable[[int], None]
Kind = Literal["string", "text", "boolean", "number", "date", "enum"]

TEXT_KINDS = ("string", "text", "enum", "boolean")
ORDERED_KINDS = ("string", "text", "number", "date")
QUERY_MEMBERS = ("query", "must", "must_not", "should")
FILTER_MEMBERS = ("filter", "filters")
MAX_EXACT_VALUES = 1000  # a search for more looks at all documents: one scan, not many look-ups
SEQUENCES = frozenset({list, tuple})
MAX_SHORT_LIST = 8  # values of a list that are compared without a reader
DOCUMENTS_OF_BATCH = 1000  # a search spends the steps of so many documents at once
BOOLEAN_TEXTS = {False: "false", True: "true"}


@dataclass(frozen=True, slots=True)
class SearchField:
    """A search field.

    Attributes:
        kind: The type of the field's values. ``string`` and ``text`` compare with each other.
        value: From stored properties to the value or an array of values. The default is the
            property of the field's name. A dot in the name leads into an embedded document or into
            an array of embedded documents.
        path: The path of the value, if another than the name of the field.
        values: All values of an ``enum``.
        sortable: Whether hits can be sorted by the field.
        queryable: Whether queries and filters can use the field.
        term_only: Whether text queries cannot use the field.
        whole_words: Whether a text query finds whole words only, rather than parts of words.
        refusal: The fault of a value outside ``values``, with the value as the only argument;
            None for INVALID_SEARCH_FIELD_TYPE.
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

    @property
    def type(self) -> str:
        """The type for comparisons with values and with other fields."""
        return "string" if self.kind == "text" else self.kind

    def canonical(self, value: Any) -> Any:
        """Return the comparable form of a JSON value, or None for a value of another type."""
        found = CANONICAL_VALUES[self.kind](value)
        return None if self.values and found not in self.values else found


@dataclass(frozen=True, slots=True)
class Order:
    """The order of hits.

    Attributes:
        clauses: For each clause a reader of the field's values, and whether the clause is
            descending. The first clause decides, the next ones where it finds no difference.
    """

    clauses: tuple[tuple[Read, bool], ...]

    def sort(self, documents: Iterable[Document]) -> list[Document]:
        """Return documents in order; the sort is stable.

        A missing value comes last when ascending, first when descending. Of several values the
        smallest counts when ascending, the largest when descending.

        Raises:
            Fault: QUOTA_EXCEEDED: there are too many documents for so many clauses.
        """
        ordered = list(documents)
        Budget().spend(len(ordered) * len(self.clauses) * STEPS_OF_SORT)
        for read, descending in reversed(self.clauses):
            rank = _ranking(read, max if descending else min)
            ordered.sort(key=rank, reverse=descending)
        return ordered


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled query, for one search.

    Attributes:
        matches: The predicate over stored properties.
        cost: The steps of one evaluation, besides steps that depend on the document.
        budget: The steps left to the search.
    """

    matches: Predicate
    cost: int
    budget: Budget

    def select(self, documents: Iterable[Document]) -> list[Document]:
        """Return the documents that match, in the same order.

        Raises:
            Fault: QUOTA_EXCEEDED: there are too many documents for so many clauses.
        """
        hits: list[Document] = []
        rest = iter(documents)
        while batch := list(islice(rest, DOCUMENTS_OF_BATCH)):
            self.budget.spend(self.cost * len(batch))
            hits += filter(self.matches, batch)
        return hits


def compile_query(query: Mapping[str, Any], fields: Mapping[str, SearchField]) -> Query:
    """Return a query that selects documents by stored properties.

    Args:
        query: A decoded ``query`` document.
        fields: The fields of the search, by name.

    Raises:
        Fault: Any of SRC-4: UNKNOWN_SEARCH_FIELD, UNQUERYABLE_FIELD, UNKNOWN_SEARCH_OPERATOR,
            SEARCH_OPERATOR_NOT_APPLICABLE, QUERY_SEARCH_TYPES_NOMATCH,
            TERM_OPERATOR_MISMATCH_VALUES, INVALID_SEARCH_FIELD_TYPE, RANGE_FILTER_TYPE,
            RANGE_FILTER_VALUE.
    """
    scope = _Scope(fields, Budget())
    matches = _compile(query, scope)
    return Query(matches, scope.cost, scope.budget)


def compile_sorts(sorts: Sequence[Mapping[str, Any]], fields: Mapping[str, SearchField]) -> Order:
    """Return the order of decoded ``sort`` documents; ``asc`` is the default.

    Raises:
        Fault: UNKNOWN_SEARCH_FIELD or FIELD_NOT_SORTABLE.
    """
    scope = _Scope(fields, Budget())
    clauses: dict[tuple[str, bool], tuple[Read, bool]] = {}
    for sort in sorts:
        name, descending = sort["field"], sort.get("sort_order") == "desc"
        if not scope.known(name).sortable:
            raise faults.FIELD_NOT_SORTABLE(name)
        # The same clause again finds no difference. The opposite clause may find one: of several
        # values, the largest can be equal where the smallest is not.
        clauses.setdefault((name, descending), (scope.reader(name), descending))
    return Order(tuple(clauses.values()))


def exact(query: Mapping[str, Any], field: str) -> frozenset[str] | None:
    """Return the only values of ``field`` in hits, or None without a bound in the query.

    Every hit has at least one of the values. Not every document with such a value is a hit: the
    query is still to be evaluated.

    Args:
        query: A decoded ``query`` document.
        field: The name of a field of kind ``string``.
    """
    [(kind, clause)] = _clauses(query)
    narrow = CLAUSE_NARROWINGS.get(kind)
    values = None if narrow is None else narrow(clause, field)
    return values if values is not None and len(values) <= MAX_EXACT_VALUES else None


def echo(query: Mapping[str, Any]) -> dict[str, Any]:
    """Return the echo of a decoded ``query`` document in a result (SRC-3).

    Each kind of query or filter begins with ``_type``. The documents ``query`` and ``filter``
    around the kinds have no ``_type``. All other members are as in the request.
    """
    return {
        kind: {"_type": kind} | {name: _echo(name, member) for name, member in clause.items()}
        for kind, clause in _clauses(query)
    }


def _echo(name: str, member: Any) -> Any:
    if name not in (*QUERY_MEMBERS, *FILTER_MEMBERS):
        return member
    return [echo(inner) for inner in member] if isinstance(member, list) else echo(member)


def _clauses(choice: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the kind and the clause of a query or filter document, alone in a list."""
    return [(kind, clause) for kind, clause in choice.items() if kind in CLAUSE_COMPILERS]


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


def _render(value: Any) -> str:
    """Return a JSON scalar as the argument of a fault."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


class _Scope:
    """The visible fields of a query: all fields, or the fields below the path of a nested query.

    Attributes:
        fields: All fields of the search, by name.
        budget: The steps left to the search.
        prefix: The path of the nested query with a dot at the end, or nothing.
        cost: The steps of one evaluation; each compiled clause adds its own.
    """

    def __init__(self, fields: Mapping[str, SearchField], budget: Budget, prefix: str = "") -> None:
        self.fields = fields
        self.budget = budget
        self.prefix = prefix
        self.cost = 0
        self._document: Readable | None = None
        self._texts: dict[str, str] = {}

    def known(self, name: str) -> SearchField:
        """Return the field of a name, or raise UNKNOWN_SEARCH_FIELD."""
        field = self.fields.get(name)
        if field is None:
            raise faults.UNKNOWN_SEARCH_FIELD(name)
        return field

    def queryable(self, names: Iterable[str]) -> dict[str, SearchField]:
        """Return fields by name, or raise the fault of the first unknown or unqueryable field."""
        found = {}
        for name in names:
            found[name] = field = self.known(name)
            if not field.queryable or (self.prefix and not self._holds(name, field)):
                raise faults.UNQUERYABLE_FIELD(name)
        return found

    def _holds(self, name: str, field: SearchField) -> bool:
        # A function of the whole document cannot tell the element of the array.
        return name.startswith(self.prefix) and field.value is None and not field.path

    def find(self, name: str) -> Callable[[Readable], Any]:
        """Return a function from stored properties to the value or the array of a field."""
        field = self.fields[name]
        value, path = field.value, field.path or name.removeprefix(self.prefix)
        if value is None:
            return _finder(path, self.budget.spend)
        if field.sources:
            return _caller(value, field.sources)
        return lambda found: value(found.properties if isinstance(found, Record) else found)

    def reader(self, name: str) -> Read:
        """Return a function from stored properties to the values of a field."""
        field, spend, find = self.fields[name], self.budget.spend, self.find(name)
        canonical, textual = CANONICAL_VALUES[field.kind], field.type == "string"

        def read(properties: Readable) -> tuple[Any, ...]:
            found = find(properties)
            if textual and type(found) is str:  # most fields hold a single text
                return (found,)
            if isinstance(found, (list, tuple)):
                spend(len(found))
                return tuple(v for v in map(canonical, found) if v is not None)
            value = canonical(found)
            return () if value is None else (value,)

        return read

    def text(self, name: str, read: Read, document: Readable) -> str:
        """Return the values of a field as one text without case, cached for many text queries."""
        if document is not self._document:
            self._document = document
            self._texts.clear()
        if name not in self._texts:
            values = read(document)
            if any(not isinstance(value, str) for value in values):
                values = tuple(BOOLEAN_TEXTS[v] if isinstance(v, bool) else v for v in values)
            self._texts[name] = " ".join(values).casefold()
        return self._texts[name]

    def nested(self, path: str) -> "_Scope":
        """Return the scope of a nested query, or raise UNKNOWN_SEARCH_FIELD."""
        inner = _Scope(self.fields, self.budget, f"{path}.")
        below = any(name.startswith(inner.prefix) for name in self.fields)
        if not (below and path.startswith(self.prefix)):
            raise faults.UNKNOWN_SEARCH_FIELD(path)
        return inner


def _caller(value: Callable[..., Any], sources: Sequence[str]) -> Callable[[Readable], Any]:
    """Return a function from stored properties to the value of a function of some of them."""
    if len(sources) == 1:
        read = read_property(sources[0])
        return lambda document: value(read(document))
    if len(sources) == 2:  # noqa: PLR2004 - without the list, which would take as long as the rest
        first, second = map(read_property, sources)
        return lambda document: value(first(document), second(document))
    reads = [read_property(name) for name in sources]
    return lambda document: value(*[read(document) for read in reads])


def _finder(path: str, spend: Spend) -> Callable[[Readable], Any]:
    """Return a function from properties to the value at a path, or to all values behind arrays."""
    name, *below = path.split(".")
    first, last = read_property(name), path.rpartition(".")[2]
    if not below:
        return first

    def find(properties: Readable) -> Any:
        found = first(properties)
        if type(found) is MappingProxyType:
            return found.get(last)
        return _follow(properties, (name, last), spend)

    if len(below) == 1:
        return find
    return lambda properties: _follow(properties, (name, *below), spend)


def _follow(properties: Readable, names: Iterable[str], spend: Spend) -> list[Any]:
    found: list[Any] = [properties]
    for name in names:
        inside = [value.get(name) for value in found if isinstance(value, (Record, Mapping))]
        spend(sum(len(value) for value in inside if isinstance(value, (list, tuple))))
        found = [entry for value in inside for entry in _several(value)]
    return found


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else (value,)


def _ranking(read: Read, choose: Callable[[Iterable[Any]], Any]) -> Callable[[Readable], Any]:
    def rank(document: Readable) -> Any:
        values = read(document)
        return (0, choose(values)) if values else (1,)

    return rank


def _all(predicates: Sequence[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]
    return lambda p: all(matches(p) for matches in predicates)


def _any(predicates: Sequence[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]
    return lambda p: any(matches(p) for matches in predicates)


def _none(predicates: Sequence[Predicate]) -> Predicate:
    unwanted = _any(predicates)
    return lambda p: not unwanted(p)


def _everything(_: Readable) -> bool:
    return True


def _nothing(_: Readable) -> bool:
    return False


def _compile(choice: Mapping[str, Any], scope: _Scope) -> Predicate:
    [(kind, clause)] = _clauses(choice)
    scope.cost += 1
    return CLAUSE_COMPILERS[kind](clause, scope)


def _match_all_query(_query: Mapping[str, Any], _scope: _Scope) -> Predicate:
    return _everything


def _term_query(query: Mapping[str, Any], scope: _Scope) -> Predicate:
    return _compare(query["fields"], query, scope)


def _read_short(found: Any) -> str | None:
    """Return a short text, or the text of a short list of texts; None for any other value."""
    if type(found) is list and len(found) <= MAX_SHORT_LIST:
        try:
            found = " ".join(found)
        except TypeError:
            return None
    return found if type(found) is str and len(found) < CHARACTERS_OF_STEP else None


def _text_query(query: Mapping[str, Any], scope: _Scope) -> Predicate:
    fields = scope.queryable(query["fields"])
    for name, field in fields.items():
        if field.term_only or field.kind not in TEXT_KINDS:
            raise faults.SEARCH_OPERATOR_NOT_APPLICABLE("text_query", name)
    words = tuple(dict.fromkeys(query["search_phrase"].casefold().split()))
    if not "".join(words).strip("*"):
        return _everything
    reads = [(name, scope.find(name), scope.reader(name)) for name in fields]
    whole = all(field.whole_words for field in fields.values())
    scope.cost += len(fields) - 1

    def matches(properties: Readable) -> bool:
        texts = []
        for name, find, read in reads:
            # The cache of a short text would take longer than the text.
            short = _read_short(find(properties))
            texts.append(scope.text(name, read, properties) if short is None else short.casefold())
        # Words hold no space, so none reaches from one field into the next.
        text = " ".join(texts)
        scope.budget.spend(len(words) * len(text) // CHARACTERS_OF_STEP)
        if not all(word in text for word in words):
            return False
        return not whole or set(text.split()).issuperset(words)

    return matches


def _bool_query(query: Mapping[str, Any], scope: _Scope) -> Predicate:
    predicates = [
        QUERY_COMBINERS[name]([_compile(clause, scope) for clause in clauses])
        for name, clauses in query.items()
        if name in QUERY_COMBINERS and clauses
    ]
    return _all(predicates)


def _filtered_query(query: Mapping[str, Any], scope: _Scope) -> Predicate:
    return _all([_compile(query[name], scope) for name in query if name in ("query", "filter")])


def _nested_query(query: Mapping[str, Any], scope: _Scope) -> Predicate:
    path = query["path"]
    inner = scope.nested(path)
    matches = _compile(query["query"], inner)
    names = path.removeprefix(scope.prefix).split(".")

    def any_matches(properties: Readable) -> bool:
        elements = _follow(properties, names, scope.budget.spend)
        scope.budget.spend(len(elements) * inner.cost)
        return any(matches(e) for e in elements if isinstance(e, Mapping))

    return any_matches


def _term_filter(filter_: Mapping[str, Any], scope: _Scope) -> Predicate:
    return _compare((filter_["field"],), filter_, scope)


def _query_filter(filter_: Mapping[str, Any], scope: _Scope) -> Predicate:
    return _compile(filter_["query"], scope)


def _bool_filter(filter_: Mapping[str, Any], scope: _Scope) -> Predicate:
    if filter_["operator"] not in FILTER_COMBINERS:
        raise faults.UNKNOWN_SEARCH_OPERATOR(filter_["operator"])
    predicates = [_compile(inner, scope) for inner in filter_.get("filters", ())]
    return FILTER_COMBINERS[filter_["operator"]](predicates) if predicates else _everything


def _compare(names: Iterable[str], term: Mapping[str, Any], scope: _Scope) -> Predicate:
    """Compile a comparison of fields with values; a hit needs a field with a fit."""
    fields = scope.queryable(names)
    comparison = _comparison(term["operator"], fields)
    _check_alike(fields)
    values = _values(term, comparison, fields)
    scope.cost += len(fields) - 1
    plain = PLAIN_TYPES.get(next(iter(fields.values())).type)
    if comparison.make is _is and plain is not None:
        return _any([_is_plain(scope.find(n), scope.reader(n), values, plain) for n in fields])
    return _any([comparison.make(scope.reader(name), values) for name in fields])


@dataclass(frozen=True, slots=True)
class _TermOperator:
    """An operator of terms.

    Attributes:
        fits: Whether the operator takes a number of values.
        make: From the reader of a field and the values to the predicate.
        ordered: Whether the operator needs values with an order.
    """

    fits: Callable[[int], bool]
    make: Callable[[Read, frozenset[Any]], Predicate]
    ordered: bool = False


def _is(read: Read, values: frozenset[Any]) -> Predicate:
    return lambda p: not values.isdisjoint(read(p))


PLAIN_TYPES: Mapping[str, frozenset[type]] = {
    "string": frozenset({str}),
    "enum": frozenset({str}),
    "boolean": frozenset({bool}),
    "number": frozenset({int, float}),
}
"""The Python types of the values that are compared as stored, by type of field."""


def _is_plain(
    find: Callable[[Readable], Any],
    read: Read,
    values: frozenset[Any],
    plain: frozenset[type],
) -> Predicate:
    """Return the predicate of ``is``: one or a few values of a plain type need no reader."""

    def matches(properties: Readable) -> bool:
        found = find(properties)
        if type(found) in plain:
            return found in values
        if type(found) in SEQUENCES and len(found) <= MAX_SHORT_LIST:
            for one in found:  # noqa: SIM110 - a generator would take twice the time
                if type(one) in plain and one in values:
                    return True
            return False
        return not values.isdisjoint(read(properties))

    return matches


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


def _at_least_one(count: int) -> bool:
    return count > 0


def _zero(count: int) -> bool:
    return count == 0


TERM_OPERATORS = {
    "is": _TermOperator(_at_least_one, _is),
    "one_of": _TermOperator(_at_least_one, _is),
    "is_null": _TermOperator(_zero, _is_null),
    "is_not_null": _TermOperator(_zero, _is_not_null),
    "less": _TermOperator(_one, _less, ordered=True),
    "greater": _TermOperator(_one, _greater, ordered=True),
    "not_in": _TermOperator(_at_least_one, _is_not),
    "neq": _TermOperator(_one, _is_not),
}


def _comparison(name: str, fields: Mapping[str, SearchField]) -> _TermOperator:
    comparison = TERM_OPERATORS.get(name)
    if comparison is None:
        raise faults.UNKNOWN_SEARCH_OPERATOR(name)
    for field_name, field in fields.items():
        if comparison.ordered and field.kind not in ORDERED_KINDS:
            raise faults.SEARCH_OPERATOR_NOT_APPLICABLE(name, field_name)
    return comparison


def _check_alike(fields: Mapping[str, SearchField]) -> None:
    first, *others = fields
    for other in others:
        types = fields[first].type, fields[other].type
        if types[0] != types[1]:
            raise faults.QUERY_SEARCH_TYPES_NOMATCH(first, other, *types)


def _values(
    term: Mapping[str, Any], comparison: _TermOperator, fields: Mapping[str, SearchField]
) -> frozenset[Any]:
    """Return the comparable values of a term, after a check of number and types."""
    values = term.get("values", ())
    if not comparison.fits(len(values)):
        raise faults.TERM_OPERATOR_MISMATCH_VALUES(next(iter(fields)), term["operator"])
    compared: dict[tuple[str, ...], frozenset[Any]] = {}
    for name, field in fields.items():
        if field.values not in compared:  # otherwise an earlier field takes the same values
            compared[field.values] = frozenset(_canonical(name, field, v) for v in values)
    return next(iter(compared.values()))


def _canonical(name: str, field: SearchField, value: Any) -> Any:
    canonical = field.canonical(value)
    if canonical is None and field.refusal:
        raise field.refusal(_render(value))
    if canonical is None:
        raise faults.INVALID_SEARCH_FIELD_TYPE(name, _render(value), field.kind)
    return canonical


@dataclass(frozen=True, slots=True)
class _Range:
    """A range between two values; None stands for an open end."""

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
        """Whether the range ends before the begin."""
        if self.low is None or self.high is None:
            return False
        point = self.low_inclusive and self.high_inclusive
        return bool(self.low > self.high) or (self.low == self.high and not point)


def _overlap(own: _Range, asked: _Range) -> bool:
    return (own.low is None or asked.ends_after(own.low)) and (
        own.high is None or asked.starts_before(own.high)
    )


def _containing(own: _Range, asked: _Range) -> bool:
    begins = own.low is None or (asked.low is not None and own.low <= asked.low)
    return begins and (own.high is None or (asked.high is not None and own.high >= asked.high))


def _contained(own: _Range, asked: _Range) -> bool:
    begins = asked.low is None or (own.low is not None and asked.starts_before(own.low))
    return begins and (asked.high is None or (own.high is not None and asked.ends_after(own.high)))


RANGE_RELATIONS = {"overlap": _overlap, "containing": _containing, "contained": _contained}


def _range_filter(filter_: Mapping[str, Any], scope: _Scope) -> Predicate:
    bounds = _bounds(filter_, ("from", "to"), scope.queryable((filter_["field"],)))
    read = scope.reader(filter_["field"])
    return lambda p: any(bounds.holds(value) for value in read(p))


def _range2_filter(filter_: Mapping[str, Any], scope: _Scope) -> Predicate:
    begin, end = filter_["from_field"], filter_["to_field"]
    asked = _bounds(filter_, ("from_value", "to_value"), scope.queryable((begin, end)))
    related = RANGE_RELATIONS[filter_.get("filter_mode", "overlap")]
    scope.cost += 1  # for the second field
    read_begin, read_end = scope.reader(begin), scope.reader(end)

    def matches(properties: Readable) -> bool:
        begins, ends = read_begin(properties), read_end(properties)
        own = _Range(min(begins, default=None), max(ends, default=None))
        return bool(begins or ends) and not own.empty and related(own, asked)

    return matches if not asked.empty else _nothing


def _bounds(
    filter_: Mapping[str, Any], members: tuple[str, str], fields: Mapping[str, SearchField]
) -> _Range:
    """Return the range of a filter, after a check of the range and the fields."""
    for name, field in fields.items():
        if field.kind not in ORDERED_KINDS:
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
    return _Range(low, high, *inclusive)


QUERY_COMBINERS = {"must": _all, "should": _any, "must_not": _none}
FILTER_COMBINERS = {"and": _all, "or": _any, "not": _none}
CLAUSE_COMPILERS: dict[str, Callable[[Mapping[str, Any], _Scope], Predicate]] = {
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
    if not decided:
        return None
    # Compiling the query refuses other values; until then they find no document.
    return frozenset(value for value in term.get("values", ()) if isinstance(value, str))


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
    # Not the intersection: a field of several values may have one value of each bound.
    return min((bound for bound in bounds if bound is not None), key=len, default=None)


def _united(clauses: Sequence[Mapping[str, Any]], field: str) -> frozenset[str] | None:
    """Return the values of alternative clauses, or None if a clause sets no bound."""
    bounds = [exact(clause, field) for clause in clauses]
    known = [bound for bound in bounds if bound is not None]
    return frozenset().union(*known) if clauses and len(known) == len(bounds) else None


CLAUSE_NARROWINGS: dict[str, Narrowing] = {
    "term_query": _narrow_term,
    "bool_query": _narrow_bool_query,
    "filtered_query": _narrow_filtered_query,
    "term_filter": _narrow_term,
    "query_filter": _narrow_query_filter,
    "bool_filter": _narrow_bool_filter,
}
