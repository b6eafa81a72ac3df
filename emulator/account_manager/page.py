"""Pages of lists: ``page`` and ``size`` (ACC-1)."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.account_manager.context import Answer, Context
from emulator.account_manager.error import invalid
from emulator.store import Record

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 20, 4000
DEFAULT_ORGANIZATION_PAGE_SIZE, MAX_ORGANIZATION_PAGE_SIZE = 25, 5000
MAX_PAGE_NUMBER = 999_999_999
PAGE_PARAMETER = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True)
class Page:
    """The bounds of a page.

    Attributes:
        number: The number of the page, beginning with 0.
        size: The number of entries of a page.
    """

    number: int
    size: int

    @property
    def start(self) -> int:
        """The index of the first entry."""
        return self.number * self.size

    def answer(self, documents: Iterable[Mapping[str, Any]], total: int) -> Answer:
        """Return the answer with the documents of the page, and the number of all documents."""
        page = {
            "size": self.size,
            "totalElements": total,
            "totalPages": -(-total // self.size),
            "number": self.number,
        }
        return Answer(200, {"content": list(documents), "page": page})


def read_page(
    context: Context, default_size: int = DEFAULT_PAGE_SIZE, max_size: int = MAX_PAGE_SIZE
) -> Page:
    """Return the requested page.

    Raises:
        AccountError: A parameter is not a number or out of bounds.
    """
    number = _read_number(context, "page", 0, 0, MAX_PAGE_NUMBER)
    return Page(number, _read_number(context, "size", default_size, 1, max_size))


def answer_page(
    context: Context, page: Page, collection: str, show: Callable[[Record], Mapping[str, Any]]
) -> Answer:
    """Return the answer with a page of a collection.

    Args:
        context: The request.
        page: The page.
        collection: The collection.
        show: Returns the document of a record.
    """
    records, total = context.store.scan(collection, page.start, page.size)
    return page.answer(map(show, records), total)


def _read_number(context: Context, name: str, default: int, least: int, most: int) -> int:
    given = context.parameter(name, str(default))
    if PAGE_PARAMETER.fullmatch(given) is None or not least <= int(given) <= most:
        reason = f"must be a number from {least} to {most}"
        raise invalid("Pageable", {name: [reason]}, {name: given[:100]})
    return int(given)


def scan_all(context: Context, collection: str) -> Iterable[Record]:
    """Return all records of a collection."""
    return context.store.scan(collection, 0, context.store.count(collection)).records


def answer_list(documents: Iterable[Mapping[str, Any]]) -> Answer:
    """Return the answer with documents, without pages."""
    return Answer(200, {"content": list(documents)})
