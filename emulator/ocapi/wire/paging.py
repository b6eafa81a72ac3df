"""The pages of collections: ``start``, ``count`` and the links to other pages (PAG-1, ENV-2)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from emulator.ocapi.schema import faults

INTEGER_TEXT = re.compile(r"[+-]?\d{1,10}", re.ASCII)
MAX_INTEGER = 2**31 - 1  # the documentation types both parameters as a 32-bit Integer


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a collection: ``count`` items or fewer from index ``start``."""

    start: int
    count: int

    def next(self, total: int) -> "Page | None":
        """Return the next page; None after the last page."""
        beyond = self.start + self.count
        return Page(beyond, self.count) if self.count and beyond < total else None

    def previous(self, total: int) -> "Page | None":
        """Return the previous page, from past the end the last page; None at the start."""
        if not (self.count and self.start and total):
            return None
        return Page(max(0, min(self.start, total) - self.count), self.count)


def parse(
    parameters: Mapping[str, str],
    default_count: int,
    min_count: int = 0,
    max_count: int | None = None,
) -> Page:
    """Return the page of the parameters ``start``, by default 0, and ``count``.

    Raises:
        Fault: MALFORMED_PARAMETER: not an integer. VALUE_CONSTRAINT_VIOLATION: ``start`` is below
            0, or ``count`` is out of bounds.
    """
    return Page(
        read_integer(parameters, "start", 0),
        read_integer(parameters, "count", default_count, min_count, max_count),
    )


def read_integer(
    parameters: Mapping[str, str],
    name: str,
    default: int,
    minimum: int = 0,
    maximum: int | None = None,
) -> int:
    """Return the value of a parameter with an integer; ``maximum`` is None for no upper bound.

    Raises:
        Fault: MALFORMED_PARAMETER: not an integer. VALUE_CONSTRAINT_VIOLATION: out of bounds.
    """
    text = parameters.get(name)
    if text is None:
        return default
    if not INTEGER_TEXT.fullmatch(text) or abs(int(text)) > MAX_INTEGER:
        raise faults.MALFORMED_PARAMETER(name, text)
    number = int(text)
    if number < minimum or (maximum is not None and number > maximum):
        bounds = f">= {minimum}" if maximum is None else f"from {minimum} to {maximum}"
        raise faults.VALUE_CONSTRAINT_VIOLATION(name, f"a number {bounds}")
    return number


def links(page: Page, total: int, url: str, query: str) -> Iterator[tuple[str, str]]:
    """Yield ``next`` and ``previous`` with the URLs of existing pages.

    Args:
        page: The page of the answer.
        total: The size of the collection.
        url: The collection's URL without a query.
        query: The query of the request; the URLs have other values of ``start`` and ``count``.
    """
    pages = {"next": page.next(total), "previous": page.previous(total)}
    for name, neighbour in pages.items():
        if neighbour is not None:
            yield name, f"{url}?{_replace(query, neighbour)}"


def _replace(query: str, page: Page) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if name not in ("start", "count")]
    return urlencode([*kept, ("start", page.start), ("count", page.count)], safe="()*,.:-")


def result_pages(page: Page, total: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the names and documents of next and previous page of a search (SRC-3)."""
    pages = {"next": page.next(total), "previous": page.previous(total)}
    for name, neighbour in pages.items():
        if neighbour is not None:
            yield (
                name,
                {
                    "_type": "result_page",
                    "count": neighbour.count,
                    "start": neighbour.start,
                },
            )
