r"""Property selectors (SEL-1): grammar and evaluation, without I/O.

::

    selector  = "(" term *( "," term ) ")"
    term      = "**" / "*" / "-" name / [ "+" ] name [ index ] [ "." selector ]
    index     = "[" number *( "," number ) "]"        positions, from 0
              / "[" number ":" number "]"             a range, both ends included
              / "[?(" condition ")]"                  the elements that fulfil it
    condition = conjunction *( "||" conjunction )
    conjunction = operand *( "&&" operand )
    operand   = "(" condition ")" / path operator literal
    path      = "@." name *( "." name )
    operator  = "==" / "!=" / "<" / "<=" / ">" / ">="
    literal   = "'" characters "'" / number / "true" / "false" / "null"

White space between tokens is ignored: an unescaped ``+`` in a query string means a space. A
selector has a name only once, an index has a position only once. A selector is bounded in length
and depth, and in comparisons and positions: each element of an array costs one evaluation of all
of them.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

Condition = Callable[[Any], bool]
Compare = Callable[[Any, Any], bool]
Picker = Callable[[Sequence[Any]], list[Any]]

MAX_CHARACTERS = 16_384
MAX_DEPTH = 32
MAX_COMPARISONS = 50  # of all filters of one selector
MAX_POSITIONS = 100  # of all indexes of one selector
MAX_CACHED_CHARACTERS = 512
ALWAYS = ("_v", "_type")
UNASKED = frozenset({*ALWAYS, "_resource_state"})
NUMBER_TYPES: frozenset[type] = frozenset({int, float})
OPERATOR_FUNCTIONS: dict[str, Compare] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
NAME = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$-]*")
PATH_TOKEN = re.compile(r"@((?:\.[A-Za-z0-9_$][A-Za-z0-9_$-]*)+)")
OPERATOR_TOKEN = re.compile("==|!=|<=|>=|<|>")
STRING_TOKEN = re.compile(r"'((?:[^'\\]|\\.)*)'")
NUMBER_TOKEN = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
POSITION_TOKEN = re.compile(r"\d{1,9}", re.ASCII)
KEYWORD_TOKEN = re.compile("true|false|null")
KEYWORD_VALUES = {"true": True, "false": False, "null": None}


class SelectorError(ValueError):
    """The text is not a selector, or exceeds a bound."""


class Documents(list[Any]):
    """An array of documents; the type matters for an empty array, too: ``(*)`` leaves both out."""


@dataclass(frozen=True, slots=True)
class Term:
    """The selection of a property: picked elements of an array, and a nested selector."""

    pick: Picker | None
    nested: "Selector | None"

    def view(self, value: Any, unasked: frozenset[str]) -> Any:
        """Return the selected part of ``value``.

        Raises:
            LookupError: Nothing is selected.
        """
        if self.pick is not None:
            value = self.pick(_elements(value))
        return value if self.nested is None else self.nested.view(value, unasked)


NAMED_TERM = Term(None, None)


@dataclass(frozen=True, slots=True)
class Selector:
    """A parsed selector.

    Attributes:
        text: The text of the selector.
        star: ``**`` for everything, ``*`` for everything except documents, or an empty string.
        terms: The selections of single properties by name.
        excluded: The names with a minus.
    """

    text: str
    star: str
    terms: Mapping[str, Term]
    excluded: frozenset[str]

    def view(self, value: Any, unasked: frozenset[str] = UNASKED) -> Any:
        """Return the selected part of a document, map, or array of documents or maps.

        Args:
            value: The document, map or array.
            unasked: The names that are selected unless they are excluded.

        Raises:
            LookupError: ``value`` is a scalar: a scalar has no properties.
        """
        if isinstance(value, Mapping):
            whole = self.star == "**" and not self.excluded
            return value if whole else dict(self._members(value, unasked))
        return type(value)(
            self.view(e, unasked) for e in _elements(value) if isinstance(e, Mapping)
        )

    def reaches_into(self, name: str) -> bool:
        """Check for a selection inside the documents of property ``name``.

        ``(data)`` has no such selection: the documents show id and link. ``(data.(id))``,
        ``(data[0])`` and ``(**)`` have such a selection (ENV-4).
        """
        return self.star == "**" or self.terms.get(name, NAMED_TERM) != NAMED_TERM

    def _members(
        self, document: Mapping[str, Any], unasked: frozenset[str]
    ) -> Iterator[tuple[str, Any]]:
        for name, value in document.items():
            excluded = name in self.excluded
            if name in ALWAYS or (name in unasked and not excluded):
                yield name, value
            elif not excluded:
                yield from self._member(name, value, unasked)

    def _member(self, name: str, value: Any, unasked: frozenset[str]) -> Iterator[tuple[str, Any]]:
        term = self.terms.get(name)
        if self.star == "**" or (self.star == "*" and term is None and not _is_complex(value)):
            yield name, value
        elif term is not None:
            try:
                yield name, term.view(value, unasked)
            except LookupError:
                return


def parse(text: str) -> Selector:
    """Parse a selector.

    Raises:
        SelectorError: The text is not a selector, or exceeds a bound.
    """
    return _parse_short(text) if len(text) <= MAX_CACHED_CHARACTERS else _parse(text)


def _parse(text: str) -> Selector:
    if len(text) > MAX_CHARACTERS:
        raise SelectorError(text)
    parser = _Parser(text)
    selector = parser.selector(1)
    if parser.position != len(text):
        raise SelectorError(text)
    return selector


_parse_short = lru_cache(maxsize=1024)(_parse)


def _is_complex(value: Any) -> bool:
    return isinstance(value, Documents) or (isinstance(value, Mapping) and "_type" in value)


def _elements(value: Any) -> Sequence[Any]:
    if not isinstance(value, (list, tuple)):
        raise LookupError  # noqa: TRY004 - a value without elements
    return value


@dataclass(slots=True)
class _Wanted:
    """The parsed parts of a selector."""

    star: str = ""
    terms: dict[str, Term] = field(default_factory=dict)
    excluded: set[str] = field(default_factory=set)


class _Parser:
    """A recursive descent parser; a method parses the part of the grammar in its name."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.comparisons = 0
        self.positions_read = 0
        self.skip()

    def skip(self) -> None:
        while self.text[self.position : self.position + 1].isspace():
            self.position += 1

    def accept(self, token: str) -> bool:
        found = self.text.startswith(token, self.position)
        if found:
            self.position += len(token)
            self.skip()
        return found

    def expect(self, token: str) -> None:
        if not self.accept(token):
            raise SelectorError(self.text)

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
            self.skip()
        return found

    def demand(self, pattern: re.Pattern[str]) -> str:
        found = self.match(pattern)
        if found is None:
            raise SelectorError(self.text)
        return found[found.lastindex or 0]

    def separated(self, separator: str, part: Callable[[], Any]) -> list[Any]:
        parts = [part()]
        while self.accept(separator):
            parts.append(part())
        return parts

    def selector(self, depth: int) -> Selector:
        if depth > MAX_DEPTH:
            raise SelectorError(self.text)
        begin = self.position
        self.expect("(")
        wanted = _Wanted()
        self.part(wanted, depth)
        while self.accept(","):
            self.part(wanted, depth)
        self.expect(")")
        # Exclusions alone take away from everything there is.
        star = wanted.star or ("" if wanted.terms else "**")
        text = self.text[begin : self.position].rstrip()
        return Selector(text, star, wanted.terms, frozenset(wanted.excluded))

    def part(self, wanted: "_Wanted", depth: int) -> None:
        if self.accept("**"):
            wanted.star = "**"
        elif self.accept("*"):
            wanted.star = wanted.star or "*"
        elif self.accept("-"):
            wanted.excluded.add(self.fresh(wanted))
        else:
            self.accept("+")
            name = self.fresh(wanted)
            wanted.terms[name] = self.term(depth)

    def fresh(self, wanted: "_Wanted") -> str:
        name = self.demand(NAME)
        if name in wanted.terms or name in wanted.excluded:
            raise SelectorError(self.text)
        return name

    def term(self, depth: int) -> Term:
        pick = self.picker() if self.accept("[") else None
        return Term(pick, self.selector(depth + 1) if self.accept(".") else None)

    def picker(self) -> Picker:
        pick = self.filter() if self.accept("?") else self.positions()
        self.expect("]")
        return pick

    def filter(self) -> Picker:
        self.expect("(")
        condition = self.condition(1)
        self.expect(")")
        return lambda elements: _like(elements, filter(condition, elements))

    def positions(self) -> Picker:
        first = self.index()
        if self.accept(":"):
            last = self.index()
            return lambda elements: _like(elements, elements[first : last + 1])
        wanted = [first]
        while self.accept(","):
            wanted.append(self.index())
        if len(set(wanted)) < len(wanted):
            raise SelectorError(self.text)
        return lambda elements: _like(elements, (elements[i] for i in wanted if i < len(elements)))

    def index(self) -> int:
        self.positions_read += 1
        if self.positions_read > MAX_POSITIONS:
            raise SelectorError(self.text)
        return int(self.demand(POSITION_TOKEN))

    def condition(self, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise SelectorError(self.text)
        choices: list[Condition] = self.separated("||", lambda: self.conjunction(depth))
        if len(choices) == 1:
            return choices[0]
        return lambda element: any(choice(element) for choice in choices)

    def conjunction(self, depth: int) -> Condition:
        parts: list[Condition] = self.separated("&&", lambda: self.operand(depth))
        if len(parts) == 1:
            return parts[0]
        return lambda element: all(part(element) for part in parts)

    def operand(self, depth: int) -> Condition:
        if self.accept("("):
            condition = self.condition(depth + 1)
            self.expect(")")
            return condition
        self.comparisons += 1
        if self.comparisons > MAX_COMPARISONS:
            raise SelectorError(self.text)
        path = self.demand(PATH_TOKEN).split(".")[1:]
        compare = OPERATOR_FUNCTIONS[self.demand(OPERATOR_TOKEN)]
        return _comparison(path, compare, self.literal())

    def literal(self) -> Any:
        if found := self.match(STRING_TOKEN):
            return re.sub(r"\\(.)", r"\1", found[1])
        if found := self.match(KEYWORD_TOKEN):
            return KEYWORD_VALUES[found[0]]
        number = self.demand(NUMBER_TOKEN)
        return float(number) if re.search("[.eE]", number) else int(number)


def _like(elements: Sequence[Any], picked: Any) -> list[Any]:
    return Documents(picked) if isinstance(elements, Documents) else list(picked)


def _comparison(path: Sequence[str], compare: Compare, literal: Any) -> Condition:
    """Return a comparison of the value at a path; values of different types are unequal.

    Numbers and strings have an order. A comparison runs once for each element: it is short.
    """
    types = NUMBER_TYPES if type(literal) in NUMBER_TYPES else frozenset({type(literal)})
    comparable = compare in (operator.eq, operator.ne) or isinstance(literal, str)
    if not (comparable or types is NUMBER_TYPES):
        return lambda _: False
    otherwise = compare is operator.ne

    def holds(element: Any) -> bool:
        for name in path:
            if type(element) is not dict and not isinstance(element, Mapping):
                element = None
                break
            element = element.get(name)
        return compare(element, literal) if type(element) in types else otherwise

    return holds
