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
from heapq import nlargest, nsmallest
from itertools import compress, islice
from operator import itemgetter
from typing import Any, TypeVar

import orjson

from emulator.ocapi.schema import faults
from emulator.ocapi.search.budget import CHARACTERS_OF_STEP, STEPS_OF_SORT, Budget
from emulator.ocapi.search.field import (
    CANONICAL_VALUES,
    MAX_SHORT_LIST,
    PLAIN_TYPES,
    SEQUENCES,
    Find,
    Kind,
    Readable,
    SearchField,
    is_document,
    list_values,
    make_finder,
)

__all__ = [
    "Kind",
    "Order",
    "Query",
    "SearchField",
    "compile_query",
    "compile_sorts",
    "echo",
    "exact",
]

Document = TypeVar("Document", bound=Readable)
Properties = Mapping[str, Any]
Select = Callable[[list[Any]], list[Any]]
"""Returns the documents that match a clause, in the same order."""
Fits = Callable[[Any], bool]

TEXT_KINDS = ("string", "text", "enum", "boolean")
ORDERED_KINDS = ("string", "text", "number", "date")
QUERY_MEMBERS = ("query", "must", "must_not", "should")
FILTER_MEMBERS = ("filter", "filters")
MAX_EXACT_VALUES = 1000  # a search for more looks at all documents: one scan, not many look-ups
DOCUMENTS_OF_BATCH = 250  # a clause looks at so many documents at once
NESTED_FIELD = SearchField("string")  # the elements have the path of a field, and no kind
SORTED_SHARE = 8  # a page of more than this fraction of the hits is cut from the sorted hits
MAX_CACHED_CHARACTERS = 10_000_000  # of the long texts of a batch
BOOLEAN_TEXTS = {False: "false", True: "true"}


@dataclass(frozen=True, slots=True)
class Order:
    """The order of hits.

    Attributes:
        clauses: For each clause a function to the values of documents to sort by, None for a
            document without a value, and whether the clause is descending. The first clause
            decides, the next ones where it finds no difference.
        budget: The steps left to the sorting.
    """

    clauses: tuple[tuple[Find, bool], ...]
    budget: Budget

    def sort(self, documents: Iterable[Document], count: int | None = None) -> list[Document]:
        """Return documents in order; the sort is stable.

        A missing value comes last when ascending, first when descending. Of several values the
        smallest counts when ascending, the largest when descending.

        Args:
            documents: The documents.
            count: The number of wanted documents; further documents may be missing.

        Raises:
            Fault: QUOTA_EXCEEDED: there are too many documents for so many clauses.
        """
        ordered = list(documents)
        self.budget.spend(len(ordered) * len(self.clauses) * STEPS_OF_SORT)
        if not self.clauses:
            return ordered
        if count is not None and count * SORTED_SHARE < len(ordered):
            find, descending = self.clauses[0]
            ordered = _narrow(ordered, find, count, descending=descending)
        for find, descending in reversed(self.clauses):
            ordered = _sort(ordered, find, descending=descending)
        return ordered


def _sort(documents: list[Document], find: Find, *, descending: bool) -> list[Document]:
    """Return documents in the order of a clause."""
    missing, present = [], []
    for document, value in zip(documents, find(documents), strict=True):
        if value is None:
            missing.append(document)
        else:
            present.append((value, document))
    present.sort(key=itemgetter(0), reverse=descending)
    found = [document for _, document in present]
    return [*missing, *found] if descending else [*found, *missing]


def _narrow(
    documents: list[Document], find: Find, count: int, *, descending: bool
) -> list[Document]:
    """Return the first documents by a clause, in the same order, and documents equal to the last.

    Args:
        documents: The documents.
        find: Returns the values to sort by.
        count: The number of documents.
        descending: Whether the clause is descending.
    """
    values = find(documents)
    present = [value for value in values if value is not None]
    if descending:
        count -= len(values) - len(present)
    pairs = zip(documents, values, strict=True)
    if count <= 0:
        return [d for d, value in pairs if value is None]
    if count >= len(present):
        return documents
    if descending:
        last = nlargest(count, present)[-1]
        return [d for d, value in pairs if value is None or value >= last]
    last = nsmallest(count, present)[-1]
    return [d for d, value in pairs if value is not None and value <= last]


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled query, for one search.

    Attributes:
        matches: Returns the documents that match.
        cost: The steps of one evaluation, besides steps that depend on the document.
        budget: The steps left to the search.
        texts: The cached texts of the documents.
    """

    matches: Select
    cost: int
    budget: Budget
    texts: "_Texts"

    def select(self, documents: Iterable[Document]) -> list[Document]:
        """Return the documents that match, in the same order.

        Raises:
            Fault: QUOTA_EXCEEDED: there are too many documents for so many clauses.
        """
        hits: list[Document] = []
        rest = iter(documents)
        while batch := list(islice(rest, DOCUMENTS_OF_BATCH)):
            self.budget.spend(self.cost * len(batch))
            self.texts.clear()
            hits += self.matches(batch)
        return hits


def compile_query(
    query: Mapping[str, Any], fields: Mapping[str, SearchField], budget: Budget | None = None
) -> Query:
    """Return a query that selects documents by stored properties.

    Args:
        query: A decoded ``query`` document.
        fields: The fields of the search, by name.
        budget: The budget to spend; None for a budget of the query alone.

    Raises:
        Fault: Any of SRC-4: UNKNOWN_SEARCH_FIELD, UNQUERYABLE_FIELD, UNKNOWN_SEARCH_OPERATOR,
            SEARCH_OPERATOR_NOT_APPLICABLE, QUERY_SEARCH_TYPES_NOMATCH,
            TERM_OPERATOR_MISMATCH_VALUES, INVALID_SEARCH_FIELD_TYPE, RANGE_FILTER_TYPE,
            RANGE_FILTER_VALUE.
    """
    scope = _Scope(fields, budget or Budget(), _Texts())
    matches = _compile(query, scope)
    return Query(matches, scope.cost, scope.budget, scope.texts)


def compile_sorts(
    sorts: Sequence[Mapping[str, Any]],
    fields: Mapping[str, SearchField],
    budget: Budget | None = None,
) -> Order:
    """Return the order of decoded ``sort`` documents; ``asc`` is the default.

    Args:
        sorts: The decoded documents.
        fields: The fields of the search, by name.
        budget: The budget to spend; None for a budget of the sorts alone.

    Raises:
        Fault: UNKNOWN_SEARCH_FIELD or FIELD_NOT_SORTABLE.
    """
    scope = _Scope(fields, budget or Budget(), _Texts())
    clauses: dict[tuple[str, bool], tuple[Find, bool]] = {}
    for sort in sorts:
        name, descending = sort["field"], sort.get("sort_order") == "desc"
        if not scope.known(name).sortable:
            raise faults.FIELD_NOT_SORTABLE(name)
        # The same clause again finds no difference. The opposite clause may find one: of several
        # values, the largest can be equal where the smallest is not.
        clauses.setdefault(
            (name, descending), (scope.ranks(name, max if descending else min), descending)
        )
    return Order(tuple(clauses.values()), budget or Budget())


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


def _render(value: Any) -> str:
    """Return a JSON scalar as the argument of a fault."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


class _Texts(dict[tuple[str, int], str]):
    """The long texts of a batch of documents without case, by field and identity of the document.

    Many text queries may look at the same texts.
    """

    def __init__(self) -> None:
        super().__init__()
        self._characters = 0

    def clear(self) -> None:
        """Remove all texts."""
        super().clear()
        self._characters = 0

    def keep(self, name: str, document: Readable, text: str) -> None:
        """Store a text, unless the cache is full."""
        self._characters += len(text)
        if self._characters <= MAX_CACHED_CHARACTERS:
            self[name, id(document)] = text


class _Scope:
    """The visible fields of a query: all fields, or the fields below the path of a nested query.

    Attributes:
        fields: All fields of the search, by name.
        budget: The steps left to the search.
        texts: The cached texts of the documents.
        prefix: The path of the nested query with a dot at the end, or nothing.
        cost: The steps of one evaluation; each compiled clause adds its own.
    """

    def __init__(
        self, fields: Mapping[str, SearchField], budget: Budget, texts: _Texts, prefix: str = ""
    ) -> None:
        self.fields = fields
        self.budget = budget
        self.texts = texts
        self.prefix = prefix
        self.cost = 0

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

    def find(self, name: str) -> Find:
        """Return a function that returns the value or the array of the field for each document."""
        field = self.fields[name]
        path = field.path or name.removeprefix(self.prefix)
        return make_finder(field, path, self.budget.spend)

    def read(self, name: str) -> Callable[[Any], tuple[Any, ...]]:
        """Return a function that turns the value or the array of a field into comparable values."""
        kind, spend = self.fields[name].kind, self.budget.spend
        plain, canonical = PLAIN_TYPES[kind], CANONICAL_VALUES[kind]

        def read(found: Any) -> tuple[Any, ...]:
            if type(found) in SEQUENCES:
                spend(len(found))
                if plain:
                    return tuple([v for v in found if type(v) in plain])
                return tuple([v for v in map(canonical, found) if v is not None])
            value = canonical(found)
            return () if value is None else (value,)

        return read

    def ranks(self, name: str, choose: Callable[[Iterable[Any]], Any]) -> Find:
        """Return a function that returns the chosen value for each document, or None."""
        find, read = self.find(name), self.read(name)
        plain = PLAIN_TYPES[self.fields[name].kind]

        def rank(found: Any) -> Any:
            values = read(found)
            return choose(values) if values else None

        return lambda documents: [v if type(v) in plain else rank(v) for v in find(documents)]

    def where(self, name: str, fits: Fits, *, free: int = 0) -> Fits:
        """Return a function that tells whether one of the found values of a field fits.

        Args:
            name: The field.
            fits: Whether a comparable value fits.
            free: The number of values in an array that cost no steps.
        """
        kind, spend = self.fields[name].kind, self.budget.spend
        plain, canonical = PLAIN_TYPES[kind], CANONICAL_VALUES[kind]

        def holds(found: Any) -> bool:
            if type(found) not in SEQUENCES:
                value = canonical(found)
                return value is not None and fits(value)
            if len(found) > free:
                spend(len(found))
            for value in found if plain else map(canonical, found):
                if (type(value) in plain or (not plain and value is not None)) and fits(value):
                    return True
            return False

        return holds

    def nested(self, path: str) -> "_Scope":
        """Return the scope of a nested query, or raise UNKNOWN_SEARCH_FIELD."""
        inner = _Scope(self.fields, self.budget, self.texts, f"{path}.")
        below = any(name.startswith(inner.prefix) for name in self.fields)
        if not (below and path.startswith(self.prefix)):
            raise faults.UNKNOWN_SEARCH_FIELD(path)
        return inner


def _all(selects: Sequence[Select]) -> Select:
    if len(selects) == 1:
        return selects[0]

    def select(documents: list[Any]) -> list[Any]:
        for clause in selects:
            documents = clause(documents)
        return documents

    return select


def _any(selects: Sequence[Select]) -> Select:
    if len(selects) == 1:
        return selects[0]

    def select(documents: list[Any]) -> list[Any]:
        found: set[int] = set()
        rest = documents
        for clause in selects:
            found.update(map(id, clause(rest)))
            rest = [document for document in rest if id(document) not in found]
        return [document for document in documents if id(document) in found]

    return select


def _none(selects: Sequence[Select]) -> Select:
    unwanted = _any(selects)

    def select(documents: list[Any]) -> list[Any]:
        found = set(map(id, unwanted(documents)))
        return [document for document in documents if id(document) not in found]

    return select


def _everything(documents: list[Any]) -> list[Any]:
    return documents


def _nothing(_: list[Any]) -> list[Any]:
    return []


def _compile(choice: Mapping[str, Any], scope: _Scope) -> Select:
    [(kind, clause)] = _clauses(choice)
    scope.cost += 1
    return CLAUSE_COMPILERS[kind](clause, scope)


def _match_all_query(_query: Mapping[str, Any], _scope: _Scope) -> Select:
    return _everything


def _term_query(query: Mapping[str, Any], scope: _Scope) -> Select:
    return _compare(query["fields"], query, scope)


def _text_query(query: Mapping[str, Any], scope: _Scope) -> Select:
    fields = scope.queryable(query["fields"])
    for name, field in fields.items():
        if field.term_only or field.kind not in TEXT_KINDS:
            raise faults.SEARCH_OPERATOR_NOT_APPLICABLE("text_query", name)
    words = tuple(dict.fromkeys(query["search_phrase"].casefold().split()))
    if not "".join(words).strip("*"):
        return _everything
    reads = [_text_reader(name, scope) for name in fields]
    whole = all(field.whole_words for field in fields.values())
    scope.cost += len(fields) - 1
    free = CHARACTERS_OF_STEP // len(words)

    def select(documents: list[Any]) -> list[Any]:
        texts = [read(documents) for read in reads]
        # Words hold no space, so none reaches from one field into the next.
        joined = texts[0] if len(texts) == 1 else map(" ".join, zip(*texts, strict=True))
        hits = []
        for document, text in zip(documents, joined, strict=True):
            if len(text) >= free:
                scope.budget.spend(len(words) * len(text) // CHARACTERS_OF_STEP)
            for word in words:
                if word not in text:
                    break
            else:
                if not whole or set(text.split()).issuperset(words):
                    hits.append(document)
        return hits

    return select


def _text_reader(name: str, scope: _Scope) -> Callable[[list[Any]], list[str]]:
    """Return a function from documents to the values of a field, as texts without case."""
    find, read_long = scope.find(name), _long_text_reader(name, scope)

    def read(documents: list[Any]) -> list[str]:
        texts = []
        for document, found in zip(documents, find(documents), strict=True):
            text = found
            if type(found) in SEQUENCES and len(found) <= MAX_SHORT_LIST:
                try:
                    text = " ".join(found)
                except TypeError:  # the list holds documents
                    text = None
            # The cache of a short text would take longer than the text.
            if type(text) is str and len(text) < CHARACTERS_OF_STEP:
                texts.append(text.casefold())
            else:
                texts.append("" if found is None else read_long(document, found))
        return texts

    return read


def _long_text_reader(name: str, scope: _Scope) -> Callable[[Readable, Any], str]:
    """Return a function from a document and the found value to a text, cached for more queries."""
    read, texts = scope.read(name), scope.texts

    def read_long(document: Readable, found: Any) -> str:
        text = texts.get((name, id(document)))
        if text is None:
            values = (BOOLEAN_TEXTS[v] if isinstance(v, bool) else v for v in read(found))
            text = " ".join(values).casefold()
            texts.keep(name, document, text)
        return text

    return read_long


def _bool_query(query: Mapping[str, Any], scope: _Scope) -> Select:
    selects = [
        QUERY_COMBINERS[name]([_compile(clause, scope) for clause in clauses])
        for name, clauses in query.items()
        if name in QUERY_COMBINERS and clauses
    ]
    return _all(selects)


def _filtered_query(query: Mapping[str, Any], scope: _Scope) -> Select:
    return _all([_compile(query[name], scope) for name in query if name in ("query", "filter")])


def _nested_query(query: Mapping[str, Any], scope: _Scope) -> Select:
    path = query["path"]
    inner = scope.nested(path)
    matches = _compile(query["query"], inner)
    find = make_finder(NESTED_FIELD, path.removeprefix(scope.prefix), scope.budget.spend)

    def select(documents: list[Any]) -> list[Any]:
        hits = []
        for document, found in zip(documents, find(documents), strict=True):
            elements = [one for one in list_values(found) if is_document(one)]
            scope.budget.spend(len(elements) * inner.cost)
            if elements and matches(elements):
                hits.append(document)
        return hits

    return select


def _term_filter(filter_: Mapping[str, Any], scope: _Scope) -> Select:
    return _compare((filter_["field"],), filter_, scope)


def _query_filter(filter_: Mapping[str, Any], scope: _Scope) -> Select:
    return _compile(filter_["query"], scope)


def _bool_filter(filter_: Mapping[str, Any], scope: _Scope) -> Select:
    if filter_["operator"] not in FILTER_COMBINERS:
        raise faults.UNKNOWN_SEARCH_OPERATOR(filter_["operator"])
    selects = [_compile(inner, scope) for inner in filter_.get("filters", ())]
    return FILTER_COMBINERS[filter_["operator"]](selects) if selects else _everything


def _compare(names: Iterable[str], term: Mapping[str, Any], scope: _Scope) -> Select:
    """Compile a comparison of fields with values; a hit needs a field with a fit."""
    fields = scope.queryable(names)
    comparison = _comparison(term["operator"], fields)
    _check_alike(fields)
    values = _values(term, comparison, fields)
    scope.cost += len(fields) - 1
    fits = comparison.make(values)
    alternatives = values if comparison.make is _is and not comparison.negated else None
    return _any([_pick(n, scope, fits, alternatives, negated=comparison.negated) for n in fields])


def _pick(
    name: str,
    scope: _Scope,
    fits: Fits,
    alternatives: frozenset[Any] | None = None,
    *,
    negated: bool = False,
) -> Select:
    """Return the clause for one field.

    Args:
        name: The field.
        scope: The scope of the clause.
        fits: Whether a value fits.
        alternatives: The values that fit, if ``fits`` looks for equal values; else None.
        negated: Whether a hit has no value that fits, rather than one.
    """
    free = 0 if alternatives is None else MAX_SHORT_LIST
    find, where = scope.find(name), scope.where(name, fits, free=free)
    # A value of a plain type is compared as stored.
    plain = PLAIN_TYPES[scope.fields[name].kind]
    # Only a text is equal to a text, so the other types of a list need no look.
    misses = alternatives.isdisjoint if alternatives is not None and str in plain else None

    def select(documents: list[Any]) -> list[Any]:
        found = find(documents)
        if plain.issuperset(map(type, found)):
            return [*compress(documents, map(fits, found))]
        hits = []
        for document, value in zip(documents, found, strict=True):
            kind = type(value)
            if kind in plain:
                if fits(value):
                    hits.append(document)
            elif misses and kind in SEQUENCES and len(value) <= free:
                try:
                    is_hit = not misses(value)
                except TypeError:  # the list holds documents
                    is_hit = where(value)
                if is_hit:
                    hits.append(document)
            elif value is not None and where(value):
                hits.append(document)
        return hits

    return _none([select]) if negated else select


@dataclass(frozen=True, slots=True)
class _TermOperator:
    """An operator of terms.

    Attributes:
        fits: Whether the operator takes a number of values.
        make: From the values of the term to the comparison with a value of a document.
        ordered: Whether the operator needs values with an order.
        negated: Whether a hit has no value that fits, rather than one.
    """

    fits: Callable[[int], bool]
    make: Callable[[frozenset[Any]], Fits]
    ordered: bool = False
    negated: bool = False


def _is(values: frozenset[Any]) -> Fits:
    return values.__contains__


def _is_any(_: frozenset[Any]) -> Fits:
    return lambda _: True


def _less(values: frozenset[Any]) -> Fits:
    [bound] = values
    return lambda value: bool(value < bound)


def _greater(values: frozenset[Any]) -> Fits:
    [bound] = values
    return lambda value: bool(value > bound)


def _one(count: int) -> bool:
    return count == 1


def _at_least_one(count: int) -> bool:
    return count > 0


def _zero(count: int) -> bool:
    return count == 0


TERM_OPERATORS = {
    "is": _TermOperator(_at_least_one, _is),
    "one_of": _TermOperator(_at_least_one, _is),
    "is_null": _TermOperator(_zero, _is_any, negated=True),
    "is_not_null": _TermOperator(_zero, _is_any),
    "less": _TermOperator(_one, _less, ordered=True),
    "greater": _TermOperator(_one, _greater, ordered=True),
    "not_in": _TermOperator(_at_least_one, _is, negated=True),
    "neq": _TermOperator(_one, _is, negated=True),
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


def _range_filter(filter_: Mapping[str, Any], scope: _Scope) -> Select:
    bounds = _bounds(filter_, ("from", "to"), scope.queryable((filter_["field"],)))
    return _pick(filter_["field"], scope, bounds.holds)


def _range2_filter(filter_: Mapping[str, Any], scope: _Scope) -> Select:
    begin, end = filter_["from_field"], filter_["to_field"]
    asked = _bounds(filter_, ("from_value", "to_value"), scope.queryable((begin, end)))
    related = RANGE_RELATIONS[filter_.get("filter_mode", "overlap")]
    scope.cost += 1  # for the second field
    finds = [scope.find(name) for name in (begin, end)]
    reads = [scope.read(name) for name in (begin, end)]

    def matches(begins: Any, ends: Any) -> bool:
        begins, ends = reads[0](begins), reads[1](ends)
        own = _Range(min(begins, default=None), max(ends, default=None))
        return bool(begins or ends) and not own.empty and related(own, asked)

    def select(documents: list[Any]) -> list[Any]:
        found = map(matches, *[find(documents) for find in finds])
        return list(compress(documents, found))

    return select if not asked.empty else _nothing


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
CLAUSE_COMPILERS: dict[str, Callable[[Mapping[str, Any], _Scope], Select]] = {
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
