"""The order in which gates run, and the line that each of them prints at the end."""

from pathlib import Path

import pytest

from gate import profiles
from gate.figures import Figures

GATE = Path(__file__).parents[1]
LAST = ("test_referee.py", "test_cells.py", "test_server_log.py")
"""They judge what the others left behind."""

FIGURES = Figures()
PROFILE = profiles.from_environment()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the gates that look back after all others, and none beside other tests: they share one server."""
    for item in items:
        if GATE in item.path.parents:
            item.add_marker(pytest.mark.alone)
    items.sort(key=lambda item: LAST.index(item.path.name) if item.path.name in LAST else -1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print one line per gate."""
    if lines := FIGURES.written():
        terminalreporter.section(f"the gate, profile {PROFILE.name}, seed {PROFILE.seed}")
        for line in lines:
            terminalreporter.write_line(line)
