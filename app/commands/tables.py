"""Print rows as a table that people can read and `column`, `cut` and `awk` can take apart."""

from collections.abc import Iterable, Sequence

import click

GAP = "  "


def show(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table with its columns as wide as their longest cell."""
    lines = [tuple(heading), *(tuple(_cell(cell) for cell in row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo(GAP.join(cells).rstrip())


def _cell(value: object) -> str:
    return "-" if value is None or value == "" else str(value)
