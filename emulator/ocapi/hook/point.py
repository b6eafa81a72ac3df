"""Extension points: the names of hooks, and the hooks of each operation (HOOK-1).

A name is ``dw.ocapi.data``, the segments of the path, and the moment with the method. A segment
before an id is in the singular. A few operations have other names. Two operations on alerts share
their names.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Literal

from emulator.ocapi.call import Route

PREFIX = "dw.ocapi.data"
Moment = Literal["before", "after", "modify"]

OTHER_NAMES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("PUT", "libraries/{}/content/{}"): ("content.content", "Create"),
    ("PATCH", "libraries/{}/content/{}"): ("content.content", "Update"),
    ("DELETE", "libraries/{}/content/{}"): ("content.content", "Delete"),
    ("PUT", "custom_objects/{}/{}"): ("object", "Put"),
    ("PATCH", "custom_objects/{}/{}"): ("object", "Patch"),
    ("DELETE", "custom_objects/{}/{}"): ("object", "Delete"),
    ("PATCH", "users/this/password"): ("users", "PATCH"),
}
"""The names outside of the pattern: the resource, and the ending of the moment.

The names of content are documented; a guide of a third party has the others (HOOK-1).
"""
PLURALS = (
    (re.compile("ies$"), "y"),
    (re.compile("(?<=ss)es$|(?<=x)es$|(?<=ch)es$|(?<=sh)es$"), ""),
    (re.compile("(?<!s)s$"), ""),
)


@dataclass(frozen=True, kw_only=True)
class Status:
    """The result of a hook: a status ends the extension point, and an error refuses the request.

    Attributes:
        ok: Whether the request goes on.
        code: The code of the status.
        message: A sentence for the client.
        details: Further values for the client.
    """

    ok: bool = True
    code: str = ""
    message: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class HookCall:
    """A call of a hook.

    Attributes:
        name: The extension point, such as ``dw.ocapi.data.site.beforePATCH``.
        document: The document, which the hook may change. Before an operation: the document of the
            request. After: the document as it will be stored; the stored one for DELETE. For
            ``modify``: the document of the answer.
        request: The document of the request, as the operation has read it.
        method: The HTTP method.
        path: The path of the request, without the query.
        ids: The ids in the path, by the names of the path parameters.
        site: The site of the path; ``-`` or empty for the organization.
        client: The id of the API client.
        user: The login of the token's user; empty for a client's own token.
        workspace: The name of the workspace.
    """

    name: str
    document: dict[str, Any]
    request: Mapping[str, Any]
    method: str
    path: str
    ids: Mapping[str, str]
    site: str
    client: str
    user: str
    workspace: str


Hook = Callable[[HookCall], Status | None]
Hooks = Mapping[str, Sequence[Hook]]
"""The hooks of an application by extension point, in the order of their calls."""


@dataclass(frozen=True, slots=True)
class Point:
    """An extension point and the hooks."""

    name: str
    hooks: Sequence[Hook]


OperationHooks = Mapping[Moment, Point]


class UnknownHookError(ValueError):
    """No operation has the extension point; the message names a near name."""


def plan(routes: Mapping[str, Route], hooks: Hooks) -> Mapping[str, Route]:
    """Return routes with the hooks of the operations.

    Args:
        routes: The routes by routing rule.
        hooks: The hooks by extension point.

    Raises:
        UnknownHookError: No operation has an extension point.
    """
    if not hooks:
        return routes
    known: dict[str, list[tuple[str, str, Moment]]] = {}
    for rule, route in routes.items():
        for name, method, moment in list_points(rule, route):
            known.setdefault(name, []).append((rule, method, moment))
    planned: dict[str, dict[str, dict[Moment, Point]]] = {}
    for name, functions in hooks.items():
        if name not in known:
            raise UnknownHookError(_explain(name, known))
        for rule, method, moment in known[name]:
            points = planned.setdefault(rule, {}).setdefault(method, {})
            points[moment] = Point(name, functions)
    changed = {rule: replace(routes[rule], hooks=found) for rule, found in planned.items()}
    return {**routes, **changed}


def list_points(rule: str, route: Route) -> Iterator[tuple[str, str, Moment]]:
    """Yield the extension points of a route: name, method, and moment; none for an alias."""
    methods = () if rule in route.resource.aliases else (*route.methods, *route.operations)
    for method in methods:
        for moment, name in name_points(method, route.template):
            yield name, method, moment


def name_points(method: str, template: Sequence[str]) -> Iterator[tuple[Moment, str]]:
    """Yield the moments of an operation with the names of the extension points."""
    path = "/".join("{}" if segment.startswith("{") else segment for segment in template)
    resource, ending = OTHER_NAMES.get((method, path), (_name_resource(template), method))
    yield "before", f"{PREFIX}.{resource}.before{ending}"
    if method != "GET":
        yield "after", f"{PREFIX}.{resource}.after{ending}"
    yield "modify", f"{PREFIX}.{resource}.modify{ending}Response"


def _name_resource(template: Sequence[str]) -> str:
    """Return the segments of a path without ids, in the singular before an id."""
    following = (*template[1:], "")
    pairs = zip(template, following, strict=True)
    return ".".join(_singular(s) if n.startswith("{") else s for s, n in pairs if s[0] != "{")


def _singular(word: str) -> str:
    for ending, singular in PLURALS:
        if ending.search(word):
            return ending.sub(singular, word)
    return word


def _explain(name: str, known: Mapping[str, Any]) -> str:
    near = get_close_matches(name, known, 1)
    hint = f": did you mean '{near[0]}'?" if near else ""
    return f"no operation has the hook '{name}'{hint}"
