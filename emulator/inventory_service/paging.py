"""Pages in the order of creation (PAGE-1 to PAGE-3).

A page token names the last row of the page before. The next page begins behind this row, even if
the row was deleted, so that inserts and deletes between two pages shift nothing.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from itsdangerous import BadData, URLSafeSerializer
from werkzeug.datastructures import MultiDict

from emulator.inventory_service.problem import INVALID_NEXT_TOKEN, INVALID_PARAMETER, Problem

DEFAULT_PAGE_ROWS, MAX_PAGE_ROWS = 50, 200
TOKEN_LIFETIME_SECONDS = 24 * 60 * 60
MAX_PARAMETERS = 100  # of a query
UNSIGNED_INTEGER = re.compile(r"0*(\d*)", re.ASCII)
MAX_DIGITS = 9  # a longer number is larger than MAX_PAGE_ROWS in any case


@dataclass(frozen=True, slots=True)
class Bookmark:
    """The end of a page.

    Attributes:
        collection: The collection of the page, with its workspace.
        position: The sequence number of the last row.
    """

    collection: str
    position: str


class NextTokens:
    """Issues and verifies values of ``nextToken``, signed and URL-safe."""

    def __init__(self, secret: bytes) -> None:
        self._serializer = URLSafeSerializer(secret, salt="nextToken")

    def issue(self, bookmark: Bookmark, now: datetime) -> str:
        """Return the token of a bookmark, valid for 24 hours."""
        content = [bookmark.collection, bookmark.position, int(now.timestamp())]
        return str(self._serializer.dumps(content))

    def read(self, token: str, collection: str, now: datetime) -> Bookmark:
        """Return the bookmark of a token.

        Raises:
            Problem: INVALID_NEXT_TOKEN: the token was changed, is of another collection, or is
                older than 24 hours.
        """
        try:
            content = self._serializer.loads(token)
            issued_for, position, issued_at = content
        except (BadData, ValueError) as error:
            raise _refusal("This server did not issue the token.") from error
        if self._serializer.dumps(content) != token:
            raise _refusal("This server did not issue the token in this form.")
        if issued_for != collection:
            raise _refusal("The token belongs to another collection.")
        if now.timestamp() - issued_at > TOKEN_LIFETIME_SECONDS:
            raise _refusal("The token is older than 24 hours.")
        return Bookmark(collection, position)


def _refusal(why: str) -> Problem:
    return INVALID_NEXT_TOKEN(f"The nextToken cannot be used. {why}")


def read_parameters(query: bytes) -> MultiDict[str, str]:
    """Return the parameters of a query string.

    Raises:
        Problem: INVALID_PARAMETER: the query has too many parameters, or is not UTF-8.
    """
    try:
        pairs = parse_qsl(
            query.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except UnicodeDecodeError as error:
        raise INVALID_PARAMETER("The query string isn't UTF-8.") from error
    except ValueError as error:
        raise INVALID_PARAMETER(f"The query has more than {MAX_PARAMETERS} parameters.") from error
    return MultiDict(pairs)


def page_size(parameters: MultiDict[str, str]) -> int:
    """Return the number of rows of a page: 50 by default, at most 200.

    Raises:
        Problem: INVALID_PARAMETER.
    """
    text = single(parameters, "pageSize")
    if text is None:
        return DEFAULT_PAGE_ROWS
    found = UNSIGNED_INTEGER.fullmatch(text)
    if not text or not found:
        raise INVALID_PARAMETER("pageSize is not an integer of at least 0.")
    digits = found[1] or str(DEFAULT_PAGE_ROWS)
    return MAX_PAGE_ROWS if len(digits) > MAX_DIGITS else min(int(digits), MAX_PAGE_ROWS)


def single(parameters: MultiDict[str, str], name: str) -> str | None:
    """Return the only value of a parameter, or None.

    Raises:
        Problem: INVALID_PARAMETER: the parameter has several values.
    """
    values: list[Any] = parameters.getlist(name)
    if len(values) > 1:
        raise INVALID_PARAMETER(f"{name} is given more than once.")
    return values[0] if values else None
