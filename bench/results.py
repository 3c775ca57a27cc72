"""What was measured, as JSON to compare with, and as a table to read.

Each line that was measured in full is kept at once and says when, so one may be measured again alone.
"""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.load.rounds import Figures

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Row:
    """One server's figures on one database."""

    database: str
    server: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Goal:
    """What a line is judged by: a figure, with its quartiles where rounds were compared, and its limit."""

    name: str
    value: float
    limit: float
    at_least: bool
    quartiles: tuple[float, float] | None = None

    @property
    def met(self) -> bool:
        """Tell whether the figure keeps to its limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        spread = f" ({self.quartiles[0]:.2f} to {self.quartiles[1]:.2f})" if self.quartiles else ""
        wanted = f"{'at least' if self.at_least else 'at most'} {self.limit:g}"
        return f"{self.name}: {self.value:.2f}{spread}, {wanted}: {'met' if self.met else 'MISSED'}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the result."""

    name: str
    title: str
    rows: Sequence[Row] = ()
    goals: Sequence[Goal] = ()
    taken_at: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    machine: str = field(default_factory=lambda: f"{os.cpu_count()} shared cores, {platform.machine()}")
    python: str = field(default_factory=platform.python_version)

    @property
    def taken_where(self) -> str:
        """Say when and on what it was measured."""
        return f"Measured at {self.taken_at} on {self.machine}, Python {self.python}."


@dataclass(frozen=True, slots=True)
class Report:
    """The latest of each line."""

    lines: Sequence[Line]


def text_of(line: Line) -> str:
    """Write a line as a Markdown section."""
    parts = [f"## {line.title}", ""]
    if line.rows:
        parts += [*_table(line.rows), ""]
    parts += [f"- {goal}" for goal in line.goals]
    return "\n".join(parts) + "\n"


def _table(rows: Iterable[Row]) -> list[str]:
    head = ("database", "server", "requests/s", "p50 ms", "p99 ms", "longest ms", "CPU µs")
    table = [f"| {' | '.join(head)} |", "|---|---|" + "---:|" * (len(head) - 2)]
    for row in rows:
        of = row.figures
        numbers = (
            f"{of.per_second:,.0f}",
            f"{of.p50_ms:.2f}",
            f"{of.p99_ms:.2f}",
            f"{of.longest_ms:.0f}",
            f"{of.cpu_us:,.0f}" if of.cpu_us else "–",
        )
        table.append(f"| {row.database} | {row.server} | {' | '.join(numbers)} |")
    return table


def text(report: Report) -> str:
    """Write a report as Markdown."""
    about = (
        "# Benchmark results\n\nWritten by `python -m bench`. Figures are medians of interleaved rounds. "
        "Ratios are medians of comparisons round by round, with their quartiles.\n"
    )
    lines = (f"{text_of(line)}\n{line.taken_where}\n" for line in report.lines)
    return "\n".join([about, *lines])


def keep(line: Line, *, order: Sequence[str], folder: Path = FOLDER) -> Report:
    """Put a line in the place of its last measuring, in the order of all lines' names; return the report."""
    known = load(folder).lines if (folder / "results.json").exists() else ()
    latest = {each.name: each for each in (*known, line)}
    report = Report([latest[name] for name in order if name in latest])
    save(report, folder=folder)
    return report


def save(report: Report, *, folder: Path = FOLDER) -> None:
    """Keep a report as results.json and README.md."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(asdict(report), indent=1) + "\n")
    (folder / "README.md").write_text(text(report))


def load(folder: Path = FOLDER) -> Report:
    """Read the report that was kept."""
    kept: dict[str, Any] = json.loads((folder / "results.json").read_text())
    return Report([_line(each) for each in kept["lines"]])


def _line(kept: dict[str, Any]) -> Line:
    rows = [Row(**row | {"figures": Figures(**row["figures"])}) for row in kept["rows"]]
    goals = [Goal(**goal | {"quartiles": tuple(goal["quartiles"] or ()) or None}) for goal in kept["goals"]]
    return Line(**kept | {"rows": rows, "goals": goals})
