"""The documents of searches (SRC-1 to SRC-3): requests, queries, filters and results.

Queries and filters hold queries and filters. The decoder works level by level rather than by
recursion, so that a request cannot exhaust the stack, and stops at ``MAX_LEVELS`` levels. A decoded
query keeps the order of its members and has no defaults, because the result echoes it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError

from emulator.ocapi.schema.document import ENVELOPE, Document
from emulator.ocapi.schema.faults import MALFORMED_SELECTOR, QUOTA_EXCEEDED, Fault, FaultType
from emulator.ocapi.schema.fields import (
    SCALARS,
    Array,
    Boolean,
    Custom,
    Embedded,
    Enumeration,
    Integer,
    Place,
    Property,
    String,
    constrained,
    refuse,
)
from emulator.ocapi.search.budget import check_size
from emulator.ocapi.search.language import FILTER_COMBINERS, TERM_OPERATORS

MAX_LEVELS = 50  # of queries and filters inside each other, the innermost included
DEFAULT_COUNT, MAX_COUNT = 25, 200  # hits of a page

MALFORMED_SEARCH_PARAMETER = FaultType(
    400,
    "MalformedSearchParameter",
    "The search request is malformed. A query and a filter have exactly one kind each, "
    f"and at most {MAX_LEVELS} of them stand inside each other.",
)
SEARCH_FAULTS = (MALFORMED_SEARCH_PARAMETER, MALFORMED_SELECTOR, QUOTA_EXCEEDED)
"""The faults of every search."""


class Scalar(Custom):
    """A string, number or boolean; the search field decides on the type later."""

    expected = SCALARS

    def check(self, value: Any) -> Any:
        """See ``Property.check``."""
        return value


class FieldNames(Array):
    """Names of search fields, at least 1."""

    min_items = 1

    def __init__(self, **options: Any) -> None:
        super().__init__(String(allow_none=False), **options)

    def check(self, value: list[Any]) -> list[Any]:
        """See ``Property.check``."""
        if not value:
            refuse(constrained)
        return super().check(value)


class Operator(String):
    """The name of an operator.

    The description lists the names. A wrong name is the fault UNKNOWN_SEARCH_OPERATOR of the query
    language (SRC-4), so ``check`` takes any string.
    """

    def __init__(self, *values: str) -> None:
        super().__init__(required=True, allow_none=False)
        self.values = values


class Inner(Embedded):
    """A clause inside a clause, left undecoded: ``_Node`` decodes level by level."""

    def check(self, value: dict[str, Any]) -> Any:
        """See ``Property.check``."""
        return value


class Clause(Document):
    """The base of the documents inside a search request."""

    def embed(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """See ``Document.embed``; the order of members stays, and ``_type`` is checked (DEC-2)."""
        root = _Node(self, value)
        nodes = [root]
        for node in nodes:  # the loop visits the nodes added on the way, too
            nodes.extend(node.open())
        for node in reversed(nodes):
            node.close()
        if root.errors:
            raise ValidationError(root.errors)
        return root.values

    def decode_members(self, sent: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        """Return the members without null, inner clauses undecoded, and the violations."""
        members = {name: value for name, value in sent.items() if name not in ENVELOPE}
        values, errors = self._load(members, partial=False)
        # No version is known here, and only that of the request counts.
        errors |= self._envelope_errors(sent, sent.get("_v", ""))
        return {name: values[name] for name in members if values.get(name) is not None}, errors


class Choice(Clause):
    """The base of ``query`` and ``filter``, documents with one member of several kinds."""

    def decode_members(self, sent: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        """See ``Clause.decode_members``; zero or several kinds violate the document itself."""
        values, errors = super().decode_members(sent)
        return values, errors or ({} if len(values) == 1 else [_malformed])


class _Node:
    """A clause during decoding.

    Attributes:
        values: The decoded members.
        errors: The violations for ``first_fault``: a list, or a map of lists and maps.
    """

    def __init__(
        self,
        document: Clause,
        sent: Mapping[str, Any],
        parent: "_Node | None" = None,
        key: tuple[Any, ...] = (),
    ) -> None:
        self.document = document
        self.sent = sent
        self.parent = parent
        self.key = key
        self.level: int = (parent.level if parent else 0) + isinstance(document, Choice)
        self.values: dict[str, Any] = {}
        self.errors: Any = [_malformed]

    def open(self) -> "Iterator[_Node]":
        """Decode the clause without inner clauses, and yield a node for each inner clause."""
        if self.level > MAX_LEVELS:
            return
        self.values, self.errors = self.document.decode_members(self.sent)
        if not isinstance(self.errors, list):
            yield from self._inner_nodes()

    def close(self) -> None:
        """Store the outcome in the parent."""
        if self.parent is None:
            return
        if self.errors:
            self.parent.refuse(self.key, self.errors)
        elif not self.parent.errors:
            _put(self.parent.values, self.key, self.values)

    def refuse(self, key: tuple[Any, ...], errors: Any) -> None:
        """Add the violations of an inner clause."""
        self.errors = self.errors or {}
        for name in key[:-1]:
            self.errors.setdefault(name, {})
        _put(self.errors, key, errors)

    def _inner_nodes(self) -> "Iterator[_Node]":
        for name, member in self.sent.items():
            declared = self.document.fields.get(name)
            if isinstance(declared, Inner):
                yield from self._node(declared, member, (name,))
            elif isinstance(declared, Array) and isinstance(declared.inner, Inner):
                for index, entry in enumerate(member if isinstance(member, list) else ()):
                    yield from self._node(declared.inner, entry, (name, index))

    def _node(self, declared: Inner, sent: Any, key: tuple[Any, ...]) -> "Iterator[_Node]":
        if isinstance(sent, dict):
            yield _Node(declared.document, sent, self, key)


def _put(target: Any, key: tuple[Any, ...], value: Any) -> None:
    for name in key[:-1]:
        target = target[name]
    target[key[-1]] = value


def _malformed(_: Place) -> Fault:
    return MALFORMED_SEARCH_PARAMETER()


def _query(**options: Any) -> Property:
    return Inner(lambda: QUERY, allow_none=False, **options)


def _filter(**options: Any) -> Property:
    return Inner(lambda: FILTER, allow_none=False, **options)


def _include(**properties: Property) -> dict[str, Property]:
    return properties


class MatchAllQuery(Clause):
    """Matches every document."""


class TermQuery(Clause):
    """Compares fields with values; several fields are combined by OR."""

    class Meta(Document.Meta):
        """Properties named as an attribute or a keyword of Python."""

        include = _include(fields=FieldNames(required=True, allow_none=False))

    operator = Operator(*TERM_OPERATORS)
    values = Array(Scalar())


class TextQuery(Clause):
    """Looks for the words of a phrase."""

    class Meta(Document.Meta):
        """Properties named as an attribute or a keyword of Python."""

        include = _include(fields=FieldNames(required=True, allow_none=False))

    search_phrase = String(required=True, allow_none=False)


class BoolQuery(Clause):
    """Combines queries."""

    must = Array(_query())
    must_not = Array(_query())
    should = Array(_query())


class FilteredQuery(Clause):
    """Narrows a query by a filter."""

    filter = _filter(required=True)
    query = _query(required=True)


class NestedQuery(Clause):
    """Looks for a single object of an array to match a query."""

    path = String(required=True, allow_none=False)
    query = _query(required=True)
    score_mode = Enumeration("avg", "total", "max", "none")


class Query(Choice):
    """A query: a single kind with a clause."""

    bool_query = Inner(BoolQuery())
    filtered_query = Inner(FilteredQuery())
    match_all_query = Inner(MatchAllQuery())
    nested_query = Inner(NestedQuery())
    term_query = Inner(TermQuery())
    text_query = Inner(TextQuery())


class TermFilter(Clause):
    """Compares a single field with values."""

    field = String(required=True, allow_none=False)
    operator = Operator(*TERM_OPERATORS)
    values = Array(Scalar())


class RangeFilter(Clause):
    """Asks for a value between two bounds."""

    class Meta(Document.Meta):
        """Properties named as an attribute or a keyword of Python."""

        include = _include(**{"from": Scalar()})

    field = String(required=True, allow_none=False)
    from_inclusive = Boolean()
    to = Scalar()
    to_inclusive = Boolean()


class Range2Filter(Clause):
    """Compares the range between two fields with the range between two bounds."""

    filter_mode = Enumeration("overlap", "containing", "contained")
    from_field = String(required=True, allow_none=False)
    from_inclusive = Boolean()
    from_value = Scalar()
    to_field = String(required=True, allow_none=False)
    to_inclusive = Boolean()
    to_value = Scalar()


class QueryFilter(Clause):
    """Uses a query as a filter."""

    query = _query(required=True)


class BoolFilter(Clause):
    """Combines filters by an operator."""

    filters = Array(_filter())
    operator = Operator(*FILTER_COMBINERS)


class Filter(Choice):
    """A filter: a single kind with a clause."""

    bool_filter = Inner(BoolFilter())
    query_filter = Inner(QueryFilter())
    range2_filter = Inner(Range2Filter())
    range_filter = Inner(RangeFilter())
    term_filter = Inner(TermFilter())


QUERY, FILTER = Query(), Filter()


class Sort(Clause):
    """A clause of the order of the hits."""

    field = String(required=True, allow_none=False)
    sort_order = Enumeration("asc", "desc")


class ResultPage(Document):
    """The start and size of the next or the previous page of a result."""

    count = Integer()
    db_start_record_ = Integer()
    start = Integer()


class SearchRequest(Document):
    """A query, the order of the hits, and the page to answer."""

    has_options = True

    count = Integer(minimum=1, maximum=MAX_COUNT, load_default=DEFAULT_COUNT)
    db_start_record_ = Integer(minimum=0)
    expand = Array(String(allow_none=False))
    query = Embedded(QUERY, required=True, allow_none=False)
    select = String()
    sorts = Array(Embedded(Sort(), allow_none=False))
    start = Integer(minimum=0, load_default=0)

    def decode(self, body: Any, **options: Any) -> dict[str, Any]:
        """See ``Document.decode``; a member with null counts as absent.

        Raises:
            Fault: Also QUOTA_EXCEEDED (``check_size``).
        """
        check_size(body)
        decoded = super().decode(body, **options)
        return {name: value for name, value in decoded.items() if value is not None}


class SearchResult(Document):
    """The base of search results, such as ``inventory_list_search_result``."""

    count = Integer()
    db_start_record_ = Integer(minimum=0)
    expand = Array(String())
    hits: Array
    next = Embedded(ResultPage())
    previous = Embedded(ResultPage())
    query = Embedded(QUERY)
    select = String()
    sorts = Array(Embedded(Sort()))
    start = Integer(minimum=0)
    total = Integer()
