"""Conditions on exchanges: on the request and on the answer."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import orjson
from marshmallow import ValidationError, fields, validate

from emulator.recording.exchange import Exchange
from emulator.recording.glob import compile_path, compile_text
from emulator.recording.nearest import AdvisingSchema

STATUS_OR_CLASS = re.compile(r"[1-5](?:\d\d|xx)", re.ASCII)
FAULT_SUFFIX = "Exception"
MAX_PATTERN_CHARACTERS = 1024
MAX_PATTERN_SEGMENTS = 32  # the time of a match grows with both lengths
MAX_PATH_SEGMENTS = 128
MAX_NAMES = 64  # headers, or parameters, with conditions
MAX_BODY_LEVELS = 64  # arrays and objects inside each other


class Pattern(fields.String):
    """A text with wildcards."""

    def __init__(self) -> None:
        super().__init__(validate=validate.Length(max=MAX_PATTERN_CHARACTERS))


class Path(Pattern):
    """A pattern of a path."""

    def _deserialize(self, *args: Any, **options: Any) -> str:
        pattern: str = super()._deserialize(*args, **options)
        if not pattern.startswith(("/", "*")):
            raise ValidationError("A pattern of a path begins with / or *, such as /**/sites/*.")
        if pattern.count("/") > MAX_PATTERN_SEGMENTS:
            raise ValidationError(f"A pattern of a path has up to {MAX_PATTERN_SEGMENTS} segments.")
        return pattern


class Status(fields.Field[str]):
    """A status, or a class of statuses such as ``5xx``."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        text = str(value).lower()
        if isinstance(value, bool) or not (text == "0" or STATUS_OR_CLASS.fullmatch(text)):
            raise ValidationError("A status is a number such as 404, a class such as 4xx, or 0.")
        return text


class Values(fields.Field[dict[str, Any]]):
    """Values by name."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError("Not a valid mapping type.")
        return value


class Texts(Values):
    """Texts by name."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, str]:
        texts: dict[str, str] = super()._deserialize(value)
        wrong = (name for name, text in texts.items() if not isinstance(text, str))
        if first := [*islice(wrong, MAX_NAMES)]:
            raise ValidationError({name: ["Not a valid string."] for name in first})
        return texts


class Patterns(Texts):
    """Patterns by name."""

    def _deserialize(self, *args: Any, **options: Any) -> dict[str, str]:
        patterns = super()._deserialize(*args, **options)
        if len(patterns) > MAX_NAMES:
            raise ValidationError(f"Longer than maximum length {MAX_NAMES}.")
        check = validate.Length(max=MAX_PATTERN_CHARACTERS)
        for name, pattern in patterns.items():
            try:
                check(pattern)
            except ValidationError as error:
                raise ValidationError({name: error.messages}) from error
        return patterns


def _check_levels(value: Any) -> None:
    """Check the depth of a value: comparison and writing are recursive."""
    level = [value]
    for _ in range(MAX_BODY_LEVELS):
        level = [child for parent in level for child in _list_children(parent)]
    if level:
        raise ValidationError(f"Nested deeper than {MAX_BODY_LEVELS} levels.")


def _list_children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


class RequestMatch(AdvisingSchema):
    """Conditions on a request."""

    family = Pattern()
    method = Pattern()
    path = Path()
    operation = Pattern()
    client = Pattern()
    header = Patterns()
    query = Patterns()


class ExchangeMatch(RequestMatch):
    """Conditions on a request and the answer."""

    status = Status()
    fault = Pattern()
    failpoint = Pattern()
    stub = Pattern()
    upstream = Pattern()
    body = fields.Raw(allow_none=True, validate=_check_levels)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A failed condition.

    Attributes:
        name: The name of the condition, such as ``path``.
        expected: The value or pattern of the condition.
        actual: The value in the exchange, without secrets.
    """

    name: str
    expected: Any
    actual: Any


class Match:
    """Conditions on an exchange.

    Args:
        conditions: Values and patterns by name, as ``RequestMatch`` or ``ExchangeMatch`` loads
            them. An absent condition always holds.
    """

    def __init__(self, conditions: Mapping[str, Any]) -> None:
        self.conditions = conditions

    def __call__(self, exchange: Exchange) -> bool:
        """Return True if all conditions hold."""
        return next(self.mismatches(exchange), None) is None

    def mismatches(self, exchange: Exchange) -> Iterator[Mismatch]:
        """Yield the failed conditions."""
        for name, wanted in self.conditions.items():
            yield from CHECKS.get(name, _check_text)(exchange, name, wanted)


def _check_text(exchange: Exchange, name: str, wanted: str) -> Iterator[Mismatch]:
    actual = getattr(getattr(exchange, name), "name", getattr(exchange, name))
    if not compile_text(wanted).fullmatch(actual):
        yield Mismatch(name, wanted, exchange.redactor.text(actual))


def _check_method(exchange: Exchange, name: str, wanted: str) -> Iterator[Mismatch]:
    yield from _check_text(exchange, name, wanted.upper())


@lru_cache(maxsize=64)
def _fits_path(wanted: str, path: str, *, is_long: bool) -> bool:
    """Return whether a pattern fits a path; a journal has the same paths again and again."""
    pattern = compile_text(wanted) if is_long else compile_path(wanted)
    return pattern.fullmatch(path)


def _check_path(exchange: Exchange, name: str, wanted: str) -> Iterator[Mismatch]:
    # A very long path is compared as plain text, which takes linear time.
    is_long = exchange.path.count("/") > MAX_PATH_SEGMENTS
    if not _fits_path(wanted, exchange.path, is_long=is_long):
        yield Mismatch(name, wanted, exchange.redactor.text(exchange.path))


def _check_fault(exchange: Exchange, name: str, wanted: str) -> Iterator[Mismatch]:
    names = (exchange.fault, exchange.fault.removesuffix(FAULT_SUFFIX))
    if not any(compile_text(wanted).fullmatch(fault) for fault in names):
        yield Mismatch(name, wanted, exchange.fault)


def _check_status(exchange: Exchange, name: str, wanted: str) -> Iterator[Mismatch]:
    actual = str(exchange.status)
    if wanted not in (actual, f"{actual[0]}xx"):
        yield Mismatch(name, wanted, exchange.status)


def _check_headers(exchange: Exchange, name: str, wanted: Mapping[str, str]) -> Iterator[Mismatch]:
    lower = {header.lower(): pattern for header, pattern in wanted.items()}
    yield from _check_map(name, lower, exchange.headers)


def _check_query(exchange: Exchange, name: str, wanted: Mapping[str, str]) -> Iterator[Mismatch]:
    yield from _check_map(name, wanted, exchange.parameters)


def _check_map(
    name: str, wanted: Mapping[str, str], actual: Mapping[str, str]
) -> Iterator[Mismatch]:
    for key, pattern in wanted.items():
        if key not in actual or not compile_text(pattern).fullmatch(actual[key]):
            yield Mismatch(f"{name}.{key}", pattern, actual.get(key))


def _check_body(exchange: Exchange, name: str, wanted: Any) -> Iterator[Mismatch]:
    text = exchange.body
    if isinstance(wanted, str) and wanted in text:
        return
    if isinstance(wanted, str) or not includes(_parse(text), wanted):
        yield Mismatch(name, wanted, text)


def _parse(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return NOT_JSON


def includes(value: Any, part: Any) -> bool:
    """Return True if a JSON value includes a part: objects may have more members."""
    if isinstance(part, Mapping):
        have = isinstance(value, Mapping)
        return have and all(n in value and includes(value[n], part[n]) for n in part)
    if isinstance(part, list) and isinstance(value, list):
        return len(value) == len(part) and all(map(includes, value, part))
    return type(value) is type(part) and bool(value == part)


NOT_JSON = object()
CHECKS: Mapping[str, Callable[[Exchange, str, Any], Iterator[Mismatch]]] = {
    "method": _check_method,
    "path": _check_path,
    "fault": _check_fault,
    "status": _check_status,
    "header": _check_headers,
    "query": _check_query,
    "body": _check_body,
}
