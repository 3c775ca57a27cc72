"""Run Schemathesis against a live server, as a process of its own, and read what it found."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.contract.document import Contract
from gate import focus
from gate.installations import Installation
from gate.profiles import Profile
from gate.servers import ROOT

FOLDER = ROOT / "contract-tests"
CONFIGURATION = FOLDER / "schemathesis.toml"

_PHASES = ("--phases", "examples,coverage,fuzzing")


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


def run_all(
    installation: Installation, *, contract: Contract, reports: Path, profile: Profile
) -> Mapping[str, Run]:
    """Fuzz: phase after phase, then chains of operations, then each action of the dispatchers by itself."""
    actions = reports / "actions.json"
    actions.write_text(json.dumps(focus.document(contract)), encoding="utf-8")
    effort, published = profile.effort, f"{installation.server.url}/openapi.json"
    plans = {
        "fuzzing": (published, [*_PHASES, "-n", str(effort.examples)]),
        "chains": (published, ["--phases", "stateful", "--max-time", str(effort.stateful_seconds)]),
        "actions": (str(actions), [*_PHASES, "-n", str(effort.focus_examples)]),
    }
    return {
        name: run(
            name,
            installation=installation,
            reports=reports,
            profile=profile,
            document=document,
            arguments=arguments,
        )
        for name, (document, arguments) in plans.items()
    }


def run_briefly(installation: Installation, *, reports: Path, profile: Profile) -> Run:
    """Fuzz another installation, with a few examples per operation: the same contract on other ground."""
    return run(
        "postgresql",
        installation=installation,
        reports=reports,
        profile=profile,
        document=f"{installation.server.url}/openapi.json",
        arguments=["--phases", "examples,fuzzing", "-n", str(profile.effort.brief_examples)],
    )


def run(
    name: str,
    *,
    installation: Installation,
    reports: Path,
    profile: Profile,
    document: str,
    arguments: Sequence[str],
) -> Run:
    """Run Schemathesis over a document; the report and the traffic stay in `reports`."""
    folder = reports / name
    folder.mkdir(parents=True, exist_ok=True)
    traffic = folder / "traffic.jsonl" if profile.effort.keeps_traffic else None
    for old in folder.iterdir():
        old.unlink()
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(CONFIGURATION)),
        "run",
        document,
        *("--url", installation.server.url),
        *("--seed", str(profile.seed)),
        *("--report-json-path", str(folder / "run.json")),
        *("--report-junit-path", str(folder / "junit.xml")),
        "--no-color",
        *arguments,
    ]
    finished = subprocess.run(
        command,
        env=_environment(installation, traffic),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=profile.effort.bound_seconds,
        check=False,
    )
    output = finished.stdout + finished.stderr
    (folder / "output.txt").write_text(output, encoding="utf-8")
    try:
        report = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AssertionError(f"Schemathesis did not run:\n{output[-6000:]}") from None
    return Run(name, finished.returncode, output, report, traffic)


def _environment(installation: Installation, traffic: Path | None) -> dict[str, str]:
    ours = {
        "GATE_WORLD": str(installation.world_file),
        "GATE_URL": installation.server.url,
        "GATE_KEY": installation.world.fuzzed.key,
        "GATE_TRAFFIC": str(traffic or ""),
        "SCHEMATHESIS_HOOKS": "gate.hooks",
        "PYTHONPATH": os.pathsep.join([str(FOLDER), str(ROOT)]),
    }
    return dict(os.environ) | ours
