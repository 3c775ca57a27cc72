"""What was measured, as JSON to compare with, and as a table to read."""

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


@dataclass(frozen=True, slots=True)
class Report:
    """All lines of one run."""

    profile: str
    lines: Sequence[Line]
    taken_at: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    machine: str = field(default_factory=lambda: f"{os.cpu_count()} shared cores, {platform.machine()}")
    python: str = field(default_factory=platform.python_version)


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
        "# Benchmark results\n\n"
        f"Written by `python -m bench` ({report.profile} profile) at {report.taken_at} on {report.machine}, "
        f"Python {report.python}. Figures are medians of interleaved rounds. Ratios are medians of "
        "comparisons round by round, with their quartiles.\n"
    )
    return "\n".join([about, *(text_of(line) for line in report.lines)])


def save(report: Report, *, folder: Path = FOLDER) -> None:
    """Keep a report as results.json and README.md."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(asdict(report), indent=1) + "\n")
    (folder / "README.md").write_text(text(report))


def load(folder: Path = FOLDER) -> Report:
    """Read the report that was kept."""
    kept: dict[str, Any] = json.loads((folder / "results.json").read_text())
    return Report(**kept | {"lines": [_line(each) for each in kept["lines"]]})


def _line(kept: dict[str, Any]) -> Line:
    rows = [Row(**row | {"figures": Figures(**row["figures"])}) for row in kept["rows"]]
    goals = [Goal(**goal | {"quartiles": tuple(goal["quartiles"] or ()) or None}) for goal in kept["goals"]]
    return Line(**kept | {"rows": rows, "goals": goals})
