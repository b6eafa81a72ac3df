"""The documents of searches (SRC-1 to SRC-3): the request, its queries and filters, the result.

Queries and filters hold queries and filters. They are decoded level by level rather than by
recursion, so that a request cannot exhaust the stack, and to ``DEEPEST`` levels. What is decoded
keeps the order of its members, for the result repeats it; no default is added to it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError

from emulator.ocapi.schema.document import ENVELOPE, Document
from emulator.ocapi.schema.faults import Fault, FaultType
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

DEEPEST = 50  # queries and filters around each other, the innermost included
DEFAULT_COUNT, LARGEST_COUNT = 25, 200

MALFORMED_SEARCH_PARAMETER = FaultType(
    400,
    "MalformedSearchParameter",
    "The search request is malformed. A query and a filter have exactly one kind each, "
    f"and at most {DEEPEST} of them stand inside each other.",
)


class Scalar(Custom):
    """A string, number or boolean; which of them the search field decides."""

    expected = SCALARS

    def check(self, value: Any) -> Any:
        """See ``Property.check``."""
        return value


class FieldNames(Array):
    """The names of search fields, at least one."""

    min_items = 1

    def __init__(self, **options: Any) -> None:
        super().__init__(String(allow_none=False), **options)

    def check(self, value: list[Any]) -> list[Any]:
        """See ``Property.check``."""
        if not value:
            refuse(constrained)
        return super().check(value)


class Inner(Embedded):
    """A part inside a part: left as it is sent until its own turn comes."""

    def check(self, value: dict[str, Any]) -> Any:
        """See ``Property.check``."""
        return value


class Part(Document):
    """The base of the documents inside a search request."""

    def embed(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """See ``Document.embed``; the members keep their order, ``_type`` is checked (DEC-2)."""
        root = _Node(self, value)
        nodes = [root]
        for node in nodes:  # which grow on the way
            nodes.extend(node.open())
        for node in reversed(nodes):
            node.close()
        if root.errors:
            raise ValidationError(root.errors)
        return root.values

    def take(self, sent: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        """Return the members that are not null, parts inside undecoded, and the violations."""
        members = {name: value for name, value in sent.items() if name not in ENVELOPE}
        values, errors = self._load(members, partial=False)
        # No version is known here, and only that of the request counts.
        errors |= self._envelope_errors(sent, sent.get("_v", ""))
        return {name: values[name] for name in members if values.get(name) is not None}, errors


class Choice(Part):
    """The base of the documents that hold one of several kinds and nothing else."""

    def take(self, sent: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        """See ``Part.take``; none or several kinds are a violation of the document itself."""
        values, errors = super().take(sent)
        return values, errors or ({} if len(values) == 1 else [_malformed])


class _Node:
    """A part on its way from what was sent to what it means.

    Attributes:
        values: The decoded members.
        errors: The violations, a list or a map of these, as ``first_fault`` reads them.
    """

    def __init__(
        self,
        document: Part,
        sent: Mapping[str, Any],
        parent: "_Node | None" = None,
        key: tuple[Any, ...] = (),
    ) -> None:
        self.document = document
        self.sent = sent
        self.parent = parent
        self.key = key
        self.depth: int = (parent.depth if parent else 0) + isinstance(document, Choice)
        self.values: dict[str, Any] = {}
        self.errors: Any = [_malformed]

    def open(self) -> "Iterator[_Node]":
        """Decode all but the parts inside, and yield these."""
        if self.depth > DEEPEST:
            return
        self.values, self.errors = self.document.take(self.sent)
        if not isinstance(self.errors, list):
            yield from self._parts()

    def close(self) -> None:
        """Hand the outcome to the part around this one."""
        if self.parent is None:
            return
        if self.errors:
            self.parent.refuse(self.key, self.errors)
        elif not self.parent.errors:
            _put(self.parent.values, self.key, self.values)

    def refuse(self, key: tuple[Any, ...], errors: Any) -> None:
        """Add the violations of a part inside."""
        self.errors = self.errors or {}
        for name in key[:-1]:
            self.errors.setdefault(name, {})
        _put(self.errors, key, errors)

    def _parts(self) -> "Iterator[_Node]":
        for name, member in self.sent.items():
            declared = self.document.fields.get(name)
            if isinstance(declared, Inner):
                yield from self._part(declared, member, (name,))
            elif isinstance(declared, Array) and isinstance(declared.inner, Inner):
                for index, entry in enumerate(member if isinstance(member, list) else ()):
                    yield from self._part(declared.inner, entry, (name, index))

    def _part(self, declared: Inner, sent: Any, key: tuple[Any, ...]) -> "Iterator[_Node]":
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


class MatchAllQuery(Part):
    """Matches every document."""


class TermQuery(Part):
    """Compares fields with values; several fields are combined by OR."""

    class Meta(Document.Meta):
        """What Python has another use for."""

        include = _include(fields=FieldNames(required=True, allow_none=False))

    operator = String(required=True, allow_none=False)
    values = Array(Scalar())


class TextQuery(Part):
    """Looks for the words of a phrase."""

    class Meta(Document.Meta):
        """What Python has another use for."""

        include = _include(fields=FieldNames(required=True, allow_none=False))

    search_phrase = String(required=True, allow_none=False)


class BoolQuery(Part):
    """Combines queries."""

    must = Array(_query())
    must_not = Array(_query())
    should = Array(_query())


class FilteredQuery(Part):
    """Narrows a query by a filter."""

    filter = _filter(required=True)
    query = _query(required=True)


class NestedQuery(Part):
    """Asks for one object of an array that matches a query by itself."""

    path = String(required=True, allow_none=False)
    query = _query(required=True)
    score_mode = Enumeration("avg", "total", "max", "none")


class Query(Choice):
    """One of the queries."""

    bool_query = Inner(BoolQuery())
    filtered_query = Inner(FilteredQuery())
    match_all_query = Inner(MatchAllQuery())
    nested_query = Inner(NestedQuery())
    term_query = Inner(TermQuery())
    text_query = Inner(TextQuery())


class TermFilter(Part):
    """Compares one field with values."""

    field = String(required=True, allow_none=False)
    operator = String(required=True, allow_none=False)
    values = Array(Scalar())


class RangeFilter(Part):
    """Asks for a value between two bounds."""

    class Meta(Document.Meta):
        """What Python has another use for."""

        include = _include(**{"from": Scalar()})

    field = String(required=True, allow_none=False)
    from_inclusive = Boolean()
    to = Scalar()
    to_inclusive = Boolean()


class Range2Filter(Part):
    """Compares the range between two fields with the one between two bounds."""

    filter_mode = Enumeration("overlap", "containing", "contained")
    from_field = String(required=True, allow_none=False)
    from_inclusive = Boolean()
    from_value = Scalar()
    to_field = String(required=True, allow_none=False)
    to_inclusive = Boolean()
    to_value = Scalar()


class QueryFilter(Part):
    """Uses a query as a filter."""

    query = _query(required=True)


class BoolFilter(Part):
    """Combines filters by one operator."""

    filters = Array(_filter())
    operator = String(required=True, allow_none=False)


class Filter(Choice):
    """One of the filters."""

    bool_filter = Inner(BoolFilter())
    query_filter = Inner(QueryFilter())
    range2_filter = Inner(Range2Filter())
    range_filter = Inner(RangeFilter())
    term_filter = Inner(TermFilter())


QUERY, FILTER = Query(), Filter()


class Sort(Part):
    """A clause of the order of the hits."""

    field = String(required=True, allow_none=False)
    sort_order = Enumeration("asc", "desc")


class ResultPage(Document):
    """Where the next or the previous page of a result is."""

    count = Integer()
    db_start_record_ = Integer()
    start = Integer()


class SearchRequest(Document):
    """What is searched for, in what order, and which part of it is answered."""

    count = Integer(minimum=1, maximum=LARGEST_COUNT, load_default=DEFAULT_COUNT)
    db_start_record_ = Integer(minimum=0)
    expand = Array(String(allow_none=False))
    query = Embedded(QUERY, required=True, allow_none=False)
    select = String()
    sorts = Array(Embedded(Sort(), allow_none=False))
    start = Integer(minimum=0, load_default=0)

    def decode(self, body: Any, **options: Any) -> dict[str, Any]:
        """See ``Document.decode``; what is null is as if it were not sent."""
        decoded = super().decode(body, **options)
        return {name: value for name, value in decoded.items() if value is not None}


class SearchResult(Document):
    """The base of the documents that answer a search, such as ``inventory_list_search_result``."""

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
