"""The differences of an answer from a recorded answer, each with a grade and a JSON Pointer."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice, zip_longest
from typing import Any

from emulator.corpus.binding import STATE_NAMES, Bindings
from emulator.corpus.content import find_boundary, find_fault, read_content
from emulator.corpus.exchange import Answer, Exchange, Request, find_header
from emulator.corpus.form import GRADES, Headers
from emulator.json_pointer import escape

CONTENT_TYPE = "content-type"
GRADED_HEADERS = frozenset(
    {
        *("allow", "cache-control", CONTENT_TYPE, "content-disposition", "content-language"),
        *("content-location", "dav", "etag", "expires", "last-modified", "link", "location"),
        *("pragma", "retry-after", "vary", "www-authenticate"),
    }
)
"""The headers of the contract; not those of the connection or of a certain server."""
GRADED_PREFIXES = ("access-control-", "x-dw-", "x-ratelimit-")
UNGRADED_HEADERS = frozenset({"x-dw-request-base-id"})
"""Headers for the support of an instance, which a recording may lack."""
RANDOM_HEADERS = frozenset({"x-ratelimit-remaining", "x-ratelimit-reset"})
"""Headers with another value in each answer."""
MEASURED_NAMES = frozenset({"duration", "effective_duration"})
"""Members with the time that the server needed: their values are not compared."""
UNFINISHED_STATUSES = ("pending", "running")
LIST_HEADERS = frozenset({"allow", "vary"})
"""Headers whose values are sets."""
WRITING_METHODS = frozenset({"POST", "PUT", "PATCH"})
BATCH_PATH, SEARCH_PATH_END = "/dw/batch", "_search"
PART_METHOD_HEADER = "x-dw-http-method"
MAX_DIFFERENCES = 1000  # of an exchange


class Missing(Enum):
    """The value of a member without a value."""

    MISSING = "nothing"


MISSING = Missing.MISSING


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of an answer.

    Attributes:
        grade: One of ``GRADES``.
        pointer: The JSON Pointer of a value in the body, the name of a header in lower case, or
            empty for the answer as a whole.
        recorded: The recorded value, or ``MISSING``.
        answered: The answered value, or ``MISSING``.
    """

    grade: str
    pointer: str
    recorded: Any
    answered: Any


def grade(exchange: Exchange, answer: Answer, bindings: Bindings) -> list[Difference]:
    """Return the differences of an answer from the recorded answer, in the order of the grades.

    Values that differ from run to run are bound.

    Args:
        exchange: The recorded exchange.
        answer: The answer to the request of the exchange.
        bindings: The bound values.
    """
    comparison = _Comparison(exchange, answer, bindings)
    wanted = exchange.grades or GRADES
    graded = (one for one in comparison.list_differences() if one.grade in wanted)
    return sorted(islice(graded, MAX_DIFFERENCES), key=lambda one: GRADES.index(one.grade))


class _Comparison:
    """The comparison of an answer with the recorded answer."""

    def __init__(self, exchange: Exchange, answer: Answer, bindings: Bindings) -> None:
        self._recorded, self._answered = exchange.answer, answer
        self._at_least = exchange.at_least
        self._bindings = bindings
        self._writes = _may_create(exchange.request)
        media_type = find_header(answer.headers, CONTENT_TYPE)
        recorded_type = find_header(self._recorded.headers, CONTENT_TYPE) or media_type
        self._content = read_content(self._recorded.body, recorded_type)
        self._other = read_content(answer.body, media_type)
        self._fault = find_fault(self._content, recorded_type)
        self._other_fault = find_fault(self._other, media_type)

    @property
    def _is_unfinished(self) -> bool:
        """Whether the recorded answer shows an unfinished job execution."""
        return not self._writes and is_unfinished(self._recorded)

    def list_differences(self) -> Iterator[Difference]:
        """Yield all differences. A fault in the place of a document counts as one difference."""
        statuses = self._recorded.status, self._answered.status
        if statuses[0] != statuses[1]:
            yield Difference("status", "", *statuses)
        if self._is_of_another_kind():
            yield from self._compare_faults()
            return
        if self._is_unfinished:
            yield from self._compare_headers(without=STATE_NAMES)
            return
        yield from self._compare_arguments()
        yield from self._compare_contents()
        yield from self._compare_headers()

    def _is_of_another_kind(self) -> bool:
        """Return True for a fault in place of a document, or the reverse, or another fault."""
        fault, other = self._fault, self._other_fault
        if fault is None and self._content.kind == "none":
            return self._recorded.status // 100 != self._answered.status // 100
        return (fault and fault.type) != (other and other.type)

    def _compare_faults(self) -> Iterator[Difference]:
        fault, other = self._fault, self._other_fault
        if (known := fault or other) is not None:
            types = (one.type if one else MISSING for one in (fault, other))
            yield Difference("fault", known.type_pointer, *types)

    def _compare_arguments(self) -> Iterator[Difference]:
        """Yield the difference in the names of a fault's arguments."""
        fault, other = self._fault, self._other_fault
        if fault is None or other is None:
            return
        names, others = set(fault.arguments), set(other.arguments)
        if not (names <= others if self._at_least else names == others):
            pointer = fault.arguments_pointer
            yield Difference("fault", pointer, list(fault.arguments), list(other.arguments))

    def _compare_contents(self) -> Iterator[Difference]:
        kind, other = self._content.kind, self._other.kind
        if kind == "none":
            if other != "none" and not self._at_least:
                yield Difference("members", "", MISSING, self._other.value)
        elif other == "none":
            yield Difference("members", "", self._content.value, MISSING)
        elif kind != other:
            yield Difference("types", "", kind, other)
        else:
            arguments = self._fault.arguments_pointer + "/" if self._fault else None
            for found in self._compare(self._content.value, self._other.value, "", ""):
                is_argument = arguments is not None and found.pointer.startswith(arguments)
                if not (is_argument and found.grade == "members"):  # a difference of the fault
                    yield found

    def _compare(self, one: Any, other: Any, pointer: str, name: str) -> Iterator[Difference]:
        """Yield the differences of two values at a place, the value of a member ``name``."""
        kinds = name_type(one), name_type(other)
        if kinds[0] != kinds[1]:
            yield Difference("types", pointer, *kinds)
        elif isinstance(one, dict):
            yield from self._compare_objects(one, other, pointer)
        elif isinstance(one, list):
            yield from self._compare_arrays(one, other, pointer, name)
        elif not self._agree(one, other, name):
            yield Difference("values", pointer, one, other)

    def _compare_objects(
        self, one: dict[str, Any], other: dict[str, Any], pointer: str
    ) -> Iterator[Difference]:
        names = {self._bindings.rewrite(name): name for name in one}
        for name, recorded in names.items():
            place = f"{pointer}/{escape(name)}"
            if name in other:
                yield from self._compare(one[recorded], other[name], place, name)
            else:
                yield Difference("members", place, one[recorded], MISSING)
        for name in () if self._at_least else other:
            if name not in names:
                yield Difference("members", f"{pointer}/{escape(name)}", MISSING, other[name])

    def _compare_arrays(
        self, one: list[Any], other: list[Any], pointer: str, name: str
    ) -> Iterator[Difference]:
        for number, (item, against) in enumerate(zip_longest(one, other, fillvalue=MISSING)):
            place = f"{pointer}/{number}"
            if against is MISSING or item is MISSING:
                if item is not MISSING or not self._at_least:
                    yield Difference("members", place, item, against)
            else:
                yield from self._compare(item, against, place, name)

    def _agree(self, one: Any, other: Any, name: str) -> bool:
        if isinstance(one, str):
            return self._bindings.agree(one, other, name, writes=self._writes)
        if isinstance(one, (int, float)) and not isinstance(one, bool):
            return (
                one == other or name in MEASURED_NAMES or self._bindings.agree_in_number(one, other)
            )
        return bool(one == other)

    def _compare_headers(self, without: Collection[str] = ()) -> Iterator[Difference]:
        recorded, answered = (
            _choose_headers(one.headers, {*UNGRADED_HEADERS, *without})
            for one in (self._recorded, self._answered)
        )
        for name, value in recorded.items():
            if name not in answered:
                yield Difference("headers", name, value, MISSING)
            elif name not in RANDOM_HEADERS and not self._agree(value, answered[name], name):
                yield Difference("headers", name, value, answered[name])
        for name in () if self._at_least else answered:
            if name not in recorded:
                yield Difference("headers", name, MISSING, answered[name])


def _may_create(request: Request) -> bool:
    """Return True for a request that may create documents with ids by the server."""
    path = request.target.partition("?")[0]
    if path.endswith(BATCH_PATH):
        content = request.body.content if request.body else b""
        methods = f"{find_header(request.headers, PART_METHOD_HEADER)} {content!r}"
        return any(method in methods for method in WRITING_METHODS)
    return request.method in WRITING_METHODS and not path.endswith(SEARCH_PATH_END)


def is_unfinished(answer: Answer) -> bool:
    """Return True for an answer with an unfinished job execution."""
    value = answer.body.value if answer.body else None
    return isinstance(value, dict) and value.get("execution_status") in UNFINISHED_STATUSES


def name_type(value: Any) -> str:
    """Return the type of a JSON value, such as ``integer`` or ``decimal``."""
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "decimal"
        case str():
            return "string"
        case None:
            return "null"
        case _:
            return "array" if isinstance(value, list) else "object"


def _choose_headers(headers: Headers, without: Collection[str]) -> dict[str, str]:
    """Return the graded headers by names in lower case, in a form to compare."""
    names = dict.fromkeys(name.lower() for name, _ in headers)
    chosen = {
        name: find_header(headers, name)
        for name in names
        if (name in GRADED_HEADERS or name.startswith(GRADED_PREFIXES)) and name not in without
    }
    for name in LIST_HEADERS & set(chosen):
        chosen[name] = ", ".join(sorted(item.strip() for item in chosen[name].split(",")))
    if boundary := find_boundary(chosen.get(CONTENT_TYPE, "")):
        chosen[CONTENT_TYPE] = chosen[CONTENT_TYPE].replace(boundary, "boundary")
    return chosen
