"""The OCAPI settings document, in the very format of Business Manager, with all its mistakes.

::

    {"_v": "23.2", "clients": [{
      "client_id": "...",                          "*" for all clients
      "allowed_origins": ["https://shop.example"],
      "response_headers": {"x-foo": "bar"},
      "resources": [{
        "resource_id": "/inventory_lists/*",       * or {name}: one segment, **: any number
        "methods": ["get", "put"],
        "read_attributes": "(**)",                 a selector; empty or missing: nothing
        "write_attributes": "(id,description)",    the same
        "cache_time": 900,                         seconds
        "personalized_caching_enabled": true,
        "config": {"name": "text"},
        "version_range": [{"from": "21.3", "until": "23.2"}]   or one object
    }]}]}

Only ``clients``, ``client_id``, ``resource_id`` and ``methods`` have to be there. Members and
types are those of the settings page, and of ``resource_info`` and ``resource_object`` in the Data
API's own description. A version range is one object there and an array elsewhere: both are read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import orjson
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validates_schema

from emulator.json_pointer import OF_SCHEMA
from emulator.ocapi.wire import select
from emulator.ocapi.wire.select import Selector

EVERY_CLIENT = "*"
METHODS = ("get", "put", "patch", "delete", "post")
NOTHING = Selector("", "", {}, frozenset())  # What a document without attributes grants.
VERSION = re.compile(r"\d{1,4}\.\d{1,4}", re.ASCII)
PLACEHOLDER = re.compile(r"\{[^/{}]*\}")
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
HEADER_VALUE = re.compile(r"[\t -~]*", re.ASCII)
ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>\d{1,5}))?",
    re.ASCII | re.IGNORECASE,
)
PORTS = {"http": 80, "https": 443}
TOLD = {
    str: "a string",
    int: "a whole number",
    bool: "true or false",
    list: "an array",
    dict: "an object",
}
MESSAGES: dict[str, Any] = {
    "required": "is missing",
    "null": "is null; it needs a value",
}

RIVAL = (
    "'{}' stands in resources[{}] already, for the same method and version; join them, "
    "or give each versions of its own"
)

Version = tuple[int, int]


class SettingsError(ValueError):
    """A settings document is broken.

    Attributes:
        problems: The reason by the JSON path of what is wrong.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("\n".join(f"{path}: {reason}" for path, reason in problems.items()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class VersionRange:
    """Versions from one, which is among them, until another, which is not; None is no limit."""

    begin: Version | None = None
    until: Version | None = None

    def __contains__(self, version: Version) -> bool:
        """Return whether a version lies in the range."""
        after = self.begin is None or self.begin <= version
        return after and (self.until is None or version < self.until)

    def meets(self, other: "VersionRange") -> bool:
        """Return whether some version lies in both ranges."""
        return _precedes(self.begin, other.until) and _precedes(other.begin, self.until)


EVER = (VersionRange(),)


@dataclass(frozen=True, slots=True)
class ResourceSetting:
    """What a client may do with the resources of one pattern.

    Attributes:
        resource_id: As it is written in the document.
        methods: In lower case.
        read_attributes: What answers show.
        write_attributes: What requests may set.
        cache_time: Seconds, or None where nothing is said.
        version_range: A request's version lies in one of these.
        personalized_caching_enabled: Kept, without an effect here.
        config: The same.
    """

    resource_id: str
    methods: frozenset[str]
    read_attributes: Selector = NOTHING
    write_attributes: Selector = NOTHING
    cache_time: int | None = None
    version_range: tuple[VersionRange, ...] = EVER
    personalized_caching_enabled: bool = True
    config: Mapping[str, str] = field(default_factory=dict)

    def rivals(self, other: "ResourceSetting") -> bool:
        """Return whether both speak of one resource, method and version."""
        pairs = ((one, two) for one in self.version_range for two in other.version_range)
        same = self.resource_id == other.resource_id and self.methods & other.methods
        return bool(same) and any(one.meets(two) for one, two in pairs)


@dataclass(frozen=True, slots=True)
class Client:
    """The part of the document that speaks of one client, or of all with the id ``*``.

    Attributes:
        client_id: The id.
        allowed_origins: In the form of ``read_origin``.
        response_headers: What every answer carries besides.
        resources: In the order of the document.
    """

    client_id: str
    allowed_origins: frozenset[str] = frozenset()
    response_headers: Mapping[str, str] = field(default_factory=dict)
    resources: tuple[ResourceSetting, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """A settings document that was read.

    Attributes:
        version: That of its format.
        clients: What it says of them.
        document: It itself, as JSON.
    """

    version: Version | None = None
    clients: tuple[Client, ...] = ()
    document: Any = None


def read(document: Any) -> Settings:
    """Return the settings of a document, which is given as a JSON value.

    Raises:
        SettingsError: With all mistakes.
    """
    try:
        settings: Settings = _Document().load(document)
    except ValidationError as error:
        raise SettingsError(dict(_locate("$", error.messages))) from error
    return replace(settings, document=document)


def read_file(file: Path) -> Settings:
    """Return the settings of a file.

    Raises:
        SettingsError: With all mistakes; it may be missing or no JSON, too.
    """
    try:
        document = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise SettingsError({"$": f"{file} is no file of JSON: {error}"}) from error
    return read(document)


def read_version(text: str) -> Version:
    """Return a version such as ``23.2`` as numbers.

    Raises:
        ValueError: It is none.
    """
    if VERSION.fullmatch(text) is None:
        raise ValueError(f"'{text}' is no version; a version is such as 23.2")
    major, minor = text.split(".")
    return int(major), int(minor)


def read_origin(text: str) -> str | None:
    """Return an origin in the one form in which equal origins are equal, or None if it is none.

    That is scheme, host in lower case, and the port unless it is the scheme's own.
    """
    found = ORIGIN.fullmatch(text)
    if found is None:
        return None
    scheme, host, port = found["scheme"].lower(), found["host"].lower(), found["port"]
    own = port is None or int(port) == PORTS.get(scheme)
    return f"{scheme}://{host}" if own else f"{scheme}://{host}:{int(port)}"


def read_pattern(resource_id: str) -> tuple[str, ...]:
    """Return the segments of a resource id, in the encoding of canonical paths (URL-5).

    ``{name}`` is ``*``, as documents in use have it. A literal may be written plain or
    percent-encoded; a slash at the end counts as none, as it does in a URL (URL-7).
    """
    return tuple(_read_segment(segment) for segment in resource_id.split("/") if segment)


def _read_segment(segment: str) -> str:
    if PLACEHOLDER.fullmatch(segment):
        return "*"
    return "*".join(_encode(literal) for literal in segment.split("*"))


def _encode(literal: str) -> str:
    plain = unquote(literal, errors="surrogateescape")
    return quote(plain, errors="surrogateescape", safe="")


def _precedes(begin: Version | None, until: Version | None) -> bool:
    return begin is None or until is None or begin < until


def _locate(place: str, messages: Any) -> Iterator[tuple[str, str]]:
    """Yield the messages of a marshmallow error, each with the JSON path it belongs to."""
    if not isinstance(messages, Mapping):
        yield place, "; ".join(dict.fromkeys(map(str, messages)))
        return
    for name, below in messages.items():
        yield from _locate(_step(place, name), below)


def _step(place: str, name: Any) -> str:
    if name == OF_SCHEMA:
        return place
    if isinstance(name, int):
        return f"{place}[{name}]"
    return f"{place}.{name}" if re.fullmatch(r"[\w-]+", name) else f"{place}[{name!r}]"


class _Value(fields.Field[Any]):
    """A value of just one JSON type; marshmallow's own take ``"900"`` for a number."""

    default_error_messages = MESSAGES
    kind: type = str

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if type(value) is not self.kind:
            raise ValidationError(f"is not {TOLD[self.kind]}")
        try:
            return self.read(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def read(self, value: Any) -> Any:
        """Return a value of the right type as it is kept; raise ValueError with what is wrong."""
        return value


class _Flag(_Value):
    kind = bool


class _Seconds(_Value):
    kind = int

    def read(self, value: int) -> int:
        if value < 0:
            raise ValueError("is negative; it is a number of seconds")
        return value


class _Array(_Value):
    kind = list

    def __init__(self, inner: fields.Field[Any], *, shortest: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.inner = inner
        self.shortest = shortest

    def read(self, value: list[Any]) -> tuple[Any, ...]:
        if len(value) < self.shortest:
            raise ValueError("is empty; it needs an entry")
        entries: dict[int, Any] = {}
        errors: dict[int, Any] = {}
        for index, entry in enumerate(value):
            try:
                entries[index] = self.inner.deserialize(entry)
            except ValidationError as error:
                errors[index] = error.messages
        for index, why in self.compare(value, entries).items():
            errors[index] = why | errors.get(index, {})
        if errors:
            raise ValidationError(errors)
        return tuple(entries.values())

    def compare(self, _given: list[Any], _read: Mapping[int, Any]) -> dict[int, Any]:
        """Return what is wrong with entries beside others, by index."""
        return {}


class _Texts(_Value):
    kind = dict

    def read(self, value: dict[str, Any]) -> dict[str, str]:
        wrong = {name: [why] for name, text in value.items() if (why := self.refuse(name, text))}
        if wrong:
            raise ValidationError(wrong)
        return value

    def refuse(self, _name: str, text: Any) -> str:
        """Return what is wrong with an entry, or nothing."""
        return "" if isinstance(text, str) else "is not a string"


class _Headers(_Texts):
    def refuse(self, name: str, text: Any) -> str:
        if HEADER_NAME.fullmatch(name) is None:
            return f"'{name}' is no name of a header"
        if isinstance(text, str) and HEADER_VALUE.fullmatch(text) is None:
            return "holds characters that no header can carry"
        return super().refuse(name, text)


class _Name(_Value):
    def read(self, value: str) -> str:
        if not value:
            raise ValueError("is empty")
        return value


class _ResourceId(_Value):
    def read(self, value: str) -> str:
        if not value.startswith("/"):
            raise ValueError(f"'{value}' does not begin with a slash; write '/{value}'")
        return value


class _Method(_Value):
    def read(self, value: str) -> str:
        if value not in METHODS:
            raise ValueError(f"'{value}' is no method; methods are {', '.join(METHODS)}")
        return value


class _Version(_Value):
    def read(self, value: str) -> Version:
        return read_version(value)


class _Origin(_Value):
    def read(self, value: str) -> str:
        origin = read_origin(value)
        if origin is None:
            raise ValueError(
                f"'{value}' is no origin; an origin is scheme, host and perhaps a port, "
                "without a path or a wildcard, such as https://shop.example"
            )
        return origin


class _Attributes(_Value):
    def read(self, value: str) -> Selector:
        if not value.strip():
            return NOTHING
        try:
            return select.parse(value)
        except select.SelectorError as error:
            raise ValueError(
                f"'{value}' is no selector; selectors are such as (**), (id,description), "
                "(data.(id)) and (**,-c_secret)"
            ) from error


class _Part(Schema):
    """An object of the document; members that it does not know are told with the nearest name."""

    class Meta:
        """Unknown members are told by the check below, which knows a better name."""

        unknown = EXCLUDE

    error_messages = {"type": "is not an object"}  # noqa: RUF012 - marshmallow's own way

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_names(self, _: Any, original: Any, **__: Any) -> None:
        """Refuse members that the format does not know."""
        known = [shown.data_key or name for name, shown in self.fields.items()]
        given = original if isinstance(original, dict) else {}
        wrong = {name: [_hint(name, known)] for name in given if name not in known}
        if wrong:
            raise ValidationError(wrong)


def _nested(part: type[_Part]) -> fields.Nested:
    return fields.Nested(part, error_messages=MESSAGES)


def _hint(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    better = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}"
    return f"is unknown here; {better}"


class _Range(_Part):
    begin = _Version(data_key="from")
    until = _Version()

    @post_load
    def make(self, data: dict[str, Version], **_: Any) -> VersionRange:
        """Return the range; refuse one without versions."""
        versions = VersionRange(**data)
        if not _precedes(versions.begin, versions.until):
            raise ValidationError("holds no version, since 'until' is not after 'from'")
        return versions


class _Ranges(fields.Field[tuple[VersionRange, ...]]):
    """One version range, or an array of them."""

    default_error_messages = MESSAGES

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[VersionRange, ...]:
        one = _nested(_Range)
        if isinstance(value, dict):
            return (one.deserialize(value),)
        ranges: tuple[VersionRange, ...] = _Array(one, shortest=1).deserialize(value)
        return ranges


class _Resource(_Part):
    resource_id = _ResourceId(required=True)
    methods = _Array(_Method(), shortest=1, required=True)
    read_attributes = _Attributes()
    write_attributes = _Attributes()
    cache_time = _Seconds()
    version_range = _Ranges()
    personalized_caching_enabled = _Flag()
    config = _Texts()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ResourceSetting:
        """Return the setting."""
        return ResourceSetting(**data | {"methods": frozenset(data["methods"])})


class _Resources(_Array):
    def compare(self, _given: list[Any], read: Mapping[int, ResourceSetting]) -> dict[int, Any]:
        """Refuse two entries that say different things of the same requests."""
        alike: dict[tuple[str, ...], list[tuple[int, ResourceSetting]]] = {}
        for entry in read.items():
            alike.setdefault(read_pattern(entry[1].resource_id), []).append(entry)
        return {
            second: {"resource_id": [RIVAL.format(two.resource_id, first)]}
            for entries in alike.values()
            for (first, one), (second, two) in combinations(entries, 2)
            if one.rivals(two)
        }


class _Client(_Part):
    client_id = _Name(required=True)
    allowed_origins = _Array(_Origin())
    response_headers = _Headers()
    resources = _Resources(_nested(_Resource))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Client:
        """Return the client."""
        return Client(**data | {"allowed_origins": frozenset(data.get("allowed_origins", ()))})


class _Clients(_Array):
    def compare(self, given: list[Any], _read: Mapping[int, Client]) -> dict[int, Any]:
        """Refuse a second entry of a client."""
        ids = [entry.get("client_id") if isinstance(entry, dict) else None for entry in given]
        return {
            index: {
                "client_id": [f"'{name}' stands in clients[{ids.index(name)}] already; join them"]
            }
            for index, name in enumerate(ids)
            if isinstance(name, str) and ids.index(name) < index
        }


class _Document(_Part):
    version = _Version(data_key="_v")
    clients = _Clients(_nested(_Client), required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Settings:
        """Return the settings."""
        return Settings(**data)
