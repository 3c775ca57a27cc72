"""Cells that no honest traffic of this gate can reach, each with the reason.

An entry that is reached after all is stale and fails the gate: the list only ever says what is true.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exempt:
    """Cells by patterns over operation and cell, and why nothing reaches them."""

    operations: str
    cells: str
    reason: str

    def covers(self, operation: str, cell: str) -> bool:
        """Tell whether a cell is meant."""
        return bool(re.fullmatch(self.operations, operation) and re.fullmatch(self.cells, cell))


EXEMPT = (
    Exempt(r".*", r"500 application/json", "A 500 is a fault of ours; tests/http raises one on purpose."),
)
