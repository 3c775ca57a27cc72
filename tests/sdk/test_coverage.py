"""How much of the library its own quick tests reach: lines and branches."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QUICK = (
    "answers",
    "client",
    "contract",
    "doctests",
    "errors",
    "exchange",
    "models",
    "pages",
    "requests",
    "testing",
    "webhooks",
)
ENOUGH = 98.0


def test_the_quick_tests_reach_the_library(tmp_path: Path) -> None:
    data, report = tmp_path / "coverage", tmp_path / "coverage.json"
    tests = [f"tests/sdk/test_{name}.py" for name in QUICK]
    measured = ["--branch", "--source=parkgraph", f"--data-file={data}"]
    # Without what the server's tests stand on, and plugins that do nothing here: to load them takes longer.
    bare = ["--confcutdir=tests/sdk", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:schemathesis"]
    _coverage("run", *measured, "-m", "pytest", *bare, *tests)
    _coverage("json", f"--data-file={data}", "-o", str(report))
    found = json.loads(report.read_text(encoding="utf-8"))
    thin = {name: file["summary"]["percent_covered"] for name, file in found["files"].items()}
    assert len(thin) > 60
    assert {name: reached for name, reached in thin.items() if reached < ENOUGH} == {}
    assert found["totals"]["percent_covered"] >= ENOUGH


def _coverage(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "coverage", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'sdk'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
