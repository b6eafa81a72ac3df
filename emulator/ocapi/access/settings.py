"""OCAPI settings documents, in the format of Business Manager (SET-1, SET-5).

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

Only ``clients``, ``client_id``, ``resource_id`` and ``methods`` are required. Members and types
are those of the settings page, and of ``resource_info`` and ``resource_object`` in the Data API's
own description. There a version range is one object, elsewhere an array; both are read.
An error lists all mistakes at once; ``tolerance`` lists the oddities with a warning only.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import orjson
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validates_schema

from emulator import header
from emulator.json_pointer import OF_SCHEMA
from emulator.ocapi.access import tolerance
from emulator.ocapi.access.tolerance import SETTINGS_METHODS
from emulator.ocapi.access.web_origin import read_origin
from emulator.ocapi.wire import select
from emulator.ocapi.wire.select import Selector

EVERY_CLIENT = "*"
# A settings document within both bounds is read in less than a second.
MAX_DOCUMENT_VALUES = 10_000
MAX_DOCUMENT_CHARACTERS = 200_000
TOO_LARGE = (
    f"has more than {MAX_DOCUMENT_VALUES:,} values or {MAX_DOCUMENT_CHARACTERS:,} characters"
)
MAX_COMPARED_RANGES = 100  # of a pattern: the time to compare all ranges is quadratic
NO_ATTRIBUTES = Selector("", "", {}, frozenset())
VERSION = re.compile(r"\d{1,4}\.\d{1,4}", re.ASCII)
FORMAT_VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){1,2}", re.ASCII)
PLACEHOLDER = re.compile(r"\{[^/{}]*\}")
TYPE_NAMES = {
    str: "a string",
    int: "a whole number",
    bool: "true or false",
    list: "an array",
    dict: "an object",
}
FIELD_MESSAGES: dict[str, Any] = {
    "required": "is missing",
    "null": "is null; it needs a value",
}
DUPLICATE_WARNING = (
    "'{}' is in resources[{}] already, for the same method and version; the first entry decides"
)

Version = tuple[int, int]


class SettingsError(ValueError):
    """A settings document has mistakes.

    Attributes:
        problems: The reasons by JSON path.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("\n".join(f"{path}: {reason}" for path, reason in problems.items()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A range of versions: ``begin`` is inside, ``until`` is outside, None is no limit."""

    begin: Version | None = None
    until: Version | None = None

    def __contains__(self, version: Version) -> bool:
        """Return True for a version in the range."""
        after = self.begin is None or self.begin <= version
        return after and (self.until is None or version < self.until)

    def overlaps(self, other: "VersionRange") -> bool:
        """Return True if both ranges have a common version."""
        return _precedes(self.begin, other.until) and _precedes(other.begin, self.until)


ALL_VERSIONS = (VersionRange(),)


@dataclass(frozen=True, slots=True)
class ResourceSetting:
    """The permission of a client for the resources of a pattern.

    Attributes:
        resource_id: The pattern, as written in the document.
        methods: HTTP methods in lower case.
        read_attributes: The visible properties of answers.
        write_attributes: The writable properties of requests.
        cache_time: Seconds, or None without a value.
        version_range: The ranges of versions; a version in any range fits.
        personalized_caching_enabled: Without an effect here.
        config: Without an effect here.
    """

    resource_id: str
    methods: frozenset[str]
    read_attributes: Selector = NO_ATTRIBUTES
    write_attributes: Selector = NO_ATTRIBUTES
    cache_time: int | None = None
    version_range: tuple[VersionRange, ...] = ALL_VERSIONS
    personalized_caching_enabled: bool = True
    config: Mapping[str, Any] = field(default_factory=dict)

    def overlaps(self, other: "ResourceSetting") -> bool:
        """Return True if both settings have a common method and version."""
        pairs = ((ours, theirs) for ours in self.version_range for theirs in other.version_range)
        return not self.methods.isdisjoint(other.methods) and any(
            ours.overlaps(theirs) for ours, theirs in pairs
        )


@dataclass(frozen=True, slots=True)
class Client:
    """The settings of a client, or of all clients with the id ``*``.

    Attributes:
        client_id: The id.
        allowed_origins: Origins in normal form (see ``read_origin``).
        response_headers: Additional headers of every answer.
        resources: Resource settings in the order of the document.
    """

    client_id: str
    allowed_origins: frozenset[str] = frozenset()
    response_headers: Mapping[str, str] = field(default_factory=dict)
    resources: tuple[ResourceSetting, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """The content of a settings document.

    Attributes:
        version: The version of the format, as written.
        clients: The settings of each client.
        document: The unchanged document as JSON.
        warnings: The accepted oddities (SET-5), by JSON path.
    """

    version: str = ""
    clients: tuple[Client, ...] = ()
    document: Any = None
    warnings: Mapping[str, str] = field(default_factory=dict)


def read(document: Any) -> Settings:
    """Return the settings of a document.

    Args:
        document: A JSON value.

    Raises:
        SettingsError: The document has mistakes; the error lists all mistakes.
    """
    if not _is_bounded(document):
        raise SettingsError({"$": TOO_LARGE})
    for reason in tolerance.find_misplaced(document):
        raise SettingsError({"$": reason})
    normal, warnings = tolerance.normalize(document)
    try:
        settings: Settings = _Document().load(normal)
    except ValidationError as error:
        raise SettingsError(dict(_locate("$", error.messages))) from error
    for index, client in enumerate(settings.clients):
        warnings |= _find_duplicates(f"$.clients[{index}].resources", client.resources)
    return replace(settings, document=document, warnings=warnings)


def read_file(file: Path) -> Settings:
    """Return the settings of a file.

    Raises:
        SettingsError: The file cannot be read, is not JSON, or has mistakes.
    """
    try:
        document = orjson.loads(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except (OSError, orjson.JSONDecodeError) as error:
        raise SettingsError({str(file): f"is not a JSON file: {error}"}) from error
    return read(document)


def read_version(text: str) -> Version:
    """Return a version such as ``23.2`` as numbers.

    Raises:
        ValueError: The text is not a version.
    """
    if VERSION.fullmatch(text) is None:
        raise ValueError(f"'{text}' is not a version such as 23.2")
    major, minor = text.split(".")
    return int(major), int(minor)


def read_pattern(resource_id: str) -> tuple[str, ...]:
    """Return the segments of a resource id, in the encoding of canonical paths (URL-5).

    Published documents also write ``{name}`` for ``*``. A literal may be plain or percent-encoded.
    A slash at the end is ignored, as in a URL (URL-7).
    """
    return tuple(_read_segment(segment) for segment in resource_id.split("/") if segment)


def _read_segment(segment: str) -> str:
    if PLACEHOLDER.fullmatch(segment):
        return "*"
    return "*".join(_encode(literal) for literal in segment.split("*"))


def _encode(literal: str) -> str:
    plain = unquote(literal, errors="surrogateescape")
    return quote(plain, errors="surrogateescape", safe="")


def _is_bounded(document: Any) -> bool:
    """Return whether a JSON value is within the bounds of values and characters."""
    found, characters = [document], 0
    for value in found:  # the list grows meanwhile
        if isinstance(value, str):
            characters += len(value)
        elif isinstance(value, Mapping):
            characters += sum(map(len, value))
            found.extend(value.values())
        elif isinstance(value, list):
            found.extend(value)
        if len(found) > MAX_DOCUMENT_VALUES or characters > MAX_DOCUMENT_CHARACTERS:
            return False
    return True


def _precedes(begin: Version | None, until: Version | None) -> bool:
    return begin is None or until is None or begin < until


def _find_duplicates(path: str, resources: Sequence[ResourceSetting]) -> dict[str, str]:
    """Return a warning for each setting with pattern, method and version of an earlier setting."""
    warnings = {}
    by_pattern: dict[tuple[str, ...], list[tuple[int, ResourceSetting]]] = {}
    compared: Counter[tuple[str, ...]] = Counter()
    for index, setting in enumerate(resources):
        pattern = read_pattern(setting.resource_id)
        earlier = by_pattern.setdefault(pattern, [])
        first = next((number for number, other in earlier if setting.overlaps(other)), None)
        if first is not None:
            warning = DUPLICATE_WARNING.format(setting.resource_id, first)
            warnings[f"{path}[{index}].resource_id"] = warning
        elif compared[pattern] + len(setting.version_range) <= MAX_COMPARED_RANGES:
            compared[pattern] += len(setting.version_range)
            earlier.append((index, setting))
    return warnings


def _locate(path: str, messages: Any) -> Iterator[tuple[str, str]]:
    """Yield JSON paths and messages of a marshmallow error."""
    if not isinstance(messages, Mapping):
        yield path, "; ".join(dict.fromkeys(map(str, messages)))
        return
    for name, below in messages.items():
        yield from _locate(_append(path, name), below)


def _append(path: str, name: Any) -> str:
    if name == OF_SCHEMA:
        return path
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name}" if re.fullmatch(r"[\w-]+", name) else f"{path}[{name!r}]"


class _Value(fields.Field[Any]):
    """A value of a JSON type; unlike fields of marshmallow, no conversion of ``"900"``."""

    default_error_messages = FIELD_MESSAGES
    kind: type = str

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if type(value) is not self.kind:
            raise ValidationError(f"is not {TYPE_NAMES[self.kind]}")
        try:
            return self.read(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def read(self, value: Any) -> Any:
        """Return the content of a value of the right type; raise ValueError for a mistake."""
        return value


class _Flag(_Value):
    kind = bool


class _Object(_Value):
    kind = dict


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
        entries: list[Any] = []
        errors: dict[int, Any] = {}
        for index, entry in enumerate(value):
            try:
                entries.append(self.inner.deserialize(entry))
            except ValidationError as error:
                errors[index] = error.messages
        for index, reasons in self.compare(value).items():
            errors[index] = reasons | errors.get(index, {})
        if errors:
            raise ValidationError(errors)
        return tuple(entries)

    def compare(self, _entries: list[Any]) -> dict[int, Any]:
        """Return the conflicts between entries, by index."""
        return {}


class _Headers(_Object):
    def read(self, value: dict[str, Any]) -> dict[str, str]:
        problems = {
            name: "is not a string"
            if not isinstance(text, str)
            else header.find_problem_beside(name, text)
            for name, text in value.items()
        }
        wrong = {name: [problem] for name, problem in problems.items() if problem}
        if wrong:
            raise ValidationError(wrong)
        return value


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
        if value not in SETTINGS_METHODS:
            raise ValueError(
                f"'{value}' is not a method; methods are {', '.join(SETTINGS_METHODS)}"
            )
        return value


class _Version(_Value):
    def read(self, value: str) -> Version:
        return read_version(value)


class _FormatVersion(_Value):
    def read(self, value: str) -> str:
        if FORMAT_VERSION.fullmatch(value) is None:
            raise ValueError(f"'{value}' is not a version such as 23.2")
        return value


class _Origin(_Value):
    def read(self, value: str) -> str | None:
        return read_origin(value)


class _Attributes(_Value):
    def read(self, value: str) -> Selector:
        if not value.strip():
            return NO_ATTRIBUTES
        try:
            return select.parse(value)
        except select.SelectorError as error:
            raise ValueError(
                f"'{value}' is not a selector: write a selector such as (**), (id,description), "
                "(data.(id)) and (**,-c_secret)"
            ) from error


class _ObjectSchema(Schema):
    """An object of the document; an unknown member is reported with the nearest known name."""

    class Meta:
        """Leave unknown members to ``check_names``, for a hint in the message."""

        unknown = EXCLUDE

    error_messages = {"type": "is not an object"}  # noqa: RUF012 - marshmallow's own way

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_names(self, _: Any, original: Any, **__: Any) -> None:
        """Check the names of all members."""
        known = [shown.data_key or name for name, shown in self.fields.items()]
        given = original if isinstance(original, dict) else {}
        wrong = {name: [_hint(name, known)] for name in given if name not in known}
        if wrong:
            raise ValidationError(wrong)


def _nested(schema: type[_ObjectSchema]) -> fields.Nested:
    return fields.Nested(schema, error_messages=FIELD_MESSAGES)


def _hint(name: str, known: Sequence[str]) -> str:
    if name == "permissions":
        return "is unknown here; WebDAV client permissions are a document of their own"
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    better = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}"
    return f"is unknown here; {better}"


class _Range(_ObjectSchema):
    begin = _Version(data_key="from")
    until = _Version()

    @post_load
    def make(self, data: dict[str, Version], **_: Any) -> VersionRange:
        """Return the range; raise ValidationError for an empty range."""
        versions = VersionRange(**data)
        if not _precedes(versions.begin, versions.until):
            raise ValidationError("holds no version, since 'until' is not after 'from'")
        return versions


class _Ranges(fields.Field[tuple[VersionRange, ...]]):
    """A version range, or an array of version ranges."""

    default_error_messages = FIELD_MESSAGES

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[VersionRange, ...]:
        field = _nested(_Range)
        if isinstance(value, dict):
            return (field.deserialize(value),)
        ranges: tuple[VersionRange, ...] = _Array(field, shortest=1).deserialize(value)
        return ranges


class _Resource(_ObjectSchema):
    resource_id = _ResourceId(required=True)
    methods = _Array(_Method(), shortest=1, required=True)
    read_attributes = _Attributes()
    write_attributes = _Attributes()
    cache_time = _Seconds()
    version_range = _Ranges()
    personalized_caching_enabled = _Flag()
    config = _Object()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ResourceSetting:
        """Return the setting."""
        return ResourceSetting(**data | {"methods": frozenset(data["methods"])})


class _Client(_ObjectSchema):
    client_id = _Name(required=True)
    allowed_origins = _Array(_Origin())
    response_headers = _Headers()
    resources = _Array(_nested(_Resource))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Client:
        """Return the client."""
        origins = frozenset(data.get("allowed_origins", ())) - {None}
        return Client(**data | {"allowed_origins": origins})


class _Clients(_Array):
    def compare(self, entries: list[Any]) -> dict[int, Any]:
        """Return a conflict for each further entry of a client: the meaning would be unclear."""
        ids = [entry.get("client_id") if isinstance(entry, dict) else None for entry in entries]
        first: dict[str, int] = {}
        return {
            index: {"client_id": [f"'{name}' is in clients[{first[name]}] already; join them"]}
            for index, name in enumerate(ids)
            if isinstance(name, str) and first.setdefault(name, index) < index
        }


class _Document(_ObjectSchema):
    version = _FormatVersion(data_key="_v")
    clients = _Clients(_nested(_Client), required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Settings:
        """Return the settings."""
        return Settings(**data)
