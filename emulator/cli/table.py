"""Tables on standard output."""

from collections.abc import Iterable, Sequence

import click

GAP = "  "


def print_table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a heading and rows in columns."""
    lines = [heading, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (f"{cell:{width}}" for cell, width in zip(line, widths, strict=True))
        click.echo(GAP.join(cells).rstrip())
