"""Tables of figures and goals, as Markdown and as JSON values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

COLUMNS = ("measured", "median", "lowest to highest", "ratio", "goal", "met")
ALIGNED = ("---", "---:", "---:", "---:", "---", "---")
FORMATS = {
    "requests/s": "{:,.0f}",
    "ms": "{:,.1f}",
    "s": "{:,.2f}",
    "MB": "{:,.1f}",
    "bytes": "{:,.0f}",
}
"""The format of a figure, by unit; 1 MB is 1,000,000 bytes."""

NONE = ""


@dataclass(frozen=True)
class Goal:
    """The goal of a row.

    Attributes:
        of: Whether the goal is for the median of the figures or of the ratios.
        sense: Whether the limit is a minimum or a maximum.
        limit: The limit, in the unit of the row or as a ratio.
        text: The goal in the table.
    """

    of: Literal["figure", "ratio"]
    sense: Literal["at least", "at most"]
    limit: float
    text: str


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        name: The first cell of the row.
        unit: One of ``FORMATS``.
        figures: One for each round.
        ratios: One for each round, to the figure of the base in the same round.
        base: The name of the base.
        goal: The goal; None for none.
    """

    name: str
    unit: str
    figures: Sequence[float]
    ratios: Sequence[float] = ()
    base: str = ""
    goal: Goal | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without a goal."""
        if self.goal is None:
            return None
        reached = median(self.figures if self.goal.of == "figure" else self.ratios)
        at_least = self.goal.sense == "at least"
        return reached >= self.goal.limit if at_least else reached <= self.goal.limit


def divide(figures: Sequence[float], others: Sequence[float]) -> list[float]:
    """Return the ratio of each round; a disturbance of a whole round hardly changes a ratio."""
    return [figure / other for figure, other in zip(figures, others, strict=True)]


def render(title: str, rows: Sequence[Row]) -> str:
    """Return a title and a table in Markdown."""
    lines = [_join(COLUMNS), _join(ALIGNED), *(_join(_render_cells(row)) for row in rows)]
    return "\n".join([f"{title}:", "", *lines])


def _render_cells(row: Row) -> Iterator[str]:
    yield row.name
    yield f"{_write(row, median(row.figures))} {row.unit}"
    lowest, highest = min(row.figures), max(row.figures)
    several = len(row.figures) > 1
    yield f"{_write(row, lowest)} to {_write(row, highest)}" if several else NONE
    yield f"{median(row.ratios):.2f} x {row.base}" if row.ratios else NONE
    yield row.goal.text if row.goal else NONE
    yield NONE if row.met is None else "yes" if row.met else "no"


def _write(row: Row, figure: float) -> str:
    return FORMATS[row.unit].format(figure)


def _join(cells: Sequence[str] | Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def list_figures(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return rows as JSON values, with the figures of all rounds."""
    return [
        {
            "name": row.name,
            "unit": row.unit,
            "median": median(row.figures),
            "figures": list(row.figures),
            "ratio": median(row.ratios) if row.ratios else None,
            "ratios": list(row.ratios),
            "base": row.base,
            "goal": row.goal.text if row.goal else None,
            "met": row.met,
        }
        for row in rows
    ]
