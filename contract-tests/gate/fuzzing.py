"""Run Schemathesis against a live server, as a process of its own, and read what it found."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.profiles import Profile
from gate.servers import ROOT, Server
from gate.world import World

FOLDER = ROOT / "contract-tests"
CONFIGURATION = FOLDER / "schemathesis.toml"


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of Schemathesis found."""

    name: str
    exit_code: int
    output: str
    report: Mapping[str, Any]
    """Its run.json."""
    traffic: Path | None

    @property
    def cases(self) -> int:
        """Return how many cases were sent."""
        return int(self.report["test_cases"]["generated"])

    @property
    def seconds(self) -> float:
        """Return how long it took."""
        return float(self.report["running_time"])

    def accepted(self) -> Mapping[str, int]:
        """Count the valid cases that the server carried out, by the label of the operation."""
        return {
            label: sum(phase["accepted"] for phase in phases.values())
            for label, phases in self.report["valid_rates"].items()
        }

    def shortcomings(self) -> list[str]:
        """Return every reason why the run does not count as passed."""
        report = self.report
        found = [f"{fault['code']} {fault['title']}: {fault['operations']}" for fault in report["failures"]]
        found += [f"error: {error['title']} × {error['count']}" for error in report["errors"]]
        operations = report["operations"]
        if not operations["total"] == operations["selected"] == operations["tested"]:
            found.append(f"not every operation was tested: {operations}")
        found += [
            f"phase {name} ended as {phase['status']}"
            for name, phase in report["phases"].items()
            if phase["status"] not in ("success", "skip")
        ]
        if self.exit_code != 0 or not report["complete"]:
            found.append(f"exit code {self.exit_code}, {report['stop_reason']}")
        return found


def run(
    name: str,
    *,
    server: Server,
    world: Path,
    reports: Path,
    profile: Profile,
    arguments: Sequence[str],
    document: Path | None = None,
    within_seconds: int,
) -> Run:
    """Run Schemathesis over a document, by default the one that the server publishes.

    `within_seconds` bounds the whole run; the report and the traffic stay in `reports`.
    """
    folder = reports / name
    folder.mkdir(parents=True, exist_ok=True)
    traffic = folder / "traffic.jsonl" if profile.effort.keeps_traffic else None
    for old in folder.iterdir():
        old.unlink()
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(CONFIGURATION)),
        "run",
        str(document or f"{server.url}/openapi.json"),
        *("--url", server.url),
        *("--seed", str(profile.seed)),
        *("--report-json-path", str(folder / "run.json")),
        *("--report-junit-path", str(folder / "junit.xml")),
        "--no-color",
        *arguments,
    ]
    finished = subprocess.run(
        command,
        env=_environment(server, world, traffic),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=within_seconds,
        check=False,
    )
    output = finished.stdout + finished.stderr
    (folder / "output.txt").write_text(output, encoding="utf-8")
    try:
        report = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AssertionError(f"Schemathesis did not run:\n{output[-6000:]}") from None
    return Run(name, finished.returncode, output, report, traffic)


def _environment(server: Server, world: Path, traffic: Path | None) -> dict[str, str]:
    ours = {
        "GATE_WORLD": str(world),
        "GATE_URL": server.url,
        "GATE_KEY": World.read(world).fuzzed.key,
        "GATE_TRAFFIC": str(traffic or ""),
        "SCHEMATHESIS_HOOKS": "gate.hooks",
        "PYTHONPATH": os.pathsep.join([str(FOLDER), str(ROOT)]),
    }
    return dict(os.environ) | ours
