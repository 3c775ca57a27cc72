"""The order in which gates run, and the line that each of them prints at the end."""

from pathlib import Path

import pytest

from gate import profiles
from gate.campaign import waits
from gate.figures import Figures

GATE = Path(__file__).parents[1]
LAST = ("test_referee.py", "test_cells.py", "test_server_log.py")
"""They judge what the others left behind."""

FIGURES = Figures()
PROFILE = profiles.from_environment()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the gates after other tests, none beside them, and those that look back at the end."""
    for item in items:
        if GATE in item.path.parents:
            item.add_marker(pytest.mark.alone)
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, int]:
    """Say when a test has its turn: what goes on beside the gates would spoil the load tests."""
    name, is_gate = item.path.name, GATE in item.path.parents
    return is_gate, LAST.index(name) + 2 if name in LAST else waits(item)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print one line per gate."""
    if lines := FIGURES.written():
        minutes, seconds = divmod(round(FIGURES.seconds), 60)
        told = f"the gate, profile {PROFILE.name}, seed {PROFILE.seed}, {minutes} min {seconds} s"
        terminalreporter.section(told)
        for line in lines:
            terminalreporter.write_line(line)
