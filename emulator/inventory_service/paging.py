"""Pages that follow the order of creation (PAGE-1 to PAGE-3).

A token names the last row that was shown. The next page begins behind it, whether that row is
still there or not, so rows that come and go meanwhile shift nothing.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from werkzeug.datastructures import MultiDict

from emulator.inventory_service.problem import INVALID_NEXT_TOKEN, INVALID_PARAMETER, Problem

DEFAULT_SIZE, LARGEST_SIZE = 50, 200
LIFETIME = 24 * 60 * 60  # seconds
INTEGER = re.compile(r"0*(\d*)", re.ASCII)
MOST_DIGITS = 9  # of a number that is worth comparing with the largest size


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where a page ended.

    Attributes:
        collection: The collection it is one of.
        position: The sequence number of the last row shown.
    """

    collection: str
    position: str


class NextTokens:
    """Issues and reads ``nextToken``, which is signed and URL-safe."""

    def __init__(self, secret: bytes) -> None:
        self._serializer = URLSafeSerializer(secret, salt="nextToken")

    def issue(self, bookmark: Bookmark, now: datetime) -> str:
        """Return the token of a bookmark; it is good for 24 hours."""
        content = [bookmark.collection, bookmark.position, int(now.timestamp())]
        return str(self._serializer.dumps(content))

    def read(self, token: str, collection: str, now: datetime) -> Bookmark:
        """Return the bookmark of a token.

        Raises:
            Problem: INVALID_NEXT_TOKEN, it was changed, is of another collection or too old.
        """
        try:
            content = self._serializer.loads(token)
            issued_for, position, issued_at = content
        except (BadData, ValueError) as error:
            raise _refusal("It is none of this server's.") from error
        if self._serializer.dumps(content) != token:
            raise _refusal("It is written otherwise than it was issued.")
        if issued_for != collection:
            raise _refusal("It belongs to another collection.")
        if now.timestamp() - issued_at > LIFETIME:
            raise _refusal("It is older than 24 hours.")
        return Bookmark(collection, position)


def _refusal(why: str) -> Problem:
    return INVALID_NEXT_TOKEN(f"The nextToken cannot be used. {why}")


def page_size(parameters: MultiDict[str, str]) -> int:
    """Return how many rows a page has: 50 unless ``pageSize`` says otherwise, 200 at most.

    Raises:
        Problem: INVALID_PARAMETER.
    """
    text = single(parameters, "pageSize")
    if text is None:
        return DEFAULT_SIZE
    found = INTEGER.fullmatch(text)
    if not text or not found:
        raise INVALID_PARAMETER("pageSize is not an integer of at least 0.")
    digits = found[1] or str(DEFAULT_SIZE)
    return LARGEST_SIZE if len(digits) > MOST_DIGITS else min(int(digits), LARGEST_SIZE)


def single(parameters: MultiDict[str, str], name: str) -> str | None:
    """Return the value of a parameter that may be given once, or None.

    Raises:
        Problem: INVALID_PARAMETER, it is given more than once.
    """
    values: list[Any] = parameters.getlist(name)
    if len(values) > 1:
        raise INVALID_PARAMETER(f"{name} is given more than once.")
    return values[0] if values else None
