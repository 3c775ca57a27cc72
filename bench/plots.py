"""Results as pictures: a bar for each server, a group of bars for each database, as plain SVG."""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from bench.load.rounds import Figures
from bench.results import Line, Report, Row

WIDTH, LABELS, NUMBERS = 800, 270, 90
BAR, GAP, GROUP, TOP = 18, 6, 34, 40
OURS, THEIRS = "#1f6feb", "#a9b4c0"

_Measure = Callable[[Figures], float]

_PICTURES: Sequence[tuple[str, str, _Measure]] = (
    ("rate", "requests a second", lambda of: of.per_second),
    ("p99", "p99 in milliseconds", lambda of: of.p99_ms),
)


def save(report: Report, *, folder: Path) -> list[str]:
    """Draw every line that has rows; return the names of the files."""
    drawn: list[str] = []
    for line in report.lines:
        for suffix, unit, measure in _PICTURES:
            if any(measure(row.figures) for row in line.rows):
                drawn.append(f"{line.name}-{suffix}.svg")
                (folder / drawn[-1]).write_text(picture(line, unit, measure))
    return drawn


def picture(line: Line, unit: str, measure: _Measure) -> str:
    """Draw one figure of a line's rows."""
    most = max(measure(row.figures) for row in line.rows)
    parts, y = [_text(10, 22, f"{line.title}: {unit}", bold=True)], TOP
    for database, rows in groupby(line.rows, key=lambda row: row.database):
        parts.append(_text(10, y + 14, database, bold=True))
        y += GROUP - GAP
        for row in rows:
            parts += _bar(row, measure(row.figures), most=most, y=y)
            y += BAR + GAP
    return _svg(parts, height=y + GAP)


def _bar(row: Row, value: float, *, most: float, y: int) -> Iterable[str]:
    length = max(1, round((WIDTH - LABELS - NUMBERS) * value / most))
    colour = OURS if row.server == "Park Graph" else THEIRS
    yield _text(10, y + 13, row.server)
    yield f'<rect x="{LABELS}" y="{y}" width="{length}" height="{BAR}" fill="{colour}"/>'
    yield _text(LABELS + length + 6, y + 13, f"{value:,.0f}" if value >= 100 else f"{value:,.1f}")


def _text(x: int, y: int, words: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}"{weight}>{escape(words)}</text>'


def _svg(parts: Iterable[str], *, height: int) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family="sans-serif" font-size="12">'
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"
