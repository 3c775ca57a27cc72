"""All trials of mutants, held in a process of its own that can fork, and what came of each."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gate.servers import ROOT

BOUND_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Trial:
    """What a gate said of a server with one defect, or of the server as it is."""

    name: str
    gate: str
    outcome: str
    reason: str
    seconds: float
    area: str | None = None
    """None of the server as it is."""
    defect: str = ""

    @property
    def plan(self) -> str:
        """Return what was run, whatever had to speak."""
        return self.gate.rpartition(": ")[0] or self.gate

    def __str__(self) -> str:
        return f"{self.name} ({self.gate} {self.outcome}): {self.defect or self.reason}"


def hold_all(folder: Path, *, seeds: Path) -> Sequence[Trial]:
    """Have every mutant judged by the gate that should notice it, and the server as it is by all of them."""
    folder.mkdir(exist_ok=True)
    judged = subprocess.run(
        [sys.executable, "-m", "gate.mutants", str(folder), "--seeds", str(seeds)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'contract-tests'}"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=BOUND_SECONDS,
        check=False,
    )
    assert judged.returncode == 0, judged.stderr[-4000:]
    return [Trial(**each) for each in json.loads((folder / "mutants.json").read_text(encoding="utf-8"))]
