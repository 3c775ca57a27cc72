"""Run Schemathesis against a live server, as a process of its own, and read what it found."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from app.contract.document import Contract, Operation
from gate import focus
from gate.installations import Installation
from gate.profiles import Profile
from gate.servers import ROOT

FOLDER = ROOT / "contract-tests"
CONFIGURATION = FOLDER / "schemathesis.toml"

_WITHOUT_REUSE = "\n[phases.fuzzing]\nextra-data-sources.responses = false\n"
_FEW = 6
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


def run_all(
    installation: Installation, *, contract: Contract, reports: Path, profile: Profile
) -> Mapping[str, Run]:
    """Fuzz phase after phase, then chains of operations; beside that each action and what has few fields.

    Schemathesis begins a chain only where it believes that random data succeeds, and that is at the keys;
    left to itself it would never start a session. So the chains of keys are a run of their own.
    """
    actions = reports / "actions.json"
    actions.write_text(json.dumps(focus.document(contract)), encoding="utf-8")
    effort, published = profile.effort, f"{installation.server.url}/openapi.json"
    start = partial(run, installation=installation, reports=reports, profile=profile)
    chains = ["--phases", "stateful", "--max-time"]

    def few_and_single() -> list[Run]:
        few = [f"--include-operation-id={name}" for name in _with_few_fields(contract)]
        return [
            start("actions", str(actions), ["--phases", "fuzzing", "-n", str(effort.focus_examples)]),
            start("few fields", published, ["--phases", "fuzzing", "-n", str(effort.few), *few], spoils=True),
        ]

    with ThreadPoolExecutor() as lanes:
        beside = lanes.submit(few_and_single)
        runs = [
            start("fuzzing", published, [*_PHASES, "-n", str(effort.examples)]),
            start("chains", published, [*chains, str(effort.chain_seconds), "--exclude-tag", "keys"]),
            start(
                "chains of keys", published, [*chains, str(effort.key_chain_seconds), "--include-tag", "keys"]
            ),
        ]
        return {each.name: each for each in (*runs, *beside.result())}


def _with_few_fields(contract: Contract) -> list[str]:
    """Name the operations that leave the fuzzer little to vary."""
    counted = {operation.id: _fields(contract, operation) for operation in contract.operations.values()}
    return [name for name, count in counted.items() if 0 < count <= _FEW]


def _fields(contract: Contract, operation: Operation) -> int:
    pointer = operation.body_schema_pointer
    body = contract.at(pointer) if pointer else {}
    variants = len(body.get("oneOf", ())) * _FEW
    return len(operation.parameters) + len(body.get("properties", ())) + variants


def run_briefly(installation: Installation, *, reports: Path, profile: Profile) -> Run:
    """Fuzz another installation, with a few examples per operation: the same contract on other ground."""
    return run(
        "postgresql",
        f"{installation.server.url}/openapi.json",
        ["--phases", "examples,fuzzing", "-n", str(profile.effort.brief_examples)],
        installation=installation,
        reports=reports,
        profile=profile,
    )


def run(
    name: str,
    document: str,
    arguments: Sequence[str],
    *,
    installation: Installation,
    reports: Path,
    profile: Profile,
    spoils: bool = False,
) -> Run:
    """Run Schemathesis over a document; the report and the traffic stay in `reports`.

    `spoils` makes every second valid case invalid (`gate.spoils`), and draws values anew each time: where ids
    of earlier answers are all that there is to draw, Schemathesis stops after a dozen cases.
    """
    folder = reports / name.replace(" ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    configuration = folder / "schemathesis.toml"
    configuration.write_text(
        CONFIGURATION.read_text(encoding="utf-8") + _WITHOUT_REUSE * spoils, encoding="utf-8"
    )
    traffic = folder / "traffic.jsonl" if profile.effort.keeps_traffic else None
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(configuration)),
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
        env=_environment(name, installation, traffic) | {"GATE_SPOILS": "1" if spoils else "0"},
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


def _environment(name: str, installation: Installation, traffic: Path | None) -> dict[str, str]:
    ours = {
        "GATE_RUN": name,
        "GATE_WORLD": str(installation.world_file),
        "GATE_URL": installation.server.url,
        "GATE_KEY": installation.world.fuzzed.key,
        "GATE_TRAFFIC": str(traffic or ""),
        "SCHEMATHESIS_HOOKS": "gate.hooks",
        "PYTHONPATH": os.pathsep.join([str(FOLDER), str(ROOT)]),
    }
    return dict(os.environ) | ours
