"""Listings: pages of a collection, the search in a collection, and the columns of a listing."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import orjson

from emulator.store import Record, Store

PAGE_SIZES = (25, 50, 100)
MAX_COLUMNS = 4
MAX_CELL_CHARACTERS = 80
SEARCH_SECONDS = 0.7
SEARCHED_RECORDS = 500
"""The records that a search reads in one step."""
COLUMN_NAMES = (
    *("name", "display_name", "title", "subject", "description", "first_name", "last_name"),
    *("email", "status", "enabled", "online", "active", "type", "value_type", "amount"),
    *("ats", "allocation", "currency", "total", "order_total", "city", "country_code"),
    *("start_date", "end_date", "creation_date", "last_modified"),
)
"""The properties that tell most about a document, in the order of the columns."""


@dataclass(frozen=True)
class Listing:
    """A page of a collection, or of the found records.

    Attributes:
        records: The records of the page.
        start: The index of the first record.
        count: The size of a page.
        total: The number of all records, or of the found records; None if there may be more.
        searched: The number of records that the search has read; None without a search.
        size: The number of records in the collection.
    """

    records: Sequence[Record]
    start: int
    count: int
    total: int | None
    searched: int | None
    size: int

    @property
    def has_next(self) -> bool:
        """Whether there is a next page."""
        return self.total is None or self.start + self.count < self.total


def list_page(store: Store, collection: str, start: int, count: int) -> Listing:
    """Return a page of a collection; no other records are read."""
    records, total = store.scan(collection, start, count)
    return Listing(records, start, count, total, None, total)


def search(store: Store, collection: str, text: str, start: int, count: int) -> Listing:
    """Return a page of the records with a text in the id or in the document, in any case.

    The search ends with the page, or after ``SEARCH_SECONDS``.
    """
    until = monotonic() + SEARCH_SECONDS
    found: list[Record] = []
    wanted = text.casefold()
    searched, size = 0, 1
    while searched < size and len(found) <= start + count and monotonic() < until:
        records, size = store.scan(collection, searched, SEARCHED_RECORDS)
        found += [record for record in records if _has_text(record, wanted)]
        searched += len(records) or size
    searched = min(searched, size)
    total = len(found) if searched == size else None
    return Listing(found[start : start + count], start, count, total, searched, size)


def _has_text(record: Record, wanted: str) -> bool:
    if wanted in "/".join(record.key).casefold():
        return True
    return wanted in orjson.dumps(record.properties, default=dict).decode().casefold()


def choose_columns(records: Iterable[Record], left_out: Iterable[str]) -> list[str]:
    """Return the properties to show in a listing, by ``COLUMN_NAMES`` and by frequency.

    Args:
        records: The records of the page.
        left_out: The properties that the listing shows already, such as ids.
    """
    counts: Counter[str] = Counter()
    for record in records:
        names = record.properties.items()
        counts.update(name for name, value in names if show_cell(value) and name in COLUMN_NAMES)
    for name in left_out:
        counts.pop(name, None)
    chosen = [name for name, _ in counts.most_common(MAX_COLUMNS)]
    return sorted(chosen, key=COLUMN_NAMES.index)


def show_cell(value: Any) -> str:
    """Return a value as a short text; empty for other values, such as objects."""
    match value:
        case bool():
            text = "yes" if value else "no"
        case str() | int() | float():
            text = str(value)
        case Mapping():
            text = show_cell(value.get("default") or value.get("amount"))
        case _:
            return ""
    cut = len(text) > MAX_CELL_CHARACTERS
    return f"{text[: MAX_CELL_CHARACTERS - 1]}…" if cut else text
