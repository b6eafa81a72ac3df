"""Permissions of clients, from a settings document (SET-1, SET-2, SET-4).

Nothing is granted by default; missing attributes grant nothing either. An entry fits a request if
pattern, methods and versions fit. Of the fitting entries of a client, the entry with the most
specific pattern decides alone. Patterns are compared segment by segment from the left: a literal
comes before a segment with a wildcard, then ``*``, then ``**``; of equal patterns the first entry
decides. The entries of the client ``*`` count only if no entry of the client itself fits.

A path here is the path below the version in canonical form (``url.canonical``), percent-encoded: a
slash inside an id stays inside the segment.
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

logger = logging.getLogger(__name__)
MAX_CACHED_DECISIONS = 4096
ANY_ID = "%"  # no segment of a canonical path or of a pattern
WRITE_METHODS = ("put", "patch", "post")
# The ranks of segments, the most specific first. The end of a pattern comes before ``**``.
LITERAL_RANK, PARTIAL_RANK, END_RANK = 0, 1, 3
WILDCARD_RANKS = {"*": 2, "**": 4}
PATH_PARAMETER = re.compile(r"<[^<>]*>|\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Permission:
    """The permission of a settings entry.

    Attributes:
        readable: The visible properties of an answer, None for all.
        writable: The writable properties of a request, None for all.
        response_headers: Additional headers of the answer.
        cache_time: Seconds, or None without a value.
    """

    readable: Selector | None = None
    writable: Selector | None = None
    response_headers: Mapping[str, str] = field(default_factory=dict)
    cache_time: int | None = None

    def check_write(self, changes: Mapping[str, Any]) -> str | None:
        """Return the first property without permission, or None if all properties are permitted.

        Names inside a document are joined by dots: ``allocation.amount``. Members of the envelope
        need no permission. Positions and filters in the selector have no effect.
        """
        if self.writable is None:
            return None
        return next(_refused(self.writable, changes), None)


FULL_PERMISSION = Permission()


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of the settings with a compiled pattern."""

    setting: ResourceSetting
    pattern: PathPattern
    permission: Permission

    def fits(self, method: str, path: str, version: str) -> bool:
        if method not in self.setting.methods or not self.pattern.fullmatch(path):
            return False
        return any(read_version(version) in versions for versions in self.setting.version_range)


class Permissions:
    """The permissions of a settings document.

    All threads use the same object. Decisions are cached by a path without ids: segments that no
    pattern has as a literal are left out, so that the cache does not grow with the ids.
    """

    def __init__(self, source: Settings) -> None:
        self.document = source.document
        self.warnings = source.warnings
        self._clients = {client.client_id: client for client in source.clients}
        self._entries = {name: _arrange(client) for name, client in self._clients.items()}
        self._named = frozenset(chain.from_iterable(map(_segments, source.clients)))
        self._has_partial = any(_rank_segment(segment) == PARTIAL_RANK for segment in self._named)
        self._decide = lru_cache(MAX_CACHED_DECISIONS)(self._look_up)

    def find(self, client: str, method: str, path: str, version: str) -> Permission | None:
        """Return the permission of a client for a resource, or None without permission.

        Args:
            client: The id of the client.
            method: The HTTP method in capitals; HEAD counts as GET, OPTIONS needs no permission.
            path: The path below the version, such as ``/inventory_lists/a%2Fb``.
            version: As documents carry it, such as ``23.2``.
        """
        if method == "OPTIONS":
            return FULL_PERMISSION
        known = client if client in self._clients else EVERY_CLIENT
        return self._decide(known, _name(method), self._leave_out_ids(path), version)

    def allows_origin(self, client: str, origin: str) -> bool:
        """Return True for an allowed origin of a client; False for a malformed origin."""
        normal = read_origin(origin)
        return any(normal in c.allowed_origins for c in self._find_clients(client))

    def explain(self, client: str, method: str, template: str) -> str:
        """Return the missing entry for a request, as JSON in a line.

        The entry belongs into ``resources`` of the client, or into ``clients`` if the document
        does not name the client yet. The entry replaces an entry with the same resource id and
        method: such an entry can only be for other versions.

        Args:
            client: The id of the client.
            method: The HTTP method in capitals.
            template: The path below the version with ``{name}`` or ``<name>`` for ids.
        """
        name = _name(method)
        resource = "/" + PATH_PARAMETER.sub("*", template).strip("/")
        entry: dict[str, Any] = {"resource_id": resource, "methods": [name]}
        entry["read_attributes"] = "(**)"
        if name in WRITE_METHODS:
            entry["write_attributes"] = "(**)"
        is_new = client not in self._clients
        return json.dumps({"client_id": client, "resources": [entry]} if is_new else entry)

    def _find_clients(self, client: str) -> Iterator[Client]:
        """Yield the settings of the client itself, then the settings of all clients."""
        names = dict.fromkeys((client, EVERY_CLIENT))
        return (self._clients[name] for name in names if name in self._clients)

    def _leave_out_ids(self, path: str) -> str:
        if self._has_partial:
            return path
        segments = path.strip("/").split("/")
        return "/" + "/".join(s if s in self._named else ANY_ID for s in segments)

    def _look_up(self, client: str, method: str, path: str, version: str) -> Permission | None:
        entries = chain.from_iterable(
            self._entries[c.client_id] for c in self._find_clients(client)
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
    """Return a sort key of patterns, the most specific first."""
    return (*map(_rank_segment, pattern), END_RANK)


def _rank_segment(segment: str) -> int:
    if segment in WILDCARD_RANKS:
        return WILDCARD_RANKS[segment]
    return PARTIAL_RANK if "*" in segment else LITERAL_RANK


def _segments(client: Client) -> Iterator[str]:
    return chain.from_iterable(read_pattern(setting.resource_id) for setting in client.resources)


def _name(method: str) -> str:
    return "get" if method == "HEAD" else method.lower()


def _refused(selector: Selector, changes: Mapping[str, Any]) -> Iterator[str]:
    """Yield the properties outside a selector, in the order of the request."""
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
    """Yield the refused properties of a document or of an array; any other value is refused."""
    documents = value if isinstance(value, list) else [value]
    for document in documents:
        if isinstance(document, Mapping):
            yield from (f"{name}.{inner}" for inner in _refused(nested, document))
        else:
            yield name


def _is_document(name: str, value: Any) -> bool:
    """Return True for an inner document: ``(*)`` leaves it out. A custom property is none."""
    values = value if isinstance(value, list) else [value]
    return not name.startswith("c_") and any(isinstance(v, Mapping) for v in values)


def read(document: Any) -> Permissions:
    """Return the permissions of a settings document.

    Args:
        document: A JSON value.

    Raises:
        SettingsError: The document has mistakes; the error lists all mistakes.
    """
    return Permissions(settings.read(document))


def read_file(file: str) -> Permissions:
    """Return the permissions of a settings file, and log the warnings.

    Raises:
        SettingsError: The file cannot be read, is not JSON, or has mistakes.
    """
    permissions = Permissions(settings.read_file(Path(file)))
    for path, reason in permissions.warnings.items():
        logger.warning("%s: %s: %s", file, path, reason)
    return permissions
