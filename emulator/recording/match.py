"""Which exchanges are meant: conditions on what was asked and what was answered."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from marshmallow import Schema, ValidationError, fields

from emulator.recording.exchange import Exchange
from emulator.recording.glob import compile_path, compile_text

STATUS = re.compile(r"[1-5](?:\d\d|xx)", re.ASCII)
SUFFIX = "Exception"


class Path(fields.String):
    """A pattern of a path."""

    def _deserialize(self, *args: Any, **options: Any) -> str:
        pattern: str = super()._deserialize(*args, **options)
        if not pattern.startswith(("/", "*")):
            raise ValidationError("A pattern of a path begins with / or *, such as /**/sites/*.")
        return pattern


class Status(fields.Field[str]):
    """A status: a number, or a class of them such as ``5xx``."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        text = str(value).lower()
        if isinstance(value, bool) or not (text == "0" or STATUS.fullmatch(text)):
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
        wrong = [name for name, text in texts.items() if not isinstance(text, str)]
        if wrong:
            raise ValidationError({name: ["Not a valid string."] for name in wrong})
        return texts


class RequestMatch(Schema):
    """Conditions on a request; those that are left out hold of any."""

    family = fields.String()
    method = fields.String()
    path = Path()
    operation = fields.String()
    client = fields.String()
    header = Texts()
    query = Texts()


class ExchangeMatch(RequestMatch):
    """Conditions on a request and its answer."""

    status = Status()
    fault = fields.String()
    failpoint = fields.String()
    body = fields.Raw(allow_none=True)


@dataclass(frozen=True, slots=True)
class Miss:
    """A condition that does not hold.

    Attributes:
        name: Its name, such as ``path``.
        expected: What was asked for.
        actual: What is there.
    """

    name: str
    expected: Any
    actual: Any


class Match:
    """Conditions on an exchange.

    Args:
        conditions: What ``RequestMatch`` or ``ExchangeMatch`` has loaded.
    """

    def __init__(self, conditions: Mapping[str, Any]) -> None:
        self.conditions = conditions

    def __call__(self, exchange: Exchange) -> bool:
        """Return whether all conditions hold."""
        return next(self.misses(exchange), None) is None

    def misses(self, exchange: Exchange) -> Iterator[Miss]:
        """Yield the conditions that do not hold."""
        for name, wanted in self.conditions.items():
            yield from LOOK.get(name, _look_at_text)(exchange, name, wanted)


def _look_at_text(exchange: Exchange, name: str, wanted: str) -> Iterator[Miss]:
    actual = getattr(getattr(exchange, name), "name", getattr(exchange, name))
    if not compile_text(wanted).fullmatch(actual):
        yield Miss(name, wanted, exchange.mask.text(actual))


def _look_at_method(exchange: Exchange, name: str, wanted: str) -> Iterator[Miss]:
    yield from _look_at_text(exchange, name, wanted.upper())


def _look_at_path(exchange: Exchange, name: str, wanted: str) -> Iterator[Miss]:
    if not compile_path(wanted).fullmatch(exchange.path):
        yield Miss(name, wanted, exchange.mask.text(exchange.path))


def _look_at_fault(exchange: Exchange, name: str, wanted: str) -> Iterator[Miss]:
    names = (exchange.fault, exchange.fault.removesuffix(SUFFIX))
    if not any(compile_text(wanted).fullmatch(fault) for fault in names):
        yield Miss(name, wanted, exchange.fault)


def _look_at_status(exchange: Exchange, name: str, wanted: str) -> Iterator[Miss]:
    actual = str(exchange.status)
    if wanted not in (actual, f"{actual[0]}xx"):
        yield Miss(name, wanted, exchange.status)


def _look_at_headers(exchange: Exchange, name: str, wanted: Mapping[str, str]) -> Iterator[Miss]:
    lower = {header.lower(): pattern for header, pattern in wanted.items()}
    yield from _look_at_map(name, lower, exchange.headers)


def _look_at_query(exchange: Exchange, name: str, wanted: Mapping[str, str]) -> Iterator[Miss]:
    yield from _look_at_map(name, wanted, exchange.parameters)


def _look_at_map(name: str, wanted: Mapping[str, str], actual: Mapping[str, str]) -> Iterator[Miss]:
    for key, pattern in wanted.items():
        if key not in actual or not compile_text(pattern).fullmatch(actual[key]):
            yield Miss(f"{name}.{key}", pattern, actual.get(key))


def _look_at_body(exchange: Exchange, name: str, wanted: Any) -> Iterator[Miss]:
    text = exchange.body
    if isinstance(wanted, str) and wanted in text:
        return
    if isinstance(wanted, str) or not includes(_parse(text), wanted):
        yield Miss(name, wanted, text)


def _parse(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return NOTHING


def includes(value: Any, part: Any) -> bool:
    """Return whether a JSON value has all that ``part`` has: objects may have more members."""
    if isinstance(part, Mapping):
        have = isinstance(value, Mapping)
        return have and all(n in value and includes(value[n], part[n]) for n in part)
    if isinstance(part, list) and isinstance(value, list):
        return len(value) == len(part) and all(map(includes, value, part))
    return type(value) is type(part) and bool(value == part)


NOTHING = object()
LOOK: Mapping[str, Callable[[Exchange, str, Any], Iterator[Miss]]] = {
    "method": _look_at_method,
    "path": _look_at_path,
    "fault": _look_at_fault,
    "status": _look_at_status,
    "header": _look_at_headers,
    "query": _look_at_query,
    "body": _look_at_body,
}
