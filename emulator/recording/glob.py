"""Patterns with wildcards, of paths and of plain texts; none of them is slow to match."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

ANY_SEGMENTS = "**"


@dataclass(frozen=True, slots=True)
class TextPattern:
    """A text in which ``*`` stands for any characters.

    Attributes:
        pieces: What is between the wildcards.
    """

    pieces: tuple[str, ...]

    def fullmatch(self, text: str) -> bool:
        """Return whether it stands for a text."""
        first, *middle = self.pieces
        if not middle:
            return text == first
        last = middle.pop()
        if len(text) < len(first) + len(last):
            return False
        return text.startswith(first) and text.endswith(last) and _follow(middle, text, first, last)


def _follow(pieces: Sequence[str], text: str, first: str, last: str) -> bool:
    """Return whether pieces follow one another in a text, between its first and its last."""
    at, end = len(first), len(text) - len(last)
    for piece in pieces:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A path in which ``*`` stands for one segment or a part of one, ``**`` for any number of them.

    Attributes:
        segments: Patterns of its segments, None where any number of segments may stand.
    """

    segments: tuple[TextPattern | None, ...]

    def fullmatch(self, path: str) -> bool:
        """Return whether it stands for a path (SET-1)."""
        return self.match(path.split("/"))

    def match(self, segments: Sequence[str]) -> bool:
        """Return whether it stands for a path of these segments.

        Of several wildcards only the last that was met ever has to take another segment: what
        comes before it fits already. So it takes as many steps as both lengths multiplied.
        """
        at = here = 0
        wildcard, taken = -1, 0
        while at < len(segments):
            pattern = self.segments[here] if here < len(self.segments) else MISMATCH
            if pattern is None:
                wildcard, taken, here = here, at, here + 1
            elif pattern.fullmatch(segments[at]):
                at, here = at + 1, here + 1
            elif wildcard < 0:
                return False
            else:
                taken += 1
                at, here = taken, wildcard + 1
        return all(pattern is None for pattern in self.segments[here:])


class _Mismatch(TextPattern):
    __slots__ = ()

    def fullmatch(self, text: str) -> bool:  # noqa: ARG002 - whatever it is
        return False


MISMATCH = _Mismatch(())


@lru_cache(maxsize=1024)
def compile_path(pattern: str) -> PathPattern:
    """Return the pattern of a path; ``**`` is a wildcard as a whole segment alone."""
    parts = pattern.split("/")
    return PathPattern(tuple(None if _is_any(part) else compile_text(part) for part in parts))


def _is_any(part: str) -> bool:
    return len(part) >= len(ANY_SEGMENTS) and not part.strip("*")


@lru_cache(maxsize=1024)
def compile_text(pattern: str) -> TextPattern:
    """Return the pattern of a text."""
    return TextPattern(tuple(pattern.split("*")))
