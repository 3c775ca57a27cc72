"""The two kinds of database that a line is measured on, and copies of each for every server."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.data import installation, postgres
from bench.data.installation import Facts

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
BOTH = (SQLITE, POSTGRESQL)


@dataclass(frozen=True, slots=True)
class Databases:
    """Fresh copies of a filled database, each with a home beside it."""

    kind: str
    facts: Facts
    kept: Path
    folder: Path
    server: postgres.Server | None

    def fresh(self, name: str) -> tuple[str, Path]:
        """Return a copy's URL, and the home of whoever works on it."""
        home = self.folder / name
        home.mkdir()
        shutil.copy(self.kept.with_name("processor.sqlite3"), home / "processor.sqlite3")
        if self.server is not None:
            return self.server.fresh(), home
        shutil.copy(self.kept, home / "parkgraph.sqlite3")
        return f"sqlite:///{home / 'parkgraph.sqlite3'}", home


@contextmanager
def filled(kind: str, *, lots: int) -> Iterator[Databases]:
    """Give databases with so many synthetic lots and the Dutch ones."""
    kept, facts = installation.sqlite(lots)
    with tempfile.TemporaryDirectory(prefix="parkgraph-bench-homes-") as homes:
        if kind == SQLITE:
            yield Databases(kind, facts, kept, Path(homes), None)
            return
        with postgres.running(kept) as server:
            yield Databases(kind, facts, kept, Path(homes), server)
