"""One line per gate with what it found, printed at the end of the run."""

import time
from dataclasses import dataclass, field


@dataclass
class Figures:
    """What the gates have to say, in the order in which they ran."""

    began: float | None = None
    """When the first of them did."""
    lines: dict[str, str] = field(default_factory=dict)
    tables: dict[str, list[str]] = field(default_factory=dict)

    def begin(self) -> None:
        """Look at the clock."""
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Return how long all of them have taken."""
        return 0.0 if self.began is None else time.monotonic() - self.began

    def say(self, gate: str, figure: str, *, table: list[str] | None = None) -> None:
        """Keep the line of one gate, and the table under it."""
        self.lines[gate] = figure
        self.tables[gate] = table or []

    def written(self) -> list[str]:
        """Give everything as lines of text."""
        width = max(map(len, self.lines), default=0)
        return [
            text
            for gate, figure in self.lines.items()
            for text in (f"{gate:<{width}}  {figure}", *(f"    {row}" for row in self.tables[gate]))
        ]
