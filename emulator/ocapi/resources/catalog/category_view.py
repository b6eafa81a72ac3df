"""The shown properties of a category, with the categories below (CAT-4)."""

from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.catalog.category_tree import (
    PARENT_ID,
    count_children,
    find_parent,
    find_root,
    list_children,
    walk_up,
)
from emulator.ocapi.resources.catalog.names import CATALOGS_NAME, CATEGORIES_NAME
from emulator.ocapi.schema.faults import QUOTA_EXCEEDED
from emulator.ocapi.schema.fields import Integer
from emulator.ocapi.wire.paging import read_integer
from emulator.store import Record

LEVELS_NAME = "levels"
LEVELS_PARAMETER = {LEVELS_NAME: Integer(minimum=0)}
DEFAULT_LEVELS = 1
MAX_LEVELS = 50
MAX_NESTED_CATEGORIES = 10_000  # of an answer


def show_category(call: Call, category: Record) -> dict[str, Any]:
    """Return link and parent of a category."""
    link = call.link_to(CATALOGS_NAME, category.key[0], CATEGORIES_NAME, category.key[1])
    return {"link": link, PARENT_ID: find_parent(category, find_root(call.store, category.key[0]))}


def list_path(call: Call, category: Record) -> list[dict[str, Any]]:
    """Return id and name of each category from the root category to a category."""
    root = find_root(call.store, category.key[0])
    path = [
        {"id": one.key[-1], **({"name": one.get("name")} if one.get("name") else {})}
        for one in walk_up(call.store, category, root)
    ]
    return path[::-1]


class Nesting:
    """The categories below other categories, in one answer.

    Args:
        call: The call; the parameter ``levels`` has the number of levels.

    Raises:
        Fault: MALFORMED_PARAMETER, VALUE_CONSTRAINT_VIOLATION.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._left = MAX_NESTED_CATEGORIES
        self.levels = read_integer(call.request.parameters, LEVELS_NAME, DEFAULT_LEVELS)

    def nest(self, category: Record, levels: int | None = None) -> list[dict[str, Any]]:
        """Return the categories below a category, each with the categories below.

        Raises:
            Fault: QUOTA_EXCEEDED: there are too many categories or levels.
        """
        levels = self.levels if levels is None else levels
        root = find_root(self._call.store, category.key[0])
        count = count_children(self._call.store, category.key, root) if levels else 0
        self._left -= count
        if self._left < 0 or (count and self.levels - levels >= MAX_LEVELS):
            bounds = f"{MAX_NESTED_CATEGORIES} categories and {MAX_LEVELS} levels"
            raise QUOTA_EXCEEDED(f"an answer shows at most {bounds} below a category")
        children = list_children(self._call.store, category.key, root) if count else ()
        return [self._show(child, levels - 1) for child in children]

    def _show(self, category: Record, levels: int) -> dict[str, Any]:
        # Recorded test data of clients shows these categories without a state (ENV-9).
        shown = {**category.properties, **show_category(self._call, category)}
        below = self.nest(category, levels)
        return shown | ({"categories": below} if below else {})
