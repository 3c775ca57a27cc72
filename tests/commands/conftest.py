"""Commands as people run them: processes of their own on a home of their own."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from app.commands import sandbox_file
from app.commands.sandbox_file import SandboxFile
from tests.databases import PostgresDatabases
from tests.servers import parkgraph


@dataclass(frozen=True, slots=True)
class Installation:
    """A home with a seeded sandbox, and nobody serving it."""

    home: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    """What its commands are told beside their home."""

    @property
    def sandbox(self) -> SandboxFile:
        """Return what sandbox.json says."""
        return sandbox_file.get(self.home)

    def run(self, *words: str, **more: str) -> "CompletedProcess[str]":
        """Run a command."""
        return parkgraph(self.home, *words, **self.settings, **more)

    def prints(self, *words: str) -> str:
        """Run a command that succeeds, and return what it prints."""
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def refuses(self, *words: str, **more: str) -> str:
        """Run a command that fails, and return its one sentence."""
        done = self.run(*words, **more)
        assert done.returncode != 0, done.stdout
        assert "Traceback" not in done.stderr, done.stderr
        return done.stderr.strip().splitlines()[-1].removeprefix("Error: ")


@pytest.fixture(scope="session")
def seeded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seed one home for this run, to be copied."""
    home = tmp_path_factory.mktemp("seeded") / "home"
    done = parkgraph(home, "seed")
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def installation(seeded_home: Path, tmp_path: Path) -> Installation:
    """Give the test a seeded home of its own."""
    return Installation(Path(shutil.copytree(seeded_home, tmp_path / "home")))


@pytest.fixture
def installation_on_postgres(tmp_path: Path, postgres_databases: PostgresDatabases) -> Iterator[Installation]:
    """Give the test an installation on a PostgreSQL database that nobody has migrated yet."""
    url = postgres_databases.bare()
    yield Installation(tmp_path / "home", {"PARKGRAPH_DATABASE_URL": url})
    postgres_databases.drop(url)
