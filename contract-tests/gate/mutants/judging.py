"""Let a gate judge a mutant: the gate knows nothing of it, and has to fail by what it requires."""

import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from gate.forks import say_into, starting
from gate.fuzzing import FOLDER, Fuzzer, Plan
from gate.grounds import GROUND, Ground
from gate.installations import RAISED, install
from gate.mutants.planting import Fuzzing, Gate, Plant, Tests
from gate.profiles import PROFILES, Profile

Outcome = Literal["passed", "failed", "broken"]
"""What a gate says: nothing is wrong, something is, or it could not judge."""

VERDICT = "verdict.json"
SEED = 1
"""The same cases every time: a mutant that only some seeds kill is not killed."""
_MOST_SAID = 2000
_WITHOUT_PLUGINS = [
    part
    for name in ("cacheprovider", "unraisableexception", "threadexception")
    for part in ("-p", f"no:{name}")
]
"""They look for what tests leave behind, which takes longer than most tests."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one gate said of one server."""

    outcome: Outcome
    reason: str
    seconds: float

    def write(self, folder: Path) -> None:
        """Write it down for whoever waits."""
        (folder / VERDICT).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Verdict":
        """Read it; a judge that left none is broken."""
        try:
            return cls(**json.loads((folder / VERDICT).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return cls("broken", f"no verdict; see {folder / 'judge.txt'}", 0.0)


def judge(gate: Gate, plant: Plant, *, seeds: Path, folder: Path) -> None:
    """Let a gate judge the server with something planted in it, and write the verdict down."""
    began = time.monotonic()
    os.setpgrp()  # so that whoever loses patience ends the server, too
    with (folder / "judge.txt").open("wb") as output:
        say_into(output)
    ground = Ground(seeds=seeds, start=starting(plant), reports=folder)
    outcome, reason = _tested(gate, ground) if isinstance(gate, Tests) else _fuzzed(gate, ground)
    Verdict(outcome, reason[:_MOST_SAID], round(time.monotonic() - began, 2)).write(folder)


@dataclass
class _Clerk:
    """What pytest is told, and what it tells."""

    ground: Ground
    failures: list[str] = field(default_factory=list)
    accidents: list[str] = field(default_factory=list)
    passed: int = 0

    def pytest_configure(self, config: pytest.Config) -> None:
        """Lay the ground."""
        config.stash[GROUND] = self.ground

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def] -- pytest's own types are private
        """Note how each test ended: only what it requires itself counts as a failure."""
        report = yield
        self.passed += report.when == "call" and report.passed
        if report.failed and call.excinfo is not None:
            required = report.when == "call" and call.excinfo.errisinstance(AssertionError)
            (self.failures if required else self.accidents).append(f"{item.nodeid}: {call.excinfo.exconly()}")
        return report


def _tested(tests: Tests, ground: Ground) -> tuple[Outcome, str]:
    clerk = _Clerk(ground)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # the gate's tests need none, and they take time
    named = [str(FOLDER / node) for node in tests.nodes]
    options = ["-x", "--tb=native", *_WITHOUT_PLUGINS, f"--basetemp={ground.reports / 'pytest'}"]
    code = pytest.main([*options, *named], plugins=[clerk])
    if clerk.accidents or code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return "broken", "\n".join([f"pytest ended with {code}", *clerk.accidents])
    if clerk.failures:
        return "failed", clerk.failures[0]
    return ("passed", f"{clerk.passed} tests passed") if clerk.passed else ("broken", "no test ran")


def _fuzzed(fuzzing: Fuzzing, ground: Ground) -> tuple[Outcome, str]:
    plan = Plan(
        "fuzzing",
        [
            *("--phases", fuzzing.phases, "-n", str(fuzzing.examples), "--max-failures", "1"),
            *("--checks", fuzzing.check),
            *(f"--include-operation-id={name}" for name in fuzzing.operations),
        ],
    )
    home, log = ground.reports / "home", ground.reports / "server.log"
    with install(home, log=log, ground=ground, **RAISED) as running:
        profile = Profile("mutants", SEED, PROFILES["ci"])
        run = Fuzzer(running, ground.reports, profile, starting()).run(plan)
    found = [f"{fault['code']} {fault['title']}: {fault['operations']}" for fault in run.report["failures"]]
    if run.report["errors"] or not run.cases:
        return "broken", run.output[-_MOST_SAID:]
    return ("failed", "\n".join(found)) if found else ("passed", f"{run.cases} cases passed")
