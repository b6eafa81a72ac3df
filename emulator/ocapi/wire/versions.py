"""The versions of the Data API: names, numbers and life cycle (URL-3)."""

from functools import lru_cache

from emulator.config import VERSION

CURRENT = "23.2"
"""The version of the documents, and of answers to requests without a version."""
FIRST_DEPRECATED = "21.6"
"""The oldest version of the two years before the current one."""
MAX_CACHED_STATUSES = 64

PUBLISHED = frozenset(
    (
        *("v18_1", "v18_2", "v18_3", "v18_6", "v18_7", "v18_8"),
        *("v19_1", "v19_3", "v19_5", "v19_8", "v19_10"),
        *("v20_2", "v20_3", "v20_4", "v20_8", "v20_9", "v20_10"),
        *("v21_2", "v21_3", "v21_6", "v21_8", "v21_9", "v21_10"),
        *("v22_1", "v22_4", "v22_6", "v22_10"),
        *("v23_1", "v23_2"),
        *("v24_1", "v24_3", "v24_4", "v24_5"),
        "v25_6",
    )
)
"""The path segments of all versions that were published."""


def is_version(segment: str) -> bool:
    """Return whether a path segment has the form of a version."""
    return VERSION.fullmatch(segment) is not None


def number(segment: str) -> str:
    """Return the number of a version: ``23.2`` for ``v23_2``."""
    return segment[1:].replace("_", ".")


def order(version: str) -> tuple[int, ...]:
    """Return the sort key of a version such as ``23.2``."""
    return tuple(map(int, version.split(".")))


@lru_cache(MAX_CACHED_STATUSES)
def status(version: str) -> str:
    """Return the status of a version: current, deprecated or obsolete."""
    if order(version) >= order(CURRENT):
        return "current"
    return "deprecated" if order(version) >= order(FIRST_DEPRECATED) else "obsolete"
