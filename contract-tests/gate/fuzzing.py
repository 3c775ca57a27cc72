"""Run Schemathesis against a live server, as a process of its own, and read what it found."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from gate import alphabets
from gate.installations import Installation
from gate.profiles import Profile
from gate.servers import ROOT, Command, Process, Start, spawn

FOLDER = ROOT / "contract-tests"
CONFIGURATION = FOLDER / "schemathesis.toml"
TWO_KEYS = FOLDER / "schemathesis-two-keys.toml"
PEERS = ("fuzzed", "other")
"""The tenants whose keys must not see each other's things."""

_LOOK_SECONDS = 1.0
"""How often a run is looked after."""
_WITHOUT_REUSE = "\n[phases.fuzzing]\nextra-data-sources.responses = false\n"


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run of Schemathesis is to do."""

    name: str
    arguments: Sequence[str]
    document: str | None = None
    """The file to work on; by default the contract as the server publishes it."""
    configuration: Path = CONFIGURATION
    spoils: bool = False
    """Make every second valid case invalid (`gate.spoils`), and draw values anew each time.

    Where ids of earlier answers are all that there is to draw, Schemathesis stops after a dozen cases.
    """


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

    @property
    def links(self) -> tuple[int, int] | None:
        """Return how many links between operations were followed, and how many there are, in chains."""
        counted = re.search(r"API Links:\s+(\d+) covered / (\d+) selected", self.output)
        return (int(counted[1]), int(counted[2])) if counted else None

    def shortcomings(self) -> list[str]:
        """Return every reason why the run does not count as passed."""
        report = self.report
        found = [f"{fault['code']} {fault['title']}: {fault['operations']}" for fault in report["failures"]]
        found += [f"error: {error['title']} × {error['count']}" for error in report["errors"]]
        operations = report["operations"]
        if self.links is None and operations["selected"] != operations["tested"]:
            found.append(f"not every operation was tested: {operations}")
        found += [
            f"phase {name} ended as {phase['status']}"
            for name, phase in report["phases"].items()
            if phase["status"] not in ("success", "skip")
        ]
        if self.exit_code != 0 or not report["complete"]:
            found.append(f"exit code {self.exit_code}, {report['stop_reason']}")
        return found


@dataclass(frozen=True, slots=True)
class Fuzzer:
    """Schemathesis, set upon one installation."""

    installation: Installation
    reports: Path
    profile: Profile
    start: Start = spawn
    called_off: Event = field(default_factory=Event)
    """Once set, nobody waits for its runs any more: they end at once."""

    def run(self, plan: Plan) -> Run:
        """Carry a plan out; the report and the traffic stay in the folder of reports."""
        folder = self._fresh_folder(plan)
        traffic = folder / "traffic.jsonl" if self.profile.effort.keeps_traffic else None
        said = folder / "output.txt"
        with said.open("wb") as file:
            environ = self._environment(plan, traffic)
            process = self.start(self._command(plan, folder), environ, folder, file)
            exit_code = self._awaited(process)
        output = said.read_text(encoding="utf-8", errors="replace")
        try:
            report = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise AssertionError(f"Schemathesis did not run:\n{output[-6000:]}") from None
        return Run(plan.name, exit_code, output, report, traffic)

    def _awaited(self, process: Process) -> int:
        """Return the exit code of a run, which may not hang; raise subprocess.TimeoutExpired."""
        deadline = time.monotonic() + self.profile.effort.bound_seconds
        while True:
            try:
                return process.wait(timeout=_LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                if self.called_off.is_set() or time.monotonic() > deadline:
                    process.kill()
                    process.wait()
                    raise

    def _fresh_folder(self, plan: Plan) -> Path:
        folder = self.reports / plan.name.replace(" ", "-")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        configured = plan.configuration.read_text(encoding="utf-8") + _WITHOUT_REUSE * plan.spoils
        (folder / "schemathesis.toml").write_text(configured, encoding="utf-8")
        (folder / "keys.json").write_text(json.dumps(self._keys()), encoding="utf-8")
        return folder

    def _keys(self) -> dict[str, Any]:
        """Write the peers' keys down in the format of Web Fuzzing Commons (arXiv 2509.01612)."""
        tenants = self.installation.world.tenants
        headers = {
            name: [{"name": "Authorization", "value": f"Bearer {tenants[name].key}"}] for name in PEERS
        }
        return {"auth": [{"name": name, "fixedHeaders": fixed} for name, fixed in headers.items()]}

    def _command(self, plan: Plan, folder: Path) -> Command:
        return (
            str(Path(sys.executable).with_name("schemathesis")),
            *("--config-file", str(folder / "schemathesis.toml")),
            "run",
            plan.document or f"{self.installation.server.url}/openapi.json",
            *("--url", self.installation.server.url),
            *("--seed", str(self.profile.seed)),
            *("--report-json-path", str(folder / "run.json")),
            *("--report-junit-path", str(folder / "junit.xml")),
            "--no-color",
            *plan.arguments,
        )

    def _environment(self, plan: Plan, traffic: Path | None) -> dict[str, str]:
        ours = {
            "GATE_RUN": plan.name,
            "GATE_WORLD": str(self.installation.world_file),
            "GATE_URL": self.installation.server.url,
            "GATE_KEY": self.installation.world.fuzzed.key,
            "GATE_TRAFFIC": str(traffic or ""),
            "GATE_SPOILS": "1" if plan.spoils else "0",
            "SCHEMATHESIS_HOOKS": "gate.hooks",
            alphabets.FOLDER_VARIABLE: str(self.reports / "alphabets"),
            "PYTHONPATH": os.pathsep.join([str(FOLDER), str(ROOT)]),
        }
        return dict(os.environ) | ours
