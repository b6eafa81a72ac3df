"""Patterns of texts and paths with wildcards.

A match never backtracks: the time is at most proportional to the product of both lengths.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

ANY_SEGMENTS = "**"


@dataclass(frozen=True, slots=True)
class TextPattern:
    """A text with wildcards: ``*`` stands for any characters.

    Attributes:
        pieces: The literals between the wildcards.
    """

    pieces: tuple[str, ...]

    def fullmatch(self, text: str) -> bool:
        """Return True if the pattern fits the text."""
        first, *middle = self.pieces
        if not middle:
            return text == first
        last = middle.pop()
        if len(text) < len(first) + len(last):
            return False
        return (
            text.startswith(first) and text.endswith(last) and _has_all(middle, text, first, last)
        )


def _has_all(pieces: Sequence[str], text: str, first: str, last: str) -> bool:
    """Return True if a text has all pieces in order, between a first and a last piece."""
    at, end = len(first), len(text) - len(last)
    # The first place of a piece leaves the most room for the next pieces, so no other is tried.
    for piece in pieces:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A path with wildcards: ``*`` inside a segment, ``**`` for any number of segments.

    Attributes:
        segments: The patterns of the segments; None for any number of segments.
    """

    segments: tuple[TextPattern | None, ...]

    def fullmatch(self, path: str) -> bool:
        """Return True if the pattern fits the path (SET-1)."""
        return self.match(path.split("/"))

    def match(self, segments: Sequence[str]) -> bool:
        """Return True if the pattern fits a path of these segments."""
        at = here = 0  # the next segment of the path, and the next segment of the pattern
        wildcard, taken = -1, 0  # the last ``**`` so far, and the end of the segments it took
        while at < len(segments):
            pattern = self.segments[here] if here < len(self.segments) else UNMATCHABLE_SEGMENT
            if pattern is None:
                wildcard, taken, here = here, at, here + 1
            elif pattern.fullmatch(segments[at]):
                at, here = at + 1, here + 1
            elif wildcard < 0:
                return False
            else:
                # Only the last ``**`` takes another segment: all before it fits already, and an
                # earlier ``**`` could only leave fewer segments. So the steps are at most the
                # product of both lengths.
                taken += 1
                at, here = taken, wildcard + 1
        return all(pattern is None for pattern in self.segments[here:])


class _UnmatchableSegment(TextPattern):
    __slots__ = ()

    def fullmatch(self, text: str) -> bool:  # noqa: ARG002 - no text fits
        return False


UNMATCHABLE_SEGMENT = _UnmatchableSegment(())


@lru_cache(maxsize=1024)
def compile_path(pattern: str) -> PathPattern:
    """Return the pattern of a path; ``**`` inside a longer segment means ``*``."""
    parts = pattern.split("/")
    return PathPattern(tuple(None if _is_any(part) else compile_text(part) for part in parts))


def _is_any(part: str) -> bool:
    return len(part) >= len(ANY_SEGMENTS) and not part.strip("*")


@lru_cache(maxsize=1024)
def compile_text(pattern: str) -> TextPattern:
    """Return the pattern of a text."""
    return TextPattern(tuple(pattern.split("*")))
