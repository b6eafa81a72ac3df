"""The operations of the real server, for hints about missing operations (URL-8).

``operations.json`` has the methods of all 332 operations of the Data API 23.2 by path. Of the Shop
API only the beginning of the path is known.
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

OPERATIONS = Path(__file__).with_name("operations.json")
OTHER_APIS = re.compile(r"(?:/s/[^/]+)?/dw/shop(?:/.*)?", re.DOTALL)


class RealPath(NamedTuple):
    """A path of the real Data API.

    Attributes:
        template: The path below the version, with ids in braces.
        methods: The methods of the path, without HEAD and OPTIONS.
    """

    template: str
    methods: frozenset[str]

    def has(self, method: str) -> bool:
        """Return whether the path has an operation for a method."""
        return ("GET" if method == "HEAD" else method) in self.methods

    def describe(self, method: str) -> str:
        """Return an operation such as ``GET /catalogs``; the path alone for another method."""
        return f"{method} {self.template}" if self.has(method) else self.template


def find_path(path: str) -> RealPath | None:
    """Return the path of the real Data API for a canonical path below the version."""
    segments = path.split("/")
    return next((found for found in _read_paths() if _matches(found.template, segments)), None)


def is_other_api(path: str) -> bool:
    """Return whether a path belongs to the Shop API."""
    return OTHER_APIS.fullmatch(path) is not None


@cache
def _read_paths() -> tuple[RealPath, ...]:
    """Return all paths, sorted by text: names come before ids in braces."""
    paths: dict[str, list[str]] = json.loads(OPERATIONS.read_bytes())
    return tuple(RealPath(path, frozenset(methods)) for path, methods in sorted(paths.items()))


def _matches(template: str, segments: Sequence[str]) -> bool:
    named = template.split("/")
    return len(named) == len(segments) and all(
        name == segment or name.startswith("{")
        for name, segment in zip(named, segments, strict=True)
    )
