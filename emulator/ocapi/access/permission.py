"""What a client may do, as the settings document has it (SET-1, SET-2, SET-4).

Nothing is granted by default, and attributes that are left out grant nothing either. Of a
client's entries those count whose pattern, methods and versions fit the request, and of these
the most specific pattern decides: segment by segment from the left, a literal before a part
with a wildcard, that before ``*`` and that before ``**``; among equals the first. Only where
none fits, the entries of the client ``*`` are asked.

Paths are those below the version, in canonical form (``url.canonical``): percent-encoded, so
that a slash inside an id stays inside its segment.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from emulator.ocapi.access import settings
from emulator.ocapi.access.settings import (
    EVERY_CLIENT,
    Client,
    ResourceSetting,
    Settings,
    read_pattern,
    read_version,
)
from emulator.ocapi.access.web_origin import read_origin
from emulator.ocapi.schema.document import ENVELOPE
from emulator.ocapi.wire.select import Selector
from emulator.recording.glob import PathPattern, compile_path

LOG = logging.getLogger(__name__)
KEPT = 4096  # decisions
SOME_ID = "%"  # no segment of a canonical path, and none of a pattern
WRITING = ("put", "patch", "post")
# How much a segment of a pattern leaves open; where a pattern ends, ``**`` may still go on.
LITERAL, PARTIAL, END = 0, 1, 3
WIDTHS = {"*": 2, "**": 4}
PARAMETER = re.compile(r"<[^<>]*>|\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Permission:
    """What one entry of the settings grants.

    Attributes:
        readable: What of an answer is shown, None for all of it.
        writable: What of a request may be set, None for all of it.
        response_headers: What the answer carries besides.
        cache_time: Seconds, or None where nothing is said.
    """

    readable: Selector | None = None
    writable: Selector | None = None
    response_headers: Mapping[str, str] = field(default_factory=dict)
    cache_time: int | None = None

    def check_write(self, changes: Mapping[str, Any]) -> str | None:
        """Return the first property that may not be set, or None if all may.

        Inside a document the names are joined by dots: ``allocation.amount``. What belongs to
        the envelope is no property. Positions and filters in the selector change nothing.
        """
        if self.writable is None:
            return None
        return next(_refused(self.writable, changes), None)


FREE = Permission()


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of the settings, ready to be compared with requests."""

    setting: ResourceSetting
    pattern: PathPattern
    permission: Permission

    def fits(self, method: str, path: str, version: str) -> bool:
        if method not in self.setting.methods or not self.pattern.fullmatch(path):
            return False
        return any(read_version(version) in versions for versions in self.setting.version_range)


class Permissions:
    """The decisions that a settings document leads to.

    One object serves all threads. A decision is made once for each shape of path, which is the
    path without the ids that no pattern names, and at most 4096 of them are remembered.
    """

    def __init__(self, source: Settings) -> None:
        self.document = source.document
        self.warnings = source.warnings
        self._clients = {client.client_id: client for client in source.clients}
        self._entries = {name: _arrange(client) for name, client in self._clients.items()}
        self._named = frozenset(chain.from_iterable(map(_segments, source.clients)))
        self._has_partial = any(_width(segment) == PARTIAL for segment in self._named)
        self._decide = lru_cache(KEPT)(self._look_up)

    def find(self, client: str, method: str, path: str, version: str) -> Permission | None:
        """Return what a client may do with a resource, or None if it is nothing.

        Args:
            client: Its id.
            method: The HTTP method in capitals; HEAD counts as GET, and OPTIONS is free.
            path: The path below the version, such as ``/inventory_lists/a%2Fb``.
            version: As documents carry it, such as ``23.2``.
        """
        if method == "OPTIONS":
            return FREE
        known = client if client in self._clients else EVERY_CLIENT
        return self._decide(known, _name(method), self._shape(path), version)

    def allows_origin(self, client: str, origin: str) -> bool:
        """Return whether pages of an origin may call as a client; one that is none may not."""
        told = read_origin(origin)
        return any(told in of.allowed_origins for of in self._speaking_of(client))

    def explain(self, client: str, method: str, template: str) -> str:
        """Return the JSON, in one line, that has to be added so that a request is allowed.

        It is an entry of ``resources`` of the client, or of ``clients`` if the document does
        not name the client yet. An entry that has the same resource id and method is to be
        replaced by it: that one is for other versions.

        Args:
            client: Its id.
            method: The HTTP method in capitals.
            template: The path below the version with ``{name}`` or ``<name>`` for ids.
        """
        name = _name(method)
        resource = "/" + PARAMETER.sub("*", template).strip("/")
        entry: dict[str, Any] = {"resource_id": resource, "methods": [name]}
        entry["read_attributes"] = "(**)"
        if name in WRITING:
            entry["write_attributes"] = "(**)"
        is_new = client not in self._clients
        return json.dumps({"client_id": client, "resources": [entry]} if is_new else entry)

    def _speaking_of(self, client: str) -> Iterator[Client]:
        """Yield the client's own part of the settings, then that of all clients."""
        names = dict.fromkeys((client, EVERY_CLIENT))
        return (self._clients[name] for name in names if name in self._clients)

    def _shape(self, path: str) -> str:
        if self._has_partial:
            return path
        segments = path.strip("/").split("/")
        return "/" + "/".join(s if s in self._named else SOME_ID for s in segments)

    def _look_up(self, client: str, method: str, path: str, version: str) -> Permission | None:
        entries = chain.from_iterable(
            self._entries[of.client_id] for of in self._speaking_of(client)
        )
        fitting = (entry for entry in entries if entry.fits(method, path, version))
        return next((entry.permission for entry in fitting), None)


def _arrange(client: Client) -> list[_Entry]:
    """Return the entries of a client, the most specific first."""
    ordered = sorted(client.resources, key=lambda setting: _rank(read_pattern(setting.resource_id)))
    return [_prepare(client, setting) for setting in ordered]


def _prepare(client: Client, setting: ResourceSetting) -> _Entry:
    granted = Permission(
        _unless_all(setting.read_attributes),
        _unless_all(setting.write_attributes),
        client.response_headers,
        setting.cache_time,
    )
    pattern = compile_path("/" + "/".join(read_pattern(setting.resource_id)))
    return _Entry(setting, pattern, granted)


def _unless_all(selector: Selector) -> Selector | None:
    return None if selector.star == "**" and not selector.excluded else selector


def _rank(pattern: Sequence[str]) -> tuple[int, ...]:
    """Return a key that sorts patterns, the most specific first."""
    return (*map(_width, pattern), END)


def _width(segment: str) -> int:
    if segment in WIDTHS:
        return WIDTHS[segment]
    return PARTIAL if "*" in segment else LITERAL


def _segments(client: Client) -> Iterator[str]:
    return chain.from_iterable(read_pattern(setting.resource_id) for setting in client.resources)


def _name(method: str) -> str:
    return "get" if method == "HEAD" else method.lower()


def _refused(selector: Selector, changes: Mapping[str, Any]) -> Iterator[str]:
    """Yield the properties, in the order of the request, that a selector does not name."""
    for name, value in changes.items():
        if name in ENVELOPE:
            continue
        term = selector.terms.get(name)
        if name in selector.excluded:
            yield name
        elif selector.star == "**" or (term is not None and term.nested is None):
            continue
        elif term is not None and term.nested is not None:
            yield from _refused_inside(name, term.nested, value)
        elif selector.star != "*" or _is_document(name, value):
            yield name


def _refused_inside(name: str, nested: Selector, value: Any) -> Iterator[str]:
    """Yield what is refused of a document or an array of these; of anything else the whole."""
    documents = value if isinstance(value, list) else [value]
    for document in documents:
        if isinstance(document, Mapping):
            yield from (f"{name}.{inner}" for inner in _refused(nested, document))
        else:
            yield name


def _is_document(name: str, value: Any) -> bool:
    """Return whether ``(*)`` leaves a value out; the objects of custom properties are maps."""
    values = value if isinstance(value, list) else [value]
    return not name.startswith("c_") and any(isinstance(v, Mapping) for v in values)


def read(document: Any) -> Permissions:
    """Return the permissions of a settings document.

    Args:
        document: A JSON value.

    Raises:
        SettingsError: The document has mistakes; the error lists all of them.
    """
    return Permissions(settings.read(document))


def read_file(file: str) -> Permissions:
    """Return the permissions of a settings file, and log its warnings.

    Raises:
        SettingsError: The file cannot be read, is not JSON, or has mistakes.
    """
    permissions = Permissions(settings.read_file(Path(file)))
    for place, reason in permissions.warnings.items():
        LOG.warning("%s: %s: %s", file, place, reason)
    return permissions
