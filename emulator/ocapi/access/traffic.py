"""The smallest settings document for recorded requests (SET-1, SET-2)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from emulator.ocapi.access.tolerance import SETTINGS_METHODS
from emulator.ocapi.access.web_origin import read_origin
from emulator.ocapi.schema.document import ENVELOPE
from emulator.ocapi.wire import url, versions
from emulator.ocapi.wire.select import ALWAYS, NAME
from emulator.recording.exchange import Exchange

PATH_PARAMETER = re.compile(r"<[^<>]*>|\{[^{}]*\}")
ALL_ATTRIBUTES = "(**)"
MAX_NAME_DOTS = 16  # levels of a selector are rendered by recursion
WRITE_METHODS = ("PUT", "PATCH", "POST")
UNKNOWN_NAMES = "**"  # not a valid name, so ``_select`` grants all attributes

Tree = dict[str, "Tree | None"]  # the wanted properties by name, None for a whole property


class Use(NamedTuple):
    """The use of a resource by a request.

    Attributes:
        client: The id of the client.
        method: The HTTP method in capitals; HEAD counts as GET, OPTIONS needs no permission.
        path: The path below the version, in canonical form.
        written: The properties in the request; dots separate levels, ``allocation.amount``.
        read: The used properties of the answer, None for all.
        origin: The origin of the calling page, empty without a page.
    """

    client: str
    method: str
    path: str
    written: Iterable[str] = ()
    read: Iterable[str] | None = None
    origin: str = ""


def read_uses(exchanges: Iterable[Exchange]) -> Iterator[Use]:
    """Yield the uses by recorded requests of the Data API, except by unknown callers."""
    for exchange in exchanges:
        address = url.parse(exchange.path)
        if exchange.operation and exchange.client and address.is_data_api:
            path = exchange.path.removeprefix(address.base)
            origin = exchange.headers.get("origin", "")
            names = _read_names(exchange)
            yield Use(exchange.client, exchange.method, path, names, origin=origin)


def _read_names(exchange: Exchange) -> Iterable[str]:
    """Return the properties set by a request; all properties if the body is not JSON."""
    if exchange.method not in WRITE_METHODS or not exchange.request_body.size:
        return ()
    try:
        content = orjson.loads(exchange.body)
    except orjson.JSONDecodeError:
        return (UNKNOWN_NAMES,)
    return tuple(content) if isinstance(content, dict) else ()


def summarize(uses: Iterable[Use], templates: Iterable[str]) -> dict[str, Any]:
    """Return the settings document for recorded requests.

    Clients and resources are sorted; methods are in the order of ``SETTINGS_METHODS``. Attributes
    are granted for all methods of a resource. A name without a spelling in selectors grants all
    attributes. A served path may be an id below another path, such as ``/users/this`` below
    ``/users/*``: then the permission for ``/users/*`` covers both paths.

    Args:
        uses: The uses to allow.
        templates: The served paths, with ``{name}`` or ``<name>`` for ids. A path without a
            template is a literal.
    """
    patterns = sorted((_split(template) for template in templates), key=_rank)
    found: dict[str, dict[str, list[Use]]] = {}
    for use in uses:
        if use.method != "OPTIONS":
            resource = _generalize(use.path, patterns)
            found.setdefault(use.client, {}).setdefault(resource, []).append(use)
    clients = [_describe_client(client, found[client]) for client in sorted(found)]
    return {"_v": versions.CURRENT, "clients": clients}


def _describe_client(client: str, resources: Mapping[str, Sequence[Use]]) -> dict[str, Any]:
    entries = [_describe_resource(resource, resources[resource]) for resource in sorted(resources)]
    uses = (use for requests in resources.values() for use in requests)
    origins = sorted({use.origin for use in uses if read_origin(use.origin)})
    allowed = {"allowed_origins": origins} if origins else {}
    return {"client_id": client, **allowed, "resources": entries}


def _describe_resource(resource: str, uses: Sequence[Use]) -> dict[str, Any]:
    methods = {"get" if use.method == "HEAD" else use.method.lower() for use in uses}
    read = (name for use in uses for name in (("**",) if use.read is None else use.read))
    written = (name for use in uses for name in use.written)
    attributes = {
        "read_attributes": _select(set(read).difference(ALWAYS)),
        "write_attributes": _select(set(written).difference(ENVELOPE)),
    }
    entry = {
        "resource_id": resource,
        "methods": [name for name in SETTINGS_METHODS if name in methods],
    }
    return entry | {name: selector for name, selector in attributes.items() if selector}


def _split(path: str) -> tuple[str, ...]:
    return tuple(PATH_PARAMETER.sub("*", path).strip("/").split("/"))


def _rank(pattern: tuple[str, ...]) -> tuple[bool, ...]:
    return tuple(segment == "*" for segment in pattern)


def _generalize(path: str, patterns: Sequence[tuple[str, ...]]) -> str:
    """Return a path with asterisks for ids, by the most specific fitting pattern."""
    segments = tuple(path.strip("/").split("/"))
    fitting = (pattern for pattern in patterns if _fits(pattern, segments))
    return "/" + "/".join(next(fitting, segments))


def _fits(pattern: tuple[str, ...], segments: tuple[str, ...]) -> bool:
    pairs = zip(pattern, segments, strict=False)
    return len(pattern) == len(segments) and all(wanted in ("*", given) for wanted, given in pairs)


def _select(names: set[str]) -> str:
    """Return the selector of names, empty for none."""
    if any(NAME.fullmatch(part) is None for name in names for part in name.split(".")):
        return ALL_ATTRIBUTES
    if any(name.count(".") > MAX_NAME_DOTS for name in names):
        return ALL_ATTRIBUTES
    tree: Tree = {}
    for name in sorted(names):  # a document comes before its properties
        _plant(tree, name.split("."))
    return _render(tree) if tree else ""


def _plant(tree: Tree, parts: Sequence[str]) -> None:
    for part in parts[:-1]:
        below = tree.setdefault(part, {})
        if below is None:
            return
        tree = below
    tree.setdefault(parts[-1], None)


def _render(tree: Tree) -> str:
    parts = (name if below is None else f"{name}.{_render(below)}" for name, below in tree.items())
    return f"({','.join(parts)})"
