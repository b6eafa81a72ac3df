"""Patterns with wildcards, of paths and of plain texts."""

import re
from functools import lru_cache


@lru_cache(maxsize=1024)
def compile_path(pattern: str) -> re.Pattern[str]:
    """Return the expression of a path pattern (SET-1).

    ``*`` stands for one segment, or for a part of one; ``**`` for any characters, slashes among
    them, and between two slashes for none as well: ``/**/sites`` is also ``/sites``.
    """
    pattern = re.sub(r"(?:/\*\*+)+(?=/|$)", "/**", pattern)
    parts = (_translate(part) for part in re.split(r"(/\*\*(?:/|$)|\*\*+|\*)", pattern))
    return re.compile("".join(parts), re.DOTALL)


@lru_cache(maxsize=1024)
def compile_text(pattern: str) -> re.Pattern[str]:
    """Return the expression of a text pattern, in which ``*`` stands for any characters."""
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def _translate(part: str) -> str:
    if part == "/**/":
        return "/(?:.*/)?"
    if part == "/**":
        return "(?:/.*)?"
    if part.startswith("**"):
        return ".*"
    return "[^/]*" if part == "*" else re.escape(part)
