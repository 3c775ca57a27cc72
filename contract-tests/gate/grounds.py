"""What a run of the gate stands on: what its databases begin with, how servers start, where reports go."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from gate.servers import Start, spawn


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground of one run, which is the ordinary one unless somebody lays another."""

    seeds: Path | None = None
    """A folder of files that another installation was seeded with: seeding takes seconds."""
    start: Start = spawn
    reports: Path = Path(__file__).parents[1] / "reports"


GROUND = pytest.StashKey[Ground]()
"""Where pytest's configuration keeps the ground that somebody laid."""


@pytest.fixture(scope="session")
def ground(pytestconfig: pytest.Config) -> Ground:
    """Say what this run stands on."""
    return pytestconfig.stash.get(GROUND, Ground())
