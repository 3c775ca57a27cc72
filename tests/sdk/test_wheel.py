"""The distribution: what a user installs, and that it stands without the server."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

from app.contract.document import Contract

SDK = Path(__file__).resolve().parents[2] / "sdk"
PACKAGE = SDK / "parkgraph"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build a wheel of a copy, so that nothing is left in this folder."""
    folder = tmp_path_factory.mktemp("wheel")
    left_out = shutil.ignore_patterns("typescript", "build", "*.egg-info", "__pycache__")
    shutil.copytree(SDK, folder / "sdk", ignore=left_out)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "wheel"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder)]
    subprocess.run([*pip, *options, str(folder / "sdk")], check=True, capture_output=True, text=True)
    [built] = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def test_it_has_every_file_of_the_package_and_no_other(wheel: zipfile.ZipFile) -> None:
    files = {name for name in wheel.namelist() if ".dist-info/" not in name}
    kept = {
        str(path.relative_to(SDK))
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files == kept
    assert "parkgraph/py.typed" in files


def test_it_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    version = Contract.read().document["info"]["version"]
    facts = message_from_string(wheel.read(f"parkgraph-{version}.dist-info/METADATA").decode())
    assert (facts["Name"], facts["Version"], facts["Requires-Python"]) == ("parkgraph", version, ">=3.11")
    assert [re.split("[<>]", each)[0] for each in facts.get_all("Requires-Dist", [])] == ["httpx", "anyio"]
    assert f"parkgraph-{version}.dist-info/licenses/LICENSE" in wheel.namelist()
    assert "pip install ./sdk" in facts.get_payload()


def test_it_works_where_there_is_no_server(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    program = (
        "import sys, parkgraph, parkgraph.testing, parkgraph.webhooks\n"
        "assert parkgraph.__file__.startswith(sys.argv[1])\n"
        "assert not {'app', 'handlers', 'yaml', 'stripe_sandbox'} & set(sys.modules)\n"
        "print(parkgraph.ParkGraph('pk_test_key'))\n"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            f"import sys; sys.path.insert(0, sys.argv[1])\n{program}",
            str(tmp_path),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("ParkGraph(base_url='https://parkgraph.com')\n", "")


def test_every_dependency_has_an_upper_bound() -> None:
    project = tomllib.loads((SDK / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["dependencies"]
    assert [each for each in project["dependencies"] if "<" not in each] == []
